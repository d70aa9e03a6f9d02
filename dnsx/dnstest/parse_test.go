package dnstest

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"deadletter/dnsx"
	"deadletter/dnsx/wire/packet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parse(t testing.TB, text string) *Zones {
	t.Helper()
	z, err := ParseZones(strings.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestParseZonesReadsOrdinaryText(t *testing.T) {
	z := parse(t, `; two zones, one of them reverse, and no origin in between
$TTL 1h
$ORIGIN example.com. ; relative from here
@	IN SOA ns hostmaster ( 1 7200 3600
	1209600 ; expire
	300 )
	NS ns
	MX 10 mx1
	TXT "v=spf1 ; no comment" " -all"
ns	600 IN A 192.0.2.53
mx1	AAAA 2001:db8::25
10.2.0.192.in-addr.arpa. PTR mx1
$ORIGIN 2.0.192.in-addr.arpa.
11 PTR other.example.com.
$GENERATE 20-22 $ PTR host$.example.com.
`)
	if got := z.Len(); got != 11 {
		t.Errorf("Len() = %d, want 11", got)
	}
	for _, want := range []struct {
		name string
		typ  dnsx.Type
		ttl  uint32
		text string
	}{
		{"example.com", dnsx.TypeMX, 3600, "mx1.example.com"},
		{"example.com", dnsx.TypeTXT, 3600, "v=spf1 ; no comment -all"},
		{"ns.example.com", dnsx.TypeA, 600, "192.0.2.53"},
		{"mx1.example.com", dnsx.TypeAAAA, 3600, "2001:db8::25"},
		{"10.2.0.192.in-addr.arpa", dnsx.TypePTR, 3600, "mx1.example.com"},
		{"11.2.0.192.in-addr.arpa", dnsx.TypePTR, 3600, "other.example.com"},
		{"21.2.0.192.in-addr.arpa", dnsx.TypePTR, 3600, "host21.example.com"},
	} {
		code, _ := packet.TypeCode(want.typ)
		rrs := z.set(viewAll, want.name, code)
		if len(rrs) != 1 {
			t.Errorf("%s %s: %d records", want.typ, want.name, len(rrs))
			continue
		}
		r := packet.Record(rrs[0])
		if got := r.Host + r.Text + addrText(r); got != want.text || r.TTL != want.ttl {
			t.Errorf("%s %s = %q TTL %d, want %q TTL %d", want.typ, want.name, got, r.TTL, want.text, want.ttl)
		}
	}
	soa := packet.Record(z.soa(viewAll, "example.com")[0]).SOA
	if soa.Minimum != 300 || soa.RName != "hostmaster.example.com" {
		t.Errorf("SOA = %+v", soa)
	}
}

func addrText(r dnsx.Record) string {
	if r.Addr.IsValid() {
		return r.Addr.String()
	}
	return ""
}

func TestParseZonesNamesTheLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"bad type":         {"a.example. A 192.0.2.1\n\nb.example. NOTHING x\n", "test: line 3: "},
		"inside parens":    {"a.example. SOA ns host (\n1\n2\nx\n4\n5)\n", "test: line 5: "},
		"open parens":      {"a.example. A 192.0.2.1\na.example. SOA ns host (\n1\n", "test: line 2: parenthesis"},
		"open quote":       {"a.example. TXT \"x\n", "test: line 1: quote"},
		"quote at the end": {"a.example. TXT \"x", "test: line 1: quote"},
		"no owner":         {"\tA 192.0.2.1\n", "test: line 1: a record without a name"},
		"no data":          {"a.example. MX\n", "test: line 1: MX record without data"},
		"class":            {"a.example. CH TXT x\n", "test: line 1: class CH"},
		"include":          {"$INCLUDE /etc/passwd\n", "test: line 1: $INCLUDE"},
		"origin":           {"$ORIGIN a..b\n", "test: line 1: not a domain name"},
		"ttl":              {"$TTL soon\n", "test: line 1: $TTL: not a time"},
		"long label":       {strings.Repeat("a", 64) + ". A 192.0.2.1\n", "test: line 1: "},
		"directive":        {"\n;@ viev all\n", "test: line 2: no such directive"},
		"empty directive":  {";@\n", "test: line 1: a directive"},
		"view":             {";@ view ns1\n", "test: line 1: view: not an address"},
		"view of nobody":   {";@ view\n", "test: line 1: view takes"},
		"outcome":          {";@ outcome lost a.\n", "test: line 1: no such outcome"},
		"outcome of what":  {";@ outcome timeout\n", "test: line 1: outcome takes"},
		"outcome type":     {";@ outcome timeout a. ANY\n", "test: line 1: no such type"},
		"outcome code":     {";@ outcome timeout a. A x\n", "test: line 1: not an extended error code"},
		"secure":           {";@ secure\n", "test: line 1: secure takes"},
	} {
		_, err := ParseZones(strings.NewReader(c.text), "test")
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q...", name, err, c.want)
		}
	}
}

// endless gives one byte for ever.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestParseZonesIsBounded(t *testing.T) {
	if _, err := ParseZones(endless('\n'), "test"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("endless text: %v", err)
	}
	var many strings.Builder
	for range 4 {
		fmt.Fprintf(&many, "$GENERATE 0-65534 h$.example. A 192.0.2.1\n")
	}
	if _, err := ParseZones(strings.NewReader(many.String()), "test"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("262,140 records: %v", err)
	}
	broken := errors.New("disk")
	if _, err := ParseZones(io.MultiReader(strings.NewReader("a. A 192.0.2.1\n"), failing{broken}), "test"); !errors.Is(err, broken) {
		t.Errorf("reading error: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func FuzzParseZones(f *testing.F) {
	for _, s := range []string{
		"example.com. 300 IN MX 10 mx1.example.com.\n",
		"$ORIGIN example.com.\n@ SOA a b (1 2 3\n4 5) ; c\n NS ns\n",
		";@ view 192.0.2.53\nexample.com. TXT \"\\\"\\065\" b\n;@ outcome bogus * MX 6 x\n;@ secure .\n",
		"*.example.com. CNAME example.com.\n$GENERATE 1-3 a$ A 192.0.2.$\n",
		"a\\.b.example. A 192.0.2.1\n\\# A\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToUpper(text), "$GENERATE") && len(text) > 200 {
			t.Skip("many records, nothing new")
		}
		z, err := ParseZones(strings.NewReader(text), "fuzz")
		if err != nil {
			return
		}
		r := NewResolver(z, ResolverOptions{})
		asked := 0
		for v, owners := range z.sets {
			for owner := range owners {
				if asked++; asked > 50 {
					return
				}
				for _, typ := range []dnsx.Type{dnsx.TypeMX, dnsx.TypeCNAME, dnsx.TypeTXT} {
					for _, name := range []string{owner, "x." + owner} {
						a := r.Resolve(t.Context(), dnsx.Question{Name: name, Type: typ, Server: v.addr})
						if a.Outcome == "" || len(a.Records) > packet.MaxRecords || len(a.Chain) > packet.MaxChain {
							t.Fatalf("%s %s: %+v", typ, name, a)
						}
					}
				}
			}
		}
	})
}

func BenchmarkParseZones(b *testing.B) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "host%d.example.com. 300 IN A 192.0.2.%d\n", i, i%256)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := ParseZones(strings.NewReader(text.String()), "bench"); err != nil {
			b.Fatal(err)
		}
	}
}
