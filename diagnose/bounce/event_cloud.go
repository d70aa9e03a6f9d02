package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
)

// azure is a delivery report of Azure Communication Services, an Event Grid or
// CloudEvents event
// (https://learn.microsoft.com/azure/event-grid/communication-services-email-events).
var azure = platform{
	name: "Azure",
	knows: func(n *node) bool {
		return strings.HasSuffix(n.word("eventType", "type"), "EmailDeliveryReportReceived") && n.get("data") != nil
	},
	word: "data.status",
	fates: map[string]fate{"bounced": {refused, ""}, "failed": {refused, ""}, "suppressed": {suppressed, ListUnknown}, "quarantined": {refused, ""}, "filteredspam": {refused, ""},
		"delivered": {arrived, ""}, "expanded": {arrived, ""}},
	shape: shape{recipient: "data.recipient", text: "data.deliveryStatusDetails.statusMessage|data.deliveryStatusDetails", words: "data.status",
		time: "data.deliveryAttemptTimeStamp|data.deliveryAttemptTimestamp|eventTime|time", messageID: "data.internetMessageId", id: "data.messageId",
		remote: "data.deliveryStatusDetails.recipientMailServerHostName", sender: "data.sender"},
	more: func(ev *event) {
		switch strings.ToLower(ev.word) {
		case "quarantined", "filteredspam":
			ev.dr.class = reply.SpamDetected
		}
	},
}

// oci is a log record of Oracle Cloud Email Delivery
// (https://docs.oracle.com/iaas/Content/Logging/Reference/details_for_emaildelivery.htm).
var oci = platform{
	name:  "Oracle Email Delivery",
	knows: func(n *node) bool { return n.get("data") != nil && strings.Contains(n.word("type"), "emaildelivery") },
	word:  "data.action",
	fates: map[string]fate{"bounce": {refused, ""}, "relay": {arrived, ""}, "accept": {passing, ""}, "complain": {complained, ""}, "complaint": {complained, ""}, "open": {arrived, ""}, "click": {arrived, ""}},
	shape: shape{recipient: "data.recipient", text: "data.smtpStatus|data.message|data.errorDetail", words: "data.errorType", time: "time|data.timestamp|datetime", messageID: "data.messageId",
		id: "data.envelopeId|id", sending: "data.sendingIp|data.sendingPoolIp", remote: "data.receivingMta|data.errorSource", sender: "data.envelopeSender|data.sender", subject: "data.subject"},
	more: func(ev *event) {
		kind := strings.ToLower(ev.n.word("data.errorType"))
		code := ev.n.word("data.smtpStatus")
		switch {
		case ev.fate.what == complained:
		case strings.Contains(kind, "suppress"): // their spelling: "Recepient suppressed"
			ev.fate = fate{suppressed, ListUnknown}
		case kind == "" && strings.HasPrefix(code, "2"):
		case strings.Contains(kind, "soft"), strings.HasPrefix(code, "4"):
			ev.fate = fate{retried, ""}
		case kind != "" || strings.HasPrefix(code, "5"):
			ev.fate = fate{refused, ""}
			if strings.HasSuffix(ev.n.word("type"), "outboundaccepted") {
				ev.fate.what = kept // the platform itself refused our submission
			}
		}
		if kind == "invalid recipient" {
			ev.fate.list = ListInvalid
		}
	},
}
