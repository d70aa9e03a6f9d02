package ui

import (
	"strings"

	"deadletter/diagnose/safe"
)

// compareRoom says how many rows stay for the comparison between its head and foot.
func (m *Model) compareRoom(w, h int) int {
	room := h - 2
	if m.frame.low {
		room = h - 1
	} else {
		room -= len(wrap(compareFoot, w-4)) + 2
	}
	return max(room, 1)
}

const compareFoot = safe.Text("Each shows the way and the time that it had itself: what follows is likely, not proved.")

// compareView lays out the pair: which one of how many, the rows, and what
// they mean.
func (m *Model) compareView(w, h int) []row {
	p, ok := m.comparison()
	if !ok {
		return []row{line(quiet, "  one bounce so far; a adds another")}
	}
	head := line(plain, "  ")
	head.add(strong, "Compared")
	if n := len(m.comparisons()); n > 1 {
		head.add(quiet, safe.Textf("   pair %d of %d", min(m.compare.pair, n-1)+1, n))
		if p.Others > n {
			head.add(quiet, safe.Textf(", %d messages more", p.Others-n))
		}
	}
	changed := 0
	for _, r := range p.Rows {
		if r.Changed {
			changed++
		}
	}
	count := line(attention, m.g.differs)
	count.add(quiet, safe.Textf(" %d of %d differ", changed, len(p.Rows)))
	head.right(w-1, count)

	rows := m.compareRows(w)
	room := m.compareRoom(w, h)
	from := min(m.compare.at, max(0, len(rows)-room))
	end := min(len(rows), from+room)
	shown := append([]row(nil), rows[from:end]...)
	if left := len(rows) - end; left > 0 && room > 1 {
		l := line(quiet, "  ")
		l.add(quiet, m.g.more)
		l.add(quiet, " "+moreLines(left+1))
		shown[len(shown)-1] = l
	}
	out := []row{head}
	if !m.frame.low {
		out = append(out, row{})
	}
	out = append(out, shown...)
	if m.frame.low {
		return out
	}
	foot := wrap(compareFoot, w-4)
	out = clamp(out, max(len(out), h-len(foot)-1))
	for _, t := range foot {
		l := line(plain, "  ")
		l.add(quiet, t)
		out = append(out, l)
	}
	return out
}

// compareRows lays the pair out: two columns where they fit, else the one
// under the other. What changed has its sign in front.
func (m *Model) compareRows(w int) []row {
	p, ok := m.comparison()
	if !ok {
		return nil
	}
	const pad, label, gap = 2, 11, 2
	left := pad + signWidth + label
	w = min(w-1, 2*textWidth)
	var rows []row
	put := m.stacked
	if w >= 99 {
		column := (w - left - gap) / 2
		put = func(rows []row, head row, a, b safe.Text, r role, _ int) []row {
			return besideRows(rows, head, wrap(a, column), wrap(b, column), left, column+gap, r)
		}
	}
	var head row
	head.to(left)
	rows = put(rows, head, p.Left.Name, p.Right.Name, strong, w)
	if !m.frame.low {
		rows = append(rows, row{})
	}
	for _, x := range p.Rows {
		var head row
		head.to(pad)
		text := quiet
		if x.Changed {
			head.add(attention, m.g.differs)
			text = plain
		}
		head.to(pad + signWidth)
		head.add(quiet, m.g.cut(x.Label, label-1))
		head.to(left)
		rows = put(rows, head, x.Left, x.Right, text, w)
	}
	if len(p.Means) > 0 {
		rows = append(rows, row{})
	}
	for i, t := range p.Means {
		for j, part := range wrap(t, min(w-left-2, textWidth)) {
			var l row
			l.to(pad + signWidth)
			if i == 0 && j == 0 {
				l.add(quiet, "means")
			}
			l.to(left)
			if j == 0 {
				l.add(quiet, m.g.dot)
			}
			l.to(left + 2)
			l.add(strongIf(i == 0), part)
			rows = append(rows, l)
		}
	}
	return rows
}

// besideRows puts two texts beside each other behind a head.
func besideRows(rows []row, head row, a, b []safe.Text, left, right int, r role) []row {
	for i := range max(len(a), len(b)) {
		l := head
		if i > 0 {
			l = row{}
			l.to(left)
		}
		if i < len(a) {
			l.add(r, a[i])
		}
		if i < len(b) && b[i] != "" {
			l.to(left + right)
			l.add(r, b[i])
		}
		rows = append(rows, l)
	}
	return rows
}

// stacked puts two texts under each other behind a head, each with its letter;
// texts that are the same stand once.
func (m *Model) stacked(rows []row, head row, a, b safe.Text, r role, w int) []row {
	left := head.width
	put := func(letter, t safe.Text) {
		if t == "" {
			return
		}
		for i, part := range wrap(t, max(10, w-left-3)) {
			l := head
			l.to(left)
			if i == 0 {
				l.add(quiet, letter)
			}
			l.to(left + 3)
			l.add(r, part)
			rows = append(rows, l)
			head = row{}
		}
	}
	if a == b {
		put("=", a)
		return rows
	}
	put("A", a)
	put("B", b)
	return rows
}

// compareText is the comparison as plain lines, one under the other.
func (m *Model) compareText() string {
	p, ok := m.comparison()
	if !ok {
		return ""
	}
	var lines []safe.Text
	lines = append(lines, "A: "+p.Left.Name, "B: "+p.Right.Name, "")
	for _, r := range p.Rows {
		switch {
		case r.Changed:
			lines = append(lines, safe.Textf("%s differs", r.Label), "  A: "+or(r.Left), "  B: "+or(r.Right))
		case r.Left == r.Right:
			lines = append(lines, safe.Textf("%s: %s", r.Label, r.Left))
		default:
			lines = append(lines, r.Label, "  A: "+or(r.Left), "  B: "+or(r.Right))
		}
	}
	lines = append(lines, "")
	for _, t := range p.Means {
		lines = append(lines, "means: "+t)
	}
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(l))
	}
	return b.String()
}

// or gives a value, or says that it is not known.
func or(t safe.Text) safe.Text {
	if t == "" {
		return "not known"
	}
	return t
}
