package bounce

import (
	"strings"
)

// isFeedback knows a complaint report (RFC 5965), and the shapes that large
// mailbox providers send instead.
func (m *mail) isFeedback() bool {
	if m.report != nil || m.msg != nil && m.msg.params.get("report-type") == "feedback-report" {
		return true
	}
	return m.orig.h.has("X-HmXmrOriginalRecipient") || m.headSays("Subject", "complaint about message from") ||
		m.headSays("Subject", "unsubscribe") && m.says("apple mail sent this email to unsubscribe")
}

// readFeedback gives the recipient who complained, as far as it is told.
func (m *mail) readFeedback() []draft {
	var out []draft
	add := func(f Field) {
		dr := draft{kind: NotFeedback, why: "it is a complaint report: the mail was delivered, and the recipient marked it"}
		dr.r.Recipient = f
		out = append(out, dr)
	}
	var sender, arrived field
	if m.report != nil {
		n := m.d.readNotification(m.report)
		all := n.message
		for _, r := range n.recipients {
			all = append(all, r...)
		}
		for _, f := range append(all.all("Original-Rcpt-To"), all.all("Removal-Recipient")...) {
			if v := mailbox(unfold(f.value)); isAddress(v) && len(out) < maxReports && !named(out, v) {
				add(m.d.bodyField(f, n.part, v))
			}
		}
		sender, _ = all.get("Original-Mail-From")
		arrived, _ = all.get("Received-Date")
		if arrived.name == "" {
			arrived, _ = all.get("Arrival-Date")
		}
	}
	if len(out) == 0 {
		for _, name := range []string{"X-HmXmrOriginalRecipient", "X-Apparently-To", "Delivered-To", "X-Original-To"} {
			if f, ok := m.orig.h.get(name); ok {
				if start, end, ok := nextAddress(f.value, 0); ok {
					add(m.d.shown(f.value[start:end], m.orig.part, f.off+start))
					break
				}
			}
		}
	}
	if len(out) == 0 {
		f := m.returnedTo()
		if !f.Known() && m.report == nil {
			f = m.headAddress("From")
		}
		add(f)
	}
	for i := range out {
		r := &out[i].r
		if sender.name != "" {
			r.Sender = m.d.bodyField(sender, "", mailbox(unfold(sender.value)))
			r.Sender.By = "Original-Mail-From"
		}
		if arrived.name != "" {
			at, _ := parseDate(unfold(arrived.value))
			r.Arrived = Time{At: at, Field: m.d.bodyField(arrived, "", unfold(arrived.value))}
		}
	}
	return out
}

func named(drafts []draft, addr string) bool {
	for _, dr := range drafts {
		if strings.EqualFold(string(dr.r.Recipient.Value), addr) {
			return true
		}
	}
	return false
}

// headAddress makes a Field of the address in a header field of the mail.
func (m *mail) headAddress(name string) Field {
	f, ok := m.head.get(name)
	if !ok {
		return Field{}
	}
	start, end, ok := lastAddress(f.value)
	if !ok {
		return Field{}
	}
	return m.d.shown(f.value[start:end], m.part(), f.off+start)
}

// awaySubjects begin the subjects of automatic replies, in lower case.
var awaySubjects = []string{"automatic reply", "auto reply", "autoreply", "auto-reply", "auto:", "automatische antwort", "abwesenheit", "out of office", "out of the office",
	"away ", "away from", "r\u00e9ponse automatique", "respuesta autom\u00e1tica", "risposta automatica", "vacation", "resposta autom\u00e1tica", "automatisch antwoord"}

// isAutoReply knows an automatic reply by RFC 3834's field, by older marks of
// it, or by its subject. Mail systems mark their notices alike: those are not
// automatic replies.
func (m *mail) isAutoReply() bool {
	if m.msg == nil || m.fromDaemon() {
		return false
	}
	subject := strings.ToLower(words(m.head.value("Subject")))
	for _, p := range awaySubjects {
		if strings.HasPrefix(subject, p) {
			return true
		}
	}
	if m.challenge() {
		return true
	}
	auto := strings.ToLower(m.head.value("Auto-Submitted"))
	return strings.HasPrefix(auto, "auto-replied") && len(m.orig.h) == 0 && !m.subjectFails(subject) ||
		m.head.has("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response-From") || m.headSays("Precedence", "auto_reply") || m.headSays("Delivered-To", "autoresponder")
}

func (m *mail) subjectFails(subject string) bool {
	for _, w := range failureWords {
		if strings.Contains(subject, w) {
			return true
		}
	}
	return false
}

// challenge reports whether the mail asks its reader to prove that a person sent.
func (m *mail) challenge() bool {
	return m.says("confirm that you are a human", "click the link below to deliver your message", "to have your message delivered, please", "challenge-response",
		"please reply to this message to confirm", "confirm your message by", "verify that you are a real person", "boxbe", "to release your message")
}

// readAutoReply gives the address that answered.
func (m *mail) readAutoReply() []draft {
	dr := draft{kind: NotVacation, why: "it is an automatic reply: the mail was delivered, and the mailbox answered by itself"}
	if m.challenge() {
		dr.kind, dr.why = NotChallenge, "it asks the sender to prove something before the mail is let through; that is no failure"
	}
	dr.r.Recipient = m.headAddress("From")
	m.about(&dr)
	return []draft{dr}
}

// about fills in what a mail that is no bounce says of the mail it answers.
func (m *mail) about(dr *draft) {
	if f, ok := m.head.get("In-Reply-To"); ok {
		dr.r.MessageID = m.d.bodyField(f, m.part(), messageID(f.value))
	}
	dr.r.Subject = m.headField("Subject")
}

// readOrdinary gives a mail that tells of no failure as what it is.
func (m *mail) readOrdinary() []Report {
	dr := draft{kind: NotOrdinary, why: "it is ordinary mail: no delivery-status part, no notice of a mail system, no reply of a server"}
	dr.r.Recipient = m.headAddress("To")
	dr.r.Sender = m.headAddress("From")
	if f, ok := m.head.get("Message-ID"); ok {
		dr.r.MessageID = m.d.bodyField(f, m.part(), messageID(f.value))
	}
	dr.r.Subject = m.headField("Subject")
	if m.headSays("Content-Type", "report-type=delivery-status") || m.headSays("Content-Type", "report-type=\"delivery-status\"") {
		dr.why = "its header announces a delivery report, but no part of it names a recipient; the rest of the mail may be missing"
	}
	return m.finish(FormatMail, []draft{dr})
}
