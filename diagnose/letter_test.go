package diagnose_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"deadletter/diagnose"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// checkLetter reports what keeps a draft from surviving ticket systems and mail
// clients.
func checkLetter(t *testing.T, name string, d *diagnose.Draft) {
	t.Helper()
	lines := strings.Split(d.Body, "\n")
	if len(lines) > diagnose.LetterLines {
		t.Errorf("%s: %d lines:\n%s", name, len(lines), d.Body)
	}
	for _, l := range lines {
		long := utf8.RuneCountInString(l) > diagnose.LetterWidth
		if long && len(strings.Fields(l)) > 1 && utf8.RuneCountInString(strings.TrimSuffix(l, " ...")) > diagnose.LetterWidth {
			t.Errorf("%s: %d columns that could be broken: %q", name, utf8.RuneCountInString(l), l)
		}
		if strings.TrimRight(l, " ") != l {
			t.Errorf("%s: blanks at the end of %q", name, l)
		}
	}
	for _, r := range d.Text() {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError || r > 0x2000 && r < 0x2070) {
			t.Errorf("%s: %U in it", name, r)
		}
	}
	if strings.Contains(string(d.Subject), "\n") || d.Subject == "" || strings.HasSuffix(d.Body, "\n") {
		t.Errorf("%s: subject %q", name, d.Subject)
	}
}

// TestDraftsOfAllCases: every draft of every case keeps the measures.
func TestDraftsOfAllCases(t *testing.T) {
	made := map[string]int{}
	for _, s := range allSettings(t) {
		b := begin(t, s.name)
		for name, d := range diagnose.Drafts(b.c, diagnose.Next(b.c, b.at)) {
			checkLetter(t, s.name+"/"+name, d)
			made[name]++
		}
	}
	for _, name := range []string{"recipient", "own", "platform", "dns", "auth", "arrived", "reminder", "still"} {
		if made[name] == 0 {
			t.Errorf("no case gives a %s draft", name)
		}
	}
}

// TestLetter: the letter to the administrator has the five questions in order,
// two of them first, and the evidence under its labels.
func TestLetter(t *testing.T) {
	b := begin(t, "gateway-in-front")
	d := diagnose.Next(b.c, b.at).Step(diagnose.StepRecipient).Copy
	if d == nil {
		t.Fatal("no letter")
	}
	checkLetter(t, "letter", d)
	at := -1
	for i, part := range []string{
		"\n1. Is exactly robin.hale@contoso.example", "\n2. Is contoso.example", "\n3. In SpamHero", "\n4. Does SpamHero", "\n5. Can the recipient",
		"\nTime: 2026-11-23 09:12:44 UTC (10:12:44 +0100)", "\nEnvelope from: billing@fabrikam.example", "\nEnvelope to: robin.hale@contoso.example",
		"\nOur server: 192.0.2.25 out1.fabrikam.example", "\nYour server: 198.51.100.10 contoso-example.p10.spamhero.com", "\nMX seen: 10 ", "\nYour reply: 550 5.1.1 ",
	} {
		next := strings.Index(d.Body, part)
		if next <= at {
			t.Errorf("part %d, %q, is missing or out of order in:\n%s", i, part, d.Body)
		}
		at = next
	}
	if !strings.Contains(strings.Join(strings.Fields(d.Body), " "), "1 and 3 first") {
		t.Error("it does not say which two come first")
	}
	if strings.Contains(d.Body, "Message-ID") || strings.Contains(d.Body, "invoice-20391") {
		t.Error("refused at RCPT the other side never saw the message ID")
	}
	// After the content was sent, they did.
	b = begin(t, "gateway-quotes-inner")
	if d = diagnose.Next(b.c, b.at).Step(diagnose.StepRecipient).Copy; !strings.Contains(d.Body, "\nMessage-ID: invoice-20391@app1.fabrikam.example") {
		t.Errorf("refused after DATA the message ID is their search key:\n%s", d.Body)
	}
}

// TestNoLetterToConsumers: a provider of private mailboxes has no administrator
// to write to, on any step.
func TestNoLetterToConsumers(t *testing.T) {
	b := begin(t, "consumer-five-unknown")
	f := diagnose.Next(b.c, b.at)
	for _, p := range f.Steps {
		if p.Copy != nil && strings.Contains(string(p.Copy.To), "gmail.com") {
			t.Errorf("step %s writes to %s", p.Step, p.Copy.To)
		}
	}
}

// TestHostileLetter: whatever stands in a bounce does no harm in a draft, and
// none gets longer for it.
func TestHostileLetter(t *testing.T) {
	for i, text := range hostile(t) {
		for _, name := range []string{"gateway-in-front", "policy-unauthenticated", "platform-ses"} {
			b := newBuilder(settingNamed(t, name))
			r := &b.set.report
			r.Recipient.Value = "a" + text + "@contoso.example"
			r.Sender.Value, r.MessageID.Value, r.Diagnostic.Value = text, text, "550 5.1.1 "+text
			r.ReportingMTA.Value, r.RemoteMTA.Value = text, text
			b.open()
			b.capture()
			for draft, d := range diagnose.Drafts(b.c, diagnose.Next(b.c, b.at)) {
				checkLetter(t, fmt.Sprintf("%d %s/%s", i, name, draft), d)
			}
		}
	}
}

// hostile gives text that a forger may put into any field: the strings kept
// beside the project where they are there, and some of our own.
func hostile(t *testing.T) []safe.Untrusted {
	out := []safe.Untrusted{
		"", " ", "\x00", "\r\n\r\nBcc: x@y.example", "\x1b[31m", "\xff\xfe\x80", "‹U+202E›\u202e", "a\u0300\u0301\u0302\u0303\u0304\u0305", "\u009b31m",
		safe.Untrusted(strings.Repeat("x", 5000)), safe.Untrusted(strings.Repeat("long word ", 900)), safe.Untrusted(strings.Repeat("ä", 3000)),
		"'; rm -rf / #", "`id`", "$(id)", "--option", safe.Untrusted(strings.Repeat("a.", 126) + "example"),
	}
	data, err := os.ReadFile("../../shared/corpus/hostile_strings.txt")
	if err != nil {
		t.Log("the collection of hostile strings is not here; only our own are tried")
		return out
	}
	for line := range strings.Lines(string(data)) {
		quoted, _, _ := strings.Cut(line, "\t")
		if s, err := strconv.Unquote(strings.TrimSpace(quoted)); err == nil {
			out = append(out, safe.Untrusted(s))
		}
	}
	return out
}

// TestLongestLetter: the longest addresses and names that RFC 5321 allows stay
// whole in the evidence, and the letter keeps its lines.
func TestLongestLetter(t *testing.T) {
	label := strings.Repeat("d", 60)
	domain := strings.Join([]string{label, label, label, "example"}, ".")
	long := strings.Repeat("p", 64) + "@" + domain
	for _, name := range []string{"gateway-in-front", "own-local-table", "policy-unauthenticated", "platform-ses", "forwarded", "group-restricted"} {
		b := newBuilder(settingNamed(t, name))
		r := &b.set.report
		r.Recipient.Value, r.Sender.Value = safe.Untrusted(long), safe.Untrusted("s"+long)
		r.MessageID.Value = safe.Untrusted(strings.Repeat("m", 200))
		r.RemoteMTA.Value, r.ReportingMTA.Value = safe.Untrusted("mx."+domain), safe.Untrusted("out."+domain)
		r.Diagnostic.Value = "550 5.1.1 " + safe.Untrusted(strings.Repeat("no such person here, ask somebody else ", 60))
		r.Stage = "content"
		b.open()
		b.capture()
		for draft, d := range diagnose.Drafts(b.c, diagnose.Next(b.c, b.at)) {
			checkLetter(t, name+"/"+draft, d)
			whole := strings.ReplaceAll(strings.ReplaceAll(d.Body, "\n  ", ""), "\n", "")
			if draft == "recipient" && !strings.Contains(whole, long) {
				t.Errorf("%s: the address is not whole:\n%s", name, d.Body)
			}
		}
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[safe.Text]safe.Text{
		"":                      "''",
		"a@b.example":           "'a@b.example'",
		"it's":                  `'it'\''s'`,
		"$(id) `id` \\ \" ! *~": "'$(id) `id` \\ \" ! *~'",
		"--help":                "'--help'",
		"''":                    `''\'''\'''`,
	} {
		if got := diagnose.ShellQuote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestNearDomain(t *testing.T) {
	for domain, want := range map[string]string{
		"gmial.com": "gmail.com", "gmai.com": "gmail.com", "gmaill.com": "gmail.com", "gnail.com": "gmail.com", "gmail.con": "gmail.com", "gmail.co": "gmail.com",
		"hotmial.com": "hotmail.com", "outlok.com": "outlook.com", "yaho.com": "yahoo.com", "web.dee": "web.de", "xgmail.com": "gmail.com",
		"": "", "gmail.com": "", "mail.com": "", "ymail.com": "", "gmx.de": "", "contoso.example": "", "mailg.com": "mail.com", "gamil.con": "", "com": "", "outlook.de": "",
	} {
		if got := diagnose.NearDomain(domain); got != want {
			t.Errorf("%q: near %q, want %q", domain, got, want)
		}
	}
}

// TestCluster: the counts at which the advice changes, and that only like
// failures of this domain count.
func TestCluster(t *testing.T) {
	for _, tt := range []struct {
		setting string
		sib     diagnose.SiblingsSeen
		want    int
		name    safe.Text
		pause   bool
	}{
		{"mailbox-host-alone", diagnose.SiblingsSeen{}, 1, "single address", false},
		{"mailbox-host-alone", diagnose.SiblingsSeen{Domain: "tailspin.example", Failure: string(reply.UserUnknown), Distinct: 2}, 2, "small cluster", false},
		{"mailbox-host-alone", diagnose.SiblingsSeen{Domain: "tailspin.example", Failure: string(reply.UserUnknown), Distinct: 4}, 4, "small cluster", false},
		{"mailbox-host-alone", diagnose.SiblingsSeen{Domain: "tailspin.example", Failure: string(reply.UserUnknown), Distinct: 5}, 5, "domain pattern", true},
		{"mailbox-host-alone", diagnose.SiblingsSeen{Domain: "tailspin.example", Failure: string(reply.MailboxFull), Distinct: 9}, 1, "single address", false},
		{"mailbox-host-alone", diagnose.SiblingsSeen{Domain: "contoso.example", Failure: string(reply.UserUnknown), Distinct: 9}, 1, "single address", false},
		{"consumer-five-unknown", diagnose.SiblingsSeen{Domain: "gmail.com", Failure: string(reply.UserUnknown), Distinct: 40}, 40, "list hygiene", false},
		{"consumer-five-unknown", diagnose.SiblingsSeen{Domain: "gmail.com", Failure: string(reply.UserUnknown), Distinct: 3}, 3, "small cluster", false},
	} {
		b := begin(t, tt.setting)
		b.add(tt.sib)
		c := diagnose.Next(b.c, b.at).Cluster
		if c.Recipients != tt.want || c.Name != tt.name || c.Pause != tt.pause || c.Advice == "" {
			t.Errorf("%s %+v: %+v", tt.setting, tt.sib, c)
		}
		if tt.setting == "consumer-five-unknown" && strings.Contains(string(c.Advice), "administrator") {
			t.Errorf("a consumer provider has no administrator to ask: %q", c.Advice)
		}
	}
}

// TestPlatformThenRecipient: a suppressed message leads to the platform's lists
// first; once they were seen, the recipient has to be confirmed.
func TestPlatformThenRecipient(t *testing.T) {
	b := begin(t, "platform-ses")
	f := diagnose.Next(b.c, b.at)
	if f.At != diagnose.StepSuppression || f.Step(diagnose.StepRecipient).State != diagnose.Skipped {
		t.Errorf("at %s, step 3 is %s", f.At, f.Step(diagnose.StepRecipient).State)
	}
	b.add(holding(diagnose.ListBounces))
	f = diagnose.Next(b.c, b.at)
	if f.At != diagnose.StepRecipient || f.Step(diagnose.StepSuppression).State != diagnose.Blocked {
		t.Errorf("with the entry seen: at %s, step 5 is %s", f.At, f.Step(diagnose.StepSuppression).State)
	}
}

// TestMXChangedSinceTheBeginning: a later round that finds another MX says so.
func TestMXChangedSinceTheBeginning(t *testing.T) {
	b := begin(t, "gateway-in-front")
	has := func() bool {
		for _, s := range diagnose.Next(b.c, b.at).Step(diagnose.StepMX).Sections {
			for _, f := range s.Findings {
				if f.Key == "changed" {
					return true
				}
			}
		}
		return false
	}
	b.round(diagnose.RoundRefresh)
	b.survey(t.Context(), 0)
	if has() {
		t.Error("the same MX is taken for another")
	}
	b.set.resolver = settingNamed(t, "microsoft-edge-block").resolver
	b.round(diagnose.RoundRetry)
	b.survey(t.Context(), 0)
	if !has() {
		t.Error("another MX is not noticed")
	}
}

// TestFailedDNSClaimsNothing: with every question timed out nothing is said to
// be absent, and nothing to take no mail.
func TestFailedDNSClaimsNothing(t *testing.T) {
	b := begin(t, "dns-times-out")
	f := diagnose.Next(b.c, b.at)
	for _, p := range f.Steps {
		for _, text := range p.Verdict {
			if strings.Contains(string(text), "does not exist") || strings.Contains(string(text), "takes no mail") || strings.Contains(string(text), "no MX") {
				t.Errorf("%s: %q", p.Step, text)
			}
		}
		for _, s := range p.Sections {
			for _, x := range s.Findings {
				if x.Source == "dns" && x.Sign != diagnose.Missing {
					t.Errorf("%s: %+v", p.Step, x)
				}
			}
		}
	}
	if f.Outcome == diagnose.NoMail || !f.NetworkFailed {
		t.Errorf("outcome %q, network failed %t", f.Outcome, f.NetworkFailed)
	}
}
