package survey

import (
	"net/netip"

	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
)

// Bounds of the authentication branch.
const (
	MaxAuthQuestions = 120 // questions of it, beyond MaxQuestions
	MaxSignatures    = 3   // signatures whose key is looked at
	MaxDANE          = 4   // MX hosts whose TLSA records are asked for
)

// Sent is what is known of the mail whose authentication is looked into. Each
// field may be empty.
type Sent struct {
	Wanted     bool                 // the authentication branch is asked for
	Addr       netip.Addr           // of the server that sent
	Local      string               // local part of the envelope sender, byte for byte
	NullSender bool                 // the envelope sender was empty: SPF is for the HELO name
	HELO       string               // the name that the server gave
	From       string               // domain of the From field
	Signatures []mailauth.Signature // of the message, the first MaxSignatures
}

// identity gives whom SPF is asked about.
func (s Subject) identity() mailauth.Identity {
	id := mailauth.Identity{Addr: s.Sent.Addr, Local: s.Sent.Local, Domain: s.Sender, HELO: s.Sent.HELO}
	if s.Sent.NullSender {
		id.Local, id.Domain = "", s.Sent.HELO
	}
	return id
}

// look gives the answers to package mailauth.
func (w *walk) look(q dnsx.Question) (dnsx.Answer, bool) {
	a, ok := w.answers[q]
	return a, ok
}

// transport asks what the recipient's domain says of the transport of its
// mail: MTA-STS, TLS reports, logo, DNSSEC, and DANE of its first MX hosts.
func (w *walk) transport() {
	d, g := w.subject.Recipient, w.graph
	if d == "" {
		return
	}
	for _, q := range []dnsx.Question{
		mailauth.MTASTSQuestion(d), mailauth.TLSRPTQuestion(d), mailauth.BIMIQuestion(d), ask(dnsx.TypeDS, d), ask(dnsx.TypeDNSKEY, d),
	} {
		g.add(q)
	}
	if w.zone != "" && w.zone != d {
		g.add(ask(dnsx.TypeDS, w.zone), w.nsFrom)
		g.add(ask(dnsx.TypeDNSKEY, w.zone), w.nsFrom)
	}
	if !w.mxKnown {
		if w.open(ask(dnsx.TypeMX, d)) {
			g.hold(MaxDANE)
		}
		return
	}
	for _, host := range w.daneHosts() {
		g.add(mailauth.DANEQuestion(host), ask(dnsx.TypeMX, d))
	}
}

func (w *walk) daneHosts() []string { return w.mx[:min(len(w.mx), MaxDANE)] }

// authentication asks what decides whether the mail was allowed: SPF for the
// server that sent, DMARC of all domains involved, DKIM keys, the names of the
// server, and the blocklists. It has a bound of its own.
func (w *walk) authentication() {
	s, g := w.subject, w.graph
	if !s.Sent.Wanted {
		return
	}
	used, most := g.used, g.most
	g.used, g.most = 0, MaxAuthQuestions
	defer func() { g.used, g.most = used+g.used, most }()
	needs, held, left := mailauth.Needs(s.identity(), w.look)
	for _, n := range needs {
		g.add(n.Question, n.After...)
	}
	g.hold(held)
	g.left.Includes += left
	for _, domain := range s.walked() {
		for _, q := range mailauth.WalkQuestions(domain) {
			g.add(q)
		}
	}
	for _, sig := range s.Sent.Signatures {
		if q, ok := sig.KeyQuestion(); ok {
			g.add(q)
		}
	}
	if from := s.Sent.From; from != "" {
		g.add(ask(dnsx.TypeTXT, from)) // does it exist: np of DMARC
		d := mailauth.Discover(from, w.look)
		for _, o := range mailauth.Outsiders(d, w.look) {
			g.add(o.From, d.Walk[d.At].From)
		}
	}
	w.host(s.Sent.HELO, s.Sent.Addr)
	if s.Sent.Addr.IsValid() {
		r := reversal{s.Sent.Addr, ask(dnsx.TypePTR, dnsx.ReverseName(s.Sent.Addr))}
		for _, q := range confirming(r.addr, w.answers[r.from]) {
			g.add(q, r.from)
		}
	}
	if addr, domain := s.listed(); addr.IsValid() || domain != "" {
		for _, b := range mailauth.Blocklists() {
			if q, ok := b.Question(addr, domain); ok {
				g.add(q)
			}
		}
	}
}

// walked gives the domains whose organisation DMARC compares.
func (s Subject) walked() []string {
	out := []string{}
	for _, d := range append([]string{s.Sent.From, s.identity().Domain}, signers(s.Sent.Signatures)...) {
		if d != "" {
			out = append(out, d)
		}
	}
	return out
}

func signers(list []mailauth.Signature) (out []string) {
	for _, s := range list {
		out = append(out, s.Domain)
	}
	return out
}

// listed gives what blocklists are asked about: never a special address.
func (s Subject) listed() (netip.Addr, string) {
	addr := s.Sent.Addr
	if !s.mayAsk(addr) {
		addr = netip.Addr{}
	}
	domain := s.Sent.From
	if domain == "" {
		domain = s.Sender
	}
	return addr, domain
}

// Transport is what the recipient's domain says of the transport of its mail.
type Transport struct {
	MTASTS mailauth.Announcement `json:"mta_sts"` // the record; the policy on its web server is not read
	TLSRPT mailauth.Announcement `json:"tls_rpt"`
	BIMI   mailauth.Announcement `json:"bimi"`
	DANE   []mailauth.DANE       `json:"dane,omitempty"` // of the first MaxDANE MX hosts
	DNSSEC mailauth.DNSSEC       `json:"dnssec"`
	Zone   string                `json:"zone"` // whose keys DNSSEC speaks of
}

// Auth is what DNS says of whether the mail was allowed.
type Auth struct {
	Identity mailauth.Identity   `json:"identity"`       // whom SPF was asked about
	HELO     bool                `json:"helo,omitempty"` // it is the HELO name, for an empty envelope sender
	SPF      mailauth.Verdict    `json:"spf"`
	Terms    int                 `json:"spf_terms"` // terms that ask DNS in the whole of the record, whoever sends
	AllTerms bool                `json:"spf_terms_known"`
	SPFMatch mailauth.Match      `json:"spf_match"` // of its domain with From
	From     mailauth.Discovery  `json:"dmarc"`
	Keys     []AuthKey           `json:"dkim,omitempty"`
	Outside  []mailauth.Outside  `json:"reports,omitempty"`
	Lists    []mailauth.Standing `json:"blocklists,omitempty"`
	PTR      AddrFact            `json:"ptr,omitzero"` // of the address that sent
	HELOHost HostAddrs           `json:"helo_host,omitzero"`
	HELOHas  Known               `json:"helo_has,omitempty"` // has the HELO name the address; "" without both
}

// AuthKey is the key of a signature, and whether its domain matches From.
type AuthKey struct {
	mailauth.KeyState
	Match mailauth.Match `json:"match"`
}

// known gives the answers to package mailauth: a question that nobody asks is
// one that is not known, and not one that is open.
func (r reader) known(q dnsx.Question) (dnsx.Answer, bool) {
	a, ok := r.answers[q]
	if !ok && !r.graph.Has(q) {
		return dnsx.Answer{Question: q, Outcome: dnsx.Offline}, true
	}
	return a, ok
}

func (r reader) transportFacts(d string, set MXSet) Transport {
	t := Transport{
		MTASTS: mailauth.MTASTS(d, r.known), TLSRPT: mailauth.TLSRPT(d, r.known), BIMI: mailauth.BIMI(d, r.known), Zone: d,
	}
	if r.zone != "" {
		t.Zone = r.zone
	}
	t.DNSSEC = mailauth.Signed(t.Zone, r.known)
	secureMX := r.answers[set.From].Authenticated
	for _, host := range r.daneHosts() {
		secure := secureMX && (r.answers[ask(dnsx.TypeA, host)].Authenticated || r.answers[ask(dnsx.TypeAAAA, host)].Authenticated)
		t.DANE = append(t.DANE, mailauth.ReadDANE(host, secure, r.known))
	}
	return t
}

func (r reader) auth() *Auth {
	s := r.subject
	if !s.Sent.Wanted {
		return nil
	}
	f := &Auth{Identity: s.identity(), HELO: s.Sent.NullSender}
	f.SPF = mailauth.Check(f.Identity, r.known)
	f.Terms, f.AllTerms = mailauth.Count(f.Identity.Domain, r.known)
	f.From = mailauth.Discover(s.Sent.From, r.known)
	strict := f.From.Record()
	f.SPFMatch = mailauth.Align(f.From, mailauth.Discover(f.Identity.Domain, r.known), strict != nil && strict.SPFStrict)
	for _, sig := range s.Sent.Signatures {
		f.Keys = append(f.Keys, AuthKey{
			KeyState: mailauth.ReadKey(sig, r.known),
			Match:    mailauth.Align(f.From, mailauth.Discover(sig.Domain, r.known), strict != nil && strict.DKIMStrict),
		})
	}
	f.Outside = mailauth.Outsiders(f.From, r.known)
	addr, domain := s.listed()
	f.Lists = mailauth.Standings(addr, domain, r.known)
	if s.Sent.Addr.IsValid() {
		f.PTR = r.addrFact(found{addr: s.Sent.Addr})
	}
	if s.Sent.HELO != "" {
		f.HELOHost = r.hostAddrs(s.Sent.HELO)
		if s.Sent.Addr.IsValid() {
			f.HELOHas = r.hasClaimed(HostFacts{HostAddrs: f.HELOHost}, s.Sent.Addr)
		}
	}
	return f
}

// transport says what the domain publishes about transport, and what is wrong
// with it; what it does not publish is no finding.
func (l *findings) transport(domain string, t Transport) {
	for _, x := range []struct {
		key, name string
		a         mailauth.Announcement
	}{{"mta_sts", "MTA-STS", t.MTASTS}, {"tls_rpt", "TLS-RPT", t.TLSRPT}, {"bimi", "BIMI", t.BIMI}} {
		switch x.a.State {
		case mailauth.Present:
			l.add(x.key, x.a.From, "%s publishes %s", domain, x.name)
		case mailauth.Broken, mailauth.Several:
			l.add(x.key+"_broken", x.a.From, "the %s record of %s cannot be used", x.name, domain)
		}
	}
	for _, d := range t.DANE {
		switch {
		case d.MustNotDeliver:
			l.add("dane_fails", d.From, "the TLSA look-up of %s fails: a sender that does DANE must not deliver there", d.Host)
		case d.State == mailauth.Present && d.Usable == 0:
			l.add("dane_unusable", d.From, "%s has TLSA records, none that SMTP can use", d.Host)
		case d.Verified:
			l.add("dane", d.From, "%s has %d TLSA records that SMTP can use", d.Host, d.Usable)
		case d.State == mailauth.Present:
			l.add("dane_unverified", d.From, "%s has %d TLSA records; its MX and address are not known to be authenticated", d.Host, d.Usable)
		}
	}
	from := ask(dnsx.TypeDNSKEY, t.Zone)
	switch t.DNSSEC {
	case mailauth.DNSSECValidated:
		l.add("dnssec", from, "%s is signed, and the resolver has checked it", t.Zone)
	case mailauth.DNSSECSigned:
		l.add("dnssec_unchecked", from, "%s is signed; no resolver whose word counts has checked it", t.Zone)
	case mailauth.DNSSECIsland:
		l.add("dnssec_island", from, "%s has keys, and its parent no DS: nobody can check them", t.Zone)
	case mailauth.DNSSECDangling:
		l.add("dnssec_dangling", from, "the parent of %s has a DS, and it has no keys: validating resolvers fail", t.Zone)
	}
}
