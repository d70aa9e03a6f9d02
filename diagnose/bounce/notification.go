package bounce

import (
	"strings"
)

// statusFields are the fields of a delivery-status part that make one, per
// recipient (RFC 3464 section 2.3).
var statusFields = [...]string{"final-recipient", "original-recipient", "action", "status", "diagnostic-code", "remote-mta", "reporting-mta"}

// hasStatusFields reports whether a text holds a delivery-status block: two of
// its fields at the beginning of lines, one of them naming a recipient, an
// action or a status.
func hasStatusFields(t *text) bool {
	seen, n := 0, 0
	for _, l := range t.lines {
		if len(l.s) < 8 {
			continue
		}
		switch l.s[0] | 0x20 {
		case 'f', 'o', 'a', 's', 'd', 'r':
		default:
			continue
		}
		for i, f := range statusFields {
			if len(l.s) > len(f) && seen&(1<<i) == 0 && prefixFold(l.s, f) {
				if name, _, ok := fieldName(l.s); ok && len(name) == len(f) {
					seen |= 1 << i
					n++
				}
				break
			}
		}
	}
	has := func(i int) bool { return seen&(1<<i) != 0 }
	const final, original, action, status, diagnostic = 0, 1, 2, 3, 4
	return n >= 2 && (has(final) || has(original) || has(action) && (has(status) || has(diagnostic)) || has(status) && has(diagnostic))
}

// notification is a delivery-status part taken apart: what is said once, and
// what is said of each recipient.
type notification struct {
	message    header
	recipients []header
	part       string
}

// readNotification takes a delivery-status part apart. Blank lines separate
// the recipients (RFC 3464 section 2.1); where they are missing or too many, a
// repeated Final-Recipient separates, and a group without a recipient joins
// the one before it that lacks its fields.
func (d *doc) readNotification(t *text) notification {
	n := notification{part: t.part}
	var group header
	end := func() {
		for _, part := range splitRecipients(group) {
			n.add(part)
		}
		group = nil
	}
	r := headerReader{d: d, exact: t.exact}
	for _, l := range t.lines {
		if len(n.recipients) > maxReports {
			d.b.limit("recipients beyond 1000 were not read", d.src.line(l.off))
			break
		}
		if strings.TrimSpace(l.s) == "" {
			group = group.with(r.header())
			r = headerReader{d: d, exact: t.exact}
			end()
			continue
		}
		if !r.add(l.s, l.off) && r.seen && r.open && !strings.HasPrefix(l.s, "--") {
			r.continued(" "+l.s, l.off) // a fold that lost its blank
		}
	}
	group = group.with(r.header())
	end()
	return n
}

func (n *notification) add(group header) {
	if len(group) == 0 {
		return
	}
	if group.has("Final-Recipient", "Original-Recipient", "X-Actual-Recipient") {
		n.recipients = append(n.recipients, group)
		return
	}
	perRecipient := group.has("Action", "Status", "Diagnostic-Code", "Last-Attempt-Date", "Remote-MTA")
	if k := len(n.recipients); k > 0 {
		last := n.recipients[k-1]
		if !perRecipient || !overlap(last, group) {
			n.recipients[k-1] = append(last, group...)
			return
		}
	}
	if !perRecipient {
		n.message = n.message.with(group)
		return
	}
	if group.has("Reporting-MTA", "Arrival-Date") {
		n.message = n.message.with(group)
	}
	n.recipients = append(n.recipients, group)
}

// overlap reports whether two groups both say what is said once of a recipient.
func overlap(a, b header) bool {
	for _, name := range []string{"Action", "Status", "Diagnostic-Code"} {
		if a.has(name) && b.has(name) {
			return true
		}
	}
	return false
}

// splitRecipients cuts a group that names several recipients.
func splitRecipients(group header) []header {
	if len(group.all("Final-Recipient")) < 2 {
		if !group.has("Final-Recipient") || !group.has("Reporting-MTA") {
			return []header{group}
		}
	}
	var out []header
	start, seen := 0, false
	for i, f := range group {
		switch {
		case !strings.EqualFold(f.name, "Final-Recipient"):
		case !seen:
			seen = true
			// what stands above the first recipient belongs to the message,
			// but for the fields of a recipient
			k := i
			for k > start && perRecipientField(group[k-1].name) {
				k--
			}
			if k > start {
				out = append(out, group[start:k:k])
			}
			start = k
		default:
			k := i
			for k > start && strings.EqualFold(group[k-1].name, "Original-Recipient") {
				k--
			}
			out = append(out, group[start:k:k])
			start = k
		}
	}
	return append(out, group[start:])
}

func perRecipientField(name string) bool {
	switch strings.ToLower(name) {
	case "original-recipient", "action", "status", "diagnostic-code", "remote-mta", "last-attempt-date", "final-log-id", "x-actual-recipient", "will-retry-until":
		return true
	}
	return false
}

// get finds a field of the message or, where it was misplaced, of the recipient.
func (n notification) get(group header, name string) (field, bool) {
	if f, ok := n.message.get(name); ok {
		return f, ok
	}
	return group.get(name)
}
