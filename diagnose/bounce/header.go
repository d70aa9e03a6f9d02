package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// field is one header field: its name, its body as it stands (folds included)
// and the raw offset of the body.
type field struct {
	name  string
	value string
	off   int
}

// header is the fields of an entity in their order. Names repeat.
type header []field

// is reports whether it is a field of that name, which is not empty.
func (f *field) is(name string) bool {
	return len(f.name) == len(name) && f.name[0]|0x20 == name[0]|0x20 && strings.EqualFold(f.name, name)
}

// get gives the first field of that name.
func (h header) get(name string) (field, bool) {
	for i := range h {
		if h[i].is(name) {
			return h[i], true
		}
	}
	return field{}, false
}

// value gives the unfolded body of the first field of that name; "" for none.
func (h header) value(name string) string {
	f, _ := h.get(name)
	return unfold(f.value)
}

// all gives every field of that name. Most names stand once: then the result
// is that place in the header.
func (h header) all(name string) []field {
	var out []field
	for i := range h {
		switch {
		case !h[i].is(name):
		case out == nil:
			out = h[i : i+1 : i+1]
		default:
			out = append(out, h[i])
		}
	}
	return out
}

// with gives the fields of both; where there are none yet, the others as they are.
func (h header) with(others header) header {
	if len(h) == 0 {
		return others
	}
	return append(h, others...)
}

// has reports whether one of the names is there.
func (h header) has(names ...string) bool {
	for _, n := range names {
		if _, ok := h.get(n); ok {
			return true
		}
	}
	return false
}

// unfold joins a folded body (RFC 5322 section 2.2.3): a line end with the
// blanks around it becomes one blank.
func unfold(s string) string {
	for s != "" && foldByte(s[0]) {
		s = s[1:]
	}
	for s != "" && foldByte(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	if strings.IndexByte(s, '\n') < 0 && strings.IndexByte(s, '\r') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		end := i
		for end < len(s) && s[end] != '\n' && s[end] != '\r' {
			end++
		}
		b = append(b, s[i:end]...)
		if i = end; i == len(s) {
			break
		}
		for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
			b = b[:len(b)-1]
		}
		for i+1 < len(s) && foldByte(s[i+1]) {
			i++
		}
		b = append(b, ' ')
	}
	return string(b)
}

// foldByte reports whether a byte may stand where a body is folded.
func foldByte(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// fieldName gives the name of the field that a line begins, and where its body
// begins. Characters that no real field name has are refused, so that lines
// like "<a@example.com>: gone" are not taken for fields.
func fieldName(s string) (name string, body int, ok bool) {
	for i := 0; i < len(s) && i < 80; i++ {
		c := s[i]
		switch {
		case c == ':':
			return s[:i], i + 1, i > 0
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		case c == ' ' || c == '\t':
			rest := strings.TrimLeft(s[i:], " \t")
			if i > 0 && rest != "" && rest[0] == ':' {
				return s[:i], len(s) - len(rest) + 1, true
			}
			return "", 0, false
		default:
			return "", 0, false
		}
	}
	return "", 0, false
}

// headerReader collects the fields of one header, line by line.
type headerReader struct {
	d      *doc
	raw    string // set when lines lie one after the other in the raw input
	exact  bool   // columns count in the raw input
	fields header
	bytes  int
	fold   []byte
	open   bool // the last field is kept and may be continued
	seen   bool // any field was seen, kept or not
}

// add takes the next line. It reports false for a line that is no part of a header.
func (h *headerReader) add(s string, off int) bool {
	if s != "" && (s[0] == ' ' || s[0] == '\t') && h.seen {
		h.continued(s, off)
		return true
	}
	name, body, ok := fieldName(s)
	if !ok {
		return false
	}
	h.flush()
	h.seen = true
	h.open = h.room(len(s), off)
	if h.open {
		if h.fields == nil {
			h.fields = h.d.fieldRoom()
		}
		f := field{name: name, value: s[body:], off: off}
		if h.exact {
			f.off += body
		}
		h.fields = append(h.fields, f)
	}
	return true
}

func (h *headerReader) continued(s string, off int) {
	if !h.open {
		return
	}
	last := &h.fields[len(h.fields)-1]
	if len(last.value)+len(h.fold)+len(s) > maxLine {
		h.d.limit("a header field longer than 64 KiB was cut", last.off)
		return
	}
	if !h.room(len(s), off) {
		return
	}
	if h.raw != "" {
		last.value = h.raw[last.off : off+len(s)]
		return
	}
	if h.fold == nil {
		h.fold = append(h.d.folds[:0], last.value...)
		h.d.folds = nil
	}
	h.fold = append(append(h.fold, '\n'), s...)
}

func (h *headerReader) flush() {
	if h.fold != nil {
		h.fields[len(h.fields)-1].value = string(h.fold)
		h.d.folds, h.fold = h.fold, nil
	}
}

// room takes n bytes out of the bounds for headers.
func (h *headerReader) room(n, off int) bool {
	var claim safe.Text
	switch {
	case n > maxLine:
		claim = "a header line longer than 64 KiB was left out"
	case h.bytes+n > maxHeader:
		claim = "header fields beyond 256 KiB of one part were left out"
	case len(h.fields) >= maxFields:
		claim = "header fields beyond 2000 of one part were left out"
	case h.d.b.headerBytes+n > maxHeaders:
		claim = "header fields beyond 1 MiB in all were left out"
	default:
		h.bytes += n
		h.d.b.headerBytes += n
		return true
	}
	h.d.limit(claim, off)
	return false
}

// header gives what was collected.
func (h *headerReader) header() header {
	h.flush()
	used := len(h.fields)
	if used > 0 {
		h.d.spare = h.fields[used:]
	}
	return h.fields[:used:used]
}

// fieldsAtOnce is for how many header fields room is made at a time: as many
// as a bounce with the header that it returns has.
const fieldsAtOnce = 48

// fieldRoom gives room for the fields of one header. The header that is done
// leaves the rest of its room to the next.
func (d *doc) fieldRoom() header {
	room := d.spare
	d.spare = nil
	if cap(room) < 8 {
		return make(header, 0, fieldsAtOnce)
	}
	return room
}

// headerOf reads the header that the first lines of a text are, after blank
// ones; n is the number of lines it takes, the blank line that ends it included.
func (d *doc) headerOf(t *text) (h header, n int) {
	r := headerReader{d: d, exact: t.exact}
	for n < len(t.lines) && strings.TrimSpace(t.lines[n].s) == "" {
		n++
	}
	bad := 0
	for ; n < len(t.lines); n++ {
		l := t.lines[n]
		if strings.TrimSpace(l.s) == "" {
			n++
			break
		}
		if r.add(l.s, l.off) {
			continue
		}
		if bad++; bad > 100 {
			break
		}
	}
	h = r.header()
	return h, n
}
