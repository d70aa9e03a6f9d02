package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// eximIDLen gives the length of the Exim message ID that s begins with, up to a
// blank or the end: 6-6-2 letters and digits, 6-11-4 since Exim 4.97; 0 for none.
func eximIDLen(s string) int {
	for _, form := range [...]struct{ length, dash int }{{16, 13}, {23, 18}} {
		if len(s) < form.length || len(s) > form.length && s[form.length] != ' ' || s[6] != '-' || s[form.dash] != '-' {
			continue
		}
		ok := true
		for i := 0; i < form.length && ok; i++ {
			ok = letter(s[i]) || digit(s[i]) || i == 6 || i == form.dash
		}
		if ok {
			return form.length
		}
	}
	return 0
}

// eximHead takes off what Exim itself writes before the message: its own time
// under syslog, the zone, the pid; and the message ID.
func eximHead(msg piece) (id, rest piece) {
	p := msg
	for range 3 {
		if n := timeLen(p.s); n > 0 {
			p = p.from(n).trim()
			continue
		}
		if len(p.s) > 6 && (p.s[0] == '+' || p.s[0] == '-') && allDigits(p.s[1:5]) && p.s[5] == ' ' {
			p = p.from(6)
			continue
		}
		if len(p.s) > 3 && p.s[0] == '[' {
			if i := strings.Index(p.s[:min(len(p.s), 14)], "] "); i > 1 && allDigits(p.s[1:i]) {
				p = p.from(i + 2)
				continue
			}
		}
		break
	}
	if n := eximIDLen(p.s); n > 0 {
		id, p = p.to(n), p.from(n)
		if len(p.s) > 0 {
			p = p.from(1)
		}
	}
	return id, p
}

// eximKind tells the lines of Exim's main log (specification, chapter 53).
func eximKind(msg piece) (id piece, kind LineKind) {
	id, rest := eximHead(msg)
	if id.s != "" && len(rest.s) > 3 && rest.s[2] == ' ' {
		switch rest.s[:2] {
		case "<=":
			return id, LineMemory
		case "=>", "->", ">>", "*>", "**", "==":
			return id, LineDelivery
		}
	}
	switch {
	case id.s != "" && (rest.s == "Completed" || strings.HasPrefix(rest.s, "Completed ")):
		return id, LineEnd
	case eximRejected(rest) >= 0:
		return id, LineDelivery
	case id.s != "" && strings.Contains(rest.s, "SMTP error from remote ") && strings.Contains(rest.s, "RCPT TO:<"):
		return id, LineDelivery
	}
	return piece{}, LineOther
}

// eximRejects are the words behind "rejected" that name where a client was refused.
var eximRejects = [...]struct {
	word  string
	stage Stage
}{
	{"RCPT ", StageRcpt}, {"MAIL ", StageMail}, {"EHLO", StageEHLO}, {"HELO", StageEHLO}, {"DATA", StageData}, {"BDAT", StageData},
	{"after DATA", StageContent}, {"after BDAT", StageContent}, {"after end of DATA", StageContent}, {"during MIME ACL", StageContent},
	{"by local_scan", StageContent}, {"by PRDR", StageContent}, {"connection ", StageConnect}, {"after predata", StageData},
	{"from ", StageConnect},
}

// eximRejected finds "rejected RCPT" and its like behind H=, F= and such; -1 for none.
func eximRejected(rest piece) int {
	if !hasAny(rest.s, "H=", "U=", "F=", "P=", "I=", "rejected ", "temporarily rejected ", "SMTP connection from ", "recipients refused", "refused connection ") {
		return -1
	}
	for from := 0; from < len(rest.s); {
		i := strings.Index(rest.s[from:], "rejected ")
		if i < 0 {
			return -1
		}
		i += from
		from = i + len("rejected ")
		if i > 0 && rest.s[i-1] != ' ' {
			continue
		}
		for _, k := range eximRejects {
			if strings.HasPrefix(rest.s[from:], k.word) {
				return i
			}
		}
	}
	return -1
}

func (r *logReader) takeExim(l *logLine, id piece, kind LineKind) {
	if n := timeLen(l.msg.s); n > 0 && (l.time.s == "" || yearless(l.time.s)) {
		l.time = l.msg.to(n) // Exim's own time under syslog has the year
	}
	_, rest := eximHead(l.msg)
	switch {
	case kind == LineEnd:
		r.forget(id.s)
	case kind == LineMemory:
		r.eximArrival(l, id, rest.from(3))
	case len(rest.s) > 3 && rest.s[2] == ' ' && id.s != "" && hasAny(rest.s, "=>", "->", ">>", "*>", "**", "=="):
		r.eximDelivery(l, id, rest.s[:2], rest.from(3))
	default:
		if i := eximRejected(rest); i >= 0 {
			r.eximRefusal(l, id, rest, i)
			return
		}
		r.eximAttempt(l, id, rest)
	}
}

// eximArrival reads "<= sender H=host [address] P=esmtp S=1187 id=... T="..." for ...".
func (r *logReader) eximArrival(l *logLine, id, p piece) {
	q := r.remember(l, id)
	from, rest := p.word()
	if from.s == "<>" {
		from = from.to(1).from(1)
	}
	q.from = tell(l, from)
	if rest.s == "" {
		return
	}
	if v, ok := eximHost(rest); ok {
		q.client = tell(l, v)
	}
	if v, ok := attr(rest, "S="); ok {
		q.size = tell(l, v)
	}
	if v, ok := attr(rest, "id="); ok {
		q.messageID = tell(l, v)
	}
	if i := strings.Index(rest.s, ` T="`); i >= 0 {
		v := rest.from(i + len(` T="`))
		if j := quoteEnd(v.s); j >= 0 {
			q.subject = tell(l, v.to(j))
			q.subject.s = words(unescapeLog(q.subject.s))
		}
	}
}

// unescapeLog undoes the escapes with which Exim and logfmt write quotes and what
// cannot be printed: \", \\, \n and \ooo.
func unescapeLog(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c == 'n' || c == 'r' || c == 't':
			b = append(b, ' ')
		case i+2 < len(s) && c >= '0' && c <= '3' && allDigits(s[i:i+3]):
			b = append(b, (c-'0')<<6|(s[i+1]-'0')<<3|s[i+2]-'0')
			i += 2
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// eximReply makes one line of a reply of several, which Exim logs with "\n".
func eximReply(s string) string {
	return cut(onceCoded(strings.ReplaceAll(s, `\n`, " ")), maxDiagnostic)
}

// eximHost gives "host (helo) [address]:port" behind H=.
func eximHost(p piece) (piece, bool) {
	i := 0
	if !strings.HasPrefix(p.s, "H=") {
		if i = strings.Index(p.s, " H="); i < 0 {
			return piece{}, false
		}
		i++
	}
	v := p.from(i + len("H="))
	if j := strings.IndexByte(v.s, ']'); j >= 0 {
		return v.to(j + 1), true
	}
	v, _ = v.word()
	return v, true
}

// quoteEnd finds the quote that ends a quoted value; a backslash escapes.
func quoteEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// eximDelivery reads "** address <original> R=router T=transport H=host [address]: text".
func (r *logReader) eximDelivery(l *logLine, id piece, flag string, p piece) {
	to, orig, rest := eximAddress(p)
	done := flag != "**" && flag != "=="
	if done && r.idle(exim, id, to) {
		return
	}
	dr := r.begin(exim, l, id)
	rp := &dr.r
	rp.Recipient = r.field(l, to)
	rp.OriginalRecipient = r.field(l, orig)
	head, text := eximText(rest)
	if v, ok := attr(head, "F="); ok {
		rp.Sender = r.address(l, v)
		rp.Sender.By = "log line"
	}
	r.eximRemote(l, &dr, head)
	if done {
		rp.Action = Delivered
		dr.why = "the log says that the mail was delivered"
		if flag == "*>" {
			dr.why = "the log says that the delivery was suppressed (-N): nothing was sent"
		} else if strings.HasPrefix(p.s, ":blackhole:") {
			dr.why = "the log says that a rule took the mail and threw it away (:blackhole:)"
		}
		r.keep(exim, dr, l, id)
		return
	}
	rp.Action = Failed
	if flag == "==" {
		rp.Action = Delayed
	}
	if strings.HasPrefix(text.s, "retry time not reached") && !strings.Contains(text.s, "long failure") {
		if _, known := r.at[recipientKey{id.s, to.s}]; known {
			return // no attempt: what the last one said stays
		}
		dr.find(Note, "nothing was tried now: an earlier attempt, maybe of another mail to this host, failed; its reply is in the log before")
	}
	if flag == "**" && strings.HasPrefix(text.s, "retry timeout exceeded") && r.gaveUp(l, id, to, text) {
		return
	}
	r.eximSaid(l, &dr, text)
	switch {
	case rp.Stage != StageUnknown || strings.HasPrefix(text.s, "retry time"):
	case !rp.RemoteMTA.Known() && !rp.RemoteAddress.Known():
		rp.Stage = StageLocal // a router, a pipe, a mailbox
	case hasAny(text.s, "Connection ", "No route to host", "Network is unreachable", "Network Error"):
		rp.Stage = StageConnect
	}
	if flag == "**" && readReply(reply.Input{Text: text.s}).Reason == reply.Expired && rp.ReplyCode.Value == "" && readCodes(text.s).replyAt < 0 {
		dr.giveUp("the queue gave up; the last attempt is not among these lines")
	}
	r.keep(exim, dr, l, id)
}

// eximSaid reads the text of a failure: the reply behind the host, and what
// Exim says before it.
func (r *logReader) eximSaid(l *logLine, dr *draft, text piece) {
	rp := &dr.r
	if text.s == "" {
		return
	}
	dr.context, dr.contextAt = text.s, r.field(l, text)
	rp.Diagnostic = r.fieldOf(l, eximReply(text.s), text)
	lead := strings.HasPrefix(text.s, "SMTP error from remote ") || strings.HasPrefix(text.s, "LMTP error after ") || strings.HasPrefix(text.s, "SMTP timeout ")
	if !lead {
		return
	}
	if stage, command, at := readStage(text.s); stage != StageUnknown {
		rp.Stage = stage
		if command != "" {
			rp.Command = r.field(l, text.from(at).to(len(command)))
		}
	}
	body := text
	if i := strings.LastIndex(text.s[:min(len(text.s), 2<<10)], "]: "); i > 0 && strings.Contains(text.s[:i], ": host ") {
		body = text.from(i + len("]: "))
		if who := readHosts(text.s[:i+1]); who.addr != "" {
			if who.host != "" && !rp.RemoteMTA.Known() {
				rp.RemoteMTA = r.field(l, text.from(who.hostAt).to(len(who.host)))
			}
			if !rp.RemoteAddress.Known() {
				rp.RemoteAddress = r.fieldOf(l, who.addr, text.from(who.addrAt))
			}
		}
	} else if c := readCodes(text.s); c.replyAt > 0 {
		body = text.from(c.replyAt)
	}
	if c := readCodes(body.s); c.replyAt == 0 || c.enhancedAt == 0 {
		rp.Diagnostic = r.fieldOf(l, eximReply(body.s), body)
	}
}

// eximAddress reads "final (through) <original>": the address that the line is
// about, and the one that it was made of.
func eximAddress(p piece) (to, orig, rest piece) {
	to, rest = addressWord(p)
	for strings.HasPrefix(rest.s, "(") {
		i := strings.Index(rest.s, ") ")
		if i < 0 {
			break
		}
		rest = rest.from(i + 2)
	}
	if strings.HasPrefix(rest.s, "<") {
		if i := strings.IndexByte(rest.s, '>'); i > 0 {
			orig = rest.to(i).from(1)
			rest = rest.from(i + 1).trim()
		}
	}
	if strings.IndexByte(to.s, '@') < 0 && orig.s != "" { // a local part, a file, a pipe
		to, orig = orig, piece{}
	}
	return to, orig, rest
}

// addressWord takes an address off, whose local part may be quoted.
func addressWord(p piece) (word, rest piece) {
	if strings.HasPrefix(p.s, `"`) {
		if i := quoteEnd(p.s[1:]); i >= 0 {
			tail := p.from(i + 2)
			last, rest := tail.word()
			return p.to(i + 2 + len(last.s)), rest
		}
	}
	word, rest = p.word()
	if strings.HasSuffix(word.s, ":") && len(word.s) > 1 && !strings.HasPrefix(word.s, ":") { // "** address: text"
		word = word.to(len(word.s) - 1)
		rest = piece{p.s[len(word.s):], p.at + len(word.s)}
	}
	return word, rest
}

// eximText splits what stands behind the address into fields and text: the
// text begins behind the first ": " outside of quotes, or behind "defer (-44) ".
func eximText(p piece) (head, text piece) {
	for i := 0; i < len(p.s); i++ {
		switch p.s[i] {
		case '"':
			j := quoteEnd(p.s[i+1:])
			if j < 0 {
				return p, p.from(len(p.s))
			}
			i += j + 1
		case ':':
			if i+1 == len(p.s) || p.s[i+1] == ' ' {
				return p.to(i), p.from(min(i+2, len(p.s))).trim()
			}
		}
	}
	return p, p.from(len(p.s))
}

// eximRemote reads H=host [address]:port; R= and T= tell a delivery on the host itself.
func (r *logReader) eximRemote(l *logLine, dr *draft, head piece) {
	v, ok := eximHost(head)
	if !ok {
		return
	}
	if i := strings.IndexByte(v.s, '['); i >= 0 {
		if a := ipOf(v.s[i:]); a != "" {
			dr.r.RemoteAddress = r.fieldOf(l, a, v.from(i+1))
		}
		tail := head.s[v.at-head.at+len(v.s):]
		if j := strings.IndexByte(tail, ' '); j >= 0 {
			tail = tail[:j]
		}
		r.port(dr, tail)
	}
	if w, _ := v.word(); isHost(w.s) {
		dr.r.RemoteMTA = r.field(l, w)
	}
}

// eximRefusal reads "H=client [address] F=<sender> rejected RCPT <recipient>: text".
// The host that writes the log is the one that refused.
func (r *logReader) eximRefusal(l *logLine, id, rest piece, at int) {
	dr := r.begin(exim, l, id)
	rp := &dr.r
	head, body := rest.to(at), rest.from(at+len("rejected "))
	rp.Action, dr.grade = Failed, '5'
	if strings.HasSuffix(head.s, "temporarily ") {
		rp.Action, dr.grade = Delayed, '4'
	}
	for _, k := range eximRejects {
		if strings.HasPrefix(body.s, k.word) {
			rp.Stage = k.stage
			if command := body.to(len(k.word)); commandStage(command.s) != StageUnknown && k.stage != StageConnect {
				rp.Command = r.field(l, command)
			}
			break
		}
	}
	if v, ok := attr(head, "F="); ok {
		rp.Sender = r.address(l, v)
		rp.Sender.By = "log line"
	}
	said := body
	switch rp.Stage {
	case StageRcpt, StageMail:
		word, after := addressWord(body.from(len("RCPT ")))
		address := piece{strings.Trim(word.s, "<>"), word.at}
		if strings.HasPrefix(word.s, "<") {
			address.at++
			if i := strings.Index(body.s, ">: "); i >= 0 && strings.IndexByte(word.s, '>') < 0 { // parameters behind the address
				after = body.from(i + 1)
			}
		}
		if rp.Stage == StageRcpt {
			rp.Recipient = r.field(l, address)
		} else if !rp.Sender.Known() {
			rp.Sender = r.address(l, address)
			rp.Sender.By = "log line"
		}
		said = after
		if strings.HasPrefix(said.s, ":") {
			said = said.from(1).trim()
		} else if _, text := eximText(said); text.s != "" {
			said = text
		}
	default:
		if _, text := eximText(body); text.s != "" {
			said = text
		}
	}
	rp.Diagnostic = r.field(l, said)
	dr.context, dr.contextAt = said.s, rp.Diagnostic
	dr.refused()
	if v, ok := eximHost(head); ok {
		dr.find(Note, safe.Textf("the host that wrote the log refused the client %s", cut(v.s, 300)))
	} else {
		dr.find(Note, "the host that wrote the log refused the mail")
	}
	if id.s != "" && rp.Recipient.Value == "" {
		r.keep(exim, dr, l, id)
		return
	}
	r.keep(exim, dr, l, piece{})
}

// eximAttempt reads what one host of several said: the delivery line follows,
// and counts where it is there.
func (r *logReader) eximAttempt(l *logLine, id, rest piece) {
	i := strings.Index(rest.s, "SMTP error from remote ")
	j := strings.Index(rest.s, "RCPT TO:<")
	if i < 0 || j < 0 {
		return
	}
	to, _, ok := rest.from(j + len("RCPT TO:<")).cut(">")
	if !ok || to.s == "" {
		return
	}
	dr := r.begin(exim, l, id)
	dr.r.Recipient = r.field(l, to)
	dr.r.Action = Delayed
	r.eximRemote(l, &dr, rest.to(i))
	r.eximSaid(l, &dr, rest.from(i))
	r.keep(exim, dr, l, id)
}

var eximLogKeeps = keeps{
	"reply_code":     "the text of the ** or == line; the main log keeps the reply where there was one",
	"enhanced_code":  "the reply in the ** or == line; some servers give none",
	"remote_host":    "H= of the ** or == line of this message ID; a refusal of our own names the client there",
	"remote_address": "H= of the ** or == line of this message ID",
	"failed":         "the beginning of the log line",
	"message_id":     "the <= line of this message ID: id=...",
	"sender":         "the <= line of this message ID, or F=<...>",
	"recipient":      "the reject log of the same time: Envelope-to",
}
