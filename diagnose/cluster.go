package diagnose

import (
	"slices"

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
