package bounce

import (
	"slices"
	"strings"

	"deadletter/diagnose/safe"
)

// nameRecipients fills in what the delivery-status part leaves out and the
// text beside it says: an address that is missing, a reply, a host address.
func (m *mail) nameRecipients(drafts []draft) {
	var free []mention
	named, read := m.mentions(), 0
	for k := range named {
		mt, used := &named[k], false
		for i := range drafts {
			if !strings.EqualFold(string(drafts[i].r.Recipient.Value), mt.addr) && !strings.EqualFold(string(drafts[i].r.OriginalRecipient.Value), mt.addr) {
				continue
			}
			used = true
			if read++; read > maxBeside {
				m.d.b.limit("of recipients that are named again and again, not all that is said was read", 0)
				break
			}
			drafts[i].beside(mt, m.d)
		}
		if !used && mt.strong {
			free = append(free, *mt)
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
			dr.beside(&free[0], m.d)
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
func (dr *draft) beside(mt *mention, d *doc) {
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
