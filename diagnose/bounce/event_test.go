package bounce

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose/reply"
)

// told is what one recipient's part of an event should give.
type told struct {
	source, recipient, reply, said, at, messageID, id string
	list                                              List
	not                                               Kind
	perm                                              Permanence
	stage                                             Stage
}

// webhooks are real shapes of events, kept beside the repository.
var webhooks = map[string][]told{
	"amazon_ses__bounce_event":    {{"Amazon SES", "jane@example.com", "550 5.1.1", "550 5.1.1 <jane@example.com>... User unknown", "2016-01-27T14:59:44Z", "custom-message-ID", "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000", "", "", Permanent, ""}},
	"amazon_ses__complaint_event": {{"Amazon SES", "richard@example.com", "", "", "", "", "000001378603177f-7a5433e7-8edb-42ae-af10-f0181f34d6ee-000000", ListComplaints, NotFeedback, UnknownPermanence, ""}},
	"amazon_ses__multiple_bounce_event": {
		{"Amazon SES", "jane@example.com", "", "General", "", "", "00000137860315fd-34208509-5b74-41f3-95c5-22c1edc3c924-000000", "", "", UnknownPermanence, ""},
		{"Amazon SES", "richard@example.com", "", "General", "", "", "00000137860315fd-34208509-5b74-41f3-95c5-22c1edc3c924-000000", "", "", UnknownPermanence, ""}},
	"amazon_ses__reject_event":                  {{"Amazon SES", "recipient@example.com", "", "Bad content", "2016-10-14T17:38:15Z", "", "7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000", "", "", UnknownPermanence, StageLocal}},
	"brevo__blocked":                            {{"Brevo", "recipient@example.com", "", "blocked : due to blacklist user", "2018-03-06T19:10:23Z", "201803011158.9876543210@smtp-relay.mailin.fr", "", ListUnknown, "", UnknownPermanence, StageLocal}},
	"brevo__hard_bounce":                        {{"Brevo", "not-a-user@example.com", "550 5.5.0", "RecipientError: 550 5.5.0 Requested action not taken: mailbox unavailable.", "2018-03-06T19:10:23Z", "201803011158.9876543210@smtp-relay.mailin.fr", "", "", "", Permanent, ""}},
	"brevo__invalid_email":                      {{"Brevo", "recipient@example.com", "", "(guessing invalid_email includes a reason)", "2018-03-06T19:10:23Z", "201803011158.9876543210@smtp-relay.mailin.fr", "", ListInvalid, "", UnknownPermanence, StageLocal}},
	"brevo__soft_bounce_event":                  {{"Brevo", "recipient@no-mx.example.com", "", "undefined Unable to find MX of domain no-mx.example.com", "2018-03-06T19:10:23Z", "201803011158.9876543210@smtp-relay.mailin.fr", "", "", "", Transient, ""}},
	"brevo__spam":                               {{"Brevo", "recipient@example.com", "", "", "2018-03-06T19:10:23Z", "201803011158.9876543210@smtp-relay.mailin.fr", "", ListComplaints, NotFeedback, UnknownPermanence, ""}},
	"mailersend__hard_bounced_event":            {{"MailerSend", "invalid@example.com", "", "Host or domain name not found", "2023-02-27T21:48:13Z", "", "63fd25194d5edba3da09e044", "", "", UnknownPermanence, ""}},
	"mailersend__soft_bounced_event":            {{"MailerSend", "notauser@example.com", "", "Unknown reason", "2022-08-08T13:51:52Z", "", "62fb66bef54a112e920b5493", "", "", Transient, ""}},
	"mailersend__spam_complaint_event":          {{"MailerSend", "recipient@example.com", "", "", "2022-08-08T13:51:52Z", "", "62fb66bef54a112e920b5493", ListComplaints, NotFeedback, UnknownPermanence, ""}},
	"mailgun__complained_event":                 {{"Mailgun", "recipient@example.com", "", "", "2013-08-22T23:31:00Z", "20130718032413.263EE2E0926@example.org", "ncV2XwymRUKbPek_MIM-Gw", ListComplaints, NotFeedback, UnknownPermanence, ""}},
	"mailgun__failed_greylisted_event":          {{"Mailgun", "undeliverable@mx.example.com", "450", "Recipient address rejected: Greylisted", "2018-08-12T22:11:39Z", "20180812214638.1.4A7D468E9BC18C5D@example.org", "", "", "", Transient, ""}},
	"mailgun__failed_permanent_delayed_bounce":  {{"Mailgun", "christest123@test.com", "550 5.1.1", "550-5.1.1 The email account that you tried to reach does not exist.", "2022-10-19T21:15:38Z", "20221019211537.93011d31ea99c5a8@test.com", "ZDMqRgjLTDi6rQcy7K60aA", "", "", Permanent, ""}},
	"mailgun__failed_permanent_event":           {{"Mailgun", "invalid@example.com", "550 5.1.1", "5.1.1 The email account that you tried to reach does not exist. Please try 5.1.1 double-checking the recipient's email address for typos", "2018-08-12T21:47:02Z", "20180812214658.1.0DF563D0B3597700@example.org", "", "", "", Permanent, ""}},
	"mailgun__failed_permanent_suppress_bounce": {{"Mailgun", "slava@mailgun.com", "", "Not delivering to previously bounced address", "2018-06-22T21:12:49Z", "20180622211249.1.2A6098970A380E12@example.org", "pl271FzxTTmGRW8Uj3dUWw", ListBounces, "", UnknownPermanence, StageLocal}},
	"mailgun__failed_temporary_event":           {{"Mailgun", "undeliverable@nomx.example.com", "", "No MX for nomx.example.com", "2018-08-12T22:11:39Z", "20180812214638.1.4A7D468E9BC18C5D@example.org", "", "", "", Transient, ""}},
	"mailgun__rejected_event":                   {{"Mailgun", "recipient@example.org", "", "Sandbox subdomains are for test purposes only.", "2018-06-22T22:02:56Z", "20180622220256.1.B31A451A2E5422BB@sandbox55887.mailgun.org", "", "", "", UnknownPermanence, StageLocal}},
	"mailjet__blocked_event":                    {{"Mailjet", "bad@example.com", "", "typofix", "2017-06-22T01:05:27Z", "", "12345678901234567", ListInvalid, "", UnknownPermanence, StageLocal}},
	"mailjet__bounce_event":                     {{"Mailjet", "invalid@invalid", "", "invalid domain", "2017-06-22T01:05:27Z", "", "12345678901234567", "", "", UnknownPermanence, ""}},
	"mailjet__bounced_greylist_event":           {{"Mailjet", "protected@example.com", "", "greylisted", "2017-06-22T01:05:27Z", "", "12345678901234567", "", "", Transient, ""}},
	"mailjet__spam_event":                       {{"Mailjet", "spam@example.com", "", "", "2017-06-22T01:05:27Z", "", "12345678901234567", ListComplaints, NotFeedback, UnknownPermanence, ""}},
	"mandrill__hard_bounce_event":               {{"Mandrill", "bounce@example.com", "550 5.1.1", "550 5.1.1 The email account that you tried to reach does not exist.", "2016-04-19T19:47:26Z", "", "abcdef012345789abcdef012345789", "", "", Permanent, ""}},
	"mandrill__sync_event":                      {{"Mandrill", "recipient@example.com", "", "manual edit", "", "", "", ListManual, "", UnknownPermanence, StageLocal}},
	"postal__bounce_event":                      {{"Postal", "bounce@example.com", "", "server output", "2020-11-30T16:18:21Z", "7b82aac4-5d63-41b8-8e35-9faa31a892dc@rp.postal.example.com", "McC2tuqg7mhx", "", "", UnknownPermanence, ""}},
	"postal__failed_event":                      {{"Postal", "failed@example.com", "", "server output", "2020-11-30T16:21:58Z", "cfb29da8ed1e4ed5a6c8a0f24d7a9ef3@rp.postal.example.com", "MzWWQPubXXWz", "", "", UnknownPermanence, ""}},
	"postmark__bounce_event":                    {{"Postmark", "bounce@example.com", "550 5.1.1", "550 5.1.1 The email account that you tried to reach does not exist.", "2016-04-27T20:28:50Z", "", "2706ee8a-737c-4285-b032-ccd317af53ed", ListBounces, "", Permanent, ""}},
	"postmark__bounce_unsubscribe_variant":      {{"Postmark", "", "", "Unsubscribe or Remove request.", "", "", "5555555-5555555-5555-5555555", ListUnsubscribes, NotFeedback, UnknownPermanence, ""}},
	"postmark__spam_event":                      {{"Postmark", "spam@example.com", "", "Test spam complaint details", "2016-04-27T20:28:50Z", "", "2706ee8a-737c-4285-b032-ccd317af53ed", ListComplaints, NotFeedback, UnknownPermanence, ""}},
	"postmark__subscription_change_bounce":      {{"Postmark", "john@example.com", "", "HardBounce", "2022-06-05T17:17:32Z", "", "b4cb783d-78ed-43f2-983b-63f55c712dc8", ListBounces, "", UnknownPermanence, StageLocal}},
	"resend__complained_event":                  {{"Resend", "complained@resend.dev", "", "", "2023-10-02T18:10:03Z", "", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", ListComplaints, NotFeedback, UnknownPermanence, ""}},
	"resend__hard_bounced_event":                {{"Resend", "bounced@resend.dev", "", "The recipient's email provider sent a hard bounce message, but didn't specify the reason for the hard bounce.", "2023-10-02T18:11:26Z", "", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "", "", UnknownPermanence, ""}},
	"resend__suppressed_event":                  {{"Resend", "blocked@example.org", "", "Resend has suppressed sending to this address because it is on the account-level suppression list.", "2023-10-01T20:01:01Z", "", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", ListUnknown, "", UnknownPermanence, StageLocal}},
	"sendgrid__bounce_event":                    {{"SendGrid", "noreply@example.com", "550 5.1.1", "550 5.1.1 The email account that you tried to reach does not exist.", "2016-04-19T19:47:30Z", "wrfRRvF7Q0GgwUo2CvDmEA@ismtpd0006p1sjc2.sendgrid.net", "Lli-03HcQ5-JLybO9fXsJg.filter0077p1las1.21536.5717FC482.0", ListBounces, "", Permanent, ""}},
	"sendgrid__dropped_bounced":                 {{"SendGrid", "example@example.com", " 5.0.0", "Bounced Address", "2017-12-15T00:59:29Z", "14c5d75ce93.dfd.64b469@ismtpd-555", "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", ListBounces, "", Permanent, StageLocal}},
	"sendgrid__dropped_invalid_event":           {{"SendGrid", "invalid@invalid", "", "Invalid", "2016-04-19T19:47:30Z", "wrfRRvF7Q0GgwUo2CvDmEA@ismtpd0006p1sjc2.sendgrid.net", "filter0093p1las1.9128.5717FB8127.0", ListInvalid, "", UnknownPermanence, StageLocal}},
	"sendgrid__dropped_unsubscribed_event":      {{"SendGrid", "unsubscribe@example.com", "", "Unsubscribed Address", "2016-04-19T19:47:30Z", "wrfRRvF7Q0GgwUo2CvDmEA@ismtpd0006p1sjc2.sendgrid.net", "filter0199p1las1.4745.5717FB6F5.0", ListUnsubscribes, "", UnknownPermanence, StageLocal}},
	"sparkpost__bounce_challenge_response":      {{"SparkPost", "vacationing@example.com", "", "", "", "", "", "", NotVacation, UnknownPermanence, ""}},
	"sparkpost__bounce_event":                   {{"SparkPost", "bounce@example.com", "550 5.1.1", "550 5.1.1 <bounce@example.com>: Recipient address rejected: User unknown", "2016-06-01T23:42:28Z", "", "0004e3724f57753a3561", "", "", Permanent, ""}},
	"sparkpost__generation_failure_event":       {{"SparkPost", "recipient@example.com", "554 5.3.3", "554 5.3.3 [internal] Error while rendering part html: ...", "2018-10-11T23:24:45Z", "", "139013368081177607", "", "", Permanent, StageLocal}},
	"sparkpost__generation_rejection_event":     {{"SparkPost", "suppressed@example.com", "554 5.7.1", "554 5.7.1 recipient address suppressed due to customer policy", "2016-06-02T20:40:34Z", "", "0005c29950577c61695d", ListUnknown, "", Permanent, StageLocal}},
}

func (w told) check(t *testing.T, r Report) {
	t.Helper()
	at := ""
	if !r.FailedAt.At.IsZero() {
		at = r.FailedAt.At.UTC().Format(time.RFC3339)
	}
	codes := string(r.ReplyCode.Value)
	if r.EnhancedCode.Known() {
		codes += " " + string(r.EnhancedCode.Value)
	}
	for _, c := range [][3]string{{"source", string(r.Source.Value), w.source}, {"recipient", string(r.Recipient.Value), w.recipient}, {"codes", codes, w.reply}, {"time", at, w.at},
		{"message id", string(r.MessageID.Value), w.messageID}, {"identifier", string(r.QueueID.Value), w.id}, {"list", string(r.List), string(w.list)}, {"not a bounce", string(r.NotABounce), string(w.not)},
		{"permanence", string(r.Permanence), string(w.perm)}, {"stage", string(r.Stage), string(w.stage)}} {
		if c[1] != c[2] {
			t.Errorf("%s is %q, not %q", c[0], c[1], c[2])
		}
	}
	if said := string(r.Diagnostic.Value); w.said != "" && !strings.HasPrefix(said, w.said) || w.said == "" && said != "" {
		t.Errorf("said %q, not %q", said, w.said)
	}
	if r.Genuine != Unproved || len(r.GenuineReasons) != 1 || !strings.Contains(string(r.GenuineReasons[0]), "copied by hand") {
		t.Errorf("genuine %s %v", r.Genuine, r.GenuineReasons)
	}
	if f := r.Recipient; f.Known() && string(f.By) != w.source {
		t.Errorf("the recipient is claimed by %q", string(f.By))
	}
}

// TestWebhooks reads every event of the public collection.
func TestWebhooks(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "platforms", "webhooks", "*.json"))
	if len(paths) == 0 {
		t.Skip("the collection of webhook events is not here")
	}
	for _, p := range paths {
		name := strings.TrimSuffix(filepath.Base(p), ".json")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			want, ok := webhooks[name]
			if !ok {
				t.Fatal("nothing is expected of this event")
			}
			res := Read(raw, Options{Now: testNow})
			if len(res.Reports) != len(want) {
				t.Fatalf("%d reports, not %d: %s", len(res.Reports), len(want), res.Says)
			}
			for i, w := range want {
				w.check(t, res.Reports[i])
				for _, f := range []Field{res.Reports[i].Recipient, res.Reports[i].MessageID, res.Reports[i].QueueID, res.Reports[i].Diagnostic} {
					standsAt(t, raw, f)
				}
			}
		})
	}
}

// standsAt holds that the first letters of a value stand where it says.
func standsAt(t *testing.T, raw []byte, f Field) {
	t.Helper()
	if !f.Known() {
		return
	}
	n := 0
	for n < len(f.Value) && (letter(f.Value[n]) || digit(f.Value[n])) {
		n++
	}
	if !strings.HasPrefix(string(raw[f.Offset:]), string(f.Value[:n])) {
		t.Errorf("%q is not at offset %d: %q", string(f.Value), f.Offset, raw[f.Offset:min(len(raw), f.Offset+30)])
	}
	if want := 1 + strings.Count(string(raw[:f.Offset]), "\n"); f.Line != want {
		t.Errorf("%q stands on line %d, said %d", string(f.Value), want, f.Line)
	}
}

// TestEventProvenance holds that fields of events stand where they say, also
// behind the escapes of JSON and of forms.
func TestEventProvenance(t *testing.T) {
	n := 0
	for _, name := range sampleNames(t) {
		if !strings.HasPrefix(name, "event/") {
			continue
		}
		n++
		raw, res := readSample(t, name, Options{})
		if len(res.Reports) == 0 || res.Format != FormatEvent {
			t.Errorf("%s is read as %q", name, res.Format)
		}
		for _, r := range res.Reports {
			for _, f := range []Field{r.Recipient, r.Sender, r.ReplyCode, r.RemoteMTA, r.RemoteAddress, r.MessageID, r.QueueID, r.Diagnostic, r.ReportingMTA, r.FailedAt.Field, r.SendingAddress} {
				standsAt(t, raw, f)
			}
		}
	}
	if n < 12 {
		t.Errorf("%d samples", n)
	}
}

const oneBounce = `{"event":"bounce","email":"a@b.example","sg_event_id":"e","sg_message_id":"m","status":"5.1.1","reason":"550 5.1.1 no such user","timestamp":1795425000}`

// TestEventForms reads one event in all the ways in which it may be packed.
func TestEventForms(t *testing.T) {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(oneBounce)
	head := "From: a@contoso.example\nTo: b@fabrikam.example\nDate: Mon, 23 Nov 2026 09:00:00 +0000\nSubject: event\n"
	for name, in := range map[string]string{
		"object":                         oneBounce,
		"array":                          "[" + oneBounce + "]",
		"byte order mark":                "\ufeff" + oneBounce,
		"lines":                          oneBounce + "\n" + `{"event":"open","email":"a@b.example","sg_event_id":"f"}` + "\n",
		"carriage returns":               strings.ReplaceAll(oneBounce, ",", ",\r\n"),
		"pretty":                         strings.ReplaceAll(oneBounce, `,"`, ",\n    \""),
		"behind a prefix":                "Nov 23 09:12:44 web app[12]: webhook body " + oneBounce,
		"before other text":              oneBounce + "\n-- \nhow do I read this?",
		"topic":                          `{"Type":"Notification","TopicArn":"t","Message":"` + quoted + `"}`,
		"queue":                          `{"Messages":[{"MessageId":"q","Body":"` + quoted + `"}]}`,
		"function":                       `{"Records":[{"EventSource":"aws:sns","Sns":{"Type":"Notification","TopicArn":"t","Message":"` + quoted + `"}}]}`,
		"quoted":                         "> " + strings.ReplaceAll(oneBounce, `,"`, ",\n> \""),
		"mail":                           head + "\n" + oneBounce + "\n",
		"mail, encoded":                  head + "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n" + strings.ReplaceAll(oneBounce, `,`, ",=\n") + "\n",
		"within a string, wrapped":       strings.Replace(oneBounce, "no such", "no\nsuch", 1),
		"request without its first line": "Content-Type: application/json\nDate: Mon, 23 Nov 2026 09:00:00 GMT\n\n" + oneBounce,
		"attached":                       head + "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nwhat is this?\n--b\nContent-Type: application/json\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(oneBounce)) + "\n--b--\n",
		"kept by a receiver":             `{"received":1,"payload":[` + oneBounce + `]}`,
		"cut off":                        strings.TrimSuffix(oneBounce, "}"),
		"request":                        "POST /hook HTTP/1.1\nHost: app.example.org\nContent-Type: application/json\n\n[" + oneBounce + "]",
	} {
		res := Read([]byte(in), Options{Now: testNow})
		if len(res.Reports) != 1 || res.Recognised != "SendGrid event" {
			t.Errorf("%s: %d reports, recognised %q, %s", name, len(res.Reports), res.Recognised, res.Says)
			continue
		}
		r := res.Reports[0]
		if r.Recipient.Value != "a@b.example" || r.ReplyCode.Value != "550" || r.EnhancedCode.Value != "5.1.1" || r.Reason != reply.UserUnknown || r.FailedAt.At.Unix() != 1795425000 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestEventFates holds what is a failure and what is not.
func TestEventFates(t *testing.T) {
	sendgrid := func(more string) string {
		return `{"email":"a@b.example","sg_event_id":"e","sg_message_id":"m","timestamp":1795425000,` + more + `}`
	}
	ses := func(kind, sub string) string {
		return `{"notificationType":"Bounce","mail":{"messageId":"m"},"bounce":{"bounceType":"` + kind + `","bounceSubType":"` + sub + `","bouncedRecipients":[{"emailAddress":"a@b.example"}]}}`
	}
	for name, c := range map[string]struct {
		in     string
		reason reply.Reason
		perm   Permanence
		list   List
		not    Kind
	}{
		"deferred":                         {sendgrid(`"event":"deferred","response":"451 4.7.1 greylisted"`), reply.OnHold, Transient, "", ""},
		"blocked":                          {sendgrid(`"event":"bounce","type":"blocked","reason":"550 5.1.1 user unknown"`), reply.UserUnknown, Permanent, ListBlocks, ""},
		"delivered":                        {sendgrid(`"event":"delivered"`), reply.Delivered, UnknownPermanence, "", NotDelivered},
		"processed":                        {sendgrid(`"event":"processed"`), reply.Undefined, UnknownPermanence, "", NotFate},
		"of no known name":                 {sendgrid(`"event":"bounces"`), reply.Undefined, UnknownPermanence, "", NotFate},
		"spam report":                      {sendgrid(`"event":"spamreport"`), reply.Feedback, UnknownPermanence, ListComplaints, NotFeedback},
		"unsubscribe":                      {sendgrid(`"event":"group_unsubscribe"`), reply.Feedback, UnknownPermanence, ListUnsubscribes, NotFeedback},
		"drop, no list":                    {sendgrid(`"event":"dropped","reason":"Recipient List over Package Quota"`), reply.Undefined, UnknownPermanence, "", ""},
		"soft by name, permanent by reply": {`{"event":"soft_bounce","email":"a@b.example","ts_epoch":1795425000000,"message-id":"<m@x>","reason":"552 5.2.2 mailbox full"}`, reply.MailboxFull, Transient, "", ""},
		"SES global list":                  {ses("Permanent", "Suppressed"), reply.Suppressed, UnknownPermanence, ListBounces, ""},
		"SES account list":                 {ses("Permanent", "OnAccountSuppressionList"), reply.Suppressed, UnknownPermanence, ListUnknown, ""},
		"SES no mailbox":                   {ses("Permanent", "NoEmail"), reply.UserUnknown, UnknownPermanence, "", ""},
		"SES transient":                    {ses("Transient", "MailboxFull"), reply.MailboxFull, Transient, "", ""},
		"SES complaint kept back":          {`{"eventType":"Complaint","mail":{"messageId":"m"},"complaint":{"complaintSubType":"OnAccountSuppressionList","complainedRecipients":[{"emailAddress":"a@b.example"}]}}`, reply.Suppressed, UnknownPermanence, ListComplaints, ""},
		"SES delay":                        {`{"eventType":"DeliveryDelay","mail":{"messageId":"m"},"deliveryDelay":{"delayType":"MailboxFull","expirationTime":"2026-11-24T09:00:00.000Z","delayedRecipients":[{"emailAddress":"a@b.example","status":"4.2.2","diagnosticCode":"smtp; 452 4.2.2 full"}],"timestamp":"2026-11-23T09:00:00.000Z"}}`, reply.MailboxFull, Transient, "", ""},
		"Mailgun 607":                      {`{"event-data":{"event":"failed","severity":"permanent","reason":"suppress-complaint","recipient":"a@b.example","log-level":"error","delivery-status":{"code":607,"message":"x"}}}`, reply.Suppressed, UnknownPermanence, ListComplaints, ""},
		"Postmark inactive":                {`{"ErrorCode":406,"Message":"You tried to send to a recipient that has been marked as inactive. Found inactive addresses: a@b.example."}`, reply.Suppressed, UnknownPermanence, ListUnknown, ""},
		"Postmark away":                    {`{"RecordType":"Bounce","Type":"AutoResponder","TypeCode":64,"MessageID":"m","Email":"a@b.example"}`, reply.Vacation, UnknownPermanence, "", NotVacation},
		"Postmark back":                    {`{"RecordType":"SubscriptionChange","MessageID":"m","Recipient":"a@b.example","SuppressSending":false,"SuppressionReason":null}`, reply.Undefined, UnknownPermanence, "", NotFate},
		"Postmark left":                    {`{"RecordType":"SubscriptionChange","MessageID":"m","Recipient":"a@b.example","SuppressSending":true,"SuppressionReason":"ManualSuppression","Origin":"Recipient"}`, reply.Feedback, UnknownPermanence, ListUnsubscribes, NotFeedback},
		"Mandrill spam list":               {`[{"event":"reject","ts":1795425000,"msg":{"email":"a@b.example","state":"rejected","reject":{"reason":"spam"}}}]`, reply.Suppressed, UnknownPermanence, ListComplaints, ""},
		"Mandrill allowlist":               {`[{"type":"whitelist","action":"add","entry":{"email":"a@b.example"}}]`, reply.Undefined, UnknownPermanence, "", NotFate},
		"Mailjet spam reporter":            {`{"event":"blocked","email":"a@b.example","MessageID":1,"error":"spam reporter"}`, reply.Suppressed, UnknownPermanence, ListComplaints, ""},
		"Scaleway list":                    {`{"type":"email_blocklisted","domain_id":"d","email_id":"e","email_to":"a@b.example"}`, reply.Suppressed, UnknownPermanence, ListUnknown, ""},
		"SMTP2GO reject":                   {`{"event":"reject","rcpt":"a@b.example","email_id":"e","message":"recipient has unsubscribed"}`, reply.Suppressed, UnknownPermanence, ListUnsubscribes, ""},
		"OCI list":                         {`{"type":"com.oraclecloud.emaildelivery.emaildomain.outboundaccepted","data":{"action":"accept","recipient":"a@b.example","errorType":"Recepient suppressed","smtpStatus":"250 ok"}}`, reply.Suppressed, UnknownPermanence, ListUnknown, ""},
		"Azure list":                       {`[{"eventType":"Microsoft.Communication.EmailDeliveryReportReceived","data":{"recipient":"a@b.example","status":"Suppressed"}}]`, reply.Suppressed, UnknownPermanence, ListUnknown, ""},
		"Postal hold":                      {`{"event":"MessageHeld","payload":{"message":{"to":"a@b.example","token":"t"},"status":"Held","details":"held by an operator"}}`, reply.OnHold, Transient, "", ""},
	} {
		res := Read([]byte(c.in), Options{Now: testNow})
		if len(res.Reports) != 1 {
			t.Errorf("%s: %d reports, %s", name, len(res.Reports), res.Says)
			continue
		}
		r := res.Reports[0]
		if r.Recipient.Value != "a@b.example" || r.Reason != c.reason || r.Permanence != c.perm && !(c.reason == reply.Suppressed) || r.List != c.list || r.NotABounce != c.not {
			t.Errorf("%s: recipient %q reason %s permanence %s list %q not %q", name, string(r.Recipient.Value), r.Reason, r.Permanence, r.List, r.NotABounce)
		}
		if c.reason == reply.Suppressed && r.Stage != StageLocal {
			t.Errorf("%s: stage %q", name, r.Stage)
		}
	}
}

// TestEventArray holds that of a mixed batch the failures are given, the last
// attempt counts, and the rest is counted.
func TestEventArray(t *testing.T) {
	_, res := readSample(t, "event/sendgrid-batch.json", Options{})
	if res.Recognised != "SendGrid event, 3 recipients" {
		t.Errorf("recognised %q", res.Recognised)
	}
	var all strings.Builder
	for _, f := range res.Findings {
		all.WriteString(string(f.Claim) + "\n")
	}
	for _, w := range []string{"left out: 2 (processed 1, delivered 1)", "ended in a delivery were left out: 1"} {
		if !strings.Contains(all.String(), w) {
			t.Errorf("no finding %q in %q", w, all.String())
		}
	}
	_, res = readSample(t, "event/kumo.log", Options{})
	if len(res.Reports) != 3 || res.Findings[0].Kind != Damaged || res.Findings[0].Line != 3 {
		t.Errorf("%d reports, findings %v", len(res.Reports), res.Findings)
	}
}

// TestEventLists holds that the request tells which list an entry is of.
func TestEventLists(t *testing.T) {
	entry := `[{"created":1795000000,"email":"a@b.example","reason":"550 5.7.1 refused","status":"5.7.1"}]`
	for in, want := range map[string]List{
		entry:                                   ListUnknown,
		"GET /v3/suppression/bounces\n" + entry: ListBounces,
		"GET /v3/suppression/blocks/a@b.example\n" + entry:                                                                                      ListBlocks,
		`[{"created":1,"email":"a@b.example","reason":"Mail domain mentioned is unknown"}]`:                                                     ListInvalid,
		`[{"created":1,"email":"a@b.example"}]`:                                                                                                 ListUnsubscribes,
		`[{"created":1,"email":"a@b.example","ip":"192.0.2.1"}]`:                                                                                ListComplaints,
		`{"items":[{"address":"a@b.example","code":"550","error":"No such mailbox","created_at":"Fri, 21 Oct 2011 11:02:55 GMT"}],"paging":{}}`: ListBounces,
	} {
		res := Read([]byte(in), Options{Now: testNow})
		if len(res.Reports) != 1 || res.Reports[0].List != want || res.Reports[0].Recipient.Value != "a@b.example" {
			t.Errorf("%s: %+v", in, res.Reports)
		}
	}
}

// TestDuplicateKeys holds that a key that stands twice is no way to hide one.
func TestDuplicateKeys(t *testing.T) {
	in := strings.Replace(oneBounce, `"email":"a@b.example"`, `"email":"a@b.example","email":"c@d.example"`, 1)
	r := Read([]byte(in), Options{}).Reports[0]
	if r.Recipient.Value != "a@b.example" || len(r.Findings) != 1 || r.Findings[0].Kind != Contradiction {
		t.Errorf("%q %v", string(r.Recipient.Value), r.Findings)
	}
}

func TestEventTime(t *testing.T) {
	for in, want := range map[string]string{
		"1795425000": "2026-11-23T09:10:00Z", "1795425000123": "2026-11-23T09:10:00.123Z", "1795425000.25": "2026-11-23T09:10:00.25Z", "1795425000123456": "2026-11-23T09:10:00.123456Z",
		"2026-11-23T09:10:00.1234567+01:00": "2026-11-23T08:10:00.1234567Z", "2026-11-23 09:10:00.5+00": "2026-11-23T09:10:00.5Z", "2026-11-23 09:10:00": "2026-11-23T09:10:00Z",
		"Mon, 23 Nov 2026 09:10:00 GMT": "2026-11-23T09:10:00Z",
		"NaN":                           "", "1e400": "", "-1": "", "0": "", "99999999999999999999": "", "Infinity": "", "1795425000.x": "", "": "", "9223372036854775807": "",
	} {
		at, ok := eventTime(in)
		if got := at.UTC().Format(time.RFC3339Nano); ok != (want != "") || ok && got != want {
			t.Errorf("%q gives %s %v, not %q", in, got, ok, want)
		}
	}
}

// TestHostileEvents holds that what is made to hurt is bounded, and said.
func TestHostileEvents(t *testing.T) {
	deep := strings.Repeat("[", 1<<20)
	for name, c := range map[string]struct {
		in      string
		reports int
		says    string
	}{
		"deep array, then an event":   {deep + "\n" + oneBounce, 1, "nested deeper"},
		"deep object, then an event":  {strings.Repeat(`{"a":`, 1<<19) + "\n" + oneBounce, 1, "nested deeper"},
		"many opened lines":           {strings.Repeat("[{\"a\":\n", 1<<18), 0, ""},
		"many members":                {`{"x":1` + strings.Repeat(`,"k":1`, 100000) + "," + oneBounce[1:], 0, ""},
		"many members behind":         {oneBounce[:len(oneBounce)-1] + strings.Repeat(`,"k":1`, 100000) + "}", 1, "members beyond"},
		"huge number":                 {strings.Replace(oneBounce, "1795425000", strings.Repeat("9", 1<<20), 1), 1, ""},
		"lone surrogates":             {strings.Replace(oneBounce, "no such user", `\ud800 \udc00 \u0000 \u001b[2J`, 1), 1, ""},
		"no UTF-8":                    {strings.Replace(oneBounce, "no such user", "\xff\xfe\x80 user unknown", 1), 1, ""},
		"strings within strings":      {nested(oneBounce, 5), 1, ""},
		"many strings within strings": {nested(oneBounce, 11), 0, ""},
		"form of many fields":         {strings.Repeat("a=b&", 1<<18), 0, ""},
		"open string":                 {`{"event":"` + strings.Repeat("x", 1<<20), 0, ""},
	} {
		start := spent()
		res := Read([]byte(c.in), Options{Now: testNow})
		if took := spent() - start; took > 2*time.Second*slowdown {
			t.Errorf("%s took %s", name, took)
		}
		n := 0
		for _, r := range res.Reports {
			if r.Format == FormatEvent {
				n++
			}
		}
		if n != c.reports {
			t.Errorf("%s: %d reports", name, n)
		}
		var all strings.Builder
		for _, f := range res.Findings {
			all.WriteString(string(f.Claim) + "\n")
		}
		if !strings.Contains(all.String(), c.says) {
			t.Errorf("%s: no finding %q in %q", name, c.says, all.String())
		}
	}
}

// nested packs a text into a topic's message, again and again.
func nested(s string, times int) string {
	for range times {
		s = `{"Type":"Notification","Message":"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"}`
	}
	return s
}

// TestManyEvents holds that a million events cost a bounded time and memory.
func TestManyEvents(t *testing.T) {
	if testing.Short() || slowdown > 1 {
		t.Skip("no timing here")
	}
	var b strings.Builder
	for i := 0; b.Len() < 20<<20; i++ {
		fmt.Fprintf(&b, `{"event":"bounce","email":"a%d@b.example","sg_event_id":"%d","reason":"550 5.1.1 no"}`+"\n", i, i)
	}
	start := spent()
	res := Read([]byte(b.String()), Options{Now: testNow})
	if took := spent() - start; took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	if len(res.Reports) != maxLogReports || len(res.Findings) == 0 || res.Findings[0].Kind != LimitReached {
		t.Errorf("%d reports, findings %v", len(res.Reports), res.Findings)
	}
}

func FuzzEvents(f *testing.F) {
	paths, _ := filepath.Glob(filepath.Join(samples, "event", "*"))
	for _, p := range paths {
		if raw, err := os.ReadFile(p); err == nil {
			f.Add(raw)
		}
	}
	f.Add([]byte(nested(oneBounce, 2)))
	f.Add([]byte("mandrill_events=%5B%7B%22event%22%3A%22reject%22%2C%22msg%22%3A%7B%22email%22%3A%22a%40b.example%22%7D%7D%5D"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d := &doc{src: newSource(string(raw)), opts: Options{Now: testNow}, b: &budget{}}
		whole := &mail{d: d}
		for _, dr := range whole.readEvents() {
			for _, fd := range []Field{dr.r.Recipient, dr.r.Sender, dr.r.Subject, dr.r.ReplyCode, dr.status, dr.r.Diagnostic, dr.contextAt, dr.r.RemoteMTA, dr.r.RemoteAddress, dr.r.MessageID, dr.r.QueueID,
				dr.r.Source, dr.r.SendingAddress, dr.r.FailedAt.Field, dr.r.ReportingMTA} {
				if fd.Offset < 0 || fd.Offset > len(raw) || fd.Line < 0 {
					t.Fatalf("%+v stands outside the input", fd)
				}
			}
			if n := len(dr.r.ReplyCode.Value); n != 0 && n != 3 || !dr.r.Source.Known() {
				t.Fatalf("code %q, source %q", string(dr.r.ReplyCode.Value), string(dr.r.Source.Value))
			}
		}
		e := asIs(string(raw), 0)
		for _, step := range []func(string) (string, int){jsonStep, formStep} {
			out := e.decoded(0, len(raw), step)
			last := 0
			for pos := 0; pos <= len(out.s); pos += 1 + len(out.s)/50 {
				at := out.at(pos)
				if at < last || at > len(raw) {
					t.Fatalf("position %d is at %d, after %d of %d", pos, at, last, len(raw))
				}
				last = at
			}
		}
	})
}
