package dnsx

import "net/netip"

// special lists the address blocks that no mail server of another company is
// reached at: this host, private and shared space, link local with the cloud
// metadata services, documentation, benchmarking, multicast and reserved
// (IANA special-purpose registries, RFC 6890 and later).
var special = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("224.0.0.0/4"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/128"),
	netip.MustParsePrefix("::1/128"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("3fff::/20"),
	netip.MustParsePrefix("fc00::/7"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fec0::/10"),
	netip.MustParsePrefix("ff00::/8"),
}

var documentation = [...]netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("3fff::/20"),
}

var (
	nat64 = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	sixto = netip.MustParsePrefix("2002::/16")    // RFC 3056
)

// Special reports whether an address is in a block that must never be
// contacted because a DNS answer named it. IPv4 inside IPv6 (mapped, NAT64,
// 6to4) is judged by the IPv4 address within.
func Special(addr netip.Addr) bool {
	addr = embedded(addr.Unmap().WithZone(""))
	if !addr.IsValid() {
		return true
	}
	for _, p := range special {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// Documentation reports whether an address is of the blocks reserved for
// examples (RFC 5737, RFC 3849): never contacted, yet no fault where the
// answer itself is an example.
func Documentation(addr netip.Addr) bool {
	addr = embedded(addr.Unmap().WithZone(""))
	for _, p := range documentation {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func embedded(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	b := addr.As16()
	switch {
	case nat64.Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixto.Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return addr
}
