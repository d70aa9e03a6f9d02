package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// mailgunEvent is an event of the webhook, where it stands in "event-data", and
// of the events API (https://documentation.mailgun.com/docs/mailgun/user-manual/events/).
var mailgunEvent = platform{
	name: "Mailgun",
	knows: func(n *node) bool {
		return n.has("event") && (n.has("log-level") || n.has("delivery-status") || n.has("recipient", "user-variables"))
	},
	word: "event",
	fates: map[string]fate{"failed": {refused, ""}, "rejected": {kept, ""}, "delivered": {arrived, ""}, "opened": {arrived, ""}, "clicked": {arrived, ""},
		"complained": {complained, ""}, "unsubscribed": {left, ""}},
	shape: shape{recipient: "recipient|message.headers.to", code: "delivery-status.code", status: "delivery-status.enhanced-code|delivery-status.bounce-code",
		text: "delivery-status.message|delivery-status.description|reject.reason|reject.description", words: "delivery-status.description|reason", time: "timestamp", messageID: "message.headers.message-id",
		id: "id", sending: "envelope.sending-ip", remote: "delivery-status.mx-host", sender: "envelope.sender|message.headers.from", subject: "message.headers.subject"},
	more: func(ev *event) {
		if ev.fate.what == refused && ev.n.word("severity") == "temporary" {
			ev.fate.what = retried
		}
		ev.mailgunList(ev.n.word("reason"), ev.n.word("delivery-status.code"))
	},
}

// mailgunList tells a mail that a list kept back, by Mailgun's own codes 605 to 607.
func (ev *event) mailgunList(reason, code string) {
	switch {
	case reason == "suppress-bounce" || code == "605":
		ev.fate = fate{suppressed, ListBounces}
	case reason == "suppress-unsubscribe" || code == "606":
		ev.fate = fate{suppressed, ListUnsubscribes}
	case reason == "suppress-complaint" || code == "607":
		ev.fate = fate{suppressed, ListComplaints}
	}
}

// mailgunForm is a webhook of the first kind: a form.
var mailgunForm = platform{
	name: "Mailgun",
	knows: func(n *node) bool {
		return n.has("event", "recipient") && (n.has("token", "signature") || n.has("message-headers") || n.has("X-Mailgun-Sid"))
	},
	word: "event",
	fates: map[string]fate{"bounced": {refused, ""}, "dropped": {refused, ""}, "delivered": {arrived, ""}, "opened": {arrived, ""}, "clicked": {arrived, ""},
		"complained": {complained, ""}, "unsubscribed": {left, ""}},
	shape: shape{recipient: "recipient", code: "code", text: "error|description|notification", words: "notification|reason", time: "timestamp",
		messageID: "Message-Id|message-id", sender: "sender", subject: "subject"},
	more: func(ev *event) {
		if ev.word == "dropped" && ev.n.word("reason") == "old" {
			ev.dr.find(Note, "Mailgun gave up: earlier attempts were refused for the time being")
		}
		ev.mailgunList("suppress-"+strings.TrimPrefix(ev.n.word("reason"), "suppress-"), ev.n.word("code"))
	},
}

// mailgunEntry is an entry of the list of bounces, GET /v3/{domain}/bounces.
var mailgunEntry = platform{
	name:  "Mailgun",
	knows: func(n *node) bool { return n.has("address", "code", "error", "created_at") },
	word:  "code",
	shape: shape{recipient: "address", code: "code", text: "error", time: "created_at"},
	more: func(ev *event) {
		ev.fate = fate{refused, ListBounces}
		ev.dr.find(Note, safe.Text("an entry of a suppression list: the reply is the one that put the address there"))
	},
}
