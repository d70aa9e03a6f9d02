package mailauth

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"deadletter/dnsx"
)

// macroString checks a macro-string (RFC 7208 section 7.1) and gives what is
// wrong with it. explain allows the letters c, r and t, and blanks.
func macroString(s string, explain bool) string {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+1 == len(s) {
				return "a % without a macro"
			}
			if next := s[i+1]; next == '%' || next == '_' || next == '-' {
				i++
				continue
			}
			m, n, ok := parseMacro(s[i:])
			if !ok || !explain && strings.IndexByte("crt", m.letter) >= 0 {
				return "a macro that is none"
			}
			i += n - 1
		case c < 0x21 || c > 0x7e:
			return "a character outside of ASCII"
		}
	}
	return ""
}

// domainSpec checks a domain-spec: a macro-string that ends with a macro or
// with a dot and a top label (RFC 7208 section 7.1).
func domainSpec(s string, explain bool) string {
	if s == "" {
		return "no domain"
	}
	if why := macroString(s, explain); why != "" {
		return why
	}
	if endsWithMacro(s) {
		return ""
	}
	dot := strings.LastIndexByte(strings.TrimSuffix(s, "."), '.')
	if dot < 0 {
		return "a domain without a dot"
	}
	top, alpha := strings.TrimSuffix(s[dot+1:], "."), false
	for i := range len(top) {
		c := top[i]
		if !isAlpha(c) && !isDigit(c) && c != '-' {
			return "no domain"
		}
		alpha = alpha || isAlpha(c) || c == '-'
	}
	if !alpha || top[0] == '-' || top[len(top)-1] == '-' {
		return "no domain"
	}
	return ""
}

func endsWithMacro(s string) bool {
	ends := false
	for i := 0; i < len(s); i++ {
		ends = false
		if s[i] != '%' || i+1 == len(s) {
			continue
		}
		ends = true
		if s[i+1] != '{' {
			i++
			continue
		}
		_, n, ok := parseMacro(s[i:])
		if !ok {
			return false
		}
		i += n - 1
	}
	return ends
}

// macro is %{letter digits r delimiters}.
type macro struct {
	letter  byte // lower case
	escape  bool // the letter was upper case: URL escaping
	digits  int  // rightmost parts to keep, 0 for all
	reverse bool
	delims  string
}

// parseMacro reads one macro from the start of s; n is its length.
func parseMacro(s string) (m macro, n int, ok bool) {
	end := strings.IndexByte(s, '}')
	if !strings.HasPrefix(s, "%{") || end < 3 {
		return m, 0, false
	}
	body := s[2:end]
	m.letter, m.escape = body[0]|0x20, body[0] < 'a'
	if !isAlpha(body[0]) || strings.IndexByte("slodipvhcrt", m.letter) < 0 {
		return m, 0, false
	}
	body = body[1:]
	i := 0
	for i < len(body) && isDigit(body[i]) {
		i++
	}
	if i > 0 {
		d, err := strconv.Atoi(body[:i])
		if err != nil {
			d = 1 << 16 // more parts than any name has
		}
		if d == 0 {
			return m, 0, false
		}
		m.digits, body = d, body[i:]
	}
	if body != "" && (body[0] == 'r' || body[0] == 'R') {
		m.reverse, body = true, body[1:]
	}
	for i := range len(body) {
		if strings.IndexByte(".-+,/_=", body[i]) < 0 {
			return m, 0, false
		}
	}
	m.delims = body
	return m, end + 1, true
}

// transform applies the parts of a macro to its value (RFC 7208 section 7.3).
func (m macro) transform(value string) string {
	delims := m.delims
	if delims == "" {
		delims = "."
	}
	if m.digits > 0 || m.reverse || m.delims != "" {
		parts := splitAny(value, delims)
		if m.reverse {
			slices.Reverse(parts)
		}
		if m.digits > 0 && m.digits < len(parts) {
			parts = parts[len(parts)-m.digits:]
		}
		value = strings.Join(parts, ".")
	}
	if m.escape {
		value = urlEscape(value)
	}
	return value
}

func splitAny(s, delims string) (parts []string) {
	start := 0
	for i := range len(s) {
		if strings.IndexByte(delims, s[i]) >= 0 {
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// urlEscape leaves the unreserved characters of RFC 3986 section 2.3.
func urlEscape(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if isAlpha(c) || isDigit(c) || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// expanded is a domain-spec with its macros replaced. missing is the letter
// of a macro whose value is not known, open a question that must be answered first.
type expanded struct {
	name    string
	missing byte
	open    dnsx.Question
}

// expand replaces the macros of a domain-spec that [domainSpec] accepts.
func (e *check) expand(spec, domain string) (out expanded) {
	if spec == "" {
		return expanded{name: domain}
	}
	if !strings.Contains(spec, "%") {
		return expanded{name: canonicalSpec(spec)}
	}
	var b strings.Builder
	for i := 0; i < len(spec); i++ {
		if spec[i] != '%' {
			b.WriteByte(spec[i])
			continue
		}
		switch spec[i+1] {
		case '%':
			b.WriteByte('%')
			i++
		case '_':
			b.WriteByte(' ')
			i++
		case '-':
			b.WriteString("%20")
			i++
		default:
			m, n, _ := parseMacro(spec[i:])
			value, open := e.value(m.letter, domain)
			if open.Name != "" {
				return expanded{open: open}
			}
			if value == "" {
				return expanded{missing: m.letter}
			}
			b.WriteString(m.transform(value))
			i += n - 1
		}
		if b.Len() > 4096 {
			break // cut below anyway
		}
	}
	return expanded{name: canonicalSpec(b.String())}
}

// canonicalSpec gives a name in canonical form, without labels from the left
// where it is longer than 253 (RFC 7208 section 7.3).
func canonicalSpec(name string) string {
	name = lower(strings.TrimSuffix(name, "."))
	for len(name) > 253 {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			return ""
		}
		name = rest
	}
	return name
}

// value gives what a macro letter stands for, "" where it is not known.
func (e *check) value(letter byte, domain string) (string, dnsx.Question) {
	var none dnsx.Question
	switch id := e.id; letter {
	case 's':
		if id.Domain == "" {
			return "", none
		}
		return id.local() + "@" + id.Domain, none
	case 'l':
		return id.local(), none
	case 'o':
		return id.Domain, none
	case 'd':
		return domain, none
	case 'h':
		return id.HELO, none
	case 'i':
		return dotted(id.Addr), none
	case 'v':
		if id.Addr.Is6() {
			return "ip6", none
		}
		return "in-addr", none
	case 'p':
		return e.validated(domain)
	}
	return "", none
}

// dotted gives an address for the macro i: IPv6 as dotted nibbles.
func dotted(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	if a.Is4() {
		return a.String()
	}
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i, c := range a.As16() {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteByte(digits[c>>4])
		b.WriteByte('.')
		b.WriteByte(digits[c&15])
	}
	return b.String()
}
