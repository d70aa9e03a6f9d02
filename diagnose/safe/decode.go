package safe

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrNotAForm is what [Decode] says of a text that Of did not make.
var ErrNotAForm = errors.New("safe: not the visible form of a text")

// Decode gives back the bytes that Of, or several of its results joined, stand
// for. The remarks of Lines and Domain stand for nothing: they, and characters
// that Of never leaves, give an error wrapping [ErrNotAForm].
func Decode(t Text) (string, error) {
	s := string(t)
	if i := plainPrefix(s); i == len(s) {
		return s, nil
	}
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == quoteOpen:
			n, err := decodeForm(&out, s[i:])
			if err != nil {
				return "", fmt.Errorf("%w: byte %d", err, i)
			}
			size = n
		case r == delPic:
			out.WriteByte(0x7F)
		case r >= picture && r < picture+0x20:
			out.WriteByte(byte(r - picture))
		case r == utf8.RuneError && size == 1, r < ' ', r == 0x7F, r >= utf8.RuneSelf && hidden(r):
			return "", fmt.Errorf("%w: byte %d", ErrNotAForm, i)
		default:
			out.WriteString(s[i : i+size])
		}
		i += size
	}
	return out.String(), nil
}

// decodeForm reads the form that s begins with and gives its length in bytes.
func decodeForm(out *strings.Builder, s string) (int, error) {
	body := s[len("‹"):]
	if strings.HasPrefix(body, "‹") {
		out.WriteRune(quoteOpen)
		return 2 * len("‹"), nil
	}
	value, n, ok := formValue(body)
	if !ok {
		return 0, ErrNotAForm
	}
	if n == 2 {
		out.WriteByte(byte(value))
	} else {
		out.WriteRune(value)
	}
	return len("‹") + n + len("›"), nil
}

// formValue reads the inside of a form, E2› or U+202E›. n is its length in
// bytes without the closing quote; 2 means a byte, anything else a character.
func formValue(s string) (value rune, n int, ok bool) {
	for n < len(s) && n <= len("U+10FFFF") && s[n] < utf8.RuneSelf {
		n++
	}
	if !strings.HasPrefix(s[n:], "›") {
		return 0, 0, false
	}
	inside := s[:n]
	hex, isRune := strings.CutPrefix(inside, "U+")
	if strings.Trim(hex, hexDigits) != "" {
		return 0, 0, false
	}
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || v < utf8.RuneSelf {
		return 0, 0, false
	}
	if isRune {
		return rune(v), n, utf8.ValidRune(rune(v)) && len(hex) == digits(rune(v))
	}
	return rune(v), n, n == 2
}

// Escapes counts the characters of the original that t shows by a form. The
// doubled quote is none: it can be read as it is.
func Escapes(t Text) int {
	n := 0
	for s := string(t); s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		switch {
		case r == quoteOpen && strings.HasPrefix(s, "‹"):
			s = s[len("‹"):]
		case r == quoteOpen:
			if _, inside, ok := formValue(s); ok {
				n++
				s = s[inside+len("›"):]
			}
		case r >= picture && r <= delPic:
			n++
		}
	}
	return n
}

// clean does what Of does to everything but the forms: it makes a text that
// claims to be safe already, safe, and leaves one that is as it was.
func clean(s string) Text {
	i := plainPrefix(s)
	if i == len(s) {
		return Text(s)
	}
	var (
		w   writer
		out strings.Builder
		cut int
	)
	if i > 0 {
		w.prev = rune(s[i-1])
	}
	for i < len(s) {
		r, size, form := w.next(s[i:])
		if form != asIs && form != doubled && (r < picture || r > delPic) {
			out.WriteString(s[cut:i])
			writeForm(&out, form, r)
			cut = i + size
		}
		i += size
	}
	if cut == 0 {
		return Text(s)
	}
	out.WriteString(s[cut:])
	return Text(out.String())
}

// UnmarshalJSON reads a Text back from a file. The file may have been written
// by anybody, so what Of would not leave is made visible again; the forms that
// are in it stay as they are.
func (t *Text) UnmarshalJSON(data []byte) error {
	var s *string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	if s != nil {
		*t = clean(*s)
	}
	return nil
}

// UnmarshalText does the same where a Text is the key of an object.
func (t *Text) UnmarshalText(data []byte) error {
	*t = clean(string(data))
	return nil
}
