package bounce

import (
	"slices"
	"strings"

	"deadletter/diagnose/safe"
)

// isNotice takes free text for a notice when a mail system sent it and it
// speaks of a failed delivery, by its words or by the reply of a server, or of
// any failure beside a returned mail or an address of its own line; or when
// its subject says so, it names who did not get the mail, and no person wrote it.
func (m *mail) isNotice() bool {
	if m.msg == nil {
		return m.says(failureWords...) && m.anyStrong() // the words are found faster than an address
	}
	subject := strings.ToLower(words(m.head.value("Subject")))
	if forwardSubject(subject) || m.personal() || m.bulk() {
		return false
	}
	coded := rank(readCodes(m.paragraph())) > 1
	if m.lures() && !coded && len(m.orig.h) == 0 {
		return false
	}
	if m.fromSystem() {
		return coded || holdsAny(subject, failureSubjects) || m.says(deliveryWords...) ||
			(len(m.orig.h) > 0 || m.namesFailed()) && m.says(failureWords...)
	}
	if len(m.orig.h) > 0 && m.msg.kind != "multipart/digest" {
		return m.returnsOwn() && (holdsAny(subject, failureSubjects) || m.says(failureSubjects...))
	}
	return holdsAny(subject, failureSubjects) && m.namesFailed() && (coded || m.says(failureWords...))
}

// namesFailed reports whether the text gives a line to an address that failed
// with a reply or words of refusal.
func (m *mail) namesFailed() bool {
	own := m.ownAddresses()
	return slices.ContainsFunc(m.mentions(), func(mt mention) bool {
		if !mt.strong || own[strings.ToLower(mt.addr)] {
			return false
		}
		said := mt.said()
		return rank(readCodes(said)) > 0 || holdsAny(strings.ToLower(cut(said, 4<<10)), failureWords)
	})
}

// lureWords are what mail says that imitates a notice to have something
// clicked, in lower case.
var lureWords = []string{"on hold", "held messages", "release message", "release your message", "release them", "release all", "release now", "retrieve your message", "recover message", "recover your", "undelivered messages pending", "pending messages",
	"quarantined message", "quarantine portal", "verify your account", "verify your mailbox", "upgrade your mailbox", "upgrade storage", "re-validate", "revalidate", "confirm your password", "keep same password", "keep current password", "sign in to", "log in to view", "click below", "click the button"}

// lures reports whether the text wants something clicked rather than to tell
// what became of a mail.
func (m *mail) lures() bool { return m.says(lureWords...) }

// returnsOwn reports whether the returned mail came from the reader of the notice.
func (m *mail) returnsOwn() bool {
	to := strings.ToLower(string(m.headAddress("To").Value))
	if to == "" {
		return false
	}
	for _, name := range []string{"Return-Path", "From", "Sender", "X-Envelope-From"} {
		if f, ok := m.orig.h.get(name); ok {
			if start, end, ok := lastAddress(f.value); ok && strings.EqualFold(f.value[start:end], to) {
				return true
			}
		}
	}
	return false
}

// forwardSubject reports whether a subject is that of a forwarded mail.
func forwardSubject(subject string) bool {
	for _, p := range forwardSubjects {
		if strings.HasPrefix(subject, p) {
			return true
		}
	}
	return false
}

// readNotice reads every address that the notice names as failed with the
// words beside it; where it names none, the address that the returned mail was
// sent to.
func (m *mail) readNotice() []draft {
	own := m.ownAddresses()
	named := m.mentions()
	strongOnly := slices.ContainsFunc(named, func(mt mention) bool { return mt.strong && !own[strings.ToLower(mt.addr)] })
	whole := m.paragraph()
	reply, at := m.coded()
	if reply == "" && rank(readCodes(whole)) > 0 {
		reply, at = whole, m.firstWords()
	}
	var out []draft
	for _, f := range m.failedRecipients() {
		dr := draft{context: whole, contextAt: m.firstWords()}
		dr.r.Recipient = f
		out = append(out, dr)
	}
	for _, mt := range named {
		if strongOnly && !mt.strong || own[strings.ToLower(mt.addr)] {
			continue
		}
		said := mt.said()
		if !mt.strong {
			said = strings.TrimSpace(mt.t.lines[mt.line].s) // a sentence: all of it is said
			if c := readCodes(said); c.replyAt < 0 {
				if below := mt.said(); readCodes(below).replyAt >= 0 {
					said = below
				}
			}
		}
		dr := m.mentioned(mt, said)
		if !mt.strong || said == "" {
			dr.context, dr.contextAt = whole, m.firstWords()
		}
		out = append(out, dr)
		if !mt.strong && !strongOnly && len(out) > 0 {
			break // a sentence names one address; further ones are part of the explanation
		}
	}
	if len(out) == 0 {
		dr := draft{context: whole, contextAt: m.firstWords()}
		if dr.r.Recipient = m.likelyRecipient(own); !dr.r.Recipient.Known() {
			return nil
		}
		out = append(out, dr)
	}
	out = m.merge(out)
	for i := range out {
		if r := &out[i].r; reply != "" && rank(readCodes(string(r.Diagnostic.Value))) == 0 {
			r.Diagnostic = m.d.shown(reply, at.Part, at.Offset)
			out[i].context, out[i].contextAt = whole, m.firstWords()
		} else if !r.Diagnostic.Known() {
			r.Diagnostic = m.d.shown(whole, m.firstWords().Part, m.firstWords().Offset)
		}
	}
	if m.says(delayWords...) || m.headSays("Subject", "delayed", "warning") {
		delay(out)
	}
	return out
}

// ownAddresses are those of the notice's writer and reader.
func (m *mail) ownAddresses() map[string]bool {
	own := map[string]bool{}
	for _, name := range []string{"From", "To", "Reply-To", "Return-Path"} {
		f, _ := m.head.get(name)
		for from := 0; len(own) < 32; {
			start, end, ok := nextAddress(f.value, from)
			if !ok {
				break
			}
			own[strings.ToLower(f.value[start:end])] = true
			from = end
		}
	}
	return own
}

// reach stands for a text of which only the beginning is known: it says how far
// to look from there.
var reach = safe.Untrusted(strings.Repeat(".", 4<<10))

// firstWords gives where the human text begins.
func (m *mail) firstWords() Field {
	for _, t := range m.human {
		for i, l := range t.lines {
			if s := strings.TrimLeft(l.s, " \t"); s != "" {
				return Field{Value: reach, Part: t.part, Offset: t.offset(i, len(l.s)-len(s))}
			}
		}
	}
	return Field{}
}

// coded finds the paragraph that begins with a reply code.
func (m *mail) coded() (string, Field) {
	for _, t := range m.human {
		for i, l := range t.lines {
			s := strings.TrimLeft(l.s, " \t<>*")
			if len(s) < 4 || !digit(s[0]) || s[0] < '4' {
				continue
			}
			if c := readCodes(s); c.replyAt != 0 {
				continue
			}
			var lines []string
			for _, x := range t.lines[i:] {
				if strings.TrimSpace(x.s) == "" || len(lines) >= maxReplyLines {
					break
				}
				lines = append(lines, x.s)
			}
			return joinReply(lines), Field{Part: t.part, Offset: t.offset(i, len(l.s)-len(s))}
		}
	}
	return "", Field{}
}
