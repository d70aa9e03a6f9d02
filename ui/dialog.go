package ui

import (
	"deadletter/diagnose/safe"
)

// rows lays out the inside of the dialog in w cells, and says in which row the
// focused field stands.
func (f *form) rows(m *Model, w int) (rows []row, focus int) {
	gutter := 0
	for _, x := range f.facts {
		gutter = max(gutter, cells(x.label))
	}
	for _, x := range f.fields {
		gutter = max(gutter, cells(x.label))
	}
	gutter = min(max(gutter+2, 10), max(10, w/2))
	for _, x := range f.facts {
		r := plain
		if x.strong {
			r = strong
		}
		for i, part := range wrap(x.value, w-gutter) {
			var out row
			if i == 0 {
				out.add(quiet, m.g.cut(x.label, gutter-1))
			}
			out.to(gutter)
			out.add(r, part)
			rows = append(rows, out)
		}
	}
	if len(f.facts) > 0 {
		rows = append(rows, row{})
	}
	for i := range f.fields {
		e := &f.fields[i]
		focused := i == f.at
		lr, mark := quiet, quiet
		if focused {
			focus = len(rows)
			lr, mark = strong, accent
		}
		out := line(lr, m.g.cut(e.label, gutter-1))
		out.to(gutter)
		room := w - gutter - signWidth
		if e.kind == choiceField {
			if focused {
				out.add(mark, m.g.bar)
			}
			out.to(gutter + signWidth)
			label := safe.Text("")
			if len(e.choices) > 0 {
				label = e.choices[e.chosen].label
			}
			out.add(plain, m.g.cut(label, room))
			if focused && len(e.choices) > 1 {
				out.right(w, line(quiet, safe.Textf("%s %d of %d", m.g.leftRight, e.chosen+1, len(e.choices))))
			}
		} else {
			out.add(mark, m.g.quote)
			out.add(plain, " ")
			out.append(m.field(e.text, room, focused))
			if !focused && e.need != "" && len(e.text.runes) == 0 {
				out.add(quiet, "needed")
			}
		}
		rows = append(rows, out)
	}
	return rows, focus
}

// foot says what is wrong, and what enter and esc do. It always stays in sight.
func (f *form) foot(m *Model, w int) []row {
	var rows []row
	if f.wrong != "" {
		for _, part := range wrap(f.wrong, w-signWidth) {
			l := line(attention, m.g.note)
			l.add(plain, " ")
			l.add(plain, part)
			rows = append(rows, l)
		}
	}
	var keep row
	keep.add(keycap, "esc")
	keep.add(plain, " ")
	keep.add(plain, f.keep)
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
	inner := width - 6
	rows, focus := f.rows(m, inner)
	foot := f.foot(m, inner)
	room := h - 3 - len(foot) // rows inside, beside the foot; one row stays free above
	switch spare := room - len(rows); {
	case spare >= 3:
		rows = append(append([]row{{}}, rows...), row{})
		foot = append(foot, row{})
	case spare >= 1:
		rows = append(rows, row{})
	case spare < 0:
		rows = window(rows, focus, max(0, room))
	}
	rows = append(append([]row(nil), rows...), foot...)
	x, y := (w-width)/2, max(1, (h-len(rows)-2)/3)
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
	top.add(strong, m.g.cut(f.title, width-8))
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
