package cli_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
)

// bars names, for every promise about hostile DNS and about removals at sending
// platforms, the tests that hold it.
var bars = map[string][]string{
	"13 a false answer is dropped and the true one after it used": {
		"dnsx/wire TestTruthAfterALie", "dnsx/wire TestEveryLie", "dnsx/wire TestBar13OtherPort",
	},
	"14 cut by UDP goes to TCP, and without TCP is never an absence": {"dnsx/wire TestTruncated", "ui/cli TestBar17Outcomes"},
	"15 a packet that lies about itself is malformed, no crash":      {"dnsx/wire TestEveryLie", "dnsx/wire/packet FuzzAnswer", "dnsx/wire/packet TestShortDataIsMalformed"},
	"16 loops, long chains and crowds are bounded": {
		"dnsx/wire TestBar16ChainOfSeventeen", "dnsx/wire TestHugeAnswersAreBounded", "dnsx/wire/packet TestCappedKeepsTheLowest", "dnsx/survey TestBounds", "ui/cli TestBar16Crowds",
	},
	"17 the outcomes stay apart":                          {"ui/cli TestBar17Outcomes", "dnsx/wire TestOutcomes", "dnsx/wire TestZonesAndWireAgree"},
	"18 a failure is never an implicit MX or an absence":  {"ui/cli TestBar17Outcomes", "diagnose TestFailedDNSClaimsNothing"},
	"19 extended errors are shown safely, and as a claim": {"ui/cli TestBar19ExtendedErrors", "dnsx/wire TestServFail"},
	"20 a special address is a finding and never contacted": {
		"ui/cli TestBar20Rebinding", "dnsx/wire TestBar20Embedded", "dnsx/wire TestSpecialAddressesAreNotContacted",
	},
	"21 null MX: alone, beside others, with a preference": {"dnsx/survey TestShapes", "ui/cli TestBar21ExchangesThatAreNone"},
	"22 MX that is an alias, or an address":               {"dnsx/survey TestShapes", "ui/cli TestBar21ExchangesThatAreNone"},
	"23 SPF and DMARC look-ups are limited":               {"ui/cli TestBar23Limits", "dnsx/survey TestLongSenderIsBounded", "dnsx/survey TestBounds"},
	"24 every answer is kept with its circumstances":      {"ui/cli TestBar24Journal", "dnsx/wire TestBar24Kept"},
	"46 a key is found nowhere": {
		"diagnose/investigate TestKeyIsInNoRecord", "diagnose/suppression TestKeyIsHidden", "diagnose/secret TestNothingShowsIt", "ui/credential TestLoad",
	},
	"47 a key file that others can read is refused": {"ui/credential TestLoad"},
	"48 no redirect is followed, no http but here":  {"diagnose/suppression TestFailures", "diagnose/suppression TestOpen"},
	"49 looking and planning change nothing":        {"diagnose/investigate TestRemove", "diagnose/suppression TestCycle"},
	"50 an entry that changed since the plan stays": {"diagnose/investigate TestRemoveRefused"},
	"51 killed at any call: at most one request, and unknown after the restart": {
		"diagnose/investigate TestRemovalKilled", "diagnose TestRemovalSettles",
	},
	"52 no clear answer is unknown, and never repeated by itself": {
		"diagnose/investigate TestRemovalUnknown", "diagnose/suppression TestNoAnswerIsUnknown", "diagnose/suppression TestRemovalOnceOverHTTP2", "diagnose TestNoIntentPastAGuard",
	},
	"53 complaints and unsubscribes stay": {"diagnose TestAgainstRemoval", "diagnose/suppression TestStays", "diagnose/suppression TestKinds", "diagnose TestNoIntentPastAGuard"},
	"54 an edited audit is seen":          {"diagnose/casefile TestAuditOfARemoval", "diagnose/casefile TestEveryFlip", "diagnose/casefile TestDamageKinds"},
	"25 offline opens no socket":          {"ui/cli TestOfflineOpensNoSocket", "ui/cli TestScreensOpenNoNetworkSocket", "ui/cli TestBar25WithoutNetwork"},
}

// TestBarsAreHeld: every test that the table names is there.
func TestBarsAreHeld(t *testing.T) {
	for n := range 55 {
		if n < 13 || n > 25 && n < 46 {
			continue
		}
		if !slices.ContainsFunc(keysOf(bars), func(bar string) bool { return strings.HasPrefix(bar, fmt.Sprint(n, " ")) }) {
			t.Errorf("nothing holds %d", n)
		}
	}
	for bar, tests := range bars {
		for _, test := range tests {
			dir, name, _ := strings.Cut(test, " ")
			files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(files, func(f string) bool { return strings.Contains(read(t, f), "\nfunc "+name+"(") }) {
				t.Errorf("%s: there is no %s", bar, test)
			}
		}
	}
}

func keysOf(m map[string][]string) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

// lying serves zone text that may lie, and gives the flags to ask it.
func lying(t testing.TB, text string, opt dnstest.ServerOptions) (*dnstest.Server, []string) {
	t.Helper()
	zones, err := dnstest.ParseZones(strings.NewReader(text), "lying")
	if err != nil {
		t.Fatal(err)
	}
	server, err := dnstest.NewServer(zones, opt)
	if err != nil {
		t.Skipf("no servers on these loopback addresses here: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, []string{"--resolver", server.Addr()}
}

// askedOf is what `dns --json` says.
type askedOf struct {
	Questions []struct {
		Name, Type, Server, Outcome string
		TTL                         uint32
		Answers                     []string
	}
	MX struct {
		State, Null string
		More        int
		Hosts       []struct {
			Preference int
			Host       string
			Addrs      []struct {
				Addr    string
				Special bool
			}
		}
		Servers []struct {
			Server       string
			NotContacted bool `json:"not_contacted"`
		}
	}
	Findings []struct{ Key, Claim string }
}

func (a askedOf) has(key string) bool {
	for _, f := range a.Findings {
		if f.Key == key {
			return true
		}
	}
	return false
}

func surveyOf(t testing.TB, e ended) (a askedOf) {
	t.Helper()
	if err := json.Unmarshal([]byte(e.stdout), &a); err != nil {
		t.Fatalf("%v: %q %q", err, e.stdout, e.stderr)
	}
	if len(a.Questions) == 0 {
		t.Fatalf("nothing was asked: %s", e.stdout)
	}
	return a
}

const goodZone = `$TTL 300
good.example. SOA ns1.good.example. h.good.example. 1 2 3 4 60
good.example. NS ns1.good.example.
ns1.good.example. A 192.0.2.53
good.example. A 192.0.2.1
mx.good.example. A 192.0.2.1
`

const refusal = `From: MAILER-DAEMON@mail.sender.example
To: robin@%s
Subject: Undelivered
Date: Mon, 23 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

failed

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.sender.example

Final-Recipient: rfc822; anna@good.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown
Remote-MTA: dns; mx.good.example

--b--
`

// TestBar17Outcomes: what became of the question for the MX is the same word from
// the wire to every output, each has words of its own, and only two of them
// are an absence.
func TestBar17Outcomes(t *testing.T) {
	for _, c := range []struct {
		outcome dnsx.Outcome
		rule    string // of the server
		state   string // of the MX set
		says    string // in the report
		not     []string
		args    []string
	}{
		{outcome: dnsx.NoError, rule: "good.example. MX 10 mx.good.example.", state: "listed"},
		{outcome: dnsx.NoData, rule: "", state: "implicit"},
		{outcome: dnsx.NXDomain, rule: ";@ outcome nxdomain good.example.", state: "none"},
		{outcome: dnsx.ServFail, rule: ";@ outcome servfail good.example. MX", state: "unknown", says: "could not find out (servfail)"},
		{outcome: dnsx.Bogus, rule: ";@ outcome bogus good.example. MX", state: "unknown", says: "(bogus)"},
		{outcome: dnsx.Refused, rule: ";@ outcome refused good.example. MX", state: "unknown", says: "refused to answer"},
		{outcome: dnsx.OtherRcode, rule: ";@ outcome other_rcode good.example. MX", state: "unknown", says: "with an error code (other_rcode)"},
		{outcome: dnsx.Timeout, rule: ";@ outcome timeout good.example. MX", state: "unknown", says: "did not answer in time"},
		{outcome: dnsx.Truncated, rule: ";@ outcome truncated good.example. MX", state: "unknown", says: "came cut"},
		{outcome: dnsx.Malformed, rule: ";@ outcome malformed good.example. MX", state: "unknown", says: "could not be read"},
		{outcome: dnsx.Offline, rule: "", state: "unknown", says: "offline", args: []string{"--offline"}},
	} {
		t.Run(string(c.outcome), func(t *testing.T) {
			t.Parallel()
			_, flags := lying(t, goodZone+c.rule+"\n", dnstest.ServerOptions{})
			if c.args != nil {
				flags = c.args
			}
			p := newPlace(t)
			a := surveyOf(t, p.run(append([]string{"dns", "good.example", "--json"}, flags...)...))
			if q := a.Questions[0]; q.Type != "MX" || q.Outcome != string(c.outcome) || a.MX.State != c.state {
				t.Errorf("MX %s, state %s, want %s and %s", q.Outcome, a.MX.State, c.outcome, c.state)
			}
			absent := c.outcome.Absent()
			if !absent && c.outcome != dnsx.NoError && (a.has("implicit_mx") || a.has("no_mx") || a.has("no_domain") || !a.has("mx_unknown")) {
				t.Errorf("findings %+v", a.Findings)
			}
			line := regexp.MustCompile(`(?m)^MX +good\.example  ` + string(c.outcome) + `  `)
			if text := p.run(append([]string{"dns", "good.example"}, flags...)...).stdout; !line.MatchString(text) {
				t.Errorf("it shows\n%s", text)
			}
			mail := fmt.Sprintf(refusal, "sender.example")
			for _, format := range []string{"json", "text"} {
				said := words(p.feed(mail, append([]string{"report", "--format", format, "-"}, flags...)...).stdout)
				if !strings.Contains(said, c.says) {
					t.Errorf("%s does not say %q:\n%s", format, c.says, said)
				}
				if !absent && c.outcome != dnsx.NoError {
					for _, word := range []string{"good.example has no MX", "no MX record", "good.example does not exist", "takes no mail", "mail goes to its own address"} {
						if strings.Contains(said, word) {
							t.Errorf("%s says %q", format, word)
						}
					}
				}
			}
		})
	}
}

// TestBar16Crowds: a thousand exchanges, and as many texts as a message holds,
// are surveyed within bounds, and those that mail would try are the ones looked at.
func TestBar16Crowds(t *testing.T) {
	for _, lie := range []dnstest.Lie{dnstest.LieManyMX, dnstest.LieManyTXT, dnstest.LieChainLoop, dnstest.LieLongChain} {
		t.Run(string(lie), func(t *testing.T) {
			t.Parallel()
			typ := dnsx.TypeMX
			if lie == dnstest.LieManyTXT {
				typ = dnsx.TypeTXT
			}
			server, flags := lying(t, goodZone+"good.example. MX 10 mx.good.example.\n", dnstest.ServerOptions{Behave: func(q dnstest.Query) dnstest.Behaviour {
				if q.Type == typ {
					return dnstest.Behaviour{Lie: lie}
				}
				return dnstest.Behaviour{}
			}})
			p := newPlace(t)
			began := time.Now()
			a := surveyOf(t, p.run(append([]string{"dns", "good.example", "--json"}, flags...)...))
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("it took %s", took)
			}
			if n := len(server.Queries()); n > 400 {
				t.Errorf("%d queries", n)
			}
			switch lie {
			case dnstest.LieManyMX:
				if len(a.MX.Hosts) != 20 || a.MX.Hosts[19].Preference != 19 || a.MX.More == 0 {
					t.Errorf("%d hosts, %d more", len(a.MX.Hosts), a.MX.More)
				}
			case dnstest.LieChainLoop, dnstest.LieLongChain:
				if a.MX.State != "unknown" || a.has("no_mx") || a.has("implicit_mx") {
					t.Errorf("%s, %+v", a.MX.State, a.Findings)
				}
			case dnstest.LieManyTXT:
				if a.MX.State != "listed" {
					t.Error(a.MX.State)
				}
			}
		})
	}
}

// TestBar19ExtendedErrors: the text of an extended error is what a server says,
// shown as that and without its escapes.
func TestBar19ExtendedErrors(t *testing.T) {
	const evil = "\x1b]52;c;aGk=\x07\u202etxt\x00\x9b31m the MX is gone"
	_, flags := lying(t, goodZone, dnstest.ServerOptions{Behave: func(q dnstest.Query) dnstest.Behaviour {
		if q.Type == dnsx.TypeMX {
			return dnstest.Behaviour{Rcode: "SERVFAIL", Extended: []dnsx.ExtendedError{{Code: 22, Text: evil}}}
		}
		return dnstest.Behaviour{}
	}})
	p := newPlace(t)
	got := p.run(append([]string{"dns", "good.example"}, flags...)...)
	if bad := foulBytes(got.stdout + got.stderr); bad != "" {
		t.Errorf("it writes %s: %q", bad, got.stdout)
	}
	if !strings.Contains(got.stdout, "the server says (extended error 22)") || !strings.Contains(got.stdout, "the MX is gone") {
		t.Errorf("the claim is not shown as one:\n%s", got.stdout)
	}
	a := surveyOf(t, p.run(append([]string{"dns", "good.example", "--json"}, flags...)...))
	if a.MX.State != "unknown" || !a.has("mx_unknown") {
		t.Errorf("a claim was believed: %s %+v", a.MX.State, a.Findings)
	}
}

// foulBytes gives the first control, C1 or bidirectional character of a text.
func foulBytes(s string) string {
	for _, r := range s {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return fmt.Sprintf("%U", r)
		}
	}
	return ""
}

// TestBar20Rebinding: a name server and an exchange whose addresses change from
// look-up to look-up to private ones are named, and no socket goes to them.
func TestBar20Rebinding(t *testing.T) {
	need(t, "strace", "nobody counts the sockets")
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := netip.MustParseAddrPort(l.LocalAddr().String()).Port()
	good, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.53:%d", port))
	if err != nil {
		_ = l.Close()
		t.Skipf("127.0.0.53 cannot be listened on here: %v", err)
	}
	evil := []string{
		"A 127.0.0.53", "A 10.0.0.1", "A 169.254.169.254", "A 127.0.0.99", "A 0.0.0.0",
		"AAAA ::ffff:169.254.169.254", "AAAA 64:ff9b::a9fe:a9fe", "AAAA 2002:a9fe:a9fe::1", "AAAA ::1", "AAAA fd00:ec2::254",
	}
	var turn atomic.Int64 // of the ones above
	handle := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable, m.Authoritative = true, !q.RecursionDesired
		add := func(text string) {
			if rr, err := dns.NewRR(q.Question[0].Name + " 1 " + text); err == nil && rr.Header().Rrtype == q.Question[0].Qtype {
				m.Answer = append(m.Answer, rr)
			}
		}
		switch strings.ToLower(q.Question[0].Name) {
		case "good.example.":
			add("MX 10 mx.good.example.")
			add("NS ns1.good.example.")
		case "ns1.good.example.", "mx.good.example.":
			add(evil[turn.Load()])
		}
		if len(m.Answer) == 0 {
			soa, _ := dns.NewRR("good.example. 1 SOA a. b. 1 2 3 4 5")
			m.Ns = []dns.RR{soa}
		}
		_ = w.WriteMsg(m)
	})
	for _, conn := range []net.PacketConn{l, good} {
		server := &dns.Server{PacketConn: conn, Handler: handle}
		started, ended := make(chan struct{}), make(chan error, 1)
		server.NotifyStartedFunc = func() { close(started) }
		go func() { ended <- server.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			if err := server.Shutdown(); err != nil {
				t.Error(err)
			}
			<-ended
		})
	}
	target := regexp.MustCompile(`connect\(.*(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")`)
	contacted := 0
	for i, address := range evil {
		turn.Store(int64(i))
		calls := newPlace(t).traced("dns", "good.example", "--json", "--resolver", fmt.Sprintf("127.0.0.1:%d", port), "--lab-allow", fmt.Sprintf("127.0.0.53:%d", port))
		for line := range strings.Lines(calls) {
			m := target.FindStringSubmatch(line)
			switch {
			case m == nil && strings.Contains(line, "connect(") && !strings.Contains(line, "AF_UNIX"):
				t.Errorf("%s: cannot read %s", address, line)
			case m == nil || m[1] == "127.0.0.1":
			case m[1] == "127.0.0.53" && i == 0:
				contacted++
			default:
				t.Errorf("%s: %s", address, line)
			}
		}
		a := surveyOf(t, newPlace(t).run("dns", "good.example", "--json", "--resolver", fmt.Sprintf("127.0.0.1:%d", port), "--lab-allow", fmt.Sprintf("127.0.0.53:%d", port)))
		if !a.has("mx_special_address") {
			t.Errorf("%s: findings %+v", address, a.Findings)
		}
		if i > 0 && !a.has("server_not_contacted") {
			t.Errorf("%s: findings %+v", address, a.Findings)
		}
	}
	if contacted == 0 {
		t.Error("the one server that may be asked was not")
	}
}

// TestBar21ExchangesThatAreNone: the forms of the null MX, an alias and an
// address where the name of a host must be, each by its own finding.
func TestBar21ExchangesThatAreNone(t *testing.T) {
	all := []string{"null_mx", "null_mx_mixed", "null_mx_nonzero", "mx_cname", "mx_address", "mx_no_hostname", "mx_unresolvable"}
	for _, c := range []struct{ records, state, finding string }{
		{"good.example. MX 0 .", "null", "null_mx"},
		{"good.example. MX 0 .\ngood.example. MX 10 mx.good.example.", "listed", "null_mx_mixed"},
		{"good.example. MX 5 .", "null", "null_mx_nonzero"},
		{"good.example. MX 10 alias.good.example.\nalias.good.example. CNAME mx.good.example.", "listed", "mx_cname"},
		{"good.example. MX 10 192.0.2.7.", "listed", "mx_address"},
		{"good.example. MX 10 \\[192.0.2.7\\].", "listed", "mx_address"},
		{"good.example. MX 10 a\\032b.good.example.", "listed", "mx_no_hostname"},
		{"good.example. MX 10 gone.good.example.", "listed", "mx_unresolvable"},
		{"good.example. MX 10 mx.good.example.", "listed", ""},
	} {
		_, flags := lying(t, goodZone+c.records+"\n", dnstest.ServerOptions{})
		a := surveyOf(t, newPlace(t).run(append([]string{"dns", "good.example", "--json"}, flags...)...))
		for _, key := range all {
			if a.has(key) != (key == c.finding) {
				t.Errorf("%q: %s is %v", c.records, key, a.has(key))
			}
		}
		if a.MX.State != c.state || a.has("implicit_mx") {
			t.Errorf("%q: %s %+v", c.records, a.MX.State, a.Findings)
		}
	}
}

// TestBar23Limits counts at the server: an SPF record that leads to forty others,
// strings cut in the middle of a word, two records, and a sender with many labels.
func TestBar23Limits(t *testing.T) {
	zone := goodZone + "good.example. MX 10 mx.good.example.\ngood.example. TXT \"v=spf1 include:s0.good.example incl\" \"ude:split.good.example -all\"\n" +
		"sender.example. SOA a.sender.example. b.sender.example. 1 2 3 4 60\n"
	for i := range 40 {
		zone += fmt.Sprintf("s%d.good.example. TXT \"v=spf1 include:s%d.good.example include:t%d.good.example -all\"\n", i, i+1, i)
	}
	server, flags := lying(t, zone, dnstest.ServerOptions{})
	p := newPlace(t)
	p.feed(fmt.Sprintf(refusal, "1.2.3.4.5.6.7.8.9.10.sender.example"), append([]string{"report", "-"}, flags...)...)
	spf, dmarc := map[string]bool{}, map[string]bool{}
	for _, q := range server.Queries() {
		label, _, _ := strings.Cut(q.Name, ".")
		switch {
		case q.Type != dnsx.TypeTXT:
		case label == "_dmarc" && strings.HasSuffix(q.Name, "sender.example"):
			dmarc[q.Name] = true
		case label == "split" || strings.HasPrefix(label, "s") && label != "sender" || strings.HasPrefix(label, "t"):
			spf[q.Name] = true
		}
	}
	if len(spf) < 5 || len(spf) > 10 || !spf["split.good.example"] {
		t.Errorf("%d SPF records were looked up: %v", len(spf), spf)
	}
	if len(dmarc) < 2 || len(dmarc) > 8 {
		t.Errorf("%d names were asked for a policy: %v", len(dmarc), dmarc)
	}
	_, flags = lying(t, goodZone+"good.example. TXT \"v=spf1 -all\"\ngood.example. TXT \"v=spf1 +all\"\n", dnstest.ServerOptions{})
	if a := surveyOf(t, p.run(append([]string{"dns", "good.example", "--json"}, flags...)...)); !a.has("recipient_spf_several") {
		t.Errorf("two records: %+v", a.Findings)
	}
}

// TestBar24Journal: every answer of a case stands in its journal with the server,
// the time, the flags, the TTL and the bytes.
func TestBar24Journal(t *testing.T) {
	server, flags := lab(t)
	p := newPlace(t)
	s := p.open(120, 40, "", append(flags, bounces(t, "notification/gateway-sendgrid.eml"))...)
	s.wait("robin.hale@contoso.example")
	s.answered()
	s.keys("q")
	s.wait("left with 0")
	kept := map[string]dnsx.Answer{}
	var find func(v any)
	find = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if v["question"] != nil && v["outcome"] != nil {
				text, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				var a dnsx.Answer
				if err := json.Unmarshal(text, &a); err != nil {
					t.Fatal(err)
				}
				kept[a.Question.String()] = a
			}
			for _, inner := range v {
				find(inner)
			}
		case []any:
			for _, inner := range v {
				find(inner)
			}
		}
	}
	for line := range strings.Lines(read(t, filepath.Join(p.cases(), p.only()+".journal"))) {
		var v any
		if i := strings.IndexByte(line, '{'); i >= 0 && json.NewDecoder(strings.NewReader(line[i:])).Decode(&v) == nil {
			find(v)
		}
	}
	asked := map[string]bool{}
	for _, q := range server.Queries() {
		question := dnsx.Question{Name: q.Name, Type: q.Type}
		if !q.Recursion {
			question.Server = netip.MustParseAddr(q.Server)
		}
		asked[question.String()] = true
	}
	if len(asked) < 20 {
		t.Fatalf("%d questions were asked", len(asked))
	}
	authoritative := false
	for q := range asked {
		a, ok := kept[q]
		if !ok {
			t.Errorf("%s is not in the journal", q)
			continue
		}
		authoritative = authoritative || a.Authoritative
		if a.From == "" || a.At.IsZero() || a.Transport == "" || len(a.Raw) < 12 || a.Outcome == dnsx.NoError && a.TTL() == 0 {
			t.Errorf("%s is kept as %+v", q, a)
		}
	}
	if !authoritative {
		t.Error("no answer is kept with AA")
	}
}

// TestBar25WithoutNetwork: where there is no network at all the offline commands
// say the same as where there is one.
func TestBar25WithoutNetwork(t *testing.T) {
	unshare := need(t, "unshare", "no place without network for a test")
	p := newPlace(t)
	if got := p.command("", unshare, "-Urn", "true"); got.code != 0 {
		t.Skipf("a test may not be cut off here: %s", got.stderr)
	}
	for says, args := range map[string][]string{
		"not asked: offline":         {"report", "--offline", bounces(t, "notification/gateway-sendgrid.eml")},
		"that host is MX 10":         {"report", "--resolver", demoZones(t), bounces(t, "notification/gateway-sendgrid.eml")},
		"MX contoso.example offline": {"dns", "contoso.example", "--offline"},
		"robin.hale@contoso.example": {"capture", bounces(t, "notification/gateway-sendgrid.eml")},
	} {
		with := p.run(args...)
		without := p.command("", unshare, append([]string{"-Urn", program}, args...)...)
		for _, got := range []ended{with, without} {
			if got.code != with.code || !strings.Contains(words(got.stdout), says) {
				t.Errorf("%q: code %d and %d, no %q in\n%s%s", args, with.code, got.code, says, got.stdout, got.stderr)
			}
		}
	}
}
