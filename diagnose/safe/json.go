package safe

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendJSON appends s to dst as a JSON string (RFC 8259 section 7) that can
// be looked at in a terminal: whatever Of shows by a form is a \u escape,
// beyond U+FFFF two of them. It reads back as s itself, except that a byte
// that is no UTF-8 becomes U+FFFD.
func AppendJSON(dst []byte, s string) []byte {
	dst = append(dst, '"')
	if plainPrefix(s) == len(s) && strings.IndexByte(s, '"') < 0 && strings.IndexByte(s, '\\') < 0 {
		return append(append(dst, s...), '"')
	}
	var w writer
	for s != "" {
		r, size, form := w.next(s)
		switch {
		case form == badByte:
			dst = appendUnit(dst, utf8.RuneError)
		case form == control || form == number:
			if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
				dst = appendUnit(appendUnit(dst, hi), lo)
			} else {
				dst = appendUnit(dst, r)
			}
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		default:
			dst = append(dst, s[:size]...)
		}
		s = s[size:]
	}
	return append(dst, '"')
}

func appendUnit(dst []byte, unit rune) []byte {
	const lower = "0123456789abcdef"
	return append(dst, '\\', 'u', lower[unit>>12&15], lower[unit>>8&15], lower[unit>>4&15], lower[unit&15])
}
