// Package typo says for which domain another one may have been mistyped: a
// well-known mail domain, or one that the case knows. It compares names alone.
// Whether either takes mail is for DNS to say, and a domain that does take mail
// need be no mistake however near it is.
package typo

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"deadletter/diagnose/operator"
	"deadletter/dnsx/idn"
)

// Most is how many candidates a domain has at most.
const Most = 3

// Slip is what leads from the domain meant to the one written.
type Slip string

// The slips, the likeliest first.
const (
	Looks  Slip = "looks"  // signs that look alike: rn for m, 0 for o, a Cyrillic a
	Letter Slip = "letter" // one letter more, less, other, or two neighbours exchanged
	Ending Slip = "ending" // another ending: .con, .cmo, .co
	Dot    Slip = "dot"    // the dot is missing, or is elsewhere
	Glued  Slip = "glued"  // a prefix stuck to it: wwwgmail.com
	Two    Slip = "two"    // two letters: said only where the domain takes no mail
)

// Candidate is a domain that may have been meant.
type Candidate struct {
	Domain string // canonical
	Slip   Slip
	Known  bool // well known; else a domain of the case

	cost int
}

// Far reports whether the candidate is too far off to be asked about while
// the domain written takes mail.
func (c Candidate) Far() bool { return c.Slip == Two }

// What slips cost. A letter is dearer than a neighbouring key or an exchange.
const (
	cheap = 2
	dear  = 3
	most  = 2 * dear // of a candidate
)

// Candidates gives up to [Most] domains for which a canonical domain may have
// been mistyped, the likeliest first. near are domains of the case: the
// sender's, those of other recipients. A well-known domain, and one below a
// domain of the case, has none.
func Candidates(domain string, near []string) []Candidate {
	letters, ok := idn.Letters(domain)
	if !ok || len(domain) > 253 || !strings.Contains(domain, ".") {
		letters = ""
	}
	if letters == "" || wellKnown(domain) || within(domain, near) {
		return nil
	}
	wrote := written{shaped: shape(domain), letters: letters}
	if wrote.reads, _ = idn.Reads(letters); wrote.reads != "" {
		wrote.readsDrawn = drawn(wrote.reads)
	}
	var out []Candidate
	consider := func(meant shaped, known bool) {
		if slip, cost := wrote.compare(meant); slip != "" && (known || slip != Two && slip != Glued) {
			out = append(out, Candidate{meant.domain, slip, known, cost})
		}
	}
	for _, meant := range near {
		if strings.Contains(meant, ".") && len(meant) <= 253 {
			consider(shape(meant), wellKnown(meant))
		}
	}
	for _, meant := range table() {
		if !within(meant.domain, near) {
			consider(meant, true)
		}
	}
	slices.SortFunc(out, func(x, y Candidate) int {
		return cmp.Or(cmp.Compare(x.cost, y.cost), cmp.Compare(rank(x), rank(y)), cmp.Compare(x.Domain, y.Domain))
	})
	out = slices.CompactFunc(out, func(x, y Candidate) bool { return x.Domain == y.Domain })
	for i := range out { // what costs far more than the best is no candidate beside it
		if out[i].cost > out[0].cost+1 {
			out = out[:i]
			break
		}
	}
	return out[:min(len(out), Most)]
}

// shaped is a domain in the forms that are compared.
type shaped struct {
	domain string
	drawn  string
	signs  uint64 // the set of its bytes, see signs
}

func shape(domain string) shaped { return shaped{domain, drawn(domain), signs(domain)} }

// table is the well-known domains, worked out once.
var table = sync.OnceValue(func() []shaped {
	var out []shaped
	for _, d := range operator.ConsumerDomains() {
		out = append(out, shape(d))
	}
	return out
})

// common are the domains with the most mailboxes: the ones meant where two are
// equally near.
var common = []string{
	"gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "qq.com", "163.com", "mail.ru", "yandex.ru", "web.de", "gmx.de",
	"gmx.net", "t-online.de", "orange.fr", "libero.it", "naver.com", "live.com", "yahoo.co.jp", "yahoo.co.uk", "googlemail.com", "proton.me", "protonmail.com",
}

// rank puts the domains of the case before all others.
func rank(c Candidate) int {
	if !c.Known {
		return -1
	}
	if i := slices.Index(common, c.Domain); i >= 0 {
		return i
	}
	return len(common)
}

func wellKnown(domain string) bool {
	_, ok := operator.ConsumerDomain(domain)
	return ok
}

// within reports whether a domain is one of the list, or below one.
func within(domain string, list []string) bool {
	return slices.ContainsFunc(list, func(above string) bool {
		return above != "" && (domain == above || below(domain, above))
	})
}

// below reports whether a domain is below another one.
func below(domain, above string) bool {
	rest, ok := strings.CutSuffix(domain, above)
	return ok && strings.HasSuffix(rest, ".")
}

// written is the domain as it was written.
type written struct {
	shaped
	letters    string
	reads      string // in Latin letters, where it is of others that look like them
	readsDrawn string
}

// longestSlip is how many letters a slip adds or takes at most ("email-").
const longestSlip = 6

// compare says which slip leads from meant to written, "" for none.
func (w written) compare(as shaped) (Slip, int) {
	meant := as.domain
	if w.letters == w.domain && (len(w.domain)-len(meant) > longestSlip || len(meant)-len(w.domain) > longestSlip) {
		return "", 0
	}
	if w.domain == meant || below(w.domain, meant) || below(meant, w.domain) {
		return "", 0
	}
	if w.drawn == as.drawn || w.reads != "" && (w.reads == meant || w.readsDrawn == as.drawn) {
		return Looks, 1
	}
	if w.domain != w.letters {
		return "", 0 // other letters have no keys beside those of ASCII
	}
	base, end := cut(meant)
	wroteBase, wroteEnd := cut(w.domain)
	if base == wroteBase && len(base) > 2 && mistakenEnding(wroteEnd, end) {
		return Ending, cheap
	}
	if len(base) > 2 && sameWithoutDots(w.domain, meant) {
		return Dot, cheap
	}
	if before, ok := strings.CutSuffix(w.domain, meant); ok && len(base) > 3 && glue(strings.TrimSuffix(before, "-")) {
		return Glued, cheap
	}
	if tooFar(w.signs, as.signs) {
		return "", 0
	}
	cost, edits := distance(w.domain, meant, most)
	switch {
	case edits == 0:
	case edits == 1 && len(base) > 3:
		return Letter, cost
	case edits == 2 && len(base) > 4:
		return Two, cost + 1
	}
	return "", 0
}

// glue reports whether a prefix is one that is stuck to domains.
func glue(prefix string) bool {
	switch prefix {
	case "www", "mail", "email", "smtp", "mx":
		return true
	}
	return false
}

// sameWithoutDots reports whether two names differ by their dots alone.
func sameWithoutDots(a, b string) bool {
	i, j := 0, 0
	for {
		for i < len(a) && a[i] == '.' {
			i++
		}
		for j < len(b) && b[j] == '.' {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if a[i] != b[j] {
			return false
		}
		i, j = i+1, j+1
	}
}

// cut divides a domain after its first label.
func cut(domain string) (base, end string) {
	base, end, _ = strings.Cut(domain, ".")
	return base, end
}

// mistakenEnding reports whether an ending is a known slip for another one. Two
// countries are no slip: outlook.de and outlook.fr both are.
func mistakenEnding(written, meant string) bool {
	return slices.Contains(endings[meant], written)
}

var endings = map[string][]string{
	"com":   {"con", "cmo", "ocm", "co", "cm", "om", "comm", "vom", "xom", "cim", "cpm", "cok", "coom", "ccom", "comn", "coml", "clm", "c0m", "net", "org", "co.com", "com.com"},
	"net":   {"ne", "nt", "et", "ner", "nte", "met", "bet", "nett", "com", "ent"},
	"org":   {"or", "ogr", "rog", "orgg", "prg", "og", "com"},
	"de":    {"ed", "d", "dee", "dw", "de.com", "com"},
	"fr":    {"f", "rf", "ft", "frr", "com"},
	"it":    {"i", "ti", "ir", "itt", "com"},
	"ru":    {"r", "ur", "tu", "ry", "com"},
	"co.uk": {"couk", "co.k", "co.u", "c.uk", "uk", "co.ku", "cu.uk", "com.uk", "o.uk", "co"},
	"co.jp": {"cojp", "co.j", "jp", "com.jp", "co.pj"},
	// Endings for documentation stand here like any other.
	"example": {"exmaple", "exampel", "exampl", "eample", "examle", "exapmle"},
}

// drawn gives the shape of a name: what looks alike becomes the same.
func drawn(name string) string { return alike.Replace(name) }

var alike = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d", "0", "o", "1", "l", "i", "l", "5", "s")

// keys gives the row on a keyboard, from 1, and the place in it. Neighbours are
// beside each other in a row, or in two rows at the same place or one before.
var keys = func() (at [256]struct{ row, at int8 }) {
	for row, signs := range []string{"1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm"} {
		for i := range len(signs) {
			at[signs[i]].row, at[signs[i]].at = int8(row+1), int8(i)
		}
	}
	return at
}()

// beside reports whether two keys are neighbours.
func beside(a, b byte) bool {
	rowA, atA := int(keys[a].row), int(keys[a].at)
	rowB, atB := int(keys[b].row), int(keys[b].at)
	if rowA == 0 || rowB == 0 {
		return false
	}
	if rowA > rowB {
		rowA, atA, rowB, atB = rowB, atB, rowA, atA
	}
	switch rowB - rowA {
	case 0:
		return atA-atB == 1 || atB-atA == 1
	case 1:
		return atB == atA || atB == atA-1
	}
	return false
}
