package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// draft is a report while a family fills it.
type draft struct {
	r             Report
	status        Field  // the Status field of a notification
	context       string // all that is said about the recipient, where it is more than the reply
	contextAt     Field  // where the context begins
	postfixSender Field
	says          string // the system whose wording it is, where a family knows
	kind          Kind   // set by families that read what is no failure
	why           safe.Text
}

// repeated notes fields that stand more than once.
func (dr *draft) repeated(h header, names ...string) {
	for _, name := range names {
		if all := h.all(name); len(all) > 1 {
			same := true
			for _, f := range all[1:] {
				same = same && unfold(f.value) == unfold(all[0].value)
			}
			if same {
				dr.find(Duplicate, safe.Textf("%s stands %d times", name, len(all)))
			} else {
				dr.find(Contradiction, safe.Textf("%s stands %d times with different values; the first is used", name, len(all)))
			}
		}
	}
}

func (dr *draft) find(kind FindingKind, claim safe.Text) {
	dr.r.Findings = append(dr.r.Findings, Finding{Kind: kind, Claim: claim})
}

// finish turns the drafts of a family into reports.
func (m *mail) finish(format Format, drafts []draft) []Report {
	out := make([]Report, 0, len(drafts))
	for i := range drafts {
		dr := &drafts[i]
		dr.r.Format = format
		m.envelope(dr)
		m.returnedFields(dr)
		dr.conversation(m.d)
		m.times(dr)
		m.writer(dr)
		dr.socket()
		dr.claims()
		dr.judge()
		m.verdict(dr)
		dr.contradictions()
		if m.msg == nil {
			dr.r.Genuine, dr.r.GenuineReasons = Unproved, []safe.Text{"pasted text carries nothing that could prove where it came from"}
		} else {
			m.genuine(dr)
		}
		dr.r.Missing = missing(&dr.r)
		out = append(out, dr.r)
	}
	return out
}

// conversation reads codes, stage, command, hosts and the inner reply out of
// what is said.
func (dr *draft) conversation(d *doc) {
	r := &dr.r
	said := string(r.Diagnostic.Value)
	c := readCodes(said)
	from := r.Diagnostic
	if c.replyAt < 0 && c.enhancedAt < 0 && dr.context != "" {
		c, from = readCodes(dr.context), dr.contextAt
	}
	own := c
	if n := enhancedLen(said, 0); n > 0 && c.replyAt > n {
		own = codes{enhanced: said[:n], replyAt: -1} // "5.1.0 - ... '550 5.1.1 ...'": the wrapper has no reply code
	}
	if text, at, who := innerReply(said, own); text != "" {
		dr.inner(d, text, at, who)
		// A wrapper without a reply code of its own quotes the one that counts; a
		// wrapper that only says that the time is up leaves the last reply to count
		if in := readCodes(text); c.replyAt < 0 || c.replyAt >= at || strings.HasSuffix(c.enhanced, ".4.7") && in.reply != "" {
			c = in
		}
	}
	if !r.ReplyCode.Known() && c.reply != "" {
		r.ReplyCode = d.within(from, c.reply)
	}
	if !r.EnhancedCode.Known() {
		switch {
		case c.enhanced != "":
			r.EnhancedCode = d.within(from, c.enhanced)
		case dr.status.Known():
			r.EnhancedCode = dr.status
		}
	}
	dr.stage(d, said)
	dr.hosts(d, said)
}

func (dr *draft) stage(d *doc, said string) {
	r := &dr.r
	if r.Stage != StageUnknown {
		return
	}
	stage, command, _ := readStage(said)
	from := r.Diagnostic
	if stage == StageUnknown && dr.context != "" {
		stage, command, _ = readStage(dr.context)
		from = dr.contextAt
	}
	if stage == StageUnknown && strings.HasPrefix(said, "connect to ") {
		stage = StageConnect
	}
	r.Stage = stage
	if command != "" && !r.Command.Known() {
		r.Command = d.within(from, command)
	}
}

func (dr *draft) hosts(d *doc, said string) {
	r := &dr.r
	for i, s := range [...]string{said, dr.context} {
		from := r.Diagnostic
		if i == 1 {
			from = dr.contextAt
		}
		if s == "" || r.RemoteMTA.Known() && r.RemoteAddress.Known() {
			continue
		}
		who := readSaying(s)
		if who.host != "" && (!r.RemoteMTA.Known() || strings.EqualFold(string(r.RemoteMTA.Value), who.host)) {
			if !r.RemoteMTA.Known() {
				r.RemoteMTA = d.within(from, who.host)
			}
			if who.addr != "" && !r.RemoteAddress.Known() {
				r.RemoteAddress = d.within(from, who.addr)
			}
		} else if who.host == "" && who.addr != "" && !r.RemoteAddress.Known() {
			r.RemoteAddress = d.within(from, who.addr)
		}
	}
}

// socket notes that the refusing side is reached without a network.
func (dr *draft) socket() {
	if strings.Contains(string(dr.r.RemoteAddress.Value), "/") {
		dr.find(Note, "the side that refused is reached through a local socket: it belongs to the reporting host itself")
	}
}

func (dr *draft) inner(d *doc, text string, at int, who saying) {
	in := &Inner{Reply: d.within(dr.r.Diagnostic, text)}
	if in.Reply.Offset == dr.r.Diagnostic.Offset && at > 0 {
		in.Reply.Value = safe.Untrusted(strings.Clone(text))
	}
	c := readCodes(text)
	if c.reply != "" {
		in.Code = d.within(in.Reply, c.reply)
	}
	if c.enhanced != "" {
		in.Enhanced = d.within(in.Reply, c.enhanced)
	}
	if who.host != "" {
		in.Speaker = d.within(dr.r.Diagnostic, who.host)
	} else if who.addr != "" {
		in.Speaker = d.within(dr.r.Diagnostic, who.addr)
	}
	dr.r.Inner = in
}

// found is within for a value that may be empty.
func (d *doc) found(f Field, value string) Field {
	if value == "" {
		return Field{}
	}
	return d.within(f, value)
}

// within makes a Field of a value that was found in the text that begins where
// f stands: its own offset where the raw input holds it near, else f's.
func (d *doc) within(f Field, value string) Field {
	out := Field{Value: safe.Untrusted(strings.Clone(value)), By: f.By, Part: f.Part, Offset: f.Offset, Line: f.Line}
	from := min(f.Offset, len(d.src.raw))
	window := d.src.raw[from:min(len(d.src.raw), from+2*len(f.Value)+256)]
	if i := strings.Index(window, value); i >= 0 && f.Known() {
		out.Offset += i
	}
	if out.Line == 0 || out.Offset != f.Offset {
		out.Line = d.src.line(out.Offset)
	}
	return out
}

// claims notes who claims the fields that are somebody's word.
func (dr *draft) claims() {
	r := &dr.r
	by := r.ReportingMTA.Value
	if by == "" {
		by = r.Source.Value
	}
	for _, f := range []*Field{&r.Recipient, &r.OriginalRecipient, &r.ReplyCode, &r.EnhancedCode, &r.Diagnostic, &r.Command, &r.RemoteMTA, &r.RemoteAddress} {
		if f.Known() && f.By == "" {
			f.By = by
		}
	}
	if in := r.Inner; in != nil {
		who := r.RemoteMTA.Value
		if who == "" {
			who = by
		}
		for _, f := range []*Field{&in.Speaker, &in.Reply, &in.Code, &in.Enhanced} {
			if f.Known() {
				f.By = who
			}
		}
	}
}

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
	speaker := string(r.RemoteMTA.Value)
	if speaker == "" {
		speaker = string(r.Source.Value)
	}
	if speaker == "" {
		speaker = string(r.ReportingMTA.Value)
	}
	in := reply.Input{Code: string(r.ReplyCode.Value), Enhanced: string(r.EnhancedCode.Value), Text: text, Speaker: speaker, Stage: string(r.Stage)}
	got := readReply(in)
	if got.Reason == reply.Undefined && dr.context != "" && dr.context != text {
		in.Text = dr.context
		if more := readReply(in); more.Reason != reply.Undefined {
			got = more
		}
	}
	r.Reason = got.Reason
	if r.Stage == StageUnknown && got.NoAttempt {
		r.Stage = StageLocal
	}
}

// readReply is the one place that asks package reply.
func readReply(in reply.Input) reply.Reading { return reply.Read(in) }

// verdict gives permanence, and says what is no failure.
func (m *mail) verdict(dr *draft) {
	r := &dr.r
	switch r.Action {
	case Delivered, Relayed, Expanded:
		dr.kind = NotDelivered
		dr.why = safe.Textf("the notification says that the mail was %s", string(r.Action))
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
		r.Action = Failed
	}
	class := byte(0)
	switch {
	case r.ReplyCode.Known():
		class = r.ReplyCode.Value[0]
	case r.EnhancedCode.Known():
		class = r.EnhancedCode.Value[0]
	}
	switch {
	case r.Action == Delayed, class == '4', !r.RetryUntil.At.IsZero() && r.Action != Failed:
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
	if r.Action == Failed && (status == '4' || status == '2') && r.NotABounce == "" {
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
