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

// fromTranscript takes the command, the host and the whole reply of each
// recipient from the transcript that sendmail writes above its delivery-status
// part: a Diagnostic-Code holds only the first line of a reply.
func (m *mail) fromTranscript(drafts []draft) {
	for _, t := range m.human {
		if !slices.ContainsFunc(t.lines, func(l line) bool { return strings.HasPrefix(l.s, ">>> ") }) {
			continue
		}
		for _, x := range m.transcript(t) {
			for i := range drafts {
				dr := &drafts[i]
				if same := strings.EqualFold(string(dr.r.Recipient.Value), string(x.r.Recipient.Value)); (same || len(drafts) == 1) && dr.begins(&x) {
					dr.transcribed(&x, same)
				}
			}
		}
	}
}

// begins reports whether the Diagnostic-Code is the reply of a transcript, or
// its first line.
func (dr *draft) begins(x *draft) bool {
	said, whole := string(dr.r.Diagnostic.Value), string(x.r.Diagnostic.Value)
	return len(said) > 3 && len(whole) > 3 && said[:3] == whole[:3] && (said[3] == ' ' || said[3] == '-')
}

// transcribed takes over what the transcript tells. Where it does not name the
// recipient, only a reply that goes on where the Diagnostic-Code ends is its.
func (dr *draft) transcribed(x *draft, same bool) {
	r := &dr.r
	said, whole := oneSpaced(string(r.Diagnostic.Value)), oneSpaced(string(x.r.Diagnostic.Value))
	goesOn := len(whole) >= len(said) && whole[4:len(said)] == said[4:]
	if !goesOn && !same {
		return
	}
	if goesOn && len(whole) > len(said) {
		r.Diagnostic = x.r.Diagnostic
	}
	if r.Stage == StageUnknown {
		r.Stage, r.Command = x.r.Stage, x.r.Command
	}
	if !r.RemoteMTA.Known() {
		r.RemoteMTA, r.RemoteAddress = x.r.RemoteMTA, x.r.RemoteAddress
	}
}

// oneSpaced gives a text with single spaces.
func oneSpaced(s string) string { return strings.Join(strings.Fields(s), " ") }

// programWords gives what a delivery program wrote right above the line of a
// transcript that reports the failure: "mail.local: unknown user" above "554
// <address>... Service unavailable". The context of the draft begins with it.
func (dr *draft) programWords(mt *mention, d *doc) {
	first := mt.line
	for i := mt.line - 1; i >= 0 && mt.line-i <= maxProgramLines; i-- {
		s := strings.TrimSpace(mt.t.lines[i].s)
		if s == "" || ornament(s) || strings.HasPrefix(s, ">>> ") || strings.HasPrefix(s, "<<< ") || strings.HasPrefix(s, "... ") || readCodes(s).replyAt == 0 || mailLike(s) {
			break
		}
		first = i
	}
	if first == mt.line {
		return
	}
	lines := make([]string, 0, maxProgramLines+1)
	for _, l := range mt.t.lines[first : mt.line+1] {
		lines = append(lines, l.s)
	}
	dr.context, dr.toldByProgram = joinReply(lines), true
	dr.contextAt = d.shown(dr.context, mt.t.part, mt.t.offset(first, indent(mt.t.lines[first].s)))
}

// maxProgramLines is how many lines of a delivery program's output are looked at.
const maxProgramLines = 8

// mailLike reports whether a line begins with an address, and so speaks of a recipient.
func mailLike(s string) bool {
	return isAddress(strings.Trim(firstWord(s), "<>:.,"))
}

// beside takes what a notice says about the recipient beside its
// delivery-status part.
func (dr *draft) beside(mt *mention, d *doc) {
	said := mt.said()
	if said == "" {
		return
	}
	if len(mt.rest) > 0 && digit(mt.rest[0]) {
		defer dr.programWords(mt, d)
	}
	if dr.context == "" || readCodes(dr.context).replyAt < 0 && !dr.toldByProgram {
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
		v := fromOctal(f.value)
		for from := 0; len(out) < maxReports; {
			start, end, ok := nextAddress(v, from)
			if !ok {
				break
			}
			at := f.off
			if len(v) == len(f.value) {
				at += start
			}
			out = append(out, m.d.shown(v[start:end], m.part(), at))
			from = end
		}
	}
	return out
}

// returnedTo gives the only recipient that the returned mail names.
func (m *mail) returnedTo() Field {
	return m.onlyAddress("X-Envelope-To", "Envelope-To", "X-Original-To", "To")
}

// onlyAddress gives the address of the first of the fields of the returned mail
// that has one.
func (m *mail) onlyAddress(names ...string) Field {
	for _, name := range names {
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
