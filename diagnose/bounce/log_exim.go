package bounce

import (
	"strings"

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
	if rest.s == "" || strings.IndexByte("HUFPIrtS", rest.s[0]) < 0 || !hasAny(rest.s, "H=", "U=", "F=", "P=", "I=", "rejected ", "temporarily rejected ", "SMTP connection from ", "recipients refused", "refused connection ") {
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
		case c == 'n' || c == 'r':
			b = append(b, ' ')
		case i+2 < len(s) && c >= '0' && c <= '3' && octal(s[i+1]) && octal(s[i+2]):
			b = append(b, (c-'0')<<6|(s[i+1]-'0')<<3|(s[i+2]-'0'))
			i += 2
		case c == '"' || c == '\\':
			b = append(b, c)
		default:
			b = append(b, '\\', c)
		}
	}
	return string(b)
}

func octal(c byte) bool { return '0' <= c && c <= '7' }

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
