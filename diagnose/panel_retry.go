package diagnose

import (
	"strings"

	"deadletter/diagnose/safe"
)

// retryPanel shows whether one test may go, or what came of it.
func (v *view) retryPanel() Panel {
	p := Panel{State: Blocked}
	if !v.has {
		p.State, p.Reading = Pending, "after 5"
		return p
	}
	conditions := v.retryConditions()
	last, tried := v.lastRetry()
	left := v.leaving()
	switch {
	case tried && v.permitUnspent().Sign != Holds:
		v.retryStands(&p, last, conditions)
	case tried && len(left) > 0 && open(conditions):
		v.retryStands(&p, last, conditions)
		v.retryReady(&p, left)
	case open(conditions):
		p.Sections = append(p.Sections, conditionSection("ready", conditions))
		v.retryReady(&p, nil)
	default:
		p.Sections = append(p.Sections, conditionSection("ready", conditions))
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

// retryReady says what may go now, by which ways, and what each proves. left
// are the attempts that the permit already gave.
func (v *view) retryReady(p *Panel, left []Retry) {
	p.State, p.BadgeIs = Active, Holds
	p.Sections = append(p.Sections, Section{Label: "way", Table: v.waysTable()}, v.testSection())
	p.So = "One message spends the permit, whatever the answer. A new permit needs a new confirmation on step 3."
	if len(left) == 0 {
		p.Reading, p.Badge = "1 permit, not spent", "1 permit"
		p.Verdict = []safe.Text{"Everything that should be mended is. One test message may go."}
		p.Next = "Choose the way; what leaves is shown before it goes. By hand: take the permit, send one plain message the way real mail goes, then record what came of it."
		return
	}
	p.Reading, p.Badge = "permit left", "1 permit left"
	p.Next = safe.Textf("Send the one message, or from %s ask once more.", v.clock(left[len(left)-1].repeatFrom()))
}

// waysTable lists the ways of the one test, the best first.
func (v *view) waysTable() *Table {
	t := &Table{Head: []safe.Text{"", "way", "it proves"}}
	row := func(n, way, proves safe.Text, now condition) {
		tells := Cell{Text: proves}
		switch {
		case !now.until.IsZero():
			tells = Cell{Text: safe.Textf("not before %s", v.clock(now.until)), Sign: Attention}
		case now.Sign != Holds:
			tells = Cell{Text: now.Claim, Sign: Fails}
		}
		t.Rows = append(t.Rows, []Cell{{Text: n}, {Text: way}, tells})
	}
	message := v.provedForMessage()
	if message.Sign == Holds {
		message = v.notTooSoon(RetryMessage)
	}
	row("1", safe.Textf("one message through %s", v.platform.or("our own relay")), "the path that real mail takes", message)
	row("2", "RCPT only, no mail", safe.Textf("the answer of %s, and no mailbox", v.probeTarget()), v.notTooSoon(RetryProbe))
	row("3", "by hand", "what you send; then record the answer", condition{Finding: Finding{Sign: Holds}})
	return t
}

// probeTarget names what a probe would ask.
func (v *view) probeTarget() safe.Text {
	if hosts := v.probeHosts(); len(hosts) > 0 {
		return safe.Domain(hosts[0].Host)
	}
	return "one MX host"
}

// testSection says what the one test has to look like to prove anything.
func (v *view) testSection() Section {
	var s Section
	add := func(label, value safe.Text) {
		if value != "" {
			s.Fields = append(s.Fields, FieldLine{Label: label, Value: value})
		}
	}
	add("to", safe.Textf("%s, nobody else", v.recipient()))
	add("from", v.bouncedSender().Safe())
	add("subject", safe.Of(TestMessage{Mark: string(v.mark()), For: v.confirmedBy()}.Subject()))
	add("by", joinNonEmpty(", then ", v.platform.or("the same server as the mail that bounced"), v.probeTarget()))
	return s
}

// Words gives what we would say, a line each, the message byte for byte as it
// is planned, with what a terminal would obey made visible. [RetryPlan.Beside]
// tells what else is said.
func (p RetryPlan) Words() []safe.Text {
	out := []safe.Text{
		safe.Textf("EHLO %s", p.Target.EHLO), safe.Textf("MAIL FROM:<%s>", p.Target.From), safe.Textf("RCPT TO:<%s>", p.To),
	}
	if p.Message == nil {
		return append(out, "QUIT")
	}
	text, err := p.Message.Bytes()
	if err != nil {
		return nil // no plan is made of it
	}
	out = append(out, "DATA")
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\r\n"), "\r\n") {
		out = append(out, safe.Of(line))
	}
	return append(out, ".", "QUIT")
}

// Beside tells what is said beside the words: it goes by what the server offers.
func (p RetryPlan) Beside() safe.Text {
	if p.Message == nil {
		return "Beside that: STARTTLS and EHLO again where it is offered, SMTPUTF8 where the address needs it."
	}
	return "Beside that: STARTTLS and the login as the relay is set up; with MAIL and RCPT, where they are offered, SIZE, SMTPUTF8, and of DSN: RET, ENVID, NOTIFY=FAILURE,DELAY, ORCPT."
}

// says words the plan for whoever consents: what leaves, from where, to where,
// what it proves and what it costs.
func (p RetryPlan) says(v *view) []FieldLine {
	from := p.Target.From.Safe()
	if p.Target.NullSender {
		from = "<>, the null sender; some hosts refuse it for that alone"
	}
	leaves, proves := safe.Text("One question, no mail: EHLO, MAIL, RCPT, QUIT."), safe.Textf("The answer of %s now. A yes is no proof of a mailbox.", safe.Domain(p.Target.Host))
	permit := safe.Textf("A yes or a temporary answer leaves the permit for one message, or for one repeat after %s. A refusal or no answer spends it.", duration(RepeatAfter))
	by := safe.Textf("%s, address %s", safe.Domain(p.Target.Host), p.Target.Addr)
	lines := []FieldLine{}
	if p.Message != nil {
		leaves = safe.Textf("One plain message, %d bytes, with this case's mark in it.", p.Size)
		proves = "The path that real mail takes. Taken is not delivered: somebody has to see it."
		permit = "One message spends it, whatever the answer. A new permit needs a new confirmation on step 3."
		by = safe.Textf("%s, address %s", p.Target.relay(), p.Target.Addr)
		lines = append(lines, FieldLine{Label: "subject", Value: safe.Of(p.Message.Subject())})
	}
	lines = append([]FieldLine{
		{Label: "leaves", Value: leaves},
		{Label: "from", Value: from},
		{Label: "to", Value: safe.Textf("%s, nobody else", p.To)},
	}, lines...)
	return append(lines,
		FieldLine{Label: "by", Value: by},
		FieldLine{Label: "we say", Value: safe.Textf("EHLO %s", p.Target.EHLO)},
		FieldLine{Label: "proves", Value: proves},
		FieldLine{Label: "permit", Value: permit},
	)
}
