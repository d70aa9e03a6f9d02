package reply

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed rules.tsv
var rulesTSV string

// rule is one row of rules.tsv, compiled.
type rule struct {
	id       string
	priority int
	literals []string // lower case; one of them must occur
	pattern  *regexp.Regexp
	inner    int // number of the pattern's group that holds the quoted reply, 0 for none
	when     []condition
	place    place
	speakers []string // names or host suffixes, lower case
	example  string
	wrapper  bool
	reading  Reading // what the rule gives, before the reply is looked at
}

// place says where in the reply's own words a literal must stand.
type place int

const (
	anywhere place = iota
	atStart
	atEnd
	wholeText
)

// condition restricts a rule to codes or stages: one of the values must hold,
// or none where not is set.
type condition struct {
	not    bool
	key    string // "code", "enh" or "stage"
	values []string
}

// columns of rules.tsv, in order.
var ruleColumns = []string{
	"id", "priority", "literal", "pattern", "when", "says", "table", "class", "reason",
	"about_sender", "no_attempt", "wrapper", "negative_cache", "speaker", "example", "source",
}

// table is the compiled rule table with its index.
type table struct {
	rules []rule // by priority, then in the order of the file
	index gramIndex
}

// loadTable compiles the embedded rules once. The embedded file is part of the
// program: that it compiles is held by a test, so a fault in it is a panic.
var loadTable = sync.OnceValue(func() *table {
	rules, err := parseRules(rulesTSV)
	if err != nil {
		panic(err)
	}
	return newTable(rules)
})

func newTable(rules []rule) *table {
	slices.SortStableFunc(rules, func(a, b rule) int { return a.priority - b.priority })
	return &table{rules: rules, index: newGramIndex(rules)}
}

// parseRules reads a rule table: tab-separated, no quoting, # begins a comment
// line, the first other line names the columns.
func parseRules(tsv string) ([]rule, error) {
	var rules []rule
	header := false
	for n, line := range strings.Split(tsv, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if !header {
			if !slices.Equal(cells, ruleColumns) {
				return nil, fmt.Errorf("rules.tsv line %d: columns are %q", n+1, cells)
			}
			header = true
			continue
		}
		if len(cells) != len(ruleColumns) {
			return nil, fmt.Errorf("rules.tsv line %d: %d cells, want %d", n+1, len(cells), len(ruleColumns))
		}
		r, err := parseRule(cells)
		if err != nil {
			return nil, fmt.Errorf("rules.tsv line %d: %w", n+1, err)
		}
		rules = append(rules, r)
	}
	if len(rules) > maxRules {
		return nil, fmt.Errorf("rules.tsv: %d rules, at most %d", len(rules), maxRules)
	}
	return rules, nil
}

func parseRule(cells []string) (rule, error) {
	cell := func(name string) string { return strings.TrimSpace(cells[slices.Index(ruleColumns, name)]) }
	r := rule{id: cell("id"), example: cell("example"), literals: split(cell("literal"), "||"), speakers: split(cell("speaker"), ",")}
	var err error
	if r.priority, err = strconv.Atoi(cell("priority")); err != nil {
		return rule{}, fmt.Errorf("%s: priority: %w", r.id, err)
	}
	for _, l := range r.literals {
		if len(l) < gram || lowerASCII(l) != l {
			return rule{}, fmt.Errorf("%s: literal %q is short or not lower case", r.id, l)
		}
	}
	if len(r.literals) == 0 {
		return rule{}, fmt.Errorf("%s: no literal", r.id)
	}
	if p := cell("pattern"); p != "" {
		if r.pattern, err = regexp.Compile(p); err != nil {
			return rule{}, fmt.Errorf("%s: pattern: %w", r.id, err)
		}
		r.inner = max(r.pattern.SubexpIndex("inner"), 0)
	}
	if r.when, r.place, err = parseWhen(cell("when")); err != nil {
		return rule{}, fmt.Errorf("%s: %w", r.id, err)
	}
	flags := map[string]*bool{"about_sender": &r.reading.AboutSender, "no_attempt": &r.reading.NoAttempt, "wrapper": &r.wrapper}
	for name, to := range flags {
		switch cell(name) {
		case "":
		case "yes":
			*to = true
		default:
			return rule{}, fmt.Errorf("%s: %s is %q", r.id, name, cell(name))
		}
	}
	if ttl := cell("negative_cache"); ttl != "" {
		if r.reading.Negative, err = time.ParseDuration(ttl); err != nil {
			return rule{}, fmt.Errorf("%s: %w", r.id, err)
		}
	}
	r.reading.Rule, r.reading.Reason = r.id, Reason(cell("reason"))
	r.reading.Says, r.reading.Table, r.reading.Class = cell("says"), cell("table"), cell("class")
	r.reading.Source = cell("source")
	return r, nil
}

// parseWhen reads the when column: words separated by spaces, each key:a,b or
// !key:a,b; the key "at" gives the place of the literal.
func parseWhen(s string) ([]condition, place, error) {
	var conditions []condition
	where := anywhere
	for _, word := range strings.Fields(s) {
		word, not := strings.CutPrefix(word, "!")
		key, values, ok := strings.Cut(word, ":")
		switch {
		case ok && key == "at" && !not:
			p, known := map[string]place{"start": atStart, "end": atEnd, "whole": wholeText}[values]
			if !known {
				return nil, 0, fmt.Errorf("when: place %q", values)
			}
			where = p
		case ok && (key == "code" || key == "enh" || key == "stage"):
			conditions = append(conditions, condition{not: not, key: key, values: strings.Split(values, ",")})
		default:
			return nil, 0, fmt.Errorf("when: %q", word)
		}
	}
	return conditions, where, nil
}

// split cuts s at a separator and trims the parts; no parts for "".
func split(s, sep string) []string {
	var parts []string
	for _, p := range strings.Split(s, sep) {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}

// holds reports whether the facts of a reply meet the condition.
func (c condition) holds(f *facts) bool {
	for _, v := range c.values {
		var hit bool
		switch c.key {
		case "code":
			hit = f.code != "" && strings.HasPrefix(f.code, v)
		case "enh":
			hit = underCode(f.enhanced, v)
		case "stage":
			hit = f.stage == v
		}
		if hit {
			return !c.not
		}
	}
	return c.not
}

// underCode reports whether an enhanced code is v or, for a v of two numbers,
// lies under it: 5.7.26 is under 5.7 and not under 5.7.2.
func underCode(enhanced, v string) bool {
	rest, ok := strings.CutPrefix(enhanced, v)
	return ok && (rest == "" || rest[0] == '.')
}
