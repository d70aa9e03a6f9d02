package bounce

import "testing"

func TestLineOf(t *testing.T) {
	cases := []struct {
		line, id string
		kind     LineKind
	}{
		// Postfix, under every prefix
		{"Nov 23 09:12:40 out1 postfix/smtpd[2041]: 4B9A21F0A3: client=app1.fabrikam.example[192.0.2.40]", "4B9A21F0A3", LineMemory},
		{"Nov 23 09:12:40 out1 postfix/cleanup[2044]: 4B9A21F0A3: message-id=<a@b>", "4B9A21F0A3", LineMemory},
		{"Nov 23 09:12:40 out1 postfix/qmgr[811]: 4B9A21F0A3: from=<>, size=18221, nrcpt=2 (queue active)", "4B9A21F0A3", LineMemory},
		{"Nov 23 09:12:40 out1 postfix/pickup[81]: 4B9A21F0A3: uid=33 from=<www-data>", "4B9A21F0A3", LineMemory},
		{"2026-11-23T09:12:44.123456+01:00 out1 postfix-out/smtp[2049]: 4B9A21F0A3: to=<a@b.example>, relay=none, status=deferred (x)", "4B9A21F0A3", LineDelivery},
		{"<22>1 2026-11-23T10:15:00Z out1 postfix/smtp 2099 - - 5C0B31F0B4: to=<a@b.example>, status=sent (ok)", "5C0B31F0B4", LineDelivery},
		{"<22>1 2026-11-23T10:15:00Z out1 postfix/smtp 2099 - [x@1 a=\"]\\\"\"][y@1] \ufeff5C0B31F0B4: to=<a@b.example>, status=sent (ok)", "5C0B31F0B4", LineDelivery},
		{"2026-11-23T10:15:00Z out1 postfix/smtp 2099 - - 5C0B31F0B4: to=<a@b.example>, status=sent (ok)", "5C0B31F0B4", LineDelivery},
		{"Mon 2026-11-23 09:12:44 CET out1 postfix@-.service[811]: 4B9A21F0A3: removed", "4B9A21F0A3", LineEnd},
		{"2026-11-23T08:12:44.000000001Z stdout F Nov 23 09:12:44 mail postfix/qmgr[81]: 4B9A21F0A3: from=<a@b>, status=expired, returned to sender", "4B9A21F0A3", LineDelivery},
		{"mail-1  | Nov 23 09:12:44 mail postfix/smtpd[81]: NOQUEUE: reject: RCPT from x[192.0.2.1]: 550 no; from=<> to=<a@b> proto=SMTP", "", LineDelivery},
		{"> Nov 23 09:12:44 mail mx-in/smtpd[81]: 3Rv7jN4Zf5zX: milter-reject: END-OF-MESSAGE from x[192.0.2.1]: 5.7.1 no; from=<> to=<a@b>", "3Rv7jN4Zf5zX", LineDelivery},
		{"\t4B9A21F0A3: to=<a@b.example>, relay=local, dsn=5.1.1, status=bounced (unknown user)", "4B9A21F0A3", LineDelivery},
		{"postfix/smtpd[1]: proxy-reject: END-OF-MESSAGE: 550 no; from=<a@b> to=<c@d>", "", LineDelivery},
		{"Mär 08 20:48:47 web postfix/qmgr[88]: 4B9A21F0A3: removed", "4B9A21F0A3", LineEnd},
		// Exim
		{"2026-11-23 09:12:44 1vNabc-000001-2x <= a@b.example H=x [192.0.2.1] P=esmtp S=1 id=m@x", "1vNabc-000001-2x", LineMemory},
		{"2026-11-23 09:12:44.123 +0100 [812] 1vNabc-00000001abc-2xyz ** a@b.example R=dnslookup T=remote_smtp: no", "1vNabc-00000001abc-2xyz", LineDelivery},
		{"Nov 23 09:12:44 mx exim[12]: 2026-11-23 09:12:44 1vNabc-000001-2x == a@b.example R=r T=t defer (-44): no", "1vNabc-000001-2x", LineDelivery},
		{"2026-11-23 09:12:44 1vNabc-000001-2x Completed", "1vNabc-000001-2x", LineEnd},
		{"2026-11-23 09:12:44 1vNabc-000001-2x => a <a@b.example> R=r T=t", "1vNabc-000001-2x", LineDelivery},
		{"2026-11-23 09:12:44 H=(x) [192.0.2.1] F=<a@b> rejected RCPT <c@d>: no", "", LineDelivery},
		{"2026-11-23 09:12:44 1vNabc-000001-2x H=x [192.0.2.1] F=<a@b> temporarily rejected after DATA: no", "1vNabc-000001-2x", LineDelivery},
		// sendmail
		{"Nov 23 09:12:44 mx sm-mta[12]: 6AN8CiBC012: from=<a@b>, size=1, class=0, nrcpts=1, msgid=<m@x>, relay=x [192.0.2.1]", "6AN8CiBC012", LineMemory},
		{"Nov 23 09:12:44 mx sendmail[12]: 6AN8CiBC012: to=<a@b>, delay=00:00:01, mailer=esmtp, dsn=5.1.1, stat=User unknown", "6AN8CiBC012", LineDelivery},
		{"Nov 23 09:12:44 mx sendmail[12]: ruleset=check_relay, arg1=x, arg2=192.0.2.1, relay=x [192.0.2.1], reject=554 5.7.1 no", "", LineDelivery},
		{"Nov 23 09:12:44 mx sendmail[12]: [ID 801593 mail.info] 6AN8CiBC012: to=<a@b>, stat=Sent (ok)", "6AN8CiBC012", LineDelivery},
		{"Nov 23 09:12:44 mx sendmail[12]: 6AN8CiBC012: 6AN8CiBD012: sender notify: Cannot send message for 5 days", "6AN8CiBC012", LineDelivery},
		// OpenSMTPD
		{"Nov 23 09:12:44 mx smtpd[12]: 5df87c9ffd0e785d mta delivery evpid=f6e94209918f7e7b from=<a@b> to=<c@d> rcpt=<-> result=\"PermFail\" stat=\"550 no\"", "f6e94209", LineDelivery},
		{"5df87c9ffd0e785d smtp failed-command command=\"RCPT TO:<c@d> \" result=\"550 Invalid recipient\"", "5df87c9ffd0e785d", LineDelivery},
		{"5df87c9ffd0e785d smtp failed-command command=\"AUTH LOGIN\" result=\"503 5.5.1 no\"", "", LineOther},
		// Haraka
		{"2026-11-23T09:12:44.000Z [NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1] [outbound] recipient <c@d> rejected: 550 no", "D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1", LineDelivery},
		{"Nov 23 09:12:44 mx haraka[12]: level=NOTICE uuid=D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1 source=core message=\"sender <a@b> code=CONT\"", "D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1", LineMemory},
		// qmail
		{"@400000005a497a0a00000000 delivery 3: failure: no/", "3", LineDelivery},
		{"Nov 23 09:12:44 mx qmail: 1795511564.123456 starting delivery 3: msg 53 to remote a@b.example", "3", LineMemory},
		{"2026-11-23 09:12:44.123456 info msg 53: bytes 246 from <a@b> qp 1 uid 2", "53", LineMemory},
		// others
		{"Nov 23 09:12:44 mx CRON[12]: (root) CMD (run-parts /etc/cron.hourly)", "", LineOther},
		{"Nov 23 09:12:44 mx sshd[12]: Accepted publickey for root from 192.0.2.1 port 22", "", LineOther},
		{"Nov 23 09:12:44 mx postfix/smtpd[12]: connect from x[192.0.2.1]", "", LineOther},
		{"Nov 23 09:12:44 mx opendkim[12]: 4B9A21F0A3: DKIM-Signature field added", "", LineOther},
		{"550 5.1.1 <a@b.example>: User unknown", "", LineOther},
		{"", "", LineOther},
	}
	for _, c := range cases {
		id, kind := LineOf([]byte(c.line))
		if string(id) != c.id || kind != c.kind {
			t.Errorf("%q\n got %q %d\nwant %q %d", c.line, id, kind, c.id, c.kind)
		}
		line := []byte(c.line)
		if n := testing.AllocsPerRun(5, func() { LineOf(line) }); n != 0 {
			t.Errorf("%q: %v allocations", c.line, n)
		}
	}
}
