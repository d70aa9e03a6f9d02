package container

import (
	"bytes"

	"deadletter/diagnose/bounce"
)

// The bounds of what is remembered of a log while it streams by.
const (
	maxIDs        = 50_000
	maxRemembered = 4 << 20   // bytes, of all queue IDs
	maxLogLine    = 64 << 10  // bytes given of one line; bounce.Read cuts it there
	maxPerID      = 128 << 10 // bytes of one queue ID, before they are given
	maxPlain      = 100       // messages given of a log in which all were delivered
)

// logLine is a line with the place it stands at.
type logLine struct {
	s            []byte
	offset, line int
	kind         bounce.LineKind
}

// queued is what the lines of one queue ID told, from the first to now.
type queued struct {
	id     string
	lines  []logLine
	bytes  int
	refuse bool // a line tells of something else than a delivery
}

// logReader gives the lines of a log that matter, those of one queue ID
// together: when the queue is done with it, when there are too many to
// remember, or at the end. So a batch tells of each message what the whole log
// would, attempt by attempt, and memory does not grow with the log. Messages
// stand in the order in which they ended. Of messages that were all delivered
// the first are given, and only of a log that holds no others.
type logReader struct {
	in    *input
	name  string
	ids   map[string]*queued
	order []*queued // by age; those released stay until they are the oldest
	bytes int

	raw     []byte
	origin  bounce.Origin
	next    int // byte in the log behind the last line of raw
	batches int
	cut     bool // lines of raw are not whole
	refused bool
	plain   []*queued
}

// isLog reports whether lines tell of messages in a queue.
func isLog(b []byte) bool {
	for n := 0; n < 400 && len(b) > 0; n++ {
		line, rest, _ := bytes.Cut(b, []byte{'\n'})
		if _, kind := bounce.LineOf(bytes.TrimSuffix(line, []byte{'\r'})); kind != bounce.LineOther {
			return true
		}
		b = rest
	}
	return false
}

// log gives a log in batches of the lines that matter.
func (in *input) log(name string, w *window) {
	r := &logReader{in: in, name: name, ids: map[string]*queued{}}
	for !in.done {
		end, whole := w.lineEnd(maxLogLine)
		if end == 0 {
			break
		}
		r.take(w.ahead()[:end], w.offset, w.line)
		w.skip(end)
		for ; !whole && end > 0; r.cut = true {
			end, whole = w.lineEnd(maxLogLine)
			w.skip(end)
		}
	}
	for _, q := range r.order {
		r.release(q)
	}
	if !r.refused {
		for _, q := range r.plain {
			r.give(q)
		}
	}
	if len(r.raw) == 0 && r.batches > 0 {
		in.broken(name, w)
		return
	}
	in.last(r.piece(), w)
}

// take files one line.
func (r *logReader) take(b []byte, offset, line int) {
	id, kind := bounce.LineOf(bytes.TrimRight(b, "\r\n"))
	if kind == bounce.LineOther {
		return
	}
	l := logLine{b, offset, line, kind}
	if len(id) == 0 {
		if kind == bounce.LineDelivery {
			r.flush()
			r.refused = true
			r.put(l)
		}
		return
	}
	q := r.ids[string(id)]
	if q == nil {
		if kind == bounce.LineEnd {
			return
		}
		q = r.remember(string(id))
	}
	l.s = bytes.Clone(b)
	q.lines = append(q.lines, l)
	q.bytes += len(b) + 64
	r.bytes += len(b) + 64
	q.refuse = q.refuse || kind == bounce.LineDelivery && !delivered(b)
	switch {
	case kind == bounce.LineEnd:
		r.release(q)
	case q.bytes > maxPerID:
		r.shorten(q)
	}
}

// delivered reports whether a delivery line tells of nothing but success, in
// the words of Postfix, sendmail, OpenSMTPD, Exim and qmail. One that is not
// recognised is given like a refusal.
func delivered(b []byte) bool {
	for _, words := range [...]string{" status=sent (", " stat=Sent", " result=\"Ok\"", " => ", " delivery success", ": success: "} {
		if bytes.Contains(b, []byte(words)) {
			return true
		}
	}
	return false
}

// remember begins to follow a queue ID; the oldest are released when there are
// too many.
func (r *logReader) remember(id string) *queued {
	for len(r.ids) > 0 && (len(r.ids) >= maxIDs || r.bytes > maxRemembered) {
		r.release(r.order[0])
		r.order = r.order[1:]
	}
	q := &queued{id: id, bytes: 300}
	r.bytes += q.bytes
	r.ids[id] = q
	if len(r.order) > 2*len(r.ids)+1000 {
		live := make([]*queued, 0, 2*len(r.ids))
		for _, o := range r.order {
			if r.ids[o.id] == o {
				live = append(live, o)
			}
		}
		r.order = live
	}
	r.order = append(r.order, q)
	return q
}

// release gives the lines of a queue ID and forgets it.
func (r *logReader) release(q *queued) {
	if r.ids[q.id] != q {
		return
	}
	delete(r.ids, q.id)
	r.bytes -= q.bytes
	switch {
	case q.refuse:
		r.refused, r.plain = true, nil
		r.give(q)
	case !r.refused && len(r.plain) < maxPlain:
		r.plain = append(r.plain, q)
		return // its lines may still be wanted
	}
	q.lines = nil
}

// shorten gives what is known of a queue ID with very many lines; the lines
// that later ones need stay.
func (r *logReader) shorten(q *queued) {
	if q.refuse {
		r.refused, r.plain = true, nil
		r.give(q)
	}
	stay, bytes := q.lines[:0], 300
	for _, l := range q.lines {
		if l.kind == bounce.LineMemory && bytes < maxPerID/2 {
			stay, bytes = append(stay, l), bytes+len(l.s)+64
		}
	}
	clear(q.lines[len(stay):])
	r.bytes += bytes - q.bytes
	q.lines, q.bytes, q.refuse = stay, bytes, false
}

// give adds the lines of a queue ID to the batch.
func (r *logReader) give(q *queued) {
	r.flush()
	for _, l := range q.lines {
		r.put(l)
	}
}

func (r *logReader) put(l logLine) {
	if at := len(r.raw); at == 0 || l.offset != r.next {
		r.origin = append(r.origin, bounce.Segment{At: at, Offset: l.offset, Line: l.line})
	}
	r.raw = append(r.raw, l.s...)
	r.next = l.offset + len(l.s)
	if l.s[len(l.s)-1] != '\n' {
		r.raw = append(r.raw, '\n')
		r.next = -1
	}
}

// flush gives the batch when it is full.
func (r *logReader) flush() {
	if len(r.raw) >= maxBatch {
		r.in.give(r.piece())
	}
}

func (r *logReader) piece() Piece {
	p := Piece{Name: r.name, Raw: r.raw, Origin: r.origin}
	if r.cut {
		p.Findings = append(p.Findings, bounce.Finding{Kind: bounce.LimitReached, Claim: "a line longer than 64 KiB was cut"})
	}
	r.raw, r.origin, r.next, r.cut = nil, nil, 0, false
	r.batches++
	return p
}
