package diagnose

import (
	"slices"
	"strings"

	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
)

// namePlatform finds the platforms that the mail may have gone through: what a
// person says first, then what the bounce shows, then the sender's SPF, which
// only says what may send.
func (v *view) namePlatform() {
	if ch := v.c.Chosen; ch != nil {
		if p, ok := operator.PlatformByKey(ch.Key); ok {
			v.guess(p, PlatformGuess{Why: safe.Textf("chosen: %s", ch.Reason), Chosen: true, Source: ch.By.Safe()})
		}
	}
	for _, p := range operator.Platforms() {
		if strings.EqualFold(p.Name, string(v.r.Source.Value)) {
			v.guess(p, PlatformGuess{Why: "it wrote the bounce", Source: v.line(v.r.Source)})
		}
	}
	for _, m := range operator.FindPlatforms(v.hints()) {
		why := safe.Of(m.Why)
		if m.Caveat != "" {
			why = safe.Textf("%s; %s", why, m.Caveat)
		}
		v.guess(m.Platform, PlatformGuess{Why: why, Source: v.signSource(m.By)})
	}
}

// guess adds a platform; the first is the one that the case goes by.
func (v *view) guess(p operator.Platform, g PlatformGuess) {
	if slices.ContainsFunc(v.guesses, func(o PlatformGuess) bool { return o.Key == p.Key }) {
		return
	}
	g.Key, g.Name = p.Key, safe.Of(p.Name)
	if len(v.guesses) == 0 {
		v.platform, v.platformSource = sender{g.Name, p}, g.Source
	}
	v.guesses = append(v.guesses, g)
}

// hints gathers what the bounce and DNS show of the platform.
func (v *view) hints() operator.Hints {
	h := operator.Hints{Hosts: []string{v.reporter, v.senderDomain}, SPF: v.facts.SenderSPF.Domains()}
	for _, link := range v.answers[v.facts.SenderSPF.From].Chain {
		h.Aliases = append(h.Aliases, link.Host)
	}
	for _, f := range v.r.Through {
		h.Hosts = append(h.Hosts, strings.Fields(strings.ToLower(string(f.Value)))...)
	}
	for _, f := range v.r.Signatures { // "d=example.com; s=s1"
		d, s, _ := strings.Cut(string(f.Value), "; ")
		h.DKIM = append(h.DKIM, strings.TrimPrefix(d, "d="), strings.TrimPrefix(s, "s="))
	}
	for _, f := range v.r.Marks {
		h.Headers = append(h.Headers, string(f.Value))
	}
	if s := string(v.r.Sender.Value); s != "" {
		h.Envelopes = []string{s}
	}
	if id := string(v.r.MessageID.Value); id != "" {
		h.MessageIDs = []string{id}
	}
	return h
}

// signSource says where a sign of a platform stands.
func (v *view) signSource(by operator.PlatformSign) Source {
	switch by {
	case operator.BySPF, operator.ByAlias:
		return "dns"
	case operator.ByEnvelope:
		return v.line(v.r.Sender)
	case operator.ByMessageID:
		return v.line(v.r.MessageID)
	case operator.ByHost:
		return v.line(v.r.ReportingMTA)
	}
	return "bounce"
}

// otherPlatforms gives the keys of the platforms that may be asked besides the
// first: other guesses, and those that were asked already.
func (v *view) otherPlatforms() []string {
	var keys []string
	for _, g := range v.guesses {
		keys = append(keys, g.Key)
	}
	for _, p := range v.c.Lists {
		keys = append(keys, p.Key)
	}
	var out []string
	for _, k := range keys {
		if k != "" && k != v.platform.op.Key && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// platformFindings says through which platform the mail went, and why we think
// so; where several may be right, all of them.
func (v *view) platformFindings() []Finding {
	var out []Finding
	for i, g := range v.guesses {
		f := Finding{Key: "platform", Sign: For, Claim: safe.Textf("%s: %s", g.Name, g.Why), Source: g.Source}
		switch {
		case g.Chosen:
			f.At = v.c.Chosen.At
		case g.Source == "dns" && i == 0:
			f.Claim = safe.Textf("%s may send for %s: %s", g.Name, v.senderDomain, g.Why)
		}
		if i > 0 {
			f.Sign = NoSign
		}
		out = append(out, f)
	}
	switch {
	case len(out) == 0:
		return []Finding{{Key: "platform", Sign: Missing, Claim: "which platform sent it", Hint: "the bounce and the sender's SPF name none; it may be your own mail server"}}
	case len(out) > 1 && !v.guesses[0].Chosen:
		out[0].Hint = "several are possible; the first has the surest sign"
	}
	return out
}
