package bounce

import (
	"strings"
)

// readStatus reads every delivery-status part: one report per recipient.
func (m *mail) readStatus() []draft {
	var out []draft
	for _, t := range m.status {
		n := m.d.readNotification(t)
		for _, group := range n.recipients {
			if len(out) >= maxReports {
				m.d.b.limit("recipients beyond 1000 were not read", 0)
				return out
			}
			out = append(out, m.statusDraft(n, group))
		}
	}
	m.nameRecipients(out)
	return out
}

func (m *mail) statusDraft(n notification, group header) draft {
	var dr draft
	d, r := m.d, &dr.r
	address := func(name string) Field {
		f, ok := group.get(name)
		if !ok {
			return Field{}
		}
		return d.bodyField(f, n.part, mailbox(unfold(f.value)))
	}
	r.Recipient = address("Final-Recipient")
	r.OriginalRecipient = address("Original-Recipient")
	for _, name := range []string{"Final-Recipient", "X-Actual-Recipient"} {
		if to := address(name); strings.HasPrefix(string(to.Value), "|") {
			dr.program = to
		}
	}
	if actual := address("X-Actual-Recipient"); isAddress(string(actual.Value)) && !isAddress(string(r.Recipient.Value)) {
		r.Recipient = actual
	}
	if !r.Recipient.Known() || !isAddress(string(r.Recipient.Value)) && isAddress(string(r.OriginalRecipient.Value)) {
		if r.OriginalRecipient.Known() {
			r.Recipient = r.OriginalRecipient
		}
	}
	if f, ok := n.get(group, "Reporting-MTA"); ok {
		host, addr := hostAndAddress(unfold(f.value))
		if host == "" {
			host = addr
		}
		if host == "" {
			host = firstWord(mailbox(unfold(f.value)))
		}
		r.ReportingMTA = d.bodyField(f, n.part, host)
	}
	if f, ok := group.get("Remote-MTA"); ok {
		host, addr := hostAndAddress(unfold(f.value))
		r.RemoteMTA, r.RemoteAddress = d.bodyField(f, n.part, host), d.bodyField(f, n.part, addr)
	}
	dr.statusAction(group)
	if f, ok := group.get("Status"); ok {
		v := unfold(f.value)
		if c := readCodes(v); c.enhancedAt >= 0 {
			dr.status = d.bodyField(f, n.part, c.enhanced)
		}
	}
	if f, ok := group.get("Diagnostic-Code"); ok {
		r.Diagnostic = d.bodyField(f, n.part, diagnostic(f.value))
		if prefixFold(strings.TrimLeft(f.value, " \t"), "x-unix") {
			dr.program = r.Diagnostic // RFC 3464 section 2.1.1: not what an SMTP server said
			dr.program.Value = "x-unix"
			r.Stage = StageLocal // a program that delivers, run by the reporting host
		}
	}
	if f, ok := group.get("X-Supplementary-Info"); ok {
		dr.context = unfold(f.value)
		dr.contextAt = d.bodyField(f, n.part, dr.context)
	}
	if f, ok := n.get(group, "Original-Envelope-Id"); ok {
		r.EnvelopeID = d.bodyField(f, n.part, cut(unfold(f.value), maxSubject))
	}
	for _, name := range []string{"X-Postfix-Queue-ID", "Final-Log-ID"} {
		if f, ok := n.get(group, name); ok && !r.QueueID.Known() {
			r.QueueID = d.bodyField(f, n.part, firstWord(unfold(f.value)))
		}
	}
	if f, ok := n.get(group, "X-Postfix-Sender"); ok {
		dr.postfixSender = d.bodyField(f, n.part, mailbox(unfold(f.value)))
	}
	r.Arrived = m.dateField(n, group, "Arrival-Date")
	r.FailedAt = m.dateField(n, group, "Last-Attempt-Date")
	r.RetryUntil = m.dateField(n, group, "Will-Retry-Until")
	dr.repeated(n.message, "Reporting-MTA", "Arrival-Date")
	dr.repeated(group, "Final-Recipient", "Action", "Status", "Diagnostic-Code", "Remote-MTA")
	return dr
}

func (m *mail) dateField(n notification, group header, name string) Time {
	f, ok := n.get(group, name)
	if !ok {
		return Time{}
	}
	at, _ := parseDate(unfold(f.value))
	return Time{At: at, Field: m.d.bodyField(f, n.part, unfold(f.value))}
}

// diagnostic gives the body of a Diagnostic-Code without its type (RFC 3464
// section 2.3.6), on one line.
func diagnostic(s string) string {
	s = unfold(s)
	if i := strings.IndexByte(s, ';'); i > 0 && i < 30 && !strings.ContainsAny(s[:i], " \t:<@") && !digit(s[0]) {
		s = strings.TrimSpace(s[i+1:])
	}
	return onceCoded(s)
}

// statusAction reads the Action field. Words of other programs are brought to
// the five of RFC 3464.
func (dr *draft) statusAction(group header) {
	switch w := strings.ToLower(firstWord(group.value("Action"))); {
	case strings.HasPrefix(w, "delay"):
		dr.r.Action = Delayed
	case strings.HasPrefix(w, "deliver"):
		dr.r.Action = Delivered
	case strings.HasPrefix(w, "relay"):
		dr.r.Action = Relayed
	case strings.HasPrefix(w, "expand"):
		dr.r.Action = Expanded
	case w != "":
		dr.r.Action = Failed
	}
}

var dsnKeeps = keeps{
	"remote_host":    "Remote-MTA of the notification, or relay= in the log of the reporting host",
	"remote_address": "the human part of the notification, or relay=host[address] in the log of the reporting host",
}

var statusKeeps = keeps{
	"failed":     "the Date field of the bounce, above this block",
	"message_id": "the part of the bounce below this block: the returned header",
}
