package diagnose

import (
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// capturePanel shows what the bounce says, and what it does not hold.
func (v *view) capturePanel() Panel {
	if !v.has {
		return Panel{State: Active, Reading: "no bounce yet", Verdict: []safe.Text{"No bounce yet."},
			Next: "Paste one, or start with a file: deadletter bounce.eml"}
	}
	p := Panel{State: Answered, Reading: v.shortReason(), GoTo: StepRejector}
	if v.r.NotABounce != "" {
		p.Reading = notABounceName(v.r.NotABounce)
		p.Verdict = []safe.Text{safe.Textf("This is no bounce: %s.", notABounceName(v.r.NotABounce)), v.r.Why}
		p.Sections = append(p.Sections, v.bounceFields())
		p.Next = "Close the case, or add the bounce itself."
		p.Raw = v.quote()
		return p
	}
	p.Verdict = v.captureVerdict()
	if n := len(v.r.Missing); n > 0 {
		p.Badge, p.BadgeIs = safe.Textf("%d missing", n), Missing
	}
	p.Sections = append(p.Sections, v.bounceFields())
	if s, ok := v.missingSection(); ok {
		p.Sections = append(p.Sections, s)
	}
	if s, ok := v.noticedSection(); ok {
		p.Sections = append(p.Sections, s)
	}
	p.Sections = append(p.Sections, Section{Label: "domain", Findings: v.domainFindings()})
	p.So = v.captureSo()
	p.Next = v.captureNext()
	p.Raw = v.quote()
	return p
}

func (v *view) captureVerdict() []safe.Text {
	out := []safe.Text{sentence(v.wordingSays())}
	switch v.r.Permanence {
	case bounce.Permanent:
		out[0] = safe.Textf("%s Permanent: do not resend.", out[0])
	case bounce.Transient:
		out[0] = safe.Textf("%s Temporary: the sending server tries again by itself.", out[0])
	default:
		out = append(out, "Whether it is permanent, the reply does not say.")
	}
	return out
}

func (v *view) captureSo() safe.Text {
	switch v.branch() {
	case BranchRecipient:
		if v.hidesWhich() {
			return "The text hides on purpose whether the group is missing or closed: both are asked. The sender's records play no part."
		}
		if v.restricted() {
			return "The recipient exists and is closed to senders from outside. That is set in its directory, not in the sender's records."
		}
		return "A recipient directory question. SPF, DKIM and DMARC played no part."
	case BranchMailbox:
		return "The mailbox is known; it cannot take the message now."
	case BranchRoute:
		return "A question of host and route, often on our own side or in DNS."
	case BranchPolicy:
		return "The recipient is not in question. The reply is about the sender or the message."
	case BranchWait:
		return "Nothing is refused for good. A temporary reply never leads to a removal or a retry."
	}
	if v.r.Reason == reply.Suppressed {
		return "Nothing was attempted this time. The first bounce, which put the address on the list, is the real evidence."
	}
	return "The reply does not say enough. A code alone settles nothing."
}

func (v *view) captureNext() safe.Text {
	switch {
	case len(v.r.Missing) > 0 && !v.r.RemoteMTA.Known() && v.branch() == BranchRecipient:
		return "See who refused it. The whole bounce mail would say more; a adds it."
	case len(v.r.Missing) > 0:
		return "See who refused it. The gaps can be filled later with a."
	}
	return "See who refused it."
}

// bounceFields lists what was read, with where it stands.
func (v *view) bounceFields() Section {
	var s Section
	add := func(label safe.Text, f bounce.Field, value safe.Text) {
		if f.Known() {
			s.Fields = append(s.Fields, FieldLine{Label: label, Value: value, Source: v.line(f), Strong: label == "recipient"})
		}
	}
	r := v.r
	add("recipient", r.Recipient, shownAddress(r.Recipient.Value))
	if r.OriginalRecipient.Known() && r.OriginalRecipient.Value != r.Recipient.Value {
		add("sent to", r.OriginalRecipient, shownAddress(r.OriginalRecipient.Value))
	}
	if reply := v.replyShort(); reply != "" {
		s.Fields = append(s.Fields, FieldLine{Label: "reply", Value: reply, Source: v.line(r.Diagnostic)})
	}
	add("said by", r.RemoteMTA, joinNonEmpty(" ", r.RemoteMTA.Value.Safe(), bracketed(r.RemoteAddress.Value.Safe())))
	if !r.RemoteMTA.Known() {
		add("said by", r.RemoteAddress, r.RemoteAddress.Value.Safe())
	}
	told := joinNonEmpty(", ", v.platformOrSource(), r.ReportingMTA.Value.Safe())
	switch {
	case r.ReportingMTA.Known():
		add("told by", r.ReportingMTA, told)
	case r.Source.Known():
		add("told by", r.Source, told)
	}
	add("command", r.Command, r.Command.Value.Safe())
	if !r.FailedAt.At.IsZero() {
		s.Fields = append(s.Fields, FieldLine{Label: "time", Value: longTime(r.FailedAt.At), Source: v.line(r.FailedAt.Field)})
	}
	add("sender", r.Sender, r.Sender.Value.Safe())
	add("message ID", r.MessageID, r.MessageID.Value.Safe())
	add("subject", r.Subject, r.Subject.Value.Safe())
	if !r.RetryUntil.At.IsZero() {
		s.Fields = append(s.Fields, FieldLine{Label: "tries until", Value: longTime(r.RetryUntil.At), Source: v.line(r.RetryUntil.Field)})
	}
	return s
}

func (v *view) missingSection() (Section, bool) {
	s := Section{Label: "missing"}
	for _, m := range v.r.Missing {
		s.Findings = append(s.Findings, Finding{Key: "missing_" + m.Field, Sign: Missing, Claim: m.What, Hint: m.Where})
	}
	return s, len(s.Findings) > 0
}

// noticedSection shows contradictions and limits of the bounce, and how far it
// is genuine.
func (v *view) noticedSection() (Section, bool) {
	s := Section{Label: "noticed"}
	for i, f := range v.r.Findings {
		if i == maxNoticed {
			s.Findings = append(s.Findings, Finding{Key: "noticed_more", Sign: Attention, Claim: safe.Textf("%d more", len(v.r.Findings)-i)})
			break
		}
		sign := Attention
		if f.Kind == bounce.Contradiction {
			sign = Differs
		}
		finding := Finding{Key: "noticed_" + string(f.Kind), Sign: sign, Claim: f.Claim}
		if f.Line > 0 {
			finding.Source = safe.Textf("bounce:%d", f.Line)
		}
		s.Findings = append(s.Findings, finding)
	}
	if v.r.Genuine == bounce.Unproved {
		f := Finding{Key: "genuine", Sign: Attention, Claim: "unproved: nothing shows that it answers mail of ours", Source: "here"}
		if len(v.r.GenuineReasons) > 0 {
			f.Hint = v.r.GenuineReasons[0]
		}
		s.Findings = append(s.Findings, f)
	}
	return s, len(s.Findings) > 0
}

const maxNoticed = 6
