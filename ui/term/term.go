// Package term says what the terminal at hand can do, and is the one way to
// write to it. Nothing here ever asks the terminal: what it can do is read
// from the environment, since many a terminal does not answer.
package term

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Color is the wish about colour: the flag --color and the setting color.
type Color string

// The wishes.
const (
	ColorAuto   Color = "auto"   // as the environment says
	ColorAlways Color = "always" // whatever the environment says
	ColorNever  Color = "never"
)

// ErrColor is what ParseColor says of a word that is no wish.
var ErrColor = errors.New("color must be auto, always or never")

// ParseColor reads a wish; an empty word is auto.
func ParseColor(word string) (Color, error) {
	switch c := Color(word); c {
	case "":
		return ColorAuto, nil
	case ColorAuto, ColorAlways, ColorNever:
		return c, nil
	}
	return ColorAuto, fmt.Errorf("%w, not %q", ErrColor, word)
}

// Capabilities is what the terminal at hand can do, as far as the environment
// tells.
type Capabilities struct {
	Profile termenv.Profile // which colours; termenv.Ascii is none
	UTF8    bool            // signs beyond ASCII can be drawn
	Dumb    bool            // no cursor movement either: TERM=dumb, or none
	Tmux    bool            // we are in tmux on this machine
	Screen  bool            // GNU screen, or a tmux that calls itself screen, is between us and the terminal
	SSH     bool            // the terminal is on another machine
	Display bool            // a graphical display can be reached
}

// Detect reads what the environment tells of the terminal. tty says whether
// output goes to one.
//
// Colour follows no-color.org: any NO_COLOR switches it off, and a wish of the
// person (--color=always) goes before that.
func Detect(env func(string) string, tty bool, color Color) Capabilities {
	name := env("TERM")
	windows := env("WT_SESSION") != "" // Windows Terminal sets no TERM
	c := Capabilities{
		UTF8:    utf8Locale(env) || windows,
		Dumb:    name == "dumb" || name == "" && !windows,
		Tmux:    env("TMUX") != "",
		SSH:     env("SSH_CONNECTION") != "" || env("SSH_TTY") != "" || env("SSH_CLIENT") != "",
		Display: env("DISPLAY") != "" || env("WAYLAND_DISPLAY") != "",
	}
	c.Screen = !c.Tmux && (env("STY") != "" || strings.HasPrefix(name, "screen"))
	switch {
	case color == ColorNever:
		c.Profile = termenv.Ascii
	case color == ColorAlways:
		c.Profile = profile(name, env("COLORTERM"), windows)
	case !tty || c.Dumb || env("NO_COLOR") != "":
		c.Profile = termenv.Ascii
	default:
		c.Profile = profile(name, env("COLORTERM"), windows)
	}
	return c
}

// profile gives the colours of a terminal that has some.
func profile(name, colorTerm string, windows bool) termenv.Profile {
	switch {
	case strings.HasPrefix(name, "screen"): // drops what it does not know
		return termenv.ANSI256
	case colorTerm == "truecolor", colorTerm == "24bit", strings.HasSuffix(name, "-direct"), windows:
		return termenv.TrueColor
	case strings.Contains(name, "256color"):
		return termenv.ANSI256
	}
	return termenv.ANSI
}

// utf8Locale reads the character set of the locale: the first of the three
// variables that is set counts (POSIX.1-2017, section 8.2).
func utf8Locale(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := env(name); value != "" {
			_, charset, _ := strings.Cut(value, ".")
			charset, _, _ = strings.Cut(charset, "@")
			return strings.EqualFold(charset, "UTF-8") || strings.EqualFold(charset, "UTF8") ||
				value == "UTF-8" // macOS, LC_CTYPE alone
		}
	}
	return false
}

// Renderer makes the styles for one terminal. It is told everything and never
// asks: lipgloss would wait for an answer about the background.
func Renderer(w io.Writer, c Capabilities) *lipgloss.Renderer {
	r := lipgloss.NewRenderer(w)
	r.SetColorProfile(c.Profile)
	r.SetHasDarkBackground(true)
	return r
}
