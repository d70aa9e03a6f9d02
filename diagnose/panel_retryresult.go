package diagnose

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// retryStands reads the result of the last attempt.
func (v *view) retryStands(p *Panel, last Retry, conditions []condition) {
	p.Badge, p.BadgeIs = "permit spent", Attention
	table := v.beforeAfter(last)
	if _, said := v.arrivedSaid(last); said || last.open() && v.resultOf(last) == RetryAccepted {
		// Above the table: a question stays in sight, and the verdict with it.
		p.Sections = append(p.Sections, Section{Tasks: []Task{v.arrivedTask(last)}})
	}
	p.Sections = append(p.Sections, Section{Label: "result", Table: &table})
	if said := v.bothSaid(last); len(said) > 0 {
		p.Sections = append(p.Sections, Section{Label: "said", Findings: said})
	}
	again := slices.DeleteFunc(findings(conditions), func(f Finding) bool { return f.Sign == Holds })
	if len(again) > 0 && v.resultOf(last) != RetryDelivered {
		p.Sections = append(p.Sections, Section{Label: "again", Findings: again}) // what another one would need
	}
	if b, perhaps := v.mayHaveComeBack(last); perhaps {
		p.Sections = append(p.Sections, Section{Label: "perhaps", Findings: []Finding{{
			Key: "returned", Sign: Attention, Source: "here", At: b.Failed(),
			Claim: safe.Textf("the bounce of %s came after the test and names no other message", v.clock(b.Failed())), Hint: "say whether it is the result of the test",
		}}})
	}
	switch v.resultOf(last) {
	case RetryDelivered:
		p.State, p.Reading, p.Badge, p.BadgeIs = Answered, "delivered", "resolved", Holds
		p.Verdict = []safe.Text{"Delivered: the test was seen in the mailbox. The case is resolved."}
		p.Next = "Close the case."
	case RetryAccepted:
		p.State, p.Reading = Waiting, "accepted, not seen"
		p.Verdict = []safe.Text{"Accepted: the server took the test. That is not delivered yet.", "Somebody has to see it in the mailbox."}
		p.Copy, p.Audience = v.arrivedDraft(), "whoever can see the mailbox"
		p.Next = "Ask whether the test is in the mailbox or in junk, then record what they say."
	case RetrySame:
		p.State, p.Reading, p.Badge, p.BadgeIs = Answered, "same bounce", "stopped", Fails
		p.Verdict = []safe.Text{"The same refusal again. Stop: change no sender settings, send nothing more."}
		p.So = "What was said to be mended is not, or the answer came from memory."
		p.Next, p.Copy, p.Audience, p.GoTo = "Back to the administrator, with both refusals side by side.", v.stillBouncesDraft(), v.audience(), StepRecipient
	case RetryDifferent:
		p.State, p.Reading = Active, "another bounce"
		p.Verdict = []safe.Text{"Another refusal than before. Something has changed."}
		p.Next = "Add the new bounce with a: the flow starts over with it."
		if v.b.Seq > last.Seq {
			p.State, p.Next, p.GoTo = Blocked, "The flow has started over with it: go to step 1.", StepCapture
		}
	case RetryTemporary:
		p.State, p.Reading = Waiting, "temporary"
		p.Verdict = []safe.Text{"A temporary answer. The sending server tries again by itself."}
		p.Next = "Wait for its end result. Send nothing more by hand."
	case RetryOurs:
		p.State, p.Reading = Active, "stopped on our side"
		p.Verdict = []safe.Text{"Our own side kept it from being answered. It says nothing of the recipient."}
	case RetryInconclusive:
		p.State, p.Reading = Active, "no answer"
		p.Verdict = []safe.Text{"The attempt came to no answer about the recipient."}
	default:
		p.State, p.Reading = Active, "outcome unknown"
		p.Verdict = []safe.Text{"The permit is spent, and what came of the test is not recorded."}
		p.So = "An unknown outcome counts as an attempt: nothing repeats itself."
		p.Next = "Record what came of it."
	}
	v.attemptSays(p, last)
	if a, said := v.arrivedSaid(last); said && !confirming(a.Value) && v.resultOf(last) == RetryAccepted {
		p.Reading, p.Next = "not seen", "Ask the administrator for a trace of the test: by sender, recipient and time."
	}
}

// arrivedSaid gives what was said of the test of an attempt; of an earlier one
// does not count.
func (v *view) arrivedSaid(last Retry) (Recorded, bool) {
	a, said := v.answer(AskArrived)
	return a, said && !a.When.Before(last.At.Truncate(time.Minute))
}

// arrivedTask asks whether somebody has seen the test of an attempt.
func (v *view) arrivedTask(last Retry) Task {
	t := Task{
		ID: AskArrived, Name: "Arrived", State: Pending, Question: "Is the test in the mailbox, or in junk?",
		Where: safe.Textf("sent %s; its subject begins with \"Delivery test %s\"", v.clock(last.At), v.mark()),
	}
	if _, said := v.arrivedSaid(last); said {
		v.settle(&t)
		return t
	}
	for _, c := range v.c.Copies {
		if c.Step == StepRetry && c.At.After(last.At) {
			t.State, t.At = Waiting, c.At
		}
	}
	for _, a := range v.c.Asked {
		if slices.Contains(a.Questions, t.ID) && a.At.After(last.At) {
			t.State, t.Who, t.At = Waiting, safe.Of(string(a.Who)), a.At
		}
	}
	return t
}

// attemptSays puts the words of the table for the conversation that was had in
// the place of those for what a person recorded. A bounce that came back says more.
func (v *view) attemptSays(p *Panel, last Retry) {
	if last.Ended == nil || last.Ended.Attempt == nil {
		return
	}
	a := last.Ended.Attempt
	if len(a.Lines) > 0 {
		p.Raw = a.quote()
	}
	if t := a.TLS; t != nil {
		p.Sections = append(p.Sections, Section{Label: "tls", Findings: []Finding{t.finding(a)}})
	}
	m := a.Meaning(v.triedFor(last).Report)
	if _, back := v.cameBack(last); back || v.resultOf(last) != m.Result {
		return // more became known than the conversation tells
	}
	says := []safe.Text{m.Says}
	if m.Result == RetrySame {
		says = append(p.Verdict, m.Says) // that it is the same comes first
	}
	p.Verdict, p.Next = says, m.Next
	if v.suppression() == listsSkipped {
		p.Next = safe.Of(strings.TrimSuffix(string(p.Next), " Keep the suppression."))
	}
	if m.Step != StepRetry {
		p.GoTo = m.Step
	}
	if last.Way == RetryProbe && m.Result == RetryAccepted {
		p.State, p.Reading, p.Copy, p.Audience = Active, "RCPT accepted", nil, ""
	}
	if last.leaves() {
		p.Badge, p.BadgeIs = "permit left", Attention
	}
}

// finding says how a conversation was encrypted. A mail host whose certificate
// is not proved is no fault by itself (RFC 7435): only a policy of its domain asks
// for one.
func (t TLSSeen) finding(a *Attempt) Finding {
	f := Finding{Key: "tls", Source: safe.Domain(a.Host), At: a.Ended, Sign: Holds, Claim: safe.Textf("%s, %s; the certificate is that of %s", t.Version, t.Cipher, safe.Domain(a.Host))}
	if !t.Verified {
		f.Sign, f.Claim = NoSign, safe.Textf("%s, %s; the certificate does not show that it is %s", t.Version, t.Cipher, safe.Domain(a.Host))
		f.Hint = t.Why.Safe()
	}
	return f
}

// maxQuoted bounds how many lines of a conversation a panel shows, from its end.
const maxQuoted = 24

// quote gives the conversation as it is shown.
func (a Attempt) quote() *Quote {
	q := &Quote{Source: safe.Of(a.Host), At: a.Ended}
	for _, l := range a.Lines[max(0, len(a.Lines)-maxQuoted):] {
		arrow := safe.Text("<- ")
		if l.Ours {
			arrow = "-> "
		}
		q.Lines = append(q.Lines, arrow+l.Text.Safe())
	}
	return q
}

// bothSaid gives the whole texts of what was refused before and after: a table
// has no room for them.
func (v *view) bothSaid(last Retry) []Finding {
	old, now := v.triedFor(last), v.tested(last)
	switch now.result {
	case RetrySame, RetryDifferent, RetryTemporary:
	default:
		return nil
	}
	before := saidIn(old.Report)
	if now.reply == "" || before == "" {
		return nil
	}
	after := Finding{Key: "said_after", Claim: safe.Textf("after: \"%s\"", now.reply), Source: safe.Domain(now.host), At: now.at}
	if now.byBounce {
		after.Source = "bounce"
	}
	return []Finding{{Key: "said_before", Claim: safe.Textf("before: \"%s\"", before), Source: "bounce", At: old.Failed()}, after}
}

// beforeAfter puts the bounce and the attempt that was made for it side by side.
func (v *view) beforeAfter(last Retry) Table {
	t := Table{Head: []safe.Text{"", "before: the bounce", "after: the one retry"}}
	old, now := v.triedFor(last), v.tested(last)
	row := func(name safe.Text, before Cell, after safe.Text, sign Sign) {
		switch {
		case after == "":
			after, sign = "not known", Missing
		case after == before.Text:
			after, sign = "the same", NoSign
		case sign == NoSign && before.Text != "":
			sign = Differs
		}
		if before.Text == "" {
			before = Cell{"not in the bounce", Missing}
		}
		t.Rows = append(t.Rows, []Cell{{Text: name}, before, {Text: after, Sign: sign}})
	}
	said := joinNonEmpty(" ", old.Report.ReplyCode.Value.Safe(), old.Report.EnhancedCode.Value.Safe())
	if said == "" {
		said = old.Report.Diagnostic.Value.Safe()
	}
	row("reply", Cell{said, Fails}, v.resultText(now), resultSign(now.result))
	if now.at.IsZero() {
		row("time", Cell{Text: v.clock(old.Failed())}, "", NoSign)
	} else {
		row("time", Cell{Text: v.clock(old.Failed())}, v.clock(now.at), NoSign)
	}
	host := hostName(old.Report.RemoteMTA.Value)
	row("host", Cell{Text: safe.Of(host)}, safe.Of(now.host), NoSign)
	row("address", Cell{Text: addressText(old.Report)}, now.addr, NoSign)
	if was, is := v.operatorOf(host), v.operatorOf(now.host); was != "" || is != "" { // no bounce tells who runs a host
		row("run by", Cell{Text: cmp.Or(was, "not known")}, is, NoSign)
	}
	row("sent by", Cell{Text: joinNonEmpty(" ", old.Report.ReportingMTA.Value.Safe(), old.Report.SendingAddress.Value.Safe())}, now.sent, NoSign)
	row("MX", Cell{Text: v.mxAt(time.Time{})}, v.mxAt(last.At), NoSign)
	t.Rows = append(t.Rows, []Cell{{Text: "list"}, listCell(v.listSaid(false), Fails), listCell(v.listSaid(true), Holds)})
	return t
}

func listCell(said safe.Text, sign Sign) Cell {
	if said == "" {
		return Cell{"nobody said", Missing}
	}
	return Cell{said, sign}
}

func resultSign(r RetryResult) Sign {
	switch r {
	case RetryAccepted, RetryDelivered:
		return Holds
	case RetrySame:
		return Fails
	case RetryDifferent:
		return Differs
	case RetryTemporary, RetryOurs:
		return Attention
	}
	return Missing
}

// resultText words a result with the reply that it stands on.
func (v *view) resultText(t tested) safe.Text {
	name := map[RetryResult]safe.Text{
		RetryAccepted: "accepted", RetryDelivered: "delivered", RetrySame: "same", RetryDifferent: "different",
		RetryTemporary: "temporary", RetryOurs: "our side", RetryInconclusive: "no answer about it", RetryUnknown: "not recorded",
	}[t.result]
	return joinNonEmpty(": ", name, t.reply)
}

func addressText(r bounce.Report) safe.Text {
	if a := address(r.RemoteAddress.Value); a.IsValid() {
		return safe.Of(a.String())
	}
	return ""
}

// mxAt words the MX as it was known at a time; the zero time is when it was
// first seen.
func (v *view) mxAt(at time.Time) safe.Text {
	var seen safe.Text
	for _, r := range v.c.Rounds {
		for _, a := range r.Answers {
			if a.Question != v.facts.MX.From || !a.Outcome.Answered() {
				continue
			}
			if seen != "" && (at.IsZero() || r.At.After(at)) {
				return seen
			}
			seen = listed(mxNames(a), 2)
		}
	}
	return seen
}

// listSaid words the last answer about the address or the filter's list that
// said yes, or that did not.
func (v *view) listSaid(yes bool) safe.Text {
	for _, a := range slices.Backward(v.c.Answers) {
		if (a.Question == AskGatewaySync || a.Question == AskExactAddress) && confirming(a.Value) == yes {
			return safe.Textf("%s, says %s", answerText(a), a.Who)
		}
	}
	return ""
}

// resultOffers lets a person say what came of the last attempt, as long as
// something can become known.
func (v *view) resultOffers() []Offer {
	last, tried := v.lastRetry()
	if !tried || !last.open() || v.resultOf(last) == RetryDelivered {
		return nil
	}
	if _, back := v.cameBack(last); back {
		return nil
	}
	out := []Offer{{Kind: OfferResult, Step: StepRetry, Label: "record what came of it", Seq: last.Seq}}
	if b, perhaps := v.mayHaveComeBack(last); perhaps {
		out = append(out, Offer{Kind: OfferReturned, Step: StepRetry, Label: safe.Textf("take the bounce of %s for the result", v.clock(b.Failed())), Seq: b.Seq})
	}
	return out
}
