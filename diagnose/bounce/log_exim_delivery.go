package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
)

// eximReply makes one line of a reply of several, which Exim logs with "\n".
func eximReply(s string) string { return cut(onceCoded(unescapeLog(s)), maxDiagnostic) }

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
	case hasAny(text.s, "Connection ", "No route to host", "Network is unreachable", "Network Error"):
		rp.Stage = StageConnect
	case !rp.RemoteMTA.Known() && !rp.RemoteAddress.Known():
		rp.Stage = StageLocal // a router, a pipe, a mailbox
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
