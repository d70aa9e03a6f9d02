package investigate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/export"
)

// Platform is one account at a sending platform, see [suppression.Platform].
type Platform interface {
	Account() (key string, label safe.Untrusted)
	LookUp(ctx context.Context, address string, progress func(suppression.Progress)) (diagnose.SuppressionRecorded, error)
	Read(ctx context.Context, e diagnose.ListEntry) (diagnose.ListEntry, error)
	Request(e diagnose.ListEntry) safe.Text
	Remove(ctx context.Context, e diagnose.ListEntry) (suppression.Removal, error)
}

// ErrNoRecipient is given where the case does not know whom it is about.
var ErrNoRecipient = errors.New("the case has no recipient yet")

// MayLookUp says before anybody is asked what stands against a look-up: it
// could not be recorded, the case is closed, there is no bounce or no address
// to look up. The error wraps ErrReadOnly, ErrNoRecipient, [diagnose.ErrLocked]
// or [suppression.ErrAddress].
func (s *Session) MayLookUp() error {
	if err := s.mayWrite(); err != nil {
		return err
	}
	c := s.Case()
	switch offers := s.Flow().Offers; {
	case c.Recipient == "":
		return ErrNoRecipient
	case c.Closing != nil:
		return fmt.Errorf("%w: the case is closed; reopen it first", diagnose.ErrLocked)
	case !slices.ContainsFunc(offers, func(o diagnose.Offer) bool { return o.Kind == diagnose.OfferLookUp }):
		return fmt.Errorf("%w: there is no bounce to act on", diagnose.ErrLocked)
	}
	return CheckRecipient(c)
}

// CheckRecipient says what keeps the recipient of a case from being looked up
// anywhere: there is none, or it is no plain address. The error is ErrNoRecipient
// or wraps [suppression.ErrAddress].
func CheckRecipient(c *diagnose.Case) error {
	if c.Recipient == "" {
		return ErrNoRecipient
	}
	return suppression.CheckAddress(string(c.Recipient))
}

// ReadExport looks the recipient up in a list that a platform's console gave,
// and records what it says. Nobody is asked. The error is as of MayLookUp and
// [export.Read].
func (s *Session) ReadExport(ctx context.Context, r io.Reader) (diagnose.SuppressionRecorded, error) {
	if err := s.MayLookUp(); err != nil {
		return diagnose.SuppressionRecorded{}, err
	}
	found, err := export.Read(r, string(s.Case().Recipient))
	if err != nil {
		return diagnose.SuppressionRecorded{}, err
	}
	return found, s.Propose(ctx, found)
}

// ErrOtherAccount is given where a plan is for another account than the one
// that is to carry it out. Nothing was sent.
var ErrOtherAccount = errors.New("the plan is for another account")

// LookUp asks a platform for the recipient and records what its lists hold.
// The address leaves this machine: a person asked for it. progress may be nil.
// A look-up that is broken off leaves no event.
func (s *Session) LookUp(ctx context.Context, p Platform, progress func(suppression.Progress)) error {
	address := string(s.Case().Recipient)
	if address == "" {
		return ErrNoRecipient
	}
	if err := s.mayWrite(); err != nil {
		return err
	}
	ctx, cancel := s.within(ctx)
	defer cancel()
	asked := s.opts.Clock()
	found, err := p.LookUp(ctx, address, progress)
	if err != nil {
		return err
	}
	found.Asked = asked
	return s.Propose(ctx, found)
}

// PlanRemoval gives the plan for one entry of the last look-up, for a person
// to consent to.
func (s *Session) PlanRemoval(key string, e diagnose.ListEntry) (diagnose.RemovalPlan, error) {
	return diagnose.PlanRemoval(s.Case(), key, e, s.opts.Clock())
}

// Remove carries out a plan that a person consented to: the intent goes to
// disk, the entry is read again, one request is sent if it is still the same,
// the list is read again, and what came of it goes to disk. The request is
// never repeated. Once the intent is written Remove goes on to the end even
// where ctx is done: what was begun must have its outcome on record.
//
// The error says that nothing was sent, or that what came of it could not be
// recorded; then the removal stays unknown in the case.
func (s *Session) Remove(ctx context.Context, p Platform, plan diagnose.RemovalPlan) (diagnose.RemovalEnded, error) {
	if key, label := p.Account(); key != plan.Key || label != plan.Account {
		return diagnose.RemovalEnded{}, fmt.Errorf("%w: %s", ErrOtherAccount, safe.Of(key))
	}
	intent := plan.Intent()
	if err := s.Propose(ctx, intent); err != nil {
		return diagnose.RemovalEnded{}, err
	}
	seq, ok := s.intent(intent)
	if !ok {
		return diagnose.RemovalEnded{}, fmt.Errorf("%w: the intent is not in the case", ErrClosed)
	}
	// From here on only the time of each request bounds what is done.
	ctx = context.WithoutCancel(ctx)
	end := s.act(ctx, p, intent.Entry)
	end.Intent = seq
	if err := s.Record(ctx, end); err != nil {
		return end, fmt.Errorf("what came of the removal is not recorded: %w", err)
	}
	return end, nil
}

// intent gives the number under which an intent was recorded.
func (s *Session) intent(b diagnose.RemovalIntended) (uint64, bool) {
	acts := s.Case().Acts
	for i := len(acts) - 1; i >= 0; i-- {
		if acts[i].Plan == b.Plan && acts[i].Ended == nil {
			return acts[i].Seq, true
		}
	}
	return 0, false
}

// act sends the one request, between two readings.
func (s *Session) act(ctx context.Context, p Platform, e diagnose.ListEntry) diagnose.RemovalEnded {
	before, err := p.Read(ctx, e)
	switch {
	case err != nil:
		return diagnose.RemovalEnded{Result: diagnose.RemovalUnsent, Note: safe.Untrusted(err.Error())}
	case before.Listed == diagnose.CannotTell:
		return diagnose.RemovalEnded{Result: diagnose.RemovalUnsent, Note: before.Note}
	case !before.Same(e):
		return diagnose.RemovalEnded{Result: diagnose.RemovalChanged, Now: &before}
	}
	done, err := p.Remove(ctx, e)
	end := diagnose.RemovalEnded{Result: done.Result, Status: done.Status, Body: done.Body, Note: done.Note}
	if err != nil {
		end.Result, end.Note = diagnose.RemovalUnsent, safe.Untrusted(err.Error())
		return end
	}
	if after, err := p.Read(ctx, e); err == nil {
		end.Now = &after
	}
	return end
}

// mayWrite reports whether anything could be recorded.
func (s *Session) mayWrite() error {
	s.write.Lock()
	defer s.write.Unlock()
	return s.writable()
}

// within gives a context that ends with the session too.
func (s *Session) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}
