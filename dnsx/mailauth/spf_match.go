package mailauth

import (
	"strings"

	"deadletter/dnsx"
)

// match tells whether a mechanism matches; a verdict ends the evaluation.
func (e *check) match(t Term, domain string) (bool, Verdict) {
	switch t.Name {
	case "all":
		return true, Verdict{}
	case "ip4", "ip6":
		return t.Net.Contains(e.id.Addr), Verdict{}
	}
	target, v, ok := e.target(t.Domain, domain)
	if !ok {
		return false, v
	}
	if unusual(target) {
		return false, Verdict{Result: Indefinable, Why: "it depends on a name with characters that are not asked for here"}
	}
	switch t.Name {
	case "include":
		return e.include(target)
	case "exists":
		return e.exists(target)
	case "a":
		return e.host(target, t, true)
	case "mx":
		return e.mx(target, t)
	}
	return e.pointer(target)
}

func (e *check) include(target string) (bool, Verdict) {
	v := e.domain(target)
	switch v.Result {
	case Pass:
		e.inside = v.Way
		return true, Verdict{}
	case Fail, SoftFail, Neutral:
		return false, Verdict{}
	case None:
		return false, Verdict{Result: PermError, From: v.From, Outcome: v.Outcome, Why: target + " has no SPF record"}
	}
	return false, v
}

func (e *check) exists(target string) (bool, Verdict) {
	if !validName(target) {
		return false, Verdict{}
	}
	a, v, ok := e.answer(ask(dnsx.TypeA, target))
	if !ok {
		return false, v
	}
	if v, ok := e.void(a); !ok {
		return false, v
	}
	return a.Outcome == dnsx.NoError, Verdict{}
}

// host tells whether a name has the address, within the term's prefix length.
func (e *check) host(name string, t Term, voids bool) (bool, Verdict) {
	if !validName(name) {
		return false, Verdict{}
	}
	a, v, ok := e.answer(ask(e.family(), name))
	if !ok {
		return false, v
	}
	if voids {
		if v, ok := e.void(a); !ok {
			return false, v
		}
	}
	bits := t.Bits4
	if e.id.Addr.Is6() {
		bits = t.Bits6
	}
	for _, r := range a.Records {
		if r.Type != e.family() || !r.Addr.IsValid() {
			continue
		}
		if p, err := r.Addr.Unmap().Prefix(bits); err == nil && p.Contains(e.id.Addr) {
			return true, Verdict{}
		}
	}
	if uncertain(a, 0) {
		return false, Verdict{Result: Indefinable, From: a.Question, Outcome: a.Outcome, Why: name + " has more addresses than are kept"}
	}
	return false, Verdict{}
}

func (e *check) family() dnsx.Type {
	if e.id.Addr.Is6() {
		return dnsx.TypeAAAA
	}
	return dnsx.TypeA
}

func (e *check) mx(target string, t Term) (bool, Verdict) {
	if !validName(target) {
		return false, Verdict{}
	}
	a, v, ok := e.answer(ask(dnsx.TypeMX, target))
	if !ok {
		return false, v
	}
	if v, ok := e.void(a); !ok {
		return false, v
	}
	names := targets(a, dnsx.TypeMX)
	if len(names) > MaxNames {
		return false, Verdict{Result: PermError, From: a.Question, Outcome: a.Outcome, Why: target + " has more than 10 MX"}
	}
	var first Verdict
	for _, name := range names {
		match, v := e.host(name, t, false) // the term asked for MX; its hosts are no terms
		if match {
			return true, Verdict{}
		}
		// Another host may match whatever this one's answer: RFC 7208 leaves
		// the order of the hosts open. One that is open may match yet.
		if v.Result == Open && first.Result != Open || v.Result != "" && first.Result == "" {
			first = v
		}
	}
	return false, first
}

// pointer is the mechanism ptr (RFC 7208 section 5.5). A failure of its
// look-ups means no match.
func (e *check) pointer(target string) (bool, Verdict) {
	q := ask(dnsx.TypePTR, dnsx.ReverseName(e.id.Addr))
	a, ok := e.look(q)
	if !ok {
		return false, Verdict{Result: Open, From: q}
	}
	if !e.ptr {
		e.ptr = true
		if v, ok := e.void(a); !ok {
			return false, v
		}
	}
	for _, name := range pointerNames(a) {
		if name != target && !strings.HasSuffix(name, "."+target) {
			continue
		}
		match, v := e.host(name, Term{Bits4: 32, Bits6: 128}, false)
		if match || v.Result == Open {
			return match, v
		}
	}
	return false, Verdict{}
}

// validated gives the name for the macro p: a confirmed name of the address,
// the domain itself or one below it rather than another (RFC 7208 section 7.3).
func (e *check) validated(domain string) (string, dnsx.Question) {
	q := ask(dnsx.TypePTR, dnsx.ReverseName(e.id.Addr))
	a, ok := e.look(q)
	if !ok {
		return "", q
	}
	best, rank := "unknown", 3
	for _, name := range pointerNames(a) {
		match, v := e.host(name, Term{Bits4: 32, Bits6: 128}, false)
		if v.Result == Open {
			return "", v.From
		}
		r := 2
		if name == domain {
			r = 0
		} else if strings.HasSuffix(name, "."+domain) {
			r = 1
		}
		if match && r < rank {
			best, rank = name, r
		}
	}
	return best, dnsx.Question{}
}

// pointerNames gives the names that may be checked, the first MaxNames by name.
func pointerNames(a dnsx.Answer) []string {
	names := targets(a, dnsx.TypePTR)
	return names[:min(len(names), MaxNames)]
}
