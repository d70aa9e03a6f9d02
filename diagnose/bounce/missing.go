package bounce

import "deadletter/diagnose/safe"

// where says where a kind of source keeps a field that its bounces may lack.
type where struct {
	field string
	what  safe.Text
	known func(*Report) bool
	in    map[Format]safe.Text
	any   safe.Text
}

var wheres = []where{
	{"recipient", "recipient", func(r *Report) bool { return r.Recipient.Known() }, map[Format]safe.Text{
		FormatReply: "the log line of the sending server that this reply stands in: to=<...>",
	}, "the log of the sending server, by time and message ID"},
	{"reply_code", "reply code", func(r *Report) bool { return r.ReplyCode.Known() }, map[Format]safe.Text{
		FormatPostfixLog: "an earlier line of the same queue ID",
	}, "the log of the reporting host: the reply begins with three digits"},
	{"enhanced_code", "enhanced code", func(r *Report) bool { return r.EnhancedCode.Known() }, map[Format]safe.Text{
		FormatPostfixLog: "dsn= of the log line",
	}, "the Status field of the notification, or the full reply in the log; some servers give none"},
	{"remote_host", "host that refused", func(r *Report) bool { return r.RemoteMTA.Known() }, map[Format]safe.Text{
		FormatDSN:        "Remote-MTA of the notification, or relay= in the log of the reporting host",
		FormatPostfixLog: "relay= of the delivery line of this queue ID",
		FormatReply:      "the log line of the sending server: relay=, or host ... said",
		FormatGoogle:     "the message's delivery log in the Google admin console",
		FormatMicrosoft:  "message trace of the sending tenant: the event's detail names the server",
	}, "the log of the reporting host, by queue ID or message ID"},
	{"remote_address", "address of that host", func(r *Report) bool { return r.RemoteAddress.Known() }, map[Format]safe.Text{
		FormatDSN:       "the human part of the notification, or relay=host[address] in the log of the reporting host",
		FormatMicrosoft: "message trace of the sending tenant: the event's detail names the server",
	}, "the log of the reporting host; or look the host name up, which shows what it is now"},
	{"failed", "time of the failure", func(r *Report) bool { return !r.FailedAt.At.IsZero() }, map[Format]safe.Text{
		FormatReply:      "the log line of the sending server",
		FormatStatus:     "the Date field of the bounce, above this block",
		FormatPostfixLog: "the beginning of the log line",
	}, "the Date field of the bounce"},
	{"message_id", "message ID", func(r *Report) bool { return r.MessageID.Known() }, map[Format]safe.Text{
		FormatPostfixLog: "the cleanup line of this queue ID: message-id=<...>",
		FormatReply:      "the log of the sending server, by queue ID: message-id=<...>",
		FormatStatus:     "the part of the bounce below this block: the returned header",
	}, "the returned header, or the log of the sending server by recipient and time"},
	{"sender", "envelope sender", func(r *Report) bool { return r.Sender.Known() }, map[Format]safe.Text{
		FormatPostfixLog: "the qmgr line of this queue ID: from=<...>",
	}, "Return-Path of the returned header, or the log of the sending server"},
}

// missing names the fields that a bounce lacks, and where its kind of source
// keeps them. What is no failure lacks nothing.
func missing(r *Report) []Missing {
	if r.NotABounce != "" {
		return nil
	}
	var out []Missing
	for _, w := range wheres {
		if w.known(r) {
			continue
		}
		if r.Stage == StageLocal && (w.field == "remote_host" || w.field == "remote_address") {
			continue // no other host was asked
		}
		at, ok := w.in[r.Format]
		if !ok {
			at = w.any
		}
		if w.field == "message_id" && r.Format == FormatPostfixLog && !r.QueueID.Known() {
			at = "refused before the message was sent, so this server never saw it; the log of the sending side has it"
		}
		out = append(out, Missing{Field: w.field, What: w.what, Where: at})
	}
	return out
}
