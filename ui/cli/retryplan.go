package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/attempt"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/ui/accounts"
	"deadletter/ui/config"
	"deadletter/ui/relay"
)

// planner finds out whom an attempt goes to and what we say of ourselves.
type planner struct {
	config   config.Config
	accounts accounts.Accounts
	resolver dnsx.Resolver
	getenv   func(string) string
	now      func() time.Time
	hostname func() (string, error)
	lab      []netip.AddrPort
	own      *ownName // of this machine, once it was looked up
}

// ownName is the name of this machine where mail servers would take it, or why
// they would not.
type ownName struct {
	name string
	err  error
}

func newPlanner(env Environment, g *globals, resolver dnsx.Resolver) (*planner, error) {
	lab, err := labTargets(g.lab)
	if err != nil {
		return nil, err
	}
	return &planner{config: g.config, accounts: g.accounts, resolver: resolver, getenv: env.Getenv, now: env.Now, hostname: os.Hostname, lab: lab}, nil
}

// readyAttempt is an attempt that lacks nothing but somebody's consent.
type readyAttempt struct {
	diagnose.RetryPlan
	runner attempt.Runner
	relay  relay.Relay // of a message
	aside  safe.Text   // what makes it prove less
}

// plan makes the plan of one attempt. For a probe host may choose which MX host
// is asked.
func (p *planner) plan(ctx context.Context, s *investigate.Session, way diagnose.RetryWay, host string) (readyAttempt, error) {
	if way != diagnose.RetryProbe {
		return p.message(ctx, s)
	}
	hosts := diagnose.RetryHosts(s.Case(), p.now())
	if len(hosts) == 0 {
		return readyAttempt{}, noHosts()
	}
	t := hosts[0]
	if host != "" {
		at := slices.IndexFunc(hosts, func(t diagnose.RetryTarget) bool { return t.Host == dnsx.CanonicalName(host) })
		if at < 0 {
			return readyAttempt{}, fail(exitUsage, "one of "+hostList(hosts), "%s is no MX host of the domain at a public address", host)
		}
		t = hosts[at]
	}
	return p.probe(ctx, s, t)
}

func noHosts() error {
	return fail(exitUndetermined, "step 4 shows the MX and their addresses", "there is no MX host at a public address that could be asked")
}

// probe makes the plan to ask one MX host, as diagnose.RetryHosts lists it.
func (p *planner) probe(ctx context.Context, s *investigate.Session, t diagnose.RetryTarget) (readyAttempt, error) {
	switch from := p.config.ProbeFrom; {
	case from == config.NullSender:
		t.NullSender = true
	case from != "":
		t.From = safe.Untrusted(from)
	default:
		domain := senderDomain(s.Case())
		if domain == "" {
			return readyAttempt{}, fail(exitUsage, `set probe_from = "postmaster@sender.example" in the config file`, "the bounce does not tell the sender's domain, so the probe has no sender")
		}
		t.From = safe.Untrusted("postmaster@" + domain) // every domain that takes mail has it (RFC 5321 section 4.5.1)
	}
	var err error
	if t.EHLO, err = p.ehlo(ctx, ""); err != nil {
		return readyAttempt{}, err
	}
	return p.ready(s, diagnose.RetryProbe, t, readyAttempt{})
}

// ready has the plan made, and looks whether it can be carried out from here.
func (p *planner) ready(s *investigate.Session, way diagnose.RetryWay, t diagnose.RetryTarget, x readyAttempt) (readyAttempt, error) {
	var err error
	if x.RetryPlan, err = s.PlanRetry(way, t); err != nil {
		return readyAttempt{}, planError(err)
	}
	x.runner.Options.Lab, x.runner.Options.Clock = p.lab, p.now
	if err := x.runner.Check(x.RetryPlan); err != nil {
		return readyAttempt{}, planError(err)
	}
	return x, nil
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

// message makes the plan to hand one message to the relay that mail like the
// one that bounced goes through.
func (p *planner) message(ctx context.Context, s *investigate.Session) (readyAttempt, error) {
	key, name, _ := diagnose.PathPlatform(s.Case(), p.now())
	r, err := relay.Of(p.config, p.accounts, key, p.getenv)
	switch {
	case errors.Is(err, relay.ErrNone):
		return readyAttempt{}, fail(exitUsage, "deadletter config --example shows it; by hand records what you send yourself", "%w", err)
	case err != nil:
		return readyAttempt{}, fail(exitUsage, "", "%w", err)
	case !r.Ready():
		return readyAttempt{}, fail(exitUsage, "deadletter doctor lists the relay", "%w: %s", relay.ErrLacks, r.Missing[0])
	}
	x := readyAttempt{relay: r}
	switch sent := diagnose.SentBy(s.Case(), p.now()); {
	case key != "" && r.Platform != key:
		x.aside = safe.Textf("The mail that bounced went through %s; %s is another way, and proves less.", name, r.Name)
	case key == "" && sent != "" && sent != dnsx.CanonicalName(r.Host):
		x.aside = safe.Textf("The mail that bounced was sent by %s: it proves that path only if the relay sends through it too.", safe.Domain(sent))
	}
	t := diagnose.RetryTarget{Host: r.Host, Via: safe.Untrusted(r.Name), Token: strings.ToLower(rand.Text())}
	if senderDomain(s.Case()) == "" {
		t.From = r.From
	}
	if t.EHLO, err = p.ehlo(ctx, r.EHLO); err != nil {
		return readyAttempt{}, err
	}
	addr, err := p.addressOf(ctx, r)
	if err != nil {
		return readyAttempt{}, err
	}
	t.Addr, x.runner.Security = netip.AddrPortFrom(addr, r.Port), r.Security
	return p.ready(s, diagnose.RetryMessage, t, x)
}

// login says how we log in at the relay; empty for a probe.
func (x readyAttempt) login() safe.Text {
	switch {
	case x.Message == nil:
		return ""
	case !x.relay.LogsIn():
		return "none: the relay knows us by our address"
	}
	over := safe.Text("over TLS")
	if x.relay.Security == attempt.NoTLS {
		over = "without TLS" // to this machine or the lab alone: attempt refuses elsewhere
	}
	return safe.Textf("as %s; key: %s; it is sent %s, and kept nowhere", x.relay.User, x.relay.Key.Where, over)
}

// unlock reads the key of the relay, where it wants one. With an error nothing
// was sent.
func (x *readyAttempt) unlock(ctx context.Context) error {
	if !x.relay.LogsIn() {
		return nil
	}
	login, err := x.relay.Login(ctx)
	if err != nil {
		return err
	}
	x.runner.Login = login
	return nil
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
	for _, name := range []string{wish, p.config.EHLO} {
		if name != "" {
			return name, nil // looked at when the file was read
		}
	}
	if p.own == nil {
		name, err := p.machineName(ctx)
		p.own = &ownName{name, err}
	}
	return p.own.name, p.own.err
}

// machineName gives the name of this machine where mail servers would take it.
func (p *planner) machineName(ctx context.Context) (string, error) {
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
