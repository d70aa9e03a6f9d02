package diagnose

import (
	"slices"

	"deadletter/diagnose/letters"
	"deadletter/diagnose/safe"
)

// The letters, by the name of their text.
const (
	letterRecipient    = "recipient"
	letterGateway      = "gateway"
	letterReminder     = "reminder"
	letterNormalMail   = "normal-mail-works"
	letterUserExists   = "user-exists"
	letterStillRefused = "still-refused"
	letterArrived      = "arrived"
	letterOwn          = "own"
	letterOwnSender    = "own-sender"
	letterOwnDNS       = "own-dns"
	letterPlatform     = "platform"
	letterDNS          = "dns"
	letterAuth         = "authentication"
)

// inside are the letters that stay on our own side, so that they may name hosts
// that nobody outside needs to know.
var inside = []string{letterOwn, letterOwnSender, letterOwnDNS, letterAuth}

// asksFive are the five questions in their order.
var asksFive = []QuestionID{AskExactAddress, AskAcceptedDomain, AskGatewaySync, AskRouteTarget, AskCacheClear}

// write makes a draft of a text. Where the letter gets too long with all that
// is known of the consoles, the questions asked last lose theirs first.
func (v *view) write(name string, d Draft) *Draft {
	f := *v.said()
	if slices.Contains(inside, name) && v.verdict.Kind == OwnMTA && len(v.verdict.Host) <= letterWidth {
		f.OurHost = v.verdict.Host
	}
	set := v.c.letters()
	var s sheet
	for opens := len(fiveQuestions); opens >= 0; opens-- {
		f.Questions, f.FilterQuestions = v.questions(opens)
		var lines []letters.Line
		d.Subject, lines = set.Letter(name+".txt", &f)
		s = sheet{}
		s.lay(lines, func(block string) (safe.Text, []field) { return v.block(block, name, &f) })
		if !s.cut || len(v.shownOpens(opens)) == 0 {
			break
		}
	}
	d.Letter, d.Body = name, s.String()
	return &d
}

// recipientDraft is the letter with the five questions and the evidence block.
func (v *view) recipientDraft() *Draft { return v.askDraft(letterRecipient) }

// reminderDraft reminds of the questions without an answer.
func (v *view) reminderDraft() *Draft { return v.askDraft(letterReminder) }

// askDraft writes to the recipient's administrator, or where the mail was
// passed on, to the one who passed it.
func (v *view) askDraft(name string) *Draft {
	if !v.has || v.domain == "" || v.consumer() {
		return nil
	}
	to := v.domain
	if hop := v.firstHop(); hop != "" {
		to = hop
	}
	return v.write(name, Draft{
		To: safe.Textf("postmaster@%s", to), ToNote: "address of record; a known contact is better", For: v.audience(), Asks: asksFive,
	})
}

// gatewayDraft asks whoever administrates the filter for the recipient's
// domain, where that may be somebody else than the one who keeps the mailboxes.
// It never goes to the filter's vendor.
func (v *view) gatewayDraft() *Draft {
	if !v.has || v.domain == "" || v.consumer() || !v.filter.known() || v.firstHop() != "" {
		return nil
	}
	return v.write(letterGateway, Draft{
		To: safe.Textf("postmaster@%s", v.domain), ToNote: "who runs the filter there; never its vendor",
		For:  safe.Textf("whoever runs %s for %s", v.filter.name, v.domain),
		Asks: []QuestionID{AskGatewaySync, AskRouteTarget, AskCacheClear},
	})
}

// followUp answers what was said and settles nothing: "normal mail works", "the
// user exists".
func (v *view) followUp(name string, asks ...QuestionID) *Draft {
	d := v.askDraft(name)
	if d == nil {
		return nil
	}
	d.ToNote, d.Asks = "in reply to what was said", asks
	return d
}

// recipientLetters gives the letters of step 3, the one first that fits where
// the case stands: what was said last is answered.
func (v *view) recipientLetters() []Draft {
	var out []Draft
	add := func(d *Draft) {
		if d != nil {
			out = append(out, *d)
		}
	}
	if !open(v.ownerConfirmed()) && !v.recipientAbsent() {
		for _, a := range slices.Backward(v.c.Answers) {
			works := a.Value == Works
			exists := a.Question == AskExactAddress && confirming(a.Value)
			has := func(name string) bool {
				return slices.ContainsFunc(out, func(d Draft) bool { return d.Letter == name })
			}
			if works && !has(letterNormalMail) {
				add(v.followUp(letterNormalMail, AskNormalMail))
			}
			if exists && !has(letterUserExists) {
				add(v.followUp(letterUserExists, AskExactAddress, v.routeQuestions()[0]))
			}
		}
	}
	add(v.five())
	add(v.theirs())
	if !v.askedAt().IsZero() {
		add(v.reminderDraft())
	}
	return out
}

// followUpDue holds while what was said last calls for a letter of its own that
// was not copied yet.
func (v *view) followUpDue() bool {
	c, copied := v.copied(StepRejector, StepRecipient)
	for _, a := range slices.Backward(v.c.Answers) {
		if a.Value == Works || a.Question == AskExactAddress && confirming(a.Value) {
			return !copied || c.At.Before(a.At)
		}
	}
	return false
}

// ownTasks are the questions for our own mail team, with the command that
// answers each.
func (v *view) ownTasks() []Task {
	t := Task{
		ID: AskOwnRoute, Number: 1, Name: "Own route", First: true,
		Question: safe.Textf("Is %s, or its domain, held as local or routed elsewhere on our side?", v.recipient()),
		Where:    safe.Textf("Postfix: postconf mydestination relay_domains virtual_mailbox_domains; Exim: exim -bt %s", shellQuote(v.recipient())),
	}
	v.settle(&t)
	return []Task{t}
}

// ownDraft asks our own mail team, with commands to run.
func (v *view) ownDraft() *Draft {
	if !v.has {
		return nil
	}
	name := letterOwn
	if v.reading.AboutSender {
		name = letterOwnSender
	}
	return v.write(name, Draft{ToNote: "our own mail team", For: "our own mail team", Asks: []QuestionID{AskOwnRoute}})
}

// platformDraft asks the sending platform's support for the first bounce.
func (v *view) platformDraft() *Draft {
	if !v.has || !v.platform.known() {
		return nil
	}
	return v.write(letterPlatform, Draft{ToNote: "support of the sending platform", For: v.platform.supportName(), Asks: []QuestionID{AskPlatform}})
}

// dnsDraft asks the DNS operator about what step 4 found.
func (v *view) dnsDraft() *Draft {
	if !v.has || len(v.mxFindings()) == 0 {
		return nil
	}
	return v.write(letterDNS, Draft{To: v.soaContact(), ToNote: "contact of the DNS zone (SOA)", For: "the DNS operator", Asks: []QuestionID{AskDNSOperator}})
}

// authDraft hands the facts of the sender's domain to our DNS operator.
func (v *view) authDraft() *Draft {
	if !v.has {
		return nil
	}
	return v.write(letterAuth, Draft{ToNote: "our DNS operator", For: "our DNS operator"})
}

// arrivedDraft asks whether the accepted test was seen.
func (v *view) arrivedDraft() *Draft {
	return v.write(letterArrived, Draft{To: safe.Textf("postmaster@%s", v.domain), For: "whoever can see the mailbox", Asks: []QuestionID{AskArrived}})
}

// stillBouncesDraft goes back to the administrator with both refusals.
func (v *view) stillBouncesDraft() *Draft {
	if !v.has || v.consumer() {
		return nil
	}
	return v.write(letterStillRefused, Draft{
		To: safe.Textf("postmaster@%s", v.domain), For: v.audience(), Asks: []QuestionID{AskExactAddress, AskGatewaySync, AskCacheClear},
	})
}
