package bounce

import "deadletter/diagnose/safe"

// place is where a family is looked for.
type place uint8

// The places. A family may stand in several.
const (
	inWhole place = 1 << iota // an input that is no mail, as a whole: data, a table, a log
	inText                    // text without a mail around it: pasted, or quoted by a forward
	inMail                    // a mail
	inQuote                   // text that a mail quotes: only what is a whole notice by its form
)

// family is a form of bounce that is recognised and read as one.
type family struct {
	format Format
	title  safe.Text // names it in a sentence
	in     place
	why    string // why it stands here in the order
	match  func(*mail) bool
	read   func(*mail) []draft
	keeps  keeps
}

// keeps says, by the name of a field that a bounce may lack, where this kind of
// source keeps it.
type keeps map[string]safe.Text

// families in the order of recognition. What is certain stands before what is
// likely; what would be taken for something below stands above it. A family
// that matches and finds no recipient leaves the input to those after it.
var families []family

func init() {
	families = []family{
		{FormatEvent, "event", inWhole | inText | inMail, "braces and the platform's own keys stand in nothing else; its texts quote notices and log lines", (*mail).isEvent, (*mail).readEvents, eventKeeps},
		{FormatExchangeLog, "Exchange message tracking log", inWhole, "a row of column names is certain, and its cells may quote lines of any log", (*mail).isExchangeLog, (*mail).readExchangeLog, exchangeLogKeeps},
		{FormatTrace, "Microsoft 365 message trace", inWhole, "the extended trace has the columns of a tracking log, so it comes after it", (*mail).isTrace, (*mail).readTrace, traceKeeps},
		{FormatPowerMTA, "PowerMTA accounting file", inWhole, "its column names are of no other program", (*mail).isPowerMTA, (*mail).readPowerMTA, powerMTAKeeps},
		{FormatActivity, "SendGrid Email Activity export", inWhole, "SendGrid's identifiers stand in no list", (*mail).isActivity, (*mail).readActivity, activityKeeps},
		{FormatSuppression, "suppression list", inWhole, "the columns are common words, so the rows have to bear it out", (*mail).isSuppression, (*mail).readSuppression, suppressionKeeps},
		{FormatTable, "table of bounces", inWhole, "any table of recipients and replies, after those with a name", (*mail).isBounceTable, (*mail).readBounceTable, bounceTableKeeps},
		{FormatPostfixLog, "Postfix log", inWhole, "queue ID, to=<> and status= stand in nothing else", isLog(postfix), (*mail).readLog, postfixLogKeeps},
		{FormatEximLog, "Exim log", inWhole, "message ID and **, == or rejected stand in nothing else", isLog(exim), (*mail).readLog, eximLogKeeps},
		{FormatSendmailLog, "sendmail log", inWhole, "queue ID, to= and stat= or ruleset= and reject= stand in nothing else", isLog(sendmail), (*mail).readLog, sendmailLogKeeps},
		{FormatOpenSMTPDLog, "OpenSMTPD log", inWhole, "session ID, evpid= and result= stand in nothing else", isLog(opensmtpd), (*mail).readLog, opensmtpdLogKeeps},
		{FormatHarakaLog, "Haraka log", inWhole, "level, transaction and [outbound] stand in nothing else", isLog(haraka), (*mail).readLog, harakaLogKeeps},
		{FormatQmailLog, "qmail log", inWhole, "delivery N: failure stands in nothing else", isLog(qmail), (*mail).readLog, qmailLogKeeps},
		{FormatFeedback, "complaint report", inMail, "a feedback report carries the mail like a notification does, so it comes first", (*mail).isFeedback, (*mail).readFeedback, nil},
		{FormatReceipt, "read receipt", inMail, "a receipt names a final recipient as a notification does, so it comes before it", (*mail).isReceipt, (*mail).readReceipt, nil},
		{FormatAggregate, "domain report", inMail, "a report on many mails is none on one; its parts have types of their own", (*mail).isAggregate, (*mail).readAggregate, nil},
		{FormatDSN, "delivery status notification", inMail, "a delivery-status part is the one form made for machines", (*mail).hasStatus, (*mail).readStatus, dsnKeeps},
		{FormatStatus, "delivery-status block", inText | inQuote, "the same part by itself", (*mail).hasStatus, (*mail).readStatus, statusKeeps},
		{FormatGoogle, "Google notice", inMail | inText | inQuote, "Google's notices carry X-Failed-Recipients too, so they come before Exim's", (*mail).isGoogle, (*mail).readGoogle, googleKeeps},
		{FormatExim, "Exim notice", inMail | inText | inQuote, "X-Failed-Recipients names the recipients for certain", (*mail).isExim, (*mail).readExim, nil},
		{FormatPostfix, "Postfix notice", inMail | inText | inQuote, "its first sentence is fixed", (*mail).isPostfix, (*mail).readPostfix, nil},
		{FormatMicrosoft, "Microsoft notice", inMail | inText | inQuote, "names the generating server; in many languages", (*mail).isMicrosoft, (*mail).readMicrosoft, microsoftKeeps},
		{FormatFml, "fml refusal", inMail, "names its program in a field of its own; its words are a list's, not a mail host's", (*mail).isFml, (*mail).readFml, nil},
		{FormatQmail, "qmail notice", inMail | inText | inQuote, "its first sentence is fixed; several programs copy it", (*mail).isQmail, (*mail).readQmail, nil},
		{FormatSendmail, "sendmail notice", inMail | inText | inQuote, "a transcript holds command and reply line by line", (*mail).isSendmail, (*mail).readSendmail, nil},
		{FormatAutoReply, "automatic reply", inMail, "automatic replies quote and apologise as free text does", (*mail).isAutoReply, (*mail).readAutoReply, nil},
		{FormatList, "mailing list notice", inMail, "a list that holds a mail or asks to confirm speaks as notices do", (*mail).isList, (*mail).readList, nil},
		{FormatReply, "SMTP reply", inText, "a line that begins with three digits, when no notice is around it", always, (*mail).readReplies, replyKeeps},
		{FormatNotice, "notice in free text", inMail | inText, "free text from a mail system, or that speaks of a failed delivery", (*mail).isNotice, (*mail).readNotice, nil},
	}
}

func always(*mail) bool { return true }

// familyOf gives the family of a format; nil for mail that is no bounce.
func familyOf(format Format) *family {
	for i := range families {
		if families[i].format == format {
			return &families[i]
		}
	}
	return nil
}

// titleOf names a format in a sentence.
func titleOf(format Format) safe.Text {
	if f := familyOf(format); f != nil {
		return f.title
	}
	return "mail"
}

// read gives the reports of a mail. depth counts the forwards around it.
func (m *mail) read(depth int) []Report {
	if m.written() {
		if out := m.forwarded(depth); len(out) > 0 {
			return out
		}
	}
	if out := m.readAs(inMail); len(out) > 0 {
		return out
	}
	if out := m.forwarded(depth); len(out) > 0 {
		return out
	}
	if m.msg == nil || depth > 0 {
		return nil
	}
	return m.readOrdinary()
}

// readAs reads with the first family of a place that matches and finds something.
func (m *mail) readAs(in place) []Report {
	for _, f := range families {
		if f.in&in == 0 || !f.match(m) {
			continue
		}
		if in == inMail && f.in&inText != 0 && f.format != FormatEvent && m.written() {
			continue // the text of a notice in a mail that a person wrote is a forward; nobody writes an event
		}
		drafts := f.read(m)
		if len(drafts) == 0 {
			continue
		}
		of := m
		if f.format == FormatReply || f.format == FormatEvent {
			of = m.d.textMail(&text{}) // what stands around a reply was read with it; an event speaks for itself
		}
		out := of.finish(f.format, drafts)
		if in != inMail && in != inWhole && f.format != FormatReply && f.format != FormatNotice && !anyKnown(out) {
			continue
		}
		return out
	}
	return nil
}

func (m *mail) hasStatus() bool { return len(m.status) > 0 }
