package operator

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

//go:embed hosted.tsv
var hostedTSV string

var hostedColumns = []string{"kind", "pattern", "operator", "strength", "why", "source"}

// maxHints bounds how many hints of one kind are looked at.
const maxHints = 64

// hosted is one sign of where mailboxes are.
type hosted struct {
	kind, pattern string
	operator      Operator
	strength      int
	why           string
}

var loadHosted = sync.OnceValue(func() []hosted {
	rows, err := parseHosted(hostedTSV)
	if err != nil {
		panic(err) // part of the program, held by a test
	}
	return rows
})

func parseHosted(tsv string) ([]hosted, error) {
	profiles, err := parseProfiles(profilesTSV)
	if err != nil {
		return nil, err
	}
	cells, err := readTable("hosted.tsv", tsv, hostedColumns)
	if err != nil {
		return nil, err
	}
	var rows []hosted
	for _, c := range cells {
		op, ok := profiles[c[2]]
		if !ok {
			return nil, fmt.Errorf("%w: hosted.tsv: no profile of %q", ErrRow, c[2])
		}
		strength, err := strconv.Atoi(c[3])
		if err != nil {
			return nil, fmt.Errorf("%w: hosted.tsv: %w", ErrRow, err)
		}
		// The record is no MX: nothing says that mail is offered there.
		op.Pattern, op.Source, op.Evidence, op.Confidence = c[1], c[5], NoEvidence, confidence(strength)
		rows = append(rows, hosted{c[0], c[1], op, strength, c[4]})
	}
	return rows, nil
}

func confidence(strength int) string {
	switch {
	case strength >= 3:
		return "high"
	case strength == 2:
		return "medium"
	}
	return "low"
}

// Behind tells what holds the mailboxes of a domain that has a filter in
// front, and why: the target of its autodiscover name, the names that its SPF
// record includes, and the kinds of its verification records ("MS",
// "google-site-verification"; a whole record does too). The strongest kind of
// sign decides; Confidence says how strong it is. Signs of equal strength for
// two operators, or signs that say nothing by themselves, give false, with why.
func Behind(autodiscover string, includes, verification []string) (op Operator, why string, ok bool) {
	var best []hosted
	weak := ""
	consider := func(h hosted) {
		switch {
		case h.strength == 0:
			weak = h.why
		case len(best) == 0 || h.strength > best[0].strength:
			best = []hosted{h}
		case h.strength == best[0].strength && !named(best, h.operator.Name):
			best = append(best, h)
		}
	}
	for _, h := range loadHosted() {
		switch h.kind {
		case "autodiscover":
			if under(autodiscover, h.pattern) {
				consider(h)
			}
		case "spf":
			for _, i := range bounded(includes) {
				if under(i, h.pattern) {
					consider(h)
				}
			}
		case "txt":
			for _, v := range bounded(verification) {
				kind, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(v), `"`), "=")
				if strings.EqualFold(kind, h.pattern) {
					consider(h)
				}
			}
		}
	}
	switch len(best) {
	case 0:
		return Operator{}, weak, false
	case 1:
		return best[0].operator, best[0].why, true
	}
	return Operator{}, best[0].why + ", and " + best[1].why, false
}

func named(rows []hosted, name string) bool {
	for _, r := range rows {
		if r.operator.Name == name {
			return true
		}
	}
	return false
}

func bounded(s []string) []string { return s[:min(len(s), maxHints)] }

// under reports whether a name is zone or lies under it.
func under(name, zone string) bool {
	name = lower(strings.TrimSuffix(strings.TrimSpace(name), "."))
	rest, ok := strings.CutSuffix(name, zone)
	return ok && (rest == "" || rest[len(rest)-1] == '.')
}
