package diagnose

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// RetryTarget is what a person chooses of an attempt that the program makes.
type RetryTarget struct {
	Host       string         // an MX host for a probe; the relay for a message
	Addr       netip.AddrPort // where it is reached
	EHLO       string         // name that we give
	From       safe.Untrusted // envelope sender; "" takes that of the mail that bounced
	NullSender bool           // MAIL FROM:<>, for a probe, by choice
	Via        safe.Untrusted // of a message: the relay or platform by its name
	Token      string         // of a message: issued for it alone, see TestMessage
}

// RetryPlan is what a person consents to before the program makes one attempt.
type RetryPlan struct {
	Way     RetryWay
	Target  RetryTarget
	To      safe.Untrusted // the recipient that bounced, byte for byte
	Message *TestMessage   // nil for a probe
	Size    int            // of the message, in octets
	Permit  uint64         // Seq of the confirmation that it rests on
	Made    time.Time
	Because []Finding   // what was checked
	Says    []FieldLine // what leaves, and what it proves
}

// Hash binds a consent to exactly this plan.
func (p RetryPlan) Hash() string {
	p.Because, p.Says = nil, nil
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // plain values, they always encode
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// RetryIntended spends the retry permit, before anything is sent. All but the
// first three fields are of an attempt that the program makes.
type RetryIntended struct {
	Way    RetryWay `json:"way"`
	Permit uint64   `json:"permit"` // Seq of the confirmation that gave the permit
	Plan   string   `json:"plan"`   // RetryPlan.Hash

	Host       string         `json:"host,omitempty"`
	Addr       netip.AddrPort `json:"addr,omitzero"`
	EHLO       string         `json:"ehlo,omitempty"`
	From       safe.Untrusted `json:"from,omitempty"`
	NullSender bool           `json:"null_sender,omitempty"`
	To         safe.Untrusted `json:"to,omitempty"`
	Via        safe.Untrusted `json:"via,omitempty"`
	MessageID  string         `json:"message_id,omitempty"` // with angle brackets
	Token      string         `json:"token,omitempty"`
	Envelope   string         `json:"envelope_id,omitempty"` // RFC 3461 section 4.4
	Size       int            `json:"size,omitempty"`        // octets of the message
	Planned    time.Time      `json:"planned,omitzero"`
}

// RetryEnded is what came of the retry. Without it the outcome is unknown.
type RetryEnded struct {
	Intent  uint64         `json:"intent"` // Seq of the RetryIntended
	Result  RetryResult    `json:"result"`
	Reply   safe.Untrusted `json:"reply,omitempty"`
	Attempt *Attempt       `json:"attempt,omitempty"` // the conversation, where the program made it
	Bounce  uint64         `json:"bounce,omitempty"`  // Seq of a captured bounce that a person takes for the result
}

// ByHand gives the plan of an attempt that a person makes, on the permit that is
// offered.
func ByHand(to safe.Untrusted, permit uint64) RetryPlan {
	p := RetryPlan{Way: RetryByHand, To: to, Permit: permit}
	p.Says = []FieldLine{
		{Label: "leaves", Value: "Nothing from here. The permit is spent before you send."},
		{Label: "to", Value: safe.Textf("%s, nobody else", to)},
		{Label: "by", Value: "By hand: you send one message, through the path that real mail takes."},
		{Label: "proves", Value: "What you send. Record what came of it."},
		{Label: "permit", Value: "One attempt spends it, whatever the answer. A new permit needs a new confirmation on step 3."},
	}
	return p
}

// Intent gives the event that consents to the plan.
func (p RetryPlan) Intent() RetryIntended {
	if p.Way == RetryByHand {
		return RetryIntended{Way: p.Way, Permit: p.Permit, Plan: p.Hash()}
	}
	b := RetryIntended{
		Way: p.Way, Permit: p.Permit, Plan: p.Hash(), Host: p.Target.Host, Addr: p.Target.Addr, EHLO: p.Target.EHLO,
		From: p.Target.From, NullSender: p.Target.NullSender, To: p.To, Via: p.Target.Via, Token: p.Target.Token, Size: p.Size, Planned: p.Made,
	}
	if p.Message != nil {
		b.MessageID, b.Envelope = p.Message.MessageID(), p.Message.EnvelopeID()
	}
	return b
}

// target gives what was chosen, as the intent holds it.
func (b RetryIntended) target() RetryTarget {
	return RetryTarget{Host: b.Host, Addr: b.Addr, EHLO: b.EHLO, From: b.From, NullSender: b.NullSender, Via: b.Via, Token: b.Token}
}

// NotReadyError lists what must hold before an attempt and does not. It wraps
// ErrLocked.
type NotReadyError struct{ Lacks []Finding }

// Error implements error.
func (e *NotReadyError) Error() string {
	var all []string
	for _, f := range e.Lacks {
		all = append(all, string(joinNonEmpty("; ", f.Claim, f.Hint)))
	}
	return fmt.Sprintf("%v: %s", ErrLocked, strings.Join(all, ". "))
}

// Unwrap gives ErrLocked.
func (*NotReadyError) Unwrap() error { return ErrLocked }

// PlanRetry gives the plan of one attempt that the program makes: a probe of an
// MX host, or one message through our relay. The error says what stands against
// it; it is a NotReadyError, or wraps ErrLocked, ErrInvalid or ErrTestMessage.
func PlanRetry(c *Case, way RetryWay, target RetryTarget, now time.Time) (RetryPlan, error) {
	return planRetry(c, way, target, now.Round(0), now)
}

func planRetry(c *Case, way RetryWay, target RetryTarget, made, now time.Time) (RetryPlan, error) {
	if way != RetryProbe && way != RetryMessage {
		return RetryPlan{}, fmt.Errorf("%w: the program makes no attempt %q", ErrInvalid, way)
	}
	if err := admitLock(c, now, GuardRetry, OfferRetry); err != nil {
		return RetryPlan{}, err
	}
	v := newView(c, now)
	target.Host = dnsx.CanonicalName(target.Host)
	target.Addr = netip.AddrPortFrom(target.Addr.Addr().Unmap(), target.Addr.Port())
	target, err := v.sender(way, target)
	if err != nil {
		return RetryPlan{}, err
	}
	conditions := append(v.retryConditions(), v.preflight(way, target)...)
	if lacks := slices.DeleteFunc(findings(conditions), func(f Finding) bool { return f.Sign == Holds }); len(lacks) > 0 {
		return RetryPlan{}, &NotReadyError{lacks}
	}
	p := RetryPlan{Way: way, Target: target, To: v.recipientRaw(), Permit: v.permit(), Made: made, Because: findings(conditions)}
	if way == RetryMessage {
		if err := p.write(v); err != nil {
			return RetryPlan{}, err
		}
	}
	p.Says = p.says(v)
	return p, nil
}

// sender fills in the envelope sender. A message goes from that of the mail
// that bounced: from another it tests another path.
func (v *view) sender(way RetryWay, t RetryTarget) (RetryTarget, error) {
	bounced := v.bouncedSender()
	switch {
	case t.EHLO == "":
		return t, fmt.Errorf("%w: say which name this machine gives in EHLO", ErrInvalid)
	case way == RetryProbe && t.Token != "":
		return t, fmt.Errorf("%w: a probe carries no mark", ErrInvalid)
	case t.NullSender && (way == RetryMessage || t.From != ""):
		return t, fmt.Errorf("%w: the null sender is for a probe without another sender", ErrInvalid)
	case t.NullSender:
		return t, nil
	case t.From == "":
		t.From = bounced
	}
	switch {
	case t.From == "":
		return t, fmt.Errorf("%w: the bounce does not name its envelope sender; name the one to write from", ErrInvalid)
	case way == RetryMessage && bounced != "" && RecipientKey(bounced) != RecipientKey(t.From):
		return t, fmt.Errorf("%w: the mail that bounced came from another envelope sender, %s", ErrInvalid, bounced.Safe())
	}
	return t, nil
}

// bouncedSender gives the envelope sender of the mail that bounced; "" where it
// is not known or was the null sender.
func (v *view) bouncedSender() safe.Untrusted {
	s := v.earlier().Report.Sender.Value
	if local, _ := AddressDomain(s); local == "" {
		return ""
	}
	return s
}

// write makes the message of the plan.
func (p *RetryPlan) write(v *view) error {
	m := TestMessage{
		From: p.Target.From, To: p.To, For: v.confirmedBy(), Mark: string(v.mark()), Case: strings.ReplaceAll(v.c.ID, "_", "-"),
		Token: p.Target.Token, Date: p.Made,
	}
	text, err := m.Bytes()
	if err != nil {
		return err
	}
	p.Message, p.Size = &m, len(text)
	return nil
}

// confirmedBy names who confirmed the address, or the route of our own.
func (v *view) confirmedBy() safe.Untrusted {
	for _, id := range []QuestionID{AskExactAddress, AskOwnRoute} {
		if a, ok := v.settled(id); ok {
			return a.Who
		}
	}
	return ""
}

// admitRetry lets an intent through. One that the program carries out has to
// come from a fresh plan of the case as it is; one by hand has to name the
// current permit.
func admitRetry(c *Case, b RetryIntended, now time.Time) error {
	if b.Way != RetryProbe && b.Way != RetryMessage {
		if b != (RetryIntended{Way: RetryByHand, Permit: b.Permit, Plan: b.Plan}) {
			return fmt.Errorf("%w: an attempt by hand has no target", ErrInvalid)
		}
		if err := admitLock(c, now, GuardRetry, OfferRetry); err != nil {
			return err
		}
		if want := newView(c, now).permit(); b.Permit != want {
			return fmt.Errorf("%w: the confirmation that gave this permit is no longer the current one", ErrLocked)
		}
		return nil
	}
	if age := now.Sub(b.Planned); age < 0 || age > PlanLives {
		return fmt.Errorf("%w: the plan is older than %s; look at it again", ErrLocked, duration(PlanLives))
	}
	plan, err := planRetry(c, b.Way, b.target(), b.Planned, now)
	if err != nil {
		return err
	}
	if plan.Intent() != b {
		return fmt.Errorf("%w: the case has changed since the plan was made; look at it again", ErrLocked)
	}
	return nil
}

// retryResults are the results that are recorded.
var retryResults = []RetryResult{
	RetryAccepted, RetryDelivered, RetrySame, RetryDifferent, RetryTemporary, RetryOurs, RetryInconclusive, RetryUnknown,
}

// admitEnd takes an end for an intent: one conversation where the program made
// the attempt, and what a person learned where nothing better is known.
func admitEnd(c *Case, b RetryEnded, now time.Time) error {
	at := slices.IndexFunc(c.Retries, func(r Retry) bool { return r.Seq == b.Intent })
	switch {
	case at < 0:
		return fmt.Errorf("%w: no such retry", ErrInvalid)
	case !slices.Contains(retryResults, b.Result):
		return fmt.Errorf("%w: say what came of the retry", ErrInvalid)
	}
	r := c.Retries[at]
	if b.Attempt != nil {
		return newView(c, now).admitAttempt(r, b)
	}
	if !r.open() {
		return fmt.Errorf("%w: this retry already has a result", ErrInvalid)
	}
	if b.Bounce == 0 {
		return nil
	}
	for _, x := range c.bounces {
		if x.Seq == b.Bounce && x.Seq > r.Seq && x.Report.Failure() {
			return nil
		}
	}
	return fmt.Errorf("%w: no bounce that was captured after the retry has that number", ErrInvalid)
}

// admitAttempt takes the conversation of an attempt that has none yet, with the
// result that it has by the table.
func (v *view) admitAttempt(r Retry, b RetryEnded) error {
	a := b.Attempt
	switch {
	case r.Ended != nil:
		return fmt.Errorf("%w: this retry already has a result", ErrInvalid)
	case a.Way != r.Way || a.Host != r.Host || a.Addr != r.Addr || a.From != r.From || a.To != r.To:
		return fmt.Errorf("%w: that conversation is not the one that was consented to", ErrInvalid)
	case b.Result != a.Meaning(v.triedFor(r).Report).Result:
		return fmt.Errorf("%w: the conversation has another result", ErrInvalid)
	case b.Bounce != 0:
		return fmt.Errorf("%w: a conversation is no bounce", ErrInvalid)
	}
	return nil
}
