package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
}

// para adds text broken at blanks; lines after the first are indented.
func (s *sheet) para(indent string, text safe.Text) {
	s.lines = append(s.lines, wrapPlain(plain(text), indent)...)
}

// field adds "Label: value" in at most max lines. Without a value it adds nothing.
func (s *sheet) field(label string, value safe.Text, max int) {
	if value == "" {
		return
	}
	lines := wrapPlain(label+": "+plain(value), "  ")
	if len(lines) > max && max > 0 {
		lines = cutLines(lines, label+": "+plain(value), max)
	}
	s.lines = append(s.lines, lines...)
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
}

// put adds an evidence block between a heading and a closing line, in the room
// that the letter has left: the closing line goes first, then what is dropped
// at once, then fields shrink to what they keep.
func (s *sheet) put(head safe.Text, fields []field, last safe.Text) {
	measure := func() int {
		var m sheet
		m.para("", head)
		for _, f := range fields {
			if f.most > 0 {
				m.field(f.label, f.value, f.most)
			}
		}
		return len(m.lines)
	}
	closing := last != "" && measure() < s.room()
	for _, pass := range []func(field) (int, bool){
		func(f field) (int, bool) { return 0, f.least < 0 },
		func(f field) (int, bool) { return f.least, f.least > 0 },
		func(f field) (int, bool) { return 1, f.least == 2 },
		func(f field) (int, bool) { return 0, f.least == 0 },
	} {
		for i, f := range fields {
			if n, now := pass(f); now && measure() > s.room() {
				fields[i].most = n
			}
		}
	}
	s.para("", head)
	for _, f := range fields {
		if f.most > 0 {
			s.field(f.label, f.value, f.most)
		}
	}
	if closing {
		s.para("", last)
	}
}

func (s *sheet) blank() { s.lines = append(s.lines, "") }

func (s *sheet) room() int { return letterLines - len(s.lines) }

func (s *sheet) String() string { return strings.Trim(strings.Join(s.lines, "\n"), "\n") }

// plain gives text for a letter. What safe made visible is written in ASCII,
// <U+202E> and the like, because a mail on its way may lose other forms;
// letters of an address or a name stay as they are.
func plain(t safe.Text) string {
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
	var lines []string
	line := text[:len(text)-len(strings.TrimLeft(text, " "))]
	width := len(line)
	flush := func() {
		lines = append(lines, strings.TrimRight(line, " "))
		line, width = indent, len(indent)
	}
	empty := func() bool { return strings.TrimSpace(line) == "" }
	for word := range strings.FieldsSeq(text) {
		for n := utf8.RuneCountInString(word); n > 3*letterWidth; n = utf8.RuneCountInString(word) {
			head := string([]rune(word)[:letterWidth-len(indent)])
			if !empty() {
				flush()
			}
			line += head
			flush()
			word = word[len(head):]
		}
		n := utf8.RuneCountInString(word)
		if !empty() && width+1+n > letterWidth {
			flush()
		}
		if !empty() {
			line += " "
			width++
		}
		line += word
		width += n
	}
	if !empty() {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}
