package diagnose

import (
	"slices"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/survey"
)

// mayConfirm says whose word settles a question. The recipient's or a
// colleague's word settles none.
var mayConfirm = map[QuestionID][]Role{
	AskExactAddress:   {RecipientAdmin, Evidence, OwnTeam},
	AskAcceptedDomain: {RecipientAdmin, Evidence, OwnTeam},
	AskGatewaySync:    {RecipientAdmin, GatewayAdmin, Evidence},
	AskRouteTarget:    {RecipientAdmin, GatewayAdmin, Evidence},
	AskCacheClear:     {RecipientAdmin, GatewayAdmin, Evidence},
	AskOwnRoute:       {OwnTeam, Evidence},
	AskDNSOperator:    {DNSOperator, Evidence},
	AskPlatform:       {PlatformStaff, Evidence},
	AskArrived:        {RecipientAdmin, TheRecipient, Evidence, Colleague},
}

// oldMXLives adds that mail can still go by an MX that the name servers gave up:
// until the TTL of the old answer has passed (RFC 1035 section 3.2.1) a test may
// reach the old host, and proves nothing of the new one. The word of the DNS
// operator, that the old host goes on accepting, takes it away.
func (v *view) oldMXLives() []condition {
	until := v.facts.OldUntil()
	if _, ok := v.settled(AskDNSOperator); ok || !v.facts.Differ() || !v.now.Before(until) {
		return nil
	}
	c := fails("old_mx", StepMX, safe.Textf("%s can give the old MX until %s", v.resolverName(), v.clock(until)), "or record the DNS operator's word that the old host goes on accepting")
	c.until = until
	return []condition{c}
}

// notFinal adds what is mostly so and is told only where it is not: the case is
// open, and the refusal is the last word.
func (v *view) notFinal() []condition {
	var out []condition
	if v.c.Closing != nil {
		out = append(out, fails("open", StepRetry, "the case is closed", "reopen it first"))
	}
	if v.stillTried() {
		out = append(out, fails("final", StepCapture, "the sending server still tries", "nothing is refused for good; add the notice that ends it"))
	}
	return out
}

// ownerConfirmed asks the owner of the cause: our mail team where our own side
// refused, else the recipient's administrator with two ticks, the address and
// the route.
func (v *view) ownerConfirmed() []condition {
	if v.verdict.Kind == OwnMTA {
		if a, ok := v.settled(AskOwnRoute); ok {
			return []condition{holds("own_route", "our own mail team mended the route", a.Who.Safe(), a.When)}
		}
		return []condition{fails("own_route", StepRejector, "our own mail team has not said that the route is mended", "record their answer on step 2")}
	}
	var out []condition
	if a, ok := v.settled(AskExactAddress); ok {
		out = append(out, holds("address", "the address is accepted", a.Who.Safe(), a.When))
	} else {
		out = append(out, fails("address", StepRecipient, "step 3: the address is not confirmed", v.lacks(AskExactAddress)))
	}
	route := v.routeQuestions()
	for _, id := range route {
		if a, ok := v.settled(id); ok {
			return append(out, holds("route", v.routeClaim(id), a.Who.Safe(), a.When))
		}
	}
	claim := safe.Text("step 3: the accepted domain or the route is not confirmed")
	if v.gatewayInPath() {
		claim = safe.Textf("step 3: the recipient list of %s is not confirmed", v.filter.or("the filter"))
	}
	return append(out, fails("route", StepRecipient, claim, v.lacks(route[0])))
}

// routeQuestions are the questions of which one must be settled as the second tick.
func (v *view) routeQuestions() []QuestionID {
	if v.gatewayInPath() {
		return []QuestionID{AskGatewaySync}
	}
	return []QuestionID{AskAcceptedDomain, AskRouteTarget, AskGatewaySync}
}

func (v *view) routeClaim(id QuestionID) safe.Text {
	switch id {
	case AskGatewaySync:
		return safe.Textf("the recipient list of %s holds the address", v.filter.or("the filter"))
	case AskRouteTarget:
		return "accepted mail goes to the right mailbox host"
	}
	return "the domain is set up for inbound mail"
}

// gatewayInPath reports whether a filter answers for the domain.
func (v *view) gatewayInPath() bool { return v.verdict.Kind == Gateway || v.filter.known() }

// lacks says why a question is not settled: nobody answered, or the answer
// does not count.
func (v *view) lacks(id QuestionID) safe.Text {
	a, ok := v.answer(id)
	switch {
	case !ok:
		return "no answer recorded"
	case v.doubt(a) != "":
		return v.doubt(a)
	}
	return safe.Textf("%s says: %s", a.Who, answerText(a))
}

// settled gives the answer that settles a question with yes: by somebody who
// may, after the bounce, and not taken back by a later answer.
func (v *view) settled(id QuestionID) (Recorded, bool) {
	a, ok := v.answer(id)
	return a, ok && confirming(a.Value) && v.doubt(a) == ""
}

// entryIsBounce holds where the address stands on a list as bounced and no list
// of any account holds what is never removed. A list that the program could not
// read may hold just that.
func (v *view) entryIsBounce() condition {
	const key = "entry"
	var unread, other *condition
	listed := false
	for _, p := range v.allLists() {
		for _, e := range p.Entries {
			if e.Listed == CannotTell && p.Via == ViaAPI && mayHide(e.List) && unread == nil {
				c := fails(key, StepSuppression, safe.Textf("%s could not tell whether the address stands on %s", p.Platform, e.label()), "look it up again: an entry there may be one that stays")
				unread = &c
			}
			if e.Listed != IsListed || !stays(e.List) && (p.pasted || v.removed(p.PlatformLists, e) || v.claimed(p.PlatformLists, e)) {
				continue
			}
			switch e.List {
			case ListComplaints:
				return fails(key, StepSuppression, "the entry is a complaint: it stays", "the recipient reported our mail; removing it is never offered")
			case ListUnsubscribes:
				return fails(key, StepSuppression, "the entry is an unsubscribe: it stays", "only the recipient can take it back")
			case ListCompliance:
				return fails(key, StepSuppression, "the platform itself put the entry there: it stays", "only the platform's support can say more")
			case ListBounces, ListBlocks, ListInvalid:
				listed = true
			default:
				c := fails(key, StepSuppression, safe.Textf("the entry on %s is no bounce", e.label()), "by hand alone: ask whoever of our account put it there, then look again")
				other = &c
			}
		}
	}
	switch {
	case unread != nil:
		return *unread
	case !listed && other != nil:
		return *other
	case !listed:
		return fails(key, StepSuppression, "no bounce entry is known", "look the address up first")
	}
	return holds(key, "the entry is a bounce, no complaint, no unsubscribe", v.listSource(), v.listTime())
}

// mayHide reports whether a list that could not be read may hold an entry that
// stays. Platforms keep bounces and complaints in one list; blocks and invalid
// addresses are lists of their own wherever they are kept.
func mayHide(kind ListKind) bool { return kind != ListBlocks && kind != ListInvalid }

// stays reports whether entries of a kind are the recipient's or the platform's
// word, which is never taken back from here.
func stays(kind ListKind) bool {
	return kind == ListComplaints || kind == ListUnsubscribes || kind == ListCompliance
}

func (v *view) mxIsSound() condition {
	const key = "mx"
	for _, f := range v.mxFindings() {
		if f.Blocking {
			return fails(key, StepMX, safe.Textf("step 4: %s", f.Claim), "")
		}
	}
	if !v.mxKnown() {
		return fails(key, StepMX, "step 4: the MX is not known yet", v.mxUnknownWhy())
	}
	if v.mxFromBefore() {
		return fails(key, StepMX, "step 4: the MX could not be asked again", safe.Textf("what is shown is from %s", v.clock(v.mxTime())))
	}
	if v.asking() && slices.ContainsFunc(v.facts.MX.Hosts, func(h survey.MXHost) bool { return h.Asking }) {
		return fails(key, StepMX, "step 4: the addresses of the MX are not known yet", "DNS is being asked")
	}
	return holds(key, "step 4 holds nothing that blocks", "dns", v.mxTime())
}

// suppressionClear holds when no list has the address any more, or none is in
// the path.
func (v *view) suppressionClear() condition {
	const key = "suppression"
	switch state := v.suppression(); state {
	case listsUnknown:
		return fails(key, StepSuppression, "step 5: not looked up", "look up the address, or record that no platform is in the path")
	case listsUnsettled:
		return fails(key, StepSuppression, "step 5: a removal was begun, and nothing tells what came of it", "look the address up again")
	case listsClaimed:
		return fails(key, StepSuppression, "step 5: the removal by hand was not read again", "look the address up again: the program saw the entry before")
	case listsUnsure:
		return fails(key, StepSuppression, "step 5: the platform could not tell about every list", "look again, or record by whom it was checked")
	case listsHold:
		return fails(key, StepSuppression, "step 5: the address is still suppressed", "mail to it would be dropped unsent")
	case listsSkipped:
		return holds(key, "no sending platform is in the path", "you", time.Time{})
	}
	return holds(key, "the address is on none of the lists looked at", v.listSource(), v.listTime())
}

// cachePassed holds when the system that refused can no longer answer from
// memory: a retry before that proves nothing.
func (v *view) cachePassed() condition {
	const key = "cache"
	if a, ok := v.settled(AskCacheClear); ok && v.afterLastTry(a) {
		return holds(key, "remembered refusals were cleared", a.Who.Safe(), a.When)
	}
	from := v.lastRefusal()
	for _, cleared := range slices.Backward(v.c.Cleared) {
		if cleared.At.After(from) {
			return holds(key, "remembered refusals were cleared", cleared.Who.Safe(), cleared.At)
		}
	}
	keep, who := v.negativeCache()
	if keep == 0 {
		return holds(key, "no remembered refusal is known for this system", "here", time.Time{})
	}
	until := from.Add(keep)
	if v.now.Before(until) {
		c := fails(key, StepRetry, safe.Textf("%s may answer from memory until %s", who, v.clock(until)), "or record that its cache was cleared")
		c.until = until
		return c
	}
	return holds(key, safe.Textf("%s keeps a refusal for %s: that time has passed", who, duration(keep)), "here", until)
}

// lastRefusal gives when the system last said no: the bounce, or a retry that
// was refused after it. From then on it may remember.
func (v *view) lastRefusal() time.Time {
	at := v.b.Failed()
	for _, r := range v.c.Retries {
		if r.Ended == nil || r.Ended.Result != RetrySame && r.Ended.Result != RetryDifferent {
			continue
		}
		if r.At.After(at) {
			at = r.At
		}
	}
	return at
}

// bounceIsOurs holds unless the bounce is unproved: anybody can write one.
func (v *view) bounceIsOurs() condition {
	const key = "genuine"
	switch v.r.Genuine {
	case bounce.Proved:
		return holds(key, "the bounce is proved to answer mail of ours", "bounce", time.Time{})
	case bounce.Plausible:
		return holds(key, "the bounce plausibly answers mail of ours", "bounce", time.Time{})
	}
	if at, shown := v.platformShows(); shown {
		return holds(key, "the platform shows the bounce itself, under our key", v.listSource(), at)
	}
	if o, lifted := v.proofLifted(); lifted {
		return holds(key, safe.Textf("unproved, taken as ours: %s", o.Reason), "you", o.At)
	}
	return fails(key, StepCapture, "nothing shows that the bounce answers mail of ours", "add the whole bounce mail or the log line, or override with a reason")
}

// platformShows reports whether a sending platform, asked by the program under
// our key, holds a bounce of the recipient: proof that the mail was ours.
func (v *view) platformShows() (time.Time, bool) {
	for _, p := range v.c.Lists {
		if p.Via != ViaAPI {
			continue
		}
		for _, e := range p.Entries {
			if e.List == ListBounces && e.Listed == IsListed && SameRecipient(e.Address, v.c.Recipient) && quotesOther(e, v.c.Recipient) == "" {
				return p.At, true
			}
		}
	}
	for _, a := range v.c.Acts {
		if a.Entry.List == ListBounces {
			return a.At, true // it stood there when its removal was admitted
		}
	}
	return time.Time{}, false
}

// proofLifted gives the override that takes the current bounce as ours. One
// that is older than the bounce was about another.
func (v *view) proofLifted() (Override, bool) {
	for _, o := range slices.Backward(v.c.Overrides) {
		if o.Guard == GuardProof && o.Seq > v.b.Seq {
			return o, true
		}
	}
	return Override{}, false
}
