package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// postfixKind tells the lines of Postfix (smtp(8), lmtp(8), pipe(8), local(8),
// virtual(8), error(8), qmgr(8), cleanup(8), smtpd(8), postscreen(8)).
func postfixKind(msg piece) (id piece, kind LineKind) {
	if domain, ok := postfixDoubly(msg); ok {
		return domain, LineMemory
	}
	rest := msg
	if after, ok := strings.CutPrefix(msg.s, "NOQUEUE: "); ok {
		rest = msg.from(len(msg.s) - len(after))
	} else if id, rest, ok = queueID(msg); !ok {
		rest = msg
	}
	if _, _, ok := postfixAction(rest); ok {
		return id, LineDelivery
	}
	if id.s == "" && strings.HasPrefix(rest.s, "to=<") && strings.Contains(rest.s, ", relay=") && strings.Contains(rest.s, " status=") {
		return piece{}, LineDelivery // pasted without the beginning of its line
	}
	if id.s == "" || rest.s == "" {
		return piece{}, LineOther
	}
	switch rest.s[0] {
	case 't':
		if strings.HasPrefix(rest.s, "to=<") && strings.Contains(rest.s, " status=") {
			return id, LineDelivery
		}
	case 'f':
		if strings.HasPrefix(rest.s, "from=<") {
			switch {
			case strings.Contains(rest.s, "status=") && strings.Contains(rest.s, "expired"):
				return id, LineDelivery
			case strings.Contains(rest.s, " nrcpt="):
				return id, LineMemory
			}
		}
	case 'c':
		if strings.HasPrefix(rest.s, "client=") {
			return id, LineMemory
		}
	case 'm':
		if strings.HasPrefix(rest.s, "message-id=") {
			return id, LineMemory
		}
	case 'r':
		if rest.s == "removed" {
			return id, LineEnd
		}
	case 'u':
		if strings.HasPrefix(rest.s, "uid=") && strings.Contains(rest.s, " from=<") {
			return id, LineMemory
		}
	}
	return piece{}, LineOther
}

func (r *logReader) takePostfix(l *logLine, id piece, kind LineKind) {
	rest := l.msg
	if _, ok := postfixDoubly(l.msg); ok {
		r.warn(l, id, l.msg.from(len("warning: ")))
		return
	}
	if id.s != "" {
		rest = l.msg.from(len(id.s) + 2)
	} else if strings.HasPrefix(rest.s, "NOQUEUE: ") {
		rest = rest.from(len("NOQUEUE: "))
	}
	switch {
	case kind == LineEnd:
		r.forget(id.s)
	case kind == LineMemory:
		r.postfixMemory(l, id, rest)
	case strings.HasPrefix(rest.s, "to=<"):
		r.postfixDelivery(l, id, rest)
	case strings.HasPrefix(rest.s, "from=<"):
		r.postfixExpired(l, id, rest)
	default:
		r.postfixRule(l, id, rest)
	}
}

func (r *logReader) postfixMemory(l *logLine, id, rest piece) {
	q := r.remember(l, id)
	if v, ok := attr(rest, "from="); ok {
		q.from = tell(l, v)
	}
	if v, ok := attr(rest, "size="); ok {
		q.size = tell(l, v)
	}
	if v, ok := attr(rest, "message-id="); ok && v.at <= rest.at+len("message-id=<") {
		q.messageID = tell(l, v)
	}
	if v, ok := attr(rest, "client="); ok {
		q.client = tell(l, v)
	}
}

// postfixDelivery reads "to=<...>, relay=..., dsn=..., status=bounced (...)".
func (r *logReader) postfixDelivery(l *logLine, id, rest piece) {
	to := rest.from(len("to=<"))
	end := strings.Index(to.s, ">, ")
	if end < 0 {
		return
	}
	to, head := to.to(end), to.from(end+len(">, "))
	i := strings.Index(head.s, "status=")
	if i < 0 {
		return
	}
	head, state := head.to(i), head.from(i+len("status="))
	state, text := state.word()
	word := strings.TrimRight(state.s, ",")
	if word == "sent" || word == "deliverable" {
		if r.idle(postfix, id, to) {
			return
		}
	}
	dr := r.begin(postfix, l, id)
	rp := &dr.r
	rp.Recipient = r.field(l, to)
	if v, ok := attr(head, "orig_to="); ok {
		rp.OriginalRecipient = r.field(l, v)
	}
	r.postfixRelay(l, &dr, head)
	if v, ok := attr(head, "dsn="); ok {
		if n := enhancedLen(v.s, 0); n > 0 {
			dr.status = r.field(l, v.to(n))
		}
	}
	if j := strings.IndexByte(text.s, '('); j >= 0 {
		said := text.from(j + 1).trim()
		said.s = strings.TrimSuffix(said.s, ")")
		r.said(l, &dr, said)
	}
	switch word {
	case "sent", "deliverable":
		rp.Action = Delivered
		dr.why = "the log says that the mail was delivered"
		if word == "deliverable" {
			dr.why = "the log says that the address takes mail; this was a probe, no mail"
		}
	case "deferred":
		rp.Action = Delayed
	case "SOFTBOUNCE":
		rp.Action = Delayed
		dr.status = Field{} // rewritten to class 4
		dr.find(Note, "soft_bounce is on: the refusal is treated as a delay, and the mail stays in the queue")
	case "undeliverable":
		rp.Action = Failed
		if strings.HasPrefix(string(dr.status.Value), "4") {
			rp.Action = Delayed
		}
		dr.find(Note, "this was a probe of the address (reject_unverified_recipient or sendmail -bv), no mail")
	case "expired":
		dr.giveUp("the queue gave up; the reply is that of the last attempt")
	default:
		rp.Action = Failed
	}
	r.keep(postfix, dr, l, id)
}

// postfixRelay reads relay=host[address]:port, relay=host[path], relay=local.
func (r *logReader) postfixRelay(l *logLine, dr *draft, head piece) {
	v, ok := attr(head, "relay=")
	if !ok || v.s == "none" {
		return
	}
	rp := &dr.r
	i := strings.IndexByte(v.s, '[')
	j := strings.LastIndexByte(v.s, ']')
	if i < 0 || j < i {
		if isHost(v.s) {
			rp.RemoteMTA = r.field(l, v)
		} else {
			rp.Stage = StageLocal // virtual, local, dovecot, a pipe
		}
		return
	}
	if host := v.to(i); host.s != "" && !strings.EqualFold(host.s, "unknown") && ipOf(host.s) == "" {
		rp.RemoteMTA = r.field(l, host)
	}
	rp.RemoteAddress = r.field(l, v.to(j).from(i+1))
	r.port(dr, v.s[j+1:])
}

// port notes a port that is not SMTP's: a filter, a smart host, LMTP.
func (r *logReader) port(dr *draft, s string) {
	if p, ok := strings.CutPrefix(s, ":"); ok && p != "25" && allDigits(p) && len(p) < 6 {
		dr.find(Note, safe.Textf("the other side was reached on port %s: a relay, a filter or a mail store rather than an MX", p))
	}
}

// said splits "host mx[192.0.2.1] said: 550 ... (in reply to RCPT TO command)"
// into the reply and what the reporter says around it.
func (r *logReader) said(l *logLine, dr *draft, p piece) {
	dr.context, dr.contextAt = p.s, r.field(l, p)
	if who := readSaying(p.s); who.replyAt > 0 {
		p = p.from(who.replyAt)
		if k := strings.LastIndex(p.s, "(in reply to "); k > 0 {
			p = p.to(k).trim()
		}
	}
	dr.r.Diagnostic = r.fieldOf(l, cut(onceCoded(p.s), maxDiagnostic), p)
}

// postfixExpired reads qmgr's "from=<...>, status=expired, returned to sender".
func (r *logReader) postfixExpired(l *logLine, id, rest piece) {
	q := r.remember(l, id)
	if v, ok := attr(rest, "from="); ok {
		q.from = tell(l, v)
	}
	if i := strings.Index(rest.s, "status="); i >= 0 {
		r.expire(postfix, l, id, rest.from(i+len("status=")))
	}
}

var postfixLogKeeps = keeps{
	"reply_code":    "an earlier line of the same queue ID",
	"enhanced_code": "dsn= of the log line",
	"remote_host":   "relay= of the delivery line of this queue ID",
	"failed":        "the beginning of the log line",
	"message_id":    "the cleanup line of this queue ID: message-id=<...>",
	"sender":        "the qmgr line of this queue ID: from=<...>",
	"recipient":     "the delivery lines of this queue ID: to=<...>",
}
