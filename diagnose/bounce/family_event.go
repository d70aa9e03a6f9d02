package bounce

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/safe"
)

// The bounds of one input of events.
const (
	maxPassed    = 100   // events kept where none tells of a failure
	maxEventWord = 40    // bytes of the name of an event in a finding
	maxEventKeys = 50000 // mails whose delivery is kept in mind
)

// isEvent reports whether a JSON value or a form may stand in the text.
func (m *mail) isEvent() bool {
	switch {
	case m.msg != nil:
		return len(m.status) == 0 && m.report == nil && len(m.orig.h) == 0 && len(m.eventParts()) > 0
	case m.whole != nil:
		return linesOfJSON(m.whole)
	}
	return opensObject(m.d.src.raw) || looksLikeForm(strings.TrimLeft(m.d.src.raw[:min(len(m.d.src.raw), 4<<10)], "\ufeff \t\r\n"))
}

// opensObject reports whether a JSON object begins somewhere in a text.
func opensObject(s string) bool {
	for {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			return false
		}
		s = s[i+1:]
		if rest := strings.TrimLeft(s[:min(len(s), maxJSONPrefix)], " \t\r\n"); rest != "" && rest[0] == '"' {
			return true
		}
	}
}

// linesOfJSON reports whether a line of a text begins with a JSON value.
func linesOfJSON(t *text) bool {
	for _, l := range t.lines {
		if s := strings.TrimLeft(l.s, " \t"); s != "" && (s[0] == '{' || s[0] == '[') && (len(s) == 1 || strings.IndexByte("\"{[ \t", s[1]) >= 0) {
			return true
		}
	}
	return false
}

// looksLikeForm reports whether a text begins with a field of a form: a key, an
// equals sign, and no blank before the next field.
func looksLikeForm(s string) bool {
	i := strings.IndexByte(s, '=')
	if i < 1 || i > 64 || strings.ContainsAny(s[:i], " \t\r\n<>@:/\"{") {
		return false
	}
	first, _, more := strings.Cut(s, "&")
	return (more || strings.HasPrefix(s, "mandrill_events=")) && !strings.ContainsAny(first, " \t<@\"{")
}

// eventReader gathers what the events of an input tell.
type eventReader struct {
	d        *doc
	t        *encoded // the text that the value which is being read stands in
	p        *platform
	before   string         // what stands before the first value: a request line names the list that is asked for
	drafts   []draft        // failures
	passed   []draft        // the rest, bounded
	at       map[string]int // mail and recipient -> index in drafts
	arrived  map[string]time.Time
	counts   map[string]int // how many events of a name tell of no failure
	names    []string
	unproved safe.Text
	read     int // events read
	raws     int // returned mails that were looked into
}

// readEvents reads the events of sending platforms, however they are packed.
func (m *mail) readEvents() []draft {
	d := m.d
	all := d.b
	d.b = &budget{} // what is noticed counts only where an event is found
	defer func() { d.b = all }()
	e := &eventReader{d: d, unproved: "an event copied by hand proves nothing; the platform can show it under our own key", at: map[string]int{}, arrived: map[string]time.Time{}, counts: map[string]int{}}
	if m.msg != nil {
		e.unproved = "a mail with an event in it can be written by anyone; the platform can show the event under our own key"
	}
	for _, t := range m.eventTexts() {
		if fields, ok := t.form(); ok {
			e.form(fields)
			continue
		}
		r := &jsonReader{d: d, t: t, s: blanked(t.s)}
		if at := r.next(0); at > 0 {
			e.before = t.s[max(0, at-maxJSONPrefix):at]
		}
		r.read(func(n *node) { e.unpack(t, n, 0) })
	}
	out := e.finished()
	if len(out) > 0 {
		for _, f := range d.b.findings {
			all.note(f)
		}
	}
	return out
}

// eventParts gives the parts of a mail that may hold events: text with JSON in
// it, and what is declared as data, attached or because a request was pasted
// with its header.
func (m *mail) eventParts() []*text {
	var out []*text
	for _, t := range m.human {
		if linesOfJSON(t) {
			out = append(out, t)
		}
	}
	var declared func(e *entity)
	declared = func(e *entity) {
		for _, p := range e.parts {
			if !p.embedded {
				declared(p)
			}
		}
		switch e.kind {
		case "application/json", "application/x-ndjson", "application/cloudevents+json", "application/x-www-form-urlencoded":
			out = append(out, m.d.textOf(e))
		}
	}
	declared(m.msg)
	return out
}

// eventTexts gives the texts in which events may stand.
func (m *mail) eventTexts() []*encoded {
	switch {
	case m.msg != nil:
		var out []*encoded
		for _, t := range m.eventParts() {
			out = append(out, m.d.joined(t))
		}
		return out
	case m.whole != nil:
		return []*encoded{m.d.joined(m.whole)}
	}
	raw := m.d.src.raw
	rest := strings.TrimPrefix(raw, "\ufeff")
	return []*encoded{asIs(rest, len(raw)-len(rest))}
}

// form reads a form: its JSON field, or the fields themselves.
func (e *eventReader) form(fields []formField) {
	for _, f := range fields {
		if f.key == "mandrill_events" || f.key == "payload" || f.key == "event-data" {
			t := f.value()
			r := &jsonReader{d: e.d, t: t, s: blanked(t.s)}
			r.read(func(n *node) { e.unpack(t, n, 1) })
			return
		}
	}
	// the values stand in texts of their own: they are put together to one
	t := &encoded{}
	n := node{kind: '{'}
	var b strings.Builder
	for _, f := range fields {
		v := f.value()
		s := cut(v.s, maxDiagnostic)
		n.kids = append(n.kids, node{kind: '"', key: f.key, s: s, at: b.Len()})
		t.marks = append(t.marks, mark{b.Len(), 0})
		t.spans = append(t.spans, v)
		b.WriteString(s)
		b.WriteByte('&')
	}
	t.s = b.String()
	e.unpack(t, &n, 0)
}

// wrappings are the members in which transports, interfaces and receivers put
// events.
var wrappings = []string{
	"event-data",     // Mailgun's webhook
	"Message", "Sns", // SNS, and as a function is given it
	"Records",                  // functions
	"Messages", "Body", "body", // SQS
	"detail",     // EventBridge
	"logContent", // OCI Logging
	"items",      // answers: Mailgun
	"results",    // SparkPost, OCI
	"messages",   // SendGrid
	"Bounces",    // Postmark
	"events",     // Brevo
	"mandrill_events", "payload", "data",
}

// unpack finds the events in a value: it is one, or it wraps some.
func (e *eventReader) unpack(t *encoded, n *node, depth int) {
	if depth > maxJSONUnpacked {
		e.d.b.limit("events within more than 12 wrappings were not read", e.d.src.line(t.at(n.at)))
		return
	}
	switch n.kind {
	case '[':
		n.each(func(kid *node) { e.unpack(t, kid, depth+1) })
		return
	case '"':
		if !strings.ContainsAny(n.s[:min(len(n.s), 64)], "{[") {
			return
		}
		inner := t.decoded(n.at, max(n.at, n.end-1), jsonStep)
		if t.s == "" || n.end == 0 {
			return
		}
		r := &jsonReader{d: e.d, t: inner, s: blanked(inner.s)}
		r.read(func(kid *node) { e.unpack(inner, kid, depth+1) })
		return
	case '{':
	default:
		return
	}
	for i := range platforms {
		if p := &platforms[i]; p.knows(n) {
			e.t, e.p = t, p
			e.read++
			p.take(e, n)
			return
		}
	}
	for _, w := range wrappings {
		if v := n.get(w); v != nil {
			before := e.read
			if e.unpack(t, v, depth+1); e.read > before {
				return
			}
		}
	}
}

// keep files what one event tells of one recipient. Of one mail to one
// recipient the last attempt counts, and a delivery ends the waiting.
func (e *eventReader) keep(ev *event) {
	dr := &ev.dr
	dr.keys = e.keys(&dr.r)
	if dr.kind == NotDelivered || dr.kind == NotFate {
		e.pass(ev)
		if dr.kind == NotDelivered && len(e.arrived) < maxEventKeys {
			for _, key := range dr.keys {
				e.arrived[key] = dr.r.FailedAt.At
			}
		}
		return
	}
	if i := e.known(dr); i >= 0 {
		e.again(&e.drafts[i], dr)
		for _, key := range dr.keys {
			e.at[key] = i
		}
		return
	}
	if len(e.drafts) >= maxLogReports {
		e.d.b.limit("failures beyond 10000 of one input of events were not read", dr.r.Source.Line)
		return
	}
	if dr.kind == "" {
		for _, key := range dr.keys {
			e.at[key] = len(e.drafts)
		}
	}
	e.drafts = append(e.drafts, *dr)
}

// keys name a mail to a recipient, by each of its identifiers.
func (e *eventReader) keys(r *Report) []string {
	var keys []string
	for _, id := range []Field{r.MessageID, r.QueueID} {
		if id.Known() && r.Recipient.Known() {
			keys = append(keys, e.p.name+" "+string(id.Value)+" "+strings.ToLower(string(r.Recipient.Value)))
		}
	}
	return keys
}

// known finds the failure that an event tells of once more; -1 for none.
func (e *eventReader) known(dr *draft) int {
	for _, key := range dr.keys {
		if i, ok := e.at[key]; ok && dr.kind == "" {
			return i
		}
	}
	return -1
}

// again puts a later event about a failure in the place of the earlier one. A
// failure is not undone by a delay.
func (e *eventReader) again(old, dr *draft) {
	later := !dr.r.FailedAt.At.Before(old.r.FailedAt.At)
	if old.r.Action == dr.r.Action && later || old.r.Action == Delayed && dr.r.Action == Failed {
		dr.keys = append(dr.keys, old.keys...)
		if len(dr.keys) > 4 {
			dr.keys = dr.keys[:4]
		}
		*old = *dr
	}
	for _, f := range old.r.Findings {
		if f.Claim == earlierEvents {
			return
		}
	}
	old.find(Note, earlierEvents)
}

const earlierEvents = "other events tell of the same mail to the same recipient; the last one counts"

// pass counts an event that tells of no failure.
func (e *eventReader) pass(ev *event) {
	name := cut(cmp.Or(ev.word, "event"), maxEventWord)
	if e.counts[name] == 0 {
		if len(e.names) >= 20 {
			name = "other"
		}
		if e.counts[name] == 0 {
			e.names = append(e.names, name)
		}
	}
	e.counts[name]++
	if len(e.passed) < maxPassed {
		e.passed = append(e.passed, ev.dr)
	}
}

// finished gives the failures; where there are none, what the events are.
func (e *eventReader) finished() []draft {
	out := e.drafts[:0]
	dropped := 0
	for _, dr := range e.drafts {
		if dr.kind == "" && dr.r.Action == Delayed && slices.ContainsFunc(dr.keys, func(key string) bool {
			when, ok := e.arrived[key]
			return ok && !when.Before(dr.r.FailedAt.At)
		}) {
			dropped++
			continue
		}
		out = append(out, dr)
	}
	if len(out) == 0 {
		return e.passed
	}
	if dropped > 0 {
		e.d.b.note(Finding{Kind: Note, Claim: safe.Textf("delays that ended in a delivery were left out: %d", dropped)})
	}
	if total, names := 0, safe.Text(""); len(e.names) > 0 {
		for i, name := range e.names {
			total += e.counts[name]
			if i > 0 {
				names += ", "
			}
			names = safe.Textf("%s%s %d", names, name, e.counts[name])
		}
		e.d.b.note(Finding{Kind: Note, Claim: safe.Textf("events that tell of no failure were left out: %d (%s)", total, names)})
	}
	return out
}

var eventKeeps = keeps{
	"recipient":      "the event as the platform sent it: some consoles shorten it",
	"reply_code":     "the platform's log of this message, where it shows the reply; many platforms keep only their own words",
	"enhanced_code":  "the platform's log of this message, where it shows the whole reply",
	"remote_host":    "the platform's log of this message; else the returned notification, as .eml",
	"remote_address": "the platform's log of this message; else the returned notification, as .eml",
	"failed":         "the event as the platform sent it",
	"message_id":     "the platform's log, by its own identifier of the message",
	"sender":         "the platform's log of this message",
}
