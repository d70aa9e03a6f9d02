package bounce

import (
	"strings"
)

// qmailKind tells the lines of qmail-send (qmail-log(5)). A delivery goes by
// its number, which "starting delivery" ties to a message and a recipient.
func qmailKind(msg piece) (id piece, kind LineKind) {
	p := qmailHead(msg)
	switch {
	case strings.HasPrefix(p.s, "info msg "):
		return qmailNumber(p.from(len("info msg "))), LineMemory
	case strings.HasPrefix(p.s, "starting delivery "):
		if id := qmailNumber(p.from(len("starting delivery "))); id.s != "" && strings.Contains(p.s, ": msg ") {
			return id, LineMemory
		}
	case strings.HasPrefix(p.s, "delivery "):
		p = p.from(len("delivery "))
		if id := qmailNumber(p); id.s != "" && hasAny(p.s[len(id.s):], ": failure: ", ": deferral: ", ": success: ") {
			return id, LineDelivery
		}
	case strings.HasPrefix(p.s, "end msg "):
		return qmailNumber(p.from(len("end msg "))), LineEnd
	}
	return piece{}, LineOther
}

// qmailHead takes off the time that splogger or multilog writes before the message.
func qmailHead(msg piece) piece {
	if n := timeLen(msg.s); n > 0 {
		return msg.from(n).trim()
	}
	return msg
}

func qmailNumber(p piece) piece {
	i := 0
	for i < len(p.s) && digit(p.s[i]) && i < 20 {
		i++
	}
	return p.to(i)
}

// The queue of qmail numbers messages and deliveries apart; both kinds of
// number are remembered under names of their own.
const (
	qmailMessage  = "msg "
	qmailDelivery = "delivery "
)

func (r *logReader) takeQmail(l *logLine, id piece, kind LineKind) {
	if id.s == "" {
		return
	}
	if n := timeLen(l.msg.s); n > 0 && (l.time.s == "" || yearless(l.time.s)) {
		l.time = l.msg.to(n)
	}
	p := qmailHead(l.msg)
	switch {
	case kind == LineEnd:
		r.forget(qmailMessage + id.s)
	case strings.HasPrefix(p.s, "info msg "):
		// "info msg 53: bytes 246 from <me@domain> qp 20345 uid 666"
		r.forget(qmailMessage + id.s)
		q := r.remember(l, piece{qmailMessage + id.s, id.at})
		if _, after, ok := p.cut(" from <"); ok {
			if from, _, ok := after.cut("> qp "); ok {
				q.from = tell(l, from)
			}
		}
		if _, after, ok := p.cut(": bytes "); ok {
			q.size = tell(l, qmailNumber(after))
		}
	case kind == LineMemory:
		// "starting delivery 3: msg 53 to remote a@b.example"
		_, after, _ := p.cut(": msg ")
		msg := qmailNumber(after)
		_, to, ok := after.cut(" to ")
		if !ok || msg.s == "" {
			return
		}
		where, to := to.word()
		to, _ = to.word()
		r.forget(qmailDelivery + id.s)
		q := r.remember(l, piece{qmailDelivery + id.s, id.at})
		q.to = append(q.to[:0], tell(l, to))
		q.messageOf, q.local = tell(l, msg), where.s == "local"
	default:
		r.qmailDelivery(l, id, p.from(len("delivery ")+len(id.s)+2))
	}
}

// qmailDelivery reads "delivery 3: failure: text/", in which every blank is an
// underscore and every line end a slash.
func (r *logReader) qmailDelivery(l *logLine, id, p piece) {
	word, text, ok := p.cut(": ")
	if !ok {
		return
	}
	action := Failed
	switch word.s {
	case "deferral":
		action = Delayed
	case "success":
		action = Delivered
	}
	started := r.queue.get(qmailDelivery + id.s)
	msg := piece{}
	dr := r.begin(qmail, l, piece{})
	rp := &dr.r
	if started != nil {
		if len(started.to) > 0 {
			rp.Recipient = r.remarkField(started.to[0])
		}
		if started.local {
			rp.Stage = StageLocal
		}
		msg = piece{qmailMessage + started.messageOf.s, p.at}
		rp.QueueID = r.remarkField(started.messageOf)
		if q := r.queue.get(msg.s); q != nil && q.from.set {
			rp.Sender = r.sender(q)
		}
	}
	rp.Action = action
	if action == Delivered {
		dr.why = "the log says that the mail was delivered"
	}
	all := qmailText(text.s)
	dr.context, dr.contextAt = all, r.field(l, text)
	said, at := all, 0
	if i := strings.Index(lowerASCII(said), "remote host said: "); i >= 0 {
		at = i + len("remote host said: ")
	}
	said = said[at:]
	for _, end := range [...]string{" Giving up on ", " I'm not going to try again", " I give up."} {
		if i := strings.Index(said, end); i > 0 {
			said = said[:i]
		}
	}
	rp.Diagnostic = r.fieldOf(l, cut(onceCoded(strings.TrimRight(said, " ")), maxDiagnostic), text.from(at))
	if strings.IndexByte(text.s, '_') >= 0 && action != Delivered {
		dr.find(Note, "qmail writes blanks as underscores: those of the reply are shown as blanks")
	}
	if strings.Contains(all, "I'm not going to try again") && action == Failed {
		dr.giveUp("the queue gave up; the reply is that of the last attempt")
	}
	r.keep(qmail, dr, l, msg)
}

// qmailText undoes what qmail-send does to a text, byte for byte: an underscore
// is a blank, and a slash a line end where the text ends, a sentence or a line
// of a reply begins behind it.
func qmailText(s string) string {
	b := []byte(cut(s, maxDiagnostic))
	for i, c := range b {
		switch {
		case c == '_':
			b[i] = ' '
		case c != '/':
		case i+1 == len(b), 'A' <= b[i+1] && b[i+1] <= 'Z' && i > 0 && b[i-1] != '/', i+4 < len(b) && digit(b[i+1]) && digit(b[i+2]) && digit(b[i+3]) && (b[i+4] == '_' || b[i+4] == '-'):
			b[i] = ' '
		}
	}
	return string(b)
}

var qmailLogKeeps = keeps{
	"recipient":      "the line of the same number: starting delivery N: msg M to ...",
	"reply_code":     "the text behind Remote host said; a local delivery has none",
	"enhanced_code":  "the text behind Remote host said; some servers give none",
	"remote_host":    "the text names the address only; look it up",
	"remote_address": "the text of the delivery line, before does not like recipient",
	"failed":         "the beginning of the log line; tai64nlocal makes it readable",
	"message_id":     "the mail itself: qmail logs no message ID",
	"sender":         "the line of the same message: info msg M: ... from <...>",
}
