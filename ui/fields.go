package ui

import (
	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// asked lays out the fields in w cells, and says in which row the focused one
// stands. While work is under way its lines stand there.
func (f *form) asked(m *Model, w int) (rows []row, focus int) {
	gutter := f.gutter(w)
	if f.work != nil {
		for _, l := range f.work.lines[max(0, len(f.work.lines)-m.frame.h):] { // more is out of sight
			for _, r := range (painter{m.frame, m.g, clock{m.now, m.opts.Location}}).workLine(l, w+signWidth) {
				rows = append(rows, r.row.drop(signWidth))
			}
			if l.said != byNobody || l.sign != diagnose.NoSign {
				focus = max(0, len(rows)-1)
			}
		}
		return rows, focus
	}
	for i := range f.fields {
		e := &f.fields[i]
		focused := i == f.at
		if m.listed(e) {
			if focused {
				focus = len(rows) + e.chosen
			}
			rows = append(rows, m.values(e, gutter, w, focused)...)
			continue
		}
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
			m.chosen(&out, e, w, focused)
		} else {
			out.add(mark, m.g.quote)
			out.add(plain, " ")
			out.append(m.field(e.text, room, focused))
			if focused && e.text.filled {
				out.right(w, line(quiet, "typing replaces it"))
			}
			if !focused && e.need != "" && len(e.text.runes) == 0 {
				out.add(quiet, "needed")
			}
		}
		rows = append(rows, out)
	}
	return rows, focus
}

// listed reports whether the values of a choice stand below each other.
func (m *Model) listed(e *field) bool { return e.list && !m.frame.low && len(e.choices) > 1 }

// values draws all values of a choice, the chosen one behind the bar.
func (m *Model) values(e *field, gutter, w int, focused bool) (rows []row) {
	for i, c := range e.choices {
		var out row
		lr, r := quiet, quiet
		if focused {
			lr = strong
		}
		if i == 0 {
			out.add(lr, m.g.cut(e.label, gutter-1))
		}
		out.to(gutter)
		if i == e.chosen {
			mark := quiet
			if r = plain; focused {
				mark = accent
			}
			out.add(mark, m.g.bar)
		}
		out.to(gutter + signWidth)
		out.add(r, m.g.cut(c.label, w-gutter-signWidth))
		if i == 0 && focused {
			out.right(w, line(quiet, m.g.upDown))
		}
		rows = append(rows, out)
	}
	return rows
}

// chosen draws what a choice stands at, up to w cells, and where it is focused
// how many there are: that there are others is never cut.
func (m *Model) chosen(out *row, e *field, w int, focused bool) {
	if len(e.choices) == 0 {
		return
	}
	label, room := e.choices[e.chosen].label, w-out.width
	if !focused || len(e.choices) == 1 {
		out.add(plain, m.g.cut(label, room))
		return
	}
	var count row
	for _, t := range []safe.Text{safe.Textf("%s %d of %d", m.g.leftRight, e.chosen+1, len(e.choices)), safe.Textf("%s %d/%d", m.g.leftRight, e.chosen+1, len(e.choices)), m.g.leftRight} {
		if count = line(quiet, t); cells(label)+columnGap+count.width <= room {
			break
		}
	}
	out.add(plain, m.g.cut(label, room-count.width-columnGap))
	out.right(w, count)
}
