package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
)

// isTrace reports whether the table is a message trace of Microsoft 365: the
// summary and Get-MessageTrace (one row a recipient, with a status), the
// enhanced summary ("address##Receive, Fail"), or Get-MessageTraceDetail (one
// row an event, with a detail). Names are of learn.microsoft.com, "Message trace".
func (m *mail) isTrace() bool {
	t := m.d.table()
	if t == nil {
		return false
	}
	summary := t.has("status", "senderaddress") && t.find("recipientaddress", "recipient") >= 0 && t.find("messagetraceid", "fromip", "toip", "networkmessageid", "receivedutc", "received") >= 0
	enhanced := t.has("recipientstatus", "senderaddress") && t.find("origintimestamputc", "origintimestamp", "networkmessageid") >= 0
	detail := t.has("event", "detail") && (t.has("messagetraceid") || t.has("action", "data"))
	return summary || enhanced || detail
}

var traceKeeps = keeps{
	"reply_code":     "the detail of the Fail event: Get-MessageTraceDetailV2, or the message trace in the admin center",
	"enhanced_code":  "the detail of the Fail event: Get-MessageTraceDetailV2, or the message trace in the admin center",
	"remote_host":    "the detail of the Fail event, FQDN=; or the extended message trace",
	"remote_address": "the detail of the Fail event, IP=; or the extended message trace",
	"failed":         "the Date of the Fail event",
	"message_id":     "the Message ID column of the trace",
	"sender":         "the sender address column of the trace",
}

// readTrace reads the rows of a message trace.
func (m *mail) readTrace() []draft {
	t := m.d.table()
	c := tally{d: m.d}
	enhanced := t.has("recipientstatus")
	for r := t.rows(); c.next(r); {
		if enhanced {
			m.traceEnhanced(r, &c)
			continue
		}
		word, _ := r.by("status", "event")
		var dr draft
		if !dr.fate(word) {
			c.skip(r)
			continue
		}
		if c.passed(r, dr.r.Action) {
			continue
		}
		dr.trace(r)
		to := r.t.find("recipientaddress", "recipient")
		if dr.r.Recipient = r.address(to); !dr.r.Recipient.Known() && to >= 0 {
			c.skip(r)
			continue
		}
		if s, i := r.by("detail"); s != "" && dr.r.Action != Delivered {
			s = strings.TrimSpace(strings.TrimPrefix(s, "Reason:"))
			dr.exchangeStatus(r, i, s)
		}
		if s, i := r.by("toip"); s != "" && dr.r.Action != Delivered && ipOf(s) != "" {
			dr.r.RemoteAddress = r.field(i, ipOf(s))
		}
		c.keep(dr)
	}
	return c.done()
}

// traceEnhanced reads "a@example.com##Receive, Fail;b@example.com##Receive, Deliver".
func (m *mail) traceEnhanced(r *rows, c *tally) {
	s, i := r.by("recipientstatus")
	kept := 0
	for rest := s; rest != ""; {
		var one string
		one, rest = cutRecipient(rest)
		to, words, ok := strings.Cut(one, "##")
		if !ok || !isAddress(mailbox(to)) {
			continue
		}
		var dr draft
		fate := dr.fate(words[strings.LastIndexByte(words, ',')+1:])
		if !fate && !isRefusal(words) {
			continue
		}
		kept++
		if c.passed(r, dr.r.Action) {
			continue
		}
		dr.trace(r)
		dr.r.Recipient = r.field(i, mailbox(to))
		if !fate {
			dr.exchangeStatus(r, i, words)
		}
		if !c.keep(dr) {
			return
		}
	}
	if kept == 0 {
		c.skip(r)
	}
}

// cutRecipient gives the first "address##status" of several and those after it.
func cutRecipient(s string) (one, rest string) {
	from := strings.Index(s, "##")
	if from < 0 {
		return s, ""
	}
	from += 2
	next := strings.Index(s[from:], "##")
	if next < 0 {
		return s, ""
	}
	part := strings.LastIndexByte(s[from:from+next], ';')
	if part < 0 {
		return s[:from+next], s[from+next+2:]
	}
	return s[:from+part], s[from+part+1:]
}

// trace reads what a row says of the message.
func (dr *draft) trace(r *rows) {
	rp := &dr.r
	rp.FailedAt = r.time("receivedutc", "received", "date", "dateutc", "origintimestamputc", "origintimestamp", "datetimeutc")
	rp.Sender = r.address(r.t.find("senderaddress"))
	if s, i := r.by("messageid"); s != "" {
		rp.MessageID = r.field(i, messageID(s))
	}
	rp.Subject = r.named("subject", "messagesubject")
	rp.Source = r.platform("Microsoft 365")
}

// fate reads a status or event; false for a step that neither ends nor delays
// the delivery.
func (dr *draft) fate(word string) bool {
	switch normalName(word) {
	case "failed", "fail", "drop", "dropped":
		dr.r.Action = Failed
	case "filteredasspam", "spam":
		dr.r.Action, dr.class, dr.r.Stage = Failed, reply.SpamDetected, StageLocal
		dr.find(Note, "Microsoft 365 took the mail for spam and did not deliver it")
	case "quarantined", "quarantine":
		dr.r.Action, dr.r.Stage = Delayed, StageLocal
		dr.find(Note, "the mail is held in quarantine: neither refused nor delivered")
	case "pending", "defer", "deferred":
		dr.r.Action = Delayed
	case "delivered", "deliver":
		dr.r.Action = Delivered
	case "send", "sendexternal":
		dr.r.Action = Relayed
	case "expanded", "expand":
		dr.r.Action = Expanded
	default:
		return false
	}
	return true
}
