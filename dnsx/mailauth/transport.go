package mailauth

import (
	"encoding/hex"
	"strconv"
	"strings"

	"deadletter/dnsx"
)

// Announcement is one of the small TXT records by which a domain says
// something about the transport of its mail, or its logo.
type Announcement struct {
	From    dnsx.Question `json:"from"`
	State   State         `json:"state"`
	Outcome dnsx.Outcome  `json:"outcome,omitempty"`
	Text    string        `json:"text,omitempty"`
	Value   string        `json:"value,omitempty"` // id of MTA-STS, rua of TLS-RPT, l of BIMI
}

// form is how such a record looks. The first tag is the version.
type form struct {
	label, version, value string
	needed                bool // the record is broken without the value
	named                 bool // a TXT record of another version is not counted
}

var (
	mtaSTS = form{"_mta-sts", "STSv1", "id", true, true}       // RFC 8461 section 3.1
	tlsRPT = form{"_smtp._tls", "TLSRPTv1", "rua", true, true} // RFC 8460 section 3
	bimi   = form{"default._bimi", "BIMI1", "l", false, true}
)

// MTASTSQuestion, TLSRPTQuestion and BIMIQuestion ask for the record of a domain.
func MTASTSQuestion(domain string) dnsx.Question { return mtaSTS.question(domain) }

// TLSRPTQuestion: see [MTASTSQuestion].
func TLSRPTQuestion(domain string) dnsx.Question { return tlsRPT.question(domain) }

// BIMIQuestion: see [MTASTSQuestion].
func BIMIQuestion(domain string) dnsx.Question { return bimi.question(domain) }

// MTASTS reads whether a domain announces an MTA-STS policy. The policy itself
// is on a web server and is not read.
func MTASTS(domain string, look Lookup) Announcement { return mtaSTS.read(domain, look) }

// TLSRPT reads where a domain wants reports about TLS.
func TLSRPT(domain string, look Lookup) Announcement { return tlsRPT.read(domain, look) }

// BIMI reads the logo record of a domain.
func BIMI(domain string, look Lookup) Announcement { return bimi.read(domain, look) }

func (f form) question(domain string) dnsx.Question {
	return ask(dnsx.TypeTXT, f.label+"."+domain)
}

func (f form) read(domain string, look Lookup) Announcement {
	out := Announcement{From: f.question(domain), State: Asking}
	a, ok := look(out.From)
	if !ok {
		return out
	}
	out.Outcome = a.Outcome
	if !a.Outcome.Answered() {
		out.State = Unknown
		return out
	}
	out.State = Absent
	found := 0
	for _, text := range texts(a) {
		list, _ := tags(text)
		if len(list) == 0 || list[0].name != "v" || list[0].value != f.version {
			continue
		}
		if found++; found > 1 {
			out.State = Several
			break
		}
		out.State, out.Text = Present, text
		for _, t := range list[1:] {
			if t.name == f.value && out.Value == "" {
				out.Value = t.value
			}
		}
		if out.Value == "" && f.needed {
			out.State = Broken
		}
	}
	if uncertain(a, found) {
		return Announcement{From: out.From, State: Unknown, Outcome: a.Outcome}
	}
	return out
}

// TLSA is one DANE record of an MX host (RFC 6698 section 2).
type TLSA struct {
	Usage    int    `json:"usage"`
	Selector int    `json:"selector"`
	Matching int    `json:"matching"`
	Data     string `json:"data"`
	Usable   bool   `json:"usable"` // by SMTP: usages 2 and 3 alone (RFC 7672 section 3.1.3)
}

// ParseTLSA reads the presentation form "3 1 1 0a0b..."; false where it is none.
func ParseTLSA(data string) (t TLSA, ok bool) {
	f := strings.Fields(data)
	if len(f) < 4 {
		return t, false
	}
	for i, to := range []*int{&t.Usage, &t.Selector, &t.Matching} {
		n, err := strconv.ParseUint(f[i], 10, 8)
		if err != nil {
			return t, false
		}
		*to = int(n)
	}
	t.Data = lower(strings.Join(f[3:], ""))
	raw, err := hex.DecodeString(t.Data)
	if err != nil {
		return t, false
	}
	size := map[int]int{1: 32, 2: 64}[t.Matching]
	t.Usable = (t.Usage == 2 || t.Usage == 3) && t.Selector <= 1 && t.Matching <= 2 && len(raw) > 0 && (size == 0 || len(raw) == size)
	return t, true
}

// DANE is what DNS says of the TLS certificate of an MX host.
type DANE struct {
	Host     string        `json:"host"`
	From     dnsx.Question `json:"from"`
	State    State         `json:"state"`
	Outcome  dnsx.Outcome  `json:"outcome,omitempty"`
	Records  []TLSA        `json:"records,omitempty"`
	Usable   int           `json:"usable"`
	Verified bool          `json:"verified,omitempty"` // MX, address and TLSA are all authenticated
	// MustNotDeliver: the look-up failed, and a sender that does DANE must not
	// deliver to this host then (RFC 7672 section 2.1.1).
	MustNotDeliver bool `json:"must_not_deliver,omitempty"`
}

// maxTLSA bounds the records that are read.
const maxTLSA = 20

// DANEQuestion asks for the TLSA records of an MX host.
func DANEQuestion(host string) dnsx.Question { return ask(dnsx.TypeTLSA, "_25._tcp."+host) }

// ReadDANE reads the TLSA records of an MX host. secure tells that the MX set
// and the host's address came authenticated: a sender asks for TLSA only then.
func ReadDANE(host string, secure bool, look Lookup) DANE {
	d := DANE{Host: host, From: DANEQuestion(host), State: Asking}
	a, ok := look(d.From)
	if !ok {
		return d
	}
	d.Outcome = a.Outcome
	switch {
	case a.Outcome.Absent():
		d.State = Absent
		return d
	case !a.Outcome.Answered():
		d.State = Unknown
		d.MustNotDeliver = secure && (a.Outcome == dnsx.ServFail || a.Outcome == dnsx.Bogus)
		return d
	}
	d.State = Present
	for _, r := range a.Records {
		if r.Type != dnsx.TypeTLSA || len(d.Records) == maxTLSA {
			continue
		}
		if t, ok := ParseTLSA(r.Data); ok {
			d.Records = append(d.Records, t)
			if t.Usable {
				d.Usable++
			}
		}
	}
	d.Verified = secure && a.Authenticated
	return d
}

// DNSSEC is whether a domain is signed.
type DNSSEC string

// The states. Signed is what the records say; only Validated is what a
// resolver that we may trust has checked.
const (
	DNSSECAsking    DNSSEC = "asking"
	DNSSECValidated DNSSEC = "validated" // signed, delegated, and authenticated by a trusted resolver
	DNSSECSigned    DNSSEC = "signed"    // keys, and a delegation to them at the parent
	DNSSECIsland    DNSSEC = "island"    // keys, and no delegation: nobody can check them
	DNSSECDangling  DNSSEC = "dangling"  // a delegation without keys: validating resolvers fail
	DNSSECNone      DNSSEC = "none"
	DNSSECUnknown   DNSSEC = "unknown"
)

// Signed tells the DNSSEC state of a zone from its DS and DNSKEY answers.
func Signed(zone string, look Lookup) DNSSEC {
	ds, ok := look(ask(dnsx.TypeDS, zone))
	key, okKey := look(ask(dnsx.TypeDNSKEY, zone))
	switch {
	case !ok || !okKey:
		return DNSSECAsking
	case !ds.Outcome.Answered() || !key.Outcome.Answered():
		return DNSSECUnknown
	}
	delegated, keys := ds.Outcome == dnsx.NoError, key.Outcome == dnsx.NoError
	switch {
	case delegated && keys && key.Authenticated:
		return DNSSECValidated
	case delegated && keys:
		return DNSSECSigned
	case keys:
		return DNSSECIsland
	case delegated:
		return DNSSECDangling
	}
	return DNSSECNone
}
