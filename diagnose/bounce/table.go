package bounce

import (
	"encoding/csv"
	"strings"
)

// table is an input of rows and columns: comma, semicolon, tab or bar between
// the cells (RFC 4180 and what spreadsheets make of it), and a row of names
// above them. Columns are found by name, never by position.
type table struct {
	columns
	d       *doc
	comma   byte
	quote   byte
	start   int        // offset of the first row
	first   columns    // as the row of names above all rows has them
	order   dateOrder  // of dates written with slashes
	sampled [][]string // the first rows
	bare    bool       // there is no row of names; the columns were named by what they hold
}

// columns are the names of a table's columns.
type columns struct {
	names  []string       // as normalName gives them
	column map[string]int // the first column of each name
	text   int            // the column that may hold commas of its own; -1 for none
}

// table gives the input as a table, before its first row; nil for what is
// none. It is found once.
func (d *doc) table() *table {
	if !d.tableDone {
		d.tableDone = true
		d.tab = d.findTable()
	}
	if d.tab != nil {
		d.tab.columns = d.tab.first
	}
	return d.tab
}

// maxPreamble bounds the lines that stand above the row of names.
const maxPreamble = 64

// findTable looks for the row of names: below blank lines, the "sep=;" that
// spreadsheets take, and comments ("#TYPE" of Export-Csv). A tracking log has
// it in a comment, "#Fields: a,b", with more comments around.
func (d *doc) findTable() *table {
	start := 0
	if strings.HasPrefix(d.src.raw, "\ufeff") {
		start = len("\ufeff")
	}
	lines := d.src.scan(start, len(d.src.raw))
	comma := byte(0)
	var fields *table
	for n := 0; n < maxPreamble; n++ {
		s, off, after, ok := lines.next()
		if !ok || len(s) > maxLine {
			return fields
		}
		trimmed := strings.TrimSpace(s)
		switch {
		case trimmed == "":
			continue
		case len(trimmed) == len("sep=;") && strings.EqualFold(trimmed[:4], "sep="):
			comma = trimmed[4]
			continue
		case strings.HasPrefix(trimmed, "#"):
			head := trimmed[1:]
			if prefixFold(head, "fields:") {
				if t := d.header(head[len("fields:"):], comma, after); t != nil {
					fields = t
				}
			} else if prefixFold(head, "type,") {
				return d.header(head, comma, after)
			}
			continue
		case fields != nil:
			fields.start = off
			return fields
		}
		if t := d.header(s, comma, after); t != nil {
			return t
		}
		return d.bareTable(off)
	}
	return fields
}

// header makes a table of its row of names; nil when the line cannot be one.
func (d *doc) header(s string, comma byte, start int) *table {
	if comma == 0 {
		comma = commaOf(s)
	}
	if comma == 0 {
		return nil
	}
	t := &table{d: d, comma: comma, quote: '"', start: start}
	if strings.HasPrefix(strings.TrimSpace(s), "'") && strings.Contains(s, "'"+string(comma)+"'") {
		t.quote = '\''
	}
	cells, _ := t.split(s)
	if !t.name(cells) {
		return nil
	}
	t.first = t.columns
	return t
}

// commaOf gives what stands between the cells of a line most often, outside of
// quotes; 0 for none.
func commaOf(s string) byte {
	var n [4]int
	const marks = ",;\t|"
	quoted := false
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			quoted = !quoted
		} else if k := strings.IndexByte(marks, s[i]); k >= 0 && !quoted {
			n[k]++
		}
	}
	best := 0
	for k := range n {
		if n[k] > n[best] {
			best = k
		}
	}
	if n[best] == 0 {
		return 0
	}
	return marks[best]
}

// split takes one line apart, with the reader that did it for the places of
// its cells.
func (t *table) split(s string) ([]string, *csv.Reader) {
	r := t.reader(&window{s: s, stop: len(s), quote: t.quote})
	cells, err := r.Read()
	if err != nil {
		return nil, r
	}
	return t.plain(cells), r
}

// name takes the names of the columns; false when they cannot be names: fewer
// than two, an address, a number, a sentence.
func (t *table) name(cells []string) bool {
	cells = cells[:min(len(cells), maxColumns)]
	names, column := make([]string, len(cells)), make(map[string]int, len(cells))
	known := 0
	for i, c := range cells {
		if len(c) > 80 || strings.ContainsAny(c, "@{}<>=") {
			return false
		}
		n := normalName(c)
		names[i] = n
		if n == "" {
			continue
		}
		if digit(n[0]) {
			return false
		}
		known++
		if _, ok := column[n]; !ok {
			column[n] = i
		}
	}
	if known < 2 {
		return false
	}
	t.columns = columns{names: names, column: column}
	t.text = t.find(replyColumns...)
	return true
}

// normalName brings a column's name to one form: lower case, only letters and
// digits. "Recipient status", "recipient-status" and "recipient_status" are one.
func normalName(s string) string {
	b := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		switch {
		case 'A' <= c && c <= 'Z':
			b = append(b, c+'a'-'A')
		case letter(c) || digit(c) || c >= 0x80:
			b = append(b, c)
		}
	}
	return strings.TrimPrefix(string(b), "\ufeff")
}

// plainTable reports whether the input is a table beyond doubt: three columns or
// more with plain names, and at least two rows that have as many cells each.
// What no family takes of such an input is no bounce, whatever its cells hold.
func (d *doc) plainTable() bool {
	t := d.table()
	if t == nil || t.bare || len(t.names) < 3 || len(t.sample()) < 2 {
		return false
	}
	for _, n := range t.names {
		if n == "" || len(n) > 40 {
			return false
		}
	}
	for r, n := t.rows(), 0; n < maxSample && r.next(); n++ {
		if len(r.cells) != len(t.names) {
			return false
		}
	}
	return true
}

// has reports whether the table has all of the columns.
func (t *table) has(names ...string) bool {
	for _, n := range names {
		if _, ok := t.column[n]; !ok {
			return false
		}
	}
	return true
}

// find gives the first of the named columns that there is; -1 for none.
func (t *table) find(names ...string) int {
	for _, n := range names {
		if i, ok := t.column[n]; ok {
			return i
		}
	}
	return -1
}
