package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// isPowerMTA reports whether the table is an accounting file of PowerMTA. Its
// columns are chosen in the configuration (record-fields of acct-file), in any
// order; these names are of no other program.
func (m *mail) isPowerMTA() bool {
	t := m.d.table()
	return t != nil && t.has("rcpt") && t.find("dsnstatus", "dsndiag", "dsnaction", "bouncecat") >= 0
}

var powerMTAKeeps = keeps{
	"reply_code":     "dsnDiag of the record; add it to record-fields of the acct-file",
	"enhanced_code":  "dsnStatus of the record; add it to record-fields of the acct-file",
	"remote_host":    "dsnMta of the record, or the log of PowerMTA by time and queue",
	"remote_address": "dlvDestinationIp of the record; add it to record-fields of the acct-file",
	"failed":         "timeLogged of the record",
	"message_id":     "header_Message-Id of the record, where record-fields and log-headers name it",
	"sender":         "orig of the record; add it to record-fields of the acct-file",
}

// readPowerMTA reads the records: b a failure, rb a failure told later by a
// notification, t a try that is repeated, d a delivery, f a complaint. Without
// a type the action says it.
func (m *mail) readPowerMTA() []draft {
	t := m.d.table()
	c := tally{d: m.d}
	for r := t.rows(); c.next(r); {
		dr, ok := r.fate()
		if !ok {
			c.skip(r)
			continue
		}
		if c.passed(r, dr.r.Action) {
			continue
		}
		if !r.powerMTA(&dr) {
			c.skip(r)
			continue
		}
		c.keep(dr)
	}
	return c.done()
}

// fate reads what a record says became of the mail; false for records of other
// things.
func (r *rows) fate() (dr draft, ok bool) {
	rp := &dr.r
	action, _ := r.by("dsnaction")
	switch kind := strings.ToLower(r.get(r.t.find("type"))); kind {
	case "b", "rb":
		rp.Action = Failed
		if strings.EqualFold(action, "delayed") {
			rp.Action = Delayed
		}
		if kind == "rb" {
			dr.find(Note, "the mail was accepted first; a notification came later")
		}
	case "t", "tq":
		rp.Action = Delayed
	case "d":
		rp.Action = Delivered
		if strings.EqualFold(action, "relayed") {
			rp.Action = Relayed
		}
	case "f":
		dr.kind, dr.why = NotFeedback, "the record is a complaint: the mail was delivered, and its reader reported it"
	case "":
		switch strings.ToLower(action) {
		case "failed":
			rp.Action = Failed
		case "delayed":
			rp.Action = Delayed
		case "relayed":
			rp.Action = Relayed
		case "delivered":
			rp.Action = Delivered
		case "expanded":
			rp.Action = Expanded
		default:
			return dr, false
		}
	default:
		return dr, false
	}
	return dr, true
}

// powerMTA reads the rest of a record; false without a recipient.
func (r *rows) powerMTA(dr *draft) bool {
	rp := &dr.r
	if rp.Recipient = r.address(r.t.find("rcpt")); !rp.Recipient.Known() {
		return false
	}
	rp.OriginalRecipient = r.address(r.t.find("orcpt"))
	rp.Sender = r.address(r.t.find("orig"))
	rp.FailedAt = r.time("timelogged", "timefirstattempt")
	rp.Arrived = r.time("timequeued", "timeimprinted")
	rp.Source = r.platform("PowerMTA")
	if s, i := r.by("dsndiag"); s != "" {
		rp.Diagnostic = r.said(i, s)
	}
	dr.codeCells(r, []string{"dsnstatus"}, nil)
	dr.host(r, "dsnmta")
	dr.host(r, "dlvdestinationip")
	rp.ReportingMTA = r.named("dsnreportingmta")
	rp.EnvelopeID = r.named("envid")
	rp.Subject = r.named("headersubject")
	if s, i := r.by("headermessageid"); s != "" {
		rp.MessageID = r.field(i, messageID(s))
	}
	if s, _ := r.by("bouncecat"); s != "" && rp.Action == Failed {
		dr.find(Note, safe.Textf("PowerMTA sorted it as %s", s))
	}
	return true
}
