// Package survey knows which DNS questions an investigation needs, as a graph
// of questions that depend on answers, and what the answers amount to.
//
// [Wanted] is pure: who is asked about and what was answered go in, the
// questions that can be asked now come out. [Read] gives the typed readings of
// the same answers. [Asking] is the one engine that asks, many at a time.
// Nothing here has network code; a [dnsx.Resolver] is passed in.
//
// What needs no earlier answer is asked in the first round trip. After that:
// the addresses of MX and name servers, and SPF includes; then the names of
// the addresses, and the authoritative servers themselves; then forward
// confirmation of names not asked for yet. A question is asked once, whoever
// wants it, and any outcome answers it, a time-out included: nothing loops.
package survey

import (
	"cmp"
	"net/netip"
	"slices"

	"deadletter/dnsx"
)

// Bounds of one round. What lies beyond them is counted in [Left], never asked.
const (
	MaxQuestions   = 150 // questions in all
	MaxOfDomain    = 60  // questions about a domain by itself, without a case
	MaxMXHosts     = 20  // MX hosts looked into, those of lowest preference
	MaxNewHosts    = 4   // MX hosts looked into that only an authoritative server names
	MaxHostAddrs   = 8   // addresses looked into per MX host
	MaxAddrs       = 24  // addresses looked into of all MX hosts together
	MaxNames       = 2   // names of an address that are confirmed
	MaxNameServers = 8   // name servers looked into
	MaxServers     = 6   // name servers asked directly
	MaxIncludes    = 10  // SPF records followed per domain (RFC 7208 section 4.6.4)

	maxClimb = 4 // zones looked for above the recipient's domain
	maxNamed = 2 // addresses looked into of a host that was named without one
)

// Subject is what an investigation asks about. Names need not be canonical;
// one that cannot be a host name is not asked about.
type Subject struct {
	Recipient    string       // domain of the envelope recipient
	Sender       string       // domain of the envelope sender, or ""
	Host         string       // the named rejecting host, or ""
	HostAddr     netip.Addr   // its address, as the bounce names it, or zero
	Reporter     string       // host name of the reporting MTA, or ""
	ReporterAddr netip.Addr   // its address, or zero
	Sent         Sent         // the mail that failed, for the authentication branch
	Lab          []netip.Addr // special addresses that may be asked as authoritative servers
	Candidates   []Candidate  // domains that the recipient domain may have been mistyped for, at most MaxCandidates
	NoNetwork    bool         // answers come from zone text: any address may be asked, none is contacted
	Most         int          // questions in all; 0 for MaxQuestions
}

func (s Subject) most() int {
	if s.Most <= 0 {
		return MaxQuestions
	}
	return min(s.Most, MaxQuestions)
}

// Answers is what became of the questions of one round.
type Answers map[dnsx.Question]dnsx.Answer

// Add keeps an answer under its question.
func (a Answers) Add(answer dnsx.Answer) { a[answer.Question] = answer }

// Wanted gives the questions that can be asked now and have no answer, the
// most wanted first: the recipient domain's MX, name servers and addresses
// before all others. Two equal inputs give equal lists.
func Wanted(s Subject, a Answers) []dnsx.Question { return NewGraph(s, a).Wanted() }

// Depth gives the length of the longest chain of questions that each needed
// the answer before it: the number of round trips when all that can be asked
// is asked at once.
func Depth(s Subject, a Answers) int { return NewGraph(s, a).Depth() }

// Full reports whether a bound of this package kept something from being
// asked, as far as the answers tell.
func Full(s Subject, a Answers) bool { return NewGraph(s, a).Left().Any() }

// canonical gives the subject with names in canonical form, "" for one that
// cannot be asked about, and addresses without zone or IPv4 mapping.
func (s Subject) canonical() Subject {
	for _, name := range []*string{&s.Recipient, &s.Sender, &s.Host, &s.Reporter, &s.Sent.HELO, &s.Sent.From} {
		if *name = dnsx.CanonicalName(*name); !dnsx.IsHostname(*name) {
			*name = ""
		}
	}
	for _, addr := range []*netip.Addr{&s.HostAddr, &s.ReporterAddr, &s.Sent.Addr} {
		*addr = addr.Unmap().WithZone("")
	}
	s.Sent.Signatures = s.Sent.Signatures[:min(len(s.Sent.Signatures), MaxSignatures)]
	lab := make([]netip.Addr, 0, len(s.Lab))
	for _, addr := range s.Lab {
		lab = append(lab, addr.Unmap().WithZone(""))
	}
	s.Lab = lab
	near := make([]Candidate, 0, len(s.Candidates))
	for _, c := range s.Candidates {
		if c.Domain = dnsx.CanonicalName(c.Domain); dnsx.IsHostname(c.Domain) {
			near = append(near, c)
		}
	}
	s.Candidates = near
	return s
}

// mayAsk reports whether an address that an answer named may be asked as an
// authoritative server.
func (s Subject) mayAsk(addr netip.Addr) bool {
	return s.NoNetwork || !dnsx.Special(addr) || slices.Contains(s.Lab, addr.Unmap().WithZone(""))
}

// Entry is one MX record as a set holds it.
type Entry struct {
	Preference uint16 `json:"preference"`
	Host       string `json:"host"`
}

func compareEntries(x, y Entry) int {
	return cmp.Or(cmp.Compare(x.Preference, y.Preference), cmp.Compare(x.Host, y.Host))
}

// entries gives the MX records of an answer by preference, then name, each once.
func entries(a dnsx.Answer) []Entry {
	var out []Entry
	if a.Outcome != dnsx.NoError {
		return nil
	}
	for _, r := range a.Records {
		if r.Type == dnsx.TypeMX {
			out = append(out, Entry{r.Preference, dnsx.CanonicalName(r.Host)})
		}
	}
	slices.SortFunc(out, compareEntries)
	return slices.Compact(out)
}

// hosts gives the targets of the records of a type by name, each once.
func hosts(a dnsx.Answer, t dnsx.Type) []string {
	var out []string
	if a.Outcome != dnsx.NoError {
		return nil
	}
	for _, r := range a.Records {
		if r.Type == t {
			out = append(out, dnsx.CanonicalName(r.Host))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// found is an address with the question that gave it.
type found struct {
	addr netip.Addr
	ttl  uint32
	from dnsx.Question
}

// addresses gives the addresses of an A or AAAA answer in order, each once.
func addresses(a dnsx.Answer) []found {
	var out []found
	if a.Outcome != dnsx.NoError {
		return nil
	}
	for _, r := range a.Records {
		if (r.Type == dnsx.TypeA || r.Type == dnsx.TypeAAAA) && r.Addr.IsValid() {
			out = append(out, found{r.Addr, r.TTL, a.Question})
		}
	}
	slices.SortFunc(out, func(x, y found) int { return cmp.Or(x.addr.Compare(y.addr), cmp.Compare(x.ttl, y.ttl)) })
	return slices.CompactFunc(out, func(x, y found) bool { return x.addr == y.addr })
}

// texts gives the TXT records of an answer in order.
func texts(a dnsx.Answer) []string {
	var out []string
	if a.Outcome != dnsx.NoError {
		return nil
	}
	for _, r := range a.Records {
		if r.Type == dnsx.TypeTXT {
			out = append(out, r.Text)
		}
	}
	slices.Sort(out)
	return out
}
