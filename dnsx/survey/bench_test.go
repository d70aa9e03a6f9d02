package survey_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/survey"
	"deadletter/dnsx/wire"
)

// typical is a domain like most: two MX hosts of three addresses each whose
// PTR names are their own, two name servers on loopback, SPF of two levels.
func typical() string {
	var b strings.Builder
	b.WriteString(`$TTL 300
example.com. SOA ns1.example.com. hostmaster.example.com. 7 7200 3600 1209600 120
example.com. NS ns1.example.com.
example.com. NS ns2.example.com.
ns1.example.com. A 127.0.0.11
ns2.example.com. A 127.0.0.12
example.com. MX 10 mx1.example.com.
example.com. MX 20 mx2.example.com.
example.com. TXT "v=spf1 include:a.example.com include:b.example.com include:c.example.com ~all"
a.example.com. TXT "v=spf1 include:d.example.com include:e.example.com -all"
b.example.com. TXT "v=spf1 ip4:192.0.2.0/24 -all"
c.example.com. TXT "v=spf1 ip4:192.0.2.0/24 -all"
d.example.com. TXT "v=spf1 ip4:192.0.2.0/24 -all"
e.example.com. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.example.com. TXT "v=DMARC1; p=none"
autodiscover.example.com. CNAME auto.example.com.
auto.example.com. A 198.51.100.9
2.0.192.in-addr.arpa. SOA ns1.example.com. hostmaster.example.com. 1 2 3 4 60
8.b.d.0.1.0.0.2.ip6.arpa. SOA ns1.example.com. hostmaster.example.com. 1 2 3 4 60
`)
	for host := 1; host <= 2; host++ {
		for _, a := range []string{fmt.Sprintf("192.0.2.%d", host), fmt.Sprintf("192.0.2.%d", host+10), fmt.Sprintf("2001:db8::%d", host)} {
			t := "A"
			if netip.MustParseAddr(a).Is6() {
				t = "AAAA"
			}
			fmt.Fprintf(&b, "mx%d.example.com. %s %s\n%s. PTR mx%d.example.com.\n", host, t, a, dnsx.ReverseName(netip.MustParseAddr(a)), host)
		}
	}
	return b.String()
}

// BenchmarkSurvey holds a survey over loopback, 20 ms per query, beside the
// same questions asked one after the other.
func BenchmarkSurvey(b *testing.B) {
	const delay = 20 * time.Millisecond
	zones, err := dnstest.ParseZones(strings.NewReader(typical()), "typical")
	if err != nil {
		b.Fatal(err)
	}
	servers := []netip.Addr{addr("127.0.0.1"), addr("127.0.0.11"), addr("127.0.0.12")}
	server, err := dnstest.NewServer(zones, dnstest.ServerOptions{Addrs: servers, Behaviour: dnstest.Behaviour{Delay: delay}})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	client, err := wire.New(wire.Options{Servers: []string{server.Addr()}, Lab: server.Addrs()})
	if err != nil {
		b.Fatal(err)
	}
	s := survey.Subject{Recipient: "example.com", Lab: servers}
	var first, all, serial []time.Duration
	var a survey.Answers
	var stats survey.Stats
	for b.Loop() {
		a = survey.Answers{}
		start := time.Now()
		var mx time.Duration
		err := survey.Asking{Resolver: client, Stats: &stats}.Run(b.Context(),
			func() []dnsx.Question { return survey.Wanted(s, a) },
			func(answer dnsx.Answer) {
				a.Add(answer)
				if mx == 0 && survey.Read(s, a).MX.State == survey.MXListed {
					mx = time.Since(start)
				}
			})
		if err != nil {
			b.Fatal(err)
		}
		first, all = append(first, mx), append(all, time.Since(start))

		b.StopTimer()
		start = time.Now()
		for _, q := range survey.NewGraph(s, a).Questions() {
			client.Resolve(b.Context(), q)
		}
		serial = append(serial, time.Since(start))
		b.StartTimer()
	}
	f := survey.Read(s, a)
	if f.Pending != 0 || f.Compare.Differ != survey.No || f.Outcomes[dnsx.Timeout] != 0 {
		b.Fatalf("%+v", f)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(middle(first), "ms-first-mx")
	b.ReportMetric(middle(all), "ms-all")
	b.ReportMetric(middle(serial), "ms-serial")
	b.ReportMetric(float64(f.Depth), "depth")
	b.ReportMetric(float64(len(a)), "queries")
	b.ReportMetric(float64(stats.MaxInAir), "in-air")
}

// middle gives the median in milliseconds.
func middle(list []time.Duration) float64 {
	slices.Sort(list)
	return float64(list[len(list)/2].Microseconds()) / 1000
}

// BenchmarkPure is the cost of working out what is wanted, and of the facts.
func BenchmarkPure(b *testing.B) {
	crowded := survey.Answers{}
	crowdedSubject := survey.Subject{Recipient: "example.com", Sender: "sender.example", Host: "h.example.net", Reporter: "r.example.net"}
	crowded.Add(dnsx.Answer{Question: question("MX", "example.com"), Outcome: dnsx.NoError, Records: manyMX(1000)})
	run(b, crowd{}, crowdedSubject, crowded)
	usual := survey.Answers{}
	usualSubject := survey.Subject{Recipient: "example.com", Sender: "news.sender.example", Lab: lab}
	run(b, resolver(b, ordinary), usualSubject, usual)
	for _, c := range []struct {
		name string
		s    survey.Subject
		a    survey.Answers
	}{{"ordinary", usualSubject, usual}, {"crowded", crowdedSubject, crowded}} {
		b.Run("wanted/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				survey.Wanted(c.s, c.a)
			}
		})
		b.Run("read/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				survey.Read(c.s, c.a)
			}
		})
	}
}
