package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// returnedFields takes message ID, subject, sender and path from the header of
// the returned mail.
func (m *mail) returnedFields(dr *draft) {
	r, h, part := &dr.r, m.orig.h, m.orig.part
	if len(h) > 0 {
		if ids := h.all("Message-ID"); len(ids) > 0 {
			r.MessageID = m.d.bodyField(ids[0], part, messageID(ids[0].value))
			for _, other := range ids[1:] {
				if messageID(other.value) != string(r.MessageID.Value) {
					dr.find(Contradiction, safe.Textf("the returned mail has %d message IDs; the first is used", len(ids)))
					break
				}
			}
		}
		if f, ok := h.get("Subject"); ok {
			r.Subject = m.d.bodyField(f, part, cut(words(f.value), maxSubject))
		}
		m.through(r, h, part)
		m.author(r, h, part)
		m.marks(r, h, part)
		if !r.Arrived.Known() {
			if f, ok := h.get("Date"); ok {
				at, _ := parseDate(unfold(f.value))
				r.Arrived = Time{At: at, Field: m.d.bodyField(f, part, unfold(f.value))}
				r.Arrived.By = "Date of the returned mail"
			}
		}
	}
	m.quotedFields(r)
	m.sender(dr)
}

// through keeps the Received fields of a header, newest first.
func (m *mail) through(r *Report, h header, part string) {
	path := h.all("Received")
	path = path[:min(len(path), maxThrough)]
	if len(path) > 0 {
		r.Through = make([]Field, 0, len(path))
	}
	for _, f := range path {
		r.Through = append(r.Through, m.d.bodyField(f, part, cut(unfold(f.value), maxSubject)))
	}
}

// author keeps who wrote the returned mail by its own word: the domain of From,
// and which keys it was signed with (RFC 6376 section 3.5).
func (m *mail) author(r *Report, h header, part string) {
	if list := h.all("From"); len(list) == 1 { // with several, DMARC has no author domain
		if start, end, ok := lastAddress(list[0].value); ok {
			if domain := domainOf(list[0].value[start:end]); isHost(domain) {
				r.From = m.d.bodyField(list[0], part, domain)
			}
		}
	}
	for _, f := range h.all("DKIM-Signature") {
		if len(r.Signatures) == maxSignatures {
			break
		}
		if d, s := signedBy(cut(unfold(f.value), maxSignature)); d != "" && s != "" {
			r.Signatures = append(r.Signatures, m.d.bodyField(f, part, "d="+d+"; s="+s))
		}
	}
}

// markNames are header fields that sending platforms add to what they send.
var markNames = []string{"X-SG-EID", "X-SG-ID", "X-Mailgun-Sid", "X-Mailgun-Sending-Ip", "X-SES-Outgoing", "X-PM-Message-Id", "X-MSFBL", "X-Mandrill-User",
	"X-Mailin-EID", "X-sib-id", "X-MJ-Mid", "X-MJ-SMTPGUID", "X-Smtpcorp-Track", "X-Postal-MsgID", "Feedback-ID"}

// marks keeps which platforms left their header fields. Their values hold the
// recipient, so that only what tells one platform from another is kept: X-MSFBL
// is SparkPost's only with a bar before its data, X-PM-Message-Id is Postmark's
// only as a UUID since Proton Mail uses it too, and a Feedback-ID ends with the
// name of who made it.
func (m *mail) marks(r *Report, h header, part string) {
	for _, name := range markNames {
		f, ok := h.get(name)
		if !ok {
			continue
		}
		value := strings.TrimSpace(cut(unfold(f.value), maxSubject))
		switch name {
		case "X-MSFBL":
			value = ""
			if strings.Contains(f.value, "|") {
				value = "|"
			}
		case "X-PM-Message-Id":
		case "Feedback-ID":
			i := strings.LastIndexByte(value, ':')
			if value = value[i+1:]; i < 0 {
				value = "" // not of the form that platforms write
			} else {
				value = ":" + cut(value, 20)
			}
		default:
			value = ""
		}
		r.Marks = append(r.Marks, m.d.bodyField(f, part, strings.TrimSpace(name+": "+cut(value, 40))))
	}
}

// signedBy gives the tags d and s of a signature.
func signedBy(field string) (domain, selector string) {
	for part := range strings.SplitSeq(field, ";") {
		name, value, _ := strings.Cut(part, "=")
		value = strings.Join(strings.Fields(value), "")
		if len(value) > 253 {
			continue
		}
		switch strings.TrimSpace(name) {
		case "d":
			domain = value
		case "s":
			selector = value
		}
	}
	return domain, selector
}

// messageID gives the identifier without its brackets and comments.
func messageID(s string) string {
	s = unfold(s)
	if i := strings.IndexByte(s, '<'); i >= 0 {
		if j := strings.IndexByte(s[i:], '>'); j > 0 {
			return cut(s[i+1:i+j], maxSubject)
		}
	}
	return cut(strings.Trim(firstWord(s), "<>"), maxSubject)
}

// quotedFields takes what a notice quotes of the header in its own text, where
// the returned mail has not said it.
func (m *mail) quotedFields(r *Report) {
	if r.MessageID.Known() && r.Subject.Known() {
		return
	}
	if !m.quotedDone {
		m.quotedDone = true
		m.findQuoted()
	}
	if !r.MessageID.Known() {
		r.MessageID = m.quoted[0]
	}
	if !r.Subject.Known() {
		r.Subject = m.quoted[1]
	}
}

func (m *mail) findQuoted() {
	id, subject := &m.quoted[0], &m.quoted[1]
	for _, t := range m.human {
		for i, l := range t.lines {
			s := strings.TrimLeft(l.s, " \t")
			col := len(l.s) - len(s)
			switch {
			case !id.Known() && prefixFold(s, "message-id:"):
				v := messageID(s[len("message-id:"):])
				if v == "" && i+1 < len(t.lines) {
					v = messageID(t.lines[i+1].s)
				}
				*id = m.d.shown(v, t.part, t.offset(i, col+len("message-id:")))
			case !subject.Known() && prefixFold(s, "subject:"):
				v, at := s[len("subject:"):], t.offset(i, col+len("subject:"))
				if strings.TrimSpace(v) == "" && i+1 < len(t.lines) && m.htmlOnly() {
					v, at = t.lines[i+1].s, t.offset(i+1, 0) // the next cell of a table
				}
				*subject = m.d.shown(cut(words(v), maxSubject), t.part, at)
			}
		}
	}
}

// sender finds the envelope sender of the mail that failed, the strongest
// claim first; By says which.
func (m *mail) sender(dr *draft) {
	r, h := &dr.r, m.orig.h
	if r.Sender.Known() {
		return
	}
	for _, name := range []string{"Return-Path", "X-Envelope-From", "X-Envelope-Sender"} {
		if f, ok := h.get(name); ok {
			if v := mailbox(unfold(f.value)); isAddress(v) {
				r.Sender = m.d.bodyField(f, m.orig.part, v)
				r.Sender.By = safe.Untrusted(name + " of the returned mail")
				return
			}
		}
	}
	if dr.postfixSender.Known() {
		r.Sender = dr.postfixSender
		r.Sender.By = "X-Postfix-Sender"
		return
	}
	for _, f := range h.all("Received") {
		if i := strings.Index(f.value, "envelope-from <"); i >= 0 {
			if start, end, ok := nextAddress(f.value, i); ok {
				r.Sender = m.d.shown(f.value[start:end], m.orig.part, f.off+start)
				r.Sender.By = "Received of the returned mail"
				return
			}
		}
	}
	if f, ok := h.get("From"); ok {
		if start, end, ok := lastAddress(f.value); ok {
			r.Sender = m.d.shown(f.value[start:end], m.orig.part, f.off+start)
			r.Sender.By = "From of the returned mail"
			return
		}
	}
	// A notice goes to the envelope sender (RFC 3464 section 2.1).
	if f, ok := m.head.get("To"); ok && dr.kind == "" {
		if start, end, ok := nextAddress(f.value, 0); ok {
			r.Sender = m.d.shown(f.value[start:end], m.part(), f.off+start)
			r.Sender.By = "To of the notice"
		}
	}
}

// lastAddress finds the address of a From field: in <> where there is one.
func lastAddress(s string) (start, end int, ok bool) {
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		if start, end, ok = nextAddress(s, i+1); ok {
			return start, end, ok
		}
	}
	return nextAddress(s, 0)
}

// envelope fills the reporting host from the notice's own header where no
// field says it.
func (m *mail) envelope(dr *draft) {
	r := &dr.r
	if r.ReportingMTA.Known() || m.msg == nil {
		return
	}
	if dr.kind == "" || dr.kind == NotDelivered {
		if f, ok := m.head.get("From"); ok && m.fromDaemon() {
			if start, end, ok := lastAddress(f.value); ok {
				if host := domainOf(f.value[start:end]); isHost(host) {
					at := strings.LastIndexByte(f.value[start:end], '@') + 1
					r.ReportingMTA = m.d.shown(f.value[start+at:end], m.part(), f.off+start+at)
				}
			}
		}
	}
}

// times gives the notice's own date where nothing says when the delivery failed.
func (m *mail) times(dr *draft) {
	r := &dr.r
	if r.FailedAt.At.IsZero() && m.msg != nil {
		for _, f := range m.head.all("Date") {
			if at, ok := parseDate(unfold(f.value)); ok {
				r.FailedAt = Time{At: at, Field: m.d.bodyField(f, m.part(), unfold(f.value))}
				r.FailedAt.By = "Date of the bounce"
				return
			}
		}
	}
}
