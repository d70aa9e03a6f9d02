package bounce

import "strings"

// isReceipt knows a disposition notification (RFC 8098) by its part or by the
// type of the report.
func (m *mail) isReceipt() bool {
	return m.msg != nil && (m.receipt != nil || strings.EqualFold(m.msg.params.get("report-type"), "disposition-notification"))
}

// readReceipt gives the reader that the receipt names. Displayed or deleted
// unread: the mail had been delivered.
func (m *mail) readReceipt() []draft {
	dr := draft{kind: NotReceipt, why: "it is a read receipt: the mail was delivered, and its reader's program answered"}
	if m.receipt != nil {
		n := m.d.readNotification(m.receipt)
		all := n.message
		for _, r := range n.recipients {
			all = append(all, r...)
		}
		for _, name := range []string{"Final-Recipient", "Original-Recipient"} {
			if f, ok := all.get(name); ok && !dr.r.Recipient.Known() {
				dr.r.Recipient = m.d.bodyField(f, n.part, mailbox(unfold(f.value)))
			}
		}
		if f, ok := all.get("Original-Message-ID"); ok {
			dr.r.MessageID = m.d.bodyField(f, n.part, messageID(f.value))
		}
		if f, ok := all.get("Disposition"); ok && strings.Contains(strings.ToLower(f.value), "deleted") {
			dr.why = "it is a read receipt: the mail was delivered, and deleted without being shown"
		}
	}
	if !dr.r.Recipient.Known() {
		dr.r.Recipient = m.headAddress("From")
	}
	dr.r.Subject = m.headField("Subject")
	return []draft{dr}
}
