package clip_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"deadletter/diagnose/safe"
	"deadletter/ui/clip"
)

const helpCommand = "give-to-the-clipboard"

// TestMain lets the tests run this binary as the program that gives a text to
// atotto, as deadletter runs itself.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == helpCommand {
		if err := clip.Help(os.Stdin); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type env map[string]string

// machine is a pretended machine: its programs, those that fail, and what was
// run and written.
type machine struct {
	env      env
	programs []string // that are in PATH
	fail     []string // command lines that end with an error
	noTTY    bool
	broken   bool // the terminal is gone
	force    string
	served   bool
	noDir    bool

	ran  []string
	tty  bytes.Buffer
	fed  []string
	path string
}

func (m *machine) Write(p []byte) (int, error) {
	if m.broken {
		return 0, io.ErrClosedPipe
	}
	return m.tty.Write(p)
}

func (m *machine) clipboard(t *testing.T) *clip.Clipboard {
	t.Helper()
	o := clip.Options{
		Env:    func(name string) string { return m.env[name] },
		Force:  m.force,
		Served: m.served,
		LookPath: func(program string) (string, error) {
			if slices.Contains(m.programs, program) {
				return "/usr/bin/" + program, nil
			}
			return "", os.ErrNotExist
		},
		Run: func(_ context.Context, argv []string, stdin string) error {
			line := strings.Join(argv, " ")
			m.ran, m.fed = append(m.ran, line), append(m.fed, stdin)
			if slices.Contains(m.fail, line) {
				return errors.New("exit status 1")
			}
			return nil
		},
	}
	if !m.noTTY {
		o.Terminal = m
	}
	if !m.noDir {
		o.Dir = t.TempDir()
		m.path = filepath.Join(o.Dir, clip.FileName)
	}
	c, err := clip.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func with(more env) env {
	all := env{"TERM": "xterm-256color"}
	for k, v := range more {
		all[k] = v
	}
	return all
}

const (
	saysOSC  = "sent to your terminal (OSC 52) - it gives no receipt; v to select by hand"
	saysTmux = "copied to tmux buffer; sent on to your terminal - prefix ] pastes here"
	loadW    = "tmux load-buffer -w -"
	load     = "tmux load-buffer -"
	xclip    = "xclip -in -selection clipboard"
	xsel     = "xsel --input --clipboard"
)

// TestLadder: which way a text goes, from where. PATH in a sentence stands
// for the place of questions.md.
func TestLadder(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the table names the tools of Linux and the BSDs")
	}
	ssh := env{"SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"}
	tests := []struct {
		name   string
		m      machine
		way    string
		says   string
		ran    []string
		osc    bool
		screen bool
	}{
		{name: "tmux", m: machine{env: with(env{"TMUX": "/t,1,0"}), programs: []string{"tmux", "xclip"}},
			way: clip.Tmux, says: saysTmux, ran: []string{loadW}},
		{name: "tmux before SSH and the desktop", m: machine{env: with(env{"TMUX": "/t,1,0", "SSH_TTY": "/dev/pts/0", "DISPLAY": ":10"}), programs: []string{"tmux", "xclip"}},
			way: clip.Tmux, says: saysTmux, ran: []string{loadW}},
		{name: "an old tmux", m: machine{env: with(env{"TMUX": "/t,1,0"}), programs: []string{"tmux"}, fail: []string{loadW}},
			way: clip.Tmux, says: "copied to tmux buffer - prefix ] pastes here; this tmux does not send it on", ran: []string{loadW, load}},
		{name: "tmux that fails", m: machine{env: with(env{"TMUX": "/t,1,0"}), programs: []string{"tmux"}, fail: []string{loadW, load}},
			way: clip.OSC52, says: saysOSC, ran: []string{loadW, load}, osc: true},
		{name: "tmux that is not in PATH", m: machine{env: with(env{"TMUX": "/t,1,0"})},
			way: clip.OSC52, says: saysOSC, osc: true},
		{name: "SSH", m: machine{env: with(ssh), programs: []string{"xclip", "wl-copy", "wl-paste"}},
			way: clip.OSC52, says: saysOSC, osc: true},
		{name: "SSH with a display: the terminal first", m: machine{env: with(env{"SSH_CONNECTION": "x", "DISPLAY": "localhost:10.0"}), programs: []string{"xclip"}},
			way: clip.OSC52, says: saysOSC, osc: true},
		{name: "SSH with a display, terminal gone", m: machine{env: with(env{"SSH_CONNECTION": "x", "DISPLAY": "localhost:10.0"}), programs: []string{"xclip"}, broken: true},
			way: clip.Native, says: "copied to clipboard (xclip)", ran: []string{xclip}},
		{name: "SSH without a display, terminal gone", m: machine{env: with(ssh), programs: []string{"xclip"}, broken: true},
			way: clip.File, says: "no clipboard took it (osc52: writing to the terminal: io: read/write on closed pipe); the text is in PATH"},
		{name: "SSH in screen", m: machine{env: with(env{"SSH_TTY": "/dev/pts/0", "STY": "1.x"})},
			way: clip.OSC52, says: saysOSC, osc: true, screen: true},
		{name: "TERM=screen", m: machine{env: env{"TERM": "screen-256color", "SSH_TTY": "/dev/pts/0"}},
			way: clip.OSC52, says: saysOSC, osc: true, screen: true},
		{name: "Wayland", m: machine{env: with(env{"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}), programs: []string{"wl-copy", "wl-paste", "xclip"}},
			way: clip.Native, says: "copied to clipboard (wl-copy)", ran: []string{"wl-copy"}},
		{name: "Wayland without its tool", m: machine{env: with(env{"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}), programs: []string{"xsel"}},
			way: clip.Native, says: "copied to clipboard (xsel)", ran: []string{xsel}},
		{name: "X11", m: machine{env: with(env{"DISPLAY": ":0"}), programs: []string{"wl-copy", "wl-paste", "xsel", "xclip"}},
			way: clip.Native, says: "copied to clipboard (xclip)", ran: []string{xclip}},
		{name: "xclip without a display", m: machine{env: with(nil), programs: []string{"xclip"}},
			way: clip.OSC52, says: saysOSC, osc: true},
		{name: "xclip without a display, and WSL", m: machine{env: with(nil), programs: []string{"xclip", "clip.exe", "powershell.exe"}},
			way: clip.Native, says: "copied to clipboard (clip.exe)", ran: []string{"clip.exe"}},
		{name: "Termux", m: machine{env: with(nil), programs: []string{"termux-clipboard-set", "termux-clipboard-get"}},
			way: clip.Native, says: "copied to clipboard (termux-clipboard-set)", ran: []string{"termux-clipboard-set"}},
		{name: "a desktop tool that fails", m: machine{env: with(env{"DISPLAY": ":0"}), programs: []string{"xclip"}, fail: []string{xclip}},
			way: clip.OSC52, says: saysOSC, ran: []string{xclip}, osc: true},
		{name: "a bare terminal", m: machine{env: with(nil)},
			way: clip.OSC52, says: saysOSC, osc: true},
		{name: "the Linux console", m: machine{env: env{"TERM": "linux"}},
			way: clip.File, says: "no clipboard here; the text is in PATH"},
		{name: "a dumb terminal", m: machine{env: env{"TERM": "dumb"}},
			way: clip.File, says: "no clipboard here; the text is in PATH"},
		{name: "Apple's terminal over SSH", m: machine{env: with(env{"TERM_PROGRAM": "Apple_Terminal", "SSH_TTY": "x"})},
			way: clip.File, says: "no clipboard here; the text is in PATH"},
		{name: "output in a pipe", m: machine{env: with(nil), noTTY: true},
			way: clip.File, says: "no clipboard here; the text is in PATH"},
		{name: "every way fails", m: machine{env: with(env{"TMUX": "/t,1,0", "DISPLAY": ":0"}), programs: []string{"tmux", "xclip"}, fail: []string{loadW, load, xclip}, broken: true},
			way: clip.File, ran: []string{loadW, load, xclip},
			says: "no clipboard took it (tmux: tmux load-buffer: exit status 1; native: xclip: exit status 1; osc52: writing to the terminal: io: read/write on closed pipe); the text is in PATH"},
		{name: "osc52 wanted", m: machine{env: with(env{"TMUX": "/t,1,0", "DISPLAY": ":0"}), programs: []string{"tmux", "xclip"}, force: clip.OSC52},
			way: clip.OSC52, says: saysOSC, osc: true},
		{name: "native wanted in tmux", m: machine{env: with(env{"TMUX": "/t,1,0", "DISPLAY": ":0"}), programs: []string{"tmux", "xclip"}, force: clip.Native},
			way: clip.Native, says: "copied to clipboard (xclip)", ran: []string{xclip}},
		{name: "native wanted and not there", m: machine{env: with(nil), programs: []string{"xclip"}, force: clip.Native},
			way: clip.File, says: "no clipboard took it (native: xclip is there, but DISPLAY is not set); the text is in PATH"},
		{name: "tmux wanted and not there", m: machine{env: with(nil), programs: []string{"tmux"}, force: clip.Tmux},
			way: clip.File, says: "no clipboard took it (tmux: TMUX is not set); the text is in PATH"},
		{name: "file wanted", m: machine{env: with(env{"DISPLAY": ":0"}), programs: []string{"xclip"}, force: clip.File},
			way: clip.File, says: "the text is in PATH"},
		{name: "auto by name", m: machine{env: with(nil), force: clip.Auto},
			way: clip.OSC52, says: saysOSC, osc: true},
		{name: "a viewer", m: machine{env: with(env{"TMUX": "/t,1,0", "DISPLAY": ":0"}), programs: []string{"tmux", "xclip"}, served: true, noDir: true},
			way: clip.OSC52, says: saysOSC, osc: true},
		{name: "nowhere to keep it", m: machine{env: with(nil), noDir: true},
			way: clip.OSC52, says: saysOSC, osc: true},
	}
	const text = "Does robin.hale@contoso.example exist?\n\n- which system refused it?"
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := tt.m
			c := m.clipboard(t)
			got, err := c.Copy(t.Context(), text+"\n\n")
			if err != nil {
				t.Fatal(err)
			}
			want := clip.Receipt{Way: tt.way, Says: safe.Text(strings.ReplaceAll(tt.says, "PATH", m.path)), Path: m.path}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.ran, m.ran); diff != "" {
				t.Errorf("ran: %s", diff)
			}
			for _, fed := range m.fed {
				if fed != text {
					t.Errorf("a program was given %q", fed)
				}
			}
			sequence := m.tty.String()
			if tt.screen {
				sequence = throughScreen(t, sequence)
			}
			if want := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a"; tt.osc && sequence != want {
				t.Errorf("the terminal got %q, want %q", sequence, want)
			} else if !tt.osc && sequence != "" {
				t.Errorf("the terminal got %q", sequence)
			}
			if e := c.Explain(); e.Chosen == "" || len(e.Rungs) != 4 || e.Rungs[3].Name != clip.File {
				t.Errorf("explained as %+v", e)
			}
			if m.path == "" {
				return
			}
			kept, err := os.ReadFile(m.path)
			if err != nil || string(kept) != text+"\n" {
				t.Errorf("kept %q, %v", kept, err)
			}
			if info, err := os.Stat(m.path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("kept with mode %v, %v", info.Mode(), err)
			}
			if left, _ := os.ReadDir(filepath.Dir(m.path)); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// throughScreen takes the wrapping off as GNU screen does, and checks that no
// piece is longer than its oldest versions keep.
func throughScreen(t *testing.T, s string) string {
	t.Helper()
	var inner strings.Builder
	for s != "" {
		piece, rest, found := strings.Cut(s, "\x1b\\")
		body, wrapped := strings.CutPrefix(piece, "\x1bP")
		if !found || !wrapped || len(body) > 250 {
			t.Fatalf("no string for screen: %q", piece)
		}
		inner.WriteString(body)
		s = rest
	}
	return inner.String()
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name, text string
		want       error
	}{
		{"nothing", "", clip.ErrEmpty},
		{"line ends alone", "\n\n", clip.ErrEmpty},
		{"escape", "a\x1b[31m", clip.ErrControl},
		{"tab", "a\tb", clip.ErrControl},
		{"carriage return", "a\r\nb", clip.ErrControl},
		{"C1", "a\u009b31m", clip.ErrControl},
		{"C1 byte", "a\x9b31m", clip.ErrControl},
		{"DEL", "a\x7f", clip.ErrControl},
		{"bracketed paste end", "x\x1b[201~; id\n", clip.ErrControl},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := machine{env: with(env{"TMUX": "/t,1,0"}), programs: []string{"tmux"}}
			got, err := m.clipboard(t).Copy(t.Context(), tt.text)
			if !errors.Is(err, tt.want) || got != (clip.Receipt{}) {
				t.Errorf("got %+v, %v; want %v", got, err, tt.want)
			}
			if len(m.ran) > 0 || m.tty.Len() > 0 {
				t.Errorf("ran %v, the terminal got %q", m.ran, m.tty.String())
			}
			if _, err := os.Stat(m.path); err == nil {
				t.Error("it was kept in a file")
			}
		})
	}
}

func TestLongTexts(t *testing.T) {
	tests := []struct {
		bytes int
		way   string
		says  string
	}{
		{4096, clip.OSC52, saysOSC},
		{5325, clip.OSC52, saysOSC + "; 5.2 KiB, and some terminals take no more than 4"},
		{clip.MaxOSC52, clip.OSC52, saysOSC + "; 73.2 KiB, and some terminals take no more than 4"},
		{clip.MaxOSC52 + 1, clip.File, "no clipboard took it (osc52: too long for OSC 52: 74995 bytes, at most 74994); the text is in PATH"},
	}
	for _, tt := range tests {
		m := machine{env: with(env{"SSH_TTY": "x"})}
		got, err := m.clipboard(t).Copy(t.Context(), strings.Repeat("x", tt.bytes))
		if err != nil {
			t.Fatal(err)
		}
		if want := safe.Text(strings.ReplaceAll(tt.says, "PATH", m.path)); got.Way != tt.way || got.Says != want {
			t.Errorf("%d bytes: %s, %q; want %s, %q", tt.bytes, got.Way, got.Says, tt.way, want)
		}
		if m.tty.Len() > 100_000 {
			t.Errorf("%d bytes make a sequence of %d", tt.bytes, m.tty.Len())
		}
	}
}

func TestNoWay(t *testing.T) {
	m := machine{env: env{"TERM": "dumb"}, noDir: true}
	c := m.clipboard(t)
	if got, err := c.Copy(t.Context(), "x"); !errors.Is(err, clip.ErrNoWay) {
		t.Errorf("got %+v, %v", got, err)
	}
	if e := c.Explain(); e.Chosen != "" {
		t.Errorf("chosen: %+v", e)
	}
	m = machine{env: with(nil), noDir: true, force: clip.File}
	if got, err := m.clipboard(t).Copy(t.Context(), "x"); !errors.Is(err, clip.ErrNoWay) {
		t.Errorf("a file without a folder: %+v, %v", got, err)
	}
}

// TestFileThatCannotBeWritten: the text still goes its way, and that it is not
// kept is said.
func TestFileThatCannotBeWritten(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.WriteFile(gone, nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	var tty bytes.Buffer
	for _, terminal := range []io.Writer{&tty, nil} {
		c, err := clip.New(clip.Options{Env: func(n string) string { return with(nil)[n] }, Terminal: terminal, Dir: gone,
			LookPath: func(string) (string, error) { return "", os.ErrNotExist }})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Copy(t.Context(), "x")
		if terminal == nil {
			if !errors.Is(err, clip.ErrNoWay) || !errors.Is(err, syscall.ENOTDIR) {
				t.Errorf("got %+v, %v", got, err)
			}
			continue
		}
		if err != nil || got.Way != clip.OSC52 || got.Path != "" || !strings.Contains(string(got.Says), "; not kept in a file: ") {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestForceIsChecked(t *testing.T) {
	_, err := clip.New(clip.Options{Env: func(string) string { return "" }, Force: "xclip\x1b"})
	if !errors.Is(err, clip.ErrForce) {
		t.Errorf("got %v", err)
	}
}

func TestExplain(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the sentences name the tools of Linux and the BSDs")
	}
	m := machine{env: with(env{"SSH_TTY": "x", "TMUX": "/t,1,0"}), programs: []string{"tmux", "xclip"}}
	want := clip.Explanation{Chosen: clip.Tmux, Rungs: []clip.Rung{
		{Name: clip.Tmux, Usable: true, Why: "TMUX is set: tmux load-buffer -w -"},
		{Name: clip.OSC52, Usable: true, Why: "sent to tmux, which passes it on only with set-clipboard on; it gives no receipt"},
		{Name: clip.Native, Why: "the desktop of this machine is not yours: you came by SSH, and no display is forwarded"},
		{Name: clip.File, Usable: true},
	}}
	got := m.clipboard(t).Explain()
	want.Rungs[3].Why = safe.Textf("always: %s", m.path)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(m.ran) > 0 || m.tty.Len() > 0 {
		t.Error("explaining did something")
	}

	m = machine{env: with(env{"DISPLAY": ":0"}), programs: []string{"xclip"}, force: clip.OSC52, noDir: true}
	want = clip.Explanation{Chosen: clip.OSC52, Rungs: []clip.Rung{
		{Name: clip.Tmux, Why: "not wanted: --clipboard=osc52"},
		{Name: clip.Native, Why: "not wanted: --clipboard=osc52"},
		{Name: clip.OSC52, Usable: true, Why: "sent to the terminal; it gives no receipt"},
		{Name: clip.File, Why: "nothing is kept here"},
	}}
	if diff := cmp.Diff(want, m.clipboard(t).Explain()); diff != "" {
		t.Error(diff)
	}
}

func TestStopped(t *testing.T) {
	m := machine{env: with(env{"TMUX": "/t,1,0"}), programs: []string{"tmux"}, fail: []string{loadW, load}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := m.clipboard(t).Copy(ctx, "x"); !errors.Is(err, context.Canceled) || m.tty.Len() > 0 {
		t.Errorf("got %+v, %v; the terminal got %q", got, err, m.tty.String())
	}
}
