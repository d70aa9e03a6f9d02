package diagnose

import (
	"slices"

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

// retryDifferent holds until the other bounce is captured: then the flow has
// started over with it.
func (v *view) retryDifferent() bool {
	last, tried := v.lastRetry()
	return tried && v.resultOf(last) == RetryDifferent && v.b.Seq < last.Seq
}

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
	for _, p := range v.allLists() {
		for _, e := range p.Entries {
			if e.Listed == IsListed && stays(e.List) {
				return true
			}
		}
	}
	return false
}

func closedAs(o Outcome) func(*view) bool {
	return func(v *view) bool { return v.c.Closing != nil && v.c.Closing.Outcome == o }
}
