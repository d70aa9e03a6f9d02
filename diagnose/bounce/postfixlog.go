package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// queued is what the lines of one queue ID told before its delivery.
type queued struct {
	from, messageID, client Field
}

// maxQueued bounds the queue IDs that are followed at once.
const maxQueued = 50000

// readPostfixLog reads lines of a Postfix log in one pass. Lines of one queue ID are joined: sender, message ID, and of
// each recipient its last attempt.
func (m *mail) readPostfixLog() []draft {
	d := m.d
	l := &logReader{d: d, ids: map[string]*queued{}, at: map[string]int{}}
	lines := d.src.scan(0, len(d.src.raw))
	for {
		s, off, _, ok := lines.next()
		if !ok {
			break
		}
		if len(s) > maxLine {
			d.b.limit("a line longer than 64 KiB was cut", d.src.line(off))
			s = cut(s, maxLine)
		}
		l.take(s, off)
	}
	drafts := l.drafts
	if len(drafts) == 0 {
		drafts = l.sent
	}
	for i := range drafts {
		drafts[i].fromQueue(l.ids)
	}
	return drafts
}

// isPostfixLog reports whether one of the first lines is of a Postfix log.
func (m *mail) isPostfixLog() bool {
	d := m.d
	lines := d.src.scan(0, min(len(d.src.raw), 256<<10))
	for n := 0; n < 400; n++ {
		s, _, _, ok := lines.next()
		if !ok {
			break
		}
		s = s[:min(len(s), maxLine)]
		if strings.Contains(s, "status=") && strings.Contains(s, "to=<") || strings.Contains(s, "reject: ") && (strings.Contains(s, "NOQUEUE") || strings.Contains(s, "postfix")) ||
			strings.Contains(s, "postfix/") && strings.Contains(s, "]: ") {
			return true
		}
	}
	return false
}

type logReader struct {
	d      *doc
	ids    map[string]*queued
	drafts []draft
	sent   []draft
	at     map[string]int // queue ID and recipient -> index in drafts
}

func (r *logReader) take(s string, off int) {
	if !strings.Contains(s, "=<") && !strings.Contains(s, "reject") && !strings.Contains(s, "client=") {
		return
	}
	l := splitLog(s, r.d.opts.Now)
	id, rest := "", l.message
	if i := strings.Index(l.message, ": "); i > 0 && i < 40 && !strings.ContainsAny(l.message[:i], " =<@") {
		id, rest = l.message[:i], l.message[i+2:]
	}
	base := off + len(s) - len(rest)
	switch {
	case strings.HasPrefix(rest, "reject: ") || strings.HasPrefix(rest, "milter-reject: ") || strings.HasPrefix(id, "reject"):
		r.reject(l, id, rest, base, off)
	case strings.Contains(rest, "to=<") && strings.Contains(rest, "status="):
		r.delivery(l, id, rest, base, off)
	case id != "" && id != "NOQUEUE":
		r.learn(id, rest, base)
	}
}

// learn keeps what a line tells of a queue ID.
func (r *logReader) learn(id, rest string, base int) {
	q := r.ids[id]
	if q == nil {
		if len(r.ids) >= maxQueued {
			r.d.b.limit("queue IDs beyond 50000 were not followed", r.d.src.line(base))
			return
		}
		q = &queued{}
		r.ids[id] = q
	}
	if v, at := attribute(rest, "from="); at == 0 {
		q.from = r.d.shown(v, "", base+len("from=<"))
		if v == "" {
			q.from = Field{Value: "<>", Offset: base + len("from="), Line: r.d.src.line(base)}
		}
	}
	if v, at := attribute(rest, "message-id="); at == 0 {
		q.messageID = r.d.shown(v, "", base+len("message-id=<"))
	}
	if strings.HasPrefix(rest, "client=") {
		v, _, _ := strings.Cut(rest[len("client="):], ",")
		q.client = r.d.shown(v, "", base+len("client="))
	}
}

// begin makes a draft with what every log line tells.
func (r *logReader) begin(l logLine, id string, off, base int) draft {
	var dr draft
	dr.says = "Postfix"
	dr.r.ReportingMTA = r.d.shown(l.host, "", off+l.hostAt)
	dr.r.FailedAt = Time{At: l.at, Field: r.d.shown(l.written, "", off)}
	dr.r.Source = Field{Value: "Postfix", Offset: off, Line: r.d.src.line(off)}
	if id != "" && id != "NOQUEUE" && !strings.HasPrefix(id, "reject") {
		dr.r.QueueID = r.d.shown(id, "", base-len(id)-2)
	}
	if l.noYear && !l.at.IsZero() {
		dr.find(Note, "the log line has neither year nor zone; the latest year that fits and our own zone are taken")
	}
	return dr
}

// delivery reads "to=<...>, relay=..., dsn=..., status=bounced (...)".
func (r *logReader) delivery(l logLine, id, rest string, base, off int) {
	dr := r.begin(l, id, off, base)
	rp := &dr.r
	to, toAt := attribute(rest, "to=")
	if toAt < 0 {
		return
	}
	rp.Recipient = r.d.shown(to, "", base+toAt+len("to=<"))
	if v, at := attribute(rest, "orig_to="); at >= 0 {
		rp.OriginalRecipient = r.d.shown(v, "", base+at+len("orig_to=<"))
	}
	if v, at := attribute(rest, "relay="); at >= 0 && v != "none" {
		host, addr := hostAndAddress(v)
		rp.RemoteMTA, rp.RemoteAddress = r.d.shown(host, "", base+at+len("relay=")), r.d.shown(addr, "", base+at+len("relay="))
		if rp.RemoteAddress.Known() {
			rp.RemoteAddress.Offset += max(0, strings.Index(v, "[")+1)
		}
		if host == "" && addr == "" {
			rp.Stage = StageLocal // virtual, local, dovecot, a pipe
		}
	}
	if v, at := attribute(rest, "dsn="); at >= 0 {
		if c := readCodes(v); c.enhancedAt == 0 {
			dr.status = r.d.shown(c.enhanced, "", base+at+len("dsn="))
		}
	}
	i := strings.Index(rest, "status=")
	state, _, _ := strings.Cut(rest[i+len("status="):], " ")
	if j := strings.IndexByte(rest[i:], '('); j >= 0 {
		text := strings.TrimSuffix(strings.TrimSpace(rest[i+j+1:]), ")")
		at := base + i + j + 1
		dr.context, dr.contextAt = text, r.d.shown(text, "", at)
		if who := readSaying(text); who.replyAt > 0 {
			body := text[who.replyAt:]
			if k := strings.LastIndex(body, "(in reply to "); k > 0 {
				body = strings.TrimSpace(body[:k])
			}
			text, at = body, at+who.replyAt
		}
		rp.Diagnostic = r.d.shown(onceCoded(text), "", at)
	}
	switch strings.TrimRight(state, ",") {
	case "deferred", "undeliverable", "SOFTBOUNCE":
		rp.Action = Delayed
	case "sent", "deliverable":
		rp.Action = Delivered
		if len(r.sent) < 100 {
			r.sent = append(r.sent, dr)
		}
		return
	default:
		rp.Action = Failed
	}
	r.keep(dr, id, to)
}

// keep files a draft; of one recipient of one queue ID the last attempt counts.
func (r *logReader) keep(dr draft, id, to string) {
	if len(r.drafts) >= maxLogReports {
		r.d.b.limit("failures beyond 10000 of one log were not read", dr.r.FailedAt.Line)
		return
	}
	key := id + " " + to
	if i, ok := r.at[key]; ok && id != "" && id != "NOQUEUE" {
		dr.find(Note, "earlier attempts of the same queue ID stand above; this is the last")
		r.drafts[i] = dr
		return
	}
	r.at[key] = len(r.drafts)
	r.drafts = append(r.drafts, dr)
}

// reject reads "reject: RCPT from client[address]: 550 ...; from=<...> to=<...>".
// Here the host that writes the log is the one that refused.
func (r *logReader) reject(l logLine, id, rest string, base, off int) {
	dr := r.begin(l, id, off, base)
	rp := &dr.r
	i := strings.Index(rest, "reject: ")
	if i < 0 {
		i = -len("reject: ")
	}
	body := rest[i+len("reject: "):]
	at := base + i + len("reject: ")
	command, from, ok := strings.Cut(body, " from ")
	if !ok {
		return
	}
	rp.Stage = commandStage(command)
	if strings.EqualFold(command, "END-OF-MESSAGE") {
		rp.Stage = StageContent
	}
	if rp.Stage != StageUnknown {
		rp.Command = r.d.shown(command, "", at)
	}
	j := strings.Index(from, "]: ")
	k := strings.Index(from, "]:")
	if j < 0 || k >= 0 && k < j { // postscreen: "[192.0.2.1]:25: 550 ..."
		if n := strings.Index(from[max(k, 0):], ": "); n >= 0 {
			j = max(k, 0) + n - 1
		}
	}
	if j < 0 {
		return
	}
	client := from[:j+1]
	said := from[j+3:]
	saidAt := at + len(command) + len(" from ") + j + 3
	tail := ""
	if n := strings.LastIndex(said, "; from=<"); n >= 0 {
		said, tail = said[:n], said[n+2:]
	} else if n := strings.LastIndex(said, "; to=<"); n >= 0 {
		said, tail = said[:n], said[n+2:]
	}
	tailAt := saidAt + len(said) + 2
	rp.Diagnostic = r.d.shown(said, "", saidAt)
	if v, p := attribute(tail, "to="); p >= 0 {
		rp.Recipient = r.d.shown(v, "", tailAt+p+len("to=<"))
	}
	if v, p := attribute(tail, "from="); p >= 0 {
		rp.Sender = r.d.shown(v, "", tailAt+p+len("from=<"))
		rp.Sender.By = "log line"
	}
	rp.RemoteMTA = rp.ReportingMTA
	rp.Action = Failed
	if c := readCodes(said); c.replyAt >= 0 && c.reply[0] == '4' {
		rp.Action = Delayed
	}
	dr.find(Note, safe.Textf("the host that wrote the log refused the client %s", cut(client, 300)))
	r.keep(dr, "NOQUEUE", string(rp.Recipient.Value))
}

// fromQueue takes sender and message ID from the other lines of the queue ID.
func (dr *draft) fromQueue(ids map[string]*queued) {
	q := ids[string(dr.r.QueueID.Value)]
	if q == nil {
		return
	}
	if !dr.r.Sender.Known() && q.from.Known() {
		dr.r.Sender = q.from
		dr.r.Sender.By = "log line"
	}
	if !dr.r.MessageID.Known() {
		dr.r.MessageID = q.messageID
	}
	if q.client.Known() {
		dr.find(Note, safe.Textf("the mail came in from %s", q.client.Value))
	}
}

var postfixLogKeeps = keeps{
	"reply_code":    "an earlier line of the same queue ID",
	"enhanced_code": "dsn= of the log line",
	"remote_host":   "relay= of the delivery line of this queue ID",
	"failed":        "the beginning of the log line",
	"message_id":    "the cleanup line of this queue ID: message-id=<...>",
	"sender":        "the qmgr line of this queue ID: from=<...>",
}
