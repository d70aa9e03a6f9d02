package bounce

import (
	"strconv"
	"strings"
)

// entity is one MIME entity (RFC 2045 section 2.4) by where it stands in the
// raw input: the message itself, a part, or a message within a part.
type entity struct {
	part     string // "" for the input, else its number: "2", "3.1"
	start    int    // offset of the header
	header   header
	body     int // offset of the body
	end      int // offset after the body
	kind     string
	params   params
	encoding string // lower case Content-Transfer-Encoding
	embedded bool   // a message within message/rfc822 or alike
	parts    []*entity
	text     *text // decoded, at first use
}

func (e *entity) multipart() bool { return strings.HasPrefix(e.kind, "multipart/") }

// message reports whether the body of the entity is a message itself.
func (e *entity) message() bool {
	switch e.kind {
	case "message/rfc822", "message/global", "message/rfc2822", "message/news":
		return e.encoding != "base64" && e.encoding != "quoted-printable"
	}
	return false
}

// walker splits an input into entities in one pass. At every line it knows
// the multiparts that are open, so that a boundary ends all within it.
type walker struct {
	d    *doc
	open []*level
	line scanner
}

// level is an entity that is being read. Only multiparts have a boundary.
type level struct {
	e        *entity
	boundary string
	inHead   bool
	head     headerReader
	bad      int  // lines in the header that are none of it
	parts    int  // parts begun
	began    bool // a delimiter was seen
}

// walk reads the entity tree of the span of the source from start.
func (d *doc) walk(start int) *entity {
	w := &walker{d: d, line: d.src.scan(start, len(d.src.raw))}
	root := &entity{start: start, body: start, end: len(d.src.raw)}
	w.begin(root)
	for {
		s, off, after, ok := w.line.next()
		if !ok {
			break
		}
		w.take(s, off, after)
	}
	w.close(0, len(d.src.raw))
	return root
}

func (w *walker) begin(e *entity) {
	n := len(w.open)
	if n < cap(w.open) {
		w.open = w.open[:n+1]
	} else {
		w.open = append(w.open, nil)
	}
	if w.open[n] == nil {
		w.open[n] = &level{}
	}
	*w.open[n] = level{e: e, inHead: true, head: headerReader{d: w.d, raw: w.d.src.raw, exact: true}}
}

// take handles one line.
func (w *walker) take(s string, off, after int) {
	if len(s) > 2 && s[0] == '-' && s[1] == '-' && w.delimiter(s, off, after) {
		return
	}
	top := w.open[len(w.open)-1]
	if !top.inHead {
		return
	}
	if strings.TrimSpace(s) == "" {
		if !top.head.seen && (top.e.part == "" || top.e.embedded) {
			return // blank lines before the header of a message
		}
		w.headerEnds(top, after)
		return
	}
	if top.head.add(s, off) {
		return
	}
	if !top.head.seen && len(w.open) == 1 && (strings.HasPrefix(s, "From ") || strings.HasPrefix(s, ">From ")) {
		return // the separator of an mbox (RFC 4155)
	}
	if top.bad++; !top.head.seen || top.bad > 5 {
		w.headerEnds(top, off)
	}
}

// headerEnds turns from header to body at offset body.
func (w *walker) headerEnds(l *level, body int) {
	l.inHead = false
	e := l.e
	e.body, e.header = body, l.head.header()
	if l.bad > 0 && l.head.seen {
		w.d.damaged("a header holds lines that are no header fields", e.start)
	}
	ct, _ := e.header.get("Content-Type")
	e.kind, e.params = mediaType(ct.value)
	e.encoding = strings.ToLower(firstWord(e.header.value("Content-Transfer-Encoding")))
	if e.kind == "" {
		e.kind = "text/plain"
	}
	if len(w.open) >= maxDepth && (e.multipart() || e.message()) {
		w.d.limit("parts nested deeper than 20 were not opened", e.start)
		return
	}
	switch {
	case e.multipart():
		l.boundary = e.params.get("boundary")
		if len(l.boundary) > maxBoundary {
			w.d.limit("a boundary longer than 200 bytes was not used", e.start)
			l.boundary = ""
		}
	case e.message() && w.room(e):
		inner := &entity{part: e.part, start: body, body: body, embedded: true}
		e.parts = append(e.parts, inner)
		w.begin(inner)
	}
}

// delimiter handles a line that may be a boundary of an open multipart.
func (w *walker) delimiter(s string, off, after int) bool {
	for i := len(w.open) - 1; i >= 0; i-- {
		l := w.open[i]
		if l.inHead || !l.e.multipart() {
			continue
		}
		if l.boundary != "" {
			rest, ok := strings.CutPrefix(s[2:], l.boundary)
			if !ok {
				continue
			}
			last := strings.HasPrefix(rest, "--")
			if rest = strings.TrimPrefix(rest, "--"); strings.TrimSpace(rest) != "" {
				continue
			}
			w.part(i, last, off, after)
			return true
		}
	}
	// A multipart that has shown no delimiter of its own yet, because its
	// boundary is missing or wrong, takes the first line that looks like one.
	l := w.open[len(w.open)-1]
	if l.inHead || !l.e.multipart() || l.began || len(s) > maxBoundary+2 || !w.partFollows() {
		return false
	}
	w.d.damaged("the boundary between the parts is not the one that the header names", off)
	l.boundary = strings.TrimRight(s[2:], " \t")
	w.part(len(w.open)-1, false, off, after)
	return true
}

// partFollows reports whether the next line begins a field that parts begin with.
func (w *walker) partFollows() bool {
	ahead := w.line.s[w.line.pos:min(w.line.end, w.line.pos+16)]
	return len(ahead) >= 8 && strings.EqualFold(ahead[:8], "content-")
}

// part ends what is open within the multipart at index i, and begins its next
// part unless the delimiter was the last.
func (w *walker) part(i int, last bool, off, after int) {
	w.close(i+1, off)
	l := w.open[i]
	l.began = true
	if last {
		l.e.end = off
		return
	}
	if !w.room(l.e) {
		return
	}
	l.parts++
	number := strconv.Itoa(l.parts)
	if l.e.part != "" {
		number = l.e.part + "." + number
	}
	p := &entity{part: number, start: after, body: after}
	l.e.parts = append(l.e.parts, p)
	w.begin(p)
}

func (w *walker) room(e *entity) bool {
	if w.d.b.parts >= maxParts {
		w.d.limit("parts beyond 500 were not read", e.start)
		return false
	}
	w.d.b.parts++
	return true
}

// close ends every open entity from index i on, at offset end.
func (w *walker) close(i, end int) {
	for j := len(w.open) - 1; j >= i; j-- {
		l := w.open[j]
		if l.inHead {
			n := len(w.open)
			w.headerEnds(l, end)
			for _, inner := range w.open[n:] {
				inner.e.end = end
			}
			w.open = w.open[:n]
		}
		if l.e.end == 0 || l.e.end > end || j == 0 {
			l.e.end = max(l.e.body, end)
		}
	}
	w.open = w.open[:i]
}

func firstWord(s string) string {
	for f := range strings.FieldsSeq(s) {
		return strings.TrimRight(f, ";,")
	}
	return ""
}
