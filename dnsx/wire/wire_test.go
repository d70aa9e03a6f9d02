package wire_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const zone = `
$TTL 300
$ORIGIN example.com.
@ SOA ns1 host 7 7200 3600 1209600 120
@ NS ns1
ns1 A 127.0.0.1
@ MX 10 mx1
@ MX 20 mx2
@ TXT "v=spf1 \"x\" \001" "-all"
mx1 A 192.0.2.25
mx1 AAAA 2001:db8::25
www CNAME mx1
gone CNAME nothing
null MX 0 .
_25._tcp.mx1 TLSA 3 1 1 aabb
signed DS 20326 8 2 aabb
signed DNSKEY 257 3 8 AwEAAQ==
_x SRV 1 2 25 mx1
sub NS ns.sub
;@ outcome bogus bogus.example.com.
;@ outcome truncated cut.example.com.
;@ outcome refused refused.example.com.
;@ outcome servfail why.example.com. * 22 \x1b[31mred
;@ view all
cut MX 10 mx1
cut MX 20 mx2
;@ secure example.com.
`

var mx = dnsx.Question{Name: "example.com", Type: dnsx.TypeMX}

// patience is how long a try waits where the test wants it to run out.
const patience = 120 * time.Millisecond

func zones(t testing.TB, text string) *dnstest.Zones {
	t.Helper()
	z, err := dnstest.ParseZones(strings.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func serve(t testing.TB, opt dnstest.ServerOptions) *dnstest.Server {
	t.Helper()
	s, err := dnstest.NewServer(zones(t, zone), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func behaving(t testing.TB, b dnstest.Behaviour) *dnstest.Server {
	return serve(t, dnstest.ServerOptions{Behaviour: b})
}

func client(t testing.TB, opt wire.Options) *wire.Client {
	t.Helper()
	c, err := wire.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func asking(t testing.TB, s *dnstest.Server) *wire.Client {
	return client(t, wire.Options{Servers: []string{s.Addr()}, Timeout: patience, Total: 6 * patience})
}

func TestAnswerSaysWhence(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{})
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	ticks := 0
	c := client(t, wire.Options{Servers: []string{s.Addr()}, Clock: func() time.Time {
		ticks++
		return at.Add(time.Duration(ticks) * time.Millisecond)
	}})
	a := c.Resolve(t.Context(), mx)
	if a.Outcome != dnsx.NoError || a.Rcode != "NOERROR" || a.From != s.Addr() || a.Transport != "udp" ||
		a.Tries != 1 || a.At != at.Add(2*time.Millisecond) || a.Took != time.Millisecond ||
		!a.Authenticated || a.Question != mx || len(a.Raw) < 50 || a.Err != "" || a.Notes != nil {
		t.Errorf("%+v", a)
	}
	want := []dnsx.Record{
		{Name: "example.com", Type: dnsx.TypeMX, TTL: 300, Preference: 10, Host: "mx1.example.com"},
		{Name: "example.com", Type: dnsx.TypeMX, TTL: 300, Preference: 20, Host: "mx2.example.com"},
	}
	if !slices.Equal(a.Records, want) {
		t.Errorf("%+v", a.Records)
	}
	if q := s.Queries(); len(q) != 1 || !q[0].EDNS || !q[0].Recursion || q[0].Checking {
		t.Errorf("asked %+v", q)
	}
	if c.Name() != s.Addr() {
		t.Error(c.Name())
	}
}

func TestOutcomes(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{})
	c := client(t, wire.Options{Servers: []string{s.Addr()}, Lab: s.Addrs(), Timeout: patience})
	loopback := netip.MustParseAddr("127.0.0.1")
	for _, want := range []struct {
		q       dnsx.Question
		outcome dnsx.Outcome
		check   func(dnsx.Answer) bool
	}{
		{dnsx.Question{Name: "EXAMPLE.com.", Type: dnsx.TypeMX}, dnsx.NoError, func(a dnsx.Answer) bool { return len(a.Records) == 2 }},
		{dnsx.Question{Name: "example.com", Type: dnsx.TypeTXT}, dnsx.NoError, func(a dnsx.Answer) bool {
			return a.Records[0].Text == `v=spf1 \"x\" \001-all`
		}},
		{dnsx.Question{Name: "example.com", Type: dnsx.TypeSOA}, dnsx.NoError, func(a dnsx.Answer) bool { return a.Records[0].SOA.Minimum == 120 }},
		{dnsx.Question{Name: "_25._tcp.mx1.example.com", Type: dnsx.TypeTLSA}, dnsx.NoError, func(a dnsx.Answer) bool { return a.Records[0].Data == "3 1 1 aabb" }},
		{dnsx.Question{Name: "signed.example.com", Type: dnsx.TypeDS}, dnsx.NoError, func(a dnsx.Answer) bool { return a.Records[0].Data == "20326 8 2 AABB" }},
		{dnsx.Question{Name: "signed.example.com", Type: dnsx.TypeDNSKEY}, dnsx.NoError, func(a dnsx.Answer) bool { return a.Records[0].Data == "257 3 8 AwEAAQ==" }},
		{dnsx.Question{Name: "_x.example.com", Type: dnsx.TypeSRV}, dnsx.NoError, func(a dnsx.Answer) bool {
			return a.Records[0].Port == 25 && a.Records[0].Host == "mx1.example.com"
		}},
		{dnsx.Question{Name: "null.example.com", Type: dnsx.TypeMX}, dnsx.NoError, func(a dnsx.Answer) bool { return a.Records[0].Host == "." }},
		{dnsx.Question{Name: "www.example.com", Type: dnsx.TypeAAAA}, dnsx.NoError, func(a dnsx.Answer) bool {
			return len(a.Chain) == 1 && a.Records[0].Addr == netip.MustParseAddr("2001:db8::25")
		}},
		{dnsx.Question{Name: "mx1.example.com", Type: dnsx.TypeMX}, dnsx.NoData, func(a dnsx.Answer) bool {
			return a.NegativeTTL == 120 && a.Authority.MName == "ns1.example.com" && a.Authenticated
		}},
		{dnsx.Question{Name: "none.example.com", Type: dnsx.TypeMX}, dnsx.NXDomain, func(a dnsx.Answer) bool { return a.NegativeTTL == 120 }},
		{dnsx.Question{Name: "gone.example.com", Type: dnsx.TypeA}, dnsx.NXDomain, func(a dnsx.Answer) bool { return len(a.Chain) == 1 }},
		{dnsx.Question{Name: "bogus.example.com", Type: dnsx.TypeA}, dnsx.Bogus, func(a dnsx.Answer) bool { return a.Tries == 1 }},
		{dnsx.Question{Name: "why.example.com", Type: dnsx.TypeA}, dnsx.ServFail, func(a dnsx.Answer) bool {
			return a.Tries == 1 && a.Extended[0] == (dnsx.ExtendedError{Code: 22, Text: `\x1b[31mred`})
		}},
		{dnsx.Question{Name: "refused.example.com", Type: dnsx.TypeA}, dnsx.Refused, nil},
		{dnsx.Question{Name: "cut.example.com", Type: dnsx.TypeMX}, dnsx.Truncated, func(a dnsx.Answer) bool {
			return len(a.Records) == 1 && a.Tries == 2
		}},
		{dnsx.Question{Name: "example.com", Type: dnsx.TypeMX, Server: loopback}, dnsx.NoError, func(a dnsx.Answer) bool {
			return a.Authoritative && !a.Authenticated
		}},
		{dnsx.Question{Name: "mx1.example.com", Type: dnsx.TypeMX, Server: loopback}, dnsx.NoData, nil},
		{dnsx.Question{Name: "a.sub.example.com", Type: dnsx.TypeMX, Server: loopback}, dnsx.OtherRcode, func(a dnsx.Answer) bool {
			return a.Err == "referral"
		}},
		{dnsx.Question{Name: "example.net", Type: dnsx.TypeMX, Server: loopback}, dnsx.Refused, nil},
		{dnsx.Question{Name: "example.com", Type: "AXFR"}, dnsx.Malformed, func(a dnsx.Answer) bool { return a.Tries == 0 }},
		{dnsx.Question{Name: "a..b", Type: dnsx.TypeA}, dnsx.Malformed, func(a dnsx.Answer) bool { return a.Tries == 0 }},
		{dnsx.Question{Name: "", Type: dnsx.TypeA}, dnsx.Malformed, nil},
	} {
		a := c.Resolve(t.Context(), want.q)
		if a.Outcome != want.outcome {
			t.Errorf("%s: %s, want %s: %+v", want.q, a.Outcome, want.outcome, a)
		} else if want.check != nil && !want.check(a) {
			t.Errorf("%s: %+v", want.q, a)
		}
	}
}

// What the zones answer in process and what comes over the wire is the same.
func TestZonesAndWireAgree(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{})
	c := client(t, wire.Options{Servers: []string{s.Addr()}, Lab: s.Addrs(), Timeout: patience})
	inside := dnstest.NewResolver(zones(t, zone), dnstest.ResolverOptions{})
	for _, name := range []string{"example.com", "mx1.example.com", "www.example.com", "gone.example.com", "a.sub.example.com", "null.example.com", "example.org", "none.example.com", "bogus.example.com"} {
		for _, typ := range []dnsx.Type{dnsx.TypeA, dnsx.TypeMX, dnsx.TypeTXT, dnsx.TypeCNAME, dnsx.TypeNS} {
			for _, server := range []netip.Addr{{}, netip.MustParseAddr("127.0.0.1")} {
				q := dnsx.Question{Name: name, Type: typ, Server: server}
				want, got := inside.Resolve(t.Context(), q), c.Resolve(t.Context(), q)
				if got.Outcome != want.Outcome || got.Rcode != want.Rcode || !slices.Equal(got.Records, want.Records) ||
					!slices.Equal(got.Chain, want.Chain) || got.NegativeTTL != want.NegativeTTL || got.Authoritative != want.Authoritative ||
					got.Authenticated != want.Authenticated || !slices.Equal(got.Extended, want.Extended) {
					t.Errorf("%s\n wire %+v\nzones %+v", q, got, want)
				}
			}
		}
	}
}

func TestADIsTrustedFromThisHostOnly(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{})
	c := client(t, wire.Options{Servers: []string{"192.0.2.53"}, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "192.0.2.53:53" {
			t.Errorf("dialed %s", address)
		}
		return new(net.Dialer).DialContext(ctx, network, s.Addr())
	}})
	if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Authenticated {
		t.Errorf("%+v", a)
	}
}

// never is a dialer that must not be used.
func never(t *testing.T) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, network, address string) (net.Conn, error) {
		t.Errorf("dialed %s %s", network, address)
		return nil, errors.New("must not be dialed")
	}
}

func TestSpecialAddressesAreNotContacted(t *testing.T) {
	c := client(t, wire.Options{
		Servers: []string{"9.9.9.9"}, Dial: never(t),
		Lab: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.9:5300")},
	})
	for _, s := range []string{
		"127.0.0.1", "10.0.0.1", "169.254.169.254", "192.0.2.53", "::1", "fd00:ec2::254", "fe80::1%eth0",
		"::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::53", "0.0.0.0",
	} {
		q := mx
		q.Server = netip.MustParseAddr(s)
		a := c.Resolve(t.Context(), q)
		if a.Outcome != dnsx.Offline || !a.Has(dnsx.NoteNotContacted) || a.Tries != 0 || a.Err == "" {
			t.Errorf("%s: %+v", s, a)
		}
	}
}

func TestPublicAuthoritativeServerIsAskedAtItsPort(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{})
	var dialed string
	c := client(t, wire.Options{Servers: []string{"192.0.2.1"}, AuthorityPort: 5301, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed = address
		return new(net.Dialer).DialContext(ctx, network, s.Addr())
	}})
	q := mx
	q.Server = netip.MustParseAddr("9.9.9.9")
	if a := c.Resolve(t.Context(), q); a.Outcome != dnsx.NoError || dialed != "9.9.9.9:5301" || a.From != dialed {
		t.Errorf("%s: %+v", dialed, a)
	}
	if s.Queries()[0].Recursion {
		t.Error("asked with recursion")
	}
}

func TestServersOnOnePort(t *testing.T) {
	addrs := []netip.Addr{netip.MustParseAddr("127.0.0.53"), netip.MustParseAddr("127.0.0.54")}
	z := zones(t, `
example.com. SOA ns1.example.com. h.example.com. 1 2 3 4 5
example.com. NS ns1.example.com.
example.com. NS ns2.example.com.
ns1.example.com. A 127.0.0.53
ns2.example.com. A 127.0.0.54
example.com. MX 10 new.example.com.
;@ view 127.0.0.54
example.com. MX 10 old.example.com.
`)
	s, err := dnstest.NewServer(z, dnstest.ServerOptions{Addrs: addrs})
	if err != nil {
		t.Skip("this host has no second loopback address: ", err)
	}
	defer func() { _ = s.Close() }()
	c := client(t, wire.Options{Servers: []string{s.Addr()}, Lab: s.Addrs()})
	for i, want := range []string{"new.example.com", "old.example.com"} {
		q := mx
		q.Server = addrs[i]
		a := c.Resolve(t.Context(), q)
		if len(a.Records) != 1 || a.Records[0].Host != want || !a.Authoritative {
			t.Errorf("%s: %+v", q, a)
		}
	}
}

func TestParseServer(t *testing.T) {
	for in, want := range map[string]string{
		"9.9.9.9": "9.9.9.9:53", "127.0.0.1:5300": "127.0.0.1:5300", "[::1]:53": "[::1]:53", "::1": "[::1]:53",
		"[2620:fe::fe]": "[2620:fe::fe]:53", " 9.9.9.9 ": "9.9.9.9:53",
		"tls://9.9.9.9": "tls://9.9.9.9:853", "tls://[2620:fe::fe]": "tls://[2620:fe::fe]:853", "tls://9.9.9.9:8853#DNS.quad9.net.": "tls://9.9.9.9:8853#dns.quad9.net",
		"tls://dns.quad9.net": "tls://dns.quad9.net:853", "tls://dns.quad9.net#9.9.9.9": "tls://9.9.9.9:853#dns.quad9.net",
		"tls://dns.quad9.net/#[2620:fe::fe]": "tls://[2620:fe::fe]:853#dns.quad9.net", "tls://[::ffff:9.9.9.9]": "tls://9.9.9.9:853",
		"https://dns.quad9.net/dns-query": "https://dns.quad9.net/dns-query", "https://9.9.9.9/dns-query": "https://9.9.9.9/dns-query",
		"https://dns.quad9.net:8443/dns-query#9.9.9.9": "https://dns.quad9.net:8443/dns-query#9.9.9.9",
		"https://9.9.9.9/a?b=c#dns.quad9.net":          "https://dns.quad9.net/a?b=c#9.9.9.9", "https://[2620:fe::fe]/q": "https://[2620:fe::fe]/q",
		"::ffff:9.9.9.9": "9.9.9.9:53", "fe80::1%eth0": "[fe80::1%eth0]:53",
	} {
		if got, err := wire.ParseServer(in); err != nil || got.String() != want {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{
		"http://dns.example/dns-query": "http is not encrypted", "quic://9.9.9.9": "quic is not taken", "dns.example.com": "give an address",
		"tls://": "there is no name or address", "tls://9.9.9.9#": "", "tls://9.9.9.9#1.1.1.1": "behind #", "tls://a.example#b.example": "behind #",
		"tls://9.9.9.9:0": "port 0", "tls://9.9.9.9:99999": "port 99999", "tls://9.9.9.9/dns-query": "a path is not taken", "tls://x y": "it cannot be read",
		"https://dns.example": "the path is missing", "https://u:p@dns.example/q": "password", "https:///q": "there is no name", "https://dns.example/q#!": "behind # there is no name",
		"tls://-a.example": "there is no name",
		"":                 "give an address", "9.9.9.9:0": "port 0", "9.9.9.9:x": "give an address", "zone:x": "give an address",
	} {
		_, err := wire.New(wire.Options{Servers: []string{in}})
		if want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if !errors.Is(err, wire.ErrServer) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", in, err)
		}
	}
	if _, err := wire.New(wire.Options{}); !errors.Is(err, wire.ErrNoServer) {
		t.Error(err)
	}
	if _, err := wire.New(wire.Options{Servers: make([]string, 17)}); !errors.Is(err, wire.ErrServer) {
		t.Error(err)
	}
}

func TestReadServers(t *testing.T) {
	got, err := wire.ReadServers(strings.NewReader("# x\nnameserver 192.0.2.1\nnameserver 192.0.2.1\nnameserver host\n"+
		"search example.com\nnameserver ::1 # y\nnameserver fe80::1%eth0\nnameserver 192.0.2.4\n"), "f")
	if want := []string{"192.0.2.1", "::1", "fe80::1%eth0"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q %v", got, err)
	}
	for _, text := range []string{"", "search example.com\n", strings.Repeat("x", 200_000) + "\nnameserver 192.0.2.1\n"} {
		if _, err := wire.ReadServers(strings.NewReader(text), "f"); !errors.Is(err, wire.ErrNoServer) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if servers, err := wire.SystemServers(); err != nil && !errors.Is(err, wire.ErrNoServer) || err == nil && len(servers) == 0 {
		t.Errorf("%q %v", servers, err)
	}
}

func TestSocketErrorsAreToldApart(t *testing.T) {
	for errno, want := range map[error]dnsx.Outcome{
		syscall.ENETUNREACH: dnsx.Offline, syscall.EHOSTUNREACH: dnsx.Offline, syscall.EPERM: dnsx.Offline,
		syscall.EACCES: dnsx.Offline, syscall.ECONNREFUSED: dnsx.Refused, syscall.EMFILE: dnsx.Timeout,
	} {
		c := client(t, wire.Options{Servers: []string{"9.9.9.9", "8.8.8.8"}, Total: patience, Dial: func(_ context.Context, network, _ string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", errno)}
		}})
		a := c.Resolve(t.Context(), mx)
		if a.Outcome != want || a.Err == "" || a.From != "9.9.9.9:53" {
			t.Errorf("%v: %+v", errno, a)
		}
	}
}

func TestOfflineOnlyWhenNoServerIsReached(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{Silent: true})
	c := client(t, wire.Options{Servers: []string{"9.9.9.9", s.Addr()}, Timeout: patience, Total: 3 * patience, Tries: 1, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "9.9.9.9:53" {
			return nil, syscall.ENETUNREACH
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}})
	if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.Timeout {
		t.Errorf("%+v", a)
	}
}

func TestOfflineResolver(t *testing.T) {
	at := time.Unix(1, 0)
	r := dnsx.OfflineResolver{Clock: func() time.Time { return at }}
	if a := r.Resolve(t.Context(), mx); a.Outcome != dnsx.Offline || a.At != at || a.Question != mx || a.Err == "" || r.Name() != "offline" {
		t.Errorf("%+v", a)
	}
}
