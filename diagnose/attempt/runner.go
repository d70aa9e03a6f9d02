package attempt

import (
	"context"
	"fmt"

	"deadletter/diagnose"
)

// Runner makes the attempts of plans: exactly what was consented to, with what
// the plan does not hold, the login of the relay and how it is spoken to.
type Runner struct {
	Options  Options
	Security Security // of the relay
	Login    Login    // at the relay
}

// Check says what keeps the attempt of a plan from being made. It contacts
// nobody. The error wraps one of those of this package.
func (r Runner) Check(plan diagnose.RetryPlan) error {
	switch plan.Way {
	case diagnose.RetryProbe:
		return probeOf(plan).Check(r.Options)
	case diagnose.RetryMessage:
		m, err := r.messageOf(plan)
		if err != nil {
			return err
		}
		return m.Check(r.Options)
	}
	return fmt.Errorf("%w: no attempt %q", ErrTarget, plan.Way)
}

// Run makes the attempt of a plan, once. What speaks against it keeps anything
// from being dialled, and stands in the attempt.
func (r Runner) Run(ctx context.Context, plan diagnose.RetryPlan, line func(diagnose.SMTPLine)) diagnose.Attempt {
	opt := r.Options
	opt.Line = line
	if plan.Way == diagnose.RetryProbe {
		return probeOf(plan).Run(ctx, opt)
	}
	m, _ := r.messageOf(plan) // without bytes Run sends nothing and says so
	return m.Run(ctx, opt)
}

func probeOf(plan diagnose.RetryPlan) Probe {
	t := plan.Target
	return Probe{Host: t.Host, Addr: t.Addr, EHLO: t.EHLO, From: t.From, NullSender: t.NullSender, To: plan.To}
}

func (r Runner) messageOf(plan diagnose.RetryPlan) (Message, error) {
	t := plan.Target
	m := Message{Host: t.Host, Addr: t.Addr, Security: r.Security, Login: r.Login, EHLO: t.EHLO, From: t.From, To: plan.To}
	if plan.Message == nil {
		return m, fmt.Errorf("%w: the plan holds none", ErrMessage)
	}
	text, err := plan.Message.Bytes()
	if err != nil {
		return m, err
	}
	m.Bytes, m.Envelope = text, plan.Message.EnvelopeID()
	return m, nil
}
