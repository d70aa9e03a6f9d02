package diagnose

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/letters"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// sayFields works out what letters can say of the case.
func (v *view) sayFields() *letters.Fields {
	f := &letters.Fields{
		Mark: v.mark(), Short: short(string(asciiForm(v.r.Recipient.Value)), letterWidth), Zone: safe.Of(v.domain), Stage: safe.Of(string(v.r.Stage)),
		Sender: asciiAddress(v.r.Sender.Value), Sending: safe.Of(v.senderDomain), Author: safe.Of(v.subject.Sent.From), Rejector: safe.Of(string(v.verdict.Kind)),
		Filter: v.filter.name, Store: v.store.name, Platform: v.platform.name, AskStore: safe.Of(string(v.verdict.Decided.Kind)),
		First: v.numbers(v.askFirst()), Forwarder: safe.Of(v.firstHop()), MXSeen: v.mxSeen(), Resolver: v.resolverOutside(),
	}
	if f.Short == "" {
		f.Short = v.recipient()
	}
	f.Address = v.referTo(v.recipient(), letterWidth-8, "address below", f)
	f.Domain = v.referTo(f.Zone, letterWidth-16, "its domain", f)
	f.RefusedAs = v.refusedAs(f)
	if h := v.verdict.Host; len(h) <= letterWidth && !v.refusedHere() {
		f.Host = h
	}
	if f.Forwarder != "" {
		f.WroteTo = short(string(asciiForm(v.r.OriginalRecipient.Value)), letterWidth)
	}
	when := func(t time.Time) safe.Text {
		if t.IsZero() {
			return ""
		}
		return utc(t)
	}
	f.Failed, f.Read, f.Asked, f.MXAt = when(v.r.FailedAt.At), when(v.b.Captured), when(v.askedAt()), when(v.mxTime())
	held := func(b bool) safe.Text {
		if b {
			return "yes"
		}
		return ""
	}
	_, addressOK := v.settled(AskExactAddress)
	f.OurSender, f.Confirmed, f.AddressOK = held(v.reading.AboutSender), held(v.has && open(v.ownerConfirmed())), held(addressOK)
	opens := []*safe.Text{&f.OpenAddress, &f.OpenDomain, &f.OpenSync, &f.OpenRoute, &f.OpenCache}
	for i, q := range fiveQuestions {
		if where, hint := v.where(q); !hint {
			*opens[i] = where
		}
	}
	if last, tried := v.lastRetry(); tried {
		f.Tested = safe.Of(string(last.Way))
	}
	f.Open = v.numbers(slices.DeleteFunc(slices.Clone(asksFive), v.isAnswered))
	f.ShellAddress, f.PowerAddress = quoted(v.recipient(), "ADDRESS")
	f.ShellSender, f.PowerSender = quoted(f.Sender, "ADDRESS")
	f.ShellDomain, _ = quoted(f.Zone, "DOMAIN")
	f.ShellSending, _ = quoted(f.Sending, "DOMAIN")
	v.sayDNS(f)
	return f
}

// refusedHere holds where the other side said nothing: what refused is ours, or
// the platform that we send through.
func (v *view) refusedHere() bool {
	return v.verdict.Kind == OwnMTA || v.verdict.Kind == SendingPlatform
}

// sayDNS fills in what DNS shows.
func (v *view) sayDNS(f *letters.Fields) {
	if !v.has {
		return
	}
	for _, found := range v.mxFindings() {
		if found.Sign != For && found.Sign != Asking {
			f.Found = append(f.Found, safe.Textf("%d. %s", len(f.Found)+1, found.Claim))
		}
	}
	f.Servers = v.authoritativeSeen()
	if f.Records = v.authRecords(); len(f.Records) == 0 {
		for _, found := range v.senderFindings() {
			f.Records = append(f.Records, safe.Textf("- %s", found.Claim))
		}
	}
}

// shownOpens gives for which questions the console stands in the letter, max at
// most: those asked first come before the others. Only what was looked up does.
func (v *view) shownOpens(max int) []QuestionID {
	first := v.askFirst()
	var out []QuestionID
	for _, early := range []bool{true, false} {
		for _, q := range fiveQuestions {
			_, hint := v.where(q)
			if !hint && !v.isAnswered(q.ID) && slices.Contains(first, q.ID) == early {
				out = append(out, q.ID)
			}
		}
	}
	return out[:min(max, len(out))]
}

// questions gives the five as a letter asks them, and those for the filter's
// administrator, with up to opens times what to open in which console.
func (v *view) questions(opens int) (all, filter []safe.Text) {
	shown := v.shownOpens(opens)
	for i, q := range fiveQuestions {
		line := safe.Textf("%d. %s", i+1, v.wording(q, false))
		if v.isAnswered(q.ID) {
			a, _ := v.answer(q.ID)
			line = safe.Textf("%d. %s", i+1, v.answeredWord(a))
		} else if slices.Contains(shown, q.ID) {
			where, _ := v.where(q)
			line = safe.Textf("%s [%s]", line, where)
		}
		all = append(all, line)
		if i >= 2 {
			filter = append(filter, line)
		}
	}
	return all, filter
}

func (v *view) isAnswered(id QuestionID) bool {
	a, ok := v.answer(id)
	return ok && v.doubt(a) == "" && a.Value != Other
}

// answeredWord says that a question is answered, without who said it and what
// was noted: both are ours.
func (v *view) answeredWord(a Recorded) safe.Text {
	block := "answered yes"
	switch a.Value {
	case No, Disabled, Full:
		block = "answered " + string(a.Value)
	}
	return v.c.letters().Piece(letters.Questions, block, &letters.Fields{})
}

// word gives a piece of the texts.
func (v *view) word(block string, f *letters.Fields) safe.Text {
	return v.c.letters().Piece(letters.Words, block, f)
}

// referTo names something in a sentence. What is long stands once, in the
// evidence below.
func (v *view) referTo(t safe.Text, most int, block string, f *letters.Fields) safe.Text {
	if len(t) > most {
		return v.word(block, f)
	}
	return t
}

// refusedAs says in the letter what the reply made of the address.
func (v *view) refusedAs(f *letters.Fields) safe.Text {
	switch {
	case v.hidesWhich():
		return v.word("as hidden", f)
	case v.restricted():
		return v.word("as restricted", f)
	}
	switch v.branch() {
	case BranchRecipient:
		return v.word("as unknown", f)
	case BranchMailbox:
		return v.reason()
	}
	return v.word("as shown", f)
}

// numbers names questions by their place: "1 and 3", "3, 4 and 5".
func (v *view) numbers(ids []QuestionID) safe.Text {
	var places []safe.Text
	for i, q := range fiveQuestions {
		if slices.Contains(ids, q.ID) {
			places = append(places, safe.Textf("%d", i+1))
		}
	}
	if len(places) < 2 {
		return joinNonEmpty("", places...)
	}
	last := len(places) - 1
	return joinNonEmpty(", ", places[:last]...) + v.word("and", &letters.Fields{}) + places[last]
}

// askedAt says when the questions were asked before; zero for never.
func (v *view) askedAt() time.Time {
	var at time.Time
	if c, ok := v.copied(StepRejector, StepRecipient); ok {
		at = c.At
	}
	for _, a := range v.c.Asked {
		if a.At.After(at) && !a.At.Before(v.b.Captured) {
			at = a.At
		}
	}
	return at
}

// mark is the tag that ties letters and test messages to the case.
func (v *view) mark() safe.Text {
	id := v.c.ID
	if len(id) > 4 {
		id = id[len(id)-4:]
	}
	if id == "" {
		return "DL"
	}
	return safe.Textf("DL-%s", upper(id))
}

// resolverOutside names the resolver that was asked, but for one of our own
// network: its address says nothing to others.
func (v *view) resolverOutside() safe.Text {
	name := v.resolverName()
	for part := range strings.SplitSeq(string(name), ", ") {
		ap, err := netip.ParseAddrPort(part)
		addr := ap.Addr()
		if err != nil {
			addr, err = netip.ParseAddr(part)
		}
		if err != nil || isPrivate(addr) {
			return v.word("our resolver", &letters.Fields{})
		}
	}
	return name
}

// isPrivate holds for addresses that mean nothing outside a network (RFC 1918,
// RFC 4193, RFC 6598, loopback and link-local).
func isPrivate(a netip.Addr) bool {
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10)
	a = a.Unmap()
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || shared.Contains(a)
}

// inward are the ends of names that are used inside a network alone (RFC 6762
// appendix G, RFC 8375, and .internal as ICANN reserved it).
var inward = []string{"local", "internal", "intranet", "private", "corp", "home", "lan", "localdomain", "localhost", "home.arpa"}

// isInward holds for host names that nobody outside can use: without a dot, or
// under a domain that is never in public DNS.
func isInward(host string) bool {
	host = dnsx.CanonicalName(host)
	return !strings.Contains(host, ".") || slices.ContainsFunc(inward, func(end string) bool { return strings.HasSuffix(host, "."+end) })
}

// ourServer names the server of ours that sent; outside our own side without
// what only our network knows.
func (v *view) ourServer(toUs bool) safe.Text {
	name, addr := v.r.ReportingMTA.Value.Safe(), v.reporterAddr()
	if toUs {
		return joinNonEmpty(" ", addr, name)
	}
	if isInward(string(name)) {
		name = ""
	}
	if a, err := netip.ParseAddr(string(addr)); err == nil && isPrivate(a) {
		addr = ""
	}
	if sent := address(v.r.SendingAddress.Value); addr == "" && sent.IsValid() && !isPrivate(sent) && !v.reporterIsTheirs() {
		addr = safe.Of(sent.String())
	}
	return joinNonEmpty(" ", addr, name)
}

// quoted quotes a word for a POSIX shell and for PowerShell; a long one is named.
func quoted(word, long safe.Text) (posix, power safe.Text) {
	if len(word) > letterWidth-16 {
		return long, long
	}
	return shellQuote(word), powerQuote(word)
}

// shellQuote quotes a word for a POSIX shell, whatever it holds.
func shellQuote(word safe.Text) safe.Text {
	out := safe.Text("'")
	for _, r := range string(word) {
		if r == '\'' {
			out += `'\''`
			continue
		}
		out += safe.Textf("%c", r)
	}
	return out + "'"
}

// powerQuote quotes a word for PowerShell, to which four typographic quotes are
// quotes too (about_Quoting_Rules).
func powerQuote(word safe.Text) safe.Text {
	out := safe.Text("'")
	for _, r := range string(word) {
		if r == '\'' || r >= '\u2018' && r <= '\u201b' {
			out += safe.Textf("%c", r)
		}
		out += safe.Textf("%c", r)
	}
	return out + "'"
}

// utc writes a time for a letter, bothTimes with its own offset beside it.
func utc(t time.Time) safe.Text { return safe.Of(t.UTC().Format("2006-01-02 15:04:05 UTC")) }

func bothTimes(t time.Time) safe.Text {
	if _, offset := t.Zone(); offset == 0 {
		return utc(t)
	}
	return safe.Textf("%s (%s)", utc(t), t.Format("15:04:05 -0700"))
}

func joinNonEmpty(sep safe.Text, parts ...safe.Text) safe.Text {
	var out safe.Text
	for _, p := range parts {
		if p == "" {
			continue
		}
		if out != "" {
			out += sep
		}
		out += p
	}
	return out
}
