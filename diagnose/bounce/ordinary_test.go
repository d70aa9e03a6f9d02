package bounce

import (
	"strings"
	"testing"
	"time"
)

// TestMailThatArrived reads who a mail was delivered to, from whom, when and by
// which way, from its header alone and with a body.
func TestMailThatArrived(t *testing.T) {
	const (
		last  = "Received: from mx1.contoso.example (mx1.contoso.example [203.0.113.71])\n\tby store.contoso.example (Postfix) with LMTP id 1A2B3C\n\tfor <r.hale@contoso.example>; Mon, 23 Nov 2026 11:02:44 +0100 (CET)\n"
		first = "Received: from [192.0.2.8] (sent by [192.0.2.8])\n\tby mail.northwind.example with ESMTPS\n\tfor <robin.hale@contoso.example>;\n\tMon, 23 Nov 2026 11:02:41 +0100\n"
		bare  = "Received: from mail.northwind.example (192.0.2.90) by\n db3eur04ft036.mail.protection.outlook.com (2001:db8::36) with Microsoft SMTP Server id 15.20.1; Mon, 23 Nov 2026\n 10:02:43 +0000\n"
		head  = "From: Sam <sam@northwind.example>\nTo: Robin <robin.hale@contoso.example>\nSubject: test\n"
	)
	cases := []struct{ name, in, recipient, by, sender, arrived, hosts string }{
		{"path", last + first + head, "robin.hale@contoso.example", "Received", "sam@northwind.example", "10:02:44", "mail.northwind.example store.contoso.example"},
		{"path alone", last + first, "robin.hale@contoso.example", "Received", "", "10:02:44", "mail.northwind.example store.contoso.example"},
		{"envelope fields", "Return-Path: <bounce@northwind.example>\nX-Original-To: info@contoso.example\nDelivered-To: robin.hale@contoso.example\n" + last + head,
			"info@contoso.example", "X-Original-To", "bounce@northwind.example", "10:02:44", "store.contoso.example"},
		{"mailbox", "Delivered-To: robin.hale@contoso.example\n" + bare + head, "robin.hale@contoso.example", "Delivered-To", "sam@northwind.example", "10:02:43", "db3eur04ft036.mail.protection.outlook.com"},
		{"to", bare + head, "robin.hale@contoso.example", "To", "sam@northwind.example", "10:02:43", "db3eur04ft036.mail.protection.outlook.com"},
		{"an address as the name", bare + "From: sam@northwind.example\nTo: \"robin@home.example\" <robin.hale@contoso.example>\n", "robin.hale@contoso.example", "To", "sam@northwind.example", "10:02:43", "db3eur04ft036.mail.protection.outlook.com"},
		{"several", bare + "From: sam@northwind.example\nTo: a@contoso.example, <b@contoso.example>\n", "", "", "sam@northwind.example", "10:02:43", "db3eur04ft036.mail.protection.outlook.com"},
		{"no time", "Received: from a by b.contoso.example\nReceived: from c by a; yesterday\n" + head, "robin.hale@contoso.example", "To", "sam@northwind.example", "", "a b.contoso.example"},
	}
	for _, c := range cases {
		for _, body := range []string{"", "\n", "\nIt is sunny here.\n"} {
			raw := strings.ReplaceAll(c.in+body, "\n", "\r\n")
			res := Read([]byte(raw), Options{})
			if len(res.Reports) != 1 || res.Reports[0].NotABounce != NotOrdinary {
				t.Errorf("%s, body %q: %+v", c.name, body, res)
				continue
			}
			r := res.Reports[0]
			at := ""
			if !r.Arrived.At.IsZero() {
				at = r.Arrived.At.UTC().Format(time.TimeOnly)
			}
			var hosts []string
			for i := len(r.Through) - 1; i >= 0; i-- {
				hosts = append(hosts, ReadHop(r.Through[i].Value).By)
			}
			got := []string{string(r.Recipient.Value), string(r.Recipient.By), string(r.Sender.Value), at, strings.Join(hosts, " ")}
			want := []string{c.recipient, c.by, c.sender, c.arrived, c.hosts}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("%s, body %q:\n got %q\nwant %q", c.name, body, got, want)
					break
				}
			}
			for _, f := range []Field{r.Recipient, r.Sender} {
				if f.Known() && !strings.HasPrefix(raw[f.Offset:], string(f.Value)) {
					t.Errorf("%s: %q is not at %d", c.name, f.Value, f.Offset)
				}
			}
			if f := r.Arrived; f.Known() && !strings.HasPrefix(raw[f.Offset:], "Mon, 23 Nov 2026") && !strings.HasPrefix(raw[f.Offset:], " Mon") && !strings.HasPrefix(raw[f.Offset:], "\r\n") {
				t.Errorf("%s: the time is not at %d: %.30q", c.name, f.Offset, raw[f.Offset:])
			}
		}
	}
}

// TestMailThatIsSentOn reads the header of the mail within, which is the one
// that arrived.
func TestMailThatIsSentOn(t *testing.T) {
	in := "From: postmaster@contoso.example\nTo: desk@fabrikam.example\nSubject: as you asked\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" +
		"--b\nContent-Type: text/plain\n\nHere it is.\n--b\nContent-Type: message/rfc822\n\n" +
		"Received: from mail.northwind.example by mx1.contoso.example\n\tfor <robin.hale@contoso.example>; Mon, 23 Nov 2026 11:02:44 +0100\nFrom: sam@northwind.example\nTo: robin.hale@contoso.example\nSubject: test\n\nhello\n--b--\n"
	res := Read([]byte(in), Options{})
	if len(res.Reports) != 1 {
		t.Fatalf("%+v", res)
	}
	r := res.Reports[0]
	if r.NotABounce != NotOrdinary || r.Recipient.Value != "robin.hale@contoso.example" || r.Sender.Value != "sam@northwind.example" || len(r.Through) != 1 || r.Arrived.At.IsZero() {
		t.Errorf("%+v", r)
	}
}

func TestDeliveredUnderAnotherName(t *testing.T) {
	in := "Envelope-To: info@contoso.example\nDelivered-To: robin.hale@contoso.example\nReceived: by mx1.contoso.example; Mon, 23 Nov 2026 11:02:44 +0100\nFrom: sam@northwind.example\n"
	r := Read([]byte(in), Options{}).Reports[0]
	if len(r.Findings) != 1 || r.Findings[0].Claim != "it was sent to info@contoso.example and delivered into robin.hale@contoso.example" {
		t.Errorf("%+v", r.Findings)
	}
}

func FuzzForClause(f *testing.F) {
	for _, s := range []string{"from a (b [192.0.2.1]) by c.example for <d@e.example>; Mon, 23 Nov 2026 11:02:44 +0100", "by c", "(by (by", "from by by for for"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if start, end, ok := forClause(s); ok && (start < 0 || end > len(s) || !strings.Contains(s[start:end], "@")) {
			t.Errorf("%q: %d to %d", s, start, end)
		}
	})
}
