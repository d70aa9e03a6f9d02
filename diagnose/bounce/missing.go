package bounce

import "deadletter/diagnose/safe"

// lack is a field that a bounce may lack, and where it is to be had when its
// kind of source names no better place.
type lack struct {
	field string
	what  safe.Text
	known func(*Report) bool
	where safe.Text
}

var lacks = []lack{
	{"recipient", "recipient", func(r *Report) bool { return r.Recipient.Known() }, "the log of the sending server, by time and message ID"},
	{"reply_code", "reply code", func(r *Report) bool { return r.ReplyCode.Known() }, "the log of the reporting host: the reply begins with three digits"},
	{"enhanced_code", "enhanced code", func(r *Report) bool { return r.EnhancedCode.Known() }, "the Status field of the notification, or the full reply in the log; some servers give none"},
	{"remote_host", "host that refused", func(r *Report) bool { return r.RemoteMTA.Known() }, "the log of the reporting host, by queue ID or message ID"},
	{"remote_address", "address of that host", func(r *Report) bool { return r.RemoteAddress.Known() }, "the log of the reporting host; or look the host name up, which shows what it is now"},
	{"failed", "time of the failure", func(r *Report) bool { return !r.FailedAt.At.IsZero() }, "the Date field of the bounce"},
	{"message_id", "message ID", func(r *Report) bool { return r.MessageID.Known() }, "the returned header, or the log of the sending server by recipient and time"},
	{"sender", "envelope sender", func(r *Report) bool { return r.Sender.Known() }, "Return-Path of the returned header, or the log of the sending server"},
}

// missing names the fields that a bounce lacks, and where its kind of source
// keeps them. What is no failure lacks nothing.
func missing(r *Report) []Missing {
	if r.NotABounce != "" {
		return nil
	}
	kept := keeps(nil)
	if f := familyOf(r.Format); f != nil {
		kept = f.keeps
	}
	var out []Missing
	for _, l := range lacks {
		if l.known(r) {
			continue
		}
		if r.Stage == StageLocal && (l.field == "remote_host" || l.field == "remote_address") {
			continue // no other host was asked
		}
		at, ok := kept[l.field]
		if !ok {
			at = l.where
		}
		if l.field == "message_id" && isLogFormat(r.Format) && !r.QueueID.Known() {
			at = "refused before the message was sent, so this server never saw it; the log of the sending side has it"
		}
		if out == nil {
			out = make([]Missing, 0, 4)
		}
		out = append(out, Missing{Field: l.field, What: l.what, Where: at})
	}
	return out
}
