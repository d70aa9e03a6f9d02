package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

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

// oneCell reports whether a character always takes one cell and never joins
// its neighbours: ASCII, Latin letters, and the signs of this screen.
func oneCell(r rune) bool {
	switch {
	case r < 0x300:
		return r >= ' ' && r != 0x7f && r != 0xad && (r < 0x80 || r > 0x9f)
	case r >= 0x2500 && r <= 0x25df, r >= 0x2190 && r <= 0x2199, r >= 0x2400 && r <= 0x2426:
		return true
	case r == '–', r == '…', r == '‹', r == '›', r == '≠', r == '⊘', r == '✓', r == '✗':
		return true
	}
	return false
}

// cells gives how many cells text takes on a terminal.
func cells(t safe.Text) int {
	n := 0
	for _, r := range string(t) {
		if !oneCell(r) {
			return ansi.StringWidth(string(t))
		}
		n++
	}
	return n
}

// fits reports whether text takes at most w cells. Of a long text it looks at
// no more than needed.
func fits(t safe.Text, w int) bool {
	n := 0
	for _, r := range string(t) {
		if !oneCell(r) {
			if head := headOf(t, w); len(head) < len(t) && cells(head) > w+2 {
				return false
			}
			return cells(t) <= w
		}
		if n++; n > w {
			// What follows could only join the last one; then it takes no cell of its own.
			return false
		}
	}
	return true
}

// headOf gives a head of a text that is surely longer than w cells, if the
// text is: whole characters, sixteen bytes a cell.
func headOf(t safe.Text, w int) safe.Text {
	end := 16*(w+4) + 64
	if end >= len(t) {
		return t
	}
	for end > 0 && !utf8.RuneStart(t[end]) {
		end--
	}
	return t[:end]
}

// guard is the last line against control characters: text that still holds
// one, by a fault elsewhere, is made visible here.
func guard(t safe.Text) safe.Text {
	ascii := true
	for i := 0; i < len(t); i++ {
		if t[i] < ' ' || t[i] == 0x7f {
			return safe.Of(string(t))
		}
		ascii = ascii && t[i] < utf8.RuneSelf
	}
	if ascii {
		return t
	}
	if !utf8.ValidString(string(t)) {
		return safe.Of(string(t))
	}
	for _, r := range string(t) {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return safe.Of(string(t))
		}
	}
	return t
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

const blanks safe.Text = "                                                                "

// repeat gives n copies of a text.
func repeat(t safe.Text, n int) safe.Text {
	if t == " " && n <= len(blanks) {
		return blanks[:max(0, n)]
	}
	var out safe.Text
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			out += t
		}
		t += t
	}
	return out
}

// prefix gives the longest head of a text that takes at most w cells.
func prefix(t safe.Text, w int) safe.Text {
	if w <= 0 {
		return ""
	}
	n := 0
	for i, r := range string(t) {
		if !oneCell(r) {
			break
		}
		if n == w {
			return t[:i]
		}
		n++
	}
	if fits(t, w) {
		return t
	}
	head := headOf(t, w)
	out := ansi.Truncate(string(head), w, "")
	if len(out) == len(head) { // nothing but marks: look at all of it
		out = ansi.Truncate(string(t), w, "")
	}
	return t[:len(out)]
}

// suffix gives a text without the characters that begin in its first w cells.
func suffix(t safe.Text, w int) safe.Text {
	n := 0
	for i, r := range string(t) {
		if !oneCell(r) {
			break
		}
		if n == w {
			return t[i:]
		}
		n++
	}
	return t[len(t)-len(ansi.TruncateLeft(string(t), w, "")):]
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
