package bounce

import (
	"slices"
	"strings"

	"deadletter/diagnose/safe"
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
			group = append(group, r.header()...)
			r = headerReader{d: d, exact: t.exact}
			end()
			continue
		}
		if !r.add(l.s, l.off) && r.seen && r.open && !strings.HasPrefix(l.s, "--") {
			r.continued(" "+l.s, l.off) // a fold that lost its blank
		}
	}
	group = append(group, r.header()...)
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
		n.message = append(n.message, group...)
		return
	}
	if group.has("Reporting-MTA", "Arrival-Date") {
		n.message = append(n.message, group...)
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

// get finds a field of the message or, where it was misplaced, of the recipient.
func (n notification) get(group header, name string) (field, bool) {
	if f, ok := n.message.get(name); ok {
		return f, ok
	}
	return group.get(name)
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
	if i := strings.IndexByte(s, ';'); i > 0 && i < 30 && strings.IndexAny(s[:i], " \t:<@") < 0 && !digit(s[0]) {
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

// nameRecipients fills in what the delivery-status part leaves out and the
// text beside it says: an address that is missing, a reply, a host address.
func (m *mail) nameRecipients(drafts []draft) {
	var free []mention
	for _, mt := range m.mentions() {
		used := false
		for i := range drafts {
			if strings.EqualFold(string(drafts[i].r.Recipient.Value), mt.addr) || strings.EqualFold(string(drafts[i].r.OriginalRecipient.Value), mt.addr) {
				used = true
				drafts[i].beside(mt, m.d)
			}
		}
		if !used && mt.strong {
			free = append(free, mt)
		}
	}
	m.fromTranscript(drafts)
	failed := m.failedRecipients()
	if len(drafts) == 1 && rank(readCodes(string(drafts[0].r.Diagnostic.Value))) == 0 && rank(readCodes(drafts[0].context)) == 0 {
		if said, at := m.coded(); said != "" {
			drafts[0].r.Diagnostic = m.d.shown(said, at.Part, at.Offset)
		}
	}
	for i := range drafts {
		dr := &drafts[i]
		if dr.r.Recipient.Known() {
			if len(drafts) == 1 && len(failed) == 1 && !isAddress(string(dr.r.Recipient.Value)) {
				dr.find(Note, safe.Textf("the delivery that failed was to %s", dr.r.Recipient.Value))
				dr.r.Recipient = failed[0]
			}
			continue
		}
		switch {
		case len(failed) > i:
			dr.r.Recipient = failed[i]
		case len(free) > 0:
			dr.r.Recipient = free[0].field(m.d)
			dr.beside(free[0], m.d)
			free = free[1:]
		default:
			dr.r.Recipient = m.returnedTo()
		}
	}
}

// fromTranscript takes the command and the host of each recipient from the
// transcript that sendmail writes above its delivery-status part.
func (m *mail) fromTranscript(drafts []draft) {
	for _, t := range m.human {
		if !slices.ContainsFunc(t.lines, func(l line) bool { return strings.HasPrefix(l.s, ">>> ") }) {
			continue
		}
		for _, x := range m.transcript(t) {
			for i := range drafts {
				r := &drafts[i].r
				if r.Stage != StageUnknown || !strings.EqualFold(string(r.Recipient.Value), string(x.r.Recipient.Value)) ||
					r.ReplyCode.Known() || !strings.HasPrefix(string(r.Diagnostic.Value), string(x.r.Diagnostic.Value[:3])) {
					continue
				}
				r.Stage, r.Command = x.r.Stage, x.r.Command
				if !r.RemoteMTA.Known() {
					r.RemoteMTA, r.RemoteAddress = x.r.RemoteMTA, x.r.RemoteAddress
				}
			}
		}
	}
}

// beside takes what a notice says about the recipient beside its
// delivery-status part.
func (dr *draft) beside(mt mention, d *doc) {
	said := mt.said()
	if said == "" {
		return
	}
	if dr.context == "" || readCodes(dr.context).replyAt < 0 {
		dr.context, dr.contextAt = said, mt.saidField(d, said)
	}
	if mt.from != "" && !dr.r.OriginalRecipient.Known() {
		dr.r.OriginalRecipient = d.shown(mt.from, mt.t.part, mt.t.offset(mt.line, 0))
	}
	have := readCodes(string(dr.r.Diagnostic.Value))
	if have.replyAt >= 0 {
		return
	}
	if told := readCodes(said); told.replyAt >= 0 || !dr.r.Diagnostic.Known() {
		dr.r.Diagnostic = mt.saidField(d, said)
	}
}

// failedRecipients gives the addresses of X-Failed-Recipients.
func (m *mail) failedRecipients() []Field {
	var out []Field
	for _, f := range m.head.all("X-Failed-Recipients") {
		v := f.value
		for from := 0; len(out) < maxReports; {
			start, end, ok := nextAddress(v, from)
			if !ok {
				break
			}
			out = append(out, m.d.shown(v[start:end], m.part(), f.off+start))
			from = end
		}
	}
	return out
}

// returnedTo gives the only recipient that the returned mail names.
func (m *mail) returnedTo() Field {
	for _, name := range []string{"X-Envelope-To", "Envelope-To", "X-Original-To", "To"} {
		f, ok := m.orig.h.get(name)
		if !ok {
			continue
		}
		start, end, ok := nextAddress(f.value, 0)
		if !ok {
			continue
		}
		if _, _, more := nextAddress(f.value, end); more {
			return Field{} // several: which one failed is not said
		}
		out := m.d.shown(f.value[start:end], m.orig.part, f.off+start)
		out.By = "the returned mail"
		return out
	}
	return Field{}
}
