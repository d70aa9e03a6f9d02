package diagnose

import (
	"slices"

	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// mxPanel shows where mail for the domain goes, by both views.
func (v *view) mxPanel() Panel {
	p := Panel{State: Answered, GoTo: StepSuppression}
	if !v.has || v.domain == "" {
		p.State, p.Reading = Pending, "after 1"
		p.Verdict = []safe.Text{"The recipient's domain is not known."}
		return p
	}
	if t := v.mxTable(); len(t.Rows) > 0 {
		p.Sections = append(p.Sections, Section{Table: t})
	}
	if t := v.seenTable(); t != nil {
		p.Sections = append(p.Sections, Section{Label: "views", Table: t})
	} else if t := v.viewsTable(); t != nil {
		p.Sections = append(p.Sections, Section{Label: "two views", Table: t})
	}
	if span := v.oldSpan(); span != nil {
		p.Sections = append(p.Sections, Section{Span: span})
	}
	found := v.mxFindings()
	if len(found) > 0 {
		p.Sections = append(p.Sections, Section{Label: "found", Findings: found})
	}
	if t := v.transportFindings(); len(t) > 0 {
		p.Sections = append(p.Sections, Section{Label: "transport", Findings: t})
	}
	blocking, notes := 0, 0
	for _, f := range found {
		switch {
		case f.Blocking:
			blocking++
		case f.Sign == Attention || f.Sign == Differs:
			notes++
		}
	}
	p.Verdict, p.Reading = v.mxSays(blocking)
	if v.mxFromBefore() {
		p.Verdict = append(p.Verdict, safe.Textf("Not asked now: this is from %s.", v.clock(v.mxTime())))
	}
	p.So = v.mxSo(blocking)
	p.Next = "Go on to 5."
	switch {
	case v.asking() && !v.mxKnown():
		p.State, p.Reading = Waiting, "asking dns"
		p.Next = "Wait for DNS, or go on; answers come in by themselves."
	case blocking > 0:
		p.State, p.Badge, p.BadgeIs = Active, safe.Textf("%d to mend", blocking), Fails
		p.Next = "Copy the findings for the DNS operator."
	case !v.mxKnown():
		p.State, p.Badge, p.BadgeIs = Active, "cannot tell", Missing
		p.Next = "R asks again. Name another resolver with --resolver, or paste with a what dig says on the sending server."
		if v.round.Offline {
			p.Next = "Open the case again without --offline to ask DNS, or paste with a what dig says on the sending server."
		}
	case v.facts.Differ() && v.facts.OldUntil().After(v.now):
		p.Badge, p.BadgeIs = safe.Textf("%d to know", notes), Attention
		p.Next = safe.Textf("Go on to 5. After %s, R asks again and compares both views.", v.clock(v.facts.OldUntil()))
	case notes > 0:
		p.Badge, p.BadgeIs = safe.Textf("%d to know", notes), Attention
	}
	if blocking+notes > 0 {
		p.Copy, p.Audience = v.dnsDraft(), "the DNS operator"
	}
	p.GoOn = blocking == 0
	v.seenOn(&p)
	return p
}

func (v *view) mxSays(blocking int) (verdict []safe.Text, reading safe.Text) {
	set := v.facts.MX
	switch {
	case v.asking() && set.State == survey.MXAsking:
		return []safe.Text{safe.Textf("Asking %s for the MX of %s.", v.resolverName(), v.domain)}, "asking dns"
	case set.State == survey.MXNull:
		return []safe.Text{safe.Textf("%s says by a null MX that it takes no mail.", v.domain)}, "takes no mail"
	case v.facts.DomainAbsent():
		return []safe.Text{safe.Textf("%s does not exist in DNS.", v.domain)}, "no such domain"
	case set.State == survey.MXNone:
		return []safe.Text{safe.Textf("%s has neither an MX nor an address: nothing takes its mail.", v.domain)}, "no MX, no address"
	case set.State == survey.MXImplicit:
		return []safe.Text{safe.Textf("%s has no MX; mail goes to its own address.", v.domain)}, "implicit MX"
	case !v.mxKnown():
		verdict = []safe.Text{safe.Textf("Cannot tell where mail for %s goes: %s.", v.domain, v.mxUnknownWhy())}
		if n := len(v.mxEntries()); n > 0 {
			verdict = append(verdict, "What is shown is what the name servers say; who asks another resolver may get it.")
		}
		return verdict, "cannot tell"
	case v.facts.Differ():
		until := v.facts.OldUntil()
		old := safe.Textf("Two views: %s can give the old answer until %s.", v.resolverName(), v.clock(until))
		if !until.After(v.now) {
			old = safe.Textf("Two views: the old answer of %s has been gone since %s; R asks again.", v.resolverName(), v.clock(until))
		}
		if after := v.runsOnly(func(e mxEntry) bool { return e.auth && !e.resolver }); after != "" {
			old = safe.Textf("%s The name servers name %s.", old, after)
		}
		return []safe.Text{old}, safe.Textf("two views until %s", until.UTC().Format("15:04"))
	case blocking > 0:
		return []safe.Text{safe.Textf("The MX of %s has a fault that stops mail.", v.domain)}, safe.Textf("%d to mend", blocking)
	}
	n := len(v.facts.MX.Hosts)
	hosts := safe.Textf("%d hosts", n)
	if n == 1 {
		hosts = "1 host"
	}
	if v.filter.known() {
		verdict = []safe.Text{safe.Textf("Mail for %s goes to %s of %s, a filter in front of %s.", v.domain, hosts, v.filter.name, v.store.or("the mailbox host"))}
		return verdict, safe.Textf("%s in front", v.filter.name)
	}
	if front, ok := v.otherHalf(); ok {
		return []safe.Text{safe.Textf("Mail for %s goes to %s at %s; mailboxes seem to be at %s.", v.domain, hosts, front.name, v.store.name)}, safe.Textf("%s, %s", hosts, front.name)
	}
	if v.store.known() {
		return []safe.Text{safe.Textf("Mail for %s goes to %s at %s.", v.domain, hosts, v.store.name)}, safe.Textf("%s, %s", hosts, v.store.name)
	}
	return []safe.Text{safe.Textf("Mail for %s goes to %s.", v.domain, hosts)}, hosts
}

// otherHalf gives who runs the MX where that is a mailbox system other than the
// one that the mailboxes seem to be at.
func (v *view) otherHalf() (party, bool) {
	for _, e := range v.mxEntries() {
		if p := v.runsMX(e); v.store.known() && p.known() && p.name != v.store.name {
			return p, true
		}
	}
	return party{}, false
}

func (v *view) mxSo(blocking int) safe.Text {
	switch {
	case blocking > 0:
		return "Nothing is removed or retried before this is mended."
	case v.facts.Differ():
		if before := v.runsOnly(func(e mxEntry) bool { return e.resolver && !e.auth }); before != "" {
			return safe.Textf("Senders that hold the old answer reach %s, so \"normal mail works\" can be true for them.", before)
		}
		return "Senders that hold the old answer reach the old host, so \"normal mail works\" can be true for them."
	case v.filter.known():
		return "A filter in front is normal. The risk is its own recipient list. Nothing here blocks 5."
	case v.mxKnown():
		return "Nothing here blocks 5."
	}
	return ""
}

// mxTable lists the hosts of both views with address, operator and role.
func (v *view) mxTable() *Table {
	t := &Table{Head: []safe.Text{"pref", "host", "address", "run by", "role", "ttl"}, Right: []bool{true, false, false, false, false, true}, Give: []int{5, 4, 2}}
	for _, e := range v.mxEntries() {
		var addrs, role safe.Text
		for _, h := range v.allHosts() {
			if h.Host == e.Host {
				addrs = v.addrsText(h)
			}
		}
		op := v.runsMX(e)
		switch op.role() {
		case operator.Gateway:
			role = "filter"
		case operator.Host:
			role = "mailboxes"
		case operator.GatewayHost:
			role = "filter or mailboxes"
		default:
			role = safe.Of(string(op.role()))
		}
		t.Rows = append(t.Rows, []Cell{
			{Text: safe.Textf("%d", e.Preference)}, {Text: safe.Domain(e.Host)}, {Text: addrs}, {Text: op.or("not known")}, {Text: role}, {Text: safe.Textf("%d", e.ttl)},
		})
	}
	if v.facts.MX.State == survey.MXImplicit {
		for _, h := range v.facts.MX.Hosts {
			t.Rows = append(t.Rows, []Cell{{Text: "-"}, {Text: safe.Domain(h.Host)}, {Text: v.addrsText(h)}, {Text: "not known"}, {Text: "implicit"}, {Text: safe.Textf("%d", h.TTL)}})
		}
	}
	if v.store.known() && v.filter.known() && len(t.Rows) > 0 {
		t.Rows = append(t.Rows, []Cell{{}, {Text: safe.Textf("behind it, by %s", v.behindBy())}, {}, {Text: v.store.name}, {Text: "mailboxes"}, {}})
	}
	return t
}

// behindBy says what shows the host behind the filter.
func (v *view) behindBy() safe.Text {
	switch {
	case v.facts.Autodiscover.Target != "" && len(v.facts.Tokens) > 0:
		return "autodiscover and TXT"
	case v.facts.Autodiscover.Target != "":
		return "autodiscover"
	}
	return "TXT"
}

func (v *view) addrsText(h survey.MXHost) safe.Text {
	switch {
	case len(h.Addrs) > 1:
		return safe.Textf("%s +%d", h.Addrs[0].Addr, len(h.Addrs)-1+h.MoreAddrs)
	case len(h.Addrs) == 1:
		return safe.Of(h.Addrs[0].Addr.String())
	case h.Asking:
		return "asking"
	case h.Unresolvable:
		return "none"
	}
	return "cannot tell"
}

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

// runsOnly gives who runs the MX of one kind, where that is one operator.
func (v *view) runsOnly(kind func(mxEntry) bool) (name safe.Text) {
	for _, e := range v.mxEntries() {
		if !kind(e) {
			continue
		}
		p := v.runsMX(e)
		if !p.known() || name != "" && p.name != name {
			return ""
		}
		name = p.name
	}
	return name
}

// operatorsInSet lists the known operators of the resolver's MX set.
func (v *view) operatorsInSet() []safe.Text {
	var out []safe.Text
	for _, e := range v.mxEntries() {
		if p := v.runsMX(e); e.resolver && p.known() && !slices.Contains(out, p.name) {
			out = append(out, p.name)
		}
	}
	return out
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
