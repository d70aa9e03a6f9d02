package dnstest

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// ServerOptions says where a [Server] listens and how it behaves.
type ServerOptions struct {
	// Addrs are the loopback addresses to listen on, all on one port; none
	// for 127.0.0.1. Each can stand for an authoritative server of its own.
	Addrs []netip.Addr
	// Behave chooses the behaviour for a query; nil for Behaviour always.
	// It is called from several goroutines at once.
	Behave    func(Query) Behaviour
	Behaviour Behaviour
	NoTCP     bool // TCP connections are refused
	Encrypted bool // the first address is asked over TLS and HTTPS too, each at a port of its own
	// WebConns is how many connections over HTTPS are held at once; one more is
	// closed as it comes. 0 for no bound. NoHTTP2 leaves HTTP/1.1 alone.
	WebConns int
	NoHTTP2  bool
	Seed     uint64 // of the chance in Behaviour.Loss
}

// Server answers over UDP and TCP, and where wanted TLS and HTTPS, on loopback addresses. A query with RD is
// answered as a resolver does, one without as the address that was asked.
type Server struct {
	zones  atomic.Pointer[Zones]
	opt    ServerOptions
	addrs  []netip.AddrPort
	ctx    context.Context // done when the server closes
	cancel context.CancelFunc
	wg     sync.WaitGroup
	close  []func() error

	roots   *x509.CertPool
	overTLS netip.AddrPort
	overWeb netip.AddrPort

	mu       sync.Mutex
	nth      map[Query]int // how often a question came, for the chance
	queries  []Query
	inFlight int
	most     int
	conns    map[net.Conn]bool
	taken    int
	web      map[net.Conn]bool // open over HTTPS
	webTaken int
}

// maxQueries bounds the queries that a server remembers.
const maxQueries = 100_000

// portTries is how often a free port is looked for that all addresses have.
const portTries = 20

// NewServer listens and answers until Close.
func NewServer(zones *Zones, opt ServerOptions) (*Server, error) {
	if len(opt.Addrs) == 0 {
		opt.Addrs = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	for _, addr := range opt.Addrs {
		if !addr.IsLoopback() {
			return nil, fmt.Errorf("dnstest: %s is no loopback address", addr)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		opt: opt, ctx: ctx, cancel: cancel,
		nth: map[Query]int{}, conns: map[net.Conn]bool{}, web: map[net.Conn]bool{},
	}
	s.SetZones(zones)
	var err error
	for range portTries {
		if err = s.listen(); err == nil && opt.Encrypted {
			err = s.listenEncrypted()
		}
		if err == nil {
			return s, nil
		}
		_ = s.Close()
		s.ctx, s.cancel = context.WithCancel(context.Background())
		s.addrs, s.close = nil, nil
	}
	s.cancel()
	return nil, fmt.Errorf("dnstest: no port: %w", err)
}

// listen opens UDP and TCP on every address with the port of the first one.
func (s *Server) listen() error {
	port := uint16(0)
	for _, addr := range s.opt.Addrs {
		pc, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, port)))
		if err != nil {
			return err
		}
		s.close = append(s.close, pc.Close)
		at := pc.LocalAddr().(*net.UDPAddr).AddrPort()
		at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
		port = at.Port()
		s.addrs = append(s.addrs, at)
		s.wg.Go(func() { s.serveUDP(pc, at) })
		if s.opt.NoTCP {
			continue
		}
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
		if err != nil {
			return err
		}
		s.close = append(s.close, l.Close)
		s.wg.Go(func() { s.serveStream(l, at, "tcp") })
	}
	return nil
}

// SetZones has queries answered from other zones from now on.
func (s *Server) SetZones(zones *Zones) { s.zones.Store(zones) }

// Addr gives the first address in the words of --resolver, like "127.0.0.1:5300".
func (s *Server) Addr() string { return s.addrs[0].String() }

// Addrs gives all addresses, in the order of the options.
func (s *Server) Addrs() []netip.AddrPort { return append([]netip.AddrPort(nil), s.addrs...) }

// Close stops listening, drops what is under way, and waits for all of it.
func (s *Server) Close() error {
	s.cancel()
	var errs []error
	for _, c := range s.close {
		if err := c(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
	return errors.Join(errs...)
}

// Disconnect closes the connections that are open, as a server does with idle ones.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

// WebConnections gives how many connections over HTTPS came, those turned away
// included.
func (s *Server) WebConnections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.webTaken
}

// Connections gives how many connections over TCP and TLS were taken.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// Queries gives the queries that came, in order, the first 100,000.
func (s *Server) Queries() []Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Query(nil), s.queries...)
}

// Count gives how many queries came that have the fields of like; fields that
// are empty there do not matter.
func (s *Server) Count(like Query) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range s.queries {
		if (like.Name == "" || q.Name == like.Name) && (like.Type == "" || q.Type == like.Type) &&
			(like.Transport == "" || q.Transport == like.Transport) && (like.Server == "" || q.Server == like.Server) &&
			(!like.Recursion || q.Recursion) && (!like.Checking || q.Checking) && (!like.EDNS || q.EDNS) {
			n++
		}
	}
	return n
}

// MaxInFlight gives the largest number of queries that were under way at once.
func (s *Server) MaxInFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// enter notes a query and gives its behaviour, and whether it is lost. leave
// ends it.
func (s *Server) enter(q Query) (b Behaviour, lost bool) {
	b = s.opt.Behaviour
	if s.opt.Behave != nil {
		b = s.opt.Behave(q)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queries) < maxQueries {
		s.queries = append(s.queries, q)
	}
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	return b, q.Transport == "udp" && b.Loss > 0 && s.chance(q) < b.Loss
}

// chance draws for one query, from 0 to 1. What comes out depends on the seed,
// the question and how often it came, and not on what else is asked at the same
// time: a run with loss can be repeated.
func (s *Server) chance(q Query) float64 {
	q = Query{Name: q.Name, Type: q.Type, Server: q.Server, Recursion: q.Recursion}
	n := s.nth[q]
	if n > 0 || len(s.nth) < maxQueries {
		s.nth[q] = n + 1
	}
	h := fnv.New64a()
	fmt.Fprint(h, q.Name, " ", q.Type, " ", q.Server, " ", q.Recursion, " ", n)
	return rand.New(rand.NewPCG(s.opt.Seed, h.Sum64())).Float64()
}

func (s *Server) leave() {
	s.mu.Lock()
	s.inFlight--
	s.mu.Unlock()
}
