package diagnose

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// mxEntry is one MX record as the resolver or an authoritative server has it.
type mxEntry struct {
	survey.Entry
	ttl      uint32
	resolver bool // the resolver has it
	auth     bool // an authoritative server has it
	source   Source
	at       time.Time
}

// mxEntries joins both views, by preference and name.
func (v *view) mxEntries() []mxEntry { return v.entries() }

func (v *view) joinMX() []mxEntry {
	var list []mxEntry
	at := v.mxTime()
	for _, h := range v.facts.MX.Hosts {
		if v.facts.MX.State == survey.MXListed {
			list = append(list, mxEntry{Entry: h.Entry, ttl: h.TTL, resolver: true, source: "dns", at: at})
		}
	}
	for _, s := range v.facts.Servers {
		if !s.Counts {
			continue
		}
		for _, e := range s.Entries {
			if e.Host == "." {
				continue
			}
			i := slices.IndexFunc(list, func(have mxEntry) bool { return have.Entry == e })
			if i < 0 {
				list = append(list, mxEntry{Entry: e, ttl: s.TTL, auth: true, source: "dns auth", at: s.At})
				continue
			}
			if !list[i].auth {
				list[i].auth, list[i].ttl, list[i].source, list[i].at = true, s.TTL, "dns auth", s.At
			}
		}
	}
	slices.SortStableFunc(list, func(a, b mxEntry) int {
		if a.Preference != b.Preference {
			return int(a.Preference) - int(b.Preference)
		}
		return strings.Compare(a.Host, b.Host)
	})
	return list
}

// inMX reports whether a host is in either view of the MX set.
func (v *view) inMX(host string) bool {
	return host != "" && (v.facts.MX.Has(host) || slices.ContainsFunc(v.mxEntries(), func(e mxEntry) bool { return e.Host == host }))
}

// membership says whether the named host belongs to the MX set.
type membership struct {
	host   string // set when it does
	known  bool   // the set is known
	asking bool
	claim  safe.Text
	source Source
	at     time.Time
}

func (v *view) mxMember() membership {
	for _, e := range v.mxEntries() {
		if e.Host == v.host {
			return membership{host: e.Host, known: true, source: e.source, at: e.at,
				claim: safe.Textf("that host is MX %d of %s, TTL %d", e.Preference, v.domain, e.ttl)}
		}
	}
	switch h := v.facts.Host; {
	case v.facts.MX.State == survey.MXImplicit && v.host == v.domain:
		return membership{host: v.host, known: true, source: "dns", at: v.mxTime(), claim: safe.Textf("%s has no MX; its own address takes the mail", v.domain)}
	case h.InMXName == survey.Yes:
		return membership{host: v.host, known: true, source: "dns", at: v.mxTime(), claim: safe.Textf("that host is the MX of %s under another name", v.domain)}
	case h.InMXAddr == survey.Yes:
		return membership{host: v.named(), known: true, source: "dns", at: v.mxTime(), claim: safe.Textf("its address is that of an MX of %s", v.domain)}
	}
	if v.asking() && (v.facts.MX.State == survey.MXAsking || v.facts.Host.InMXAddr == survey.Open || v.facts.Compare.Differ == survey.Open) {
		return membership{asking: true}
	}
	return membership{known: v.mxKnown()}
}

func (v *view) named() string {
	if v.host != "" {
		return v.host
	}
	return v.addr.String()
}

// hostAddressFindings says what DNS shows of the named host's address.
func (v *view) hostAddressFindings() []Finding {
	h := v.facts.Host
	if h.Claimed.IsValid() {
		return v.claimedAddress(h)
	}
	for _, a := range h.Addrs {
		if a.Confirmed == survey.Yes {
			return []Finding{{Key: "ptr", Sign: For, Strength: 1, Source: "dns", At: v.at(a.ConfirmedFrom),
				Claim: safe.Textf("its address %s has a PTR that agrees", a.Addr)}}
		}
	}
	switch {
	case h.Asking || slices.ContainsFunc(h.Addrs, func(a survey.AddrFact) bool { return a.Confirmed == survey.Open }):
		return []Finding{{Key: "ptr", Sign: Asking, Source: "dns", Claim: "its address and PTR"}}
	case h.Unresolvable:
		return []Finding{{Key: "ptr", Sign: Against, Strength: 1, Source: "dns", At: v.at(h.A.From), Claim: "that name has no address now"}}
	case len(h.Addrs) > 0 && h.Addrs[0].Confirmed == survey.No:
		return []Finding{{Key: "ptr", Sign: Attention, Source: "dns", At: v.at(h.Addrs[0].PTR.From),
			Claim: safe.Textf("its address %s has no PTR that agrees", h.Addrs[0].Addr)}}
	}
	return nil
}

func (v *view) claimedAddress(h survey.HostFacts) []Finding {
	var out []Finding
	switch h.HasClaimed {
	case survey.Yes:
		out = append(out, Finding{Key: "claimed", Sign: For, Strength: 2, Source: "dns", At: v.at(h.A.From),
			Claim: safe.Textf("%s is an address of that host", h.Claimed)})
	case survey.No:
		out = append(out, Finding{Key: "claimed", Sign: Against, Strength: 1, Source: "dns", At: v.at(h.A.From),
			Claim: safe.Textf("%s is no address of that host now", h.Claimed)})
	case survey.Open:
		out = append(out, Finding{Key: "claimed", Sign: Asking, Source: "dns", Claim: safe.Textf("whether %s is its address", h.Claimed)})
	}
	switch h.PTR.Confirmed {
	case survey.Yes:
		out = append(out, Finding{Key: "ptr", Sign: For, Strength: 1, Source: "dns", At: v.at(h.PTR.ConfirmedFrom),
			Claim: safe.Textf("%s is called %s, and that agrees", h.Claimed, h.PTR.ConfirmedName)})
	case survey.No:
		out = append(out, Finding{Key: "ptr", Sign: Attention, Source: "dns", At: v.at(h.PTR.PTR.From),
			Claim: safe.Textf("%s has no PTR that agrees", h.Claimed)})
	}
	return out
}

// at gives when a question of this round was answered.
func (v *view) at(q dnsx.Question) time.Time { return v.answers[q].At }

// reporterAddr and hostAddr give addresses for the evidence block: what the
// bounce claims, else what DNS shows.
func (v *view) reporterAddr() safe.Text {
	if a := v.facts.Reporter.Addrs; len(a) > 0 {
		return safe.Of(a[0].Addr.String())
	}
	return ""
}

func (v *view) hostAddr() safe.Text {
	if v.addr.IsValid() {
		return safe.Of(v.addr.String())
	}
	if a := v.facts.Host.Addrs; len(a) > 0 {
		return safe.Of(a[0].Addr.String())
	}
	return ""
}

func (v *view) resolverName() safe.Text {
	var text safe.Text
	resolvers := v.round.Resolvers
	if v.mxFromBefore() {
		for _, r := range v.c.Rounds {
			if !r.Offline {
				resolvers = r.Resolvers
			}
		}
	}
	for _, r := range resolvers {
		text = joinNonEmpty(", ", text, safe.Of(r))
	}
	if text == "" {
		return "no resolver"
	}
	return text
}

// soaContact gives the mailbox of the zone's SOA (RFC 1035 section 3.3.13).
func (v *view) soaContact() safe.Text {
	soa := v.facts.SOA.SOA
	if soa == nil || soa.RName == "" || soa.RName == "." {
		return ""
	}
	local, rest, ok := cutLabel(soa.RName)
	if !ok {
		return ""
	}
	return safe.Textf("%s@%s", local, rest)
}

// cutLabel splits a name at the first dot that is not escaped.
func cutLabel(name string) (label, rest string, ok bool) {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '\\':
			i++
		case '.':
			return strings.ReplaceAll(name[:i], `\.`, "."), name[i+1:], i > 0
		}
	}
	return "", "", false
}

// networkFailed reports that DNS was to be asked and nothing could be reached.
func (v *view) networkFailed() bool {
	if v.round.N == 0 || v.round.Offline || v.asking() || len(v.round.Answers) == 0 {
		return false
	}
	return !slices.ContainsFunc(v.round.Answers, func(a dnsx.Answer) bool {
		return a.Question.Server == (netip.Addr{}) && a.Outcome != dnsx.Offline && a.Outcome != dnsx.Timeout && a.Outcome != dnsx.Refused
	})
}
