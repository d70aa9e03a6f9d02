package report

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// everything gives all outputs of an input as one text.
func everything(t *testing.T, in Input) string {
	t.Helper()
	var b bytes.Buffer
	for _, out := range outputs(t, in) {
		b.Write(out)
	}
	return b.String()
}

// leaks lists the canaries that a text holds, in any letter case, also where
// JSON or an encoded word hides them.
func leaks(text string, canaries ...string) []string {
	flatText := strings.ToLower(strings.NewReplacer("\n", "", "\r", "", " ", "").Replace(text))
	words := regexp.MustCompile(`=\?utf-8\?B\?([A-Za-z0-9+/=]*)\?=`)
	for _, m := range words.FindAllStringSubmatch(text, -1) {
		if b, err := base64.StdEncoding.DecodeString(m[1]); err == nil {
			flatText += strings.ToLower(strings.ReplaceAll(string(b), " ", ""))
		}
	}
	var found []string
	for _, c := range canaries {
		for _, form := range []string{c, base64.StdEncoding.EncodeToString([]byte(c)), base64.URLEncoding.EncodeToString([]byte(c)), hex.EncodeToString([]byte(c)), url.QueryEscape(c), strings.ReplaceAll(c, "@", "=40")} {
			form = strings.ToLower(strings.ReplaceAll(strings.TrimRight(form, "="), " ", ""))
			if strings.Contains(flatText, form) {
				found = append(found, form)
			}
		}
	}
	return found
}

func qp(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "=%02X", s[i])
	}
	return b.String()
}

// canaryInput is a case that names one person in every place and form.
func canaryInput() Input {
	const who, ip = "canary.bird@contoso.example", "203.0.113.201"
	b64 := base64.StdEncoding.EncodeToString([]byte(who))
	diag := strings.Join([]string{
		"550 5.1.1 <canary.bird@contoso.example>: no canary.bird here (CANARY.BIRD@Contoso.Example), Canary Bird, Bird, Canary; dear Canary",
		"bounces+canary.bird=contoso.example@sender.example SRS0=ab=cd=contoso.example=canary.bird@fwd.example",
		"see https://user:secret@unsub.example/u/" + b64 + "?uid=tok3n99&to=canary.bird%40contoso.example#canary.bird and https://t.example/x?uid=tok3n99 and https://t.example/c/" + base64.RawURLEncoding.EncodeToString([]byte("id=7;"+who)),
		"x" + b64 + " " + hex.EncodeToString([]byte(who)) + " " + qp(who) + " " + url.PathEscape("canary.bird@contoso.example") + " canary.bird+40contoso.example =?utf-8?B?" + b64 + "?= =?utf-8?q?canary=2Ebird=40contoso=2Eexample?=",
		"client [" + ip + "] [IPv6:2001:db8:77:8899:aabb::1] 201.113.0.203.in-addr.arpa dyn-203-0-113-201.isp.example 2001:db8:77:8899:aabb::1",
		"the secret subject line",
	}, " ")
	rep := bounce.Report{
		Recipient: read(who, 1), Sender: read("bounces+canary.bird=contoso.example@sender.example", 2), Diagnostic: read(safe.Untrusted(diag), 3), Subject: read("The secret   subject line", 4),
		RemoteAddress: read("198.51.100.10", 5), ReportingMTA: read("dyn-203-0-113-201.isp.example", 6), Through: []bounce.Field{read("from canarys-laptop ([203.0.113.201])", 7)},
		Inner: &bounce.Inner{Reply: read(safe.Untrusted(diag), 8)}, Reason: "userunknown", Permanence: bounce.Permanent,
	}
	raw := []byte("To: \"Tweety Finch\" <canary.bird@contoso.example>\r\nSubject: The secret subject line\r\n\r\n" + diag + b64 + qp(who))
	events := []diagnose.Event{
		{Seq: 1, At: made, By: diagnose.Program, Body: diagnose.CaseOpened{ID: "x", Recipient: who, Version: "1"}},
		{Seq: 2, At: made, By: "canary.bird", Body: diagnose.BounceCaptured{Source: "/home/canary/mail/canary.bird@contoso.example.eml", Raw: raw, SHA256: "d00d", Report: rep}},
		{Seq: 3, At: made, By: "x", Body: diagnose.SiblingsSeen{Domain: "contoso.example", Distinct: 2, Sample: []safe.Untrusted{who, "other.siskin@contoso.example"}}},
		{Seq: 4, At: made, By: diagnose.Program, Body: diagnose.RoundStarted{N: 1, Resolvers: []string{"9.9.9.9"}}},
		{Seq: 5, At: made, By: diagnose.Program, Body: diagnose.DNSAnswered{Round: 1, Answer: dnsx.Answer{Question: dnsx.Question{Name: "201.113.0.203.in-addr.arpa", Type: dnsx.TypePTR}, Outcome: dnsx.NXDomain, From: "9.9.9.9:53", At: made, Raw: []byte(who)}}},
		{Seq: 6, At: made, By: diagnose.Program, Body: diagnose.DNSAnswered{Round: 1, Answer: dnsx.Answer{Question: dnsx.Question{Name: "mx.contoso.example", Type: dnsx.TypeA}, Outcome: dnsx.NoError, From: "9.9.9.9:53", At: made,
			Records: []dnsx.Record{{Name: "mx.contoso.example", Type: dnsx.TypeA, Addr: netip.MustParseAddr("198.51.100.11")}}}}},
		{Seq: 7, At: made, By: "x", Body: diagnose.QuestionsCopied{Text: "About canary.bird@contoso.example\nand Tweety Finch", Step: diagnose.StepRecipient}},
		{Seq: 8, At: made, By: "x", Body: diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: diagnose.Other, Who: "Paula Wren, contoso IT", Role: diagnose.RecipientAdmin, How: "phone +49 (30) 555-0142", Note: safe.Untrusted("Paula says: " + diag)}},
		{Seq: 9, At: made, By: "x", Body: diagnose.AskedPerson{Who: "Falcon, Peregrine", How: "+49 (30) 555-0142"}},
		{Seq: 10, At: made, By: "x", Body: diagnose.SuppressionRecorded{Platform: "P", Who: "Paula Wren", Entries: []diagnose.ListEntry{{List: diagnose.ListBounces, Listed: diagnose.IsListed, Reason: safe.Untrusted(diag)}}}},
		{Seq: 11, At: made, By: "x", Body: diagnose.RetryIntended{Way: diagnose.RetryMessage, Plan: "d00d", Host: "relay.contoso.example", Addr: netip.MustParseAddrPort("203.0.113.201:25"),
			From: "other.siskin@contoso.example", To: who, Via: "Tweety Finch's relay", MessageID: "<tok3n99@contoso.example>", Token: "tok3n99", Envelope: "dl.tok3n99"}},
		{Seq: 12, At: made, By: "x", Body: diagnose.RetryEnded{Intent: 11, Result: diagnose.RetrySame, Reply: safe.Untrusted(diag), Attempt: &diagnose.Attempt{Way: diagnose.RetryMessage,
			Addr: netip.MustParseAddrPort("203.0.113.201:25"), To: who, From: "other.siskin@contoso.example", Reply: &diagnose.SMTPReply{Code: 550, Text: safe.Untrusted(diag)},
			Err: safe.Untrusted(diag), Lines: []diagnose.SMTPLine{{Ours: true, Text: "Subject: secret subject for Tweety Finch"}}}}},
		{Seq: 14, At: made, By: "x", Body: diagnose.SuppressionRecorded{Platform: "SendGrid", Key: "sendgrid", Via: diagnose.ViaAPI, Entries: []diagnose.ListEntry{held(diag)}}},
		{Seq: 15, At: made, By: "Paula Wren", Body: diagnose.RemovalIntended{Key: "sendgrid", Platform: "SendGrid", Entry: held(diag), Plan: "d00d"}},
		{Seq: 16, At: made, By: "Paula Wren", Body: diagnose.RemovalEnded{Intent: 15, Result: diagnose.RemovalDone, Status: 204, Body: "d00d", Note: safe.Untrusted(diag), Now: func() *diagnose.ListEntry { e := held(diag); return &e }()}},
		{Seq: 17, At: made, By: "x", Body: diagnose.PlatformChosen{Key: "ses", Reason: "Paula Wren says so, " + who}},
		{Seq: 13, At: made, By: "x", Body: diagnose.Unknown{Tag: "later", Version: 2, Data: []byte(`{"who":"canary.bird@contoso.example"}`)}},
	}
	c := diagnose.Fold(events)
	return Input{Case: c, Flow: diagnose.Next(c, made), DNS: SummariseDNS(c), Version: "1", Made: made}
}

// held is an entry of a list that names the person in every field.
func held(diag string) diagnose.ListEntry {
	const who = "canary.bird@contoso.example"
	return diagnose.ListEntry{List: diagnose.ListBounces, Name: "bounces", Listed: diagnose.IsListed, Address: who, ID: who, Reason: safe.Untrusted(diag), Note: who, MessageID: who, Removable: diagnose.CanRemove}
}

var canaries = []string{
	"canary.bird", "canary", "canary bird", "bird@", "tweety", "finch", "paula", "wren", "falcon", "peregrine", "siskin", "203.0.113.201", "203-0-113-201", "201.113.0.203", "2001:db8:77:8899", "secret subject", "555-0142", "secret@", "d00d", "tok3n99",
	"canary.bird@contoso.example",
}

func TestNobodyIsLeft(t *testing.T) {
	in := canaryInput()
	if got := leaks(everything(t, in), canaries...); len(got) < 15 {
		t.Fatalf("the unredacted export shows only %q: the test sees too little", got)
	}
	redacted, err := Redact(in, key)
	if err != nil {
		t.Fatal(err)
	}
	out := everything(t, redacted)
	if got := leaks(out, canaries...); len(got) > 0 {
		for _, c := range got {
			for line := range strings.Lines(out) {
				if strings.Contains(strings.ToLower(line), c) {
					t.Logf("%s in %.300s", c, line)
				}
			}
		}
		t.Errorf("left in the export: %q", got)
	}
	for _, kept := range []string{"198.51.100.10", "198.51.100.11", "9.9.9.9", "contoso.example", "203.0.113.0/24", "2001:db8:77::/48", "postmaster@contoso.example", "contoso IT", `"redaction": "redacted"`} {
		if !strings.Contains(out, kept) {
			t.Errorf("%s is gone", kept)
		}
	}
	if full := everything(t, Input{Case: in.Case, Flow: in.Flow, Full: true}); !strings.Contains(full, `"redaction": "unredacted"`) || !strings.Contains(full, "not redacted") {
		t.Error("a full export does not say so")
	}
}

// TestSamePersonSameTag finds one tag for a person in one export, others for
// others, and another in the next export.
func TestSamePersonSameTag(t *testing.T) {
	r := newRedactor(canaryInput(), key)
	tag := func(s string) string {
		m := regexp.MustCompile(`#([a-z2-7]{6})`).FindStringSubmatch(r.str(s))
		if m == nil {
			t.Errorf("%q gives %q", s, r.str(s))
			return ""
		}
		return m[1]
	}
	want := tag("canary.bird@contoso.example")
	for _, s := range []string{"CANARY.BIRD@Contoso.Example", "<canary.bird@contoso.example>...", "user canary.bird unknown", "Canary Bird", "Bird, Canary", "mailto:canary.bird@contoso.example", "to=<canary.bird@contoso.example>", "dear Canary!"} {
		if got := tag(s); got != want {
			t.Errorf("%q has the tag %s, want %s", s, got, want)
		}
	}
	if tag("canary.bird@other.example") == want || tag("other.siskin@contoso.example") == want {
		t.Error("two people have one tag")
	}
	if tag("who.ever@contoso.example") != tag("Who.Ever@CONTOSO.example") {
		t.Error("an address that the case does not know has two tags")
	}
	if other := newRedactor(canaryInput(), []byte("another key for tests")).str("canary.bird@contoso.example"); strings.Contains(other, want) {
		t.Error("two exports share a tag")
	}
	if got := r.str("canary.bird@contoso.example"); got != "c…(11)#"+want+"@contoso.example" {
		t.Errorf("got %q", got)
	}
}

// TestWordsStay gives texts in which nothing is to be hidden.
func TestWordsStay(t *testing.T) {
	r := newRedactor(canaryInput(), key)
	for _, s := range []string{
		"550 5.1.1 User unknown in virtual mailbox table", "refused at RCPT TO, before any content was sent", "2026-11-23 09:12:44 UTC (10:12:44 +0100)", "postmaster@contoso.example",
		"198.51.100.10 has a PTR that agrees", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", "https://docs.example/page", "mx1-us1.ppe-hosted.com", "MX 10 of contoso.example, TTL 3600", "bounce:14", "canaries are birds", "127.0.0.1:5300", "::1",
		"no such person at canary.example.org", "5.7.133-136", "id 01000193a7c2f0e1-5d1c", "",
	} {
		if got := r.str(s); got != s && s != "no such person at canary.example.org" {
			t.Errorf("%q became %q", s, got)
		}
		if got := r.text(safe.Of(s)); got != safe.Of(r.str(s)) {
			t.Errorf("the visible form of %q became %q", s, got)
		}
	}
}

// TestEveryStringIsRedacted puts an address into every string there is.
func TestEveryStringIsRedacted(t *testing.T) {
	for _, who := range []string{"canary.bird@contoso.example", "<canary.bird@contoso.example> canary.bird", "Canary\u202eBird.x@contoso.example", "\"canary bird\"@contoso.example", "canary'bird@contoso.example", "canary.bird\x1b[31m@contoso.example"} {
		in, err := Redact(filledInput(who), key)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for _, write := range []func(*bytes.Buffer) error{
			func(b *bytes.Buffer) error { return JSON(b, in) }, func(b *bytes.Buffer) error { return Text(b, in) },
			func(b *bytes.Buffer) error { return Markdown(b, in) }, func(b *bytes.Buffer) error { return CaseJSON(b, in) },
		} {
			b.Write(render(t, write))
		}
		_ = EML(&b, in, "") // the address of the letter may be refused
		b.WriteString(fmt.Sprintf("%+v", in.Flow))
		if got := leaks(b.String(), "canary", "bird"); len(got) > 0 {
			for line := range strings.Lines(b.String()) {
				if len(leaks(line, "canary", "bird")) > 0 {
					t.Logf("%.300s", line)
				}
			}
			t.Errorf("%q: left %q", who, got)
		}
	}
}

// TestCutAddresses hides what is left of an address that a letter cut or broke.
func TestCutAddresses(t *testing.T) {
	long := strings.Repeat("canary.bird.", 30) + "@contoso.example"
	for _, body := range []string{
		"Your reply: 550 5.1.1 unknown canary.bi ...\nmore",
		"Your reply:\n  " + long[:70] + "\n  " + long[70:140] + "\n  " + long[140:210] + "\n  " + long[210:280] + "\n  " + long[280:] + "\nend",
		"Your reply:\n  \"canary\n  bird\"@contoso.example",
	} {
		r := newRedactor(canaryInput(), key)
		r.address(`"canary bird"@contoso.example`)
		r.compile()
		if got := r.str(body); len(leaks(got, "canary.b", "canarybird", "canary bird")) > 0 {
			t.Errorf("%q became %q", body, got)
		}
	}
	r := newRedactor(canaryInput(), key)
	if got := r.text(safe.Lines("x canary.bi"+strings.Repeat("y", safe.Field), 3)[0]); len(leaks(string(got), "canary")) > 0 {
		t.Errorf("a clipped line keeps %.80q", got)
	}
}

func TestRedactNeedsAKey(t *testing.T) {
	if _, err := Redact(sample(), []byte("short")); !errors.Is(err, ErrKey) {
		t.Errorf("a short key gives %v", err)
	}
}

// TestRedactLeavesTheInput shows that the case itself is not changed.
func TestRedactLeavesTheInput(t *testing.T) {
	in := canaryInput()
	before := everything(t, Input{Case: in.Case, Flow: in.Flow})
	if _, err := Redact(in, key); err != nil {
		t.Fatal(err)
	}
	after := everything(t, Input{Case: in.Case, Flow: in.Flow})
	if len(before) != len(after) || len(leaks(after, "canary.bird")) == 0 {
		t.Error("redacting changed the case")
	}
}

func FuzzRedact(f *testing.F) {
	for _, s := range append(hostile, "canary.bird", "canary.bird@contoso.example", "xcanary.bird", "[203.0.113.201]", "2001:db8:77:8899::1") {
		f.Add(s)
	}
	r := newRedactor(canaryInput(), key)
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1<<12 {
			return
		}
		got := r.str(s + " <canary.bird@contoso.example> 203.0.113.201 " + s)
		if strings.Contains(got, "<canary.bird@") || strings.Contains(got, " 203.0.113.201 ") {
			t.Errorf("%q became %q", s, got)
		}
		if shown := r.text(safe.Of(s)); strings.ContainsAny(string(shown), "\x00\x1b\r\n\u202e") {
			t.Errorf("%q shows as %q", s, shown)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	in := canaryInput()
	var sample []safe.Untrusted
	for i := range 50 {
		sample = append(sample, safe.Untrusted(fmt.Sprintf("first%d.last%d@contoso.example", i, i)))
	}
	in.Case = in.Case.Apply(diagnose.Event{Seq: 99, Body: diagnose.SiblingsSeen{Sample: sample}})
	long := in
	long.Case = in.Case.Apply(diagnose.Event{Seq: 100, Body: diagnose.RetryEnded{Reply: safe.Untrusted(strings.Repeat("550 5.1.1 first7 canary unknown aGVsbG8gd29ybGQ= 192.0.2.7 <a@b.example> ", 900))}})
	for name, in := range map[string]Input{"case": in, "64KiB": long} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Redact(in, key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
