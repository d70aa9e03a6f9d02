package diagnose

import (
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// Next gives what the flowchart says of a case at a time.
func Next(c *Case, now time.Time) Flow {
	v := newView(c, now)
	w := v.walk()
	f := Flow{
		Header: v.header(), Platforms: v.guesses, Branch: v.branch(), Outcome: w.outcome, Rejector: v.verdict,
		Causes: v.ranking(), Cluster: v.cluster(), Compared: v.comparisons(), Waits: v.waits(), Wants: v.wants(),
	}
	for _, row := range chart {
		p := row.Panel(v)
		p.Step, p.Title, p.Exits, p.Onward = row.Step, row.Title, v.exits(row, w), row.Else
		if s, ok := v.likeSection(row.Step); ok {
			p.Sections = append(p.Sections, s)
		}
		if why, around := w.around[row.Step]; around {
			p.State, p.Why, p.Reading = Skipped, why, skipReading(why)
			p.Badge, p.BadgeIs = "", NoSign
		}
		f.Steps = append(f.Steps, p)
	}
	f.Side = v.sidePanel(w.side)
	if w.side == SideAuthentication {
		f.Steps[0].GoTo, f.Steps[0].Next = "", "Go on to A: what the records of the sender say." // it stands next
	}
	if c.Closing != nil {
		f.Outcome = c.Closing.Outcome
	}
	f.At = firstForPerson(f.Steps)
	if w.outcome == HandedAuth || w.outcome == NoMail || w.outcome == OnHold && !w.on[StepRecipient] {
		f.At = StepCapture
	}
	v.locks(&f, w)
	f.Offers = append(f.Offers, v.offers(f)...)
	f.Notices, f.ReadOnly, f.NetworkFailed = v.notices(), len(c.Unknowns) > 0, v.networkFailed()
	f.Wake = v.wake(f)
	return f
}

// exits says of each exit of a step whether it was taken, and if not, whether
// it still can be.
func (v *view) exits(row chartRow, w way) []Exit {
	var out []Exit
	for _, x := range row.Exits {
		if x.Hold {
			continue
		}
		e := Exit{Name: x.Name, Leads: x.Leads, Ends: x.Ends != "" && x.To == ""}
		switch {
		case w.on[row.Step] && x.When(v):
			e.Taken = true
		case !w.on[row.Step]:
			e.Closed = "not on the way"
		case w.taken[row.Step] != row.Else:
			e.Closed = safe.Textf("closed: %s", w.taken[row.Step])
		}
		out = append(out, e)
	}
	return out
}

// firstForPerson gives the first step that wants a person, else the first that
// waits for one, else the last answered.
func firstForPerson(panels []Panel) Step {
	for _, state := range []State{Active, Waiting, Pending, Blocked} {
		for _, p := range panels {
			if p.State == state {
				return p.Step
			}
		}
	}
	return StepCapture
}

func skipReading(why safe.Text) safe.Text {
	switch why {
	case "own MTA":
		return "our own side refused"
	case "mailbox full or disabled":
		return "about the mailbox"
	case "sending platform":
		return "never left the platform"
	case "no such person":
		return "recipient gone"
	}
	return "not needed"
}

// locks fills in what is locked and what is offered in its place.
func (v *view) locks(f *Flow, w way) {
	if !v.has || v.r.NotABounce != "" {
		return
	}
	f.Offers = append(f.Offers, v.resultOffers()...)
	if why, unlocks, until := v.notNow(w); why != "" {
		f.Blocks = append(f.Blocks,
			Block{Guard: GuardRemoval, Step: StepSuppression, Why: why, Unlocks: unlocks, Until: until},
			Block{Guard: GuardRetry, Step: StepRetry, Why: why, Unlocks: unlocks, Until: until})
		return
	}
	removal := v.removalConditions()
	a, until, unsettled := v.unsettled()
	switch state := v.suppression(); {
	case unsettled:
		f.Blocks = append(f.Blocks, Block{Guard: GuardRemoval, Step: StepSuppression, Conditions: findings(removal), Until: until,
			Unlocks: "a look-up by the program that tells where the entry stands",
			Why:     "A removal is not repeated before it is known what came of the first."})
		f.Offers = append(f.Offers, Offer{Kind: OfferSettle, Step: StepSuppression, Label: "read the list again", Platform: a.Key, Account: a.Account})
	case state == listsClaimed:
		f.Blocks = append(f.Blocks, Block{Guard: GuardRemoval, Step: StepSuppression, Conditions: findings(removal),
			Unlocks: "a look-up by the program after the removal by hand", Why: "The entry is said to be removed by hand."})
		f.Offers = append(f.Offers, v.rereads()...)
	case state != listsHold:
		b := block(GuardRemoval, StepSuppression, removal, "There is no entry to remove.")
		if b.Unlocks == "" {
			b.Unlocks = "a look-up that shows a bounce entry"
		}
		f.Blocks = append(f.Blocks, b)
	case open(removal):
		f.Offers = append(f.Offers, v.removals()...)
		f.Offers = append(f.Offers, Offer{Kind: OfferRemoval, Step: StepSuppression, Label: "record the removal", Seq: v.permit()})
	default:
		f.Blocks = append(f.Blocks, block(GuardRemoval, StepSuppression, removal,
			"Removed now, the next mail makes the same bounce again, and the entry comes back."))
	}
	retry := v.retryConditions()
	switch {
	case open(retry):
		f.Offers = append(f.Offers, Offer{Kind: OfferRetry, Step: StepRetry, Label: "retry once", Seq: v.permit()})
	default:
		f.Blocks = append(f.Blocks, block(GuardRetry, StepRetry, retry,
			"Sent before the cause is mended, the test makes one more permanent failure and proves nothing."))
	}
}

// notNow says why nothing is removed or retried whatever was confirmed: the
// way ended before, or the sending server is not done with the message.
func (v *view) notNow(w way) (why, unlocks safe.Text, until time.Time) {
	switch {
	case v.c.Closing != nil:
		return "The case is closed.", "reopen the case first", until
	case v.stillTried():
		if until = v.r.RetryUntil.At; !until.After(v.now) {
			until = time.Time{}
		}
		return "The sending server still tries: nothing is refused for good.", "the notice that ends it, delivered or failed; a adds it", until
	case w.outcome == NoMail:
		return "The domain takes no mail.", "a domain that takes mail in DNS; R asks again", until
	case w.outcome == Absent:
		return "The address does not exist.", "another word of the recipient's administrator on question 1", until
	case w.outcome == Resolved:
		return "The test arrived: nothing is left to try.", "a new bounce; a adds it", until
	case !w.on[StepRetry]:
		return "The reply is about the sender or the message, not the recipient.", "a bounce that speaks of the recipient; a adds it", until
	}
	return "", "", until
}

// stillTried holds while the bounce is no final word: a notice of delay, or a
// reply that is temporary and does not speak of the recipient. Its own end
// stands in Will-Retry-Until (RFC 3464 section 2.3.9).
func (v *view) stillTried() bool {
	return v.r.Action == bounce.Delayed || v.r.RetryUntil.At.After(v.now) || v.temporaryOnly()
}

// offers lists what a person may start besides the locked actions.
func (v *view) offers(f Flow) []Offer {
	var out []Offer
	if !v.has {
		return nil
	}
	for _, p := range f.Steps {
		if p.Copy != nil && p.State != Skipped {
			out = append(out, Offer{Kind: OfferCopy, Step: p.Step, Label: "copy the questions"})
		}
	}
	if v.r.NotABounce == "" {
		out = append(out,
			Offer{Kind: OfferRecord, Step: StepRecipient, Label: "record an answer"},
			Offer{Kind: OfferLookUp, Step: StepSuppression, Label: "record a look-up", Platform: v.platform.op.Key})
		for _, key := range v.otherPlatforms() {
			out = append(out, Offer{Kind: OfferLookUp, Step: StepSuppression, Label: "record a look-up", Platform: key})
		}
		if _, lifted := v.proofLifted(); v.r.Genuine != bounce.Proved && v.r.Genuine != bounce.Plausible && !lifted {
			out = append(out, Offer{Kind: OfferOverride, Step: StepCapture, Label: "take the bounce as ours"})
		}
	}
	if v.c.Closing == nil {
		out = append(out, Offer{Kind: OfferClose, Step: f.At, Label: "close the case"})
	}
	if seq, body := lastUndoable(v.c.log); seq != 0 {
		out = append(out, Offer{Kind: OfferUndo, Step: f.At, Label: safe.Textf("undo %s", describe(body)), Seq: seq})
	}
	if seq, body := lastUndo(v.c.log); seq != 0 {
		out = append(out, Offer{Kind: OfferRedo, Step: f.At, Label: safe.Textf("redo %s", describe(body)), Seq: seq})
	}
	return out
}

func (v *view) notices() []safe.Text {
	var out []safe.Text
	if len(v.c.Unknowns) > 0 {
		out = append(out, "a later version of the program wrote part of this case; it can be read, not changed")
	}
	for _, r := range v.c.Refused {
		out = append(out, r.Why)
	}
	return out
}

// wake gives the next instant at which time alone changes the answer.
func (v *view) wake(f Flow) time.Time {
	var at time.Time
	consider := func(t time.Time) {
		if t.After(v.now) && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, b := range f.Blocks {
		consider(b.Until)
	}
	if keep, _ := v.negativeCache(); keep > 0 {
		consider(v.lastRefusal().Add(keep))
	}
	for _, p := range v.c.Lists {
		if p.Via == ViaAPI {
			consider(p.asked().Add(LookUpLives))
		}
	}
	for _, r := range v.leaving() {
		consider(r.repeatFrom())
	}
	consider(v.r.RetryUntil.At)
	consider(v.facts.OldUntil())
	return at
}
