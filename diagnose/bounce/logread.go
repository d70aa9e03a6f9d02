package bounce

import (
	"deadletter/diagnose/safe"
)

// logReader reads a log in one pass, whatever programs wrote it.
type logReader struct {
	d      *doc
	queue  logQueue
	drafts []*attempt
	at     map[recipientKey]int // index in drafts of the last attempt
	wrote  [programs]bool       // which programs told of a recipient
	plain  int                  // how many of drafts are plain deliveries
	failed int                  // how many are not
	tagged int                  // lines that name a program as syslog does
	warned map[string]Field     // what a program warned of in its own setup, by domain
	known  int                  // lines that tell something
}

// recipientKey is one recipient of one queue ID.
type recipientKey struct{ id, to string }

// attempt is a draft with what came before it.
type attempt struct {
	draft
	earlier int  // attempts of the same recipient before
	plain   bool // delivered at once: told only where the log has no failure
	joined  bool // sender and message ID were looked up
}

// maxPlain bounds the deliveries that are kept of a log without failures.
const maxPlain = 100

// logOf reads the input as a log, once.
func (m *mail) logOf() *logReader {
	if m.log != nil {
		return m.log
	}
	r := &logReader{d: m.d, at: map[recipientKey]int{}}
	m.log = r
	lines := m.d.logLines()
	for {
		l, ok := lines.next()
		if !ok {
			break
		}
		if l.tag.s != "" {
			r.tagged++
		}
		of, id, kind := l.kind()
		if kind == LineOther {
			continue
		}
		r.known++
		r.take(of, &l, id, kind)
	}
	r.queue.each(func(id string, q *queued) { r.join(q) })
	r.joinWarnings()
	return r
}

// take gives a line to the reader of the program that wrote it.
func (r *logReader) take(of program, l *logLine, id piece, kind LineKind) {
	switch of {
	case postfix:
		r.takePostfix(l, id, kind)
	case exim:
		r.takeExim(l, id, kind)
	case sendmail:
		r.takeSendmail(l, id, kind)
	case opensmtpd:
		r.takeOpenSMTPD(l, id, kind)
	case haraka:
		r.takeHaraka(l, id, kind)
	case qmail:
		r.takeQmail(l, id, kind)
	}
}

// isLog makes the recognition of one program's log.
func isLog(of program) func(*mail) bool {
	return func(m *mail) bool { return m.logOf().wrote[of] }
}

// quietLog reports whether the input is a log none of whose lines tells of a
// recipient. What stands in its lines is then no reply and no notice.
func (m *mail) quietLog() bool {
	r := m.logOf()
	return len(r.drafts) == 0 && (r.tagged > 2 || r.known > 1)
}

// readLog gives what the log tells of all recipients, in the order in which
// they first stand in it, whichever program wrote the line.
func (m *mail) readLog() []draft {
	r := m.logOf()
	out := make([]draft, 0, max(r.failed, r.plain))
	for i := range r.drafts {
		if a := r.drafts[i]; !a.plain || r.failed == 0 {
			a.history()
			out = append(out, a.draft)
		}
	}
	return out
}

// history says what came before the last attempt.
func (a *attempt) history() {
	switch {
	case a.earlier == 0:
	case a.r.Action == Delivered && a.earlier == 1:
		a.find(Note, "delivered in the end: an earlier attempt of the same queue ID was put off or failed")
	case a.r.Action == Delivered:
		a.find(Note, safe.Textf("delivered in the end: %d earlier attempts of the same queue ID were put off or failed", a.earlier))
	case a.earlier == 1:
		a.find(Note, "an earlier attempt of the same queue ID stands above; this is the last")
	default:
		a.find(Note, safe.Textf("%d earlier attempts of the same queue ID stand above; this is the last", a.earlier))
	}
}

// begin makes a draft with what every log line tells.
func (r *logReader) begin(of program, l *logLine, id piece) draft {
	p := &logPrograms[of]
	dr := draft{format: p.format, says: string(p.name)}
	dr.r.ReportingMTA = r.field(l, l.host)
	at, lacks := l.when(r.d.opts.Now)
	dr.r.FailedAt = Time{At: at, Field: r.field(l, l.time)}
	off := l.offset(unmarked(piece{l.text, 0}).at)
	dr.r.Source = Field{Value: p.name, Offset: off, Line: r.d.src.line(off)}
	dr.r.QueueID = r.field(l, id)
	if !at.IsZero() {
		switch lacks {
		case lacksYear:
			dr.find(Note, "the log line has neither year nor zone; the latest year that fits and our own zone are taken")
		case lacksZone:
			dr.find(Note, "the log line has no zone; our own is taken")
		}
	}
	return dr
}

// refused says that the host that wrote the log is the one that refused.
func (dr *draft) refused() { dr.r.RemoteMTA, dr.r.RefusedHere = dr.r.ReportingMTA, true }

// field makes a Field of a piece of a line.
func (r *logReader) field(l *logLine, p piece) Field {
	p = p.trim()
	if p.s == "" {
		return Field{}
	}
	return r.d.shown(cut(p.s, maxDiagnostic), "", l.offset(p.at))
}

// fieldOf makes a Field of a value that a line holds in another form.
func (r *logReader) fieldOf(l *logLine, value string, p piece) Field {
	return r.d.shown(value, "", l.offset(p.at))
}

// address makes a Field of an envelope address; the null reverse path is "<>".
func (r *logReader) address(l *logLine, p piece) Field {
	if p.s == "" {
		return r.nullPath(l.offset(p.at))
	}
	return r.field(l, p)
}

// nullPath makes a Field of the null reverse path, whose brackets stand around off.
func (r *logReader) nullPath(off int) Field {
	if off > 0 && r.d.src.raw[off-1] == '<' {
		off--
	}
	return r.d.shown("<>", "", off)
}

// keep files what a line tells of a recipient of a queue ID: the last attempt
// counts. Lines without a queue ID stand by themselves.
func (r *logReader) keep(of program, dr draft, l *logLine, id piece) {
	key := recipientKey{id.s, string(dr.r.Recipient.Value)}
	known, i := false, 0
	if id.s != "" && key.to != "" {
		i, known = r.at[key]
	}
	plain := dr.r.Action == Delivered && !known
	if len(r.drafts) >= maxLogReports && !known && !plain {
		r.d.b.limit("failures beyond 10000 of one log were not read", dr.r.FailedAt.Line)
		return
	}
	r.wrote[of] = true
	switch {
	case known:
		a := r.drafts[i]
		if a.plain {
			a.plain = false
			r.plain--
			r.failed++
			a.earlier--
		}
		a.draft, a.earlier, a.joined = dr, a.earlier+1, false
		return
	case plain && (r.plain >= maxPlain || len(r.drafts) >= maxLogReports):
		return
	case plain:
		r.plain++
	default:
		r.failed++
	}
	r.drafts = append(r.drafts, &attempt{draft: dr, plain: plain})
	if id.s == "" {
		return
	}
	if key.to != "" {
		r.at[key] = len(r.drafts) - 1
	}
	if q := r.remember(l, id); q != nil {
		q.drafts = append(q.drafts, len(r.drafts)-1)
	}
}

// idle is a cheap look at a delivery: where the recipient had no trouble
// before and enough deliveries are kept, nothing is left to do.
func (r *logReader) idle(of program, id, to piece) bool {
	r.wrote[of] = true
	if r.plain < maxPlain && len(r.drafts) < maxLogReports {
		return false
	}
	_, known := r.at[recipientKey{id.s, to.s}]
	return !known
}
