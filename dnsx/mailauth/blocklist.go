package mailauth

import (
	"net/netip"
	"strings"

	"deadletter/dnsx"
)

// Blocklist is a public list that receivers ask about a sender (RFC 5782).
type Blocklist struct {
	Name    string `json:"name"`
	Zone    string `json:"zone"`
	Domains bool   `json:"domains,omitempty"` // lists domains, else addresses
	Six     bool   `json:"six,omitempty"`     // lists IPv6 addresses too
	Lists   string `json:"lists"`             // what stands on it
	Delist  string `json:"delist"`            // where a listing is looked into and ended
	Limits  string `json:"limits"`            // who may ask
	codes   []code
	Source  string `json:"source"` // where the operator documents it
}

// code is what an answer means. An error code says nothing about what was asked.
type code struct {
	low, high string // of the range, both in it
	means     string
	refused   bool
}

const (
	spamhausLimits = "free only for few questions from a resolver of one's own; public resolvers are refused"
	openToAll      = "anyone; no limit is published"
)

// Blocklists gives the lists that are asked. Codes, limits and delisting pages
// are those that the operators document.
func Blocklists() []Blocklist {
	spamhausErrors := []code{
		{"127.255.255.252", "127.255.255.252", "the name asked is not right", true},
		{"127.255.255.254", "127.255.255.254", "public resolvers are refused", true},
		{"127.255.255.255", "127.255.255.255", "too many questions from this resolver", true},
		{"127.255.255.0", "127.255.255.251", "an error code of the list", true},
	}
	return []Blocklist{
		{Name: "Spamhaus ZEN", Zone: "zen.spamhaus.org", Six: true, Lists: "sources of spam, exploited hosts, dynamic ranges", Delist: "https://check.spamhaus.org/",
			Limits: spamhausLimits, Source: "https://docs.spamhaus.com/datasets/docs/source/10-data-type-documentation/datasets/040-zones.html",
			codes: append([]code{
				{"127.0.0.2", "127.0.0.2", "SBL: a source of spam", false},
				{"127.0.0.3", "127.0.0.3", "CSS: a source of low-reputation mail", false},
				{"127.0.0.4", "127.0.0.7", "XBL: an exploited host", false},
				{"127.0.0.9", "127.0.0.9", "DROP: a network that carries crime", false},
				{"127.0.0.10", "127.0.0.11", "PBL: a range that should send through its provider", false},
				{"127.0.0.30", "127.0.0.30", "BCL: controls a botnet", false},
			}, spamhausErrors...)},
		{Name: "SpamCop", Zone: "bl.spamcop.net", Lists: "addresses that users report spam from", Delist: "https://www.spamcop.net/bl.shtml",
			Limits: openToAll, Source: "https://www.spamcop.net/fom-serve/cache/291.html",
			codes: []code{{"127.0.0.2", "127.0.0.2", "reported for spam", false}}},
		{Name: "PSBL", Zone: "psbl.surriel.com", Lists: "addresses that sent to spam traps", Delist: "https://psbl.org/remove",
			Limits: openToAll, Source: "https://psbl.org/usage/",
			codes: []code{{"127.0.0.2", "127.0.0.2", "sent to a spam trap", false}}},
		{Name: "UCEPROTECT 1", Zone: "dnsbl-1.uceprotect.net", Lists: "single addresses that sent to spam traps, for seven days", Delist: "https://www.uceprotect.net/en/rblcheck.php",
			Limits: "free below 100,000 questions a day", Source: "https://www.uceprotect.net/en/index.php?m=6&s=11",
			codes: []code{{"127.0.0.2", "127.0.0.2", "sent to a spam trap", false}}},
		{Name: "Spamhaus DBL", Zone: "dbl.spamhaus.org", Domains: true, Lists: "domains in spam", Delist: "https://check.spamhaus.org/",
			Limits: spamhausLimits, Source: "https://docs.spamhaus.com/datasets/docs/source/10-data-type-documentation/datasets/040-zones.html",
			codes: append([]code{
				{"127.0.1.255", "127.0.1.255", "it lists no addresses", true},
				{"127.0.1.2", "127.0.1.2", "a domain of low reputation", false},
				{"127.0.1.4", "127.0.1.4", "phishing", false},
				{"127.0.1.5", "127.0.1.5", "malware", false},
				{"127.0.1.6", "127.0.1.6", "controls a botnet", false},
				{"127.0.1.102", "127.0.1.106", "a real domain that is abused", false},
			}, spamhausErrors...)},
	}
}

// Listing is what one list says.
type Listing string

// The listings. Only NotListed and Listed are counted.
const (
	Listed         Listing = "listed"
	NotListed      Listing = "not_listed"
	ListRefused    Listing = "refused" // an error code, or a refusal: not counted
	ListNoAnswer   Listing = "unknown" // the look-up failed: not counted
	ListAsking     Listing = "asking"
	ListNotRelated Listing = "unreadable" // an answer that means nothing on this list: not counted
)

// Standing is what a list says of an address or domain.
type Standing struct {
	List    Blocklist     `json:"list"`
	Subject string        `json:"subject"`
	From    dnsx.Question `json:"from"`
	Says    Listing       `json:"says"`
	Outcome dnsx.Outcome  `json:"outcome,omitempty"`
	Codes   []string      `json:"codes,omitempty"` // the addresses it answered, as received
	Means   []string      `json:"means,omitempty"` // in our words
}

// Question asks a list about an address, or a domain for a list of domains;
// false where it has nothing to say about it.
func (b Blocklist) Question(addr netip.Addr, domain string) (dnsx.Question, bool) {
	if b.Domains {
		q := ask(dnsx.TypeA, domain+"."+b.Zone)
		return q, dnsx.IsHostname(domain) && strings.Contains(domain, ".") && len(q.Name) <= 253
	}
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() || addr.Is6() && !b.Six {
		return dnsx.Question{}, false
	}
	reversed := strings.TrimSuffix(strings.TrimSuffix(dnsx.ReverseName(addr), ".ip6.arpa"), ".in-addr.arpa")
	return ask(dnsx.TypeA, reversed+"."+b.Zone), true
}

// Standings reads what the lists say of the sending address and the sender's
// domain; either may be missing.
func Standings(addr netip.Addr, domain string, look Lookup) (out []Standing) {
	for _, b := range Blocklists() {
		q, ok := b.Question(addr, domain)
		if !ok {
			continue
		}
		s := Standing{List: b, From: q, Says: ListAsking, Subject: addr.Unmap().WithZone("").String()}
		if b.Domains {
			s.Subject = domain
		}
		if a, ok := look(q); ok {
			s.read(a)
		}
		out = append(out, s)
	}
	return out
}

func (s *Standing) read(a dnsx.Answer) {
	s.Outcome = a.Outcome
	switch {
	case a.Outcome.Absent():
		s.Says = NotListed
		return
	case a.Outcome == dnsx.Refused:
		s.Says = ListRefused
		s.Means = []string{"the question was refused"}
		return
	case !a.Outcome.Answered():
		s.Says = ListNoAnswer
		return
	}
	s.Says = ListNotRelated
	for _, r := range a.Records {
		if r.Type != dnsx.TypeA || !r.Addr.IsValid() || len(s.Codes) == 8 {
			continue
		}
		s.Codes = append(s.Codes, r.Addr.String())
		c, ok := s.List.meaning(r.Addr)
		if !ok {
			continue
		}
		s.Means = append(s.Means, c.means)
		if c.refused { // an error code says nothing of the subject, whatever stands beside it
			s.Says, s.Means = ListRefused, []string{c.means}
			return
		}
		s.Says = Listed
	}
}

func (b Blocklist) meaning(a netip.Addr) (code, bool) {
	for _, c := range b.codes {
		if a.Compare(netip.MustParseAddr(c.low)) >= 0 && a.Compare(netip.MustParseAddr(c.high)) <= 0 {
			return c, true
		}
	}
	return code{}, false
}
