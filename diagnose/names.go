package diagnose

import (
	"errors"
	"slices"
	"strings"

	"deadletter/diagnose/safe"
	"deadletter/diagnose/typo"
	"deadletter/dnsx"
	"deadletter/dnsx/idn"
	"deadletter/dnsx/survey"
)

// asciiAddress gives an address for show and for letters: byte for byte as it
// was written where its domain is ASCII, else with the domain as it stands in
// DNS. The local part stays as it is.
func asciiAddress(u safe.Untrusted) safe.Text { return asciiForm(u).Safe() }

// asciiForm is the same before it is made visible.
func asciiForm(u safe.Untrusted) safe.Untrusted {
	raw := domainAsWritten(u)
	ascii, err := idn.ASCII(raw)
	if raw == "" || err != nil || strings.EqualFold(ascii, strings.TrimSuffix(raw, ".")) {
		return u
	}
	return u[:len(u)-len(raw)] + safe.Untrusted(ascii)
}

// shownAddress is asciiAddress with the letters of the domain beside it, or
// what is wrong with them.
func shownAddress(u safe.Untrusted) safe.Text {
	raw := domainAsWritten(u)
	ascii, err := idn.ASCII(raw)
	if raw == "" || err != nil || !idn.HasALabel(ascii) {
		return asciiAddress(u)
	}
	return asciiAddress(u) + safe.Domain(ascii)[len(safe.Of(ascii)):]
}

func domainAsWritten(u safe.Untrusted) string {
	return string(u)[strings.LastIndexByte(string(u), '@')+1:]
}

// nameFindings says what is wrong with the name of the recipient's domain, or
// may deceive who reads it.
func (v *view) nameFindings() []Finding {
	var out []Finding
	add := func(key string, sign Sign, source Source, claim, hint safe.Text) {
		out = append(out, Finding{Key: key, Sign: sign, Claim: claim, Hint: hint, Source: source})
	}
	raw := domainAsWritten(v.recipientRaw())
	source := v.line(v.r.Recipient)
	var bad *idn.Error
	switch _, err := idn.ASCII(raw); {
	case errors.As(err, &bad) && bad.Label == "":
		add("name", Fails, source, safe.Textf("%s is no domain name: it %s", safe.Domain(raw), bad.Why), "DNS cannot be asked about it")
	case errors.As(err, &bad):
		add("name", Fails, source, safe.Textf("%s is no domain name: the label %s %s", safe.Of(raw), bad.Label, bad.Why), "DNS cannot be asked about it")
	}
	for _, d := range idn.Doubts(raw) {
		switch d {
		case idn.MixedScripts:
			add("mixed_scripts", Attention, "here", safe.Textf("%s mixes scripts in one label: it may be made to look like another", v.domain), "")
		case idn.ForeignDigits:
			add("foreign_digits", Attention, "here", safe.Textf("%s has digits of another script than 0 to 9", safe.Domain(v.domain)), "")
		case idn.Unseen:
			add("unseen", Attention, source, "the domain was written with characters that are not seen", "DNS is asked about what is left without them")
		case idn.Unreadable:
			add("unreadable", Attention, "here", safe.Textf("%s holds an A-label that stands for no letters", v.domain), "DNS is asked about it as it stands")
		}
	}
	return out
}

// candidates gives the domains that the recipient's may have been mistyped for.
func (v *view) candidates() []typo.Candidate {
	near := []string{v.senderDomain}
	for _, s := range v.c.Siblings {
		near = append(near, s.Domain)
	}
	for _, b := range v.c.bounces {
		_, wrote := AddressDomain(b.Report.OriginalRecipient.Value)
		near = append(near, wrote)
	}
	near = slices.DeleteFunc(near, func(d string) bool { return d == v.domain || !dnsx.IsHostname(d) })
	slices.Sort(near)
	return typo.Candidates(v.domain, slices.Compact(near))
}

// asked gives them as a survey takes them.
func asked(list []typo.Candidate) []survey.Candidate {
	var out []survey.Candidate
	for _, c := range list {
		out = append(out, survey.Candidate{Domain: c.Domain, Far: c.Far()})
	}
	return out
}

// nearness is a domain that may have been meant, and what DNS says of it.
type nearness struct {
	typo.Candidate
	facts survey.CandidateFacts
	found bool // it was asked about, or will be
}

// nearest gives the domain most likely meant: the first that is not known to
// take no mail. One that is far off counts where the recipient's domain takes
// none.
func (v *view) nearest() (nearness, bool) {
	for _, c := range v.near {
		n := nearness{Candidate: c}
		for _, f := range v.facts.Candidates {
			if f.Domain == c.Domain {
				n.facts, n.found = f, true
			}
		}
		if n.facts.Takes == survey.No || c.Far() && !n.found {
			continue
		}
		return n, true
	}
	return nearness{}, false
}

// slip words how the recipient's domain differs from the one that may be meant.
func (n nearness) slip() safe.Text {
	d := safe.Of(n.Domain)
	switch n.Slip {
	case typo.Looks:
		return safe.Textf("looks like %s", d)
	case typo.Ending:
		return safe.Textf("has another ending than %s", d)
	case typo.Dot:
		return safe.Textf("is a dot away from %s", d)
	case typo.Glued:
		return safe.Textf("is %s with more stuck to it", d)
	case typo.Two:
		return safe.Textf("is two letters away from %s", d)
	}
	return safe.Textf("is one letter away from %s", d)
}

// nearSays words it with what DNS says of both. It never leaves out that the
// domain written takes mail itself.
func (v *view) nearSays(n nearness) safe.Text {
	claim := safe.Textf("%s %s", v.domain, n.slip())
	if !n.Known {
		claim += ", which this case knows"
		if n.Domain == v.senderDomain {
			claim = safe.Textf("%s %s, the sender's domain", v.domain, n.slip())
		}
	}
	switch n.facts.Takes {
	case survey.Yes:
		claim += ", which takes mail"
	case survey.Open:
		claim += "; asking whether that takes mail"
	}
	switch {
	case v.facts.Parked:
		claim += safe.Textf("; %s is held by a parking service", v.domain)
	case v.facts.DomainAbsent():
		claim += safe.Textf("; %s does not exist", v.domain)
	case v.facts.NullMX():
		claim += safe.Textf("; %s takes none (null MX)", v.domain)
	case v.facts.MX.State == survey.MXNone, v.facts.MX.State == survey.MXImplicit:
		claim += safe.Textf("; %s has no MX", v.domain)
	case v.facts.MX.State == survey.MXListed:
		claim += safe.Textf("; %s takes mail itself and may be meant", v.domain)
	case !v.mxKnown() && !v.asking():
		claim += safe.Textf("; whether %s takes mail is not known", v.domain)
	}
	return claim
}

// nearFinding says whether the domain may be a mistyped one.
func (v *view) nearFinding() Finding {
	n, ok := v.nearest()
	if !ok {
		return Finding{Key: "near", Sign: For, Claim: "not near a well-known domain, nor one of the case", Source: "here"}
	}
	f := Finding{Key: "near", Sign: Attention, Claim: v.nearSays(n), Source: "here"}
	if at := v.at(n.facts.MX.From); !at.IsZero() {
		f.Source, f.At = "dns", at
	}
	return f
}

// takesMailItself holds where the domain, however near another, is one that
// mail is sent to.
func (v *view) takesMailItself() bool {
	return v.facts.MX.State == survey.MXListed && !v.facts.Parked
}

func nearAnother(v *view) (Finding, bool) {
	n, ok := v.nearest()
	if !ok || v.takesMailItself() {
		return Finding{}, false
	}
	return Finding{Key: "near", Claim: v.nearSays(n), Source: "here", At: v.at(n.facts.MX.From)}, true
}

// nearAndTakes is weak: two domains that take mail may both be meant.
func nearAndTakes(v *view) (Finding, bool) {
	n, ok := v.nearest()
	if !ok || !v.takesMailItself() {
		return Finding{}, false
	}
	return Finding{Key: "near_takes", Claim: v.nearSays(n), Source: "here", At: v.at(n.facts.MX.From)}, true
}

// noName is for a domain that cannot be one.
func noName(v *view) (Finding, bool) {
	for _, f := range v.nameFindings() {
		if f.Sign == Fails {
			return f, true
		}
	}
	return Finding{}, false
}
