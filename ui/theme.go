package ui

import (
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// role is what a piece of text is on the screen. The six meanings and their
// strong forms are all there is; colours are the sixteen of the palette, so
// that they follow the theme of the terminal.
type role uint8

const (
	plain     role = iota // claims, names, values
	strong                // verdict, recipient, selected title, answer
	quiet                 // labels, sources, times, rules
	accent                // cursor bar, focus rule, your move, way taken
	good                  // glyphs that speak for
	attention             // glyphs that ask for a look
	bad                   // glyphs that speak against
	keycap                // keys in the key bar: accent and bold
	urge                  // two words at most that want a look: attention and bold
	cursor                // the text cursor, the only reverse
	roles
)

// theme holds what stands before and after a text of each role. It is made
// once from the renderer that was passed in; without colour all of it is empty.
type theme struct {
	on     [roles]string
	off    [roles]string
	colour bool
}

// newTheme asks the renderer for the sequences of every role.
func newTheme(r *lipgloss.Renderer, colour bool) theme {
	t := theme{colour: colour}
	if !colour {
		return t
	}
	if r == nil {
		r = lipgloss.NewRenderer(io.Discard)
		r.SetColorProfile(termenv.ANSI)
	}
	base := r.NewStyle()
	red, green, yellow, cyan := lipgloss.Color("1"), lipgloss.Color("2"), lipgloss.Color("3"), lipgloss.Color("6")
	styles := [roles]lipgloss.Style{
		plain:     base,
		strong:    base.Bold(true),
		quiet:     base.Faint(true),
		accent:    base.Foreground(cyan),
		good:      base.Foreground(green),
		attention: base.Foreground(yellow),
		bad:       base.Foreground(red),
		keycap:    base.Foreground(cyan).Bold(true),
		urge:      base.Foreground(yellow).Bold(true),
		cursor:    base.Reverse(true),
	}
	for i, s := range styles {
		t.on[i], t.off[i], _ = strings.Cut(s.Render("x"), "x")
	}
	return t
}
