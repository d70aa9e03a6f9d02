package diagnose

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
)

// Errors that Admit gives. Their text is a sentence for the status line.
var (
	ErrReadOnly = errors.New("this case cannot be changed: a later version of the program wrote part of it")
	ErrLocked   = errors.New("locked")
	ErrInvalid  = errors.New("not accepted")
)

// Admit checks a proposed event against the case as it is. Whoever writes the
// journal calls it again right before writing, so that of two requests made at
// once the second sees what the first did.
func Admit(c *Case, body Body, now time.Time) error {
	if len(c.Unknowns) > 0 {
		return ErrReadOnly
	}
	switch b := body.(type) {
	case RemovalRecorded:
		if err := admitLock(c, now, GuardRemoval, OfferRemoval); err != nil {
			return err
		}
		if !newView(c, now).listed(b) {
			return fmt.Errorf("%w: no entry of that platform and list is known", ErrInvalid)
		}
	case RemovalIntended:
		return admitRemoval(c, b, now)
	case RemovalEnded:
		return admitRemovalEnd(c, b)
	case RetryIntended:
		return admitRetry(c, b, now)
	case RetryEnded:
		return admitEnd(c, b, now)
	case DNSPasted:
		return admitView(b, now)
	case AnswerRecorded:
		return admitAnswer(b, now)
	case PlatformChosen:
		if _, ok := operator.PlatformByKey(b.Key); !ok {
			return fmt.Errorf("%w: no platform with that name is known", ErrInvalid)
		}
		return needReason(b.Reason)
	case SuppressionRecorded:
		if b.Platform == "" || len(b.Entries) == 0 {
			return fmt.Errorf("%w: name the platform and at least one list", ErrInvalid)
		}
	case SuppressionSkipped:
		return needReason(b.Reason)
	case Overridden:
		if b.Guard != GuardProof {
			return fmt.Errorf("%w: this lock cannot be lifted by a reason", ErrInvalid)
		}
		return needReason(b.Reason)
	case BounceCaptured:
		return admitBounce(c, b)
	case CaseClosed:
		if b.Outcome == "" || b.Outcome == Open {
			return fmt.Errorf("%w: a closed case needs an outcome", ErrInvalid)
		}
		return needReason(b.Reason)
	case Undone:
		return admitUndo(c, b)
	case Unknown:
		return fmt.Errorf("%w: event of an unknown type", ErrInvalid)
	case nil:
		return fmt.Errorf("%w: empty event", ErrInvalid)
	}
	return nil
}

// admitLock lets a locked action through only while it is offered.
func admitLock(c *Case, now time.Time, guard Guard, offer OfferKind) error {
	f := Next(c, now)
	if why, locked := lockOf(f, guard); locked {
		return fmt.Errorf("%w: %s", ErrLocked, why)
	}
	if !slices.ContainsFunc(f.Offers, func(o Offer) bool { return o.Kind == offer }) {
		return fmt.Errorf("%w: there is no bounce to act on", ErrLocked)
	}
	return nil
}

// lockOf reports whether a guard is locked, and what unlocks it.
func lockOf(f Flow, guard Guard) (unlocks safe.Text, locked bool) {
	for _, b := range f.Blocks {
		if b.Guard == guard {
			return b.Unlocks, true
		}
	}
	return "", false
}

func admitAnswer(b AnswerRecorded, now time.Time) error {
	switch {
	case b.Who == "":
		return fmt.Errorf("%w: say who answered", ErrInvalid)
	case b.Role == "":
		return fmt.Errorf("%w: say what makes them know", ErrInvalid)
	case b.Question == "":
		return fmt.Errorf("%w: say which question was answered", ErrInvalid)
	case b.Value == "":
		return fmt.Errorf("%w: say what was answered", ErrInvalid)
	case b.When.IsZero():
		return fmt.Errorf("%w: say when it was answered", ErrInvalid)
	case b.When.After(now.Add(time.Minute)):
		return fmt.Errorf("%w: the answer lies in the future", ErrInvalid)
	}
	return nil
}

// admitBounce keeps a case to one recipient: what was confirmed for one must
// not open a lock for another.
func admitBounce(c *Case, b BounceCaptured) error {
	_, domain := AddressDomain(b.Report.Recipient.Value)
	_, ownDomain := AddressDomain(c.Recipient)
	if domain == "" || ownDomain == "" || SameRecipient(b.Report.Recipient.Value, c.Recipient) {
		return nil
	}
	return fmt.Errorf("%w: that bounce is about another recipient; open it as a case of its own", ErrInvalid)
}

func needReason(reason safe.Untrusted) error {
	if reason == "" {
		return fmt.Errorf("%w: a reason is needed", ErrInvalid)
	}
	return nil
}
