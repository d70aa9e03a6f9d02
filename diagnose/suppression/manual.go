package suppression

import (
	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// Manual is what a person does at a platform: the only way at some, and the one
// without a key at all others. Menu names move; where one has, the words around
// it still lead there.
type Manual struct {
	Open   safe.Text // what to open
	Look   safe.Text // what to look for there
	Remove safe.Text // how an entry is removed; "" where nobody can
	Ask    safe.Text // whom to ask for what one cannot do oneself; "" for nobody
	Stays  safe.Text // what is not removed; "" for nothing
	Source string    // where that is documented
}

// byHand are the platforms and servers that offer programs no look-up of an
// address, or none that this program can make.
var byHand = []Spec{
	{
		Key: "mailjet", Name: "Mailjet", Source: "documentation.mailjet.com 360043102273",
		Lists: []List{
			{diagnose.ListBounces, "preblocked", "mail to the address is blocked unsent, also for bounces of other customers", diagnose.ByHandOnly},
			{diagnose.ListComplaints, "spam reports", "the recipient reported mail; ours is blocked unsent", diagnose.CannotRemove},
		},
		Unseen: []safe.Text{"what Mailjet shares between its customers"},
	},
	{
		Key: "socketlabs", Name: "SocketLabs", Source: "help.socketlabs.com/docs/suppression-list",
		Lists: []List{
			{diagnose.ListBounces, "failure", "mail to the address is not sent", diagnose.ByHandOnly},
			{diagnose.ListBounces, "bounce", "mail to the address is not sent", diagnose.ByHandOnly},
			{diagnose.ListComplaints, "complaint", "the recipient reported our mail; it is not sent", diagnose.CannotRemove},
			{diagnose.ListUnsubscribes, "unsubscribe", "the recipient wants no mail of ours", diagnose.CannotRemove},
			{diagnose.ListManual, "customer request", "an administrator put it there", diagnose.ByHandOnly},
		},
	},
	{
		Key: "azure", Name: "Azure Communication Services", Source: "learn.microsoft.com, sender reputation and managed suppression list",
		Lists: []List{
			{diagnose.ListBounces, "managed suppression list", "mail to the address is dropped for 24 hours, and longer each time it is tried, up to 14 days", diagnose.ByHandOnly},
			{diagnose.ListManual, "suppression lists of the domain", "somebody of our own account put it there", diagnose.ByHandOnly},
		},
		Unseen: []safe.Text{"the managed list: only its effect is seen, the status Suppressed"},
	},
	{
		Key: "netcore", Name: "Netcore", Source: "pepipost/pepipost-sdk-go",
		Lists: []List{{diagnose.ListOther, "suppression list", "mail to the address is dropped unsent", diagnose.ByHandOnly}},
	},
	{
		Key: "postal", Name: "Postal", Source: "postalserver/postal suppression_list.rb, outgoing_message_processor.rb",
		Lists: []List{{diagnose.ListBounces, "suppression list of the server", "mail to the address is held for 30 days", diagnose.ByHandOnly}},
	},
	{Key: "postfix", Name: "Postfix", Source: "postfix.org, access(5) and transport(5)"},
	{Key: "haraka", Name: "Haraka", Source: "haraka/Haraka docs/Outbound.md"},
	{Key: "kumomta", Name: "KumoMTA", Source: "KumoCorp/kumomta docs"},
	{Key: "halon", Name: "Halon", Source: "not documented in public"},
	{Key: "powermta", Name: "PowerMTA", Source: "not documented in public"},
}

// manuals has a row for each platform, by its key.
var manuals = map[string]Manual{
	"sendgrid": {
		Open: "SendGrid: Suppressions; one page for each list", Look: "the address on bounces, blocks, invalid, spam reports, global and group unsubscribes",
		Remove: "tick the entry on its page and remove it", Stays: "spam reports and unsubscribes, unless the recipient asks for it", Source: "twilio.com/docs/sendgrid",
	},
	"mailgun": {
		Open: "Mailgun: Sending, the sending domain, Suppressions", Look: "the address on bounces, complaints and unsubscribes, of this domain and its region",
		Remove: "delete the entry on its page", Stays: "complaints and unsubscribes", Source: "mailgun/documentation api-suppressions",
	},
	"ses": {
		Open: "SES console, in the region that sends: Suppression list", Look: "the address, its reason BOUNCE or COMPLAINT; tenants have lists of their own",
		Remove: "select the address and remove it", Stays: "entries with the reason COMPLAINT", Source: "docs.aws.amazon.com/ses, sending-email-suppression-list",
	},
	"postmark": {
		Open: "Postmark: the server, the message stream, Suppressions", Look: "the address, its reason and origin, on each stream that mails it",
		Remove: "reactivate the address", Ask: "Postmark support", Stays: "spam complaints; manual entries that the recipient made", Source: "postmarkapp.com/developer/api/suppressions-api",
	},
	"sparkpost": {
		Open: "SparkPost: Recipients, Suppressions, search by address", Look: "the source of each entry, transactional and non-transactional",
		Remove: "remove the entry whose source is Bounce Rule", Ask: "SparkPost support, for the source Compliance", Stays: "complaints, unsubscribes, compliance", Source: "developers.sparkpost.com/api/suppression-list",
	},
	"resend": {
		Open: "Resend: Suppressions, search the address", Look: "the origin: bounce, complaint or manual",
		Remove: "remove the entry", Stays: "entries of the origin complaint", Source: "resend.com/docs",
	},
	"mandrill": {
		Open: "Mailchimp Transactional: Rejection denylist, search the address; choose the subaccount", Look: "the reason, and when the entry ends by itself",
		Remove: "remove the entry; it costs reputation", Stays: "the reasons spam and unsub", Source: "mandrill.zendesk.com 205582957",
	},
	"smtp2go": {
		Open: "SMTP2GO: Reports, Suppressions; choose a range of dates that goes back far enough", Look: "the address, and its whole domain",
		Remove: "remove the entry", Stays: "spam, unsubscribe, compliance", Source: "developers.smtp2go.com",
	},
	"elasticemail": {
		Open: "Elastic Email: Suppressions", Look: "the address on complaints and unsubscribes first, then on bounces",
		Remove: "remove it from bounces, where no other list has it", Stays: "complaints and unsubscribes", Source: "ElasticEmail/elasticemail-go openapi.yaml",
	},
	"scaleway": {
		Open: "Scaleway: Transactional Email, the sending domain, Blocklists", Look: "the address, its type, and when the entry ends",
		Remove: "delete the entry, or wait until it ends", Source: "scaleway.com/en/docs/transactional-email",
	},
	"oci": {
		Open: "Oracle Cloud, in the region that sends: Email Delivery, Suppression list", Look: "the address, its reason, the reply and who gave it",
		Remove: "delete the entry", Stays: "COMPLAINT and UNSUBSCRIBE", Source: "docs.oracle.com/iaas/Content/Email",
	},
	"brevo": {
		Open: "Brevo: Transactional, Settings, Blocked contacts; search the address", Look: "the reason, for each sender",
		Remove: "unblock the contact, where every reason is a hard bounce", Stays: "flagged as spam, unsubscribed", Source: "developers.brevo.com",
	},
	"mailersend": {
		Open: "MailerSend: Suppressions, the sending domain", Look: "the address on hard bounces, spam complaints and unsubscribes; patterns on the blocklist that cover it",
		Remove: "remove the entry from hard bounces", Stays: "spam complaints and unsubscribes", Source: "developers.mailersend.com",
	},
	"zeptomail": {
		Open: "ZeptoMail: Settings, Suppression list", Look: "the address and its domain, with action and description",
		Remove: "delete the entry", Ask: "whoever of our account wrote its description", Source: "zoho.com/zeptomail/help",
	},
	"campaignmonitor": {
		Open: "Campaign Monitor: the client, Suppression list", Look: "the address and its reason",
		Remove: "unsuppress the address, where the reason is a bounce", Stays: "complaints and unsubscribes", Source: "createsend-python client.py",
	},
	"mailjet": {
		Open: "Mailjet: Stats, the message by its subject; its column details", Look: "blocked or preblocked, with hard bounce or spam report",
		Remove: "by a support ticket alone: say that the address is valid and that its owner wants the mail", Ask: "Mailjet support", Stays: "what a spam report blocks, unless its owner asks for it",
		Source: "documentation.mailjet.com 360043102273",
	},
	"socketlabs": {
		Open: "SocketLabs: the server, Suppression List in the menu, Filter", Look: "the address, its status, date and reason",
		Remove: "remove a failure or bounce there", Ask: "SocketLabs support", Stays: "complaints", Source: "help.socketlabs.com/docs/suppression-list",
	},
	"azure": {
		Open: "Azure portal: the email logs of the resource; and the sending domain, Suppression lists", Look: "the status Suppressed, and the address on a list of our own",
		Remove: "delete it from a list of our own; an entry of the managed list ends by itself when nothing is sent to the address for its time, and each new mail makes it longer",
		Ask:    "Azure support, by a ticket, for the managed list", Source: "learn.microsoft.com, sender reputation and managed suppression list",
	},
	"netcore": {
		Open: "Netcore: Suppressions", Look: "the address; the list does not say why it is there",
		Remove: "not from here: nothing shows whether it is a bounce or the recipient's wish", Ask: "Netcore support, for the kind of the entry", Stays: "unsubscribes and complaints", Source: "pepipost/pepipost-sdk-go",
	},
	"postal": {
		Open: "Postal: the server, Suppressions; and its Held messages", Look: "the address, and a message held for it",
		Remove: "retry the held message: that passes the list, and a delivery takes the entry away; else it ends after 30 days, or its row is deleted from the table suppressions of the server's database",
		Ask:    "whoever runs this Postal", Source: "postalserver/postal suppression_list.rb, outgoing_message_processor.rb",
	},
	"postfix": {
		Open: "our own relay: postconf -n", Look: "Postfix keeps no suppression list; look for the address in the tables of smtpd_recipient_restrictions and transport_maps, and in the program that sends",
		Remove: "take the address out of the table that names it", Ask: "our own mail team", Source: "postfix.org, access(5) and transport(5)",
	},
	"haraka": {
		Open: "our own relay: config/plugins of Haraka", Look: "Haraka keeps no suppression list; look for a plugin with the hooks bounce, rcpt or get_mx, and where it stores addresses",
		Remove: "where that plugin stores it", Ask: "whoever wrote the plugin", Source: "haraka/Haraka docs/Outbound.md",
	},
	"kumomta": {
		Open: "our own relay: the policy in Lua of KumoMTA", Look: "KumoMTA's releases keep no suppression list of their own; look for what smtp_server_message_received and the injection hooks reject, and for AdminBounce in the log",
		Remove: "where the policy reads it; a kumod admin bounce ends by itself or is cancelled", Ask: "whoever wrote the policy", Source: "KumoCorp/kumomta docs",
	},
	"halon": {
		Open: "our own relay: the scripts of Halon", Look: "no list is built in that is documented in public; look for a list or database that the scripts ask",
		Remove: "where the scripts read it", Ask: "whoever wrote the scripts, or Halon support", Source: "not documented in public",
	},
	"powermta": {
		Open: "our own relay: the configuration of PowerMTA, and the program that feeds it", Look: "no list is built in that is documented in public; the program that reads the accounting file mostly keeps one",
		Remove: "in that program", Ask: "whoever runs that program", Source: "not documented in public",
	},
}
