package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// queued is what the lines of one queue ID told before, or beside, its deliveries.
type queued struct {
	from, messageID, client, size, subject remark
	to                                     []remark // recipients, where the deliveries do not name them
	host, addr, trouble                    remark   // the other side and what went wrong, where the deliveries do not tell
	drafts                                 []int    // of this queue ID
	messageOf                              remark   // qmail: the message of a delivery
	local                                  bool     // qmail: delivered on the host itself
}

// remark is a value with its place in the raw input.
type remark struct {
	s   string
	off int
	set bool // also where the value is empty, as the null reverse path is
}

// The bounds of what is remembered.
const (
	maxQueued    = 50000 // queue IDs at once
	maxQueuedFor = 1000  // recipients of one queue ID
)

// logQueue remembers queue IDs, the oldest going first.
type logQueue struct {
	ids   map[string]*queued
	order []string
	free  []*queued
}

func (q *logQueue) get(id string) *queued { return q.ids[id] }

func (q *logQueue) each(f func(string, *queued)) {
	for id, x := range q.ids {
		f(id, x)
	}
}

// remember gives the memory of a queue ID, made anew where there is none.
func (r *logReader) remember(l *logLine, id piece) *queued {
	if id.s == "" {
		return nil
	}
	q := &r.queue
	if x := q.ids[id.s]; x != nil {
		return x
	}
	if q.ids == nil {
		q.ids = map[string]*queued{}
	}
	for len(q.ids) >= maxQueued && len(q.order) > 0 {
		r.d.b.limit("of more than 50000 queue IDs at once, the oldest were forgotten", r.d.src.line(l.off))
		r.forget(q.order[0])
		q.order = q.order[1:]
	}
	var x *queued
	if n := len(q.free); n > 0 {
		x, q.free = q.free[n-1], q.free[:n-1]
		*x = queued{to: x.to[:0], drafts: x.drafts[:0]}
	} else {
		x = &queued{}
	}
	q.ids[id.s] = x
	q.order = append(q.order, id.s)
	return x
}

// forget ends a queue ID: what it told goes to its drafts, and the same ID may
// come again for another message.
func (r *logReader) forget(id string) {
	x := r.queue.ids[id]
	if x == nil {
		return
	}
	r.join(x)
	for _, i := range x.drafts {
		delete(r.at, recipientKey{id, string(r.drafts[i].r.Recipient.Value)})
	}
	delete(r.queue.ids, id)
	r.queue.free = append(r.queue.free, x)
}

// tell makes a remark of a piece of a line.
func tell(l *logLine, p piece) remark { return remark{p.s, l.offset(p.at), true} }

func (r *logReader) remarkField(t remark) Field { return r.d.shown(cut(t.s, maxSubject), "", t.off) }

// join gives the drafts of a queue ID what its other lines told.
func (r *logReader) join(q *queued) {
	for _, i := range q.drafts {
		a := r.drafts[i]
		if a.joined {
			continue
		}
		a.joined = true
		rp := &a.r
		if q.from.set && !rp.Sender.Known() {
			rp.Sender = r.sender(q)
		}
		if !rp.MessageID.Known() {
			rp.MessageID = r.remarkField(q.messageID)
		}
		if !rp.Subject.Known() {
			rp.Subject = r.remarkField(q.subject)
		}
		if q.client.s != "" && !a.r.RefusedHere {
			a.find(Note, safe.Textf("the mail came in from %s", cut(q.client.s, 300)))
		}
		if q.size.s != "" && speaksOfSize(string(rp.Diagnostic.Value)) {
			a.find(Note, safe.Textf("the mail has %s bytes", cut(q.size.s, 20)))
		}
	}
}

// sender gives the envelope sender that a queue ID was told to have.
func (r *logReader) sender(q *queued) Field {
	f := r.remarkField(q.from)
	if q.from.s == "" {
		f = r.nullPath(q.from.off)
	}
	f.By = "log line"
	return f
}

func speaksOfSize(s string) bool {
	low := lowerASCII(s[:min(len(s), 1<<10)])
	return strings.Contains(low, "size") || strings.Contains(low, "too big") || strings.Contains(low, "too large") || strings.Contains(low, "quota")
}

// expire marks what is still put off of a queue ID as failed: the queue gave up.
func (r *logReader) expire(of program, l *logLine, id piece, words piece) {
	r.wrote[of] = true
	found := false
	if q := r.queue.get(id.s); q != nil {
		for _, i := range q.drafts {
			if a := r.drafts[i]; a.r.Action == Delayed {
				found = true
				a.giveUp(safe.Textf("the queue gave up on line %d: %s; the reply is that of the last attempt", r.d.src.line(l.offset(words.at)), cut(words.s, 200)))
			} else if a.r.Action == Failed {
				found = true
			}
		}
	}
	if found {
		return
	}
	dr := r.begin(of, l, id)
	dr.r.Diagnostic = r.field(l, words)
	dr.context, dr.contextAt = words.s, dr.r.Diagnostic
	dr.r.Stage = StageLocal
	dr.giveUp("the queue gave up; the last attempt is not among these lines")
	dr.r.Action = Failed
	r.keep(of, dr, l, id)
}

// gaveUp takes a line that only says that the time is up: the last reply that
// the log has of the recipient stays.
func (r *logReader) gaveUp(l *logLine, id, to, words piece) bool {
	i, known := r.at[recipientKey{id.s, to.s}]
	if !known || r.drafts[i].r.Action != Delayed {
		return false
	}
	r.drafts[i].giveUp(safe.Textf("the queue gave up on line %d: %s; the reply is that of the last attempt", r.d.src.line(l.offset(words.at)), cut(words.s, 200)))
	return true
}

func (dr *draft) giveUp(claim safe.Text) {
	dr.r.Action, dr.expired, dr.grade = Failed, true, 0
	dr.find(Note, claim)
}
