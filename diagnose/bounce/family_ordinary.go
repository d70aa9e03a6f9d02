package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// readOrdinary gives a mail that tells of no failure as what it is: who it was
// delivered to, when and by which way. A mail that carries another with the way
// that it took, as an administrator sends one that arrived, tells of that one.
func (m *mail) readOrdinary() []Report {
	dr := draft{kind: NotOrdinary, why: "it is ordinary mail: no delivery-status part, no notice of a mail system, no reply of a server"}
	r, h, part := &dr.r, m.head, m.part()
	if m.orig.h.has("Received") {
		h, part = m.orig.h, m.orig.part
	}
	m.through(r, h, part)
	r.Recipient = m.deliveredTo(&dr, h, part)
	r.Sender = m.firstAddress(h, part, "Return-Path", "X-Envelope-From", "From")
	r.Arrived = m.taken(h, part)
	if f, ok := h.get("Message-ID"); ok {
		r.MessageID = m.d.bodyField(f, part, messageID(f.value))
	}
	if f, ok := h.get("Subject"); ok {
		r.Subject = m.d.bodyField(f, part, cut(words(f.value), maxSubject))
	}
	if m.headSays("Content-Type", "report-type=delivery-status") || m.headSays("Content-Type", "report-type=\"delivery-status\"") {
		dr.why = "its header announces a delivery report, but no part of it names a recipient; the rest of the mail may be missing"
	}
	return m.finish(FormatMail, []draft{dr})
}

// deliveredTo finds the address that a mail was sent to, the strongest claim
// first: what the receiving server wrote of the envelope, before an alias was
// followed (Postfix and Exim), then what the hosts on the way wrote (RFC 5321
// section 4.4), then the mailbox, last the one address of To. A To field with
// several names none of them.
func (m *mail) deliveredTo(dr *draft, h header, part string) Field {
	to := m.firstAddress(h, part, "X-Original-To", "Envelope-To", "X-Envelope-To")
	path := h.all("Received")
	path = path[:min(len(path), maxThrough)]
	for i := len(path) - 1; i >= 0 && !to.Known(); i-- {
		if start, end, ok := forClause(path[i].value); ok {
			to = m.d.shown(path[i].value[start:end], part, path[i].off+start)
			to.By = "Received"
		}
	}
	box := m.firstAddress(h, part, "Delivered-To")
	switch {
	case !to.Known() && box.Known():
		return box
	case to.Known():
		if box.Known() && !strings.EqualFold(string(box.Value), string(to.Value)) {
			dr.find(Note, safe.Textf("it was sent to %s and delivered into %s", to.Value, box.Value))
		}
		return to
	}
	if f, ok := h.get("To"); ok && len(h.all("To")) == 1 && addresses(f.value) == 1 {
		return m.firstAddress(h, part, "To")
	}
	return Field{}
}

// firstAddress gives the address in the first of some fields that has one.
func (m *mail) firstAddress(h header, part string, names ...string) Field {
	for _, name := range names {
		f, ok := h.get(name)
		if !ok {
			continue
		}
		if start, end, ok := lastAddress(f.value); ok {
			out := m.d.shown(f.value[start:end], part, f.off+start)
			out.By = safe.Untrusted(name)
			return out
		}
	}
	return Field{}
}

// addresses counts the mailboxes of an address list (RFC 5322 section 3.4),
// which are kept apart by commas outside of quotes, comments and brackets.
func addresses(s string) int {
	n, depth, quoted, named := 0, 0, false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '<':
			depth++
		case c == ')' || c == '>':
			depth = max(0, depth-1)
		case c == ',' && depth == 0:
			named = false
		}
		if i < len(s) && s[i] == '@' && !quoted && !named {
			named = true
			n++
		}
	}
	return n
}

// taken gives when the last host on the way took a mail: the time of the newest
// Received field that has one that can be read.
func (m *mail) taken(h header, part string) Time {
	path := h.all("Received")
	for _, f := range path[:min(len(path), maxThrough)] {
		i := strings.LastIndexByte(f.value, ';')
		if i < 0 {
			continue
		}
		said := strings.TrimSpace(unfold(f.value[i+1:]))
		if at, ok := parseDate(said); ok {
			t := Time{At: at, Field: m.d.shown(cut(said, maxDate), part, f.off+i+1)}
			t.By = "Received"
			return t
		}
	}
	return Time{}
}
