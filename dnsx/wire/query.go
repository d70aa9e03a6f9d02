package wire

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/miekg/dns"

	"deadletter/dnsx/wire/packet"
)

const (
	udpSize   = 1232  // bytes asked for by EDNS: fits every path unfragmented
	plainSize = 512   // bytes of UDP without EDNS (RFC 1035 section 4.2.1)
	maxRaw    = 4096  // bytes of an answer that are kept
	wholeSize = 65535 // bytes of a message over anything but UDP

	padding = 128 // bytes that an encrypted query is a multiple of (RFC 8467 section 4.1)
)

// query is what a server is asked.
type query struct {
	asked     packet.Asked
	edns      bool
	unchecked bool // CD: the resolver need not validate
	lower     bool // the name in lower case
}

// carriage is what the way of a query adds to it.
type carriage struct {
	network string // udp, tcp, tls, https
	id      [2]byte
	cookie  []byte // EDNS cookie, the client's part first; nil for none
}

// sent is a query on its way, and what its answer is held against.
type sent struct {
	query
	id     [2]byte
	raw    []byte
	name   []byte // of the question, as it is in raw
	cookie []byte // the client's part; nil where none was sent
	limit  int    // bytes the answer may have
}

// clientCookie is the length of the client's part of a cookie (RFC 7873 section 4).
const clientCookie = 8

// pack gives the bytes of a query. AD says that the AD of the answer is
// understood (RFC 6840 section 5.7), which is all that is wanted of DNSSEC: DO
// would bring signatures, and with them cut answers, that nobody here checks;
// extended errors come without it. The letters of the name are of random case
// by UDP and TCP, which a forger does not know (0x20).
func (q query) pack(by carriage) (sent, error) {
	m := &dns.Msg{Question: []dns.Question{{Name: dns.Fqdn(q.asked.Name), Qtype: q.asked.Type, Qclass: dns.ClassINET}}}
	m.Id = binary.BigEndian.Uint16(by.id[:])
	m.RecursionDesired = !q.asked.Direct
	m.AuthenticatedData = !q.asked.Direct
	m.CheckingDisabled = q.unchecked
	s := sent{query: q, id: by.id, limit: wholeSize}
	encrypted := by.network == string(TLS) || by.network == string(HTTPS)
	if q.edns {
		m.SetEdns0(udpSize, false)
		opt := m.IsEdns0()
		if by.cookie != nil {
			opt.Option = append(opt.Option, &dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: hex.EncodeToString(by.cookie)})
			s.cookie = by.cookie[:clientCookie]
		}
		if encrypted {
			pad := new(dns.EDNS0_PADDING)
			opt.Option = append(opt.Option, pad)
			pad.Padding = make([]byte, (padding-m.Len()%padding)%padding)
		}
	}
	if by.network == "udp" {
		if s.limit = plainSize; q.edns {
			s.limit = udpSize
		}
	}
	raw, err := m.Pack()
	if err != nil {
		return sent{}, fmt.Errorf("cannot be asked: %w", err)
	}
	s.raw = raw
	s.name = question(raw)
	if s.lower = q.lower || encrypted; !s.lower {
		mixCase(s.name)
	}
	return s, nil
}

const headerLength = 12

// question gives the bytes of the name of the first question, nil where it is
// not there whole and uncompressed.
func question(raw []byte) []byte {
	for at := headerLength; at < len(raw); at += 1 + int(raw[at]) {
		switch {
		case raw[at] == 0:
			return raw[headerLength : at+1]
		case raw[at] > 63:
			return nil
		}
	}
	return nil
}

// mixCase gives the letters of a name on the wire a random case.
func mixCase(name []byte) {
	var coins [256]byte
	_, _ = rand.Read(coins[:len(name)]) // never fails, see crypto/rand
	for at := 0; at < len(name) && name[at] != 0; {
		end := at + 1 + int(name[at])
		for at++; at < end; at++ {
			if c := name[at] | 0x20; 'a' <= c && c <= 'z' && coins[at]&1 == 1 {
				name[at] ^= 0x20
			}
		}
	}
}

// verdict is what a message is to a query that is waiting.
type verdict int

const (
	stray   verdict = iota // not for this query
	forged                 // has its ID, and yet is no answer to it
	useless                // an answer that says nothing: unreadable, or a failure without its question
	doubted                // an answer to the question in other letters: forged, or the server's habit
	cookied                // BADCOOKIE: to be asked again with the cookie that it brings
	taken                  // the answer
)

// received is what a query brought: a packet, cut or whole, or an error.
type received struct {
	packet    packet.Packet
	cut       bool // TC, or more than was asked for
	whole     bool // by TCP, after UDP was cut
	recased   bool // the question came back in other letters
	doubt     bool // recased, and TCP did not tell whether that is the server's habit
	raw       []byte
	age       uint32 // seconds that a cache on the way kept it
	transport string
	err       error
}

// sift says what a message is to the query. What has the right ID and is no
// answer to this question never becomes one (RFC 5452 section 9.1).
func (s *sent) sift(raw []byte) (verdict, received) {
	if len(raw) < 2 || raw[0] != s.id[0] || raw[1] != s.id[1] {
		return stray, received{}
	}
	p, err := packet.Parse(raw)
	got := received{packet: p, cut: p.Truncated || len(raw) > s.limit, raw: slices.Clone(raw[:min(len(raw), maxRaw)])}
	answers := p.Answers(s.asked)
	switch {
	case err == nil && s.cookie != nil && p.Cookie != nil && !bytes.HasPrefix(p.Cookie, s.cookie):
		return forged, received{} // RFC 7873 section 5.3
	case answers && (err == nil || got.cut):
		got.recased = !bytes.Equal(question(raw), s.name)
		switch {
		case got.recased && !s.lower:
			return doubted, got
		case s.cookie != nil && p.Rcode == dns.RcodeBadCookie:
			return cookied, got
		}
		return taken, got
	case err != nil && (answers || p.Name == ""):
		return useless, received{err: err, raw: got.raw}
	case bareFailure(p):
		// Old servers repeat no question where they refuse. Nothing but the
		// ID speaks for it, so anything better goes before it.
		return useless, received{packet: p, raw: got.raw}
	}
	return forged, received{}
}

// bareFailure reports whether a packet is a failure that repeats no question.
func bareFailure(p packet.Packet) bool {
	if !p.Response || p.Opcode != dns.OpcodeQuery || p.Questions != 0 {
		return false
	}
	switch p.Rcode {
	case dns.RcodeFormatError, dns.RcodeServerFailure, dns.RcodeNotImplemented, dns.RcodeRefused:
		return true
	}
	return false
}

// randomID gives an ID for a query.
func randomID() (id [2]byte) {
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	return id
}
