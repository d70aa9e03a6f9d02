package diagnose

import (
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
	"deadletter/dnsx/survey"
)

// score is one line of the scorecard.
type score struct {
	check safe.Text // "" for a further line of the check above
	sign  Sign
	word  safe.Text
	what  safe.Text
	from  Source
	at    time.Time
}

// standing is what the scorecard amounts to.
type standing struct {
	asking, lost int  // checks without an answer yet, or at all
	spf, dkim    bool // passes and matches; a key that is there and matches can pass
	listed       int
}

// authPanel is the scorecard of the sender's side with what follows from it.
func (v *view) authPanel() Panel {
	p := Panel{State: Active, Title: "Sender authentication", Reading: v.shortReason()}
	lines, sum := v.scores()
	p.Verdict = []safe.Text{"The recipient is not in question. The reply is about the sender or the message.", v.authSays(sum)}
	p.Sections = []Section{v.scorecardOr("records")}
	fix, know := 0, 0
	for _, l := range lines {
		switch l.sign {
		case Fails:
			fix++
		case Attention, Missing:
			know++
		}
	}
	p.So, p.Next = v.authSo(sum, fix), v.authNext(sum, fix)
	switch {
	case sum.asking > 0 && v.asking():
		p.Badge, p.BadgeIs = "asking dns", Asking
	case fix > 0:
		p.Badge, p.BadgeIs = safe.Textf("%d to fix, %d to know", fix, know), Fails
	case know > 0:
		p.Badge, p.BadgeIs = safe.Textf("%d to know", know), Attention
	}
	p.Copy, p.Audience = v.authDraft(), "our DNS operator"
	return p
}

// scorecardOr gives the scorecard, or what is known of the sender's domain
// while the branch is not looked into.
func (v *view) scorecardOr(label safe.Text) Section {
	lines, _ := v.scores()
	if len(lines) == 0 {
		return Section{Label: label, Findings: v.senderFindings()}
	}
	t := &Table{Head: []safe.Text{"check", "result", "what is there", "from", "at"}, Give: []int{4, 3}}
	for _, l := range lines {
		t.Rows = append(t.Rows, []Cell{{Text: l.check}, {Text: l.word, Sign: l.sign}, {Text: l.what}, {Text: l.from}, {Text: v.clock(l.at)}})
	}
	return Section{Label: scorecardLabel, Table: t}
}

// scores gives the lines of the scorecard; none where the branch is not looked into.
func (v *view) scores() ([]score, standing) {
	a := v.facts.Auth
	var sum standing
	if a == nil || v.round.N == 0 {
		return nil, sum
	}
	var out []score
	add := func(l score) {
		if l.from == "" {
			l.from = "dns"
		}
		switch l.sign {
		case Asking:
			sum.asking++
		case Missing:
			sum.lost++
		}
		out = append(out, l)
	}
	v.spfScores(a, &sum, add)
	v.dkimScores(a, &sum, add)
	v.dmarcScores(a, &sum, add)
	v.nameScores(a, add)
	v.listScores(a, &sum, add)
	v.transportScores(add)
	return out, sum
}

// spfSigns words the results of SPF.
var spfSigns = map[mailauth.Result]Sign{
	mailauth.Pass: Holds, mailauth.Fail: Fails, mailauth.SoftFail: Fails, mailauth.PermError: Fails, mailauth.None: Attention,
	mailauth.Neutral: Attention, mailauth.TempError: Missing, mailauth.Indefinable: Missing, mailauth.Open: Asking,
}

func (v *view) spfScores(a *survey.Auth, sum *standing, add func(score)) {
	domain := safe.Domain(a.Identity.Domain)
	s := score{check: "SPF", sign: spfSigns[a.SPF.Result], word: safe.Of(string(a.SPF.Result)), at: v.at(a.SPF.From)}
	addr := safe.Of(a.Identity.Addr.String())
	switch a.SPF.Result {
	case mailauth.Pass:
		s.what = safe.Textf("%s is allowed by %s, term %s", addr, safe.Domain(lastStep(a.SPF)), short(a.SPF.Term, 40))
	case mailauth.Neutral:
		s.what = safe.Textf("%s says neither that %s may send nor that it may not", domain, addr)
	case mailauth.Fail, mailauth.SoftFail:
		s.what = safe.Textf("%s is not allowed by %s", addr, domain)
		if a.SPF.Term != "" {
			s.what = safe.Textf("%s, term %s", s.what, short(a.SPF.Term, 40))
		}
	case mailauth.PermError:
		s.what = safe.Textf("%s cannot be evaluated: %s", domain, short(a.SPF.Why, 60))
		if a.SPF.Term != "" {
			s.what = safe.Textf("%s, at %s", s.what, short(a.SPF.Term, 40))
		}
	case mailauth.None:
		s.what = safe.Textf("%s publishes no SPF", domain)
		if a.Identity.Domain == "" {
			s.what, s.sign, s.word, s.from = "the envelope sender is not known", Missing, "cannot tell", "bounce"
		}
	case mailauth.Open:
		s.what = safe.Textf("what %s's SPF says of %s", domain, addr)
	case mailauth.TempError:
		s.word = "cannot tell"
		s.what = safe.Textf("SPF of %s: %s", domain, failureText(a.SPF.Outcome))
	default:
		s.word = "cannot tell"
		s.what = safe.Textf("SPF of %s: %s", domain, short(a.SPF.Why, 60))
		if a.SPF.Outcome == dnsx.Offline {
			s.what = safe.Textf("SPF of %s: not asked", domain)
		}
	}
	if s.sign == Asking {
		s.word = "asking"
	}
	add(s)
	if a.HELO {
		add(score{word: "for the HELO name", what: "the envelope sender was empty (RFC 7208 2.4)", from: "here"})
	}
	if over := a.Terms > mailauth.MaxTerms; over || a.AllTerms && a.Terms > 0 {
		terms := score{word: safe.Textf("%d of 10", a.Terms), sign: Holds, what: "terms of the record that ask DNS"}
		if over && !a.AllTerms {
			terms.word = safe.Textf("%d or more of 10", a.Terms)
		}
		if over {
			terms.sign, terms.what = Fails, "terms of the record ask DNS: receivers stop at 10 (RFC 7208 4.6.4)"
		}
		add(terms)
	}
	if a.SPF.Result == mailauth.Pass {
		l := v.matchScore(a.SPFMatch, safe.Textf("return path %s", domain), a.From)
		l.from = v.fieldOr(v.r.Sender)
		sum.spf = a.SPFMatch == mailauth.Aligned
		add(l)
	}
}

// lastStep gives the domain whose record decided.
func lastStep(v mailauth.Verdict) string {
	if len(v.Way) == 0 {
		return ""
	}
	return v.Way[len(v.Way)-1].Domain
}

// matchScore says whether a domain is aligned with From.
func (v *view) matchScore(m mailauth.Match, what safe.Text, from mailauth.Discovery) score {
	author := safe.Domain(from.Domain)
	switch m {
	case mailauth.Aligned:
		return score{word: "matches", sign: Holds, what: safe.Textf("%s, From %s", what, author)}
	case mailauth.NotAligned:
		return score{word: "no match", sign: Fails, what: safe.Textf("%s, not %s", what, author)}
	case mailauth.MatchOpen:
		return score{word: "asking", sign: Asking, what: safe.Textf("whether %s belongs to %s", what, author)}
	}
	return score{word: "cannot tell", sign: Missing, what: safe.Textf("whether %s belongs to %s", what, author)}
}

func (v *view) dkimScores(a *survey.Auth, sum *standing, add func(score)) {
	if len(a.Keys) == 0 {
		add(score{check: "DKIM", word: "not known", sign: Missing, from: "bounce",
			what: "the bounce returns no signature: whether the mail was signed is not told"})
		return
	}
	for i, k := range a.Keys {
		check := safe.Text("")
		if i == 0 {
			check = "DKIM"
		}
		l := v.keyScore(k)
		l.check = check
		add(l)
		m := v.matchScore(k.Match, safe.Textf("d=%s", safe.Domain(k.Domain)), a.From)
		if i < len(v.r.Signatures) {
			m.from = v.line(v.r.Signatures[i])
		}
		if k.State == mailauth.Present && !k.Key.Revoked && len(k.Key.Faults) == 0 && k.Match == mailauth.Aligned {
			sum.dkim = true
		}
		add(m)
	}
}

// keyScore says what stands at the name of a key. Whether the signature itself
// was good nobody can tell from here.
func (v *view) keyScore(k survey.AuthKey) score {
	name := safe.Textf("d=%s, selector %s", safe.Domain(k.Domain), short(k.Selector, 30))
	l := score{at: v.at(k.From)}
	switch k.State {
	case mailauth.Asking:
		l.sign, l.word, l.what = Asking, "asking", name
	case mailauth.Absent:
		l.sign, l.word, l.what = Fails, "no key", safe.Textf("%s: nothing is published there", name)
	case mailauth.Broken:
		l.sign, l.word, l.what = Fails, "no key", safe.Textf("%s: the TXT record there is no key", name)
	case mailauth.Several:
		l.sign, l.word, l.what = Attention, "several", safe.Textf("%s: %d keys, which one counts is not defined", name, k.Records)
	case mailauth.Present:
		l = v.oneKey(k, name)
	default:
		l.sign, l.word, l.what = Missing, "cannot tell", safe.Textf("%s: %s", name, untoldText(k.Outcome))
	}
	return l
}

func (v *view) oneKey(k survey.AuthKey, name safe.Text) score {
	l := score{at: v.at(k.From), sign: Holds, word: "key there", what: name}
	key := k.Key
	if key.Bits > 0 && key.Type == "rsa" {
		l.what = safe.Textf("%s, %d bits", name, key.Bits)
	}
	switch {
	case key.Revoked:
		l.sign, l.word = Fails, "revoked"
	case len(key.Faults) > 0:
		l.sign, l.word, l.what = Fails, "bad key", safe.Textf("%s: %s", name, short(key.Faults[0], 40))
	case key.Weak():
		l.sign, l.word, l.what = Fails, "too short", safe.Textf("%s: receivers refuse less than 1024 (RFC 8301)", l.what)
	case key.NotMail:
		l.sign, l.word, l.what = Fails, "not for mail", safe.Textf("%s: s= names other services", name)
	case key.Testing:
		l.sign, l.what = Attention, safe.Textf("%s, t=y: in test", l.what)
	case key.Type == "rsa" && key.Bits == 1024:
		l.what = safe.Textf("%s; 2048 is advised", l.what)
	}
	return l
}

func (v *view) dmarcScores(a *survey.Auth, sum *standing, add func(score)) {
	d := a.From
	domain := safe.Domain(d.Domain)
	l := score{check: "DMARC"}
	if len(d.Walk) > 0 {
		l.at = v.at(d.Walk[max(d.At, 0)].From)
	}
	record := d.Record()
	switch {
	case d.Domain == "":
		l.sign, l.word, l.what, l.from = Missing, "cannot tell", "the From domain is not known", "bounce"
	case d.State == mailauth.Asking:
		l.sign, l.word, l.what = Asking, "asking", safe.Textf("the policy of %s", domain)
	case d.State == mailauth.Unknown:
		l.sign, l.word, l.what = Missing, "cannot tell", safe.Textf("the policy of %s: %s", domain, v.walkWhy(d))
	case d.State == mailauth.Several:
		l.sign, l.word, l.what = Fails, "several", safe.Textf("%d records at %s: none counts", d.Walk[0].Records, domain)
	case record == nil:
		l.sign, l.word, l.what = Attention, "none", safe.Textf("%s publishes no policy", domain)
	default:
		l = v.dmarcFound(a, sum, l)
	}
	add(l)
	if record != nil {
		v.dmarcNotes(a, record, add)
	}
	if !v.r.From.Known() && d.Domain != "" {
		add(score{word: "assumed", sign: Missing, from: "bounce", what: safe.Textf("the bounce does not return From: %s is the envelope sender's", domain)})
	}
}

// dmarcFound says whether one of SPF and DKIM can satisfy the policy.
func (v *view) dmarcFound(a *survey.Auth, sum *standing, l score) score {
	p := safe.Of(string(a.From.Policy))
	passing, open, signed := sum.spf, sum.asking > 0, len(a.Keys) > 0
	lost := a.SPF.Result == mailauth.TempError || a.SPF.Result == mailauth.Indefinable || a.SPFMatch == mailauth.MatchLost
	for _, k := range a.Keys {
		lost = lost || k.Match == mailauth.MatchLost || k.State == mailauth.Unknown
	}
	switch {
	case passing:
		l.sign, l.word, l.what = Holds, "can pass", safe.Textf("policy %s; SPF passes and matches", p)
	case sum.dkim:
		l.sign, l.word, l.what = Attention, "by DKIM", safe.Textf("policy %s; only a good signature can pass, SPF does not", p)
	case open:
		l.sign, l.word, l.what = Asking, "asking", safe.Textf("policy %s", p)
	case lost || !signed:
		l.sign, l.word, l.what = Missing, "cannot tell", safe.Textf("policy %s; SPF does not count for it, a signature is not known", p)
		if lost {
			l.what = safe.Textf("policy %s; not all that decides was answered", p)
		}
	default:
		l.sign, l.word, l.what = Fails, "fail", safe.Textf("policy %s, and neither SPF nor DKIM passes and matches", p)
	}
	return l
}

// dmarcNotes says what a reader of the record should know.
func (v *view) dmarcNotes(a *survey.Auth, r *mailauth.DMARC, add func(score)) {
	at := v.at(a.From.Walk[a.From.At].From)
	note := func(what safe.Text) { add(score{word: "to know", sign: Attention, what: what, at: at}) }
	if r.Testing {
		note(safe.Textf("t=y: receivers are asked to apply %s instead", safe.Of(string(a.From.Policy.Milder()))))
	}
	if r.Percent < 100 {
		note(safe.Textf("pct=%d: older receivers apply the policy to that share, RFC 9989 ignores it", r.Percent))
	}
	switch {
	case r.Void:
		note("receivers apply no DMARC: no valid p, or a wrong sp or np, and no report address")
	case len(r.Faulty) > 0:
		note(safe.Textf("%s= names no policy: the record counts as p=none", r.Faulty[0]))
	case r.NoPolicy:
		note("no p: the record counts as p=none")
	}
	if len(r.Junk) > len(r.Faulty) { // beside what was said of these
		other := slices.IndexFunc(r.Junk, func(text string) bool {
			name, _, _ := strings.Cut(text, "=")
			return !slices.Contains(r.Faulty, name)
		})
		note(safe.Textf("not understood: %s", short(r.Junk[max(other, 0)], 40)))
	}
	for _, o := range a.Outside {
		if o.State == mailauth.Absent {
			note(safe.Textf("reports go to %s, which does not say that it takes them", safe.Domain(o.Domain)))
		}
	}
}

func (v *view) nameScores(a *survey.Auth, add func(score)) {
	if !a.Identity.Addr.IsValid() {
		add(score{check: "PTR", word: "not known", sign: Missing, from: "bounce", what: "the address of the sending server"})
		return
	}
	l := score{check: "PTR", at: v.at(a.PTR.PTR.From)}
	addr := safe.Of(a.PTR.Addr.String())
	switch {
	case a.PTR.Confirmed == survey.Yes:
		l.sign, l.word, l.what = Holds, "agrees", safe.Textf("%s, %s", addr, safe.Domain(a.PTR.ConfirmedName))
	case a.PTR.Confirmed == survey.Open:
		l.sign, l.word, l.what = Asking, "asking", addr
	case a.PTR.Confirmed == survey.Unknown:
		l.sign, l.word, l.what = Missing, "cannot tell", addr
	case len(a.PTR.Names) == 0:
		l.sign, l.word, l.what = Fails, "none", safe.Textf("%s has no name: many receivers refuse that", addr)
	default:
		l.sign, l.word, l.what = Fails, "no match", safe.Textf("%s is called %s, which has another address", addr, safe.Domain(a.PTR.Names[0]))
	}
	add(l)
	if a.HELOHas == survey.No {
		add(score{check: "HELO", word: "differs", sign: Attention, at: v.at(a.HELOHost.A.From),
			what: safe.Textf("%s, the server's own name, has not that address", safe.Domain(v.subject.Sent.HELO))})
	}
}

func (v *view) listScores(a *survey.Auth, sum *standing, add func(score)) {
	counted, asking := 0, 0
	var at time.Time
	var refused, silent []safe.Text // names of lists that are not counted
	var lines []score
	for _, s := range a.Lists {
		if t := v.at(s.From); t.After(at) {
			at = t
		}
		name := safe.Of(s.List.Name)
		switch s.Says {
		case mailauth.Listed:
			counted++
			sum.listed++
			lines = append(lines, score{word: "listed", sign: Fails, at: v.at(s.From), what: safe.Textf("%s: %s, %s; %s", name, safe.Of(s.Subject), listed(s.Means, 2), safe.Of(s.List.Delist))})
		case mailauth.NotListed:
			counted++
		case mailauth.ListAsking:
			asking++
		case mailauth.ListRefused:
			refused = append(refused, safe.Textf("%s (%s)", name, safe.Of(s.Means[0])))
		default:
			silent = append(silent, name)
		}
	}
	if len(a.Lists) == 0 {
		add(score{check: "blocklists", word: "not asked", sign: Missing, from: "here", what: "no public address of the sending server is known"})
		return
	}
	head := score{check: "blocklists", sign: Holds, word: safe.Textf("%d of %d", sum.listed, counted), at: at, what: v.listedSubject(a)}
	switch {
	case asking > 0:
		head.sign, head.word = Asking, "asking"
	case counted == 0:
		head.sign, head.word = Missing, "cannot tell"
	case sum.listed > 0:
		head.sign = Attention
	}
	add(head)
	for _, l := range lines {
		add(l)
	}
	if n := len(refused); n > 0 {
		add(score{word: safe.Textf("%d refused", n), sign: Missing, at: at, what: safe.Textf("not counted: %s", joinNonEmpty(", ", refused...))})
	}
	if n := len(silent); n > 0 {
		add(score{word: safe.Textf("%d silent", n), sign: Missing, at: at, what: safe.Textf("not counted: %s", joinNonEmpty(", ", silent...))})
	}
}

// listedSubject names what the lists were asked about.
func (v *view) listedSubject(a *survey.Auth) safe.Text {
	var names []safe.Text
	for _, s := range a.Lists {
		if n := safe.Of(s.Subject); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return joinNonEmpty(", ", names...)
}

// transportScores says what the recipient's domain publishes about transport,
// which is not the cause of a refusal for the sender.
func (v *view) transportScores(add func(score)) {
	t := v.facts.Transport
	for _, x := range []struct {
		name safe.Text
		a    mailauth.Announcement
	}{{"MTA-STS", t.MTASTS}, {"TLS-RPT", t.TLSRPT}} {
		add(v.announced(x.name, x.a))
	}
	usable, failed := 0, false
	at := v.at(t.MTASTS.From)
	for _, d := range t.DANE {
		usable += d.Usable
		failed = failed || d.MustNotDeliver
		at = v.at(d.From)
	}
	l := score{check: "DANE", word: "none", what: safe.Textf("%s publishes no TLSA that can be used", v.domain), at: at}
	switch {
	case failed:
		l.word, l.sign, l.what = "fails", Attention, "the TLSA look-up fails: a sender that does DANE must not deliver (RFC 7672 2.1.1)"
	case usable > 0:
		l.word, l.what = "published", safe.Textf("%d TLSA of %s; not the cause", usable, v.domain)
	case slices.ContainsFunc(t.DANE, func(d mailauth.DANE) bool { return d.State == mailauth.Unknown }):
		l.word, l.what = "cannot tell", "the TLSA look-up was not answered"
	case slices.ContainsFunc(t.DANE, func(d mailauth.DANE) bool { return d.State == mailauth.Asking }):
		l.word, l.what = "asking", safe.Textf("TLSA of %s", v.domain)
	case len(t.DANE) == 0:
		l.word, l.what = "not asked", "no MX host is known"
	}
	add(l)
}

func (v *view) announced(name safe.Text, a mailauth.Announcement) score {
	l := score{check: name, word: "none", what: "not the cause", at: v.at(a.From)}
	switch a.State {
	case mailauth.Asking:
		l.word, l.what = "asking", ""
	case mailauth.Unknown:
		l.word, l.what = "cannot tell", untoldText(a.Outcome)
	case mailauth.Present:
		l.word, l.what = "published", safe.Textf("by %s; not the cause", v.domain)
	case mailauth.Several, mailauth.Broken:
		l.word, l.what = "broken", safe.Textf("%s's record cannot be used; not the cause", v.domain)
	}
	return l
}

// authSays gives the finding in one sentence, the strongest first.
func (v *view) authSays(sum standing) safe.Text {
	a := v.facts.Auth
	if a == nil || v.round.N == 0 {
		return "DNS was not asked yet."
	}
	from := safe.Domain(a.From.Domain)
	switch {
	case sum.asking > 0 && v.asking():
		return safe.Textf("Asking DNS what %s publishes.", from)
	case sum.listed > 0:
		return safe.Textf("The sender is on %d of the blocklists that answered.", sum.listed)
	case a.SPF.Result == mailauth.PermError:
		return safe.Textf("SPF of %s is in error: receivers cannot evaluate it.", safe.Domain(a.Identity.Domain))
	case a.SPF.Result == mailauth.Pass && a.SPFMatch == mailauth.NotAligned && !sum.dkim:
		return safe.Textf("SPF passes, but for %s: it does not match From %s.", safe.Domain(a.Identity.Domain), from)
	case a.SPF.Result == mailauth.Fail || a.SPF.Result == mailauth.SoftFail:
		return safe.Textf("SPF of %s does not allow the server that sent.", safe.Domain(a.Identity.Domain))
	case slices.ContainsFunc(a.Keys, func(k survey.AuthKey) bool { return k.State == mailauth.Absent }):
		return "The mail is signed with a key that is not in DNS."
	case sum.spf:
		return safe.Textf("By DNS as it is now, SPF passes and matches %s.", from)
	}
	return "Cannot tell from DNS which check failed."
}

func (v *view) authSo(sum standing, fix int) safe.Text {
	switch {
	case sum.asking > 0 && v.asking():
		return "The address is not in question. Answers come in by themselves."
	case sum.spf && fix == 0:
		return "The address is not in question, and DNS shows no fault of ours now. The receiver may have seen older records, or counts reputation or content."
	case fix > 0:
		return "The address is not in question. What is marked here is on our own side."
	}
	return "The address is not in question. What was not answered proves nothing."
}

func (v *view) authNext(sum standing, fix int) safe.Text {
	a := v.facts.Auth
	switch {
	case a == nil || sum.asking > 0 && v.asking():
		return "Wait for DNS, or copy what is known for our DNS operator."
	case sum.listed > 0:
		return "Find out why it is listed and end that first; then ask the list, at the page named."
	case a.SPF.Result == mailauth.Pass && a.SPFMatch == mailauth.NotAligned && v.platform.known():
		return safe.Textf("In %s, authenticate %s: return path and signature then carry its name. Copy for our DNS operator.", v.platform.name, safe.Domain(a.From.Domain))
	case fix > 0:
		return "Copy for our DNS operator: it has the exact names and records."
	case sum.lost > 0:
		return "R asks again; or copy for our DNS operator what is known."
	}
	return "Compare with the server that sent; copy for our DNS operator."
}

// maxAuthRecords bounds the facts of a letter.
const maxAuthRecords = 7

// authRecords gives the exact facts for our DNS operator: what is wrong or to be
// known, and SPF and DMARC whatever they say.
func (v *view) authRecords() []safe.Text {
	lines, _ := v.scores()
	var out []safe.Text
	check := safe.Text("")
	for _, l := range lines {
		if l.check != "" {
			check = l.check
		}
		plain := l.sign == Fails || l.sign == Attention || l.check == "SPF" || l.check == "DMARC"
		if plain && l.sign != Asking && len(out) < maxAuthRecords {
			out = append(out, safe.Textf("- %s: %s: %s", check, l.word, l.what))
		}
	}
	return out
}

// transportFindings says what the recipient's domain publishes about the
// transport of its mail; what it does not publish is not worth a line.
func (v *view) transportFindings() []Finding {
	t := v.facts.Transport
	var out []Finding
	add := func(key string, sign Sign, q dnsx.Question, claim safe.Text) {
		out = append(out, Finding{Key: key, Sign: sign, Source: "dns", At: v.at(q), Claim: claim})
	}
	if t.MTASTS.State == mailauth.Present {
		add("mta_sts", For, t.MTASTS.From, "announces MTA-STS; its policy is on a web server and was not read")
	}
	for _, d := range t.DANE {
		host := safe.Domain(d.Host)
		switch {
		case d.MustNotDeliver:
			add("dane:"+d.Host, Fails, d.From, safe.Textf("the TLSA look-up of %s fails: a sender that does DANE must not deliver there (RFC 7672 2.1.1)", host))
		case d.Verified && d.Usable > 0:
			add("dane:"+d.Host, For, d.From, safe.Textf("%s has %d TLSA that senders with DANE hold it to", host, d.Usable))
		case d.State == mailauth.Present && d.Usable == 0:
			add("dane:"+d.Host, Attention, d.From, safe.Textf("%s has TLSA records, none that SMTP can use", host))
		case d.State == mailauth.Present:
			add("dane:"+d.Host, Attention, d.From, safe.Textf("%s has %d TLSA; whether MX and address are authenticated is not known here", host, d.Usable))
		}
	}
	zone := safe.Domain(t.Zone)
	switch q := (dnsx.Question{Name: t.Zone, Type: dnsx.TypeDNSKEY}); t.DNSSEC {
	case mailauth.DNSSECValidated:
		add("dnssec", For, q, safe.Textf("%s is signed, and this machine's resolver has checked it", zone))
	case mailauth.DNSSECSigned:
		add("dnssec", For, q, safe.Textf("%s is signed; nobody whose word counts here has checked it", zone))
	case mailauth.DNSSECIsland:
		add("dnssec", Attention, q, safe.Textf("%s has keys, and its parent no DS: nobody can check them", zone))
	case mailauth.DNSSECDangling:
		add("dnssec", Fails, q, safe.Textf("the parent of %s has a DS, and it has no keys: validating resolvers fail", zone))
	}
	return out
}

// Scorecard gives the table of the sender's side from the panel that shows it;
// nil where there is none.
func (f Flow) Scorecard() *Table {
	panels := f.Steps
	if f.Side != nil {
		panels = append([]Panel{*f.Side}, panels...)
	}
	for _, p := range panels {
		for _, s := range p.Sections {
			if s.Label == scorecardLabel && s.Table != nil {
				return s.Table
			}
		}
	}
	return nil
}

const scorecardLabel = "scorecard"
