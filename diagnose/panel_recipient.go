package diagnose

import (
	"slices"

	"deadletter/diagnose/safe"
)

// recipientPanel shows the five questions and how they stand.
func (v *view) recipientPanel() Panel {
	p := Panel{GoTo: StepMX, Audience: v.audience(), Raw: nil}
	if drafts := v.recipientLetters(); len(drafts) > 0 {
		p.Copy, p.Also = &drafts[0], drafts[1:]
	}
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
	refused, again := v.refusedAgain()
	switch {
	case !v.has:
		p.State, p.Reading = Pending, "after 1"
		p.Sections, p.Copy, p.Also = nil, nil, nil
	case v.recipientAbsent():
		a, _ := v.answer(AskExactAddress)
		p.State, p.Reading = Answered, "does not exist"
		p.Verdict = []safe.Text{safe.Textf("%s says the address does not exist. Keep the suppression, correct our data.", a.Who)}
		p.Next, p.GoOn, p.GoTo = "Correct the address in our data, then close the case.", true, ""
	case again:
		p.State, p.Reading, p.Copy, p.GoTo = Active, "refused again", v.stillBouncesDraft(), ""
		p.Verdict = []safe.Text{safe.Textf("Confirmed, and the one retry at %s was refused all the same: that word no longer counts.", v.clock(refused.At))}
		p.Next = "Copy the letter with both refusals. A new yes to a question that was confirmed, given after the retry, gives a new permit."
		if slices.ContainsFunc(v.c.Copies, func(c Copied) bool {
			return (c.Step == StepRetry || c.Step == StepRecipient) && c.At.After(refused.At)
		}) {
			p.State, p.GoOn = Waiting, true
			p.Next = "Wait for the answer. A new yes to a question that was confirmed, given after the retry, gives a new permit."
		}
	case confirmed:
		p.State, p.Reading = Answered, "confirmed"
		p.Verdict = []safe.Text{"Confirmed: the address is accepted, and the route was checked."}
		p.Next, p.GoOn = "Go on to step 4.", true
	case v.consumer() && !v.addressInDoubt():
		p.State, p.Reading, p.Copy, p.Also = Active, "no administrator", nil, nil
		p.Verdict = []safe.Text{safe.Textf("%s is a consumer provider: there is no administrator to ask. This refusal says nothing about the address.", v.domain)}
		p.So, p.Next = "Keep the address.", "Settle step 2 first."
	case v.consumer():
		p.State, p.Reading, p.Copy, p.Also = Active, "no administrator", nil, nil
		p.Verdict = []safe.Text{safe.Textf("%s is a consumer provider: there is no administrator to ask, and no letter goes out.", v.domain)}
		p.So, p.Next = "Keep the suppression.", "Reach the person another way, and correct the address."
	case answered > 0 || copied || v.anyWorks():
		p.State, p.Reading = Waiting, safe.Textf("%d of 5 answered", answered)
		p.Badge = safe.Textf("%d of 5 answered", answered)
		p.Verdict = v.recipientStands(answered)
		p.Next = "Record each answer with y, n or o. Enter copies the questions and goes on to step 4."
		switch {
		case p.Copy == nil:
		case v.followUpDue() && p.Copy.Letter == letterNormalMail:
			p.Next = "Enter copies the letter that asks for the path of such a message. Record each answer with y, n or o."
		case v.followUpDue() && p.Copy.Letter == letterUserExists:
			p.Next = "Enter copies the letter that asks for both ticks, address and route. Record each answer with y, n or o."
		case copied:
			p.Next, p.GoOn = "Record each answer with y, n or o, as it comes. Meanwhile go on to step 4.", true
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

// refusedAgain gives the retry that met the same refusal again, as long as
// nobody gave a new word since.
func (v *view) refusedAgain() (Retry, bool) {
	last, tried := v.lastRetry()
	return last, tried && v.resultOf(last) == RetrySame && v.permit() <= last.Seq
}

// recipientStands says where the answers stand.
func (v *view) recipientStands(answered int) []safe.Text {
	if answered == 0 && !v.anyWorks() {
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
