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
var awaySubjects = []string{"automatic reply", "auto reply", "autoreply", "auto-reply", "auto:", "automatic response", "autoresponse", "automatische antwort", "abwesenheit", "out of office", "out of the office", "ooo:",
	"away ", "away from", "r\u00e9ponse automatique", "absence du bureau", "respuesta autom\u00e1tica", "fuera de la oficina", "risposta automatica", "fuori sede", "vacation", "resposta autom\u00e1tica", "ausente do escrit\u00f3rio",
	"automatisch antwoord", "afwezig", "odpowied\u017a automatyczna", "autosvar", "automatisk svar", "automatiskt svar", "automaattinen vastaus", "automatick\u00e1 odpov\u011b\u010f", "otomatik yan\u0131t", "automatikus v\u00e1lasz", "r\u0103spuns automat",
	"\u0430\u0432\u0442\u043e\u043c\u0430\u0442\u0438\u0447\u0435\u0441\u043a\u0438\u0439 \u043e\u0442\u0432\u0435\u0442", "\u0430\u0432\u0442\u043e\u043e\u0442\u0432\u0435\u0442", "\u81ea\u52d5\u5fdc\u7b54", "\u81ea\u52d5\u8fd4\u4fe1", "\u4e0d\u5728\u901a\u77e5", "\u81ea\u52a8\u56de\u590d", "\u81ea\u52a8\u7b54\u590d", "\u81ea\u52d5\u56de\u8986", "\uc790\ub3d9 \ud68c\uc2e0", "\ubd80\uc7ac\uc911"}

// awayWords are what automatic replies say, in lower case; they count only in
// a mail from the null sender that no mail system wrote.
var awayWords = []string{"out of the office", "out of office", "on vacation", "on holiday", "on leave", "no longer work", "no longer employed", "has left the company", "nicht im b\u00fcro", "abwesend", "im urlaub", "nicht mehr im unternehmen",
	"je suis absent", "en cong\u00e9", "absente du bureau", "fuera de la oficina", "de vacaciones", "ya no trabaja", "fuori ufficio", "in ferie", "non lavora pi\u00f9", "fora do escrit\u00f3rio", "de f\u00e9rias", "niet op kantoor", "met vakantie",
	"poza biurem", "na urlopie", "\u0432 \u043e\u0442\u043f\u0443\u0441\u043a\u0435", "\u4e0d\u5728\u306b\u3057\u3066", "\u4f11\u6687", "\u4e0d\u5728\u529e\u516c\u5ba4", "\u4f11\u5047"}

// isAutoReply knows an automatic reply by its subject, by RFC 3834's field, by
// older marks of it, or by what it says. Mail systems mark their notices
// alike: those are not automatic replies.
func (m *mail) isAutoReply() bool {
	if m.msg == nil || m.head.has("X-Failed-Recipients") {
		return false
	}
	subject := strings.ToLower(words(m.head.value("Subject")))
	for _, p := range awaySubjects {
		if strings.HasPrefix(subject, p) {
			return true
		}
	}
	if m.fromDaemon() {
		return false
	}
	if m.challenge() {
		return true
	}
	if m.nullSender() && len(m.orig.h) == 0 && !m.subjectFails(subject) && m.says(awayWords...) {
		return true
	}
	auto := strings.ToLower(m.head.value("Auto-Submitted"))
	return strings.HasPrefix(auto, "auto-replied") && len(m.orig.h) == 0 && !m.subjectFails(subject) ||
		m.head.has("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response-From") || m.headSays("Precedence", "auto_reply") || m.headSays("Delivered-To", "autoresponder")
}

func (m *mail) subjectFails(subject string) bool {
	return holdsAny(subject, failureWords)
}

// challenge reports whether the mail asks its reader to prove that a person sent.
func (m *mail) challenge() bool {
	return m.says("confirm that you are a human", "click the link below to deliver your message", "to have your message delivered, please", "challenge-response",
		"please reply to this message to confirm", "confirm your message by", "verify that you are a real person", "boxbe")
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
