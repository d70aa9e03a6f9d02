package cli_test

import (
	"strings"
	"testing"

	"deadletter/dnsx/dnstest"
)

// Each resolver is named with how it is asked, whether it answers, and whether
// its word on DNSSEC is trusted, and why.
func TestDoctorNamesEachResolver(t *testing.T) {
	z, err := dnstest.ParseZones(strings.NewReader(". SOA a.example. h.example. 1 2 3 4 5\n. NS a.example.\n;@ secure .\n"), "root")
	if err != nil {
		t.Fatal(err)
	}
	s, err := dnstest.NewServer(z, dnstest.ServerOptions{Encrypted: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	out := newPlace(t).run("doctor", "--resolver", s.Addr(), "--resolver", s.TLS(), "--resolver", s.HTTPS()).want(t, 0)
	for _, want := range []string{
		s.Addr() + ": noerror in ", "by UDP and TCP; DNSSEC: it validates, and its word is trusted: it is on this host",
		s.TLS() + ": refused in ", "(the server did not prove who it is: ", "over TLS; DNSSEC: its word would be trusted: encrypted, and the certificate must be that of 127.0.0.1",
		s.HTTPS() + ": refused in ", "over HTTPS",
	} {
		if !strings.Contains(out.stdout, want) {
			t.Errorf("no %q in\n%s", want, out.stdout)
		}
	}
	if out := newPlace(t).run("doctor", "--resolver", "http://127.0.0.1/dns-query"); out.code == 0 || !strings.Contains(out.stdout+out.stderr, "http is not encrypted and is refused, write https://") {
		t.Errorf("%+v", out)
	}
}
