package survey

import (
	"strings"

	"deadletter/dnsx"
)

// MaxCandidates bounds the domains asked about that may have been meant.
const MaxCandidates = 3

// Candidate is a domain that the recipient domain may have been mistyped for.
type Candidate struct {
	Domain string
	Far    bool // asked about only where the recipient domain takes no mail by an MX, or is parked
}

// CandidateFacts is whether such a domain takes mail, by its MX alone.
type CandidateFacts struct {
	Domain string `json:"domain"`
	MX     Lookup `json:"mx"`
	Takes  Known  `json:"takes_mail"` // yes with an MX, no with a null MX or without the domain
}

// candidates asks whether what may have been meant takes mail: one question a
// domain.
func (w *walk) candidates() {
	list := w.subject.Candidates
	if w.subject.Recipient == "" || len(list) == 0 {
		return
	}
	doubtful, known := w.doubtful()
	for _, c := range list[:min(len(list), MaxCandidates)] {
		q := ask(dnsx.TypeMX, c.Domain)
		switch {
		case c.Domain == "" || c.Domain == w.subject.Recipient:
		case !c.Far:
			w.graph.add(q)
		case !known:
			w.graph.hold(1)
		case doubtful:
			w.graph.add(q, ask(dnsx.TypeMX, w.subject.Recipient))
		}
	}
}

// doubtful reports whether the recipient domain looks like one that nobody
// writes to; known is false while its MX is open. A failure is no doubt.
func (w *walk) doubtful() (doubtful, known bool) {
	q := ask(dnsx.TypeMX, w.subject.Recipient)
	answer, ok := w.answers[q]
	if !ok {
		return false, !w.open(q)
	}
	if answer.Outcome.Absent() {
		return true, true
	}
	for _, e := range entries(answer) {
		if e.Host == "." || parkedBy(e.Host) {
			return true, true
		}
	}
	return false, true
}

// parking are services that hold unused names: what lies under their name
// servers or mail hosts is for sale, or catches what was mistyped.
// The source says what we know it from.
var parking = []struct{ name, source string }{
	{"above.com", "public code"}, {"bodis.com", "public code"}, {"h-email.net", "MX seen; public code"},
	{"parkingcrew.net", "public code"}, {"parklogic.com", "MX seen"}, {"sedoparking.com", "public code"},
	{"afternic.com", "general knowledge"}, {"dan.com", "general knowledge"}, {"hugedomains.com", "general knowledge"},
}

func parkedBy(host string) bool {
	for _, p := range parking {
		if host == p.name || strings.HasSuffix(host, "."+p.name) {
			return true
		}
	}
	return false
}

// candidateFacts reads what was asked about them, in the order given.
func (r reader) candidateFacts() []CandidateFacts {
	var out []CandidateFacts
	for _, c := range r.subject.Candidates[:min(len(r.subject.Candidates), MaxCandidates)] {
		q := ask(dnsx.TypeMX, c.Domain)
		if !r.graph.Has(q) {
			continue
		}
		f := CandidateFacts{Domain: c.Domain, MX: r.lookup(q), Takes: Unknown}
		answer := r.answers[q]
		switch {
		case f.MX.Asking:
			f.Takes = Open
		case answer.Outcome == dnsx.NXDomain:
			f.Takes = No
		case answer.Outcome == dnsx.NoError:
			f.Takes = No
			for _, e := range entries(answer) {
				if dnsx.IsHostname(e.Host) {
					f.Takes = Yes
				}
			}
		}
		out = append(out, f)
	}
	return out
}

// parked reports whether the recipient domain's name servers or MX hosts are
// those of a service that holds unused names.
func (r reader) parked() bool {
	list := hosts(r.answers[ask(dnsx.TypeNS, r.subject.Recipient)], dnsx.TypeNS)
	for _, host := range append(list, hosts(r.answers[ask(dnsx.TypeMX, r.subject.Recipient)], dnsx.TypeMX)...) {
		if parkedBy(host) {
			return true
		}
	}
	return false
}

// candidates adds what is known of the domains that may have been meant.
func (l *findings) candidates(f Facts) {
	for _, c := range f.Candidates {
		if c.Takes == Yes {
			l.add("near", c.MX.From, "%s is written almost like %s, which takes mail", f.Domain, c.Domain)
		}
	}
	if f.Parked {
		l.add("parked", f.NS.From, "%s is held by a parking service", f.Domain)
	}
}
