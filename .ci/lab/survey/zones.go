package main

import (
	"fmt"
	"strings"

	"deadletter/dnsx"
	"net/netip"
)

// servers is how many name server addresses the domains share, two each: most
// domains are hosted by few.
const servers = 8

func serverAddr(i int) netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 1, byte(1 + i%servers)}) }

func domain(i int) string { return fmt.Sprintf("d%d.example", i) }

// zoneText gives n domains of usual shape: two MX hosts of three addresses with
// names of their own, two name servers, SPF that includes two others, DMARC.
func zoneText(n int) string {
	var b strings.Builder
	b.WriteString("$TTL 300\nexample. SOA ns0.host.example. h.host.example. 1 2 3 4 60\nexample. NS ns0.host.example.\n" +
		"host.example. SOA ns0.host.example. h.host.example. 1 2 3 4 60\nhost.example. NS ns0.host.example.\n" +
		"_spf.host.example. TXT \"v=spf1 include:_more.host.example -all\"\n_more.host.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n" +
		"in-addr.arpa. SOA ns0.host.example. h.host.example. 1 2 3 4 60\nip6.arpa. SOA ns0.host.example. h.host.example. 1 2 3 4 60\n")
	for i := range servers {
		fmt.Fprintf(&b, "ns%d.host.example. A %s\n", i, serverAddr(i))
	}
	for i := range n {
		d := domain(i)
		fmt.Fprintf(&b, "%s. SOA ns%d.host.example. h.%s. 7 7200 3600 1209600 120\n", d, i%servers, d)
		fmt.Fprintf(&b, "%s. NS ns%d.host.example.\n%s. NS ns%d.host.example.\n", d, i%servers, d, (i+1)%servers)
		fmt.Fprintf(&b, "%s. TXT \"v=spf1 mx include:_spf.host.example ~all\"\n_dmarc.%s. TXT \"v=DMARC1; p=none\"\n", d, d)
		for h := range 2 {
			fmt.Fprintf(&b, "%s. MX %d mx%d.%s.\n", d, 10*(h+1), h, d)
			for a := range 2 {
				addr := netip.AddrFrom4([4]byte{198, 18 + byte(h), byte(i>>7) + byte(a)<<5, byte(i) << 1})
				fmt.Fprintf(&b, "mx%d.%s. A %s\n%s. PTR mx%d.%s.\n", h, d, addr, dnsx.ReverseName(addr), h, d)
			}
			fmt.Fprintf(&b, "mx%d.%s. AAAA 2001:db8::%x:%x\n", h, d, h, i)
		}
	}
	return b.String()
}
