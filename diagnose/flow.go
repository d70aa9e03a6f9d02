package diagnose

import (
	"slices"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/survey"
)

// The flowchart. Each row is a step: what it is called, where the way leads
// from it, and how its panel is filled. The exits of a step are tried in
// order; the first that is open is taken, and Then otherwise.
//
// An exit says how the case then stands (Ends), which side branch opens (Side)
// and at which step the way goes on (To); without To it ends there. Hold keeps
// the case at the step: nothing further can be said before somebody acts. An
// exit that is Aside is shown and does not turn the way. Leads is what the map
// says at its end.
var chart = []chartRow{
	{
		Step: StepCapture, Title: "Capture bounce", Panel: (*view).capturePanel,
		Exits: []exit{
			{Name: "no bounce yet", When: (*view).noBounce, Hold: true, Leads: "add one"},
			{Name: "not a bounce", When: (*view).notABounce, Side: SideNotABounce, Ends: Closed, Leads: "say what it is"},
			{Name: "never sent by us", When: closedAs(Forged), Ends: Forged, Leads: "forged"},
			{Name: "domain takes no mail", When: (*view).takesNoMail, Side: SideNoMail, Ends: NoMail, Via: []Step{StepMX}, Leads: "domain takes no mail"},
			{Name: "about our sender", When: (*view).aboutOurSender, Side: SideSenderRouting, Ends: HandedOwn, Leads: "sender routing"},
			{Name: "policy, authentication, reputation, content", When: (*view).policyWording, Side: SideAuthentication, Ends: HandedAuth, Leads: "sender authentication"},
			{Name: "temporary", When: (*view).temporaryOnly, Side: SideWait, Ends: OnHold, Leads: "wait"},
			{Name: "mailbox full or disabled", When: (*view).mailboxWording, To: StepRecipient, Leads: "straight to 3"},
		},
		Then: StepRejector, Else: "a permanent bounce",
	},
	{
		Step: StepRejector, Title: "Find rejector", Panel: (*view).rejectorPanel,
		Exits: []exit{
			{Name: "own MTA", When: (*view).ownMTARefused, Side: SideSenderRouting, Ends: HandedOwn, To: StepMX, Leads: "sender routing"},
			{Name: "sending platform", When: (*view).platformNotLookedUp, To: StepSuppression, Leads: "straight to 5"},
			{Name: "platform, looked up", When: (*view).platformRefused, To: StepRecipient, Leads: "confirm first, 3"},
			{Name: "cannot tell", When: (*view).rejectorUnknown, Aside: true, Leads: "collect more, 1"},
		},
		Then: StepRecipient, Else: "filter or mailbox host",
	},
	{
		Step: StepRecipient, Title: "Confirm recipient", Panel: (*view).recipientPanel,
		Exits: []exit{
			{Name: "no such person", When: (*view).recipientAbsent, Ends: Absent, Leads: "recipient gone"},
			{Name: "5 and more", When: (*view).domainPattern, Aside: true, Leads: "pause the domain"},
		},
		Then: StepMX, Else: "exists, and the filter knows it",
	},
	{
		Step: StepMX, Title: "Check MX", Panel: (*view).mxPanel,
		Exits: []exit{
			{Name: "MX broken", When: (*view).mxBroken, Aside: true, Leads: "DNS operator"},
		},
		Then: StepSuppression, Else: "nothing blocks",
	},
	{
		Step: StepSuppression, Title: "Inspect suppression", Panel: (*view).suppressionPanel,
		Exits: []exit{
			{Name: "complaint or unsubscribe", When: (*view).complained, Aside: true, Leads: "entry stays"},
		},
		Then: StepRetry, Else: "entry removed, or not applicable",
	},
	{
		Step: StepRetry, Title: "Retry once", Panel: (*view).retryPanel,
		Exits: []exit{
			{Name: "delivered", When: (*view).retryDelivered, Ends: Resolved, Leads: "resolved"},
			{Name: "same bounce", When: (*view).retrySame, Ends: Stopped, Leads: "stopped, with the administrator"},
			{Name: "temporary", When: (*view).retryTemporary, Side: SideWait, Ends: OnHold, Leads: "wait"},
			{Name: "another bounce", When: (*view).retryDifferent, Aside: true, Leads: "starts over with it, 1"},
		},
	},
}

// SideBranch is a way off the six steps.
type SideBranch string

// The side branches.
const (
	SideNone           SideBranch = ""
	SideNotABounce     SideBranch = "not_a_bounce"
	SideNoMail         SideBranch = "no_mail"
	SideWait           SideBranch = "wait"
	SideSenderRouting  SideBranch = "sender_routing"
	SideAuthentication SideBranch = "authentication"
)

type chartRow struct {
	Step  Step
	Title safe.Text
	Exits []exit
	Then  Step      // where the way goes when no exit is taken
	Else  safe.Text // what the way on to Then is called
	Panel func(*view) Panel
}

type exit struct {
	Name safe.Text
	When func(*view) bool
	Hold bool       // the case stays at this step
	Ends Outcome    // how the case then stands
	Side SideBranch // the side branch it opens
	To   Step       // the step the way goes on at; none ends it
	Via  []Step     // steps that keep their meaning although the way ends

	Aside bool // shown on the map only
	Leads safe.Text
}

// way is what the chart gives for a case: which steps are on the way, which
// exits were taken, and how the case stands.
type way struct {
	on      map[Step]bool
	around  map[Step]safe.Text // why a step is gone around
	side    SideBranch
	outcome Outcome
	taken   map[Step]safe.Text // the exit taken, by step
}

// walk follows the chart from its first row.
func (v *view) walk() way {
	w := way{on: map[Step]bool{}, around: map[Step]safe.Text{}, taken: map[Step]safe.Text{}, outcome: Open}
	at := StepCapture
	for at != "" {
		row := chart[at.Number()-1]
		w.on[at] = true
		next, name := row.Then, row.Else
		for _, x := range row.Exits {
			if x.Aside || !x.When(v) {
				continue
			}
			name = x.Name
			if x.Side != SideNone {
				w.side = x.Side
			}
			if x.Hold {
				w.taken[at] = name
				return w
			}
			if x.Ends != "" {
				w.outcome = x.Ends
			}
			for _, s := range x.Via {
				w.on[s] = true
			}
			next = x.To
			break
		}
		w.taken[at] = name
		for _, s := range between(at, next) {
			if !w.on[s] {
				w.around[s] = name
			}
		}
		at = next
	}
	return w
}

// between lists the steps that a way from one step to another goes around;
// towards no step, all that follow.
func between(from, to Step) []Step {
	all := Steps()
	end := len(all)
	if to != "" {
		end = to.Number() - 1
	}
	if from.Number() >= end {
		return nil
	}
	return all[from.Number():end]
}

// The guards of the chart, in its order.

func (v *view) noBounce() bool   { return !v.has }
func (v *view) notABounce() bool { return v.has && v.r.NotABounce != "" }

// takesNoMail holds on a null MX, a domain that does not exist, and one that
// has neither MX nor address. A resolver that failed proves none of them.
func (v *view) takesNoMail() bool {
	return v.has && (v.facts.NullMX() || v.facts.DomainAbsent() || v.facts.MX.State == survey.MXNone)
}

func (v *view) aboutOurSender() bool { return v.reading.AboutSender }

func (v *view) policyWording() bool {
	return v.branch() == BranchPolicy
}

// temporaryOnly holds for a 4xx or a delay that does not speak of an unknown
// or unverified recipient: that one expires, it does not heal, and goes on.
func (v *view) temporaryOnly() bool {
	return v.r.Permanence == bounce.Transient && !v.speaksOfRecipient()
}

func (v *view) speaksOfRecipient() bool {
	return v.r.Reason == reply.UserUnknown || v.r.Reason == reply.Filtered ||
		slices.Contains([]string{string(NegativeCache), string(UserAbsent), string(AliasOrGroupMissing), string(GatewayMapStale)}, v.reading.Class)
}

func (v *view) mailboxWording() bool {
	return v.branch() == BranchMailbox && v.verdict.Kind != OwnMTA && v.verdict.Kind != SendingPlatform
}

func (v *view) ownMTARefused() bool   { return v.verdict.Kind == OwnMTA }
func (v *view) platformRefused() bool { return v.verdict.Kind == SendingPlatform }

// platformNotLookedUp leads to the platform's lists first: the first bounce is
// there. What they hold then needs a confirmed recipient like any other.
func (v *view) platformNotLookedUp() bool {
	return v.platformRefused() && v.suppression() == listsUnknown
}

// recipientAbsent holds when somebody who may says that there is no such address.
func (v *view) recipientAbsent() bool {
	a, ok := v.answer(AskExactAddress)
	return ok && a.Value == No && v.doubt(a) == ""
}

func (v *view) retryDelivered() bool { return v.retryResult() == RetryDelivered }
func (v *view) retrySame() bool {
	return v.retryResult() == RetrySame && !open(v.retryConditions())
}
func (v *view) retryTemporary() bool {
	return v.retryResult() == RetryTemporary && !open(v.retryConditions())
}

func (v *view) retryDifferent() bool { return v.retryResult() == RetryDifferent }

func (v *view) rejectorUnknown() bool {
	return v.has && v.verdict.Kind == UnknownRejector && !v.asking()
}
func (v *view) domainPattern() bool { return v.cluster().Pause }

func (v *view) mxBroken() bool {
	return slices.ContainsFunc(v.mxFindings(), func(f Finding) bool { return f.Blocking })
}

// complained holds when a list has the address for a reason that is never
// taken back by us.
func (v *view) complained() bool {
	for _, p := range v.c.Lists {
		for _, e := range p.Entries {
			if e.Listed == IsListed && (e.List == ListComplaints || e.List == ListUnsubscribes) {
				return true
			}
		}
	}
	return false
}

func closedAs(o Outcome) func(*view) bool {
	return func(v *view) bool { return v.c.Closing != nil && v.c.Closing.Outcome == o }
}

func (v *view) retryResult() RetryResult {
	last, tried := v.lastRetry()
	switch {
	case !tried:
		return ""
	case last.Ended == nil:
		return RetryUnknown
	case last.Ended.Result == RetryAccepted && v.seenInMailbox(last):
		return RetryDelivered
	}
	return last.Ended.Result
}

// seenInMailbox reports whether somebody says that the accepted test arrived.
func (v *view) seenInMailbox(last Retry) bool {
	a, ok := v.settled(AskArrived)
	return ok && !a.When.Before(last.At.Truncate(time.Minute))
}

// Next gives what the flowchart says of a case at a time.
func Next(c *Case, now time.Time) Flow {
	v := newView(c, now)
	w := v.walk()
	f := Flow{
		Header: v.header(), Branch: v.branch(), Outcome: w.outcome, Rejector: v.verdict,
		Causes: v.ranking(), Cluster: v.cluster(), Waits: v.waits(), Wants: v.wants(),
	}
	for _, row := range chart {
		p := row.Panel(v)
		p.Step, p.Title, p.Exits, p.Onward = row.Step, row.Title, v.exits(row, w), row.Else
		if why, around := w.around[row.Step]; around {
			p.State, p.Why, p.Reading = Skipped, why, skipReading(why)
			p.Badge, p.BadgeIs = "", NoSign
		}
		f.Steps = append(f.Steps, p)
	}
	f.Side = v.sidePanel(w.side)
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
	if last, tried := v.lastRetry(); tried && (last.Ended == nil || unfinished(last.Ended.Result)) {
		f.Offers = append(f.Offers, Offer{Kind: OfferResult, Step: StepRetry, Label: "record what came of it", Seq: last.Seq})
	}
	if why, unlocks, until := v.notNow(w); why != "" {
		f.Blocks = append(f.Blocks,
			Block{Guard: GuardRemoval, Step: StepSuppression, Why: why, Unlocks: unlocks, Until: until},
			Block{Guard: GuardRetry, Step: StepRetry, Why: why, Unlocks: unlocks, Until: until})
		return
	}
	removal := v.removalConditions()
	switch {
	case v.suppression() != listsHold:
		f.Blocks = append(f.Blocks, block(GuardRemoval, StepSuppression, removal, "There is no entry to remove."))
	case open(removal):
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
			Offer{Kind: OfferLookUp, Step: StepSuppression, Label: "record a look-up"})
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

// lastUndoable gives the last event that a person made, that still counts and
// that can be undone. The first bounce stays: without it there is no case.
func lastUndoable(log []Event) (uint64, Body) {
	dead, _ := undone(log)
	captured := 0
	for i, e := range log {
		if _, ok := e.Body.(BounceCaptured); ok && !dead[i] {
			captured++
		}
	}
	for i, e := range slices.Backward(log) {
		switch e.Body.(type) {
		case Undone, SiblingsSeen:
			continue
		case BounceCaptured:
			if captured < 2 {
				continue
			}
		}
		if !dead[i] && CanUndo(e.Body) && e.By != Program {
			return e.Seq, e.Body
		}
	}
	return 0, nil
}

// lastUndo gives the Undone that a redo takes back: the last one, as long as
// nothing new was decided since.
func lastUndo(log []Event) (uint64, Body) {
	dead, refused := undone(log)
	for i, e := range slices.Backward(log) {
		if dead[i] || !Decided(e.Body) {
			continue
		}
		u, ok := e.Body.(Undone)
		if !ok {
			return 0, nil
		}
		for _, r := range refused {
			if r.Seq == u.Seq {
				return 0, nil
			}
		}
		for _, t := range log {
			if t.Seq == u.Seq {
				if _, chain := t.Body.(Undone); chain {
					break // a redo: look further back for an undo
				}
				return e.Seq, t.Body
			}
		}
	}
	return 0, nil
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
	consider(v.r.RetryUntil.At)
	consider(v.facts.OldUntil())
	return at
}
