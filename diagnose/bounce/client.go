package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// clientWriters are programs and libraries that hand mail to a submission
// server (RFC 6409) and tell what that server said; by the words around the
// reply, in lower case. Sources: Roundcube program/localization/en_US
// messages.inc, PHPMailer language files, Nodemailer smtp-connection, Swift
// Mailer and Symfony Mailer transports, CPython smtplib, Jakarta Mail
// SMTPTransport, .NET SmtpFailedRecipientException, Ruby net-smtp, msmtp
// smtp.c, MailSo of RainLoop and SnappyMail, PEAR Net_SMTP, emailjs smtp.ts,
// Thunderbird messengercompose composeMsgs.properties.
var clientWriters = []struct{ phrase, name string }{
	{"smtp error: the following recipients failed", "PHPMailer"},
	{"smtp error: could not connect", "PHPMailer"},
	{"mailso\\smtp", "MailSo"},
	{"can't send mail - all recipients were rejected", "Nodemailer"},
	{"expected response code ", "Swift Mailer"},
	{"smtprecipientsrefused", "smtplib"},
	{"smtpaddressfailedexception", "Jakarta Mail"},
	{"smtpfailedrecipientexception", ".NET SmtpClient"},
	{"the server response was: ", ".NET SmtpClient"},
	{"net::smtpfatalerror", "Ruby net-smtp"},
	{"net::smtpserverbusy", "Ruby net-smtp"},
	{"mailkit.net.smtp", "MailKit"},
	{"msmtp: server message", "msmtp"},
	{"invalid response code received from server (code:", "PEAR Net_SMTP"},
	{"bad response on command 'rcpt'", "emailjs"},
	{"an error occurred while sending mail. the mail server responded", "Thunderbird"},
	{"lors de l\u2019envoi du courrier. le serveur de courrier a r\u00e9pondu", "Thunderbird"},
	{"beim senden der nachricht ist ein fehler aufgetreten: der mail-server antwortete", "Thunderbird"},
	{"failed to add recipient \"", "Roundcube"},
	{"smtp-server: 5", "s-nail"},
}

// client names the mail program that tells what its submission server said.
func (m *mail) client(dr *draft) bool {
	if m.msg != nil {
		return false
	}
	for _, w := range clientWriters {
		i := indexFold(dr.context, w.phrase)
		if i < 0 {
			continue
		}
		r := &dr.r
		r.Source = m.d.within(dr.contextAt, dr.context[i:i+len(w.phrase)])
		r.Source.Value = safe.Untrusted(w.name)
		if className(string(r.RemoteMTA.Value)) {
			r.RemoteMTA = Field{}
		}
		return true
	}
	return false
}

// className reports whether a dotted name is that of an exception, which stands
// where a log has the host.
func className(name string) bool {
	low := lowerASCII(name)
	return strings.HasSuffix(low, "exception") || strings.HasSuffix(low, "refused") || strings.HasSuffix(low, "error")
}
