package bounce

import (
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// encoded is a text that stands in the raw input in some encoding: as it is,
// line by line in a mail, as a JSON string, as the value of a form. It gives the
// raw offset of each of its bytes.
type encoded struct {
	s     string
	part  string
	marks []mark                     // positions whose offset is known, in order; at least one
	src   *encoded                   // what it was decoded from; nil for the raw input
	spans []*encoded                 // the texts that it was put together from, one a mark; nil for one text
	step  func(string) (string, int) // decodes what src begins with; nil when it stands there byte for byte
}

// mark is a position in a text and its offset in what it was decoded from.
type mark struct{ pos, off int }

// markEvery is how many bytes stand between the marks of a decoded text.
const markEvery = 512

// asIs is a part of the raw input.
func asIs(s string, off int) *encoded { return &encoded{s: s, marks: []mark{{0, off}}} }

// at gives the raw offset of a position.
func (t *encoded) at(pos int) int {
	i := sort.Search(len(t.marks), func(i int) bool { return t.marks[i].pos > pos }) - 1
	m := t.marks[max(i, 0)]
	if t.spans != nil {
		return t.spans[max(i, 0)].at(pos - m.pos)
	}
	off := m.off + max(0, pos-m.pos)
	if t.step != nil {
		for off = m.off; m.pos < pos && off < len(t.src.s); {
			out, n := t.step(t.src.s[off:])
			if n == len(out) { // stands there as it is
				n = min(n, pos-m.pos)
			}
			off += n
			m.pos += len(out)
		}
	}
	if t.src != nil {
		return t.src.at(off)
	}
	return off
}

// decoded makes the text that a span of another encodes.
func (t *encoded) decoded(from, to int, step func(string) (string, int)) *encoded {
	out := &encoded{part: t.part, src: t, step: step}
	var b strings.Builder
	next := 0
	for at := from; at < to; {
		if b.Len() >= next {
			out.marks = append(out.marks, mark{b.Len(), at})
			next = b.Len() + markEvery
		}
		one, n := step(t.s[at:to])
		b.WriteString(one)
		at += n
	}
	if len(out.marks) == 0 {
		out.marks = []mark{{0, from}}
	}
	out.s = b.String()
	return out
}

// joined makes one text of the lines of a part. sendmail breaks lines at 998
// bytes (RFC 5322 section 2.1.1) with "!", a line end and a blank: that is
// undone.
func (d *doc) joined(t *text) *encoded {
	out := &encoded{part: t.part}
	var b []byte
	for i, l := range t.lines {
		s, off := l.s, t.offset(i, 0)
		if i > 0 && len(t.lines[i-1].s) > 900 && strings.HasSuffix(t.lines[i-1].s, "!") && strings.HasPrefix(s, " ") {
			b = b[:len(b)-len("!\n")]
			s, off = s[1:], off+1
		}
		out.marks = append(out.marks, mark{len(b), off})
		b = append(append(b, s...), '\n')
	}
	if len(out.marks) == 0 {
		out.marks = []mark{{0, 0}}
	}
	out.s = string(b)
	return out
}

// jsonStep decodes one character of a JSON string (RFC 8259 section 7). A lone
// surrogate becomes U+FFFD.
func jsonStep(s string) (string, int) {
	if s[0] != '\\' || len(s) < 2 {
		n := 1
		for n < len(s) && s[n] != '\\' && n < markEvery {
			n++
		}
		return s[:n], n
	}
	switch s[1] {
	case 'n':
		return "\n", 2
	case 't':
		return "\t", 2
	case 'r':
		return "\r", 2
	case 'b':
		return "\b", 2
	case 'f':
		return "\f", 2
	case 'u':
		r, ok := jsonUnit(s)
		if !ok {
			return s[:2], 2
		}
		if !utf16.IsSurrogate(r) {
			return string(r), 6
		}
		if low, ok := jsonUnit(s[6:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return string(pair), 12
			}
		}
		return string(utf8.RuneError), 6
	}
	return s[1:2], 2
}

func jsonUnit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for i := 2; i < 6; i++ {
		v, ok := unhex(s[i])
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(v)
	}
	return r, true
}

// formStep decodes one character of an application/x-www-form-urlencoded value.
func formStep(s string) (string, int) {
	switch {
	case s[0] == '+':
		return " ", 1
	case s[0] == '%' && len(s) >= 3:
		hi, ok1 := unhex(s[1])
		lo, ok2 := unhex(s[2])
		if ok1 && ok2 {
			return string([]byte{hi<<4 | lo}), 3
		}
	}
	n := 1
	for n < len(s) && s[n] != '+' && s[n] != '%' && n < markEvery {
		n++
	}
	return s[:n], n
}

// form takes a form apart: an object whose members are the decoded values. ok
// is false for what is no form. Line ends within, as wrapping puts them there,
// do not count.
func (t *encoded) form() (fields []formField, ok bool) {
	const most = 2000
	at := len(t.s) - len(strings.TrimLeft(t.s, " \t\r\n"))
	end := len(strings.TrimRight(t.s, " \t\r\n"))
	for at < end && len(fields) < most {
		stop := strings.IndexByte(t.s[at:end], '&')
		if stop < 0 {
			stop = end - at
		}
		stop += at
		eq := strings.IndexByte(t.s[at:stop], '=')
		if eq < 1 || eq > maxJSONKey {
			return nil, false
		}
		key := t.decoded(at, at+eq, formStep).s
		for _, c := range []byte(key) {
			if !letter(c) && !digit(c) && strings.IndexByte("_-.[]", c) < 0 {
				return nil, false
			}
		}
		fields = append(fields, formField{key, t, at + eq + 1, stop})
		at = stop + 1
	}
	return fields, len(fields) > 0
}

// formField is one field of a form; its value is decoded when asked for.
type formField struct {
	key      string
	t        *encoded
	from, to int
}

func (f formField) value() *encoded { return f.t.decoded(f.from, f.to, formStep) }
