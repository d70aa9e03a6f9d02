package diagnose

import (
	"slices"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// mxFindings lists what is right, wrong or to be known about the MX. A
// blocking one stops removal and retry.
func (v *view) mxFindings() []Finding { return v.found() }

func (v *view) findMX() []Finding {
	var out []Finding
	add := func(key string, sign Sign, blocking bool, source Source, q dnsx.Question, claim safe.Text) {
		out = append(out, Finding{Key: key, Sign: sign, Blocking: blocking, Source: source, At: v.at(q), Claim: claim})
	}
	set := v.facts.MX
	switch set.Null {
	case survey.NullMixed:
		add("null_mixed", Attention, false, "dns", set.From, "a null MX stands beside other MX: against RFC 7505, hosts are still tried")
	case survey.NullNonzero:
		add("null_preference", Attention, true, "dns", set.From, "a null MX with a preference other than 0: it takes no mail")
	case survey.NullSingle:
		add("null_mx", Fails, true, "dns", set.From, "null MX: the domain takes no mail")
	}
	if v.facts.DomainAbsent() {
		add("nxdomain", Fails, true, "dns", v.facts.ExistsFrom, safe.Textf("%s does not exist", v.domain))
	} else if set.State == survey.MXNone {
		add("no_mx", Fails, true, "dns", set.From, "neither an MX nor an address")
	}
	if set.Against.Name != "" {
		add("contradicted", Attention, false, "dns", set.From, safe.Textf("asked for MX the domain does not exist, asked for %s it does: one of the two is wrong", string(set.Against.Type)))
	}
	if set.Outcome.Absent() && !set.KeptUntil.IsZero() && set.KeptUntil.After(v.now) {
		what := safe.Text("no MX")
		if set.Outcome == dnsx.NXDomain {
			what = "no such name"
		}
		add("kept", Missing, false, "dns", set.From, safe.Textf("%s; that answer may be kept until %s: what is mended now is not seen here before", what, v.clock(set.KeptUntil)))
	}
	if len(set.Chain) > 0 {
		add("alias", Attention, false, "dns", set.From, safe.Textf("%s is itself an alias: the MX are those of another name", v.domain))
		out[len(out)-1].Hint = aliases(set.Chain)
	}
	good := set.State == survey.MXListed
	usable := 0
	hosts := v.allHosts()
	for _, h := range hosts {
		fault := v.hostFault(h, &out)
		good = good && !fault && !h.Unknown
		if !fault {
			usable++
		}
	}
	if len(hosts) > 0 && usable == 0 && set.State == survey.MXListed {
		add("no_usable_mx", Fails, true, "dns", set.From, "no MX host can be reached by name and address")
	}
	if set.More > 0 {
		add("more_mx", Attention, false, "dns", set.From, safe.Textf("%d more MX records were not looked into", set.More))
	}
	if before, since, changed := v.mxBefore(); changed {
		if before == "" {
			before = "none"
		}
		out = append(out, Finding{Key: "changed", Sign: Attention, Source: "dns", At: v.mxTime(),
			Claim: safe.Textf("the MX is another than when the case began, %s: it was %s", v.clock(since), before)})
	}
	v.viewFindings(&out)
	v.nameServerFindings(&out)
	v.remarkFindings(&out)
	out = append(out, v.seenFindings()...)
	if v.host != "" && v.mxKnown() && !v.mxMember().asking && v.mxMember().host == "" && v.verdict.Kind != OwnMTA && v.verdict.Kind != SendingPlatform {
		add("outside", Attention, false, "dns", set.From, safe.Textf("%s, which refused, is no MX of the domain", v.host))
		if v.hostOp.known() {
			out[len(out)-1].Hint = safe.Textf("it is run by %s", v.hostOp.name)
		}
	}
	operators := v.operatorsInSet()
	if len(operators) > 1 {
		add("operators", Attention, false, "here", dnsx.Question{}, safe.Textf("the MX set belongs to %d operators: ask about each one's list", len(operators)))
		out[len(out)-1].Hint = v.hostsByOperator()
	}
	if good && usable == len(hosts) && len(hosts) > 0 && !v.asking() {
		add("sound", For, false, "dns", set.From, "every MX has an address, none private, no CNAME")
	}
	if v.facts.Full() {
		add("full", Attention, false, "here", dnsx.Question{}, "more names than are asked for in one round; the rest was left out")
	}
	return out
}

// allHosts gives the MX hosts of both views with what is known of them.
func (v *view) allHosts() []survey.MXHost {
	return append(slices.Clip(v.facts.MX.Hosts), v.facts.NewHosts...)
}

// hostFault adds what is wrong with one MX host and reports whether it cannot
// take mail.
func (v *view) hostFault(h survey.MXHost, out *[]Finding) bool {
	add := func(key string, sign Sign, claim safe.Text) {
		*out = append(*out, Finding{Key: key + ":" + h.Host, Sign: sign, Claim: claim, Source: "dns", At: v.at(h.From)})
	}
	name := safe.Domain(h.Host)
	switch {
	case h.IsAddressLiteral:
		add("literal", Fails, safe.Textf("MX %d is an address, %s, where a name must be: it never resolves", h.Preference, name))
		return true
	case h.IsInvalid:
		add("invalid", Fails, safe.Textf("MX %d, %s, cannot be a host name", h.Preference, name))
		return true
	case h.Unresolvable:
		add("no_address", Fails, safe.Textf("%s has no address", name))
		return true
	case h.Unknown:
		add("address_unknown", Missing, safe.Textf("the address of %s: %s", name, failureText(worse(h.A, h.AAAA))))
		return false
	}
	if h.IsCNAME && v.facts.MX.State == survey.MXListed {
		*out = append(*out, Finding{Key: "cname:" + h.Host, Sign: Attention, Source: "dns", At: v.at(h.From), Hint: aliases(h.Chain),
			Claim: safe.Textf("%s is a CNAME; most senders follow it, RFC 5321 does not allow it", name)})
	}
	private := 0
	for _, a := range h.Addrs {
		if a.Special && !a.Documentation {
			private++
			add("private", Fails, safe.Textf("%s has a private or special address, %s: it is never contacted", name, a.Addr))
			if old, at, turned := v.wasPublic(a.From); turned {
				add("turned", Fails, safe.Textf("%s had the address %s at %s: a name that turns from public to private is a fault or an attack", name, old, v.clock(at)))
			}
		}
	}
	return len(h.Addrs) > 0 && private == len(h.Addrs)
}

// worse gives the outcome of a pair that failed.
func worse(a, b survey.Lookup) dnsx.Outcome {
	if a.Failed() {
		return a.Outcome
	}
	return b.Outcome
}

// domainFindings says whether the domain exists and takes mail.
func (v *view) domainFindings() []Finding {
	var out []Finding
	if v.domain == "" {
		return []Finding{{Key: "domain", Sign: Missing, Claim: "the recipient's domain", Hint: "without it DNS has nothing to be asked about"}}
	}
	domain := safe.Domain(v.domain)
	f := Finding{Key: "exists", Source: "dns", At: v.mxTime()}
	switch {
	case v.facts.NullMX():
		f.Sign, f.Claim = Fails, safe.Textf("%s exists and takes no mail (null MX)", domain)
	case v.facts.DomainAbsent():
		f.Sign, f.Claim, f.At = Fails, safe.Textf("%s does not exist", domain), v.at(v.facts.ExistsFrom)
	case v.facts.MX.State == survey.MXImplicit:
		f.Sign, f.Claim = For, safe.Textf("%s exists; without an MX, mail goes to its own address", domain)
	case v.facts.MX.State == survey.MXListed:
		f.Sign, f.Claim = For, safe.Textf("%s exists and takes mail", domain)
	case v.facts.MX.State == survey.MXNone:
		f.Sign, f.Claim = Fails, safe.Textf("%s exists and has nothing that takes mail", domain)
	case v.asking():
		f.Sign, f.Claim = Asking, safe.Textf("whether %s exists and takes mail", domain)
	default:
		f.Sign, f.Claim = Missing, safe.Textf("whether %s takes mail: %s", domain, v.mxUnknownWhy())
	}
	out = append(out, f)
	out = append(out, v.nameFindings()...)
	out = append(out, v.nearFinding())
	return append(out, v.senderFindings()...)
}
