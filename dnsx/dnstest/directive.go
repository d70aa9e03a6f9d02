package dnstest

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"deadletter/dnsx"
	"deadletter/dnsx/wire/packet"
)

// view is who sees a record: everybody, the resolver, or those who ask a server address.
type view struct {
	addr     netip.Addr
	resolver bool
}

var (
	viewAll      = view{}
	viewResolver = view{resolver: true}
)

// maxViews bounds the addresses of one view directive.
const maxViews = 64

// ruled is an outcome that the text sets, with its extended error.
type ruled struct {
	outcome  dnsx.Outcome
	extended []dnsx.ExtendedError
}

// ruleKey is what an outcome is set for; "*" and 0 are any name and any type.
type ruleKey struct {
	name string
	typ  uint16
}

// directive obeys one ";@" line.
func (p *parser) directive(fields []string) error {
	if len(fields) == 0 {
		return errors.New("a directive without a word")
	}
	switch args := fields[1:]; fields[0] {
	case "view":
		return p.view(args)
	case "outcome":
		return p.outcome(args)
	case "secure":
		if len(args) != 1 {
			return errors.New("secure takes one name")
		}
		name, err := p.canonicalOrAny(args[0])
		if err != nil {
			return err
		}
		if name == "*" {
			name = "."
		}
		p.zones.secure[name] = true
		return nil
	}
	return fmt.Errorf("no such directive: %s", strconv.QuoteToASCII(fields[0]))
}

func (p *parser) view(args []string) error {
	switch {
	case len(args) == 0:
		return errors.New("view takes all, resolver, or server addresses")
	case len(args) > maxViews:
		return fmt.Errorf("over %d addresses in a view", maxViews)
	case len(args) == 1 && args[0] == "all":
		p.views = []view{viewAll}
		return nil
	case len(args) == 1 && args[0] == "resolver":
		p.views = []view{viewResolver}
		return nil
	}
	var views []view
	for _, arg := range args {
		addr, err := netip.ParseAddr(arg)
		if err != nil {
			return fmt.Errorf("view: not an address: %s", strconv.QuoteToASCII(arg))
		}
		views = append(views, view{addr: addr.Unmap()})
	}
	p.views = views
	return nil
}

func (p *parser) outcome(args []string) error {
	if len(args) < 2 {
		return errors.New("outcome takes an outcome and a name")
	}
	r := ruled{outcome: dnsx.Outcome(args[0])}
	switch r.outcome {
	case dnsx.Timeout, dnsx.ServFail, dnsx.Refused, dnsx.OtherRcode, dnsx.Truncated, dnsx.Malformed,
		dnsx.Offline, dnsx.NoData, dnsx.NXDomain:
	case dnsx.Bogus:
		r.extended = []dnsx.ExtendedError{{Code: 6}}
	default:
		return fmt.Errorf("no such outcome: %s", strconv.QuoteToASCII(args[0]))
	}
	name, err := p.canonicalOrAny(args[1])
	if err != nil {
		return err
	}
	key := ruleKey{name: name}
	if len(args) > 2 && args[2] != "*" {
		code, ok := packet.TypeCode(dnsx.Type(strings.ToUpper(args[2])))
		if !ok {
			return fmt.Errorf("no such type: %s", strconv.QuoteToASCII(args[2]))
		}
		key.typ = code
	}
	if len(args) > 3 {
		code, err := strconv.ParseUint(args[3], 10, 16)
		if err != nil {
			return fmt.Errorf("not an extended error code: %s", strconv.QuoteToASCII(args[3]))
		}
		r.extended = []dnsx.ExtendedError{{Code: uint16(code), Text: strings.Join(args[4:], " ")}}
	}
	for _, v := range p.views {
		if err := p.zones.rule(v, key, r); err != nil {
			return err
		}
	}
	return nil
}
