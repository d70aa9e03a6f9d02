package diagnose

import (
	"slices"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
	"deadletter/dnsx/survey"
)

// senderFindings says what DNS shows of the sender's domain: who may send for
// it, and its DMARC policy.
func (v *view) senderFindings() []Finding {
	if v.senderDomain == "" {
		return []Finding{{Key: "sender", Sign: Missing, Claim: "the envelope sender", Hint: "the Return-Path of the mail that failed, or the sending server's log"}}
	}
	return append([]Finding{v.spfFinding()}, v.dmarcFinding())
}

func (v *view) spfFinding() Finding {
	spf := v.facts.SenderSPF
	f := Finding{Key: "spf", Source: "dns", At: v.at(spf.From)}
	domain := safe.Domain(v.senderDomain)
	pending := spf.Asking || slices.ContainsFunc(spf.Includes, func(i survey.Include) bool { return i.Asking })
	switch {
	case pending && v.asking():
		f.Sign, f.Claim = Asking, safe.Textf("what %s's SPF allows", domain)
	case spf.Failed() || spf.Outcome == "":
		f.Sign, f.Claim = Missing, safe.Textf("SPF of %s: %s", domain, v.lookupWhy(spf.Lookup))
	case spf.Capped && len(spf.Records) < 2:
		f.Sign, f.Claim = Missing, safe.Textf("SPF of %s: %s", domain, moreThanKept)
	case len(spf.Records) == 0:
		f.Sign, f.Claim = Attention, safe.Textf("%s publishes no SPF", domain)
	case len(spf.Records) > 1:
		f.Sign, f.Claim = Fails, safe.Textf("%s publishes %d SPF records: an error (RFC 7208 4.5)", domain, len(spf.Records))
	case v.platform.known() && v.spfNamesPlatform():
		f.Sign, f.Claim = For, safe.Textf("SPF of %s allows %s", domain, v.platform.name)
	case len(spf.Includes) > 0:
		f.Sign, f.Claim = For, safe.Textf("SPF of %s names %s", domain, listed(spf.Domains(), 3))
	default:
		f.Sign, f.Claim = For, safe.Textf("%s publishes SPF", domain)
	}
	if spf.Loop {
		f.Sign, f.Hint = Attention, "it leads back to itself"
	}
	return f
}

func (v *view) spfNamesPlatform() bool {
	return slices.ContainsFunc(operator.FindPlatforms(operator.Hints{SPF: v.facts.SenderSPF.Domains()}), func(m operator.PlatformMatch) bool { return m.Platform.Key == v.platform.op.Key })
}

// dmarcFinding reads the sender's policy, as RFC 9989 finds it.
func (v *view) dmarcFinding() Finding {
	d := v.facts.SenderPolicy
	f := Finding{Key: "dmarc", Source: "dns"}
	if len(d.Walk) > 0 {
		f.At = v.at(d.Walk[0].From)
	}
	switch {
	case d.State == mailauth.Asking && v.asking():
		f.Sign, f.Claim = Asking, safe.Textf("DMARC of %s", v.senderDomain)
	case d.State == mailauth.Present:
		found := d.Walk[d.At]
		f.At = v.at(found.From)
		f.Sign, f.Claim = For, safe.Textf("DMARC policy of %s: %s", safe.Domain(found.Domain), dmarcPolicy(d))
	case d.State == mailauth.Several:
		f.Sign, f.Claim = Fails, safe.Textf("%d DMARC records at %s: none counts", d.Walk[0].Records, d.Walk[0].From.Name)
	case d.State == mailauth.Absent:
		f.Sign, f.Claim = Attention, safe.Textf("%s publishes no DMARC policy", v.senderDomain)
	default:
		f.Sign, f.Claim = Missing, safe.Textf("DMARC of %s: %s", v.senderDomain, v.walkWhy(d))
	}
	return f
}

// walkWhy says why a tree walk tells nothing.
func (v *view) walkWhy(d mailauth.Discovery) safe.Text {
	for _, found := range d.Walk {
		if found.State == mailauth.Unknown {
			return v.lookupWhy(survey.Lookup{Outcome: found.Outcome})
		}
	}
	return v.lookupWhy(survey.Lookup{})
}

// dmarcPolicy words the policy that counts, and why it is none where the record
// may look like more (RFC 9989 section 4.10.1).
func dmarcPolicy(d mailauth.Discovery) safe.Text {
	switch r := d.Record(); {
	case r.Void:
		return "none, and receivers apply no DMARC"
	case len(r.Faulty) > 0:
		return safe.Textf("none, its %s= is no policy", r.Faulty[0])
	case r.NoPolicy:
		return "none, it names no policy"
	}
	return safe.Of(string(d.Policy))
}

// lookupWhy says why a reading is not there.
func (v *view) lookupWhy(l survey.Lookup) safe.Text {
	switch {
	case v.round.N == 0:
		return "DNS was not asked"
	case l.Outcome == "":
		return "not asked"
	}
	return untoldText(l.Outcome)
}

// untoldText says why a reading cannot tell: its look-up failed, or was
// answered with more records than are kept.
func untoldText(o dnsx.Outcome) safe.Text {
	if o == dnsx.NoError {
		return moreThanKept
	}
	return failureText(o)
}

// moreThanKept is why a look-up that was answered tells nothing.
const moreThanKept safe.Text = "the answer holds more records than are kept"

// listed names up to max things, and how many more there are.
func listed(names []string, max int) safe.Text {
	var text safe.Text
	for i, n := range names {
		if i == max {
			return safe.Textf("%s and %d more", text, len(names)-max)
		}
		text = joinNonEmpty(", ", text, safe.Of(n))
	}
	return text
}

// short cuts text from outside at max bytes, and says that it did.
func short(s string, max int) safe.Text {
	shown, rest := safe.Clip(s, max)
	if rest > 0 {
		return shown + "…"
	}
	return shown
}

// waitFindings says until when a temporary failure is tried.
func (v *view) waitFindings() []Finding {
	var out []Finding
	if until := v.r.RetryUntil.At; !until.IsZero() {
		out = append(out, Finding{Key: "retry_until", Sign: Attention, Source: v.line(v.r.RetryUntil.Field),
			Claim: safe.Textf("the sending server tries until %s", longTime(until))})
	} else {
		out = append(out, Finding{Key: "retry_until", Sign: Missing, Claim: "until when the sending server tries",
			Hint: "servers mostly try for 4 to 5 days (RFC 5321 4.5.4.1); its queue shows it"})
	}
	if v.r.Action == bounce.Delayed {
		out = append(out, Finding{Key: "delayed", Sign: Attention, Source: "bounce", Claim: "this is a notice of delay, not of failure"})
	}
	return out
}
