package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// pasted reads input that is no mail: data, log lines, a delivery-status block,
// the text of a notice, one or several replies, each also behind quote marks.
func (d *doc) pasted() []Report {
	whole := &mail{d: d}
	if out := whole.readAs(inWhole); len(out) > 0 || whole.quietLog() {
		return out
	}
	if d.plainTable() {
		return nil
	}
	t := d.plain(&entity{end: len(d.src.raw)}, min(len(d.src.raw), maxPartText))
	if len(d.src.raw) > maxPartText {
		d.b.limit("text beyond 512 KiB of a paste was not read", d.src.line(maxPartText))
	}
	d.charset(t, "")
	plain, _ := t.unquoted()
	return d.fromText(plain)
}

// fromText reads text without a mail around it.
func (d *doc) fromText(t *text) []Report { return d.textMail(t.outdented()).readAs(inText) }

// anyKnown reports whether a reading holds more than an address.
func anyKnown(reports []Report) bool {
	for _, r := range reports {
		if r.ReplyCode.Known() || r.EnhancedCode.Known() || r.Reason != reply.Undefined || r.NotABounce != "" {
			return true
		}
	}
	return false
}

// readReplies reads the text as SMTP replies: a line that begins with a code
// after the last line of a reply begins the next one.
func (m *mail) readReplies() []draft {
	d, t := m.d, m.whole
	if t == nil {
		return nil
	}
	var drafts []draft
	start := -1
	end := func(to int) {
		if start >= 0 && len(drafts) < maxReports {
			if dr, ok := d.oneReply(t.sub(start, to)); ok {
				drafts = append(drafts, dr)
			}
		}
		start = -1
	}
	complete, lines := false, 0
	for i, l := range t.lines {
		s := strings.TrimSpace(l.s)
		if s == "" {
			continue
		}
		if lines++; lines > 10*maxReplyLines {
			d.b.limit("lines beyond 1000 of pasted replies were not read", d.src.line(l.off))
			break
		}
		opens := len(s) > 3 && digit(s[0]) && readCodes(s[:min(len(s), maxReplyLine)]).replyAt == 0
		if opens && complete {
			end(i)
		}
		if start < 0 {
			start = i
		}
		if opens {
			complete = s[3] != '-'
		}
	}
	end(len(t.lines))
	return drafts
}

var replyKeeps = keeps{
	"recipient":   "the log line of the sending server that this reply stands in: to=<...>",
	"remote_host": "the log line of the sending server: relay=, or host ... said",
	"failed":      "the log line of the sending server",
	"message_id":  "the log of the sending server, by queue ID: message-id=<...>",
}

// oneReply reads one reply with what may stand around it: "host name[address]
// said:", "smtp;", an address, "(in reply to ... command)".
func (d *doc) oneReply(t *text) (draft, bool) {
	var lines []string
	first := -1
	for i, l := range t.lines {
		if strings.TrimSpace(l.s) == "" {
			continue
		}
		if first < 0 {
			first = i
		}
		if len(lines) < maxReplyLines {
			lines = append(lines, l.s)
		}
	}
	if first < 0 {
		return draft{}, false
	}
	whole := joinReply(lines)
	var dr draft
	at := Field{Value: safe.Untrusted(whole), Part: t.part, Offset: t.offset(first, len(t.lines[first].s)-len(strings.TrimLeft(t.lines[first].s, " \t")))}
	dr.context, dr.contextAt = whole, at
	said := whole
	if name, body, ok := fieldName(said); ok && (strings.EqualFold(name, "Diagnostic-Code") || strings.EqualFold(name, "Status") || strings.EqualFold(name, "Response")) {
		said = strings.TrimSpace(said[body:])
	}
	said = diagnostic(said)
	if who := readSaying(said); who.replyAt > 0 && (who.host != "" || who.addr != "" || strings.HasSuffix(said[:who.replyAt], ": ")) {
		body := said[who.replyAt:]
		if q := said[who.replyAt-1]; q == '\'' || q == '"' {
			body = strings.TrimSuffix(body, string(q))
		}
		if i := strings.LastIndex(body, "(in reply to "); i > 0 {
			body = strings.TrimSpace(body[:i])
		}
		if c := readCodes(body); c.replyAt == 0 || c.enhancedAt == 0 {
			said = body
		}
	} else if i := strings.LastIndex(said, "(in reply to "); i > 0 {
		said = strings.TrimSpace(said[:i])
	}
	dr.r.Diagnostic = d.shown(said, at.Part, at.Offset)
	d.near(&dr.r.Diagnostic)
	got := readReply(reply.Input{Code: readCodes(said).reply, Enhanced: readCodes(said).enhanced, Text: said})
	if rank(readCodes(said)) == 0 && (got.Rule == "" || got.Reason == reply.Undefined || got.CodeOnly) {
		return draft{}, false
	}
	d.remoteSystem(t, &dr.r)
	if !got.AboutSender {
		for i := range t.lines {
			if mt, ok := mentionAt(t, i); ok {
				mt.t, mt.line = t, i
				dr.r.Recipient = mt.field(d)
				if mt.from != "" {
					dr.r.OriginalRecipient = d.shown(mt.from, t.part, t.offset(i, 0))
				}
				break
			}
		}
		for i := 0; i < len(t.lines) && !dr.r.Recipient.Known(); i++ {
			if start, end, ok := nextAddress(t.lines[i].s[:min(len(t.lines[i].s), 2<<10)], 0); ok {
				for start < end && strings.IndexByte("{[('", t.lines[i].s[start]) >= 0 {
					start++ // of a list or map as programs print them
				}
				dr.r.Recipient = d.shown(t.lines[i].s[start:end], t.part, t.offset(i, start))
			}
		}
	}
	return dr, true
}

// remoteSystem reads "Remote system: dns;mx.example.com (TCP|...)", as Oracle's
// Messaging Server names the host that refused in the text of its notices.
func (d *doc) remoteSystem(t *text, r *Report) {
	const label = "remote system: dns;"
	for i, l := range t.lines {
		at := indexFold(l.s[:min(len(l.s), 2<<10)], label)
		if at < 0 || r.RemoteMTA.Known() {
			continue
		}
		if host := firstWord(l.s[at+len(label):]); isHost(host) {
			r.RemoteMTA = d.shown(host, t.part, t.offset(i, at+len(label)))
		}
	}
}

// near moves a field to where the first word of its value stands in the raw input.
func (d *doc) near(f *Field) {
	head := firstWord(string(f.Value))
	if head == "" {
		return
	}
	window := d.src.raw[f.Offset:min(len(d.src.raw), f.Offset+4<<10)]
	if i := strings.Index(window, head); i > 0 {
		f.Offset += i
		f.Line = d.src.line(f.Offset)
	}
}
