package ui

import (
	"slices"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// gutter gives the width of the label column in a dialog w cells wide inside.
func (f *form) gutter(w int) int {
	gutter := 0
	for _, x := range f.facts {
		gutter = max(gutter, cells(x.label))
	}
	for _, x := range f.fields {
		gutter = max(gutter, cells(x.label))
	}
	return min(max(gutter+2, 10), max(10, w/2))
}

// told lays out the facts in w cells.
func (f *form) told(m *Model, w int) (rows []row) {
	gutter, facts := f.gutter(w), f.facts
	if f.inFull && len(f.words) > 0 {
		gutter, facts = 0, f.words
	}
	for _, x := range facts {
		r := plain
		if x.strong {
			r = strong
		}
		at := gutter
		if x.sign != diagnose.NoSign {
			at += signWidth
		}
		room := w - at
		if x.source != "" {
			room -= cells(x.source) + 2
		}
		if room < 20 {
			room = w - at // the source goes without
		}
		for i, part := range wrap(x.value, room) {
			var out row
			if i == 0 {
				out.add(quiet, m.g.cut(x.label, gutter-1))
			}
			out.to(gutter)
			if i == 0 && x.sign != diagnose.NoSign {
				glyph, gr := m.g.sign(x.sign)
				out.add(gr, glyph)
			}
			out.to(at)
			out.add(r, part)
			if i == 0 && x.source != "" {
				out.right(w, line(quiet, x.source))
			}
			rows = append(rows, out)
		}
	}
	return rows
}

// inside puts facts and fields together in least rows, and at most room. Where
// they do not fit, the fields stay in sight and the facts above them scroll;
// where the fields alone are most of it, all of it moves with the focused one.
func (f *form) inside(m *Model, w, least, room int) []row {
	facts := f.told(m, w)
	fields, focus := f.asked(m, w)
	if f.work != nil {
		facts, fields = m.going(facts, fields, focus, room)
		least = 0 // it grows downward
	}
	blank := 0
	if len(facts) > 0 && len(fields) > 0 {
		blank = 1
	}
	if f.work == nil && len(f.words) > 0 { // plan and words take the same room
		other := *f
		other.inFull = !f.inFull
		least = max(least, len(other.told(m, w))+blank+len(fields))
	}
	if need := len(facts) + blank + len(fields); need <= room {
		f.scroll, f.page = 0, len(facts)
		// The fields stay where they were when there is less to say.
		rows := clamp(facts, len(facts)+blank+max(0, min(least, room)-need))
		return append(rows, fields...)
	}
	left := room - len(fields)
	if len(facts) == 0 || left < 2 {
		rows := append(clamp(facts, len(facts)+blank), fields...)
		return window(rows, len(rows)-len(fields)+focus, max(0, room))
	}
	f.page = left - 1
	f.scroll = min(f.scroll, len(facts)-f.page)
	shown := append([]row(nil), facts[f.scroll:f.scroll+f.page]...)
	more := line(quiet, m.g.more)
	if rest := len(facts) - f.scroll - f.page; rest > 0 {
		more.add(quiet, " "+moreLines(rest)+", ")
	} else {
		more.add(quiet, " the end; ")
	}
	more.add(keycap, "pgdn pgup")
	return append(append(shown, more), fields...)
}

// going fits the lines of a work to the room: a long conversation loses its
// oldest, and takes the place of the facts where there is little.
func (m *Model) going(facts, lines []row, newest, room int) (above, below []row) {
	const few = 5
	left := room - len(facts) - 1
	switch {
	case len(lines) <= max(left, room/2):
		return facts, lines
	case left < few:
		facts, left = nil, max(0, room)
	}
	lines = slices.Clone(window(lines, newest, left))
	if left > few {
		lines[0] = line(quiet, m.g.ellipsis+" earlier lines")
	}
	return facts, lines
}

// foot says what is wrong, and what enter and esc do. It always stays in sight.
func (f *form) foot(m *Model, w int) []row {
	var rows []row
	wrong, barred := f.wrong, false
	if f.bars != nil && f.work == nil {
		if why := f.bars(m); why != "" {
			wrong, barred = why, true
		}
	}
	if wrong != "" {
		for i, part := range wrap(wrong, w-signWidth) {
			var l row
			if i == 0 {
				l.add(attention, m.g.note)
			}
			l.to(signWidth)
			l.add(plain, part)
			rows = append(rows, l)
		}
	}
	var keep row
	keep.add(keycap, "esc")
	keep.add(plain, " ")
	keep.add(plain, f.keep)
	if f.work != nil {
		var hide row
		hide.add(keycap, "esc")
		hide.add(plain, " hide this; it goes on")
		return append(rows, hide)
	}
	if barred {
		return append(rows, keep)
	}
	var enter []row
	if f.missing() < 0 {
		l := line(keycap, "enter")
		l.add(plain, " ")
		l.add(plain, f.do)
		enter = append(enter, l)
	} else {
		enter = append(enter, line(quiet, safe.Textf("enter %s, once it is complete", f.do)), line(quiet, "enter not yet"))
	}
	for _, l := range enter {
		if l.right(w, keep) {
			return append(rows, l)
		}
	}
	return append(rows, keep)
}

// dialog draws the box of a form over the rows of a screen, which turn quiet.
func (m *Model) dialog(f *form, behind []row, w, h int) []row {
	width := min(72, w-2)
	if f.wide {
		width = min(94, w-2)
	}
	inner := width - 6
	foot := f.foot(m, inner)
	above := 2 // rows that stay free: the header and its rule
	if m.frame.low {
		above = 1
	}
	room := h - above - 2 - len(foot) // rows inside, beside the foot
	if f.fits != m.frame {
		f.tall, f.fits = 0, m.frame
	}
	below := max(2, len(foot)) // a complaint takes the place of the blank row above the keys
	rows := f.inside(m, inner, f.tall-below, max(0, room))
	if less := min(f.tall-below, room) - len(rows); less > 0 {
		rows = clamp(rows, len(rows)+less)
	}
	f.tall = len(rows) + below
	spare := room - len(rows)
	if len(foot) == 1 && spare > 0 {
		rows = append(rows, row{})
		spare--
	}
	if spare >= 2 {
		rows = append([]row{{}}, rows...)
		foot = append(foot, row{})
	}
	rows = append(append([]row(nil), rows...), foot...)
	x, y := (w-width)/2, max(above, (h-len(rows)-2)/3)
	out := make([]row, len(behind))
	for i, r := range behind {
		out[i] = r.hush()
	}
	put := func(y int, box row) {
		if y < 0 || y >= len(out) {
			return
		}
		l := out[y].fit(w, m.g)
		whole := l.take(x)
		whole.to(x)
		whole.append(box.fit(width, m.g))
		whole.append(l.drop(x + width))
		out[y] = whole
	}
	var top row
	top.add(attention, m.g.topLeft)
	top.fill(attention, m.g.light, 1)
	top.add(plain, " ")
	top.add(attention, m.g.note)
	top.add(plain, " ")
	title := f.title
	if f.work != nil {
		title = f.work.title
	}
	top.add(strong, m.g.cut(title, width-8))
	top.add(plain, " ")
	top.fill(attention, m.g.light, width-top.width-1)
	top.add(attention, m.g.topRight)
	put(y, top)
	for i, r := range rows {
		var l row
		l.add(attention, m.g.down)
		l.add(plain, "  ")
		l.append(r.fit(inner, m.g))
		l.to(width - 1)
		l.add(attention, m.g.down)
		put(y+1+i, l)
	}
	var low row
	low.add(attention, m.g.lowLeft)
	low.fill(attention, m.g.light, width-2)
	low.add(attention, m.g.lowRight)
	put(y+1+len(rows), low)
	return out
}
