// Package wire asks real DNS servers as a [dnsx.Resolver]: by UDP and TCP
// (RFC 1035, RFC 7766), over TLS (RFC 7858) and over HTTPS (RFC 8484).
//
// A question goes to one resolver, and to the next one too where that fails or
// stays silent; or to one authoritative server where the question names it.
// Every packet has a socket, a source port, an ID, letters of random case and a
// cookie of its own, and what does not answer the very question is dropped and
// the true answer waited for: the DNS library alone would take it (RFC 5452
// section 9.1). An answer whose letters are others is asked for again by TCP,
// which nobody off the path can forge, and TCP tells whether that is a habit of
// the server. Cookies (RFC 7873) are sent by UDP and held against the answer; an
// answer without one is taken, since the servers behind one address differ.
//
// TCP serves what UDP cannot carry and has a connection for each question;
// encrypted connections are kept and shared.
package wire

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/wire/packet"
)

const (
	defaultTimeout = 2 * time.Second
	defaultTotal   = 6 * time.Second
	defaultTries   = 5

	// MaxServers bounds the resolvers of one client.
	MaxServers = 16
)

// ErrNoServer is wrapped where there is no resolver to ask.
var ErrNoServer = errors.New("no resolver")

// ErrServer is wrapped where a resolver's name is not one that can be asked.
var ErrServer = errors.New("not a resolver")

// Options says whom a [Client] asks and how long it waits. Zero values take
// the defaults that are named.
type Options struct {
	Servers       []string         // resolvers as ParseServer takes them, asked in this order
	Timeout       time.Duration    // for one server, before the next one is asked too; for TCP where UDP was cut; 2 s
	Total         time.Duration    // for one question; 6 s, of which an authoritative server gets two thirds
	Tries         int              // packets by UDP to one server at most; 5
	Clock         func() time.Time // gives At and Took, and the time that certificates are held against; time.Now
	Lab           []netip.AddrPort // the only special addresses that are asked as authoritative servers, each at its port
	AuthorityPort uint16           // of authoritative servers; 53
	Roots         *x509.CertPool   // whom to believe about certificates, which are always checked; the system's

	// Dial opens a connection to an address and port; a net.Dialer's DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Lookup gives the addresses of an encrypted resolver that is known by
	// name only; the system's resolver. It is asked once for each.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// Client asks servers. It is safe for concurrent use. It keeps encrypted
// connections, and of servers how they are asked best, but no answers. Who has
// it from New closes it.
type Client struct {
	opt     Options
	servers []*server
	memory  *memory
	buffers sync.Pool // of *[]byte for UDP

	closed context.Context // done when the client is closed
	close  context.CancelFunc
	mu     sync.Mutex // held to start a run, and to close
	runs   sync.WaitGroup
}

var _ dnsx.Resolver = (*Client)(nil)

// server is one that is asked.
type server struct {
	Server
	name    string // in dnsx.Answer.From
	trusted bool   // its AD may be believed
	direct  bool   // authoritative, asked without recursion
	habits  *habits
	line    *line // TLS
	web     *web  // HTTPS

	looking   chan struct{} // held by who looks the address up, and for what follows
	found     []netip.Addr
	lookupErr error
	failedAt  time.Time
}

// New gives a client. The error wraps ErrNoServer or ErrServer. Nothing is
// sent and no connection is opened before the first question.
func New(opt Options) (*Client, error) {
	if len(opt.Servers) == 0 {
		return nil, fmt.Errorf("%w is named", ErrNoServer)
	}
	if len(opt.Servers) > MaxServers {
		return nil, fmt.Errorf("%w: %d are named, %d are the most", ErrServer, len(opt.Servers), MaxServers)
	}
	c := &Client{opt: opt, memory: newMemory()}
	c.opt.Servers = slices.Clone(opt.Servers)
	c.opt.Lab = slices.Clone(opt.Lab)
	c.opt.complete()
	for _, text := range opt.Servers {
		parsed, err := ParseServer(text)
		if err != nil {
			return nil, err
		}
		s := &server{Server: parsed, name: parsed.String(), habits: &habits{}, looking: make(chan struct{}, 1)}
		s.trusted, _ = parsed.Trust()
		switch parsed.Transport {
		case TLS:
			s.line = newLine(c, s)
		case HTTPS:
			s.web = newWeb(c, s)
		}
		c.servers = append(c.servers, s)
	}
	c.buffers.New = func() any {
		b := make([]byte, maxRaw)
		return &b
	}
	c.closed, c.close = context.WithCancel(context.Background())
	return c, nil
}

// complete puts the defaults in.
func (o *Options) complete() {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Total <= 0 {
		o.Total = defaultTotal
	}
	if o.Tries <= 0 {
		o.Tries = defaultTries
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.AuthorityPort == 0 {
		o.AuthorityPort = portPlain
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.Lookup == nil {
		o.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host+".")
		}
	}
}

// spawn runs f until it ends; Close waits for it. Of a closed client it ends soon.
func (c *Client) spawn(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Err() == nil {
		c.runs.Go(f)
		return
	}
	f()
}

// Close ends the connections that are kept, and the questions that are on
// them. A question after it is answered as if nobody were there, by encrypted
// transports; plain DNS keeps nothing that could be closed. It never fails.
func (c *Client) Close() error {
	c.mu.Lock()
	c.close()
	c.mu.Unlock()
	for _, s := range c.servers {
		if s.web != nil {
			s.web.close()
		}
	}
	c.runs.Wait()
	return nil
}

// Servers gives the resolvers, in the order in which they are asked.
func (c *Client) Servers() []Server {
	list := make([]Server, len(c.servers))
	for i, s := range c.servers {
		list[i] = s.Server
	}
	return list
}

// Each gives a client for each resolver alone, in the same order. They share
// the connections of this one and end with it.
func (c *Client) Each() []*Client {
	list := make([]*Client, len(c.servers))
	for i, s := range c.servers {
		one := &Client{opt: c.opt, servers: []*server{s}, memory: c.memory, closed: c.closed, close: c.close}
		one.opt.Servers = c.opt.Servers[i : i+1]
		one.buffers.New = c.buffers.New
		list[i] = one
	}
	return list
}

// Name gives the resolvers as they were named, with commas between, and of
// one without an address that the system is asked for it.
func (c *Client) Name() string {
	var names []string
	for i, s := range c.servers {
		name := strings.TrimSpace(c.opt.Servers[i])
		if s.LookedUp() {
			name += " (address from the system)"
		}
		names = append(names, name)
	}
	return strings.Join(names, ",")
}

// Resolve asks, and gives the answer or the best that is known of why there
// is none. It returns as soon as ctx is done.
func (c *Client) Resolve(ctx context.Context, q dnsx.Question) dnsx.Answer {
	start := c.opt.Clock()
	a := c.resolve(ctx, q)
	a.Question = q
	a.At = c.opt.Clock()
	a.Took = max(a.At.Sub(start), 0)
	return a
}

func (c *Client) resolve(ctx context.Context, q dnsx.Question) dnsx.Answer {
	if err := ctx.Err(); err != nil {
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
	servers := c.servers
	if q.Server.IsValid() {
		at, ok := c.authority(q.Server)
		if !ok {
			return dnsx.Answer{
				Outcome: dnsx.Offline, Notes: []dnsx.Note{dnsx.NoteNotContacted},
				Err: q.Server.String() + " is a private or special address and is not contacted",
			}
		}
		servers = []*server{{
			Server: Server{Transport: Plain, Addr: at.Addr(), Port: at.Port()},
			name:   at.String(), direct: true, habits: c.memory.of(at),
		}}
	}
	in := &inquiry{
		client: c, servers: servers,
		asked: packet.Asked{Name: name, Type: t, Direct: q.Server.IsValid()},
	}
	return in.run(ctx)
}

// authority gives where an authoritative server is asked; false for an address
// that is never contacted.
func (c *Client) authority(addr netip.Addr) (netip.AddrPort, bool) {
	addr = addr.Unmap()
	for _, lab := range c.opt.Lab {
		if lab.Addr().Unmap() == addr {
			return netip.AddrPortFrom(addr, lab.Port()), true
		}
	}
	if dnsx.Special(addr) {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr, c.opt.AuthorityPort), true
}
