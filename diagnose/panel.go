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
	add("recipient", r.Recipient, r.Recipient.Value.Safe())
	if r.OriginalRecipient.Known() && r.OriginalRecipient.Value != r.Recipient.Value {
		add("sent to", r.OriginalRecipient, r.OriginalRecipient.Value.Safe())
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

// rejectorPanel shows who said no, with what speaks for and against it.
func (v *view) rejectorPanel() Panel {
	p := Panel{State: Answered, GoTo: StepRecipient, Reading: v.rejectorReading(), Verdict: v.rejectorSays()}
	asking := false
	groups := []Section{{Label: "for"}, {Label: "against"}, {Label: "to know"}}
	for _, f := range v.verdict.Evidence {
		switch f.Sign {
		case Against:
			groups[1].Findings = append(groups[1].Findings, f)
		case For:
			groups[0].Findings = append(groups[0].Findings, f)
		case Asking:
			asking = true
			groups[0].Findings = append(groups[0].Findings, f)
		default:
			groups[2].Findings = append(groups[2].Findings, f)
		}
	}
	groups = append(groups, Section{Label: "missing", Findings: v.verdict.Missing})
	for _, g := range groups {
		if len(g.Findings) > 0 {
			p.Sections = append(p.Sections, g)
		}
	}
	if v.verdict.Kind == UnknownRejector && !asking {
		p.Sections = append(p.Sections, Section{Label: "sender", Findings: v.senderFindings()})
	}
	p.Sections = append(p.Sections, Section{Label: "causes", Findings: v.causeLines()})
	switch {
	case asking:
		p.State = Waiting
		p.Reading = "asking dns"
	case v.verdict.Kind == UnknownRejector:
		p.State, p.Badge, p.BadgeIs = Active, "cannot tell", Missing
	default:
		p.Badge, p.BadgeIs = safe.Textf("sure: %s", safe.Of(string(v.verdict.Confidence))), Holds
		if v.verdict.Confidence == Low {
			p.BadgeIs = Attention
		}
	}
	p.So, p.Next = v.rejectorSo(), v.rejectorNext()
	p.Raw = v.quote()
	switch v.verdict.Kind {
	case OwnMTA:
		p.Copy, p.Audience, p.GoTo = v.ownDraft(), "our own mail team", StepMX
	case SendingPlatform:
		p.Copy, p.Audience, p.GoTo = v.platformDraft(), v.platform.supportName(), StepSuppression
	default:
		p.Copy, p.Audience = v.recipientDraft(), v.audience()
	}
	if v.verdict.Kind == OwnMTA {
		if a, ok := v.answer(AskOwnRoute); ok {
			p.Sections = append([]Section{{Label: "answered", Findings: []Finding{{Key: "own_route", Sign: For, Claim: answerText(a), Source: a.Who.Safe(), At: a.When}}}}, p.Sections...)
		} else if _, asked := v.copied(StepRejector); asked {
			p.State = Waiting
		} else {
			p.State = Active
		}
		p.Sections = append(p.Sections, Section{Label: "ask", Tasks: v.ownTasks()})
	}
	return p
}

func (v *view) rejectorReading() safe.Text {
	switch v.verdict.Kind {
	case OwnMTA:
		return "our own mail server"
	case SendingPlatform:
		return safe.Textf("the platform, %s", v.platform.or("unnamed"))
	case Gateway:
		return safe.Textf("the filter, %s", v.hostOp.or(v.verdict.Host))
	case MailboxHost:
		if v.verdict.Confidence == Low {
			return "an MX of the domain"
		}
		return safe.Textf("mailbox host, %s", v.hostOp.or("its own"))
	}
	return "cannot tell"
}

func (v *view) rejectorSays() []safe.Text {
	switch v.verdict.Kind {
	case OwnMTA:
		return []safe.Text{"Our own side refused this address. The recipient's side was not asked."}
	case SendingPlatform:
		return []safe.Text{safe.Textf("%s dropped the message unsent. Nothing was asked of the recipient's side.", v.platform.or("The sending platform"))}
	case Gateway:
		says := []safe.Text{safe.Textf("The filter in front, %s, refused this address.", v.hostOp.or(v.verdict.Host))}
		if v.verdict.Decided.Kind == UnknownRejector || v.verdict.Decided.Kind == Gateway {
			says = append(says, safe.Textf("Nothing shows that %s behind it was asked.", v.store.or("the mailbox host")))
		} else {
			says = append(says, sentence(v.verdict.Decided.Claim))
		}
		return says
	case MailboxHost:
		if v.verdict.Confidence == Low {
			return []safe.Text{safe.Textf("%s, an MX of %s, refused it. It is taken for the mailbox host; it may be a filter.", v.verdict.Host, v.domain)}
		}
		return []safe.Text{safe.Textf("The mailbox host %s refused this address.", v.verdict.Host)}
	}
	switch {
	case v.r.NotABounce != "":
		return []safe.Text{"Nothing was refused."}
	case v.asking():
		return []safe.Text{"Asking DNS which system that host is."}
	case v.verdict.Host != "":
		return []safe.Text{safe.Textf("%s is said to have refused it. Cannot tell which system that is.", v.verdict.Host)}
	}
	return []safe.Text{"Cannot tell who refused it from what is here."}
}

func (v *view) rejectorSo() safe.Text {
	switch hop := v.firstHop(); {
	case v.verdict.Kind == OwnMTA || v.verdict.Kind == SendingPlatform:
	case hop != "":
		return safe.Textf("We wrote to an address at %s, which passed the mail on: its administrator can mend the forward or the list. Do not suppress our address.", hop)
	case v.restricted():
		return "Ask the administrator whether outsiders may write to it. Nothing has to be mended on the sender's side."
	case !v.saysUnknown() && (v.verdict.Kind == Gateway || v.verdict.Kind == MailboxHost):
		return "It refused for what step 1 says; that is no word on whether the address exists."
	}
	switch v.verdict.Kind {
	case OwnMTA:
		return "The fix is on our side. Do not write to the recipient's administrator."
	case SendingPlatform:
		return "The first bounce is the real evidence. Find it before anything is removed."
	case Gateway:
		return "The mailbox may well exist. A filter often keeps its own recipient list, and this address may be missing from it. Ask about that list first."
	case MailboxHost:
		return "The system that holds the mailboxes does not know the address. Ask whether it exists in exactly this form."
	}
	return "The questions can be asked all the same; the answer shows which system it was."
}

func (v *view) rejectorNext() safe.Text {
	switch v.verdict.Kind {
	case OwnMTA:
		return "Copy the questions for our own mail team."
	case SendingPlatform:
		return "Look the address up at the platform, step 5."
	}
	if v.consumer() && v.firstHop() == "" {
		return "Nobody to write to: reach the person another way."
	}
	switch v.verdict.Kind {
	case Gateway:
		next := safe.Textf("Send the five questions: at %s, to the administrator of %s first", v.domain, v.filter.or("the filter"))
		if v.store.known() {
			return safe.Textf("%s, of %s second.", next, v.store.name)
		}
		return next + "."
	case MailboxHost:
		return safe.Textf("Send the five questions to %s.", v.audience())
	}
	return "Add the whole bounce mail or the log line with a; or send the five questions now."
}

// audience names who gets the five questions.
func (v *view) audience() safe.Text {
	if hop := v.firstHop(); hop != "" {
		return safe.Textf("the mail administrator of %s, which passed it on", hop)
	}
	if v.filter.known() && v.gatewayInPath() {
		return safe.Textf("the %s administrator at %s", v.filter.name, v.domain)
	}
	if v.store.known() {
		return safe.Textf("the administrator of %s at %s", v.domain, v.store.name)
	}
	return safe.Textf("the mail administrator of %s", v.domain)
}

// causeLines shows the ranking in short.
func (v *view) causeLines() []Finding {
	var out []Finding
	for i, c := range v.ranking() {
		if i == maxCauses {
			break
		}
		out = append(out, Finding{Key: "cause_" + string(c.Kind), Claim: safe.Textf("%d %s", c.Rank, c.Name)})
	}
	return out
}

const maxCauses = 3

// recipientPanel shows the five questions and how they stand.
func (v *view) recipientPanel() Panel {
	p := Panel{GoTo: StepMX, Copy: v.recipientDraft(), Audience: v.audience(), Raw: nil}
	tasks := v.tasks()
	answered := 0
	for _, t := range tasks[:len(fiveQuestions)] {
		if t.State == Answered {
			answered++
		}
	}
	p.Sections = append(p.Sections, Section{Tasks: tasks}, Section{Label: "reach", Findings: v.contacts()})
	_, copied := v.copied(StepRejector, StepRecipient)
	confirmed := open(v.ownerConfirmed())
	switch {
	case !v.has:
		p.State, p.Reading = Pending, "after 1"
		p.Sections, p.Copy = nil, nil
	case v.recipientAbsent():
		a, _ := v.answer(AskExactAddress)
		p.State, p.Reading = Answered, "does not exist"
		p.Verdict = []safe.Text{safe.Textf("%s says the address does not exist. Keep the suppression, correct our data.", a.Who)}
		p.Next, p.GoOn, p.GoTo = "Correct the address in our data. The case ends here; X closes it with a reason.", true, ""
	case confirmed:
		p.State, p.Reading = Answered, "confirmed"
		p.Verdict = []safe.Text{"Confirmed: the address is accepted, and the route was checked."}
		p.Next, p.GoOn = "Go on to step 4.", true
	case v.consumer():
		p.State, p.Reading, p.Copy = Active, "no administrator", nil
		p.Verdict = []safe.Text{safe.Textf("%s is a consumer provider: there is no administrator to ask, and no letter goes out.", v.domain)}
		p.So, p.Next = "Keep the suppression.", "Reach the person another way, and correct the address."
	case answered > 0 || copied:
		p.State, p.Reading = Waiting, safe.Textf("%d of 5 answered", answered)
		p.Badge = safe.Textf("%d of 5 answered", answered)
		p.Verdict = v.recipientStands(answered)
		p.Next = "Record each answer with y, n or o. Enter copies the questions and goes on to step 4."
		if copied && p.Copy != nil {
			p.Next, p.GoOn = "Record each answer with y, n or o: who says it, and how they know. Meanwhile go on to step 4.", true
		}
	default:
		p.State, p.Reading, p.Badge = Active, "5 questions ready", "5 questions ready"
		p.Verdict = []safe.Text{safe.Textf("Nobody has been asked yet whether %s takes mail.", v.recipient())}
		p.Next = safe.Textf("Copy the questions for %s. Answers are recorded here.", v.audience())
		if v.verdict.Kind == UnknownRejector && v.asking() {
			p.State, p.Reading = Pending, "after 2"
		}
	}
	return p
}

// recipientStands says where the answers stand.
func (v *view) recipientStands(answered int) []safe.Text {
	if answered == 0 {
		return []safe.Text{"The questions were copied. No answer is recorded yet."}
	}
	if a, ok := v.settled(AskExactAddress); ok {
		open := safe.Text("Whether the domain and the route are right is still open.")
		if v.gatewayInPath() {
			open = safe.Textf("Whether %s knows it is still open.", v.filter.or("the filter"))
			if g, ok := v.answer(AskGatewaySync); ok && v.doubt(g) == "" && g.Value == No {
				open = safe.Textf("%s says no to question 3: the list of %s has to be mended first.", g.Who, v.filter.or("the filter"))
			}
		}
		return []safe.Text{safe.Textf("%s says the address exists. %s", a.Who, open)}
	}
	if a, ok := v.answer(AskExactAddress); ok && v.doubt(a) == "" && (a.Value == Disabled || a.Value == Full) {
		return []safe.Text{safe.Textf("%s says: %s. The mailbox has to be mended before anything is sent.", a.Who, answerText(a))}
	}
	if v.anyWorks() {
		return []safe.Text{"\"Normal mail works\" is no confirmation. Ask for the full headers of one such message."}
	}
	return []safe.Text{sentence(v.firstLack())}
}

func (v *view) firstLack() safe.Text {
	for _, c := range v.ownerConfirmed() {
		if c.Sign != Holds {
			if c.Hint != "" {
				return safe.Textf("%s: %s", c.Claim, c.Hint)
			}
			return c.Claim
		}
	}
	return ""
}

// contacts lists whom to reach, in the order that gets answers. The filter's
// vendor is never among them.
func (v *view) contacts() []Finding {
	out := []Finding{
		{Key: "known", Claim: "a contact you know, by phone", Source: "you"},
		{Key: "other", Claim: safe.Textf("a working address at %s, or their service provider", v.domain), Source: "you"},
		{Key: "postmaster", Claim: safe.Textf("postmaster@%s", v.domain), Hint: "address of record (RFC 5321 4.5.1); it may be refused too", Source: "here"},
	}
	if soa := v.soaContact(); soa != "" {
		out = append(out, Finding{Key: "soa", Claim: soa, Hint: "contact of the DNS zone", Source: "dns"})
	}
	return out
}
