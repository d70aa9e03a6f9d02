package diagnose

import "deadletter/diagnose/safe"

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
		p.Next, p.Copy, p.Audience, p.GoTo = "Back to the administrator, with both refusals side by side.", v.stillBouncesDraft(), v.audience(), StepRecipient
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
