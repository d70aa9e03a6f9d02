package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
)

// sparkpost is an event of the webhook: a member of "msys"
// (https://developers.sparkpost.com/api/events/).
var sparkpost = platform{
	name:  "SparkPost",
	knows: func(n *node) bool { return n.has("msys") },
	split: func(e *eventReader, n *node) {
		for i := range kidsOf(n.get("msys")) {
			e.p = &sparkpostBare
			sparkpostBare.take(e, &n.get("msys").kids[i])
		}
	},
}

// sparkpostBare is the same event as the events API answers it.
var sparkpostBare = platform{
	name: "SparkPost",
	knows: func(n *node) bool {
		return n.has("type") && (n.has("raw_rcpt_to") || n.has("rcpt_to", "transmission_id"))
	},
	word: "type",
	fates: map[string]fate{"bounce": {refused, ""}, "out_of_band": {refused, ""}, "policy_rejection": {kept, ""}, "generation_rejection": {kept, ""}, "generation_failure": {kept, ""},
		"delay": {retried, ""}, "delivery": {arrived, ""}, "open": {arrived, ""}, "initial_open": {arrived, ""}, "click": {arrived, ""}, "spam_complaint": {complained, ""},
		"list_unsubscribe": {left, ""}, "link_unsubscribe": {left, ""}},
	shape: shape{recipient: "raw_rcpt_to|rcpt_to", code: "error_code", text: "raw_reason|reason", words: "", time: "timestamp", id: "message_id|transmission_id",
		sending: "sending_ip", remote: "routing_domain", remoteAddress: "ip_address|remote_addr", sender: "msg_from|friendly_from", subject: "subject"},
	more: func(ev *event) {
		// routing_domain is the domain that was looked up, not a host
		ev.dr.r.RemoteMTA = Field{}
		said := strings.ToLower(ev.n.word("raw_reason", "reason"))
		class := ev.n.word("bounce_class")
		switch {
		case strings.Contains(said, "suppressed") && (ev.fate.what == kept || ev.fate.what == refused):
			ev.fate = fate{suppressed, ListUnknown}
			if strings.Contains(said, "customer policy") {
				ev.dr.r.List = ListUnknown // the account's own list; its entry tells what put the address there
			}
		case ev.fate.what != refused:
		case class == "60":
			ev.fate.what = answered
		case class == "80":
			ev.fate.what = passing
		case class == "90":
			ev.fate.what = left
		case class == "100":
			ev.fate.what = challenged
		}
		ev.dr.class = sparkpostClasses[class]
		if ev.fate.what == refused && !ev.dr.r.ReplyCode.Known() && strings.Contains(" 20 21 22 23 24 40 70 ", " "+class+" ") {
			ev.dr.soft = true
		}
	},
}

// sparkpostClasses are the bounce classes that say one thing
// (https://support.sparkpost.com/docs/deliverability/bounce-classification-codes).
var sparkpostClasses = map[string]reply.Reason{"10": reply.UserUnknown, "21": reply.HostUnknown, "22": reply.MailboxFull, "23": reply.MesgTooBig, "24": reply.Expired,
	"50": reply.Blocked, "51": reply.Blocked, "52": reply.SpamDetected, "53": reply.ContentError, "54": reply.NoRelaying}
