package survey_test

import (
	"context"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/survey"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func resolver(t testing.TB, zone string) dnsx.Resolver {
	t.Helper()
	z, err := dnstest.ParseZones(strings.NewReader("$TTL 300\n"+zone), "test")
	if err != nil {
		t.Fatal(err)
	}
	return dnstest.NewResolver(z, dnstest.ResolverOptions{Clock: func() time.Time { return noon }})
}

// ask runs a survey over zone text to its end.
func ask(t testing.TB, zone string, s survey.Subject) (survey.Facts, survey.Answers) {
	t.Helper()
	a := survey.Answers{}
	run(t, resolver(t, zone), s, a)
	return survey.Read(s, a), a
}

func run(t testing.TB, r dnsx.Resolver, s survey.Subject, a survey.Answers) survey.Stats {
	t.Helper()
	var stats survey.Stats
	err := survey.Asking{Resolver: r, Stats: &stats}.Run(t.Context(), func() []dnsx.Question {
		list := survey.Wanted(s, a)
		for _, q := range list {
			if _, ok := a[q]; ok {
				t.Errorf("%s is wanted and has an answer", q)
			}
		}
		return list
	}, func(answer dnsx.Answer) {
		if _, twice := a[answer.Question]; twice {
			t.Errorf("%s was asked twice", answer.Question)
		}
		a.Add(answer)
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := survey.Wanted(s, a); len(left) != 0 {
		t.Errorf("ended with %d wanted: %v", len(left), left)
	}
	if len(a) > survey.MaxQuestions {
		t.Errorf("%d questions", len(a))
	}
	return stats
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func question(t dnsx.Type, name string) dnsx.Question { return dnsx.Question{Name: name, Type: t} }

var lab = []netip.Addr{addr("192.0.2.53"), addr("192.0.2.54")}

// ordinary is a domain with two MX hosts of three addresses, two name servers
// and nested SPF.
const ordinary = `
example.com. SOA ns1.example.com. hostmaster.example.com. 7 7200 3600 1209600 120
example.com. NS ns1.example.com.
example.com. NS ns2.example.com.
ns1.example.com. A 192.0.2.53
ns2.example.com. A 192.0.2.54
example.com. MX 20 mx2.example.com.
example.com. MX 10 mx1.example.com.
mx1.example.com. A 192.0.2.25
mx1.example.com. AAAA 2001:db8::25
mx2.example.com. A 192.0.2.26
example.com. TXT "v=spf1 include:a.spf.example.com include:b.spf.example.com ~all"
example.com. TXT "MS=ms12345678"
example.com. TXT "google-site-verification=abc"
a.spf.example.com. TXT "v=spf1 include:c.spf.example.com -all"
b.spf.example.com. TXT "v=spf1 ip4:192.0.2.0/24 -all"
c.spf.example.com. TXT "v=spf1 ip4:198.51.100.0/24 -all"
_dmarc.example.com. TXT "v=DMARC1; p=none"
autodiscover.example.com. CNAME auto.example.net.
auto.example.net. A 198.51.100.9
2.0.192.in-addr.arpa. SOA ns1.example.com. hostmaster.example.com. 1 2 3 4 60
25.2.0.192.in-addr.arpa. PTR mx1.example.com.
26.2.0.192.in-addr.arpa. PTR out.example.com.
out.example.com. A 192.0.2.99
5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR mx1.example.com.
sender.example. SOA ns.sender.example. host.sender.example. 1 2 3 4 60
sender.example. MX 10 mx.sender.example.
news.sender.example. TXT "v=spf1 redirect=_spf.sender.example"
_spf.sender.example. TXT "v=spf1 include:%{i}.x.example include:a.spf.example.com -all"
_dmarc.sender.example. TXT "v=DMARC1; p=reject"
`

func TestOrdinary(t *testing.T) {
	s := survey.Subject{
		Recipient: "Example.COM.", Sender: "news.sender.example", Lab: lab,
		Host: "mx1.example.com", HostAddr: addr("::ffff:192.0.2.25"), Reporter: "out.example.com",
	}
	a := survey.Answers{}
	stats := run(t, resolver(t, ordinary), s, a)
	f := survey.Read(s, a)
	if f.Domain != "example.com" || f.Exists != survey.Yes || f.MX.State != survey.MXListed {
		t.Fatalf("%s exists %s, mx %s", f.Domain, f.Exists, f.MX.State)
	}
	if f.MX.TTL != 300 || f.MX.From != question(dnsx.TypeMX, "example.com") {
		t.Errorf("mx ttl %d from %s", f.MX.TTL, f.MX.From)
	}
	if len(f.MX.Hosts) != 2 || f.MX.Hosts[0].Host != "mx1.example.com" || f.MX.Hosts[0].Preference != 10 || f.MX.Hosts[0].TTL != 300 {
		t.Fatalf("hosts %+v", f.MX.Hosts)
	}
	for _, c := range []struct {
		host, addr int
		want       string
		names      string
		confirmed  survey.Known
	}{
		{0, 0, "192.0.2.25", "mx1.example.com", survey.Yes},
		{0, 1, "2001:db8::25", "mx1.example.com", survey.Yes},
		{1, 0, "192.0.2.26", "out.example.com", survey.No},
	} {
		got := f.MX.Hosts[c.host].Addrs[c.addr]
		if got.Addr != addr(c.want) || strings.Join(got.Names, " ") != c.names || got.Confirmed != c.confirmed || !got.Special || !got.Documentation {
			t.Errorf("%s: %+v", c.want, got)
		}
	}
	if f.NS.Zone != "example.com" || !slices.Equal(f.NS.Names, []string{"ns1.example.com", "ns2.example.com"}) {
		t.Errorf("ns %+v", f.NS)
	}
	if f.SOA.SOA == nil || f.SOA.SOA.Serial != 7 || f.SOA.SOA.RName != "hostmaster.example.com" {
		t.Errorf("soa %+v", f.SOA)
	}
	if len(f.Servers) != 2 || !f.Servers[1].Counts || f.Servers[1].Addr != addr("192.0.2.54") || f.Servers[1].Serial != 7 || !f.Servers[1].At.Equal(noon) {
		t.Errorf("servers %+v", f.Servers)
	}
	if f.Compare.Differ != survey.No || f.Differ() || !f.OldUntil().IsZero() {
		t.Errorf("compare %+v", f.Compare)
	}
	if got := f.SPF.Domains(); !slices.Equal(got, []string{"a.spf.example.com", "b.spf.example.com", "c.spf.example.com"}) || f.SPF.Includes[2].By != "a.spf.example.com" {
		t.Errorf("spf %v", f.SPF)
	}
	if got := f.SenderSPF; !slices.Equal(got.Domains(), []string{"_spf.sender.example", "a.spf.example.com", "c.spf.example.com"}) || !got.Includes[0].Redirect || got.Macros != 1 {
		t.Errorf("sender spf %+v", got)
	}
	if len(f.Tokens) != 2 || f.Tokens[0].Kind != "microsoft" || f.Tokens[1].Kind != "google" {
		t.Errorf("tokens %v", f.Tokens)
	}
	if len(f.DMARC.Records) != 1 || len(f.SenderDMARC) != 3 || len(f.SenderDMARC[0].Records) != 0 || len(f.SenderDMARC[1].Records) != 1 {
		t.Errorf("dmarc %v, sender %v", f.DMARC, f.SenderDMARC)
	}
	if f.Autodiscover.Target != "auto.example.net" || f.Autodiscover.Via != "cname" || !slices.Equal(f.Autodiscover.Addrs, []string{"198.51.100.9"}) {
		t.Errorf("autodiscover %+v", f.Autodiscover)
	}
	if h := f.Host; h.InMXName != survey.Yes || h.InMXAddr != survey.Yes || h.HasClaimed != survey.Yes || !h.PTR.ForwardConfirmed() || h.Claimed != addr("192.0.2.25") {
		t.Errorf("host %+v", h)
	}
	if h := f.Reporter; h.InMXName != survey.No || h.InMXAddr != survey.No || h.HasClaimed != "" || h.Addrs[0].Confirmed != survey.No {
		t.Errorf("reporter %+v", h)
	}
	if f.Pending != 0 || f.Questions != len(a) || f.Full() || stats.Asked != len(a) {
		t.Errorf("%d of %d pending, %d asked, left %+v", f.Pending, f.Questions, stats.Asked, f.Left)
	}
	if f.Depth != 3 {
		t.Errorf("depth %d", f.Depth)
	}
	total := 0
	for _, n := range f.Outcomes {
		total += n
	}
	if total != len(a) {
		t.Errorf("outcomes %v of %d", f.Outcomes, len(a))
	}
	if got := survey.Findings(f); len(got) != 0 {
		t.Errorf("findings %v", got)
	}
}

func TestFirstRoundAsksWhatNeedsNoAnswer(t *testing.T) {
	s := survey.Subject{Recipient: "example.com", Sender: "a.b.sender.example", Host: "mx.example.net", HostAddr: addr("192.0.2.7")}
	got := survey.Wanted(s, nil)
	want := []dnsx.Question{
		question("MX", "example.com"), question("NS", "example.com"), question("A", "example.com"), question("AAAA", "example.com"),
		question("A", "mx.example.net"), question("AAAA", "mx.example.net"), question("PTR", "7.2.0.192.in-addr.arpa"),
		question("TXT", "example.com"), question("SOA", "example.com"),
		question("CNAME", "autodiscover.example.com"), question("A", "autodiscover.example.com"),
		question("SRV", "_autodiscover._tcp.example.com"), question("TXT", "_dmarc.example.com"), question("TXT", "_dmarc.com"),
		question("TXT", "a.b.sender.example"), question("TXT", "_dmarc.a.b.sender.example"), question("TXT", "_dmarc.b.sender.example"),
		question("TXT", "_dmarc.sender.example"), question("TXT", "_dmarc.example"), question("MX", "a.b.sender.example"),
		question("TXT", "_mta-sts.example.com"), question("TXT", "_smtp._tls.example.com"), question("TXT", "default._bimi.example.com"),
		question("DS", "example.com"), question("DNSKEY", "example.com"),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if d := survey.Depth(s, nil); d != 1 {
		t.Errorf("depth %d", d)
	}
}

func TestLongSenderIsBounded(t *testing.T) {
	n := 0
	for _, q := range survey.Wanted(survey.Subject{Sender: strings.Repeat("a.", 40) + "example"}, nil) {
		if strings.HasPrefix(q.Name, "_dmarc.") {
			n++
		}
	}
	if n != 8 { // the name, then 7 labels to 1
		t.Errorf("%d policies asked for", n)
	}
}

func TestParentsAndLevels(t *testing.T) {
	s := survey.Subject{Recipient: "example.com", Lab: lab}
	_, a := ask(t, ordinary, s)
	g := survey.NewGraph(s, a)
	a6 := question("AAAA", "mx1.example.com")
	for _, c := range []struct {
		q       dnsx.Question
		level   int
		parents []dnsx.Question
	}{
		{question("MX", "example.com"), 1, nil},
		{a6, 2, []dnsx.Question{question("MX", "example.com")}},
		{question("PTR", dnsx.ReverseName(addr("2001:db8::25"))), 3, []dnsx.Question{a6}},
		{dnsx.Question{Name: "example.com", Type: "SOA", Server: addr("192.0.2.54")}, 3, []dnsx.Question{question("A", "ns2.example.com")}},
		{question("A", "out.example.com"), 4, []dnsx.Question{question("PTR", "26.2.0.192.in-addr.arpa")}},
		{question("TXT", "c.spf.example.com"), 3, []dnsx.Question{question("TXT", "a.spf.example.com")}},
		{question("A", "other.example"), 0, nil},
	} {
		if g.Level(c.q) != c.level || !slices.Equal(g.Parents(c.q), c.parents) {
			t.Errorf("%s: level %d after %v", c.q, g.Level(c.q), g.Parents(c.q))
		}
	}
	if g.Depth() != 4 {
		t.Errorf("depth %d", g.Depth())
	}
}

// TestShapes holds what the facts say of domains of every shape.
func TestShapes(t *testing.T) {
	const tail = "\nexample.com. SOA ns.example.com. h.example.com. 1 2 3 4 60\n"
	for _, c := range []struct {
		name, zone string
		state      survey.MXState
		exists     survey.Known
		keys       string // of the findings
		check      func(*testing.T, survey.Facts)
	}{
		{"gateway with 3 hosts", "example.com. MX 10 g1.filter.example.\nexample.com. MX 10 g2.filter.example.\nexample.com. MX 30 g3.filter.example.\n" +
			"g1.filter.example. A 192.0.2.1\ng2.filter.example. A 192.0.2.2\ng3.filter.example. A 192.0.2.3\nfilter.example. SOA a. b. 1 2 3 4 5" + tail,
			survey.MXListed, survey.Yes, "", func(t *testing.T, f survey.Facts) {
				if len(f.MX.Hosts) != 3 || f.MX.Hosts[2].Host != "g3.filter.example" {
					t.Errorf("%+v", f.MX.Hosts)
				}
			}},
		{"null MX", "example.com. MX 0 ." + tail, survey.MXNull, survey.Yes, "null_mx", func(t *testing.T, f survey.Facts) {
			if f.MX.Null != survey.NullSingle || !f.NullMX() || len(f.MX.Hosts) != 0 {
				t.Errorf("%+v", f.MX)
			}
		}},
		{"null MX beside hosts", "example.com. MX 0 .\nexample.com. MX 10 mx.example.com.\nmx.example.com. A 192.0.2.1" + tail,
			survey.MXListed, survey.Yes, "null_mx_mixed", func(t *testing.T, f survey.Facts) {
				if f.NullMX() || len(f.MX.Hosts) != 1 {
					t.Errorf("%+v", f.MX)
				}
			}},
		{"null MX of another preference", "example.com. MX 10 ." + tail, survey.MXNull, survey.Yes, "null_mx_nonzero", nil},
		{"two null MX", "example.com. MX 10 .\nexample.com. MX 0 ." + tail, survey.MXNull, survey.Yes, "null_mx_nonzero", nil},
		{"implicit MX", "example.com. A 192.0.2.1" + tail, survey.MXImplicit, survey.Yes, "implicit_mx", func(t *testing.T, f survey.Facts) {
			if len(f.MX.Hosts) != 1 || f.MX.Hosts[0].Addrs[0].PTR.Outcome == "" {
				t.Errorf("%+v", f.MX.Hosts)
			}
		}},
		{"no MX and no address", "www.example.com. A 192.0.2.1" + tail, survey.MXNone, survey.Yes, "no_mx", nil},
		{"no MX, address not known", ";@ outcome servfail example.com. A" + tail, survey.MXUnknown, survey.Yes, "mx_unknown", nil},
		{"NXDOMAIN", "com. SOA a. b. 1 2 3 4 5\n", survey.MXNone, survey.No, "no_domain", func(t *testing.T, f survey.Facts) {
			if !f.DomainAbsent() || f.ExistsFrom.Type != dnsx.TypeMX {
				t.Errorf("%+v", f.ExistsFrom)
			}
		}},
		{"SERVFAIL is not implicit", "example.com. A 192.0.2.1\n;@ outcome servfail example.com. MX" + tail, survey.MXUnknown, survey.Yes, "mx_unknown", nil},
		{"NXDOMAIN for MX is not implicit", "example.com. A 192.0.2.1\n;@ outcome nxdomain example.com. MX" + tail, survey.MXUnknown, survey.Yes, "mx_contradicted", func(t *testing.T, f survey.Facts) {
			if f.Questions != 16 { // no name of an address is asked for
				t.Errorf("%d questions", f.Questions)
			}
		}},
		{"nothing answers", ";@ outcome timeout *", survey.MXUnknown, survey.Unknown, "domain_unknown mx_unknown", func(t *testing.T, f survey.Facts) {
			if f.Compare.Differ != survey.Unknown || f.DomainAbsent() || f.Outcomes[dnsx.Timeout] != f.Questions {
				t.Errorf("%+v", f)
			}
		}},
		{"MX is an alias", "example.com. MX 10 mx.example.com.\nmx.example.com. CNAME real.example.com.\nreal.example.com. A 192.0.2.1" + tail,
			survey.MXListed, survey.Yes, "mx_cname", func(t *testing.T, f survey.Facts) {
				if h := f.MX.Hosts[0]; !h.IsCNAME || h.Chain[0].Host != "real.example.com" || !f.MX.Has("real.example.com") || len(h.Addrs) != 1 {
					t.Errorf("%+v", h)
				}
			}},
		{"MX is an address", "example.com. MX 10 192.0.2.1.\n" + tail, survey.MXListed, survey.Yes, "mx_address", func(t *testing.T, f survey.Facts) {
			if h := f.MX.Hosts[0]; !h.IsAddressLiteral || h.Unresolvable || h.Asking {
				t.Errorf("%+v", h)
			}
		}},
		{"MX is no host name", `example.com. MX 10 a\032b.example.com.` + tail, survey.MXListed, survey.Yes, "mx_no_hostname", nil},
		{"private address", "example.com. MX 10 mx.example.com.\nmx.example.com. A 10.1.2.3" + tail, survey.MXListed, survey.Yes, "mx_special_address", func(t *testing.T, f survey.Facts) {
			if a := f.MX.Hosts[0].Addrs[0]; !a.Special || a.Documentation {
				t.Errorf("%+v", a)
			}
		}},
		{"MX without address", "example.com. MX 10 mx.example.com." + tail, survey.MXListed, survey.Yes, "mx_unresolvable", nil},
		{"MX address not known", "example.com. MX 10 mx.example.com.\n;@ outcome timeout mx.example.com. A" + tail, survey.MXListed, survey.Yes, "mx_host_unknown", func(t *testing.T, f survey.Facts) {
			if h := f.MX.Hosts[0]; h.Unresolvable || !h.Unknown {
				t.Errorf("%+v", h)
			}
		}},
		{"SPF loop", `example.com. MX 0 .` + "\n" + `example.com. TXT "v=spf1 include:b.example.com -all"` + "\n" + `b.example.com. TXT "v=spf1 include:example.com"` + tail,
			survey.MXNull, survey.Yes, "null_mx recipient_spf_loop", func(t *testing.T, f survey.Facts) {
				if len(f.SPF.Includes) != 1 || !f.SPF.Loop {
					t.Errorf("%+v", f.SPF)
				}
			}},
		{"two SPF records", "example.com. MX 0 .\nexample.com. TXT \"v=spf1 -all\"\nexample.com. TXT \"v=spf1 ~all\"\nexample.com. TXT \"v=spf10 -all\"" + tail,
			survey.MXNull, survey.Yes, "null_mx recipient_spf_several", nil},
		{"autodiscover by SRV", "example.com. MX 0 .\n_autodiscover._tcp.example.com. SRV 5 9 443 a.example.net.\n_autodiscover._tcp.example.com. SRV 0 1 443 b.example.net.\n_autodiscover._tcp.example.com. SRV 0 2 443 mail.example.net." + tail, survey.MXNull, survey.Yes, "null_mx", func(t *testing.T, f survey.Facts) {
			if f.Autodiscover.Target != "mail.example.net" || f.Autodiscover.Via != "srv" || f.Autodiscover.Port != 443 {
				t.Errorf("%+v", f.Autodiscover)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := ask(t, c.zone+"\n", survey.Subject{Recipient: "example.com", Lab: lab})
			if f.MX.State != c.state || f.Exists != c.exists {
				t.Errorf("mx %s, exists %s", f.MX.State, f.Exists)
			}
			if got := keys(f); got != c.keys {
				t.Errorf("findings %q: %v", got, survey.Findings(f))
			}
			if c.check != nil {
				c.check(t, f)
			}
		})
	}
}

func keys(f survey.Facts) string {
	var out []string
	for _, k := range survey.Findings(f) {
		out = append(out, k.Key)
	}
	return strings.Join(out, " ")
}

func TestNotADomain(t *testing.T) {
	for _, name := range []string{"", ".", "[192.0.2.1]", "192.0.2.1", "a b.example", "-.example", strings.Repeat("a", 64) + ".example", "\x00"} {
		f, a := ask(t, "", survey.Subject{Recipient: name, Sender: name, Host: name, Reporter: name})
		if len(a) != 0 || f.MX.State != survey.MXUnknown || keys(f) != "not_a_domain" {
			t.Errorf("%q: %d questions, %s", name, len(a), keys(f))
		}
	}
}

func TestChangedMX(t *testing.T) {
	const zone = `
example.com. SOA ns1.example.com. h.example.com. 8 2 3 4 60
example.com. NS ns1.example.com.
example.com. NS ns2.example.com.
example.com. NS inside.example.com.
ns1.example.com. A 192.0.2.53
ns2.example.com. AAAA 2001:db8::53
inside.example.com. A 10.0.0.53
example.com. 300 MX 10 new.example.net.
;@ view 2001:db8::53
example.com. SOA ns1.example.com. h.example.com. 7 2 3 4 60
example.com. 300 MX 10 old.example.com.
example.com. 300 MX 10 new.example.net.
;@ view resolver
example.com. 40 MX 10 old.example.com.
`
	f, a := ask(t, zone, survey.Subject{Recipient: "example.com", Lab: []netip.Addr{addr("192.0.2.53"), addr("2001:db8::53")}})
	c := f.Compare
	if c.Differ != survey.Yes || !f.Differ() || !c.ServersDisagree || !c.SerialsDisagree {
		t.Errorf("%+v", c)
	}
	if !f.OldUntil().Equal(noon.Add(40 * time.Second)) {
		t.Errorf("old until %s", f.OldUntil())
	}
	if len(c.OnlyResolver) != 0 || !slices.Equal(c.OnlyServers, []survey.Entry{{Preference: 10, Host: "new.example.net"}}) {
		t.Errorf("only resolver %v, only servers %v", c.OnlyResolver, c.OnlyServers)
	}
	inside, six := f.Servers[0], f.Servers[2]
	if !inside.NotContacted || inside.Addr.IsValid() || inside.Asking {
		t.Errorf("inside %+v", inside)
	}
	if six.Addr != addr("2001:db8::53") || !six.Differs || six.Serial != 7 || six.TTL != 300 {
		t.Errorf("by IPv6 %+v", six)
	}
	for q := range a {
		if q.Server == addr("10.0.0.53") {
			t.Errorf("asked %s", q)
		}
	}
	if got := keys(f); !strings.Contains(got, "views_differ servers_disagree serials_disagree server_not_contacted") {
		t.Errorf("findings %s", got)
	}
}

func TestServersThatDoNotCount(t *testing.T) {
	const zone = `
example.com. SOA ns1.example.com. h.example.com. 8 2 3 4 60
example.com. NS ns1.example.com.
ns1.example.com. A 192.0.2.53
example.com. MX 10 mx.example.com.
mx.example.com. A 192.0.2.1
;@ view 192.0.2.53
;@ outcome refused example.com.
`
	f, _ := ask(t, zone, survey.Subject{Recipient: "example.com", Lab: lab})
	if f.Compare.Differ != survey.Unknown || f.Servers[0].Counts || keys(f) != "server_failed" {
		t.Errorf("%+v, %s", f.Compare, keys(f))
	}
}

func TestSubdomain(t *testing.T) {
	const zone = `
example.com. SOA ns1.example.com. h.example.com. 9 2 3 4 60
example.com. NS ns1.example.com.
ns1.example.com. A 192.0.2.53
a.b.example.com. MX 10 mx.example.com.
mx.example.com. A 192.0.2.1
`
	s := survey.Subject{Recipient: "a.b.example.com", Lab: lab}
	check := func(t *testing.T, r dnsx.Resolver, depth int) {
		a := survey.Answers{}
		run(t, r, s, a)
		f := survey.Read(s, a)
		if f.NS.Zone != "example.com" || len(f.Servers) != 1 || !f.Servers[0].Counts || f.Servers[0].Serial != 9 || f.Compare.Differ != survey.No {
			t.Errorf("%+v %+v", f.NS, f.Servers)
		}
		if f.Depth != depth {
			t.Errorf("depth %d", f.Depth)
		}
		if got := survey.Findings(f); len(got) != 0 {
			t.Errorf("findings %v", got)
		}
	}
	t.Run("zone told", func(t *testing.T) { check(t, zoned{resolver(t, zone), "example.com"}, 4) })
	t.Run("label by label", func(t *testing.T) { check(t, zoned{resolver(t, zone), ""}, 5) })
	t.Run("zone of the top-level domain", func(t *testing.T) {
		f, a := ask(t, "com. SOA a. b. 1 2 3 4 5\n", survey.Subject{Recipient: "example.com"})
		for q := range a {
			if q.Type == dnsx.TypeNS && q.Name != "example.com" {
				t.Errorf("asked %s", q)
			}
		}
		if f.NS.Outcome != dnsx.NXDomain || f.NS.Asking {
			t.Errorf("%+v", f.NS)
		}
	})
}

// zoned sets the zone of negative answers.
type zoned struct {
	dnsx.Resolver
	zone string
}

func (z zoned) Resolve(ctx context.Context, q dnsx.Question) dnsx.Answer {
	a := z.Resolver.Resolve(ctx, q)
	a.Zone = ""
	if a.Outcome.Absent() {
		a.Zone = z.zone
	}
	return a
}

func TestTimeoutsDoNotLoop(t *testing.T) {
	s := survey.Subject{Recipient: "example.com", Sender: "sender.example", Host: "h.example", HostAddr: addr("192.0.2.3"), Reporter: "r.example"}
	for _, outcome := range []dnsx.Outcome{dnsx.Timeout, dnsx.Offline, dnsx.ServFail, dnsx.NXDomain, dnsx.NoData} {
		a := survey.Answers{}
		run(t, always{outcome}, s, a)
		f := survey.Read(s, a)
		if f.Outcomes[outcome] != len(a) || f.Pending != 0 {
			t.Errorf("%s: %v", outcome, f.Outcomes)
		}
		if !outcome.Absent() && (f.DomainAbsent() || f.MX.State != survey.MXUnknown || f.Host.Unresolvable || f.Host.PTR.Confirmed != survey.Unknown || f.Host.InMXName != survey.Unknown) {
			t.Errorf("%s says more than not known: %+v", outcome, f.Host)
		}
	}
}

// always gives every question the same outcome.
type always struct{ outcome dnsx.Outcome }

func (a always) Resolve(_ context.Context, q dnsx.Question) dnsx.Answer {
	return dnsx.Answer{Question: q, Outcome: a.outcome, At: noon}
}
func (always) Name() string { return "always" }

func TestUnansweredIsAsking(t *testing.T) {
	s := survey.Subject{Recipient: "example.com", Host: "mx1.example.com", HostAddr: addr("192.0.2.25"), Lab: lab}
	f := survey.Read(s, nil)
	if f.MX.State != survey.MXAsking || f.Exists != survey.Open || f.Compare.Differ != survey.Open || f.Pending != f.Questions ||
		f.Host.InMXName != survey.Open || f.Host.InMXAddr != survey.Open || f.Host.PTR.Confirmed != survey.Open || f.Host.HasClaimed != survey.Open || !f.NS.Asking {
		t.Errorf("%+v", f)
	}
	if got := survey.Findings(f); len(got) != 0 {
		t.Errorf("findings %v", got)
	}
	mx := resolver(t, ordinary).Resolve(t.Context(), question("MX", "example.com"))
	f = survey.Read(s, survey.Answers{mx.Question: mx})
	if f.MX.State != survey.MXListed || !f.MX.Hosts[0].Asking || f.MX.Hosts[0].Unresolvable || f.Host.InMXName != survey.Yes {
		t.Errorf("%+v", f.MX)
	}
}

func TestBounds(t *testing.T) {
	a := survey.Answers{}
	a.Add(dnsx.Answer{Question: question("MX", "example.com"), Outcome: dnsx.NoError, Records: manyMX(1000)})
	s := survey.Subject{Recipient: "example.com", Sender: "sender.example", Host: "h.example.net", Reporter: "r.example.net", Lab: lab}
	run(t, crowd{}, s, a)
	f := survey.Read(s, a)
	if len(f.MX.Hosts) != survey.MaxMXHosts || f.MX.More != 980 || f.Left.MXHosts != 980+8 || // and 8 of the 12 that the servers name
		f.MX.Hosts[0].Preference != 1 {
		t.Errorf("%d hosts, %d more, left %+v", len(f.MX.Hosts), f.MX.More, f.Left)
	}
	if !f.Full() || !survey.Full(s, a) || !strings.Contains(keys(f), "full") {
		t.Errorf("left %+v", f.Left)
	}
	if f.Left.Addresses == 0 || f.Left.NameServers == 0 || f.Left.Includes == 0 || f.Left.Questions == 0 {
		t.Errorf("left %+v", f.Left)
	}
	if len(a) != survey.MaxQuestions {
		t.Errorf("%d questions", len(a))
	}
	counts := map[dnsx.Type]int{}
	direct := map[netip.Addr]bool{}
	for q := range a {
		if q.Server.IsValid() {
			direct[q.Server] = true
			continue
		}
		counts[q.Type]++
	}
	if len(direct) != survey.MaxServers {
		t.Errorf("%d servers asked", len(direct))
	}
	if counts[dnsx.TypePTR] != survey.MaxAddrs+4 { // and two of each named host
		t.Errorf("%d PTR", counts[dnsx.TypePTR])
	}
	t.Logf("%d questions, %v, depth %d, left %+v", len(a), counts, f.Depth, f.Left)
}

func manyMX(n int) (out []dnsx.Record) {
	for i := n; i > 0; i-- {
		out = append(out, dnsx.Record{Name: "example.com", Type: dnsx.TypeMX, TTL: 60, Preference: uint16(i), Host: "mx" + label(i) + ".example.com"})
	}
	return out
}

func label(i int) string {
	return string([]byte{'a' + byte(i/676%26), 'a' + byte(i/26%26), 'a' + byte(i%26)})
}

// crowd answers everything with more than is kept.
type crowd struct{}

func (crowd) Name() string { return "crowd" }

func (crowd) Resolve(_ context.Context, q dnsx.Question) dnsx.Answer {
	a := dnsx.Answer{Question: q, Outcome: dnsx.NoError, At: noon, Authoritative: q.Server.IsValid()}
	sum := byte(0)
	for i := range len(q.Name) {
		sum = sum*31 + q.Name[i]
	}
	for i := range 12 {
		r := dnsx.Record{Name: q.Name, Type: q.Type, TTL: 60}
		switch q.Type {
		case dnsx.TypeA:
			r.Addr = netip.AddrFrom4([4]byte{9, 9, sum, byte(i)})
		case dnsx.TypeAAAA:
			r.Addr = netip.AddrFrom16([16]byte{0x26, 1, sum, 15: byte(i)})
		case dnsx.TypeTXT:
			r.Text = "v=spf1 include:" + label(i) + "." + q.Name + " -all"
		case dnsx.TypeSOA:
			r.SOA = &dnsx.SOA{Serial: 1}
		default:
			r.Host = label(i) + "." + q.Name
		}
		a.Records = append(a.Records, r)
	}
	return a
}

func TestEqualInputGivesEqualLists(t *testing.T) {
	s := survey.Subject{Recipient: "example.com", Sender: "sender.example", Host: "h.example.net"}
	_, a := ask(t, ordinary, s)
	for q := range a {
		less := survey.Answers{}
		for k, v := range a {
			if k != q {
				less[k] = v
			}
		}
		if !slices.Equal(survey.Wanted(s, less), survey.Wanted(s, less)) || !reflect.DeepEqual(survey.Read(s, less), survey.Read(s, less)) {
			t.Fatalf("without %s: not the same twice", q)
		}
	}
}

// TestSPFNames: only the domain's own record, and only terms that let pass.
func TestSPFNames(t *testing.T) {
	spf := survey.SPF{Records: []string{"v=spf1 ip4:192.0.2.0/28 -ip4:192.0.2.99 ip6:2001:db8::25 ip4:bad include:example.net ~all"},
		Includes: []survey.Include{{Domain: "example.net", Records: []string{"v=spf1 ip4:198.51.100.7 -all"}}}}
	for text, want := range map[string]bool{
		"192.0.2.14": true, "192.0.2.16": false, "192.0.2.99": false, "2001:db8::25": true, "::ffff:192.0.2.1": true, "198.51.100.7": false,
	} {
		if got := spf.Names(addr(text)); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
	spf.Records = append(spf.Records, "v=spf1 -all")
	if spf.Names(addr("192.0.2.14")) {
		t.Error("two records: none counts")
	}
}
