package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// get gives a cell without blanks around it and without what guards it against
// being taken for a formula: a leading apostrophe, or ="...".
func (r *rows) get(i int) string {
	if i < 0 || i >= len(r.cells) {
		return ""
	}
	s := strings.TrimSpace(r.cells[i])
	if len(s) > 1 && s[0] == '\'' && (strings.IndexByte("=+-@", s[1]) >= 0 || digit(s[1])) && s[len(s)-1] != '\'' {
		s = s[1:]
	}
	if body, ok := strings.CutPrefix(s, `="`); ok {
		s = strings.TrimSuffix(body, `"`)
	}
	if strings.EqualFold(s, "null") || s == "-" || strings.EqualFold(s, "n/a") {
		return ""
	}
	if len(s) > maxLine {
		r.t.d.b.limit("a cell longer than 64 KiB was cut", r.t.d.src.line(r.at))
		s = cut(s, maxLine)
	}
	return s
}

// by gives the cell of the first of the named columns that is not empty, with its column.
func (r *rows) by(names ...string) (string, int) {
	for _, n := range names {
		if i, ok := r.t.column[n]; ok {
			if s := r.get(i); s != "" {
				return s, i
			}
		}
	}
	return "", -1
}

// offset gives where the text of a cell begins in the input; that of its row
// where it cannot be told.
func (r *rows) offset(i int) int {
	raw := r.t.d.src.raw
	if i < 0 || i >= len(r.cells) {
		return r.at
	}
	if r.csv == nil {
		k := strings.Index(raw[r.at:min(len(raw), r.at+maxRecord)], strings.TrimSpace(r.cells[i]))
		return r.at + max(k, 0)
	}
	first, _ := r.csv.FieldPos(0)
	line, col := r.csv.FieldPos(i)
	off := r.at
	for n := first; n < line && off < len(raw); n++ {
		k := strings.IndexByte(raw[off:], '\n')
		if r.in.cr {
			k = strings.IndexAny(raw[off:], "\r\n")
		}
		if k < 0 {
			return r.at
		}
		off += k + 1
	}
	off += col - 1
	for off < len(raw) && strings.IndexByte(" \t=", raw[off]) >= 0 && raw[off] != r.t.comma {
		off++
	}
	if off < len(raw) && raw[off] == r.t.quote {
		off++
	}
	return min(off, len(raw))
}

// field makes a field of a value that was read in a cell: where the cell holds
// it, its own offset.
func (r *rows) field(i int, v string) Field {
	if v = strings.TrimSpace(v); v == "" || i < 0 {
		return Field{}
	}
	off := r.offset(i)
	raw := r.t.d.src.raw
	window := raw[off:min(len(raw), off+len(r.cells[min(i, len(r.cells)-1)])+256)]
	if k := strings.Index(window, v); k > 0 {
		off += k
	}
	return Field{Value: safe.Untrusted(strings.Clone(v)), Offset: off, Line: r.t.d.src.line(off)}
}

// named is field of the first of the named columns that is not empty.
func (r *rows) named(names ...string) Field {
	s, i := r.by(names...)
	return r.field(i, cut(s, maxSubject))
}

// said gives the reply in a cell, on one line and without its type.
func (r *rows) said(i int, s string) Field {
	if s == "" {
		return Field{}
	}
	f := r.field(i, diagnostic(joinReply(strings.FieldsFunc(s, func(c rune) bool { return c == '\n' || c == '\r' }))))
	if f.Known() && f.Offset == r.offset(i) {
		r.t.d.near(&f)
	}
	return f
}

// address gives the address in a cell; "" when it holds none.
func (r *rows) address(i int) Field {
	s := mailbox(r.get(i))
	if !isAddress(s) {
		return Field{}
	}
	return r.field(i, s)
}
