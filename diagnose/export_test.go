package diagnose

import "reflect"

// SameState reports whether two cases know the same, their logs and the undos
// that were refused apart.
func SameState(a, b *Case) bool {
	x, y := a.state, b.state
	x.Refused, y.Refused = nil, nil
	return reflect.DeepEqual(x, y)
}

// SameCase reports whether two cases know the same, refused undos included.
func SameCase(a, b *Case) bool { return reflect.DeepEqual(a.state, b.state) }

// NearDomain and ShellQuote are tested by tables.
var (
	NearDomain = nearDomain
	ShellQuote = shellQuote
)

// The measures of a letter.
const (
	LetterWidth = letterWidth
	LetterLines = letterLines
)

// Drafts gives every draft that can be made of a case, by name.
func Drafts(c *Case, f Flow) map[string]*Draft {
	v := newView(c, f.Wake)
	out := map[string]*Draft{
		"recipient": v.recipientDraft(), "own": v.ownDraft(), "platform": v.platformDraft(), "dns": v.dnsDraft(), "auth": v.authDraft(),
		"arrived": v.arrivedDraft(), "reminder": v.reminderDraft(), "still": v.stillBouncesDraft(Retry{}),
	}
	for name, d := range out {
		if d == nil {
			delete(out, name)
		}
	}
	return out
}
