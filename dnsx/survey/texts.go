package survey

import (
	"cmp"
	"slices"
	"strings"

	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
)

// SPF is a domain's SPF record and those it leads to.
type SPF struct {
	Lookup
	Domain   string    `json:"domain,omitempty"`
	Records  []string  `json:"records,omitempty"`  // in presentation form; more than one is an error of the domain (RFC 7208 section 4.5)
	Includes []Include `json:"includes,omitempty"` // level by level, each once
	Macros   int       `json:"macros,omitempty"`   // terms not followed because they depend on the message
	Left     int       `json:"left,omitempty"`     // records not followed beyond MaxIncludes
	Loop     bool      `json:"loop,omitempty"`     // a record leads back to one above it
}

// Domains lists the domains that the record leads to.
func (s SPF) Domains() []string {
	out := make([]string, 0, len(s.Includes))
	for _, i := range s.Includes {
		out = append(out, i.Domain)
	}
	return out
}

// Include is an SPF record that another leads to.
type Include struct {
	Lookup
	Domain   string   `json:"domain"`
	By       string   `json:"by"` // the domain whose record leads to it
	Redirect bool     `json:"redirect,omitempty"`
	Records  []string `json:"records,omitempty"`
}

func (r reader) spf(domain string) SPF {
	s := SPF{Lookup: r.lookup(ask(dnsx.TypeTXT, domain)), Domain: domain}
	list, left, loop, _ := follow(r.answers, r.open, domain)
	s.Left, s.Loop = left, loop
	for i, v := range list {
		q := ask(dnsx.TypeTXT, v.domain)
		records := spfRecords(r.answers[q])
		for _, text := range records {
			s.Macros += ParseSPF(text).Macros
		}
		if i == 0 {
			s.Records = records
			continue
		}
		s.Includes = append(s.Includes, Include{
			Lookup: r.lookup(q), Domain: v.domain, By: list[v.by].domain, Redirect: v.redirect, Records: records,
		})
	}
	return s
}

func spfRecords(a dnsx.Answer) (out []string) {
	for _, text := range texts(a) {
		if mailauth.IsSPF(text) {
			out = append(out, text)
		}
	}
	return out
}

// Token is a TXT record that proves a domain's ownership to a service: a hint
// at what its mail is hosted with, left behind long after a move as well.
type Token struct {
	Kind string        `json:"kind"` // the service
	Text string        `json:"text"`
	From dnsx.Question `json:"from"`
}

// tokenPrefixes are the forms that mail services document for the records by
// which they check a domain. Case does not matter.
var tokenPrefixes = [...]struct{ prefix, kind string }{
	{"ms=", "microsoft"},
	{"google-site-verification=", "google"},
	{"zoho-verification=", "zoho"},
	{"protonmail-verification=", "proton"},
	{"apple-domain=", "apple"},
	{"yandex-verification:", "yandex"},
	{"mailru-verification:", "mailru"},
}

// tokenKind gives the service that a TXT record proves the domain to, or "".
func tokenKind(text string) string {
	for _, p := range tokenPrefixes {
		if len(text) > len(p.prefix) && strings.EqualFold(text[:len(p.prefix)], p.prefix) {
			return p.kind
		}
	}
	return ""
}

func (r reader) tokens(domain string) (l Lookup, out []Token) {
	l = r.lookup(ask(dnsx.TypeTXT, domain))
	for _, text := range texts(r.answers[l.From]) {
		if kind := tokenKind(text); kind != "" {
			out = append(out, Token{kind, text, l.From})
		}
	}
	return l, out
}

// Policy is what stands where a DMARC record may be.
type Policy struct {
	Lookup
	Domain  string   `json:"domain"`            // it is asked for
	Records []string `json:"records,omitempty"` // that begin with the version of DMARC
}

func (r reader) policy(domain, name string) Policy {
	p := Policy{Lookup: r.lookup(ask(dnsx.TypeTXT, name)), Domain: domain}
	for _, text := range texts(r.answers[p.From]) {
		tag, value, _ := strings.Cut(text, "=")
		value, _, _ = strings.Cut(value, ";")
		if strings.EqualFold(strings.TrimSpace(tag), "v") && strings.TrimSpace(value) == "DMARC1" {
			p.Records = append(p.Records, text)
		}
	}
	return p
}

// Autodiscover is where mail programs of the domain are sent to: a hint at
// what hosts its mailboxes.
type Autodiscover struct {
	CNAME  Lookup   `json:"cname"`
	A      Lookup   `json:"a"`
	SRV    Lookup   `json:"srv"`
	Target string   `json:"target,omitempty"` // the alias of autodiscover.DOMAIN, as far as it leads
	Via    string   `json:"via,omitempty"`    // "cname" or "srv": what gave Target
	Port   uint16   `json:"port,omitempty"`   // of the SRV record
	Addrs  []string `json:"addrs,omitempty"`  // of autodiscover.DOMAIN
}

func (r reader) autodiscover(d string) Autodiscover {
	name := "autodiscover." + d
	f := Autodiscover{
		CNAME: r.lookup(ask(dnsx.TypeCNAME, name)), A: r.lookup(ask(dnsx.TypeA, name)),
		SRV: r.lookup(ask(dnsx.TypeSRV, "_autodiscover._tcp."+d)),
	}
	for _, a := range addresses(r.answers[f.A.From]) {
		f.Addrs = append(f.Addrs, a.addr.String())
	}
	if targets := hosts(r.answers[f.CNAME.From], dnsx.TypeCNAME); len(targets) > 0 {
		f.Target, f.Via = targets[0], "cname"
	}
	if chain := r.answers[f.A.From].Chain; f.Target == "" && len(chain) > 0 {
		f.Target, f.Via = dnsx.CanonicalName(chain[0].Host), "cname"
	}
	if f.Target != "" {
		return f
	}
	var services []dnsx.Record
	for _, rec := range r.answers[f.SRV.From].Records {
		if rec.Host = dnsx.CanonicalName(rec.Host); rec.Type == dnsx.TypeSRV && rec.Host != "." {
			services = append(services, rec)
		}
	}
	if len(services) > 0 { // the lowest priority, of these the one with the largest share (RFC 2782)
		first := slices.MinFunc(services, func(x, y dnsx.Record) int {
			return cmp.Or(cmp.Compare(x.Preference, y.Preference), cmp.Compare(y.Weight, x.Weight), cmp.Compare(x.Host, y.Host))
		})
		f.Target, f.Via, f.Port = first.Host, "srv", first.Port
	}
	return f
}
