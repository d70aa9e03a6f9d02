package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"
)

const (
	// maxAddresses is how many addresses of a server known by name are tried.
	maxAddresses = 4
	// headStart is how long one address is tried alone before the next one is
	// too (RFC 8305 section 5).
	headStart = 250 * time.Millisecond
	// forget is how long a look-up that failed stands for the questions after it.
	forget = 5 * time.Second
)

// addresses gives where an encrypted server is. A name is looked up once; the
// first to ask looks, the others wait for that.
func (s *server) addresses(ctx context.Context, opt *Options) ([]netip.Addr, error) {
	if s.Addr.IsValid() {
		return []netip.Addr{s.Addr}, nil
	}
	select {
	case s.looking <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.looking }()
	if s.found != nil || s.lookupErr != nil && opt.Clock().Sub(s.failedAt) < forget {
		return s.found, s.lookupErr
	}
	found, err := opt.Lookup(ctx, s.Host)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err == nil && len(found) == 0:
		err = &net.DNSError{Err: "no address", Name: s.Host, IsNotFound: true}
	}
	if err != nil {
		s.lookupErr, s.failedAt = err, opt.Clock()
		return nil, err
	}
	s.lookupErr = nil
	for _, addr := range found[:min(len(found), maxAddresses)] {
		s.found = append(s.found, addr.Unmap())
	}
	return s.found, nil
}

// dialTLS opens a connection to an encrypted server, whose certificate is
// checked, at the first of its addresses that takes one.
func (s *server) dialTLS(ctx context.Context, opt *Options, protocols ...string) (*tls.Conn, error) {
	found, err := s.addresses(ctx, opt)
	if err != nil {
		return nil, err
	}
	conn, err := dialFirst(ctx, opt, found, s.Port)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, &tls.Config{
		ServerName: s.verified(), RootCAs: opt.Roots, MinVersion: tls.VersionTLS12, NextProtos: protocols, Time: opt.Clock,
	})
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

// dialFirst connects to whichever address answers first, each with a head
// start before the next; one that cannot be reached passes its turn at once.
func dialFirst(ctx context.Context, opt *Options, addrs []netip.Addr, port uint16) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type dialed struct {
		conn net.Conn
		err  error
	}
	came := make(chan dialed)
	start := func(addr netip.Addr) {
		go func() {
			conn, err := opt.Dial(ctx, "tcp", net.JoinHostPort(addr.String(), strconv.Itoa(int(port))))
			came <- dialed{conn, err}
		}()
	}
	var first error
	timer := time.NewTimer(0)
	defer timer.Stop()
	next, running := 0, 0
	for {
		select {
		case <-timer.C:
			if next < len(addrs) {
				start(addrs[next])
				next++
				running++
				timer.Reset(headStart)
			}
		case d := <-came:
			running--
			if d.err == nil {
				cancel()
				for range running { // the others end now; none is left open
					if late := <-came; late.err == nil {
						_ = late.conn.Close()
					}
				}
				return d.conn, nil
			}
			if first == nil || errors.Is(first, context.Canceled) {
				first = d.err
			}
			if running == 0 && next == len(addrs) {
				return nil, first
			}
			timer.Reset(0)
		}
	}
}
