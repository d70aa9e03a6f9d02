package diagnose

import (
	"slices"
	"strings"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
	"deadletter/dnsx/survey"
)

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
