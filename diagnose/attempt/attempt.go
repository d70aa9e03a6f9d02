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
	"strings"
	"syscall"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
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
	Total    time.Duration // of everything; 180 s
}

func (t Times) filled() Times {
	for _, d := range []struct {
		have  *time.Duration
		usual time.Duration
	}{
		{&t.Connect, 20 * time.Second}, {&t.Greeting, time.Minute}, {&t.Reply, time.Minute},
		{&t.Message, 2 * time.Minute}, {&t.Quit, 5 * time.Second}, {&t.Total, 3 * time.Minute},
	} {
		if *d.have <= 0 {
			*d.have = d.usual
		}
	}
	return t
}

// Options is what the outside gives.
type Options struct {
	Clock func() time.Time // time.Now
	Times Times
	Roots *x509.CertPool   // the system's
	Lab   []netip.AddrPort // the only special addresses that are contacted, each at its port
	Line  func(diagnose.SMTPLine)

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
)

// permitted lets connections through to public addresses at the port that was
// meant, and to the lab's.
func (o Options) permitted(port uint16) Control {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: %q", ErrTarget, address)
		}
		addr := at.Addr().Unmap().WithZone("")
		if slices.Contains(o.Lab, netip.AddrPortFrom(addr, at.Port())) {
			return nil
		}
		switch {
		case dnsx.Special(addr):
			return fmt.Errorf("%w: %s is a private or special address", ErrTarget, addr)
		case at.Port() != port:
			return fmt.Errorf("%w: port %d was not meant", ErrTarget, at.Port())
		}
		return nil
	}
}

func (o Options) filled() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Times = o.Times.filled()
	if o.Dial == nil {
		o.Dial = func(ctx context.Context, network, address string, control Control) (net.Conn, error) {
			d := net.Dialer{Control: control}
			return d.DialContext(ctx, network, address)
		}
	}
	return o
}

// CheckAddress takes an envelope address that can stand in MAIL or RCPT: at
// most 254 octets, no line end, NUL, blank or control character, no angle
// bracket (RFC 5321 sections 4.1.2 and 4.5.3.1). utf8 reports whether it needs
// SMTPUTF8 (RFC 6531). The local part is left as it is. The error wraps ErrAddress.
func CheckAddress(address string) (utf8 bool, err error) {
	at := strings.LastIndexByte(address, '@')
	switch {
	case address == "":
		return false, fmt.Errorf("%w: it is empty", ErrAddress)
	case len(address) > 254:
		return false, fmt.Errorf("%w: longer than 254 octets", ErrAddress)
	case at < 1 || at == len(address)-1:
		return false, fmt.Errorf("%w: it needs a local part and a domain", ErrAddress)
	case at > 64:
		return false, fmt.Errorf("%w: the local part is longer than 64 octets", ErrAddress)
	}
	for i := 0; i < len(address); i++ {
		switch c := address[i]; {
		case c <= ' ' || c == 0x7f:
			return false, fmt.Errorf("%w: it holds a blank or a control character", ErrAddress)
		case c == '<' || c == '>':
			return false, fmt.Errorf("%w: it holds an angle bracket", ErrAddress)
		case c >= 0x80:
			utf8 = true
		}
	}
	if utf8 && safe.Of(address) != safe.Text(strings.ToValidUTF8(address, "")) {
		return false, fmt.Errorf("%w: it is not readable UTF-8", ErrAddress)
	}
	return utf8, nil
}

// CheckEHLO takes a name that a client may give: a host name with a dot that
// says who we are, or an address literal (RFC 5321 section 4.1.4). The error
// wraps ErrName.
func CheckEHLO(name string) error {
	if literal, ok := strings.CutPrefix(name, "["); ok {
		literal, closed := strings.CutSuffix(literal, "]")
		literal = strings.TrimPrefix(literal, "IPv6:")
		if addr, err := netip.ParseAddr(literal); !closed || err != nil || addr.Zone() != "" {
			return fmt.Errorf("%w: %q is no address literal", ErrName, name)
		}
		return nil
	}
	host := dnsx.CanonicalName(name)
	switch {
	case !dnsx.IsHostname(host) || !strings.Contains(host, "."):
		return fmt.Errorf("%w: %q is no full host name; name the one that the sending address has in DNS", ErrName, name)
	case strings.HasSuffix(host, ".localdomain"), strings.HasSuffix(host, ".local"), strings.HasSuffix(host, ".localhost"), strings.HasSuffix(host, ".invalid"):
		return fmt.Errorf("%w: %q is not a name of the internet", ErrName, name)
	}
	return nil
}
