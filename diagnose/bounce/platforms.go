package bounce

// platforms in the order of recognition: by keys that no other has, those with
// the most telling keys first. Facts about their events are in the comments of
// each.
var platforms = []platform{
	sendgridEvent, sendgridMessage, sendgridEntry,
	mailgunEvent, mailgunForm, mailgunEntry,
	ses,
	postmark, postmarkRefusal,
	sparkpost, sparkpostBare,
	mandrill, mandrillSync,
	brevo, brevoStatistics,
	mailjet,
	mailersend,
	resend,
	postal,
	smtp2go,
	scaleway,
	azure,
	oci,
	netcore,
	kumo,
	halon,
}
