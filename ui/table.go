package ui

import (
	"slices"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

const columnGap = 2

// table lays out a table without lines. Columns that do not fit are dropped in
// the order that the table gives; where that is not enough the widest column
// narrows, and what does not fit it goes on below. A label stands in the gutter if the table fits beside it,
// else on a line of its own.
func (p painter) table(label safe.Text, t diagnose.Table, c columns) []bodyRow {
	n := len(t.Head)
	for _, r := range t.Rows {
		n = max(n, len(r))
	}
	if n == 0 {
		return nil
	}
	var rows []bodyRow
	left, room := 0, c.text
	if label != "" {
		if total(p.measure(t, n), nil) <= c.text-c.gutter {
			left, room = c.gutter, c.text-c.gutter
		} else {
			rows = append(rows, bodyRow{row: line(quiet, label)})
		}
	}
	widths, gone := p.squeeze(p.measure(t, n), t.Give, room)
	first := true
	emit := func(cell func(i int) (safe.Text, role, safe.Text, role)) {
		var out row
		if first && left > 0 {
			out.add(quiet, label)
		}
		first = false
		lines := make([]row, 1, maxCellLines)
		lines[0] = out
		at := left
		for i := range widths {
			if gone[i] {
				continue
			}
			glyph, gr, text, r := cell(i)
			for n, part := range p.cellLines(text, widths[i]-cells(glyph)) {
				if n == len(lines) {
					lines = append(lines, row{})
				}
				l := &lines[n]
				if i < len(t.Right) && t.Right[i] {
					l.to(at + widths[i] - cells(glyph) - cells(part))
				} else {
					l.to(at)
				}
				if n == 0 {
					l.add(gr, glyph)
				} else {
					l.to(l.width + cells(glyph))
				}
				l.add(r, part)
			}
			at += widths[i] + columnGap
		}
		for _, l := range lines {
			rows = append(rows, bodyRow{row: l})
		}
	}
	if len(t.Head) > 0 {
		emit(func(i int) (safe.Text, role, safe.Text, role) {
			if i < len(t.Head) {
				return "", quiet, t.Head[i], quiet
			}
			return "", quiet, "", quiet
		})
	}
	for _, r := range t.Rows {
		emit(func(i int) (safe.Text, role, safe.Text, role) {
			if i >= len(r) {
				return "", plain, "", plain
			}
			glyph, gr := p.g.sign(r[i].Sign)
			switch {
			case glyph != "":
				glyph += " "
			case signed(t, i) && r[i].Text != "":
				glyph = "  "
			}
			return glyph, gr, r[i].Text, plain
		})
	}
	return rows
}

// maxCellLines bounds the lines of a cell: a server's reply can be long, and
// stands in full below its table.
const maxCellLines = 5

// cellLines breaks the text of a cell into lines of w cells.
func (p painter) cellLines(text safe.Text, w int) []safe.Text {
	lines := wrap(text, w)
	if len(lines) > maxCellLines {
		lines = lines[:maxCellLines]
		lines[maxCellLines-1] = p.g.cut(lines[maxCellLines-1]+p.g.ellipsis, w)
	}
	return lines
}

// signed reports whether any cell of a column has a glyph, so that the texts
// of the others line up.
func signed(t diagnose.Table, i int) bool {
	return slices.ContainsFunc(t.Rows, func(r []diagnose.Cell) bool { return i < len(r) && r[i].Sign != diagnose.NoSign })
}

// measure gives the width that each column would like.
func (p painter) measure(t diagnose.Table, n int) []int {
	widths := make([]int, n)
	for i, h := range t.Head {
		widths[i] = cells(h)
	}
	for i := range widths {
		sign := 0
		if signed(t, i) {
			sign = signWidth
		}
		for _, r := range t.Rows {
			if i < len(r) {
				widths[i] = max(widths[i], cells(r[i].Text)+sign)
			}
		}
	}
	return widths
}

// total gives what the columns take with their gaps.
func total(widths []int, gone []bool) int {
	sum, shown := 0, 0
	for i, w := range widths {
		if gone != nil && gone[i] {
			continue
		}
		sum += w
		shown++
	}
	return sum + columnGap*max(0, shown-1)
}

// squeeze drops columns, then narrows the widest, until the table fits.
func (p painter) squeeze(widths []int, give []int, room int) ([]int, []bool) {
	gone := make([]bool, len(widths))
	for i, w := range widths {
		gone[i] = w == 0
	}
	for _, i := range give {
		if total(widths, gone) <= room {
			break
		}
		if i >= 0 && i < len(gone) {
			gone[i] = true
		}
	}
	const least = 3
	for over := total(widths, gone) - room; over > 0; over-- {
		widest := -1
		for i, w := range widths {
			if !gone[i] && w > least && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths, gone
}
