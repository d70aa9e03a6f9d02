package wire_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
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

func encrypted(t testing.TB, opt dnstest.ServerOptions) *dnstest.Server {
	opt.Encrypted = true
	return serve(t, opt)
}

// ways gives the server in the words of --resolver, by transport.
func ways(s *dnstest.Server) map[string]string {
	return map[string]string{"udp": s.Addr(), "tls": s.TLS(), "https": s.HTTPS()}
}

func over(t testing.TB, s *dnstest.Server, way string) *wire.Client {
	return client(t, wire.Options{Servers: []string{ways(s)[way]}, Roots: s.Roots(), Timeout: 4 * patience, Total: 12 * patience})
}

func TestEncrypted(t *testing.T) {
	s := encrypted(t, dnstest.ServerOptions{})
	for _, way := range []string{"tls", "https"} {
		c := over(t, s, way)
		a := c.Resolve(t.Context(), mx)
		if a.Outcome != dnsx.NoError || len(a.Records) != 2 || a.Transport != way || a.From != ways(s)[way] || a.Tries != 1 ||
			!a.Authenticated || a.Notes != nil || a.Err != "" || len(a.Raw) < 50 {
			t.Errorf("%s: %+v", way, a)
		}
		for name, want := range map[string]dnsx.Outcome{
			"none.example.com": dnsx.NXDomain, "mx1.example.com": dnsx.NoData, "bogus.example.com": dnsx.Bogus,
			"refused.example.com": dnsx.Refused, "why.example.com": dnsx.ServFail, "www.example.com": dnsx.NoData,
		} {
			if a := c.Resolve(t.Context(), dnsx.Question{Name: name, Type: dnsx.TypeMX}); a.Outcome != want || a.Transport != way {
				t.Errorf("%s %s: %+v", way, name, a)
			}
		}
		for _, q := range s.Queries() {
			if q.Transport == way && (q.Length%128 != 0 || q.Cookie != "" || q.Sent != strings.ToLower(q.Sent)) {
				t.Errorf("%s: sent %+v", way, q)
			}
		}
	}
	if n := s.Connections(); n != 1 {
		t.Errorf("%d connections over TLS", n)
	}
}

// One connection serves many questions at once, and the quick do not wait for
// the slow.
func TestPipelined(t *testing.T) {
	for _, way := range []string{"tls", "https"} {
		held := make(chan struct{})
		s := encrypted(t, dnstest.ServerOptions{Behave: func(q dnstest.Query) dnstest.Behaviour {
			if q.Name == "mx1.example.com" {
				<-held
			}
			return dnstest.Behaviour{}
		}})
		c := client(t, wire.Options{Servers: []string{ways(s)[way]}, Roots: s.Roots()})
		var slow, quick sync.WaitGroup
		for range 20 {
			slow.Go(func() {
				if a := c.Resolve(t.Context(), dnsx.Question{Name: "mx1.example.com", Type: dnsx.TypeA}); a.Outcome != dnsx.NoError || a.Records[0].Addr.String() != "192.0.2.25" {
					t.Errorf("%s: %+v", way, a)
				}
			})
			quick.Go(func() {
				if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || len(a.Records) != 2 {
					t.Errorf("%s: %+v", way, a)
				}
			})
		}
		quick.Wait()
		close(held)
		slow.Wait()
		if n := s.Connections(); way == "tls" && n != 1 {
			t.Errorf("%d connections", n)
		}
	}
}

// All questions share one connection where the server speaks HTTP/2, from the
// first moment: a server with one place for all its clients answers them all.
func TestOneConnectionOverHTTPS(t *testing.T) {
	ask := func(s *dnstest.Server) {
		t.Helper()
		c := over(t, s, "https")
		var all sync.WaitGroup
		for range 60 {
			all.Go(func() {
				if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Tries != 1 {
					t.Errorf("%+v", a)
				}
			})
		}
		all.Wait()
	}
	s := encrypted(t, dnstest.ServerOptions{WebConns: 1, Behaviour: dnstest.Behaviour{Delay: 5 * time.Millisecond}})
	if ask(s); s.WebConnections() != 1 {
		t.Errorf("%d connections", s.WebConnections())
	}
	s = encrypted(t, dnstest.ServerOptions{NoHTTP2: true, Behaviour: dnstest.Behaviour{Delay: 5 * time.Millisecond}})
	ask(s)
	if ask(s); s.WebConnections() > 10 { // two clients, 1 and 4 each
		t.Errorf("%d connections of HTTP/1.1", s.WebConnections())
	}
}

// A connection that the server breaks before it answers is opened anew once.
func TestBrokenWebConnectionIsOpenedAnew(t *testing.T) {
	var n atomic.Int32
	s := encrypted(t, dnstest.ServerOptions{})
	opt := wire.Options{Servers: []string{s.HTTPS()}, Roots: s.Roots(), Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil && n.Add(1) == 1 {
			_ = conn.Close() // what a full server does
		}
		return conn, err
	}}
	if a := client(t, opt).Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Tries != 2 || n.Load() != 2 {
		t.Errorf("%+v, %d connections", a, n.Load())
	}
}

func TestMoreThanALineTakesWait(t *testing.T) {
	s := encrypted(t, dnstest.ServerOptions{Behaviour: dnstest.Behaviour{Delay: 20 * time.Millisecond}})
	for _, way := range []string{"tls", "https"} {
		c := client(t, wire.Options{Servers: []string{ways(s)[way]}, Roots: s.Roots()})
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError {
					t.Errorf("%s: %+v", way, a)
				}
			})
		}
		all.Wait()
	}
	if n := s.MaxInFlight(); n < 2 || n > 64 {
		t.Errorf("%d in flight", n)
	}
}

func TestIdleConnectionIsOpenedAnew(t *testing.T) {
	for _, way := range []string{"tls", "https"} {
		s := encrypted(t, dnstest.ServerOptions{})
		c := over(t, s, way)
		for range 3 {
			if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Tries > 2 {
				t.Errorf("%s: %+v", way, a)
			}
			s.Disconnect()
		}
	}
	// A server that always closes is asked twice, no more.
	s := encrypted(t, dnstest.ServerOptions{Behaviour: dnstest.Behaviour{CloseTCP: true}})
	if a := over(t, s, "tls").Resolve(t.Context(), mx); a.Outcome != dnsx.Timeout || a.Tries != 2 || !strings.Contains(a.Err, "closed") {
		t.Errorf("%+v", a)
	}
}

// A connection that went dead without a word is given up for a new one.
func TestDeadConnectionIsGivenUp(t *testing.T) {
	var n atomic.Int32
	s := encrypted(t, dnstest.ServerOptions{Behave: func(dnstest.Query) dnstest.Behaviour {
		return dnstest.Behaviour{Silent: n.Add(1) == 2}
	}})
	c := over(t, s, "tls")
	for i, tries := range []int{1, 2, 1} {
		if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Tries != tries {
			t.Errorf("%d: %+v", i, a)
		}
	}
}

func TestHostileEncrypted(t *testing.T) {
	const slow = 200 * time.Millisecond
	for name, c := range map[string]struct {
		b    dnstest.Behaviour
		tls  dnsx.Outcome // "" where it is not for TLS
		web  dnsx.Outcome
		says string
	}{
		"wrong id":      {dnstest.Behaviour{Lie: dnstest.LieID}, dnsx.Timeout, dnsx.Malformed, ""},
		"wrong name":    {dnstest.Behaviour{Lie: dnstest.LieName}, dnsx.Timeout, dnsx.Malformed, ""},
		"two questions": {dnstest.Behaviour{Lie: dnstest.LieTwoQuestions}, dnsx.Timeout, dnsx.Malformed, ""},
		"rdlength":      {dnstest.Behaviour{Lie: dnstest.LieRdlength}, dnsx.Malformed, dnsx.Malformed, "malformed"},
		"short":         {dnstest.Behaviour{Lie: dnstest.LieShort}, dnsx.Malformed, dnsx.Malformed, "malformed"},
		"header only":   {dnstest.Behaviour{Lie: dnstest.LieHeaderOnly}, dnsx.Refused, dnsx.Refused, ""},
		"many":          {dnstest.Behaviour{Lie: dnstest.LieManyMX}, dnsx.NoError, dnsx.NoError, ""},
		"loop":          {dnstest.Behaviour{Lie: dnstest.LieChainLoop}, dnsx.OtherRcode, dnsx.OtherRcode, "chain"},
		"silent":        {dnstest.Behaviour{Silent: true}, dnsx.Timeout, dnsx.Timeout, "no answer in time"},
		"slow body":     {dnstest.Behaviour{Trickle: slow}, dnsx.Timeout, dnsx.Timeout, "no answer in time"},
		"midway":        {dnstest.Behaviour{Midway: true}, dnsx.Timeout, dnsx.Timeout, ""},
		"closed":        {dnstest.Behaviour{CloseTCP: true}, dnsx.Timeout, dnsx.Timeout, ""},
		"500":           {dnstest.Behaviour{HTTP: dnstest.Response{Status: 500}}, "", dnsx.Timeout, "HTTP 500 Internal Server Error"},
		"404":           {dnstest.Behaviour{HTTP: dnstest.Response{Status: 404}}, "", dnsx.Refused, "404 Not Found"},
		"204":           {dnstest.Behaviour{HTTP: dnstest.Response{Status: 206}}, "", dnsx.Malformed, "HTTP 206"},
		"redirect":      {dnstest.Behaviour{HTTP: dnstest.Response{Status: 307, Location: "https://elsewhere.example/"}}, "", dnsx.Refused, "https://elsewhere.example/, which is not followed"},
		"content type":  {dnstest.Behaviour{HTTP: dnstest.Response{ContentType: "text/html"}}, "", dnsx.Malformed, `"text/html"`},
		"huge":          {dnstest.Behaviour{HTTP: dnstest.Response{Padding: 1 << 20}}, "", dnsx.Malformed, "64 KiB"},
		"trailing":      {dnstest.Behaviour{HTTP: dnstest.Response{Padding: 5}}, "", dnsx.NoError, ""},
		"servfail":      {dnstest.Behaviour{Rcode: "SERVFAIL"}, dnsx.ServFail, dnsx.ServFail, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := encrypted(t, dnstest.ServerOptions{Behaviour: c.b})
			for way, want := range map[string]dnsx.Outcome{"tls": c.tls, "https": c.web} {
				if want == "" {
					continue
				}
				a := over(t, s, way).Resolve(t.Context(), mx)
				if a.Outcome != want || !strings.Contains(a.Err, c.says) || a.Transport != way || a.From != ways(s)[way] || len(a.Raw) > 4096 {
					a.Raw, a.Records = nil, nil
					t.Errorf("%s: %+v", way, a)
				}
			}
		})
	}
}

// Encrypted or not: a failed resolver is not the last word where another is named.
func TestSecondServerOfAnyKind(t *testing.T) {
	bad := encrypted(t, dnstest.ServerOptions{Behaviour: dnstest.Behaviour{HTTP: dnstest.Response{Status: 503}, CloseTCP: true}})
	good := encrypted(t, dnstest.ServerOptions{})
	for _, second := range ways(good) {
		for _, first := range []string{bad.TLS(), bad.HTTPS(), "tls://127.0.0.1:1", "https://127.0.0.1:1/q"} {
			c := client(t, wire.Options{Servers: []string{first, second}, Roots: good.Roots(), Timeout: 4 * patience})
			if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || !a.Has(dnsx.NoteSecondServer) || a.From != second {
				t.Errorf("%s, %s: %+v", first, second, a)
			}
		}
	}
}

func TestCertificates(t *testing.T) {
	s := encrypted(t, dnstest.ServerOptions{})
	at := s.TLSAddr()
	web := s.HTTPSAddr()
	named := func(name string) []string {
		return []string{
			fmt.Sprintf("tls://%s#%s", at, name), fmt.Sprintf("https://%s/dns-query#%s", web, name),
			fmt.Sprintf("https://%s:%d/dns-query#%s", name, web.Port(), web.Addr()), fmt.Sprintf("tls://%s:%d#%s", name, at.Port(), at.Addr()),
		}
	}
	for _, server := range named(dnstest.CertificateName) {
		c := client(t, wire.Options{Servers: []string{server}, Roots: s.Roots()})
		if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || !a.Authenticated || !strings.Contains(a.From, dnstest.CertificateName) {
			t.Errorf("%s: %+v", server, a)
		}
	}
	for roots, servers := range map[*x509.CertPool][]string{
		s.Roots():          named("other.example"),
		x509.NewCertPool(): append(named(dnstest.CertificateName), s.TLS(), s.HTTPS()),
	} {
		for _, server := range servers {
			c := client(t, wire.Options{Servers: []string{server}, Roots: roots})
			if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.Refused || !strings.Contains(a.Err, "did not prove who it is") || a.Authenticated {
				t.Errorf("%s: %+v", server, a)
			}
		}
	}
	expired := client(t, wire.Options{Servers: []string{s.TLS()}, Roots: s.Roots(), Clock: func() time.Time { return time.Unix(-1000, 0) }})
	if a := expired.Resolve(t.Context(), mx); a.Outcome != dnsx.Refused {
		t.Errorf("%+v", a)
	}
	// Plain DNS behind a port where TLS was expected.
	c := client(t, wire.Options{Servers: []string{"tls://" + s.Addr()}, Total: 4 * patience})
	if a := c.Resolve(t.Context(), mx); a.Outcome == dnsx.NoError {
		t.Errorf("%+v", a)
	}
}

func TestNameIsLookedUpOnce(t *testing.T) {
	s := encrypted(t, dnstest.ServerOptions{})
	for _, server := range []string{
		fmt.Sprintf("tls://%s:%d", dnstest.CertificateName, s.TLSAddr().Port()),
		fmt.Sprintf("https://%s:%d/dns-query", dnstest.CertificateName, s.HTTPSAddr().Port()),
	} {
		var asked, failing atomic.Int32
		now := time.Unix(1_000_000_000, 0)
		var mu sync.Mutex
		failing.Store(1)
		c := client(t, wire.Options{
			Servers: []string{server}, Roots: s.Roots(),
			Clock: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
			Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
				asked.Add(1)
				if host != dnstest.CertificateName {
					t.Error(host)
				}
				if failing.Load() == 1 {
					return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
				}
				return []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("127.0.0.1")}, nil
			},
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				if strings.HasPrefix(address, "[2001:db8::1]") {
					return nil, syscall.ENETUNREACH
				}
				return new(net.Dialer).DialContext(ctx, network, address)
			},
		})
		if !strings.HasSuffix(c.Name(), " (address from the system)") {
			t.Error(c.Name())
		}
		for range 3 {
			if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.Offline || !strings.Contains(a.Err, "cannot be looked up") {
				t.Errorf("%+v", a)
			}
		}
		if asked.Load() != 1 {
			t.Errorf("a name that is not there: looked up %d times", asked.Load())
		}
		failing.Store(0)
		mu.Lock()
		now = now.Add(time.Minute)
		mu.Unlock()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError {
					t.Errorf("%+v", a)
				}
			})
		}
		if all.Wait(); asked.Load() != 2 {
			t.Errorf("looked up %d times", asked.Load())
		}
	}
}

// An address that swallows everything holds the next one up for its head start only.
func TestAddressesRace(t *testing.T) {
	s := encrypted(t, dnstest.ServerOptions{})
	c := client(t, wire.Options{
		Servers: []string{fmt.Sprintf("tls://%s:%d", dnstest.CertificateName, s.TLSAddr().Port())}, Roots: s.Roots(),
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("127.0.0.1")}, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "[2001:db8::1]") {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	})
	if a := c.Resolve(t.Context(), mx); a.Outcome != dnsx.NoError || a.Took > 2*time.Second {
		t.Errorf("%+v", a)
	}
}

func TestAgeIsTakenFromTheTimeToLive(t *testing.T) {
	for age, want := range map[string][2]uint32{"100": {200, 20}, "9999999": {0, 0}, "x": {300, 120}, "-1": {300, 120}} {
		s := encrypted(t, dnstest.ServerOptions{Behaviour: dnstest.Behaviour{HTTP: dnstest.Response{Age: age}}})
		c := over(t, s, "https")
		present, absent := c.Resolve(t.Context(), mx), c.Resolve(t.Context(), dnsx.Question{Name: "none.example.com", Type: dnsx.TypeMX})
		if present.TTL() != want[0] || absent.NegativeTTL != want[1] {
			t.Errorf("%s: %d, %d", age, present.TTL(), absent.NegativeTTL)
		}
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	s := encrypted(t, dnstest.ServerOptions{Behaviour: dnstest.Behaviour{Silent: true}})
	for _, way := range []string{"tls", "https"} {
		c := client(t, wire.Options{Servers: []string{ways(s)[way]}, Roots: s.Roots(), Timeout: time.Minute, Total: time.Minute})
		got := make(chan dnsx.Answer, 1)
		n := s.Count(dnstest.Query{Transport: way})
		go func() { got <- c.Resolve(t.Context(), mx) }()
		for give := time.Now().Add(5 * time.Second); s.Count(dnstest.Query{Transport: way}) == n; runtime.Gosched() {
			if time.Now().After(give) {
				t.Fatal("not asked over ", way)
			}
		}
		if err := errors.Join(c.Close(), c.Close()); err != nil {
			t.Error(err)
		}
		if a := <-got; a.Outcome != dnsx.Timeout {
			t.Errorf("%s: %+v", way, a)
		}
		if a := c.Resolve(t.Context(), mx); a.Outcome.Answered() {
			t.Errorf("%s after Close: %+v", way, a)
		}
	}
}

func TestTrust(t *testing.T) {
	for server, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "9.9.9.9": false, "192.168.1.1": false, "tls://9.9.9.9": true,
		"tls://dns.quad9.net": true, "https://dns.quad9.net/dns-query": true,
	} {
		s, err := wire.ParseServer(server)
		if got, why := s.Trust(); err != nil || got != want || why == "" {
			t.Errorf("%s: %v %q %v", server, got, why, err)
		}
	}
}
