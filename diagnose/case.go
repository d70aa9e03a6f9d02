// Package diagnose is the investigation of a bounce.
//
// A case is the list of its events. [Fold] gives the [Case] that they amount
// to, [Next] gives what the flowchart wants of it at a given time: the panels,
// the DNS questions to ask by themselves, what only a person may start, and
// what is locked. Nothing else holds state.
//
// The package is pure: no network, files, clock or terminal. It can be read in
// this order: event.go (what can happen), fold.go (what it amounts to), flow.go
// (the flowchart as a table), guard.go and conditions.go (the locks), rejector.go
// (who said no), cause.go (why), question.go (what to ask whom).
package diagnose

import (
	"slices"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
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
