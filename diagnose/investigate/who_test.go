package investigate_test

import (
	"fmt"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/dnsx/dnstest"
)

// domainWith is zone text of a domain with the MX hosts, which have addresses.
func domainWith(domain string, hosts ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. 3600 IN SOA ns1.%s. hostmaster.%s. 1 7200 3600 1209600 3600\n", domain, domain, domain)
	for i, h := range hosts {
		fmt.Fprintf(&b, "%s. 3600 IN MX %d %s.\n%s. 3600 IN A 198.51.100.%d\n", domain, 10*(i+1), h, h, i+20)
	}
	return b.String()
}

// TestWho holds who refused, and the first cause, for texts that name the
// refusing host badly or not at all.
func TestWho(t *testing.T) {
	const (
		google    = "aspmx.l.google.com"
		microsoft = "example-com.mail.protection.outlook.com"
	)
	for _, c := range []struct {
		name, text, zone string
		own              []string
		kind             diagnose.RejectorKind
		cause            diagnose.CauseKind
	}{
		{"log of an MX that refused",
			"Nov 23 10:12:44 mx postfix/smtpd[31]: NOQUEUE: reject: RCPT from out.sender.example[192.0.2.25]: 550 5.1.1 <pat@example.com>: Recipient address rejected: User unknown in relay recipient table; from=<billing@sender.example> to=<pat@example.com> proto=ESMTP helo=<out.sender.example>",
			domainWith("example.com", "mx.example.com"), nil, diagnose.Gateway, diagnose.GatewayMapStale},
		{"log of our own MX",
			"Nov 23 10:12:44 mx postfix/smtpd[31]: NOQUEUE: reject: RCPT from out.sender.example[192.0.2.25]: 550 5.1.1 <pat@example.com>: Recipient address rejected: User unknown in virtual mailbox table; from=<billing@sender.example> to=<pat@example.com> proto=ESMTP helo=<out.sender.example>",
			domainWith("example.com", "mx.example.com"), []string{"mx.example.com"}, diagnose.OwnMTA, diagnose.UserAbsent},
		{"log of a server that is asked for others' domains",
			"Nov 23 10:12:44 web postfix/smtpd[31]: NOQUEUE: reject: RCPT from app[192.0.2.25]: 554 5.7.1 <pat@example.com>: Relay access denied; from=<app@sender.example> to=<pat@example.com> proto=ESMTP helo=<app>",
			domainWith("example.com", google), nil, diagnose.OwnMTA, diagnose.OwnMTARouting},
		{"domain in two address classes",
			"postfix/trivial-rewrite[3]: warning: do not list domain example.com in BOTH mydestination and virtual_mailbox_domains\npostfix/smtpd[31]: NOQUEUE: reject: RCPT from out.sender.example[192.0.2.25]: 550 5.1.1 <pat@example.com>: Recipient address rejected: User unknown in local recipient table; from=<billing@sender.example> to=<pat@example.com> proto=ESMTP helo=<out.sender.example>",
			domainWith("example.com", "mx.example.com"), nil, diagnose.MailboxHost, diagnose.TenantOrAcceptedDomain},
		{"Exim's own door",
			"2026-11-23 10:12:44 H=out.sender.example [192.0.2.25] F=<billing@sender.example> rejected RCPT <pat@example.com>: Unrouteable address",
			domainWith("example.com", "mx.example.com"), nil, diagnose.MailboxHost, diagnose.UserAbsent},
		{"socket of a machine that is no MX",
			"<pat@example.com>: host app.sender.example[private/dovecot-lmtp] said: 550 5.1.1 <pat@example.com> User doesn't exist: pat@example.com (in reply to RCPT TO command)",
			domainWith("example.com", google), nil, diagnose.OwnMTA, diagnose.OwnMTARouting},
		{"socket of the MX itself",
			"<pat@example.com>: host mx.example.com[private/dovecot-lmtp] said: 550 5.1.1 <pat@example.com> User doesn't exist: pat@example.com (in reply to RCPT TO command)",
			domainWith("example.com", "mx.example.com"), nil, diagnose.MailboxHost, diagnose.UserAbsent},
		{"webmail", `SMTP Error (550): Failed to add recipient "pat@example.com" (Error: No such user)`,
			domainWith("example.com", google), nil, diagnose.OwnMTA, diagnose.OwnMTARouting},
		{"library of Python", "smtplib.SMTPRecipientsRefused: {'pat@example.com': (550, b'relay not permitted')}",
			domainWith("example.com", google), nil, diagnose.OwnMTA, diagnose.OwnMTARouting},
		{"words that Google does not write", "550 5.1.1 <pat@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
			domainWith("example.com", google), nil, diagnose.OwnMTA, diagnose.OwnMTARouting},
		{"words that the MX may write", "550 5.1.1 <pat@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
			domainWith("example.com", "mx.example.com"), nil, diagnose.UnknownRejector, diagnose.UserAbsent},
		{"platform's door", "to=<pat@example.com>, relay=smtp.sendgrid.net[198.51.100.7]:587, dsn=5.7.1, status=bounced (host smtp.sendgrid.net[198.51.100.7] said: 550 The from address does not match a verified Sender Identity. (in reply to end of DATA command))",
			domainWith("example.com", google), nil, diagnose.SendingPlatform, diagnose.PolicyOrAuth},
		{"platform's words", "Email address is not verified. The following identities failed the check in region EU-TEST-1: pat@example.com",
			domainWith("example.com", google), nil, diagnose.SendingPlatform, diagnose.PolicyOrAuth},
		{"looked up by another", "Reporting-MTA: dns;mail.example.net\nFinal-Recipient: rfc822; pat@example.com\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: error; NoMxHostFoundException: null",
			domainWith("example.com", "mx.example.com"), nil, diagnose.SendingPlatform, diagnose.MXChangedOrWrong},
		{"only looked up", "<pat@example.com>: unable to look up host mx.example.com: Name or service not known",
			domainWith("example.com"), nil, diagnose.OwnMTA, ""},
		{"Exchange's words at Microsoft", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient pat@example.com not found by SMTP address lookup",
			domainWith("example.com", microsoft), nil, diagnose.MailboxHost, diagnose.UserAbsent},
		{"signed by a word", "550-5.7.99 refused for now d2e1a72-gsmtp", domainWith("example.com", google), nil, diagnose.MailboxHost, ""},
		{"no recipient", "Action: failed\nStatus: 5.0.0\nRemote-MTA: dns; mx.example.com\nDiagnostic-Code: smtp; 550 Sender verify failed",
			domainWith("example.com", "mx.example.com"), nil, diagnose.MailboxHost, diagnose.PolicyOrAuth},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			zones, err := dnstest.ParseZones(strings.NewReader(c.zone), "case")
			if err != nil {
				t.Fatal(err)
			}
			s, _ := setting{bounce: []byte(c.text + "\n"), zones: zones, own: c.own}.open(t)
			flow := s.Flow()
			if flow.Rejector.Kind != c.kind {
				t.Errorf("%s refused, want %s: %+v", flow.Rejector.Kind, c.kind, flow.Rejector.Evidence)
			}
			if flow.Rejector.Kind == diagnose.UnknownRejector && len(flow.Rejector.Missing) == 0 {
				t.Error("it does not say what is missing")
			}
			if len(flow.Causes) == 0 || c.cause != "" && flow.Causes[0].Kind != c.cause {
				t.Errorf("causes %+v, want %s first", flow.Causes, c.cause)
			}
		})
	}
}
