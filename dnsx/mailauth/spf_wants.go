package mailauth

import "deadletter/dnsx"

// Bounds of what an evaluation asks, beyond those of RFC 7208.
const (
	MaxSPFTerms = 20 // terms that ask, of all records together
	MaxSPFHosts = 30 // addresses of MX and PTR names
)

// Need is a question of an evaluation, and the answers that led to it.
type Need struct {
	Question dnsx.Question
	After    []dnsx.Question
}

// Needs gives the questions that [Check] of an identity needs, as far as the
// answers tell, each once: level by level, all terms of a record together.
// Without an address only includes and redirects are followed. held is how
// many more there may be; left counts terms and hosts beyond the bounds. Which
// questions there are in the end does not depend on which answer came first.
func Needs(id Identity, look Lookup) (list []Need, held, left int) {
	id.Addr = id.Addr.Unmap().WithZone("")
	id.Domain, id.HELO = dnsx.CanonicalName(id.Domain), dnsx.CanonicalName(id.HELO)
	if !dnsx.IsHostname(id.Domain) {
		return nil, 0, 0
	}
	n := &needs{check: check{id: id, look: look}, seen: map[dnsx.Question]bool{}, terms: MaxSPFTerms, hosts: MaxSPFHosts}
	n.add(ask(dnsx.TypeTXT, id.Domain))
	n.visits = []visit{{domain: id.Domain}}
	for i := 0; i < len(n.visits); i++ {
		if !n.record(n.visits[i]) {
			// What comes after it is not certain yet.
			return n.list, n.terms + n.hosts, n.left
		}
	}
	return n.list, n.held, n.left
}

// visit is a record to be read; before counts the terms that are evaluated
// before its own at least.
type visit struct {
	domain string
	before int
}

type needs struct {
	check
	list   []Need
	seen   map[dnsx.Question]bool
	visits []visit
	terms  int // room left
	hosts  int
	held   int
	left   int
}

func (n *needs) add(q dnsx.Question, after ...dnsx.Question) {
	if !n.seen[q] && validName(q.Name) {
		n.seen[q] = true
		n.list = append(n.list, Need{q, after})
	}
}

// record adds what one record asks; false while it is not known.
func (n *needs) record(v visit) bool {
	q := ask(dnsx.TypeTXT, v.domain)
	a, ok := n.look(q)
	if !ok {
		return false
	}
	records := SPFRecords(a)
	if len(records) != 1 {
		return true
	}
	r := ParseRecord(records[0])
	if len(r.Faults) > 0 {
		return true
	}
	for _, t := range r.Terms {
		if t.Name == "all" || t.Net.IsValid() && n.id.Addr.IsValid() && t.Net.Contains(n.id.Addr) {
			return true // nothing after it is evaluated
		}
		if !t.Looks() {
			continue
		}
		if v.before++; v.before > MaxTerms {
			return true
		}
		if !n.term(t, v, q) {
			return false
		}
	}
	for _, t := range r.Terms {
		if t.Name == "all" {
			return true
		}
	}
	if r.Redirect != "" && v.before < MaxTerms {
		v.before++
		return n.term(Term{Name: "include", Domain: r.Redirect}, v, q)
	}
	return true
}

// term adds what one term asks; false where a macro waits for an answer.
func (n *needs) term(t Term, v visit, from dnsx.Question) bool {
	if !n.id.Addr.IsValid() && (t.Name != "include" || usesAddress(t.Domain)) {
		return true
	}
	if n.terms == 0 {
		n.left++
		return true
	}
	n.terms--
	if usesPTR(t.Domain) && !n.pointers(from, true) {
		return false
	}
	x := n.expand(t.Domain, v.domain)
	if x.open.Name != "" {
		return false
	}
	if x.missing != 0 || !validName(x.name) {
		return true
	}
	switch t.Name {
	case "include":
		q := ask(dnsx.TypeTXT, x.name)
		if !n.seen[q] {
			n.add(q, from)
			n.visits = append(n.visits, visit{x.name, v.before})
		}
	case "exists":
		n.add(ask(dnsx.TypeA, x.name), from)
	case "a":
		n.add(ask(n.family(), x.name), from)
	case "mx":
		q := ask(dnsx.TypeMX, x.name)
		n.add(q, from)
		a, ok := n.look(q)
		if !ok {
			n.keep()
			break
		}
		if names := targets(a, dnsx.TypeMX); len(names) <= MaxNames {
			n.addresses(names, from, q)
		}
	case "ptr":
		n.pointers(from, false)
	}
	return true
}

// keep holds room for the names of an open answer.
func (n *needs) keep() {
	k := min(MaxNames, n.hosts)
	n.hosts -= k
	n.held += k
}

func (n *needs) addresses(names []string, after ...dnsx.Question) {
	for _, name := range names {
		if n.hosts == 0 {
			n.left++
			continue
		}
		n.hosts--
		n.add(ask(n.family(), name), after...)
	}
}

// pointers asks for the names of the sending address; with all, reports
// whether the answers are there that a macro needs.
func (n *needs) pointers(from dnsx.Question, all bool) bool {
	q := ask(dnsx.TypePTR, dnsx.ReverseName(n.id.Addr))
	n.add(q, from)
	a, ok := n.look(q)
	if !ok {
		n.keep()
		return !all
	}
	names := pointerNames(a)
	n.addresses(names, from, q)
	for _, name := range names {
		if _, ok := n.look(ask(n.family(), name)); !ok && all && validName(name) {
			return false
		}
	}
	return true
}

// usesPTR reports whether a domain-spec has the macro p, usesAddress whether
// it depends on the sending server.
func usesPTR(spec string) bool     { return hasMacro(spec, "p") }
func usesAddress(spec string) bool { return hasMacro(spec, "ipvh") }

func hasMacro(spec, letters string) bool {
	for i := 0; i+2 < len(spec); i++ {
		if spec[i] != '%' {
			continue
		}
		if spec[i+1] != '{' {
			i++
			continue
		}
		for j := range len(letters) {
			if spec[i+2]|0x20 == letters[j] {
				return true
			}
		}
	}
	return false
}

// Count gives how many terms of a domain's record and those below it ask DNS
// when nothing matches before the end, whoever sends; at most MaxCount. known
// is false while answers are missing, failed, or depend on the message.
func Count(domain string, look Lookup) (terms int, known bool) {
	c := counter{look: look, known: true}
	c.count(dnsx.CanonicalName(domain))
	return c.terms, c.known
}

// MaxCount is where [Count] stops.
const MaxCount = 50

type counter struct {
	look  Lookup
	terms int
	known bool
}

func (c *counter) count(domain string) {
	a, ok := c.look(ask(dnsx.TypeTXT, domain))
	if !ok || !a.Outcome.Answered() {
		c.known = false
		return
	}
	records := SPFRecords(a)
	if len(records) != 1 {
		return
	}
	r := ParseRecord(records[0])
	if len(r.Faults) > 0 {
		return
	}
	for _, t := range r.Terms {
		if t.Name == "all" {
			return
		}
		if c.terms >= MaxCount {
			return
		}
		if t.Looks() {
			c.terms++
		}
		if t.Name == "include" {
			c.follow(t.Domain)
		}
	}
	if r.Redirect != "" && c.terms < MaxCount {
		c.terms++
		c.follow(r.Redirect)
	}
}

func (c *counter) follow(spec string) {
	if name := canonicalSpec(spec); hasMacro(spec, "slodiphv") {
		c.known = false
	} else if validName(name) {
		c.count(name)
	}
}
