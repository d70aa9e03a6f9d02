package diagnose

import (
	"strings"

	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/survey"
)

// party is a company or system that plays a part, as far as it is known.
type party struct {
	name safe.Text
	op   operator.Operator
}

// newParty names an operator as people do: without what the catalogue adds in
// brackets.
func newParty(op operator.Operator) party {
	name, _, _ := strings.Cut(op.Name, " (")
	return party{safe.Of(name), op}
}

func (p party) known() bool { return p.name != "" }

// or gives the party's name, or other words for it.
func (p party) or(otherwise safe.Text) safe.Text {
	if p.known() {
		return p.name
	}
	return otherwise
}

// where says what to open in the party's console; hint when that was not
// looked up in its documentation.
func (p party) where(otherwise safe.Text) (text safe.Text, hint bool) {
	if p.known() && p.op.Console != "" {
		return safe.Of(p.op.Console), p.op.ConsoleHint
	}
	return otherwise, true
}

func (p party) role() operator.Role { return p.op.Role }

// sender is the sending platform, as far as it is known.
type sender struct {
	name safe.Text
	op   operator.Platform
}

func (s sender) supportName() safe.Text {
	if s.known() {
		return safe.Textf("the support of %s", s.name)
	}
	return "the sending platform's support"
}

func (s sender) lookUpWhere() safe.Text {
	if s.op.Where != "" {
		return safe.Of(s.op.Where)
	}
	return "the suppression lists of whatever sends this mail: bounces, blocks, invalid, complaints, unsubscribes"
}

// nameParties says which companies play a part, by the catalogue: who runs the
// named host, which filter stands in front of the domain, who holds the
// mailboxes, through which platform the mail went out.
func (v *view) nameParties() {
	v.hostOp = v.runs(v.host, v.hostNames(v.facts.Host))
	target := v.facts.Autodiscover.Target
	var tokens []string
	for _, t := range v.facts.Tokens {
		tokens = append(tokens, t.Text)
	}
	if op, _, ok := operator.Behind(target, v.facts.SPF.Domains(), tokens); ok {
		v.store, v.storeSource = newParty(op), "dns"
	}
	for _, e := range v.mxEntries() {
		p := v.runsMX(e)
		switch p.role() {
		case operator.Gateway, operator.Forwarder:
			if !v.filter.known() {
				v.filter = p
			}
		case operator.Host:
			if !v.store.known() {
				v.store, v.storeSource = p, "dns"
			}
		case operator.GatewayHost:
			if !v.store.known() && !v.filter.known() {
				v.store, v.storeSource = p, "dns"
			}
		}
	}
	if v.filter.known() && v.store.name == v.filter.name {
		v.store, v.storeSource = party{}, ""
	}
	v.namePlatform()
}

// runs looks a host up in the catalogue by its name, then by the names of its
// address.
// runsMX looks an MX up by its name, and where that is the domain's own by what
// its addresses are called.
func (v *view) runsMX(e mxEntry) party {
	var names []string
	for _, h := range v.allHosts() {
		if h.Host == e.Host {
			names = confirmedNames(h.Addrs)
		}
	}
	return v.runs(e.Host, names)
}

// hostNames gives what the address of a host is called, where that name has the
// address: a PTR alone can say anything (RFC 1912 section 2.1). An address that
// the host does not have says nothing of it.
func (v *view) hostNames(h survey.HostFacts) []string {
	switch {
	case h.Claimed.IsValid() && h.HasClaimed == survey.No:
		return nil
	case h.Claimed.IsValid():
		return confirmedNames([]survey.AddrFact{h.PTR})
	}
	return confirmedNames(h.Addrs)
}

func confirmedNames(addrs []survey.AddrFact) []string {
	var out []string
	for _, a := range addrs {
		if a.ForwardConfirmed() {
			out = append(out, a.ConfirmedName)
		}
	}
	return out
}

func (v *view) runs(host string, ptr []string) party {
	if op, ok := v.c.operators().Lookup(host); ok && host != "" {
		return newParty(op)
	}
	for _, name := range ptr {
		if op, ok := v.c.operators().ByPTR(name); ok {
			return newParty(op)
		}
	}
	return party{}
}

// platformOrSource names who wrote the bounce.
func (v *view) platformOrSource() safe.Text {
	if s := v.r.Source.Value; s != "" {
		return s.Safe()
	}
	return ""
}

// consumer reports whether the domain belongs to a provider of private
// mailboxes: there is no administrator to ask.
func (v *view) consumer() bool {
	_, ok := operator.ConsumerDomain(v.domain)
	return ok
}
