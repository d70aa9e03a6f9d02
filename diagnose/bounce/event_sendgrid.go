package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// sendgridEvent is one event of the event webhook
// (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event).
var sendgridEvent = platform{
	name: "SendGrid",
	knows: func(n *node) bool {
		return n.has("event", "email") && (n.has("sg_event_id") || n.has("sg_message_id") || n.has("smtp-id"))
	},
	word: "event",
	fates: map[string]fate{
		"bounce": {refused, ListBounces}, "blocked": {refused, ListBlocks}, "dropped": {kept, ""}, "deferred": {retried, ""},
		"delivered": {arrived, ""}, "open": {arrived, ""}, "click": {arrived, ""}, "spamreport": {complained, ""},
		"unsubscribe": {left, ""}, "group_unsubscribe": {left, ""},
	},
	shape: shape{recipient: "email", status: "status", text: "reason|response", words: "bounce_classification", time: "timestamp",
		messageID: "smtp-id", id: "sg_message_id", sending: "ip", sender: "from", subject: "subject"},
	more: func(ev *event) {
		if ev.fate.what == refused && strings.EqualFold(ev.n.word("type"), "blocked") {
			ev.fate.list = ListBlocks
		}
		if ev.fate.what == kept {
			ev.sendgridDrop()
		}
		ev.dr.class = sendgridClasses[strings.ToLower(ev.n.word("bounce_classification"))]
	},
}

// sendgridClasses are the classifications of bounces that say one thing.
var sendgridClasses = map[string]reply.Reason{"invalid address": reply.UserUnknown, "mailbox unavailable": reply.Filtered, "content": reply.ContentError,
	"reputation": reply.BadReputation, "frequency or volume too high": reply.Speeding}

// sendgridDrop tells a drop by a list from other drops.
func (ev *event) sendgridDrop() {
	said := strings.ToLower(ev.n.word("reason"))
	for _, l := range []struct {
		says string
		list List
	}{{"bounced address", ListBounces}, {"unsubscribed address", ListUnsubscribes}, {"spam reporting address", ListComplaints}} {
		if strings.HasPrefix(said, l.says) {
			ev.fate = fate{suppressed, l.list}
		}
	}
	if said == "invalid" {
		ev.fate = fate{suppressed, ListInvalid}
	}
}

// sendgridMessage is a message of the Email Activity API, with or without its
// events: GET /v3/messages and /v3/messages/{id}.
var sendgridMessage = platform{
	name:  "SendGrid",
	knows: func(n *node) bool { return n.has("to_email", "from_email") && n.has("msg_id") },
	word:  "status",
	fates: map[string]fate{"not_delivered": {refused, ""}, "delivered": {arrived, ""}},
	shape: shape{recipient: "to_email", sender: "from_email", subject: "subject", id: "msg_id", sending: "outbound_ip", time: "last_event_time", words: "status"},
	split: func(e *eventReader, n *node) {
		events := n.get("events")
		if events == nil || len(events.kids) == 0 {
			ev := e.begin(n, n)
			if ev.fate.what == refused {
				ev.dr.find(Note, "the list of messages does not say why; the message itself does: GET /v3/messages/ and its msg_id")
			}
			ev.file()
			return
		}
		events.each(func(one *node) {
			ev := e.begin(n, n)
			ev.dr.r.Diagnostic, ev.dr.r.FailedAt = Field{}, Time{}
			ev.word = one.word("event_name")
			ev.fate = sendgridActivity[strings.ToLower(ev.word)]
			ev.shape(one, &shape{text: "reason", time: "processed", remote: "mx_server"})
			r := &ev.dr.r
			ev.dr.r.Source.Offset = e.t.at(one.at)
			ev.dr.r.Source.Line = e.d.src.line(r.Source.Offset)
			switch kind := strings.ToLower(one.word("bounce_type")); {
			case ev.fate.what == kept:
				inner := *ev
				inner.n = one
				inner.sendgridDrop()
				ev.fate = inner.fate
			case ev.fate.what == refused && kind == "blocked":
				ev.fate.list = ListBlocks
			}
			ev.file()
		})
	},
}

var sendgridActivity = map[string]fate{"bounced": {refused, ListBounces}, "bounce": {refused, ListBounces}, "blocked": {refused, ListBlocks}, "dropped": {kept, ""}, "deferred": {retried, ""},
	"delivered": {arrived, ""}, "opened": {arrived, ""}, "clicked": {arrived, ""}, "spam_report": {complained, ""}, "unsubscribed": {left, ""}}

// sendgridEntry is an entry of a suppression list, as GET /v3/suppression/...
// answers. Bounces and blocks have the same keys: only the request tells them
// apart.
var sendgridEntry = platform{
	name: "SendGrid",
	knows: func(n *node) bool {
		return n.has("created", "email") && (n.has("reason") || n.has("ip") || len(n.kids) == 2) && !n.has("event") && len(n.kids) <= 6
	},
	word:  "reason",
	fates: nil,
	shape: shape{recipient: "email", text: "reason", status: "status", time: "created", sending: "ip"},
	more: func(ev *event) {
		ev.fate = fate{refused, ListUnknown}
		asked := ev.e.before
		switch {
		case strings.Contains(asked, "suppression/bounces"):
			ev.fate.list = ListBounces
		case strings.Contains(asked, "suppression/blocks"):
			ev.fate.list = ListBlocks
		case strings.Contains(asked, "suppression/invalid_emails"):
			ev.fate = fate{kept, ListInvalid}
		case ev.n.has("ip"):
			ev.fate.what = complained
		case !ev.n.has("reason"):
			ev.fate.what = left // the list of global unsubscribes says no more
		case !ev.n.has("status"):
			ev.fate = fate{kept, ListInvalid}
		default:
			ev.dr.find(Note, "an entry of the list of bounces or of blocks: its keys are the same, the request tells which")
		}
		if ev.fate.what != complained && ev.fate.what != left {
			ev.dr.find(Note, safe.Text("an entry of a suppression list: the reply is the one that put the address there"))
		}
	},
}
