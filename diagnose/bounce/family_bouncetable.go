package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
)

// isActivity reports whether the table is an Email Activity export of
// SendGrid: an event a row, with SendGrid's own identifiers beside it.
func (m *mail) isActivity() bool {
	t := m.d.table()
	return t != nil && t.has("event") && t.find("email", "toemail") >= 0 &&
		t.find("recvmessageid", "sgmessageid", "sgeventid", "apikeyid", "asmgroupid") >= 0 && t.find("reason", "response") >= 0
}

var activityKeeps = keeps{
	"reply_code":    "the reason column of the bounce or deferred event; the Event Webhook has it in full",
	"enhanced_code": "the reason column of the bounce or deferred event; the Event Webhook has it in full",
	"remote_host":   "the mx column of the event",
	"message_id":    "the smtp-id of the Event Webhook, or the log of the application",
	"sender":        "the bounces address of the account's sending domain; the from column is the author",
}

// isBounceTable reports whether the table is any other one of recipients and
// the replies that refused them. Most texts have to be refusals.
func (m *mail) isBounceTable() bool {
	t := m.d.table()
	if t == nil || !t.addressed() {
		return false
	}
	return t.share(func(row []string) (says, holds bool) {
		for _, n := range replyColumns {
			v := cell(row, t.find(n))
			if isRefusal(v) {
				return true, true
			}
			says = says || v != "" && readCodes(v).reply == ""
		}
		return says && deed(row, t) != Delivered, false
	})
}

// deed gives what a sampled row's own words say of the delivery.
func deed(row []string, t *table) Action {
	for _, n := range eventColumns {
		if a, ok := eventWords[normalName(cell(row, t.find(n)))]; ok {
			return a
		}
	}
	return ""
}

var eventColumns = []string{"event", "eventtype", "status", "result", "action", "dsnaction", "type", "state"}

// eventWords say what became of a mail. Steps that end no delivery are "".
var eventWords = map[string]Action{"delivered": Delivered, "delivery": Delivered, "sent": Delivered, "success": Delivered, "ok": Delivered, "accepted": Delivered,
	"relayed": Relayed, "expanded": Expanded, "processed": "", "open": "", "opened": "", "click": "", "clicked": "", "queued": "", "received": "",
	"deferred": Delayed, "deferral": Delayed, "delayed": Delayed, "retry": Delayed, "pending": Delayed, "transient": Delayed, "tempfail": Delayed,
	"bounce": Failed, "bounced": Failed, "failed": Failed, "failure": Failed, "fail": Failed, "dropped": Failed, "drop": Failed, "rejected": Failed, "reject": Failed,
	"blocked": Failed, "hardbounce": Failed, "softbounce": Failed, "hard": Failed, "soft": Failed, "undelivered": Failed, "permfail": Failed}

var bounceTableKeeps = keeps{
	"reply_code":  "the log or event that the row was made from",
	"remote_host": "the log or event that the row was made from",
	"failed":      "the log or event that the row was made from, by recipient",
	"message_id":  "the log or event that the row was made from, by recipient and time",
}

func (m *mail) readActivity() []draft    { return m.readBounceRows("SendGrid") }
func (m *mail) readBounceTable() []draft { return m.readBounceRows("") }

// readBounceRows reads a delivery, failed or not, a row.
func (m *mail) readBounceRows(source string) []draft {
	t := m.d.table()
	c := tally{d: m.d}
	t.noteBare()
	for r := t.rows(); c.next(r); {
		dr, ok := r.bounce(source)
		if !ok {
			c.skip(r)
			continue
		}
		c.keep(dr)
	}
	return c.done()
}

func (r *rows) bounce(source string) (draft, bool) {
	var dr draft
	rp := &dr.r
	if rp.Recipient = r.address(r.t.find(addressColumns...)); !rp.Recipient.Known() {
		return dr, false
	}
	text, i := r.text()
	word, named := Action(""), false
	for _, n := range eventColumns {
		s, _ := r.by(n)
		s = normalName(s[:min(len(s), 64)])
		if w, known := listWords[s]; known && (w.list == ListComplaints || w.list == ListUnsubscribes) {
			dr.kind, dr.why = NotFeedback, "the row tells of a complaint or an unsubscribe: the mail was delivered"
			named = true
			break
		}
		if a, known := eventWords[s]; known {
			word, named = a, true
			break
		}
	}
	c := readCodes(diagnostic(text))
	switch {
	case dr.kind != "":
	case named && word == "":
		return dr, false
	case named:
		rp.Action = word
	case c.reply != "" && c.reply[0] == '2':
		rp.Action = Delivered
	case isRefusal(text):
		rp.Action = Failed
	}
	rp.Source = r.platform(source)
	rp.FailedAt = r.time(append([]string{"processed"}, timeColumns...)...)
	rp.Sender = r.sender()
	rp.Subject = r.named("subject", "messagesubject")
	if s, k := r.by("messageid", "smtpid"); s != "" && (source == "" || strings.IndexByte(s, '@') > 0) {
		rp.MessageID = r.field(k, messageID(s))
	}
	rp.QueueID = r.named("queueid", "sgmessageid", "recvmessageid")
	if dr.kind != "" {
		return dr, true
	}
	dr.codeCells(r, statusColumns, codeColumns)
	if rp.Action == "" && (rp.ReplyCode.Known() || dr.status.Known()) {
		rp.Action = Failed
	}
	if rp.Action == "" {
		return dr, false
	}
	if text != "" {
		rp.Diagnostic = r.said(i, text)
	}
	dr.host(r, "mx", "mxhost", "remotemta", "remotehost", "dsnmta", "mxrecord", "destinationhost")
	dr.host(r, "mxip", "remoteip", "remoteaddress", "destinationip")
	if s, _ := r.by("event"); strings.EqualFold(s, "dropped") || strings.EqualFold(s, "drop") {
		dr.class, rp.Stage = reply.Suppressed, StageLocal
	}
	return dr, true
}
