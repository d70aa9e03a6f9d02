package diagnose

import (
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// Comparison sets two messages of one case side by side: two bounces, a test
// from another sender among them, or a bounce and a message that arrived.
type Comparison struct {
	Left, Right Side // the earlier and the later
	Rows        []ComparedRow
	Means       []safe.Text // what the differences mean, the most telling first
}

// Side is one of the two.
type Side struct {
	Name safe.Text // "refused 2026-11-23 09:12:44 UTC"
	Seq  uint64    // of the event that captured it
}

// ComparedRow is one property of both.
type ComparedRow struct {
	Label       safe.Text // "reply", "host", "operator"
	Left, Right safe.Text // empty where it is not known
	Changed     bool      // both are known, and differ
}

// compared is one message with what is asked of it in a comparison.
type compared struct {
	b         Bounce
	delivered bool
	host      string // who refused or took it
	operator  safe.Text
	sender    string // domain
	local     safe.Untrusted
	domain    string
}

// comparison compares the bounce that the case is about with the other message
// that is nearest to it in time; nil where there is none.
func (v *view) comparison() *Comparison {
	if !v.has || len(v.c.bounces) < 2 {
		return nil
	}
	this := v.b
	var other *Bounce
	for i := range v.c.bounces {
		b := &v.c.bounces[i]
		if b.Seq == this.Seq || b.Report.NotABounce != "" && !arrived(b.Report) {
			continue
		}
		if other == nil || apart(*b, this) < apart(*other, this) {
			other = b
		}
	}
	if other == nil {
		return nil
	}
	left, right := v.compared(*other), v.compared(this)
	if right.b.Failed().Before(left.b.Failed()) {
		left, right = right, left
	}
	c := &Comparison{Left: left.side(), Right: right.side()}
	row := func(label, a, b safe.Text) {
		if a != "" || b != "" {
			c.Rows = append(c.Rows, ComparedRow{label, a, b, a != "" && b != "" && a != b})
		}
	}
	row("outcome", left.outcome(), right.outcome())
	row("reply", left.b.Report.Diagnostic.Value.Safe(), right.b.Report.Diagnostic.Value.Safe())
	row("stage", safe.Of(string(left.b.Report.Stage)), safe.Of(string(right.b.Report.Stage)))
	row("host", safe.Of(left.host), safe.Of(right.host))
	row("address", left.b.Report.RemoteAddress.Value.Safe(), right.b.Report.RemoteAddress.Value.Safe())
	row("operator", left.operator, right.operator)
	row("told by", left.b.Report.ReportingMTA.Value.Safe(), right.b.Report.ReportingMTA.Value.Safe())
	row("route", left.route(), right.route())
	row("from", left.b.Report.Sender.Value.Safe(), right.b.Report.Sender.Value.Safe())
	row("to", left.b.Report.Recipient.Value.Safe(), right.b.Report.Recipient.Value.Safe())
	row("time", bothTimes(left.b.Failed()), bothTimes(right.b.Failed()))
	c.Means = v.differences(left, right)
	return c
}

// arrived reports whether a captured message shows by its own header, or by a
// notification, that it was delivered.
func arrived(r bounce.Report) bool {
	return r.NotABounce == bounce.NotDelivered || r.NotABounce == bounce.NotOrdinary && len(r.Through) > 0
}

func apart(a, b Bounce) time.Duration { return a.Failed().Sub(b.Failed()).Abs() }

func (v *view) compared(b Bounce) compared {
	r := b.Report
	c := compared{b: b, delivered: arrived(r), host: hostName(r.RemoteMTA.Value)}
	c.local, c.domain = AddressDomain(r.Recipient.Value)
	_, c.sender = AddressDomain(r.Sender.Value)
	if c.delivered && c.host == "" {
		c.host = v.takenBy(r.Through)
	}
	c.operator = v.runs(c.host, nil).name
	return c
}

// takenBy gives the host that took a message for the recipient's side: the
// oldest of its Received fields that names an MX of the domain or a host of
// somebody known, else the oldest one.
func (v *view) takenBy(through []bounce.Field) string {
	oldest := ""
	for _, f := range slices.Backward(through) {
		host := receivedBy(f.Value)
		if host == "" {
			continue
		}
		if v.inMX(host) || v.runs(host, nil).known() {
			return host
		}
		oldest = host
	}
	return oldest
}

// receivedBy gives the host of the by clause of a Received field (RFC 5321
// section 4.4).
func receivedBy(value safe.Untrusted) string {
	words := strings.Fields(string(value))
	for i, w := range words {
		if strings.EqualFold(w, "by") && i+1 < len(words) {
			return hostName(safe.Untrusted(words[i+1]))
		}
	}
	return ""
}

func (c compared) side() Side {
	return Side{Name: safe.Textf("%s %s", c.outcome(), utc(c.b.Failed())), Seq: c.b.Seq}
}

func (c compared) outcome() safe.Text {
	switch {
	case c.delivered:
		return "arrived"
	case c.b.Report.Permanence == bounce.Transient:
		return "put off"
	}
	return "refused"
}

// route names the hosts that a message went through, the first first.
func (c compared) route() safe.Text {
	var hosts []string
	for _, f := range slices.Backward(c.b.Report.Through) {
		if h := receivedBy(f.Value); h != "" && !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	if len(hosts) == 0 {
		return ""
	}
	return listed(hosts, 4)
}

// differences says what follows from the comparison, the most telling first.
// Nothing here is proof: a message that arrived shows only its own path.
func (v *view) differences(a, b compared) []safe.Text {
	var out []safe.Text
	say := func(t safe.Text) { out = append(out, t) }
	bounced, came := a, b
	if a.delivered {
		bounced, came = b, a
	}
	sameHost := a.host != "" && a.host == b.host
	sameText := v.sameReply(a, b)
	switch {
	case a.delivered && b.delivered:
		say("both arrived; nothing here is refused")
	case a.delivered != b.delivered:
		v.arrivedAndBounced(bounced, came, sameHost, say)
	case sameHost && sameText && a.sender != b.sender && a.sender != "" && b.sender != "":
		say("another sender gets the same refusal from the same host: it is about the address, not about us")
	case sameHost && sameText:
		say("the same host gives the same refusal: nothing that counts was changed between the two, or it answers from memory")
	case !sameText && a.sender != b.sender && a.sender != "" && b.sender != "":
		say("the refusal depends on the sender: look at policy, reputation and who may write to it")
	case sameHost:
		say("the same host words it differently now: something was changed there")
	case sameText && a.host != "" && b.host != "":
		say("another host gives the same refusal: they share a list, or both ask the same server behind them")
	case a.host != "" && b.host != "":
		say("another host, another refusal: the route is not the same; compare what DNS says on both sides")
	default:
		say("too little is known of one of them to say what the difference means: the host that spoke is missing")
	}
	if a.operator != "" && b.operator != "" && a.operator != b.operator {
		say(safe.Textf("they were answered by two operators, %s and %s: the MX was changed, or the route differs", a.operator, b.operator))
	}
	if RecipientKey(a.b.Report.Recipient.Value) != RecipientKey(b.b.Report.Recipient.Value) && a.domain != "" && b.domain != "" {
		say("they went to two addresses: what holds for one says nothing of the other")
	}
	return out
}

func (v *view) arrivedAndBounced(bounced, came compared, sameHost bool, say func(safe.Text)) {
	later := came.b.Failed().After(bounced.b.Failed())
	switch {
	case sameHost && later && came.sender == bounced.sender:
		say("the same host took a later message of the same sender: it seems mended; confirm it before the retry")
	case sameHost && later:
		say("the same host took a later message of another sender: the address is accepted, unless senders are told apart there")
	case sameHost:
		say("the same host took a message earlier: the address was lost since, or senders are told apart")
	case came.host != "" && bounced.host != "":
		say(safe.Textf("the message that arrived took another way, through %s, and not through %s: it is no proof for the way of our mail", came.host, bounced.host))
	default:
		say("one arrived, and the hosts cannot be compared: the full header of the message that arrived would show its way")
	}
}

// sameReply reports whether two refusals have the same codes and meaning.
func (v *view) sameReply(a, b compared) bool {
	x, y := a.b.Report, b.b.Report
	return x.ReplyCode.Value == y.ReplyCode.Value && x.EnhancedCode.Value == y.EnhancedCode.Value && x.Reason == y.Reason
}
