package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// postmark is a webhook (RecordType), or an entry of GET /bounces
// (https://postmarkapp.com/developer/webhooks/bounce-webhook).
var postmark = platform{
	name: "Postmark",
	knows: func(n *node) bool {
		return n.has("RecordType") && (n.has("MessageID") || n.has("ServerID")) || n.has("TypeCode", "BouncedAt")
	},
	word: "RecordType",
	fates: map[string]fate{"bounce": {refused, ""}, "spamcomplaint": {complained, ""}, "delivery": {arrived, ""}, "open": {arrived, ""}, "click": {arrived, ""},
		"subscriptionchange": {suppressed, ""}},
	shape: shape{recipient: "Email|Recipient", text: "Details", words: "Description|SuppressionReason", time: "BouncedAt|ChangedAt|DeliveredAt|ReceivedAt", messageID: "", id: "MessageID",
		sender: "From", subject: "Subject"},
	more: func(ev *event) {
		if ev.word == "" {
			ev.word, ev.fate = "Bounce", fate{refused, ""}
		}
		switch ev.fate.what {
		case refused:
			ev.postmarkType()
		case suppressed:
			ev.postmarkChange()
		}
		if ev.n.isTrue("Inactive") && ev.fate.what == refused {
			ev.fate.list = ListBounces
		}
		if content := ev.n.get("Content"); content.str() != "" {
			ev.returned(content)
		}
	},
}

// postmarkTypes are the types of bounce that are no refusal
// (https://postmarkapp.com/developer/api/bounce-api#bounce-types).
var postmarkTypes = map[string]fate{"transient": {retried, ""}, "softbounce": {retried, ""}, "dnserror": {retried, ""}, "unsubscribe": {left, ""}, "subscribe": {passing, ""},
	"autoresponder": {answered, ""}, "addresschange": {answered, ""}, "challengeverification": {challenged, ""}, "spamcomplaint": {complained, ""},
	"manuallydeactivated": {suppressed, ListManual}, "unconfirmed": {passing, ""}, "smtpapierror": {kept, ""}, "templaterenderingfailed": {kept, ""}}

func (ev *event) postmarkType() {
	kind := ev.n.word("Type")
	if f, ok := postmarkTypes[strings.ToLower(kind)]; ok {
		ev.fate, ev.word = f, kind
	}
	switch kind {
	case "BadEmailAddress":
		ev.fate = fate{kept, ListInvalid}
	case "Blocked":
		ev.dr.class = reply.Blocked
	case "SpamNotification":
		ev.dr.class = reply.SpamDetected
	case "VirusNotification":
		ev.dr.class = reply.VirusDetected
	}
}

// postmarkChange reads that an address was put on a list, or taken off it.
func (ev *event) postmarkChange() {
	ev.dr.find(Note, "a change of the list: no mail was kept back by it yet")
	switch ev.n.word("SuppressionReason") {
	case "HardBounce":
		ev.fate.list = ListBounces
	case "SpamComplaint":
		ev.fate = fate{complained, ListComplaints}
	case "ManualSuppression":
		ev.fate.list = ListManual
		if ev.n.word("Origin") == "Recipient" {
			ev.fate = fate{left, ListUnsubscribes}
		}
	}
	if !ev.n.isTrue("SuppressSending") {
		ev.fate = fate{passing, ""}
	}
}

// postmarkRefusal is what the sending API answers for an address on a list:
// ErrorCode 406.
var postmarkRefusal = platform{
	name:  "Postmark",
	knows: func(n *node) bool { return n.word("ErrorCode") == "406" && n.has("Message") },
	word:  "ErrorCode",
	shape: shape{recipient: "To", words: "Message", time: "SubmittedAt", id: "MessageID"},
	more: func(ev *event) {
		ev.fate = fate{suppressed, ListUnknown}
		v := ev.n.get("Message")
		if start, end, ok := nextAddress(v.str(), 0); ok && !ev.dr.r.Recipient.Known() {
			ev.dr.r.Recipient = ev.as(v, v.s[start:end])
		}
	},
}

// The bounds of returned mail within events.
const (
	maxReturnedMail  = 256 << 10 // bytes of one
	maxReturnedMails = 200       // looked into in one input
)

// returned takes from the notification that a platform hands on what the event
// itself lacks.
func (ev *event) returned(v *node) {
	s := v.str()
	if ev.e.raws++; ev.e.raws > maxReturnedMails || len(s) > maxReturnedMail || !strings.Contains(s, "\n") {
		return
	}
	inner := &doc{src: newSource(s), opts: ev.e.d.opts, b: &budget{}}
	start := inner.mailStart()
	if start < 0 {
		return
	}
	reports := inner.mail(inner.walk(start)).read(maxForwards)
	for i := range reports {
		r := &reports[i]
		same := strings.EqualFold(string(r.Recipient.Value), string(ev.dr.r.Recipient.Value))
		if r.NotABounce != "" || !same && (len(reports) > 1 || ev.dr.r.Recipient.Known()) {
			continue
		}
		took := false
		for _, f := range [...]struct{ to, from *Field }{{&ev.dr.r.Recipient, &r.Recipient}, {&ev.dr.r.RemoteMTA, &r.RemoteMTA}, {&ev.dr.r.RemoteAddress, &r.RemoteAddress},
			{&ev.dr.r.ReportingMTA, &r.ReportingMTA}, {&ev.dr.r.MessageID, &r.MessageID}, {&ev.dr.r.Sender, &r.Sender}, {&ev.dr.r.Subject, &r.Subject}, {&ev.dr.r.Diagnostic, &r.Diagnostic}} {
			if f.to.Known() || !f.from.Known() {
				continue
			}
			*f.to = *f.from
			f.to.Offset = ev.at(v, f.from.Offset)
			f.to.Line, f.to.Part = ev.e.d.src.line(f.to.Offset), ev.e.t.part
			f.to.By = "the notification in the event"
			took = true
		}
		if took {
			ev.dr.find(Note, safe.Text("what the event lacks was taken from the notification that it carries"))
		}
		return
	}
}
