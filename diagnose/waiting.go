package diagnose

import (
	"time"

	"deadletter/diagnose/safe"
)

// WaitKind is what a case waits for.
type WaitKind string

// The kinds. A machine can end all but the one for a person.
const (
	WaitMX       WaitKind = "mx"         // the old MX answer has to leave the resolver's cache
	WaitCache    WaitKind = "cache"      // the system that refused may answer from memory
	WaitRepeat   WaitKind = "repeat"     // what was put off may be asked again
	WaitNotice   WaitKind = "notice"     // a sending server's last word
	WaitMailbox  WaitKind = "mailbox"    // somebody has to see the test
	WaitAnswer   WaitKind = "answer"     // of a person who was asked
	WaitSettling WaitKind = "suppressed" // an entry that ends by itself
)

// WaitCheck is what is looked at when a wait is over.
type WaitCheck string

// The checks.
const (
	CheckDNS    WaitCheck = "dns"    // ask DNS again
	CheckTime   WaitCheck = "time"   // nothing to ask: the case says something else from then on
	CheckMail   WaitCheck = "mail"   // look for a notification
	CheckPerson WaitCheck = "person" // only a person can tell: no machine waits
)

// lookAgain is the least time between two rounds of DNS questions of a watch:
// an answer that does not change must not be asked for without end.
const lookAgain = 5 * time.Minute

// WaitFor is one thing that a case waits for.
type WaitFor struct {
	What  WaitKind
	Says  safe.Text
	Until time.Time // when to look; zero where nothing says when
	Check WaitCheck
}

// WaitsOf lists what a case waits for, those with a time first in the order of
// the steps. A closed case, and what is no bounce, wait for nothing.
func WaitsOf(c *Case, now time.Time) []WaitFor {
	v := newView(c, now)
	if !v.has || v.r.NotABounce != "" || c.Closing != nil {
		return nil
	}
	var out []WaitFor
	if until := v.facts.OldUntil(); v.facts.Differ() && !until.IsZero() {
		if again := v.round.At.Add(lookAgain); until.Before(again) {
			until = again
		}
		out = append(out, WaitFor{WaitMX, safe.Textf("%s can give the old MX of %s", v.resolverName(), safe.Domain(v.domain)), until, CheckDNS})
	}
	if x := v.cachePassed(); !x.until.IsZero() {
		out = append(out, WaitFor{WaitCache, x.Claim, x.until, CheckTime})
	}
	if last, tried := v.lastRetry(); tried && last.leaves() && !last.undialled() && v.permitUnspent().Sign == Holds {
		if from := last.repeatFrom(); from.After(now) {
			out = append(out, WaitFor{WaitRepeat, "what was put off may be asked once more", from, CheckTime})
		}
	}
	for _, l := range c.Lists {
		for _, e := range l.Entries {
			if e.Listed == IsListed && e.Expires.After(now) && !v.removed(l, e) {
				out = append(out, WaitFor{WaitSettling, safe.Textf("the entry at %s ends by itself", l.Platform), e.Expires, CheckTime})
			}
		}
	}
	out = append(out, v.noticeWaits()...)
	for _, w := range v.waits() {
		kind := WaitAnswer
		if last, tried := v.lastRetry(); tried && v.resultOf(last) == RetryAccepted && w.Since.Equal(last.EndAt) {
			kind = WaitMailbox
		}
		out = append(out, WaitFor{What: kind, Says: safe.Textf("%s: %s", w.Who, w.What), Check: CheckPerson})
	}
	return out
}

// noticeWaits lists the notifications that are due: the end of a message that
// the sending server still tries, and the bounce that an accepted test may
// come back with.
func (v *view) noticeWaits() []WaitFor {
	var out []WaitFor
	if v.stillTried() {
		w := WaitFor{What: WaitNotice, Says: "the sending server still tries: its last word", Check: CheckMail}
		if until := v.r.RetryUntil.At; until.After(v.now) {
			w.Until = until
		}
		out = append(out, w)
	}
	last, tried := v.lastRetry()
	if !tried || last.Way == RetryProbe {
		return out
	}
	switch v.resultOf(last) {
	case RetryAccepted, RetryTemporary, RetryUnknown:
		if last.leaves() {
			break // nothing was handed over
		}
		w := WaitFor{What: WaitNotice, Says: "a bounce of the test, if it comes back", Check: CheckMail}
		if until := last.At.Add(maxReturn); until.After(v.now) {
			w.Until = until
			out = append(out, w)
		}
	}
	return out
}

// NextLook gives the next instant after now at which something that a machine
// can look at is due; zero for none.
func NextLook(list []WaitFor, now time.Time) time.Time {
	var at time.Time
	for _, w := range list {
		if w.Check != CheckPerson && w.Until.After(now) && (at.IsZero() || w.Until.Before(at)) {
			at = w.Until
		}
	}
	return at
}

// Due lists what can be looked at now.
func Due(list []WaitFor, now time.Time) []WaitFor {
	var out []WaitFor
	for _, w := range list {
		if w.Check != CheckPerson && !w.Until.IsZero() && !w.Until.After(now) {
			out = append(out, w)
		}
	}
	return out
}
