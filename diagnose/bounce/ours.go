package bounce

import (
	"net/netip"
	"slices"
	"strings"
)

// handedOver follows the Received fields from the newest, which the refusing
// side wrote. A host of ours is found where the receiver saw it as its client;
// further down only as long as every host on the way is of the reporting
// host's organisation and each field continues the one above by what the
// receiver saw: what stands below a stranger may be his invention. claimed is
// a name of ours that was merely given, to a receiver that looked and saw
// another (Postfix BACKSCATTER_README).
func (o Ours) handedOver(hops []hop, reporter string) (host, claimed string) {
	for i, h := range hops {
		if o.host(h.by) {
			return "", "" // our own word, which anyone can copy
		}
		if w := o.saw(h); w != "" {
			return w, ""
		}
		if h.looked && !o.host(h.name) && o.host(h.helo) && !h.inside() {
			return "", h.helo
		}
		if i+1 == len(hops) {
			break
		}
		from := h.name
		if from == "" && h.inside() {
			from = h.helo
		}
		if h.from && (from == "" || organisation(from) != organisation(hops[i+1].by)) ||
			h.by == "" || reporter == "" || organisation(h.by) != organisation(reporter) {
			break
		}
	}
	return "", ""
}

// saw gives the name or address by which the receiver itself knew a host of ours.
func (o Ours) saw(h hop) string {
	switch {
	case h.addr != "" && o.named(h.addr):
		return h.addr
	case h.name != "" && o.named(h.name):
		return h.name
	}
	return ""
}

// named reports whether a host name or an address is one of our hosts.
func (o Ours) named(w string) bool {
	w = strings.TrimSuffix(strings.ToLower(w), ".")
	addr, err := netip.ParseAddr(strings.TrimPrefix(w, "ipv6:"))
	return slices.ContainsFunc(o.Hosts, func(h string) bool {
		if err == nil {
			own, err := netip.ParseAddr(h)
			return err == nil && own.Unmap() == addr.Unmap()
		}
		return strings.EqualFold(strings.TrimSuffix(h, "."), w)
	})
}

// host reports whether a host is ours: named so, or within a domain of ours.
func (o Ours) host(name string) bool {
	return name != "" && (o.named(name) || o.domain(strings.ToLower(name)))
}

func (o Ours) domain(name string) bool { return within(o.Domains, name) }

// returnDomain reports whether our return paths are within a domain.
func (o Ours) returnDomain(name string) bool { return within(o.ReturnPaths, name) }

func within(domains []string, name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	return slices.ContainsFunc(domains, func(d string) bool {
		d = strings.TrimSuffix(strings.ToLower(d), ".")
		return d != "" && (name == d || strings.HasSuffix(name, "."+d))
	})
}

// issued reports whether a token is one that we gave to a mail of ours.
func (o Ours) issued(token string) bool {
	token = strings.Trim(token, "<> ")
	return token != "" && slices.ContainsFunc(o.Issued, func(own string) bool { return strings.EqualFold(strings.Trim(own, "<> "), token) })
}

// known reports whether anything is known of us.
func (o Ours) known() bool {
	return len(o.Domains) > 0 || len(o.Hosts) > 0 || len(o.ReturnPaths) > 0 || len(o.Issued) > 0
}

// hostsKnown reports whether hosts are named beside the domains.
func (o Ours) hostsKnown() bool {
	return slices.ContainsFunc(o.Hosts, func(h string) bool {
		return !slices.ContainsFunc(o.Domains, func(d string) bool { return strings.EqualFold(d, h) })
	})
}
