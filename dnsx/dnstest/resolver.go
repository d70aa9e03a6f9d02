package dnstest

import (
	"context"
	"time"

	"github.com/miekg/dns"

	"deadletter/dnsx"
	"deadletter/dnsx/wire/packet"
)

// ResolverOptions says how a [Resolver] presents itself.
type ResolverOptions struct {
	Name  string           // shown as "zone:NAME"; empty for the name of the zones
	Clock func() time.Time // gives At and Took; nil for time.Now
	// Delay is how long an answer takes, so that a worked example fills
	// step by step. nil or 0 for at once.
	Delay func(dnsx.Question) time.Duration
}

// Resolver answers from zone text in process and opens no socket. It is safe
// for concurrent use.
type Resolver struct {
	zones *Zones
	opt   ResolverOptions
}

var _ dnsx.Resolver = (*Resolver)(nil)

// NewResolver gives a resolver for the zones.
func NewResolver(zones *Zones, opt ResolverOptions) *Resolver {
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	if opt.Name == "" {
		opt.Name = zones.Name()
	}
	return &Resolver{zones: zones, opt: opt}
}

// Name gives "zone:NAME".
func (r *Resolver) Name() string { return "zone:" + r.opt.Name }

// Resolve answers as the package comment says. A done context gives Timeout
// with its error, before the delay has passed too.
func (r *Resolver) Resolve(ctx context.Context, q dnsx.Question) dnsx.Answer {
	start := r.opt.Clock()
	a := r.answer(ctx, q)
	a.Question, a.From, a.Transport, a.Tries = q, r.Name(), "zone", 1
	a.At = r.opt.Clock()
	a.Took = max(a.At.Sub(start), 0)
	return a
}

func (r *Resolver) answer(ctx context.Context, q dnsx.Question) dnsx.Answer {
	if err := r.wait(ctx, q); err != nil {
		return dnsx.Answer{Outcome: dnsx.Timeout, Err: err.Error()}
	}
	t, ok := packet.TypeCode(q.Type)
	if !ok {
		return dnsx.Answer{Outcome: dnsx.Malformed, Err: "not asked: no such record type"}
	}
	name, err := packet.WireName(q.Name)
	if err != nil {
		return dnsx.Answer{Outcome: dnsx.Malformed, Err: "not asked: " + err.Error()}
	}
	asked := packet.Asked{Name: name, Type: t, Direct: q.Server.IsValid()}
	said := r.zones.reply(q.Server, name, t, false)
	m := said.msg(name, t)
	a := packet.FromMsg(m).Judge(asked)
	a.Authenticated = said.ad && a.Outcome.Answered()
	if said.extended != nil {
		a.Extended = said.extended
	}
	switch said.rule {
	case "":
	case dnsx.Truncated:
		a.Outcome, a.Err = dnsx.Truncated, "cut, as the zone text says"
		a.Authority, a.NegativeTTL = nil, 0
	case dnsx.Timeout, dnsx.Malformed, dnsx.Offline:
		a = dnsx.Answer{Outcome: said.rule, Err: "as the zone text says"}
	case dnsx.Bogus:
		a.Outcome, a.Records, a.Chain = dnsx.Bogus, nil, nil
		if q.Server.IsValid() { // authoritative servers do not validate
			a.Outcome = dnsx.ServFail
		}
	default:
		a.Outcome, a.Records, a.Chain = said.rule, nil, nil
	}
	if a.Outcome == dnsx.OtherRcode && m.Rcode != dns.RcodeSuccess && a.Err == "" {
		a.Err = "response code " + a.Rcode
	}
	return a
}

func (r *Resolver) wait(ctx context.Context, q dnsx.Question) error {
	var d time.Duration
	if r.opt.Delay != nil {
		d = r.opt.Delay(q)
	}
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
