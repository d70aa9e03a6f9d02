package mailauth

import (
	"net/netip"
	"strconv"
	"strings"

	"deadletter/dnsx"
)

// Record is an SPF record taken apart (RFC 7208 section 4.6). With a fault
// anywhere in it, the whole record is a permanent error.
type Record struct {
	Text     string  `json:"text"`
	Terms    []Term  `json:"terms,omitempty"`    // the mechanisms, in order
	Redirect string  `json:"redirect,omitempty"` // domain-spec as written
	Faults   []Fault `json:"faults,omitempty"`
}

// Fault is a term that is not in the grammar, and why.
type Fault struct {
	Term string `json:"term"`
	Why  string `json:"why"`
}

// Term is one mechanism.
type Term struct {
	Text      string       `json:"text"` // as written
	Qualifier Result       `json:"qualifier"`
	Name      string       `json:"name"`             // all, include, a, mx, ptr, ip4, ip6, exists
	Domain    string       `json:"domain,omitempty"` // domain-spec as written, "" for the current domain
	Net       netip.Prefix `json:"net,omitzero"`     // ip4, ip6
	Bits4     int          `json:"bits4,omitempty"`  // a, mx: prefix lengths
	Bits6     int          `json:"bits6,omitempty"`
}

// Looks reports whether the term counts as one that asks DNS (RFC 7208
// section 4.6.4).
func (t Term) Looks() bool {
	switch t.Name {
	case "include", "a", "mx", "ptr", "exists":
		return true
	}
	return false
}

const spfVersion = "v=spf1"

// IsSPF reports whether a TXT record is an SPF record: the version, then a
// blank or the end (RFC 7208 section 4.5).
func IsSPF(text string) bool {
	if len(text) < len(spfVersion) || !strings.EqualFold(text[:len(spfVersion)], spfVersion) {
		return false
	}
	return len(text) == len(spfVersion) || text[len(spfVersion)] == ' '
}

// ParseRecord takes an SPF record apart; text is as on the wire. It reads
// on after a fault, so that all of them are named.
func ParseRecord(text string) Record {
	r := Record{Text: text}
	if !IsSPF(text) {
		r.Faults = append(r.Faults, Fault{text, "no SPF record"})
		return r
	}
	redirects, exps := 0, 0
	for word := range strings.SplitSeq(text[len(spfVersion):], " ") {
		if word == "" {
			continue
		}
		name, value, isModifier := modifier(word)
		switch {
		case isModifier && name == "redirect":
			if redirects++; redirects > 1 {
				r.fault(word, "a second redirect")
			} else if why := domainSpec(value, false); why != "" {
				r.fault(word, why)
			}
			r.Redirect = value
		case isModifier && name == "exp":
			if exps++; exps > 1 {
				r.fault(word, "a second exp")
			} else if why := domainSpec(value, false); why != "" {
				r.fault(word, why)
			}
		case isModifier:
			if why := macroString(value, true); why != "" {
				r.fault(word, why)
			}
		default:
			t, why := parseTerm(word)
			if why != "" {
				r.fault(word, why)
				continue
			}
			r.Terms = append(r.Terms, t)
		}
	}
	return r
}

func (r *Record) fault(term, why string) { r.Faults = append(r.Faults, Fault{term, why}) }

// modifier splits name=value (RFC 7208 section 4.6.1).
func modifier(word string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(word, "=")
	if !ok || name == "" || !isAlpha(name[0]) {
		return "", "", false
	}
	for i := range len(name) {
		if c := name[i]; !isAlpha(c) && !isDigit(c) && c != '-' && c != '_' && c != '.' {
			return "", "", false
		}
	}
	return lower(name), value, true
}

// parseTerm reads one directive; why names the fault.
func parseTerm(word string) (t Term, why string) {
	t = Term{Text: word, Qualifier: Pass, Bits4: 32, Bits6: 128}
	rest := word
	switch rest[0] {
	case '+':
		rest = rest[1:]
	case '-':
		t.Qualifier, rest = Fail, rest[1:]
	case '~':
		t.Qualifier, rest = SoftFail, rest[1:]
	case '?':
		t.Qualifier, rest = Neutral, rest[1:]
	}
	end := strings.IndexAny(rest, ":/")
	if end < 0 {
		end = len(rest)
	}
	t.Name = lower(rest[:end])
	value, hasValue := strings.CutPrefix(rest[end:], ":")
	switch t.Name {
	case "all":
		if rest[end:] != "" {
			return t, "all takes no value"
		}
	case "include", "exists":
		if !hasValue {
			return t, "no domain"
		}
		t.Domain = value
		return t, domainSpec(value, false)
	case "ptr":
		t.Domain = value
		if !hasValue {
			if rest[end:] != "" {
				return t, "ptr takes no prefix length"
			}
			return t, ""
		}
		return t, domainSpec(value, false)
	case "a", "mx":
		spec, ok := t.prefixLengths(value)
		if !ok {
			return t, "a prefix length that cannot be"
		}
		t.Domain = spec
		if !hasValue {
			if spec != "" {
				return t, "no mechanism"
			}
			return t, ""
		}
		return t, domainSpec(spec, false)
	case "ip4", "ip6":
		net, ok := network(value, t.Name == "ip6")
		if !hasValue || !ok {
			return t, "no " + t.Name + " network"
		}
		t.Net = net
	default:
		return t, "no mechanism"
	}
	return t, ""
}

// prefixLengths takes "/24", "//64" or "/24//64" off the end of a value.
func (t *Term) prefixLengths(value string) (spec string, ok bool) {
	spec = value
	if i := strings.LastIndex(spec, "//"); i >= 0 && allDigits(spec[i+2:]) {
		if t.Bits6, ok = length(spec[i+2:], 128); !ok {
			return "", false
		}
		spec = spec[:i]
	}
	if i := strings.LastIndexByte(spec, '/'); i >= 0 && allDigits(spec[i+1:]) {
		if t.Bits4, ok = length(spec[i+1:], 32); !ok {
			return "", false
		}
		spec = spec[:i]
	}
	return spec, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// length reads a prefix length without leading zeros.
func length(s string, most int) (int, bool) {
	n, err := strconv.Atoi(s)
	if err != nil || n > most || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	return n, true
}

// network reads the value of ip4 or ip6 (RFC 7208 section 5.6).
func network(value string, six bool) (netip.Prefix, bool) {
	text, bits, hasBits := strings.Cut(value, "/")
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Is4() == six || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	n := addr.BitLen()
	if hasBits {
		ok := false
		if n, ok = length(bits, n); !ok || bits == "" {
			return netip.Prefix{}, false
		}
	}
	return netip.PrefixFrom(addr, n), true
}

// SPFRecords gives the SPF records among the TXT strings of an answer.
func SPFRecords(a dnsx.Answer) (out []string) {
	for _, text := range texts(a) {
		if IsSPF(text) {
			out = append(out, text)
		}
	}
	return out
}

func isAlpha(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
