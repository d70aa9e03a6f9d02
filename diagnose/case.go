// Package diagnose is the investigation of a bounce.
//
// A case is the list of its events. [Fold] gives the [Case] that they amount
// to, [Next] gives what the flowchart wants of it at a given time: the panels,
// the DNS questions to ask by themselves, what only a person may start, and
// what is locked. Nothing else holds state.
//
// The package is pure: no network, files, clock or terminal. It can be read in
// this order: event.go (what can happen), flow.go (the flowchart as a table),
// guard.go (the locks), rejector.go (who said no), cause.go (why), question.go
// (what to ask whom).
package diagnose

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/idn"
)

// Case is what the events of an investigation amount to. A Case is never
// changed: Apply gives a new one. Its slices must not be modified.
type Case struct {
	state
	log   []Event // every event, in the order of Seq as applied
	local Local
}

// state is everything that Fold knows. Two logs that differ only by an event
// and its undoing have equal states.
type state struct {
	ID        string
	Recipient safe.Untrusted
	Version   string
	OwnMTAs   []string
	Lab       []string
	Opened    time.Time

	bounces   []Bounce
	Siblings  []SiblingsSeen
	Rounds    []Round
	Views     []DNSView // of other machines, one a place, by when they were pasted
	Answers   []Recorded
	Asked     []PersonAsked
	Copies    []Copied
	Lists     []PlatformLists
	NoList    *SuppressionSkipped
	Chosen    *Chosen   // the sending platform, as a person says
	Removals  []Removal // recorded by hand
	Acts      []Act     // removals by the program
	Cleared   []Cleared
	Overrides []Override
	Retries   []Retry
	Closing   *Closing
	Refused   []RefusedUndo
	Unknowns  []string // types of events that this version does not know
}

// Bounce is one captured bounce of the case.
type Bounce struct {
	Seq      uint64
	Captured time.Time
	Source   string
	Raw      []byte
	SHA256   string
	Report   bounce.Report
}

// Failed gives when the delivery failed: the bounce's own time, else when it
// was captured. Nothing fails after its bounce is at hand: a time that a wrong
// clock or a forger put into the future would keep every answer from counting.
func (b Bounce) Failed() time.Time {
	t := b.Report.FailedAt.At
	if t.IsZero() || !b.Captured.IsZero() && t.After(b.Captured) {
		return b.Captured
	}
	return t
}

// Round is one round of DNS questions with its answers in arrival order.
type Round struct {
	RoundStarted
	At      time.Time
	Stopped bool
	Answers []dnsx.Answer
}

// Recorded is a person's answer with the event that holds it.
type Recorded struct {
	AnswerRecorded
	Seq uint64
	By  Actor
	At  time.Time
}

// PersonAsked is a question that went to a named person.
type PersonAsked struct {
	AskedPerson
	At time.Time
}

// Copied is a draft that went to the clipboard.
type Copied struct {
	Step Step
	Way  string
	At   time.Time
}

// PlatformLists is the latest look-up at one platform.
type PlatformLists struct {
	SuppressionRecorded
	Seq uint64
	By  Actor
	At  time.Time
}

// Removal is an entry that a person says was removed.
type Removal struct {
	RemovalRecorded
	Seq uint64
	By  Actor
	At  time.Time
}

// Chosen is which platform a person says the mail went through.
type Chosen struct {
	PlatformChosen
	By Actor
	At time.Time
}

// Cleared is a cache that was refreshed.
type Cleared struct {
	CacheCleared
	At time.Time
}

// Override is a guard that was lifted, for the bounces the case had by then.
type Override struct {
	Overridden
	Seq uint64
	At  time.Time
}

// Retry is one attempt: the intent, and its end when it is known.
type Retry struct {
	RetryIntended
	Seq    uint64
	At     time.Time
	Ended  *RetryEnded
	EndAt  time.Time
	EndSeq uint64
}

// Closing says how and when a person closed the case.
type Closing struct {
	CaseClosed
	At time.Time
	By Actor
}

// Fold gives the case that the events amount to, in the order given. It never
// fails: what makes no sense is ignored. Applying the events one by one gives the same.
func Fold(events []Event) *Case {
	log := slices.Clone(events)
	return &Case{state: fold(log), log: log}
}

// Apply gives the case with one more event. The receiver stays as it is.
func (c *Case) Apply(e Event) *Case {
	next := &Case{state: c.state, log: append(slices.Clip(c.log), e), local: c.local}
	if _, undo := e.Body.(Undone); undo {
		next.state = fold(next.log)
		return next
	}
	next.fold(e)
	return next
}

// fold gives the state of a log in which events may have been undone.
func fold(log []Event) state {
	dead, refused := undone(log)
	var s state
	for i, e := range log {
		if !dead[i] {
			s.fold(e)
		}
	}
	s.Refused = refused
	return s
}

// whyNot says why an event stays.
func whyNot(b Body) safe.Text {
	switch b.(type) {
	case QuestionsCopied, RetryIntended, RetryEnded, RemovalRecorded, RemovalIntended, RemovalEnded:
		return "has left this program"
	case DNSAnswered, RoundStarted, RoundStopped:
		return "is what DNS said, and can be asked again"
	case SuppressionRecorded:
		return "is what the platform said, and can be asked again"
	case Unknown:
		return "was written by a later version"
	}
	return "is what the case stands on"
}

// fold adds one event that counts. Slices are clipped before they grow, so
// that cases made earlier keep what they had.
func (s *state) fold(e Event) {
	switch b := e.Body.(type) {
	case CaseOpened:
		if s.ID == "" {
			s.ID, s.Recipient, s.Version, s.OwnMTAs, s.Lab, s.Opened = b.ID, b.Recipient, b.Version, b.OwnMTAs, b.Lab, e.At
		}
	case BounceCaptured:
		s.addBounce(Bounce{Seq: e.Seq, Captured: e.At, Source: b.Source, Raw: b.Raw, SHA256: b.SHA256, Report: b.Report})
	case SiblingsSeen:
		s.Siblings = grow(s.Siblings, b)
	case RoundStarted:
		s.Rounds = grow(s.Rounds, Round{RoundStarted: b, At: e.At})
	case RoundStopped:
		s.editRound(b.N, func(r *Round) { r.Stopped = true })
	case DNSAnswered:
		s.addAnswer(b)
	case DNSPasted:
		s.addView(DNSView{b, e.Seq, e.By})
	case AnswerRecorded:
		s.Answers = grow(s.Answers, Recorded{AnswerRecorded: b, Seq: e.Seq, By: e.By, At: e.At})
	case AskedPerson:
		s.Asked = grow(s.Asked, PersonAsked{AskedPerson: b, At: e.At})
	case QuestionsCopied:
		s.Copies = grow(s.Copies, Copied{b.Step, b.Way, e.At})
	case SuppressionRecorded:
		s.addLists(PlatformLists{b, e.Seq, e.By, e.At})
	case SuppressionSkipped:
		s.NoList = &b
	case PlatformChosen:
		s.Chosen = &Chosen{b, e.By, e.At}
	case RemovalRecorded:
		s.Removals = grow(s.Removals, Removal{b, e.Seq, e.By, e.At})
	case RemovalIntended:
		s.Acts = grow(s.Acts, Act{RemovalIntended: b, Seq: e.Seq, At: e.At, By: e.By})
	case RemovalEnded:
		s.endRemoval(b, e)
	case CacheCleared:
		s.Cleared = grow(s.Cleared, Cleared{b, e.At})
	case Overridden:
		s.Overrides = grow(s.Overrides, Override{b, e.Seq, e.At})
	case RetryIntended:
		s.Retries = grow(s.Retries, Retry{RetryIntended: b, Seq: e.Seq, At: e.At})
	case RetryEnded:
		s.endRetry(b, e)
	case CaseClosed:
		s.Closing = &Closing{b, e.At, e.By}
	case CaseReopened:
		s.Closing = nil
	case Unknown:
		if !slices.Contains(s.Unknowns, b.Tag) {
			s.Unknowns = grow(s.Unknowns, b.Tag)
		}
	}
}

// grow appends without ever writing into an array that an earlier case holds.
func grow[T any](list []T, v T) []T { return append(slices.Clip(list), v) }

func (s *state) addBounce(b Bounce) {
	list := grow(s.bounces, b)
	slices.SortStableFunc(list, func(a, b Bounce) int {
		return cmp.Or(a.Failed().Compare(b.Failed()), cmp.Compare(a.Seq, b.Seq))
	})
	first := len(s.bounces) == 0
	s.bounces = list
	if s.Recipient == "" && (first || b.Report.Failure()) {
		s.Recipient = b.Report.Recipient.Value
	}
}

// editRound edits the round of a number, the latest where two have it.
func (s *state) editRound(n int, edit func(*Round)) {
	for i := range slices.Backward(s.Rounds) {
		if s.Rounds[i].N == n {
			s.Rounds = slices.Clone(s.Rounds)
			edit(&s.Rounds[i])
			return
		}
	}
}

// addAnswer files an answer in its round. The first answer to a question
// stands; an answer that is the same as before is filled in from the round
// that has it.
func (s *state) addAnswer(b DNSAnswered) {
	answer := b.Answer
	if b.Same {
		earlier, ok := s.earlierAnswer(b.Round, answer.Question)
		if !ok {
			return
		}
		earlier.At, earlier.Took = answer.At, answer.Took
		answer = earlier
	}
	s.editRound(b.Round, func(r *Round) {
		for _, have := range r.Answers {
			if have.Question == answer.Question {
				return
			}
		}
		r.Answers = grow(r.Answers, answer)
	})
}

func (s *state) earlierAnswer(before int, q dnsx.Question) (dnsx.Answer, bool) {
	for _, r := range slices.Backward(s.Rounds) {
		if r.N >= before {
			continue
		}
		for _, a := range r.Answers {
			if a.Question == q {
				return a, true
			}
		}
	}
	return dnsx.Answer{}, false
}

// knownBefore gives the last definite answer to a question from a round before n.
func (s *state) knownBefore(n int, q dnsx.Question) (dnsx.Answer, bool) {
	for _, r := range slices.Backward(s.Rounds) {
		for _, a := range r.Answers {
			if r.N < n && a.Question == q && a.Outcome.Answered() {
				return a, true
			}
		}
	}
	return dnsx.Answer{}, false
}

// addLists keeps the latest look-up of each account. What the program read
// itself takes the place of what a person or an export said of the platform,
// unless that is a complaint or its like: it may be of another account. The
// other way round both stand.
func (s *state) addLists(p PlatformLists) {
	list := slices.DeleteFunc(slices.Clone(s.Lists), func(old PlatformLists) bool {
		same := old.Via == p.Via && old.Account == p.Account
		return samePlatform(old.SuppressionRecorded, p.SuppressionRecorded) && (same || p.Via == ViaAPI && old.Via != ViaAPI && !old.stays())
	})
	s.Lists = append(list, p)
}

// samePlatform reports whether two look-ups were at one platform.
func samePlatform(a, b SuppressionRecorded) bool {
	return a.Key != "" && a.Key == b.Key || strings.EqualFold(a.Platform, b.Platform)
}

// stays reports whether a look-up found an entry that is never removed.
func (b SuppressionRecorded) stays() bool {
	return slices.ContainsFunc(b.Entries, func(e ListEntry) bool { return e.Listed == IsListed && stays(e.List) })
}

func (s *state) endRemoval(b RemovalEnded, e Event) {
	for i := range s.Acts {
		if s.Acts[i].Seq == b.Intent && s.Acts[i].Ended == nil {
			s.Acts = slices.Clone(s.Acts)
			s.Acts[i].Ended, s.Acts[i].EndAt = &b, e.At
			return
		}
	}
}

func (s *state) endRetry(b RetryEnded, e Event) {
	for i := range s.Retries {
		if s.Retries[i].Seq == b.Intent {
			if a := s.Retries[i].Ended; a != nil && b.Attempt == nil {
				b.Attempt = a.Attempt // the conversation stays beside what a person learned later
			}
			s.Retries = slices.Clone(s.Retries)
			s.Retries[i].Ended, s.Retries[i].EndAt, s.Retries[i].EndSeq = &b, e.At, e.Seq
			return
		}
	}
}

// Events gives every event of the case, undone ones included.
func (c *Case) Events() []Event { return c.log }

// LastSeq gives the number of the last event; 0 for none.
func (c *Case) LastSeq() uint64 {
	if len(c.log) == 0 {
		return 0
	}
	return c.log[len(c.log)-1].Seq
}

// Bounces gives the bounces by the time of failure, the latest last.
func (c *Case) Bounces() []Bounce { return c.bounces }

// Latest gives the bounce that the case is about: the latest failure; where
// there is none, the latest message of any kind. False when nothing was captured.
//
// A reply pasted without its time stands where it was captured, and so after
// the bounce mail that is added to it later. Where that mail has the same
// recipient and codes it is taken for the same failure, better told, unless somebody
// answered between the two: then the reply may be a newer failure, and an
// answer older than it must not count.
func (c *Case) Latest() (Bounce, bool) {
	if len(c.bounces) == 0 {
		return Bounce{}, false
	}
	last := c.bounces[len(c.bounces)-1]
	for _, b := range slices.Backward(c.bounces) {
		if b.Report.Failure() {
			last = b
			break
		}
	}
	if !last.Report.FailedAt.At.IsZero() {
		return last, true
	}
	for _, b := range slices.Backward(c.bounces) {
		r := b.Report
		same := r.Failure() && r.ReplyCode.Value == last.Report.ReplyCode.Value && r.EnhancedCode.Value == last.Report.EnhancedCode.Value &&
			RecipientKey(r.Recipient.Value) == RecipientKey(last.Report.Recipient.Value)
		between := func(a Recorded) bool { return a.When.After(b.Failed()) && a.When.Before(last.Captured) }
		if same && b.Seq > last.Seq && !r.FailedAt.At.IsZero() && !slices.ContainsFunc(c.Answers, between) {
			return b, true
		}
	}
	return last, true
}

// Round gives the round that is current: the last one opened.
func (c *Case) Round() (Round, bool) {
	if len(c.Rounds) == 0 {
		return Round{}, false
	}
	return c.Rounds[len(c.Rounds)-1], true
}

// RecipientKey tells recipients apart: the local part byte for byte (RFC 5321
// section 2.4), the domain without regard to case.
func RecipientKey(address safe.Untrusted) string {
	local, domain := AddressDomain(address)
	if domain == "" {
		return string(address)
	}
	return string(local) + "@" + domain
}

// SameRecipient reports whether two addresses are one for whoever keeps cases:
// letter case does not count. A server may tell them apart (RFC 5321 section
// 2.4), so that it is no more than a reason to put them side by side.
func SameRecipient(a, b safe.Untrusted) bool {
	local, domain := AddressDomain(a)
	otherLocal, otherDomain := AddressDomain(b)
	return domain == otherDomain && strings.EqualFold(string(local), string(otherLocal))
}

// AddressDomain gives the domain of an address as DNS is asked for it, and the
// part before the last @ byte for byte. A domain that has no such form stays as
// it was written. Without an @ both are empty.
func AddressDomain(address safe.Untrusted) (local safe.Untrusted, domain string) {
	s := string(address)
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return "", ""
	}
	if domain, err := idn.ASCII(s[at+1:]); err == nil {
		return safe.Untrusted(s[:at]), domain
	}
	return safe.Untrusted(s[:at]), dnsx.CanonicalName(s[at+1:])
}
