package bounce

import (
	"strings"
	"unicode/utf8"
)

// source is the raw input with its line structure. Lines end with LF or CRLF;
// in an input whose bare CRs outnumber its LFs, as old mail stores wrote it,
// every CR ends a line too.
type source struct {
	raw   string
	cr    bool
	marks []int // line ends before each block of markBytes; made at first use
}

const markBytes = 1 << 10

func newSource(raw string) *source {
	s := &source{raw: raw}
	if strings.IndexByte(raw, '\r') < 0 {
		return s
	}
	lf := strings.Count(raw, "\n")
	bare := strings.Count(raw, "\r") - strings.Count(raw, "\r\n")
	s.cr = bare > lf
	return s
}

// line gives the line, from 1, that a raw offset stands in.
func (s *source) line(off int) int {
	off = max(0, min(off, len(s.raw)))
	if s.marks == nil {
		s.marks = make([]int, 1, len(s.raw)/markBytes+1)
		for at := markBytes; at <= len(s.raw); at += markBytes {
			s.marks = append(s.marks, s.marks[len(s.marks)-1]+s.ends(at-markBytes, at))
		}
	}
	block := off / markBytes
	return 1 + s.marks[block] + s.ends(block*markBytes, off)
}

// ends counts the line ends in [from, to); a CRLF counts at its LF.
func (s *source) ends(from, to int) int {
	part := s.raw[from:to]
	n := strings.Count(part, "\n")
	if !s.cr {
		return n
	}
	n += strings.Count(part, "\r") - strings.Count(part, "\r\n")
	if to < len(s.raw) && to > from && s.raw[to-1] == '\r' && s.raw[to] == '\n' {
		n-- // its LF opens the next block and counts there
	}
	return n
}

// scanner gives the lines of a span of the source, one after the other. The
// whole span costs one pass, whatever it holds.
type scanner struct {
	s      string
	pos    int
	end    int
	cr     bool
	nextLF int // first LF at or after pos, or end; -1 when not known
	nextCR int
}

func (s *source) scan(from, to int) scanner {
	return scanner{s: s.raw, pos: from, end: to, cr: s.cr, nextLF: -1, nextCR: -1}
}

// next gives a line without its end, its offset, and the offset after its end.
func (l *scanner) next() (text string, off, after int, ok bool) {
	if l.pos >= l.end {
		return "", l.end, l.end, false
	}
	off = l.pos
	stop := l.find(&l.nextLF, '\n')
	if l.cr {
		stop = min(stop, l.find(&l.nextCR, '\r'))
	}
	after = min(stop+1, l.end)
	if l.cr && stop+1 < l.end && l.s[stop] == '\r' && l.s[stop+1] == '\n' {
		after = stop + 2
	}
	text = l.s[off:stop]
	for len(text) > 0 && text[len(text)-1] == '\r' {
		text = text[:len(text)-1]
	}
	l.pos = after
	return text, off, after, true
}

func (l *scanner) find(at *int, c byte) int {
	if *at < l.pos {
		i := strings.IndexByte(l.s[l.pos:l.end], c)
		if i < 0 {
			*at = l.end
		} else {
			*at = l.pos + i
		}
	}
	return *at
}

// line is one line of decoded text with the raw offset it comes from.
type line struct {
	s   string
	off int
}

// text is what one part says, as lines. Where exact is set, a byte of a line
// stands in the raw input as many bytes after the line's offset; else the
// offset points to the raw line that holds it.
type text struct {
	part  string
	lines []line
	exact bool
}

// offset gives the raw offset of a column of a line.
func (t *text) offset(i, col int) int {
	if t == nil || i >= len(t.lines) {
		return 0
	}
	if t.exact {
		return t.lines[i].off + col
	}
	return t.lines[i].off
}

// sub gives the lines from i up to j, sharing memory.
func (t *text) sub(i, j int) *text {
	i = max(0, min(i, len(t.lines)))
	j = max(i, min(j, len(t.lines)))
	return &text{part: t.part, lines: t.lines[i:j], exact: t.exact}
}

// unquoted gives the text without the marks that mail programs put before
// quoted lines, "> " once or repeated, and whether any stood there.
func (t *text) unquoted() (*text, bool) {
	marked, full := 0, 0
	for _, l := range t.lines {
		if strings.TrimSpace(l.s) == "" {
			continue
		}
		full++
		if l.s[0] == '>' || strings.HasPrefix(l.s, " >") || l.s[0] == '|' && strings.HasPrefix(l.s, "| ") {
			marked++
		}
	}
	if marked == 0 || marked*3 < full {
		return t, false
	}
	out := &text{part: t.part, exact: t.exact, lines: make([]line, 0, len(t.lines))}
	for _, l := range t.lines {
		s := l.s
		for depth := 0; depth < 8; depth++ {
			rest, ok := strings.CutPrefix(strings.TrimPrefix(s, " "), ">")
			if !ok {
				rest, ok = strings.CutPrefix(s, "| ")
			}
			if !ok {
				break
			}
			s = rest
		}
		if len(s) < len(l.s) {
			s = strings.TrimPrefix(s, " ")
		}
		out.lines = append(out.lines, line{s, l.off + len(l.s) - len(s)})
	}
	return out, true
}

// cut bounds a string without splitting a UTF-8 sequence.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := 0; i < utf8.UTFMax && n > 0 && !utf8.RuneStart(s[n]); i++ {
		n--
	}
	return s[:n]
}
