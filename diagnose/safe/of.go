package safe

import (
	"strings"
	"unicode/utf8"
)

// Field is how many bytes of one field are shown at most (4 KiB); see [Clip].
const Field = 4 << 10

// The forms that stand for what cannot be shown. A control character becomes
// the picture of its own number, anything else its number between quotes. The
// opening quote is doubled where the text itself has it, so that nobody can
// type a form.
const (
	quoteOpen  = '‹'      // U+2039
	quoteClose = '›'      // U+203A
	picture    = '\u2400' // SYMBOL FOR NULL; the other C0 controls follow in order
	delPic     = '\u2421' // SYMBOL FOR DELETE
)

// Of gives the visible form of text from outside. Every character that a
// terminal obeys, that cannot be seen, or that moves its neighbours is
// replaced by a form of its own; nothing is dropped, and [Decode] gives the
// bytes back:
//
//	C0 controls, tab and line ends too, DEL   ␀ to ␟, ␡
//	a byte that is no UTF-8                   ‹E2›
//	every other one, see hidden and joins     ‹U+202E›
//	the quote ‹ itself                        ‹‹
//
// Plain ASCII, and any text that needs no form, is returned as it is, without
// an allocation.
func Of(s string) Text {
	i := plainPrefix(s)
	if i == len(s) {
		return Text(s)
	}
	var (
		w   writer
		out strings.Builder
		cut int // everything before it is in out
	)
	if i > 0 {
		w.prev = rune(s[i-1])
	}
	for i < len(s) {
		r, size, form := w.next(s[i:])
		if form == asIs {
			i += size
			continue
		}
		if out.Cap() == 0 {
			out.Grow(len(s) + len(s)/2 + 16)
		}
		out.WriteString(s[cut:i])
		writeForm(&out, form, r)
		i += size
		cut = i
	}
	if cut == 0 {
		return Text(s)
	}
	out.WriteString(s[cut:])
	return Text(out.String())
}

// Clip gives the visible form of the first max bytes of s, cut back to a whole
// character, and how many bytes of s are left out. A form takes up to eight
// times the bytes of what it stands for.
func Clip(s string, max int) (shown Text, rest int) {
	if max < 0 {
		max = 0
	}
	if len(s) <= max {
		return Of(s), 0
	}
	n := max
	for back := 1; back < utf8.UTFMax && back <= max; back++ {
		if !utf8.RuneStart(s[max-back]) {
			continue
		}
		if _, size := utf8.DecodeRuneInString(s[max-back:]); size > back {
			n = max - back
		}
		break
	}
	return Of(s[:n]), len(s) - n
}

// Lines gives the visible form of a text of several lines, one Text each,
// split at LF, CRLF and CR. A line end at the very end opens no further line.
// At most max lines are given, and of each line at most [Field] bytes; what is
// left out is named in a form of its own, ‹812 more lines›, ‹5000 more bytes›,
// that the text itself cannot hold.
func Lines(s string, max int) []Text {
	if max <= 0 || s == "" {
		return nil
	}
	var lines []Text
	for s != "" {
		if len(lines) == max-1 {
			if more := countLines(s); more > 1 {
				return append(lines, remark(more, "lines"))
			}
		}
		var line string
		line, s = cutLine(s)
		shown, rest := Clip(line, Field)
		if rest > 0 {
			shown += remark(rest, "bytes")
		}
		lines = append(lines, shown)
	}
	return lines
}

// cutLine splits s after its first line end, which line does not hold.
func cutLine(s string) (line, rest string) {
	i := strings.IndexAny(s, "\r\n")
	switch {
	case i < 0:
		return s, ""
	case strings.HasPrefix(s[i:], "\r\n"):
		return s[:i], s[i+2:]
	default:
		return s[:i], s[i+1:]
	}
}

func countLines(s string) int {
	n := 0
	for s != "" {
		_, s = cutLine(s)
		n++
	}
	return n
}

// remark is what this package says in the middle of a text. No input can give
// it, since an opening quote of the input is doubled.
func remark(n int, of string) Text {
	return Textf("‹%d more %s›", n, of)
}

// plainPrefix gives the length of the printable ASCII that s begins with.
func plainPrefix(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return i
		}
	}
	return len(s)
}

const hexDigits = "0123456789ABCDEF"

func writeForm(out *strings.Builder, form form, r rune) {
	switch form {
	case doubled:
		out.WriteRune(quoteOpen)
		out.WriteRune(quoteOpen)
	case control:
		out.WriteRune(pictureOf(r))
	case badByte:
		out.WriteRune(quoteOpen)
		out.WriteByte(hexDigits[r>>4&15])
		out.WriteByte(hexDigits[r&15])
		out.WriteRune(quoteClose)
	case number:
		out.WriteRune(quoteOpen)
		out.WriteString("U+")
		for shift := digits(r)*4 - 4; shift >= 0; shift -= 4 {
			out.WriteByte(hexDigits[r>>shift&15])
		}
		out.WriteRune(quoteClose)
	}
}

// digits is how many hexadecimal digits the number of a character is written
// with: four at least, as the Unicode Standard does.
func digits(r rune) int {
	switch {
	case r > 0xFFFFF:
		return 6
	case r > 0xFFFF:
		return 5
	}
	return 4
}

func pictureOf(control rune) rune {
	if control == 0x7F {
		return delPic
	}
	return picture + control
}
