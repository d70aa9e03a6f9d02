package bounce

import "testing"

// TestClients reads what mail programs tell of their submission server: the
// program is the source, and no exception is taken for a host.
func TestClients(t *testing.T) {
	for text, want := range map[string]string{
		`SMTP Error (550): Failed to add recipient "pat@example.com" (Error: No such user)`:                                                          "Roundcube",
		`SMTP Error: The following recipients failed: pat@example.com: No such user`:                                                                 "PHPMailer",
		`MailSo\Smtp\Exceptions\NegativeResponseException: Failed to add recipient "pat@example.com": 550 5.1.1 No such user`:                        "MailSo",
		`Error: Can't send mail - all recipients were rejected: 554 5.7.1 <pat@example.com>: Relay access denied`:                                    "Nodemailer",
		`Expected response code "250/251/252" but got code "550", with message "550 5.1.1 <pat@example.com>: User unknown".`:                         "Swift Mailer",
		`smtplib.SMTPRecipientsRefused: {'pat@example.com': (550, b'relay not permitted')}`:                                                          "smtplib",
		`com.sun.mail.smtp.SMTPAddressFailedException: 550 5.7.1 Unable to relay for pat@example.com`:                                                "Jakarta Mail",
		`System.Net.Mail.SmtpFailedRecipientException: Mailbox unavailable. The server response was: 5.7.1 Unable to relay for pat@example.com`:      ".NET SmtpClient",
		`Net::SMTPFatalError: 554 5.7.1 <pat@example.com>: Relay access denied`:                                                                      "Ruby net-smtp",
		`An error occurred while sending mail. The mail server responded: 5.1.1 <pat@example.com>: User unknown. Please check the message recipient`: "Thunderbird",
		`Error: bad response on command 'RCPT': 5.1.1 <pat@example.com>: User unknown`:                                                               "emailjs",
		"msmtp: recipient address pat@example.com not accepted by the server\nmsmtp: server message: 550 5.1.1 <pat@example.com>: User unknown":      "msmtp",
		`550 5.1.1 <pat@example.com>: User unknown`:                                                                                                  "",
	} {
		res := Read([]byte(text+"\n"), Options{})
		if len(res.Reports) == 0 {
			t.Errorf("%.60q is not read", text)
			continue
		}
		r := res.Reports[0]
		if string(r.Source.Value) != want {
			t.Errorf("%.60q comes from %q, want %q", text, r.Source.Value, want)
		}
		if r.RemoteMTA.Known() || r.Recipient.Value != "pat@example.com" {
			t.Errorf("%.60q: host %q, recipient %q", text, r.RemoteMTA.Value, r.Recipient.Value)
		}
	}
}

// TestSetupWarning joins what Postfix warned of to the refusals of that domain.
func TestSetupWarning(t *testing.T) {
	const log = `Nov 23 10:12:43 mx postfix/trivial-rewrite[3]: warning: do not list domain Example.com in BOTH mydestination and virtual_mailbox_domains
Nov 23 10:12:44 mx postfix/smtpd[31]: NOQUEUE: reject: RCPT from out.sender.example[192.0.2.25]: 550 5.1.1 <pat@example.com>: Recipient address rejected: User unknown in local recipient table; from=<billing@sender.example> to=<pat@example.com> proto=ESMTP helo=<out.sender.example>
Nov 23 10:12:45 mx postfix/smtpd[31]: NOQUEUE: reject: RCPT from out.sender.example[192.0.2.25]: 550 5.1.1 <pat@example.org>: Recipient address rejected: User unknown in local recipient table; from=<billing@sender.example> to=<pat@example.org> proto=ESMTP helo=<out.sender.example>
`
	res := Read([]byte(log), Options{})
	if len(res.Reports) != 2 {
		t.Fatalf("%d reports", len(res.Reports))
	}
	first, second := res.Reports[0], res.Reports[1]
	if want := "do not list domain Example.com in BOTH mydestination and virtual_mailbox_domains"; string(first.SetupWarning.Value) != want || first.SetupWarning.Line != 1 {
		t.Errorf("the warning is %+v", first.SetupWarning)
	}
	if second.SetupWarning.Known() {
		t.Errorf("another domain's warning: %+v", second.SetupWarning)
	}
	for _, r := range res.Reports {
		if !r.RefusedHere || r.RemoteMTA.Value != r.ReportingMTA.Value {
			t.Errorf("%s: the writer of the log is not the one that refused", r.Recipient.Value)
		}
	}
}

// TestRemoteSystem reads the host that Oracle's Messaging Server names.
func TestRemoteSystem(t *testing.T) {
	const text = "Recipient address: pat@example.com\nReason: Remote SMTP server has rejected address\nDiagnostic code: smtp;554 5.7.1 <pat@example.com>: Relay access denied\n" +
		"Remote system: dns;mx.example.net (TCP|192.0.2.25|46347|198.51.100.10|25) (mx.example.net ESMTP Postfix)\n"
	res := Read([]byte(text), Options{})
	if len(res.Reports) != 1 || res.Reports[0].RemoteMTA.Value != "mx.example.net" || res.Reports[0].RemoteMTA.Line != 4 {
		t.Errorf("%+v", res.Reports)
	}
}
