package diagnose

import "deadletter/diagnose/safe"

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
		p.Sections = append(p.Sections, v.scorecardOr("sender"))
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
		p.Copy, p.Audience = v.five(), v.audience()
		if d := v.theirs(); d != nil && p.Copy != nil {
			p.Also = []Draft{*d}
		}
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
	v.seenAsk(&p)
	return p
}

func (v *view) rejectorReading() safe.Text {
	switch v.verdict.Kind {
	case OwnMTA:
		return "our own mail server"
	case SendingPlatform:
		return safe.Textf("the platform, %s", v.platform.or("unnamed"))
	case Gateway:
		return safe.Textf("the filter, %s", v.filterSpoke())
	case MailboxHost:
		if v.verdict.Host == "" {
			return safe.Textf("by its words, %s", v.verdict.Operator)
		}
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
		says := []safe.Text{safe.Textf("The filter in front, %s, refused this address.", v.filterSpoke())}
		if v.verdict.Decided.Kind == UnknownRejector || v.verdict.Decided.Kind == Gateway {
			says = append(says, safe.Textf("Nothing shows that %s behind it was asked.", v.store.or("the mailbox host")))
		} else {
			says = append(says, sentence(v.verdict.Decided.Claim))
		}
		return says
	case MailboxHost:
		if v.verdict.Host == "" {
			return []safe.Text{safe.Textf("The words are those of %s; which host spoke is not named.", v.verdict.Operator)}
		}
		if v.verdict.Confidence == Low {
			if v.verdict.Host == "" {
				return []safe.Text{"By its words the recipient's mailbox host refused it; nothing names the host."}
			}
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

// filterSpoke names the filter that spoke: by who runs the host, else by the
// host, else by whose words they are.
func (v *view) filterSpoke() safe.Text {
	if v.verdict.Host == "" {
		return v.hostOp.or(v.verdict.Operator)
	}
	return v.hostOp.or(v.verdict.Host)
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
		next := safe.Textf("Send the five questions to %s: for %s first", v.domain, v.filter.or("the filter"))
		if v.store.known() {
			return safe.Textf("%s, for %s second.", next, v.store.name)
		}
		return next + "."
	case MailboxHost:
		return safe.Textf("Send the five questions to %s.", v.audience())
	}
	_, outside := hostOutsideMX(v)
	if s, ok := v.seenCounting(); ok && outside {
		if s.kind == seenAgrees {
			return safe.Textf("Ask our own mail team for a transport map or relay host: DNS on %s is right.", s.place)
		}
		return safe.Textf("Ask our own mail team about DNS on %s: panel 4 compares it.", s.place)
	}
	if outside && v.reporterOurs() != "" {
		return "Ask our own mail team which way it took: a transport map, or DNS as the sending server sees it; a takes what dig says there."
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
