package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// sessionID takes OpenSMTPD's session off: sixteen hexadecimal digits.
func sessionID(msg piece) (id, rest piece, ok bool) {
	if len(msg.s) < 18 || msg.s[16] != ' ' || !isHex(msg.s[:16]) {
		return piece{}, msg, false
	}
	return msg.to(16), msg.from(17), true
}

func isHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if _, ok := unhex(s[i]); !ok {
			return false
		}
	}
	return s != ""
}

// opensmtpdKind tells the lines of OpenSMTPD (smtpd(8)): "session mta delivery
// evpid=... result=... stat=...", also as "event=delivery", and what the server
// refused, "session smtp failed-command command=... result=...".
func opensmtpdKind(msg piece) (id piece, kind LineKind) {
	session, rest, ok := sessionID(msg)
	if !ok {
		return piece{}, LineOther
	}
	switch {
	case hasAny(rest.s, "mta delivery ", "mda delivery ", "mta event=delivery ", "mda event=delivery "):
		return envelopeID(rest), LineDelivery
	case hasAny(rest.s, "smtp failed-command ", "smtp event=failed-command ", "smtp bad-input "):
		if refusedCommand(rest).s != "" || strings.Contains(rest.s, `command=""`) {
			return session, LineDelivery
		}
	case hasAny(rest.s, "smtp connected ", "smtp event=connected "):
		return session, LineMemory
	}
	return piece{}, LineOther
}

// envelopeID gives the first eight digits of evpid=, which are the message's.
func envelopeID(rest piece) piece {
	if v, ok := attr(rest, "evpid="); ok && len(v.s) >= 8 && isHex(v.s[:8]) {
		return v.to(8)
	}
	return piece{}
}

// refusedCommand gives the command of a transaction that was refused. What
// others ask for, AUTH and such, refuses no mail.
func refusedCommand(rest piece) piece {
	i := strings.Index(rest.s, ` command="`)
	if i < 0 {
		return piece{}
	}
	v := rest.from(i + len(` command="`))
	if j := strings.Index(v.s, `" result="`); j >= 0 {
		v = v.to(j)
	}
	for _, w := range [...]string{"RCPT TO", "MAIL FROM", "DATA", ".", "EHLO", "HELO"} {
		if prefixFold(v.s, w) {
			return v
		}
	}
	return piece{}
}

func (r *logReader) takeOpenSMTPD(l *logLine, id piece, kind LineKind) {
	session, rest, ok := sessionID(l.msg)
	if !ok {
		return
	}
	switch {
	case kind == LineMemory:
		q := r.remember(l, session)
		if i := strings.Index(rest.s, "address="); i >= 0 {
			q.client = tell(l, rest.from(i))
		}
	case strings.HasPrefix(rest.s, "smtp "):
		r.opensmtpdRefusal(l, session, rest)
	default:
		r.opensmtpdDelivery(l, id, rest)
	}
}

// opensmtpdDelivery reads "mta delivery evpid=... from=<> to=<> rcpt=<->
// source="..." relay="address (host)" delay=... result="PermFail" stat="550 ..."".
func (r *logReader) opensmtpdDelivery(l *logLine, id, rest piece) {
	head, stat := rest, piece{}
	if i := strings.Index(rest.s, " stat="); i >= 0 {
		head, stat = rest.to(i), rest.from(i+len(" stat="))
	}
	if len(stat.s) > 1 && stat.s[0] == '"' && stat.s[len(stat.s)-1] == '"' {
		stat = stat.to(len(stat.s) - 1).from(1)
	}
	if strings.HasPrefix(stat.s, `Error ("`) && strings.HasSuffix(stat.s, `")`) { // what a local program said
		stat = stat.to(len(stat.s) - len(`")`)).from(len(`Error ("`))
	}
	to, _ := attr(head, "to=")
	result := quotedAttr(head, "result=").s
	if result == "Ok" && r.idle(opensmtpd, id, to) {
		return
	}
	expired := strings.EqualFold(stat.s, "Envelope expired")
	if expired && r.gaveUp(l, id, to, stat) {
		return
	}
	dr := r.begin(opensmtpd, l, id)
	rp := &dr.r
	rp.Recipient = r.field(l, to)
	if v, ok := attr(head, "rcpt="); ok && v.s != "-" && v.s != to.s {
		rp.OriginalRecipient = r.field(l, v)
	}
	if v, ok := attr(head, "from="); ok {
		rp.Sender = r.address(l, v)
		rp.Sender.By = "log line"
	}
	if relay := quotedAttr(head, "relay="); relay.s != "" {
		address, host := relay.word()
		if a := ipOf(address.s); a != "" {
			rp.RemoteAddress = r.fieldOf(l, a, address.from(max(0, strings.Index(address.s, a))))
		}
		host.s = strings.TrimRight(host.s, ")")
		if strings.HasPrefix(host.s, "(") {
			host = host.from(1)
		}
		if isHost(host.s) {
			rp.RemoteMTA = r.field(l, host)
		}
	}
	if strings.HasPrefix(rest.s, "mda ") {
		rp.Stage = StageLocal
	}
	r.said(l, &dr, stat)
	switch result {
	case "Ok":
		rp.Action = Delivered
		dr.why = "the log says that the mail was delivered"
	case "TempFail":
		rp.Action, dr.grade = Delayed, '4'
	default: // PermFail, Loop
		rp.Action, dr.grade = Failed, '5'
		if expired {
			dr.giveUp("the queue gave up; the last attempt is not among these lines")
		}
	}
	r.keep(opensmtpd, dr, l, id)
}

// opensmtpdRefusal reads "smtp failed-command command="RCPT TO:<...>"
// result="550 ..."". The host that writes the log is the one that refused.
func (r *logReader) opensmtpdRefusal(l *logLine, session, rest piece) {
	i := strings.Index(rest.s, ` result="`)
	if i < 0 {
		return
	}
	said := rest.from(i + len(` result="`))
	said.s = strings.TrimSuffix(said.s, `"`)
	dr := r.begin(opensmtpd, l, session)
	rp := &dr.r
	rp.Stage = StageConnect
	if command := refusedCommand(rest.to(i)); command.s != "" {
		command.s = strings.TrimRight(command.s, `" `)
		rp.Stage = commandStage(command.s)
		word, address, ok := command.cut(":")
		rp.Command = r.field(l, word)
		if a, _, closed := address.cut(">"); ok && closed && strings.HasPrefix(strings.TrimLeft(a.s, " "), "<") {
			a = a.from(strings.IndexByte(a.s, '<') + 1)
			if rp.Stage == StageRcpt {
				rp.Recipient = r.field(l, a)
			} else {
				rp.Sender = r.address(l, a)
				rp.Sender.By = "log line"
			}
		}
	}
	rp.Diagnostic = r.fieldOf(l, cut(onceCoded(said.s), maxDiagnostic), said)
	dr.refused()
	rp.Action = Failed
	if strings.HasPrefix(readCodes(said.s).reply, "4") {
		rp.Action = Delayed
	}
	rp.QueueID = Field{} // a session is no queue ID
	if v, ok := attr(rest, "address="); ok {
		dr.find(Note, safe.Textf("the host that wrote the log refused the client %s", cut(v.s, 300)))
	} else if q := r.queue.get(session.s); q != nil && q.client.s != "" {
		dr.find(Note, safe.Textf("the host that wrote the log refused the client: %s", cut(q.client.s, 300)))
	} else {
		dr.find(Note, "the host that wrote the log refused the client")
	}
	r.keep(opensmtpd, dr, l, session)
}

var opensmtpdLogKeeps = keeps{
	"reply_code":     "stat= of the log line",
	"enhanced_code":  "stat= of the log line; some servers give none",
	"remote_host":    "relay= of the delivery line",
	"remote_address": "relay= of the delivery line",
	"failed":         "the beginning of the log line",
	"message_id":     "the mail itself: OpenSMTPD logs no message ID; evpid= begins with its own",
	"sender":         "from=<...> of the delivery line; for a refusal the line of the same session",
	"recipient":      "the RCPT TO line of the same session",
}
