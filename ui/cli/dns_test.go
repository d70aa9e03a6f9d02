package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
)

func TestMailDomain(t *testing.T) {
	for text, want := range map[string]string{
		"example.com":                           "example.com",
		"Example.COM.":                          "example.com",
		" somebody@example.com ":                "example.com",
		"<somebody@example.com>":                "example.com",
		"\"a@b\"@example.com":                   "example.com",
		"mailto:somebody@example.com?subject=x": "example.com",
		"https://www.example.com/path?q#f":      "www.example.com",
		"http://user@example.com:8080/":         "example.com",
		"":                                      "",
		"@":                                     "",
		"not a domain":                          "not a domain",
	} {
		if got := mailDomain(text); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

const dnsZone = `$TTL 300
example.com. SOA ns1.example.com. hostmaster.example.com. 2026112301 7200 3600 1209600 120
example.com. NS ns1.example.com.
ns1.example.com. A 127.0.0.11
example.com. MX 10 mx1.example.com.
mx1.example.com. A 198.51.100.1
;@ outcome %s
`

// surveyed runs dns against a server on loopback.
func surveyed(t *testing.T, ctx context.Context, outcome string, behave func(dnstest.Query) dnstest.Behaviour, args ...string) (out, errs string, code int, server *dnstest.Server) {
	t.Helper()
	zones, err := dnstest.ParseZones(strings.NewReader(fmt.Sprintf(dnsZone, outcome)), "test")
	if err != nil {
		t.Fatal(err)
	}
	server, err = dnstest.NewServer(zones, dnstest.ServerOptions{
		Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.11")}, Behave: behave,
	})
	if err != nil {
		t.Skip("needs loopback addresses beside 127.0.0.1:", err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var stdout, stderr bytes.Buffer
	all := []string{"dns", "--resolver", server.Addr()}
	for _, a := range server.Addrs() {
		all = append(all, "--lab-allow", a.String())
	}
	code = Run(ctx, Environment{
		Args: append(all, args...), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	return stdout.String(), stderr.String(), code, server
}

// TestDNSAsksNothingTwice counts on the server itself.
func TestDNSAsksNothingTwice(t *testing.T) {
	out, errs, code, server := surveyed(t, t.Context(), "nodata other.example.com. A", nil, "somebody@example.com")
	if code != 0 {
		t.Fatalf("%d: %s", code, errs)
	}
	seen := map[dnstest.Query]int{}
	for _, q := range server.Queries() {
		seen[dnstest.Query{Name: q.Name, Type: q.Type, Server: q.Server, Transport: q.Transport, Checking: q.Checking}]++
	}
	for q, n := range seen {
		if n > 1 {
			t.Errorf("%+v came %d times", q, n)
		}
	}
	if len(seen) > 60 || len(seen) < 10 || !strings.Contains(out, fmt.Sprintf("%d questions of 60 at most in ", len(seen))) {
		t.Errorf("%d queries came:\n%s", len(seen), out)
	}
	for _, want := range []string{"example.com names 1 host", "mx1.example.com", "serial 2026112301 (by its digits 2026-11-23)", "ns1.example.com  127.0.0.11  1 MX, ttl 300"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestDNSOfAFailure holds that a failure is no absence, and is said by the code.
func TestDNSOfAFailure(t *testing.T) {
	for _, outcome := range []string{"servfail", "refused", "malformed", "other_rcode", "bogus"} {
		t.Run(outcome, func(t *testing.T) {
			out, _, code, _ := surveyed(t, t.Context(), outcome+" example.com. MX", nil, "example.com")
			if code != exitUndetermined || !strings.Contains(out, "mail    not known for example.com") {
				t.Errorf("code %d\n%s", code, out)
			}
			for _, word := range []string{"no MX", "does not exist", "neither"} {
				if strings.Contains(out, word) {
					t.Errorf("says %q", word)
				}
			}
		})
	}
}

// TestDNSInterrupted ends the asking while a question is held back: what is
// known is written all the same.
func TestDNSInterrupted(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		behave := func(q dnstest.Query) dnstest.Behaviour {
			if q.Type == dnsx.TypePTR {
				cancel() // by then the MX has been answered
				return dnstest.Behaviour{Silent: true}
			}
			return dnstest.Behaviour{}
		}
		args := []string{"example.com"}
		if asJSON {
			args = append(args, "--json")
		}
		out, errs, code, _ := surveyed(t, ctx, "nodata other.example.com. A", behave, args...)
		if code != exitUndetermined || !strings.Contains(errs, "not all was asked: it was interrupted") {
			t.Errorf("code %d: %s", code, errs)
		}
		if !asJSON {
			if !strings.Contains(out, "example.com names 1 host") || !strings.Contains(out, "not all was asked") {
				t.Errorf("what was known is not there:\n%s", out)
			}
			continue
		}
		var report struct {
			Cut     string
			Unasked int
			MX      struct{ State string }
		}
		if err := json.Unmarshal([]byte(out), &report); err != nil || report.Cut == "" || report.Unasked == 0 || report.MX.State != "listed" {
			t.Errorf("%v, %+v", err, report)
		}
	}
}
