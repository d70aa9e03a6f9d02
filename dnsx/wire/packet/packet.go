// Package packet takes one DNS message apart and says what it answers.
//
// Nothing in a message is believed because it is there: counts must match the
// records, a record counts only when the chain of aliases leads to it, and
// absence needs what RFC 2308 asks for. The client of package wire and the
// zones of package dnstest both come through here, so that a worked example
// and the real network are judged by the same rules.
package packet

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"deadletter/dnsx"
)

const (
	// MaxRecords is how many records an answer keeps; more set dnsx.NoteCapped.
	MaxRecords = 200
	// MaxChain is how many CNAME links are followed; more set dnsx.NoteChainLoop.
	MaxChain = 16

	headerLength    = 12
	maxExtended     = 8    // extended errors kept of one message
	maxExtendedText = 1024 // bytes kept of the text of one
)

// ErrMalformed is what every reading error wraps.
var ErrMalformed = errors.New("malformed message")

// Packet is a DNS message (RFC 1035 section 4.1) taken apart. Name is
// canonical. The records of the additional section are read for their form
// and for EDNS only: nothing there answers a question.
type Packet struct {
	ID                 uint16
	Response           bool // QR
	Opcode             int
	Rcode              int // with the upper bits of EDNS (RFC 6891 section 6.1.3)
	Authoritative      bool
	Truncated          bool
	RecursionAvailable bool
	Authenticated      bool

	Questions int // QDCOUNT; with any other number than one nothing behind the header is read
	Name      string
	Type      uint16
	Class     uint16

	Answer    []dns.RR
	Authority []dns.RR
	Extended  []dnsx.ExtendedError
	Cookie    []byte // EDNS cookie (RFC 7873), the client's part first; nil for none
	Trailing  int    // bytes after the last record
}

// Parse reads a message. On error the Packet holds what could be read before
// it, which is all there is of a truncated message.
func Parse(raw []byte) (Packet, error) {
	var p Packet
	if len(raw) < headerLength {
		return p, fmt.Errorf("%w: %d bytes are less than a header", ErrMalformed, len(raw))
	}
	flags := binary.BigEndian.Uint16(raw[2:])
	p.ID = binary.BigEndian.Uint16(raw)
	p.Response = flags&(1<<15) != 0
	p.Opcode = int(flags>>11) & 0xf
	p.Authoritative = flags&(1<<10) != 0
	p.Truncated = flags&(1<<9) != 0
	p.RecursionAvailable = flags&(1<<7) != 0
	p.Authenticated = flags&(1<<5) != 0
	p.Rcode = int(flags) & 0xf
	p.Questions = int(binary.BigEndian.Uint16(raw[4:]))
	if p.Questions != 1 {
		return p, nil
	}
	name, off, err := dns.UnpackDomainName(raw, headerLength)
	if err != nil {
		return p, fmt.Errorf("%w: question: %w", ErrMalformed, err)
	}
	if off+4 > len(raw) {
		return p, fmt.Errorf("%w: the question is cut", ErrMalformed)
	}
	p.Name = dnsx.CanonicalName(name)
	p.Type = binary.BigEndian.Uint16(raw[off:])
	p.Class = binary.BigEndian.Uint16(raw[off+2:])
	off += 4

	var extra []dns.RR
	for i, section := range []*[]dns.RR{&p.Answer, &p.Authority, &extra} {
		count := int(binary.BigEndian.Uint16(raw[6+2*i:]))
		if off, err = readRecords(raw, off, count, section); err != nil {
			return p, err
		}
	}
	p.Trailing = len(raw) - off
	p.readEDNS(extra)
	return p, nil
}

// readRecords reads count records from off on and gives the offset behind them.
func readRecords(raw []byte, off, count int, into *[]dns.RR) (int, error) {
	for i := range count {
		if off >= len(raw) {
			return off, fmt.Errorf("%w: the header counts %d records more than there are", ErrMalformed, count-i)
		}
		rr, next, err := dns.UnpackRR(raw, off)
		if err != nil {
			return off, fmt.Errorf("%w: record: %w", ErrMalformed, err)
		}
		if !Complete(rr) || !completeSOA(raw, next, rr) {
			return off, fmt.Errorf("%w: a %s record without all its data", ErrMalformed, TypeName(rr.Header().Rrtype))
		}
		*into = append(*into, rr)
		off = next
	}
	return off, nil
}

// Complete reports whether a record has all its data. The library leaves the
// fields empty that the data is too short for, as it is in a dynamic update.
func Complete(rr dns.RR) bool {
	switch rr := rr.(type) {
	case *dns.A:
		return len(rr.A) != 0
	case *dns.AAAA:
		return len(rr.AAAA) != 0
	case *dns.CNAME:
		return rr.Target != ""
	case *dns.DNAME:
		return rr.Target != ""
	case *dns.MX:
		return rr.Mx != ""
	case *dns.NS:
		return rr.Ns != ""
	case *dns.PTR:
		return rr.Ptr != ""
	case *dns.SOA:
		return rr.Mbox != ""
	case *dns.SRV:
		return rr.Target != ""
	case *dns.TXT:
		return len(rr.Txt) != 0
	case *dns.TLSA:
		return rr.Certificate != ""
	case *dns.DS:
		return rr.Digest != ""
	case *dns.DNSKEY:
		return rr.PublicKey != ""
	}
	return true
}

// completeSOA reports whether the five numbers of a SOA are all there
// (RFC 1035 section 3.3.13). Other records pass.
func completeSOA(raw []byte, next int, rr dns.RR) bool {
	if _, ok := rr.(*dns.SOA); !ok {
		return true
	}
	at := next - int(rr.Header().Rdlength)
	for range 2 {
		var err error
		if _, at, err = dns.UnpackDomainName(raw, at); err != nil {
			return false
		}
	}
	return at+5*4 == next
}

// readEDNS takes the upper bits of the response code, the extended errors
// (RFC 8914) and the cookie from the first OPT record.
func (p *Packet) readEDNS(extra []dns.RR) {
	for _, rr := range extra {
		opt, ok := rr.(*dns.OPT)
		if !ok {
			continue
		}
		p.Rcode |= opt.ExtendedRcode()
		for _, o := range opt.Option {
			if c, ok := o.(*dns.EDNS0_COOKIE); ok && p.Cookie == nil {
				p.Cookie, _ = hex.DecodeString(c.Cookie) // written in hex by the library
				continue
			}
			e, ok := o.(*dns.EDNS0_EDE)
			if !ok || len(p.Extended) == maxExtended {
				continue
			}
			// UTF-8 by RFC 8914 section 2; other bytes would not outlive a JSON file.
			text := strings.ToValidUTF8(e.ExtraText[:min(len(e.ExtraText), maxExtendedText)], "\uFFFD")
			p.Extended = append(p.Extended, dnsx.ExtendedError{Code: e.InfoCode, Text: text})
		}
		return
	}
}

// FromMsg makes the Packet that m would be read as, without its bytes.
func FromMsg(m *dns.Msg) Packet {
	p := Packet{
		ID: m.Id, Response: m.Response, Opcode: m.Opcode, Rcode: m.Rcode,
		Authoritative: m.Authoritative, Truncated: m.Truncated,
		RecursionAvailable: m.RecursionAvailable, Authenticated: m.AuthenticatedData,
		Questions: len(m.Question), Answer: m.Answer, Authority: m.Ns,
	}
	if p.Questions == 1 {
		q := m.Question[0]
		p.Name, p.Type, p.Class = dnsx.CanonicalName(q.Name), q.Qtype, q.Qclass
	}
	p.readEDNS(m.Extra)
	return p
}

// TypeCode gives the number of a record type, by mnemonic or as TYPE123
// (RFC 3597 section 5). The types of messages rather than of data, such as OPT
// and AXFR, and ANY have none here: they are not asked.
func TypeCode(t dnsx.Type) (uint16, bool) {
	code, ok := dns.StringToType[string(t)]
	if !ok && len(t) > 4 && t[:4] == "TYPE" {
		n, err := strconv.ParseUint(string(t[4:]), 10, 16)
		code, ok = uint16(n), err == nil
	}
	if !ok || code == dns.TypeNone || code == dns.TypeOPT || 128 <= code && code <= 255 {
		return 0, false
	}
	return code, true
}

// TypeName gives the mnemonic of a record type, TYPE123 where it has none.
func TypeName(code uint16) dnsx.Type { return dnsx.Type(dns.Type(code).String()) }

// rcodeName gives the mnemonic of a response code, RCODE23 where it has none.
func rcodeName(rcode int) string {
	if s, ok := dns.RcodeToString[rcode]; ok {
		return s
	}
	return "RCODE" + strconv.Itoa(rcode)
}

// validationErrors are the extended errors that say why DNSSEC validation
// failed (RFC 8914 section 4). 3 and 4, stale and forged answer, do not.
var validationErrors = [...]uint16{1, 2, 5, 6, 7, 8, 9, 10, 11, 12}

// SaysBogus reports whether an extended error claims that validation failed.
// It is a claim: whoever may write the answer may write it (RFC 8914 section 6).
func SaysBogus(extended []dnsx.ExtendedError) bool {
	return slices.ContainsFunc(extended, func(e dnsx.ExtendedError) bool {
		return slices.Contains(validationErrors[:], e.Code)
	})
}

// WireName gives a name the canonical form that it has when it comes back in
// an answer, by packing and unpacking it. The error says why it cannot be sent.
func WireName(name string) (string, error) {
	var buf [256]byte
	if name == "" {
		return "", errors.New("not a domain name: it is empty")
	}
	n, err := dns.PackDomainName(dns.Fqdn(dnsx.CanonicalName(name)), buf[:], 0, nil, false)
	if err != nil {
		return "", fmt.Errorf("not a domain name: %w", err)
	}
	wire, _, err := dns.UnpackDomainName(buf[:n], 0)
	if err != nil {
		return "", fmt.Errorf("not a domain name: %w", err)
	}
	return dnsx.CanonicalName(wire), nil
}
