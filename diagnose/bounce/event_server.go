package bounce

import (
	"fmt"
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// kumo is a record of KumoMTA's log, one object a line, or of its log hook
// (https://docs.kumomta.com/reference/log_record/).
var kumo = platform{
	name: "KumoMTA",
	knows: func(n *node) bool {
		return n.has("type", "recipient", "response") && (n.has("queue") || n.has("egress_pool") || n.has("num_attempts") || n.has("peer_address") || n.has("nodeid"))
	},
	word: "type",
	fates: map[string]fate{"bounce": {refused, ""}, "oob": {refused, ""}, "transientfailure": {retried, ""}, "expiration": {refused, ""}, "adminbounce": {kept, ListManual}, "rejection": {refused, ""},
		"deferred": {retried, ""}, "delayed": {retried, ""}, "delivery": {arrived, ""}, "feedback": {complained, ""}},
	shape: shape{code: "response.code", text: "response.content", words: "bounce_classification", time: "event_time|timestamp", id: "id", sending: "source_address.address", remote: "peer_address.name",
		remoteAddress: "peer_address.addr", sender: "sender", messageID: "headers.Message-ID|headers.Message-Id|headers.message-id", subject: "headers.Subject|headers.subject"},
	split: func(e *eventReader, n *node) {
		one := func(to *node) {
			ev := e.begin(n, n)
			ev.dr.r.Recipient = ev.as(to, mailbox(to.str()))
			ev.kumo()
			ev.file()
		}
		if to := n.get("recipient"); to.kind == '"' || len(to.kids) > 0 {
			to.each(one)
			return
		}
		one(nil)
	},
}

func (ev *event) kumo() {
	r, dr := &ev.dr.r, &ev.dr
	if v := ev.n.path("response.enhanced_code"); v != nil && v.kind == '{' {
		if s := v.word("class") + "." + v.word("subject") + "." + v.word("detail"); enhancedLen(s, 0) == len(s) {
			off := ev.e.t.at(v.at)
			dr.status = Field{Value: safe.Untrusted(s), By: safe.Untrusted(ev.e.p.name), Part: ev.e.t.part, Offset: off, Line: ev.e.d.src.line(off)}
		}
	}
	if v := ev.find(ev.n, "response.command"); v != nil {
		if s := commandStage(v.s); s != StageUnknown {
			r.Stage, r.Command = s, ev.as(v, commandWords(v.s, s))
		}
	}
	switch ev.word {
	case "Expiration":
		dr.class = reply.Expired
	case "OOB":
		dr.find(Note, "a bounce that came back later as a mail; the peer is the one that brought it")
	case "Rejection":
		dr.find(Note, "this server refused the mail of the peer; it sent nothing on")
	case "Feedback":
		if v := ev.find(ev.n, "feedback_report.original_rcpt_to"); v != nil {
			r.Recipient = ev.as(v, mailbox(v.str()))
		}
	}
	if ev.word != "Delivery" && r.ReplyCode.Known() && r.ReplyCode.Value[0] == '4' && ev.word == "Bounce" {
		dr.find(Note, "the server gave up although the reply is for the time being")
	}
}

// halon is a record of a Halon server's delivery script as JSON. The script
// chooses the keys; these are the names of the script's own variables
// (https://docs.halon.io/hsl/postdelivery.html).
var halon = platform{
	name: "Halon",
	knows: func(n *node) bool {
		return n.path("attempt.result") != nil || n.path("arguments.attempt") != nil || n.has("transactionid") && (n.has("recipientaddress") || n.has("recipient")) ||
			n.has("remotemx") && (n.has("recipient") || n.has("recipientaddress"))
	},
	word:  "action",
	fates: map[string]fate{"bounce": {refused, ""}, "delete": {refused, ""}, "retry": {retried, ""}, "delivered": {arrived, ""}},
	shape: shape{
		recipient: "recipientaddress|recipient|message.recipientaddress|message.recipient|rcpt",
		code:      "attempt.result.code|arguments.attempt.result.code|result.code|code",
		text:      "attempt.result.reason|arguments.attempt.result.reason|result.reason|reason|error",
		time:      "time|timestamp|ts|@timestamp|attempt.finished", messageID: "messageid|message-id|message.messageid",
		id:      "queueid|message.id.queue|id.queue|transactionid|message.id.transaction|id.transaction",
		sending: "attempt.connection.localip|arguments.attempt.connection.localip|connection.localip|localip", remote: "attempt.connection.remotemx|arguments.attempt.connection.remotemx|connection.remotemx|remotemx",
		remoteAddress: "attempt.connection.remoteip|arguments.attempt.connection.remoteip|connection.remoteip|remoteip",
		sender:        "senderaddress|sender|message.senderaddress|message.sender", subject: "subject|message.subject",
	},
	more: func(ev *event) {
		ev.halonStatus()
		code := string(ev.dr.r.ReplyCode.Value)
		if code == "" {
			code = readCodes(string(ev.dr.r.Diagnostic.Value)).reply
		}
		switch ev.fate.what {
		case passing, arrived:
			// the script need not name what it did: the reply tells
			switch {
			case strings.HasPrefix(code, "2"):
				ev.word, ev.fate.what = "delivered", arrived
			case strings.HasPrefix(code, "4"):
				ev.fate.what = retried
			case strings.HasPrefix(code, "5"):
				ev.fate.what = refused
			}
		case refused:
			if strings.HasPrefix(code, "2") {
				ev.fate.what = arrived
			}
		}
		if s := commandStage(ev.n.word("attempt.result.state", "state")); s != StageUnknown {
			ev.dr.r.Stage = s
		}
	},
}

// halonStatus takes the enhanced code, three numbers in an array, and a reply
// of several lines.
func (ev *event) halonStatus() {
	for _, p := range []string{"attempt.result", "arguments.attempt.result", "result"} {
		res := ev.n.path(p)
		if v := res.get("enhanced"); v != nil && len(v.kids) == 3 {
			if s := fmt.Sprintf("%s.%s.%s", v.kids[0].str(), v.kids[1].str(), v.kids[2].str()); enhancedLen(s, 0) == len(s) {
				off := ev.e.t.at(v.at)
				ev.dr.status = Field{Value: safe.Untrusted(s), By: safe.Untrusted(ev.e.p.name), Part: ev.e.t.part, Offset: off, Line: ev.e.d.src.line(off)}
			}
		} else if v.str() != "" {
			ev.status(v)
		}
		if v := res.get("reason"); v != nil && v.kind == '[' && len(v.kids) > 1 {
			var lines []string
			for i := range v.kids[:min(len(v.kids), maxReplyLines)] {
				lines = append(lines, v.kids[i].str())
			}
			ev.dr.r.Diagnostic = ev.field(&v.kids[0])
			ev.dr.r.Diagnostic.Value = safe.Untrusted(joinReply(lines))
		}
	}
}

// postal is a webhook of Postal (https://docs.postalserver.io/developer/webhooks).
var postal = platform{
	name: "Postal",
	knows: func(n *node) bool {
		return n.get("payload") != nil && n.has("event") && (n.path("payload.message") != nil || n.path("payload.original_message") != nil)
	},
	word: "event",
	fates: map[string]fate{"messagedeliveryfailed": {refused, ""}, "messagebounced": {refused, ""}, "messagedelayed": {retried, ""}, "messageheld": {held, ""}, "messagesent": {arrived, ""},
		"messageloaded": {arrived, ""}, "messagelinkclicked": {arrived, ""}},
	shape: shape{recipient: "payload.original_message.to|payload.message.to", text: "payload.output|payload.details", words: "payload.details", time: "payload.timestamp|timestamp",
		messageID: "payload.original_message.message_id|payload.message.message_id", id: "payload.original_message.token|payload.message.token",
		sender: "payload.original_message.from|payload.message.from", subject: "payload.original_message.subject|payload.message.subject"},
	more: func(ev *event) {
		if ev.n.path("payload.bounce") != nil && ev.fate.what != refused {
			ev.dr.find(Contradiction, safe.Textf("the event is called %s, but it carries the bounce that came back", cut(ev.word, maxEventWord)))
			ev.fate.what = refused
		}
		details := strings.ToLower(ev.n.word("payload.details"))
		if strings.Contains(details, "is on the suppression list") {
			ev.fate = fate{suppressed, ListBounces} // its one list holds what failed hard
		}
		if ev.fate.what == refused && ev.n.word("payload.status") == "SoftFail" {
			ev.fate.what = retried
		}
		if raw := ev.find(ev.n, "payload.bounce.raw_message|payload.raw_message"); raw != nil {
			ev.returned(raw)
		}
	},
}
