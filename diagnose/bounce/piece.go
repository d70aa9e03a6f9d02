package bounce

import (
	"strings"
)

// piece is a span of a log line: its text, and the column where it begins.
type piece struct {
	s  string
	at int
}

func (p piece) from(i int) piece { return piece{p.s[i:], p.at + i} }

func (p piece) to(i int) piece { return piece{p.s[:i], p.at} }

// trim takes blanks off both ends.
func (p piece) trim() piece {
	p = p.from(len(p.s) - len(strings.TrimLeft(p.s, " \t")))
	p.s = strings.TrimRight(p.s, " \t")
	return p
}

// cut splits at the first sep.
func (p piece) cut(sep string) (before, after piece, ok bool) {
	i := strings.Index(p.s, sep)
	if i < 0 {
		return p, p.from(len(p.s)), false
	}
	return p.to(i), p.from(i + len(sep)), true
}

// word takes the first word off; what follows begins without blanks.
func (p piece) word() (word, rest piece) {
	i := strings.IndexByte(p.s, ' ')
	if i < 0 {
		return p, p.from(len(p.s))
	}
	rest = p.from(i)
	for len(rest.s) > 0 && rest.s[0] == ' ' {
		rest = rest.from(1)
	}
	return p.to(i), rest
}

// attr finds name=<value> or name=value, at the beginning or behind a blank,
// comma or semicolon.
func attr(p piece, name string) (piece, bool) {
	for from := 0; ; {
		i := strings.Index(p.s[from:], name)
		if i < 0 {
			return piece{}, false
		}
		i += from
		from = i + len(name)
		if i > 0 && p.s[i-1] != ' ' && p.s[i-1] != ',' && p.s[i-1] != ';' {
			continue
		}
		v := p.from(from)
		if strings.HasPrefix(v.s, "<") {
			v = v.from(1)
			if j := strings.IndexByte(v.s, '>'); j >= 0 {
				return v.to(j), true
			}
			return v, true
		}
		if j := strings.IndexAny(v.s, ", "); j >= 0 {
			v = v.to(j)
		}
		return v, true
	}
}

// quotedAttr finds name="value" or name=value.
func quotedAttr(p piece, name string) piece {
	v, ok := attr(p, name)
	if !ok || !strings.HasPrefix(v.s, `"`) {
		return v
	}
	whole := p.from(v.at + 1 - p.at)
	if i := strings.IndexByte(whole.s, '"'); i >= 0 {
		return whole.to(i)
	}
	return whole
}
