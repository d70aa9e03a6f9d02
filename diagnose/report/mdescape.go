package report

import (
	"strings"

	"deadletter/diagnose/safe"
)

// Text from outside goes into Markdown in two forms. A word that some reader
// of Markdown would turn into a link, a mention or a mail address becomes a
// code span, where nothing is interpreted; backslashes do not stop extended
// autolinks (GitHub Flavored Markdown section 6.9). Every other word has its
// special characters escaped (CommonMark sections 2.4 and 6.1).

// specials are escaped wherever they stand. < > & become references, which
// readers understand that know no backslash.
const specials = "\\`*_[]{}|~#$!^@"

// md gives text for a paragraph or list item.
func md(t safe.Text) string { return markdown(t, false) }

// mdCell gives text for a cell of a table, where a bar must be escaped even
// inside a code span (GitHub Flavored Markdown section 4.10).
func mdCell(t safe.Text) string {
	if t == "" {
		return " "
	}
	return markdown(t, true)
}

func markdown(t safe.Text, cell bool) string {
	var b strings.Builder
	first := true
	for word := range words(t) {
		if !first {
			b.WriteByte(' ')
		}
		if linkLike(string(word)) {
			before, core, after := trimWord(string(word))
			escape(&b, before, first)
			if cell {
				b.WriteString(cellSpan(core))
			} else {
				b.WriteString(codeSpan(core))
			}
			escape(&b, after, false)
		} else {
			escape(&b, string(word), first)
		}
		first = false
	}
	return b.String()
}

// escape writes a word with its special characters escaped. At the start of a
// block also what would begin a list, a quote or a heading.
func escape(b *strings.Builder, word string, start bool) {
	for i, r := range word {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune(specials, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case i == 0 && start && (r == '-' || r == '+' || r == '='):
			b.WriteByte('\\')
			b.WriteRune(r)
		case start && i+1 == len(word) && (r == '.' || r == ')') && allDigits(word[:i]):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == ':' && (i == 0 || strings.Contains(word[i+1:], ":") && !digitBefore(word, i)):
			b.WriteString("\\:") // :name: is a picture in many readers
		default:
			b.WriteRune(r)
		}
	}
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func digitBefore(s string, i int) bool { return i > 0 && s[i-1] >= '0' && s[i-1] <= '9' }

// linkLike reports whether a word holds what readers of Markdown link by
// themselves: an address, a URL, a host name, a mention.
func linkLike(word string) bool {
	if strings.Contains(word, "@") || strings.Contains(word, "//") {
		return true
	}
	for i := 1; i+1 < len(word); i++ {
		if word[i] == '.' && nameByte(word[i-1]) && letter(word[i+1]) {
			return true
		}
	}
	return false
}

func letter(c byte) bool   { return 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80 }
func nameByte(c byte) bool { return letter(c) || '0' <= c && c <= '9' || c == '-' || c == '_' }

// trimWord parts a word from the punctuation around it, so that
// "<a@example.com>:" has only the address as code.
func trimWord(word string) (before, core, after string) {
	core = strings.TrimLeft(word, `<([{"'`)
	before = word[:len(word)-len(core)]
	trimmed := strings.TrimRight(core, `>)]}"',;:.!?`)
	if trimmed == "" {
		return "", word, ""
	}
	return before, trimmed, core[len(trimmed):]
}

// codeSpan quotes text with one backtick more than any run inside has
// (CommonMark section 6.1).
func codeSpan(s string) string {
	fence := strings.Repeat("`", longestRun(s)+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// cellSpan is codeSpan in a table. A bar stands between two spans: inside one
// a backslash before it would make it end the cell.
func cellSpan(s string) string {
	var b strings.Builder
	for i, piece := range strings.Split(s, "|") {
		if i > 0 {
			b.WriteString(`\|`)
		}
		if piece != "" {
			b.WriteString(codeSpan(piece))
		}
	}
	return b.String()
}

// fenced gives lines as a code block that they cannot end: its fence is longer
// than any run of backticks inside (CommonMark section 4.5).
func fenced(lines []safe.Text) string {
	longest := 2
	for _, l := range lines {
		longest = max(longest, longestRun(string(l)))
	}
	fence := strings.Repeat("`", longest+1)
	var b strings.Builder
	b.WriteString(fence + "text\n")
	for _, l := range lines {
		b.WriteString(string(l))
		b.WriteByte('\n')
	}
	b.WriteString(fence + "\n")
	return b.String()
}

func longestRun(s string) int {
	longest, run := 0, 0
	for i := 0; i < len(s); i++ {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
