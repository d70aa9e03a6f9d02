package mailauth

import (
	"net/netip"
	"strings"

	"deadletter/dnsx"
)

// Result is what SPF gives for an identity (RFC 7208 section 2.6).
type Result string

// The results, and the two of an evaluation that has no end yet.
const (
	None      Result = "none"
	Neutral   Result = "neutral"
	Pass      Result = "pass"
	Fail      Result = "fail"
	SoftFail  Result = "softfail"
	TempError Result = "temperror" // a look-up failed: the next time may tell
	PermError Result = "permerror" // the record cannot be read; no fail

	Open        Result = "asking"  // an answer is missing, see Verdict.From
	Indefinable Result = "unknown" // it depends on something that is not known here
)

// The limits of RFC 7208 section 4.6.4.
const (
	MaxTerms = 10 // terms that ask DNS
	MaxNames = 10 // MX or PTR names of one term
	MaxVoids = 2  // look-ups that give nothing
)

// Identity is who sends. Of the names, "" is "not known"; with a Domain that
// is the HELO name (for an empty envelope sender, RFC 7208 section 2.4) Local
// is "".
type Identity struct {
	Addr   netip.Addr `json:"addr,omitzero"` // of the server that sent
	Local  string     `json:"local,omitempty"`
	Domain string     `json:"domain"`
	HELO   string     `json:"helo,omitempty"`
}

func (id Identity) local() string {
	if id.Local == "" {
		return "postmaster" // RFC 7208 section 4.3
	}
	return id.Local
}

// Step is one term on the way to a verdict.
type Step struct {
	Domain string `json:"domain"` // whose record has the term
	Term   string `json:"term"`
}

// Verdict is what SPF says of an identity.
type Verdict struct {
	Result  Result        `json:"result"`
	Term    string        `json:"term,omitempty"` // that decided; "" for the end of the record
	Way     []Step        `json:"way,omitempty"`  // the terms that led to it, the domain's own record first, with the deciding one
	Why     string        `json:"why,omitempty"`  // one sentence, for an error or an unknown; may hold a domain
	Lookups int           `json:"lookups"`        // terms that asked DNS until then
	Voids   int           `json:"voids"`          // look-ups that gave nothing until then
	From    dnsx.Question `json:"from,omitzero"`  // what decided, or is missing
	Outcome dnsx.Outcome  `json:"outcome,omitempty"`
}

// check is one evaluation.
type check struct {
	id    Identity
	look  Lookup
	terms int
	voids int
	ptr   bool // PTR was looked up before

	inside []Step // the terms by which the include that matched last did
}

// Check evaluates SPF for an identity over the answers there are (RFC 7208
// section 4). Without an address it gives Indefinable.
func Check(id Identity, look Lookup) Verdict {
	id.Addr = id.Addr.Unmap().WithZone("")
	id.Domain, id.HELO = dnsx.CanonicalName(id.Domain), dnsx.CanonicalName(id.HELO)
	e := &check{id: id, look: look}
	var v Verdict
	switch {
	case !dnsx.IsHostname(id.Domain) || !strings.Contains(id.Domain, "."):
		v = Verdict{Result: None, Why: "the identity is no domain name"}
	case !id.Addr.IsValid():
		v = Verdict{Result: Indefinable, Why: "the sending address is not known"}
	default:
		v = e.domain(id.Domain)
	}
	v.Lookups, v.Voids = e.terms, e.voids
	return v
}

// domain is check_host() of RFC 7208 section 4.
func (e *check) domain(domain string) Verdict {
	if !validName(domain) {
		return Verdict{Result: None, Why: "no domain name"}
	}
	q := ask(dnsx.TypeTXT, domain)
	a, v, ok := e.answer(q)
	if !ok {
		return v
	}
	at := func(result Result, term, why string) Verdict {
		v := Verdict{Result: result, Term: term, Why: why, From: q, Outcome: a.Outcome}
		if term != "" {
			v.Way = []Step{{domain, term}}
		}
		return v
	}
	records := SPFRecords(a)
	switch {
	case uncertain(a, len(records)):
		return at(Indefinable, "", domain+" has more TXT records than are kept")
	case len(records) == 0:
		return at(None, "", "")
	case len(records) > 1:
		return at(PermError, "", domain+" has more than one SPF record")
	}
	record := ParseRecord(records[0])
	if len(record.Faults) > 0 {
		f := record.Faults[0]
		return at(PermError, f.Term, f.Why)
	}
	all := false
	for _, t := range record.Terms {
		all = all || t.Name == "all"
		if t.Looks() {
			if v, ok := e.count(domain, t.Text, q); !ok {
				return v
			}
		}
		match, v := e.match(t, domain)
		switch {
		case v.Result != "":
			v.Way = append([]Step{{domain, t.Text}}, v.Way...)
			if v.Term == "" {
				v.Term = t.Text
			}
			return v
		case match:
			v := at(t.Qualifier, t.Text, "")
			v.Way, e.inside = append(v.Way, e.inside...), nil
			return v
		}
	}
	if record.Redirect == "" || all {
		return at(Neutral, "", "")
	}
	text := "redirect=" + record.Redirect
	if v, ok := e.count(domain, text, q); !ok {
		return v
	}
	target, v, ok := e.target(record.Redirect, domain)
	if !ok {
		v.Way = []Step{{domain, text}}
		return v
	}
	if v = e.domain(target); v.Result == None {
		v.Result, v.Why = PermError, target+" has no SPF record"
	}
	if v.Term == "" {
		v.Term = text
	}
	v.Way = append([]Step{{domain, text}}, v.Way...)
	return v
}

// count counts one term that asks DNS.
func (e *check) count(domain, term string, q dnsx.Question) (Verdict, bool) {
	if e.terms >= MaxTerms {
		e.terms++
		return Verdict{Result: PermError, Term: term, Way: []Step{{domain, term}}, From: q, Why: "more than 10 terms ask DNS"}, false
	}
	e.terms++
	return Verdict{}, true
}

// answer gives a definite answer, or the verdict that there is none.
func (e *check) answer(q dnsx.Question) (dnsx.Answer, Verdict, bool) {
	a, ok := e.look(q)
	switch {
	case !ok:
		return a, Verdict{Result: Open, From: q}, false
	case a.Outcome == dnsx.Offline:
		return a, Verdict{Result: Indefinable, From: q, Outcome: a.Outcome, Why: "not asked"}, false
	case !a.Outcome.Answered():
		return a, Verdict{Result: TempError, From: q, Outcome: a.Outcome, Why: "the look-up of " + q.Name + " failed"}, false
	}
	return a, Verdict{}, true
}

// void counts a look-up that gave nothing.
func (e *check) void(a dnsx.Answer) (Verdict, bool) {
	if a.Outcome.Absent() {
		if e.voids++; e.voids > MaxVoids {
			return Verdict{Result: PermError, From: a.Question, Outcome: a.Outcome, Why: "more than 2 look-ups give nothing"}, false
		}
	}
	return Verdict{}, true
}

// target expands a domain-spec to a name.
func (e *check) target(spec, domain string) (string, Verdict, bool) {
	x := e.expand(spec, domain)
	switch {
	case x.open.Name != "":
		return "", Verdict{Result: Open, From: x.open}, false
	case x.missing == 'h':
		return "", Verdict{Result: Indefinable, Why: "the HELO name is not known"}, false
	case x.missing != 0:
		return "", Verdict{Result: Indefinable, Why: "a part of the sender is not known"}, false
	}
	return x.name, Verdict{}, true
}
