package bounce

import "strings"

// likelyRecipient gives the address that failed where no line of the text is
// given to it: the one in the subject, the one that both the text and the
// returned mail name, the only recipient of the returned mail, else the first
// address in the text that belongs to neither side of the notice. own are the
// addresses of the notice's writer and reader; a reader who wrote to himself
// counts only where the returned mail says so.
func (m *mail) likelyRecipient(own map[string]bool) Field {
	if m.msg != nil {
		if f, ok := m.head.get("Subject"); ok {
			subject := words(f.value)
			for from := 0; ; {
				start, end, ok := nextAddress(subject, from)
				if !ok {
					break
				}
				if !own[strings.ToLower(subject[start:end])] {
					return m.d.bodyField(f, m.part(), subject[start:end])
				}
				from = end
			}
		}
	}
	returned := m.returnedRecipients()
	var first Field
	for n, t := range m.human {
		for i, l := range t.lines {
			if n > 8 || i > 200 || strings.IndexByte(l.s, '@') < 0 {
				continue
			}
			s := cut(l.s, 2<<10)
			other := ofSender(t, i) || ofHelper(s)
			for from := 0; ; {
				start, end, ok := nextAddress(s, from)
				if !ok {
					break
				}
				from = end
				addr := strings.ToLower(s[start:end])
				if returned[addr] && !own[addr] {
					return m.d.shown(s[start:end], t.part, t.offset(i, start))
				}
				if !first.Known() && !other && !own[addr] && !strings.HasPrefix(addr, "postmaster@") && !strings.HasPrefix(addr, "mailer-daemon@") {
					first = m.d.shown(s[start:end], t.part, t.offset(i, start))
				}
			}
		}
	}
	if f := m.returnedTo(); f.Known() {
		return f
	}
	if !m.fromDaemon() && !m.nullSender() {
		return Field{} // a name like "mail server" is no reason to take any address
	}
	if first.Known() {
		return first
	}
	to := strings.ToLower(string(m.headAddress("To").Value))
	for _, mt := range m.mentions() {
		if mt.strong && strings.EqualFold(mt.addr, to) && rank(readCodes(mt.said())) > 1 {
			return mt.field(m.d) // the reader wrote to himself
		}
	}
	return Field{}
}

// returnedRecipients are the addresses that the returned mail was sent to, in
// lower case, at most 64.
func (m *mail) returnedRecipients() map[string]bool {
	out := map[string]bool{}
	for _, name := range []string{"To", "Cc", "X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To"} {
		for _, f := range m.orig.h.all(name) {
			for from := 0; len(out) < 64; {
				start, end, ok := nextAddress(f.value, from)
				if !ok {
					break
				}
				out[strings.ToLower(f.value[start:end])] = true
				from = end
			}
		}
	}
	return out
}

// senderLabels stand before the address of the one who sent, or before what
// only looks like an address, in lower case.
var senderLabels = []string{"from", "sender", "return-path", "reply-to", "message-id", "message id", "messageid", "in-reply-to", "references", "mail from", "envelope-from", "envelope sender",
	"sender address", "original sender", "absender", "von", "exp\u00e9diteur", "expediteur", "de", "remitente", "mittente", "da", "remetente", "afzender", "van", "nadawca", "od",
	"\u043e\u0442\u043f\u0440\u0430\u0432\u0438\u0442\u0435\u043b\u044c", "\u043e\u0442", "\u53d1\u4ef6\u4eba", "\u5bc4\u4ef6\u8005", "\u5dee\u51fa\u4eba", "\u9001\u4fe1\u8005", "\ubcf4\ub0b8 \uc0ac\ub78c"}

// ofSender reports whether a line, or the label on the line above it, says
// that its address is the sender's.
func ofSender(t *text, i int) bool {
	if label, rest, ok := labelOf(t.lines[i].s); ok {
		return rest != "" && isSenderLabel(label)
	}
	for k := i - 1; k >= max(0, i-2); k-- {
		if s := strings.TrimSpace(t.lines[k].s); s != "" {
			label, rest, ok := labelOf(s)
			return ok && rest == "" && isSenderLabel(label)
		}
	}
	return false
}

// labelOf splits "Label: value" at the beginning of a line; both in ASCII and
// in the wide form of the colon.
func labelOf(s string) (label, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t*-\u00a0")
	i := strings.IndexByte(s, ':')
	width := 1
	if j := strings.Index(s, "\uff1a"); j >= 0 && (i < 0 || j < i) {
		i, width = j, len("\uff1a")
	}
	if i < 1 || i > 60 || strings.IndexByte(s[:i], '@') >= 0 {
		return "", "", false
	}
	return strings.ToLower(strings.Trim(s[:i], " \t\u00a0*")), strings.TrimSpace(s[i+width:]), true
}

func isSenderLabel(label string) bool {
	for _, l := range senderLabels {
		if label == l {
			return true
		}
	}
	return false
}

// helperWords stand beside the address of somebody who can be asked.
var helperWords = []string{"contact", "for help", "for assistance", "for further", "please send", "please forward", "reply to", "report", "questions", "support", "helpdesk", "abuse@", "whitelist",
	"kontakt", "bei fragen", "hilfe", "wenden sie", "assistance", "contacter", "contacte", "contattare", "entre em contato", "neem contact", "skontaktuj", "\u043e\u0431\u0440\u0430\u0442\u0438\u0442\u0435\u0441\u044c", "\u304a\u554f\u3044\u5408\u308f\u305b", "\u8054\u7cfb"}

func ofHelper(s string) bool { return holdsAny(strings.ToLower(s), helperWords) }
