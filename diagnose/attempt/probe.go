package attempt

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// SMTPPort is where mail hosts are asked.
const SMTPPort = 25

// Probe is one question to one MX host: does it take this recipient now?
type Probe struct {
	Host       string         // the MX host, for TLS and for people
	Addr       netip.AddrPort // where it is asked
	EHLO       string
	From       safe.Untrusted
	NullSender bool // MAIL FROM:<>, by choice: some hosts refuse it, some only because of it
	To         safe.Untrusted
}

// Check says what keeps the probe from being made. The error wraps ErrAddress,
// ErrName or ErrTarget.
func (p Probe) Check(opt Options) error {
	if err := checkHost(p.Host); err != nil {
		return err
	}
	if _, err := CheckAddress(string(p.To)); err != nil {
		return err
	}
	switch {
	case p.NullSender && p.From != "":
		return fmt.Errorf("%w: both a sender and the null sender", ErrAddress)
	case !p.NullSender:
		if _, err := CheckAddress(string(p.From)); err != nil {
			return err
		}
	}
	if err := CheckEHLO(p.EHLO); err != nil {
		return err
	}
	return opt.public(p.Addr, SMTPPort)
}

// checkHost takes a host that a certificate can be held against.
func checkHost(host string) error {
	if _, err := netip.ParseAddr(host); err != nil && !dnsx.IsHostname(dnsx.CanonicalName(host)) {
		return fmt.Errorf("%w: %q is no host name", ErrTarget, host)
	}
	return nil
}

// Run makes the probe: one connection, one MAIL, one RCPT, QUIT; no DATA, no
// VRFY, no AUTH, nothing twice. It ends with its own times at the latest, or
// with ctx. The attempt says what happened, whatever that was; where Check has
// something against it, nothing is dialled.
func (p Probe) Run(ctx context.Context, opt Options) diagnose.Attempt {
	opt = opt.filled(3 * time.Minute)
	a := diagnose.Attempt{Way: diagnose.RetryProbe, Host: dnsx.CanonicalName(p.Host), Addr: p.Addr, EHLO: p.EHLO, From: p.From, To: p.To}
	return run(ctx, opt, a, p.Check(opt), trust{}, func(c *conversation) { c.ask(ctx) })
}

// ask goes from EHLO to RCPT.
func (c *conversation) ask(ctx context.Context) {
	if !c.hello() || c.offered("STARTTLS") && !c.startTLS(ctx) {
		return
	}
	utf8, ok := c.smtputf8()
	if !ok {
		return
	}
	mail := "MAIL FROM:<" + string(c.attempt.From) + ">"
	if utf8 {
		mail += " SMTPUTF8"
	}
	if !c.expect(diagnose.StageMAIL, mail, 2) {
		return
	}
	if r, ok := c.say(diagnose.StageRCPT, "RCPT TO:<"+string(c.attempt.To)+">"); ok {
		c.refused(r) // whatever it is, it is the answer
	}
}
