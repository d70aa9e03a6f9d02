package diagnose

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// maxReturn is how long after an attempt a bounce may be of it: mail systems
// give up after five days (RFC 5321 section 4.5.4.1), some after seven.
const maxReturn = 7 * 24 * time.Hour

// triedFor gives the bounce that an attempt was made for: the latest failure that
// was captured before it. Where there is none, the bounce of the case.
func (v *view) triedFor(r Retry) Bounce {
	for _, b := range slices.Backward(v.c.bounces) {
		if b.Seq < r.Seq && b.Report.Failure() {
			return b
		}
	}
	return v.b
}

// earlier gives the bounce whose mail a new attempt repeats: that of the case,
// unless it came back from an attempt, whose own mail was like the one before.
func (v *view) earlier() Bounce {
	for _, r := range v.c.Retries {
		if r.owns(v.b.Report) && v.b.Seq > r.Seq {
			return v.triedFor(r)
		}
	}
	return v.b
}

// owns reports whether a notification names an attempt: by the envelope ID or
// message ID that was issued for it, or by its token in the return path. Nobody
// else knows them.
func (r Retry) owns(b bounce.Report) bool {
	if r.Token == "" {
		return false
	}
	id := strings.Trim(string(b.MessageID.Value), "<> ")
	local, _ := AddressDomain(b.Sender.Value)
	switch {
	case r.Envelope != "" && strings.EqualFold(string(b.EnvelopeID.Value), r.Envelope):
		return true
	case r.MessageID != "" && strings.EqualFold(id, strings.Trim(r.MessageID, "<>")):
		return true
	}
	return strings.Contains(strings.ToLower(string(local)), strings.ToLower(r.Token))
}

// cameBack gives the bounce that is the result of an attempt: one that names it,
// or that a person took for it. The last word counts: a failure after a delay.
func (v *view) cameBack(r Retry) (Bounce, bool) {
	for _, b := range slices.Backward(v.c.bounces) {
		if b.Seq <= r.Seq || !b.Report.Failure() {
			continue
		}
		if r.owns(b.Report) || r.Ended != nil && r.Ended.Bounce == b.Seq {
			return b, true
		}
	}
	return Bounce{}, false
}

// mayHaveComeBack gives the bounce that is perhaps the result of an attempt: of
// the recipient, after it, with no mark of another message. A person says
// whether it is.
func (v *view) mayHaveComeBack(r Retry) (Bounce, bool) {
	if !r.open() || r.Way == RetryProbe {
		return Bounce{}, false
	}
	if _, sure := v.cameBack(r); sure {
		return Bounce{}, false
	}
	for _, b := range slices.Backward(v.c.bounces) {
		after := b.Failed().Sub(r.At.Truncate(time.Minute))
		switch {
		case b.Seq <= r.Seq || !b.Report.Failure() || after < 0 || after > maxReturn:
		case r.MessageID != "" && b.Report.MessageID.Known():
			// it names another message
		case slices.ContainsFunc(v.c.Retries, func(other Retry) bool { return other.Seq != r.Seq && other.owns(b.Report) }):
		default:
			return b, true
		}
	}
	return Bounce{}, false
}

// ResultOf gives what a conversation amounts to that the last intent of a case
// led to.
func ResultOf(c *Case, a Attempt) RetryResult {
	v := newView(c, a.Ended)
	last, _ := v.lastRetry()
	return a.Meaning(v.triedFor(last).Report).Result
}

// retryResult gives what came of the last attempt; "" where there was none.
func (v *view) retryResult() RetryResult {
	last, tried := v.lastRetry()
	if !tried {
		return ""
	}
	return v.resultOf(last)
}

func (v *view) resultOf(r Retry) RetryResult {
	if b, ok := v.cameBack(r); ok && (r.open() || r.Ended.Bounce == b.Seq) {
		return v.comesTo(r, b.Report)
	}
	switch {
	case r.Ended == nil:
		return RetryUnknown
	case r.open() && r.Ended.Result == RetryAccepted && v.seenInMailbox(r):
		return RetryDelivered
	}
	return r.Ended.Result
}

// comesTo gives what a bounce says of the attempt that it came back from.
func (v *view) comesTo(r Retry, b bounce.Report) RetryResult {
	switch {
	case b.Action == bounce.Delayed, b.Permanence == bounce.Transient && b.Action != bounce.Failed:
		return RetryTemporary
	case v.sameRefusal(v.triedFor(r).Report, b):
		return RetrySame
	}
	return RetryDifferent
}

// sameRefusal reports whether two bounces tell of one refusal: by codes and
// reason as an attempt is compared, and by the same side.
func (v *view) sameRefusal(before, after bounce.Report) bool {
	code, err := strconv.Atoi(string(after.ReplyCode.Value))
	if err != nil {
		code = 0
	}
	said := SMTPReply{Code: code, Enhanced: string(after.EnhancedCode.Value), Text: after.Diagnostic.Value}
	return !v.otherSide(before, after) && Attempt{Reply: &said}.sameAs(before)
}

// otherSide reports whether two hosts that refused are known to be of different
// organisations. Hosts of one MX set are one side.
func (v *view) otherSide(before, after bounce.Report) bool {
	one, other := hostName(before.RemoteMTA.Value), hostName(after.RemoteMTA.Value)
	if one == "" || other == "" || one == other || v.inMX(one) && v.inMX(other) {
		return false
	}
	a, known := v.c.operators().Lookup(one)
	b, alsoKnown := v.c.operators().Lookup(other)
	if known && alsoKnown {
		return a.Name != b.Name
	}
	return !sameDomain(one, other)
}

// sameDomain reports whether two hosts stand in one domain, by their names.
func sameDomain(a, b string) bool {
	_, aboveA, _ := strings.Cut(a, ".")
	_, aboveB, _ := strings.Cut(b, ".")
	return strings.Contains(aboveA, ".") && under(b, aboveA) || strings.Contains(aboveB, ".") && under(a, aboveB)
}

// seenInMailbox reports whether somebody says that the accepted test arrived.
func (v *view) seenInMailbox(last Retry) bool {
	a, ok := v.settled(AskArrived)
	return ok && !a.When.Before(last.At.Truncate(time.Minute))
}

// tested is what is known of an attempt, for the side of the bounce that it was
// made for.
type tested struct {
	result     RetryResult
	at         time.Time
	reply      safe.Text
	host       string
	addr       safe.Text
	sent       safe.Text
	byBounce   bool // a bounce came back
	transcript bool
}

func (v *view) tested(r Retry) tested {
	t := tested{result: v.resultOf(r)}
	if b, ok := v.cameBack(r); ok {
		t.byBounce, t.at, t.reply, t.host = true, b.Failed(), saidIn(b.Report), hostName(b.Report.RemoteMTA.Value)
		t.sent = joinNonEmpty(" ", b.Report.ReportingMTA.Value.Safe(), b.Report.SendingAddress.Value.Safe())
		if a := address(b.Report.RemoteAddress.Value); a.IsValid() {
			t.addr = safe.Of(a.String())
		}
		return t
	}
	switch r.Way {
	case RetryProbe:
		t.host, t.addr, t.sent = r.Host, safe.Of(r.Addr.Addr().String()), safe.Textf("%s, from here", r.EHLO)
	case RetryMessage: // who takes it from our relay shows in no answer of the relay
		t.sent = safe.Textf("%s, %s", r.target().relay(), r.Addr.Addr())
	}
	if r.Ended == nil {
		return t
	}
	t.at, t.reply = r.EndAt, r.Ended.Reply.Safe()
	if a := r.Ended.Attempt; a != nil {
		t.at, t.transcript, t.reply = a.Ended, true, a.said()
	}
	return t
}

// saidIn gives what a bounce tells of the reply in one line, with its codes
// where the text does not hold them.
func saidIn(b bounce.Report) safe.Text {
	text := oneLine(b.Diagnostic.Value)
	for _, code := range []safe.Untrusted{b.EnhancedCode.Value, b.ReplyCode.Value} {
		if c := code.Safe(); !strings.Contains(string(text), string(c)) {
			text = joinNonEmpty(" ", c, text)
		}
	}
	return text
}

// said gives the reply of an attempt in one line, or why there is none.
func (a Attempt) said() safe.Text {
	if a.Reply == nil {
		return a.Err.Safe()
	}
	return joinNonEmpty(" ", safe.Textf("%d", a.Reply.Code), oneLine(a.Reply.Text))
}

// oneLine joins the lines of a reply.
func oneLine(text safe.Untrusted) safe.Text {
	var out safe.Text
	for line := range strings.Lines(string(text)) {
		out = joinNonEmpty(" ", out, safe.Of(strings.TrimRight(line, "\r\n")))
	}
	return out
}

// operatorOf names who runs a host.
func (v *view) operatorOf(host string) safe.Text {
	if host == "" {
		return ""
	}
	for _, e := range v.mxEntries() {
		if e.Host == host {
			return v.runsMX(e).name
		}
	}
	op, _ := v.c.operators().Lookup(host)
	return newParty(op).name
}

// RetryOutcome is an attempt of a case with what it came to.
type RetryOutcome struct {
	Retry
	Result RetryResult
	Leaves bool // it left its permit
}

// RetryOutcomes lists the attempts of a case, the first one first.
func RetryOutcomes(c *Case, now time.Time) []RetryOutcome {
	if len(c.Retries) == 0 {
		return nil
	}
	v := newView(c, now)
	var out []RetryOutcome
	for _, r := range c.Retries {
		out = append(out, RetryOutcome{r, v.resultOf(r), r.leaves()})
	}
	return out
}
