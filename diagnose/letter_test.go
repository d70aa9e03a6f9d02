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
	for _, name := range []string{"recipient", "own", "platform", "dns", "auth", "arrived", "reminder", "still", "gateway", "works", "exists"} {
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
		"\nOur server: 192.0.2.25 out1.fabrikam.example", "\nYour server: 198.51.100.10 contoso-example.p10.spamhero.com", "\nPublic MX: 10 ", "\nYour reply: 550 5.1.1 ",
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
		name := []string{"gateway-in-front", "policy-unauthenticated", "platform-ses"}[i%3]
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
