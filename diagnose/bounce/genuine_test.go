package bounce

import (
	"strings"
	"testing"
)

// realBounce is a bounce of mail that app.fabrikam.example sent through
// relay.fabrikam.example; mx.contoso.example refused it after accepting.
const realBounce = `Return-Path: <>
X-Original-To: bounces+ann=contoso.example@return.fabrikam.example
Authentication-Results: mx.fabrikam.example; spf=pass smtp.helo=mx.contoso.example
Received: from mx.contoso.example (mx.contoso.example [198.51.100.9])
	by mx.fabrikam.example (Postfix) with ESMTPS id 1; Mon, 23 Nov 2026 09:13:00 +0000
From: MAILER-DAEMON@mx.contoso.example
To: bounces+ann=contoso.example@return.fabrikam.example
Subject: Undelivered Mail Returned to Sender
Date: Mon, 23 Nov 2026 09:12:58 +0000
Message-ID: <b1@mx.contoso.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="r"

--r
Content-Type: text/plain

<ann@contoso.example>: over quota

--r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.contoso.example
Original-Envelope-Id: ENV-17-9f2c

Final-Recipient: rfc822; ann@contoso.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 over quota

--r
Content-Type: text/rfc822-headers

Return-Path: <bounces+ann=contoso.example@return.fabrikam.example>
Received: from relay.fabrikam.example (relay.fabrikam.example [192.0.2.25])
	by mx.contoso.example (Postfix) with ESMTPS id 2
	for <ann@contoso.example>; Mon, 23 Nov 2026 09:12:50 +0000
Received: from app.fabrikam.example (app.fabrikam.example [192.0.2.40])
	by relay.fabrikam.example (Postfix) with ESMTP id 3; Mon, 23 Nov 2026 09:12:49 +0000
From: Robin <robin@fabrikam.example>
To: ann@contoso.example
Subject: offer
Date: Mon, 23 Nov 2026 09:12:48 +0000
Message-ID: <offer.17@fabrikam.example>

--r--
`

// TestForged holds that nothing that a stranger can write proves a bounce.
func TestForged(t *testing.T) {
	domain := Ours{Domains: []string{"fabrikam.example"}}
	hosts := Ours{Domains: []string{"fabrikam.example"}, Hosts: []string{"relay.fabrikam.example", "192.0.2.25"}, AuthServers: []string{"mx.fabrikam.example"}}
	const seenFrom = "Received: from relay.fabrikam.example (relay.fabrikam.example [192.0.2.25])\n\tby mx.contoso.example"
	forgedHelo := []string{seenFrom, "Received: from relay.fabrikam.example (unknown [203.0.113.66])\n\tby mx.contoso.example"}
	otherName := []string{seenFrom, "Received: from relay.fabrikam.example (dsl-66.tailspin.example [203.0.113.66])\n\tby mx.contoso.example"}
	stranger := []string{seenFrom, "Received: from bulk.tailspin.example (bulk.tailspin.example [203.0.113.66])\n\tby mx.contoso.example"}
	cases := []struct {
		name   string
		ours   Ours
		change []string // old, new, old, new
		want   Genuine
		says   string
	}{
		{"real, our host known", hosts, nil, Proved, "went through our host"},
		{"real, only our domain known", domain, nil, Plausible, ""},
		{"real, nothing known", Ours{}, nil, Plausible, "not known"},
		{"real, envelope ID issued", Ours{Issued: []string{"ENV-17-9f2c"}}, nil, Proved, "envelope ID"},
		{"real, message ID issued", Ours{Domains: domain.Domains, Issued: []string{"<offer.17@fabrikam.example>"}}, nil, Proved, "message ID"},
		{"real, return path issued", Ours{Issued: []string{"bounces+ann=contoso.example@return.fabrikam.example"}}, nil, Proved, "return path"},
		{"real, other return domain", Ours{Domains: []string{"fabrikam-mail.example"}, ReturnPaths: []string{"return.fabrikam.example"}}, nil, Plausible, "names this recipient"},
		{"greeting forged", hosts, forgedHelo, Unproved, "greeting"},
		{"greeting forged, only our domain known", domain, forgedHelo, Unproved, "greeting"},
		{"greeting forged, another name in DNS", domain, otherName, Unproved, "greeting"},
		{"another came, and wrote fields of ours below", hosts, stranger, Unproved, "below a host that is none of ours"},
		{"another came, only our domain known", domain, stranger, Plausible, ""},
		{"another came, none of ours below", hosts, append([]string{"Received: from app.fabrikam.example (app.fabrikam.example [192.0.2.40])\n\tby relay.fabrikam.example", "X-Other: from app\n\tby relay"}, stranger...), Unproved, "none of our hosts"},
		{"no token, nothing returned", hosts, []string{"Received: from relay", "X-Received-2: from relay", "Received: from app", "X-Received-2: from app", "Return-Path: <bounces+ann=contoso.example@return.fabrikam.example>\n", "", "From: Robin <robin@fabrikam.example>\nTo: ann@contoso.example\n", "", "Date: Mon, 23 Nov 2026 09:12:48 +0000\nMessage-ID: <offer.17@fabrikam.example>\n", ""}, Unproved, ""},
		{"wrong recipient", domain, []string{"rfc822; ann@contoso.example", "rfc822; ben@tailspin.example"}, Unproved, "ben@tailspin.example"},
		{"wrong recipient for the return path", domain, []string{"rfc822; ann@contoso.example", "rfc822; ben@contoso.example"}, Unproved, "return path of mail to ann@contoso.example"},
		{"foreign authentication results", Ours{AuthServers: []string{"mx.fabrikam.example"}}, []string{"Authentication-Results: mx.fabrikam.example; spf=pass", "Authentication-Results: mx.tailspin.example; spf=fail"}, Plausible, ""},
		{"our server found it forged", hosts, []string{"spf=pass smtp.helo", "spf=fail smtp.helo"}, Unproved, "spf=fail"},
		{"older than the mail", hosts, []string{"Date: Mon, 23 Nov 2026 09:12:58 +0000", "Date: Sun, 22 Nov 2026 09:12:58 +0000"}, Unproved, "older"},
		{"long after the mail", hosts, []string{"Date: Mon, 23 Nov 2026 09:12:58 +0000", "Date: Mon, 7 Dec 2026 09:12:58 +0000"}, Plausible, "seven days"},
		{"not from the null sender", domain, []string{"Return-Path: <>", "Return-Path: <x@tailspin.example>"}, Unproved, "null sender"},
		{"claims our host, came from elsewhere", hosts, []string{"Reporting-MTA: dns; mx.contoso.example", "Reporting-MTA: dns; relay.fabrikam.example"}, Unproved, "do not show"},
		{"another's domain", Ours{Domains: []string{"tailspin.example"}}, nil, Unproved, "none of ours"},
	}
	for _, c := range cases {
		raw := strings.NewReplacer(c.change...).Replace(realBounce)
		if len(c.change) > 0 && raw == realBounce {
			t.Errorf("%s: nothing was changed", c.name)
		}
		r := Read([]byte(raw), Options{Ours: c.ours}).Reports[0]
		var why strings.Builder
		for _, x := range r.GenuineReasons {
			why.WriteString(string(x) + "; ")
		}
		if r.Genuine != c.want || !strings.Contains(why.String(), c.says) {
			t.Errorf("%s: %s, want %s: %s", c.name, r.Genuine, c.want, why.String())
		}
	}
}

func TestFindingsOfOrigin(t *testing.T) {
	for change, want := range map[string]string{
		"Final-Recipient: rfc822; ann@contoso.example|Final-Recipient: rfc822; ben@tailspin.example": "sent to others than ben@tailspin.example",
		"Reporting-MTA: dns; mx.contoso.example|Reporting-MTA: dns; mx.northwind.example":            "mx.northwind.example stands in none",
	} {
		from, to, _ := strings.Cut(change, "|")
		r := Read([]byte(strings.Replace(realBounce, from, to, 1)), Options{}).Reports[0]
		found := false
		for _, f := range r.Findings {
			found = found || f.Kind == Contradiction && strings.Contains(string(f.Claim), want)
		}
		if !found {
			t.Errorf("no finding %q in %v", want, r.Findings)
		}
	}
}

func TestReadHop(t *testing.T) {
	cases := []struct {
		in   string
		want hop
	}{
		{"from a.example (b.example [192.0.2.1]) by c.example (Postfix) with ESMTP id 1; Mon", hop{"a.example", "b.example", "192.0.2.1", "c.example", true, true}},
		{"from a.example (unknown [192.0.2.1]) by c.example with ESMTP", hop{"a.example", "", "192.0.2.1", "c.example", true, true}},
		{"from a.example (b.example [192.0.2.1] (may be forged)) by c.example", hop{"a.example", "", "192.0.2.1", "c.example", true, true}},
		{"from b.example ([192.0.2.1] helo=a.example) by c.example with esmtp (Exim 4.98)", hop{"a.example", "b.example", "192.0.2.1", "c.example", true, true}},
		{"from [192.0.2.1] (helo=a.example) by c.example with esmtp", hop{"a.example", "", "192.0.2.1", "c.example", true, true}},
		{"from unknown (HELO a.example) (192.0.2.1) by c.example with SMTP", hop{"a.example", "", "192.0.2.1", "c.example", true, true}},
		{"from a.example (192.0.2.1) by c.example (198.51.100.1) with Microsoft SMTP Server", hop{"a.example", "", "192.0.2.1", "c.example", true, false}},
		{"by c.example (Postfix) id 9C2E; Mon", hop{by: "c.example"}},
		{"from mailnull by c.example with local (Exim 4.98)", hop{helo: "mailnull", by: "c.example"}},
		{"", hop{}},
		{"from ", hop{}},
		{"from (((((", hop{}},
	}
	for _, c := range cases {
		if got := readHop(c.in); got != c.want {
			t.Errorf("%q:\n got %+v\nwant %+v", c.in, got, c.want)
		}
	}
}

func FuzzReadHop(f *testing.F) {
	f.Add("from a.example (b.example [192.0.2.1]) by c.example; Mon")
	f.Add("from unknown (HELO a) (192.0.2.1) by c")
	f.Fuzz(func(_ *testing.T, s string) { readHop(s) })
}
