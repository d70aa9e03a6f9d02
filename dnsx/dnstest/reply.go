package dnstest

import (
	"net/netip"

	"github.com/miekg/dns"

	"deadletter/dnsx"
	"deadletter/dnsx/wire/packet"
)

// reply is what a server with this zone text says to a question.
type reply struct {
	rule      dnsx.Outcome // set by the text; "" where the records speak
	rcode     int
	answer    []dns.RR
	authority []dns.RR
	extended  []dnsx.ExtendedError
	aa, ra    bool
	ad        bool
}

// reply answers for the resolver, or, where server is valid, for that server.
// Unchecked (CD), a resolver gives what it holds for bogus too.
func (z *Zones) reply(server netip.Addr, name string, t uint16, unchecked bool) reply {
	v := viewResolver
	if server.IsValid() {
		v = view{addr: server.Unmap()}
	}
	direct := server.IsValid()
	r := reply{ra: !direct, ad: !direct}
	seen := map[string]bool{}
	for {
		if rule, ok := z.ruled(v, name, t); ok && !(rule.outcome == dnsx.Bogus && unchecked && !direct) {
			top, _ := z.top(v, name)
			return z.obey(r, v, top, name, t, rule)
		}
		top, ok := z.answering(v, name, t)
		switch {
		case direct && !(ok && z.serves[v.addr][top]):
			if len(r.answer) == 0 {
				z.referral(&r, v, name)
			}
			return r
		case !ok:
			r.rcode, r.ad = dns.RcodeRefused, false
			return r
		}
		r.aa = direct
		r.ad = r.ad && z.isSecure(name)
		rrs, alias, exists := z.find(v, top, name, t)
		r.answer = append(r.answer, rrs...)
		switch {
		case len(rrs) > 0:
			return r
		case alias != nil:
			r.answer = append(r.answer, alias)
			seen[name] = true
			name = dnsx.CanonicalName(alias.Target)
			// One link more than a reader follows, so that it sees that
			// the chain is too long.
			if seen[name] || len(r.answer) > packet.MaxChain {
				return r
			}
		case exists:
			r.authority = z.soa(v, top)
			return r
		default:
			r.rcode, r.authority = dns.RcodeNameError, z.soa(v, top)
			return r
		}
	}
}

// obey gives the reply that an outcome directive asks for.
func (z *Zones) obey(r reply, v view, top, name string, t uint16, rule ruled) reply {
	r.rule, r.extended, r.ad = rule.outcome, rule.extended, false
	r.aa = v.addr.IsValid() && z.serves[v.addr][top]
	switch rule.outcome {
	case dnsx.NoData, dnsx.NXDomain:
		// Plain answers, only not those of the records.
		r.rule, r.authority = "", z.soa(v, top)
		r.aa = v.addr.IsValid()
		if rule.outcome == dnsx.NXDomain {
			r.rcode = dns.RcodeNameError
		}
	case dnsx.ServFail, dnsx.Bogus:
		r.rcode = dns.RcodeServerFailure
	case dnsx.Refused:
		r.rcode = dns.RcodeRefused
	case dnsx.OtherRcode:
		r.rcode = dns.RcodeNotImplemented
	case dnsx.Truncated:
		if top != "" {
			rrs, _, _ := z.find(v, top, name, t)
			r.answer = append(r.answer, rrs[:(len(rrs)+1)/2]...)
		}
	}
	return r
}

// referral names the servers of the zone below one that this server has, or
// refuses (RFC 1034 section 4.3.2).
func (z *Zones) referral(r *reply, v view, name string) {
	cut := ""
	for at := name; ; at = packet.Parent(at) {
		if z.serves[v.addr][at] {
			if cut == "" {
				break
			}
			r.authority = z.set(v, cut, dns.TypeNS)
			return
		}
		if len(z.set(v, at, dns.TypeNS)) > 0 {
			cut = at
		}
		if at == "." {
			break
		}
	}
	r.rcode = dns.RcodeRefused
}

func (z *Zones) isSecure(name string) bool {
	if len(z.secure) == 0 {
		return false
	}
	for at := name; ; at = packet.Parent(at) {
		if z.secure[at] {
			return true
		}
		if at == "." {
			return false
		}
	}
}

// msg makes the reply to a question a message. EDNS is for the caller to add.
func (r reply) msg(name string, t uint16) *dns.Msg {
	m := &dns.Msg{Question: []dns.Question{{Name: dns.Fqdn(name), Qtype: t, Qclass: dns.ClassINET}}}
	m.Response, m.Rcode = true, r.rcode
	m.Authoritative, m.RecursionAvailable, m.AuthenticatedData = r.aa, r.ra, r.ad
	m.Answer, m.Ns = r.answer, r.authority
	return m
}
