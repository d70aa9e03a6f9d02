package diagnose

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"deadletter/diagnose/letters"
	"deadletter/diagnose/safe"
)

// The measures of a letter that survives ticket systems and mail clients: no
// line longer than 72, no body longer than 25 lines.
const (
	letterWidth = 72
	letterLines = 25
)

// Text gives the draft as it is copied: the subject, a blank line, the body.
func (d Draft) Text() string {
	if d.Subject == "" {
		return d.Body
	}
	return "Subject: " + plain(d.Subject) + "\n\n" + d.Body
}

// sheet collects the lines of a letter.
type sheet struct {
	lines []string
	cut   bool // evidence, or the line that says what comes next, did not fit whole
}

// field adds "Label: value" in at most as many lines as it may take.
func (s *sheet) field(f field) {
	switch {
	case f.most == 0:
	case len(f.lines) > f.most:
		s.lines = append(s.lines, cutLines(f.lines, f.label+": "+plain(f.value), f.most)...)
	default:
		s.lines = append(s.lines, f.lines...)
	}
}

// cutLines gives the first max lines of a field, ending in "...". Where a word
// is longer than a line, lines break anywhere: else little would be left.
func cutLines(lines []string, text string, max int) []string {
	fits := func(line string) bool { return utf8.RuneCountInString(line) <= letterWidth-4 }
	long := slices.ContainsFunc(strings.Fields(text), func(w string) bool { return utf8.RuneCountInString(w) > letterWidth-2 })
	if !long {
		lines = lines[:max]
		last := lines[max-1]
		for cut := strings.LastIndexByte(last, ' '); !fits(last) && cut > 2; cut = strings.LastIndexByte(last, ' ') {
			last = last[:cut]
		}
		lines[max-1] = last + " ..."
		return lines
	}
	rest, out, indent := []rune(strings.Join(strings.Fields(text), " ")), []string(nil), ""
	for i := range max {
		n := letterWidth - len(indent)
		if i == max-1 {
			n -= 4
		}
		n = min(n, len(rest))
		out = append(out, strings.TrimRight(indent+string(rest[:n]), " "))
		rest, indent = rest[n:], "  "
	}
	out[max-1] += " ..."
	return out
}

// field is one "Label: value" of an evidence block: how many lines it may
// take, and how many it keeps where the letter gets too long: 0 drops it at
// last, less than 0 at once.
type field struct {
	label       string
	value       safe.Text
	most, least int
	lines       []string // as broken
}

// broken gives the lines of "Label: value". Without a value there are none.
func (f field) broken() []string {
	if f.value == "" {
		return nil
	}
	return wrapPlain(f.label+": "+plain(f.value), "  ")
}

// part is a paragraph of a letter, or a block of fields under its heading.
type part struct {
	lines  []string // as broken; of a block the heading's
	entry  bool     // of a list
	block  bool
	fields []field
	gone   bool
}

// height gives how many lines a part takes.
func (p *part) height() int {
	if p.gone {
		return 0
	}
	n := len(p.lines)
	for _, f := range p.fields {
		n += min(len(f.lines), f.most)
	}
	return n
}

// lay writes down the lines of a letter. Where they are too many, what follows
// the last block goes first, from its first line on, since the last says what
// comes next; then the blocks shrink to what they keep, then lists lose their
// ends, then paragraphs theirs, from the last one on.
func (s *sheet) lay(lines []letters.Line, block func(string) (safe.Text, []field)) {
	var parts []part
	last := -1
	for i, l := range lines {
		p := part{entry: l.Entry, block: l.Block != ""}
		if p.block {
			var head safe.Text
			head, p.fields = block(l.Block)
			for j, f := range p.fields {
				p.fields[j].lines = f.broken()
			}
			p.lines = wrapPlain(plain(head), "")
			last = i
		} else {
			p.lines = wrapPlain(plain(l.Text), hang(l))
			if len(p.lines) == 0 {
				p.lines = []string{""}
			}
		}
		parts = append(parts, p)
	}
	over := func() bool {
		n := 0
		for i := range parts {
			n += parts[i].height()
		}
		return n > letterLines
	}
	drop := func(p *part) {
		if over() {
			p.gone = true
		}
	}
	for i := last + 1; last >= 0 && i < len(parts); i++ {
		s.cut = over() && i == len(parts)-1
		drop(&parts[i])
	}
	s.cut = s.cut || over()
	for _, pass := range shrinking {
		for i := range parts {
			for j, f := range parts[i].fields {
				if n, now := pass(f); now && over() {
					parts[i].fields[j].most = n
				}
			}
		}
	}
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i].entry {
			drop(&parts[i])
		}
	}
	for i := len(parts) - 1; i >= 0; i-- {
		if !parts[i].block {
			drop(&parts[i])
		}
	}
	for i := range parts {
		if parts[i].gone {
			continue
		}
		s.lines = append(s.lines, parts[i].lines...)
		for _, f := range parts[i].fields {
			s.field(f)
		}
	}
	s.lines = s.lines[:min(len(s.lines), letterLines)]
}

// shrinking says in which order fields give up lines.
var shrinking = []func(field) (int, bool){
	func(f field) (int, bool) { return 0, f.least < 0 },
	func(f field) (int, bool) { return f.least, f.least > 0 },
	func(f field) (int, bool) { return 1, f.least == 2 },
	func(f field) (int, bool) { return 0, f.least == 0 },
}

// hang gives the indent of the lines after the first: numbered lines, entries
// and what is indented itself go on indented.
func hang(l letters.Line) string {
	t := string(l.Text)
	digits := len(t) - len(strings.TrimLeft(t, "0123456789"))
	if l.Entry || digits > 0 && strings.HasPrefix(t[digits:], ". ") || strings.HasPrefix(t, "- ") || strings.HasPrefix(t, " ") {
		return "   "
	}
	return ""
}

func (s *sheet) String() string { return strings.Trim(strings.Join(s.lines, "\n"), "\n") }

// plain gives text for a letter. What safe made visible is written in ASCII,
// <U+202E> and the like, because a mail on its way may lose other forms;
// letters of an address or a name stay as they are.
func plain(t safe.Text) string {
	if strings.IndexFunc(string(t), func(r rune) bool { return r > '~' }) < 0 {
		return string(t)
	}
	var b strings.Builder
	for _, r := range string(t) {
		switch {
		case r == '‹':
			b.WriteByte('<')
		case r == '›':
			b.WriteByte('>')
		case r >= 0x2400 && r <= 0x2421:
			control := r - 0x2400
			if r == 0x2421 {
				control = 0x7f
			}
			fmt.Fprintf(&b, "<%02X>", control)
		case r == '…':
			b.WriteString("...")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// wrapPlain breaks text at blanks into lines of letterWidth; a word that is
// longer stands alone, because addresses and host names must stay whole to be
// searched for, unless it is longer than three lines. The first line keeps the
// blanks that the text begins with, the others get the indent.
func wrapPlain(text, indent string) []string {
	start := strings.TrimLeft(text, " ")
	if start == "" {
		return nil
	}
	if len(text) <= letterWidth && !strings.Contains(start, "  ") {
		return []string{strings.TrimRight(text, " ")}
	}
	var lines []string
	line := append(make([]byte, 0, letterWidth+8), text[:len(text)-len(start)]...)
	width := len(line)
	bare := len(line) // of a line without a word
	flush := func() {
		lines = append(lines, string(bytes.TrimRight(line, " ")))
		line, width, bare = append(line[:0], indent...), len(indent), len(indent)
	}
	empty := func() bool { return len(line) == bare }
	for word := range strings.FieldsSeq(text) {
		for n := utf8.RuneCountInString(word); n > 3*letterWidth; n = utf8.RuneCountInString(word) {
			head := string([]rune(word)[:letterWidth-len(indent)])
			if !empty() {
				flush()
			}
			line = append(line, head...)
			flush()
			word = word[len(head):]
		}
		n := utf8.RuneCountInString(word)
		if !empty() && width+1+n > letterWidth {
			flush()
		}
		if !empty() {
			line = append(line, ' ')
			width++
		}
		line = append(line, word...)
		width += n
	}
	if !empty() {
		lines = append(lines, string(bytes.TrimRight(line, " ")))
	}
	return lines
}
