package pasted

import (
	"net/netip"
	"strings"

	"deadletter/dnsx"
)

// sentence reads a line that tells an answer in words: host, unbound-host,
// nslookup, resolvectl, getent, Resolve-DnsName.
func (r *reader) sentence(line, text string) bool {
	return r.failureWords(text) || r.hostWords(text) || r.nslookupWords(line, text) || r.resolvectlWords(text) || r.getentWords(text) || r.searchWords(text)
}

// outcomes are words for what became of a question, the longer first.
var outcomes = []struct {
	words string
	is    dnsx.Outcome
}{
	{"non-existent domain", dnsx.NXDomain}, {"nxdomain", dnsx.NXDomain}, {"dns name does not exist", dnsx.NXDomain},
	{"servfail", dnsx.ServFail}, {"server failed", dnsx.ServFail}, {"server failure", dnsx.ServFail},
	{"refused", dnsx.Refused}, {"formerr", dnsx.OtherRcode}, {"notimp", dnsx.OtherRcode}, {"not implemented", dnsx.OtherRcode},
	{"no answer", dnsx.NoData}, {"timed out", dnsx.Timeout}, {"timed-out", dnsx.Timeout}, {"timeout period expired", dnsx.Timeout},
	{"no response from server", dnsx.Timeout}, {"no servers could be reached", dnsx.Timeout},
}

func outcomeIn(low string) (dnsx.Outcome, bool) {
	for _, o := range outcomes {
		if strings.Contains(low, o.words) {
			return o.is, true
		}
	}
	return "", false
}

func (r *reader) failureWords(text string) bool {
	low := asciiLower(text)
	switch {
	case strings.HasPrefix(text, "Host ") && strings.Contains(low, " not found: "):
		f := strings.Fields(text)
		o, ok := outcomeIn(low)
		if ok {
			r.fail(o, text, f[1])
		}
		return ok
	case strings.HasPrefix(low, "** server can't find ") || strings.HasPrefix(low, "*** ") && strings.Contains(low, "can't find "):
		_, rest, _ := cutFold(text, "can't find ")
		name, _, _ := strings.Cut(rest, ":")
		o, ok := outcomeIn(asciiLower(rest))
		if ok {
			r.fail(o, text, name)
		}
		return ok
	case strings.HasPrefix(low, "*** no ") && strings.Contains(low, " records available for "):
		_, name, _ := cutFold(text, " records available for ")
		r.fail(dnsx.NoData, "", name)
		return true
	case strings.HasPrefix(low, "*** request to ") || strings.HasPrefix(low, "dns request timed out") || strings.HasSuffix(low, "connection timed out; no servers could be reached"):
		r.fail(dnsx.Timeout, text, "")
		return true
	case strings.HasPrefix(low, "timeout was ") && r.g.failed == dnsx.Timeout:
		return true
	case strings.HasPrefix(low, "resolve-dnsname : "):
		_, rest, _ := cutFold(text, " : ")
		name, why, _ := strings.Cut(rest, " : ")
		o, ok := outcomeIn(asciiLower(why))
		if ok {
			r.cmd.tool = "Resolve-DnsName"
			r.fail(o, why, name)
		}
		return ok
	case strings.Contains(low, ": resolve call failed: "):
		name, why, _ := cutFold(text, ": resolve call failed: ")
		low := asciiLower(why)
		o, ok := outcomeIn(low)
		switch {
		case strings.Contains(low, "does not have any rr"), strings.Contains(low, "no such rr"):
			o, ok = dnsx.NoData, true
		case strings.HasSuffix(low, "not found"):
			o, ok = dnsx.NXDomain, true
		case strings.Contains(low, "dnssec validation failed"):
			o, ok = dnsx.Bogus, true
		}
		if ok {
			r.cmd.tool = "resolvectl"
			r.fail(o, why, name)
		}
		return ok
	}
	return false
}

// cutFold cuts as strings.Cut does, ASCII letters of any case.
func cutFold(s, sep string) (before, after string, found bool) {
	if i := strings.Index(asciiLower(s), sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// asciiLower keeps the length in bytes, so that places in it are places in s.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// told adds a record of a tool that prints no TTL.
func (r *reader) told(name string, t dnsx.Type, data string) bool {
	rec := dnsx.Record{Name: dnsx.CanonicalName(name), Type: t}
	if rec.Name == "" || strings.ContainsAny(rec.Name, " \t") || data == "" || !fill(&rec, data) {
		return false
	}
	r.keep(rec)
	r.g.noTTL = true
	return true
}

// hostWords reads what host and unbound-host print of a record.
func (r *reader) hostWords(text string) bool {
	text = strings.TrimSuffix(strings.TrimSuffix(text, " (insecure)"), " (secure)")
	for _, form := range []struct {
		words string
		is    dnsx.Type
	}{
		{" mail is handled by ", dnsx.TypeMX}, {" is an alias for ", dnsx.TypeCNAME}, {" has IPv6 address ", dnsx.TypeAAAA}, {" has address ", dnsx.TypeA},
		{" name server ", dnsx.TypeNS}, {" has SOA record ", dnsx.TypeSOA}, {" domain name pointer ", dnsx.TypePTR},
		{" descriptive text ", dnsx.TypeTXT}, {" has SRV record ", dnsx.TypeSRV},
	} {
		if name, data, ok := strings.Cut(text, form.words); ok {
			return r.told(name, form.is, data)
		}
	}
	if name, rest, ok := strings.Cut(text, " has no "); ok && strings.HasSuffix(rest, " record") {
		if t, ok := typeOf(strings.TrimSuffix(rest, " record")); ok {
			r.fail(dnsx.NoData, "", name)
			if r.cmd.typ == "" {
				r.cmd.typ = t
			}
			return true
		}
	}
	switch {
	case text == "Using domain server:", strings.HasPrefix(text, "Trying \""), text == "Aliases:":
		r.g.server = text[0] == 'U' || r.g.server && text[0] != 'A'
		return true
	case strings.HasPrefix(text, "Received ") && strings.Contains(text, " bytes from "):
		_, from, _ := strings.Cut(text, " bytes from ")
		from, _, _ = strings.Cut(from, " ")
		r.g.from = server(from)
		return true
	}
	return false
}

// nslookupWords reads nslookup, of BIND and of Windows.
func (r *reader) nslookupWords(line, text string) bool {
	low := asciiLower(text)
	switch {
	case strings.HasPrefix(low, "server:"):
		if len(r.g.records) > 0 || r.g.failed != "" {
			r.close()
		}
		r.g.from, r.g.server = server(strings.TrimSpace(text[len("server:"):])), true
		return true
	case strings.HasPrefix(low, "non-authoritative answer"), strings.HasPrefix(low, "authoritative answers can be found"), strings.HasPrefix(low, "nicht autorisierende antwort"):
		if strings.HasPrefix(low, "auth") {
			r.g.section = "authority"
		}
		return true
	case strings.HasPrefix(low, "aliases:") && r.g.name != "": // Windows prints the name at the end of the chain
		return r.told(strings.TrimSpace(text[len("aliases:"):]), dnsx.TypeCNAME, r.g.name)
	case r.cmd.tool == "Resolve-DnsName" && (strings.HasPrefix(text, "At line:") || strings.HasPrefix(text, "+ ")):
		return true // where in the script the error was
	case strings.HasPrefix(low, "name:"):
		r.g.name = strings.TrimSpace(text[len("name:"):])
		return true
	case strings.HasPrefix(low, "address:") || strings.HasPrefix(low, "addresses:"):
		_, value, _ := strings.Cut(text, ":")
		return r.nslookupAddress(strings.TrimSpace(value))
	case r.g.name != "" && !r.g.server && line != text && (line[0] == ' ' || line[0] == '\t') && addr(text).IsValid():
		return r.nslookupAddress(text) // a further address, as Windows prints them
	}
	authority := r.g.section == "authority"
	for _, form := range []struct {
		words string
		is    dnsx.Type
	}{
		{"mail exchanger = ", dnsx.TypeMX}, {"canonical name = ", dnsx.TypeCNAME}, {"nameserver = ", dnsx.TypeNS},
		{"text = ", dnsx.TypeTXT}, {"internet address = ", dnsx.TypeA}, {"aaaa ipv6 address = ", dnsx.TypeAAAA}, {"has aaaa address ", dnsx.TypeAAAA}, {"name = ", dnsx.TypePTR},
	} {
		name, data, ok := cutFold(text, form.words)
		if !ok {
			continue
		}
		if form.is == dnsx.TypeMX {
			if before, pref, two := cutFold(name, "mx preference = "); two { // Windows
				name, data = before, strings.TrimRight(strings.TrimSpace(pref), ",")+" "+data
			}
		}
		if authority {
			return true
		}
		return r.told(strings.TrimSpace(name), form.is, data)
	}
	for _, field := range []string{"origin = ", "mail addr = ", "serial = ", "refresh = ", "retry = ", "expire = ", "minimum = ", "primary name server = ", "responsible mail addr = ", "serial  = ", "retry   = ", "expire  = ", "default ttl = "} {
		if strings.HasPrefix(low, field) {
			return true // an SOA without its TTL says nothing about mail
		}
	}
	if r.cmd.tool == "nslookup" && isName(text) && !strings.ContainsAny(text, " \t") {
		return true
	}
	return false
}

func (r *reader) nslookupAddress(value string) bool {
	a := addr(value)
	if r.g.server {
		r.g.server = false
		if a.IsValid() {
			r.g.from = a.String()
		}
		return true
	}
	if !a.IsValid() || r.g.name == "" {
		return false
	}
	t := dnsx.TypeA
	if a.Is6() {
		t = dnsx.TypeAAAA
	}
	return r.told(r.g.name, t, a.String())
}

// resolvectlWords reads resolvectl query.
func (r *reader) resolvectlWords(text string) bool {
	if strings.HasPrefix(text, "-- ") && (strings.Contains(text, "Information acquired") || strings.HasPrefix(text, "-- Data ")) {
		r.g.hosts = r.g.hosts || strings.Contains(text, "synthetic")
		return true
	}
	body, link, linked := strings.Cut(text, " -- link: ")
	if !linked || link == "" {
		return false
	}
	if r.cmd.tool == "" {
		r.cmd.tool = "resolvectl"
	}
	body = strings.TrimSpace(body)
	if rec, ok := parseRecord(body); ok {
		r.keep(rec)
		r.g.noTTL = true
		return true
	}
	name, data, ok := strings.Cut(body, ": ")
	if !ok {
		name, data = r.g.name, body // a further address
	}
	a := addr(strings.TrimSpace(data))
	if !a.IsValid() || name == "" {
		return false
	}
	r.g.name = name
	t := dnsx.TypeA
	if a.Is6() {
		t = dnsx.TypeAAAA
	}
	return r.told(name, t, a.String())
}

// getentWords reads a line of getent hosts, which has the form of the hosts file.
func (r *reader) getentWords(text string) bool {
	f := strings.Fields(text)
	if len(f) < 2 || len(f) > 16 || r.cmd.tool != "getent" && r.cmd.tool != "" {
		return false
	}
	a, err := netip.ParseAddr(f[0])
	if err != nil {
		return false
	}
	name := f[1]
	if r.cmd.name != "" {
		name = r.cmd.name
	}
	if f[1] == "STREAM" || f[1] == "DGRAM" || f[1] == "RAW" { // getent ahosts
		if f[1] != "STREAM" {
			return true
		}
	} else if !dnsx.IsHostname(dnsx.CanonicalName(f[1])) {
		return false
	}
	r.g.hosts = true
	t := dnsx.TypeA
	if a.Is6() {
		t = dnsx.TypeAAAA
	}
	return r.told(name, t, a.WithZone("").String())
}

// searchWords reads a line of dig +nssearch.
func (r *reader) searchWords(text string) bool {
	rest, ok := strings.CutPrefix(text, "SOA ")
	data, from, found := strings.Cut(rest, " from server ")
	if !ok || !found || !r.cmd.search || r.cmd.name == "" {
		return false
	}
	r.close()
	from, _, _ = strings.Cut(from, " ")
	r.g.from = server(from)
	return r.told(r.cmd.name, dnsx.TypeSOA, data)
}
