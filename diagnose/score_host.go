package diagnose

import (
	"slices"
	"time"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
	"deadletter/dnsx/survey"
)

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
