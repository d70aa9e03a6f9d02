package survey_test

import (
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync"
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
com. SOA a.ns.example. hostmaster.ns.example. 1 2 3 4 60
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
none.example.com. MX 0 .
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

// BenchmarkSurvey holds a survey of the typical domain over loopback, at 20, 50
// and 100 ms per query, beside the same questions asked one after the other,
// and beside the same by dig, a process each, where it is installed.
func BenchmarkSurvey(b *testing.B) {
	for _, delay := range []time.Duration{20, 50, 100} {
		b.Run(fmt.Sprintf("%dms", delay), func(b *testing.B) { surveyAt(b, delay*time.Millisecond) })
	}
}

func surveyAt(b *testing.B, delay time.Duration) {
	servers := []netip.Addr{addr("127.0.0.1"), addr("127.0.0.11"), addr("127.0.0.12")}
	server, client := loopback(b, typical(), servers, dnstest.Behaviour{Delay: delay}, 0)
	s := survey.Subject{Recipient: "example.com", Lab: servers, Most: survey.MaxOfDomain}
	none := survey.Subject{Recipient: "none.example.com", Lab: servers, Most: survey.MaxOfDomain}
	var first, null, all []time.Duration
	var a survey.Answers
	var stats survey.Stats
	until := func(s survey.Subject, state survey.MXState) (mx, all time.Duration) {
		a = survey.Answers{}
		polite := survey.NewPolite(client, survey.Limits{})
		start := time.Now()
		err := survey.Asking{Resolver: polite, Stats: &stats}.Run(b.Context(),
			func() []dnsx.Question { return survey.Wanted(s, a) },
			func(answer dnsx.Answer) {
				a.Add(answer)
				if mx == 0 && answer.Question.Type == dnsx.TypeMX && survey.Read(s, a).MX.State == state {
					mx = time.Since(start)
				}
			})
		if err != nil {
			b.Fatal(err)
		}
		return mx, time.Since(start)
	}
	for b.Loop() {
		mx, _ := until(none, survey.MXNull)
		null = append(null, mx)
		mx, whole := until(s, survey.MXListed)
		first, all = append(first, mx), append(all, whole)
	}
	f := survey.Read(s, a)
	if f.Pending != 0 || f.Compare.Differ != survey.No || f.Outcomes[dnsx.Timeout] != 0 {
		b.Fatalf("%+v", f)
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(middle(first)-ms(delay), "ms-first-mx-over-1-trip")
	b.ReportMetric(middle(null)-ms(delay), "ms-null-mx-over-1-trip")
	b.ReportMetric(middle(all), "ms-all")
	b.ReportMetric(middle(all)/ms(time.Duration(f.Depth)*delay), "ratio-to-depth-x-trip")
	b.ReportMetric(float64(f.Depth), "depth")
	b.ReportMetric(float64(len(a)), "queries")
	b.ReportMetric(float64(stats.MaxInAir), "in-air")

	questions := survey.NewGraph(s, a).Questions()
	start := time.Now()
	for _, q := range questions {
		client.Resolve(b.Context(), q)
	}
	b.ReportMetric(ms(time.Since(start)), "ms-serial")
	if took, ok := byDig(b, server, questions); ok {
		b.ReportMetric(ms(took), "ms-dig")
	}
}

// loopback starts a server for a zone text and a client of it.
func loopback(b *testing.B, text string, at []netip.Addr, how dnstest.Behaviour, seed uint64) (*dnstest.Server, *wire.Client) {
	b.Helper()
	zones, err := dnstest.ParseZones(strings.NewReader(text), "loopback")
	if err != nil {
		b.Fatal(err)
	}
	server, err := dnstest.NewServer(zones, dnstest.ServerOptions{Addrs: at, Behaviour: how, Seed: seed})
	if err != nil {
		b.Skip("needs loopback addresses beside 127.0.0.1:", err)
	}
	b.Cleanup(func() { _ = server.Close() })
	client, err := wire.New(wire.Options{Servers: []string{server.Addr()}, Lab: server.Addrs()})
	if err != nil {
		b.Fatal(err)
	}
	return server, client
}

// byDig asks the same by one dig after the other.
func byDig(b *testing.B, server *dnstest.Server, questions []dnsx.Question) (time.Duration, bool) {
	dig, err := exec.LookPath("dig")
	if err != nil {
		b.Log("dig is not installed: no figure beside it")
		return 0, false
	}
	port := server.Addrs()[0].Port()
	start := time.Now()
	for _, q := range questions {
		at, recurse := "127.0.0.1", "+recurse"
		if q.Server.IsValid() {
			at, recurse = q.Server.String(), "+norecurse"
		}
		out, err := exec.CommandContext(b.Context(), dig, "-r", "@"+at, "-p", fmt.Sprint(port), "+short", "+tries=1", recurse, q.Name, string(q.Type)).CombinedOutput()
		if err != nil {
			b.Logf("dig %s: %v: %s", q, err, out)
			return 0, false
		}
	}
	return time.Since(start), true
}

// BenchmarkLoss asks about the typical domain with every fifth packet lost, 50
// times with another seed each, beside the same without loss.
func BenchmarkLoss(b *testing.B) {
	const delay, share, seeds = 20 * time.Millisecond, 0.2, 50
	at := []netip.Addr{addr("127.0.0.1"), addr("127.0.0.11"), addr("127.0.0.12")}
	s := survey.Subject{Recipient: "example.com", Lab: at, Most: survey.MaxOfDomain}
	once := func(loss float64, seed uint64) (time.Duration, survey.Facts) {
		server, client := loopback(b, typical(), at, dnstest.Behaviour{Delay: delay, Loss: loss}, seed)
		defer server.Close()
		a := survey.Answers{}
		start := time.Now()
		err := survey.Asking{Resolver: client}.Run(b.Context(), func() []dnsx.Question { return survey.Wanted(s, a) }, a.Add)
		if err != nil {
			b.Error(err)
		}
		return time.Since(start), survey.Read(s, a)
	}
	for b.Loop() {
		whole, _ := once(0, 0)
		var mu sync.Mutex
		var took []time.Duration
		failed, wrong := 0, 0
		var wg sync.WaitGroup
		room := make(chan struct{}, 5) // most of the time is waiting
		for seed := range uint64(seeds) {
			room <- struct{}{}
			wg.Go(func() {
				defer func() { <-room }()
				d, f := once(share, seed+1)
				mu.Lock()
				defer mu.Unlock()
				took = append(took, d)
				for outcome, n := range f.Outcomes {
					if !outcome.Answered() {
						failed += n
					}
				}
				if f.MX.State != survey.MXListed && f.MX.State != survey.MXUnknown {
					wrong++
				}
			})
		}
		wg.Wait()
		slices.Sort(took)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(whole.Milliseconds()), "ms-lossless")
		b.ReportMetric(middle(took), "ms-median")
		b.ReportMetric(float64(took[seeds*95/100].Milliseconds()), "ms-95th")
		b.ReportMetric(float64(took[seeds-1].Milliseconds()), "ms-worst")
		b.ReportMetric(float64(failed), "not-answered")
		b.ReportMetric(float64(wrong), "read-as-absent")
	}
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
