package bounce

import "strings"

// outdented gives a text without the indentation that all its lines share, as
// a mail client or a ticket writes around what is pasted into it; the text
// itself where there is none.
func (t *text) outdented() *text {
	shared, any := "", false
	for _, l := range t.lines {
		if strings.TrimSpace(l.s) == "" {
			continue
		}
		own := l.s[:indent(l.s)]
		if !any {
			shared, any = own, true
		}
		for !strings.HasPrefix(own, shared) {
			shared = shared[:len(shared)-1]
		}
		if shared == "" {
			return t
		}
	}
	if shared == "" {
		return t
	}
	out := &text{part: t.part, exact: t.exact, lines: make([]line, 0, len(t.lines))}
	for _, l := range t.lines {
		s := strings.TrimPrefix(l.s, shared)
		if len(s) == len(l.s) {
			s = "" // a blank line
		}
		out.lines = append(out.lines, line{s, l.off + len(l.s) - len(s)})
	}
	return out
}
