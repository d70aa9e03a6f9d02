package ui

import (
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"deadletter/diagnose/safe"
)

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
	if w < 0 {
		return t == ""
	}
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
