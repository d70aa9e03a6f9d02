package diagnose

import (
	"reflect"
	"time"
)

// SameState reports whether two cases know the same, their logs and the undos
// that were refused apart.
func SameState(a, b *Case) bool {
	x, y := a.state, b.state
	x.Refused, y.Refused = nil, nil
	return reflect.DeepEqual(x, y)
}

// SameCase reports whether two cases know the same, refused undos included.
func SameCase(a, b *Case) bool { return reflect.DeepEqual(a.state, b.state) }

// ShellQuote is tested by a table.
var ShellQuote = shellQuote

// The measures of a letter.
const (
	LetterWidth = letterWidth
	LetterLines = letterLines
)

// Drafts gives every draft that can be made of a case, by name.
func Drafts(c *Case, f Flow) map[string]*Draft {
	v := newView(c, f.Wake)
	out := map[string]*Draft{
		"recipient": v.recipientDraft(), "own": v.ownDraft(), "platform": v.platformDraft(), "dns": v.dnsDraft(), "own-dns": v.seenDraft(), "auth": v.authDraft(),
		"arrived": v.arrivedDraft(), "reminder": v.reminderDraft(), "still": v.stillBouncesDraft(),
		"gateway": v.gatewayDraft(), "works": v.followUp(letterNormalMail, AskNormalMail), "exists": v.followUp(letterUserExists, AskExactAddress),
	}
	for name, d := range out {
		if d == nil {
			delete(out, name)
		}
	}
	return out
}

// Lookalikes gives the rows of what looks like an unknown user.
func Lookalikes() []lookalike { return lookalikes }

// SeenLookalikes gives the keys of those that are seen in a case, by step.
func SeenLookalikes(c *Case, now time.Time) []string {
	v := newView(c, now)
	var out []string
	for _, s := range Steps() {
		for _, f := range v.likeUnknown(s) {
			out = append(out, f.Key)
		}
	}
	return out
}

// CauseRules gives every rule about causes, those of the lookalikes included.
func CauseRules() []causeRule { return allCauseRules() }

// CauseHasText reports whether a cause has a name, what settles it and, but for
// Undetermined, what mends it.
func CauseHasText(k CauseKind) bool {
	text := causeText[k]
	return text.Name != "" && text.Settles != "" && (text.Fix != "" || k == Undetermined)
}

// Fired is a rule that counts in a case.
type Fired struct {
	Rule   int // its place in CauseRules
	Cause  CauseKind
	Key    string
	Weight int
}

// FiredRules gives the rules that count in a case.
func FiredRules(c *Case, now time.Time) []Fired {
	v := newView(c, now)
	if !v.has {
		return nil
	}
	var out []Fired
	for i, r := range allCauseRules() {
		f, ok := r.When(v)
		if !ok {
			continue
		}
		kind := r.Cause
		if kind == "" {
			kind = v.wordingCause()
		}
		out = append(out, Fired{i, kind, f.Key, r.Weight})
	}
	return out
}
