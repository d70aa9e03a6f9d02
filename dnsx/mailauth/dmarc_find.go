package mailauth

import (
	"slices"
	"strings"

	"deadletter/dnsx"
)

// MaxWalk is how many names a tree walk asks (RFC 9989 section 4.10).
const MaxWalk = 8

// WalkNames gives the domains of a tree walk: the domain, then one label less
// each time down to the last; a name of eight labels or more goes on with its
// last seven (RFC 9989 section 4.10).
func WalkNames(domain string) []string {
	out := []string{domain}
	labels := strings.Split(domain, ".")
	if len(labels) > MaxWalk-1 {
		labels = labels[len(labels)-MaxWalk:]
	}
	for len(labels) > 1 {
		labels = labels[1:]
		out = append(out, strings.Join(labels, "."))
	}
	return out
}

// WalkQuestions gives the questions of a tree walk.
func WalkQuestions(domain string) (out []dnsx.Question) {
	for _, name := range WalkNames(domain) {
		out = append(out, dmarcQuestion(name))
	}
	return out
}

func dmarcQuestion(domain string) dnsx.Question { return ask(dnsx.TypeTXT, "_dmarc."+domain) }

// Found is one name of a tree walk.
type Found struct {
	Domain  string        `json:"domain"`
	From    dnsx.Question `json:"from"`
	State   State         `json:"state"`
	Outcome dnsx.Outcome  `json:"outcome,omitempty"`
	Records int           `json:"records,omitempty"`
	Record  *DMARC        `json:"record,omitempty"` // set for Present
}

// Discovery is what a tree walk finds: the policy for mail from a domain, and
// its organisational domain.
type Discovery struct {
	Domain   string  `json:"domain"`
	Walk     []Found `json:"walk,omitempty"`
	State    State   `json:"state"`            // of the policy
	At       int     `json:"at"`               // index into Walk of the record that counts, -1 for none
	Policy   Policy  `json:"policy,omitempty"` // as it applies to Domain, t not counted
	Org      string  `json:"org,omitempty"`    // "" while not known
	OrgState State   `json:"org_state"`
}

// Record gives the record that counts, nil for none.
func (d Discovery) Record() *DMARC {
	if d.At < 0 || d.At >= len(d.Walk) {
		return nil
	}
	return d.Walk[d.At].Record
}

// Discover reads the tree walk of a domain (RFC 9989 sections 4.10.1 and
// 4.10.2). A name whose look-up failed makes unknown what stands on it.
func Discover(domain string, look Lookup) Discovery {
	d := Discovery{Domain: dnsx.CanonicalName(domain), At: -1}
	if !dnsx.IsHostname(d.Domain) {
		d.State, d.OrgState = Absent, Unknown
		return d
	}
	for _, name := range WalkNames(d.Domain) {
		d.Walk = append(d.Walk, find(name, look))
	}
	d.organisation()
	d.policy(look)
	return d
}

func find(domain string, look Lookup) Found {
	f := Found{Domain: domain, From: dmarcQuestion(domain), State: Asking}
	a, ok := look(f.From)
	if !ok {
		return f
	}
	f.Outcome = a.Outcome
	if !a.Outcome.Answered() {
		f.State = Unknown
		return f
	}
	f.State = Absent
	for _, text := range texts(a) {
		if r, ok := ParseDMARC(text); ok {
			f.Records++
			f.Record, f.State = &r, Present
		}
	}
	switch {
	case f.Records > 1: // none of them counts (RFC 9989 section 4.10)
		f.Record, f.State = nil, Several
	case uncertain(a, f.Records):
		f.Record, f.State = nil, Unknown
	}
	return f
}

// organisation finds the organisational domain: the name with psd=n, the one
// below a name with psd=y, else the shortest that has a record.
func (d *Discovery) organisation() {
	org := d.Domain
	for i, f := range d.Walk {
		switch f.State {
		case Asking, Unknown:
			d.OrgState = f.State
			return
		case Present:
			if f.Record.PSD == "n" || f.Record.PSD == "y" && i == 0 {
				d.Org, d.OrgState = f.Domain, Present
				return
			}
			if f.Record.PSD == "y" {
				d.Org, d.OrgState = below(d.Domain, f.Domain), Present
				return
			}
			org = f.Domain
		}
	}
	d.Org, d.OrgState = org, Present
}

// below gives the name one label longer than above, on the way to domain.
func below(domain, above string) string {
	rest := strings.TrimSuffix(domain, "."+above)
	return rest[strings.LastIndexByte(rest, '.')+1:] + "." + above
}

// policy finds the record that counts: the domain's own, that of the
// organisational domain, or that of the public suffix above it.
func (d *Discovery) policy(look Lookup) {
	own := d.Walk[0]
	switch own.State {
	case Present:
		d.At, d.State, d.Policy = 0, Present, own.Record.Policy
		return
	case Asking, Unknown:
		d.State = own.State
		return
	}
	if d.OrgState != Present {
		d.State = d.OrgState
		return
	}
	at := slices.IndexFunc(d.Walk, func(f Found) bool { return f.Domain == d.Org && f.Record != nil })
	if at < 0 {
		at = slices.IndexFunc(d.Walk, func(f Found) bool { return f.Record != nil && f.Record.PSD == "y" })
	}
	if at < 0 {
		d.State = own.State // absent, or several at the domain itself
		return
	}
	exists := true
	for _, t := range []dnsx.Type{dnsx.TypeTXT, dnsx.TypeMX, dnsx.TypeA} {
		if a, ok := look(ask(t, d.Domain)); ok && a.Outcome == dnsx.NXDomain && len(a.Chain) == 0 {
			exists = false
		}
	}
	d.At, d.State, d.Policy = at, Present, d.Walk[at].Record.For(exists)
}
