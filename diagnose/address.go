package diagnose

import (
	"strings"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/idn"
)

// RecipientKey tells recipients apart: the local part byte for byte (RFC 5321
// section 2.4), the domain without regard to case.
func RecipientKey(address safe.Untrusted) string {
	local, domain := AddressDomain(address)
	if domain == "" {
		return string(address)
	}
	return string(local) + "@" + domain
}

// SameRecipient reports whether two addresses are one for whoever keeps cases:
// letter case does not count. A server may tell them apart (RFC 5321 section
// 2.4), so that it is no more than a reason to put them side by side.
func SameRecipient(a, b safe.Untrusted) bool {
	local, domain := AddressDomain(a)
	otherLocal, otherDomain := AddressDomain(b)
	return domain == otherDomain && strings.EqualFold(string(local), string(otherLocal))
}

// AddressDomain gives the domain of an address as DNS is asked for it, and the
// part before the last @ byte for byte. A domain that has no such form stays as
// it was written. Without an @ both are empty.
func AddressDomain(address safe.Untrusted) (local safe.Untrusted, domain string) {
	s := string(address)
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return "", ""
	}
	if domain, err := idn.ASCII(s[at+1:]); err == nil {
		return safe.Untrusted(s[:at]), domain
	}
	return safe.Untrusted(s[:at]), dnsx.CanonicalName(s[at+1:])
}
