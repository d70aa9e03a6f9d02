package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
)

// handResults are what a person can say of an attempt.
var handResults = []diagnose.RetryResult{
	diagnose.RetryAccepted, diagnose.RetryDelivered, diagnose.RetrySame, diagnose.RetryDifferent, diagnose.RetryTemporary, diagnose.RetryUnknown,
}

// openAttempt gives the attempt of which something can still become known.
func openAttempt(f diagnose.Flow) (uint64, bool) {
	for _, o := range f.Offers {
		if o.Kind == diagnose.OfferResult {
			return o.Seq, true
		}
	}
	return 0, false
}

// recordByHand asks what came of an attempt whose result is not known, and
// records it. Nobody is contacted. done is false where there is no such attempt.
func recordByHand(ctx context.Context, env Environment, g *globals, id string, f retryFlags) (done bool, err error) {
	s, shut, err := openStill(ctx, env, g.local, id)
	if err != nil {
		return true, err
	}
	defer func() { err = closing(err, shut) }()
	seq, open := openAttempt(s.Flow())
	if !open {
		return false, nil
	}
	return true, askResult(ctx, env, &caseSession{Session: s, id: id}, seq, f)
}

// retryByHand spends the permit for an attempt that a person makes.
func retryByHand(ctx context.Context, env Environment, s *caseSession, f retryFlags) error {
	if err := locked(s, diagnose.GuardRetry, "retry"); err != nil {
		return err
	}
	var permit uint64
	for _, o := range s.Flow().Offers {
		if o.Kind == diagnose.OfferRetry {
			permit = o.Seq
		}
	}
	plan := diagnose.ByHand(s.Case().Recipient, permit)
	fmt.Fprintln(env.Stderr, "One attempt by hand")
	for _, l := range plan.Says {
		labelled(env.Stderr, l.Label, l.Value)
	}
	if !canAgree(env) {
		fmt.Fprintln(env.Stderr, "\nNothing was recorded: somebody at a terminal has to agree, and no flag agrees in your place.")
		return nil
	}
	if err := consent(ctx, env, "Type send to spend the permit.", "send"); err != nil {
		return err
	}
	if err := s.Propose(ctx, plan.Intent()); err != nil {
		return fail(exitUndetermined, "", "nothing was recorded: %w", err)
	}
	seq := s.Case().Retries[len(s.Case().Retries)-1].Seq
	fmt.Fprintf(env.Stderr, "The permit is spent. Send the one message now. You can leave, and record later what came of it: deadletter retry --way hand %s\n", safe.Of(s.id))
	return askResult(ctx, env, s, seq, f)
}

// askResult asks a person what came of an attempt, and records it.
func askResult(ctx context.Context, env Environment, s *caseSession, seq uint64, f retryFlags) error {
	var words []string
	for _, r := range handResults {
		words = append(words, string(r))
	}
	said, err := askPerson(ctx, env, safe.Textf("What came of it? Type %s or %s. It cannot be undone.", strings.Join(words[:len(words)-1], ", "), words[len(words)-1]))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(handResults, func(r diagnose.RetryResult) bool { return safe.Untrusted(r) == said })
	if at < 0 {
		return fail(exitUsage, "", "nothing was recorded: %q is none of %s", said, strings.Join(words, ", "))
	}
	reply, err := askPerson(ctx, env, "The reply of the server, or nothing.")
	if err != nil {
		return err
	}
	if err := s.Propose(ctx, diagnose.RetryEnded{Intent: seq, Result: handResults[at], Reply: reply}); err != nil {
		return fail(exitUndetermined, "", "nothing was recorded: %w", err)
	}
	if err := tellRetry(env, s, f); err != nil {
		return err
	}
	return answered(handResults[at])
}

// retryResult adds a notification to a case as what came of its retry. What was
// issued for the attempt tells that it is its answer; else a person says so.
// Nobody is contacted.
func retryResult(ctx context.Context, env Environment, g *globals, id string, f retryFlags) (err error) {
	session, shut, err := openStill(ctx, env, g.local, id)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, shut) }()
	s := &caseSession{Session: session, id: id}
	if len(s.Case().Retries) == 0 {
		return fail(exitUsage, "deadletter retry "+id, "no retry was made in this case")
	}
	own := ours(append(slices.Clone(g.ownMTAs), s.Case().OwnMTAs...))
	own.Issued = issued(s.Case())
	all := readPieces(intake(ctx, []string{f.result}, env.Stdin, &meter{}), bounce.Options{Now: env.Now(), Ours: own})
	for _, line := range all.complain {
		fmt.Fprintln(env.Stderr, line)
	}
	var found []capturedBounce
	for _, b := range all.list {
		if _, domain := diagnose.AddressDomain(b.report.Recipient.Value); domain == "" || diagnose.SameRecipient(b.report.Recipient.Value, s.Case().Recipient) {
			found = append(found, b)
		}
	}
	switch {
	case len(all.list) == 0:
		return fail(exitUnreadable, "give the notification that came back", "there is no bounce in %s", f.result)
	case len(found) == 0:
		return fail(exitUnreadable, "deadletter "+f.result+" opens it as a case of its own", "it is about another recipient")
	case len(found) > 1:
		return fail(exitUsage, "give one notification", "%s tells of %d failures of the recipient", f.result, len(found))
	}
	if err := s.Record(ctx, captured(found[0])); err != nil {
		return resultError(err)
	}
	for _, o := range s.Flow().Offers {
		if o.Kind != diagnose.OfferReturned || o.Seq != lastBounce(s.Case()) {
			continue
		}
		last := s.Case().Retries[len(s.Case().Retries)-1]
		if err := consent(ctx, env, "It names no message that was issued. Type yes if it is what came of the retry.", "yes"); err != nil {
			return fail(exitUndetermined, "", "it is added to the case as a bounce, and not as what came of the retry")
		}
		if err := s.Propose(ctx, diagnose.RetryEnded{Intent: last.Seq, Result: diagnose.RetryUnknown, Bounce: o.Seq}); err != nil {
			return resultError(err)
		}
	}
	return tellRetry(env, s, f)
}

func resultError(err error) error {
	code := exitUndetermined
	if errors.Is(err, investigate.ErrReadOnly) || errors.Is(err, investigate.ErrNotSaved) {
		code = exitUnreadable
	}
	return fail(code, "", "nothing was recorded: %w", err)
}

// issued lists what notifications about the attempts of a case repeat.
func issued(c *diagnose.Case) []string {
	var out []string
	for _, r := range c.Retries {
		for _, mark := range []string{r.Envelope, r.MessageID} {
			if mark != "" {
				out = append(out, mark)
			}
		}
	}
	return out
}

// lastBounce gives the bounce that was captured last.
func lastBounce(c *diagnose.Case) uint64 {
	var seq uint64
	for _, b := range c.Bounces() {
		seq = max(seq, b.Seq)
	}
	return seq
}
