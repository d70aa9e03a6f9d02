package bounce

import (
	"slices"
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// The columns of suppression lists and tables of bounces, by what they hold;
// the surest name first.
var (
	addressColumns = []string{"recipient", "recipientaddress", "recipientemail", "emailaddress", "email", "address", "rcpt", "rcptto", "toemail", "toaddress", "to",
		"bouncedemail", "bouncedaddress", "bouncedrecipient", "contactemail", "useremail", "subscriberemail", "subscriber", "emailadresse", "mail", "contact"}
	replyColumns = []string{"smtpreply", "smtpresponse", "smtperror", "smtpmessage", "diagnosticcode", "diagnostic", "dsndiag", "errordetail", "bouncemessage", "bouncedetail",
		"bouncedescription", "blockdescription", "friendlyerrormessage", "servermessage", "serverresponse", "response", "reply", "error", "errormessage", "bouncereason", "failurereason", "reason", "detail", "details",
		"description", "message", "statusmessage", "statusdetail", "reasonmessage", "remarks"}
	kindColumns = []string{"suppressionreason", "suppressiontype", "list", "listtype", "listname", "blockedreason", "reasoncode", "reason", "source", "origin", "bouncetype",
		"bouncecategory", "type", "category", "classification", "event", "status", "result", "action"}
	codeColumns   = []string{"smtpcode", "smtpreplycode", "replycode", "responsecode", "statuscode", "errorcode", "bouncecode", "code", "status"}
	statusColumns = []string{"enhancedcode", "enhancedstatuscode", "enhancedstatus", "dsnstatus", "dsn", "dsncode", "status", "statuscode", "code"}
	timeColumns   = []string{"created", "createdat", "createddate", "createdtime", "createdon", "datecreated", "creationdate", "blockedat", "bouncedat", "bouncedate", "bouncetime", "suppressedat", "suppressedtime", "addedat", "addedon", "dateadded",
		"lastupdatetime", "timecreated", "timestamp", "eventtime", "loggedat", "date", "datetime", "time", "dateupdated", "updated", "updatedat", "lasteventat"}
	senderColumns = []string{"senderemail", "sender", "senderaddress", "from", "fromemail", "fromaddress", "mailfrom", "envelopefrom", "envelopesender", "returnpath"}
)

// listSource is the shape of one platform's list.
type listSource struct {
	name  string
	needs []string // columns that it has
	only  bool     // and no others
	list  List     // which list it is, where the shape tells
	kind  []string // the columns that name the list; nil for kindColumns
	note  safe.Text
}

// listSources are told by their columns: those of the export, and of the API
// where an export is made of it by hand. The rows have to bear it out. A list of
// address and time alone, as several platforms export unsubscribes, is no
// different from a list of contacts and is not read.
var listSources = []listSource{
	{name: "SendGrid", needs: []string{"status", "reason", "email", "created"}, only: true, kind: []string{}, note: "SendGrid exports bounces and blocks with the same columns: the file does not say which list it is; a block does not stop later mail"},
	{name: "SendGrid", needs: []string{"reason", "email", "created"}, only: true, list: ListInvalid, kind: []string{}},
	{name: "SendGrid", needs: []string{"email", "created", "ip"}, only: true, list: ListComplaints},
	{name: "Mailgun", needs: []string{"address", "code", "error", "createdat"}, list: ListBounces},
	{name: "Mailgun", needs: []string{"address", "tags", "createdat"}, only: true, list: ListUnsubscribes},
	{name: "Amazon SES", needs: []string{"emailaddress", "reason", "lastupdatetime"}, kind: []string{"reason"}},
	{name: "Postmark", needs: []string{"emailaddress", "suppressionreason", "origin"}, kind: []string{"suppressionreason"}},
	{name: "Campaign Monitor", needs: []string{"emailaddress", "suppressionreason", "state"}, kind: []string{"suppressionreason"}},
	{name: "SparkPost", needs: []string{"recipient", "type", "source"}, kind: []string{"source"}},
	{name: "Mandrill", needs: []string{"email", "reason", "detail", "expiresat"}, kind: []string{"reason"}},
	{name: "Mandrill", needs: []string{"email", "reason", "detail", "lasteventat"}, kind: []string{"reason"}},
	{name: "Brevo", needs: []string{"email", "blockedat"}, kind: []string{"reasoncode", "blockedreason", "reason"}},
	{name: "Resend", needs: []string{"email", "origin", "createdat"}, kind: []string{"origin"}},
	{name: "SMTP2GO", needs: []string{"emailaddress", "reason", "blockdescription"}, kind: []string{"reason"}},
	{name: "Elastic Email", needs: []string{"email", "friendlyerrormessage", "errorcode"}, kind: []string{}},
	{name: "Oracle Email Delivery", needs: []string{"emailaddress", "reason", "timecreated"}, kind: []string{"reason"}},
	{name: "Scaleway", needs: []string{"email", "type", "endsat"}, kind: []string{"type"}},
}

// listWords name lists, as normalName gives them. Those without ok are words
// of other tables too; they tell a list only beside others.
var listWords = map[string]struct {
	list List
	ok   bool
}{
	"bounce": {ListBounces, true}, "bounces": {ListBounces, true}, "bounced": {ListBounces, true}, "hardbounce": {ListBounces, true}, "hardbounces": {ListBounces, true},
	"hardbounced": {ListBounces, true}, "softbounce": {ListBounces, true}, "softbounced": {ListBounces, true}, "bouncerule": {ListBounces, true}, "bouncedaddress": {ListBounces, true},
	"permanentbounce": {ListBounces, true}, "mailboxfull": {ListBounces, true}, "hard": {ListBounces, false}, "soft": {ListBounces, false}, "undeliverable": {ListBounces, true},
	"block": {ListBlocks, false}, "blocks": {ListBlocks, false}, "blocked": {ListBlocks, false}, "preblocked": {ListBlocks, true},
	"invalid": {ListInvalid, false}, "invalidemail": {ListInvalid, true}, "invalidemails": {ListInvalid, true}, "invalidaddress": {ListInvalid, true}, "mailboxnotfound": {ListInvalid, true},
	"spam": {ListComplaints, true}, "spamreport": {ListComplaints, true}, "spamreports": {ListComplaints, true}, "spamcomplaint": {ListComplaints, true}, "spamcomplaints": {ListComplaints, true},
	"complaint": {ListComplaints, true}, "complaints": {ListComplaints, true}, "complained": {ListComplaints, true}, "contactflaggedasspam": {ListComplaints, true}, "markedasspam": {ListComplaints, true},
	"abuse": {ListComplaints, false}, "abusecomplaint": {ListComplaints, true}, "abusereport": {ListComplaints, true}, "spamreportingaddress": {ListComplaints, true},
	"unsub": {ListUnsubscribes, true}, "unsubs": {ListUnsubscribes, true}, "unsubscribe": {ListUnsubscribes, true}, "unsubscribes": {ListUnsubscribes, true}, "unsubscribed": {ListUnsubscribes, true},
	"unsubscribedaddress": {ListUnsubscribes, true}, "listunsubscribe": {ListUnsubscribes, true}, "unsubscribelink": {ListUnsubscribes, true}, "globalunsubscribe": {ListUnsubscribes, true},
	"groupunsubscribe": {ListUnsubscribes, true}, "unsubscribedviama": {ListUnsubscribes, true}, "unsubscribedviaemail": {ListUnsubscribes, true}, "unsubscribedviaapi": {ListUnsubscribes, true},
	"optout": {ListUnsubscribes, true}, "optedout": {ListUnsubscribes, true},
	"manual": {ListManual, false}, "manualsuppression": {ListManual, true}, "manuallyadded": {ListManual, false}, "custom": {ListManual, false}, "adminblocked": {ListManual, true},
	"compliance": {ListCompliance, false}, "suppressed": {ListUnknown, true}, "suppression": {ListUnknown, true},
}

// isSuppression reports whether the table is a suppression list: by the
// columns of a platform, or by rows that name a list. Most rows must hold an
// address and bear the list out, so that no list of contacts is taken for one.
func (m *mail) isSuppression() bool {
	t := m.d.table()
	if t == nil || !t.addressed() {
		return false
	}
	if t.listSource() != nil {
		return true
	}
	if t.find(kindColumns...) < 0 {
		return false
	}
	sure := false
	return t.share(func(row []string) (bool, bool) {
		for _, n := range kindColumns {
			if w, known := listWords[normalName(cell(row, t.find(n)))]; known {
				sure = sure || w.ok
				return true, true
			}
		}
		return true, false
	}) && sure
}

// addressed reports whether most sampled rows hold an address where the
// column's name promises one.
func (t *table) addressed() bool {
	i := t.find(addressColumns...)
	return i >= 0 && t.share(func(row []string) (bool, bool) { return true, isAddress(mailbox(cell(row, i))) })
}

// listSource gives the platform whose columns the table has and whose list the
// rows bear out; nil for none.
func (t *table) listSource() *listSource {
	if t.bare {
		return nil
	}
	for i := range listSources {
		s := &listSources[i]
		if t.has(s.needs...) && (!s.only || len(t.column) == len(s.needs)) && t.bearsOut(s) {
			return s
		}
	}
	return nil
}

// bearsOut reports whether the rows are those of the platform's list.
func (t *table) bearsOut(s *listSource) bool {
	created := t.find(timeColumns...)
	if created < 0 {
		return false
	}
	return t.share(func(row []string) (says, holds bool) {
		switch s.list {
		case ListInvalid:
			_, unix := parseUnix(cell(row, created))
			return true, unix && cell(row, t.find("reason")) != ""
		case ListComplaints:
			_, unix := parseUnix(cell(row, created))
			return true, unix && ipOf(cell(row, t.find("ip"))) != ""
		case ListUnsubscribes:
			return true, cell(row, t.find("tags")) != "" && cell(row, created) != ""
		}
		for _, n := range slices.Concat(s.kind, replyColumns) {
			v := cell(row, t.find(n))
			if _, known := listWords[normalName(v)]; known || isRefusal(v) {
				return true, true
			}
			says = says || v != ""
		}
		return says, isRefusal(cell(row, t.find(statusColumns...))) || isRefusal(cell(row, t.find(codeColumns...)))
	})
}

var suppressionKeeps = keeps{
	"reply_code":     "the platform's event log, at the time of the entry: the list does not keep every reply",
	"enhanced_code":  "the platform's event log, at the time of the entry: the list does not keep every reply",
	"remote_host":    "the platform's event log, at the time of the entry",
	"remote_address": "the platform's event log, at the time of the entry",
	"failed":         "the platform's own view of the entry: when it was made",
	"message_id":     "the platform's event log, by address and time of the entry",
	"sender":         "the platform's event log; the list may belong to an account, a domain or a stream",
}

// readSuppression reads an entry a row. An entry with a reply is what the
// platform recorded of an earlier refusal, and the reply gives the reason; an
// entry without one is suppressed, whatever the cause was. Complaints and
// unsubscribes are no failures of delivery.
func (m *mail) readSuppression() []draft {
	t := m.d.table()
	c := tally{d: m.d}
	s := t.listSource()
	if s == nil {
		s = &listSource{}
	}
	t.noteBare()
	for r := t.rows(); c.next(r); {
		dr, ok := r.entry(s)
		if !ok {
			c.skip(r)
			continue
		}
		c.keep(dr)
	}
	return c.done()
}

func (r *rows) entry(s *listSource) (draft, bool) {
	var dr draft
	rp := &dr.r
	if rp.Recipient = r.address(r.t.find(addressColumns...)); !rp.Recipient.Known() {
		return dr, false
	}
	rp.Source = r.platform(s.name)
	rp.List = r.list(s)
	rp.FailedAt = r.time(timeColumns...)
	rp.Sender = r.sender()
	rp.MessageID = r.named("messageid")
	if rp.List == ListComplaints {
		dr.kind, dr.why = NotFeedback, "the address is on a list of complaints: its reader reported mail as spam; no delivery failed"
		return dr, true
	}
	if rp.List == ListUnsubscribes {
		dr.kind, dr.why = NotFeedback, "the address is on a list of unsubscribes: its reader wants no more mail; no delivery failed"
		return dr, true
	}
	dr.codeCells(r, statusColumns, codeColumns)
	text, i := r.text()
	if text != "" {
		rp.Diagnostic = r.said(i, text)
	}
	dr.host(r, "errorsource", "mx", "remotemta")
	if dr.status.Known() || rp.ReplyCode.Known() || isRefusal(text) && !suppressedBefore(text) {
		dr.find(Note, "the platform recorded this refusal earlier and keeps the address on a list")
	} else {
		dr.class, rp.Stage = reply.Suppressed, StageLocal
		dr.find(Note, "the address is on a suppression list; the entry does not hold the reply that put it there")
	}
	if s.note != "" {
		dr.find(Note, s.note)
	}
	return dr, true
}

// suppressedBefore reports whether a text says no more than that the address
// was on a list already.
func suppressedBefore(text string) bool {
	return readReply(reply.Input{Text: text}).Reason == reply.Suppressed
}

// text gives the first cell that holds more than the name of a list.
func (r *rows) text() (string, int) {
	for _, n := range replyColumns {
		s, i := r.by(n)
		if _, word := listWords[normalName(s[:min(len(s), 64)])]; s != "" && !word {
			return s, i
		}
	}
	return "", -1
}

// list tells which list the entry stands on.
func (r *rows) list(s *listSource) List {
	if s.list != "" {
		return s.list
	}
	kinds := s.kind
	if kinds == nil {
		kinds = kindColumns
	}
	for _, n := range kinds {
		v, _ := r.by(n)
		if w, known := listWords[normalName(v[:min(len(v), 64)])]; known && w.list != ListUnknown {
			if origin, _ := r.by("origin"); w.list == ListManual && strings.EqualFold(origin, "recipient") {
				return ListUnsubscribes // the recipient did it
			}
			return w.list
		}
	}
	return ListUnknown
}

// recognisedList says what list was read.
func recognisedList(reports []Report) safe.Text {
	name := safe.Text("suppression list")
	if f := reports[0].Source; f.Known() {
		name = safe.Textf("%s suppression list", f.Value)
	}
	if first := reports[0].List; first != "" && first != ListUnknown && !slices.ContainsFunc(reports, func(r Report) bool { return r.List != first }) {
		name = safe.Textf("%s (%s)", name, string(first))
	}
	if len(reports) == 1 {
		return safe.Textf("%s, 1 address", name)
	}
	return safe.Textf("%s, %d addresses", name, len(reports))
}
