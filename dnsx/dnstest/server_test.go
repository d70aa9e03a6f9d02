package dnstest

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deadletter/dnsx"
)

func ask(t *testing.T, s *Server, network, name string, typ uint16, change func(*dns.Msg)) (*dns.Msg, error) {
	t.Helper()
	m := new(dns.Msg).SetQuestion(name, typ)
	if change != nil {
		change(m)
	}
	c := dns.Client{Net: network, Timeout: 2 * time.Second}
	r, _, err := c.Exchange(m, s.Addr())
	return r, err
}

func TestServerAnswersBothWays(t *testing.T) {
	s, err := NewServer(parse(t, world), ServerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"udp", "tcp"} {
		r, err := ask(t, s, network, "ExAmple.com.", dns.TypeMX, nil)
		if err != nil || len(r.Answer) != 2 || !r.RecursionAvailable || r.Authoritative || r.Question[0].Name != "ExAmple.com." {
			t.Errorf("%s: %v %v", network, err, r)
		}
	}
	r, err := ask(t, s, "udp", "example.com.", dns.TypeMX, func(m *dns.Msg) { m.RecursionDesired = false })
	if err != nil || r.Rcode != dns.RcodeRefused {
		t.Errorf("without recursion this address serves nothing: %v %v", err, r)
	}
	r, err = ask(t, s, "udp", "bogus.example.com.", dns.TypeA, func(m *dns.Msg) { m.SetEdns0(1232, false) })
	if err != nil || r.Rcode != dns.RcodeServerFailure || r.IsEdns0().Option[0].(*dns.EDNS0_EDE).InfoCode != 6 {
		t.Errorf("%v %v", err, r)
	}
	for like, want := range map[Query]int{
		{}: 4, {Transport: "tcp"}: 1, {Name: "example.com", Type: "MX"}: 3, {Recursion: true}: 3, {EDNS: true}: 1, {Type: "A"}: 1, {Server: "127.0.0.2"}: 0,
	} {
		if got := s.Count(like); got != want {
			t.Errorf("Count(%+v) = %d, want %d", like, got, want)
		}
	}
	if s.MaxInFlight() != 1 {
		t.Errorf("%d in flight", s.MaxInFlight())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestServerChangesZones(t *testing.T) {
	s, err := NewServer(parse(t, world), ServerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.SetZones(parse(t, "example.com. SOA a.example.com. b.example.com. 1 2 3 4 60\nexample.com. MX 10 moved.example.com.\n"))
	for _, network := range []string{"udp", "tcp"} {
		r, err := ask(t, s, network, "example.com.", dns.TypeMX, nil)
		if err != nil || len(r.Answer) != 1 || r.Answer[0].(*dns.MX).Mx != "moved.example.com." {
			t.Errorf("%s: %v %v", network, err, r)
		}
	}
}

func TestServerListensOnLoopbackOnly(t *testing.T) {
	if s, err := NewServer(parse(t, world), ServerOptions{Addrs: []netip.Addr{netip.MustParseAddr("0.0.0.0")}}); err == nil {
		_ = s.Close()
		t.Error("0.0.0.0 was taken")
	}
}

// Close drops what waits, on both transports; the leak check of the package
// sees what it leaves behind.
func TestCloseDoesNotWaitForDelays(t *testing.T) {
	s, err := NewServer(parse(t, world), ServerOptions{Behaviour: Behaviour{Delay: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"udp", "tcp"} {
		c, err := net.Dial(network, s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		dc := dns.Conn{Conn: c}
		if err := dc.WriteMsg(new(dns.Msg).SetQuestion("example.com.", dns.TypeMX)); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(5 * time.Second)
	for s.MaxInFlight() < 2 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond) // between polls
	}
	start := time.Now()
	if err := s.Close(); err != nil || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

func TestLossIsSeeded(t *testing.T) {
	pattern := func() (lost []bool) {
		s, err := NewServer(parse(t, world), ServerOptions{Seed: 7, Behaviour: Behaviour{Loss: 0.5}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		for range 20 {
			_, gone := s.enter(Query{Transport: "udp"})
			s.leave()
			lost = append(lost, gone)
		}
		return lost
	}
	first, second := pattern(), pattern()
	n := 0
	for i := range first {
		if first[i] != second[i] {
			t.Fatal("two runs differ")
		}
		if first[i] {
			n++
		}
	}
	if n < 4 || n > 16 {
		t.Errorf("%d of 20 lost", n)
	}
}

func TestEveryLieCanBeTold(t *testing.T) {
	m := new(dns.Msg).SetQuestion("example.com.", dns.TypeMX)
	z := parse(t, world)
	honest := z.reply(netip.Addr{}, "example.com", dns.TypeMX, false).msg("example.com", dns.TypeMX)
	for _, lie := range Lies() {
		if raw, err := tell(lie, m, honest); err != nil || len(raw) == 0 || len(raw) > maxMessage {
			t.Errorf("%s: %d bytes, %v", lie, len(raw), err)
		}
	}
	if _, err := tell("white", m, honest); err == nil {
		t.Error("an unknown lie was told")
	}
	if got := brief(NewResolver(z, ResolverOptions{}).Resolve(t.Context(), dnsx.Question{Name: "example.com", Type: dnsx.TypeMX})); got != "noerror 10/mx1.example.com 20/mx2.example.com" {
		t.Error("telling lies changed the zones:", got)
	}
}
