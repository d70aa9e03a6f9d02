package wire_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/wire"
)

// TestBar13OtherPort: an answer with everything right but the port it comes from,
// or the address, is not heard; the true one after it is.
func TestBar13OtherPort(t *testing.T) {
	for name, from := range map[string]string{"another port": "127.0.0.1:0", "another address": "127.0.0.2:0"} {
		t.Run(name, func(t *testing.T) {
			true1, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = true1.Close() }()
			false1, err := net.ListenPacket("udp", from)
			if err != nil {
				t.Skipf("%s cannot be listened on here: %v", from, err)
			}
			defer func() { _ = false1.Close() }()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				buf := make([]byte, 4096)
				n, asker, err := true1.ReadFrom(buf)
				if err != nil {
					return
				}
				reply := func(host string) []byte {
					m := new(dns.Msg)
					if m.Unpack(buf[:n]) != nil {
						return nil
					}
					m.SetReply(m)
					m.RecursionAvailable = true
					rr, _ := dns.NewRR("example.com. 300 MX 10 " + host)
					m.Answer = []dns.RR{rr}
					raw, _ := m.Pack()
					return raw
				}
				_, _ = false1.WriteTo(reply("forged.example."), asker)
				_, _ = true1.WriteTo(reply("true.example."), asker)
			}()
			a := client(t, wire.Options{Servers: []string{true1.LocalAddr().String()}, Timeout: 5 * time.Second}).Resolve(t.Context(), mx)
			if a.Outcome != dnsx.NoError || a.Tries != 1 || len(a.Records) != 1 || a.Records[0].Host != "true.example" {
				t.Errorf("%+v", a)
			}
			_ = true1.Close()
			<-ended
		})
	}
}

// TestBar16ChainOfSeventeen: sixteen aliases are followed, one more is not, and
// neither is an absence.
func TestBar16ChainOfSeventeen(t *testing.T) {
	for links, want := range map[int]dnsx.Outcome{16: dnsx.NoError, 17: dnsx.OtherRcode} {
		l, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &dns.Server{PacketConn: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			m.RecursionAvailable = true
			name := q.Question[0].Name
			for i := range links {
				next := string(rune('a'+i)) + "."
				m.Answer = append(m.Answer, &dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 60}, Target: next})
				name = next
			}
			m.Answer = append(m.Answer, &dns.MX{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 60}, Preference: 10, Mx: "mx.example."})
			_ = w.WriteMsg(m)
		})}
		started, ended := make(chan struct{}), make(chan error, 1)
		server.NotifyStartedFunc = func() { close(started) }
		go func() { ended <- server.ActivateAndServe() }()
		<-started
		a := client(t, wire.Options{Servers: []string{l.LocalAddr().String()}}).Resolve(t.Context(), mx)
		if a.Outcome != want || a.Has(dnsx.NoteChainLoop) != (links == 17) || len(a.Chain) != 16 {
			t.Errorf("%d links: %+v", links, a)
		}
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
		<-ended
	}
}

// TestBar20Embedded: an address that hides a private one within IPv6 is not asked.
func TestBar20Embedded(t *testing.T) {
	c := client(t, wire.Options{Servers: []string{"9.9.9.9"}, Dial: never(t), Lab: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:5300")}})
	for _, at := range []string{
		"10.0.0.1", "169.254.169.254", "100.64.0.1", "127.0.0.2", "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.168.1.1",
		"::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "2002:a00:1::1", "2002:a9fe:a9fe::",
		"::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
	} {
		q := mx
		q.Server = netip.MustParseAddr(at)
		if a := c.Resolve(t.Context(), q); a.Outcome != dnsx.Offline || !a.Has(dnsx.NoteNotContacted) {
			t.Errorf("%s: %+v", at, a)
		}
	}
}

// TestBar24Kept: whatever became of a question, the answer says who was asked
// and when; where one came, its bytes are there, from which the same is read again.
func TestBar24Kept(t *testing.T) {
	when := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, b := range []dnstest.Behaviour{
		{}, {Truncate: true}, {Rcode: "SERVFAIL"}, {Rcode: "REFUSED"}, {Lie: dnstest.LieTrailing}, {Lie: dnstest.LieRdlength}, {Silent: true},
	} {
		s := behaving(t, b)
		c := client(t, wire.Options{Servers: []string{s.Addr()}, Timeout: patience, Clock: func() time.Time { return when }})
		a := c.Resolve(t.Context(), mx)
		if a.Question != mx || a.From != s.Addr() || a.Transport == "" || !a.At.Equal(when) || a.Tries == 0 {
			t.Errorf("%+v: %+v", b, a)
		}
		if b.Silent {
			continue
		}
		if len(a.Raw) < 12 {
			t.Errorf("%+v: %d bytes are kept", b, len(a.Raw))
			continue
		}
		m := new(dns.Msg)
		if err := m.Unpack(a.Raw); err != nil && a.Outcome != dnsx.Malformed {
			t.Errorf("%+v: the bytes cannot be read: %v", b, err)
		}
		if b.Rcode != "" && dns.RcodeToString[int(binary.BigEndian.Uint16(a.Raw[2:])&0xf)] != b.Rcode {
			t.Errorf("%+v: other bytes are kept", b)
		}
		if a.Outcome == dnsx.NoError && slices.ContainsFunc(a.Records, func(r dnsx.Record) bool { return r.TTL != 300 }) {
			t.Errorf("%+v: %+v", b, a.Records)
		}
	}
}
