package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// postfixActions are the words with which Postfix begins what it did to a
// client or a mail by a rule (access(5), header_checks(5), milter): those that
// end it, and "" for those after which the mail goes on.
var postfixActions = [...]struct{ word, done string }{
	{"reject: ", "refused"}, {"milter-reject: ", "refused"}, {"proxy-reject: ", "refused"},
	{"discard: ", "thrown away"}, {"milter-discard: ", "thrown away"},
}

// postfixAction takes the word of a rule off a message.
func postfixAction(rest piece) (done string, after piece, ok bool) {
	for _, a := range postfixActions {
		if strings.HasPrefix(rest.s, a.word) {
			return a.done, rest.from(len(a.word)), true
		}
	}
	return "", rest, false
}

// postfixKind tells the lines of Postfix (smtp(8), lmtp(8), pipe(8), local(8),
// virtual(8), error(8), qmgr(8), cleanup(8), smtpd(8), postscreen(8)).
func postfixKind(msg piece) (id piece, kind LineKind) {
	rest := msg
	if after, ok := strings.CutPrefix(msg.s, "NOQUEUE: "); ok {
		rest = msg.from(len(msg.s) - len(after))
	} else if id, rest, ok = queueID(msg); !ok {
		rest = msg
	}
	if _, _, ok := postfixAction(rest); ok {
		return id, LineDelivery
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

// postfixRule reads what a rule did: "reject: RCPT from client[address]: 550
// ...; from=<...> to=<...>", the forms of milters, proxies and header checks.
// The host that writes the log is the one that refused.
func (r *logReader) postfixRule(l *logLine, id, rest piece) {
	done, body, ok := postfixAction(rest)
	if !ok {
		return
	}
	dr := r.begin(postfix, l, id)
	rp := &dr.r
	said, tail := body, body.from(len(body.s))
	if i := strings.LastIndex(body.s, "; from=<"); i >= 0 {
		said, tail = body.to(i), body.from(i+2)
	} else if i := lastOf(body.s, "; to=<", "; proto="); i >= 0 {
		said, tail = body.to(i), body.from(i+2)
	}
	check := hasAny(body.s, "header ", "body ", "mime-header ", "nested-header ")
	var client piece
	switch command, after, found := said.cut(" from "); {
	case check:
		// "header Subject: x from host[address]; from=<a> to=<b> proto=ESMTP helo=<h>: 5.7.1 text"
		if i := strings.LastIndex(said.s, " from "); i >= 0 {
			client, said = said.from(i+len(" from ")), said.to(i)
		}
		dr.context, dr.contextAt = said.s, r.field(l, said)
		rp.Stage = StageContent
		if i := strings.LastIndex(tail.s, ">: "); i >= 0 {
			said, tail = tail.from(i+len(">: ")), tail.to(i+1)
		}
	case found:
		if rp.Stage = postfixStage(command.s); rp.Stage != StageUnknown {
			rp.Command = r.field(l, command)
		}
		client, said = splitClient(after)
	default: // proxy-reject: END-OF-MESSAGE: 550 ...
		if command, after, ok := said.cut(": "); ok {
			if rp.Stage = postfixStage(command.s); rp.Stage != StageUnknown {
				rp.Command, said = r.field(l, command), after
			}
		}
	}
	if v, ok := attr(tail, "to="); ok {
		rp.Recipient = r.field(l, v)
	}
	if v, ok := attr(tail, "from="); ok {
		rp.Sender = r.address(l, v)
		rp.Sender.By = "log line"
	}
	if said = said.trim(); said.s != "" {
		rp.Diagnostic = r.fieldOf(l, cut(onceCoded(said.s), maxDiagnostic), said)
	}
	dr.refused()
	rp.Action = Failed
	if c := readCodes(said.s); strings.HasPrefix(c.reply, "4") || c.reply == "" && strings.HasPrefix(c.enhanced, "4") {
		rp.Action = Delayed
	}
	switch {
	case done == "thrown away":
		rp.Action = Failed
		dr.find(Note, "the mail was accepted and then thrown away by a rule of the host that wrote the log; nobody is told of it")
	case client.s != "":
		dr.find(Note, safe.Textf("the host that wrote the log refused the client %s", cut(client.s, 300)))
	default:
		dr.find(Note, "the host that wrote the log refused the mail")
	}
	r.keep(postfix, dr, l, piece{}) // one refusal is one event, whatever came before it
}

func postfixStage(command string) Stage {
	if strings.EqualFold(command, "END-OF-MESSAGE") {
		return StageContent
	}
	return commandStage(command)
}

// splitClient splits "client[192.0.2.1]: 550 ..." and "[192.0.2.1]:41022: 550 ...".
func splitClient(p piece) (client, said piece) {
	i := strings.IndexByte(p.s, ']')
	if i < 0 {
		return piece{}, p
	}
	j := strings.Index(p.s[i:], ": ")
	if j < 0 {
		return p, p.from(len(p.s))
	}
	return p.to(i + j), p.from(i + j + 2)
}

func lastOf(s string, words ...string) int {
	at := -1
	for _, w := range words {
		if i := strings.LastIndex(s, w); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	return at
}

// attr finds name=<value> or name=value, at the beginning or behind a blank,
// comma or semicolon.
func attr(p piece, name string) (piece, bool) {
	for from := 0; ; {
		i := strings.Index(p.s[from:], name)
		if i < 0 {
			return piece{}, false
		}
		i += from
		from = i + len(name)
		if i > 0 && p.s[i-1] != ' ' && p.s[i-1] != ',' && p.s[i-1] != ';' {
			continue
		}
		v := p.from(from)
		if strings.HasPrefix(v.s, "<") {
			v = v.from(1)
			if j := strings.IndexByte(v.s, '>'); j >= 0 {
				return v.to(j), true
			}
			return v, true
		}
		if j := strings.IndexAny(v.s, ", "); j >= 0 {
			v = v.to(j)
		}
		return v, true
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
