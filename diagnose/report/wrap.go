package report

import (
	"iter"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"deadletter/diagnose/safe"
)

// columns is how wide plain text gets, in cells of a terminal.
const columns = 72

const rule safe.Text = "------------------------------------------------------------------------"

// page collects lines of plain text. Everything comes in as safe.Text, so no
// line can hold a control character.
type page struct {
	b strings.Builder
}

// line writes text as it is, without blanks at its end.
func (p *page) line(t safe.Text) {
	p.b.WriteString(strings.TrimRight(string(t), " "))
	p.b.WriteByte('\n')
}

// blank writes an empty line, never two in a row.
func (p *page) blank() {
	if s := p.b.String(); s != "" && !strings.HasSuffix(s, "\n\n") {
		p.b.WriteByte('\n')
	}
}

// para writes text broken at blanks to at most 72 cells. The first line begins
// with first, the others with rest. A word that is longer than a line stands
// on its own, because addresses and host names must stay whole to be searched
// for; one of more than three lines is no such name and is broken.
func (p *page) para(first, rest, text safe.Text) {
	line, used := first, cells(first)
	begin := cells(rest)
	empty := true // nothing after the indent yet
	put := func(word safe.Text) {
		n := cells(word)
		switch {
		case !empty && used+1+n > columns, empty && used > begin && used+n > columns && begin+n <= columns:
			p.line(line)
			line, used = rest, begin
		case !empty:
			line += " "
			used++
		}
		line += word
		used += n
		empty = false
	}
	for word := range words(text) {
		for cells(word) > 3*columns {
			head := prefix(word, columns-begin)
			put(head)
			word = word[len(head):]
		}
		put(word)
	}
	p.line(line)
}

// wrapped breaks text at blanks into lines of so many cells. A longer word is
// broken.
func wrapped(text safe.Text, room int) []safe.Text {
	var out []safe.Text
	var line safe.Text
	for word := range words(text) {
		for cells(word) > room {
			if line != "" {
				out = append(out, line)
			}
			head := prefix(word, room)
			if head == "" {
				break
			}
			out, line, word = append(out, head), "", word[len(head):]
		}
		switch {
		case line == "":
			line = word
		case cells(line)+1+cells(word) > room:
			out, line = append(out, line), word
		default:
			line += " " + word
		}
	}
	if line != "" || len(out) == 0 {
		out = append(out, line)
	}
	return out
}

// verbatim writes text with every blank it has behind a bar, broken after a
// blank where it is too long.
func (p *page) verbatim(bar, text safe.Text) {
	room := columns - cells(bar)
	for cells(text) > room {
		head := prefix(text, room)
		if i := strings.LastIndexByte(string(head), ' '); i > 0 {
			head = text[:i+1]
		}
		p.line(bar + head)
		text = text[len(head):]
	}
	p.line(bar + text)
}

// prefix gives the beginning of a text that fits in so many cells, one
// character at least.
func prefix(t safe.Text, room int) safe.Text {
	n := 0
	for i, r := range string(t) {
		n += cellsOf(r)
		if i > 0 && n > room {
			return t[:i]
		}
	}
	return t
}

// words gives the words of a text between blanks.
func words(text safe.Text) iter.Seq[safe.Text] {
	return func(yield func(safe.Text) bool) {
		for start := 0; start < len(text); {
			n := strings.IndexByte(string(text[start:]), ' ')
			if n < 0 {
				n = len(text) - start
			}
			if n > 0 && !yield(text[start:start+n]) {
				return
			}
			start += n + 1
		}
	}
}

// cells is how many cells of a terminal a text takes.
func cells(t safe.Text) int {
	n := 0
	for _, r := range string(t) {
		n += cellsOf(r)
	}
	return n
}

// cellsOf is how many cells a character takes: none for a mark, two for a wide
// or fullwidth letter (Unicode Standard Annex 11), else one.
func cellsOf(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// pad fills a text up with blanks to a number of cells.
func pad(t safe.Text, to int) safe.Text {
	for n := cells(t); n < to; n++ {
		t += " "
	}
	return t
}

// utc writes a time for a report that others read, empty for none.
func utc(t time.Time) safe.Text {
	if t.IsZero() {
		return ""
	}
	return safe.Of(t.UTC().Format("2006-01-02 15:04:05 UTC"))
}

// local writes a time in a place's own time.
func local(t time.Time, place *time.Location) safe.Text {
	if t.IsZero() {
		return ""
	}
	if place == nil || place == time.UTC {
		return utc(t)
	}
	return safe.Of(t.In(place).Format("2006-01-02 15:04:05 -0700"))
}

// join puts a separator between the texts that are not empty.
func join(sep safe.Text, parts ...safe.Text) safe.Text {
	var out safe.Text
	for _, t := range parts {
		if t == "" {
			continue
		}
		if out != "" {
			out += sep
		}
		out += t
	}
	return out
}
