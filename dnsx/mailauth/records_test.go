package mailauth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
)

// says gives a Lookup over answers written as "TYPE name outcome-or-data...";
// what is not written does not exist.
func says(lines ...string) mailauth.Lookup {
	answers := map[dnsx.Question]dnsx.Answer{}
	for _, l := range lines {
		f := strings.SplitN(l, " ", 3)
		q := dnsx.Question{Type: dnsx.Type(f[0]), Name: f[1]}
		a := answers[q]
		a.Question = q
		switch o := dnsx.Outcome(f[2]); {
		case o == dnsx.Timeout || o == dnsx.ServFail || o == dnsx.Refused || o == dnsx.NoData:
			a.Outcome = o
		default:
			a.Outcome = dnsx.NoError
			r := dnsx.Record{Name: q.Name, Type: q.Type}
			switch q.Type {
			case dnsx.TypeTXT:
				r.Text = f[2]
			case dnsx.TypeA:
				r.Addr = netip.MustParseAddr(f[2])
			default:
				r.Data = f[2]
			}
			a.Records = append(a.Records, r)
		}
		answers[q] = a
	}
	return func(q dnsx.Question) (dnsx.Answer, bool) {
		if a, ok := answers[q]; ok {
			return a, true
		}
		return dnsx.Answer{Question: q, Outcome: dnsx.NXDomain}, true
	}
}

func TestParseDMARC(t *testing.T) {
	d, ok := mailauth.ParseDMARC("v=DMARC1; P=Reject; sp=quarantine; np=reject; ADKIM=s; aspf=r; t=y; psd=n; pct=50; rua=mailto:a@example.net,mailto:b@example.org!10m; zz=1; junk; p=none")
	if !ok || d.Policy != "reject" || d.Sub != "quarantine" || d.NonExistent != "reject" || !d.DKIMStrict || d.SPFStrict || !d.Testing || d.PSD != "n" || d.Percent != 50 ||
		len(d.RUA) != 2 || !slices.Equal(d.Unknown, []string{"zz"}) || len(d.Junk) != 2 || d.NoPolicy {
		t.Errorf("%+v", d)
	}
	for text, void := range map[string]bool{
		"v=DMARC1; rua=mailto:a@example.com": false, "v=DMARC1; p=quarantin; rua=mailto:a@example.com": false,
		"v=DMARC1; p=reject; sp=no; rua=mailto:a@example.com": false, "v=DMARC1; p=reject; np=; rua=mailto:a@example.com": false,
		"v=DMARC1": true, "v=DMARC1; p=": true, "v=DMARC1; p=reject; sp=no": true, "v=DMARC1; p=reject; sp=no; rua=a@example.com": true,
	} {
		if d, ok := mailauth.ParseDMARC(text); !ok || d.Void != void || d.Policy != "none" || d.For(true) != "none" || d.For(false) != "none" || d.NoPolicy == (d.Faulty != nil && d.Faulty[0] != "p") {
			t.Errorf("%s: %+v", text, d)
		}
	}
	for _, s := range []string{"V=DMARC1; p=reject", "v = DMARC1 ;p=reject"} { // the name of a tag is not case sensitive
		if d, ok := mailauth.ParseDMARC(s); !ok || d.Policy != "reject" || d.Void {
			t.Errorf("%q: %+v", s, d)
		}
	}
	for _, s := range []string{"", "=", "v", "v=", "v=dmarc1; p=none", "p=none; v=DMARC1", "v=DMARC11", "x; v=DMARC1", " v=DMARC1", "; v=DMARC1"} {
		if _, ok := mailauth.ParseDMARC(s); ok {
			t.Errorf("%q is taken", s)
		}
	}
}

func TestTreeWalk(t *testing.T) {
	names := mailauth.WalkNames("a.b.c.d.e.f.g.h.i.j.example.com")
	if len(names) != mailauth.MaxWalk || names[1] != "f.g.h.i.j.example.com" || names[7] != "com" {
		t.Errorf("%q", names)
	}
	if names := mailauth.WalkNames("a.b.c.d.e.f.g.com"); len(names) != 8 || names[1] != "b.c.d.e.f.g.com" {
		t.Errorf("%q", names)
	}
	for _, c := range []struct {
		name, domain string
		lines        []string
		state        mailauth.State
		policy       mailauth.Policy
		at, org      string
	}{
		{"own record", "example.com", []string{"TXT _dmarc.example.com v=DMARC1; p=reject"}, mailauth.Present, "reject", "example.com", "example.com"},
		{"subdomain policy", "m.example.com", []string{"TXT m.example.com x", "TXT _dmarc.example.com v=DMARC1; p=reject; sp=none"}, mailauth.Present, "none", "example.com", "example.com"},
		{"name that does not exist", "m.example.com", []string{"TXT _dmarc.example.com v=DMARC1; p=none; sp=none; np=reject"}, mailauth.Present, "reject", "example.com", "example.com"},
		{"psd=n stops", "a.b.example.com", []string{"TXT a.b.example.com x", "TXT _dmarc.b.example.com v=DMARC1; p=reject; psd=n", "TXT _dmarc.example.com v=DMARC1; p=none"}, mailauth.Present, "reject", "b.example.com", "b.example.com"},
		{"psd=y gives one label below", "a.b.example.com", []string{"TXT a.b.example.com x", "TXT _dmarc.example.com v=DMARC1; p=quarantine; psd=y"}, mailauth.Present, "quarantine", "example.com", "b.example.com"},
		{"the shortest is the organisation", "a.b.example.com", []string{"TXT a.b.example.com x", "TXT _dmarc.b.example.com v=DMARC1; p=none", "TXT _dmarc.example.com v=DMARC1; p=reject"}, mailauth.Present, "reject", "example.com", "example.com"},
		{"several count as none", "example.com", []string{"TXT _dmarc.example.com v=DMARC1; p=reject", "TXT _dmarc.example.com v=DMARC1; p=none"}, mailauth.Several, "", "", "example.com"},
		{"none", "example.com", nil, mailauth.Absent, "", "", "example.com"},
		{"a time-out is not absence", "m.example.com", []string{"TXT _dmarc.example.com timeout"}, mailauth.Unknown, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := mailauth.Discover(c.domain, says(c.lines...))
			at := ""
			if d.At >= 0 {
				at = d.Walk[d.At].Domain
			}
			if d.State != c.state || d.Policy != c.policy || at != c.at || d.Org != c.org {
				t.Errorf("%s %s at %q, organisation %q", d.State, d.Policy, at, d.Org)
			}
		})
	}
}

func TestAlign(t *testing.T) {
	look := says("TXT _dmarc.example.com v=DMARC1; p=reject", "TXT _dmarc.lost.example.org timeout")
	d := func(name string) mailauth.Discovery { return mailauth.Discover(name, look) }
	for _, c := range []struct {
		from, other string
		strict      bool
		want        mailauth.Match
	}{
		{"example.com", "example.com", true, mailauth.Aligned},
		{"example.com", "bounce.example.com", false, mailauth.Aligned},
		{"example.com", "bounce.example.com", true, mailauth.NotAligned},
		{"example.com", "example.net", false, mailauth.NotAligned},
		{"example.com", "lost.example.org", false, mailauth.MatchLost},
	} {
		if got := mailauth.Align(d(c.from), d(c.other), c.strict); got != c.want {
			t.Errorf("%s and %s: %s", c.from, c.other, got)
		}
	}
}

func TestReportsOutside(t *testing.T) {
	look := says("TXT _dmarc.example.com v=DMARC1; p=none; rua=mailto:a@r.example.com,mailto:a@yes.example.net,mailto:a@no.example.net", "TXT example.com._report._dmarc.yes.example.net v=DMARC1;")
	out := mailauth.Outsiders(mailauth.Discover("example.com", look), look)
	if len(out) != 2 || out[0].State != mailauth.Present || out[1].State != mailauth.Absent {
		t.Errorf("%+v", out)
	}
}

func rsaKey(t testing.TB, bits int) (spki, bare string) {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der), base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&key.PublicKey))
}

func TestParseKey(t *testing.T) {
	spki, bare := rsaKey(t, 1024)
	for _, c := range []struct {
		text string
		ok   bool
		good func(mailauth.Key) bool
	}{
		{"v=DKIM1; k=rsa; p=" + spki, true, func(k mailauth.Key) bool { return k.Bits == 1024 && !k.Weak() && len(k.Faults) == 0 }},
		{"p=" + bare[:20] + " " + bare[20:], true, func(k mailauth.Key) bool { return k.Bits == 1024 && k.Type == "rsa" }},
		{"v=DKIM1; p=", true, func(k mailauth.Key) bool { return k.Revoked }},
		{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(make([]byte, 32)), true, func(k mailauth.Key) bool { return k.Bits == 256 && len(k.Faults) == 0 }},
		{"v=DKIM1; t=y:s; s=email; h=sha256; p=AAAA", true, func(k mailauth.Key) bool { return k.Testing && k.SameName && !k.NotMail && len(k.Faults) == 1 }},
		{"v=DKIM1; s=other; p=" + spki, true, func(k mailauth.Key) bool { return k.NotMail }},
		{"p=***", true, func(k mailauth.Key) bool { return len(k.Faults) == 1 && k.Bits == 0 }},
		{"v=DKIM2; p=" + spki, false, nil},
		{"v=DKIM1; k=rsa", false, nil},
	} {
		k, ok := mailauth.ParseKey(c.text)
		if ok != c.ok || ok && !c.good(k) {
			t.Errorf("%s: %t %+v", c.text, ok, k)
		}
	}
}

func TestReadKeyStates(t *testing.T) {
	sig := mailauth.Signature{Domain: "example.com", Selector: "s1"}
	name := "TXT s1._domainkey.example.com "
	for want, lines := range map[mailauth.State][]string{
		mailauth.Absent: nil, mailauth.Unknown: {name + "timeout"}, mailauth.Broken: {name + "hello"}, mailauth.Several: {name + "p=", name + "p=AAAA"}, mailauth.Present: {name + "p="},
	} {
		if k := mailauth.ReadKey(sig, says(lines...)); k.State != want {
			t.Errorf("%s: %+v", want, k)
		}
	}
}

func TestTransport(t *testing.T) {
	look := says("TXT _mta-sts.example.com v=STSv1; id=20261101", "TXT _smtp._tls.example.com v=TLSRPTv1", "TXT default._bimi.example.com timeout",
		"TLSA _25._tcp.mx.example.com 3 1 1 "+strings.Repeat("ab", 32), "TLSA _25._tcp.old.example.com 1 0 1 "+strings.Repeat("ab", 32), "TLSA _25._tcp.bad.example.com servfail",
		"DS example.com 1 8 2 ab", "DNSKEY example.com 257 3 8 ab", "DNSKEY island.example 257 3 8 ab", "DS dangling.example 1 8 2 ab", "DS lost.example timeout")
	if a := mailauth.MTASTS("example.com", look); a.State != mailauth.Present || a.Value != "20261101" {
		t.Errorf("%+v", a)
	}
	if a := mailauth.TLSRPT("example.com", look); a.State != mailauth.Broken {
		t.Errorf("%+v", a)
	}
	if a := mailauth.BIMI("example.com", look); a.State != mailauth.Unknown {
		t.Errorf("%+v", a)
	}
	if d := mailauth.ReadDANE("mx.example.com", true, look); d.Usable != 1 || d.Verified {
		t.Errorf("%+v", d)
	}
	if d := mailauth.ReadDANE("old.example.com", true, look); d.Usable != 0 || len(d.Records) != 1 {
		t.Errorf("%+v", d)
	}
	if d := mailauth.ReadDANE("bad.example.com", true, look); d.State != mailauth.Unknown || !d.MustNotDeliver {
		t.Errorf("%+v", d)
	}
	for zone, want := range map[string]mailauth.DNSSEC{"example.com": mailauth.DNSSECSigned, "island.example": mailauth.DNSSECIsland, "dangling.example": mailauth.DNSSECDangling, "lost.example": mailauth.DNSSECUnknown, "none.example": mailauth.DNSSECNone} {
		if got := mailauth.Signed(zone, look); got != want {
			t.Errorf("%s: %s", zone, got)
		}
	}
}

func TestBlocklists(t *testing.T) {
	look := says("A 1.2.0.192.zen.spamhaus.org 127.0.0.2", "A 1.2.0.192.bl.spamcop.net timeout", "A 1.2.0.192.psbl.surriel.com refused",
		"A 1.2.0.192.dnsbl-1.uceprotect.net 192.0.2.7", "A example.com.dbl.spamhaus.org 127.255.255.254", "A example.com.dbl.spamhaus.org 127.0.1.2")
	want := []mailauth.Listing{mailauth.Listed, mailauth.ListNoAnswer, mailauth.ListRefused, mailauth.ListNotRelated, mailauth.ListRefused}
	for i, s := range mailauth.Standings(netip.MustParseAddr("192.0.2.1"), "example.com", look) {
		if s.Says != want[i] {
			t.Errorf("%s: %s", s.List.Name, s.Says)
		}
	}
	q, ok := mailauth.Blocklists()[0].Question(netip.MustParseAddr("2001:db8::1"), "")
	if !ok || q.Name != "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.spamhaus.org" {
		t.Errorf("%v", q)
	}
	for _, b := range mailauth.Blocklists() {
		if b.Source == "" || b.Delist == "" || b.Limits == "" {
			t.Errorf("%s names no source", b.Zone)
		}
	}
}

func FuzzRecords(f *testing.F) {
	spki, _ := rsaKey(f, 1024)
	for _, s := range []string{"v=DMARC1; p=reject; rua=mailto:a@b!1;;=;x", "v=DKIM1; p=" + spki, "v=DKIM1; k=ed25519; p=AA", "v=STSv1; id=", "3 1 1 ab", "d=example.com; s=s1", `\300\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := mailauth.ParseDMARC(s); ok && d.Policy == "" {
			t.Errorf("%+v", d)
		}
		mailauth.ParseKey(s)
		mailauth.ParseTLSA(s)
		mailauth.Plain(s)
		if sig, ok := mailauth.ParseSignature(s); ok {
			if q, ok := sig.KeyQuestion(); !ok || len(q.Name) > 253 {
				t.Errorf("%+v", sig)
			}
		}
		look := func(q dnsx.Question) (dnsx.Answer, bool) {
			return dnsx.Answer{Question: q, Outcome: dnsx.NoError, Records: []dnsx.Record{{Name: q.Name, Type: q.Type, Text: s, Data: s}}}, true
		}
		d := mailauth.Discover("a.example.com", look)
		mailauth.Outsiders(d, look)
		mailauth.MTASTS("example.com", look)
		mailauth.ReadDANE("example.com", true, look)
	})
}
