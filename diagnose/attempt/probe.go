package attempt

import (
	"context"
	"net/netip"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// SMTPPort is where mail hosts are asked.
const SMTPPort = 25

// Probe is one question to one MX host: does it take this recipient now?
type Probe struct {
	Host string         // the MX host, for TLS and for people
	Addr netip.AddrPort // where it is asked
	EHLO string
	From safe.Untrusted // "" for <>
	To   safe.Untrusted
}

// Check says what keeps the probe from being made. The error wraps ErrAddress,
// ErrName or ErrTarget.
func (p Probe) Check(opt Options) error {
	if _, err := CheckAddress(string(p.To)); err != nil {
		return err
	}
	if p.From != "" {
		if _, err := CheckAddress(string(p.From)); err != nil {
			return err
		}
	}
	if err := CheckEHLO(p.EHLO); err != nil {
		return err
	}
	return opt.permitted(SMTPPort)("tcp", p.Addr.String(), nil)
}

// Run makes the probe: one connection, one MAIL, one RCPT, QUIT; no DATA, no
// VRFY, no AUTH, nothing twice. It ends with its own times at the latest, or
// with ctx. The attempt says what happened, whatever that was; where Check has
// something against it, nothing is dialled.
func (p Probe) Run(ctx context.Context, opt Options) diagnose.Attempt {
	opt = opt.filled()
	a := diagnose.Attempt{
		Way: diagnose.RetryProbe, Host: p.Host, Addr: p.Addr, EHLO: p.EHLO, From: p.From, To: p.To,
		Began: opt.Clock(), Stage: diagnose.StageNone, Reading: diagnose.ReadNotTried,
	}
	if err := p.Check(opt); err != nil {
		a.Err, a.Ended = safe.Untrusted(err.Error()), opt.Clock()
		return a
	}
	c, ok := begin(ctx, opt, &a, SMTPPort, false)
	if ok {
		c.ask(ctx, p)
	}
	c.end()
	a.Ended = opt.Clock()
	return a
}

// ask goes from EHLO to RCPT.
func (c *conversation) ask(ctx context.Context, p Probe) {
	if !c.hello() {
		return
	}
	if _, offered := c.offers["STARTTLS"]; offered && !c.startTLS(ctx) {
		return
	}
	params, ok := c.smtputf8(p.From, p.To)
	if !ok {
		return
	}
	mail := "MAIL FROM:<" + string(p.From) + ">" + params
	r, ok := c.say(diagnose.StageMAIL, mail, mail)
	if !ok {
		return
	}
	if r.Code/100 != 2 {
		c.refused(r)
		return
	}
	rcpt := "RCPT TO:<" + string(p.To) + ">"
	if r, ok = c.say(diagnose.StageRCPT, rcpt, rcpt); ok {
		c.refused(r) // whatever it is, it is the answer
	}
}

// smtputf8 gives the parameter that a non-ASCII address needs (RFC 6531 section
// 3.4); false where the server does not offer it.
func (c *conversation) smtputf8(addresses ...safe.Untrusted) (string, bool) {
	for _, address := range addresses {
		if utf8, err := CheckAddress(string(address)); err != nil || !utf8 {
			continue
		}
		if _, offered := c.offers["SMTPUTF8"]; !offered {
			c.attempt.Stage, c.attempt.Reading = diagnose.StageMAIL, diagnose.ReadNoUTF8
			return "", false
		}
		return " SMTPUTF8", true
	}
	return "", true
}
