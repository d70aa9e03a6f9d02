package bounce

import (
	"strings"
)

// isFeedback knows a complaint report (RFC 5965), and the shapes that large
// mailbox providers send instead.
func (m *mail) isFeedback() bool {
	if m.report != nil || m.msg != nil && m.msg.params.get("report-type") == "feedback-report" {
		return true
	}
	return m.orig.h.has("X-HmXmrOriginalRecipient") || m.headSays("Subject", "complaint about message from") ||
		m.headSays("Subject", "unsubscribe") && m.says("apple mail sent this email to unsubscribe")
}

// readFeedback gives the recipient who complained, as far as it is told.
func (m *mail) readFeedback() []draft {
	var out []draft
	add := func(f Field) {
		dr := draft{kind: NotFeedback, why: "it is a complaint report: the mail was delivered, and the recipient marked it"}
		dr.r.Recipient = f
		out = append(out, dr)
	}
	var sender, arrived field
	part := ""
	auth := false
	if m.report != nil {
		n := m.d.readNotification(m.report)
		part = n.part
		all := n.message
		for _, r := range n.recipients {
			all = append(all, r...)
		}
		for _, f := range append(all.all("Original-Rcpt-To"), all.all("Removal-Recipient")...) {
			if v := mailbox(unfold(f.value)); isAddress(v) && len(out) < maxReports && !named(out, v) {
				add(m.d.bodyField(f, n.part, v))
			}
		}
		auth = strings.EqualFold(firstWord(all.value("Feedback-Type")), "auth-failure")
		sender, _ = all.get("Original-Mail-From")
		arrived, _ = all.get("Received-Date")
		if arrived.name == "" {
			arrived, _ = all.get("Arrival-Date")
		}
	}
	if len(out) == 0 {
		for _, name := range []string{"X-HmXmrOriginalRecipient", "X-Apparently-To", "Delivered-To", "X-Original-To"} {
			if f, ok := m.orig.h.get(name); ok && m.lastHop(f) {
				if start, end, ok := nextAddress(f.value, 0); ok {
					add(m.d.shown(f.value[start:end], m.orig.part, f.off+start))
					break
				}
			}
		}
	}
	if len(out) == 0 {
		f := m.onlyAddress("X-Envelope-To", "Envelope-To", "To")
		if !f.Known() && m.report == nil {
			f = m.headAddress("From")
		}
		add(f)
	}
	for i := range out {
		r := &out[i].r
		if auth {
			out[i].why = "it is a report on failed authentication (RFC 6591), sent to the domain that the mail claimed to come from"
		}
		if sender.name != "" {
			r.Sender = m.d.bodyField(sender, part, mailbox(unfold(sender.value)))
			r.Sender.By = "Original-Mail-From"
		}
		if arrived.name != "" {
			at, _ := parseDate(unfold(arrived.value))
			r.Arrived = Time{At: at, Field: m.d.bodyField(arrived, part, unfold(arrived.value))}
		}
	}
	return out
}

// lastHop reports whether a field of the returned mail was written where the
// mail came to rest. A trace field below a Received is an earlier station's: a
// mailing list or a forwarder, not the mailbox that complains.
func (m *mail) lastHop(f field) bool {
	received, ok := m.orig.h.get("Received")
	return !ok || f.off < received.off || prefixFold(f.name, "X-HmXmr") || prefixFold(f.name, "X-Apparently")
}

func named(drafts []draft, addr string) bool {
	for _, dr := range drafts {
		if strings.EqualFold(string(dr.r.Recipient.Value), addr) {
			return true
		}
	}
	return false
}
