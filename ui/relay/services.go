package relay

import "strings"

// service is the SMTP service of a sending platform, for customers who log in.
type service struct {
	key   string            // as the catalogue of platforms has it
	host  string            // {region} stands for the setting
	hosts map[string]string // where a setting "region" chooses the host: its values, in place of host
	user  string            // the login that all customers have; "" where each has its own
	same  bool              // the login is the key itself
	scope string            // what the key must be allowed to do, in the vendor's words
	src   string            // the vendor's page
}

// services are the platforms of which a page of the vendor says how mail is
// handed over by SMTP. All take STARTTLS at port 587.
var services = [...]service{
	{key: "sendgrid", host: "smtp.sendgrid.net", user: "apikey", scope: "Mail Send", src: "twilio.com/docs/sendgrid/for-developers/sending-email/integrating-with-the-smtp-api"},
	{key: "mailgun", host: "smtp.mailgun.org", hosts: map[string]string{"eu": "smtp.eu.mailgun.org"}, scope: "SMTP credentials of the sending domain", src: "documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-smtp"},
	{key: "ses", host: "email-smtp.{region}.amazonaws.com", scope: "SMTP credentials of the region; they are no access key", src: "docs.aws.amazon.com/ses/latest/dg/smtp-connect.html"},
	{key: "sparkpost", host: "smtp.sparkpostmail.com", hosts: map[string]string{"eu": "smtp.eu.sparkpostmail.com"}, user: "SMTP_Injection", scope: "Send via SMTP", src: "developers.sparkpost.com/api/smtp"},
	{key: "postmark", host: "smtp.postmarkapp.com", same: true, scope: "the server's token", src: "postmarkapp.com/support/article/811-what-are-the-smtp-details-api-tokens-i-should-be-using"},
	{key: "resend", host: "smtp.resend.com", user: "resend", scope: "Sending access", src: "resend.com/docs/send-with-auth0-smtp"},
	{key: "brevo", host: "smtp-relay.brevo.com", scope: "an SMTP key; an API key is refused", src: "developers.brevo.com/docs/smtp-integration"},
	{key: "elasticemail", host: "smtp.elasticemail.com", scope: "SMTP credentials", src: "help.elasticemail.com/en/articles/4803409-smtp-settings"},
}

// servicePort is where all of them take mail.
const servicePort = 587

// serviceOf gives the SMTP service of a platform.
func serviceOf(key string) (service, bool) {
	for _, s := range services {
		if s.key == key {
			return s, true
		}
	}
	return service{}, false
}

// at gives the host of an account by its settings; "" where one is missing.
func (s service) at(settings map[string]string) string {
	region := settings["region"]
	if host, ok := s.hosts[region]; ok {
		return host
	}
	if !strings.Contains(s.host, "{region}") {
		return s.host
	}
	if region == "" {
		return ""
	}
	return strings.ReplaceAll(s.host, "{region}", region)
}
