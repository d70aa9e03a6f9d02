package diagnose

import (
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/safe"
)

// earlierBy is how long before the bounce an entry must have been made to be
// that of an earlier failure: clocks differ, and platforms book late.
const earlierBy = time.Hour

// entryFindings says what is to be known of an entry before it is removed.
func (v *view) entryFindings(p PlatformLists, e ListEntry) []Finding {
	var out []Finding
	note := func(key string, claim, hint safe.Text) {
		out = append(out, Finding{Key: key, Sign: Attention, Claim: claim, Hint: hint, Source: v.listsSource(p), At: p.At})
	}
	if e.Listed != IsListed {
		return nil
	}
	if other := quotesOther(e, v.c.Recipient); other != "" {
		note("quotes_another", safe.Textf("the entry of %s quotes %s", e.label(), other), "it may be the bounce of another recipient of the same message, or of an address that this one forwards to")
	}
	if e.Address != "" && e.Address != v.c.Recipient && SameRecipient(e.Address, v.c.Recipient) {
		note("letter_case", safe.Textf("the list writes the address as %s", e.Address), "in other letter case; platforms take both for one")
	}
	if v.has && !e.Created.IsZero() && v.b.Failed().Sub(e.Created) > earlierBy {
		note("entry_earlier", safe.Textf("%s has held it since %s, before this bounce", e.label(), longTime(e.Created)), "look for the first one: it says why")
	}
	if !e.Expires.IsZero() {
		note("expires", safe.Textf("the entry ends by itself on %s", longTime(e.Expires)), "")
	}
	return out
}

// label names a list as its platform does.
func (e ListEntry) label() safe.Text {
	name := e.Name.Safe()
	if name == "" {
		name = safe.Of(string(e.List))
	}
	return joinNonEmpty(", ", name, e.Scope.Safe())
}

const maxQuotedRead = 4 << 10 // bytes of an entry's text that are looked through

// contactNames are local parts that stand in a reply to say whom to ask.
var contactNames = []string{"postmaster", "abuse", "support", "help", "helpdesk", "admin", "noreply", "no-reply", "mailer-daemon", "unblock", "delist", "security", "info"}

// quotesOther gives the address that the text of an entry names and that is not the
// recipient's; nothing where it names the recipient too, or none. Platforms
// have been seen to book the bounce of one recipient of a message on another.
func quotesOther(e ListEntry, recipient safe.Untrusted) safe.Untrusted {
	text := string(e.Reason)
	var other safe.Untrusted
	for word := range strings.FieldsFuncSeq(text[:min(len(text), maxQuotedRead)], func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(`<>()[]{}"',;:=`, r)
	}) {
		word = strings.TrimRight(word, ".")
		local, domain := AddressDomain(safe.Untrusted(word))
		switch {
		case local == "" || !strings.Contains(domain, ".") || strings.ContainsAny(domain, "/?&"):
		case SameRecipient(safe.Untrusted(word), recipient):
			return ""
		case other == "" && !slices.Contains(contactNames, strings.ToLower(string(local))):
			other = safe.Untrusted(word)
		}
	}
	return other
}

// leaves says what the removal of an entry does not mend, at any platform and
// at this one.
func leaves(key string) []safe.Text {
	out := []safe.Text{
		"It sends nothing: what was dropped meanwhile is gone, and nothing is sent again by itself.",
		"It changes nothing at the recipient: not the mailbox, not the list of the filter in front, not what either remembers.",
		"The other lists stay as they are, and so do other accounts, subusers and regions.",
	}
	if more := leavesAt[key]; more != "" {
		out = append(out, more)
	}
	return out
}

// leavesAt adds what is so at one platform alone.
var leavesAt = map[string]safe.Text{
	"sendgrid":   "Each subuser and the EU region have lists of their own.",
	"mailgun":    "Each sending domain has lists of its own. It can take a minute to show.",
	"ses":        "The list is of one account and one region; tenants have their own. What SES keeps for all its customers is not seen or changed.",
	"postmark":   "Each message stream has a list of its own. It can take a minute to show.",
	"sparkpost":  "Transactional and other mail have an entry each; subaccounts have lists of their own.",
	"resend":     "Resend sends through Amazon SES, whose own list is not seen or changed.",
	"mandrill":   "Each removal costs reputation at Mandrill; an entry there ends by itself.",
	"mailersend": "Each domain has lists of its own, and patterns on the blocklist stay.",
	"smtp2go":    "An entry for the whole domain stays.",
	"scaleway":   "The entry ends by itself; each domain has a list of its own.",
	"oci":        "The list is of one tenancy and one region.",
}

// listsSource says from whom a look-up is.
func (v *view) listsSource(p PlatformLists) Source {
	switch {
	case p.Who != "":
		return p.Who.Safe()
	case p.Via == ViaExport:
		return "export"
	}
	return safe.Of(lowerText(p.Platform))
}

// After says what the removal of a plan changes at the platform.
func (p RemovalPlan) After() safe.Text {
	return safe.Textf("%s sends to this address again, for everyone in this account. The other lists stay as they are.", p.Platform)
}

// Says words what came of a removal: of the request, and of the reading after it.
func (e RemovalEnded) Says() safe.Text {
	text := map[RemovalResult]safe.Text{
		RemovalDone:    "done: the platform says that it removed the entry",
		RemovalAbsent:  "absent: the entry was not there any more; somebody else was here",
		RemovalRefused: "refused: the platform said no; nothing was removed",
		RemovalUnsent:  "unsent: the request never left this machine",
		RemovalChanged: "changed: the entry is another than planned; nothing was sent",
		RemovalUnknown: "unknown: the request was sent, and no clear answer came; it is not repeated",
	}[e.Result]
	if e.Note != "" {
		text = safe.Textf("%s (%s)", text, e.Note)
	}
	switch {
	case e.Now == nil:
	case e.Now.Listed == NotListed:
		text += "; read again, the list does not hold it"
	case e.Now.Listed == IsListed:
		text += "; read again, the list holds it"
	default:
		text += "; read again, the list does not tell"
	}
	return text
}

// Clear reports whether the entry was removed and the list read without it.
func (e RemovalEnded) Clear() bool {
	return e.Result == RemovalDone && e.Now != nil && e.Now.Listed == NotListed
}
