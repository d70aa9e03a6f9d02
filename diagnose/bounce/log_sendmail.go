package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// sendmailKind tells the lines of sendmail (operations guide, section 5.1):
// "queueID: to=..., stat=...", "queueID: ruleset=..., reject=...".
func sendmailKind(msg piece) (id piece, kind LineKind) {
	id, rest, ok := queueID(msg)
	if !ok {
		id, rest = piece{}, msg // check_relay comes before there is a queue ID
	}
	switch {
	case hasAny(rest.s, "to=", "ctladdr="):
		if id.s != "" && strings.Contains(rest.s, ", stat=") {
			return id, LineDelivery
		}
	case strings.HasPrefix(rest.s, "from="):
		if id.s != "" && strings.Contains(rest.s, ", nrcpts=") {
			return id, LineMemory
		}
	case hasAny(rest.s, "ruleset=", "Milter: ", "milter="):
		if strings.Contains(rest.s, ", reject=") || strings.HasSuffix(rest.s, ", discard") {
			return id, LineDelivery
		}
	case id.s == "":
	case strings.HasPrefix(rest.s, "<"):
		if i := strings.Index(rest.s, ">... "); i > 1 && i < 512 {
			return id, LineDelivery
		}
	default:
		if _, after, ok := queueID(rest); ok && strings.Contains(after.s, "Cannot send message ") {
			return id, LineDelivery
		}
	}
	return piece{}, LineOther
}

func (r *logReader) takeSendmail(l *logLine, id piece, kind LineKind) {
	rest := l.msg
	if id.s != "" {
		rest = rest.from(len(id.s) + 2)
	}
	switch {
	case kind == LineMemory:
		r.sendmailArrival(l, id, rest)
	case hasAny(rest.s, "to=", "ctladdr="):
		r.sendmailDelivery(l, id, rest)
	case hasAny(rest.s, "ruleset=", "Milter: ", "milter="):
		r.sendmailRuleset(l, id, rest)
	case strings.HasPrefix(rest.s, "<"):
		r.sendmailRefusal(l, id, rest)
	default:
		if _, after, ok := queueID(rest); ok { // "...: sender notify: Cannot send message for 5 days"
			if i := strings.Index(after.s, "Cannot send message "); i >= 0 {
				r.expire(sendmail, l, id, after.from(i))
			}
		}
	}
}

// sendmailArrival reads "from=<...>, size=..., nrcpts=..., msgid=<...>, relay=...".
func (r *logReader) sendmailArrival(l *logLine, id, rest piece) {
	q := r.remember(l, id)
	for rest.s != "" {
		name, value := sendmailAttr(&rest)
		switch name {
		case "from":
			q.from = tell(l, bare(value))
		case "size":
			q.size = tell(l, value)
		case "msgid":
			q.messageID = tell(l, bare(value))
		case "relay":
			q.client = tell(l, value)
		}
	}
}

// sendmailAttr takes "name=value, " off. A value ends before ", name="; stat=
// and reject= hold what was said and go to the end of the line.
func sendmailAttr(p *piece) (name string, value piece) {
	i := strings.IndexByte(p.s, '=')
	if i < 0 || i > 20 {
		*p = p.from(len(p.s))
		return "", piece{}
	}
	name, value = p.s[:i], p.from(i+1)
	if name == "stat" || name == "reject" {
		*p = p.from(len(p.s))
		return name, value
	}
	for at := 0; ; {
		j := strings.Index(value.s[at:], ", ")
		if j < 0 {
			*p = p.from(len(p.s))
			return name, value
		}
		at += j
		k := at + 2
		for k < len(value.s) && (letter(value.s[k]) || digit(value.s[k])) {
			k++
		}
		if k > at+2 && k < len(value.s) && value.s[k] == '=' {
			*p = value.from(at + 2)
			return name, value.to(at)
		}
		at += 2
	}
}

// bare takes the angle brackets off an address.
func bare(p piece) piece {
	p = p.trim()
	if len(p.s) > 1 && p.s[0] == '<' && p.s[len(p.s)-1] == '>' {
		return p.to(len(p.s) - 1).from(1)
	}
	return p
}

// sendmailLine is what a delivery line tells besides its recipients.
type sendmailLine struct {
	to, ctladdr, relay, mailer, dsn, reply, stat piece
}

// sendmailDelivery reads "to=<a>,<b>, ctladdr=..., relay=..., dsn=..., stat=...".
func (r *logReader) sendmailDelivery(l *logLine, id, rest piece) {
	var s sendmailLine
	for rest.s != "" {
		name, value := sendmailAttr(&rest)
		switch name {
		case "to":
			s.to = value
		case "ctladdr":
			s.ctladdr, _ = value.word()
		case "relay":
			s.relay = value
		case "mailer":
			s.mailer = value
		case "dsn":
			s.dsn = value
		case "reply":
			s.reply = value
		case "stat":
			s.stat = value
		}
	}
	action := Failed
	switch {
	case strings.HasPrefix(s.stat.s, "Sent"), strings.HasPrefix(s.dsn.s, "2."):
		action = Delivered
	case strings.HasPrefix(s.stat.s, "queued"):
		return // not tried yet
	case strings.HasPrefix(s.stat.s, "Deferred"), strings.HasPrefix(s.dsn.s, "4."):
		action = Delayed
	}
	for n := 0; s.to.s != ""; n++ {
		if n == maxQueuedFor {
			r.d.b.limit("recipients beyond 1000 of one line were not read", r.d.src.line(l.off))
			return
		}
		var to piece
		to, s.to = nextRecipient(s.to)
		if to = bare(to); to.s == "" || action == Delivered && r.idle(sendmail, id, to) {
			continue
		}
		r.sendmailOne(l, id, to, &s, action)
	}
}

// nextRecipient takes one of several recipients off: they are separated by
// commas, and a quoted local part or angle brackets may hold one.
func nextRecipient(p piece) (one, rest piece) {
	quoted, angle := false, false
	for i := 0; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '<' && !quoted:
			angle = true
		case c == '>' && !quoted:
			angle = false
		case c == ',' && !quoted && !angle:
			return p.to(i), p.from(i + 1)
		}
	}
	return p, p.from(len(p.s))
}

func (r *logReader) sendmailOne(l *logLine, id, to piece, s *sendmailLine, action Action) {
	dr := r.begin(sendmail, l, id)
	rp := &dr.r
	rp.Recipient = r.field(l, to)
	if hasAny(to.s, "|", "/", `"|`) && s.ctladdr.s != "" {
		rp.Recipient = r.field(l, bare(s.ctladdr)) // whose alias or .forward names it
		dr.find(Note, safe.Textf("the mail went to a program or file: %s", cut(to.s, 200)))
	}
	rp.Action = action
	if n := enhancedLen(s.dsn.s, 0); n > 0 {
		dr.status = r.field(l, s.dsn.to(n))
	}
	r.sendmailRelay(l, rp, s.relay)
	switch {
	case s.mailer.s == "local" || s.mailer.s == "prog" || s.mailer.s == "*file*":
		rp.Stage = StageLocal
	case strings.HasPrefix(s.stat.s, "Deferred: Connection ") && rp.RemoteMTA.Known():
		rp.Stage = StageConnect
	}
	said := s.stat
	if s.reply.s != "" && readCodes(s.reply.s).replyAt == 0 {
		said = s.reply
	} else if rest, ok := strings.CutPrefix(said.s, "Deferred: "); ok {
		said = said.from(len(said.s) - len(rest))
	}
	rp.Diagnostic = r.fieldOf(l, cut(onceCoded(said.s), maxDiagnostic), said)
	dr.context, dr.contextAt = s.stat.s, r.field(l, s.stat)
	if action == Delivered {
		dr.why = "the log says that the mail was delivered"
	}
	r.keep(sendmail, dr, l, id)
}

// sendmailRelay reads "mx.contoso.example. [192.0.2.1]".
func (r *logReader) sendmailRelay(l *logLine, rp *Report, p piece) {
	i := strings.LastIndexByte(p.s, '[')
	host := p
	if i >= 0 {
		if a := ipOf(strings.TrimRight(p.s[i:], " ]")); a != "" {
			at := p.from(i + 1)
			if prefixFold(at.s, "IPv6:") {
				at = at.from(len("IPv6:"))
			}
			rp.RemoteAddress = r.fieldOf(l, a, at)
		}
		host = p.to(i)
	}
	host, _ = host.trim().word()
	// Without an address it is a host where DNS gave it, which the dot shows;
	// else it is the domain that no host was found for
	found := i >= 0 || strings.HasSuffix(host.s, ".")
	if host.s = strings.TrimRight(host.s, "."); found && isHost(host.s) {
		rp.RemoteMTA = r.field(l, host)
	}
}

var sendmailLogKeeps = keeps{
	"reply_code":     "reply= of the line since sendmail 8.16, else the notification: the log keeps only the class of the refusal in stat=",
	"enhanced_code":  "dsn= of the log line",
	"remote_host":    "relay= of the delivery line of this queue ID",
	"remote_address": "relay= of the delivery line of this queue ID",
	"failed":         "the beginning of the log line",
	"message_id":     "the from= line of this queue ID: msgid=<...>",
	"sender":         "the from= line of this queue ID",
	"recipient":      "the to= lines of this queue ID",
}
