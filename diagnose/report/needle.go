package report

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"deadletter/diagnose/safe"
)

// needle is a way to write a person, and what is shown in its place.
type needle struct {
	show    string
	pattern string // a regular expression for it
	whole   bool   // only where no name of a host goes on around it
}

// shown gives what stands for a person. Who is the person's identity; a name
// with the words of a known local part is that person.
func (r *redactor) shown(as, who string) string {
	before, _, _ := strings.Cut(who, "@")
	words := parts(before)
	slices.Sort(words)
	if id := strings.Join(words, " "); len(words) > 1 {
		if known, ok := r.people[id]; ok && !strings.Contains(who, "@") {
			who = known
		} else if !ok {
			r.people[id] = who
		}
	}
	first, _ := utf8.DecodeRuneInString(as)
	begin := ""
	if unicode.IsLetter(first) || unicode.IsDigit(first) {
		begin = string(first)
	}
	return begin + "…(" + strconv.Itoa(utf8.RuneCountInString(as)) + ")#" + r.tag(who)
}

// add takes up a way to write somebody, as it came and in the visible forms
// that screens and letters have.
func (r *redactor) add(text string, n needle) {
	shown := string(safe.Of(text))
	for _, form := range []string{text, shown, asLetter(shown)} {
		id := flat(form)
		if id == "" || len(r.needles) >= maxNeedles {
			continue
		}
		if _, have := r.needles[id]; !have {
			n.pattern = patternOf(form)
			r.needles[id] = n
		}
	}
}

// asLetter writes visible forms as the letters of package diagnose do.
func asLetter(shown string) string {
	var b strings.Builder
	for _, c := range shown {
		switch {
		case c == '‹':
			b.WriteByte('<')
		case c == '›':
			b.WriteByte('>')
		case c == '…':
			b.WriteString("...")
		case c == 0x2421:
			b.WriteString("<7F>")
		case c >= 0x2400 && c < 0x2420:
			b.WriteString("<" + strings.ToUpper(strconv.FormatInt(int64(c-0x2400)+0x100, 16)[1:]) + ">")
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// flat gives a text without blanks and in lower case: how a needle is known,
// however it was broken over lines.
func flat(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), ""))
}

// patternOf gives the expression for one way to write somebody: blanks match
// any, and a word that is longer than letters keep whole may be broken anywhere.
func patternOf(form string) string {
	var b strings.Builder
	for i, word := range strings.Fields(form) {
		if i > 0 {
			b.WriteString(`\s+`)
		}
		if utf8.RuneCountInString(word) <= longNeedle {
			b.WriteString(regexp.QuoteMeta(string([]rune(word)))) // a byte that is no UTF-8 matches as U+FFFD
			continue
		}
		for _, c := range word {
			b.WriteString(regexp.QuoteMeta(string(c)) + `\s*`)
		}
	}
	return b.String()
}

// compile makes one expression of all needles, the longest first.
func (r *redactor) compile() {
	ids := slices.Collect(maps.Keys(r.needles))
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var alternatives []string
	for _, id := range ids {
		alternatives = append(alternatives, r.needles[id].pattern)
	}
	if len(alternatives) > 0 {
		r.search = regexp.MustCompile(`(?i)` + strings.Join(alternatives, "|"))
	}
}
