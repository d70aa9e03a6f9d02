package diagnose

import (
	"cmp"
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

func (v *view) mxTime() time.Time { return v.at(v.facts.MX.From) }

// mxKnown reports whether the resolver gave a definite answer about the MX.
func (v *view) mxKnown() bool {
	switch v.facts.MX.State {
	case survey.MXListed, survey.MXNull, survey.MXImplicit, survey.MXNone:
		return true
	}
	return false
}

// mxBefore gives the MX set that the case began with, where the current one is
// another: who refused then need not be who is asked now.
func (v *view) mxBefore() (hosts safe.Text, at time.Time, changed bool) {
	now, ok := v.answers[v.facts.MX.From]
	if !ok || !now.Outcome.Answered() || len(v.c.Rounds) < 2 {
		return "", at, false
	}
	for _, r := range v.c.Rounds[:len(v.c.Rounds)-1] {
		for _, a := range r.Answers {
			if a.Question != now.Question || !a.Outcome.Answered() {
				continue
			}
			before := mxNames(a)
			return listed(before, 2), a.At, !slices.Equal(before, mxNames(now))
		}
	}
	return "", at, false
}

// mxNames lists the exchanges of an answer by preference, then name.
func mxNames(a dnsx.Answer) []string {
	var mx []dnsx.Record
	for _, r := range a.Records {
		if r.Type == dnsx.TypeMX {
			mx = append(mx, r)
		}
	}
	slices.SortFunc(mx, func(a, b dnsx.Record) int {
		return cmp.Or(cmp.Compare(a.Preference, b.Preference), strings.Compare(a.Host, b.Host))
	})
	var out []string
	for _, r := range mx {
		out = append(out, dnsx.CanonicalName(r.Host))
	}
	return out
}

// mxUnknownWhy says why the MX is not known. A failure is never an absence.
func (v *view) mxUnknownWhy() safe.Text {
	switch l := v.facts.MX.Lookup; {
	case v.domain == "":
		return "the recipient's domain is not known"
	case v.round.N == 0:
		return "DNS was not asked"
	case v.asking() && (l.Asking || v.facts.MX.State == survey.MXAsking):
		return "DNS is being asked"
	case v.r.NotABounce != "" && l.Outcome == "":
		return "DNS is not asked about what is no bounce"
	case v.round.Stopped && l.Outcome == "":
		return "asking was stopped; R asks again"
	case l.Outcome == "":
		return "not asked"
	case v.facts.MX.Against.Name != "":
		return "the answers contradict each other: by one the domain does not exist, by another it does"
	case l.Outcome == dnsx.NoData:
		return "it has no MX, and its own address, which would take the mail, is not known"
	default:
		return failureText(l.Outcome)
	}
}

// failureText words an outcome that says nothing about the domain.
func failureText(o dnsx.Outcome) safe.Text { return safe.Of(survey.Say(o, "this machine's resolver")) }

// mxSeen gives the MX set for the evidence block, by whom and when: that of the
// sending server where it was pasted, because the mail went by it, else that of
// the name servers where they were heard, because the other side knows that one.
func (v *view) mxSeen() safe.Text {
	if text := v.seenInLetter(); text != "" {
		return text
	}
	switch v.facts.MX.State {
	case survey.MXNull:
		return safe.Textf("null MX (%s)", utc(v.mxTime()))
	case survey.MXImplicit:
		return safe.Textf("none, address of %s used (%s)", v.domain, utc(v.mxTime()))
	}
	list, seen := v.mxEntries(), v.mxTime()
	if auth := slices.DeleteFunc(slices.Clone(list), func(e mxEntry) bool { return !e.auth }); len(auth) > 0 {
		list, seen = auth, auth[0].at
	}
	if len(list) == 0 {
		return ""
	}
	text := safe.Textf("%d %s", list[0].Preference, list[0].Host)
	if len(list) > 1 {
		text += safe.Textf(" and %d more", len(list)-1)
	}
	if !list[0].auth && len(text)+len(v.resolverOutside()) < mxSeenWidth {
		return safe.Textf("%s (%s, %s)", text, v.resolverOutside(), seen.UTC().Format("15:04:05 UTC"))
	}
	return safe.Textf("%s (%s)", text, seen.UTC().Format("15:04:05 UTC"))
}

// mxSeenWidth is what fits beside the label and the time in a line of a letter.
const mxSeenWidth = letterWidth - 26

// mxSeenLabel names the word for whose MX mxSeen gives: that of the name servers
// is the public one.
func (v *view) mxSeenLabel() string {
	public := v.seenInLetter() == "" && slices.ContainsFunc(v.mxEntries(), func(e mxEntry) bool { return e.auth })
	if public {
		return "mx public"
	}
	return "mx seen"
}

// authoritativeSeen gives one line a name server for the DNS operator.
func (v *view) authoritativeSeen() []safe.Text {
	var out []safe.Text
	for _, s := range v.facts.Servers {
		switch {
		case s.Counts && s.HasSerial:
			out = append(out, safe.Textf("%s (%s): %d MX, serial %d, %s", s.Server, s.Addr, len(s.Entries), s.Serial, s.At.UTC().Format("15:04:05 UTC")))
		case s.Counts:
			out = append(out, safe.Textf("%s (%s): %d MX, %s", s.Server, s.Addr, len(s.Entries), s.At.UTC().Format("15:04:05 UTC")))
		}
	}
	return out
}

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
