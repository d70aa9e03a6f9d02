package survey

import (
	"net/netip"
	"slices"

	"deadletter/dnsx"
)

// HostFacts is what DNS knows of a host that a bounce names.
type HostFacts struct {
	Host    string     `json:"host,omitempty"`   // "" for none, or one that cannot be a host name
	Claimed netip.Addr `json:"claimed,omitzero"` // the address that the bounce gives it
	PTR     AddrFact   `json:"ptr,omitzero"`     // of Claimed
	HostAddrs
	HasClaimed Known `json:"has_claimed,omitempty"` // is Claimed among the host's addresses; "" without both
	InMXName   Known `json:"in_mx_name,omitempty"`  // is the host in the recipient's MX set; "" without a name
	InMXAddr   Known `json:"in_mx_addr,omitempty"`  // is an address of it that of an MX host; "" without any
}

// hostFacts gives what is known of a named host and of its claimed address;
// the zero value where the bounce names neither.
func (r reader) hostFacts(host string, addr netip.Addr, set MXSet) HostFacts {
	h := HostFacts{Host: host, Claimed: addr}
	if host != "" {
		h.HostAddrs = r.hostAddrs(host)
		h.InMXName = set.inName(h)
	}
	own := make([]netip.Addr, 0, len(h.Addrs)+1)
	for _, a := range h.Addrs {
		own = append(own, a.Addr)
	}
	if addr.IsValid() {
		h.PTR = r.addrFact(found{addr: addr})
		if host != "" {
			h.HasClaimed = r.hasClaimed(h, addr)
		}
		own = append(own, addr)
	}
	if len(own) > 0 || h.Asking {
		h.InMXAddr = set.inAddr(own, h.Asking)
	}
	return h
}

// hasClaimed looks among all addresses of the host, beyond those kept too.
func (r reader) hasClaimed(h HostFacts, addr netip.Addr) Known {
	l := h.A
	if addr.Is6() {
		l = h.AAAA
	}
	answer := r.answers[l.From]
	switch {
	case slices.ContainsFunc(addresses(answer), func(f found) bool { return f.addr == addr }):
		return Yes
	case l.Asking:
		return Open
	case definite(answer):
		return No
	}
	return Unknown
}

// settled tells what a host that was not found in the set means.
func (s MXSet) settled() Known {
	switch {
	case s.State == MXAsking:
		return Open
	case s.State == MXUnknown || s.More > 0:
		return Unknown
	}
	return No
}

// inName looks for the host among the exchanges and the ends of their aliases,
// and for the end of the host's own alias among the exchanges.
func (s MXSet) inName(h HostFacts) Known {
	if s.Has(h.Host) {
		return Yes
	}
	for _, link := range h.Chain {
		if s.Has(dnsx.CanonicalName(link.Host)) {
			return Yes
		}
	}
	return s.settled()
}

// inAddr looks for one of the addresses among those of the MX hosts.
func (s MXSet) inAddr(own []netip.Addr, asking bool) Known {
	if slices.ContainsFunc(own, s.HasAddr) {
		return Yes
	}
	known := s.settled()
	for _, h := range s.Hosts {
		switch {
		case h.Asking:
			return Open
		case known == No && (h.Unknown || h.MoreAddrs > 0 || h.A.Failed() || h.AAAA.Failed()):
			known = Unknown
		}
	}
	if asking && known == No {
		return Open
	}
	return known
}
