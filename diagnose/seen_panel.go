package diagnose

import (
	"slices"
	"time"

	"deadletter/diagnose/letters"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/pasted"
	"deadletter/dnsx/survey"
)

// seenFindings says of each pasted view how it stands to ours.
func (v *view) seenFindings() []Finding {
	var out []Finding
	for _, s := range v.seen {
		f := Finding{Key: "seen:" + string(s.place), Sign: Attention, Source: "pasted", At: s.when()}
		as := v.asSeen(s)
		switch {
		case !s.has:
			f.Sign, f.Claim = Missing, safe.Textf("%s: nothing about the MX of %s", as, v.domain)
			f.Hint = safe.Textf("on that server: %s", v.seenCommand())
		case s.kind == seenAgrees:
			f.Sign, f.Claim = For, safe.Textf("%s: the same MX", as)
		case s.kind == seenOld:
			f.Sign, f.Claim, f.Hint = Differs, safe.Textf("%s: %s, %s", as, s.oldText(), seenSet(s.entries)), v.oldHint(s)
		case s.kind == seenOther:
			f.Sign, f.Claim, f.Hint = Differs, safe.Textf("%s: another MX, %s", as, seenSet(s.entries)), v.seenWhy(s)
		case s.kind == seenGone:
			f.Sign, f.Claim, f.Hint = Differs, safe.Textf("%s: %s", as, goneText(s.mx.Answer.Outcome, v.domain)), v.seenWhy(s)
		case s.kind == seenFailed:
			f.Sign, f.Claim, f.Hint = Differs, safe.Textf("%s: no answer, %s", as, seenFailure(s.mx.Answer.Outcome)), "that says nothing about the domain; DNS answers here, so the resolver there is to be looked at"
		case s.mx.Answer.Outcome.Answered():
			f.Sign, f.Claim, f.Hint = NoSign, safe.Textf("%s: %s", as, joinNonEmpty("", seenSet(s.entries), absentText(s))), "nothing here to compare it with as a whole"
		default:
			f.Sign, f.Claim = NoSign, safe.Textf("%s: no answer, %s", as, seenFailure(s.mx.Answer.Outcome))
		}
		out = append(out, f)
		if s.has && s.chosen {
			out = append(out, Finding{Key: "seen_chosen:" + string(s.place), Sign: Attention, Source: "pasted", At: s.when(),
				Claim: safe.Textf("the command on %s named the server %s: whether its mail server asks that one, is not shown", s.place, safe.Of(s.mx.Answer.From))})
		}
		out = append(out, v.seenAddresses(s)...)
	}
	return out
}

// oldText says how sure it is that an answer is an old one: a TTL that ran down
// shows a cache, and no more.
func (s seenMX) oldText() safe.Text {
	if s.known {
		return "an older MX"
	}
	return "another MX, out of a cache"
}

// oldHint says until when a cache there may give its answer.
func (v *view) oldHint(s seenMX) safe.Text {
	switch {
	case s.until.IsZero():
		return "a cache there still gives it; empty it, or wait for its TTL"
	case !s.until.After(v.now):
		return safe.Textf("its TTL ended %s: run it there again; what is still there then is another view", v.clock(s.until))
	}
	return safe.Textf("it may live there until %s; what is still there then is another view", v.clock(s.until))
}

// when gives the time of the answer where the tool printed it, else of the paste.
func (s seenMX) when() time.Time {
	if s.has && s.mx.Dated != pasted.ByPaste {
		return s.mx.Answer.At
	}
	return s.view.When
}

func absentText(s seenMX) safe.Text {
	if s.mx.Answer.Outcome.Absent() {
		return "no MX"
	}
	return ""
}

func goneText(o dnsx.Outcome, domain string) safe.Text {
	if o == dnsx.NXDomain {
		return safe.Textf("%s does not exist there", domain)
	}
	return safe.Textf("%s has no MX there", domain)
}

// seenFailure words an outcome that says nothing about the domain, of a resolver
// elsewhere.
func seenFailure(o dnsx.Outcome) safe.Text {
	switch o {
	case dnsx.Timeout:
		return "no server answered in time (timeout)"
	case dnsx.ServFail:
		return "its resolver could not find out (servfail)"
	case dnsx.Bogus:
		return "its resolver says that DNSSEC validation failed (bogus)"
	case dnsx.Refused:
		return "its resolver refused to answer"
	}
	return safe.Textf("%s", string(o))
}

// seenWhy says what can make another set there.
func (v *view) seenWhy(s seenMX) safe.Text {
	switch {
	case s.own:
		return "the server that answered there holds a zone of its own for the domain"
	case v.inwardSet(s.entries):
		return "names of an inner network: split horizon"
	}
	return "split horizon, a zone of its own, or an answer that was changed on the way"
}

// seenAddresses compares the addresses of the MX hosts: the hosts file or split
// horizon may lead elsewhere under the same name.
func (v *view) seenAddresses(s seenMX) []Finding {
	var out []Finding
	for _, h := range v.allHosts() {
		if len(h.Addrs) == 0 || h.MoreAddrs > 0 {
			continue
		}
		for _, seen := range s.view.Reading.Seen {
			a := seen.Answer
			if a.Question.Name != h.Host || a.Outcome != dnsx.NoError || a.Question.Server.IsValid() {
				continue
			}
			for _, r := range a.Records {
				if !r.Addr.IsValid() || slices.ContainsFunc(h.Addrs, func(have survey.AddrFact) bool { return have.Addr == r.Addr }) {
					continue
				}
				f := Finding{Key: "seen_addr:" + string(s.place) + ":" + h.Host, Sign: Differs, Source: "pasted", At: s.when(),
					Claim: safe.Textf("on %s %s has the address %s, here it has not", s.place, safe.Domain(h.Host), r.Addr), Hint: "split horizon, or a changed zone"}
				if seen.Hosts {
					f.Hint = "the hosts file there, or split horizon"
				}
				out = append(out, f)
				break
			}
		}
	}
	return out
}

// seenTable sets the views side by side: the name servers', this machine's
// resolver's, and up to two of other machines. Nothing without one of those.
func (v *view) seenTable() *Table {
	shown := slices.DeleteFunc(slices.Clone(v.seen), func(s seenMX) bool { return !s.has })
	if len(shown) == 0 {
		return nil
	}
	shown = shown[:min(len(shown), maxSeen)]
	t := &Table{Head: []safe.Text{"", "host", "authoritative", "this machine's"}, Right: []bool{true}}
	var all []survey.Entry
	entries := v.mxEntries()
	for _, e := range entries {
		all = append(all, e.Entry)
	}
	for _, s := range shown {
		t.Head = append(t.Head, shortPlace(s, shown))
		for _, e := range s.entries {
			if !slices.Contains(all, e) {
				all = append(all, e)
			}
		}
	}
	sortEntries(all)
	heard := slices.ContainsFunc(v.facts.Servers, func(s survey.ServerView) bool { return s.Counts })
	cell := func(asked, yes, differs bool) Cell {
		switch {
		case !asked:
			return Cell{"cannot tell", Missing}
		case yes && differs:
			return Cell{"yes", Differs}
		case yes:
			return Cell{"yes", Holds}
		case differs:
			return Cell{"no", Differs}
		}
		return Cell{"no", NoSign}
	}
	for _, e := range all {
		row := []Cell{{Text: safe.Textf("%d", e.Preference)}, {Text: safe.Domain(e.Host)}}
		i := slices.IndexFunc(entries, func(have mxEntry) bool { return have.Entry == e })
		auth, here := i >= 0 && entries[i].auth, i >= 0 && entries[i].resolver
		row = append(row, cell(heard, auth, false), cell(v.mxKnown(), here, heard && here != auth))
		there := auth || !heard && here
		for _, s := range shown {
			yes := slices.Contains(s.entries, e)
			known := s.mx.Answer.Outcome.Answered() && (yes || s.mx.Whole)
			row = append(row, cell(known, yes, (heard || v.mxKnown()) && yes != there))
		}
		t.Rows = append(t.Rows, row)
	}
	if len(all) == 0 {
		return nil
	}
	t.Give = []int{3}
	return t
}

// shortPlace gives the first label of a machine's name, where that tells it from
// the others: the findings below have it whole.
func shortPlace(s seenMX, all []seenMX) safe.Text {
	first, _, more := cutLabel(placeKey(s.view.Place))
	if !more || slices.ContainsFunc(all, func(o seenMX) bool {
		other, _, _ := cutLabel(placeKey(o.view.Place))
		return o.place != s.place && other == first
	}) {
		return s.place
	}
	return safe.Domain(first)
}

// maxSeen is how many other machines a table has room for.
const maxSeen = 2

// seenDue reports whether the sending server's DNS is what would settle the
// case, and is not known.
func (v *view) seenDue() bool {
	if _, known := v.seenCounting(); known || !v.has || !dnsx.IsHostname(v.domain) || v.r.NotABounce != "" {
		return false
	}
	_, outside := hostOutsideMX(v)
	return outside || v.aboutDomainDNS() || v.r.Reason == reply.HostUnknown
}

// seenCommand is what to run on the sending server: its whole output is pasted.
// The name stands behind -q, where dig takes nothing for an option.
func (v *view) seenCommand() safe.Text {
	if !dnsx.IsHostname(v.domain) {
		return ""
	}
	return safe.Textf("dig -t MX -q %s", shellQuote(safe.Of(v.domain)))
}

// seenCommands adds the names of up to two MX hosts, as programs there find
// them, the hosts file included.
func (v *view) seenCommands() []safe.Text {
	out := []safe.Text{v.seenCommand()}
	for _, e := range v.mxEntries() {
		if len(out) == 3 {
			break
		}
		if dnsx.IsHostname(e.Host) {
			out = append(out, safe.Textf("getent ahosts -- %s", shellQuote(safe.Of(e.Host))))
		}
	}
	return out
}

// seenAsk puts the commands and their letter on a panel where they are due.
func (v *view) seenAsk(p *Panel) {
	if !v.seenDue() {
		return
	}
	s := Section{Label: "on our server"}
	for i, c := range v.seenCommands() {
		label := safe.Text("run")
		if i > 0 {
			label = ""
		}
		s.Fields = append(s.Fields, FieldLine{Label: label, Value: c})
	}
	p.Sections = append(p.Sections, s)
	if p.Next == "Go on to 5." {
		p.Next = "Run that on the server that sent, and paste its output here; or go on to 5."
	}
	if d := v.seenDraft(); d != nil && p.Copy != nil {
		p.Also = append(p.Also, *d)
	} else if d != nil {
		p.Copy, p.Audience = d, d.For
	}
}

// seenOn says on panel 4 what the sending server sees, or how to find out.
func (v *view) seenOn(p *Panel) {
	s, ok := v.seenCounting()
	if !ok {
		v.seenAsk(p)
		return
	}
	switch s.kind {
	case seenOld, seenOther, seenGone:
		p.Verdict = append(p.Verdict, safe.Textf("%s sees another: mail from there goes where its own DNS leads.", s.place))
		if p.State == Answered && p.Badge == "" {
			p.Badge, p.BadgeIs = "seen differently", Differs
		}
		p.Next = safe.Textf("Ask our own mail team about DNS on %s: c copies what to ask.", s.place)
	case seenFailed:
		p.Verdict = append(p.Verdict, safe.Textf("%s gets no answer: mail from there waits or fails.", s.place))
		p.Next = safe.Textf("Ask our own mail team about the resolver of %s: c copies what to ask.", s.place)
	default:
		return
	}
	if d := v.seenDraft(); d != nil {
		if p.Copy != nil {
			p.Also = append(p.Also, *p.Copy)
		}
		p.Copy, p.Audience = d, d.For
	}
}

// seenDraft asks our own mail team for what DNS says on the sending server.
func (v *view) seenDraft() *Draft {
	if !v.has || !dnsx.IsHostname(v.domain) {
		return nil
	}
	return v.write(letterOwnDNS, Draft{ToNote: "our own mail team", For: "our own mail team", Asks: []QuestionID{AskOwnRoute}})
}

// The signs for causes.

func (v *view) seenBy(kinds ...seenKind) (seenMX, bool) {
	s, ok := v.seenCounting()
	return s, ok && slices.Contains(kinds, s.kind)
}

func seenElsewhere(v *view) (Finding, bool) {
	s, ok := v.seenBy(seenOther, seenGone, seenFailed)
	what := safe.Textf("another MX than the domain has, %s", seenSet(s.entries))
	switch s.kind {
	case seenGone:
		what = goneText(s.mx.Answer.Outcome, v.domain)
	case seenFailed:
		what = seenFailure(s.mx.Answer.Outcome)
	}
	return Finding{Key: "seen_elsewhere", Claim: safe.Textf("DNS on %s: %s", s.place, what), Source: "pasted", At: s.when()}, ok
}

func seenRefuser(v *view) (Finding, bool) {
	s, ok := v.seenBy(seenOld, seenOther)
	ours, _, _ := v.published()
	named := func(set []survey.Entry) bool {
		return slices.ContainsFunc(set, func(e survey.Entry) bool { return e.Host == v.host })
	}
	return Finding{Key: "seen_refuser", Claim: safe.Textf("%s, which refused, is an MX for %s alone", v.host, s.place), Source: "pasted", At: s.when()},
		ok && v.host != "" && named(s.entries) && !named(ours)
}

func seenStale(v *view) (Finding, bool) {
	s, ok := v.seenBy(seenOld)
	f := Finding{Key: "seen_stale", Claim: safe.Textf("%s has %s", s.place, s.oldText()), Source: "pasted", At: s.when()}
	if !s.until.IsZero() {
		f.Claim = safe.Textf("%s, until %s", f.Claim, v.clock(s.until))
	}
	return f, ok
}

func seenAgreesOutside(v *view) (Finding, bool) {
	s, ok := v.seenBy(seenAgrees)
	_, outside := hostOutsideMX(v)
	return Finding{Key: "seen_right", Claim: safe.Textf("DNS on %s is right, and the mail went elsewhere: a transport map or relay host", s.place), Source: "pasted", At: s.when()}, ok && outside
}

func seenAgreesPlainly(v *view) (Finding, bool) {
	s, ok := v.seenBy(seenAgrees)
	_, outside := hostOutsideMX(v)
	return Finding{Key: "seen_agrees", Claim: safe.Textf("DNS on %s gives the same MX", s.place), Source: "pasted", At: s.when()}, ok && !outside
}

// seenInLetter gives the MX set as the sending server sees it, for the evidence;
// nothing where that is not known. A name of an inner network stays inside.
func (v *view) seenInLetter() safe.Text {
	s, ok := v.seenCounting()
	if !ok || len(s.entries) == 0 {
		return ""
	}
	by := s.place
	if isInward(placeKey(s.view.Place)) || v.inwardSet(s.entries) {
		return ""
	}
	text := safe.Textf("%d %s", s.entries[0].Preference, s.entries[0].Host)
	if n := len(s.entries); n > 1 {
		text += safe.Textf(" and %d more", n-1)
	}
	if len(text)+len(by) > mxSeenWidth {
		by = v.word("our resolver", &letters.Fields{})
	}
	return safe.Textf("%s (%s, %s)", text, by, s.when().UTC().Format("15:04:05 UTC"))
}
