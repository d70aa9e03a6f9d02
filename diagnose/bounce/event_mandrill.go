package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
)

// mandrill is an event about a message, in the form field mandrill_events
// (https://mailchimp.com/developer/transactional/docs/webhooks/).
var mandrill = platform{
	name:  "Mandrill",
	knows: func(n *node) bool { return n.has("event", "msg") && n.path("msg.email") != nil },
	word:  "event",
	fates: map[string]fate{"hard_bounce": {refused, ""}, "soft_bounce": {retried, ""}, "deferral": {retried, ""}, "reject": {suppressed, ListUnknown}, "spam": {complained, ""},
		"unsub": {left, ""}, "open": {arrived, ""}, "click": {arrived, ""}, "delivered": {arrived, ""}},
	shape: shape{recipient: "msg.email", text: "msg.diag", words: "msg.bounce_description|msg.reject.reason|msg.reject|msg.state", time: "ts", id: "msg._id|_id", sender: "msg.sender", subject: "msg.subject"},
	more: func(ev *event) {
		if all := kidsOf(ev.n.path("msg.smtp_events")); len(all) > 0 {
			last := &all[len(all)-1]
			ev.shape(last, &shape{sending: "source_ip", remoteAddress: "destination_ip"})
			if ev.n.word("msg.diag") == "" && last.word("diag") != "" {
				ev.said(last.get("diag"), nil)
			}
		}
		if ev.fate.what == suppressed {
			ev.fate.list = mandrillList(ev.n.word("msg.reject.reason", "msg.reject", "msg.bounce_description"))
		}
		ev.dr.class = mandrillClasses[ev.n.word("msg.bounce_description")]
	},
}

var mandrillClasses = map[string]reply.Reason{"bad_mailbox": reply.UserUnknown, "invalid_domain": reply.HostUnknown, "mailbox_full": reply.MailboxFull}

// mandrillSync is a change of the denylist or the allowlist.
var mandrillSync = platform{
	name: "Mandrill",
	knows: func(n *node) bool {
		return n.has("type", "action") && (n.path("reject.email") != nil || n.path("entry.email") != nil)
	},
	word:  "action",
	fates: map[string]fate{"add": {suppressed, ""}, "change": {suppressed, ""}},
	shape: shape{recipient: "reject.email|entry.email", text: "reject.detail", words: "reject.reason|reject.detail", time: "ts|reject.last_event_at|reject.created_at"},
	more: func(ev *event) {
		if t := ev.n.word("type"); t != "blacklist" && t != "denylist" {
			ev.fate.what = passing
			return
		}
		ev.fate.list = mandrillList(ev.n.word("reject.reason"))
		ev.dr.find(Note, "a change of the list: no mail was kept back by it yet")
	},
}

func mandrillList(reason string) List {
	switch strings.ToLower(strings.ReplaceAll(reason, "_", "-")) {
	case "hard-bounce", "soft-bounce":
		return ListBounces
	case "spam":
		return ListComplaints
	case "unsub":
		return ListUnsubscribes
	case "custom", "manual edit", "manual":
		return ListManual
	case "invalid":
		return ListInvalid
	}
	return ListUnknown
}
