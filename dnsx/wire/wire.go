// Package wire asks real DNS servers, by UDP and TCP (RFC 1035, RFC 7766), as
// a [dnsx.Resolver].
//
// A question goes to one resolver after the other until one of them answers,
// or to one authoritative server where the question names it. Every try has a
// socket, a source port and an ID of its own, and a packet that does not
// answer the very question is dropped and the true one waited for: the DNS
// library alone would take it (RFC 5452 section 9.1).
package wire

import (
	"context"
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
	defaultTries   = 2
	defaultPort    = 53

	udpSize   = 1232 // bytes asked for by EDNS: fits every path unfragmented
	plainSize = 512  // bytes of UDP without EDNS (RFC 1035 section 4.2.1)
	maxRaw    = 4096 // bytes of an answer that are kept

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
	Servers       []string         // resolvers as --resolver names them, asked in this order
	Timeout       time.Duration    // for one try; 2 s
	Total         time.Duration    // for one question; 6 s
	Tries         int              // rounds through the servers that did not answer; 2
	Clock         func() time.Time // gives At and Took; time.Now
	Lab           []netip.AddrPort // the only special addresses that are asked as authoritative servers, each at its port
	AuthorityPort uint16           // of authoritative servers; 53

	// Dial opens a connection; a net.Dialer's DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client asks servers. It keeps nothing between questions and is safe for
// concurrent use.
type Client struct {
	opt     Options
	servers []server
	buffers sync.Pool // of *[]byte for UDP
}

var _ dnsx.Resolver = (*Client)(nil)

// server is one that is asked.
type server struct {
	name    string // address and port
	trusted bool   // its AD may be believed: it is on this host
	direct  bool   // authoritative, asked without recursion
}

// New gives a client. The error wraps ErrNoServer or ErrServer.
func New(opt Options) (*Client, error) {
	if len(opt.Servers) == 0 {
		return nil, fmt.Errorf("%w is named", ErrNoServer)
	}
	if len(opt.Servers) > MaxServers {
		return nil, fmt.Errorf("%w: %d are named, %d are the most", ErrServer, len(opt.Servers), MaxServers)
	}
	c := &Client{opt: opt}
	for _, s := range opt.Servers {
		at, err := ParseServer(s)
		if err != nil {
			return nil, err
		}
		c.servers = append(c.servers, server{name: at.String(), trusted: at.Addr().IsLoopback()})
	}
	c.opt.Servers = slices.Clone(opt.Servers)
	c.opt.Lab = slices.Clone(opt.Lab)
	if c.opt.Timeout <= 0 {
		c.opt.Timeout = defaultTimeout
	}
	if c.opt.Total <= 0 {
		c.opt.Total = defaultTotal
	}
	if c.opt.Tries <= 0 {
		c.opt.Tries = defaultTries
	}
	if c.opt.Clock == nil {
		c.opt.Clock = time.Now
	}
	if c.opt.AuthorityPort == 0 {
		c.opt.AuthorityPort = defaultPort
	}
	if c.opt.Dial == nil {
		c.opt.Dial = new(net.Dialer).DialContext
	}
	c.buffers.New = func() any {
		b := make([]byte, maxRaw)
		return &b
	}
	return c, nil
}

// Name gives the resolvers as they were named, with commas between.
func (c *Client) Name() string { return strings.Join(c.opt.Servers, ",") }

// ParseServer reads a resolver's address: "9.9.9.9", "127.0.0.1:5300", "::1"
// or "[::1]:53", port 53 where none is given. The error wraps ErrServer.
func ParseServer(s string) (netip.AddrPort, error) {
	s = strings.TrimSpace(s)
	if scheme, _, ok := strings.Cut(s, "://"); ok {
		return netip.AddrPort{}, fmt.Errorf("%w: %q: %s is not taken, give an address like 9.9.9.9 or [::1]:53, or zone:FILE",
			ErrServer, s, scheme)
	}
	bare := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		bare = s[1 : len(s)-1]
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		return netip.AddrPortFrom(addr.Unmap(), defaultPort), nil
	}
	at, err := netip.ParseAddrPort(s)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%w: %q: give an address like 9.9.9.9, 127.0.0.1:5300 or [::1]:53, or zone:FILE",
			ErrServer, s)
	}
	if at.Port() == 0 {
		return netip.AddrPort{}, fmt.Errorf("%w: %q: port 0", ErrServer, s)
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), nil
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
		servers = []server{{name: at.String(), direct: true}}
	}
	in := inquiry{
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
