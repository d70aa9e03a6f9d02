package diagnose

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/letters"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/typo"
	"deadletter/dnsx"
	"deadletter/dnsx/idn"
	"deadletter/dnsx/survey"
)

// view is a case at one instant with everything that the chart, the verdicts
// and the panels ask of it worked out once.
type view struct {
	c   *Case
	now time.Time

	b   Bounce // the bounce the case is about
	has bool
	r   bounce.Report

	reading      reply.Reading
	local        safe.Untrusted // of the recipient, byte for byte
	domain       string         // of the recipient, canonical
	senderDomain string
	host         string     // that is said to have refused, canonical; empty for none
	signed       bool       // the host is known only because the reply is signed with its name
	addr         netip.Addr // its address as claimed
	reporter     string     // that wrote the bounce, canonical

	round   Round
	subject survey.Subject
	answers survey.Answers
	before  map[dnsx.Question]bool // answers of an earlier round that stand in for one that could not be had
	facts   survey.Facts
	near    []typo.Candidate // what the recipient's domain may have been mistyped for

	hostOp         party // who runs the named host
	filter         party // the filter in front, by the MX set
	store          party // who holds the mailboxes
	storeSource    Source
	platform       sender // the sending platform
	platformSource Source
	guesses        []PlatformGuess

	verdict Verdict
	ranked  []Cause
	seen    []seenMX // what other machines see, the latest paste first

	// Worked out once, when first asked for.
	wanted  func() []dnsx.Question
	entries func() []mxEntry
	found   func() []Finding
	said    func() *letters.Fields
	five    func() *Draft // the letter with the five questions
	theirs  func() *Draft // the one to whoever runs the filter
}

func newView(c *Case, now time.Time) *view {
	v := begin(c, now)
	v.judge()
	v.seen = v.seenViews()
	return v
}

// begin reads the bounce and takes the answers of the round: what the survey
// needs to know its questions.
func begin(c *Case, now time.Time) *view {
	v := &view{c: c, now: now}
	v.b, v.has = c.Latest()
	v.r = v.b.Report
	v.round, _ = c.Round()
	v.wanted, v.entries, v.found = sync.OnceValue(v.surveyWants), sync.OnceValue(v.joinMX), sync.OnceValue(v.findMX)
	v.said, v.five = sync.OnceValue(v.sayFields), sync.OnceValue(v.recipientDraft)
	v.theirs = sync.OnceValue(v.gatewayDraft)
	v.readBounce()
	v.takeAnswers()
	return v
}

// judge reads what the answers amount to, and who refused by them.
func (v *view) judge() {
	v.facts = survey.Read(v.subject, v.answers)
	v.nameParties()
	v.verdict = v.rejector()
	if v.wantsAuth() && !v.subject.Sent.Wanted {
		// The survey is done and who refused cannot be told: the sender's side
		// is looked into beside it (step 2). Its facts change nothing above.
		v.subject.Sent.Wanted = true
		v.facts = survey.Read(v.subject, v.answers)
		v.wanted = sync.OnceValue(v.surveyWants)
	}
}

func (v *view) readBounce() {
	r := v.r
	v.local, v.domain = AddressDomain(v.recipientRaw())
	_, v.senderDomain = AddressDomain(r.Sender.Value)
	v.host = hostName(r.RemoteMTA.Value)
	v.addr = address(r.RemoteAddress.Value)
	if !v.addr.IsValid() {
		v.addr = address(r.RemoteMTA.Value)
	}
	if v.host == "" && !v.addr.IsValid() {
		v.host = signedHost(r.Diagnostic.Value, v.c.operators())
		v.signed = v.host != ""
	}
	v.reporter = hostName(r.ReportingMTA.Value)
	speaker := v.host
	if speaker == "" {
		speaker = v.reporter
	}
	if v.has {
		code := string(r.ReplyCode.Value)
		if code == "" && r.RefusedHere && r.Permanence == bounce.Permanent {
			code = "550" // what a server answers that logs no code of its own (Exim specification, chapter 44)
		}
		v.reading = reply.Read(reply.Input{
			Code: code, Enhanced: string(r.EnhancedCode.Value), Text: string(r.Diagnostic.Value),
			Speaker: speaker, Stage: string(r.Stage),
		})
	}
}

// hostName gives a claimed host name in canonical form, or nothing when it is
// none.
func hostName(u safe.Untrusted) string {
	name, err := idn.ASCII(string(u))
	if err != nil || !dnsx.IsHostname(name) {
		return ""
	}
	return name
}

func address(u safe.Untrusted) netip.Addr {
	s := strings.TrimPrefix(strings.Trim(string(u), "[]"), "IPv6:")
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// recipient gives the envelope recipient with its domain as it stands in DNS.
func (v *view) recipient() safe.Text {
	return asciiAddress(v.recipientRaw())
}

// recipientRaw gives it as it was written.
func (v *view) recipientRaw() safe.Untrusted {
	if r := v.r.Recipient.Value; r != "" {
		return r
	}
	return v.c.Recipient
}

// branch gives the part of the flowchart that the wording leads to.
func (v *view) branch() Branch {
	switch {
	case !v.has:
		return BranchUnclear
	case v.r.NotABounce != "":
		return BranchNone
	case v.r.Permanence == bounce.Transient && !v.speaksOfRecipient():
		return BranchWait
	case v.restricted():
		return BranchRecipient
	case v.aboutForm():
		return BranchRoute
	}
	return branchOf(v.r.Reason)
}

func branchOf(r reply.Reason) Branch { return Branch(reply.Branch(r)) }

// restricted holds when the recipient is there and does not take mail from
// outsiders, or may be: a matter of its directory, not of the sender's records.
func (v *view) restricted() bool {
	return v.reading.Class == string(RecipientRestricted) || v.hidesWhich()
}

// aboutForm holds when the form of the recipient's address is refused: no server
// on the way can carry it. That says nothing of its mailbox, and is no matter of
// the sender's records.
func (v *view) aboutForm() bool {
	return v.reading.Class == string(AddressSyntax) && !v.reading.AboutSender && v.r.Stage != bounce.StageMail
}

// hidesWhich holds for Google's notice about groups, which does not tell on
// purpose whether the group is missing or closed to the sender.
func (v *view) hidesWhich() bool { return v.reading.Rule == "google-group" }

// saysUnknown holds when the reply says that the recipient is not known.
func (v *view) saysUnknown() bool {
	return v.branch() == BranchRecipient && !v.restricted() && !v.reading.AboutSender && v.r.Reason != reply.HasMoved
}

// firstHop gives the domain that we wrote to where an address of another one
// failed: it forwards, or keeps the list (RFC 3464 section 2.3.1). Empty where
// that is our own doing: what a host of ours reports of both addresses, a map
// of ours made of one the other.
func (v *view) firstHop() string {
	_, wrote := AddressDomain(v.r.OriginalRecipient.Value)
	if wrote == "" || v.domain == "" || wrote == v.domain || wrote == v.senderDomain || v.isOwn(wrote, netip.Addr{}) || v.reporterOurs() != "" {
		return ""
	}
	return wrote
}

// ranking gives the causes, worked out once.
func (v *view) ranking() []Cause {
	if v.ranked == nil {
		v.ranked = v.causes()
	}
	return v.ranked
}

// negativeCache gives how long the system that refused may remember it, and
// who it is: what the rule of the wording says and what is known of the filter
// that spoke. Where both have a memory, the longer one counts: each can answer
// from its own.
func (v *view) negativeCache() (time.Duration, safe.Text) {
	if v.verdict.Kind == OwnMTA || v.verdict.Kind == SendingPlatform {
		return 0, "" // nobody else was asked, so nobody else remembers
	}
	keep, who := v.reading.Negative, safe.Of(v.reading.Says)
	if keep == 0 && v.reading.Class == string(NegativeCache) {
		keep, _ = reply.NegativeTTL(v.reading.Says)
	}
	if v.verdict.Operator != "" {
		who = v.verdict.Operator
	}
	if v.verdict.Kind != Gateway {
		return keep, who
	}
	filter := v.hostOp
	if op, ok := v.voice(); ok && !filter.known() {
		filter = newParty(op.Operator)
	}
	longest := filter.op.Negative
	if ttl, _ := reply.NegativeTTL(filter.op.Name); ttl > longest {
		longest = ttl
	}
	if longest > keep {
		keep, who = longest, filter.name
	}
	return keep, who
}

// clearHow says how the system's memory is cleared, where that is known.
func (v *view) clearHow() safe.Text {
	if v.gatewayInPath() && v.filter.op.NegativeHow != "" {
		return safe.Of(v.filter.op.NegativeHow)
	}
	return ""
}

// waits lists for whom the case waits, the longest wait first.
func (v *view) waits() []WaitingFor {
	if !v.has || v.r.NotABounce != "" || v.c.Closing != nil {
		return nil
	}
	var out []WaitingFor
	for _, t := range v.tasks() {
		if t.State != Waiting || t.Who == "" {
			continue
		}
		i := slices.IndexFunc(out, func(w WaitingFor) bool { return w.Who == t.Who })
		if i < 0 {
			out = append(out, WaitingFor{Who: t.Who, What: safe.Textf("%d", t.Number), Since: t.At})
			continue
		}
		out[i].What = safe.Textf("%s %d", out[i].What, t.Number)
	}
	if len(out) == 0 {
		if c, ok := v.copied(StepRejector, StepRecipient); ok && !open(v.ownerConfirmed()) && !v.recipientAbsent() {
			out = append(out, WaitingFor{Who: v.audience(), What: "5 questions", Since: c.At})
		}
	}
	if last, ok := v.lastRetry(); ok && last.Way != RetryProbe && v.resultOf(last) == RetryAccepted {
		out = append(out, WaitingFor{Who: "whoever sees the mailbox", What: "did the test arrive", Since: last.EndAt})
	}
	return out
}

func (v *view) listSource() Source {
	if len(v.c.Lists) == 0 {
		return "you"
	}
	p := v.c.Lists[len(v.c.Lists)-1]
	if n := len(v.c.Removals); n > 0 && v.c.Removals[n-1].At.After(p.At) {
		return "you" // a removal is recorded by hand; the platform was not asked again
	}
	if p.Who != "" {
		return p.Who.Safe()
	}
	return safe.Of(lowerText(p.Platform))
}

func (v *view) listTime() time.Time {
	if len(v.c.Lists) == 0 {
		return time.Time{}
	}
	at := v.c.Lists[len(v.c.Lists)-1].At
	for _, r := range v.c.Removals {
		if r.At.After(at) {
			at = r.At
		}
	}
	return at
}

func (s sender) known() bool { return s.name != "" }

func (s sender) or(otherwise safe.Text) safe.Text {
	if s.known() {
		return s.name
	}
	return otherwise
}
