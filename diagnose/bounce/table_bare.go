package bounce

import "strings"

// The lines that a table without a row of names is judged by.
const (
	minBare = 2
	maxBare = 20
)

// bareTable reads a list that has no row of names where its shape leaves no
// doubt: every line has as many cells, two to four; one cell of each is an
// address and nothing else, another a refusal or the name of a list.
func (d *doc) bareTable(start int) *table {
	lines := d.src.scan(start, len(d.src.raw))
	var t *table
	var all [][]string
	for len(all) < maxBare {
		s, off, _, ok := lines.next()
		if !ok {
			break
		}
		if strings.TrimSpace(s) == "" {
			continue
		}
		if t == nil {
			comma := commaOf(s[:min(len(s), maxLine)])
			if comma == 0 {
				return nil
			}
			t = &table{d: d, comma: comma, quote: '"', start: off, bare: true}
		}
		if len(s) > maxLine {
			return nil
		}
		cells, _ := t.split(s)
		if len(cells) < 2 || len(cells) > 4 || len(all) > 0 && len(cells) != len(all[0]) {
			return nil
		}
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i] = strings.TrimSpace(c)
		}
		all = append(all, row)
	}
	if len(all) < minBare {
		return nil
	}
	t.columns = columns{names: make([]string, len(all[0])), column: map[string]int{}, text: -1}
	for i := range t.names {
		name := ""
		switch {
		case every(all, i, isAddress):
			name = "email"
		case every(all, i, func(s string) bool { w, known := listWords[normalName(s)]; return known && w.ok || isRefusal(s) }):
			name = "reason"
		case every(all, i, func(s string) bool {
			_, ok := t.parseTime(s)
			_, _, _, _, _, date := splitDate(s)
			return ok || date || isDay(s)
		}):
			name = "created"
		}
		if _, taken := t.column[name]; name != "" && !taken {
			t.names[i], t.column[name] = name, i
		}
	}
	if !t.has("email", "reason") {
		return nil
	}
	t.first = t.columns
	return t
}

// isDay reports whether a cell is a date without a time, "2026-11-23".
func isDay(s string) bool {
	return len(s) == 10 && s[4] == '-' && s[7] == '-' && strings.Trim(s, "0123456789-") == ""
}

func every(rows [][]string, i int, ok func(string) bool) bool {
	for _, r := range rows {
		if !ok(r[i]) {
			return false
		}
	}
	return true
}

// noteBare says that the columns were told by what they hold.
func (t *table) noteBare() {
	if t.bare {
		t.d.b.noteOnce(Note, "the table has no row of column names; what each column holds was told by its cells", t.d.src.line(t.start))
	}
}
