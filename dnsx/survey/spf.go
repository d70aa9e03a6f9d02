package survey

import (
	"net/netip"
	"slices"
	"strings"

	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
)

// Terms is what an SPF record leads to, and the addresses that it names.
type Terms struct {
	Passes   []netip.Prefix // of ip4 and ip6 terms that let mail pass, in order
	Includes []string       // domains of include, canonical, in order, each once
	Redirect string         // domain of redirect, "" for none or where the record has "all" (RFC 7208 section 6.1)
	Macros   int            // include and redirect terms with a macro, which cannot be followed without a message
	Invalid  int            // include and redirect terms whose domain is no name
}

// targets gives the domains to follow, in order.
func (t Terms) targets() []string {
	if t.Redirect == "" {
		return t.Includes
	}
	return append(t.Includes[:len(t.Includes):len(t.Includes)], t.Redirect)
}

const spfVersion = "v=spf1"

// ParseSPF reads the terms that lead to other records (RFC 7208 sections 5.2
// and 6.1) from a record in presentation form. What it does not know it skips.
func ParseSPF(text string) (t Terms) {
	if !mailauth.IsSPF(text) {
		return t
	}
	all := false
	redirect := ""
	for term := range strings.FieldsFuncSeq(mailauth.Plain(text)[len(spfVersion):], func(r rune) bool { return r == ' ' || r == '\t' }) {
		lower := strings.ToLower(term)
		passes := true
		if lower != "" && strings.IndexByte("+-?~", lower[0]) >= 0 {
			passes, lower = lower[0] == '+', lower[1:]
		}
		if p, ok := ipTerm(lower); ok && passes && len(t.Passes) < maxPasses {
			t.Passes = append(t.Passes, p)
			continue
		}
		if lower == "all" {
			all = true
			continue
		}
		target, ok := strings.CutPrefix(lower, "include:")
		if !ok {
			if target, ok = strings.CutPrefix(lower, "redirect="); !ok {
				continue
			}
			target = t.domain(target)
			if redirect == "" {
				redirect = target
			}
			continue
		}
		if target = t.domain(target); target == "" {
			continue
		}
		if !slices.Contains(t.Includes, target) {
			t.Includes = append(t.Includes, target)
		}
	}
	if !all {
		t.Redirect = redirect
	}
	return t
}

// maxPasses bounds the addresses that are kept of one record.
const maxPasses = 256

// ipTerm reads an ip4 or ip6 term (RFC 7208 section 5.6).
func ipTerm(term string) (netip.Prefix, bool) {
	v, ok := strings.CutPrefix(term, "ip4:")
	if !ok {
		if v, ok = strings.CutPrefix(term, "ip6:"); !ok {
			return netip.Prefix{}, false
		}
	}
	if p, err := netip.ParsePrefix(v); err == nil {
		return p, true
	}
	a, err := netip.ParseAddr(v)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// Names reports whether the domain's own record, not one that it includes,
// names an address among those that may send.
func (s SPF) Names(addr netip.Addr) bool {
	if len(s.Records) != 1 || !addr.IsValid() {
		return false
	}
	return slices.ContainsFunc(ParseSPF(s.Records[0]).Passes, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}

// domain gives the name of a term in canonical form, "" for one that cannot be
// followed, which is counted.
func (t *Terms) domain(name string) string {
	if strings.Contains(name, "%") {
		t.Macros++
		return ""
	}
	if name = dnsx.CanonicalName(name); !dnsx.IsHostname(name) {
		t.Invalid++
		return ""
	}
	return name
}

// visit is an SPF record that is followed, with the record that leads to it:
// an index into the list of visits, -1 for the domain's own.
type visit struct {
	domain   string
	by       int
	redirect bool
}

// follow gives the records that the SPF record of a domain leads to, level by
// level, each once, at most MaxIncludes, the domain's own first. left counts
// those beyond the bound, loop tells that a record leads back to one above it,
// open that an answer is missing: then the rest of the order is not certain yet.
func follow(a Answers, asking func(dnsx.Question) bool, domain string) (list []visit, left int, loop, open bool) {
	list = []visit{{domain: domain, by: -1}}
	seen := map[string]bool{domain: true}
	for i := 0; i < len(list); i++ {
		q := ask(dnsx.TypeTXT, list[i].domain)
		answer, ok := a[q]
		if !ok {
			if asking(q) {
				return list, left, loop, true
			}
			continue
		}
		for _, text := range texts(answer) {
			terms := ParseSPF(text)
			for _, target := range terms.targets() {
				loop = loop || above(list, i, target)
				if seen[target] {
					continue
				}
				seen[target] = true
				if len(list) > MaxIncludes {
					left++
					continue
				}
				list = append(list, visit{target, i, target == terms.Redirect})
			}
		}
	}
	return list, left, loop, false
}

// above reports whether a domain is among a visit and those that led to it.
func above(list []visit, i int, domain string) bool {
	for ; i >= 0; i = list[i].by {
		if list[i].domain == domain {
			return true
		}
	}
	return false
}

// includes asks for the records that a domain's SPF record leads to.
func (w *walk) includes(domain string) {
	if domain == "" {
		return
	}
	// Only what has been added can be open; each new question may open more.
	pending := func(q dnsx.Question) bool { _, ok := w.answers[q]; return !ok }
	list, left, _, open := follow(w.answers, pending, domain)
	for _, v := range list[1:] {
		w.graph.add(ask(dnsx.TypeTXT, v.domain), ask(dnsx.TypeTXT, list[v.by].domain))
	}
	w.graph.left.Includes += left
	if open {
		w.graph.hold(MaxIncludes + 1 - len(list))
	}
}
