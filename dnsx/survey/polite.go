package survey

import (
	"context"
	"io"
	"net/netip"
	"sync"
	"time"

	"deadletter/dnsx"
)

// Limits is how much is asked of one server, whoever asks. Zero values take
// the defaults that are named.
type Limits struct {
	Resolver     int // questions in flight at the resolver; 96
	Server       int // at one authoritative server; 4
	ResolverRate int // questions a second at the resolver, after a burst of as many as may be in flight; 400
	ServerRate   int // at one authoritative server, the same; 100
	MostServers  int // servers that are remembered while they are not asked; 1024
}

// Polite asks another resolver within limits, for all surveys of a process
// together: a server is not asked more because many cases are open. A question
// over the limit waits; one whose context ends while it waits is not asked.
// It is safe for concurrent use.
type Polite struct {
	dnsx.Resolver
	limits Limits

	mu    sync.Mutex
	gates map[netip.Addr]*gate
}

// gate is what one server is asked. The room comes back at the rate.
type gate struct {
	slots chan struct{}
	users int // that ask or wait; under Polite.mu

	mu   sync.Mutex
	free time.Time // when the next question may start, were there no burst
}

// NewPolite gives a resolver within limits.
func NewPolite(r dnsx.Resolver, l Limits) *Polite {
	for _, d := range []struct {
		field *int
		value int
	}{{&l.Resolver, 96}, {&l.Server, DefaultPerServer}, {&l.ResolverRate, 400}, {&l.ServerRate, 100}, {&l.MostServers, 1024}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return &Polite{Resolver: r, limits: l, gates: map[netip.Addr]*gate{}}
}

// Resolve asks when there is room.
func (p *Polite) Resolve(ctx context.Context, q dnsx.Question) dnsx.Answer {
	g := p.enter(q.Server)
	defer p.leave(g)
	most, rate := p.limits.Resolver, p.limits.ResolverRate
	if q.Server.IsValid() {
		most, rate = p.limits.Server, p.limits.ServerRate
	}
	select {
	case g.slots <- struct{}{}:
	default:
		select {
		case g.slots <- struct{}{}:
		case <-ctx.Done():
			return p.notAsked(ctx, q)
		}
	}
	defer func() { <-g.slots }()
	if wait := g.book(time.Now(), most, rate); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return p.notAsked(ctx, q)
		}
	}
	return p.Resolver.Resolve(ctx, q)
}

// Close ends the connections that the other resolver keeps, where it does.
func (p *Polite) Close() error {
	if c, ok := p.Resolver.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func (p *Polite) notAsked(ctx context.Context, q dnsx.Question) dnsx.Answer {
	return dnsx.Answer{Question: q, Outcome: dnsx.Timeout, Err: ctx.Err().Error(), At: time.Now()}
}

// enter gives the gate of a server; the zero address is the resolver's. Gates
// that nobody uses are forgotten when there are many.
func (p *Polite) enter(server netip.Addr) *gate {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.gates[server]
	if g == nil {
		if len(p.gates) >= p.limits.MostServers {
			now := time.Now()
			for addr, old := range p.gates {
				if old.users == 0 && old.caughtUp(now) {
					delete(p.gates, addr)
				}
			}
		}
		most := p.limits.Resolver
		if server.IsValid() {
			most = p.limits.Server
		}
		g = &gate{slots: make(chan struct{}, most)}
		p.gates[server] = g
	}
	g.users++
	return g
}

func (p *Polite) leave(g *gate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g.users--
}

// caughtUp reports whether the rate holds nothing back any more.
func (g *gate) caughtUp(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.free.Before(now)
}

// book takes a place in the rate and gives how long to wait for it.
func (g *gate) book(now time.Time, burst, rate int) time.Duration {
	step := time.Second / time.Duration(rate)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.free.Before(now) {
		g.free = now
	}
	wait := g.free.Sub(now) - time.Duration(burst-1)*step
	g.free = g.free.Add(step)
	return max(wait, 0)
}
