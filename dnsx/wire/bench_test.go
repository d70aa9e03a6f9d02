package wire_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"testing"

	"github.com/miekg/dns"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/wire"
)

// BenchmarkQuery holds one question on loopback, over each transport, beside
// the bare library, which checks only the ID. By UDP and TCP the library opens
// a socket for each question as the client does; its TLS connection and the
// HTTP client beside it are kept, as the client's are.
func BenchmarkQuery(b *testing.B) {
	s := encrypted(b, dnstest.ServerOptions{Behave: func(q dnstest.Query) dnstest.Behaviour {
		// One name's answer is cut by UDP, so that TCP has to give it.
		return dnstest.Behaviour{Truncate: q.Transport == "udp" && q.Name == "null.example.com"}
	}})
	cut := dnsx.Question{Name: "null.example.com", Type: dnsx.TypeMX}
	for _, c := range []struct {
		name, server string
		q            dnsx.Question
	}{
		{"udp", s.Addr(), mx}, {"tcp", s.Addr(), cut}, {"tls", s.TLS(), mx}, {"https", s.HTTPS(), mx},
	} {
		b.Run(c.name+"/wire", func(b *testing.B) {
			client := client(b, wire.Options{Servers: []string{c.server}, Roots: s.Roots()})
			b.ReportAllocs()
			for b.Loop() {
				if a := client.Resolve(b.Context(), c.q); a.Outcome != dnsx.NoError {
					b.Fatalf("%+v", a)
				}
			}
		})
		b.Run(c.name+"/library", func(b *testing.B) {
			ask := library(b, s, c.name)
			b.ReportAllocs()
			for b.Loop() {
				m := new(dns.Msg).SetQuestion(dns.Fqdn(c.q.Name), dns.TypeMX)
				m.SetEdns0(1232, false)
				if err := ask(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("tls/wire/parallel", func(b *testing.B) {
		client := client(b, wire.Options{Servers: []string{s.TLS()}, Roots: s.Roots()})
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if a := client.Resolve(b.Context(), mx); a.Outcome != dnsx.NoError {
					b.Errorf("%+v", a)
				}
			}
		})
	})
}

// library asks with what the DNS library and the standard library have.
func library(b *testing.B, s *dnstest.Server, way string) func(*dns.Msg) error {
	config := &tls.Config{RootCAs: s.Roots(), ServerName: dnstest.CertificateName}
	switch way {
	case "tcp": // UDP first, as the client has to
		return func(m *dns.Msg) error {
			if _, _, err := (&dns.Client{UDPSize: 1232}).Exchange(m, s.Addr()); err != nil {
				return err
			}
			_, _, err := (&dns.Client{Net: "tcp"}).Exchange(m, s.Addr())
			return err
		}
	case "tls":
		c := &dns.Client{Net: "tcp-tls", TLSConfig: config}
		conn, err := c.Dial(s.TLSAddr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		return func(m *dns.Msg) error {
			_, _, err := c.ExchangeWithConn(m, conn)
			return err
		}
	case "https":
		transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
		b.Cleanup(transport.CloseIdleConnections)
		c := &http.Client{Transport: transport}
		return func(m *dns.Msg) error {
			raw, err := m.Pack()
			if err != nil {
				return err
			}
			resp, err := c.Post(s.HTTPS(), "application/dns-message", bytes.NewReader(raw))
			if err != nil {
				return err
			}
			defer func() { _ = resp.Body.Close() }()
			raw, err = io.ReadAll(resp.Body)
			if err != nil {
				return err
			}
			return new(dns.Msg).Unpack(raw)
		}
	}
	c := &dns.Client{UDPSize: 1232}
	return func(m *dns.Msg) error {
		_, _, err := c.Exchange(m, s.Addr())
		return err
	}
}
