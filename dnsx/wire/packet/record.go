package packet

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"deadletter/dnsx"
)

// Record gives a resource record as a value of package dnsx: names canonical,
// text in presentation form (RFC 1035 section 5.1).
func Record(rr dns.RR) dnsx.Record {
	h := rr.Header()
	r := dnsx.Record{Name: dnsx.CanonicalName(h.Name), Type: TypeName(h.Rrtype), TTL: h.Ttl}
	switch rr := rr.(type) {
	case *dns.A:
		if addr, ok := netip.AddrFromSlice(rr.A); ok {
			r.Addr = addr.Unmap()
		}
	case *dns.AAAA:
		// A mapped address stays one: that it came as AAAA is worth seeing.
		if addr, ok := netip.AddrFromSlice(rr.AAAA.To16()); ok {
			r.Addr = addr
		}
	case *dns.CNAME:
		r.Host = dnsx.CanonicalName(rr.Target)
	case *dns.NS:
		r.Host = dnsx.CanonicalName(rr.Ns)
	case *dns.PTR:
		r.Host = dnsx.CanonicalName(rr.Ptr)
	case *dns.MX:
		r.Preference, r.Host = rr.Preference, dnsx.CanonicalName(rr.Mx)
	case *dns.SRV:
		r.Preference, r.Weight, r.Port, r.Host = rr.Priority, rr.Weight, rr.Port, dnsx.CanonicalName(rr.Target)
	case *dns.TXT:
		r.Text = strings.Join(rr.Txt, "")
	case *dns.SOA:
		r.SOA = soa(rr)
	default:
		r.Data = strings.TrimPrefix(rr.String(), h.String())
	}
	return r
}

func soa(rr *dns.SOA) *dnsx.SOA {
	return &dnsx.SOA{
		MName: dnsx.CanonicalName(rr.Ns), RName: dnsx.CanonicalName(rr.Mbox), Serial: rr.Serial,
		Refresh: rr.Refresh, Retry: rr.Retry, Expire: rr.Expire, Minimum: rr.Minttl,
	}
}
