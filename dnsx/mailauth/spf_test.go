package mailauth_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/mailauth"
)

// world answers from zone text at once, and counts how often each question is put.
type world struct {
	answers map[dnsx.Question]dnsx.Answer
	asked   map[dnsx.Question]int
}

func (w *world) look(q dnsx.Question) (dnsx.Answer, bool) { a, ok := w.answers[q]; return a, ok }

// resolve asks everything that is needed, in a random order, one at a time,
// and gives how many questions it took.
func resolve(t testing.TB, zone string, id mailauth.Identity, seed uint64) *world {
	t.Helper()
	zones, err := dnstest.ParseZones(strings.NewReader("$TTL 60\n"+zone), "test")
	if err != nil {
		t.Fatal(err)
	}
	r := dnstest.NewResolver(zones, dnstest.ResolverOptions{})
	w := &world{answers: map[dnsx.Question]dnsx.Answer{}, asked: map[dnsx.Question]int{}}
	rng := rand.New(rand.NewPCG(seed, 1))
	for {
		list, _, _ := mailauth.Needs(id, w.look)
		var open []dnsx.Question
		for _, n := range list {
			if _, ok := w.answers[n.Question]; !ok {
				open = append(open, n.Question)
			}
		}
		if len(open) == 0 {
			return w
		}
		q := open[rng.IntN(len(open))]
		w.asked[q]++
		a := r.Resolve(context.Background(), q)
		a.Question = q
		w.answers[q] = a
	}
}

func identity(addr string) mailauth.Identity {
	return mailauth.Identity{Addr: netip.MustParseAddr(addr), Local: "billing", Domain: "example.com", HELO: "out.example.com"}
}

const soa = "example.com. SOA ns. host. 1 2 3 4 5\n"

func TestSPF(t *testing.T) {
	eleven := ""
	for i := range 11 {
		eleven += fmt.Sprintf(" include:i%d.example.com", i)
		eleven = strings.ReplaceAll(eleven, "\n", "")
	}
	includes := ""
	for i := range 11 {
		includes += fmt.Sprintf("i%d.example.com. TXT \"v=spf1 ?all\"\n", i)
	}
	manyMX := ""
	for i := range 11 {
		manyMX += fmt.Sprintf("example.com. MX %d m%d.example.com.\n", i, i)
	}
	for _, c := range []struct {
		name, zone, addr string
		want             mailauth.Result
		term, why        string
	}{
		{"none", "example.com. TXT \"hello\"", "192.0.2.1", mailauth.None, "", ""},
		{"two records", "example.com. TXT \"v=spf1 -all\"\nexample.com. TXT \"v=spf1 +all\"", "192.0.2.1", mailauth.PermError, "", "more than one"},
		{"split strings", `example.com. TXT "v=spf1 ip4:192" ".0.2.1 -all"`, "192.0.2.1", mailauth.Pass, "ip4:192.0.2.1", ""},
		{"fail", `example.com. TXT "v=spf1 ip4:192.0.2.1 -all"`, "192.0.2.2", mailauth.Fail, "-all", ""},
		{"softfail", `example.com. TXT "v=spf1 ~all"`, "192.0.2.2", mailauth.SoftFail, "~all", ""},
		{"end is neutral", `example.com. TXT "v=spf1"`, "192.0.2.2", mailauth.Neutral, "", ""},
		{"a fault after the match", `example.com. TXT "v=spf1 +all foo"`, "192.0.2.2", mailauth.PermError, "foo", "no mechanism"},
		{"a", "example.com. TXT \"v=spf1 a/24 -all\"\nexample.com. A 192.0.2.200", "192.0.2.2", mailauth.Pass, "a/24", ""},
		{"a for IPv6", "example.com. TXT \"v=spf1 a//64 -all\"\nexample.com. AAAA 2001:db8::1", "2001:db8::2", mailauth.Pass, "a//64", ""},
		{"mx", "example.com. TXT \"v=spf1 mx -all\"\nexample.com. MX 1 m.example.com.\nm.example.com. A 192.0.2.2", "192.0.2.2", mailauth.Pass, "mx", ""},
		{"eleven mx", "example.com. TXT \"v=spf1 mx -all\"\n" + manyMX, "192.0.2.2", mailauth.PermError, "mx", "10 MX"},
		{"include", "example.com. TXT \"v=spf1 include:a.example.com -all\"\na.example.com. TXT \"v=spf1 ip4:192.0.2.2 -all\"", "192.0.2.2", mailauth.Pass, "include:a.example.com", ""},
		{"include of none", "example.com. TXT \"v=spf1 include:a.example.com -all\"\na.example.com. A 192.0.2.1", "192.0.2.2", mailauth.PermError, "include:a.example.com", "no SPF record"},
		{"an include that fails", "example.com. TXT \"v=spf1 include:a.example.com ip4:192.0.2.2 -all\"\n;@ outcome timeout a.example.com. TXT", "192.0.2.2", mailauth.TempError, "include:a.example.com", "look-up"},
		{"redirect", "example.com. TXT \"v=spf1 redirect=a.example.com\"\na.example.com. TXT \"v=spf1 -all\"", "192.0.2.2", mailauth.Fail, "-all", ""},
		{"redirect and all", "example.com. TXT \"v=spf1 redirect=a.example.com ?all\"", "192.0.2.2", mailauth.Neutral, "?all", ""},
		{"eleven terms", "example.com. TXT \"v=spf1" + eleven[:len(eleven)/2] + "\" \"" + eleven[len(eleven)/2:] + " -all\"\n" + includes, "192.0.2.2", mailauth.PermError, "include:i10.example.com", "10 terms"},
		{"a loop", "example.com. TXT \"v=spf1 include:example.com -all\"", "192.0.2.2", mailauth.PermError, "include:example.com", "10 terms"},
		{"three voids", "example.com. TXT \"v=spf1 a:x.example.com a:y.example.com exists:z.example.com +all\"", "192.0.2.2", mailauth.PermError, "exists:z.example.com", "nothing"},
		{"exists with a macro", "example.com. TXT \"v=spf1 exists:%{ir}.%{l}._spf.%{d2} -all\"\n2.2.0.192.billing._spf.example.com. A 127.0.0.2", "192.0.2.2", mailauth.Pass, "exists:%{ir}.%{l}._spf.%{d2}", ""},
		{"ptr", "example.com. TXT \"v=spf1 ptr -all\"\nout.example.com. A 192.0.2.2\n2.2.0.192.in-addr.arpa. PTR out.example.com.\n2.0.192.in-addr.arpa. SOA a. b. 1 2 3 4 5", "192.0.2.2", mailauth.Pass, "ptr", ""},
		{"a time-out", ";@ outcome timeout example.com. TXT", "192.0.2.2", mailauth.TempError, "", "look-up"},
		{"servfail", ";@ outcome servfail example.com. TXT", "192.0.2.2", mailauth.TempError, "", "look-up"},
		{"no domain", ";@ outcome nxdomain example.com. TXT", "192.0.2.2", mailauth.None, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := identity(c.addr)
			w := resolve(t, soa+c.zone, id, 1)
			v := mailauth.Check(id, w.look)
			if v.Result != c.want || v.Term != c.term && lastTerm(v) != c.term || !strings.Contains(v.Why, c.why) {
				t.Errorf("%+v", v)
			}
			if first := mailauth.Check(id, func(dnsx.Question) (dnsx.Answer, bool) { return dnsx.Answer{}, false }); first.Result != mailauth.Open {
				t.Errorf("without answers %s", first.Result)
			}
		})
	}
}

func lastTerm(v mailauth.Verdict) string {
	if len(v.Way) == 0 {
		return ""
	}
	return v.Way[len(v.Way)-1].Term
}

// TestHELOOfEmptySender: for an empty envelope sender the macros speak of
// postmaster at the HELO name (RFC 7208 section 2.4).
func TestHELOOfEmptySender(t *testing.T) {
	id := mailauth.Identity{Addr: netip.MustParseAddr("192.0.2.2"), Domain: "out.example.com", HELO: "out.example.com"}
	w := resolve(t, soa+"out.example.com. TXT \"v=spf1 exists:%{l}.%{o}.x.example.com -all\"\npostmaster.out.example.com.x.example.com. A 127.0.0.2", id, 1)
	if v := mailauth.Check(id, w.look); v.Result != mailauth.Pass {
		t.Errorf("%+v", v)
	}
}

// TestWayNamesEveryTerm: from the domain's own record to the term that matched.
func TestWayNamesEveryTerm(t *testing.T) {
	id := identity("192.0.2.2")
	w := resolve(t, soa+"example.com. TXT \"v=spf1 include:a.example.com -all\"\na.example.com. TXT \"v=spf1 include:b.example.com\"\nb.example.com. TXT \"v=spf1 ip4:192.0.2.0/24\"", id, 1)
	want := []mailauth.Step{{Domain: "example.com", Term: "include:a.example.com"}, {Domain: "a.example.com", Term: "include:b.example.com"}, {Domain: "b.example.com", Term: "ip4:192.0.2.0/24"}}
	if v := mailauth.Check(id, w.look); !slices.Equal(v.Way, want) || v.Lookups != 2 {
		t.Errorf("%+v", v)
	}
	if n, known := mailauth.Count("example.com", w.look); n != 2 || !known {
		t.Errorf("%d terms, %t", n, known)
	}
}

// randomZone makes SPF records of random terms over few names.
func randomZone(rng *rand.Rand) string {
	names := []string{"example.com", "a.example.com", "b.example.com", "c.example.com", "d.example.com"}
	pick := func() string { return names[rng.IntN(len(names))] }
	var b strings.Builder
	b.WriteString("com. SOA ns. host. 1 2 3 4 5\n2.0.192.in-addr.arpa. SOA ns. host. 1 2 3 4 5\n")
	for _, n := range names {
		var terms []string
		for range rng.IntN(5) {
			q := []string{"", "", "-", "~", "?"}[rng.IntN(5)]
			switch rng.IntN(9) {
			case 0:
				terms = append(terms, q+"include:"+pick())
			case 1:
				terms = append(terms, q+"a:"+pick())
			case 2:
				terms = append(terms, q+"mx:"+pick())
			case 3:
				terms = append(terms, q+"exists:%{d}")
			case 4:
				terms = append(terms, q+"ip4:192.0.2."+fmt.Sprint(rng.IntN(4)))
			case 5:
				terms = append(terms, "redirect="+pick())
			case 6:
				terms = append(terms, q+"include:"+pick())
			case 7:
				terms = append(terms, q+"a:void"+fmt.Sprint(rng.IntN(3))+".example.com")
			default:
				terms = append(terms, q+"ip4:198.51.100.0/24")
			}
		}
		if rng.IntN(3) > 0 {
			terms = append(terms, []string{"-all", "~all", "?all"}[rng.IntN(3)])
		}
		if rng.IntN(8) > 0 {
			fmt.Fprintf(&b, "%s. TXT \"v=spf1 %s\"\n", n, strings.Join(terms, " "))
		}
		if rng.IntN(2) > 0 {
			fmt.Fprintf(&b, "%s. A 192.0.2.%d\n", n, rng.IntN(4))
		}
		if rng.IntN(2) > 0 {
			fmt.Fprintf(&b, "%s. MX 5 %s.\n", n, pick())
		}
	}
	return b.String()
}

// TestOrderDoesNotCount: which questions are asked and what comes out is the
// same whatever order answers come in, nothing is asked twice, all is bounded.
func TestOrderDoesNotCount(t *testing.T) {
	for seed := range uint64(300) {
		zone := randomZone(rand.New(rand.NewPCG(seed, 7)))
		id := identity("192.0.2.1")
		first := resolve(t, zone, id, 1)
		want := mailauth.Check(id, first.look)
		if want.Result == mailauth.Open {
			t.Fatalf("seed %d: open at %v\n%s", seed, want.From, zone)
		}
		if most := mailauth.MaxSPFTerms + mailauth.MaxSPFHosts + 1; len(first.asked) > most {
			t.Errorf("seed %d: %d questions", seed, len(first.asked))
		}
		for order := range uint64(4) {
			w := resolve(t, zone, id, order+2)
			got := mailauth.Check(id, w.look)
			if fmt.Sprint(got) != fmt.Sprint(want) || len(w.asked) != len(first.asked) {
				t.Fatalf("seed %d: %+v with %d questions, then %+v with %d", seed, want, len(first.asked), got, len(w.asked))
			}
			for q, n := range w.asked {
				if n > 1 {
					t.Errorf("%v asked %d times", q, n)
				}
			}
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, s := range []string{"v=spf1 -all", "v=spf1 a/24//64 mx:%{d2r.-}/8 exists:%{ir}.x.example exp=e.example x=%", "v=spf1 include:%{", "V=SPF1 ip6:::1/129 ptr:a..b redirect=", "v=spf1 a:" + strings.Repeat("%{i}", 300) + ".example.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := mailauth.ParseRecord(s)
		if len(r.Terms)+len(r.Faults) > len(s)+1 {
			t.Errorf("%d terms", len(r.Terms))
		}
		q := dnsx.Question{Name: "example.com", Type: dnsx.TypeTXT}
		a := dnsx.Answer{Question: q, Outcome: dnsx.NoError, Records: []dnsx.Record{{Name: q.Name, Type: q.Type, Text: s}}}
		look := func(asked dnsx.Question) (dnsx.Answer, bool) {
			if asked.Type == dnsx.TypeTXT {
				return a, true
			}
			return dnsx.Answer{Question: asked, Outcome: dnsx.NXDomain}, true
		}
		for _, addr := range []string{"192.0.2.1", "2001:db8::1"} {
			v := mailauth.Check(identity(addr), look)
			if v.Result == "" || v.Result == mailauth.Open {
				t.Errorf("%+v", v)
			}
			list, _, _ := mailauth.Needs(identity(addr), look)
			if len(list) > mailauth.MaxSPFTerms+mailauth.MaxSPFHosts+1 {
				t.Errorf("%d questions", len(list))
			}
		}
		mailauth.Count("example.com", look)
	})
}
