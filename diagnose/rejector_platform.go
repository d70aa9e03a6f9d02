package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"deadletter/diagnose/operator"
	"deadletter/diagnose/safe"
)

// saysSuppressed holds when the wording tells of a suppression list: nothing
// was attempted, so no host of the recipient has spoken.
func (v *view) saysSuppressed() bool {
	return v.reading.Class == string(SuppressionLocal) || v.reading.NoAttempt && v.reading.Class == "" && v.platform.known()
}

func (v *view) platformVerdict() Verdict {
	evidence := []Finding{{
		Key: "no_attempt", Sign: For, Strength: 3, Source: v.line(v.r.Diagnostic), At: v.b.Failed(),
		Claim: "the wording tells of a suppression list: no delivery was attempted",
	}}
	if v.platform.known() {
		evidence = append(evidence, Finding{
			Key: "platform", Sign: For, Strength: 2, Source: v.platformSource,
			Claim: safe.Textf("the mail goes out through %s", v.platform.name),
		})
	}
	if v.host != "" {
		evidence = append(evidence, Finding{
			Key: "host_named", Sign: Against, Strength: 1, Source: v.line(v.r.RemoteMTA), At: v.b.Failed(),
			Claim: safe.Textf("the bounce names %s as the remote host", v.host),
		})
	}
	verdict := Verdict{Kind: SendingPlatform, Operator: v.platform.name, Host: v.r.ReportingMTA.Value.Safe(), Confidence: High, Evidence: evidence,
		Missing: []Finding{{Key: "first_bounce", Sign: Missing, Claim: "the first bounce, which put the address on the list", Hint: "the platform's activity log holds it; it is the real evidence"}}}
	verdict.Decided = Decision{Kind: SendingPlatform, Host: v.platform.name, Confidence: High, Claim: "the platform's own list"}
	return verdict
}

// platformRouting holds when the wording is about routing before any
// conversation, and is that of a service that sends for us, not of a server of
// our own.
func (v *view) platformRouting() bool {
	looked := v.reading.Class == string(OwnMTARouting) || v.reading.NoAttempt && v.aboutDomainDNS()
	if !looked || v.remoteIsForeign() || v.host != "" {
		return false
	}
	return v.routesForUs().known()
}

// routesForUs gives the service whose words the reply is: a sending platform, or
// a mailbox system that we send through.
func (v *view) routesForUs() party {
	for _, p := range operator.Platforms() {
		if strings.EqualFold(p.Name, v.reading.Says) {
			return party{name: safe.Of(p.Name)}
		}
	}
	op, ok := operator.Voice(v.reading.Says)
	if !ok || op.Role == operator.Store || op.Role == operator.Gateway {
		return party{}
	}
	return newParty(op.Operator)
}

func (v *view) platformRoutingVerdict() Verdict {
	who := v.routesForUs()
	return Verdict{
		Kind: SendingPlatform, Operator: who.name, Host: v.r.ReportingMTA.Value.Safe(), Confidence: Medium,
		Evidence: []Finding{{Key: "voice", Sign: For, Strength: 2, Source: v.line(v.r.Diagnostic), At: v.b.Failed(),
			Claim: safe.Textf("%s looked for the way itself and found none: no server of the recipient was asked", who.name)}},
		Decided: Decision{Kind: SendingPlatform, Host: who.name, Confidence: Medium, Claim: "the routing of the service that sends for us"},
	}
}

// platformSpoke gives the service that sends for us where it is the one that
// refused: by its own words about mail that it did not send, or because the
// host that refused is one that it takes mail at.
func (v *view) platformSpoke() party {
	for _, p := range operator.Platforms() {
		switch {
		case v.reading.NoAttempt && v.reading.Class != string(OwnMTARouting) && p.Name == v.reading.Says:
			return party{name: safe.Of(p.Name)}
		case v.host != "" && !v.inMX(v.host) && !v.isOwn(v.host, v.addr) && p.Host(v.host):
			return party{name: safe.Of(p.Name)}
		}
	}
	if v.takesFromClients() {
		return v.hostOp
	}
	return party{}
}

// submissionLabels are first labels under which providers take mail from
// their customers.
var submissionLabels = []string{"smtp", "smtps", "smtp-relay", "smtp-mail", "relay", "submission", "smtpauth", "authsmtp", "smtpout", "mailout", "outgoing"}

// takesFromClients reports whether the named host is one at which a known
// operator takes mail from its customers: no MX of the domain, and called so.
func (v *view) takesFromClients() bool {
	first, _, _ := strings.Cut(v.host, ".")
	return v.hostOp.known() && v.mxKnown() && !v.inMX(v.host) && !v.isOwn(v.host, v.addr) && slices.Contains(submissionLabels, first)
}

func (v *view) platformSpokeVerdict() Verdict {
	who := v.platformSpoke()
	claim := safe.Textf("these are %s's own words about mail that it did not send on", who.name)
	source := v.line(v.r.Diagnostic)
	if v.host != "" {
		claim, source = safe.Textf("%s is where %s takes mail from its customers", v.host, who.name), v.line(v.r.RemoteMTA)
	}
	return Verdict{
		Kind: SendingPlatform, Operator: who.name, Host: safe.Of(v.host), Confidence: Medium,
		Evidence: []Finding{{Key: "platform_spoke", Sign: For, Strength: 2, Source: source, At: v.b.Failed(), Claim: claim}},
		Decided:  Decision{Kind: SendingPlatform, Host: who.name, Confidence: Medium, Claim: "the service that sends for us"},
	}
}

// lookedUpByOthers holds where the system that wrote the bounce found no way in
// DNS, asked nobody, and is neither ours nor the recipient's as far as is known.
func (v *view) lookedUpByOthers() bool {
	return v.reporter != "" && v.host == "" && !v.addr.IsValid() && v.reading.NoAttempt && v.aboutDomainDNS() &&
		v.reporterOurs() == "" && (v.domain == "" || !v.reporterIsTheirs()) && !v.isOwn(v.reporter, netip.Addr{})
}

func (v *view) lookedUpVerdict() Verdict {
	return Verdict{
		Kind: SendingPlatform, Operator: v.platform.name, Host: safe.Of(v.reporter), Confidence: Low,
		Evidence: []Finding{{Key: "looked_up", Sign: For, Strength: 2, Source: v.line(v.r.Diagnostic), At: v.b.Failed(),
			Claim: safe.Textf("%s looked for the way itself and found none: no server of the recipient was asked", v.reporter)}},
		Missing: []Finding{{Key: "own_mtas", Sign: Missing, Claim: "whether that host is ours", Hint: "name ours with --own-mta; else it is a service that sends or passes mail on for us"}},
		Decided: Decision{Kind: SendingPlatform, Host: safe.Of(v.reporter), Confidence: Low, Claim: "the routing of the system that had the mail"},
	}
}
