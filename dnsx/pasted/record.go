package pasted

import (
	"net/netip"
	"strconv"
	"strings"

	"deadletter/dnsx"
)

// record reads a line of zone text (RFC 1035 section 5.1) as tools print it:
// name, TTL, class, type, data. TTL and class may be missing or in either
// order, the TTL in seconds or in units. The name is written out.
func (r *reader) record(line string) bool {
	if r.g.header && r.g.section == "question" {
		return false
	}
	body := uncomment(line)
	if open := strings.Count(body, "(") - strings.Count(body, ")"); open > 0 && strings.Contains(" "+strings.ToUpper(body), " IN") {
		r.wrap = []string{body}
		return true
	}
	rec, ok := parseRecord(body)
	if !ok {
		return false
	}
	r.keep(rec)
	return true
}

// unwrap takes a further line of a record in parentheses.
func (r *reader) unwrap(line string) {
	const most = 24
	body := uncomment(line)
	r.wrap = append(r.wrap, body)
	r.out.Read++
	done := strings.Contains(body, ")")
	if !done && len(r.wrap) < most {
		return
	}
	all := strings.NewReplacer("(", " ", ")", " ").Replace(strings.Join(r.wrap, " "))
	r.wrap = nil
	if rec, ok := parseRecord(all); ok && done {
		r.keep(rec)
		return
	}
	r.g.bad = true
	r.odd("unread", "a record over several lines could not be read")
}

// uncomment cuts a comment off, outside of quotes.
func uncomment(line string) string {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				return strings.TrimSpace(line[:i])
			}
		}
	}
	return line
}

// keep adds a record to the answer that is being read.
func (r *reader) keep(rec dnsx.Record) {
	g := &r.g
	switch {
	case g.failed != "" && !g.header && rec.Type == dnsx.TypeSOA, g.header && g.section == "authority":
		g.ns = g.ns || rec.Type == dnsx.TypeNS
		if rec.SOA != nil && g.soa == nil {
			g.soa, g.soaTTL = rec.SOA, rec.TTL
		}
		return
	case g.header && (g.section == "additional" || g.section == "opt"):
		return
	case g.failed != "":
		r.close()
	}
	if len(g.records) >= maxRecords {
		if !g.capped {
			r.odd("too_many", "more than 256 records in one answer: the rest was left out")
		}
		g.capped = true
		return
	}
	g.begun = true
	g.records = append(g.records, rec)
}

// isName reports whether a word can be the owner of a record.
func isName(s string) bool {
	if s == "." {
		return true
	}
	if len(s) > 1004 || !strings.Contains(s, ".") || strings.ContainsAny(s, "@:=,()<>[]\"'/!") {
		return false
	}
	_, err := netip.ParseAddr(s)
	return err != nil
}

func parseRecord(line string) (dnsx.Record, bool) {
	owner, rest := word(line)
	if !isName(owner) {
		return dnsx.Record{}, false
	}
	rec := dnsx.Record{Name: dnsx.CanonicalName(owner)}
	plain := true // neither TTL nor class: only names that end in a dot, as in zone text
	for range 2 {
		w, after := word(rest)
		if up := strings.ToUpper(w); up == "IN" || up == "CH" {
			rest, plain = after, false
		} else if ttl, ok := ttl(w); ok {
			rec.TTL, rest, plain = ttl, after, false
		}
	}
	w, data := word(rest)
	t, ok := typeOf(w)
	if !ok || w != strings.ToUpper(w) || data == "" || plain && !strings.HasSuffix(owner, ".") {
		return dnsx.Record{}, false
	}
	rec.Type = t
	return rec, fill(&rec, data)
}

// fill reads the data of a record.
func fill(rec *dnsx.Record, data string) bool {
	f := strings.Fields(data)
	switch rec.Type {
	case dnsx.TypeA, dnsx.TypeAAAA:
		a, err := netip.ParseAddr(f[0])
		rec.Addr = a.WithZone("")
		return err == nil && len(f) == 1 && a.Is4() == (rec.Type == dnsx.TypeA)
	case dnsx.TypeMX:
		return len(f) == 2 && preference(rec, f[0]) && host(rec, f[1])
	case dnsx.TypeNS, dnsx.TypeCNAME, dnsx.TypePTR:
		return len(f) == 1 && host(rec, f[0])
	case dnsx.TypeSRV:
		if len(f) != 4 {
			return false
		}
		weight, bad := strconv.ParseUint(f[1], 10, 16)
		port, err := strconv.ParseUint(f[2], 10, 16)
		rec.Weight, rec.Port = uint16(weight), uint16(port)
		return err == nil && bad == nil && preference(rec, f[0]) && host(rec, f[3])
	case dnsx.TypeSOA:
		return soa(rec, f)
	case dnsx.TypeTXT:
		rec.Text = txt(data)
		return true
	}
	rec.Data = data
	return true
}

func preference(rec *dnsx.Record, s string) bool {
	n, err := strconv.ParseUint(strings.TrimSuffix(s, ","), 10, 16)
	rec.Preference = uint16(n)
	return err == nil
}

func host(rec *dnsx.Record, s string) bool {
	rec.Host = dnsx.CanonicalName(s)
	return rec.Host != "" && len(s) <= 1004
}

func soa(rec *dnsx.Record, f []string) bool {
	if len(f) < 7 {
		return false
	}
	s := &dnsx.SOA{MName: dnsx.CanonicalName(f[0]), RName: dnsx.CanonicalName(f[1])}
	for i, to := range []*uint32{&s.Serial, &s.Refresh, &s.Retry, &s.Expire, &s.Minimum} {
		n, ok := ttl(f[2+i])
		if !ok {
			return false
		}
		*to = n
	}
	rec.SOA = s
	return true
}

// txt joins the strings of a TXT record without a blank, in presentation form.
func txt(data string) string {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '\\' && i+1 < len(data):
			i++
			if data[i] == '"' { // the quote stands for itself once the strings are joined
				out.WriteByte('"')
				continue
			}
			out.WriteByte('\\')
			out.WriteByte(data[i])
		case c == '"':
			quoted = !quoted
		case quoted || c != ' ' && c != '\t':
			out.WriteByte(c)
		}
	}
	return out.String()
}

// word cuts the first word off.
func word(s string) (first, rest string) {
	s = strings.TrimLeft(s, " \t")
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// ttl reads seconds, or units as dig +ttlunits and doggo print them: 1h30m, 3600s.
func ttl(s string) (uint32, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	var total, n uint64
	digits := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if '0' <= c && c <= '9' {
			n = n*10 + uint64(c-'0')
			if digits = true; n > 1<<32 {
				return 0, false
			}
			continue
		}
		unit, ok := map[byte]uint64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800}[c|0x20]
		if !ok || !digits {
			return 0, false
		}
		total, n, digits = total+n*unit, 0, false
	}
	total += n
	return uint32(total), total < 1<<32
}
