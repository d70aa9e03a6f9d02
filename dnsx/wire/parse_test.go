package wire_test

import (
	"errors"
	"testing"

	"deadletter/dnsx/wire"
)

// What a server is written as again means the same server.
func FuzzParseServer(f *testing.F) {
	for _, s := range []string{
		"9.9.9.9", "[::1]:53", "tls://9.9.9.9#dns.quad9.net", "tls://dns.quad9.net:8853", "https://dns.quad9.net/dns-query#[2620:fe::fe]",
		"https://[2620:fe::fe]:1/q?a=b%20#x.example", "tls://[fe80::1%25eth0]", "http://x/", "tls://#", "https://x.example/%00\x1b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := wire.ParseServer(text)
		if err != nil {
			if !errors.Is(err, wire.ErrServer) {
				t.Fatal(err)
			}
			return
		}
		if s.Port == 0 || s.LookedUp() && s.Host == "" {
			t.Fatalf("%q: %+v", text, s)
		}
		again, err := wire.ParseServer(s.String())
		if err != nil || again != s {
			t.Fatalf("%q: %+v\nagain %q: %+v, %v", text, s, s.String(), again, err)
		}
	})
}
