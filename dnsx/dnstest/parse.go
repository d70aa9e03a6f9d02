package dnstest

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"deadletter/dnsx"
	"deadletter/dnsx/wire/packet"
)

const (
	maxText    = 16 << 20 // bytes of one zone text
	maxRecords = 200_000
	defaultTTL = 3600 // seconds, for records before any TTL
)

// ErrTooLarge is wrapped by the error for a text over 16 MiB or 200,000 records.
var ErrTooLarge = errors.New("too large")

// ParseZones reads zone text, see the package comment for its form. name says
// where it came from; errors begin with it and the line. The text may hold
// 16 MiB and 200,000 records.
func ParseZones(r io.Reader, name string) (*Zones, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > maxText {
		return nil, fmt.Errorf("%s: %w: over %d bytes", name, ErrTooLarge, maxText)
	}
	p := parser{zones: newZones(name), origin: ".", ttl: defaultTTL, views: []view{viewAll}}
	rest := statements{text: text}
	for {
		st, ok, err := rest.next()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if !ok {
			break
		}
		if err := p.statement(st); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := p.zones.settle(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p.zones, nil
}

// parser is what one entry leaves behind for those after it.
type parser struct {
	zones  *Zones
	origin string // absolute, with the final dot
	owner  string // of the last record, with the final dot; "" before the first
	ttl    uint32
	fixed  bool // ttl is of $TTL; else each record's own becomes the next one's
	views  []view
	buffer [0x10000 + 512]byte
}

func (p *parser) statement(st statement) error {
	trimmed := strings.TrimLeft(st.text, " \t")
	switch {
	case strings.HasPrefix(trimmed, ";@"):
		if err := p.directive(strings.Fields(trimmed[2:])); err != nil {
			return lineError(st.line, err)
		}
		return nil
	case strings.HasPrefix(trimmed, ";"):
		return nil
	case strings.HasPrefix(trimmed, "$"):
		fields := strings.Fields(uncomment(trimmed))
		switch strings.ToUpper(fields[0]) {
		case "$ORIGIN", "$TTL":
			if err := p.setting(strings.ToUpper(fields[0]), fields[1:]); err != nil {
				return lineError(st.line, err)
			}
			return nil
		case "$INCLUDE":
			return lineError(st.line, errors.New("$INCLUDE is not taken here"))
		}
	}
	return p.records(st)
}

// uncomment cuts a directive's comment; directives hold no quotes.
func uncomment(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return s
}

func (p *parser) setting(name string, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s takes one value", name)
	}
	if name == "$ORIGIN" {
		origin, err := p.absolute(args[0])
		if err != nil {
			return err
		}
		p.origin = origin
		return nil
	}
	zp := dns.NewZoneParser(strings.NewReader("$TTL "+args[0]+"\n. A 192.0.2.1\n"), ".", "")
	rr, ok := zp.Next()
	if !ok {
		return fmt.Errorf("%s: not a time: %s", name, strconv.QuoteToASCII(args[0]))
	}
	p.ttl, p.fixed = rr.Header().Ttl, true
	return nil
}

// absolute gives a name with its final dot.
func (p *parser) absolute(name string) (string, error) {
	switch {
	case name == "@":
		return p.origin, nil
	case dns.IsFqdn(name):
	case p.origin == ".":
		name += "."
	default:
		name += "." + p.origin
	}
	if _, ok := dns.IsDomainName(name); !ok {
		return "", fmt.Errorf("not a domain name: %s", strconv.QuoteToASCII(name))
	}
	return name, nil
}

// records reads an entry of resource records: one, or many by $GENERATE.
func (p *parser) records(st statement) error {
	text := st.text
	if text[0] == ' ' || text[0] == '\t' {
		if p.owner == "" {
			return lineError(st.line, errors.New("a record without a name, and none before it"))
		}
		text = p.owner + text
	}
	zp := dns.NewZoneParser(strings.NewReader(text+"\n"), p.origin, "")
	zp.SetDefaultTTL(p.ttl)
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		if err := p.add(rr); err != nil {
			return lineError(st.line, err)
		}
	}
	if err := zp.Err(); err != nil {
		return parseError(st.line, err)
	}
	return nil
}

// parseError names the line in the whole text; the zone parser counts from the
// start of the entry.
func parseError(line int, err error) error {
	msg := strings.TrimPrefix(err.Error(), "dns: ")
	if at := strings.LastIndex(msg, " at line: "); at >= 0 {
		inner, _, _ := strings.Cut(msg[at+len(" at line: "):], ":")
		if n, err := strconv.Atoi(inner); err == nil && n > 0 {
			line += n - 1
		}
		msg = msg[:at]
	}
	return lineError(line, errors.New(msg))
}

// add takes a record in, by way of its wire form: that finds what cannot be
// sent, and gives text and names the form that they have in any answer.
func (p *parser) add(rr dns.RR) error {
	h := rr.Header()
	if h.Class != dns.ClassINET {
		return fmt.Errorf("class %s is not taken here", dns.Class(h.Class))
	}
	if _, ok := packet.TypeCode(packet.TypeName(h.Rrtype)); !ok {
		return fmt.Errorf("type %s is not data", packet.TypeName(h.Rrtype))
	}
	end, err := dns.PackRR(rr, p.buffer[:], 0, nil, false)
	if err != nil {
		return fmt.Errorf("%s record: %w", packet.TypeName(h.Rrtype), err)
	}
	if h.Rdlength == 0 || !packet.Complete(rr) {
		return fmt.Errorf("%s record without data", packet.TypeName(h.Rrtype))
	}
	p.owner = h.Name
	if rr, _, err = dns.UnpackRR(p.buffer[:end], 0); err != nil {
		return fmt.Errorf("%s record: %w", packet.TypeName(h.Rrtype), err)
	}
	if !p.fixed {
		p.ttl = h.Ttl
	}
	for _, v := range p.views {
		if err := p.zones.add(v, rr); err != nil {
			return err
		}
	}
	return nil
}

// canonicalOrAny gives a directive's name, "*" as it is.
func (p *parser) canonicalOrAny(name string) (string, error) {
	if name == "*" {
		return name, nil
	}
	abs, err := p.absolute(name)
	if err != nil {
		return "", err
	}
	return dnsx.CanonicalName(abs), nil
}
