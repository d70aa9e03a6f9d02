package diagnose

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// Comparison sets two messages of one case side by side: two bounces, a test
// from another sender among them, or a bounce and a message that arrived. One
// of the two is always the one that the case is about.
type Comparison struct {
	Left, Right Side // the earlier and the later, as far as that is known
	Rows        []ComparedRow
	Means       []safe.Text // what the differences mean, the most telling first; never a proof

	// Confirms lists the questions that the message that arrived is evidence for:
	// a person may record it so, with the role Evidence and the time Arrived.
	// Nothing is recorded by itself. Empty for none.
	Confirms []QuestionID
	Arrived  time.Time

	// Others counts the messages of the case that can stand beside the one it is
	// about; the twenty most telling are compared.
	Others int
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
	Changed     bool      // both are known, and differ in what counts
}

const (
	maxCompared = 20              // pairs made; a case can hold a thousand bounces
	oneMoment   = 2 * time.Minute // two clocks that differ by less give no order
)

// comparisons compares the message that the case is about with the others, the
// most telling pair first: those that arrived, then other attempts, then the
// same attempt told once more; each by nearness in time.
func (v *view) comparisons() []Comparison {
	if !v.has || len(v.c.bounces) < 2 || !canCompare(v.r) {
		return nil
	}
	type candidate struct {
		b    Bounce
		rank int
	}
	var list []candidate
	for _, b := range v.c.bounces {
		if b.Seq == v.b.Seq || !canCompare(b.Report) {
			continue
		}
		c := candidate{b: b, rank: 1}
		switch {
		case arrived(b.Report) != arrived(v.r):
			c.rank = 0
		case toldTwice(b, v.b):
			c.rank = 2
		}
		list = append(list, c)
	}
	apart := func(b Bounce) time.Duration { return b.Failed().Sub(v.b.Failed()).Abs() }
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(apart(a.b), apart(b.b)))
	})
	var out []Comparison
	for _, c := range list[:min(len(list), maxCompared)] {
		one := v.pair(c.b).comparison()
		one.Others = len(list)
		out = append(out, one)
	}
	return out
}

// canCompare reports whether a captured message tells of a delivery, tried or done.
func canCompare(r bounce.Report) bool { return r.Failure() || arrived(r) }

// arrived reports whether a captured message shows by its own header, or by a
// notification, that a server of the receiving side took it. One that was
// expanded went on to other addresses (RFC 3464 section 2.3.3).
func arrived(r bounce.Report) bool {
	switch r.NotABounce {
	case bounce.NotDelivered:
		return r.Action != bounce.Expanded
	case bounce.NotOrdinary:
		return len(r.Through) > 0
	}
	return false
}

// sameMessage reports whether two messages are one by its identifier (RFC 5322
// section 3.6.4).
func sameMessage(a, b bounce.Report) bool {
	return a.MessageID.Known() && a.MessageID.Value == b.MessageID.Value
}

// toldTwice reports whether two bounces tell of one attempt: a reply that was
// pasted first and its mail later, a log line and a notification.
func toldTwice(a, b Bounce) bool {
	x, y := a.Report, b.Report
	_, from := AddressDomain(x.Sender.Value)
	_, otherFrom := AddressDomain(y.Sender.Value)
	if !x.Failure() || !y.Failure() || x.Permanence != y.Permanence || !sameCodes(x, y) ||
		x.MessageID.Known() && y.MessageID.Known() && !sameMessage(x, y) ||
		from != "" && otherFrom != "" && from != otherFrom {
		return false
	}
	if x.FailedAt.At.IsZero() || y.FailedAt.At.IsZero() {
		return true
	}
	gap := x.FailedAt.At.Sub(y.FailedAt.At).Abs()
	return gap == 0 || sameMessage(x, y) && gap < oneMoment
}

func sameCodes(x, y bounce.Report) bool {
	return x.ReplyCode.Value == y.ReplyCode.Value && x.EnhancedCode.Value == y.EnhancedCode.Value && x.Reason == y.Reason
}

// pair is two messages with what is asked of both.
type pair struct {
	v           *view
	left, right *compared // the earlier and the later where ordered
	this, other *compared // the one that the case is about, and the other
	ordered     bool      // their times say which was first
}

func (v *view) pair(other Bounce) pair {
	p := pair{v: v, this: v.compared(v.b), other: v.compared(other)}
	p.this.findHost(p.other)
	p.other.findHost(p.this)
	gap := p.this.at.Sub(p.other.at).Abs()
	oneClock := p.this.reporter != "" && p.this.reporter == p.other.reporter
	p.ordered = p.this.timed && p.other.timed && (gap >= oneMoment || oneClock && gap > 0)
	p.left, p.right = p.other, p.this
	if p.right.at.Before(p.left.at) {
		p.left, p.right = p.right, p.left
	}
	return p
}

func (p pair) comparison() Comparison {
	c := Comparison{Left: p.left.side(), Right: p.right.side()}
	row := func(label safe.Text, of func(*compared) safe.Text, differ bool) {
		a, b := of(p.left), of(p.right)
		if a != "" || b != "" {
			c.Rows = append(c.Rows, ComparedRow{label, a, b, differ && a != "" && b != "" && a != b})
		}
	}
	row("outcome", (*compared).outcome, true)
	row("reply", (*compared).said, !p.sameWords())
	row("refused at", (*compared).stage, true)
	row("host", (*compared).name, true)
	row("address", (*compared).address, true)
	row("operator", func(c *compared) safe.Text { return c.operator }, true)
	row("told by", (*compared).tells, true)
	row("route", (*compared).route, true)
	row("from", (*compared).from, true)
	row("to", (*compared).to, !p.sameAddress())
	row("time", (*compared).when, p.left.timed && p.right.timed && !p.left.at.Equal(p.right.at))
	c.Means = p.means()
	if c.Confirms = p.confirms(); len(c.Confirms) > 0 {
		c.Arrived = p.other.at
	}
	return c
}

// sameReply reports whether two refusals say the same: codes, reason, and the
// rule that knows the wording, or the words themselves.
func (p pair) sameReply() bool {
	a, b := p.left, p.right
	return (a.r.ReplyCode.Known() || a.r.EnhancedCode.Known()) && sameCodes(a.r, b.r) &&
		(a.reading.Rule != "" && a.reading.Rule == b.reading.Rule || p.sameWords())
}

// sameWords compares two replies without what differs from one connection to
// the next: words with digits, addresses and links in them are left out.
func (p pair) sameWords() bool {
	return sameCodes(p.left.r, p.right.r) && slices.Equal(wording(p.left.r.Diagnostic.Value), wording(p.right.r.Diagnostic.Value))
}

func wording(said safe.Untrusted) []string {
	words := strings.Fields(strings.ToLower(string(said)))
	return slices.DeleteFunc(words, func(w string) bool { return strings.ContainsAny(w, "0123456789@") || strings.Contains(w, "://") })
}

// sameAddress compares the recipients byte for byte, as only then one says
// something of the other (RFC 5321 section 2.4).
func (p pair) sameAddress() bool {
	return RecipientKey(p.left.r.Recipient.Value) == RecipientKey(p.right.r.Recipient.Value)
}

func (p pair) sameHost() bool { return p.left.host != "" && p.left.host == p.right.host }

func (p pair) bothHosts() bool { return p.left.host != "" && p.right.host != "" }

func (p pair) otherSender() bool {
	return p.left.senderDomain != "" && p.right.senderDomain != "" && p.left.senderDomain != p.right.senderDomain
}

// oneSide holds where two hosts belong together: one company runs both, or
// both are MX of the domain.
func (p pair) oneSide() bool {
	return p.left.operator != "" && p.left.operator == p.right.operator || p.v.inMX(p.left.host) && p.v.inMX(p.right.host)
}

// mixed holds where one arrived and the other did not.
func (p pair) mixed() bool { return p.left.arrived != p.right.arrived }

// came and bounced give the one that arrived and the one that did not, of a
// mixed pair.
func (p pair) came() *compared {
	if p.left.arrived {
		return p.left
	}
	return p.right
}

func (p pair) bounced() *compared {
	if p.left.arrived {
		return p.right
	}
	return p.left
}

// cameLater holds where a message arrived after the refusal.
func (p pair) cameLater() bool { return p.mixed() && p.ordered && p.right.arrived }

// oneIs gives the message of two that something holds for, where it holds for
// exactly one.
func (p pair) oneIs(of func(*compared) bool) (is, isNot *compared, ok bool) {
	switch l, r := of(p.left), of(p.right); {
	case l && !r:
		return p.left, p.right, true
	case r && !l:
		return p.right, p.left, true
	}
	return nil, nil, false
}
