package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// ses is a notification (notificationType) or a published event (eventType) of
// Amazon SES, in SNS's envelope or by itself
// (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html).
var ses = platform{
	name:  "Amazon SES",
	knows: func(n *node) bool { return n.has("mail") && (n.has("notificationType") || n.has("eventType")) },
	word:  "notificationType",
	fates: map[string]fate{"bounce": {refused, ""}, "complaint": {complained, ""}, "delivery": {arrived, ""}, "deliverydelay": {retried, ""}, "reject": {kept, ""},
		"rendering failure": {kept, ""}, "open": {arrived, ""}, "click": {arrived, ""}, "subscription": {left, ""}},
	shape: shape{messageID: "mail.commonHeaders.messageId", id: "mail.messageId", sender: "mail.source", subject: "mail.commonHeaders.subject"},
	split: func(e *eventReader, n *node) {
		word := n.word("notificationType", "eventType")
		said, list := n, (*node)(nil)
		switch strings.ToLower(word) {
		case "bounce":
			said = n.get("bounce")
			list = said.get("bouncedRecipients")
		case "complaint":
			said = n.get("complaint")
			list = said.get("complainedRecipients")
		case "delivery":
			said = n.get("delivery")
			list = said.get("recipients")
		case "deliverydelay":
			said = n.get("deliveryDelay")
			list = said.get("delayedRecipients")
		case "reject":
			said = n.get("reject")
		case "rendering failure":
			said = n.get("failure")
		}
		one := func(to *node) {
			ev := e.begin(n, n)
			ev.word, ev.fate = word, e.p.fates[strings.ToLower(word)]
			if to != nil && to.kind == '"' {
				ev.dr.r.Recipient = ev.as(to, mailbox(to.s))
			} else {
				ev.shape(to, &shape{recipient: "emailAddress", status: "status", text: "diagnosticCode"})
			}
			ev.ses(said, to)
			ev.file()
		}
		if list == nil || len(list.kids) == 0 {
			list = n.path("mail.destination") // a refusal of the whole mail names nobody
		}
		if list == nil || len(list.kids) == 0 {
			one(nil)
			return
		}
		list.each(one)
	},
}

// ses takes what is said of all recipients of a notification.
func (ev *event) ses(said, to *node) {
	r, dr := &ev.dr.r, &ev.dr
	ev.shape(said, &shape{time: "timestamp", reporting: "reportingMTA", remoteAddress: "remoteMtaIp"})
	if !r.FailedAt.Known() {
		r.FailedAt = ev.time(ev.n, "mail.timestamp")
		if r.FailedAt.Known() {
			dr.find(Note, "the time is when the mail was handed to Amazon SES; the notification gives no other")
		}
	}
	if !r.Diagnostic.Known() {
		ev.said(ev.find(said, "smtpResponse|reason|errorMessage"), nil)
	}
	switch strings.ToLower(to.word("action")) {
	case "failed":
		r.Action = Failed
	case "delayed":
		r.Action = Delayed
	}
	kind, sub := said.word("bounceType"), said.word("bounceSubType", "complaintSubType")
	switch sub {
	case "Suppressed":
		ev.fate = fate{suppressed, ListBounces} // the list of all of SES: addresses that bounced lately
	case "OnAccountSuppressionList":
		ev.fate = fate{suppressed, ListUnknown}
		if said.has("complainedRecipients") {
			ev.fate.list = ListComplaints
		}
	case "UnsubscribedRecipient":
		ev.fate = fate{suppressed, ListUnsubscribes}
	case "NoEmail":
		dr.class = reply.UserUnknown
	case "MailboxFull":
		dr.class = reply.MailboxFull
	case "MessageTooLarge":
		dr.class = reply.MesgTooBig
	case "ContentRejected", "AttachmentRejected":
		dr.class = reply.ContentError
	case "CustomTimeoutExceeded":
		dr.class = reply.Expired
	}
	if kind == "Transient" {
		dr.soft = true
		if r.Action == "" && ev.fate.what == refused {
			r.Action = Delayed
		}
	}
	if v := said.get("delayType"); v != nil && !r.Diagnostic.Known() {
		ev.said(nil, v)
	}
	if v := said.get("expirationTime"); v != nil {
		r.RetryUntil = ev.time(said, "expirationTime")
	}
	if !r.Diagnostic.Known() && sub != "" {
		ev.said(nil, ev.find(said, "bounceSubType|complaintSubType"))
	}
	if kind != "" && kind != "Permanent" {
		dr.find(Note, safe.Textf("Amazon SES calls the bounce %s, %s", cut(kind, 40), cut(sub, 40)))
	}
	if !r.MessageID.Known() {
		// commonHeaders lacks it in older notifications; the headers have it
		for _, h := range kidsOf(ev.n.path("mail.headers")) {
			if strings.EqualFold(h.word("name"), "Message-ID") {
				v := h.get("value")
				r.MessageID = ev.as(v, messageID(v.str()))
				break
			}
		}
	}
}

func kidsOf(n *node) []node {
	if n == nil {
		return nil
	}
	return n.kids
}
