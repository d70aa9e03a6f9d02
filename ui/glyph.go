package ui

import (
	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// glyphs is one set of the signs on the screen. Every one is one cell wide.
type glyphs struct {
	answered, active, waiting, pending, skipped, locked safe.Text // states
	plus, minus, query, note, holds, fails, differs     safe.Text // evidence and checks
	bar, quote, more, ends, block                       safe.Text // cursor bar, words from outside, cut, end of a case, text cursor
	light, heavy, dots, down, open                      safe.Text // rules, and connectors below a step
	joinTop, joinRail, joinSide, joinLow, joinNone      safe.Text // where a rule meets a pane border
	topLeft, topRight, lowLeft, lowRight                safe.Text // dialogs
	arrow, dash, ellipsis, dot                          safe.Text // map, missing value, cut text
	sent, heard                                         safe.Text // who said a line of a conversation: we, they
	now                                                 safe.Text // where a line of time has come to
	upDown, leftRight                                   safe.Text // names of keys, may be longer
}

var unicodeGlyphs = glyphs{
	answered: "●", active: "▶", waiting: "◐", pending: "○", skipped: "–", locked: "⊘",
	plus: "+", minus: "-", query: "?", note: "!", holds: "✓", fails: "✗", differs: "≠",
	bar: "▌", quote: "┃", more: "▼", ends: "■", block: "█",
	light: "─", heavy: "━", dots: "╌", down: "│", open: "┆",
	joinTop: "┮", joinRail: "┭", joinSide: "┯", joinLow: "┴", joinNone: "┬",
	topLeft: "╭", topRight: "╮", lowLeft: "╰", lowRight: "╯",
	now: "┿", arrow: "▸", dash: "–", ellipsis: "…", dot: "·", upDown: "↑↓", leftRight: "←→", sent: "→", heard: "←",
}

var asciiGlyphs = glyphs{
	answered: "*", active: ">", waiting: "~", pending: ".", skipped: "-", locked: "x",
	plus: "+", minus: "-", query: "?", note: "!", holds: "y", fails: "n", differs: "/",
	bar: "#", quote: "|", more: "v", ends: "#", block: "_",
	light: "-", heavy: "=", dots: ".", down: "|", open: ":",
	joinTop: "+", joinRail: "+", joinSide: "+", joinLow: "+", joinNone: "+",
	topLeft: "+", topRight: "+", lowLeft: "+", lowRight: "+",
	now: "+", arrow: ">", dash: "-", ellipsis: "~", dot: "-", upDown: "up/down", leftRight: "left/right", sent: ">", heard: "<",
}

// cells lists the glyphs that must be one cell wide.
func (g glyphs) cells() []safe.Text {
	return []safe.Text{
		g.answered, g.active, g.waiting, g.pending, g.skipped, g.locked,
		g.plus, g.minus, g.query, g.note, g.holds, g.fails, g.differs,
		g.bar, g.quote, g.more, g.ends, g.block, g.light, g.heavy, g.dots, g.down, g.open,
		g.joinTop, g.joinRail, g.joinSide, g.joinLow, g.joinNone,
		g.topLeft, g.topRight, g.lowLeft, g.lowRight, g.arrow, g.dash, g.ellipsis, g.dot, g.now, g.sent, g.heard,
	}
}

// state gives the glyph, role and word of a state.
func (g glyphs) state(s diagnose.State) (glyph safe.Text, r role, word safe.Text) {
	switch s {
	case diagnose.Answered:
		return g.answered, good, "answered"
	case diagnose.Active:
		return g.active, accent, "your move"
	case diagnose.Waiting:
		return g.waiting, attention, "waiting"
	case diagnose.Skipped:
		return g.skipped, quiet, "skipped"
	case diagnose.Blocked:
		return g.locked, bad, "locked"
	}
	return g.pending, quiet, "not yet"
}

// sign gives the glyph and role of a sign; empty for none.
func (g glyphs) sign(s diagnose.Sign) (safe.Text, role) {
	switch s {
	case diagnose.For:
		return g.plus, good
	case diagnose.Against:
		return g.minus, bad
	case diagnose.Missing:
		return g.query, attention
	case diagnose.Attention:
		return g.note, attention
	case diagnose.Asking:
		return g.waiting, attention
	case diagnose.Holds:
		return g.holds, good
	case diagnose.Fails:
		return g.fails, bad
	case diagnose.Differs:
		return g.differs, attention
	}
	return "", plain
}
