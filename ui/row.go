package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"deadletter/diagnose/safe"
)

// span is text of one role.
type span struct {
	text safe.Text
	role role
}

// row is one line of the screen, from left to right.
type row struct {
	spans []span
	width int // cells
}

// line begins a row with one text.
func line(r role, t safe.Text) row {
	var l row
	l.add(r, t)
	return l
}

func (l *row) add(r role, t safe.Text) {
	if t == "" {
		return
	}
	t = guard(t)
	l.spans = append(l.spans, span{t, r})
	l.width += cells(t)
}

// fill adds n copies of a glyph of one cell.
func (l *row) fill(r role, glyph safe.Text, n int) {
	if n > 0 {
		l.spans = append(l.spans, span{repeat(glyph, n), r})
		l.width += n
	}
}

// to adds blanks up to a column.
func (l *row) to(column int) {
	l.fill(plain, " ", column-l.width)
}

// append adds the spans of another row.
func (l *row) append(other row) {
	l.spans = append(l.spans, other.spans...)
	l.width += other.width
}

// right puts another row at the right end of w cells, if a gap of two stays;
// it reports whether it did.
func (l *row) right(w int, other row) bool {
	if other.width == 0 || l.width+2+other.width > w {
		return other.width == 0
	}
	l.to(w - other.width)
	l.append(other)
	return true
}

// cut gives text in at most w cells, with an ellipsis where something is cut.
func (g glyphs) cut(t safe.Text, w int) safe.Text {
	if w <= 0 {
		return ""
	}
	if fits(t, w) {
		return t
	}
	return prefix(guard(headOf(t, w)), w-1) + g.ellipsis
}

// fit gives the row in exactly w cells: blanks are added, or the end is cut.
func (l row) fit(w int, g glyphs) row {
	if l.width == w {
		return l
	}
	if l.width < w {
		out := row{spans: l.spans[:len(l.spans):len(l.spans)], width: l.width}
		out.to(w)
		return out
	}
	out := l.take(w - 1)
	if w > 0 {
		out.add(quiet, g.ellipsis)
	}
	out.to(w)
	return out
}

// take gives the first w cells of a row, without an ellipsis.
func (l row) take(w int) row {
	var out row
	for _, s := range l.spans {
		text := prefix(s.text, w-out.width)
		if text != "" {
			out.spans = append(out.spans, span{text, s.role})
			out.width += cells(text)
		}
		if len(text) < len(s.text) {
			break
		}
	}
	return out
}

// drop gives the row without its first w cells. A wide character that is cut
// in two becomes a blank.
func (l row) drop(w int) row {
	var out row
	at := 0
	for _, s := range l.spans {
		n := cells(s.text)
		switch {
		case at >= w:
			out.spans = append(out.spans, s)
			out.width += n
		case at+n > w:
			text := suffix(s.text, w-at)
			out.fill(plain, " ", at+n-w-cells(text))
			if text != "" {
				out.spans = append(out.spans, span{text, s.role})
				out.width += cells(text)
			}
		}
		at += n
	}
	return out
}

// hush gives the row with every role turned quiet: it lies behind a dialog.
func (l row) hush() row {
	out := row{spans: make([]span, len(l.spans)), width: l.width}
	for i, s := range l.spans {
		out.spans[i] = span{s.text, quiet}
	}
	return out
}

// write puts the row on the screen in exactly w cells.
func (t theme) write(b *strings.Builder, l row, w int, g glyphs) {
	l = l.fit(w, g)
	short := 0
	if !simple(l) {
		var whole strings.Builder
		for _, s := range l.spans {
			whole.WriteString(string(s.text))
		}
		// A mark at the begin of a span joins the span before it: the sum of
		// the widths is then not the width of the whole.
		n := ansi.StringWidth(whole.String())
		if n > w {
			text := ansi.Truncate(whole.String(), w, "")
			b.WriteString(text)
			b.WriteString(strings.Repeat(" ", max(0, w-ansi.StringWidth(text))))
			return
		}
		short = w - n
	}
	for i := 0; i < len(l.spans); {
		r := l.spans[i].role
		b.WriteString(t.on[r])
		for ; i < len(l.spans) && l.spans[i].role == r; i++ {
			b.WriteString(string(l.spans[i].text))
		}
		b.WriteString(t.off[r])
	}
	b.WriteString(strings.Repeat(" ", short))
}

// simple reports whether a row holds nothing but characters that never join
// with a neighbour, so that the widths of its spans add up.
func simple(l row) bool {
	for _, s := range l.spans {
		for _, r := range string(s.text) {
			if !oneCell(r) {
				return false
			}
		}
	}
	return true
}
