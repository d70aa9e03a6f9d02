package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// judge asks what the reply means.
func (dr *draft) judge() {
	r := &dr.r
	if dr.kind != "" {
		return
	}
	text := string(r.Diagnostic.Value)
	if text == "" {
		text = dr.context
	}
	text = beforeRetries(text)
	speaker := string(r.RemoteMTA.Value)
	if speaker == "" {
		speaker = string(r.Source.Value)
	}
	if speaker == "" {
		speaker = string(r.ReportingMTA.Value)
	}
	in := reply.Input{Code: string(r.ReplyCode.Value), Enhanced: string(r.EnhancedCode.Value), Text: text, Speaker: speaker, Stage: string(r.Stage)}
	if in.Code == "" && in.Enhanced == "" && r.Action == Delayed {
		in.Code = "4" // told as temporary, in words alone: as Exim logs "temporarily rejected"
	}
	got := readReply(in)
	if r.Inner != nil {
		got = dr.judgeInner(in, got)
	}
	if got.Reason == reply.Undefined && dr.context != "" && dr.context != text {
		in.Text = dr.context
		if more := readReply(in); more.Reason != reply.Undefined {
			got = more
		}
	}
	if got.Reason == reply.Undefined && dr.program.Known() {
		got.Reason, got.NoAttempt = reply.MailerError, true
	}
	r.Reason = got.Reason
	if r.Reason == reply.Undefined && dr.class != "" {
		r.Reason = dr.class
	}
	if dr.settled != "" {
		r.Reason = dr.settled
	}
	if dr.expired && !strings.HasPrefix(string(r.ReplyCode.Value), "5") {
		r.Reason = reply.Expired // what the last of several delays was says less
	}
	if r.Stage == StageUnknown && got.NoAttempt {
		r.Stage = StageLocal
	}
}

// judgeInner gives the reading of the quoted reply where the words around it
// mean nothing by themselves.
func (dr *draft) judgeInner(in reply.Input, got reply.Reading) reply.Reading {
	outer, quoted := string(dr.r.Diagnostic.Value), string(dr.r.Inner.Reply.Value)
	if dr.innerAt <= 0 || dr.innerAt > len(outer) || got.Wrapped != "" {
		return got
	}
	in.Text = outer[:dr.innerAt]
	if frame := readReply(in); frame.Reason != reply.Undefined && !frame.CodeOnly {
		return got
	}
	in.Code, in.Enhanced, in.Text = string(dr.r.Inner.Code.Value), string(dr.r.Inner.Enhanced.Value), quoted
	if speaker := string(dr.r.Inner.Speaker.Value); speaker != "" {
		in.Speaker = speaker
	}
	if inner := readReply(in); inner.Reason != reply.Undefined && !inner.CodeOnly {
		return inner
	}
	return got
}

// beforeRetries takes off what Exim adds to the last attempt's own words when it
// gives up: "mailbox is full: retry timeout exceeded". Why it failed stands before.
func beforeRetries(text string) string {
	if before, ok := strings.CutSuffix(text, ": retry timeout exceeded"); ok && before != "" {
		return before
	}
	return text
}

// readReply is the one place that asks package reply.
func readReply(in reply.Input) reply.Reading { return reply.Read(in) }

// verdict gives permanence, and says what is no failure.
func (m *mail) verdict(dr *draft) {
	r := &dr.r
	switch r.Action {
	case Delivered, Relayed, Expanded:
		if dr.kind == "" {
			dr.kind = NotDelivered
		}
		if dr.why == "" {
			dr.why = safe.Textf("the notification says that the mail was %s", string(r.Action))
		}
	}
	if dr.kind != "" {
		r.NotABounce, r.Why = dr.kind, dr.why
		r.Permanence = UnknownPermanence
		switch dr.kind {
		case NotDelivered:
			r.Reason = reply.Delivered
		case NotFeedback:
			r.Reason = reply.Feedback
		case NotVacation:
			r.Reason = reply.Vacation
		default:
			r.Reason = reply.Undefined
		}
		return
	}
	if r.Action == "" {
		r.Action, dr.assumed = Failed, true
	}
	class := byte(0)
	switch {
	case r.ReplyCode.Known():
		class = r.ReplyCode.Value[0]
	case r.EnhancedCode.Known():
		class = r.EnhancedCode.Value[0]
	default:
		class = dr.grade
	}
	switch {
	case r.Action == Delayed, class == '4', dr.soft, !r.RetryUntil.At.IsZero() && r.Action != Failed:
		r.Permanence = Transient
	case class == '5':
		r.Permanence = Permanent
	default:
		r.Permanence = UnknownPermanence
	}
}

// contradictions notes what cannot all be true.
func (dr *draft) contradictions() {
	r := &dr.r
	class := func(f Field) byte {
		if f.Known() {
			return f.Value[0]
		}
		return 0
	}
	status, code, enhanced := class(dr.status), class(r.ReplyCode), class(r.EnhancedCode)
	if r.Action == Failed && !dr.assumed && !dr.expired && (status == '4' || status == '2') && r.NotABounce == "" {
		dr.find(Contradiction, safe.Textf("the action is failed, but the status %s is of class %c", dr.status.Value, status))
	}
	if r.Action == Delayed && status == '5' {
		dr.find(Contradiction, safe.Textf("the action is delayed, but the status %s is permanent", dr.status.Value))
	}
	if code != 0 && status != 0 && code != status {
		dr.find(Contradiction, safe.Textf("the reply code %s and the status %s are of different classes", r.ReplyCode.Value, dr.status.Value))
	}
	if code != 0 && enhanced != 0 && code != enhanced && r.EnhancedCode.Offset != dr.status.Offset {
		dr.find(Contradiction, safe.Textf("the reply code %s and the enhanced code %s are of different classes", r.ReplyCode.Value, r.EnhancedCode.Value))
	}
	if r.EnhancedCode.Known() && dr.status.Known() && enhanced == status && r.EnhancedCode.Value != dr.status.Value &&
		!strings.HasSuffix(string(dr.status.Value), ".0.0") {
		dr.find(Contradiction, safe.Textf("the reply says %s, the status field %s", r.EnhancedCode.Value, dr.status.Value))
	}
	if r.OriginalRecipient.Known() && r.Recipient.Known() && !strings.EqualFold(string(r.OriginalRecipient.Value), string(r.Recipient.Value)) {
		dr.find(Note, safe.Textf("the mail was sent to %s; the address that failed is %s: a forward, an alias or a list lies between", r.OriginalRecipient.Value, r.Recipient.Value))
	}
	if !r.RetryUntil.At.IsZero() && r.Action != Failed {
		dr.find(Note, "the reporting host tries again; this is not its last word")
	}
}
