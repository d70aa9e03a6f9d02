package operator

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestLookup(t *testing.T) {
	for host, want := range map[string]string{
		"example-com.mail.protection.outlook.com":        "Microsoft 365 (Exchange Online / EOP)",
		"EXAMPLE-COM.Mail.Protection.Outlook.COM.":       "Microsoft 365 (Exchange Online / EOP)",
		"hotmail-com.olc.protection.outlook.com":         "Outlook.com (consumer)",
		"example-com.o-v1.mx.microsoft":                  "Microsoft 365 (Exchange Online / EOP)",
		"aspmx.l.google.com":                             "Google Workspace",
		"alt1.aspmx.l.google.com":                        "Google Workspace",
		"gmail-smtp-in.l.google.com":                     "Gmail (consumer)",
		"smtp.google.com":                                "Google Workspace",
		"mx1-us1.ppe-hosted.com":                         "Proofpoint Essentials",
		"mxa-00000001.gslb.pphosted.com":                 "Proofpoint (PPS / Proofpoint on Demand)",
		"eu-smtp-inbound-1.mimecast.com":                 "Mimecast",
		"mx1.mxthunder.net":                              "SpamHero",
		"d1.a.ess.uk.barracudanetworks.com":              "Barracuda Email Gateway Defense",
		"inbound-smtp.eu-west-1.amazonaws.com":           "Amazon WorkMail or SES receiving",
		"ec2-192-0-2-7.eu-west-1.compute.amazonaws.com":  "rented server (Amazon EC2)",
		"eforward3.registrar-servers.com":                "Namecheap email forwarding",
		"ns3012.ip-192-0-2.eu":                           "rented server",
		"mx.sendgrid.net":                                "SendGrid inbound parse",
		".":                                              "null MX",
		"localhost":                                      "localhost",
		"route1.mx.cloudflare.net":                       "Cloudflare Email Routing",
		"feedback-smtp.eu-west-1.amazonses.com":          "Amazon SES custom MAIL FROM",
		"notmimecast.com":                                "",
		"mimecast.com.example.net":                       "",
		"inbound-smtp.a.b.amazonaws.com":                 "",
		"eforward.example.com":                           "",
		"":                                               "",
		"..":                                             "",
		"...":                                            "",
		"mimecast.com..":                                 "",
		"com":                                            "",
		"a.localhost":                                    "",
		strings.Repeat("a.", 200) + "mimecast.com":       "",
		"mx.\xff\x00.example":                            "",
		"mx1.retarus.com":                                "Retarus Email Security",
		"example-com.mail.protection.partner.outlook.cn": "Microsoft 365 China (21Vianet)",
	} {
		op, ok := Lookup(host)
		if op.Name != want || ok != (want != "") {
			t.Errorf("Lookup(%.60q) = %q, %v, want %q", host, op.Name, ok, want)
		}
	}
}

func TestReverseNamesAreNoMXFacts(t *testing.T) {
	n := 0
	rows, err := loadRows()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Operator.Evidence != SeenAsPTR || r.Match != Suffix {
			continue
		}
		n++
		if op, ok := Lookup("mx." + r.Pattern); ok && op.Pattern == r.Pattern {
			t.Errorf("%s is known from reverse DNS only, and yet an MX fact", r.Pattern)
		}
		if op, ok := ByPTR("mx." + r.Pattern); !ok || op.Pattern != r.Pattern {
			t.Errorf("ByPTR(mx.%s) = %q", r.Pattern, op.Name)
		}
	}
	if n == 0 {
		t.Error("no such row")
	}
}

func TestRows(t *testing.T) {
	rows, err := loadRows()
	if err != nil {
		t.Fatal(err)
	}
	roles := map[Role]int{}
	evidence := map[EvidenceKind]int{}
	patterns, operators, used := map[string]bool{}, map[string]bool{}, map[string]int{}
	hints := 0
	for _, r := range rows {
		op := r.Operator
		if patterns[r.Pattern] || r.Pattern != lower(r.Pattern) {
			t.Errorf("%s: twice, or not lower case", r.Pattern)
		}
		patterns[r.Pattern] = true
		used[op.Name]++
		evidence[op.Evidence]++
		if op.Source == "" || op.ConsoleSource == "" || op.Console == "" || op.EdgeValidation == "" {
			t.Errorf("%s: source, console or validation missing", r.Pattern)
		}
		if op.Evidence != SeenAsMX && op.Evidence != SeenAsPTR && op.Evidence != NoEvidence {
			t.Errorf("%s: evidence %q", r.Pattern, op.Evidence)
		}
		if op.Confidence != "high" && op.Confidence != "medium" && op.Confidence != "low" {
			t.Errorf("%s: confidence %q", r.Pattern, op.Confidence)
		}
		if op.Negative > 0 && op.NegativeHow == "" {
			t.Errorf("%s: a memory, and not how it is cleared", op.Name)
		}
		if !operators[op.Name] {
			roles[op.Role]++
			if op.ConsoleHint {
				hints++
			}
			if len(op.Console) > 110 || len(op.EdgeValidation) > 90 {
				t.Errorf("%s: a sentence too long for a line: %q, %q", op.Name, op.Console, op.EdgeValidation)
			}
			if !op.ConsoleHint && op.ConsoleSource == "general knowledge" && op.Role != Disposable && op.Role != Parked {
				t.Errorf("%s: a console without a hint mark and without a source", op.Name)
			}
		}
		operators[op.Name] = true
		switch r.Match {
		case Suffix:
			for _, host := range []string{r.Pattern, "mx1." + r.Pattern, "a.b." + r.Pattern} {
				if got, ok := ByPTR(host); !ok || !strings.HasSuffix(r.Pattern, got.Pattern) && !strings.HasSuffix(got.Pattern, r.Pattern) {
					t.Errorf("ByPTR(%s) gives the row of %q", host, got.Pattern)
				}
			}
			if got, _ := ByPTR(r.Pattern); got.Pattern != r.Pattern {
				t.Errorf("ByPTR(%s) gives the row of %q", r.Pattern, got.Pattern)
			}
			if got, ok := ByPTR("x" + r.Pattern); ok && got.Pattern == r.Pattern {
				t.Errorf("%s matches inside a label", r.Pattern)
			}
		case Glob:
			host := strings.ReplaceAll(r.Pattern, "*", "x1")
			if got, ok := Lookup(host); !ok || got.Pattern != r.Pattern {
				t.Errorf("Lookup(%s) gives the row of %q", host, got.Pattern)
			}
		case Exact:
			if got, ok := Lookup(r.Pattern); !ok || got.Pattern != r.Pattern {
				t.Errorf("Lookup(%s) gives the row of %q", r.Pattern, got.Pattern)
			}
		}
	}
	for role := range roles {
		switch role {
		case Gateway, Host, GatewayHost, Forwarder, Parked, Disposable, Sending:
		default:
			t.Errorf("role %q", role)
		}
	}
	profiles, err := parseProfiles(profilesTSV)
	if err != nil {
		t.Fatal(err)
	}
	for name := range profiles {
		if used[name] == 0 {
			t.Errorf("no name leads to %q", name)
		}
	}
	if got := Default().Len(); got != len(rows) {
		t.Errorf("catalogue of %d rows, want %d", got, len(rows))
	}
	t.Logf("%d rows, %d operators, roles %v, evidence %v, consoles not looked up %d", len(rows), len(operators), roles, evidence, hints)
}

func TestProfiles(t *testing.T) {
	for host, want := range map[string]struct {
		negative       time.Duration
		hint, consumer bool
	}{
		"d1.a.ess.uk.barracudanetworks.com": {90 * time.Minute, false, false},
		"mx.spamexperts.com":                {2 * time.Hour, false, false},
		"mx1.privateemail.com":              {3 * time.Hour, false, false},
		"mx1.ppe-hosted.com":                {40 * time.Minute, false, false},
		"cluster1.eu.messagelabs.com":       {time.Hour, false, false},
		"mxa.pphosted.com":                  {0, true, false},
		"gmail-smtp-in.l.google.com":        {0, false, true},
		"mx-eu.mail.am0.yahoodns.net":       {0, false, true},
		"mx00.gmx.net":                      {0, false, true},
		"mx1.free.fr":                       {0, true, true},
		"a.mail.protection.outlook.com":     {0, false, false},
	} {
		op, ok := Lookup(host)
		if !ok || op.Negative != want.negative || op.ConsoleHint != want.hint || op.Consumer != want.consumer {
			t.Errorf("%s: negative %v hint %v consumer %v, want %+v", host, op.Negative, op.ConsoleHint, op.Consumer, want)
		}
	}
}

func TestSigned(t *testing.T) {
	for text, want := range map[string]string{
		"220 mx.google.com ESMTP x1-abc.1 - gsmtp":                                    "Google Workspace",
		"550 5.1.1 no such user d2e1a72fcca58-x1si5 - gsmtp":                          "Google Workspace",
		"550-5.1.1 https://support.google.com/mail/?p=NoSuchUser d2e1a72fcca58-gsmtp": "Google Workspace",
		"220 AM0PR02.mail.protection.outlook.com Microsoft ESMTP MAIL Service":        "Microsoft 365 (Exchange Online / EOP)",
		"expected a greeting, got 220 mx1-us1.ppe-hosted.com ESMTP":                   "Proofpoint Essentials",
		"550 your host mx1-us1.ppe-hosted.com may not send here":                      "",
		"220 mx1.example.com ESMTP Postfix":                                           "",
		"220 ":                                                                        "",
		"":                                                                            "",
		"gsmtp told us otherwise":                                                     "",
		strings.Repeat("x ", maxBanner) + "220 mx.mimecast.com " + strings.Repeat("y", maxBanner): "",
	} {
		if op, ok := Default().Signed(text); op.Name != want || ok != (want != "") {
			t.Errorf("Signed(%.60q) = %q, want %q", text, op.Name, want)
		}
	}
}

func TestNew(t *testing.T) {
	own := Operator{Name: "our filter", Role: Gateway}
	c, err := New([]Row{{"Filter.Example.", Suffix, own}, {"mimecast.com", Suffix, own}, {"mx*.example.net", Glob, own}, {"one.example.org", Exact, own}})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{"mx1.filter.example": true, "mx1.mimecast.com": true, "mx7.example.net": true,
		"a.mx7.example.net": true, "ox7.example.net": false, "one.example.org": true, "two.one.example.org": false} {
		if op, _ := c.Lookup(host); (op.Name == "our filter") != want {
			t.Errorf("%s: %q", host, op.Name)
		}
	}
	if op, _ := Lookup("mx1.mimecast.com"); op.Name != "Mimecast" {
		t.Errorf("the default catalogue was changed: %q", op.Name)
	}
	for _, bad := range []Row{{"", Suffix, own}, {"a.example", Suffix, Operator{}}, {"a.example", "regexp", own},
		{"mx.*", Glob, own}, {"mx.example", Glob, own}, {"m[x].*.example", Glob, own}, {strings.Repeat("a", 300), Suffix, own}} {
		if _, err := New([]Row{bad}); !errors.Is(err, ErrRow) {
			t.Errorf("%q by %q: %v", bad.Pattern, bad.Match, err)
		}
	}
	if _, ok := new(Catalogue).Lookup("mx.mimecast.com"); ok {
		t.Error("the zero catalogue knows a name")
	}
}

func TestTablesRefuse(t *testing.T) {
	if _, err := readTable("t", "a\tb\n", []string{"a"}); !errors.Is(err, ErrRow) {
		t.Errorf("columns: %v", err)
	}
	if _, err := readTable("t", "a\nb\tc\n", []string{"a"}); !errors.Is(err, ErrRow) {
		t.Errorf("cells: %v", err)
	}
	head := strings.Join(profileColumns, "\t") + "\n"
	for name, tsv := range map[string]string{
		"duration": head + "a\thost\t\tv\tc\t\tsoon\t\t\ts",
		"twice":    head + strings.Repeat("a\thost\t\tv\tc\t\t\t\t\ts\n", 2),
	} {
		if _, err := parseProfiles(tsv); !errors.Is(err, ErrRow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	head = strings.Join(hostedColumns, "\t") + "\n"
	for name, tsv := range map[string]string{"operator": head + "spf\ta\tnobody\t1\tw\ts", "strength": head + "spf\ta\tMimecast\tx\tw\ts"} {
		if _, err := parseHosted(tsv); !errors.Is(err, ErrRow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	head = strings.Join(platformColumns, "\t") + "\n"
	if _, err := parsePlatforms(head + strings.Repeat("a\tb\t\t\t\t\t\t\ts\n", 2)); !errors.Is(err, ErrRow) {
		t.Errorf("platform twice: %v", err)
	}
}

func TestBehind(t *testing.T) {
	tests := []struct {
		name, autodiscover string
		includes, txt      []string
		want, confidence   string
		why                string
	}{
		{"autodiscover", "autodiscover.outlook.com.", nil, nil, "Microsoft 365 (Exchange Online / EOP)", "high", "autodiscover points to Microsoft 365"},
		{"autodiscover beats spf", "autodiscover.outlook.com", []string{"_spf.google.com"}, nil, "Microsoft 365 (Exchange Online / EOP)", "high", "autodiscover"},
		{"spf", "", []string{"sendgrid.net", "spf.protection.outlook.com"}, nil, "Microsoft 365 (Exchange Online / EOP)", "medium", "SPF"},
		{"google", "", []string{"_spf.google.com"}, []string{"google-site-verification=abc"}, "Google Workspace", "medium", "SPF"},
		{"two allowed to send", "", []string{"_spf.google.com", "spf.protection.outlook.com"}, nil, "", "", "and"},
		{"MS record", "", nil, []string{"MS=ms12345"}, "Microsoft 365 (Exchange Online / EOP)", "low", "proves no mailboxes"},
		{"MS kind", "", nil, []string{"ms"}, "Microsoft 365 (Exchange Online / EOP)", "low", "verified"},
		{"google record alone", "", nil, []string{"google-site-verification"}, "", "", "Search Console"},
		{"nothing", "", []string{"notspf.protection.outlook.com.example"}, nil, "", "", ""},
		{"label boundary", "evil-outlook.com", nil, nil, "", "", ""},
	}
	for _, tt := range tests {
		op, why, ok := Behind(tt.autodiscover, tt.includes, tt.txt)
		if op.Name != tt.want || ok != (tt.want != "") || op.Confidence != tt.confidence || !strings.Contains(why, tt.why) {
			t.Errorf("%s: %q, %q, %v (%s)", tt.name, op.Name, why, ok, op.Confidence)
		}
	}
}

func TestFindPlatform(t *testing.T) {
	tests := []struct {
		name string
		h    Hints
		want string
	}{
		{"sendgrid host", Hints{Hosts: []string{"mx.example.com", "o1.ptr.sendgrid.net."}}, "sendgrid"},
		{"ses host", Hints{Hosts: []string{"a1-2.smtp-out.eu-west-1.amazonses.com"}}, "ses"},
		{"ses submission", Hints{Hosts: []string{"email-smtp.eu-west-1.amazonaws.com"}}, "ses"},
		{"resend on ses", Hints{Hosts: []string{"a1-2.smtp-out.eu-west-1.amazonses.com"}, DKIM: []string{"resend._domainkey.example.com"}}, "resend"},
		{"mailgun header", Hints{Headers: []string{"X-Mailgun-Sid: WyIx"}}, "mailgun"},
		{"mailgun host", Hints{Hosts: []string{"smtp-out-n01.prod.us-east-1.postgun.com"}}, "mailgun"},
		{"postmark host", Hints{Hosts: []string{"mta248b-ord.mtasv.net"}}, "postmark"},
		{"postmark header", Hints{Headers: []string{"X-PM-Message-Id: 0a8e7b7c-1111-4222-8333-0123456789ab"}}, "postmark"},
		{"proton is not postmark", Hints{Headers: []string{"X-Pm-Message-Id: " + strings.Repeat("a", 40)}}, ""},
		{"momentum is not sparkpost", Hints{Headers: []string{"X-MSFBL: abc="}}, ""},
		{"sparkpost", Hints{Headers: []string{"X-MSFBL: abc=|eyJyIjoi"}}, "sparkpost"},
		{"mandrill", Hints{Hosts: []string{"mail1.suw.mandrillapp.com"}}, "mandrill"},
		{"brevo", Hints{SPF: []string{"spf.sendinblue.com"}}, "brevo"},
		{"mailjet", Hints{DKIM: []string{"bnc3.mailjet.com"}}, "mailjet"},
		{"mailersend", Hints{SPF: []string{"_spf.mailersend.net"}}, "mailersend"},
		{"host before spf", Hints{Hosts: []string{"mta1.sparkpostmail.com"}, SPF: []string{"sendgrid.net"}}, "sparkpost"},
		{"nothing", Hints{Hosts: []string{"notsendgrid.net", ""}, Headers: []string{"", ":"}, DKIM: []string{""}, SPF: []string{"example.com"}}, ""},
	}
	for _, tt := range tests {
		p, why, ok := FindPlatform(tt.h)
		if p.Key != tt.want || ok != (tt.want != "") || ok != (why != "") {
			t.Errorf("%s: %q, %q", tt.name, p.Key, why)
		}
	}
	for _, p := range Platforms() {
		if p.Name == "" || p.Where == "" || p.Source == "" || len(p.Lists) == 0 || len(p.Where) > 90 {
			t.Errorf("%s: incomplete", p.Key)
		}
		if got, ok := PlatformByKey(strings.ToUpper(p.Key)); !ok || got.Name != p.Name {
			t.Errorf("PlatformByKey(%s) = %q", p.Key, got.Name)
		}
	}
	if _, ok := PlatformByKey("nobody"); ok {
		t.Error("an unknown key was found")
	}
	Platforms()[0].Lists[0] = "changed"
	if Platforms()[0].Lists[0] == "changed" {
		t.Error("a caller can change the catalogue")
	}
}

// TestFindPlatforms: every platform that is shown is named, the surest sign
// first, and what only looks like one is none.
func TestFindPlatforms(t *testing.T) {
	const uuid = "0a8e7b7c-1111-4222-8333-0123456789ab"
	for name, tt := range map[string]struct {
		h    Hints
		want string // keys in order
		by   PlatformSign
	}{
		"host, then SPF":          {Hints{Hosts: []string{"mta1.sparkpostmail.com"}, SPF: []string{"sendgrid.net"}}, "sparkpost sendgrid", ByHost},
		"signature before header": {Hints{Headers: []string{"X-Mailgun-Sid:"}, DKIM: []string{"mandrillapp.com"}}, "mandrill mailgun", BySignature},
		"header before SPF":       {Hints{Headers: []string{"X-SG-EID:"}, SPF: []string{"amazonses.com"}}, "sendgrid ses", ByHeader},
		"resend over SES":         {Hints{Hosts: []string{"a1-2.smtp-out.eu-west-1.amazonses.com"}, DKIM: []string{"resend"}}, "resend ses", BySignature},
		"SPF names three":         {Hints{SPF: []string{"spf.mtasv.net", "sendgrid.net", "mailgun.org"}}, "sendgrid mailgun postmark", BySPF},
		"Proton":                  {Hints{Headers: []string{"X-Pm-Message-ID: " + strings.Repeat("a", 40), "Feedback-ID: :proton"}}, "", 0},
		"Postmark":                {Hints{Headers: []string{"X-PM-Message-Id: " + uuid}}, "postmark", ByHeader},
		"Momentum":                {Hints{Headers: []string{"X-MSFBL:"}}, "", 0},
		"SparkPost":               {Hints{Headers: []string{"X-MSFBL: |"}}, "sparkpost", ByHeader},
		"a Feedback-ID of SES":    {Hints{Headers: []string{"Feedback-ID: 1.eu-west-1.abc:AmazonSES"}}, "ses", ByHeader},
		"sendgrid's sender":       {Hints{Envelopes: []string{"bounces+12345-ab12-robin.hale=contoso.example@em1.sender.example"}}, "sendgrid", ByEnvelope},
		"SES's sender":            {Hints{Envelopes: []string{"<0102018f0a1b2c3d-" + uuid + "-000000@mail.sender.example>"}}, "ses", ByEnvelope},
		"SparkPost's sender":      {Hints{Envelopes: []string{"msprvs1=19999abcDEF=bounces-12345-6@bounces.sender.example"}}, "sparkpost", ByEnvelope},
		"Mandrill's sender":       {Hints{Envelopes: []string{"bounce-md_30123456.65a1b2c3.v1-" + strings.Repeat("0f", 16) + "@sender.example"}}, "mandrill", ByEnvelope},
		"Mailjet's sender":        {Hints{Envelopes: []string{"robin=contoso.example@a123456.bnc3.mailjet.com"}}, "mailjet", ByEnvelope},
		"SMTP2GO's sender":        {Hints{Envelopes: []string{"bT.7abc=def=ghi@em123456.sender.example"}}, "smtp2go", ByEnvelope},
		"Postmark's sender":       {Hints{Envelopes: []string{"pm_bounces@pm-bounces.sender.example"}}, "postmark", ByEnvelope},
		"a VERP of somebody":      {Hints{Envelopes: []string{"bounces+robin=contoso.example@sender.example"}}, "", 0},
		"sendgrid's Message-ID":   {Hints{MessageIDs: []string{"abc@geopod-ismtpd-4"}}, "sendgrid", ByMessageID},
		"SES's Message-ID":        {Hints{MessageIDs: []string{"abc-000000@eu-west-1.amazonses.com"}}, "ses", ByMessageID},
		"an alias":                {Hints{Aliases: []string{"u123.wl.sendgrid.net"}}, "sendgrid", ByAlias},
	} {
		var keys []string
		found := FindPlatforms(tt.h)
		for _, m := range found {
			keys = append(keys, m.Platform.Key)
			if m.Why == "" || m.Platform.Key == "ses" && m.By != BySPF && m.Caveat == "" {
				t.Errorf("%s: %+v", name, m)
			}
		}
		if got := strings.Join(keys, " "); got != tt.want || len(found) > 0 && found[0].By != tt.by {
			t.Errorf("%s: %q, %+v", name, got, found)
		}
	}
}

func TestConsumerDomain(t *testing.T) {
	for domain, want := range map[string]string{"gmail.com": "Google", "Outlook.com.": "Microsoft", "hotmail.co.uk": "Microsoft",
		"yahoo.co.jp": "Yahoo Japan", "icloud.com": "Apple", "web.de": "1&1 Mail & Media", "example.com": "", "mail.gmail.com": "", "": ""} {
		if got, ok := ConsumerDomain(domain); got != want || ok != (want != "") {
			t.Errorf("ConsumerDomain(%q) = %q, %v", domain, got, ok)
		}
	}
	cells, err := readTable("consumer.tsv", consumerTSV, consumerColumns)
	if err != nil {
		t.Fatal(err)
	}
	if len(cells) != len(ConsumerDomains()) {
		t.Errorf("%d rows, %d domains: one stands twice", len(cells), len(ConsumerDomains()))
	}
	for _, c := range cells {
		if c[0] != lower(c[0]) || c[1] == "" || c[2] == "" || !strings.Contains(c[0], ".") {
			t.Errorf("row %q", c)
		}
	}
}

// scan is the loop that the index replaces.
func scan(rows []Row, host string) (Operator, bool) {
	host = lower(strings.TrimSuffix(host, "."))
	var best Operator
	for _, r := range rows {
		if r.Match == Suffix && r.Operator.Evidence != SeenAsPTR && len(r.Pattern) > len(best.Pattern) && under(host, r.Pattern) {
			best = r.Operator
			best.Pattern = r.Pattern
		}
	}
	return best, best.Name != ""
}

var benchHosts = []string{"example-com.mail.protection.outlook.com", "mx1-us1.ppe-hosted.com", "mx1.example.com",
	"alt1.aspmx.l.google.com", "d1.a.ess.uk.barracudanetworks.com", "mx.unknown.filter.example.net"}

func BenchmarkLookup(b *testing.B) {
	rows, err := loadRows()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("index", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			Lookup(benchHosts[i%len(benchHosts)])
		}
	})
	b.Run("scan", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			scan(rows, benchHosts[i%len(benchHosts)])
		}
	})
}

func TestScanAgrees(t *testing.T) {
	rows, err := loadRows()
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range benchHosts {
		want, wantOK := scan(rows, host)
		if got, ok := Lookup(host); got.Name != want.Name || ok != wantOK {
			t.Errorf("Lookup(%s) = %q, scan %q", host, got.Name, want.Name)
		}
	}
}

func FuzzLookup(f *testing.F) {
	for _, h := range append(benchHosts, ".", "..", "a..b", "*.example.com", "\xff.mimecast.com", "220 mx.google.com - gsmtp") {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if op, ok := Lookup(s); ok && (op.Evidence == SeenAsPTR || op.Name == "") {
			t.Fatalf("Lookup(%q) = %+v", s, op)
		}
		ptr, ok := ByPTR(s)
		if mx, mxOK := Lookup(s); mxOK && !ok {
			t.Fatalf("%q is an MX fact %q and no PTR fact %q", s, mx.Name, ptr.Name)
		}
		Default().Signed(s)
		Behind(s, []string{s}, []string{s})
		FindPlatforms(Hints{Hosts: []string{s}, DKIM: []string{s}, Headers: []string{s}, SPF: []string{s}, Envelopes: []string{s}, MessageIDs: []string{s}, Aliases: []string{s}})
		if p, ok := ConsumerDomain(s); ok && p == "" {
			t.Fatalf("%q", s)
		}
	})
}
