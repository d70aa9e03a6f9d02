package dnstest

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"deadletter/dnsx"
)

// world is zone text with one of everything.
const world = `
$TTL 300
example. SOA ns.example. host.example. 1 2 3 4 600
example. NS ns.example.
ns.example. A 192.0.2.1

$ORIGIN example.com.
@ SOA ns1 host 7 7200 3600 1209600 120
@ NS ns1
@ NS ns2.example.net.
@ MX 10 mx1
@ MX 20 mx2
@ TXT "tab\009 quote\" back\\slash" "joined"
ns1 A 192.0.2.53
mx1 A 192.0.2.25
mx1 AAAA 2001:db8::25
www CNAME web
web CNAME host.example.net.
gone CNAME nothing.example.net.
empty CNAME ns2.example.net.
out CNAME far.away.org.
loop1 CNAME loop2
loop2 CNAME loop1
_dmarc.sub TXT "v=DMARC1; p=none"
*.wild MX 5 mx1
there.wild A 192.0.2.7
null MX 0 .
$GENERATE 1-17 c$ CNAME c${1}
c18 A 192.0.2.18

$ORIGIN example.net.
@ SOA ns2 host 1 2 3 4 60
@ NS ns2
ns2 A 192.0.2.54
host A 192.0.2.80

; no SOA here
mx.bare.org. A 192.0.2.99
nosoa.org. NS ns.nosoa.org.
ns.nosoa.org. A 192.0.2.60

2.0.192.in-addr.arpa. SOA ns1.example.com. host.example.com. 1 2 3 4 60
25.2.0.192.in-addr.arpa. PTR mx1.example.com.

;@ outcome timeout slow.example.com.
;@ outcome servfail dead.example.com. MX 22 no servers were reached
;@ outcome servfail dead.example.com. A
;@ outcome bogus bogus.example.com.
;@ outcome refused shut.example.com.
;@ outcome malformed odd.example.com.
;@ outcome offline off.example.com.
;@ outcome other_rcode new.example.com.
;@ outcome truncated example.com. TLSA
;@ outcome nxdomain mx2.example.com.
;@ secure example.net.

;@ view resolver
cached.example.com. 40 MX 10 old.example.com.
;@ view all
cached.example.com. MX 10 new.example.net.
;@ view 192.0.2.54
cached.example.com. MX 10 lagging.example.net.
;@ outcome refused null.example.com. MX
;@ view 192.0.2.99
lame.example.com. A 192.0.2.98
`

// brief writes an answer on one line: outcome, records, chain and what else is set.
func brief(a dnsx.Answer) string {
	var s strings.Builder
	s.WriteString(string(a.Outcome))
	for _, c := range a.Chain {
		fmt.Fprintf(&s, " >%s", c.Host)
	}
	for _, r := range a.Records {
		switch {
		case r.Type == dnsx.TypeMX:
			fmt.Fprintf(&s, " %d/%s", r.Preference, r.Host)
		case r.Addr.IsValid():
			fmt.Fprintf(&s, " %s", r.Addr)
		default:
			fmt.Fprintf(&s, " %s", r.Host+r.Text+r.Data)
		}
	}
	if a.Authority != nil {
		fmt.Fprintf(&s, " soa=%s/%d", a.Authority.MName, a.NegativeTTL)
	}
	for _, e := range a.Extended {
		fmt.Fprintf(&s, " ede=%d", e.Code)
	}
	if a.Authoritative {
		s.WriteString(" aa")
	}
	if a.Authenticated {
		s.WriteString(" ad")
	}
	for _, n := range a.Notes {
		fmt.Fprintf(&s, " %s", n)
	}
	return s.String()
}

// answers is what the world says: question, server if any, and the answer in brief.
var answers = []struct{ question, want string }{
	{"MX example.com", "noerror 10/mx1.example.com 20/mx2.example.com"},
	{"MX EXAMPLE.com.", "noerror 10/mx1.example.com 20/mx2.example.com"},
	{"AAAA mx1.example.com", "noerror 2001:db8::25"},
	{`TXT example.com`, `noerror tab\009 quote\" back\\slashjoined`},
	{"SRV example.com", "nodata soa=ns1.example.com/120"},
	{"A sub.example.com", "nodata soa=ns1.example.com/120"},
	{"A none.example.com", "nxdomain soa=ns1.example.com/120"},
	{"A none.example", "nxdomain soa=ns.example/300"},
	{"A www.example.com", "noerror >web.example.com >host.example.net 192.0.2.80"},
	{"CNAME www.example.com", "noerror web.example.com"},
	{"A gone.example.com", "nxdomain >nothing.example.net soa=ns2.example.net/60"},
	{"AAAA empty.example.com", "nodata >ns2.example.net soa=ns2.example.net/60"},
	{"A out.example.com", "refused"},
	{"MX loop1.example.com", "other_rcode >loop2.example.com >loop1.example.com cname_loop"},
	{"MX any.wild.example.com", "noerror 5/mx1.example.com"},
	{"MX a.b.wild.example.com", "noerror 5/mx1.example.com"},
	{"A any.wild.example.com", "nodata soa=ns1.example.com/120"},
	{"MX there.wild.example.com", "nodata soa=ns1.example.com/120"},
	{"MX x.there.wild.example.com", "nxdomain soa=ns1.example.com/120"},
	{"MX null.example.com", "noerror 0/."},
	{"A mx.bare.org", "noerror 192.0.2.99"},
	{"MX mx.bare.org", "nodata"},
	{"A other.bare.org", "nxdomain"},
	{"A bare.org", "nodata"},
	{"MX nosoa.org", "nodata"},
	{"MX x.nosoa.org", "nxdomain"},
	{"A example.org", "refused"},
	{"PTR 25.2.0.192.in-addr.arpa", "noerror mx1.example.com"},
	{"PTR 26.2.0.192.in-addr.arpa", "nxdomain soa=ns1.example.com/60"},
	{"PTR 1.51.100.198.in-addr.arpa", "refused"},
	{"A slow.example.com", "timeout"},
	{"MX dead.example.com", "servfail ede=22"},
	{"A bogus.example.com", "bogus ede=6"},
	{"A shut.example.com", "refused"},
	{"A odd.example.com", "malformed"},
	{"A new.example.com", "other_rcode"},
	{"TLSA example.com", "truncated"},
	{"A mx2.example.com", "nxdomain soa=ns1.example.com/120"},
	{"A host.example.net", "noerror 192.0.2.80 ad"},
	{"MX host.example.net", "nodata soa=ns2.example.net/60 ad"},
	{"MX cached.example.com", "noerror 10/old.example.com"},
	{"MX cached.example.com @192.0.2.53", "noerror 10/new.example.net aa"},
	{"MX cached.example.com @192.0.2.54", "noerror 10/lagging.example.net aa"},
	{"MX null.example.com @192.0.2.54", "refused aa"},
	{"MX null.example.com @192.0.2.53", "noerror 0/. aa"},
	{"SRV example.com @192.0.2.53", "nodata soa=ns1.example.com/120 aa"},
	{"A www.example.com @192.0.2.54", "noerror >web.example.com >host.example.net 192.0.2.80 aa"},
	{"A www.example.com @192.0.2.53", "other_rcode >web.example.com >host.example.net aa"},
	{"A host.example.net @192.0.2.53", "refused"},
	{"A host.example.net @192.0.2.99", "refused"},
	{"A lame.example.com @192.0.2.99", "noerror 192.0.2.98 aa"},
	{"A lame.example.com", "nxdomain soa=ns1.example.com/120"},
	{"NS example.com @198.51.100.1", "refused"},
	{"WHAT example.com", "malformed"},
	{"A a..b", "malformed"},
}

func question(t testing.TB, s string) dnsx.Question {
	t.Helper()
	f := strings.Fields(s)
	q := dnsx.Question{Type: dnsx.Type(f[0]), Name: f[1]}
	if len(f) > 2 {
		q.Server = netip.MustParseAddr(f[2][1:])
	}
	return q
}

func TestDSIsHeldAboveTheCut(t *testing.T) {
	z := parse(t, `example. SOA a.example. h.example. 1 2 3 4 5
a.example. SOA a.example. h.example. 1 2 3 4 5
a.example. DS 1 8 2 aabb
b.example. SOA b.example. h.example. 1 2 3 4 5
`)
	r := NewResolver(z, ResolverOptions{})
	if a := r.Resolve(t.Context(), dnsx.Question{Name: "a.example", Type: dnsx.TypeDS}); a.Outcome != dnsx.NoError || a.Records[0].Data != "1 8 2 AABB" {
		t.Errorf("%+v", a)
	}
	if a := r.Resolve(t.Context(), dnsx.Question{Name: "b.example", Type: dnsx.TypeDS}); a.Outcome != dnsx.NoData || a.Zone != "example" {
		t.Errorf("%+v", a)
	}
	if a := r.Resolve(t.Context(), dnsx.Question{Name: "example", Type: dnsx.TypeDS}); a.Outcome != dnsx.NoData || a.Zone != "example" {
		t.Errorf("%+v", a)
	}
}

func TestResolverAnswers(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	r := NewResolver(parse(t, world), ResolverOptions{Clock: func() time.Time { return at }})
	for _, c := range answers {
		q := question(t, c.question)
		a := r.Resolve(t.Context(), q)
		if got := brief(a); got != c.want {
			t.Errorf("%s\n got %s (%s)\nwant %s", c.question, got, a.Err, c.want)
		}
		if a.Question != q || a.From != "zone:test" || a.Transport != "zone" || a.At != at || a.Raw != nil {
			t.Errorf("%s: whence %+v", c.question, a)
		}
		if a.Outcome.Absent() && a.Err != "" || !a.Outcome.Answered() && a.Err == "" &&
			a.Outcome != dnsx.ServFail && a.Outcome != dnsx.Refused && a.Outcome != dnsx.Bogus {
			t.Errorf("%s: %s, Err %q", c.question, a.Outcome, a.Err)
		}
	}
}

func TestResolverRefersToTheZoneBelow(t *testing.T) {
	z := parse(t, `
com. SOA ns.com. h.com. 1 2 3 4 5
com. NS ns.com.
ns.com. A 192.0.2.1
example.com. SOA ns.example.com. h.example.com. 1 2 3 4 5
example.com. NS ns.example.com.
ns.example.com. A 192.0.2.53
example.com. MX 10 mx.example.com.
;@ view 192.0.2.1
example.com. NS old.example.com.
`)
	r := NewResolver(z, ResolverOptions{})
	a := r.Resolve(t.Context(), question(t, "MX example.com @192.0.2.1"))
	if a.Outcome != dnsx.OtherRcode || a.Err != "referral" || a.Authoritative {
		t.Errorf("parent: %s", brief(a))
	}
	ns := z.reply(netip.MustParseAddr("192.0.2.1"), "example.com", dns.TypeMX, false).authority
	if len(ns) != 1 || ns[0].(*dns.NS).Ns != "old.example.com." {
		t.Errorf("parent delegates to %v", ns)
	}
}

func TestResolverBoundsTheChain(t *testing.T) {
	r := NewResolver(parse(t, world), ResolverOptions{})
	for n, want := range map[string]string{"c2": "noerror", "c1": "other_rcode"} {
		a := r.Resolve(t.Context(), dnsx.Question{Name: n + ".example.com", Type: dnsx.TypeA})
		if string(a.Outcome) != want || len(a.Chain) != 16 || a.Has(dnsx.NoteChainLoop) != (n == "c1") {
			t.Errorf("%s: %s", n, brief(a))
		}
	}
}

func TestRootZoneClosesTheWorld(t *testing.T) {
	r := NewResolver(parse(t, ". SOA a. b. 1 2 3 4 5\nexample.com. A 192.0.2.1\n"), ResolverOptions{})
	if got := brief(r.Resolve(t.Context(), question(t, "A example.org"))); got != "nxdomain soa=a/5" {
		t.Error(got)
	}
}

func TestResolverDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResolver(parse(t, world), ResolverOptions{
			Name: "demo", Delay: func(dnsx.Question) time.Duration { return 300 * time.Millisecond },
		})
		q := question(t, "MX example.com")
		if a := r.Resolve(t.Context(), q); a.Took != 300*time.Millisecond || a.Outcome != dnsx.NoError {
			t.Errorf("took %s: %s", a.Took, brief(a))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		a := r.Resolve(ctx, q)
		if a.Outcome != dnsx.Timeout || a.Err != context.DeadlineExceeded.Error() || a.Took != 100*time.Millisecond {
			t.Errorf("cancelled: %s after %s, %q", brief(a), a.Took, a.Err)
		}
		if r.Name() != "zone:demo" {
			t.Error(r.Name())
		}
	})
}
