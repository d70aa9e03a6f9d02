package diagnose

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/pasted"
	"deadletter/dnsx/survey"
)

// What DNS says here need not be what it says to the server that sends. Its own
// view is pasted and stands beside ours; nothing here guesses it.

// DNSView is what another machine sees, with the event that holds it.
type DNSView struct {
	DNSPasted
	Seq uint64
	By  Actor
}

// placeKey tells machines apart.
func placeKey(place safe.Untrusted) string { return dnsx.CanonicalName(string(place)) }

// addView keeps one view a place, the latest pasted.
func (s *state) addView(d DNSView) {
	list := slices.DeleteFunc(slices.Clone(s.Views), func(have DNSView) bool { return placeKey(have.Place) == placeKey(d.Place) })
	s.Views = append(list, d)
}

// Pasted makes the event of a view from the text that a tool printed. Text beyond
// pasted.MaxText is neither read nor kept.
func Pasted(place, who safe.Untrusted, when time.Time, text []byte) DNSPasted {
	reading := pasted.Read(text, when)
	text = slices.Clone(text[:min(len(text), pasted.MaxText)])
	sum := sha256.Sum256(text)
	return DNSPasted{Place: place, Who: who, When: when, Raw: text, SHA256: hex.EncodeToString(sum[:]), Reading: reading}
}

func admitView(b DNSPasted, now time.Time) error {
	switch {
	case placeKey(b.Place) == "":
		return fmt.Errorf("%w: say on which host it was taken", ErrInvalid)
	case b.Who == "":
		return fmt.Errorf("%w: say who took it there", ErrInvalid)
	case len(b.Raw) > pasted.MaxText:
		return fmt.Errorf("%w: more than %d KiB of text", ErrInvalid, pasted.MaxText>>10)
	case len(b.Reading.Seen) == 0:
		return fmt.Errorf("%w: no answer can be read in it", ErrInvalid)
	case b.When.IsZero() || b.When.After(now.Add(time.Minute)):
		return fmt.Errorf("%w: say when it was pasted", ErrInvalid)
	}
	return nil
}

// seenKind says how a pasted view stands to what DNS says here.
type seenKind uint8

const (
	seenOpen   seenKind = iota // nothing here to compare it with, or it does not say enough
	seenAgrees                 // the same MX
	seenOld                    // another MX, out of a cache
	seenOther                  // another MX
	seenGone                   // no such domain, or no MX, there
	seenFailed                 // no answer there
)

// seenMX is the MX of the recipient's domain as another machine sees it.
type seenMX struct {
	view    DNSView
	place   safe.Text
	mx      pasted.Seen
	has     bool // the view holds an answer about the MX
	entries []survey.Entry
	kind    seenKind
	until   time.Time // seenOld: the cache may give it until then; zero where no TTL was printed
	known   bool      // seenOld: the set is one that the case or this machine's resolver had before
	own     bool      // a server that holds a zone of its own for the domain answered
	chosen  bool      // another server was asked than the machine's own resolver
}

// counts reports whether the view says what programs on that machine see.
func (s seenMX) counts() bool { return s.has && !s.chosen }

// seenViews reads the views of other machines, the latest paste first.
func (v *view) seenViews() []seenMX {
	if v.domain == "" {
		return nil
	}
	var out []seenMX
	for _, d := range slices.Backward(v.c.Views) {
		out = append(out, v.seenView(d))
	}
	return out
}

func (v *view) seenView(d DNSView) seenMX {
	s := seenMX{view: d, place: safe.Domain(placeKey(d.Place))}
	for _, seen := range d.Reading.Seen {
		q := seen.Answer.Question
		if q.Name != v.domain || q.Server.IsValid() {
			continue // what +trace asks is not what that machine is told
		}
		if q.Type == dnsx.TypeMX || seen.Answer.Outcome == dnsx.NXDomain && !s.has {
			s.mx, s.has = seen, true
		}
	}
	if !s.has {
		return s
	}
	a := s.mx.Answer
	s.chosen, s.own = s.mx.Chosen, a.Authoritative
	s.entries = entriesOf(a)
	ours, published, known := v.published()
	switch {
	case !known:
	case !a.Outcome.Answered():
		s.kind = seenFailed
	case a.Outcome.Absent() && !published:
		s.kind = seenAgrees
	case a.Outcome.Absent():
		s.kind = seenGone
	case slices.Equal(s.entries, ours):
		s.kind = seenAgrees
	case !s.mx.Whole && within(s.entries, ours):
		// Some of the set, and nothing else: that is no difference.
	case v.oldHere(s) || v.cachedThere(s):
		s.kind, s.known = seenOld, v.oldHere(s)
		if s.mx.HasTTL {
			s.until = a.At.Add(time.Duration(a.TTL()) * time.Second)
		}
	default:
		s.kind = seenOther
	}
	return s
}

// entriesOf lists the MX of an answer by preference, then name.
func entriesOf(a dnsx.Answer) []survey.Entry {
	var out []survey.Entry
	for _, r := range a.Records {
		if r.Type == dnsx.TypeMX {
			out = append(out, survey.Entry{Preference: r.Preference, Host: r.Host})
		}
	}
	sortEntries(out)
	return out
}

func sortEntries(list []survey.Entry) {
	slices.SortFunc(list, func(a, b survey.Entry) int {
		return cmp.Or(cmp.Compare(a.Preference, b.Preference), cmp.Compare(a.Host, b.Host))
	})
}

func within(some, all []survey.Entry) bool {
	return len(some) > 0 && !slices.ContainsFunc(some, func(e survey.Entry) bool { return !slices.Contains(all, e) })
}

// published gives the MX set that the name servers hold, else the one that this
// machine's resolver gives; listed is false for a domain without one.
func (v *view) published() (set []survey.Entry, listed, known bool) {
	for _, s := range v.facts.Servers {
		if s.Counts && len(s.Entries) > 0 {
			set = slices.Clone(s.Entries)
			sortEntries(set)
			return set, true, true
		}
	}
	if a, ok := v.answers[v.facts.MX.From]; ok && a.Outcome == dnsx.NoError && v.mxKnown() {
		set = entriesOf(a)
		return set, len(set) > 0, true
	}
	return nil, false, v.mxKnown() || v.facts.DomainAbsent()
}

// oldHere reports whether another MX set is one that the case or this machine's
// resolver had before. A server with a zone of its own caches nothing.
func (v *view) oldHere(s seenMX) bool {
	if s.own || s.mx.Hosts {
		return false
	}
	for _, r := range v.c.Rounds {
		for _, a := range r.Answers {
			if a.Question == (dnsx.Question{Name: v.domain, Type: dnsx.TypeMX}) && a.Outcome == dnsx.NoError && slices.Equal(entriesOf(a), s.entries) {
				return true
			}
		}
	}
	a, ok := v.answers[v.facts.MX.From]
	return ok && v.facts.Differ() && slices.Equal(entriesOf(a), s.entries)
}

// cachedThere reports whether another MX set comes out of a cache: its TTL ran
// down there.
func (v *view) cachedThere(s seenMX) bool {
	ttl := v.publishedTTL()
	return !s.own && !s.mx.Hosts && s.mx.HasTTL && ttl > 0 && s.mx.Answer.TTL() > 0 && s.mx.Answer.TTL() < ttl && !v.inwardSet(s.entries)
}

func (v *view) publishedTTL() uint32 {
	for _, s := range v.facts.Servers {
		if s.Counts {
			return s.TTL
		}
	}
	return 0
}

// inwardSet reports whether a set names hosts that only a network of its own has.
func (v *view) inwardSet(set []survey.Entry) bool {
	return slices.ContainsFunc(set, func(e survey.Entry) bool { return e.Host != "." && isInward(e.Host) })
}

// seenCounting gives the latest view that says what a sending server sees.
func (v *view) seenCounting() (seenMX, bool) {
	for _, s := range v.seen {
		if s.counts() {
			return s, true
		}
	}
	return seenMX{}, false
}

// asSeen heads a claim: where it was taken, when it was pasted, and by whom.
func (v *view) asSeen(s seenMX) safe.Text {
	return safe.Textf("as %s sees it, pasted %s by %s", s.place, v.clock(s.view.When), s.view.Who)
}

// seenSet words a set for a claim.
func seenSet(set []survey.Entry) safe.Text {
	var out safe.Text
	for i, e := range set {
		if i == 3 {
			return safe.Textf("%s and %d more", out, len(set)-i)
		}
		out = joinNonEmpty(", ", out, safe.Textf("%d %s", e.Preference, safe.Domain(e.Host)))
	}
	return out
}

// CompareSeen says of views that were pasted how they stand to the answers of a
// survey, without a case: what panel 4 says of them. resolvers are who was asked.
func CompareSeen(subject survey.Subject, answers survey.Answers, resolvers []string, views []DNSPasted, now time.Time) []Finding {
	v := &view{c: &Case{}, now: now, domain: subject.Recipient, subject: subject, answers: answers}
	v.round = Round{RoundStarted: RoundStarted{N: 1, Resolvers: resolvers}}
	v.facts = survey.Read(subject, answers)
	v.wanted, v.entries = func() []dnsx.Question { return nil }, sync.OnceValue(v.joinMX)
	for _, d := range views {
		v.c.addView(DNSView{DNSPasted: d})
	}
	v.seen = v.seenViews()
	return v.seenFindings()
}
