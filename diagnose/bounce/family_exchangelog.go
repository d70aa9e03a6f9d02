package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// isExchangeLog reports whether the table is a message tracking log of
// Exchange, the output of Get-MessageTrackingLog as CSV, or the extended
// message trace of Microsoft 365: one row an event
// (learn.microsoft.com, "Message tracking", fields in the log files).
func (m *mail) isExchangeLog() bool {
	t := m.d.table()
	return t != nil && t.has("eventid", "source") && t.find("recipientaddress", "recipients") >= 0 &&
		t.find("connectorid", "internalmessageid", "sourcecontext", "recipientstatus") >= 0
}

var exchangeLogKeeps = keeps{
	"reply_code":     "recipient-status of the FAIL event, or of the last DEFER event before it, by message-id",
	"enhanced_code":  "recipient-status of the FAIL event",
	"remote_host":    "server-hostname of the SEND or DEFER events of this message-id, or the protocol log of the send connector",
	"remote_address": "server-ip of the SEND or DEFER events of this message-id, or the protocol log of the send connector",
	"failed":         "date-time of the event",
	"message_id":     "message-id of the event",
	"sender":         "return-path of the event",
}

// readExchangeLog reads the events that fail or delay a message, a report for
// each recipient.
func (m *mail) readExchangeLog() []draft {
	t := m.d.table()
	c := tally{d: m.d}
	for r := t.rows(); c.next(r); {
		action, note := exchangeEvent(r.get(r.t.find("eventid")))
		if action == "" {
			c.skip(r)
			continue
		}
		if c.passed(r, action) {
			continue
		}
		base := r.exchange(action)
		if note != "" {
			base.find(Note, note)
		}
		to, at := r.by("recipientaddress", "recipients")
		if strings.Contains(to, "System.String[]") {
			m.d.b.noteOnce(Damaged, "Export-Csv wrote System.String[] in place of the recipients: export with Select-Object and -join, or give the log file itself", m.d.src.line(r.at))
		}
		recipients := splitList(to)
		status, statusAt := r.by("recipientstatus")
		if strings.Contains(status, "System.String[]") {
			status = ""
		}
		each := splitStatus(status, len(recipients))
		kept := 0
		for i, one := range recipients {
			if !isAddress(mailbox(one)) {
				continue
			}
			dr := base
			dr.r.Findings = append([]Finding(nil), base.r.Findings...)
			dr.r.Recipient = r.field(at, mailbox(one))
			switch {
			case i < len(each):
				dr.exchangeStatus(r, statusAt, each[i])
			case status != "":
				dr.find(Note, "the event has one status for several recipients")
				dr.exchangeStatus(r, statusAt, cut(status, maxShared))
			}
			kept++
			if !c.keep(dr) {
				break
			}
		}
		if kept == 0 {
			c.skip(r)
		}
	}
	return c.done()
}

// exchangeEvent gives what an event does to the delivery; "" for steps that
// neither end nor delay it. A DSN event is about the notification, whose
// recipient is the sender: its failure is told by a FAIL event.
func exchangeEvent(id string) (Action, safe.Text) {
	switch strings.ToUpper(id) {
	case "FAIL":
		return Failed, ""
	case "BADMAIL":
		return Failed, "the message was taken from the pickup or replay directory and cannot be delivered or returned"
	case "POISONMESSAGE":
		return Failed, "the message was put aside as one that may crash the server"
	case "DROP":
		return Failed, "the message was dropped without a notification"
	case "DEFER":
		return Delayed, ""
	case "DELIVER", "DUPLICATEDELIVER":
		return Delivered, ""
	case "SEND", "SENDEXTERNAL":
		return Relayed, ""
	case "EXPAND":
		return Expanded, ""
	}
	return "", ""
}

// exchange reads what a row says of all of its recipients.
func (r *rows) exchange(action Action) draft {
	var dr draft
	rp := &dr.r
	rp.Action = action
	rp.FailedAt = r.time("datetime", "timestamp", "datetimeutc", "date")
	rp.Sender = r.address(r.t.find("returnpath"))
	if !rp.Sender.Known() {
		rp.Sender = r.address(r.t.find("senderaddress", "sender"))
	}
	if s, _ := r.by("returnpath"); s == "<>" {
		rp.Sender = r.named("returnpath")
	}
	if s, i := r.by("messageid"); s != "" {
		rp.MessageID = r.field(i, messageID(s))
	}
	rp.Subject = r.named("messagesubject")
	rp.QueueID = r.named("internalmessageid")
	host, i := r.by("serverhostname")
	source, _ := r.by("source")
	switch {
	case !isHost(host) && host == "":
	case strings.EqualFold(source, "SMTP") && (action == Delayed || action == Relayed || action == Failed) && remoteEvent(r):
		// of a send the server is the one that was spoken to (learn.microsoft.com, server-hostname: source or destination)
		rp.RemoteMTA = r.field(i, host)
		dr.host(r, "serverip")
	default:
		rp.ReportingMTA = r.field(i, host)
	}
	if host, i = r.by("clienthostname"); rp.RemoteMTA.Known() && host != "" {
		rp.ReportingMTA = r.field(i, host)
	}
	name := "Exchange"
	if isMicrosoftHost(string(rp.ReportingMTA.Value)) || r.t.has("tenantid") && r.t.find("datetimeutc", "origintimestamputc") >= 0 {
		name = "Microsoft 365"
	}
	rp.Source = r.platform(name)
	if s, _ := r.by("connectorid"); s != "" {
		dr.find(Note, safe.Textf("connector %s", cut(s, 200)))
	}
	return dr
}

// remoteEvent reports whether an SMTP event is of a send connector's session
// with another server: it names both ends.
func remoteEvent(r *rows) bool {
	client, _ := r.by("clienthostname")
	server, _ := r.by("serverhostname")
	return client != "" && server != "" && !strings.EqualFold(client, server)
}

func isMicrosoftHost(host string) bool {
	host = strings.ToLower(host)
	return strings.HasSuffix(host, ".outlook.com") || strings.HasSuffix(host, ".exchangelabs.com")
}

// splitList takes the recipients of a cell apart; they stand between
// semicolons (Export-Csv with -join may leave blanks or commas).
func splitList(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool {
		return c == ';' || c == ',' || c == ' ' || c == '{' || c == '}' || c == '\n' || c == '\r'
	})
}

// splitStatus takes the statuses of n recipients apart; nil when they are not
// as many. A semicolon within brackets, or that no status follows, parts nothing.
func splitStatus(s string, n int) []string {
	if n <= 1 {
		if s == "" {
			return nil
		}
		return []string{s}
	}
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case ';':
			rest := strings.TrimLeft(s[i+1:min(len(s), i+16)], " '\"")
			if depth == 0 && (strings.HasPrefix(rest, "[{") || isReplyCode(rest, 0) || enhancedLen(rest, 0) > 0 || rest == "" || rest[0] == ';') {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	if rest := strings.TrimSpace(s[from:]); rest != "" || len(out) < n {
		out = append(out, s[from:])
	}
	if len(out) != n {
		return nil
	}
	return out
}

// exchangeStatus reads a status: a reply, or what the transport keeps of its
// last try, "[{LED=451 4.4.0 ...};{MSG=};{FQDN=mx.example.com};{IP=192.0.2.1};{LRT=...}]".
func (dr *draft) exchangeStatus(r *rows, i int, s string) {
	s = strings.Trim(strings.TrimSpace(s), "'\"")
	if len(s) > 2 && s[0] == '{' && (digit(s[1]) || s[1] == '[') {
		s = strings.TrimSuffix(s[1:], "}") // as PowerShell shows a list of one
	}
	items := statusItems(s)
	if items == nil {
		dr.r.Diagnostic = r.said(i, s)
		return
	}
	dr.r.Diagnostic = r.said(i, items["LED"])
	if msg := items["MSG"]; msg != "" && items["LED"] == "" {
		dr.r.Diagnostic = r.said(i, msg)
	}
	if host := items["FQDN"]; isHost(host) {
		dr.r.RemoteMTA = r.field(i, host)
	}
	if addr := ipOf(items["IP"]); addr != "" {
		dr.r.RemoteAddress = r.field(i, addr)
	}
}

// statusItems reads "{NAME=value};{NAME=value}" with what stands around it; nil for anything else.
func statusItems(s string) map[string]string {
	at := strings.Index(s, "{LED=")
	if at < 0 {
		return nil
	}
	items := map[string]string{}
	for s = s[at:]; len(items) < 20; {
		body, ok := strings.CutPrefix(s, "{")
		if !ok {
			break
		}
		end := strings.Index(body, "};{")
		next := end + len("};")
		if end < 0 {
			end = strings.LastIndexByte(body, '}')
			next = len(body)
		}
		if end < 0 {
			end, next = len(body), len(body)
		}
		if name, value, ok := strings.Cut(body[:end], "="); ok {
			items[strings.ToUpper(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
		s = body[next:]
	}
	return items
}
