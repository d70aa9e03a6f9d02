package diagnose

import (
	"slices"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// listState is how the address stands at the sending platform.
type listState string

const (
	listsUnknown listState = "unknown" // not looked up
	listsUnsure  listState = "unsure"  // a list that could not be seen
	listsHold    listState = "hold"    // an entry stands
	listsClear   listState = "clear"
	listsSkipped listState = "skipped" // no platform in the path
)

// suppression sums up all look-ups and removals.
func (v *view) suppression() listState {
	if len(v.c.Lists) == 0 {
		if v.c.NoList != nil {
			return listsSkipped
		}
		return listsUnknown
	}
	state := listsClear
	for _, p := range v.c.Lists {
		for _, e := range p.Entries {
			switch {
			case e.Listed == IsListed && !v.removed(p, e.List):
				return listsHold
			case e.Listed == CannotTell:
				state = listsUnsure
			}
		}
	}
	return state
}

// removed reports whether the entry was removed after it was seen.
func (v *view) removed(p PlatformLists, list ListKind) bool {
	return slices.ContainsFunc(v.c.Removals, func(r Removal) bool {
		return r.Platform == p.Platform && r.List == list && !r.At.Before(p.At)
	})
}

// listed reports whether the entry of a removal stands, as far as is known.
func (v *view) listed(r RemovalRecorded) bool {
	return slices.ContainsFunc(v.c.Lists, func(p PlatformLists) bool {
		return p.Platform == r.Platform && slices.ContainsFunc(p.Entries, func(e ListEntry) bool {
			return e.List == r.List && e.Listed == IsListed && !v.removed(p, e.List)
		})
	})
}

// suppressionPanel shows what the platform holds, and the lock on removing it.
func (v *view) suppressionPanel() Panel {
	p := Panel{GoTo: StepRetry, State: Pending, Reading: "not looked up yet"}
	if !v.has {
		p.Reading = "after 1"
		return p
	}
	p.Sections = append(p.Sections, Section{Label: "platform", Findings: v.platformFindings()})
	for _, lists := range v.c.Lists {
		p.Sections = append(p.Sections, v.listTable(lists))
	}
	name := v.platform.or("the sending platform")
	if len(v.c.Lists) > 0 {
		name = safe.Of(v.c.Lists[0].Platform)
	}
	conditions := v.removalConditions()
	switch v.suppression() {
	case listsUnknown:
		p.Verdict = []safe.Text{safe.Textf("Not looked up. %s may hold this address and drop mail to it unsent.", capital(name))}
		p.So = "A removal before the cause is mended makes another permanent failure."
		p.Next = safe.Textf("Look the address up at %s and record each list; N if no platform is in the path.", name)
		p.Sections = append(p.Sections, Section{Label: "where", Findings: []Finding{{Key: "where", Claim: v.platform.lookUpWhere(), Source: "here"}}})
		if v.verdict.Kind == SendingPlatform {
			p.State, p.Reading = Active, "look it up"
		}
	case listsSkipped:
		p.State, p.Reading = Answered, "no platform"
		p.Verdict = []safe.Text{safe.Textf("No sending platform is in the path: %s.", v.c.NoList.Reason)}
		p.Next = "Go on to step 6."
	case listsClear:
		p.State, p.Reading = Answered, "on no list"
		p.Verdict = []safe.Text{safe.Textf("%s holds no entry for this address on the lists that were looked at.", capital(name))}
		p.Next = "Go on to step 6."
		if len(v.c.Removals) > 0 {
			p.Reading = safe.Textf("removed %s", v.clock(v.c.Removals[len(v.c.Removals)-1].At))
			p.Verdict = []safe.Text{safe.Textf("The entry at %s is recorded as removed. That alone sends nothing.", name)}
		}
	case listsUnsure:
		p.State, p.Reading, p.Badge, p.BadgeIs = Active, "could not tell", "cannot tell", Missing
		p.Verdict = []safe.Text{safe.Textf("%s could not tell about every list.", capital(name))}
		p.Next = "Look again, or ask the platform's support."
	case listsHold:
		p.Verdict = []safe.Text{safe.Textf("%s holds this address and drops mail to it unsent.", capital(name))}
		p.Sections = append(p.Sections, conditionSection("remove", conditions))
		if open(conditions) {
			p.State, p.Reading, p.Badge, p.BadgeIs = Active, "1 entry can go", "removal unlocked", Holds
			p.Next = safe.Textf("Remove the entry at %s, then record it here.", name)
			p.So = "Removing it sends nothing by itself. The other lists stay as they are."
		} else {
			b := block(GuardRemoval, StepSuppression, conditions, "")
			p.State, p.Reading, p.Badge, p.BadgeIs = Blocked, lockedBy(conditions, StepSuppression), "removal locked", Fails
			p.Sections = append(p.Sections, Section{Label: "unlocks", Findings: []Finding{{Key: "unlocks", Claim: sentence(b.Unlocks)}}})
			p.So = "Removed now, the next mail makes the same bounce again: a second permanent failure, and the entry comes back."
			p.Next = safe.Textf("Go back to %s.", v.firstLackStep(conditions))
			p.GoTo = v.firstLackOf(conditions)
		}
	}
	p.Copy, p.Audience = v.platformDraft(), v.platform.supportName()
	if p.State == Blocked {
		p.Copy, p.Audience = v.reminderDraft(), v.audience()
	}
	p.GoOn = true
	return p
}

func (v *view) firstLackOf(conditions []condition) Step {
	for _, c := range conditions {
		if c.Sign != Holds && c.from != "" {
			return c.from
		}
	}
	return StepRecipient
}

func (v *view) firstLackStep(conditions []condition) safe.Text {
	return safe.Textf("step %d", v.firstLackOf(conditions).Number())
}

func conditionSection(label safe.Text, conditions []condition) Section {
	s := Section{Label: label}
	for _, c := range conditions {
		f := c.Finding
		if c.Sign == Holds {
			f.Hint = ""
		}
		s.Findings = append(s.Findings, f)
	}
	return s
}

// listTable shows one look-up, a row a list.
func (v *view) listTable(p PlatformLists) Section {
	t := &Table{Head: []safe.Text{"list", "entry", "since, and why", "source", "at"}, Give: []int{4, 3}}
	source := safe.Of(lowerText(p.Platform))
	if p.Who != "" {
		source = p.Who.Safe()
	}
	for _, e := range p.Entries {
		cell := map[Listed]Cell{
			IsListed: {"yes", Attention}, NotListed: {"no", Holds}, CannotTell: {"cannot tell", Missing}, WasRemoved: {"removed", Holds},
		}[e.Listed]
		if e.Listed == IsListed && v.removed(p, e.List) {
			cell = Cell{"removed", Holds}
		}
		var since safe.Text
		if !e.Created.IsZero() {
			since = v.clock(e.Created)
		}
		since = joinNonEmpty("  ", since, e.Reason.Safe(), e.Note.Safe())
		t.Rows = append(t.Rows, []Cell{{Text: safe.Of(string(e.List))}, cell, {Text: since}, {Text: source}, {Text: v.clock(p.At)}})
	}
	return Section{Label: "lists", Table: t}
}

// retryPanel shows whether one test may go, or what came of it.
func (v *view) retryPanel() Panel {
	p := Panel{State: Blocked}
	if !v.has {
		p.State, p.Reading = Pending, "after 5"
		return p
	}
	conditions := v.retryConditions()
	p.Sections = append(p.Sections, conditionSection("ready", conditions))
	last, tried := v.lastRetry()
	spent := tried && v.permit() <= last.Seq
	switch {
	case tried && spent:
		v.retryStands(&p, last)
	case open(conditions):
		p.State, p.Reading, p.Badge, p.BadgeIs = Active, "1 permit, not spent", "1 permit", Holds
		p.Verdict = []safe.Text{"Everything that should be mended is. One test message may go."}
		p.So = "One attempt spends the permit, whatever the answer. A new permit needs a new confirmation on step 3."
		p.Next = "Take the permit, send one plain message by hand the way real mail goes, then record what came of it."
		p.Sections = append(p.Sections, v.testSection())
	default:
		b := block(GuardRetry, StepRetry, conditions, "")
		p.Reading = lockedBy(conditions, StepRetry)
		if !b.Until.IsZero() {
			p.State, p.Reading = Waiting, safe.Textf("until %s", v.clock(b.Until))
		}
		p.Badge, p.BadgeIs = "locked", Fails
		p.Verdict = []safe.Text{"Not yet. A retry before the cause is mended fails again and proves nothing."}
		p.Sections = append(p.Sections, Section{Label: "unlocks", Findings: []Finding{{Key: "unlocks", Claim: sentence(b.Unlocks)}}})
		p.So = "One test only, on the same stream, from the same sender, to the same recipient letter by letter."
		p.Next = safe.Textf("Go back to %s.", v.firstLackStep(conditions))
		p.GoTo = v.firstLackOf(conditions)
	}
	return p
}

// testSection says what the one test has to look like to prove anything.
func (v *view) testSection() Section {
	var s Section
	add := func(label, value safe.Text) {
		if value != "" {
			s.Fields = append(s.Fields, FieldLine{Label: label, Value: value})
		}
	}
	add("to", v.recipient())
	add("from", v.r.Sender.Value.Safe())
	add("subject", safe.Textf("Delivery test %s, please ignore", v.mark()))
	add("by", v.platform.or("the same server as the mail that bounced"))
	return s
}

// retryStands reads the result of the attempt that spent the permit.
func (v *view) retryStands(p *Panel, last Retry) {
	p.Badge, p.BadgeIs = "permit spent", Attention
	table := v.beforeAfter(last)
	p.Sections = append([]Section{{Label: "result", Table: &table}}, p.Sections...)
	switch v.retryResult() {
	case RetryDelivered:
		p.State, p.Reading = Answered, "delivered"
		p.Verdict = []safe.Text{"Delivered: the test was seen in the mailbox. The case is resolved."}
		p.Next = "Close the case."
	case RetryAccepted:
		p.State, p.Reading = Waiting, "accepted, not seen"
		p.Verdict = []safe.Text{"Accepted: the server took the test. That is not delivered yet.", "Somebody has to see it in the mailbox."}
		p.Copy, p.Audience = v.arrivedDraft(), "whoever can see the mailbox"
		p.Next = "Ask whether the test is in the mailbox or in junk, then record it."
	case RetrySame:
		p.State, p.Reading, p.Badge, p.BadgeIs = Answered, "same bounce", "stopped", Fails
		p.Verdict = []safe.Text{"The same refusal again. Stop: change no sender settings, send nothing more."}
		p.So = "What was said to be mended is not, or the answer came from memory."
		p.Next, p.Copy, p.Audience, p.GoTo = "Back to the administrator, with both refusals side by side.", v.stillBouncesDraft(last), v.audience(), StepRecipient
	case RetryDifferent:
		p.State, p.Reading = Active, "another bounce"
		p.Verdict = []safe.Text{"Another refusal than before. Something has changed."}
		p.Next = "Add the new bounce with a: the flow starts over with it."
	case RetryTemporary:
		p.State, p.Reading = Waiting, "temporary"
		p.Verdict = []safe.Text{"A temporary answer. The sending server tries again by itself."}
		p.Next = "Wait for its end result. Send nothing more by hand."
	default:
		p.State, p.Reading = Active, "outcome unknown"
		p.Verdict = []safe.Text{"The permit is spent, and what came of the test is not recorded."}
		p.So = "An unknown outcome counts as an attempt: nothing repeats itself."
		p.Next = "Record what came of it."
	}
}

func (v *view) beforeAfter(last Retry) Table {
	t := Table{Head: []safe.Text{"", "before", "after"}}
	row := func(name, before, after safe.Text) {
		sign := NoSign
		if before != after && after != "" {
			sign = Differs
		}
		t.Rows = append(t.Rows, []Cell{{Text: name}, {Text: before}, {Text: after, Sign: sign}})
	}
	result, at := safe.Text("not recorded"), safe.Text("")
	if last.Ended != nil {
		result = joinNonEmpty(": ", safe.Of(string(last.Ended.Result)), last.Ended.Reply.Safe())
		at = v.clock(last.EndAt)
	}
	row("reply", v.replyShort(), result)
	row("time", v.clock(v.b.Failed()), at)
	row("host", v.verdict.Host, "")
	return t
}

// sidePanel describes the side branch the case took.
func (v *view) sidePanel(side SideBranch) *Panel {
	p := Panel{State: Active}
	switch side {
	case SideNotABounce:
		p.Title, p.State, p.Reading = "Not a bounce", Answered, notABounceName(v.r.NotABounce)
		p.Verdict = []safe.Text{safe.Textf("This is no bounce: %s.", notABounceName(v.r.NotABounce)), v.r.Why}
		p.Next = "Nothing to ask anybody."
	case SideNoMail:
		p.Title, p.State, p.Reading = "Domain takes no mail", Answered, "takes no mail"
		p.Verdict = []safe.Text{safe.Textf("%s takes no mail.", safe.Of(v.domain))}
		p.Sections = []Section{{Label: "domain", Findings: v.domainFindings()}}
		p.So, p.Next = "No mailbox can exist there while DNS says so.", "Correct the address; if the domain is right, ask its owner about the MX."
	case SideWait:
		p.Title, p.State, p.Reading = "Wait", Waiting, "temporary"
		p.Verdict = []safe.Text{"Temporary. The sending server tries again by itself; nothing is to be removed or repeated."}
		p.Sections = []Section{{Label: "until", Findings: v.waitFindings()}}
		p.So = "A repeat counts only from the same address with the same envelope."
		p.Next = "Look again when the sending server has given up or delivered."
	case SideSenderRouting:
		p.Title, p.Reading = "Sender routing", "our own side"
		p.Verdict = []safe.Text{"The refusal is about our own side."}
		if v.reading.AboutSender {
			p.Verdict = []safe.Text{"The reply refuses our sender address, not the recipient."}
		}
		p.Sections = []Section{{Label: "check", Tasks: v.ownTasks()}, {Label: "sender", Findings: v.senderFindings()}}
		p.So, p.Next = "Nobody at the recipient's side can mend it.", "Hand the questions to our own mail team."
		p.Copy, p.Audience = v.ownDraft(), "our own mail team"
	case SideAuthentication:
		p.Title, p.Reading = "Sender authentication", v.shortReason()
		p.Verdict = []safe.Text{"The recipient is not in question. The reply is about the sender or the message."}
		p.Sections = []Section{{Label: "records", Findings: v.senderFindings()}}
		p.So, p.Next = "Step 3 and 4 are about the address; here the sender's records count.", "Compare SPF and DMARC with the server that sent; copy for our DNS operator."
		p.Copy, p.Audience = v.authDraft(), "our DNS operator"
	default:
		return nil
	}
	if side != SideWait && v.r.Permanence == bounce.Transient {
		p.So = safe.Textf("%s It is temporary so far.", p.So)
	}
	p.Raw = v.quote()
	return &p
}
