package bounce

import (
	"strings"
)

// delay marks the failures of a notice that says it is not the last.
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
	if len(drafts) < 2 {
		return drafts
	}
	out := make([]draft, 0, len(drafts))
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

// paragraph joins the human text, bounded: what there is when nothing in it
// stands out.
func (m *mail) paragraph() string {
	lines := make([]string, 0, 16)
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
