package packet

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"deadletter/dnsx"
)

// message makes a response to MX example.com from zone text: answer records,
// "--", authority records.
func message(t testing.TB, header dns.MsgHdr, text string) *dns.Msg {
	t.Helper()
	m := &dns.Msg{MsgHdr: header, Question: []dns.Question{{Name: "example.com.", Qtype: dns.TypeMX, Qclass: dns.ClassINET}}}
	m.Response = true
	into := &m.Answer
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); line {
		case "":
			continue
		case "--":
			into = &m.Ns
			continue
		}
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		*into = append(*into, rr)
	}
	return m
}

func pack(t testing.TB, m *dns.Msg) []byte {
	t.Helper()
	m.Compress = true
	raw, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

var asked = Asked{Name: "example.com", Type: dns.TypeMX}

func TestJudge(t *testing.T) {
	recursive := dns.MsgHdr{RecursionAvailable: true}
	const soa = "example.com. 600 SOA a. b. 1 2 3 4 300"
	for name, c := range map[string]struct {
		header  dns.MsgHdr
		direct  bool
		text    string
		outcome dnsx.Outcome
		note    dnsx.Note
		err     string
	}{
		"data":                      {recursive, false, "example.com. 300 MX 10 a.", dnsx.NoError, "", ""},
		"letter case":               {recursive, false, "EXAMPLE.com. 300 MX 10 a.", dnsx.NoError, "", ""},
		"alias":                     {recursive, false, "b. 300 MX 10 a.\nexample.com. CNAME b.", dnsx.NoError, "", ""},
		"alias and a second one":    {recursive, false, "example.com. CNAME b.\nexample.com. CNAME c.\nb. MX 1 a.", dnsx.NoError, dnsx.NoteIgnoredRecords, ""},
		"other name":                {recursive, false, "other.com. 300 MX 10 a.\n--\n" + soa, dnsx.NoData, dnsx.NoteIgnoredRecords, ""},
		"other class":               {recursive, false, "example.com. 300 CH MX 10 a.\n--\n" + soa, dnsx.NoData, dnsx.NoteIgnoredRecords, ""},
		"other type":                {recursive, false, "example.com. A 192.0.2.1", dnsx.NoData, dnsx.NoteIgnoredRecords, ""},
		"signature":                 {recursive, false, "example.com. MX 1 a.\nexample.com. RRSIG MX 8 2 300 20300101000000 20200101000000 1 a. AAAA", dnsx.NoError, "", ""},
		"nodata with soa":           {recursive, false, "--\n" + soa, dnsx.NoData, "", ""},
		"nodata of a cache":         {recursive, false, "", dnsx.NoData, "", ""},
		"alias, nodata of a cache":  {recursive, false, "example.com. CNAME b.", dnsx.NoData, "", ""},
		"no recursion":              {dns.MsgHdr{}, false, "", dnsx.OtherRcode, "", "an empty answer"},
		"recursor that refers":      {recursive, false, "--\ncom. NS a.", dnsx.OtherRcode, "", "referral"},
		"soa of elsewhere":          {recursive, true, "--\nother.com. SOA a. b. 1 2 3 4 5", dnsx.OtherRcode, dnsx.NoteIgnoredRecords, "an empty"},
		"direct: data":              {dns.MsgHdr{Authoritative: true}, true, "example.com. MX 0 .", dnsx.NoError, "", ""},
		"direct: nodata by AA":      {dns.MsgHdr{Authoritative: true}, true, "", dnsx.NoData, "", ""},
		"direct: nodata by SOA":     {dns.MsgHdr{}, true, "--\n" + soa, dnsx.NoData, "", ""},
		"direct: nodata, NS and AA": {dns.MsgHdr{Authoritative: true}, true, "--\nexample.com. NS a.", dnsx.NoData, "", ""},
		"direct: referral":          {dns.MsgHdr{}, true, "--\nexample.com. NS a.", dnsx.OtherRcode, "", "referral"},
		"direct: nothing":           {recursive, true, "", dnsx.OtherRcode, "", "an empty answer"},
		"direct: alias elsewhere":   {dns.MsgHdr{Authoritative: true}, true, "example.com. CNAME b.", dnsx.OtherRcode, "", "the alias leads to b"},
		"direct: alias, SOA of it":  {dns.MsgHdr{Authoritative: true}, true, "example.com. CNAME b.\n--\nb. SOA a. b. 1 2 3 4 5", dnsx.NoData, "", ""},
		"direct: alias, SOA of us":  {dns.MsgHdr{Authoritative: true}, true, "example.com. CNAME b.\n--\n" + soa, dnsx.OtherRcode, dnsx.NoteIgnoredRecords, "the alias"},
		"nxdomain":                  {dns.MsgHdr{Rcode: dns.RcodeNameError}, false, "--\n" + soa, dnsx.NXDomain, "", ""},
		"nxdomain of a target":      {dns.MsgHdr{Rcode: dns.RcodeNameError}, false, "example.com. CNAME b.", dnsx.NXDomain, "", ""},
		"nxdomain with data":        {dns.MsgHdr{Rcode: dns.RcodeNameError}, false, "example.com. MX 10 a.", dnsx.Malformed, "", "NXDOMAIN, and"},
		"loop":                      {recursive, false, "example.com. CNAME b.\nb. CNAME example.com.\n--\n" + soa, dnsx.OtherRcode, dnsx.NoteChainLoop, "the chain"},
		"own alias":                 {recursive, false, "example.com. CNAME example.com.", dnsx.OtherRcode, dnsx.NoteChainLoop, "the chain"},
		"nxdomain and loop":         {dns.MsgHdr{Rcode: dns.RcodeNameError}, false, "example.com. CNAME example.com.", dnsx.OtherRcode, dnsx.NoteChainLoop, "the chain"},
		"servfail with records":     {dns.MsgHdr{Rcode: dns.RcodeServerFailure}, false, "example.com. MX 10 a.\n--\n" + soa, dnsx.ServFail, "", ""},
		"refused":                   {dns.MsgHdr{Rcode: dns.RcodeRefused}, false, "", dnsx.Refused, "", ""},
		"notimp":                    {dns.MsgHdr{Rcode: dns.RcodeNotImplemented}, false, "", dnsx.OtherRcode, "", "response code NOTIMP"},
	} {
		as := asked
		as.Direct = c.direct
		p, err := Parse(pack(t, message(t, c.header, c.text)))
		if err != nil || !p.Answers(as) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a := p.Judge(as)
		if a.Outcome != c.outcome || c.note != "" && !a.Has(c.note) || c.note == "" && a.Notes != nil ||
			!strings.HasPrefix(a.Err, c.err) || c.err == "" && a.Err != "" {
			t.Errorf("%s: %+v", name, a)
		}
		if a.Outcome.Absent() != (a.Outcome == dnsx.NoData || a.Outcome == dnsx.NXDomain) ||
			(len(a.Records) > 0) != (a.Outcome == dnsx.NoError) || !a.Outcome.Absent() && a.NegativeTTL != 0 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestNegativeTTLIsTheSmaller(t *testing.T) {
	for text, want := range map[string]uint32{"600 SOA a. b. 1 2 3 4 300": 300, "60 SOA a. b. 1 2 3 4 300": 60} {
		a := FromMsg(message(t, dns.MsgHdr{}, "--\nexample.com. "+text)).Judge(asked)
		if a.NegativeTTL != want || a.TTL() != want || a.Authority.Minimum != 300 {
			t.Errorf("%s: %+v", text, a)
		}
	}
}

func TestExtendedErrorsAreKeptWithinBounds(t *testing.T) {
	m := message(t, dns.MsgHdr{Rcode: dns.RcodeServerFailure}, "")
	m.SetEdns0(1232, false)
	for range 20 {
		m.IsEdns0().Option = append(m.IsEdns0().Option, &dns.EDNS0_EDE{InfoCode: 9, ExtraText: strings.Repeat("\x1b", 3000)})
	}
	p, err := Parse(pack(t, m))
	if err != nil || len(p.Extended) != 8 || len(p.Extended[0].Text) != 1024 || p.Judge(asked).Outcome != dnsx.ServFail || !SaysBogus(p.Extended) {
		t.Errorf("%v %d", err, len(p.Extended))
	}
	m = message(t, dns.MsgHdr{}, "")
	m.SetEdns0(1232, false)
	m.Rcode = dns.RcodeBadVers
	if p, err := Parse(pack(t, m)); err != nil || p.Judge(asked).Outcome != dnsx.OtherRcode {
		t.Errorf("BADVERS: %v %+v", err, p)
	}
}

// Data that is too short is left empty by the library without a word.
func TestShortDataIsMalformed(t *testing.T) {
	for text, cut := range map[string]int{
		"example.com. MX 10 a.":                 3,
		"example.com. A 192.0.2.1":              4,
		"example.com. AAAA 2001:db8::1":         16,
		"example.com. NS a.":                    3,
		"example.com. SRV 1 2 3 a.":             3,
		"example.com. TXT x":                    2,
		"example.com. SOA a. b. 1 2 3 4 5":      4,
		"example.com. TLSA 3 1 1 aabb":          2,
		"example.com. DS 20326 8 2 aabb":        2,
		"example.com. DNSKEY 257 3 8 AwEAAQ==":  4,
		"example.com. SOA a. b. 1 2 3 4 70000 ": 12,
	} {
		raw := pack(t, message(t, dns.MsgHdr{}, text))
		whole, err := Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		length := int(whole.Answer[0].Header().Rdlength)
		at := len(raw) - length - 1
		for n := 1; n <= min(cut, length); n++ {
			short := bytes.Clone(raw[:len(raw)-n])
			short[at] = byte(length - n)
			if p, err := Parse(short); err == nil && n == cut || err != nil && !errors.Is(err, ErrMalformed) {
				t.Errorf("%s less %d: %v %v", text, n, err, p.Answer)
			}
		}
	}
}

func TestParseKeepsWhatWasBeforeTheCut(t *testing.T) {
	raw := pack(t, message(t, dns.MsgHdr{}, "example.com. MX 10 a.\nexample.com. MX 20 b.\nexample.com. MX 30 c."))
	p, err := Parse(raw[:len(raw)-5])
	if !errors.Is(err, ErrMalformed) || len(p.Answer) != 2 || p.Name != "example.com" {
		t.Errorf("%v %+v", err, p)
	}
	for n := range raw {
		if _, err := Parse(raw[:n]); err == nil {
			t.Errorf("%d of %d bytes", n, len(raw))
		}
	}
	if p, err := Parse(append(raw, 1, 2, 3)); err != nil || p.Trailing != 3 || !p.Judge(asked).Has(dnsx.NoteTrailing) {
		t.Errorf("%v %d", err, p.Trailing)
	}
}

func TestMappedAddressInAAAA(t *testing.T) {
	rr := &dns.AAAA{Hdr: dns.RR_Header{Name: "a."}, AAAA: netip.MustParseAddr("::ffff:10.0.0.1").AsSlice()}
	if got := Record(rr).Addr; got != netip.MustParseAddr("::ffff:10.0.0.1") || !dnsx.Special(got) {
		t.Error(got)
	}
}

func TestTypes(t *testing.T) {
	for name, want := range map[dnsx.Type]uint16{"MX": 15, "TYPE15": 15, "TYPE65280": 65280, "AXFR": 0, "ANY": 0, "OPT": 0, "TYPE0": 0, "TYPE70000": 0, "mx": 0, "": 0} {
		if got, ok := TypeCode(name); got != want || ok != (want != 0) {
			t.Errorf("%s: %d %v", name, got, ok)
		}
	}
	if got := TypeName(65280); got != "TYPE65280" {
		t.Error(got)
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{"Example.COM.": "example.com", ".": ".", "a b.example": `a\ b.example`, "\x1b.example": `\027.example`} {
		if got, err := WireName(in); got != want || err != nil {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for _, in := range []string{"", "a..b", strings.Repeat("a", 64), strings.Repeat("a.", 130), `a\`} {
		if got, err := WireName(in); err == nil {
			t.Errorf("%q: %q", in, got)
		}
	}
	for _, c := range []struct {
		name, zone string
		want       bool
	}{
		{"a.example", "example", true}, {"example", "example", true}, {"xexample", "example", false}, {"a", ".", true},
		{`a\.example`, "example", false}, {`a\\.example`, "example", true}, {"example", "a.example", false},
	} {
		if Within(c.name, c.zone) != c.want {
			t.Errorf("%+v", c)
		}
	}
	for in, want := range map[string]string{"a.b.c": "b.c", "c": ".", ".": ".", `a\.b.c`: "c", `a\\.b`: "b"} {
		if got := Parent(in); got != want {
			t.Errorf("Parent(%q) = %q", in, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, text := range []string{
		"", "example.com. MX 10 a.example.com.", "example.com. CNAME b.\nb. MX 1 c.\n--\nb. SOA a. b. 1 2 3 4 5",
		"example.com. TXT \"\\001\"", "example.com. SRV 1 2 3 a.", "example.com. TLSA 3 1 1 aabb", "example.com. DS 1 8 2 aabb",
		"example.com. DNSKEY 257 3 8 AwEAAQ==", "example.com. HTTPS 1 . alpn=h2",
		"example.com. CAA 0 issue \"x\"", "example.com. LOC 1 N 1 E 0m", "example.com. NSEC b. A MX",
	} {
		m := message(f, dns.MsgHdr{RecursionAvailable: true}, text)
		m.SetEdns0(1232, false)
		m.IsEdns0().Option = append(m.IsEdns0().Option, &dns.EDNS0_EDE{InfoCode: 6, ExtraText: "x"})
		f.Add(pack(f, m), uint16(dns.TypeMX), false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, typ uint16, direct bool) {
		p, err := Parse(raw)
		if err != nil && !errors.Is(err, ErrMalformed) {
			t.Fatal(err)
		}
		if p.Trailing < 0 {
			t.Fatal("negative trailing bytes")
		}
		as := Asked{Name: p.Name, Type: typ, Direct: direct}
		a := p.Judge(as)
		if a.Outcome == "" || len(a.Records) > MaxRecords || len(a.Chain) > MaxChain || len(a.Extended) > maxExtended {
			t.Fatalf("%+v", a)
		}
		if a.Outcome == dnsx.NoError && len(a.Records) == 0 || a.Outcome.Absent() && len(a.Records) > 0 {
			t.Fatalf("%+v", a)
		}
		for _, r := range a.Records {
			if r.Type != TypeName(typ) {
				t.Fatalf("asked %d: %+v", typ, r)
			}
		}
	})
}
