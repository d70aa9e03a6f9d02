package mailauth

import (
	"slices"
	"strconv"
	"strings"

	"deadletter/dnsx"
)

// Policy is what a domain owner asks of mail that DMARC does not pass.
type Policy string

// The policies (RFC 9989 section 4.7).
const (
	PolicyNone       Policy = "none"
	PolicyQuarantine Policy = "quarantine"
	PolicyReject     Policy = "reject"
)

// DMARC is a DMARC policy record.
type DMARC struct {
	Text        string   `json:"text"`
	Policy      Policy   `json:"p"` // none where the tag is missing or no policy
	Sub         Policy   `json:"sp,omitempty"`
	NonExistent Policy   `json:"np,omitempty"`
	DKIMStrict  bool     `json:"adkim_strict,omitempty"`
	SPFStrict   bool     `json:"aspf_strict,omitempty"`
	PSD         string   `json:"psd,omitempty"` // y, n, or ""
	Testing     bool     `json:"t,omitempty"`   // t=y: one step milder
	Percent     int      `json:"pct"`           // of RFC 7489, where older receivers still apply it; 100 without
	RUA         []string `json:"rua,omitempty"` // report addresses, as written
	RUF         []string `json:"ruf,omitempty"`
	NoPolicy    bool     `json:"no_p,omitempty"`    // there is no valid p tag
	Faulty      []string `json:"faulty,omitempty"`  // p, sp or np tags with no policy in them: none of the record's policies counts
	Void        bool     `json:"void,omitempty"`    // no valid p or something Faulty, and no report address: receivers apply no DMARC
	Unknown     []string `json:"unknown,omitempty"` // names of tags that are ignored
	Junk        []string `json:"junk,omitempty"`    // what is no tag, or no value for its tag
}

// ParseDMARC reads a record as on the wire; false where it does not begin with
// the version, whose value alone is case sensitive (RFC 9989 sections 4.7 and
// 4.8). A record without a valid p, or with an sp or np that is none, counts as
// p=none where it names a report address, and else not at all (section 4.10.1).
func ParseDMARC(text string) (d DMARC, ok bool) {
	list, junk := tags(text)
	if version, _, ok := strings.Cut(text, "="); !ok || lower(strings.TrimRight(version, " \t")) != "v" || list[0].value != "DMARC1" {
		return d, false
	}
	d = DMARC{Text: text, Policy: PolicyNone, Percent: 100, NoPolicy: true, Junk: junk}
	seen := map[string]bool{"v": true}
	for _, t := range list[1:] {
		bad := func() { d.Junk = append(d.Junk, t.name+"="+t.value) }
		if seen[t.name] {
			bad()
			continue
		}
		seen[t.name] = true
		value := lower(t.value)
		switch t.name {
		case "p", "sp", "np":
			p := Policy(value)
			if p != PolicyNone && p != PolicyQuarantine && p != PolicyReject {
				bad()
				d.Faulty = append(d.Faulty, t.name)
				continue
			}
			switch t.name {
			case "p":
				d.Policy, d.NoPolicy = p, false
			case "sp":
				d.Sub = p
			default:
				d.NonExistent = p
			}
		case "adkim", "aspf":
			if value != "r" && value != "s" {
				bad()
			} else if t.name == "adkim" {
				d.DKIMStrict = value == "s"
			} else {
				d.SPFStrict = value == "s"
			}
		case "psd":
			switch value {
			case "y", "n":
				d.PSD = value
			case "u":
			default:
				bad()
			}
		case "t":
			if value != "y" && value != "n" {
				bad()
			}
			d.Testing = value == "y"
		case "pct":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || n > 100 {
				bad()
				continue
			}
			d.Percent = n
		case "rua", "ruf":
			for uri := range strings.SplitSeq(t.value, ",") {
				if uri = strings.TrimSpace(uri); uri == "" {
					continue
				}
				if t.name == "rua" {
					d.RUA = append(d.RUA, uri)
				} else {
					d.RUF = append(d.RUF, uri)
				}
			}
		case "fo", "rf", "ri":
		default:
			d.Unknown = append(d.Unknown, t.name)
		}
	}
	if d.NoPolicy || len(d.Faulty) > 0 {
		d.Policy, d.Sub, d.NonExistent = PolicyNone, "", ""
		d.Void = !slices.ContainsFunc(d.RUA, isURI)
	}
	return d, true
}

// isURI reports whether text begins as a URI does, with a scheme and something
// behind it (RFC 3986 section 3).
func isURI(text string) bool {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || rest == "" || scheme == "" || !isAlpha(scheme[0]) || strings.ContainsAny(text, " \t") {
		return false
	}
	return !strings.ContainsFunc(scheme, func(r rune) bool {
		return r >= 0x80 || !isAlpha(byte(r)) && !isDigit(byte(r)) && !strings.ContainsRune("+-.", r)
	})
}

// For gives the policy for a domain that is not the record's own: for a name
// that does not exist, and for one that does (RFC 9989 section 4.7).
func (d DMARC) For(exists bool) Policy {
	if !exists && d.NonExistent != "" {
		return d.NonExistent
	}
	if d.Sub != "" {
		return d.Sub
	}
	return d.Policy
}

// Milder gives the policy that t=y asks for (RFC 9989 section 4.7).
func (p Policy) Milder() Policy {
	if p == PolicyReject {
		return PolicyQuarantine
	}
	return PolicyNone
}

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

// Match says whether an authenticated domain is aligned with the From domain.
type Match string

// The matches.
const (
	Aligned    Match = "aligned"
	NotAligned Match = "not_aligned"
	MatchOpen  Match = "asking"
	MatchLost  Match = "unknown" // the organisational domain could not be found out
)

// Align compares an authenticated domain with the From domain (RFC 9989
// section 4.4).
func Align(from, other Discovery, strict bool) Match {
	switch {
	case from.Domain == "" || other.Domain == "":
		return MatchLost
	case from.Domain == other.Domain:
		return Aligned
	case strict:
		return NotAligned
	case from.OrgState == Asking || other.OrgState == Asking:
		return MatchOpen
	case from.OrgState != Present || other.OrgState != Present:
		return MatchLost
	case from.Org == other.Org:
		return Aligned
	}
	return NotAligned
}

// Outside is a domain that reports go to and that is not of the policy's own
// organisation: it has to say that it takes them (RFC 9990 section 4).
type Outside struct {
	Domain  string        `json:"domain"` // of the report address
	From    dnsx.Question `json:"from"`
	State   State         `json:"state"` // Present: it takes them
	Outcome dnsx.Outcome  `json:"outcome,omitempty"`
}

// maxOutside bounds the report domains that are asked.
const maxOutside = 3

// Outsiders gives the report domains of the policy of a discovery that are
// not below its organisational domain, the first few, with what is known.
func Outsiders(d Discovery, look Lookup) (out []Outside) {
	r := d.Record()
	if r == nil || d.Org == "" {
		return nil
	}
	at := d.Walk[d.At].Domain
	for _, uri := range append(slices.Clip(r.RUA), r.RUF...) {
		domain := reportDomain(uri)
		known := slices.ContainsFunc(out, func(o Outside) bool { return o.Domain == domain })
		if domain == "" || known || domain == d.Org || strings.HasSuffix(domain, "."+d.Org) {
			continue
		}
		if len(out) == maxOutside {
			return out
		}
		o := Outside{Domain: domain, From: ask(dnsx.TypeTXT, at+"._report._dmarc."+domain), State: Asking}
		if a, ok := look(o.From); ok {
			o.Outcome = a.Outcome
			o.State = Unknown
			if a.Outcome.Answered() && !uncertain(a, 0) {
				o.State = Absent
			}
			for _, text := range texts(a) {
				if _, ok := ParseDMARC(text); ok {
					o.State = Present
				}
			}
		}
		out = append(out, o)
	}
	return out
}

// reportDomain gives the domain of a mailto URI, "" for any other.
func reportDomain(uri string) string {
	if len(uri) < 7 || !strings.EqualFold(uri[:7], "mailto:") {
		return ""
	}
	address, _, _ := strings.Cut(uri[7:], "!") // a size, of RFC 7489
	address, _, _ = strings.Cut(address, "?")
	domain := dnsx.CanonicalName(address[strings.LastIndexByte(address, '@')+1:])
	if !dnsx.IsHostname(domain) || !strings.Contains(address, "@") {
		return ""
	}
	return domain
}
