// Package ui is the screen: one tea.Model over sessions that others run. It
// shows what diagnose says, sends requests, and holds no state of the case.
package ui

import (
	"context"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// Session is one open case, run by somebody else. All methods are safe for
// concurrent use and return at once, except Propose, Refresh and Close, which
// may wait for the disk and are called from commands only.
type Session interface {
	// Case gives the case as it is now; it is never changed afterwards.
	Case() *diagnose.Case
	// Flow gives what the flowchart says of it now.
	Flow() diagnose.Flow
	// Status tells of the work under way.
	Status() Status
	// Changed gives a channel that is closed at the next change of Case, Flow or Status.
	Changed() <-chan struct{}
	// Propose asks for an event. The guard is checked against the case as it
	// is; the event is on disk when Propose returns without an error.
	Propose(ctx context.Context, body diagnose.Body) error
	// Refresh starts a new round of DNS questions.
	Refresh(ctx context.Context) error
	// Stop ends the round that is under way.
	Stop()
	// Look says which step is in view: what shows there is asked first. It
	// returns at once.
	Look(inView diagnose.Step)
}

// Status is what a session has under way.
type Status struct {
	ID       string
	Asked    int // DNS questions of this round, asked so far
	Answered int
	Running  bool      // questions are in flight
	Resolver safe.Text // who is asked: "9.9.9.9", "example zones"
	Offline  bool
	Lab      bool      // loopback targets are permitted: shown in the header
	Saved    time.Time // of the last event on disk; zero where nothing is kept
	Path     string    // of the journal; empty where nothing is kept
	ReadOnly safe.Text // why nothing can be changed: who holds the case; empty when it can
	Problem  safe.Text // what went wrong with saving or asking, and what to do
}

// Line is one case in a list of cases.
type Line struct {
	ID        string
	Recipient safe.Text
	Reply     safe.Text // "550 5.1.1"
	Step      diagnose.Step
	State     diagnose.State
	Outcome   diagnose.Outcome
	Waits     safe.Text // who, and for what
	Since     time.Time
	Problem   safe.Text // the journal cannot be read, and why
}

// Reading is what the paste screen says of its text before a case is opened.
type Reading struct {
	Recognised bool
	Headline   safe.Text // "One SMTP reply: the receiving side does not know this address."
	Fields     []diagnose.FieldLine
	Missing    []diagnose.Finding // Claim what, Hint where it can be found
	Reading    safe.Text          // which part of the flowchart it leads to
	Enough     safe.Text          // whether it is enough to begin
	Recipients int
	Domain     safe.Text // whose DNS will be asked

	File  string    // no bounce: the whole text is the name of this file, which was not looked at; untrusted
	DNS   bool      // no bounce: what a DNS tool printed on another machine, for a case that is open
	Place safe.Text // the machine, where the text names it
}

// Given is what a person gave: a text, or a file by its name.
type Given struct {
	Text []byte
	File string // where there is one, it is read in place of the text
}

// Desk opens cases for the screen. Its methods may wait for the disk and are
// called from commands only, except Read, which is pure and quick.
type Desk interface {
	// Read says what a pasted text is.
	Read(raw []byte) Reading
	// Open makes cases from what was given, one per recipient, in order, and says
	// what of it was not read.
	Open(ctx context.Context, from Given, offline bool) ([]Session, safe.Text, error)
	// Add adds what was given to an open case as further bounces, and says what
	// of it was not read.
	Add(ctx context.Context, s Session, from Given) (safe.Text, error)
	// Demo opens the worked example.
	Demo(ctx context.Context) ([]Session, error)
	// Cases lists the cases on disk, the latest first.
	Cases(ctx context.Context) ([]Line, error)
	// Resume opens a case from disk.
	Resume(ctx context.Context, id string) (Session, error)
	// Resolver says who will be asked, before anything is.
	Resolver() safe.Text
}

// Clipboard takes text away from the screen.
type Clipboard interface {
	// Copy tries the ways there are. The receipt says which one took it and
	// what that means, or how to take the text by hand.
	Copy(ctx context.Context, text string) (Receipt, error)
}

// Receipt says which way a text went, and no more than is known of it.
type Receipt struct {
	Way  string    // tmux, osc52, native, file
	Says safe.Text // "copied to tmux buffer; sent on to your terminal - prefix ] pastes here"
	Path string    // file rung: where the text is
}
