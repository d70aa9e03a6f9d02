package dnstest

import (
	"fmt"
	"net/netip"

	"github.com/miekg/dns"

	"deadletter/dnsx"
	"deadletter/dnsx/wire/packet"
)

// maxNames bounds the names that exist because something below them does.
const maxNames = 1_000_000

// Zones is the content of a zone text. It is not changed after [ParseZones]
// and safe for concurrent use.
type Zones struct {
	name  string
	count int // records and outcomes, each view for itself

	sets   map[view]map[string]map[uint16][]dns.RR // by view, owner and type
	exists map[view]map[string]bool                // owners and the names above them (RFC 8020)
	rules  map[view]map[ruleKey]ruled
	secure map[string]bool
	serves map[netip.Addr]map[string]bool // zone tops by server address
}

func newZones(name string) *Zones {
	return &Zones{
		name:   name,
		sets:   map[view]map[string]map[uint16][]dns.RR{},
		exists: map[view]map[string]bool{},
		rules:  map[view]map[ruleKey]ruled{},
		secure: map[string]bool{},
		serves: map[netip.Addr]map[string]bool{},
	}
}

// Name gives the name that the text was read under.
func (z *Zones) Name() string { return z.name }

// Len gives the number of records and outcomes; one in several views counts in each.
func (z *Zones) Len() int { return z.count }

func (z *Zones) add(v view, rr dns.RR) error {
	if err := z.room(); err != nil {
		return err
	}
	owner := dnsx.CanonicalName(rr.Header().Name)
	if z.sets[v] == nil {
		z.sets[v] = map[string]map[uint16][]dns.RR{}
	}
	if z.sets[v][owner] == nil {
		z.sets[v][owner] = map[uint16][]dns.RR{}
	}
	t := rr.Header().Rrtype
	z.sets[v][owner][t] = append(z.sets[v][owner][t], rr)
	return nil
}

func (z *Zones) rule(v view, key ruleKey, r ruled) error {
	if err := z.room(); err != nil {
		return err
	}
	if z.rules[v] == nil {
		z.rules[v] = map[ruleKey]ruled{}
	}
	z.rules[v][key] = r
	return nil
}

func (z *Zones) room() error {
	if z.count == maxRecords {
		return fmt.Errorf("%w: over %d records", ErrTooLarge, maxRecords)
	}
	z.count++
	return nil
}

// settle works out, once all is read, which names exist and who serves what.
func (z *Zones) settle() error {
	names := 0
	for v, owners := range z.sets {
		seen := map[string]bool{}
		for owner := range owners {
			for name := owner; !seen[name]; name = packet.Parent(name) {
				if names++; names > maxNames {
					return fmt.Errorf("%w: over %d names", ErrTooLarge, maxNames)
				}
				seen[name] = true
			}
		}
		z.exists[v] = seen
	}
	z.settleServers()
	z.settleViews()
	return nil
}

// settleServers finds the addresses of the name servers of every zone, in whatever view.
func (z *Zones) settleServers() {
	for _, owners := range z.sets {
		for top, types := range owners {
			for _, rr := range types[dns.TypeNS] {
				host := dnsx.CanonicalName(rr.(*dns.NS).Ns)
				for _, other := range z.sets {
					for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
						for _, address := range other[host][t] {
							z.serve(packet.Record(address).Addr.Unmap(), top)
						}
					}
				}
			}
		}
	}
}

// settleViews makes a server serve the zones that its view speaks of. An NS
// set alone does not count: it may be the delegation in a zone above.
func (z *Zones) settleViews() {
	for v, owners := range z.sets {
		if !v.addr.IsValid() {
			continue
		}
		for owner, types := range owners {
			if _, ns := types[dns.TypeNS]; ns && len(types) == 1 {
				continue
			}
			if top, ok := z.top(v, owner); ok {
				z.serve(v.addr, top)
			}
		}
	}
	for v, rules := range z.rules {
		if !v.addr.IsValid() {
			continue
		}
		for key := range rules {
			if top, ok := z.top(v, key.name); ok && key.name != "*" {
				z.serve(v.addr, top)
			}
		}
	}
}

func (z *Zones) serve(addr netip.Addr, top string) {
	if !addr.IsValid() {
		return
	}
	if z.serves[addr] == nil {
		z.serves[addr] = map[string]bool{}
	}
	z.serves[addr][top] = true
}

// set gives the records of a name and type as a view sees them.
func (z *Zones) set(v view, name string, t uint16) []dns.RR {
	if v != viewAll {
		if rrs := z.sets[v][name][t]; len(rrs) > 0 {
			return rrs
		}
	}
	return z.sets[viewAll][name][t]
}

func (z *Zones) has(v view, name string) bool { return z.exists[v][name] || z.exists[viewAll][name] }

// ruled gives the outcome that the text sets for a question: the view before
// all, the name before "*", the type before any.
func (z *Zones) ruled(v view, name string, t uint16) (ruled, bool) {
	for _, layer := range [...]view{v, viewAll} {
		rules := z.rules[layer]
		if len(rules) == 0 {
			continue
		}
		for _, key := range [...]ruleKey{{name, t}, {name, 0}, {"*", t}, {"*", 0}} {
			if r, ok := rules[key]; ok {
				return r, true
			}
		}
	}
	return ruled{}, false
}

// top gives the top of the zone that a name is in: the nearest name at or
// above it with a SOA or NS. Without one the nearest name that exists stands
// in for it, if it is no top-level domain and no bare reverse tree.
func (z *Zones) top(v view, name string) (string, bool) {
	nearest := ""
	for at := name; ; at = packet.Parent(at) {
		if len(z.set(v, at, dns.TypeSOA)) > 0 || len(z.set(v, at, dns.TypeNS)) > 0 {
			return at, true
		}
		if nearest == "" && z.has(v, at) {
			nearest = at
		}
		if at == "." {
			break
		}
	}
	least := 2
	if packet.Within(name, "arpa") {
		least = 3
	}
	if nearest == "" || nearest == "." || dns.CountLabel(nearest) < least {
		return "", false
	}
	return nearest, true
}

// answering gives the top of the zone that answers a question: that of the
// name, but for DS the one above a cut, which holds it (RFC 4035 section
// 3.1.4.1), where the text has that and the server serves it.
func (z *Zones) answering(v view, name string, t uint16) (string, bool) {
	top, ok := z.top(v, name)
	if t != dns.TypeDS || top != name || name == "." {
		return top, ok
	}
	above, found := z.top(v, packet.Parent(name))
	if !found || v.addr.IsValid() && !z.serves[v.addr][above] {
		return top, ok
	}
	return above, true
}

// soa gives the SOA of a zone with the TTL of a negative answer, if it has one.
func (z *Zones) soa(v view, top string) []dns.RR {
	if rrs := z.set(v, top, dns.TypeSOA); len(rrs) > 0 {
		return rrs[:1]
	}
	return nil
}

// find gives the records of a name and type, or its alias, a wildcard's if
// the name is not there (RFC 4592 section 3.3). exists tells an empty set
// from a name that is not there.
func (z *Zones) find(v view, top, name string, t uint16) (rrs []dns.RR, alias *dns.CNAME, exists bool) {
	source := name
	if !z.has(v, name) {
		encloser := packet.Parent(name)
		for encloser != top && encloser != "." && !z.has(v, encloser) {
			encloser = packet.Parent(encloser)
		}
		source = "*." + encloser
		if encloser == "." {
			source = "*"
		}
		if !packet.Within(encloser, top) || !z.has(v, source) {
			return nil, nil, false
		}
	}
	rrs = z.set(v, source, t)
	if len(rrs) == 0 {
		if c := z.set(v, source, dns.TypeCNAME); len(c) > 0 {
			alias, _ = named(c[0], name, source).(*dns.CNAME)
		}
		return nil, alias, true
	}
	if source != name {
		copies := make([]dns.RR, len(rrs))
		for i, rr := range rrs {
			copies[i] = named(rr, name, source)
		}
		rrs = copies
	}
	return rrs, nil, true
}

// named gives a wildcard's record under the name that was asked.
func named(rr dns.RR, name, source string) dns.RR {
	if name == source {
		return rr
	}
	rr = dns.Copy(rr)
	rr.Header().Name = dns.Fqdn(name)
	return rr
}
