// Package dnsx holds the values of a DNS survey: a question, what became of
// it, the records, and the [Resolver] that answers. It has no network code;
// package wire asks real servers, package dnstest answers from zone text.
//
// Names are in presentation form (RFC 1035 section 5.1), lower case, without
// the final dot; the root is ".". [CanonicalName] makes one.
package dnsx

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Type is a record type by its mnemonic (RFC 1035 section 3.2.2 and later).
type Type string

// The types this program asks for.
const (
	TypeA      Type = "A"
	TypeAAAA   Type = "AAAA"
	TypeCNAME  Type = "CNAME"
	TypeDNSKEY Type = "DNSKEY" // Data: flags, protocol, algorithm, key in base 64 (RFC 4034 section 2.2)
	TypeDS     Type = "DS"     // Data: key tag, algorithm, digest type, digest in hex (RFC 4034 section 5.3)
	TypeMX     Type = "MX"
	TypeNS     Type = "NS"
	TypePTR    Type = "PTR"
	TypeSOA    Type = "SOA"
	TypeSRV    Type = "SRV"
	TypeTXT    Type = "TXT"
	TypeTLSA   Type = "TLSA" // Data: usage, selector, matching type, data in hex (RFC 6698 section 2.2)
)

// Outcome is what became of a question. Only nodata and nxdomain say that
// something is absent; every other failure says nothing about the domain.
type Outcome string

// The outcomes, kept apart from the wire to the screen.
const (
	NoError    Outcome = "noerror"     // an answer with at least one record of the type asked
	NoData     Outcome = "nodata"      // the name exists, the type does not (RFC 2308 section 2.2)
	NXDomain   Outcome = "nxdomain"    // the name does not exist (RFC 2308 section 2.1)
	ServFail   Outcome = "servfail"    // the server could not find out
	Bogus      Outcome = "bogus"       // servfail, and DNSSEC validation is why: a resolver whose AD is believed says so (RFC 8914), or it answers only unchecked (CD)
	Refused    Outcome = "refused"     // the server does not answer us
	OtherRcode Outcome = "other_rcode" // any other response code
	Timeout    Outcome = "timeout"     // no usable answer within the time
	Truncated  Outcome = "truncated"   // cut answer by UDP and none by TCP
	Malformed  Outcome = "malformed"   // an answer that cannot be read
	Offline    Outcome = "offline"     // not asked: no network wanted, none there, or a target that is never contacted
)

// Absent reports whether the outcome proves that the record is not there.
func (o Outcome) Absent() bool { return o == NoData || o == NXDomain }

// Answered reports whether a server gave a definite answer, present or absent.
func (o Outcome) Answered() bool { return o == NoError || o.Absent() }

// Question is one thing asked. Two questions are the same when all three
// fields are; it is usable as a map key.
type Question struct {
	Name   string     `json:"name"`
	Type   Type       `json:"type"`
	Server netip.Addr `json:"server,omitzero"` // an authoritative server asked directly, without recursion; zero for the resolver
}

// String gives "MX example.com", with " @192.0.2.53" where a server is asked directly.
func (q Question) String() string {
	s := string(q.Type) + " " + q.Name
	if q.Server.IsValid() {
		s += " @" + q.Server.String()
	}
	return s
}

// Record is one resource record. Which fields are set depends on Type.
type Record struct {
	Name       string     `json:"name"`
	Type       Type       `json:"type"`
	TTL        uint32     `json:"ttl"`                  // seconds, as the answering server gave it
	Preference uint16     `json:"preference,omitempty"` // MX preference; SRV priority
	Host       string     `json:"host,omitempty"`       // MX exchange, NS, CNAME, PTR and SRV target; "." for the root
	Port       uint16     `json:"port,omitempty"`       // SRV
	Weight     uint16     `json:"weight,omitempty"`     // SRV: the share among equal priorities
	Addr       netip.Addr `json:"addr,omitzero"`        // A, AAAA
	Text       string     `json:"text,omitempty"`       // TXT: the strings joined without a blank, in presentation form (\DDD)
	SOA        *SOA       `json:"soa,omitempty"`
	Data       string     `json:"data,omitempty"` // any other type, presentation form
}

// SOA is a start of authority (RFC 1035 section 3.3.13). Times are seconds.
type SOA struct {
	MName   string `json:"mname"`
	RName   string `json:"rname"`
	Serial  uint32 `json:"serial"`
	Refresh uint32 `json:"refresh"`
	Retry   uint32 `json:"retry"`
	Expire  uint32 `json:"expire"`
	Minimum uint32 `json:"minimum"`
}

// ExtendedError is an EDNS extended error (RFC 8914): a claim of the server.
// It is advice: alone it never changes an outcome, unless the resolver is one
// whose AD is believed too. Text is raw bytes from the wire and must be shown
// only through package safe.
type ExtendedError struct {
	Code uint16 `json:"code"`
	Text string `json:"text,omitempty"`
}

// Answer is what became of one question: outcome, records, and from whom, when
// and how they came.
type Answer struct {
	Question      Question        `json:"question"`
	Outcome       Outcome         `json:"outcome"`
	Rcode         string          `json:"rcode,omitempty"` // as the server gave it: NOERROR, NXDOMAIN, ...
	Records       []Record        `json:"records,omitempty"`
	Chain         []Record        `json:"chain,omitempty"`         // CNAMEs followed from the question's name, in order
	Authority     *SOA            `json:"authority,omitempty"`     // SOA that came with a negative answer
	Zone          string          `json:"zone,omitempty"`          // the zone that Authority stands at the top of, where the resolver tells
	NegativeTTL   uint32          `json:"negative_ttl,omitempty"`  // seconds a negative answer may be kept (RFC 2308 section 5)
	From          string          `json:"from,omitempty"`          // who answered: address and port, "tls://...", "https://..." or "zone:FILE"
	Transport     string          `json:"transport,omitempty"`     // udp, tcp, tls, https, zone
	At            time.Time       `json:"at"`                      // when the answer came
	Took          time.Duration   `json:"took"`                    // from the first packet of this question to its answer, nanoseconds
	Authoritative bool            `json:"authoritative,omitempty"` // AA
	Authenticated bool            `json:"authenticated,omitempty"` // AD, and from a server whose AD we may trust
	Tries         int             `json:"tries,omitempty"`         // packets, and questions over connections, that were sent
	Extended      []ExtendedError `json:"extended,omitempty"`
	Notes         []Note          `json:"notes,omitempty"`
	Err           string          `json:"err,omitempty"` // why there is no answer; untrusted text
	Raw           []byte          `json:"raw,omitempty"` // the answer as received, up to 4 KiB; empty for a zone file
}

// Note is something to know about how an answer came.
type Note string

// The notes.
const (
	NoteSpoofSuspected Note = "spoof_suspected" // packets with the right ID and a wrong question, letters or cookie were discarded before the answer
	NoteIgnoredRecords Note = "ignored_records" // records that do not belong to the question were left out
	NoteTrailing       Note = "trailing_bytes"  // bytes after the end of the message
	NoteCapped         Note = "capped"          // more records than are kept; Records holds the first
	NoteTCP            Note = "tcp"             // UDP was cut, TCP gave the whole
	NoteSecondServer   Note = "second_server"   // the first resolver gave no answer, another did
	NoteChainLoop      Note = "cname_loop"      // the CNAME chain came back to itself or was too long
	NoteNotContacted   Note = "not_contacted"   // the server's address is private or special; it was not asked
)

// Has reports whether the answer carries the note.
func (a Answer) Has(n Note) bool {
	for _, have := range a.Notes {
		if have == n {
			return true
		}
	}
	return false
}

// TTL gives the smallest TTL of the records, in seconds, or the negative TTL.
func (a Answer) TTL() uint32 {
	if len(a.Records) == 0 {
		return a.NegativeTTL
	}
	ttl := a.Records[0].TTL
	for _, r := range a.Records[1:] {
		ttl = min(ttl, r.TTL)
	}
	for _, r := range a.Chain {
		ttl = min(ttl, r.TTL)
	}
	return ttl
}

// Resolver answers questions. It never fails otherwise than by an outcome; a
// cancelled context gives Timeout with the context's error in Err. It is safe
// for concurrent use. At and Took are set by the resolver.
type Resolver interface {
	Resolve(ctx context.Context, q Question) Answer
	// Name says who is asked, in the words of --resolver.
	Name() string
}

// CanonicalName gives a name as this package writes it: lower case ASCII, no
// final dot, "." for the root. It does not check the name.
func CanonicalName(name string) string {
	name = strings.TrimSpace(name)
	if name == "." {
		return name
	}
	name = strings.TrimSuffix(name, ".")
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, name)
}

// IsHostname reports whether a canonical name can be the name of a host:
// letters, digits, hyphen and underscore, labels of 1 to 63, 253 in all
// (RFC 1123 section 2.1; the underscore is seen in the wild). Addresses in
// dotted form are no host names.
func IsHostname(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			c := label[i]
			if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// ReverseName gives the name under in-addr.arpa or ip6.arpa that holds the
// PTR of an address (RFC 1035 section 3.5, RFC 3596 section 2.5).
func ReverseName(addr netip.Addr) string {
	addr = addr.Unmap()
	if addr.Is4() {
		b := addr.As4()
		parts := make([]string, 0, 6)
		for i := len(b) - 1; i >= 0; i-- {
			parts = append(parts, strconv.Itoa(int(b[i])))
		}
		return strings.Join(append(parts, "in-addr", "arpa"), ".")
	}
	const digits = "0123456789abcdef"
	b := addr.As16()
	var s strings.Builder
	for i := len(b) - 1; i >= 0; i-- {
		s.WriteByte(digits[b[i]&0xf])
		s.WriteByte('.')
		s.WriteByte(digits[b[i]>>4])
		s.WriteByte('.')
	}
	return s.String() + "ip6.arpa"
}
