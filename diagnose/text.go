package diagnose

import (
	"strings"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// clock gives a time of day where it is of today, else the day with it. All
// times of one panel are in UTC, so that they can be compared with the letter.
func (v *view) clock(t time.Time) safe.Text {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	now := v.now.UTC()
	switch {
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return safe.Of(t.Format("15:04:05"))
	case t.Year() == now.Year():
		return safe.Of(t.Format("2 Jan 15:04"))
	}
	return safe.Of(t.Format("2 Jan 2006 15:04"))
}

// longTime gives a time with its own offset and in UTC.
func longTime(t time.Time) safe.Text {
	if _, offset := t.Zone(); offset == 0 {
		return safe.Of(t.UTC().Format("Mon 2 Jan 2006 15:04:05 UTC"))
	}
	return safe.Textf("%s, %s UTC", t.Format("Mon 2 Jan 2006 15:04:05 -0700"), t.UTC().Format("15:04:05"))
}

// duration words a span in the largest units that matter: "2 h", "1 h 30 min", "3 days".
func duration(d time.Duration) safe.Text {
	switch {
	case d >= 48*time.Hour:
		return safe.Textf("%d days", int(d.Hours())/24)
	case d >= time.Hour && d%time.Hour < time.Minute:
		return safe.Textf("%d h", int(d.Hours()))
	case d >= time.Hour:
		return safe.Textf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return safe.Textf("%d min", int(d.Minutes()))
	}
	return safe.Textf("%d s", int(d.Seconds()))
}

// sentence gives a claim a capital and a full stop.
func sentence(t safe.Text) safe.Text {
	if t == "" {
		return ""
	}
	t = capital(t)
	if last := t[len(t)-1]; last == '.' || last == ':' || last == '?' {
		return t
	}
	return t + "."
}

// capital makes the first ASCII letter a capital, unless the word is a name
// with a dot or an @ in it.
func capital(t safe.Text) safe.Text {
	if t == "" {
		return t
	}
	first, _, _ := strings.Cut(string(t), " ")
	if strings.ContainsAny(first, ".@") || t[0] < 'a' || t[0] > 'z' {
		return t
	}
	return safe.Textf("%c", t[0]-'a'+'A') + t[1:]
}

func bracketed(t safe.Text) safe.Text {
	if t == "" {
		return ""
	}
	return "[" + t + "]"
}

func upper(s string) string         { return strings.ToUpper(s) }
func lowerText(s string) string     { return strings.ToLower(s) }
func lower(u safe.Untrusted) string { return strings.ToLower(string(u)) }

func notABounceName(k bounce.Kind) safe.Text {
	switch k {
	case bounce.NotVacation:
		return "an automatic reply"
	case bounce.NotFeedback:
		return "a complaint report"
	case bounce.NotDelivered:
		return "a notice of delivery"
	case bounce.NotChallenge:
		return "a challenge to the sender"
	case bounce.NotFate:
		return "an event of mail on its way"
	case bounce.NotReceipt:
		return "a read receipt"
	case bounce.NotReport:
		return "a report on a domain's mail"
	case bounce.NotList:
		return "a notice of a mailing list"
	}
	return "ordinary mail"
}

// reasonText words a reason for the header and the rail.
var reasonText = map[reply.Reason]safe.Text{
	reply.UserUnknown: "user unknown", reply.Filtered: "recipient refused", reply.MailboxFull: "mailbox full", reply.Suspend: "mailbox off",
	reply.HasMoved: "address moved", reply.HostUnknown: "host unknown", reply.NetworkError: "network error", reply.NoRelaying: "relaying refused",
	reply.NotAccept: "takes no mail", reply.Expired: "time expired", reply.SystemError: "system error", reply.MailerError: "mailer error",
	reply.TooManyConn: "too many connections", reply.FailedStartTLS: "TLS failed", reply.AuthFailure: "authentication", reply.BadReputation: "reputation",
	reply.Blocked: "blocked", reply.PolicyViolation: "policy", reply.Rejected: "sender refused", reply.RequirePTR: "needs a PTR",
	reply.SecurityError: "security", reply.SpamDetected: "spam", reply.VirusDetected: "virus", reply.ContentError: "content",
	reply.NotCompliantRFC: "not RFC compliant", reply.Speeding: "too fast", reply.RateLimited: "rate limited", reply.SyntaxError: "syntax",
	reply.OnHold: "on hold", reply.Suppressed: "suppressed", reply.MesgTooBig: "message too big", reply.ExceedLimit: "limit exceeded", reply.SystemFull: "system full",
}

func (v *view) reason() safe.Text {
	switch {
	case v.hidesWhich():
		return "missing or closed"
	case v.restricted():
		return "closed to outsiders"
	}
	if t, ok := reasonText[v.r.Reason]; ok {
		return t
	}
	return "reason not clear"
}

// shortReason is for the rail: "user unknown, 5.1.1".
func (v *view) shortReason() safe.Text {
	code := v.r.EnhancedCode.Value
	if code == "" {
		code = v.r.ReplyCode.Value
	}
	return joinNonEmpty(", ", v.reason(), code.Safe())
}

// codes gives "550 5.1.1".
func (v *view) codes() safe.Text {
	return joinNonEmpty(" ", v.r.ReplyCode.Value.Safe(), v.r.EnhancedCode.Value.Safe())
}

func (v *view) replyShort() safe.Text { return joinNonEmpty(" ", v.codes(), v.reason()) }

func (v *view) header() Header {
	h := Header{Recipient: shownAddress(v.recipientRaw())}
	if !v.has {
		h.Reply, h.Short = "no bounce yet", "no bounce"
		if h.Recipient == "" {
			h.Recipient = "no case yet"
		}
		return h
	}
	if h.Recipient == "" {
		h.Recipient = "recipient not known"
	}
	if v.r.NotABounce != "" {
		h.Reply, h.Short = safe.Textf("no bounce: %s", notABounceName(v.r.NotABounce)), "no bounce"
		return h
	}
	h.Short = v.codes()
	h.Reply = v.replyShort()
	switch v.r.Permanence {
	case bounce.Permanent:
		h.Reply += ", permanent"
	case bounce.Transient:
		h.Reply += ", temporary"
	}
	if h.Short == "" {
		h.Short = v.reason()
	}
	return h
}

// wordingSays gives the verdict on the wording as one sentence.
func (v *view) wordingSays() safe.Text {
	switch v.branch() {
	case BranchRecipient:
		switch {
		case v.hidesWhich():
			return "The group may not exist, or may be closed to us"
		case v.restricted():
			return "The recipient exists and is closed to this sender"
		case v.r.Reason == reply.HasMoved:
			return "The person has moved to another address"
		case v.verdict.Kind == OwnMTA:
			return "Our own side does not know this address"
		case v.reading.Class == string(NegativeCache):
			return "The receiving side could not verify this address, and remembers that"
		}
		return "The receiving side does not know this address"
	case BranchMailbox:
		return safe.Textf("The mailbox is known and takes nothing now: %s", v.reason())
	case BranchRoute:
		if v.aboutForm() {
			return "The address cannot be carried in this form; nobody said that it does not exist"
		}
		return safe.Textf("The mail found no way: %s", v.reason())
	case BranchPolicy:
		return safe.Textf("The sender or the message was refused, not the recipient: %s", v.reason())
	case BranchWait:
		return safe.Textf("Not delivered so far: %s", v.reason())
	}
	switch {
	case v.r.Reason == reply.Suppressed:
		return "The sending platform held the message back"
	case v.reading.Class == string(NegativeCache):
		return "The receiving side could not verify this address, and remembers that"
	}
	return safe.Textf("Refused, and the wording does not say why: %s", v.codes())
}

// quote gives the reply as it was said.
func (v *view) quote() *Quote {
	f := v.r.Diagnostic
	if !f.Known() {
		return nil
	}
	return &Quote{Lines: safe.Lines(string(f.Value), maxQuote), Source: v.line(f), At: v.r.FailedAt.At}
}

const maxQuote = 40

// line gives the source column of a field: "bounce:14".
func (v *view) line(f bounce.Field) Source {
	if f.Line <= 0 {
		return "bounce"
	}
	return safe.Textf("bounce:%d", f.Line)
}
