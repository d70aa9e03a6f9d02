package bounce

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// outcome is what an event tells of the mail.
type outcome uint8

// The outcomes.
const (
	passing    outcome = iota // on its way, or nothing about its delivery
	arrived                   // delivered; opened and clicked mail was
	refused                   // failed, by a reply or for good
	retried                   // not yet: the platform calls it temporary
	kept                      // failed before any SMTP conversation
	held                      // waits at the platform
	suppressed                // kept back by a suppression list
	complained                // delivered, and reported as unwanted
	left                      // unsubscribed
	answered                  // automatic reply
	challenged                // asks the sender to prove something
)

// fate is what the name of an event says by itself.
type fate struct {
	what outcome
	list List
}

// shape says where an event of a platform keeps what: paths, alternatives
// between bars, the first that holds text.
type shape struct {
	recipient, code, status, text, words, time, messageID, id  string
	sending, remote, remoteAddress, reporting, sender, subject string
}

// platform is a sending platform, or a mail server that logs in JSON, by its
// own keys.
type platform struct {
	name  string
	knows func(*node) bool
	word  string          // where the name of an event stands
	fates map[string]fate // by the name in lower case; what stands here not is passing
	shape shape
	more  func(*event)              // what the shape cannot say; runs before the event is filed
	split func(*eventReader, *node) // reads platforms whose events name several recipients
}

func (p *platform) take(e *eventReader, n *node) {
	if p.split != nil {
		p.split(e, n)
		return
	}
	ev := e.begin(n, n)
	if p.more != nil {
		p.more(ev)
	}
	ev.file()
}

// event is what one event tells of one recipient.
type event struct {
	e    *eventReader
	n    *node
	dr   draft
	word string // the name of the event
	fate fate
}

// begin makes the draft of an event. top is the value the event stands in: the
// mark of the source.
func (e *eventReader) begin(n, top *node) *event {
	ev := &event{e: e, n: n, word: n.word(e.p.word)}
	ev.fate = e.p.fates[strings.ToLower(ev.word)]
	off := e.t.at(top.at)
	ev.dr.r.Source = Field{Value: safe.Untrusted(e.p.name), Part: e.t.part, Offset: off, Line: e.d.src.line(off)}
	ev.dr.unproved = e.unproved
	ev.shape(n, &e.p.shape)
	return ev
}

// find gives the first of the alternatives that holds text.
func (ev *event) find(n *node, paths string) *node {
	for p := range strings.SplitSeq(paths, "|") {
		v := n.path(p)
		if v != nil && v.kind == '[' && len(v.kids) > 0 {
			v = &v.kids[0]
		}
		if strings.TrimSpace(v.str()) != "" {
			ev.repeated(n, p)
			return v
		}
	}
	return nil
}

// repeated notes a key that stands twice.
func (ev *event) repeated(n *node, path string) {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		n, path = n.path(path[:i]), path[i+1:]
	}
	var first *node
	for i := range n.kids {
		if k := &n.kids[i]; k.key == path {
			if first == nil {
				first = k
			} else if first.str() != k.str() {
				ev.dr.find(Contradiction, safe.Textf("%s stands more than once with different values; the first is used", path))
				return
			}
		}
	}
}

// field makes a Field of a value.
func (ev *event) field(v *node) Field { return ev.as(v, v.str()) }

// as makes a Field of what was read from a value.
func (ev *event) as(v *node, value string) Field {
	if v == nil || strings.TrimSpace(value) == "" {
		return Field{}
	}
	at := 0
	if i := strings.Index(v.s, strings.TrimSpace(cut(value, 256))); i > 0 {
		at = i
	}
	f := ev.e.d.shown(cut(value, maxDiagnostic), ev.e.t.part, ev.at(v, at))
	f.By = safe.Untrusted(ev.e.p.name)
	return f
}

// at gives the raw offset of a position of a value.
func (ev *event) at(v *node, pos int) int {
	if pos == 0 || v.end == 0 || v.end-v.at-1 == len(v.s) { // without escapes
		return ev.e.t.at(v.at + pos)
	}
	return ev.e.t.decoded(v.at, max(v.at, v.end-1), jsonStep).at(pos)
}

// shape fills the draft by the paths of a shape.
func (ev *event) shape(n *node, s *shape) {
	r := &ev.dr.r
	set := func(f *Field, paths string) {
		if paths != "" && !f.Known() {
			*f = ev.field(ev.find(n, paths))
			f.Value = safe.Untrusted(cut(string(f.Value), maxSubject))
		}
	}
	address := func(f *Field, paths string) {
		if paths != "" && !f.Known() {
			v := ev.find(n, paths)
			*f = ev.as(v, mailbox(v.str()))
		}
	}
	address(&r.Recipient, s.recipient)
	if address(&r.Sender, s.sender); !isAddress(string(r.Sender.Value)) {
		r.Sender = Field{} // a name alone
	}
	set(&r.Subject, s.subject)
	set(&r.QueueID, s.id)
	if v := ev.find(n, s.sending); s.sending != "" && v != nil {
		r.SendingAddress = ev.as(v, addressOf(v.str()))
	}
	if v := ev.find(n, s.messageID); s.messageID != "" && v != nil {
		r.MessageID = ev.as(v, messageID(v.str()))
	}
	for _, mta := range []struct {
		host, addr *Field
		paths      string
	}{{&r.ReportingMTA, nil, s.reporting}, {&r.RemoteMTA, &r.RemoteAddress, s.remote}, {nil, &r.RemoteAddress, s.remoteAddress}} {
		if mta.paths == "" {
			continue
		}
		v := ev.find(n, mta.paths)
		if v == nil {
			continue
		}
		host, addr := hostAndAddress(v.str())
		if addr == "" {
			addr = addressOf(v.str())
		}
		if mta.host != nil && host != "" {
			*mta.host = ev.as(v, host)
		}
		if mta.addr != nil && addr != "" {
			*mta.addr = ev.as(v, addr)
		}
	}
	if v := ev.find(n, s.code); s.code != "" && v != nil {
		ev.code(v)
	}
	if v := ev.find(n, s.status); s.status != "" && v != nil {
		ev.status(v)
	}
	if s.time != "" {
		r.FailedAt = ev.time(n, s.time)
	}
	ev.said(ev.find(n, s.text), ev.find(n, s.words))
}

// addressOf gives an IP address without its port; "" for none.
func addressOf(s string) string {
	s = strings.TrimSpace(s)
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr().String()
	}
	return ipOf(strings.Trim(s, "[]"))
}

// code takes a reply code. A number that no server replies with, its second
// digit above five (RFC 5321 section 4.2.1), is the platform's own.
func (ev *event) code(v *node) {
	s := strings.TrimSpace(v.str())
	switch {
	case len(s) == 3 && s[0] >= '2' && s[0] <= '5' && s[1] >= '0' && s[1] <= '5' && digit(s[2]):
		ev.dr.r.ReplyCode = ev.as(v, s)
	case enhancedLen(s, 0) == len(s) && s != "":
		ev.status(v)
	case s != "" && s != "0":
		ev.dr.find(Note, safe.Textf("%s is a code of %s itself, not one of a server", cut(s, 40), ev.e.p.name))
	}
}

// status takes an enhanced code.
func (ev *event) status(v *node) {
	s := strings.TrimSpace(v.str())
	switch {
	case s != "" && enhancedLen(s, 0) == len(s):
		ev.dr.status = ev.as(v, s)
	case len(s) == 3 && !ev.dr.r.ReplyCode.Known():
		ev.code(v)
	}
}

// said takes the reply, else the platform's own words.
func (ev *event) said(text, words *node) {
	v := text
	if v == nil {
		v = words
	}
	if v == nil {
		return
	}
	ev.dr.r.Diagnostic = ev.reply(v)
	if words != nil && words != v {
		ev.dr.context, ev.dr.contextAt = cut(words.str(), maxDiagnostic), ev.field(words)
	}
}

// reply makes a Field of a reply: lines joined, its type taken off.
func (ev *event) reply(v *node) Field {
	said := diagnostic(joinReply(strings.Split(cut(v.str(), maxDiagnostic), "\n")))
	f := ev.as(v, said)
	if i := strings.Index(v.s, firstWord(said)); f.Known() && i > 0 {
		f.Offset = ev.at(v, i)
		f.Line = ev.e.d.src.line(f.Offset)
	}
	return f
}

// time reads the first of the alternatives that is a time.
func (ev *event) time(n *node, paths string) Time {
	var out Time
	for p := range strings.SplitSeq(paths, "|") {
		v := n.path(p)
		if v.str() == "" {
			continue
		}
		at, ok := eventTime(v.str())
		if ok || !out.Known() {
			out = Time{At: at, Field: ev.as(v, cut(v.str(), maxDate))}
		}
		if ok {
			break
		}
	}
	return out
}

// eventTime reads a time as platforms write it: seconds since 1970, whole or
// with a fraction, milliseconds, microseconds, or a date (RFC 3339, RFC 5322, or
// without a zone, then UTC). Times outside the years 1970 to 9999 are none.
func eventTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxDate {
		return time.Time{}, false
	}
	whole, frac, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err == nil && (frac == "" || strings.Trim(frac, "0123456789") == "") && n > 0 {
		nsec, _ := strconv.ParseInt((frac + "000000000")[:9], 10, 64)
		switch {
		case n < 253402300800: // the year 10000
			return time.Unix(n, nsec).UTC(), true
		case n < 253402300800*1000:
			return time.UnixMilli(n).UTC(), true
		case n < 253402300800*1000*1000:
			return time.UnixMicro(n).UTC(), true
		}
		return time.Time{}, false
	}
	if i := len(s) - 3; i > 10 && (s[i] == '+' || s[i] == '-') && strings.Contains(s[:i], ":") { // an offset of whole hours
		s += ":00"
	}
	return parseDate(s)
}

// file says what becomes of the draft by its fate, and keeps it.
func (ev *event) file() {
	r, dr := &ev.dr.r, &ev.dr
	if r.List == "" {
		r.List = ev.fate.list
	}
	switch ev.fate.what {
	case refused:
		if r.Action == "" {
			r.Action = Failed
		}
	case retried:
		r.Action = Delayed
		dr.soft = true
		if c := readCodes(string(r.Diagnostic.Value)); c.replyAt >= 0 && c.reply[0] == '5' || r.ReplyCode.Known() && r.ReplyCode.Value[0] == '5' {
			dr.find(Contradiction, safe.Textf("%s calls it temporary (%s), but the reply is permanent", ev.e.p.name, cut(ev.word, maxEventWord)))
		}
	case kept:
		r.Action, r.Stage = Failed, StageLocal
	case held:
		r.Action, r.Stage = Delayed, StageLocal
		dr.class = reply.OnHold
	case suppressed:
		r.Action, r.Stage, dr.settled = Failed, StageLocal, reply.Suppressed
		if r.List == "" {
			r.List = ListUnknown
		}
	case complained:
		dr.kind, dr.why = NotFeedback, "it is a complaint: the mail was delivered, and the recipient reported it"
		r.List = ListComplaints
	case left:
		dr.kind, dr.why = NotFeedback, "the recipient unsubscribed; that is no failure"
		r.List = ListUnsubscribes
	case answered:
		dr.kind, dr.why = NotVacation, "an automatic reply, by the platform's word; the mail was delivered"
	case challenged:
		dr.kind, dr.why = NotChallenge, "it asks the sender to prove something before the mail is let through; that is no failure"
	case arrived:
		r.Action = Delivered
		dr.kind, dr.why = NotDelivered, safe.Textf("the event %s tells of mail that was delivered", cut(ev.word, maxEventWord))
	default:
		dr.kind, dr.why = NotFate, safe.Textf("the event %s tells of no failure", cut(ev.word, maxEventWord))
	}
	ev.e.keep(ev)
}
