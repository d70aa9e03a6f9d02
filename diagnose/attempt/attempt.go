// Package attempt makes the one retry of a case: a probe that goes no further
// than RCPT, or one controlled message through our own relay. It talks SMTP
// (RFC 5321) in lock step over one connection that it opens once, says QUIT
// whatever happened, and repeats nothing. What was said both ways comes back
// as a [diagnose.Attempt]; whether an attempt may be made is decided in package
// diagnose.
//
// The other side is hostile input: lines, replies and times are bounded, and
// the address is looked at as the connection is made, whatever a name says.
package attempt

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"deadletter/diagnose"
	"deadletter/dnsx"
)

// Times bounds how long each step may take. Zero values take what is named;
// they are shorter than those of RFC 5321 section 4.5.3.2, since a person waits.
type Times struct {
	Connect  time.Duration // 20 s
	Greeting time.Duration // 60 s: some servers let an unknown client wait
	Reply    time.Duration // to each command; 60 s
	Message  time.Duration // after the final dot; 120 s
	Quit     time.Duration // 5 s
	Total    time.Duration // of everything, QUIT included; 180 s for a probe, 300 s for a message
}

func (t Times) filled(total time.Duration) Times {
	for _, d := range []struct {
		have  *time.Duration
		usual time.Duration
	}{
		{&t.Connect, 20 * time.Second}, {&t.Greeting, time.Minute}, {&t.Reply, time.Minute},
		{&t.Message, 2 * time.Minute}, {&t.Quit, 5 * time.Second}, {&t.Total, total},
	} {
		if *d.have <= 0 {
			*d.have = d.usual
		}
	}
	t.Quit = min(t.Quit, t.Total/4)
	return t
}

// Options is what the outside gives.
type Options struct {
	Clock func() time.Time // for the times in the attempt; time.Now
	Times Times
	Roots *x509.CertPool   // the system's
	Lab   []netip.AddrPort // the only special addresses that a probe contacts, each at its port

	// Line is told each line of the conversation as it is kept. It must not block.
	Line func(diagnose.SMTPLine)

	// Dial opens a connection. It must call control with the final address
	// before anything is sent, as net.Dialer does; nil takes a net.Dialer.
	Dial func(ctx context.Context, network, address string, control Control) (net.Conn, error)
}

// Control is asked about the address that a connection is about to be made to.
type Control = func(network, address string, _ syscall.RawConn) error

// Errors that keep an attempt from being made. Nothing was dialled.
var (
	ErrAddress = errors.New("not an address that is tried")
	ErrName    = errors.New("not a name that can be given in EHLO")
	ErrTarget  = errors.New("not a server that is contacted")
	ErrSecret  = errors.New("not a way to send a secret")
	ErrMessage = errors.New("not a message that is sent")
)

// pinned lets a connection through to the address that was judged, and to no
// other: a name that says something else the second time gains nothing.
func pinned(target netip.AddrPort) Control {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || canonical(at) != canonical(target) {
			return fmt.Errorf("%w: %q instead of %s", ErrTarget, address, target)
		}
		return nil
	}
}

// canonical takes IPv4 out of IPv6.
func canonical(at netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// lab reports whether the target is one that the options name, port and all.
func (o Options) lab(target netip.AddrPort) bool { return slices.Contains(o.Lab, canonical(target)) }

// public says what speaks against a target that DNS named: any address that is
// not public, any port but the one for mail.
func (o Options) public(target netip.AddrPort, port uint16) error {
	switch addr := target.Addr(); {
	case o.lab(target):
	case !target.IsValid():
		return fmt.Errorf("%w: no address", ErrTarget)
	case dnsx.Special(addr):
		return fmt.Errorf("%w: %s is a private or special address", ErrTarget, addr)
	case target.Port() != port:
		return fmt.Errorf("%w: port %d, mail goes to %d", ErrTarget, target.Port(), port)
	}
	return nil
}

func (o Options) filled(total time.Duration) Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Times = o.Times.filled(total)
	if o.Dial == nil {
		o.Dial = func(ctx context.Context, network, address string, control Control) (net.Conn, error) {
			d := net.Dialer{Control: control}
			return d.DialContext(ctx, network, address)
		}
	}
	return o
}
