package suppression

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckAddress takes one whole address and nothing that a platform could read
// as more than one: no empty text, list, pattern, prefix or whole domain, no
// blank or control character. At most 254 bytes (RFC 5321 section 4.5.3.1.3,
// less the angle brackets). The error wraps ErrAddress.
func CheckAddress(address string) error {
	local, domain, found := cutLast(address, '@')
	switch {
	case address == "":
		return fmt.Errorf("%w: it is empty", ErrAddress)
	case len(address) > 254:
		return fmt.Errorf("%w: longer than 254 bytes", ErrAddress)
	case !utf8.ValidString(address):
		return fmt.Errorf("%w: not UTF-8", ErrAddress)
	case !found || local == "" || domain == "":
		return fmt.Errorf("%w: it needs a local part and a domain", ErrAddress)
	case strings.ContainsFunc(address, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }):
		return fmt.Errorf("%w: it holds a blank or a control character", ErrAddress)
	case strings.ContainsAny(address, `*?%,;<>"\`) || strings.ContainsRune(local, '@'):
		return fmt.Errorf("%w: it holds a character that could stand for more than this address", ErrAddress)
	}
	if !strings.Contains(domain, ".") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.Contains(domain, "..") {
		return fmt.Errorf("%w: %q is no domain of mail", ErrAddress, domain)
	}
	return nil
}

// SameAddress reports whether a platform's entry is about the address:
// letter for letter, case aside, as platforms fold it.
func SameAddress(a, b string) bool {
	return a != "" && strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// loopback reports whether a host of a URL is this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
