package wire_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/wire"
)

func TestLettersOfRandomCase(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{})
	c := asking(t, s)
	for range 20 {
		if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Tries != 1 || a.Records[0].Name != "example.com" || a.Notes != nil {
			t.Fatalf("%+v", a)
		}
	}
	seen := map[string]bool{}
	for _, q := range s.Queries() {
		seen[q.Sent] = true
		if q.Name != "example.com" {
			t.Errorf("%+v", q)
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %d ways of writing it: %v", len(seen), seen)
	}
}

func TestServerThatLosesTheLetters(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{Recase: true})
	c := asking(t, s)
	// TCP shows that it is the server's habit; after that it is asked as it likes.
	for i, want := range []struct {
		tries     int
		transport string
	}{{2, "tcp"}, {1, "udp"}, {1, "udp"}} {
		if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Tries != want.tries || a.Transport != want.transport || a.Notes != nil {
			t.Errorf("%d: %+v", i, a)
		}
	}
	for _, q := range s.Queries()[2:] {
		if q.Sent != "example.com." {
			t.Errorf("asked as %s", q.Sent)
		}
	}
	// Without TCP it cannot be shown. The same answer to the same question in
	// plain letters has to do.
	s = serve(t, dnstest.ServerOptions{NoTCP: true, Behaviour: dnstest.Behaviour{Recase: true}})
	c = asking(t, s)
	for range 2 {
		if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Tries != 3 || a.Transport != "udp" || a.Notes != nil {
			t.Errorf("%+v", a)
		}
	}
}

// An answer in other letters that TCP does not confirm was forged.
func TestForgedLetters(t *testing.T) {
	s := serve(t, dnstest.ServerOptions{Behave: func(q dnstest.Query) dnstest.Behaviour {
		if q.Transport == "udp" {
			return dnstest.Behaviour{Recase: true, Lie: dnstest.LieManyMX}
		}
		return dnstest.Behaviour{}
	}})
	recased := serve(t, dnstest.ServerOptions{Behave: func(q dnstest.Query) dnstest.Behaviour {
		return dnstest.Behaviour{Recase: q.Transport == "udp"}
	}})
	for _, s := range []*dnstest.Server{s, recased} {
		c := asking(t, s)
		for range 2 { // nothing is learned from it
			a := c.Resolve(t.Context(), mx)
			if a.Outcome != dnsx.NoError || len(a.Records) != 2 || a.Transport != "tcp" {
				t.Errorf("%+v", a)
			}
		}
	}
	if a := asking(t, recased).Resolve(t.Context(), mx); !a.Has(dnsx.NoteSpoofSuspected) {
		t.Errorf("%+v", a)
	}
}

func TestCookies(t *testing.T) {
	for way, want := range map[dnstest.Cookies]struct {
		first, second int // tries
		transport     string
		note          bool
	}{
		dnstest.CookiesNone: {1, 1, "udp", false}, dnstest.CookiesGiven: {1, 1, "udp", false},
		dnstest.CookiesWanted: {2, 1, "udp", false}, dnstest.CookiesNever: {3, 3, "tcp", false},
		dnstest.CookiesForeign: {4, 4, "tcp", true},
	} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			s := behaving(t, dnstest.Behaviour{Cookies: way})
			c := client(t, wire.Options{Servers: []string{s.Addr()}})
			for i, tries := range []int{want.first, want.second} {
				a := c.Resolve(t.Context(), mx)
				if a.Outcome != dnsx.NoError || a.Tries != tries || a.Transport != want.transport || a.Has(dnsx.NoteSpoofSuspected) != want.note {
					t.Errorf("%d: %+v", i, a)
				}
			}
			last := s.Queries()[len(s.Queries())-1]
			if full := len(last.Cookie) > 16; last.Transport == "udp" && full != (way != dnstest.CookiesNone) || last.Transport == "tcp" && last.Cookie != "" {
				t.Errorf("sent %+v", last)
			}
		})
	}
	// Each server is given a cookie of its own, and each client has others.
	cookies := map[string]bool{}
	for range 2 {
		s := behaving(t, dnstest.Behaviour{})
		for range 2 {
			asking(t, s).Resolve(t.Context(), mx)
		}
		for _, q := range s.Queries() {
			cookies[q.Cookie] = true
		}
	}
	if len(cookies) != 4 || cookies[""] {
		t.Errorf("%v", cookies)
	}
}

// lossy loses the first packets of every question.
func lossy(t testing.TB, lost int, noTCP bool) *dnstest.Server {
	var mu sync.Mutex
	seen := map[string]int{}
	return serve(t, dnstest.ServerOptions{NoTCP: noTCP, Behave: func(q dnstest.Query) dnstest.Behaviour {
		mu.Lock()
		defer mu.Unlock()
		if q.Transport == "udp" {
			seen[q.Name]++
		}
		return dnstest.Behaviour{Silent: q.Transport == "udp" && seen[q.Name] <= lost}
	}})
}

func TestLostPacketsAreSentAgain(t *testing.T) {
	for lost, want := range map[int]struct {
		tries  int
		noTCP  bool
		within time.Duration
	}{1: {2, false, 600 * time.Millisecond}, 2: {3, false, 900 * time.Millisecond}, 3: {4, false, 1300 * time.Millisecond}, 4: {6, true, 5 * time.Second}} {
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			t.Parallel()
			c := client(t, wire.Options{Servers: []string{lossy(t, lost, want.noTCP).Addr()}})
			a := c.Resolve(t.Context(), mx)
			if a.Outcome != dnsx.NoError || a.Tries != want.tries || a.Notes != nil {
				t.Errorf("%+v", a)
			}
			if a.Took > want.within {
				t.Logf("took %v on a busy machine", a.Took)
			}
		})
	}
}

// A resolver that is slow is heard, by the first packet or a later one, and
// the question does not become a flood.
func TestSlowResolver(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{Delay: 3 * time.Second})
	a := client(t, wire.Options{Servers: []string{s.Addr()}}).Resolve(t.Context(), mx)
	if a.Outcome != dnsx.NoError || a.Tries > 6 || a.Took < 3*time.Second || a.Took > 4500*time.Millisecond || a.Notes != nil {
		t.Errorf("%+v", a)
	}
	if n := len(s.Queries()); n > 6 {
		t.Errorf("asked %d times", n)
	}
}

// While the first resolver is silent the second is asked beside it, and
// whichever answers first has answered.
func TestSecondBesideTheFirst(t *testing.T) {
	slow := behaving(t, dnstest.Behaviour{Delay: 4 * patience})
	silent := behaving(t, dnstest.Behaviour{Silent: true})
	c := client(t, wire.Options{Servers: []string{slow.Addr(), silent.Addr()}, Timeout: patience})
	if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.From != slow.Addr() || a.Has(dnsx.NoteSecondServer) {
		t.Errorf("%+v", a)
	}
	if silent.Count(dnstest.Query{}) == 0 {
		t.Error("the second was not asked")
	}
}

func TestUnreachableFamilyIsPassedOver(t *testing.T) {
	s := behaving(t, dnstest.Behaviour{})
	c := client(t, wire.Options{Servers: []string{"2001:db8::53", s.Addr()}, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "[") {
			return nil, syscall.ENETUNREACH
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}})
	if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || !a.Has(dnsx.NoteSecondServer) || a.Took > time.Second {
		t.Errorf("%+v", a)
	}
	if a := c.Each()[0].Resolve(t.Context(), mx); a.Outcome != dnsx.Offline || a.Took > time.Second {
		t.Errorf("%+v", a)
	}
}

func TestIPv6(t *testing.T) {
	s, err := dnstest.NewServer(zones(t, zone), dnstest.ServerOptions{Addrs: []netip.Addr{netip.IPv6Loopback()}, Encrypted: true})
	if err != nil {
		t.Skip("this host has no IPv6 loopback: ", err)
	}
	defer func() { _ = s.Close() }()
	for way, server := range ways(s) {
		c := client(t, wire.Options{Servers: []string{server}, Roots: s.Roots()})
		if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || !a.Authenticated || !strings.Contains(a.From, "[::1]:") {
			t.Errorf("%s: %+v", way, a)
		}
		_ = c.Close()
	}
}

// elsewhere gives a dialer by which a public address leads to the server, whose
// word on DNSSEC then is not trusted.
func elsewhere(s *dnstest.Server) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Addr())
	}
}

// Extended errors that anybody on the way can write decide nothing; that a
// resolver answers only unchecked does.
func TestBogusNeedsMoreThanAClaim(t *testing.T) {
	claim := []dnsx.ExtendedError{{Code: 6, Text: "bogus"}}
	var n atomic.Int32
	for name, c := range map[string]struct {
		behave  func(dnstest.Query) dnstest.Behaviour
		outcome dnsx.Outcome
		tries   int
	}{
		"claimed, and dead": {func(dnstest.Query) dnstest.Behaviour {
			return dnstest.Behaviour{Rcode: "SERVFAIL", Extended: claim}
		}, dnsx.ServFail, 2},
		"claimed dead, and bogus": {func(q dnstest.Query) dnstest.Behaviour {
			if q.Checking {
				return dnstest.Behaviour{}
			}
			return dnstest.Behaviour{Rcode: "SERVFAIL", Extended: []dnsx.ExtendedError{{Code: 22}}}
		}, dnsx.Bogus, 3},
		"back again": {func(dnstest.Query) dnstest.Behaviour {
			if n.Add(1) == 1 {
				return dnstest.Behaviour{Rcode: "SERVFAIL", Extended: claim}
			}
			return dnstest.Behaviour{}
		}, dnsx.NoError, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, dnstest.ServerOptions{Behave: c.behave})
			a := client(t, wire.Options{Servers: []string{"9.9.9.9"}, Dial: elsewhere(s)}).Resolve(t.Context(), mx)
			if a.Outcome != c.outcome || a.Tries != c.tries || a.Authenticated || c.outcome != dnsx.NoError && len(a.Extended) != 1 {
				t.Errorf("%+v", a)
			}
		})
	}
	// The zone text's own bogus names are found out the same way.
	s := behaving(t, dnstest.Behaviour{})
	q := dnsx.Question{Name: "bogus.example.com", Type: dnsx.TypeMX}
	if a := client(t, wire.Options{Servers: []string{"9.9.9.9"}, Dial: elsewhere(s)}).Resolve(t.Context(), q); a.Outcome != dnsx.Bogus || a.Tries != 3 {
		t.Errorf("%+v", a)
	}
}

// With a fifth of the packets lost both ways every question of a survey is
// answered, and four rounds of them cost little more than without loss.
func TestLossBothWays(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	var took []time.Duration
	for seed := range uint64(4) {
		s := serve(t, dnstest.ServerOptions{Seed: seed, Behaviour: dnstest.Behaviour{Loss: 1 - 0.8*0.8}})
		c := client(t, wire.Options{Servers: []string{s.Addr()}})
		start := time.Now()
		for range 4 {
			var round sync.WaitGroup
			for range 11 {
				round.Go(func() {
					if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError {
						t.Errorf("%+v", a)
					}
				})
			}
			round.Wait()
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	t.Logf("44 questions in 4 rounds: %v", took)
}
