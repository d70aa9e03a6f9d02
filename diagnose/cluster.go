package diagnose

import (
	"slices"

	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
)

// The counts at which the advice changes.
const (
	smallCluster  = 2
	domainPattern = 5
)

// cluster counts the recipients of the domain that failed alike, in this
// intake, and says what the count means.
func (v *view) cluster() Cluster {
	c := Cluster{Domain: safe.Of(v.domain), Bounces: len(v.c.bounces)}
	if !v.has {
		return c
	}
	c.Recipients = 1
	for _, s := range v.c.Siblings {
		if s.Domain == v.domain && s.Failure == string(v.r.Reason) {
			c.Recipients = max(c.Recipients, s.Distinct)
		}
	}
	switch {
	case c.Recipients >= smallCluster && v.notAsked():
		c.Name, c.Pause = "small cluster", c.Recipients >= domainPattern && !v.consumer()
		if c.Recipients >= domainPattern {
			c.Name = "domain pattern"
		}
		c.Advice = "all of them failed on our own side: mend that first; nothing speaks against the addresses"
	case c.Recipients >= smallCluster && v.consumer() && !v.addressInDoubt():
		c.Name, c.Advice = "small cluster", "a provider of private mailboxes refuses for another reason than the addresses: look at that reason first"
	case c.Recipients >= domainPattern && v.consumer():
		c.Name = "list hygiene"
		c.Advice = "five and more unknown addresses at a consumer provider are old contacts: clean the list, do not pause the domain"
	case c.Recipients >= domainPattern:
		c.Name, c.Pause = "domain pattern", true
		c.Advice = "pause sends to this domain until routing is confirmed; look hard at recipient setup, MX and filter"
	case c.Recipients >= smallCluster && v.consumer():
		c.Name, c.Advice = "small cluster", "old contacts at a consumer provider, most likely: look where these addresses came from"
	case c.Recipients >= smallCluster:
		c.Name, c.Advice = "small cluster", "ask the recipient's administrator to confirm aliases and groups"
	case !v.addressInDoubt() && !v.notAsked() && v.saysUnknown():
		c.Name, c.Advice = "single address", "one address so far; look at the first cause before the address"
	case !v.addressInDoubt():
		c.Name, c.Advice = "single address", "one address so far; nothing speaks against the address itself"
	default:
		c.Name, c.Advice = "single address", "likely a typo, a retired mailbox or stale contact"
	}
	return c
}

// notAsked holds where our own side refused: the recipient's side said nothing.
func (v *view) notAsked() bool { return v.verdict.Kind == OwnMTA || v.verdict.Kind == SendingPlatform }

// addressInDoubt holds where the failure says something about the address. Our
// own routing, a suppression list, a policy say nothing: a good address given up
// for them is harm.
func (v *view) addressInDoubt() bool {
	if v.notAsked() {
		return false
	}
	return (v.saysUnknown() || v.facts.DomainAbsent() || v.takesNoMail()) && slices.Contains(aboutAddress, v.ranking()[0].Kind)
}

// aboutAddress are the causes that lie in the address, or may.
var aboutAddress = []CauseKind{UserAbsent, AliasOrGroupMissing, Typo, BadData, AddressMoved, AddressSyntax}

// wellKnown are mail domains that addresses are mistyped for.
var wellKnown = []string{
	"aol.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com", "libero.it", "live.com", "mail.com",
	"mail.ru", "orange.fr", "outlook.com", "proton.me", "protonmail.com", "t-online.de", "web.de", "yahoo.co.uk", "yahoo.com", "yandex.ru",
}

// nearDomain gives the well-known mail domain that a domain is one letter
// away from: one letter more, less, other, or two exchanged. Empty for none,
// and for a domain that is well known itself, or has private mailboxes: ymail.com
// is no mistyped gmail.com.
func nearDomain(domain string) string {
	if domain == "" || slices.Contains(wellKnown, domain) {
		return ""
	}
	if _, consumer := operator.ConsumerDomain(domain); consumer {
		return ""
	}
	for _, known := range wellKnown {
		if oneEdit(domain, known) {
			return known
		}
	}
	return ""
}

// oneEdit reports whether one insertion, deletion, substitution or exchange of
// neighbours leads from a to b.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
