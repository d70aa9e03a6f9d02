package bounce

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mailbox gives the address in the body of a recipient or sender field. The
// address type ("rfc822;", "utf-8;") is taken off, with <> and comments; the
// local part stays byte for byte. RFC 6533 section 3 escapes (\x{HEX}) are
// undone for utf-8, and of xtext (RFC 3461 section 4) only what an address
// cannot hold otherwise.
func mailbox(s string) string {
	s = strings.TrimSpace(s)
	kind := ""
	if i := strings.IndexByte(s, ';'); i > 0 && !strings.ContainsAny(s[:i], "@<\" ") {
		kind, s = strings.ToLower(s[:i]), strings.TrimSpace(s[i+1:])
	}
	if i := strings.IndexByte(s, '<'); i >= 0 {
		if j := strings.IndexByte(s[i:], '>'); j > 1 {
			s = s[i+1 : i+j]
		} else if j < 0 {
			s = s[i+1:]
		}
	}
	s = strings.TrimPrefix(strings.TrimSpace(s), "mailto:")
	if strings.HasPrefix(s, "@") { // source route (RFC 5321 appendix C)
		if i := strings.IndexByte(s, ':'); i > 0 {
			s = s[i+1:]
		}
	}
	if at := strings.LastIndexByte(s, '@'); at > 0 && s[0] != '"' {
		if i := strings.IndexAny(s[at:], " \t(,;"); i > 0 {
			s = s[:at+i]
		}
	}
	switch {
	case kind == "utf-8" && strings.Contains(s, `\x{`):
		s = unitext(s)
	case kind == "rfc822":
		if strings.Contains(s, "+2B") || strings.Contains(s, "+3D") {
			s = strings.ReplaceAll(strings.ReplaceAll(s, "+2B", "+"), "+3D", "=")
		}
	}
	return cut(strings.Trim(s, " \t'"), maxSubject)
}

// unitext undoes \x{HEX} (RFC 6533 section 3).
func unitext(s string) string {
	var b strings.Builder
	for {
		head, rest, ok := strings.Cut(s, `\x{`)
		b.WriteString(head)
		if !ok {
			return b.String()
		}
		hex, tail, ok := strings.Cut(rest, "}")
		n, err := strconv.ParseUint(hex, 16, 32)
		if !ok || err != nil || !utf8.ValidRune(rune(n)) {
			b.WriteString(`\x{`)
			s = rest
			continue
		}
		b.WriteRune(rune(n))
		s = tail
	}
}

// domainOf gives what follows the last @, lower case; "" for none.
func domainOf(address string) string {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(address[i+1:], "."))
}

// isAddress reports whether s can be an address: something, an @, a domain.
func isAddress(s string) bool {
	i := strings.LastIndexByte(s, '@')
	if i < 1 || i > 512 || i == len(s)-1 || len(s)-i > 256 {
		return false
	}
	for _, c := range []byte(s[i+1:]) {
		if !domainByte(c) && c != '[' && c != ']' && c != ':' {
			return false
		}
	}
	if s[0] == '"' {
		return true
	}
	for _, c := range []byte(s[:i]) {
		if !localByte(c) {
			return false
		}
	}
	return true
}

func domainByte(c byte) bool {
	return letter(c) || digit(c) || c == '.' || c == '-' || c == '_' || c >= 0x80
}

func localByte(c byte) bool {
	return letter(c) || digit(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) >= 0 || c >= 0x80 || c == '@'
}

// nextAddress finds the first address in s at or after from. The scan is one pass.
func nextAddress(s string, from int) (start, end int, ok bool) {
	for from < len(s) {
		i := strings.IndexByte(s[from:], '@')
		if i < 0 {
			return 0, 0, false
		}
		at := from + i
		low := max(from, at-256)
		start = at
		for start > low && s[start-1] != '@' && localByte(s[start-1]) {
			start--
		}
		if !ascii(s[start:at]) {
			start += localStart(s[start:at])
		}
		if start == at && at > low && s[at-1] == '"' {
			if q := strings.LastIndexByte(s[low:at-1], '"'); q >= 0 {
				start = low + q
			}
		}
		end = at + 1
		for end < len(s) && end-at < 256 && domainByte(s[end]) {
			end++
		}
		if !ascii(s[at+1 : end]) {
			end = at + 1 + domainEnd(s[at+1:end])
		}
		for end > at && (s[end-1] == '.' || s[end-1] == '-') {
			end--
		}
		for start < at && strings.IndexByte("'`*=/", s[start]) >= 0 {
			start++
		}
		if start < at && end > at+1 {
			return start, end, true
		}
		from = at + 1
	}
	return 0, 0, false
}

// localStart gives where in s, which ends at an @, a local part begins. In
// scripts that set no blanks between words an address in ASCII begins after
// the last letter of such a script; punctuation beyond ASCII never belongs.
func localStart(s string) int {
	start := len(s)
	latin := false
	for start > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:start])
		if r >= utf8.RuneSelf {
			if r == utf8.RuneError && n <= 1 || !unicode.In(r, unicode.L, unicode.M, unicode.N) || latin && wordless(r) {
				break
			}
		} else {
			latin = true
		}
		start -= n
	}
	return start
}

// domainEnd gives where a domain that s begins with ends.
func domainEnd(s string) int {
	latin := false
	for i, r := range s {
		switch {
		case r == '.':
			latin = false
		case r < utf8.RuneSelf:
			latin = true
		case r == utf8.RuneError, !unicode.In(r, unicode.L, unicode.M, unicode.N), latin && wordless(r):
			return i
		}
	}
	return len(s)
}

// wordless reports whether a letter is of a script that sets no blanks between words.
func wordless(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}

// hostAndAddress reads the value of an MTA field: "dns; mx.example.com",
// "dns; mx.example.com [192.0.2.1]", "192.0.2.1", "mx (192.0.2.1, the server
// for the domain)". What is no host name and no address gives neither.
func hostAndAddress(s string) (host, addr string) {
	s = strings.TrimSpace(s)
	if i := strings.IndexByte(s, ';'); i >= 0 && i < 20 {
		s = strings.TrimSpace(s[i+1:])
	}
	for w := range strings.FieldsFuncSeq(cut(s, 1024), besideHost) {
		if a := ipOf(w); a != "" {
			if addr == "" {
				addr = a
			}
			continue
		}
		if w = strings.TrimRight(w, ".:"); host == "" && isHost(w) {
			host = w
		}
		if host != "" && addr != "" {
			break
		}
	}
	return host, addr
}

// besideHost reports whether a character may stand beside a host in an MTA field.
func besideHost(r rune) bool {
	switch r {
	case ' ', '\t', '(', ')', '[', ']', '<', '>', ',', ';', '|', '\'', '"':
		return true
	}
	return false
}

// ipOf gives the address that a word is, with "IPv6:", brackets and port taken
// off; "" for none.
func ipOf(w string) string {
	w = strings.Trim(w, "[]().,'\"")
	if len(w) > 5 && strings.EqualFold(w[:5], "ipv6:") {
		w = w[5:]
	}
	if !addressBytes(w) {
		return ""
	}
	if a, err := netip.ParseAddr(w); err == nil {
		return a.String()
	}
	if i := strings.LastIndexByte(w, ':'); i > 0 {
		if a, err := netip.ParseAddr(strings.Trim(w[:i], "[]")); err == nil && a.Is4() {
			return a.String()
		}
	}
	return ""
}

// addressBytes reports whether w holds only what an IP address with its port
// may hold, or names a zone. Most words are hosts, and end here.
func addressBytes(w string) bool {
	digits := false
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case digit(c):
			digits = true
		case c == '%':
			return true
		case c == '.' || c == ':' || c == '[' || c == ']' || 'a' <= c|0x20 && c|0x20 <= 'f':
		default:
			return false
		}
	}
	return digits || strings.IndexByte(w, ':') >= 0
}

// isHost reports whether a word is a host name of more than one label.
func isHost(w string) bool {
	if len(w) < 3 || len(w) > 253 || strings.IndexByte(w, '.') < 1 {
		return false
	}
	alpha := false
	for i := 0; i < len(w); i++ {
		c := w[i]
		if !letter(c) && !digit(c) && c != '.' && c != '-' && c != '_' {
			return false
		}
		alpha = alpha || letter(c)
	}
	return alpha && w[len(w)-1] != '.' && w[0] != '-' && !strings.Contains(w, "..")
}
