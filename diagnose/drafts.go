package diagnose

import (
	"slices"
	"time"

	"deadletter/diagnose/safe"
)

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
	var s sheet
	about := safe.Textf("Our own side refused mail to %s. The recipient's side was not asked.", v.addressHere())
	address, domain := v.recipient(), safe.Of(v.domain)
	if len(address) > letterWidth-16 {
		address, domain = "ADDRESS", "DOMAIN"
	}
	if v.reading.AboutSender {
		about = safe.Textf("The recipient's side refused our sender address %s, not the recipient.", v.r.Sender.Value)
	}
	s.para("", about)
	s.para("", "Please answer by number:")
	s.para("   ", safe.Textf("1. Is %s in a list of local, relay or virtual domains although its mailboxes are elsewhere?", v.domainHere()))
	s.para("   ", "   Postfix: postconf mydestination relay_domains virtual_alias_domains virtual_mailbox_domains")
	s.para("   ", safe.Textf("2. Does a transport, alias or canonical map catch the address? postmap -q %s hash:/etc/postfix/transport", shellQuote(domain)))
	s.para("   ", safe.Textf("   Exim: exim -bt %s", shellQuote(address)))
	s.para("   ", safe.Textf("   Exchange: Get-AcceptedDomain; Get-Recipient %s", shellQuote(address)))
	s.para("   ", safe.Textf("3. What does DNS on that server say? dig +noall +answer MX %s", shellQuote(domain)))
	s.para("   ", "4. When is it mended? Then we send one test.")
	s.blank()
	v.ourEvidence(&s)
	return &Draft{ToNote: "our own mail team", Subject: safe.Textf("Own mail routing: %s [%s]", v.inSubject(), v.mark()), Body: s.String(), Asks: []QuestionID{AskOwnRoute}}
}

// platformDraft asks the sending platform's support for the first bounce.
func (v *view) platformDraft() *Draft {
	if !v.has || !v.platform.known() {
		return nil
	}
	var s sheet
	s.para("", safe.Textf("%s may hold %s on a suppression list of our account. Please tell us:", v.platform.name, v.addressHere()))
	s.para("   ", "1. On which list does it stand, since when, and with what reason?")
	s.para("   ", "2. The first bounce: full SMTP reply, host and address that gave it, time in UTC.")
	s.para("   ", "3. Was anything attempted for the latest message, or was it dropped unsent?")
	if !open(v.ownerConfirmed()) {
		s.para("   ", "Please do not remove it yet: the recipient is not confirmed.")
	}
	s.blank()
	v.ourEvidence(&s)
	return &Draft{ToNote: "support of the sending platform", Subject: safe.Textf("Suppression of %s [%s]", v.inSubject(), v.mark()), Body: s.String(), Asks: []QuestionID{AskPlatform}}
}

// dnsDraft asks the DNS operator about what step 4 found.
func (v *view) dnsDraft() *Draft {
	found := v.mxFindings()
	if !v.has || len(found) == 0 {
		return nil
	}
	var s sheet
	s.para("", safe.Textf("About the MX of %s, as seen %s through %s:", v.domain, utc(v.mxTime()), v.resolverName()))
	n := 0
	for _, f := range found {
		if f.Sign == For || f.Sign == Asking || s.room() < 10 {
			continue
		}
		n++
		s.para("   ", safe.Textf("%d. %s", n, f.Claim))
	}
	if n == 0 {
		s.para("   ", "Nothing wrong was found. Please confirm the hosts below.")
	}
	s.para("", "Please say for each: is it meant so, and if not, when will it be changed?")
	s.blank()
	s.field("MX seen", v.mxSeen(), 4)
	for _, line := range v.authoritativeSeen() {
		if s.room() > 1 {
			s.para("  ", line)
		}
	}
	to := v.soaContact()
	return &Draft{To: to, ToNote: "contact of the DNS zone (SOA)", Subject: safe.Textf("MX of %s [%s]", v.domain, v.mark()), Body: s.String(), Asks: []QuestionID{AskDNSOperator}}
}

// authDraft hands the facts of the sender's domain to our DNS operator.
func (v *view) authDraft() *Draft {
	if !v.has {
		return nil
	}
	var s sheet
	s.para("", safe.Textf("Mail of ours to %s was refused for its sender or content, not for the recipient.", v.addressHere()))
	s.para("", "What DNS shows of our domain:")
	for _, f := range v.senderFindings() {
		if s.room() > 12 {
			s.para("   ", safe.Textf("- %s", f.Claim))
		}
	}
	s.para("", "Please check: does SPF allow the sending server, is the mail signed for our domain, and does either match the From domain?")
	s.blank()
	v.ourEvidence(&s)
	return &Draft{ToNote: "our DNS operator", Subject: safe.Textf("Sender authentication of %s [%s]", v.senderDomain, v.mark()), Body: s.String()}
}

// arrivedDraft asks whether the accepted test was seen.
func (v *view) arrivedDraft() *Draft {
	var s sheet
	s.para("", safe.Textf("Our test message \"Delivery test %s\" to %s was taken by your mail server.", v.mark(), v.inSubject()))
	s.para("", "Is it in the mailbox, in junk, or in quarantine? A yes closes our case; if not, please send the message trace for it.")
	if last, tried := v.lastRetry(); tried {
		s.blank()
		s.field("Sent", utc(last.At), 1)
		if last.Ended != nil {
			s.field("Your reply", last.Ended.Reply.Safe(), 2)
		}
	}
	s.field("Envelope from", v.r.Sender.Value.Safe(), 2)
	s.field("Envelope to", v.addressHere(), 2)
	return &Draft{To: safe.Textf("postmaster@%s", v.domain), Subject: safe.Textf("Did our test arrive? [%s]", v.mark()), Body: s.String(), Asks: []QuestionID{AskArrived}}
}

// reminderDraft reminds of the questions without an answer.
func (v *view) reminderDraft() *Draft {
	d := v.recipientDraft()
	if d == nil {
		return nil
	}
	d.Subject = safe.Textf("Reminder: %s", d.Subject)
	return d
}

// stillBouncesDraft goes back to the administrator with both refusals.
func (v *view) stillBouncesDraft(last Retry) *Draft {
	if !v.has || v.consumer() {
		return nil
	}
	var s sheet
	s.para("", safe.Textf("After your answer we sent one test to %s. It was refused as before. We send nothing more until you answer.", v.addressHere()))
	s.field("First refusal", safe.Textf("%s  %s", utc(v.b.Failed()), v.r.Diagnostic.Value), 3)
	if last.Ended != nil {
		s.field("Test refusal", safe.Textf("%s  %s", utc(last.EndAt), last.Ended.Reply), 3)
	}
	s.para("", "Which system still refuses it: the filter's list, its memory of an earlier answer, or the mailbox system? Please search both times in its log.")
	s.blank()
	v.evidence(&s)
	return &Draft{To: safe.Textf("postmaster@%s", v.domain), Subject: safe.Textf("Still refused: %s [%s]", v.inSubject(), v.mark()), Body: s.String(), Asks: []QuestionID{AskExactAddress, AskGatewaySync, AskCacheClear}}
}

// shellQuote quotes a word for a shell, whatever it holds.
func shellQuote(word safe.Text) safe.Text {
	out := safe.Text("'")
	for _, r := range string(word) {
		if r == '\'' {
			out += `'\''`
			continue
		}
		out += safe.Textf("%c", r)
	}
	return out + "'"
}

// recipientDraft is the letter with the five questions and the evidence block.
func (v *view) recipientDraft() *Draft {
	if !v.has || v.domain == "" || v.consumer() {
		return nil
	}
	to := v.domain
	refused := safe.Textf("Our mail to one address at %s was refused as %s", v.domainHere(), v.refusedAs())
	if hop := v.firstHop(); hop != "" {
		to = hop
		refused = safe.Textf("You passed our mail to %s on to %s, which was refused as %s: please correct the forward or list, or ask there", short(string(v.r.OriginalRecipient.Value), letterWidth), v.addressHere(), v.refusedAs())
	} else if h := v.verdict.Host; h != "" && len(h) <= letterWidth && v.verdict.Kind != UnknownRejector {
		who := safe.Text("mail server")
		if v.verdict.Kind == Gateway {
			who = "filter"
		}
		refused = safe.Textf("Your %s %s refused our mail to this address as %s", who, v.verdict.Host, v.refusedAs())
	}
	var s sheet
	s.para("", safe.Textf("%s; we send nothing more to it until you answer. By number please, %s first, the others only if both are fine:", refused, numbers(v.askFirst())))
	for i, q := range fiveQuestions {
		s.para("   ", safe.Textf("%d. %s", i+1, v.letterLine(q)))
	}
	s.blank()
	v.evidence(&s)
	return &Draft{
		To: safe.Textf("postmaster@%s", to), ToNote: "address of record; a known contact is better",
		Subject: v.letterSubject(), Body: s.String(), Asks: []QuestionID{AskExactAddress, AskAcceptedDomain, AskGatewaySync, AskRouteTarget, AskCacheClear},
	}
}

// refusedAs says in the letter what the reply made of the address.
func (v *view) refusedAs() safe.Text {
	switch {
	case v.hidesWhich():
		return "missing or closed to us"
	case v.restricted():
		return "closed to senders from outside"
	}
	switch v.branch() {
	case BranchRecipient:
		return "unknown"
	case BranchMailbox:
		return v.reason()
	}
	return "shown below"
}

// letterLine words a question for the letter, or says that it is answered.
func (v *view) letterLine(q ask) safe.Text {
	if a, ok := v.answer(q.ID); ok && v.doubt(a) == "" && a.Value != Other {
		return safe.Textf("(answered: %s, %s)", answerText(a), a.Who)
	}
	line := q.Letter(v)
	where, hint := q.Where(v)
	if !hint && q.ID != AskCacheClear && len(line)+len(where) < 2*letterWidth-8 {
		return safe.Textf("%s [%s]", line, where)
	}
	return line
}

func (v *view) letterSubject() safe.Text {
	by := safe.Text("")
	if v.verdict.Kind == Gateway {
		by = " by your filter"
	}
	return safe.Textf("Mail to %s refused%s [%s]", v.inSubject(), by, v.mark())
}

// mark is the tag that ties letters and test messages to the case.
func (v *view) mark() safe.Text {
	id := v.c.ID
	if len(id) > 4 {
		id = id[len(id)-4:]
	}
	if id == "" {
		return "DL"
	}
	return safe.Textf("DL-%s", upper(id))
}

// numbers names questions by their place: "1 and 3".
func numbers(ids []QuestionID) safe.Text {
	var text safe.Text
	for i, q := range fiveQuestions {
		if slices.Contains(ids, q.ID) {
			if text != "" {
				text += " and "
			}
			text += safe.Textf("%d", i+1)
		}
	}
	return text
}

// evidence writes what the other side needs to find the refusal in its logs.
// Refused at RCPT it never saw Message-ID or subject: those are left out.
func (v *view) evidence(s *sheet) {
	v.evidenceTo(s, "Our server", "Your server", "Your reply", "After your answer we send one test.")
}

// utc writes a time for a letter, bothTimes with its own offset beside it.
func utc(t time.Time) safe.Text { return safe.Of(t.UTC().Format("2006-01-02 15:04:05 UTC")) }

func bothTimes(t time.Time) safe.Text {
	if _, offset := t.Zone(); offset == 0 {
		return utc(t)
	}
	return safe.Textf("%s (%s)", utc(t), t.Format("15:04:05 -0700"))
}

func joinNonEmpty(sep safe.Text, parts ...safe.Text) safe.Text {
	var out safe.Text
	for _, p := range parts {
		if p == "" {
			continue
		}
		if out != "" {
			out += sep
		}
		out += p
	}
	return out
}
