package casefile

import (
	"errors"

	"deadletter/diagnose/safe"
)

// Reason says why a journal is only read.
type Reason string

// The reasons.
const (
	ReasonHeld    Reason = "held"     // another program writes it
	ReasonDamaged Reason = "damaged"  // see Loaded.Damage
	ReasonLater   Reason = "later"    // it holds events of a later version
	ReasonNoWrite Reason = "no_write" // the folder or the file cannot be written
	ReasonAsked   Reason = "asked"    // it was opened for reading
)

// ReadOnly says that, and why, nothing can be added to a journal. It is the
// error of Append then, and wraps ErrReadOnly, or ErrHeld as well.
type ReadOnly struct {
	Reason Reason
	Holder Holder    // for ReasonHeld
	Detail safe.Text // in words, with what to do
	err    error     // the system's error, if one was the cause
}

// Error gives the line to show.
func (r *ReadOnly) Error() string { return string(safe.Textf("%s: %s", ErrReadOnly, r.Detail)) }

// Unwrap gives the sentinels and the system's error.
func (r *ReadOnly) Unwrap() []error {
	errs := []error{ErrReadOnly}
	if r.Reason == ReasonHeld {
		errs = append(errs, ErrHeld)
	}
	if r.err != nil {
		errs = append(errs, r.err)
	}
	return errs
}

// heldBy is the reason for a case that another program writes.
func heldBy(h Holder) *ReadOnly {
	return &ReadOnly{Reason: ReasonHeld, Holder: h, Detail: safe.Textf("%s has it open", h.Text())}
}

// noWrite is the reason for a file or folder that cannot be written.
func noWrite(err error) *ReadOnly {
	var known *Error
	if errors.As(err, &known) && known.Err != nil {
		err = known.Err // its line has a hint of its own
	}
	return &ReadOnly{Reason: ReasonNoWrite, err: err, Detail: safe.Textf("%s; %s", bare(err), safe.Text(hintElsewhere))}
}

// reason gives why a journal that was read must not be written; nil for none.
func (s scanned) reason() *ReadOnly {
	switch {
	case s.damage != nil && s.damage.Kind != DamageTail:
		return &ReadOnly{Reason: ReasonDamaged, Detail: safe.Textf("%s; the journal stays as it is, and can be exported", s.damage.Why)}
	case len(s.unknown) > 0:
		return &ReadOnly{Reason: ReasonLater, Detail: safe.Textf("it holds events of a later version (%s); open it with that version", s.unknown[0])}
	}
	return nil
}
