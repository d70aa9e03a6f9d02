package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// brevo is an event of the transactional webhook
// (https://developers.brevo.com/docs/transactional-webhooks).
var brevo = platform{
	name: "Brevo",
	knows: func(n *node) bool {
		return n.has("event", "email") && (n.has("ts_epoch") || n.has("ts_event") || n.has("message-id", "sending_ip") || n.has("X-Mailin-custom"))
	},
	word:  "event",
	fates: brevoFates,
	shape: shape{recipient: "email", text: "reason", time: "ts_event|ts_epoch|ts|date", messageID: "message-id", sending: "sending_ip", sender: "sender_email", subject: "subject"},
	more:  (*event).brevo,
}

// brevoStatistics is an entry of GET /smtp/statistics/events.
var brevoStatistics = platform{
	name:  "Brevo",
	knows: func(n *node) bool { return n.has("event", "email", "messageId", "date") },
	word:  "event",
	fates: brevoFates,
	shape: shape{recipient: "email", text: "reason", time: "date", messageID: "messageId", sending: "ip", sender: "from", subject: "subject"},
	more:  (*event).brevo,
}

var brevoFates = map[string]fate{"hard_bounce": {refused, ""}, "hardbounces": {refused, ""}, "soft_bounce": {retried, ""}, "softbounces": {retried, ""}, "deferred": {retried, ""},
	"blocked": {suppressed, ListUnknown}, "invalid_email": {kept, ListInvalid}, "invalid": {kept, ListInvalid}, "error": {kept, ""}, "spam": {complained, ""}, "unsubscribed": {left, ""},
	"delivered": {arrived, ""}, "opened": {arrived, ""}, "unique_opened": {arrived, ""}, "click": {arrived, ""}, "clicks": {arrived, ""}, "proxy_open": {arrived, ""}}

func (ev *event) brevo() {
	if ev.fate.what != suppressed {
		return
	}
	switch said := strings.ToLower(ev.n.word("reason")); {
	case strings.Contains(said, "unsubscribe"):
		ev.fate.list = ListUnsubscribes
	case strings.Contains(said, "spam"):
		ev.fate.list = ListComplaints
	case strings.Contains(said, "hard bounce"), strings.Contains(said, "hard_bounce"):
		ev.fate.list = ListBounces
	}
}

// mailjet is an event of the event callback
// (https://dev.mailjet.com/email/guides/webhooks/).
var mailjet = platform{
	name: "Mailjet",
	knows: func(n *node) bool {
		return n.has("event", "email") && (n.has("MessageID") || n.has("Message_GUID") || n.has("mj_contact_id"))
	},
	word: "event",
	fates: map[string]fate{"bounce": {refused, ""}, "blocked": {kept, ""}, "spam": {complained, ""}, "unsub": {left, ""}, "sent": {arrived, ""}, "open": {arrived, ""},
		"click": {arrived, ""}},
	shape: shape{recipient: "email", text: "comment", words: "error", time: "time", id: "MessageID|Message_GUID", sender: "sender"},
	more: func(ev *event) {
		ev.dr.class = mailjetErrors[ev.n.word("error")]
		if ev.fate.what == refused && ev.n.isFalse("hard_bounce") {
			ev.fate.what = retried
		}
		if ev.fate.what != kept {
			return
		}
		switch ev.n.word("error") {
		case "preblocked":
			ev.fate = fate{suppressed, ListBounces} // an address that bounced lately
		case "blacklisted":
			ev.fate = fate{suppressed, ListUnknown}
		case "spam reporter":
			ev.fate = fate{suppressed, ListComplaints}
		case "typofix":
			ev.fate.list = ListInvalid
		}
	},
}

var mailjetErrors = map[string]reply.Reason{"user unknown": reply.UserUnknown, "mailbox inactive": reply.Suspend, "quota exceeded": reply.MailboxFull, "invalid domain": reply.HostUnknown,
	"no mail host": reply.HostUnknown, "relay/access denied": reply.NoRelaying, "typofix": reply.HostUnknown, "greylisted": reply.OnHold, "content blocked": reply.ContentError, "policy issue": reply.PolicyViolation,
	"system issue": reply.SystemError, "connection issue": reply.NetworkError}

// mailersend is an activity webhook (https://developers.mailersend.com/api/v1/webhooks.html).
var mailersend = platform{
	name: "MailerSend",
	knows: func(n *node) bool {
		return strings.HasPrefix(n.word("type"), "activity.") && n.path("data.email") != nil
	},
	word: "type",
	fates: map[string]fate{"activity.hard_bounced": {refused, ""}, "activity.soft_bounced": {retried, ""}, "activity.deferred": {retried, ""}, "activity.spam_complaint": {complained, ""},
		"activity.unsubscribed": {left, ""}, "activity.delivered": {arrived, ""}, "activity.opened": {arrived, ""}, "activity.opened_unique": {arrived, ""}, "activity.clicked": {arrived, ""},
		"activity.clicked_unique": {arrived, ""}},
	shape: shape{recipient: "data.email.recipient.email", text: "data.morph.reason", words: "data.morph.readable_reason", time: "data.created_at|created_at", id: "data.email.message.id",
		sender: "data.email.from", subject: "data.email.subject"},
	more: func(ev *event) {
		if strings.Contains(strings.ToLower(ev.n.word("data.morph.reason")), "suppress") {
			ev.fate = fate{suppressed, ListUnknown}
		}
	},
}

// resend is a webhook (https://resend.com/docs/dashboard/webhooks/event-types).
var resend = platform{
	name: "Resend",
	knows: func(n *node) bool {
		return strings.HasPrefix(n.word("type"), "email.") && (n.path("data.email_id") != nil || n.path("data.to") != nil)
	},
	word: "type",
	fates: map[string]fate{"email.bounced": {refused, ""}, "email.delivery_delayed": {retried, ""}, "email.failed": {kept, ""}, "email.suppressed": {suppressed, ListUnknown},
		"email.complained": {complained, ""}, "email.delivered": {arrived, ""}, "email.opened": {arrived, ""}, "email.clicked": {arrived, ""}},
	shape: shape{messageID: "data.message_id", id: "data.email_id", text: "data.bounce.diagnosticCode|data.bounce.diagnostic_code", time: "created_at|data.created_at",
		words: "data.bounce.message|data.suppressed.message|data.suppressed.reason|data.failed.reason", sender: "data.from", subject: "data.subject"},
	split: func(e *eventReader, n *node) {
		one := func(to *node) {
			ev := e.begin(n, n)
			ev.dr.r.Recipient = ev.as(to, mailbox(to.str()))
			ev.resend()
			ev.file()
		}
		if to := n.path("data.to"); to != nil && (to.kind == '"' || len(to.kids) > 0) {
			to.each(one)
			return
		}
		one(nil)
	},
}

func (ev *event) resend() {
	bounce := ev.n.path("data.bounce")
	why := strings.ToLower(ev.n.word("data.suppressed.reason", "data.suppressed.type", "data.bounce.subType"))
	if ev.fate.what == refused && (strings.Contains(strings.ToLower(bounce.word("message")), "has suppressed sending") || strings.Contains(why, "suppress")) {
		ev.fate = fate{suppressed, ListUnknown}
	}
	if ev.fate.what == suppressed {
		switch {
		case strings.Contains(why, "bounce"):
			ev.fate.list = ListBounces
		case strings.Contains(why, "complaint"):
			ev.fate.list = ListComplaints
		case strings.Contains(why, "manual"):
			ev.fate.list = ListManual
		}
		return
	}
	if strings.EqualFold(bounce.word("type"), "Transient") && ev.fate.what == refused {
		ev.fate.what = retried
	}
	switch bounce.word("subType") {
	case "NoEmail":
		ev.dr.class = reply.UserUnknown
	case "MailboxFull":
		ev.dr.class = reply.MailboxFull
	case "MessageTooLarge":
		ev.dr.class = reply.MesgTooBig
	case "ContentRejected", "AttachmentRejected":
		ev.dr.class = reply.ContentError
	}
}

// smtp2go is a webhook, JSON or a form
// (https://developers.smtp2go.com/docs/webhooks-overview).
var smtp2go = platform{
	name: "SMTP2GO",
	knows: func(n *node) bool {
		return n.has("event", "rcpt") && (n.has("email_id") || n.has("sendtime") || n.has("srchost") || n.has("bounce") || n.has("auth"))
	},
	word: "event",
	fates: map[string]fate{"bounce": {refused, ""}, "reject": {suppressed, ListUnknown}, "spam": {complained, ""}, "unsubscribe": {left, ""}, "delivered": {arrived, ""}, "open": {arrived, ""},
		"click": {arrived, ""}},
	shape: shape{recipient: "rcpt", text: "message|context", time: "time|sendtime", messageID: "message-id|Message-Id|Message-ID", id: "email_id", remote: "host", sender: "sender|from_address|from",
		subject: "subject|Subject"},
	more: func(ev *event) {
		if ev.fate.what == refused && strings.EqualFold(ev.n.word("bounce"), "soft") {
			ev.fate.what = retried
		}
		if v := ev.find(ev.n, "context"); v != nil && ev.fate.what != suppressed {
			if s := commandStage(v.s); s != StageUnknown {
				ev.dr.r.Stage, ev.dr.r.Command = s, ev.as(v, commandWords(v.s, s))
			}
		}
		if ev.fate.what != suppressed {
			return
		}
		switch said := strings.ToLower(ev.n.word("message") + " " + ev.n.word("context") + " " + ev.n.word("reason")); {
		case strings.Contains(said, "unsubscri"):
			ev.fate.list = ListUnsubscribes
		case strings.Contains(said, "spam"), strings.Contains(said, "complain"):
			ev.fate.list = ListComplaints
		case strings.Contains(said, "bounce"):
			ev.fate.list = ListBounces
		case strings.Contains(said, "manual"):
			ev.fate.list = ListManual
		}
	},
}

// scaleway is a webhook of Transactional Email
// (https://www.scaleway.com/en/docs/transactional-email/reference-content/webhook-events-payloads/).
var scaleway = platform{
	name: "Scaleway",
	knows: func(n *node) bool {
		return n.has("type") && (n.has("email_to") || n.has("email_id")) && n.has("domain_id") || n.word("type") == "blocklist_created"
	},
	word: "type",
	fates: map[string]fate{"email_dropped": {refused, ""}, "email_deferred": {retried, ""}, "email_mailbox_not_found": {refused, ""}, "email_spam": {refused, ""},
		"email_blocklisted": {suppressed, ListUnknown}, "blocklist_created": {suppressed, ListBounces}, "email_delivered": {arrived, ""}},
	shape: shape{recipient: "email_to|blocklist.email|blocklist_email|email", code: "email_response_code", text: "email_response_message|email_error", words: "blocklist.reason|blocklist_reason|type",
		time: "created_at", id: "email_id", sender: "email_from", subject: "email_subject"},
	more: func(ev *event) {
		switch ev.word {
		case "email_mailbox_not_found":
			ev.dr.class = reply.UserUnknown
		case "email_spam":
			ev.dr.class = reply.SpamDetected
		case "blocklist_created":
			ev.dr.find(Note, "a change of the list: no mail was kept back by it yet")
		}
		for _, h := range kidsOf(ev.n.get("email_headers")) {
			if name := h.word("key", "name"); strings.EqualFold(name, "Message-ID") {
				ev.dr.r.MessageID = ev.as(h.get("value"), messageID(h.word("value")))
			} else if strings.EqualFold(name, "Subject") && !ev.dr.r.Subject.Known() {
				ev.dr.r.Subject = ev.field(h.get("value"))
			}
		}
		if c := ev.dr.r.ReplyCode; ev.fate.what == refused && c.Known() && c.Value[0] == '2' {
			ev.dr.find(Contradiction, safe.Textf("the event is %s, but the reply code %s is of success", ev.word, c.Value))
		}
	},
}

// netcore is a webhook of Netcore, formerly Pepipost
// (https://emaildocs.netcorecloud.com/docs/webhooks).
var netcore = platform{
	name:  "Netcore",
	knows: func(n *node) bool { return n.has("EVENT", "EMAIL") },
	word:  "EVENT",
	fates: map[string]fate{"bounced": {refused, ""}, "softbounced": {retried, ""}, "soft_bounce": {retried, ""}, "dropped": {suppressed, ListUnknown}, "invalid": {kept, ListInvalid},
		"spam": {complained, ""}, "unsubscribed": {left, ""}, "sent": {passing, ""}, "delivered": {arrived, ""}, "opened": {arrived, ""}, "clicked": {arrived, ""}},
	shape: shape{recipient: "EMAIL", text: "RESPONSE|BOUNCE_REASON", words: "BOUNCE_REASON|BOUNCE_TYPE", time: "TIMESTAMP", id: "TRANSID", sender: "FROMADDRESS", subject: "SUBJECT"},
	more: func(ev *event) {
		kind := strings.ToUpper(ev.n.word("BOUNCE_TYPE"))
		if ev.fate.what == refused && strings.HasPrefix(kind, "SOFT") {
			ev.fate.what = retried
		}
		if said := strings.ToLower(ev.n.word("RESPONSE", "BOUNCE_REASON")); ev.fate.what == suppressed {
			switch black, gone := strings.Contains(said, "blacklist"), strings.Contains(said, "unsub"); {
			case gone && !black:
				ev.fate.list = ListUnsubscribes
			case strings.Contains(said, "hard bounce"), strings.Contains(said, "bounced"):
				ev.fate.list = ListBounces
			case strings.Contains(said, "spam"):
				ev.fate.list = ListComplaints
			}
		}
	},
}
