package ui

import (
	"context"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// Retrier makes the one attempt of a case for the screen: it knows the relays
// of this installation and where their keys are. Refuses returns at once; Ways
// waits for DNS and is called from commands only.
type Retrier interface {
	// Refuses says why no attempt is made for a case; empty where one may be.
	Refuses(s Session) safe.Text
	// Ways asks DNS anew, to its end, and gives the ways that an attempt can
	// take then, and those that lack something. Nobody else is contacted.
	// progress is called one at a time.
	Ways(ctx context.Context, s Session, progress func(answered, asked int)) ([]RetryWay, error)
}

// RetryWay is one way that the retry of a case can take, as it can be shown. It
// holds no key.
type RetryWay struct {
	Way   diagnose.RetryWay
	Name  safe.Text
	Host  safe.Text          // of a probe: host and address
	Plan  diagnose.RetryPlan // where nothing is lacking
	Login safe.Text          // how we log in at the relay; empty where nobody asks for it
	Aside safe.Text          // what makes it prove less
	Lacks []Lack             // what keeps it from being taken
	// Try carries the plan out, once. When the intent is written it goes on to its
	// end whatever ctx says; line is told the conversation as it goes. An error
	// without a result says that nothing was sent.
	Try func(ctx context.Context, line func(diagnose.SMTPLine)) (diagnose.RetryEnded, error)
}

// Lack is something that a way needs and that is not there.
type Lack struct{ What, Hint safe.Text }
