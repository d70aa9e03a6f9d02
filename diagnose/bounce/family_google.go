package bounce

import (
	"strings"
)

// isGoogle knows Gmail and Google Groups by where they write from.
func (m *mail) isGoogle() bool {
	return m.headSays("From", "mailer-daemon@googlemail.com", "mailer-daemon@google.com") ||
		m.says("google tried to deliver your message", "group you tried to contact", "the response from the remote server was")
}

// readGoogle reads the address, and the reply behind the sentence that
// announces it.
func (m *mail) readGoogle() []draft {
	failed := m.failedRecipients()
	named := m.mentions()
	var out []draft
	text, at := m.after("the response from the remote server was:", "the response was:", "error that the other server returned was:", "the other server returned was:",
		"technical details of permanent failure:", "technical details of temporary failure:")
	who := m.paragraph()
	if text == "" {
		text, at = cut(who, 2<<10), m.firstWords()
	}
	add := func(f Field) {
		var dr draft
		dr.r.Recipient, dr.context, dr.contextAt, dr.says = f, who, m.firstWords(), "Google"
		dr.r.Diagnostic = m.d.shown(text, at.Part, at.Offset)
		if s := googleRemote(who); s.host != "" || s.addr != "" {
			dr.r.RemoteMTA, dr.r.RemoteAddress = m.d.found(dr.contextAt, s.host), m.d.found(dr.contextAt, s.addr)
		}
		out = append(out, dr)
	}
	for _, f := range failed {
		add(f)
	}
	for _, mt := range named {
		if len(failed) == 0 && mt.strong {
			add(mt.field(m.d))
		}
	}
	if len(out) == 0 && len(named) > 0 {
		add(named[0].field(m.d))
	}
	if len(out) == 0 && m.says("group you tried to contact") {
		if f := m.returnedTo(); f.Known() || m.msg == nil {
			add(f)
		}
	}
	if m.says("has been delayed", "will be retried", "delivery incomplete") || m.headSays("Subject", "(delay)") {
		delay(out)
	}
	return m.merge(out)
}

// googleRemote reads "rejected by the server for the recipient domain D by H. [IP]".
func googleRemote(s string) saying {
	i := strings.Index(s, "recipient domain ")
	if i < 0 {
		return saying{}
	}
	j := strings.Index(s[i:], " by ")
	if j < 0 || j > 300 {
		return saying{}
	}
	return readHosts(s[i+j : min(len(s), i+j+300)])
}

// after joins the lines that follow one of the announcing sentences, up to a
// blank line; the first sentence that stands in the text decides.
func (m *mail) after(announce ...string) (string, Field) {
	for _, a := range announce {
		for _, t := range m.human {
			for i, l := range t.lines {
				j := indexFold(l.s, a)
				if j < 0 && i+1 < len(t.lines) && len(a) > 30 {
					if j = t.broken(i, a); j > 0 {
						continue
					}
					i++
					l = t.lines[i]
				} else if j < 0 {
					continue
				}
				first := l.s[j+len(a):]
				lines := []string{first}
				at := t.offset(i, j+len(a)+len(first)-len(strings.TrimLeft(first, " ")))
				for k := i + 1; k < len(t.lines) && len(lines) < maxReplyLines; k++ {
					s := strings.TrimSpace(t.lines[k].s)
					if s == "" {
						if strings.TrimSpace(strings.Join(lines, "")) != "" {
							break
						}
						continue
					}
					if strings.TrimSpace(strings.Join(lines, "")) == "" {
						at = t.offset(k, len(t.lines[k].s)-len(strings.TrimLeft(t.lines[k].s, " ")))
					}
					lines = append(lines, s)
				}
				if out := joinReply(lines); out != "" {
					return out, Field{Part: t.part, Offset: at}
				}
			}
		}
	}
	return "", Field{}
}

// broken finds a sentence that begins on line i and ends on the next: the
// column of the next line, before its first, at which it would begin; 1 where
// it does not stand there.
func (t *text) broken(i int, sentence string) int {
	s, next := t.lines[i].s, t.lines[i+1].s
	for from := max(0, len(s)+1-len(sentence)); from < len(s); from++ {
		head := s[from:]
		rest := sentence[len(head):]
		if foldsTo(head, sentence[:len(head)]) && rest[0] == ' ' && len(next) >= len(rest)-1 && foldsTo(next[:len(rest)-1], rest[1:]) {
			return -len(head) - 1
		}
	}
	return 1
}

var googleKeeps = keeps{
	"remote_host": "the message's delivery log in the Google admin console",
}
