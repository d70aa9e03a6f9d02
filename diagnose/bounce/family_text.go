package bounce

import (
	"slices"
	"strings"
)

// Families of notices in free text. Each picks, for every address that the
// notice names, the words that are the reply; the rest is common to all.

// isPostfix knows both openings that Postfix has used, and its paragraph form
// by itself, as people paste it.
func (m *mail) isPostfix() bool {
	if m.says("this is the postfix program at host", "this is the mail system at host", "the postfix program", "the mail system\n") {
		return true
	}
	return m.msg == nil && m.says("(in reply to ", "said: ") && m.says("<") && m.anyStrong()
}

func (m *mail) anyStrong() bool {
	for _, mt := range m.mentions() {
		if mt.strong && mt.said() != "" {
			return true
		}
	}
	return false
}

// readPostfix reads "<address>: host name[address] said: reply (in reply to
// command)", one paragraph a recipient.
func (m *mail) readPostfix() []draft {
	var out []draft
	for _, mt := range m.mentions() {
		said := mt.said()
		s := mt.t.lines[mt.line].s
		if !mt.strong || said == "" || !strings.Contains(s, ">:") && !strings.Contains(s, "):") && !strings.Contains(strings.ToLower(s), "expanded from") {
			continue
		}
		dr := m.mentioned(mt, said)
		dr.says = "Postfix"
		out = append(out, dr)
	}
	if m.says("will be retried", "could not be delivered for", "still being delivered", "do not need to resend") || m.headSays("Subject", "delayed mail") {
		delay(out)
	}
	return m.merge(out)
}

func delay(drafts []draft) {
	for i := range drafts {
		drafts[i].r.Action = Delayed
	}
}

// mentioned begins a draft of an address that a notice names.
func (m *mail) mentioned(mt mention, said string) draft {
	var dr draft
	dr.r.Recipient = mt.field(m.d)
	dr.r.Diagnostic = mt.saidField(m.d, cut(said, maxDiagnostic))
	dr.context, dr.contextAt = said, dr.r.Diagnostic
	if mt.from != "" {
		dr.r.OriginalRecipient = m.d.shown(mt.from, mt.t.part, mt.t.offset(mt.line, 0))
	}
	if inner := repeatedCode(said); inner != "" {
		dr.r.Diagnostic = mt.replyField(m.d, inner)
	} else if who := readSaying(said); who.replyAt > 0 && (who.host != "" || who.addr != "" || strings.HasSuffix(said[:who.replyAt], "said: ")) {
		// "host mx[192.0.2.1] said: " is the reporter's, the reply begins behind
		reply := said[who.replyAt:]
		if i := strings.LastIndex(reply, "(in reply to "); i > 0 {
			reply = strings.TrimSpace(reply[:i])
		}
		if c := readCodes(reply); c.replyAt == 0 || c.enhancedAt == 0 {
			dr.r.Diagnostic = m.d.within(dr.r.Diagnostic, reply)
			if dr.r.Diagnostic.Value != "" && !strings.Contains(m.d.src.raw, reply) {
				dr.r.Diagnostic = mt.replyField(m.d, reply)
			}
		}
	}
	return dr
}

// repeatedCode gives the reply that sendmail wraps: the part behind "... " of
// "554 <a@example.com>... 550 Host unknown"; "" where it wraps none.
func repeatedCode(s string) string {
	i := strings.Index(s[:min(len(s), 400)], "... ")
	if i < 0 || readCodes(s).replyAt != 0 {
		return ""
	}
	if c := readCodes(s[i+4:]); c.replyAt == 0 {
		return s[i+4:]
	}
	return ""
}

// replyField finds where a reply that was joined of several lines begins.
func (mt *mention) replyField(d *doc, reply string) Field {
	head := firstWord(reply)
	for i := mt.line; i < mt.end; i++ {
		from := 0
		if i == mt.line {
			from = min(mt.restCol, len(mt.t.lines[i].s))
		}
		if j := strings.Index(mt.t.lines[i].s[from:], head); j >= 0 {
			return d.shown(reply, mt.t.part, mt.t.offset(i, from+j))
		}
	}
	return mt.saidField(d, reply)
}

// merge joins drafts of one recipient: the one with a reply code counts, the
// other words stay as context.
func (m *mail) merge(drafts []draft) []draft {
	var out []draft
	at := map[string]int{}
	for _, dr := range drafts {
		key := strings.ToLower(string(dr.r.Recipient.Value))
		i, ok := at[key]
		if !ok {
			at[key] = len(out)
			out = append(out, dr)
			continue
		}
		have, more := readCodes(string(out[i].r.Diagnostic.Value)), readCodes(string(dr.r.Diagnostic.Value))
		if rank(more) > rank(have) || !out[i].r.Diagnostic.Known() {
			if out[i].r.OriginalRecipient.Known() {
				dr.r.OriginalRecipient = out[i].r.OriginalRecipient
			}
			if dr.r.Action == "" {
				dr.r.Action = out[i].r.Action
			}
			out[i] = dr
		}
	}
	return out
}

func rank(c codes) int {
	n := 0
	if c.replyAt >= 0 {
		n += 2
	}
	if c.enhancedAt >= 0 {
		n++
	}
	return n
}

// isExim knows Exim by its header or its opening sentence; others that copy
// the sentence read alike.
func (m *mail) isExim() bool {
	return m.head.has("X-Failed-Recipients") ||
		m.says("created automatically by mail delivery software", "recipient addresses that were\nincorrectly constructed", "the message identifier is:")
}

// readExim reads an address on a line of its own and what is indented below
// it; with X-Failed-Recipients only those addresses count.
func (m *mail) readExim() []draft {
	failed := m.failedRecipients()
	var out []draft
	for _, mt := range m.mentions() {
		if len(failed) > 0 && mt.from == "" && !containsFold(failed, mt.addr) && !mt.strong {
			continue
		}
		below := strings.TrimSpace(mt.next())
		if strings.HasPrefix(below, "(") && strings.Contains(below, "generated from") {
			if start, end, ok := nextAddress(below, 0); ok {
				mt.from = below[start:end]
			}
			mt.body++
		}
		said := mt.said()
		if !mt.strong && readCodes(said).replyAt < 0 {
			continue
		}
		dr := m.mentioned(mt, said)
		dr.says = "Exim"
		out = append(out, dr)
	}
	out = m.merge(out)
	for _, f := range failed {
		if slices.ContainsFunc(out, func(dr draft) bool { return strings.EqualFold(string(dr.r.Recipient.Value), string(f.Value)) }) {
			continue
		}
		if len(failed) == 1 && len(out) == 1 {
			continue // the text names the address after forwarding
		}
		dr := draft{context: m.paragraph(), contextAt: m.firstWords()}
		dr.r.Recipient = f
		out = append(out, dr)
	}
	if m.says("has not yet been delivered", "delay reason") || m.headSays("Subject", "delayed") {
		delay(out)
	}
	return out
}

func (mt *mention) next() string {
	if mt.body < mt.end {
		return mt.t.lines[mt.body].s
	}
	return ""
}

func containsFold(fields []Field, addr string) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return strings.EqualFold(string(f.Value), addr) })
}

// paragraph joins the human text, bounded: what there is when nothing in it
// stands out.
func (m *mail) paragraph() string {
	var lines []string
	n := 0
	for _, t := range m.human {
		for _, l := range t.lines {
			if n += len(l.s); n > 4<<10 || len(lines) >= maxReplyLines {
				break
			}
			lines = append(lines, l.s)
		}
	}
	return joinReply(lines)
}

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
				low := lowerASCII(l.s)
				j := strings.Index(low, a)
				if j < 0 && i+1 < len(t.lines) && len(a) > 30 {
					// the sentence may be broken between two lines
					if k := strings.Index(low+" "+lowerASCII(t.lines[i+1].s), a); k >= 0 && k < len(low) {
						i++
						l = t.lines[i]
						j = k - len(low) - 1
						if j+len(a) < 0 || j+len(a) > len(l.s) {
							continue
						}
					} else {
						continue
					}
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
