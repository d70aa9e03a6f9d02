package ui

// shape is how the screen is divided.
type shape uint8

const (
	tiny   shape = iota // under 40x10: one line says what is needed
	narrow              // 40-71: one column, no times
	single              // 72-99: no rail, the steps in one line
	railed              // 100-179: rail beside the panel
	wide                // 180 and more: raw bounce at the side
)

// The measures of the screen, in cells.
const (
	minWidth, minHeight = 40, 10
	lowHeight           = 20 // below it there is no rail, and next has a row of its own
	railWidth           = 28
	panelWidth          = 104 // widest panel: beyond it a screen grows by white space
	textWidth           = 100
)

type rect struct{ x, y, w, h int }

// frame is where everything stands. The rectangles cover the screen without
// overlap; an empty one has no height or no width.
type frame struct {
	w, h  int
	shape shape
	low   bool // under 20 rows

	header, steps, rule, blank rect
	rail, joint, panel         rect // joint is the line between rail and panel
	joint2, side               rect
	next                       rect // rows of their own for next, on a low screen
	foot, keys                 rect

	pad  int // blanks left of the panel's text
	text int // cells of the panel's text
}

// layout divides a screen of w x h cells.
func layout(w, h int) frame {
	f := frame{w: w, h: h}
	if w < minWidth || h < minHeight {
		f.header = rect{0, 0, w, h}
		return f
	}
	f.low = h < lowHeight
	switch {
	case f.low && w >= 72, !f.low && w >= 72 && w < 100:
		f.shape = single
	case w >= 180:
		f.shape = wide
	case w >= 100:
		f.shape = railed
	default:
		f.shape = narrow
	}
	y := 0
	take := func(rows int) rect {
		r := rect{0, y, w, rows}
		y += rows
		return r
	}
	f.header = take(1)
	if f.shape < railed {
		f.steps = take(1)
	}
	f.rule = take(1)
	f.pad, f.text = 1, min(w-2, textWidth)
	if f.low {
		f.panel = take(h - 6)
		f.next = take(2) // a blank row, or a message, and next
		f.keys = take(1)
		return f
	}
	f.blank = take(1)
	body := take(h - y - 2)
	f.foot, f.keys = take(1), take(1)
	if f.shape < railed {
		f.panel = body
		return f
	}
	f.pad = 2
	f.rail = rect{0, body.y, railWidth, body.h}
	f.joint = rect{railWidth, body.y, 1, body.h}
	f.panel = rect{railWidth + 1, body.y, w - railWidth - 1, body.h}
	if f.shape == wide {
		f.panel.w = panelWidth
		x := railWidth + 1 + panelWidth
		f.joint2 = rect{x, body.y, 1, body.h}
		f.side = rect{x + 1, body.y, w - x - 1, body.h}
	}
	f.text = min(f.panel.w-4, textWidth)
	return f
}

// columns are the widths of the parts of an evidence line, in the same places
// on every panel.
type columns struct {
	gutter, source, time int
	claim                int // what is left between sign and source
	text                 int
}

const signWidth, gapWidth = 2, 2

// columns gives the measures of a panel whose labels need a gutter.
func (f frame) columns(gutter int) columns {
	c := columns{gutter: gutter, source: 9, text: f.text}
	switch {
	case f.shape == narrow:
		if c.gutter == 9 {
			c.gutter = 8
		}
	case f.shape == single:
		c.time = 5
	default:
		c.time = 8
	}
	c.claim = c.text - c.gutter - signWidth - gapWidth - c.source
	if c.time > 0 {
		c.claim -= gapWidth + c.time
	}
	return c
}
