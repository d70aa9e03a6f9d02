package diagnose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// readings gives every reading that the source declares.
func readings(t *testing.T) []AttemptReading {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "attempt.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []AttemptReading
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "Read") {
			out = append(out, AttemptReading(strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`)))
		}
		return true
	})
	return out
}

// TestEveryReadingHasWords, and every row of the table is a reading.
func TestEveryReadingHasWords(t *testing.T) {
	all := readings(t)
	if len(all) != len(attemptTable) || len(all) < 30 {
		t.Errorf("%d readings, %d rows", len(all), len(attemptTable))
	}
	for _, r := range all {
		w, ok := attemptTable[r]
		if !ok || w.says == "" || w.next == "" || w.step.Number() == 0 {
			t.Errorf("%s: %+v", r, w)
			continue
		}
		for _, text := range []safe.Text{w.says, w.next} {
			if !strings.HasSuffix(string(text), ".") || strings.Contains(string(text), "!") || len(text) > 160 {
				t.Errorf("%s: %q", r, text)
			}
			if low := strings.ToLower(string(text)); strings.Contains(low, "exist") || r != ReadUnknownUser && r != ReadTemporary && strings.Contains(low, "unknown") || r != ReadUnknownUser && strings.Contains(low, "no such") {
				t.Errorf("%s is worded as a verdict on the mailbox: %q", r, text)
			}
		}
		a := Attempt{Way: RetryProbe, Stage: StageRCPT, Reading: r, Reply: &SMTPReply{Code: 550}}
		if m := a.Meaning(bounce.Report{}); m.Result == "" {
			t.Errorf("%s has no result", r)
		}
	}
}

// TestUnknownReading: a reading of a later version spends the permit.
func TestUnknownReading(t *testing.T) {
	if m := (Attempt{Reading: "later"}).Meaning(bounce.Report{}); m.Result != RetryUnknown || !m.Spends {
		t.Errorf("%+v", m)
	}
}

// TestSameRefusal: the same reason is the same refusal in other words; without a
// reason the codes decide.
func TestSameRefusal(t *testing.T) {
	report := func(code, enhanced, reason string) bounce.Report {
		return bounce.Report{ReplyCode: bounce.Field{Value: safe.Untrusted(code)}, EnhancedCode: bounce.Field{Value: safe.Untrusted(enhanced)}, Reason: reply.Reason(reason)}
	}
	for _, c := range []struct {
		before bounce.Report
		now    SMTPReply
		want   RetryResult
	}{
		{report("550", "5.1.1", "userunknown"), SMTPReply{550, "5.1.1", "5.1.1 user unknown"}, RetrySame},
		{report("550", "5.1.1", "userunknown"), SMTPReply{550, "5.1.10", "5.1.10 RESOLVER.ADR.RecipientNotFound"}, RetrySame},
		{report("550", "5.1.1", "userunknown"), SMTPReply{552, "5.2.2", "5.2.2 mailbox full"}, RetryDifferent},
		{report("550", "5.1.1", "userunknown"), SMTPReply{550, "5.7.1", "5.7.1 blocked by policy"}, RetryDifferent},
		{report("554", "5.9.9", "undefined"), SMTPReply{554, "5.9.9", "5.9.9 xyzzy"}, RetrySame},
		{report("554", "", "undefined"), SMTPReply{554, "", "xyzzy"}, RetrySame},
		{report("554", "", "undefined"), SMTPReply{550, "", "xyzzy"}, RetryDifferent},
		{report("550", "5.1.1", "userunknown"), SMTPReply{452, "4.2.2", "4.2.2 mailbox full"}, RetryTemporary},
		{report("550", "5.1.1", "userunknown"), SMTPReply{550, "5.1.1", "5.1.1 undeliverable address: host b.example said: 550 Unrouteable address"}, RetrySame},
		{report("550", "5.1.1", "userunknown"), SMTPReply{550, "", "xyzzy"}, RetryDifferent},
		{report("550", "5.7.1", "norelaying"), SMTPReply{550, "5.7.1", "5.7.1 message looks like spam"}, RetryDifferent},
		{bounce.Report{}, SMTPReply{550, "5.1.1", "5.1.1 user unknown"}, RetryDifferent},
	} {
		a := Attempt{Way: RetryProbe, Stage: StageRCPT, Reading: ReadFull, Reply: &c.now}
		if m := a.Meaning(c.before); m.Result != c.want {
			t.Errorf("%s %s, then %d %s: %s", c.before.ReplyCode.Value, c.before.EnhancedCode.Value, c.now.Code, c.now.Text, m.Result)
		}
	}
}

func TestTestMessage(t *testing.T) {
	m := TestMessage{
		From: "billing@sender.example", To: "robin.hale@contoso.example", For: "Dana Ito", Mark: "DL-7F3A",
		Case: "2026-11-23-contoso.example-7f3a", Token: "k3v9q2m7x4b8", Date: time.Date(2026, 11, 23, 14, 9, 41, 0, time.FixedZone("", 3600)),
	}
	want := strings.ReplaceAll(`From: <billing@sender.example>
To: <robin.hale@contoso.example>
Subject: Delivery test DL-7F3A for Dana Ito, please ignore
Date: Mon, 23 Nov 2026 14:09:41 +0100
Message-ID: <dl.dl-7f3a.k3v9q2m7x4b8@sender.example>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

This is a delivery test. Nothing has to be done with it.

Mail to this address was refused before:
robin.hale@contoso.example
This one message shows whether it arrives now. No more follow.

Asked for: Dana Ito
Case: 2026-11-23-contoso.example-7f3a, DL-7F3A
`, "\n", "\r\n")
	got, err := m.Bytes()
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	again, _ := m.Bytes()
	if string(again) != string(got) {
		t.Error("the same values give other bytes")
	}
	if ids := m.Issued(); len(ids) != 2 || ids[0] != "dl.dl-7f3a.k3v9q2m7x4b8" || ids[1] != m.MessageID() {
		t.Errorf("%q", ids)
	}

	m.For, m.To = "Dãna\r\nBcc: everybody@example.com\x00\x1b[31m \u202e"+safe.Untrusted(strings.Repeat("ö", 400)), "grüße@contoso.example"
	got, err = m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(got), "\r\n\r\n")
	for line := range strings.SplitSeq(head+"\r\n"+body, "\r\n") {
		if strings.HasPrefix(line, "Bcc") || len(line) > 100 || strings.ContainsAny(line, "\r\n\x00\x1b") {
			t.Errorf("%q", line)
		}
	}
	if strings.Count(head, "\r\n") < 9 || !strings.Contains(head, "quoted-printable") || !ascii(body) {
		t.Errorf("%s", got)
	}
}

func TestTestMessageRefuses(t *testing.T) {
	good := TestMessage{From: "a@sender.example", To: "b@contoso.example", Mark: "DL-7F3A", Case: "x", Token: "k3v9q2m7x4b8", Date: time.Unix(1, 0)}
	if _, err := good.Bytes(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*TestMessage){
		"no sender": func(m *TestMessage) { m.From = "" }, "no recipient": func(m *TestMessage) { m.To = "" }, "two lines": func(m *TestMessage) { m.To = "b@x.example\r\nBcc: c@x.example" },
		"two addresses": func(m *TestMessage) { m.To = "b@x.example>, <c@x.example" }, "a short token": func(m *TestMessage) { m.Token = "abc" }, "a token with a line": func(m *TestMessage) { m.Token = "abcdefgh\r\nx" },
		"a mark with a blank": func(m *TestMessage) { m.Mark = "a b" }, "no case": func(m *TestMessage) { m.Case = "" }, "no date": func(m *TestMessage) { m.Date = time.Time{} },
		"a sender without a domain name": func(m *TestMessage) { m.From = "a@[192.0.2.1]" }, "no UTF-8": func(m *TestMessage) { m.To = "\xff@x.example" },
	} {
		m := good
		change(&m)
		if raw, err := m.Bytes(); err == nil {
			t.Errorf("%s: %q", name, raw)
		}
	}
}
