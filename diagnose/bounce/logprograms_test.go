package bounce

import (
	"fmt"
	"strings"
	"testing"
)

// gist is what a report tells in one line: fate, recipient (and what it was
// before), sender, codes, host, stage, reason, permanence.
func gist(r *Report) string {
	return fmt.Sprintf("%s %s(%s) <%s> %s %s %s[%s] %s %s %s", r.Action, string(r.Recipient.Value), string(r.OriginalRecipient.Value), string(r.Sender.Value),
		string(r.ReplyCode.Value), string(r.EnhancedCode.Value), string(r.RemoteMTA.Value), string(r.RemoteAddress.Value), r.Stage, r.Reason, r.Permanence)
}

// logCase is one line of a log and the gist of the one report that it gives;
// "" for none.
type logCase struct{ line, want string }

func testLog(t *testing.T, prefix string, format Format, cases []logCase) {
	t.Helper()
	for _, c := range cases {
		res := Read([]byte(prefix+c.line+"\n"), Options{Now: testNow})
		if c.want == "" {
			if len(res.Reports) > 0 && res.Format == format {
				t.Errorf("%s\ngives %s", c.line, gist(&res.Reports[0]))
			}
			continue
		}
		if len(res.Reports) != 1 || res.Format != format {
			t.Errorf("%s\ngives %d reports of %s, %v", c.line, len(res.Reports), res.Format, res.Problem)
			continue
		}
		r := &res.Reports[0]
		if got := gist(r); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.line, got, c.want)
		}
		for _, f := range []Field{r.Recipient, r.Sender, r.RemoteMTA, r.MessageID, r.QueueID} {
			if raw := prefix + c.line; f.Known() && !strings.HasPrefix(raw[f.Offset:], string(f.Value)) {
				t.Errorf("%s\n%q is not at offset %d", c.line, string(f.Value), f.Offset)
			}
		}
		if d := r.Diagnostic; format != FormatQmailLog && len(d.Value) > 3 && !strings.HasPrefix((prefix + c.line)[d.Offset:], string(d.Value[:3])) {
			t.Errorf("%s\nthe reply %q is not at offset %d", c.line, string(d.Value), d.Offset)
		}
	}
}

func TestPostfixLines(t *testing.T) {
	testLog(t, "Nov 23 09:12:44 mx postfix/x[1]: ", FormatPostfixLog, []logCase{
		{`4B9A21F0A3: to=<a1@contoso.example>, relay=mail.contoso.example[private/dovecot-lmtp], delay=3.9, dsn=5.1.1, status=bounced (host mail.contoso.example[private/dovecot-lmtp] said: 550 5.1.1 <a1@contoso.example> User doesn't exist: a1@contoso.example (in reply to RCPT TO command))`,
			`failed a1@contoso.example() <> 550 5.1.1 mail.contoso.example[private/dovecot-lmtp] rcpt userunknown permanent`},
		{`4B9A21F0A3: to=<a2@contoso.example>, relay=dovecot, delay=3.9, dsn=5.3.0, status=bounced (command line usage error. Command output: lda: Fatal)`,
			`failed a2@contoso.example() <>  5.3.0 [] local mailererror permanent`},
		{`4B9A21F0A3: to=<a3@contoso.example>, orig_to=<alias@contoso.example>, relay=local, delay=3.9, dsn=5.1.1, status=bounced (unknown user: "a3")`,
			`failed a3@contoso.example(alias@contoso.example) <>  5.1.1 [] local userunknown permanent`},
		{`4B9A21F0A3: to=<a4@contoso.example>, relay=virtual, delay=3.9, dsn=5.2.2, status=bounced (maildir delivery failed: error writing message: Disk quota exceeded)`,
			`failed a4@contoso.example() <>  5.2.2 [] local mailboxfull permanent`},
		{`4B9A21F0A3: to=<a5@contoso.example>, relay=none, delay=3.9, dsn=4.4.1, status=deferred (delivery temporarily suspended: connect to mx1.contoso.example[198.51.100.11]:25: Connection refused)`,
			`delayed a5@contoso.example() <>  4.4.1 mx1.contoso.example[198.51.100.11]  networkerror transient`},
		{`4B9A21F0A3: to=<a6@contoso.example>, relay=none, delay=3.9, dsn=5.4.4, status=bounced (Host or domain name not found. Name service error for name=contoso.example type=AAAA: Host not found)`,
			`failed a6@contoso.example() <>  5.4.4 [] local hostunknown permanent`},
		{`4B9A21F0A3: to=<a7@contoso.example>, relay=mx1.contoso.example[2001:db8::11]:25, delay=3.9, dsn=4.4.2, status=deferred (lost connection with mx1.contoso.example[2001:db8::11] while sending RCPT TO)`,
			`delayed a7@contoso.example() <>  4.4.2 mx1.contoso.example[2001:db8::11] rcpt networkerror transient`},
		{`4B9A21F0A3: to=<a8@contoso.example>, relay=mx1.contoso.example[198.51.100.11]:25, conn_use=2, delay=3.9, dsn=4.4.2, status=deferred (conversation with mx1.contoso.example[198.51.100.11] timed out while sending message body)`,
			`delayed a8@contoso.example() <>  4.4.2 mx1.contoso.example[198.51.100.11] content networkerror transient`},
		{`4B9A21F0A3: to=<a9@contoso.example>, relay=mx1.contoso.example[198.51.100.11]:587, delay=3.9, dsn=4.0.0, status=SOFTBOUNCE (host mx1.contoso.example[198.51.100.11] said: 553 sorry, this recipient is not in my validrcptto list (#5.7.1) (in reply to RCPT TO command))`,
			`delayed a9@contoso.example() <> 553 5.7.1 mx1.contoso.example[198.51.100.11] rcpt userunknown transient`},
		{`4B9A21F0A3: to=<a10@contoso.example>, relay=mx1.contoso.example[198.51.100.11]:25, delay=3.9, dsn=4.7.0, status=deferred (host mx1.contoso.example[198.51.100.11] refused to talk to me: 421 4.7.0 Too many connections)`,
			`delayed a10@contoso.example() <> 421 4.7.0 mx1.contoso.example[198.51.100.11] connect toomanyconn transient`},
		{`4B9A21F0A3: to=<a10@contoso.example>, relay=mx1.contoso.example[198.51.100.11]:25, delay=3.9, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as X)`,
			`delivered a10@contoso.example() <> 250 2.0.0 mx1.contoso.example[198.51.100.11]  delivered unknown`},
		{`4B9A21F0A3: to=<a11@contoso.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=3.9, dsn=5.7.0, status=bounced (host 127.0.0.1[127.0.0.1] said: 554 5.7.0 Reject, id=15432-01 - SPAM (in reply to end of DATA command))`,
			`failed a11@contoso.example() <> 554 5.7.0 [127.0.0.1] content securityerror permanent`},
		{`4B9A21F0A3: to=<a12@contoso.example>, relay=mx1.contoso.example[198.51.100.11]:25, dsn=5.1.1, status=undeliverable (host mx1.contoso.example[198.51.100.11] said: 550-5.1.1 The email account 550-5.1.1 does not exist 550 5.1.1 bye (in reply to RCPT TO command))`,
			`failed a12@contoso.example() <> 550 5.1.1 mx1.contoso.example[198.51.100.11] rcpt userunknown permanent`},
		{`4B9A21F0A4: from=<x@fabrikam.example>, status=force-expired, returned to sender`,
			`failed () <x@fabrikam.example>   [] local expired unknown`},
		{`NOQUEUE: milter-reject: RCPT from out1.fabrikam.example[192.0.2.25]: 451 4.7.1 Greylisting in action; from=<billing@fabrikam.example> to=<r1@contoso.example> proto=ESMTP helo=<out1.fabrikam.example>`,
			`delayed r1@contoso.example() <billing@fabrikam.example> 451 4.7.1 mx[] rcpt onhold transient`},
		{`05D2881B3AE2: milter-reject: END-OF-MESSAGE from out1.fabrikam.example[192.0.2.25]: 5.7.1 Spam message rejected; from=<billing@fabrikam.example> to=<r2@contoso.example> proto=ESMTP helo=<out1.fabrikam.example>`,
			`failed r2@contoso.example() <billing@fabrikam.example>  5.7.1 mx[] content spamdetected permanent`},
		{`proxy-reject: END-OF-MESSAGE: 554 5.7.0 Reject, id=1 - SPAM; from=<billing@fabrikam.example> to=<r3@contoso.example> proto=ESMTP helo=<out1.fabrikam.example>`,
			`failed r3@contoso.example() <billing@fabrikam.example> 554 5.7.0 mx[] content securityerror permanent`},
		{`05D2881B3AE3: reject: header Subject: buy now from out1.fabrikam.example[192.0.2.25]; from=<billing@fabrikam.example> to=<r4@contoso.example> proto=ESMTP helo=<out1.fabrikam.example>: 5.7.1 no adverts`,
			`failed r4@contoso.example() <billing@fabrikam.example>  5.7.1 mx[] content policyviolation permanent`},
		{`05D2881B3AE3: discard: header X-Spam: yes from local; from=<billing@fabrikam.example> to=<r5@contoso.example>`,
			`failed r5@contoso.example() <billing@fabrikam.example>   mx[] content undefined unknown`},
		{`NOQUEUE: discard: RCPT from unknown[192.0.2.25]: <r6@contoso.example>: Recipient address triggers DISCARD action; from=<billing@fabrikam.example> to=<r6@contoso.example> proto=ESMTP helo=<x>`,
			`failed r6@contoso.example() <billing@fabrikam.example>   mx[] rcpt undefined unknown`},
		{`NOQUEUE: reject: CONNECT from unknown[192.0.2.25]: 554 5.7.1 <unknown[192.0.2.25]>: Client host rejected: Access denied; proto=SMTP`,
			`failed () <> 554 5.7.1 mx[] connect blocked permanent`},
		{`NOQUEUE: reject: EHLO from unknown[192.0.2.25]: 504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname; proto=SMTP helo=<x>`,
			`failed () <> 504 5.5.2 mx[] ehlo syntaxerror permanent`},
		{`NOQUEUE: reject: MAIL from unknown[192.0.2.25]: 452 4.3.1 Insufficient system storage; proto=ESMTP helo=<x>`,
			`delayed () <> 452 4.3.1 mx[] mail systemerror transient`},
		{`NOQUEUE: reject_warning: RCPT from unknown[192.0.2.25]: 554 5.7.1 x; from=<a@b> to=<c@d> proto=ESMTP helo=<x>`,
			``},
		{`NOQUEUE: reject: RCPT from [203.0.113.9]:41022: 550 5.7.1 Service unavailable; client [203.0.113.9] blocked using zen.spamhaus.example; from=<a@litware.example>, to=<r7@contoso.example>, proto=ESMTP, helo=<litware.example>`,
			`failed r7@contoso.example() <a@litware.example> 550 5.7.1 mx[] rcpt blocked permanent`},
		{`05D2881B3AE4: reject: RCPT from out1.fabrikam.example[192.0.2.25]: 450 4.1.1 <r8@contoso.example>: Recipient address rejected: unverified address: host mx1.contoso.example[198.51.100.11] said: 550 5.1.1 nope (in reply to RCPT TO command); from=<> to=<r8@contoso.example> proto=ESMTP helo=<out1.fabrikam.example>`,
			`delayed r8@contoso.example() <<>> 450 4.1.1 mx[] rcpt userunknown transient`},
		{`05D2881B3AE5: to=<"a, status=sent (x"@contoso.example>, relay=mx1.contoso.example[198.51.100.11]:25, dsn=5.1.1, status=bounced (host mx1.contoso.example[198.51.100.11] said: 550 5.1.1 no (in reply to RCPT TO command))`,
			`failed "a, status=sent (x"@contoso.example() <> 550 5.1.1 mx1.contoso.example[198.51.100.11] rcpt userunknown permanent`},
		{`05D2881B3AE5: to=<a@contoso.example>, relay=none, dsn=4.3.5, status=deferred (mail transport unavailable)`,
			`delayed a@contoso.example() <>  4.3.5 []  systemerror transient`},
		{`05D2881B3AE5: to=<a@contoso.example>, relay=none, dsn=5.4.6, status=bounced (mail for contoso.example loops back to myself)`,
			`failed a@contoso.example() <>  5.4.6 [] local networkerror permanent`},
		{`statistics: max connection rate 1/60s`,
			``},
	})
}

func TestEximLines(t *testing.T) {
	testLog(t, "2026-11-23 09:12:44 +0100 ", FormatEximLog, []logCase{
		{`1vNabc-000001-2x ** e1@contoso.example <all@contoso.example> F=<billing@fabrikam.example> P=<billing@fabrikam.example> R=dnslookup T=remote_smtp H=mx1.contoso.example [198.51.100.11]:25 X=TLS1.2:ECDHE:256 CV=yes DN="/C=US: x/CN=mx" DT=1.2s: SMTP error from remote mail server after RCPT TO:<e1@contoso.example>: 550-5.1.1 The account\n550 5.1.1 does not exist`,
			`failed e1@contoso.example(all@contoso.example) <billing@fabrikam.example> 550 5.1.1 mx1.contoso.example[198.51.100.11] rcpt userunknown permanent`},
		{`1vNabc-000001-2x ** e2@contoso.example R=dnslookup T=remote_smtp: SMTP error from remote mailer after RCPT TO:<e2@contoso.example>: host mx1.contoso.example [198.51.100.11]: 550 5.1.1 <e2@contoso.example>: Recipient address rejected: User unknown`,
			`failed e2@contoso.example() <> 550 5.1.1 mx1.contoso.example[198.51.100.11] rcpt userunknown permanent`},
		{`1vNabc-000001-2x == e3@contoso.example R=dnslookup T=remote_smtp defer (-44) H=mx1.contoso.example [198.51.100.11]: SMTP error from remote mail server after RCPT TO:<e3@contoso.example>: 451 4.7.1 greylisted`,
			`delayed e3@contoso.example() <> 451 4.7.1 mx1.contoso.example[198.51.100.11] rcpt onhold transient`},
		{`1vNabc-000001-2x == e4@contoso.example R=dnslookup T=remote_smtp defer (-46) H=mx1.contoso.example [198.51.100.11]: SMTP error from remote mail server after end of data: 451 4.3.0 later`,
			`delayed e4@contoso.example() <> 451 4.3.0 mx1.contoso.example[198.51.100.11] content systemerror transient`},
		{`1vNabc-000001-2x == e5@contoso.example routing defer (-51): retry time not reached`,
			`delayed e5@contoso.example() <>   []  expired transient`},
		{`1vNabc-000001-2x == e6@contoso.example R=dnslookup T=remote_smtp defer (-53): retry time not reached for any host for 'contoso.example'`,
			`delayed e6@contoso.example() <>   []  expired transient`},
		{`1vNabc-000001-2x == e7b@contoso.example R=dnslookup T=remote_smtp defer (110) H=mx1.contoso.example [198.51.100.11] DT=2m7s: Connection timed out`,
			`delayed e7b@contoso.example() <>   mx1.contoso.example[198.51.100.11] connect expired transient`},
		{`1vNabc-000001-2x ** e8@contoso.example: Unrouteable address`,
			`failed e8@contoso.example() <>   [] local hostunknown unknown`},
		{`1vNabc-000001-2x ** e9@nowhere.example R=dnslookup: all relevant MX records point to non-existent hosts`,
			`failed e9@nowhere.example() <>   [] local hostunknown unknown`},
		{`1vNabc-000001-2x ** e10@contoso.example: retry timeout exceeded`,
			`failed e10@contoso.example() <>   [] local expired unknown`},
		{`1vNabc-000001-2x H=mx2.contoso.example [198.51.100.12] SMTP error from remote mail server after RCPT TO:<e11@contoso.example>: 451 4.7.1 greylisted`,
			`delayed e11@contoso.example() <> 451 4.7.1 mx2.contoso.example[198.51.100.12] rcpt onhold transient`},
		{`1vNabc-000001-2x => e11@contoso.example R=dnslookup T=remote_smtp H=mx1.contoso.example [198.51.100.11] C="250 OK"`,
			`delivered e11@contoso.example() <>   mx1.contoso.example[198.51.100.11]  delivered unknown`},
		{`1vNabc-000001-2x ** |/usr/bin/prog <e12@contoso.example> R=system_aliases T=address_pipe: Child process of address_pipe transport returned 127 (could mean unable to exec or command does not exist) from command: /usr/bin/prog`,
			`failed e12@contoso.example() <>   [] local undefined unknown`},
		{`1vNabc-000001-2x == e13 <e13@contoso.example> R=localuser T=maildir_home defer (-22): mailbox is full (quota exceeded)`,
			`delayed e13@contoso.example() <>   [] local mailboxfull transient`},
		{`1vNabc-000001-2x ** e14@contoso.example R=dnslookup T=remote_smtp: SMTP error from remote mail server after initial connection: host mx1.contoso.example [198.51.100.11]: 554 5.7.1 no service for you`,
			`failed e14@contoso.example() <> 554 5.7.1 mx1.contoso.example[198.51.100.11] connect policyviolation permanent`},
		{`1vNabc-000001-2x ** e15@contoso.example R=dovecot T=dovecot_lmtp: LMTP error after RCPT TO:<e15@contoso.example>: 550 5.1.1 <e15@contoso.example> User doesn't exist`,
			`failed e15@contoso.example() <> 550 5.1.1 [] rcpt userunknown permanent`},
		{`H=out1.fabrikam.example (out1) [192.0.2.25]:4242 I=[198.51.100.11]:25 X=TLS1.3:x:256 CV=no F=<billing@fabrikam.example> rejected RCPT <x1@contoso.example>: Unrouteable address`,
			`failed x1@contoso.example() <billing@fabrikam.example>   [] rcpt hostunknown permanent`},
		{`H=(out1) [192.0.2.25] F=<> temporarily rejected RCPT <x2@contoso.example>: Could not complete recipient verify callout`,
			`delayed x2@contoso.example() <<>>   [] rcpt onhold transient`},
		{`H=out1.fabrikam.example [192.0.2.25] F=<billing@fabrikam.example> rejected RCPT <x3@contoso.example>: response to "RCPT TO:<x3@contoso.example>" from store.contoso.example [198.51.100.77] was: 550 5.1.1 User unknown`,
			`failed x3@contoso.example() <billing@fabrikam.example> 550 5.1.1 store.contoso.example[198.51.100.77] rcpt userunknown permanent`},
		{`1vNabd-000001-2x H=out1.fabrikam.example [192.0.2.25] F=<billing@fabrikam.example> rejected after DATA: This message scored 12.3 spam points.`,
			`failed () <billing@fabrikam.example>   [] content spamdetected permanent`},
		{`H=[192.0.2.25] rejected EHLO or HELO [10.0.0.1]: bad helo`,
			`failed () <>   [] ehlo undefined permanent`},
		{`H=out1.fabrikam.example [192.0.2.25] rejected MAIL <billing@fabrikam.example>: sender blocked`,
			`failed () <billing@fabrikam.example>   [] mail undefined permanent`},
		{`H=[192.0.2.25]:51000 I=[198.51.100.11]:25 rejected connection in "connect" ACL: found in zen.spamhaus.example`,
			`failed () <>   [] connect blocked permanent`},
		{`H=out1.fabrikam.example [192.0.2.25] F=<billing@fabrikam.example> rejected RCPT x4@contoso.example: relay not permitted`,
			`failed x4@contoso.example() <billing@fabrikam.example>   [] rcpt norelaying permanent`},
		{`H=out1.fabrikam.example [192.0.2.25] sender verify fail for <billing@fabrikam.example>: Unrouteable address`,
			``},
		{`H=out1.fabrikam.example [192.0.2.25] F=<billing@fabrikam.example> rejected RCPT <x5@contoso.example>: Sender verify failed`,
			`failed x5@contoso.example() <billing@fabrikam.example>   [] rcpt rejected permanent`},
		{`1vNabc-00000001abc-2xyz == a@contoso.example R=dnslookup T=remote_smtp defer (-45) H=mx1.contoso.example [2001:db8::11]: SMTP error from remote mail server after pipelined MAIL FROM:<b@fabrikam.example> SIZE=1855: 451 4.1.8 try again`,
			`delayed a@contoso.example() <> 451 4.1.8 mx1.contoso.example[2001:db8::11] mail rejected transient`},
		{`1vNabc-000001-2x ** "a: b"@contoso.example R=dnslookup T=remote_smtp H=mx1.contoso.example [198.51.100.11]:2525 X=TLS1.3:x:256 CV=no: SMTP error from remote mail server after end of data: 552 5.3.4 Message too big`,
			`failed "a: b"@contoso.example() <> 552 5.3.4 mx1.contoso.example[198.51.100.11] content mesgtoobig permanent`},
		{`1vNabc-000001-2x == a@contoso.example R=dnslookup defer (-1): host lookup did not complete`,
			`delayed a@contoso.example() <>   [] local undefined transient`},
		{`1vNabc-000001-2x -> a@contoso.example R=r T=t H=mx1.contoso.example [198.51.100.11]`,
			`delivered a@contoso.example() <>   mx1.contoso.example[198.51.100.11]  delivered unknown`},
		{`1vNabc-000001-2x == a@contoso.example R=dnslookup T=remote_smtp defer (111): Connection refused`,
			`delayed a@contoso.example() <>   [] connect networkerror transient`},
		{`1vNabc-000001-2x ** a@contoso.example R=dnslookup T=remote_smtp H=mx1.contoso.example [198.51.100.11]: SMTP error from remote mail server after pipelined sending data block: 552 5.3.4 Message size exceeds fixed limit`,
			`failed a@contoso.example() <> 552 5.3.4 mx1.contoso.example[198.51.100.11]  mesgtoobig permanent`},
		{`no host name found for IP address 203.0.113.9`,
			``},
	})
}

func TestUnescapeLog(t *testing.T) {
	for in, want := range map[string]string{`550-a\n550 b`: "550-a 550 b", `gr\303\274n`: "gr\u00fcn", `"x\"y\\z"`: `"x"y\z"`, `DOM\user`: `DOM\user`, `end\`: `end\`, `\38`: `\38`} {
		if got := unescapeLog(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestSendmailLines(t *testing.T) {
	testLog(t, "Nov 23 09:12:44 mx sm-mta[1]: ", FormatSendmailLog, []logCase{
		{`STARTTLS=client, relay=mx1.contoso.example., version=TLSv1.3, verify=FAIL, cipher=X, bits=256/256`,
			``},
		{`6AN8CiBC012: to=<s3@contoso.example>, delay=00:00:04, xdelay=00:00:03, mailer=esmtp, tls_verify=OK, pri=150000, relay=mx1.contoso.example. [IPv6:2001:db8:0:0:0:0:0:11], dsn=4.7.1, reply=451 4.7.1 <s3@contoso.example>: greylisted, stat=Deferred: 451 4.7.1 <s3@contoso.example>: greylisted, come back, later`,
			`delayed s3@contoso.example() <> 451 4.7.1 mx1.contoso.example[2001:db8::11]  onhold transient`},
		{`6AN8CiBC012: to=<s4@nowhere.example>, delay=00:00:04, mailer=esmtp, pri=1, relay=nowhere.example, dsn=5.1.2, stat=Host unknown (Name server: nowhere.example: host not found)`,
			`failed s4@nowhere.example() <>  5.1.2 [] local hostunknown permanent`},
		{`6AN8CiBC012: to=s5, delay=00:00:04, mailer=local, pri=1, dsn=2.0.0, stat=Sent`,
			`delivered s5() <>  2.0.0 [] local delivered unknown`},
		{`6AN8CiBC012: to=<s6@contoso.example>, delay=00:00:04, mailer=esmtp, pri=1, relay=mx1.contoso.example., dsn=4.0.0, stat=Deferred: Connection refused by mx1.contoso.example.`,
			`delayed s6@contoso.example() <>  4.0.0 mx1.contoso.example[] connect blocked transient`},
		{`6AN8CiBC012: 6AN8CiBD012: DSN: User unknown`,
			``},
		{`6AN8CiBE015: ruleset=check_rcpt, arg1=<s7@elsewhere.example>, relay=[203.0.113.9], reject=550 5.7.1 <s7@elsewhere.example>... Relaying denied. IP name lookup failed [203.0.113.9]`,
			`failed s7@elsewhere.example() <> 550 5.7.1 mx[] rcpt norelaying permanent`},
		{`6AN8CiBF016: ruleset=check_mail, arg1=<a@litware.example>, relay=x.litware.example [203.0.113.9] (may be forged), reject=451 4.1.8 Domain of sender address a@litware.example does not resolve`,
			`delayed () <a@litware.example> 451 4.1.8 mx[] mail rejected transient`},
		{`ruleset=check_relay, arg1=x.litware.example, arg2=203.0.113.9, relay=x.litware.example [203.0.113.9], reject=554 5.7.1 Rejected 203.0.113.9 found in dnsbl.example`,
			`failed () <> 554 5.7.1 mx[] connect blocked permanent`},
		{`6AN8CiBG018: Milter: to=<s8@contoso.example>, reject=451 4.7.1 Greylisting in action`,
			`delayed s8@contoso.example() <> 451 4.7.1 mx[] rcpt onhold transient`},
		{`6AN8CiBG019: Milter: data, reject=554 5.7.1 spam`,
			`failed () <> 554 5.7.1 mx[] data policyviolation permanent`},
		{`6AN8CiBG020: <s9@fabrikam.example>... User unknown`,
			`failed s9@fabrikam.example() <>   mx[] rcpt userunknown permanent`},
		{`6AN8CiBC012: 6AS8CiBC018: sender notify: Cannot send message for 5 days`,
			`failed () <>   [] local expired unknown`},
		{`6AN8CiBG021: milter=spamd, action=eoh, reject=554 5.7.1 spam`,
			`failed () <> 554 5.7.1 mx[] content policyviolation permanent`},
		{`6AN8CiBG022: to=<s10@contoso.example>, delay=00:00:00, mailer=esmtp, pri=1, stat=queued`,
			``},
		{`6AN8CiBC012: to=<s1@contoso.example>, ctladdr=<b@fabrikam.example> (1001/1001), delay=00:00:04, mailer=esmtp, relay=mx1.contoso.example. [198.51.100.11], dsn=5.1.1, stat=User unknown`,
			`failed s1@contoso.example() <>  5.1.1 mx1.contoso.example[198.51.100.11]  userunknown permanent`},
		{`6AN8CiBC012: to=|/usr/bin/procmail, delay=00:00:04, mailer=prog, dsn=5.0.0, stat=unknown mailer error 1`,
			`failed |/usr/bin/procmail() <>  5.0.0 [] local mailererror permanent`},
	})
}

func TestOpenSMTPDLines(t *testing.T) {
	testLog(t, "Nov 23 09:12:44 mx smtpd[1]: ", FormatOpenSMTPDLog, []logCase{
		{`5df87c9b982c840c mta delivery evpid=3d4c4a424797fe79 from=<billing@fabrikam.example> to=<o1@contoso.example> rcpt=<all@fabrikam.example> source="192.0.2.25" relay="198.51.100.11 (mx1.contoso.example)" delay=1s result="PermFail" stat="550 5.1.1 <o1@contoso.example>: Recipient address rejected: User unknown"`,
			`failed o1@contoso.example(all@fabrikam.example) <billing@fabrikam.example> 550 5.1.1 mx1.contoso.example[198.51.100.11]  userunknown permanent`},
		{`5df87c9b982c840c mta delivery evpid=3d4c4a434797fe79 from=<billing@fabrikam.example> to=<o2@contoso.example> rcpt=<-> source="-" relay="contoso.example" delay=1s result="TempFail" stat="Network error on destination MXs"`,
			`delayed o2@contoso.example() <billing@fabrikam.example>   [] local networkerror transient`},
		{`5df87c9b982c840c mda event=delivery evpid=3d4c4a444797fe79 from=<billing@fabrikam.example> to=<o3@fabrikam.example> rcpt=<o3@fabrikam.example> user=o3 method=maildir delay=1h36m1s result=TempFail stat=Error ("mail.maildir: quota")`,
			`delayed o3@fabrikam.example() <billing@fabrikam.example>   [] local mailboxfull transient`},
		{`0000000000000000 mta delivery evpid=3d4c4a434797fe79 from=<billing@fabrikam.example> to=<o2@contoso.example> rcpt=<-> source="-" relay="contoso.example" delay=4d1s result="PermFail" stat="Envelope expired"`,
			`failed o2@contoso.example() <billing@fabrikam.example>   [] local expired unknown`},
		{`5df87c9c42abeddb smtp failed-command command="RCPT TO:<o4@fabrikam.example> " result="550 Invalid recipient: <o4@fabrikam.example>"`,
			`failed o4@fabrikam.example() <> 550  mx[] rcpt userunknown permanent`},
		{`88166f7f21c951f4 smtp failed-command command="" result="550 no rDNS please fix"`,
			`failed () <> 550  mx[] connect requireptr permanent`},
		{`88166f7f21c951f5 smtp failed-command command="DATA" result="451 Try again later"`,
			`delayed () <> 451  mx[] data undefined transient`},
		{`88166f7f21c951f5 smtp failed-command command="AUTH LOGIN" result="503 5.5.1 Invalid command"`,
			``},
	})
}

func TestHarakaLines(t *testing.T) {
	testLog(t, "2026-11-23T09:12:44.000Z ", FormatHarakaLog, []logCase{
		{`[NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1] [core] recipient <h0@contoso.example> code=DENY msg="I cannot deliver mail for h0" sender="billing@fabrikam.example"`,
			`failed h0@contoso.example() <billing@fabrikam.example>   [] rcpt norelaying permanent`},
		{`[NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1] [outbound] recipient <h1@contoso.example> rejected: 550 5.1.1 The email account that you tried to reach does not exist.`,
			`failed h1@contoso.example() <> 550 5.1.1 [] rcpt userunknown permanent`},
		{`[NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1] [outbound] recipient <h2@contoso.example> deferred: 450 4.2.1 later`,
			`delayed h2@contoso.example() <> 450 4.2.1 [] rcpt undefined transient`},
		{`[INFO] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1] [outbound] bouncing mail: Some recipients failed: <h1@contoso.example>`,
			`failed h1@contoso.example() <>   []  undefined permanent`},
		{`[INFO] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1] [outbound] Temp failing 1606860914133_0 for 64 seconds: Some recipients temp failed: <h2@contoso.example>`,
			`delayed h2@contoso.example() <>   []  undefined transient`},
		{`[INFO] [E33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1] [outbound] Temp failing 1606859828273_1606859828273_0_90_OQNQDT_80_mx for 64 seconds: Tried all MXs`,
			`delayed () <>   [] local notaccept transient`},
		{`[INFO] [E33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1] [outbound] bouncing mail: Too many failures (Upstream error: 451 4.7.1 later, please)`,
			`failed () <> 451 4.7.1 []  expired transient`},
		{`level=NOTICE uuid=F33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1 source=outbound message="recipient <h4@contoso.example> rejected: 550 5.1.1 \"h4\" is unknown"`,
			`failed h4@contoso.example() <> 550 5.1.1 [] rcpt userunknown permanent`},
		{`level=INFO uuid=F43D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1 source=outbound message="bouncing mail: 554 5.7.1 Message rejected"`,
			`failed () <> 554 5.7.1 []  policyviolation permanent`},
		{`[NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1] [core] queue code=DENYSOFT msg="try later"`,
			`delayed () <>   [] content undefined transient`},
		{`[NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1] [outbound]  delivered file=1_2_0 domain=contoso.example host=mx1.contoso.example ip=198.51.100.11 port=25 mode=SMTP tls=Y auth=N response="Queued as BA5" delay=4.5 fails=0 rcpts=1/0/0`,
			`delivered () <>   mx1.contoso.example[198.51.100.11]  delivered unknown`},
		{`[INFO] [-] [core] [outbound] Processing delivery for domain: contoso.example`,
			``},
	})
}

func TestQmailLines(t *testing.T) {
	start := "@400000005a497a0a00000000 starting delivery 1: msg 53 to remote q1@contoso.example\n@400000005a497a0b00000000 "
	testLog(t, start, FormatQmailLog, []logCase{
		{`delivery 1: failure: 198.51.100.11_does_not_like_recipient./Remote_host_said:_550-5.1.1_The_account_does_not/550_5.1.1_exist._https://support.contoso.example/help?a=b_/Giving_up_on_198.51.100.11./`,
			`failed q1@contoso.example() <> 550 5.1.1 [198.51.100.11] rcpt userunknown permanent`},
		{`delivery 1: failure: 198.51.100.11_failed_after_I_sent_the_message./Remote_host_said:_552_5.2.3_too_big/`,
			`failed q1@contoso.example() <> 552 5.2.3 [198.51.100.11] content exceedlimit permanent`},
		{`delivery 1: deferral: Connected_to_198.51.100.11_but_greeting_failed./Remote_host_said:_421_4.7.0_busy/`,
			`delayed q1@contoso.example() <> 421 4.7.0 [198.51.100.11] connect securityerror transient`},
		{`delivery 1: deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/`,
			`delayed q1@contoso.example() <>  4.4.1 [] local networkerror transient`},
		{`delivery 1: failure: Sorry,_I_couldn't_find_any_host_named_contoso.example._(#5.1.2)/`,
			`failed q1@contoso.example() <>  5.1.2 [] local hostunknown permanent`},
		{`delivery 1: failure: CNAME_lookup_failed_temporarily._(#4.4.3)/I'm_not_going_to_try_again;_this_message_has_been_in_the_queue_too_long./`,
			`failed q1@contoso.example() <>  4.4.3 []  expired transient`},
		{`delivery 1: success: 198.51.100.11_accepted_message./Remote_host_said:_250_ok/`,
			`delivered q1@contoso.example() <> 250  [198.51.100.11]  delivered unknown`},
	})
}
