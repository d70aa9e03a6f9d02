package term_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"deadletter/ui/term"
)

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestDetect(t *testing.T) {
	type env map[string]string
	tests := []struct {
		name  string
		env   env
		tty   bool
		color term.Color
		want  term.Capabilities
	}{
		{"a desktop", env{"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "de_DE.UTF-8", "DISPLAY": ":0"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.TrueColor, UTF8: true, Display: true}},
		{"Wayland alone", env{"TERM": "foot", "COLORTERM": "24bit", "LC_ALL": "C.utf8", "WAYLAND_DISPLAY": "wayland-0"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.TrueColor, UTF8: true, Display: true}},
		{"the Linux console", env{"TERM": "linux", "LANG": "C"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.ANSI}},
		{"over SSH", env{"TERM": "xterm-256color", "SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22", "LANG": "en_GB.UTF-8"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.ANSI256, UTF8: true, SSH: true}},
		{"SSH_TTY alone", env{"TERM": "xterm", "SSH_TTY": "/dev/pts/1"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.ANSI, SSH: true}},
		{"tmux", env{"TERM": "tmux-256color", "TMUX": "/run/t,1,0", "LC_CTYPE": "UTF-8"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.ANSI256, UTF8: true, Tmux: true}},
		{"tmux that calls itself screen", env{"TERM": "screen-256color", "TMUX": "/run/t,1,0", "COLORTERM": "truecolor"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.ANSI256, Tmux: true}},
		{"screen", env{"TERM": "screen", "STY": "1.pts"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.ANSI256, Screen: true}},
		{"screen on the other side of SSH", env{"TERM": "screen.xterm-256color", "SSH_CLIENT": "192.0.2.1 5 22"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.ANSI256, Screen: true, SSH: true}},
		{"NO_COLOR", env{"TERM": "xterm-256color", "NO_COLOR": "1"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.Ascii}},
		{"NO_COLOR and a wish", env{"TERM": "xterm-256color", "NO_COLOR": "1"}, true, term.ColorAlways,
			term.Capabilities{Profile: termenv.ANSI256}},
		{"never", env{"TERM": "xterm-256color"}, true, term.ColorNever,
			term.Capabilities{Profile: termenv.Ascii}},
		{"dumb", env{"TERM": "dumb"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.Ascii, Dumb: true}},
		{"dumb and a wish", env{"TERM": "dumb"}, true, term.ColorAlways,
			term.Capabilities{Profile: termenv.ANSI, Dumb: true}},
		{"nothing set", env{}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.Ascii, Dumb: true}},
		{"a pipe", env{"TERM": "xterm-256color"}, false, term.ColorAuto,
			term.Capabilities{Profile: termenv.Ascii}},
		{"a pipe and a wish", env{"TERM": "xterm-direct"}, false, term.ColorAlways,
			term.Capabilities{Profile: termenv.TrueColor}},
		{"Windows Terminal", env{"WT_SESSION": "1"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.TrueColor, UTF8: true}},
		{"the first variable that is set counts", env{"TERM": "xterm", "LC_ALL": "C", "LANG": "en_GB.UTF-8"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.ANSI}},
		{"a locale with a modifier", env{"TERM": "xterm", "LANG": "de_DE.utf-8@euro"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.ANSI, UTF8: true}},
		{"Latin 1", env{"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, true, term.ColorAuto,
			term.Capabilities{Profile: termenv.ANSI}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, term.Detect(environment(tt.env), tt.tty, tt.color)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseColor(t *testing.T) {
	for word, want := range map[string]term.Color{"": term.ColorAuto, "auto": term.ColorAuto, "always": term.ColorAlways, "never": term.ColorNever} {
		if got, err := term.ParseColor(word); got != want || err != nil {
			t.Errorf("ParseColor(%q) = %q, %v", word, got, err)
		}
	}
	if _, err := term.ParseColor("Yes"); !errors.Is(err, term.ErrColor) {
		t.Errorf("ParseColor(Yes): %v", err)
	}
}

func TestRendererNeverAsks(t *testing.T) {
	for _, c := range []term.Capabilities{{Profile: termenv.TrueColor}, {Profile: termenv.ANSI}, {Profile: termenv.Ascii}} {
		var asked bytes.Buffer
		r := term.Renderer(&asked, c)
		red := r.NewStyle().Foreground(lipgloss.Color("1")).Render("no")
		if coloured := red != "no"; coloured != (c.Profile != termenv.Ascii) {
			t.Errorf("profile %v renders %q", c.Profile, red)
		}
		if !r.HasDarkBackground() || r.ColorProfile() != c.Profile {
			t.Errorf("profile %v, dark %v", r.ColorProfile(), r.HasDarkBackground())
		}
		if asked.Len() > 0 {
			t.Errorf("the terminal was asked %q", asked.Bytes())
		}
	}
}
