package diagnose

import (
	"net/netip"
	"slices"
	"time"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// maxColumns bounds the name servers that have a column of their own.
const maxColumns = 3

// viewsTable sets the authoritative servers' answer beside the resolver's,
// where they differ; each server in a column of its own where they disagree.
func (v *view) viewsTable() *Table {
	if !v.facts.Differ() {
		return nil
	}
	t := &Table{Head: []safe.Text{"", "host"}, Give: []int{0}}
	var servers []survey.ServerView
	for _, s := range v.facts.Servers {
		if s.Counts {
			servers = append(servers, s)
		}
	}
	each := v.facts.Compare.ServersDisagree || v.facts.Compare.SerialsDisagree
	if each {
		servers = servers[:min(len(servers), maxColumns)]
		for _, s := range servers {
			t.Head = append(t.Head, safe.Domain(s.Server))
		}
	} else {
		t.Head = append(t.Head, "authoritative")
	}
	t.Head = append(t.Head, safe.Textf("cached, %s", v.resolverName()))
	for _, e := range v.mxEntries() {
		row := []Cell{{Text: safe.Textf("%d", e.Preference)}, {Text: safe.Domain(e.Host)}}
		has := func(yes bool) Cell {
			switch {
			case yes:
				return Cell{"yes", Holds}
			case e.resolver:
				return Cell{"gone", NoSign}
			}
			return Cell{"not yet", Differs}
		}
		if each {
			for _, s := range servers {
				row = append(row, has(slices.Contains(s.Entries, e.Entry)))
			}
		} else {
			row = append(row, has(e.auth))
		}
		switch {
		case !e.resolver:
			row = append(row, Cell{"not yet", Differs})
		case !e.auth:
			row = append(row, Cell{"still here", Differs})
		default:
			row = append(row, Cell{"yes", Holds})
		}
		t.Rows = append(t.Rows, row)
	}
	v.serialRow(t, servers, each)
	return t
}

// serialRow adds the serials of the zone under the columns.
func (v *view) serialRow(t *Table, servers []survey.ServerView, each bool) {
	row := []Cell{{}, {Text: "serial of the zone"}}
	told := false
	serial := func(s survey.ServerView) Cell {
		if !s.HasSerial {
			return Cell{Text: "not known"}
		}
		told = true
		return Cell{Text: safe.Textf("%d", s.Serial)}
	}
	switch {
	case each:
		for _, s := range servers {
			row = append(row, serial(s))
		}
	case len(servers) > 0:
		row = append(row, serial(servers[0]))
	default:
		row = append(row, Cell{})
	}
	if soa := v.facts.SOA.SOA; soa != nil {
		row = append(row, Cell{Text: safe.Textf("%d", soa.Serial)})
	}
	if told {
		t.Rows = append(t.Rows, row)
	}
}

// oldSpan is how long the resolver's old answer lives; nil where it has none.
func (v *view) oldSpan() *Span {
	c := v.facts.Compare
	if !v.facts.Differ() || c.OldSince.IsZero() || !c.OldUntil.After(c.OldSince) {
		return nil
	}
	return &Span{From: c.OldSince, Until: c.OldUntil, Now: v.now, Begins: "asked", Ends: "then gone"}
}

// viewFindings compares the resolver with the authoritative servers.
func (v *view) viewFindings(out *[]Finding) {
	c := v.facts.Compare
	add := func(key string, sign Sign, source Source, claim, hint safe.Text) {
		*out = append(*out, Finding{Key: key, Sign: sign, Claim: claim, Hint: hint, Source: source, At: v.at(c.From)})
	}
	switch c.Differ {
	case survey.Yes:
		hint := safe.Textf("another resolver may hold the old one until %s, if it lived as long as the new one does", v.clock(c.OthersUntil))
		switch {
		case c.OthersUntil.Equal(c.OldUntil):
			hint = "other resolvers may keep the old one longer: the TTL that it had is gone from the name servers"
		case c.OthersFresh:
			hint = safe.Textf("a name server still gives the old one: who asks it now keeps it until %s", v.clock(c.OthersUntil))
		}
		add("views_differ", Attention, "dns auth", "the name servers hold another MX than the resolver of this machine", hint)
	case survey.Open:
		if v.asking() {
			add("views", Asking, "dns auth", "the MX at each name server", "")
		}
	case survey.No:
		add("views_agree", For, "dns auth", "the resolver of this machine and the name servers hold the same MX", "")
	}
	if c.ServersDisagree {
		add("servers_disagree", Attention, "dns auth", "the name servers do not agree on the MX", "a change may be half done")
	}
	if c.SerialsDisagree {
		add("serials_disagree", Attention, "dns auth", "the name servers have different SOA serials", v.serialsBy())
	}
	if c.ResolverBehind {
		add("resolver_behind", Attention, "dns auth", safe.Textf("the zone has changed since this machine's resolver took it: serial %d there, %d at the name servers", c.ResolverSerial, c.NewestSerial),
			v.serialClaim(c.NewestSerial))
	}
}

// serialClaim reads a serial as a date, where it can be one.
func (v *view) serialClaim(serial uint32) safe.Text {
	date, ok := survey.SerialDate(serial, v.now)
	if !ok {
		return ""
	}
	return safe.Textf("by its digits the last change is of %s; nothing makes a serial a date", date.Format("2 Jan 2006"))
}

// serialsBy names the servers of each serial.
func (v *view) serialsBy() safe.Text {
	var out safe.Text
	for _, s := range v.facts.Servers {
		if s.HasSerial {
			out = joinNonEmpty(", ", out, safe.Textf("%s %d", safe.Domain(s.Server), s.Serial))
		}
	}
	return safe.Textf("%s; one of them has not taken the last change", out)
}

// nameServerFindings says which name servers could not be heard.
func (v *view) nameServerFindings(out *[]Finding) {
	agreed, counted := map[uint32]bool{}, 0
	for _, s := range v.facts.Servers {
		if s.Counts {
			counted++
			if s.HasSerial {
				agreed[s.Serial] = true
			}
		}
		var claim safe.Text
		name := safe.Domain(s.Server)
		switch {
		case s.Asking || s.Counts || s.BeyondServers:
			continue
		case s.NotContacted:
			claim = safe.Textf("name server %s has a private or special address: it was not asked", name)
		case s.Unresolvable:
			claim = safe.Textf("name server %s has no address", name)
		case s.Lame:
			claim = safe.Textf("name server %s answers without authority (lame)", name)
		case s.MX.Failed():
			claim = safe.Textf("name server %s: %s", name, survey.Say(s.MX.Outcome, "it"))
		default:
			continue
		}
		*out = append(*out, Finding{Key: "ns:" + s.Server, Sign: Attention, Claim: claim, Source: "dns auth", At: v.at(s.MX.From)})
	}
	if counted > 1 && len(agreed) == 1 {
		for serial := range agreed {
			claim := safe.Textf("all %d name servers that answered have serial %d", counted, serial)
			if counted == 2 {
				claim = safe.Textf("both name servers agree, serial %d", serial)
			}
			*out = append(*out, Finding{Key: "serials", Sign: For, Claim: claim, Source: "dns auth", At: v.mxTime()})
		}
	}
}

// remarkFindings says how answers came, where that matters: another resolver,
// a suspicion, what a server says of its failure.
func (v *view) remarkFindings(out *[]Finding) {
	count := map[dnsx.Note]int{}
	for _, m := range v.facts.Remarks {
		count[m.Note]++
	}
	said := map[string]bool{}
	for _, m := range v.facts.Remarks {
		f := Finding{Sign: Attention, Source: "dns", At: v.at(m.From)}
		n := count[m.Note]
		switch {
		case m.Claim && !said[m.Said()] && len(said) < maxSaid:
			said[m.Said()] = true
			f.Key, f.Sign = "says:"+m.From.String()+m.Said(), Missing
			f.Claim = safe.Textf("of %s %s, which failed, %s says: %s", string(m.From.Type), m.From.Name, m.By, m.Said())
		case m.Claim || n == 0:
			continue
		case m.Note == dnsx.NoteSecondServer:
			f.Key, f.Claim = "second_resolver", safe.Textf("the first resolver gave no answer to %d questions; %s, asked next, did", n, m.By)
		case m.Note == dnsx.NoteSpoofSuspected:
			f.Key, f.Claim = "spoof_suspected", safe.Textf("before %d answers came packets that do not answer what was asked: somebody may be forging", n)
			f.Hint = safe.Textf("the first was to %s %s", string(m.From.Type), m.From.Name)
		case m.Note == dnsx.NoteCapped:
			f.Key, f.Claim = "capped", safe.Textf("%d answers hold more records than are kept", n)
		case m.Note == dnsx.NoteChainLoop:
			f.Key, f.Claim = "alias_loop:"+m.From.Name, safe.Textf("the aliases of %s lead back to themselves, or too far", safe.Domain(m.From.Name))
		default:
			continue
		}
		if !m.Claim {
			count[m.Note] = 0
		}
		*out = append(*out, f)
	}
}

// maxSaid bounds the words of servers that are shown.
const maxSaid = 4

// aliases words a chain with the TTL of each step.
func aliases(chain []dnsx.Record) safe.Text { return safe.Of(survey.Aliases(chain)) }

// hostsByOperator says which hosts of the MX set are whose.
func (v *view) hostsByOperator() safe.Text {
	var all safe.Text
	hosts := func(holds func(party) bool) (list safe.Text) {
		for _, e := range v.mxEntries() {
			if e.resolver && holds(v.runsMX(e)) {
				list = joinNonEmpty(", ", list, safe.Domain(e.Host))
			}
		}
		return list
	}
	for _, name := range v.operatorsInSet() {
		all = joinNonEmpty("; ", all, safe.Textf("%s: %s", name, hosts(func(p party) bool { return p.name == name })))
	}
	if rest := hosts(func(p party) bool { return !p.known() }); rest != "" {
		all = joinNonEmpty("; ", all, safe.Textf("not known: %s", rest))
	}
	return all
}

// wasPublic gives an address that may be contacted and that an earlier round
// had as the answer to the same question.
func (v *view) wasPublic(q dnsx.Question) (addr netip.Addr, at time.Time, ok bool) {
	for _, r := range slices.Backward(v.c.Rounds[:max(0, len(v.c.Rounds)-1)]) {
		for _, a := range r.Answers {
			if a.Question != q || a.Outcome != dnsx.NoError {
				continue
			}
			for _, rec := range a.Records {
				if rec.Addr.IsValid() && (!dnsx.Special(rec.Addr) || dnsx.Documentation(rec.Addr)) {
					return rec.Addr, a.At, true
				}
			}
		}
	}
	return netip.Addr{}, at, false
}
