package packet

import (
	"cmp"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"deadletter/dnsx"
)

// Asked is the question that a packet is held against.
type Asked struct {
	Name   string // canonical
	Type   uint16
	Direct bool // an authoritative server was asked, without recursion
}

// Answers reports whether the packet is a response to this very question: it
// must be marked as one, be an ordinary query's, and repeat name, type and
// class (RFC 5452 section 9.1). The ID is for the caller to compare.
func (p Packet) Answers(asked Asked) bool {
	return p.Response && p.Opcode == dns.OpcodeQuery && p.Questions == 1 &&
		p.Name == asked.Name && p.Type == asked.Type && p.Class == dns.ClassINET
}

// Judge says what the packet answers: outcome, records, chain, authority,
// extended errors and notes, and Authoritative. Where and when it came from,
// and whether its AD may be believed, is for the caller to add; so is Bogus, which
// no packet shows by itself: extended errors are a claim. The outcome is never Absent without what RFC 2308 section 2 asks for.
func (p Packet) Judge(asked Asked) dnsx.Answer {
	a := dnsx.Answer{Rcode: rcodeName(p.Rcode), Authoritative: p.Authoritative, Extended: p.Extended}
	if p.Trailing > 0 {
		a.Notes = append(a.Notes, dnsx.NoteTrailing)
	}
	switch p.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
		p.readData(&a, asked)
	case dns.RcodeServerFailure:
		a.Outcome = dnsx.ServFail
	case dns.RcodeRefused:
		a.Outcome = dnsx.Refused
	default:
		a.Outcome, a.Err = dnsx.OtherRcode, "response code "+a.Rcode
	}
	return a
}

// readData fills a from the sections of a NOERROR or NXDOMAIN packet.
func (p Packet) readData(a *dnsx.Answer, asked Asked) {
	final, used, tooLong := p.follow(a, asked)
	if !tooLong {
		used += p.collect(a, asked, final)
	}
	ignored := used < countable(p.Answer)
	referral := p.readAuthority(a, final, &ignored)
	if ignored {
		a.Notes = append(a.Notes, dnsx.NoteIgnoredRecords)
	}

	switch {
	case tooLong:
		a.Notes = append(a.Notes, dnsx.NoteChainLoop)
		a.Outcome, a.Err = dnsx.OtherRcode, "the chain of aliases comes back to itself or is too long"
	case len(a.Records) > 0 && p.Rcode == dns.RcodeNameError:
		a.Outcome, a.Err = dnsx.Malformed, "NXDOMAIN, and yet records of the name"
		a.Records = nil
	case len(a.Records) > 0:
		a.Outcome = dnsx.NoError
	case p.Rcode == dns.RcodeNameError:
		a.Outcome = dnsx.NXDomain
	case a.Authority != nil:
		a.Outcome = dnsx.NoData
	case referral && !p.Authoritative:
		a.Outcome, a.Err = dnsx.OtherRcode, "referral"
	case len(a.Chain) > 0 && (asked.Direct || !p.RecursionAvailable):
		// AA vouches for the first name of the chain only (RFC 1035
		// section 4.1.1); where it ends nobody has said anything.
		a.Outcome, a.Err = dnsx.OtherRcode, "the alias leads to "+final+", and nothing is said of that"
	case p.Authoritative, !asked.Direct && p.RecursionAvailable:
		a.Outcome = dnsx.NoData
	default:
		a.Outcome, a.Err = dnsx.OtherRcode, "an empty answer without a proof of absence"
	}
	if !a.Outcome.Absent() {
		a.Authority, a.Zone, a.NegativeTTL = nil, "", 0
	}
}

// follow walks the CNAME records from the name asked, fills a.Chain and gives
// the name where it ends and the number of records used. tooLong is set when
// the chain meets a name again or has more than MaxChain links.
func (p Packet) follow(a *dnsx.Answer, asked Asked) (final string, used int, tooLong bool) {
	final = asked.Name
	if asked.Type == dns.TypeCNAME {
		return final, 0, false
	}
	next := map[string]dns.RR{}
	for _, rr := range p.Answer {
		if rr.Header().Rrtype != dns.TypeCNAME || rr.Header().Class != dns.ClassINET {
			continue
		}
		owner := dnsx.CanonicalName(rr.Header().Name)
		if _, ok := next[owner]; !ok {
			next[owner] = rr
		}
	}
	seen := map[string]bool{final: true}
	for {
		rr, ok := next[final]
		if !ok {
			return final, used, false
		}
		if len(a.Chain) == MaxChain {
			return final, used, true
		}
		link := Record(rr)
		a.Chain = append(a.Chain, link)
		used++
		if final = link.Host; seen[final] {
			return final, used, true
		}
		seen[final] = true
	}
}

// collect fills a.Records with the records of the type asked at the final
// name and gives how many there were.
func (p Packet) collect(a *dnsx.Answer, asked Asked, final string) (used int) {
	var list []dns.RR
	for _, rr := range p.Answer {
		h := rr.Header()
		if h.Rrtype == asked.Type && h.Class == dns.ClassINET && dnsx.CanonicalName(h.Name) == final {
			list = append(list, rr)
		}
	}
	used = len(list)
	if used > MaxRecords {
		a.Notes = append(a.Notes, dnsx.NoteCapped)
		lowestFirst(list)
		list = list[:MaxRecords]
	}
	for _, rr := range list {
		a.Records = append(a.Records, Record(rr))
	}
	return used
}

// lowestFirst orders MX records by preference, then host: a server sends them in
// any order, and mail goes to the lowest. Other types stay as they came.
func lowestFirst(list []dns.RR) {
	slices.SortStableFunc(list, func(x, y dns.RR) int {
		a, ok := x.(*dns.MX)
		b, too := y.(*dns.MX)
		if !ok || !too {
			return 0
		}
		return cmp.Or(cmp.Compare(a.Preference, b.Preference), cmp.Compare(a.Mx, b.Mx))
	})
}

// countable counts the records that must belong to the question. Signatures
// and the DNAME behind a synthesised CNAME (RFC 6672 section 3.1) come along.
func countable(answer []dns.RR) (n int) {
	for _, rr := range answer {
		if t := rr.Header().Rrtype; t != dns.TypeRRSIG && t != dns.TypeDNAME {
			n++
		}
	}
	return n
}

// readAuthority takes the SOA that covers the final name, with the time a
// negative answer may be kept: the smaller of the TTL and the minimum
// (RFC 2308 section 5). It reports whether the section names other servers.
func (p Packet) readAuthority(a *dnsx.Answer, final string, ignored *bool) (referral bool) {
	for _, rr := range p.Authority {
		h := rr.Header()
		if h.Class != dns.ClassINET {
			*ignored = true
			continue
		}
		switch rr := rr.(type) {
		case *dns.NS:
			referral = true
		case *dns.SOA:
			// After a chain the SOA may be that of the first name where the
			// server does not know the target; that proves nothing about it.
			if a.Authority != nil || !Within(final, dnsx.CanonicalName(h.Name)) {
				*ignored = true
				continue
			}
			a.Authority, a.Zone = soa(rr), dnsx.CanonicalName(h.Name)
			a.NegativeTTL = min(h.Ttl, rr.Minttl)
		}
	}
	return referral
}

// Within reports whether a canonical name is the zone's or below it.
func Within(name, zone string) bool {
	return zone == "." || name == zone || strings.HasSuffix(name, "."+zone) && !escaped(name, zone)
}

// escaped reports whether the dot before the suffix is part of a label ("\.").
func escaped(name, zone string) bool {
	head := name[:len(name)-len(zone)-1]
	return (len(head)-len(strings.TrimRight(head, `\`)))%2 == 1
}

// Parent gives the name one label up, "." above a single label and ".".
func Parent(name string) string {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '\\':
			i++
		case '.':
			if i+1 < len(name) {
				return name[i+1:]
			}
		}
	}
	return "."
}

// AddNote adds a note once.
func AddNote(a *dnsx.Answer, n dnsx.Note) {
	if !slices.Contains(a.Notes, n) {
		a.Notes = append(a.Notes, n)
	}
}
