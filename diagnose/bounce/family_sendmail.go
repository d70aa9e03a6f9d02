package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// isSendmail knows a transcript: commands behind >>>, replies behind <<<.
func (m *mail) isSendmail() bool {
	return m.says("transcript of session follows", "had permanent fatal errors", "had transient non-fatal errors", "had delivery errors", "had delivery problems",
		"\n<<< ", "while talking to", "sent <<<") || m.says("    <<< ")
}

// exchange is a command and the reply to it in a transcript.
type exchange struct {
	host    Field
	command Field
	rcpt    Field // address of the last RCPT
	reply   []string
	at      Field
}

// readSendmail joins the list of addresses with the transcript: a reply belongs
// to the address of its RCPT, or to the "554 <address>..." line below it.
func (m *mail) readSendmail() []draft {
	var out []draft
	for _, t := range m.human {
		out = append(out, m.transcript(t)...)
	}
	if len(out) > 0 {
		for i := range out {
			if out[i].r.Recipient.Known() {
				continue
			}
			for _, mt := range m.mentions() {
				if mt.strong {
					out[i].r.Recipient = mt.field(m.d)
					break
				}
			}
			if !out[i].r.Recipient.Known() {
				out[i].r.Recipient = m.returnedTo()
			}
		}
	}
	for _, mt := range m.mentions() {
		if mt.strong {
			out = append(out, m.mentioned(mt, mt.said()))
		}
	}
	kept := out[:0]
	for _, dr := range out {
		if dr.r.Recipient.Known() {
			kept = append(kept, dr)
		}
	}
	out = m.merge(kept)
	if m.says("transient non-fatal errors", "will keep trying until", "warning message only") || m.headSays("Subject", "warning: could not send") {
		delay(out)
	}
	return out
}

// transcript reads the commands and replies of one text.
func (m *mail) transcript(t *text) []draft {
	var out []draft
	var x exchange
	at := func(i, col int, v string) Field { return m.d.shown(v, t.part, t.offset(i, col)) }
	end := func(addr Field) {
		if len(x.reply) == 0 {
			return
		}
		if len(out) == maxReports {
			m.d.b.limit("recipients beyond 1000 were not read", 0)
			return
		}
		said := joinReply(x.reply)
		x.reply = nil
		if c := readCodes(said); c.replyAt != 0 || said[0] < '4' {
			return
		}
		dr := draft{context: said, contextAt: x.at}
		dr.r.Diagnostic = m.d.shown(said, x.at.Part, x.at.Offset)
		command := string(x.command.Value)
		dr.r.Stage = commandStage(command)
		dr.r.Command = m.d.found(x.command, commandWords(command, dr.r.Stage))
		host, ip := hostAndAddress(string(x.host.Value))
		dr.r.RemoteMTA, dr.r.RemoteAddress = m.d.found(x.host, host), m.d.found(x.host, ip)
		if dr.r.Recipient = addr; !addr.Known() {
			dr.r.Recipient = x.rcpt
		}
		out = append(out, dr)
	}
	for i, l := range t.lines {
		s := strings.TrimLeft(l.s, " \t.")
		low := lowerASCII(s[:min(len(s), 40)])
		col := len(l.s) - len(s)
		switch {
		case strings.HasPrefix(low, "while talking to "):
			end(Field{})
			x.host = at(i, col+len("while talking to "), cut(strings.TrimRight(s[len("while talking to "):], ":. "), 1024))
		case strings.HasPrefix(s, ">>> "), strings.HasPrefix(low, "sent <<< "), strings.HasPrefix(low, "in: "):
			end(Field{})
			body := strings.TrimLeft(strings.TrimPrefix(s[strings.IndexByte(s, ' ')+1:], "<<< "), " ")
			x.command = at(i, len(l.s)-len(body), cut(body, 1024))
			if commandStage(body) == StageRcpt {
				if start, e, ok := nextAddress(body[:min(len(body), 1024)], 0); ok {
					x.rcpt = at(i, len(l.s)-len(body)+start, body[start:e])
				}
			}
		case strings.HasPrefix(s, "<<< "), strings.HasPrefix(low, "received >>> "), strings.HasPrefix(low, "out: "):
			body := strings.TrimLeft(strings.TrimPrefix(s[strings.IndexByte(s, ' ')+1:], ">>> "), " ")
			if len(x.reply) > 0 && len(body) > 3 && body[:3] != x.reply[0][:min(3, len(x.reply[0]))] {
				end(Field{})
			}
			if len(x.reply) == 0 {
				x.at = Field{Value: safe.Untrusted(body), Part: t.part, Offset: t.offset(i, len(l.s)-len(body))}
			}
			if len(x.reply) < maxReplyLines {
				x.reply = append(x.reply, body)
			}
		case len(x.reply) > 0 && len(s) > 5 && digit(s[0]) && digit(s[1]) && digit(s[2]) && strings.Contains(s, ">..."):
			if start, e, ok := nextAddress(s, 4); ok {
				end(at(i, col+start, s[start:e]))
			}
		}
	}
	end(Field{})
	return out
}
