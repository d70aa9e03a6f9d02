package reply

import (
	"slices"
	"strings"
)

// maxDepth is how many replies inside one another are opened.
const maxDepth = 3

// The part of the text around a literal that its pattern sees, in bytes.
const (
	windowBefore = 256
	windowAfter  = 512
)

// Read says what a reply means. The first rule of the catalogue that fits the
// text, the codes, the stage and the speaker decides; where none fits, the
// codes alone, and only as far as they go. A code or stage that the input lacks
// is taken from the text. Only the first MaxText bytes of the text are read.
//
// Of a reply that quotes another (a gateway, a callout, a probe), Says, Table
// and Class are the quoting system's, Reason and AboutSender are those of the
// quoted reply, which [Reading.Inner] reads by itself.
func Read(in Input) Reading { return loadTable().read(in, 0) }

// Inner reads the quoted reply by itself; false where none is quoted.
func (r Reading) Inner() (Reading, bool) {
	if r.Wrapped == "" {
		return Reading{Reason: Undefined}, false
	}
	return Read(Input{Text: r.Wrapped}), true
}

func (t *table) read(in Input, depth int) Reading {
	f := newFacts(in)
	var room [32]hit
	hits := t.index.find(f.low, room[:0])
	// Rules stand in order of priority, so the least rule number wins.
	slices.SortFunc(hits, func(a, b hit) int {
		if a.rule != b.rule {
			return int(a.rule) - int(b.rule)
		}
		return int(a.pos) - int(b.pos)
	})
	for _, h := range hits {
		if r := &t.rules[h.rule]; r.fits(&f) && r.stands(&f, h) {
			if inner, ok := r.match(&f, h); ok {
				return t.conclude(r, inner, depth)
			}
		}
	}
	return fromCodes(&f)
}

// conclude gives a rule's reading, with the quoted reply read in turn.
func (t *table) conclude(r *rule, inner string, depth int) Reading {
	out := r.reading
	if !r.wrapper || inner == "" {
		return out
	}
	out.Wrapped = inner
	if depth >= maxDepth {
		return out
	}
	in := t.read(Input{Text: inner}, depth+1)
	if in.Reason != Undefined {
		out.Reason, out.CodeOnly = in.Reason, in.CodeOnly
	}
	out.AboutSender = out.AboutSender || in.AboutSender
	if out.Negative == 0 {
		out.Negative = in.Negative
	}
	return out
}

// fits reports whether codes, stage and speaker allow the rule.
func (r *rule) fits(f *facts) bool {
	if len(r.speakers) > 0 && !spoke(f.speaker, r.speakers) {
		return false
	}
	for _, c := range r.when {
		if !c.holds(f) {
			return false
		}
	}
	return true
}

// stands reports whether the literal stands where the rule wants it.
func (r *rule) stands(f *facts, h hit) bool {
	switch r.place {
	case atStart:
		return int(h.pos) == f.start
	case atEnd:
		return int(h.end) >= f.end
	case wholeText:
		return int(h.pos) == f.start && int(h.end) >= f.end
	}
	return true
}

// match runs the rule's pattern near the literal and gives the quoted reply.
func (r *rule) match(f *facts, h hit) (inner string, ok bool) {
	if r.pattern == nil {
		return "", true
	}
	from, to := max(int(h.pos)-windowBefore, 0), min(int(h.pos)+windowAfter, len(f.low))
	if r.wrapper {
		from, to = int(h.pos), len(f.low)
	}
	m := r.pattern.FindStringSubmatchIndex(f.low[from:to])
	if m == nil {
		return "", false
	}
	if r.inner > 0 && m[2*r.inner] >= 0 {
		inner = strings.Trim(f.clean[from+m[2*r.inner]:from+m[2*r.inner+1]], " '\"")
	}
	return inner, true
}
