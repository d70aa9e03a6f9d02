package survey

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"deadletter/dnsx"
)

// MXState is what a domain's MX answer amounts to.
type MXState string

// The states. Only absence gives none and implicit; a failure gives unknown.
const (
	MXAsking   MXState = "asking"   // not known yet
	MXListed   MXState = "listed"   // MX records that name hosts
	MXNull     MXState = "null"     // the domain says that it takes no mail (RFC 7505)
	MXImplicit MXState = "implicit" // no MX, and the domain's own address takes mail (RFC 5321 section 5.1)
	MXNone     MXState = "none"     // neither MX nor address
	MXUnknown  MXState = "unknown"  // no definite answer
)

// Null is how an MX set holds the null MX, the root as exchange.
type Null string

// The forms. Only a single record of preference 0 is right (RFC 7505 section 3).
const (
	NullSingle  Null = "single"
	NullMixed   Null = "mixed"   // beside hosts, which are still tried
	NullNonzero Null = "nonzero" // alone, with another preference
)

// MXSet is the recipient domain's MX set as the resolver holds it.
type MXSet struct {
	Lookup
	State     MXState       `json:"state"`
	Null      Null          `json:"null,omitempty"`
	TTL       uint32        `json:"ttl"`                 // seconds, of the answer
	At        time.Time     `json:"at,omitzero"`         // when it came
	KeptUntil time.Time     `json:"kept_until,omitzero"` // a definite answer can be given again until then: At and TTL
	Chain     []dnsx.Record `json:"chain,omitempty"`     // the aliases from the domain to the name whose MX these are
	Against   dnsx.Question `json:"against,omitzero"`    // an answer that the name exists, where this one says that it does not
	Hosts     []MXHost      `json:"hosts"`               // by preference, then name; for implicit the domain itself
	More      int           `json:"more,omitempty"`      // records beyond Hosts
}

// MXHost is one MX record with what is known of its host.
type MXHost struct {
	Entry
	From             dnsx.Question `json:"from"`                         // the MX question
	TTL              uint32        `json:"ttl"`                          // of the MX record
	IsAddressLiteral bool          `json:"is_address_literal,omitempty"` // an address where a name must be: it never resolves
	IsInvalid        bool          `json:"is_invalid,omitempty"`         // no host name: not asked about
	HostAddrs
}

// HostAddrs is what a host name resolves to.
type HostAddrs struct {
	A            Lookup        `json:"a,omitzero"`
	AAAA         Lookup        `json:"aaaa,omitzero"`
	Addrs        []AddrFact    `json:"addrs"`                  // IPv4 first, the first MaxHostAddrs
	MoreAddrs    int           `json:"more_addrs,omitempty"`   // beyond Addrs
	IsCNAME      bool          `json:"is_cname,omitempty"`     // an alias (for an MX host against RFC 2181 section 10.3)
	Chain        []dnsx.Record `json:"chain,omitempty"`        // the aliases
	Unresolvable bool          `json:"unresolvable,omitempty"` // A and AAAA are both absent
	Unknown      bool          `json:"unknown,omitempty"`      // no address, and a question failed
	Asking       bool          `json:"asking,omitempty"`       // A or AAAA is not answered yet
}

// AddrFact is one address of a host.
type AddrFact struct {
	Addr          netip.Addr    `json:"addr"`
	From          dnsx.Question `json:"from"` // the A or AAAA question
	TTL           uint32        `json:"ttl"`
	Special       bool          `json:"special,omitempty"`       // of a block that is never contacted
	Documentation bool          `json:"documentation,omitempty"` // special, and only because it is an example
	PTR           Lookup        `json:"ptr"`
	Names         []string      `json:"names,omitempty"` // that the address has
	Confirmed     Known         `json:"confirmed"`       // does one of the first MaxNames names have the address
	ConfirmedName string        `json:"confirmed_name,omitempty"`
	ConfirmedFrom dnsx.Question `json:"confirmed_from,omitzero"`
}

// ForwardConfirmed reports whether a PTR name of the address has the address.
func (a AddrFact) ForwardConfirmed() bool { return a.Confirmed == Yes }

// Has reports whether the set names the host: as an exchange, or as the end of
// an exchange's alias.
func (s MXSet) Has(host string) bool {
	host = dnsx.CanonicalName(host)
	for _, h := range s.Hosts {
		if h.Host == host {
			return true
		}
		for _, link := range h.Chain {
			if link.Host == host {
				return true
			}
		}
	}
	return false
}

// HasAddr reports whether a host of the set has the address.
func (s MXSet) HasAddr(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, h := range s.Hosts {
		for _, a := range h.Addrs {
			if a.Addr == addr {
				return true
			}
		}
	}
	return false
}

func (r reader) mxSet(d string) MXSet {
	q := ask(dnsx.TypeMX, d)
	set := MXSet{Lookup: r.lookup(q), State: MXUnknown}
	answer, ok := r.answers[q]
	if !ok {
		if set.Asking {
			set.State = MXAsking
		}
		return set
	}
	set.TTL, set.At, set.Chain = answer.TTL(), answer.At, answer.Chain
	if answer.Outcome.Answered() {
		set.KeptUntil = answer.At.Add(time.Duration(set.TTL) * time.Second)
	}
	switch answer.Outcome {
	case dnsx.NoError:
		r.listed(&set, answer)
	case dnsx.NoData:
		r.unlisted(&set, d)
	case dnsx.NXDomain:
		set.State = MXNone
		// Of a name that is there after all nothing is known: it is no absence,
		// and no reason to send to its address (RFC 5321 section 5.1).
		if yes, by := r.exists(d); yes == Yes && len(answer.Chain) == 0 {
			set.State, set.Against = MXUnknown, by
		}
	}
	return set
}

// listed fills the set from MX records.
func (r reader) listed(set *MXSet, answer dnsx.Answer) {
	list := entries(answer)
	ttl := map[Entry]uint32{}
	for _, rec := range answer.Records {
		ttl[Entry{rec.Preference, dnsx.CanonicalName(rec.Host)}] = rec.TTL
	}
	roots := 0
	for _, e := range list {
		if e.Host == "." {
			roots++
		}
	}
	switch {
	case len(list) == 0:
		return
	case roots == 0:
		set.State = MXListed
	case roots < len(list):
		set.State, set.Null = MXListed, NullMixed
	case len(list) == 1 && list[0].Preference == 0:
		set.State, set.Null = MXNull, NullSingle
	default:
		set.State, set.Null = MXNull, NullNonzero
	}
	known := map[string]bool{}
	for _, host := range r.mx {
		known[host] = true
	}
	for _, e := range list {
		if e.Host == "." {
			continue
		}
		name := dnsx.IsHostname(e.Host)
		if len(set.Hosts) >= MaxMXHosts || name && !known[e.Host] {
			set.More++
			continue
		}
		h := MXHost{Entry: e, From: answer.Question, TTL: ttl[e]}
		if name {
			h.HostAddrs = r.hostAddrs(e.Host)
		} else {
			h.IsAddressLiteral = isLiteral(e.Host)
			h.IsInvalid = !h.IsAddressLiteral
		}
		set.Hosts = append(set.Hosts, h)
	}
}

// newHosts gives the hosts that only an authoritative server names, as far as
// they are looked into.
func (r reader) newHosts(d string) []MXHost {
	var out []MXHost
	for _, host := range r.newMX {
		for _, name := range r.servers {
			addr, _, _ := r.serverAddr(name)
			answer := r.answers[dnsx.Question{Name: d, Type: dnsx.TypeMX, Server: addr}]
			i := slices.IndexFunc(entries(answer), func(e Entry) bool { return e.Host == host })
			if i < 0 || !answer.Authoritative {
				continue
			}
			out = append(out, MXHost{Entry: entries(answer)[i], From: answer.Question, TTL: answer.TTL(), HostAddrs: r.hostAddrs(host)})
			break
		}
	}
	return out
}

// unlisted reads the implicit MX, for a name that exists without an MX record.
func (r reader) unlisted(set *MXSet, d string) {
	self := r.hostAddrs(d)
	switch {
	case len(self.Addrs) > 0:
		set.State = MXImplicit
		// The alias that the MX question followed is the domain's own, not a fault of an exchange.
		set.Hosts = []MXHost{{Entry: Entry{Host: d}, From: set.From, TTL: set.TTL, HostAddrs: self}}
	case self.Asking:
		set.State = MXAsking
	case self.Unresolvable:
		set.State = MXNone
	}
}

// isLiteral reports whether an exchange is an address, with or without the
// brackets of RFC 5321 section 4.1.3.
func isLiteral(host string) bool {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	_, err := netip.ParseAddr(strings.TrimPrefix(host, "ipv6:"))
	return err == nil
}

// hostAddrs reads what a host name resolves to.
func (r reader) hostAddrs(host string) HostAddrs {
	h := HostAddrs{A: r.lookup(ask(dnsx.TypeA, host)), AAAA: r.lookup(ask(dnsx.TypeAAAA, host))}
	var list []found
	for _, l := range []Lookup{h.A, h.AAAA} {
		answer := r.answers[l.From]
		list = append(list, addresses(answer)...)
		if len(answer.Chain) > 0 && !h.IsCNAME {
			h.IsCNAME, h.Chain = true, answer.Chain
		}
	}
	for i, f := range list {
		if i == MaxHostAddrs {
			h.MoreAddrs = len(list) - i
			break
		}
		h.Addrs = append(h.Addrs, r.addrFact(f))
	}
	h.Asking = h.A.Asking || h.AAAA.Asking
	if len(list) == 0 && !h.Asking {
		h.Unresolvable = h.A.Outcome.Absent() && h.AAAA.Outcome.Absent()
		h.Unknown = !h.Unresolvable
	}
	return h
}

func (r reader) addrFact(f found) AddrFact {
	fact := AddrFact{
		Addr: f.addr, From: f.from, TTL: f.ttl,
		Special: dnsx.Special(f.addr), Documentation: dnsx.Documentation(f.addr),
		PTR: r.lookup(ask(dnsx.TypePTR, dnsx.ReverseName(f.addr))),
	}
	fact.Names, fact.Confirmed, fact.ConfirmedName, fact.ConfirmedFrom = r.confirm(f.addr, fact.PTR)
	return fact
}

// confirm tells whether a name of the address has the address.
func (r reader) confirm(addr netip.Addr, ptr Lookup) (names []string, known Known, by string, from dnsx.Question) {
	answer := r.answers[ptr.From]
	names = hosts(answer, dnsx.TypePTR)
	known = Unknown
	switch {
	case ptr.Asking:
		return names, Open, "", from
	case ptr.Outcome.Answered():
		known = No
	}
	for _, q := range confirming(addr, answer) {
		forward, ok := r.answers[q]
		for _, f := range addresses(forward) {
			if f.addr == addr {
				return names, Yes, q.Name, q
			}
		}
		switch {
		case ok && forward.Outcome.Answered() || known == Open:
		case r.open(q):
			known = Open
		default:
			known = Unknown
		}
	}
	return names, known, "", from
}
