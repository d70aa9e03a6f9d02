package diagnose

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

func (v *view) mxTime() time.Time { return v.at(v.facts.MX.From) }

// mxKnown reports whether the resolver gave a definite answer about the MX.
func (v *view) mxKnown() bool {
	switch v.facts.MX.State {
	case survey.MXListed, survey.MXNull, survey.MXImplicit, survey.MXNone:
		return true
	}
	return false
}

// mxBefore gives the MX set that the case began with, where the current one is
// another: who refused then need not be who is asked now.
func (v *view) mxBefore() (hosts safe.Text, at time.Time, changed bool) {
	now, ok := v.answers[v.facts.MX.From]
	if !ok || !now.Outcome.Answered() || len(v.c.Rounds) < 2 {
		return "", at, false
	}
	for _, r := range v.c.Rounds[:len(v.c.Rounds)-1] {
		for _, a := range r.Answers {
			if a.Question != now.Question || !a.Outcome.Answered() {
				continue
			}
			before := mxNames(a)
			return listed(before, 2), a.At, !slices.Equal(before, mxNames(now))
		}
	}
	return "", at, false
}

// mxNames lists the exchanges of an answer by preference, then name.
func mxNames(a dnsx.Answer) []string {
	var mx []dnsx.Record
	for _, r := range a.Records {
		if r.Type == dnsx.TypeMX {
			mx = append(mx, r)
		}
	}
	slices.SortFunc(mx, func(a, b dnsx.Record) int {
		return cmp.Or(cmp.Compare(a.Preference, b.Preference), strings.Compare(a.Host, b.Host))
	})
	var out []string
	for _, r := range mx {
		out = append(out, dnsx.CanonicalName(r.Host))
	}
	return out
}

// mxUnknownWhy says why the MX is not known. A failure is never an absence.
func (v *view) mxUnknownWhy() safe.Text {
	switch l := v.facts.MX.Lookup; {
	case v.domain == "":
		return "the recipient's domain is not known"
	case v.round.N == 0:
		return "DNS was not asked"
	case v.asking() && (l.Asking || v.facts.MX.State == survey.MXAsking):
		return "DNS is being asked"
	case v.r.NotABounce != "" && l.Outcome == "":
		return "DNS is not asked about what is no bounce"
	case v.round.Stopped && l.Outcome == "":
		return "asking was stopped; R asks again"
	case l.Outcome == "":
		return "not asked"
	case v.facts.MX.Against.Name != "":
		return "the answers contradict each other: by one the domain does not exist, by another it does"
	case l.Outcome == dnsx.NoData:
		return "it has no MX, and its own address, which would take the mail, is not known"
	default:
		return failureText(l.Outcome)
	}
}

// failureText words an outcome that says nothing about the domain.
func failureText(o dnsx.Outcome) safe.Text { return safe.Of(survey.Say(o, "this machine's resolver")) }

// mxSeen gives the MX set for the evidence block, by whom and when: that of the
// sending server where it was pasted, because the mail went by it, else that of
// the name servers where they were heard, because the other side knows that one.
func (v *view) mxSeen() safe.Text {
	if text := v.seenInLetter(); text != "" {
		return text
	}
	switch v.facts.MX.State {
	case survey.MXNull:
		return safe.Textf("null MX (%s)", utc(v.mxTime()))
	case survey.MXImplicit:
		return safe.Textf("none, address of %s used (%s)", v.domain, utc(v.mxTime()))
	}
	list, seen := v.mxEntries(), v.mxTime()
	if auth := slices.DeleteFunc(slices.Clone(list), func(e mxEntry) bool { return !e.auth }); len(auth) > 0 {
		list, seen = auth, auth[0].at
	}
	if len(list) == 0 {
		return ""
	}
	text := safe.Textf("%d %s", list[0].Preference, list[0].Host)
	if len(list) > 1 {
		text += safe.Textf(" and %d more", len(list)-1)
	}
	if !list[0].auth && len(text)+len(v.resolverOutside()) < mxSeenWidth {
		return safe.Textf("%s (%s, %s)", text, v.resolverOutside(), seen.UTC().Format("15:04:05 UTC"))
	}
	return safe.Textf("%s (%s)", text, seen.UTC().Format("15:04:05 UTC"))
}

// mxSeenWidth is what fits beside the label and the time in a line of a letter.
const mxSeenWidth = letterWidth - 26

// mxSeenLabel names the word for whose MX mxSeen gives: that of the name servers
// is the public one.
func (v *view) mxSeenLabel() string {
	public := v.seenInLetter() == "" && slices.ContainsFunc(v.mxEntries(), func(e mxEntry) bool { return e.auth })
	if public {
		return "mx public"
	}
	return "mx seen"
}

// authoritativeSeen gives one line a name server for the DNS operator.
func (v *view) authoritativeSeen() []safe.Text {
	var out []safe.Text
	for _, s := range v.facts.Servers {
		switch {
		case s.Counts && s.HasSerial:
			out = append(out, safe.Textf("%s (%s): %d MX, serial %d, %s", s.Server, s.Addr, len(s.Entries), s.Serial, s.At.UTC().Format("15:04:05 UTC")))
		case s.Counts:
			out = append(out, safe.Textf("%s (%s): %d MX, %s", s.Server, s.Addr, len(s.Entries), s.At.UTC().Format("15:04:05 UTC")))
		}
	}
	return out
}
