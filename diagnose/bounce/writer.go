package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// hint says how a mail system shows itself in a notice.
type hint struct {
	name   string
	header string // field of the notice that must hold one of words; "" for any of hosts
	words  []string
}

// writers are the mail systems and platforms that are told apart, the most
// telling hints first.
var writers = []hint{
	{"SendGrid", "from", []string{"sendgrid.net", "sendgrid.com", "@sendgrid"}},
	{"Amazon SES", "from", []string{"amazonses.com", "email.amazonses"}},
	{"Amazon WorkMail", "x-mailer", []string{"amazon workmail"}},
	{"Mailgun", "from", []string{"mailgun.org", "mailgun.net"}},
	{"SparkPost", "from", []string{"sparkpostmail.com"}},
	{"Google", "from", []string{"@googlemail.com", "@google.com", "mailer-daemon@gmail.com"}},
	{"Microsoft 365", "message-id", []string{".outlook.com>", "prod.exchangelabs.com", ".protection.outlook"}},
	{"Microsoft 365", "from", []string{"microsoftexchange"}},
	{"Zoho", "x-mailer", []string{"zoho mail"}},
	{"Lotus Domino", "x-mimetrack", []string{"domino"}},
	{"m-FILTER", "x-mailer", []string{"m-filter"}},
	{"IMail Server", "x-mailer", []string{"<smtp32"}},
	{"Exchange", "x-mailer", []string{"internet mail service", "microsoft exchange"}},
}

// hostWriters tell a platform by the name of its hosts.
var hostWriters = []struct{ suffix, name string }{
	{".sendgrid.net", "SendGrid"}, {"sendgrid.net", "SendGrid"}, {".amazonses.com", "Amazon SES"}, {".mailgun.net", "Mailgun"}, {".mailgun.org", "Mailgun"},
	{"googlemail.com", "Google"}, {".google.com", "Google"}, {".outlook.com", "Microsoft 365"}, {".exchangelabs.com", "Microsoft 365"},
	{".sparkpostmail.com", "SparkPost"}, {".mtasv.net", "Postmark"}, {".mandrillapp.com", "Mandrill"}, {".mailjet.com", "Mailjet"}, {".pphosted.com", "Proofpoint"},
	{".mimecast.com", "Mimecast"}, {".yahoo.com", "Yahoo"},
}

// textWriters tell a program by what it says of itself.
var textWriters = []struct{ phrase, name string }{
	{"this is the postfix program", "Postfix"}, {"this is the mail system at host", "Postfix"}, {"qmail-send program", "qmail"},
	{"opensmtpd", "OpenSMTPD"}, {"dragonfly mail agent", "DragonFly"}, {"courier mail server", "Courier"}, {"amavisd-new", "Amavis"},
	{"transcript of session follows", "sendmail"}, {"created automatically by mail delivery software", "Exim"},
	{"delivery has failed to these recipients", "Exchange"}, {"powermta", "PowerMTA"}, {"mdaemon", "MDaemon"},
}

// writer fills Source from header, reporting host and wording.
func (m *mail) writer(dr *draft) {
	r := &dr.r
	if r.Source.Known() || m.client(dr) {
		return
	}
	for _, w := range writers {
		if f, ok := m.head.get(w.header); ok {
			for _, word := range w.words {
				if indexFold(f.value, word) >= 0 {
					r.Source = m.d.bodyField(f, m.part(), w.name)
					return
				}
			}
		}
	}
	host := strings.ToLower(string(r.ReportingMTA.Value))
	for _, w := range hostWriters {
		if strings.HasSuffix(host, w.suffix) {
			r.Source = r.ReportingMTA
			r.Source.Value = safe.Untrusted(w.name)
			return
		}
	}
	if f := dr.postfixSender; f.Known() {
		r.Source = f
		r.Source.Value = "Postfix"
		return
	}
	if dr.says != "" && r.Diagnostic.Known() {
		r.Source = r.Diagnostic
		r.Source.Value = safe.Untrusted(dr.says)
		return
	}
	for _, w := range textWriters {
		if m.says(w.phrase) {
			r.Source = Field{Value: safe.Untrusted(w.name), Part: m.human[0].part, Offset: m.human[0].offset(0, 0)}
			r.Source.Line = m.d.src.line(r.Source.Offset)
			return
		}
	}
}
