package survey

import (
	"unicode"
	"unicode/utf8"
)

// EscapeJSON writes every character of a JSON text that cannot be seen as a
// \u escape: controls, format characters, separators other than the blank,
// unassigned and private ones, and the fillers and selectors that print as
// nothing. The value stays the same; line breaks and tabs between values stay too.
func EscapeJSON(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			out = append(out, byte(r)) // never raw inside a string (RFC 8259 section 7)
		case r == utf8.RuneError && n == 1:
			out = append(out, `\ufffd`...)
		case seen(r):
			out = append(out, data[i:i+n]...)
		case r > 0xFFFF:
			r -= 0x10000
			out = escape(escape(out, 0xD800+r>>10), 0xDC00+r&0x3FF)
		default:
			out = escape(out, r)
		}
		i += n
	}
	return out
}

// seen reports whether a character shows as something of its own.
func seen(r rune) bool {
	return unicode.IsPrint(r) && r != 0x2800 && r != 0xFFFC && r != 0x034F &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func escape(out []byte, unit rune) []byte {
	const digits = "0123456789abcdef"
	return append(out, '\\', 'u', digits[unit>>12&15], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}
