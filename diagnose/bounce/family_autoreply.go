package bounce

import (
	"strings"
)

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
	m.path(&dr.r, m.head, m.part())
	if m.headSays("Content-Type", "report-type=delivery-status") || m.headSays("Content-Type", "report-type=\"delivery-status\"") {
		dr.why = "its header announces a delivery report, but no part of it names a recipient; the rest of the mail may be missing"
	}
	return m.finish(FormatMail, []draft{dr})
}
