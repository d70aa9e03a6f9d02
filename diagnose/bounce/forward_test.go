package bounce

import (
	"encoding/base64"
	"strings"
	"testing"
)

const forwardedNotice = `This is the mail system at host mx.proseware.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

<ann@contoso.example>: host mx.contoso.example[192.0.2.9] said: 550 5.1.1
    <ann@contoso.example>: Recipient address rejected: User unknown (in reply
    to RCPT TO command)
`

const forwardedFree = `The mailbox of ann@contoso.example is full, the letter was returned.
552 5.2.2 over quota
`

func quoteWith(mark, s string) string {
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	for i, l := range lines {
		lines[i] = mark + l
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestForwards holds the ways in which mail programs send a bounce on.
func TestForwards(t *testing.T) {
	block := "From: Mail Delivery System <MAILER-DAEMON@mx.proseware.example>\nSent: Monday, November 23, 2026 9:12 AM\nTo: robin@fabrikam.example\nSubject: Undelivered Mail Returned to Sender\n\n"
	mail := "Return-Path: <>\nFrom: MAILER-DAEMON@mx.proseware.example\nTo: robin@fabrikam.example\nSubject: Undelivered Mail Returned to Sender\nDate: Mon, 23 Nov 2026 09:12:44 +0000\n\n" + forwardedNotice
	encoded := base64.StdEncoding.EncodeToString([]byte(mail))
	cases := []struct{ name, head, body string }{
		{"outlook", "Subject: FW: Undelivered Mail\n", "Please look.\n\n-----Original Message-----\n" + block + forwardedNotice},
		{"outlook german", "Subject: WG: Unzustellbar\n", "Bitte ansehen.\n\n-----Urspr\u00fcngliche Nachricht-----\nVon: Mail Delivery System <MAILER-DAEMON@mx.proseware.example>\nGesendet: Montag, 23. November 2026 09:12\nAn: robin@fabrikam.example\nBetreff: Undelivered Mail\n\n" + forwardedNotice},
		{"outlook, free text", "Subject: FW: mail\n", "Please look.\n\n" + block + forwardedFree},
		{"gmail", "Subject: Fwd: Undelivered Mail\n", "FYI\n\n---------- Forwarded message ---------\nFrom: Mail Delivery System <MAILER-DAEMON@mx.proseware.example>\nDate: Mon, Nov 23, 2026 at 9:12\u202fAM\nSubject: Undelivered Mail\nTo: <robin@fabrikam.example>\n\n\n" + forwardedNotice},
		{"gmail french", "Subject: Fwd: mail\n", "---------- Forwarded message ---------\nDe : Mail Delivery System <MAILER-DAEMON@mx.proseware.example>\nDate: lun. 23 nov. 2026 \u00e0 09:12\nSubject: Undelivered Mail\nTo: <robin@fabrikam.example>\n\n" + forwardedFree},
		{"apple", "Subject: Fwd: mail\nX-Mailer: Apple Mail (2.3826)\n", "Hm?\n\nBegin forwarded message:\n\nFrom: MAILER-DAEMON@mx.proseware.example (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\nDate: 23 November 2026 at 09:12:44 GMT\nTo: robin@fabrikam.example\n\n" + forwardedFree},
		{"apple, quoted", "Subject: Fwd: mail\n", "Hm?\n\nBegin forwarded message:\n\n" + quoteWith("> ", block+forwardedNotice)},
		{"thunderbird", "Subject: Fwd: mail\nUser-Agent: Mozilla Thunderbird\n", "\n\n-------- Forwarded Message --------\nSubject: \tUndelivered Mail\nDate: \tMon, 23 Nov 2026 09:12:44 +0000\nFrom: \tMail Delivery System <MAILER-DAEMON@mx.proseware.example>\nTo: \trobin@fabrikam.example\n\n\n" + forwardedNotice},
		{"japanese", "Subject: Fwd: mail\n", "\u5dee\u51fa\u4eba: MAILER-DAEMON@mx.proseware.example\n\u9001\u4fe1\u65e5\u6642: 2026\u5e7411\u670823\u65e5\n\u5b9b\u5148: robin@fabrikam.example\n\u4ef6\u540d: Undelivered Mail\n\n" + forwardedFree},
		{"quoted twice", "Subject: Re: mail\nIn-Reply-To: <1@fabrikam.example>\n", "I do not know.\n\nKim wrote:\n> Alex wrote:\n" + quoteWith("> > ", forwardedNotice)},
		{"quoted without blanks", "Subject: help\n", quoteWith(">>", forwardedNotice)},
		{"as it stands", "Subject: Fwd: mail\n", "Alex got this:\n\n" + forwardedNotice},
		{"status block", "Subject: Fwd: mail\n", "This came:\n\nReporting-MTA: dns; mx.proseware.example\n\nFinal-Recipient: rfc822; ann@contoso.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown\n"},
		{"message within", "Subject: Fwd: mail\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n", "--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\n" + mail + "\n--b--\n"},
		{"attached file", "Subject: mail\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n", "--b\n\nsee file\n--b\nContent-Type: application/octet-stream; name=\"bounce.eml\"\nContent-Transfer-Encoding: base64\n\n" + encoded + "\n--b--\n"},
		{"attached file by disposition", "Subject: mail\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n", "--b\n\nsee file\n--b\nContent-Type: text/plain\nContent-Disposition: attachment;\n filename=Undelivered.EML\n\n" + mail + "\n--b--\n"},
		{"encoded message", "Subject: mail\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n", "--b\n\nsee file\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + encoded + "\n--b--\n"},
		{"html of outlook", "Subject: FW: mail\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n", "<html><body><p>Please look.</p><div style=\"border-top:solid\"><p><b>From:</b> Mail Delivery System &lt;MAILER-DAEMON@mx.proseware.example&gt;<br><b>Sent:</b> Monday<br><b>To:</b> robin@fabrikam.example<br><b>Subject:</b> Undelivered Mail</p></div><p>The mailbox of ann@contoso.example is full, the letter was returned.</p><p>552 5.2.2 over quota</p></body></html>"},
		{"html of thunderbird", "Subject: Fwd: mail\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n", "<html><body>-------- Forwarded Message --------<table><tr><th>Subject: </th><td>Undelivered Mail</td></tr><tr><th>Date: </th><td>Mon, 23 Nov 2026</td></tr><tr><th>From: </th><td>MAILER-DAEMON@mx.proseware.example</td></tr><tr><th>To: </th><td>robin@fabrikam.example</td></tr></table><br><pre>" + strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(forwardedNotice) + "</pre></body></html>"},
		{"html blockquote", "Subject: Re: mail\nIn-Reply-To: <1@fabrikam.example>\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n", "<div>look</div><blockquote type=\"cite\"><pre>" + strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(forwardedNotice) + "</pre></blockquote>"},
	}
	for _, c := range cases {
		raw := "From: Alex <alex@fabrikam.example>\nTo: mailteam@fabrikam.example\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <f@fabrikam.example>\n" + c.head + "\n" + c.body
		res := Read([]byte(raw), Options{Ours: Ours{Domains: []string{"fabrikam.example"}, Hosts: []string{"mx.proseware.example"}}})
		if got := recipients(res); got != "ann@contoso.example" {
			t.Errorf("%s: %q read as %s", c.name, got, res.Format)
			continue
		}
		r := res.Reports[0]
		if r.Genuine != Unproved || !strings.Contains(string(r.GenuineReasons[0]), "forwarded") {
			t.Errorf("%s: %s %v", c.name, r.Genuine, r.GenuineReasons)
		}
		if line := strings.Split(raw, "\n")[r.Recipient.Line-1]; !strings.Contains(line, "ann@contoso.example") && c.name != "attached file" && c.name != "encoded message" {
			t.Errorf("%s: the recipient is said to stand in %q", c.name, line)
		}
	}
}
