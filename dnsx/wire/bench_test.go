package wire_test

import (
	"testing"

	"github.com/miekg/dns"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/wire"
)

// BenchmarkQuery holds one question on loopback beside the bare library,
// which opens a socket for each too but checks only the ID.
func BenchmarkQuery(b *testing.B) {
	s := behaving(b, dnstest.Behaviour{})
	b.Run("wire", func(b *testing.B) {
		c := client(b, wire.Options{Servers: []string{s.Addr()}})
		b.ReportAllocs()
		for b.Loop() {
			if a := c.Resolve(b.Context(), mx); a.Outcome != dnsx.NoError {
				b.Fatalf("%+v", a)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		c := &dns.Client{UDPSize: 1232}
		b.ReportAllocs()
		for b.Loop() {
			m := new(dns.Msg).SetQuestion("example.com.", dns.TypeMX)
			m.SetEdns0(1232, false)
			if _, _, err := c.Exchange(m, s.Addr()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
