// Package quiet keeps the start of the program from asking the terminal.
//
// The init of Bubble Tea v1 has lipgloss find out whether the background is
// dark, and waits up to five seconds on a terminal that stays silent. This
// package gives lipgloss the answer first. Go initialises packages that are
// ready in the order of their import paths, so two things must hold: this
// package imports lipgloss and nothing else, and its path sorts before
// github.com/charmbracelet/bubbletea. Import it for its effect:
//
//	import _ "deadletter/ui/term/quiet"
package quiet

import "github.com/charmbracelet/lipgloss"

// The colours of this program are the sixteen of the terminal's own palette,
// which suit its background whatever it is.
func init() { lipgloss.SetHasDarkBackground(true) }
