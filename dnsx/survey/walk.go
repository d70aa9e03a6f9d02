package survey

import (
	"net/netip"
	"slices"
	"strings"

	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
)

// walk builds a graph section by section. Sections come in the order of what
// must always fit: the questions that need no answer, hosts, servers, SPF,
// reverse names, and forward confirmation with what room is left.
type walk struct {
	subject Subject
	answers Answers
	graph   *Graph

	zone     string // the zone whose name servers are known, "" while they are not
	nsFrom   dnsx.Question
	servers  []string // its name servers, the first MaxNameServers
	mx       []string // hosts that mail for the recipient goes to, the first MaxMXHosts
	newMX    []string // hosts that only the authoritative servers name, the first MaxNewHosts
	mxKnown  bool     // the MX question has its answer
	implicit bool     // mx is the recipient domain itself
	reversed []reversal
}

func newWalk(s Subject, a Answers) *walk {
	w := &walk{subject: s.canonical(), answers: a, graph: &Graph{
		most: s.most(), nodes: map[dnsx.Question]*node{}, answers: a, refused: map[dnsx.Question]bool{},
	}}
	w.first()
	w.serve(ForCapture | ForRejector | ForMX)
	w.mailHosts()
	w.serve(ForMX | ForRetry)
	w.nameServers()
	w.direct()
	w.newHosts()
	w.serve(ForAuth)
	w.includes(w.subject.Recipient)
	w.serve(ForRejector | ForSuppression | ForAuth)
	if w.subject.Sender != w.subject.Recipient {
		w.includes(w.subject.Sender)
	}
	w.serve(ForCapture)
	w.candidates()
	w.serve(ForMX)
	w.transport()
	w.serve(ForRejector | ForMX)
	w.names()
	w.confirmations()
	w.serve(ForAuth | ForRejector)
	w.authentication()
	w.graph.settle()
	return w
}

func ask(t dnsx.Type, name string) dnsx.Question { return dnsx.Question{Name: name, Type: t} }

// open reports whether a question of the graph has no answer yet.
func (w *walk) open(q dnsx.Question) bool { return w.graph.Asking(q) }

// serve says where the answers to the questions added from here on are shown.
func (w *walk) serve(in Panels) { w.graph.serving = in }

// first asks what needs no answer: the recipient domain's mail first.
func (w *walk) first() {
	g, s := w.graph, w.subject
	if d := s.Recipient; d != "" {
		w.serve(ForCapture | ForRejector | ForRecipient | ForMX | ForRetry)
		g.add(ask(dnsx.TypeMX, d))
		w.serve(ForMX | ForRetry)
		g.add(ask(dnsx.TypeNS, d))
		w.serve(ForCapture | ForMX)
		g.add(ask(dnsx.TypeA, d))
		g.add(ask(dnsx.TypeAAAA, d))
	}
	w.serve(ForRejector)
	w.host(s.Host, s.HostAddr)
	if d := s.Recipient; d != "" {
		w.serve(ForRejector | ForRecipient | ForMX | ForAuth) // who holds the mailboxes shows on all of them
		g.add(ask(dnsx.TypeTXT, d))
		w.serve(ForRecipient | ForMX)
		g.add(ask(dnsx.TypeSOA, d))
		w.serve(ForRejector | ForRecipient | ForMX)
		g.add(ask(dnsx.TypeCNAME, "autodiscover."+d))
		g.add(ask(dnsx.TypeA, "autodiscover."+d))
		g.add(ask(dnsx.TypeSRV, "_autodiscover._tcp."+d))
		w.serve(ForAuth)
		for _, name := range policyNames(d) {
			g.add(ask(dnsx.TypeTXT, name))
		}
	}
	if d := s.Sender; d != "" {
		w.serve(ForRejector | ForSuppression | ForAuth) // the sending platform shows in it
		g.add(ask(dnsx.TypeTXT, d))
		w.serve(ForCapture | ForAuth)
		for _, name := range policyNames(d) {
			g.add(ask(dnsx.TypeTXT, name))
		}
		g.add(ask(dnsx.TypeMX, d))
	}
	w.serve(ForRejector)
	w.host(s.Reporter, s.ReporterAddr)
}

func (w *walk) host(name string, addr netip.Addr) {
	if name != "" {
		w.graph.add(ask(dnsx.TypeA, name))
		w.graph.add(ask(dnsx.TypeAAAA, name))
	}
	if addr.IsValid() {
		w.graph.add(ask(dnsx.TypePTR, dnsx.ReverseName(addr)))
	}
}

// policyNames gives where the DMARC policy of a domain may be: at the domain,
// and one label up each time (RFC 9989 section 4.10).
func policyNames(domain string) (out []string) {
	for _, name := range mailauth.WalkNames(domain) {
		out = append(out, "_dmarc."+name)
	}
	return out
}

// mailHosts asks for the addresses of the MX hosts. Where there is no MX the
// domain is its own host (RFC 5321 section 5.1), and was asked already.
func (w *walk) mailHosts() {
	q := ask(dnsx.TypeMX, w.subject.Recipient)
	answer, ok := w.answers[q]
	if !ok {
		if w.open(q) {
			w.graph.hold(2 * MaxMXHosts)
		}
		return
	}
	w.mxKnown = true
	if answer.Outcome == dnsx.NoData {
		w.mx, w.implicit = []string{w.subject.Recipient}, true
		return
	}
	seen := map[string]bool{}
	for _, e := range entries(answer) {
		if !dnsx.IsHostname(e.Host) || seen[e.Host] {
			continue
		}
		seen[e.Host] = true
		if len(w.mx) == MaxMXHosts {
			w.graph.left.MXHosts++
			continue
		}
		w.mx = append(w.mx, e.Host)
		w.graph.add(ask(dnsx.TypeA, e.Host), q)
		w.graph.add(ask(dnsx.TypeAAAA, e.Host), q)
	}
}

// nameServers looks for the zone that the recipient domain is in, upwards from
// the domain, and asks for the addresses of its name servers.
func (w *walk) nameServers() {
	zone := w.subject.Recipient
	for climbed := 0; ; climbed++ {
		q := ask(dnsx.TypeNS, zone)
		answer, ok := w.answers[q]
		if !ok {
			if w.open(q) {
				w.graph.hold(maxClimb - climbed + 2*MaxNameServers + 2*MaxServers)
			}
			return
		}
		if answer.Outcome == dnsx.NoError {
			w.zone, w.nsFrom = zone, q
			break
		}
		above := zoneAbove(zone, answer)
		if above == "" || climbed == maxClimb {
			return
		}
		w.graph.add(ask(dnsx.TypeNS, above), q)
		zone = above
	}
	for _, host := range hosts(w.answers[w.nsFrom], dnsx.TypeNS) {
		if !dnsx.IsHostname(host) {
			continue
		}
		if len(w.servers) == MaxNameServers {
			w.graph.left.NameServers++
			continue
		}
		w.servers = append(w.servers, host)
		w.graph.add(ask(dnsx.TypeA, host), w.nsFrom)
		w.graph.add(ask(dnsx.TypeAAAA, host), w.nsFrom)
	}
}

// zoneAbove gives the zone that a negative answer for NS says a name is in, or
// where it does not say, the name one label up; "" where only a top-level
// domain is left, or the answer says nothing about the zone.
func zoneAbove(name string, a dnsx.Answer) string {
	if !a.Outcome.Absent() {
		return ""
	}
	_, above, _ := strings.Cut(name, ".")
	// After an alias the SOA may be that of another zone altogether.
	if zone := dnsx.CanonicalName(a.Zone); zone != "" && len(a.Chain) == 0 {
		if !strings.HasSuffix(name, "."+zone) {
			return ""
		}
		above = zone
	}
	if !strings.Contains(above, ".") || !dnsx.IsHostname(above) {
		return ""
	}
	return above
}

// direct asks the authoritative servers themselves for MX and SOA of the
// recipient domain: what the resolver holds may be old.
func (w *walk) direct() {
	asked, opened := 0, false
	for _, host := range w.servers {
		addr, parents, known := w.serverAddr(host)
		if asked == MaxServers {
			if known && addr.IsValid() && !opened {
				w.graph.left.NameServers++
			}
			continue
		}
		switch {
		case !known:
			asked++
			opened = true
			w.graph.hold(2)
		case addr.IsValid():
			asked++
			for _, t := range []dnsx.Type{dnsx.TypeMX, dnsx.TypeSOA} {
				w.graph.add(dnsx.Question{Name: w.subject.Recipient, Type: t, Server: addr}, parents...)
			}
		}
	}
}

// newHosts asks for the addresses of MX hosts that the resolver does not know
// yet: those that only an authoritative server names. Servers count in their
// order, so that which hosts fit does not depend on who answers first.
func (w *walk) newHosts() {
	if !w.mxKnown {
		if w.open(ask(dnsx.TypeMX, w.subject.Recipient)) {
			w.graph.hold(2 * MaxNewHosts)
		}
		return
	}
	known := hosts(w.answers[ask(dnsx.TypeMX, w.subject.Recipient)], dnsx.TypeMX)
	for _, host := range w.servers {
		addr, _, found := w.serverAddr(host)
		q := dnsx.Question{Name: w.subject.Recipient, Type: dnsx.TypeMX, Server: addr}
		answer, answered := w.answers[q]
		switch {
		case !found || !answered && w.open(q):
			w.graph.hold(2 * (MaxNewHosts - len(w.newMX)))
			return
		case !answered || !definite(answer) || !answer.Authoritative:
			continue
		}
		for _, e := range entries(answer) {
			if !dnsx.IsHostname(e.Host) || slices.Contains(known, e.Host) {
				continue
			}
			known = append(known, e.Host)
			if len(w.newMX) == MaxNewHosts {
				w.graph.left.MXHosts++
				continue
			}
			w.newMX = append(w.newMX, e.Host)
			w.graph.add(ask(dnsx.TypeA, e.Host), q)
			w.graph.add(ask(dnsx.TypeAAAA, e.Host), q)
		}
	}
}

// serverAddr gives the address at which a name server may be asked: its first
// IPv4 address that may be contacted, else IPv6; zero for none. known is false
// while that is open. parents are the answers it took.
func (w *walk) serverAddr(host string) (addr netip.Addr, parents []dnsx.Question, known bool) {
	for _, t := range []dnsx.Type{dnsx.TypeA, dnsx.TypeAAAA} {
		q := ask(t, host)
		answer, ok := w.answers[q]
		if !ok {
			return netip.Addr{}, nil, !w.open(q)
		}
		parents = append(parents, q)
		for _, f := range addresses(answer) {
			if w.subject.mayAsk(f.addr) {
				return f.addr, parents, true
			}
		}
	}
	return netip.Addr{}, parents, true
}
