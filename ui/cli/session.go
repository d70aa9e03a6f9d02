package cli

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/user"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/casefile"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/survey"
	"deadletter/dnsx/wire"
	"deadletter/ui"
	"deadletter/ui/config"
)

// newResolver gives the resolver that the flags name: none when offline, zone
// files without a socket, else real servers.
func newResolver(g *globals, now func() time.Time) (dnsx.Resolver, error) {
	lab, err := labTargets(g.lab)
	if err != nil {
		return nil, err
	}
	if g.offline {
		return dnsx.OfflineResolver{Clock: now}, nil
	}
	var zones, servers []string
	for _, r := range g.resolvers {
		if path, ok := strings.CutPrefix(r, "zone:"); ok {
			zones = append(zones, path)
			continue
		}
		servers = append(servers, r)
	}
	switch {
	case len(zones) > 0 && len(servers) > 0:
		return nil, fail(exitUsage, "name either zone files or servers", "--resolver takes zone:FILE or servers, not both")
	case len(zones) > 1:
		return nil, fail(exitUsage, "one file may hold several zones", "--resolver zone:FILE can be given once")
	case len(zones) == 1:
		return zoneResolver(zones[0], now)
	case len(servers) == 0:
		if servers, err = wire.SystemServers(); err != nil {
			return nil, fail(exitNoNetwork, "name one with --resolver ADDR, or work without network with --offline", "no system resolver: %w", err)
		}
	}
	client, err := wire.New(wire.Options{Servers: servers, Clock: now, Lab: lab})
	if err != nil {
		return nil, fail(exitUsage, "9.9.9.9, 127.0.0.1:5300, [::1]:53, tls://9.9.9.9#dns.quad9.net, https://dns.quad9.net/dns-query or zone:FILE", "--resolver: %w", err)
	}
	return survey.NewPolite(client, survey.Limits{}), nil
}

// closeResolver ends the connections that a resolver keeps, where it does.
func closeResolver(r dnsx.Resolver) {
	if c, ok := r.(io.Closer); ok {
		_ = c.Close() // of a wire.Client it never fails
	}
}

func zoneResolver(path string, now func() time.Time) (dnsx.Resolver, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &exitError{code: exitUnreadable, err: fmt.Errorf("%s: %w", path, readError(err))}
	}
	defer f.Close()
	zones, err := dnstest.ParseZones(f, path)
	if err != nil {
		return nil, fail(exitUnreadable, "zone text is that of RFC 1035, one record a line", "%w", err)
	}
	return dnstest.NewResolver(zones, dnstest.ResolverOptions{Name: path, Clock: now}), nil
}

// checkOwn refuses what can be neither a host or domain nor an address.
func checkOwn(list []string) error {
	for _, own := range list {
		if !config.IsOwn(own) {
			return fail(exitUsage, "mail.sender.example, sender.example, 192.0.2.25 or 192.0.2.0/24", "--own-mta %q is no host, domain or address", own)
		}
	}
	return nil
}

// labTargets reads --lab-allow. Only loopback is ever permitted by it.
func labTargets(list []string) ([]netip.AddrPort, error) {
	var out []netip.AddrPort
	for _, s := range list {
		target, err := netip.ParseAddrPort(s)
		if err != nil || !target.Addr().IsLoopback() {
			return nil, fail(exitUsage, "it is for tests and takes loopback only, 127.0.0.1:5300", "--lab-allow %s is not a loopback address with a port", s)
		}
		out = append(out, target)
	}
	return out, nil
}

// actor names the person at the keys in the case. The environment comes first:
// the system's user database may be asked over a socket, and --offline opens none.
func userName(getenv func(string) string) string {
	for _, name := range []string{"USER", "LOGNAME", "USERNAME"} {
		if value := getenv(name); value != "" {
			return value
		}
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "somebody"
}

// opener makes sessions: it knows the resolver, the case folder and the clock.
type opener struct {
	resolver dnsx.Resolver
	offline  bool
	zones    bool            // the resolver answers from zone text
	store    *casefile.Store // nil: nothing is kept
	noStore  error           // why nothing is kept
	now      func() time.Time
	user     string // who sits at the keys
	ownMTAs  []string
	lab      []string
	local    diagnose.Local
}

// newOpener opens the case folder too when keep is set. A folder that cannot
// be used is no reason to stop: the work goes on, and the screen says so.
func newOpener(env Environment, g *globals, keep bool) (*opener, error) {
	if err := checkOwn(g.ownMTAs); err != nil {
		return nil, err
	}
	resolver, err := newResolver(g, env.Now)
	if err != nil {
		return nil, err
	}
	_, zones := resolver.(*dnstest.Resolver)
	o := &opener{resolver: resolver, offline: g.offline, zones: zones, now: env.Now, user: userName(env.Getenv), ownMTAs: g.ownMTAs, lab: g.lab, local: g.local}
	if keep {
		o.store, o.noStore = openStore(env, false)
	}
	return o, nil
}

func openStore(env Environment, readOnly bool) (*casefile.Store, error) {
	dir, err := casefile.Dir()
	if err != nil {
		return nil, err
	}
	return casefile.OpenStore(dir, casefile.Options{Clock: env.Now, Version: Version(), User: userName(env.Getenv), ReadOnly: readOnly})
}

// begin starts a case from the failures of one recipient and records how many
// others of its domain failed alike.
func (o *opener) begin(ctx context.Context, g group, siblings []diagnose.SiblingsSeen) (*caseSession, error) {
	_, domain := diagnose.AddressDomain(g.recipient)
	id, err := casefile.NewID(o.now(), domain, rand.Reader)
	if err != nil {
		return nil, err
	}
	s := &caseSession{id: id, resolver: o.resolver.Name(), offline: o.offline, lab: len(o.lab) > 0}
	var journal investigate.Journal
	var ledger investigate.Ledger
	if o.store != nil {
		ledger = o.store.Ledger()
		j, err := o.store.Create(id)
		if err != nil {
			s.problem = err
		} else {
			journal = j
		}
	} else {
		s.problem = o.noStore
	}
	s.Session = investigate.Open(ctx, nil, investigate.Options{
		Resolver: o.resolver, Clock: o.now, Journal: journal, Ledger: ledger, Actor: diagnose.Actor(o.user), Offline: o.offline, Zones: o.zones, Local: o.local,
	})
	bodies := []diagnose.Body{diagnose.CaseOpened{
		ID: id, Recipient: g.recipient, Version: Version(), OwnMTAs: o.ownMTAs, Lab: o.lab,
	}}
	for _, b := range g.bounces {
		bodies = append(bodies, captured(b))
	}
	for _, sib := range siblings {
		if sib.Domain == domain {
			bodies = append(bodies, sib)
		}
	}
	if err := s.Session.Record(ctx, bodies...); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, s.Session.Start(diagnose.RoundOpen)
}

// captured makes the event of a bounce: the bytes and what was read from them.
func captured(b capturedBounce) diagnose.BounceCaptured {
	sum := sha256.Sum256(b.raw)
	return diagnose.BounceCaptured{Source: b.source, Raw: b.raw, SHA256: hex.EncodeToString(sum[:]), Report: b.report}
}

// resume opens a case from disk and asks DNS anew. A case that another
// process writes, or that is damaged, opens read-only.
func (o *opener) resume(ctx context.Context, id string) (*caseSession, error) {
	return o.resumeFor(ctx, id, diagnose.RoundResume)
}

// resumeFor is resume with a reason for asking DNS.
func (o *opener) resumeFor(ctx context.Context, id string, reason diagnose.RoundReason) (*caseSession, error) {
	if o.store == nil {
		return nil, fmt.Errorf("no case can be opened: %w", o.noStore)
	}
	journal, events, err := o.store.Open(id)
	if err != nil {
		return nil, err
	}
	s := &caseSession{id: id, resolver: o.resolver.Name(), offline: o.offline, lab: len(o.lab) > 0}
	opts := investigate.Options{
		Resolver: o.resolver, Clock: o.now, Journal: journal, Ledger: o.store.Ledger(), Actor: diagnose.Actor(o.user), Offline: o.offline, Zones: o.zones, Local: o.local,
	}
	if ro := journal.ReadOnly(); ro != nil {
		opts.ReadOnly = ro.Error()
	}
	// Damage elsewhere than at the end makes the journal read-only, and that says why.
	if d := journal.Loaded().Damage; d != nil && d.Kind == casefile.DamageTail {
		s.notice = safe.Textf("the end of the case file was damaged: %s", d.Why)
		if d.Path != "" {
			s.notice = safe.Textf("%s; %d bytes set aside in %s", s.notice, d.Bytes, d.Path)
		}
	}
	s.Session = investigate.Open(ctx, events, opts)
	s.readOnly = safe.Of(opts.ReadOnly)
	if opts.ReadOnly != "" {
		return s, nil
	}
	return s, s.Session.Start(reason)
}

// caseSession is a session as the screen sees it.
type caseSession struct {
	*investigate.Session
	id       string
	resolver string
	offline  bool
	lab      bool
	readOnly safe.Text
	notice   safe.Text
	demo     bool
	problem  error // why nothing is kept
}

// Status implements ui.Session.
func (s *caseSession) Status() ui.Status {
	st := s.Session.Status()
	out := ui.Status{
		ID: s.id, Asked: st.Asked, Answered: st.Answered, Running: st.Running, Resolver: safe.Of(s.resolver),
		Offline: s.offline, Lab: s.lab, Saved: st.Saved, Path: s.Path(), ReadOnly: s.readOnly, Problem: s.notice,
	}
	switch {
	case st.Problem != nil:
		out.Problem = safe.Of(st.Problem.Error())
	case s.problem != nil:
		out.Problem = safe.Textf("not saved: %s", s.problem)
	}
	return out
}

// siblingsOf counts the recipients of each domain that failed for the same reason.
func siblingsOf(groups []group) []diagnose.SiblingsSeen {
	type key struct{ domain, failure string }
	var order []key
	seen := map[key][]safe.Untrusted{}
	for _, g := range groups {
		if len(g.bounces) == 0 || g.recipient == "" {
			continue
		}
		r := g.bounces[len(g.bounces)-1].report
		_, domain := diagnose.AddressDomain(g.recipient)
		if domain == "" || !r.Failure() {
			continue
		}
		k := key{domain, string(r.Reason)}
		if seen[k] == nil {
			order = append(order, k)
		}
		seen[k] = append(seen[k], g.recipient)
	}
	var out []diagnose.SiblingsSeen
	for _, k := range order {
		list := seen[k]
		if len(list) < 2 {
			continue
		}
		out = append(out, diagnose.SiblingsSeen{Domain: k.domain, Failure: k.failure, Distinct: len(list), Sample: list[:min(len(list), 50)]})
	}
	return out
}
