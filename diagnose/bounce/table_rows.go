package bounce

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// window is a span of the input as csv.Reader wants it, byte for byte: a bare
// CR that ends a line is an LF, the quote of the table is a double quote.
type window struct {
	s         string
	pos, stop int
	cr        bool
	quote     byte
	beyond    bool // more was wanted than there is up to stop
}

func (w *window) Read(p []byte) (int, error) {
	if w.pos >= w.stop {
		w.beyond = true
		return 0, io.EOF
	}
	n := copy(p, w.s[w.pos:w.stop])
	w.pos += n
	if w.cr || w.quote != '"' {
		for i, c := range p[:n] {
			switch {
			case w.cr && c == '\r':
				p[i] = '\n'
			case w.quote != '"' && c == w.quote:
				p[i] = '"'
			case w.quote != '"' && c == '"':
				p[i] = w.quote
			}
		}
	}
	return n, nil
}

func (t *table) reader(w *window) *csv.Reader {
	r := csv.NewReader(w)
	r.Comma = rune(t.comma)
	r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = true, -1, true
	r.TrimLeadingSpace = t.comma != '\t'
	return r
}

// plain gives cells their own double quotes back.
func (t *table) plain(cells []string) []string {
	if t.quote != '"' {
		for i, c := range cells {
			cells[i] = strings.Map(func(r rune) rune {
				switch r {
				case '"':
					return rune(t.quote)
				case rune(t.quote):
					return '"'
				}
				return r
			}, c)
		}
	}
	return cells
}

// rows goes through the rows of a table, one after the other. A quote that is
// not closed costs the row it stands in, not those after it.
type rows struct {
	t        *table
	csv      *csv.Reader // of the row
	in       *window
	main     *csv.Reader
	base     int // offset at which main began
	at       int // offset of the row
	cells    []string
	unclosed int
}

func (t *table) rows() *rows {
	t.sample()
	return t.fromStart()
}

func (t *table) fromStart() *rows {
	t.columns = t.first
	r := &rows{t: t}
	r.restart(t.start)
	return r
}

// The first rows that a table is judged by.
const (
	maxSample     = 100
	maxSampleCell = 1 << 10 // bytes
)

// sample gives the first rows, cells cut. It is taken once, before any row is read.
func (t *table) sample() [][]string {
	if t.sampled != nil {
		return t.sampled
	}
	t.sampled = make([][]string, 0, 16)
	for r := t.fromStart(); len(t.sampled) < maxSample && r.next(); {
		row := make([]string, min(len(r.cells), len(t.names)))
		for i := range row {
			row[i] = strings.Clone(cut(r.get(i), maxSampleCell))
		}
		t.sampled = append(t.sampled, row)
	}
	t.columns = t.first
	t.order = orderOf(t.sampled)
	return t.sampled
}

func (r *rows) restart(at int) {
	src := r.t.d.src
	r.base = min(at, len(src.raw))
	r.in = &window{s: src.raw, pos: r.base, cr: src.cr, quote: r.t.quote}
	r.main = r.t.reader(r.in)
}

// next goes to the next row that holds something; false after the last.
func (r *rows) next() bool {
	t, src := r.t, r.t.d.src
	for {
		from := r.blank(r.base + int(r.main.InputOffset()))
		r.in.stop, r.in.beyond = max(r.in.stop, r.recordEnd(from)), false
		cells, err := r.main.Read()
		end := r.base + int(r.main.InputOffset())
		switch {
		case errors.Is(err, io.EOF) && r.in.stop < len(src.raw) && end < len(src.raw):
			r.restart(max(end, from+1))
			continue
		case err != nil:
			return false
		}
		r.at, r.csv, r.cells = from, r.main, t.plain(cells)
		if r.broken(end) {
			if r.unclosed++; r.unclosed > maxUnclosed {
				t.d.b.limit("rows after 100 with a quote that is not closed were not read", src.line(from))
				return false
			}
			t.d.b.damaged("a quote in the table is not closed; the row is read up to the end of its line", src.line(from))
			r.mend(from)
		}
		if r.header() || len(r.cells) == 0 || len(r.cells) == 1 && strings.TrimSpace(r.cells[0]) == "" || strings.HasPrefix(r.cells[0], "#") {
			continue
		}
		r.rejoin()
		return true
	}
}

func scanOne(src *source, from int) (s string, off, after int, ok bool) {
	lines := src.scan(from, min(len(src.raw), from+maxRecord))
	return lines.next()
}

// blank skips the empty lines that csv.Reader skips too.
func (r *rows) blank(at int) int {
	raw := r.t.d.src.raw
	for at < len(raw) && (raw[at] == '\n' || raw[at] == '\r' && (r.in.cr || at+1 < len(raw) && raw[at+1] == '\n')) {
		at++
	}
	return at
}

// recordEnd gives where the row that begins at from has to end: behind the first
// line up to which its quotes are even in number, or maxRecord bytes on. So an
// open quote costs the lines up to the next one, not all that follow, and each
// line is looked at twice at most.
func (r *rows) recordEnd(from int) int {
	raw := r.t.d.src.raw
	stop := min(len(raw), from+maxRecord)
	odd := false
	for at := from; at < stop; {
		end := strings.IndexByte(raw[at:stop], '\n')
		if r.in.cr {
			line := raw[at:stop]
			if end >= 0 {
				line = line[:end]
			}
			if i := strings.IndexByte(line, '\r'); i >= 0 {
				end = i
			}
		}
		if end < 0 {
			break
		}
		line := raw[at : at+end+1]
		for i := strings.IndexByte(line, r.t.quote); i >= 0; i = strings.IndexByte(line, r.t.quote) {
			odd, line = !odd, line[i+1:]
		}
		if at += end + 1; !odd {
			return at
		}
	}
	return stop
}

// broken reports whether a quote of the row was never meant to open a cell: it
// is not closed, or the row runs over several lines and holds fewer cells than
// there are columns, or an odd number of quotes.
func (r *rows) broken(end int) bool {
	span := r.t.d.src.raw[r.at:end]
	if len(span) >= maxRecord || r.in.beyond && end > r.at && (span[len(span)-1] == '\n' || r.in.cr && span[len(span)-1] == '\r') {
		return true
	}
	body := strings.TrimRight(span, "\r\n")
	if strings.IndexByte(body, r.t.quote) < 0 {
		return false
	}
	several := strings.IndexByte(body, '\n') >= 0 || r.in.cr && strings.IndexByte(body, '\r') >= 0
	few := len(r.cells) < len(r.t.names)
	odd := strings.Count(body, string(r.t.quote))%2 == 1
	return several && (few || odd) || few && odd
}

// mend reads the first line of a broken row by itself; where that gives too few
// cells, with its quotes as plain characters.
func (r *rows) mend(from int) {
	t, src := r.t, r.t.d.src
	s, off, after, _ := scanOne(src, from)
	r.at = off
	r.cells, r.csv = t.split(s)
	if len(r.cells) < len(t.names) {
		if cells := strings.Split(s, string(t.comma)); len(cells) >= len(t.names) {
			for i, c := range cells {
				cells[i] = strings.Trim(c, " "+string(t.quote))
			}
			r.cells, r.csv = cells, nil
		}
	}
	r.restart(after)
}

// header takes a row of names that stands among the rows, as joined files have it.
func (r *rows) header() bool {
	if len(r.cells) == 0 {
		return false
	}
	first := r.cells[0]
	if head, ok := strings.CutPrefix(first, "#"); ok && prefixFold(head, "fields:") {
		names := append([]string{head[len("fields:"):]}, r.cells[1:]...)
		return r.t.name(names)
	}
	if len(r.cells) < 2 || normalName(first) != r.t.names[0] || len(r.t.names) < 2 || r.t.names[1] == "" || normalName(r.cells[1]) != r.t.names[1] {
		return false
	}
	return r.t.name(r.cells)
}

// rejoin puts a text together again that holds commas and was not quoted: the
// row has more cells than columns.
func (r *rows) rejoin() {
	for len(r.cells) > len(r.t.names) && strings.TrimSpace(r.cells[len(r.cells)-1]) == "" {
		r.cells = r.cells[:len(r.cells)-1]
	}
	more := len(r.cells) - len(r.t.names)
	if more <= 0 {
		return
	}
	d, i := r.t.d, r.t.text
	if i < 0 {
		d.b.damaged("a row has more cells than there are columns; those beyond were not read", d.src.line(r.at))
		return
	}
	d.b.damaged("a row has more cells than there are columns; its text is taken to hold the separator", d.src.line(r.at))
	whole := strings.Join(r.cells[i:i+more+1], string(r.t.comma))
	if next := i + more + 1; r.csv != nil && next < len(r.cells) { // as it stands, with the blanks that the reader left out
		from, to := r.offset(i), r.offset(next)
		if k := strings.LastIndexByte(d.src.raw[from:max(from, to)], r.t.comma); k > 0 {
			whole = d.src.raw[from : from+k]
		}
	}
	r.cells = append(r.cells[:i+1], r.cells[i+more+1:]...)
	r.cells[i] = whole
	r.csv = nil // places of cells after the text are not those of the reader
}
