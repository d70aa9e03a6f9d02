package report

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"deadletter/diagnose"
)

var (
	ipv4     = regexp.MustCompile(`\b[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\b`)
	ipv6     = regexp.MustCompile(`(?i)(?:\bipv?6:)?([0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*)`)
	reverse4 = regexp.MustCompile(`(?i)\b[0-9]{1,3}\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.in-addr\.arpa`)
	reverse6 = regexp.MustCompile(`(?i)\b(?:[0-9a-f]\.){32}ip6\.arpa`)
	dashedIP = regexp.MustCompile(`\b[0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3}-[0-9]{1,3}\b`)
	mask     = regexp.MustCompile(`^/[0-9]{1,3}`)
)

// machines collects the addresses that are public facts, and those of clients
// as they stand in host names.
func (r *redactor) machines(b diagnose.Body) {
	switch v := b.(type) {
	case diagnose.DNSAnswered:
		r.public(v.Answer.Question.Server, true)
		for _, record := range v.Answer.Records {
			r.public(record.Addr, true)
		}
		r.endpoint(v.Answer.From)
	case diagnose.RoundStarted:
		for _, resolver := range v.Resolvers {
			r.endpoint(resolver)
		}
	case diagnose.BounceCaptured:
		addr, err := netip.ParseAddr(strings.Trim(string(v.Report.RemoteAddress.Value), "[] "))
		r.public(addr, err == nil && !addr.IsPrivate() && !addr.IsLoopback() && !addr.IsLinkLocalUnicast())
		for _, f := range v.Report.Through {
			r.client(string(f.Value))
		}
		r.client(string(v.Report.Diagnostic.Value))
	}
}

func (r *redactor) public(addr netip.Addr, is bool) {
	if is && addr.IsValid() {
		r.keep[addr.Unmap().WithZone("")] = true
	}
}

func (r *redactor) endpoint(s string) {
	s = strings.TrimPrefix(s, "tls://")
	if ap, err := netip.ParseAddrPort(s); err == nil {
		r.public(ap.Addr(), !ap.Addr().IsPrivate())
	} else if addr, err := netip.ParseAddr(s); err == nil {
		r.public(addr, !addr.IsPrivate())
	}
}

// client notes how the IPv4 addresses of a text may stand in host names, from
// either end.
func (r *redactor) client(text string) {
	for _, m := range ipv4.FindAllString(text, 100) {
		if _, err := netip.ParseAddr(m); err == nil && len(r.dashed) < maxNeedles {
			o := strings.Split(m, ".")
			r.dashed[strings.Join(o, "-")] = true
			slices.Reverse(o)
			r.dashed[strings.Join(o, "-")] = true
		}
	}
}

// machineAddresses finds IP addresses that are no public facts, as they are,
// reversed, and in host names.
func (r *redactor) machineAddresses(s string) []span {
	var out []span
	for _, m := range reverse4.FindAllStringSubmatchIndex(s, -1) {
		parts := strings.Split(s[m[0]:m[1]], ".")
		addr, err := netip.ParseAddr(parts[3] + "." + parts[2] + "." + parts[1] + "." + parts[0])
		parts[0] = "0"
		out = append(out, span{m[0], m[1], r.unless(addr, err, s[m[0]:m[1]], strings.Join(parts, "."))})
	}
	for _, m := range reverse6.FindAllStringIndex(s, -1) {
		nibbles := strings.Split(s[m[0]:m[1]], ".")
		var forward strings.Builder
		for i := range 32 {
			forward.WriteString(nibbles[31-i])
			if i%4 == 3 && i < 31 {
				forward.WriteByte(':')
			}
		}
		addr, err := netip.ParseAddr(forward.String())
		for i := range 20 { // 80 bits beyond /48
			nibbles[i] = "0"
		}
		out = append(out, span{m[0], m[1], r.unless(addr, err, s[m[0]:m[1]], strings.Join(nibbles, "."))})
	}
	for _, m := range ipv6.FindAllStringSubmatchIndex(s, -1) {
		out = append(out, r.machine(s, m[2], m[3])...)
	}
	for _, m := range ipv4.FindAllStringIndex(s, -1) {
		out = append(out, r.machine(s, m[0], m[1])...)
	}
	for _, m := range dashedIP.FindAllStringIndex(s, -1) {
		if r.dashed[s[m[0]:m[1]]] {
			out = append(out, span{m[0], m[1], "0-0-0-0"})
		}
	}
	return out
}

// unless gives the text itself for an address that may stay, else what hides it.
func (r *redactor) unless(addr netip.Addr, err error, as, hidden string) string {
	if err != nil || r.stays(addr) {
		return as
	}
	return hidden
}

func (r *redactor) stays(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return r.keep[addr] || addr.IsLoopback() || addr.IsUnspecified()
}

// machine cuts one address to its network. A network that is wide enough
// already stays.
func (r *redactor) machine(s string, from, to int) []span {
	text := strings.TrimRight(s[from:to], ".")
	addr, err := netip.ParseAddr(text)
	if err != nil {
		text = strings.TrimRight(text, ":")
		addr, err = netip.ParseAddr(text)
	}
	for err != nil { // a word with a colon may stand before it
		i := strings.IndexByte(text, ':')
		if i < 0 {
			return nil
		}
		from, text = from+i+1, text[i+1:]
		addr, err = netip.ParseAddr(text)
	}
	to = from + len(text)
	if r.stays(addr) {
		return nil
	}
	addr = addr.WithZone("").Unmap()
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return nil
	}
	if tail := mask.FindString(s[to:]); tail != "" {
		to += len(tail)
		if given, err := netip.ParsePrefix(s[from:to]); err == nil && given.Bits() <= bits && given == given.Masked() {
			return nil
		}
	}
	return []span{{from, to, network.String()}}
}
