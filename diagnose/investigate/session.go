// Package investigate runs a case: it asks what the flowchart wants, turns
// answers into events, and is the only writer of them.
//
// Whoever shows the case, screen or command, reads snapshots and sends
// proposals. Every proposal is checked against the case as it is at that
// moment, so that of two made at once the second sees what the first did. What
// a person decided is on disk before anybody sees it.
package investigate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"deadletter/diagnose"
	"deadletter/dnsx"
)

// Journal keeps events on disk. Append returns when every event that a person
// decided is safe there; DNS answers may be written later, at the latest by Close.
type Journal interface {
	Append(events ...diagnose.Event) error
	Close() error
	Path() string
}

// Options says with what a session works.
type Options struct {
	Resolver dnsx.Resolver    // who is asked; nil: nobody, the case stands on what it holds
	Clock    func() time.Time // required
	Journal  Journal          // nil: nothing is kept
	Ledger   Ledger           // counts attempts; nil: none is made
	Actor    diagnose.Actor   // who sits at the keys
	Offline  bool             // Resolver answers everything as offline; said in the round
	Zones    bool             // Resolver answers from zone text and contacts nobody
	ReadOnly string           // why nothing may be changed; empty when it may
	Local    diagnose.Local   // what this installation adds to the catalogues
	Parallel int              // questions in flight at most; 0 for the survey's own number
}

// Status is the work under way.
type Status struct {
	Asked    int // questions of this round, asked so far
	Answered int
	Running  bool
	Saved    time.Time // when the journal was last known to hold everything decided
	Problem  error     // the last failure to save; nil when all is well
}

// snapshot is what readers see. It is never changed once published. The flow
// is worked out when somebody looks: while answers pour in, nobody sees most of
// the snapshots.
type snapshot struct {
	c       *diagnose.Case
	flow    func() diagnose.Flow
	status  Status
	changed chan struct{} // closed when a newer snapshot is there
}

func (s *Session) flowOf(c *diagnose.Case) func() diagnose.Flow {
	now := s.opts.Clock()
	return sync.OnceValue(func() diagnose.Flow { return diagnose.Next(c, now) })
}

// wants gives the questions that are to be asked now.
func (s *Session) wants() []dnsx.Question {
	inView, _ := s.inView.Load().(diagnose.Step)
	return diagnose.WantsFirst(s.Case(), s.opts.Clock(), inView)
}

// Look says which step is in view; "" for none, "side" for the side branch.
// What waits to be asked and shows there overtakes the rest from the next
// answer on. It is no event and changes no answer. It never blocks.
func (s *Session) Look(inView diagnose.Step) { s.inView.Store(inView) }

// Session is one case being worked on. Its methods are safe for concurrent use.
type Session struct {
	opts   Options
	ctx    context.Context
	cancel context.CancelFunc

	now     atomic.Pointer[snapshot]
	inView  atomic.Value     // diagnose.Step
	write   sync.Mutex       // held by whoever appends
	unsaved []diagnose.Event // DNS answers that the journal did not take; under write
	trying  uint64           // Seq of the retry that is under way, 0 for none; under write
	running bool             // a runner goroutine is at work; under write
	stop    context.CancelFunc
	wg      sync.WaitGroup
	closed  bool
}

// Errors of a session.
var (
	ErrClosed   = errors.New("the case is closed on this screen")
	ErrReadOnly = errors.New("the case is open read-only")
	ErrNobody   = errors.New("nobody is there to be asked")
	ErrNotSaved = errors.New("not recorded: the case file cannot be written")
)

// Open makes a session from the events of a case. It asks nothing before
// Start. The session ends with ctx or Close, and no goroutine outlives it.
func Open(ctx context.Context, events []diagnose.Event, opts Options) *Session {
	s := &Session{opts: opts}
	s.ctx, s.cancel = context.WithCancel(ctx)
	c := diagnose.Fold(events).With(opts.Local)
	snap := &snapshot{c: c, flow: s.flowOf(c), changed: make(chan struct{})}
	if opts.Journal != nil && len(events) > 0 {
		snap.status.Saved = events[len(events)-1].At
	}
	s.now.Store(snap)
	return s
}

// Case gives the case as it is now.
func (s *Session) Case() *diagnose.Case { return s.now.Load().c }

// Flow gives what the flowchart says now. Where time alone has changed the
// answer, it is worked out again.
func (s *Session) Flow() diagnose.Flow {
	snap := s.now.Load()
	now := s.opts.Clock()
	flow := snap.flow()
	if flow.Wake.IsZero() || now.Before(flow.Wake) {
		return flow
	}
	return diagnose.Next(snap.c, now)
}

// Status tells of the work under way.
func (s *Session) Status() Status { return s.now.Load().status }

// Changed gives a channel that is closed at the next change.
func (s *Session) Changed() <-chan struct{} { return s.now.Load().changed }

// Path gives where the case is kept; empty where it is not.
func (s *Session) Path() string {
	if s.opts.Journal == nil {
		return ""
	}
	return s.opts.Journal.Path()
}

// publish makes a new snapshot from the last one. The caller holds write.
func (s *Session) publish(edit func(*snapshot)) {
	old := s.now.Load()
	next := &snapshot{c: old.c, flow: old.flow, status: old.status, changed: make(chan struct{})}
	edit(next)
	if next.c != old.c {
		next.flow = s.flowOf(next.c)
	}
	s.now.Store(next)
	close(old.changed)
}

// append stamps, journals, applies and publishes bodies. The caller holds write.
func (s *Session) append(by diagnose.Actor, bodies ...diagnose.Body) error {
	at := s.opts.Clock().Round(0)
	seq := s.Case().LastSeq()
	events := make([]diagnose.Event, len(bodies))
	decided := false
	for i, b := range bodies {
		events[i] = diagnose.Event{Seq: seq + 1 + uint64(i), At: at, By: by, Body: b}
		decided = decided || diagnose.Decided(b)
	}
	problem := s.save(events)
	if problem != nil && decided {
		s.publish(func(n *snapshot) { n.status.Problem = problem })
		return fmt.Errorf("%w: %w", ErrNotSaved, problem)
	}
	if problem != nil {
		s.unsaved = append(s.unsaved, events...)
	}
	s.publish(func(n *snapshot) {
		for _, e := range events {
			n.c = n.c.Apply(e)
		}
		n.status.Problem = problem
		if problem == nil && s.opts.Journal != nil {
			n.status.Saved = at
		}
	})
	return nil
}

// save writes events to the journal, and before them those that could not be
// written earlier: a full disk may have room again. The caller holds write.
func (s *Session) save(events []diagnose.Event) error {
	if s.opts.Journal == nil {
		return nil
	}
	if err := s.opts.Journal.Append(append(slices.Clip(s.unsaved), events...)...); err != nil {
		return err
	}
	s.unsaved = nil
	return nil
}

// Propose asks for an event in the name of the person at the keys. The guards
// are checked against the case as it is; the event is on disk when Propose
// returns nil. It may lead to further DNS questions, which are asked by themselves.
func (s *Session) Propose(ctx context.Context, body diagnose.Body) error {
	return s.propose(ctx, s.opts.Actor, body)
}

// Record is Propose in the name of the program, for what it brings to the case
// by itself: its opening, what was captured on the command line. All of the
// events are recorded, or none.
func (s *Session) Record(ctx context.Context, bodies ...diagnose.Body) error {
	return s.propose(ctx, diagnose.Program, bodies...)
}

func (s *Session) propose(ctx context.Context, by diagnose.Actor, bodies ...diagnose.Body) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.writable(); err != nil {
		return err
	}
	for _, body := range bodies {
		// A word about an attempt that still runs would take the place of its conversation.
		if end, ok := body.(diagnose.RetryEnded); ok && s.trying != 0 && end.Intent == s.trying {
			return ErrUnderWay
		}
		if err := diagnose.Admit(s.Case(), body, s.opts.Clock()); err != nil {
			return err
		}
	}
	if err := s.append(by, bodies...); err != nil {
		return err
	}
	s.work()
	return nil
}

func (s *Session) writable() error {
	switch {
	case s.closed || s.ctx.Err() != nil:
		return ErrClosed
	case len(s.Case().Unknowns) > 0:
		return diagnose.ErrReadOnly
	case s.opts.ReadOnly != "":
		return fmt.Errorf("%w: %s", ErrReadOnly, s.opts.ReadOnly)
	}
	return nil
}

// Start opens a round of DNS questions and asks them. A round that is under
// way is stopped first.
func (s *Session) Start(reason diagnose.RoundReason) error {
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.writable(); err != nil {
		return err
	}
	if s.opts.Resolver == nil {
		return ErrNobody
	}
	n := 1
	if last, ok := s.Case().Round(); ok {
		n = last.N + 1
	}
	s.halt()
	err := s.append(diagnose.Program, diagnose.RoundStarted{
		N: n, Reason: reason, Resolvers: []string{s.opts.Resolver.Name()}, Offline: s.opts.Offline, NoNetwork: s.opts.Zones,
	})
	if err != nil {
		return err
	}
	s.publish(func(snap *snapshot) { snap.status.Asked, snap.status.Answered = 0, 0 })
	s.work()
	return nil
}

// Refresh asks everything again in a new round.
func (s *Session) Refresh(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Start(diagnose.RoundRefresh)
}

// Stop ends the round under way. What is in flight is cancelled and leaves no
// event.
func (s *Session) Stop() {
	s.write.Lock()
	defer s.write.Unlock()
	if !s.running || s.writable() != nil {
		return
	}
	s.halt()
	if round, ok := s.Case().Round(); ok {
		// A stop that cannot be saved is still a stop; the status names the problem.
		_ = s.append(diagnose.Program, diagnose.RoundStopped{N: round.N})
	}
}

// halt cancels the runner. Its answers that are on their way are dropped,
// because they belong to a context that is done. The caller holds write.
func (s *Session) halt() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	s.running = false
}

// Idle waits until nothing is in flight and nothing is wanted.
func (s *Session) Idle(ctx context.Context) error {
	for {
		snap := s.now.Load()
		if !snap.status.Running {
			return nil
		}
		select {
		case <-snap.changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close ends the session: what is in flight is cancelled but for an attempt,
// which it waits for; the journal is written out and closed. A second Close does
// nothing.
func (s *Session) Close() error {
	s.write.Lock()
	if s.closed {
		s.write.Unlock()
		return nil
	}
	s.closed = true
	s.halt()
	s.cancel()
	s.write.Unlock()
	s.wg.Wait()
	if s.opts.Journal == nil {
		return nil
	}
	var unsaved error
	if len(s.unsaved) > 0 {
		unsaved = s.save(nil) // the runner has ended: nobody else holds write
	}
	if err := errors.Join(unsaved, s.opts.Journal.Close()); err != nil {
		return fmt.Errorf("close case file: %w", err)
	}
	return nil
}
