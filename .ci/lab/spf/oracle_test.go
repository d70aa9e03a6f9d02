// Package spf_test compares our evaluation of SPF with another one.
package spf_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"

	"blitiri.com.ar/go/spf"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/mailauth"
)

// resolver answers the other implementation from the same zone text.
type resolver struct{ *dnstest.Resolver }

func (r resolver) ask(ctx context.Context, t dnsx.Type, name string) (dnsx.Answer, error) {
	a := r.Resolve(ctx, dnsx.Question{Name: dnsx.CanonicalName(name), Type: t})
	switch {
	case a.Outcome == dnsx.NoError:
		return a, nil
	case a.Outcome == dnsx.NXDomain:
		return a, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case a.Outcome == dnsx.NoData:
		return a, nil
	}
	return a, &net.DNSError{Err: string(a.Outcome), Name: name, IsTemporary: true}
}

func (r resolver) LookupTXT(ctx context.Context, name string) (out []string, err error) {
	a, err := r.ask(ctx, dnsx.TypeTXT, name)
	for _, rec := range a.Records {
		out = append(out, mailauth.Plain(rec.Text))
	}
	return out, err
}

func (r resolver) LookupMX(ctx context.Context, name string) (out []*net.MX, err error) {
	a, err := r.ask(ctx, dnsx.TypeMX, name)
	for _, rec := range a.Records {
		out = append(out, &net.MX{Host: rec.Host, Pref: rec.Preference})
	}
	return out, err
}

func (r resolver) LookupIPAddr(ctx context.Context, host string) (out []net.IPAddr, err error) {
	a, err := r.ask(ctx, dnsx.TypeA, host)
	for _, rec := range a.Records {
		out = append(out, net.IPAddr{IP: rec.Addr.AsSlice()})
	}
	return out, err
}

func (r resolver) LookupAddr(ctx context.Context, addr string) (out []string, err error) {
	a, err := r.ask(ctx, dnsx.TypePTR, dnsx.ReverseName(netip.MustParseAddr(addr)))
	for _, rec := range a.Records {
		out = append(out, rec.Host)
	}
	return out, err
}

// zone makes records of random terms over few names, with every mechanism,
// look-ups that give nothing, and some that fail.
func zone(rng *rand.Rand) string {
	names := []string{"example.com", "a.example.com", "b.example.com", "c.example.com", "d.example.com", "e.example.com"}
	pick := func() string { return names[rng.IntN(len(names))] }
	var b strings.Builder
	b.WriteString("$TTL 60\ncom. SOA ns. host. 1 2 3 4 5\n2.0.192.in-addr.arpa. SOA ns. host. 1 2 3 4 5\n")
	if rng.IntN(2) == 0 {
		fmt.Fprintf(&b, "1.2.0.192.in-addr.arpa. PTR %s.\n", pick())
	}
	for _, n := range names {
		var terms []string
		redirect := false
		for range rng.IntN(6) {
			q := []string{"", "", "", "-", "~", "?"}[rng.IntN(6)]
			switch rng.IntN(11) {
			case 0, 1:
				terms = append(terms, q+"include:"+pick())
			case 2:
				terms = append(terms, q+"a:"+pick()+[]string{"", "/24", "/32", "//64"}[rng.IntN(4)])
			case 3:
				terms = append(terms, q+"mx:"+pick())
			case 4:
				terms = append(terms, q+"exists:"+[]string{"%{d}", "%{ir}.%{d}", "%{l}.%{o}", "%{h}", "%{d2}", "%{l-}.%{d1r}.com"}[rng.IntN(6)])
			case 5:
				terms = append(terms, q+"ip4:192.0.2."+fmt.Sprint(rng.IntN(4)))
			case 6:
				if !redirect {
					terms = append(terms, "redirect="+pick())
					redirect = true
				}
			case 7:
				terms = append(terms, q+"a:void"+fmt.Sprint(rng.IntN(3))+".example.com")
			case 8:
				terms = append(terms, q+"ptr", "x-unknown=%{d}")
			case 9:
				terms = append(terms, q+"a", q+"mx")
			default:
				terms = append(terms, q+"ip4:198.51.100.0/24", q+"ip6:2001:db8::/32")
			}
		}
		if rng.IntN(3) > 0 {
			terms = append(terms, []string{"-all", "~all", "?all"}[rng.IntN(3)])
		}
		text := "v=spf1 " + strings.Join(terms, " ")
		switch rng.IntN(12) {
		case 0:
		case 1:
			fmt.Fprintf(&b, ";@ outcome %s %s. TXT\n", []string{"timeout", "servfail"}[rng.IntN(2)], n)
		case 2:
			fmt.Fprintf(&b, "%s. TXT \"%s\"\n%s. TXT \"v=spf1 +all\"\n", n, text, n)
		default:
			cut := rng.IntN(len(text))
			fmt.Fprintf(&b, "%s. TXT \"%s\" \"%s\"\n", n, text[:cut], text[cut:])
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

// TestSameResult holds that both implementations give the same result over
// random zones.
func TestSameResult(t *testing.T) {
	seen := map[mailauth.Result]int{}
	const zones = 20000
	differ := 0
	for seed := range uint64(zones) {
		text := zone(rand.New(rand.NewPCG(seed, 3)))
		z, err := dnstest.ParseZones(strings.NewReader(text), "test")
		if err != nil {
			t.Fatal(err)
		}
		r := dnstest.NewResolver(z, dnstest.ResolverOptions{})
		id := mailauth.Identity{Addr: netip.MustParseAddr("192.0.2.1"), Local: "billing", Domain: "example.com", HELO: "a.example.com"}
		answers := map[dnsx.Question]dnsx.Answer{}
		ours := mailauth.Check(id, func(q dnsx.Question) (dnsx.Answer, bool) {
			a, ok := answers[q]
			if !ok {
				a = r.Resolve(context.Background(), q)
				a.Question = q
				answers[q] = a
			}
			return a, true
		})
		theirs, why := spf.CheckHostWithSender(net.IP(id.Addr.AsSlice()), id.HELO, id.Local+"@"+id.Domain, spf.WithResolver(resolver{r}))
		seen[ours.Result]++
		if string(theirs) != string(ours.Result) {
			if differ++; differ <= 8 {
				t.Errorf("seed %d: %+v, theirs %s (%v)\n%s", seed, ours, theirs, why, text)
			}
		}
	}
	t.Logf("%d zones, %d differ, results %v", zones, differ, seen)
	for _, result := range []mailauth.Result{mailauth.Pass, mailauth.Fail, mailauth.SoftFail, mailauth.Neutral, mailauth.None, mailauth.PermError, mailauth.TempError} {
		if seen[result] < 50 {
			t.Errorf("%s only %d times", result, seen[result])
		}
	}
}
