package mailauth

import (
	"slices"
	"strings"

	"deadletter/dnsx"
)

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
