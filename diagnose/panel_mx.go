package diagnose

import (
	"slices"

	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
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
