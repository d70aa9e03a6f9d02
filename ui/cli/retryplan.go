package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/attempt"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/ui/config"
	"deadletter/ui/relay"
)

// planner finds out whom an attempt goes to and what we say of ourselves.
type planner struct {
	env      Environment
	g        *globals
	resolver dnsx.Resolver
	s        *caseSession
	runner   attempt.Runner
	relay    relay.Relay // of a message
	hostname func() (string, error)
}

// target chooses what a person may leave open.
func (p *planner) target(ctx context.Context, way diagnose.RetryWay, host string) (diagnose.RetryTarget, error) {
	if way == diagnose.RetryProbe {
		return p.probeTarget(ctx, host)
	}
	return p.messageTarget(ctx)
}

func (p *planner) probeTarget(ctx context.Context, host string) (diagnose.RetryTarget, error) {
	hosts := diagnose.RetryHosts(p.s.Case(), p.env.Now())
	if len(hosts) == 0 {
		return diagnose.RetryTarget{}, fail(exitUndetermined, "step 4 shows the MX and their addresses", "there is no MX host at a public address that could be asked")
	}
	t := hosts[0]
	if host != "" {
		at := slices.IndexFunc(hosts, func(t diagnose.RetryTarget) bool { return t.Host == dnsx.CanonicalName(host) })
		if at < 0 {
			return t, fail(exitUsage, "one of "+hostList(hosts), "%s is no MX host of the domain at a public address", host)
		}
		t = hosts[at]
	}
	switch from := p.g.config.ProbeFrom; {
	case from == config.NullSender:
		t.NullSender = true
	case from != "":
		t.From = safe.Untrusted(from)
	default:
		domain := senderDomain(p.s.Case())
		if domain == "" {
			return t, fail(exitUsage, `set probe_from = "postmaster@sender.example" in the config file`, "the bounce does not tell the sender's domain, so the probe has no sender")
		}
		t.From = safe.Untrusted("postmaster@" + domain) // every domain that takes mail has it (RFC 5321 section 4.5.1)
	}
	var err error
	t.EHLO, err = p.ehlo(ctx, "")
	return t, err
}

// senderDomain gives the domain of the envelope sender of the mail that bounced.
func senderDomain(c *diagnose.Case) string {
	b, ok := c.Latest()
	if !ok {
		return ""
	}
	_, domain := diagnose.AddressDomain(b.Report.Sender.Value)
	return domain
}

func (p *planner) messageTarget(ctx context.Context) (diagnose.RetryTarget, error) {
	key, name, _ := diagnose.PathPlatform(p.s.Case(), p.env.Now())
	r, err := relay.Of(p.g.config, p.g.accounts, key, p.env.Getenv)
	switch {
	case errors.Is(err, relay.ErrNone):
		return diagnose.RetryTarget{}, fail(exitUsage, "deadletter config --example shows it; --way hand records what you send yourself", "%w", err)
	case err != nil:
		return diagnose.RetryTarget{}, fail(exitUsage, "", "%w", err)
	case !r.Ready():
		return diagnose.RetryTarget{}, fail(exitUsage, "deadletter doctor lists the relay", "%w: %s", relay.ErrLacks, r.Missing[0])
	}
	if key != "" && r.Platform != key {
		fmt.Fprintf(p.env.Stderr, "The mail that bounced went through %s; %s is another way, and proves less.\n", name, r.Name)
	}
	t := diagnose.RetryTarget{Host: r.Host, Via: safe.Untrusted(r.Name), Token: strings.ToLower(rand.Text())}
	if senderDomain(p.s.Case()) == "" {
		t.From = r.From
	}
	if t.EHLO, err = p.ehlo(ctx, r.EHLO); err != nil {
		return t, err
	}
	addr, err := p.addressOf(ctx, r)
	if err != nil {
		return t, err
	}
	t.Addr = netip.AddrPortFrom(addr, r.Port)
	p.relay, p.runner.Security = r, r.Security
	return t, nil
}

// addressOf gives where a relay is: as the config file says, as its name says,
// or as the resolver does. A name of this machine is asked of nobody (RFC 6761
// section 6.3).
func (p *planner) addressOf(ctx context.Context, r relay.Relay) (netip.Addr, error) {
	if r.Address.IsValid() {
		return r.Address, nil
	}
	if addr, err := netip.ParseAddr(r.Host); err == nil {
		return addr, nil
	}
	if config.Here(r.Host) {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	list, outcome := p.addresses(ctx, r.Host)
	if len(list) == 0 {
		return netip.Addr{}, fail(exitNoNetwork, "name where it is with address = \"...\" in [relay], where the resolver does not know it",
			"the address of the relay %s is not known: %s", r.Host, outcome)
	}
	return list[0], nil
}

// addresses asks for the addresses of a host; outcome says why there are none.
func (p *planner) addresses(ctx context.Context, host string) (list []netip.Addr, outcome dnsx.Outcome) {
	for _, kind := range []dnsx.Type{dnsx.TypeA, dnsx.TypeAAAA} {
		a := p.resolver.Resolve(ctx, dnsx.Question{Name: dnsx.CanonicalName(host), Type: kind})
		if outcome == "" || !a.Outcome.Absent() {
			outcome = a.Outcome
		}
		for _, r := range a.Records {
			if r.Type == kind && r.Addr.IsValid() {
				list = append(list, r.Addr)
			}
		}
	}
	return list, outcome
}

// ehlo gives the name that we give: the wished one, that of the config file, or
// that of this machine where it resolves forward and back (RFC 5321 section
// 4.1.4 asks for one that can be looked up).
func (p *planner) ehlo(ctx context.Context, wish string) (string, error) {
	for _, name := range []string{wish, p.g.config.EHLO} {
		if name != "" {
			return name, nil // looked at when the file was read
		}
	}
	const hint = `set ehlo = "..." in the config file: the name that the sending address has in DNS`
	name, err := p.hostname()
	if err != nil {
		return "", fail(exitUsage, hint, "this machine has no name to give in EHLO: %w", err)
	}
	name = dnsx.CanonicalName(name)
	if err := attempt.CheckEHLO(name); err != nil {
		return "", fail(exitUsage, hint, "the name of this machine does not do: %w", err)
	}
	list, outcome := p.addresses(ctx, name)
	for _, addr := range list {
		back := p.resolver.Resolve(ctx, dnsx.Question{Name: dnsx.ReverseName(addr), Type: dnsx.TypePTR})
		if slices.ContainsFunc(back.Records, func(r dnsx.Record) bool { return r.Type == dnsx.TypePTR && r.Host == name }) {
			return name, nil
		}
	}
	if len(list) == 0 {
		return "", fail(exitUsage, hint, "%s, the name of this machine, has no address in DNS (%s), so mail servers would not take it", name, outcome)
	}
	return "", fail(exitUsage, hint, "no address of %s, the name of this machine, leads back to it in DNS, so mail servers would not take it", name)
}
