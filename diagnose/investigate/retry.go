package investigate

import (
	"context"
	"errors"
	"fmt"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// Transport makes the one attempt of a plan, see [attempt.Runner]. Neither
// method decides whether it may be made.
type Transport interface {
	// Check says what keeps the attempt from being made. It contacts nobody.
	Check(plan diagnose.RetryPlan) error
	// Run makes it, once, within its own times. Each line of the conversation is
	// told to line as it is said.
	Run(ctx context.Context, plan diagnose.RetryPlan, line func(diagnose.SMTPLine)) diagnose.Attempt
}

// Ledger counts attempts over all cases and restarts of this user. Its methods
// are safe for concurrent use, other processes included.
type Ledger interface {
	// Room says whether the way has a place left for the recipient; the error
	// wraps diagnose.ErrLocked where it has none.
	Room(way diagnose.RetryWay, recipient safe.Untrusted) error
	// Take takes a place, and returns when that is on disk.
	Take(way diagnose.RetryWay, recipient safe.Untrusted) (place uint64, err error)
	// Unsent gives back the place of a message that is known to have stayed here.
	Unsent(place uint64) error
}

// Errors of an attempt that is not made.
var (
	ErrNoLedger = errors.New("attempts cannot be counted here, so none is made")
	ErrNotKept  = errors.New("the case is not kept on disk, so no attempt is made")
	ErrUnderWay = errors.New("the attempt is still under way: what comes of it is recorded by itself")
)

// PlanRetry gives the plan of one attempt, for a person to consent to. DNS is
// to be asked right before, in a round with the reason before_retry.
func (s *Session) PlanRetry(way diagnose.RetryWay, target diagnose.RetryTarget) (diagnose.RetryPlan, error) {
	plan, err := diagnose.PlanRetry(s.Case(), way, target, s.opts.Clock())
	if err != nil {
		return plan, err
	}
	return plan, s.room(plan)
}

func (s *Session) room(plan diagnose.RetryPlan) error {
	switch {
	case s.opts.Journal == nil:
		return ErrNotKept
	case s.opts.Ledger == nil:
		return ErrNoLedger
	}
	return s.opts.Ledger.Room(plan.Way, plan.To)
}

// Retry carries out a plan that a person consented to: the intent goes to disk,
// a place in the ledger is taken, one attempt is made, and what came of it goes
// to disk. It is never repeated. Once the intent is written Retry goes on to
// the end even where ctx is done or the session is closed, which waits for it:
// what was begun must have its outcome on record. progress is told the
// conversation line by line, must not block, and may be nil.
//
// The error says that no attempt was made, or that what came of it could not be
// recorded; then it stays unknown in the case, and the permit is spent.
func (s *Session) Retry(ctx context.Context, t Transport, plan diagnose.RetryPlan, progress func(diagnose.SMTPLine)) (diagnose.RetryEnded, error) {
	if err := s.room(plan); err != nil {
		return diagnose.RetryEnded{}, err
	}
	if err := t.Check(plan); err != nil {
		return diagnose.RetryEnded{}, err
	}
	seq, err := s.begin(ctx, plan.Intent())
	if err != nil {
		return diagnose.RetryEnded{}, err
	}
	defer s.wg.Done()
	end, err := s.end(seq, s.attempt(context.WithoutCancel(ctx), t, plan, progress))
	if err != nil {
		return end, fmt.Errorf("what came of the attempt is not recorded: %w", err)
	}
	return end, nil
}

// begin records the intent. From then on Close waits for the attempt.
func (s *Session) begin(ctx context.Context, intent diagnose.RetryIntended) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.writable(); err != nil {
		return 0, err
	}
	if err := diagnose.Admit(s.Case(), intent, s.opts.Clock()); err != nil {
		return 0, err
	}
	if err := s.append(s.opts.Actor, intent); err != nil {
		return 0, err
	}
	s.wg.Add(1)
	s.trying = s.Case().LastSeq()
	return s.trying, nil
}

// end records the outcome by the case as it is then, on a session that was
// closed meanwhile too: its journal is closed after the attempt.
func (s *Session) end(seq uint64, a diagnose.Attempt) (diagnose.RetryEnded, error) {
	s.write.Lock()
	defer s.write.Unlock()
	s.trying = 0
	end := s.outcome(a)
	end.Intent = seq
	if err := diagnose.Admit(s.Case(), end, s.opts.Clock()); err != nil {
		return end, err
	}
	return end, s.append(diagnose.Program, end)
}

// attempt takes the place in the ledger and makes the one attempt. Without a
// place nothing is dialled.
func (s *Session) attempt(ctx context.Context, t Transport, plan diagnose.RetryPlan, progress func(diagnose.SMTPLine)) diagnose.Attempt {
	now := s.opts.Clock().Round(0)
	a := diagnose.Attempt{
		Way: plan.Way, Host: plan.Target.Host, Addr: plan.Target.Addr, EHLO: plan.Target.EHLO, From: plan.Target.From, To: plan.To,
		Began: now, Ended: now, Stage: diagnose.StageNone, Reading: diagnose.ReadNotTried,
	}
	place, err := s.opts.Ledger.Take(plan.Way, plan.To)
	if err != nil {
		a.Err = safe.Untrusted(err.Error())
		return a
	}
	if progress == nil {
		progress = func(diagnose.SMTPLine) {}
	}
	a = t.Run(ctx, plan, progress)
	if plan.Way == diagnose.RetryMessage && !a.Sent {
		// A place that cannot be given back stays taken: that errs on the safe side.
		_ = s.opts.Ledger.Unsent(place)
	}
	return a
}

func (s *Session) outcome(a diagnose.Attempt) diagnose.RetryEnded {
	end := diagnose.RetryEnded{Result: diagnose.ResultOf(s.Case(), a), Attempt: &a}
	if a.Reply != nil {
		end.Reply = safe.Untrusted(fmt.Sprintf("%d %s", a.Reply.Code, a.Reply.Text))
	}
	return end
}
