package attempt

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"deadletter/dnsx"
)

// CheckAddress takes an envelope address that can stand in MAIL or RCPT: at
// most 254 octets, 64 before the @, no line end, NUL, blank or control
// character, no angle bracket (RFC 5321 sections 4.1.2 and 4.5.3.1). utf8
// reports whether it needs SMTPUTF8 (RFC 6531). The local part is left as it
// is. The error wraps ErrAddress.
func CheckAddress(address string) (smtputf8 bool, err error) {
	at := strings.LastIndexByte(address, '@')
	switch {
	case address == "":
		return false, fmt.Errorf("%w: it is empty", ErrAddress)
	case len(address) > 254:
		return false, fmt.Errorf("%w: longer than 254 octets", ErrAddress)
	case at < 1 || at == len(address)-1:
		return false, fmt.Errorf("%w: it needs a local part and a domain", ErrAddress)
	case at > 64:
		return false, fmt.Errorf("%w: the local part is longer than 64 octets", ErrAddress)
	case !utf8.ValidString(address):
		return false, fmt.Errorf("%w: it is not readable UTF-8", ErrAddress)
	}
	for _, r := range address {
		switch {
		case unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
			return false, fmt.Errorf("%w: it holds a blank or a control character", ErrAddress)
		case r == '<' || r == '>':
			return false, fmt.Errorf("%w: it holds an angle bracket", ErrAddress)
		case r >= utf8.RuneSelf:
			smtputf8 = true
		}
	}
	local, domain := address[:at], address[at+1:]
	if strings.Contains(local, "@") && local[0] != '"' {
		return false, fmt.Errorf("%w: it names a route", ErrAddress)
	}
	if !deliverable(domain) {
		return false, fmt.Errorf("%w: %q is no domain", ErrAddress, domain)
	}
	return smtputf8, nil
}

// deliverable reports whether a domain can stand in an envelope: a name, in
// letters of any script, or an address literal.
func deliverable(domain string) bool {
	if literal, ok := strings.CutPrefix(domain, "["); ok {
		_, err := parseLiteral("[" + literal)
		return err == nil
	}
	ascii := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return 'x'
		}
		return r
	}, domain)
	return dnsx.IsHostname(strings.ToLower(ascii))
}

// parseLiteral reads "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 section 4.1.3).
func parseLiteral(text string) (netip.Addr, error) {
	inner, open := strings.CutPrefix(text, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	v6, six := strings.CutPrefix(inner, "IPv6:")
	addr, err := netip.ParseAddr(v6)
	if err != nil || !open || !closed || addr.Zone() != "" || six != addr.Is6() {
		return netip.Addr{}, fmt.Errorf("%q is no address literal", text)
	}
	return addr, nil
}

// CheckEHLO takes a name that a client may give: a host name with a dot that
// says who we are, or an address literal (RFC 5321 section 4.1.4). The error
// wraps ErrName.
func CheckEHLO(name string) error {
	if name == "" {
		return fmt.Errorf("%w: none is set; name the one that the sending address has in DNS", ErrName)
	}
	if name[0] == '[' {
		addr, err := parseLiteral(name)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrName, err)
		}
		if addr.Unmap().IsLoopback() || addr.Unmap().IsUnspecified() {
			return fmt.Errorf("%w: %s says nothing of us", ErrName, name)
		}
		return nil
	}
	host := strings.ToLower(name)
	dot := strings.LastIndexByte(host, '.')
	top := host[dot+1:]
	switch {
	case dot < 0 || !dnsx.IsHostname(host):
		return fmt.Errorf("%w: %q is no full host name; name the one that the sending address has in DNS", ErrName, name)
	case top == "localdomain", top == "local", top == "localhost", top == "invalid":
		return fmt.Errorf("%w: %q is not a name of the internet", ErrName, name)
	}
	return nil
}
