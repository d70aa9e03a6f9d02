package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/operator"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/survey"
)

// rejector finds who said no. Two answers come out of it: who spoke, from what
// the bounce claims and what DNS shows of the named host, and who decided,
// because a filter may repeat what a server behind it said.
//
// The order is by how much a sign excludes: a text that says no attempt was
// made settles it for the platform whatever host is named; a local refusal
// settles it for our own MTA; only then the named host is looked at.
func (v *view) rejector() Verdict {
	switch {
	case !v.has || v.r.NotABounce != "":
		return Verdict{Kind: UnknownRejector, Confidence: None, Decided: Decision{Kind: UnknownRejector, Confidence: None}}
	case v.saysSuppressed():
		return v.platformVerdict()
	case v.platformRouting():
		return v.platformRoutingVerdict()
	case v.platformSpoke().known():
		return v.platformSpokeVerdict()
	case v.ownSide() != "":
		return v.ownVerdict()
	case v.r.RefusedHere:
		return v.hereVerdict()
	case v.ownTenant():
		return v.tenantVerdict()
	case v.lookedUpByOthers():
		return v.lookedUpVerdict()
	case v.host == "" && !v.addr.IsValid():
		return v.unnamedVerdict()
	}
	return v.hostVerdict()
}

func (v *view) ownTenant() bool {
	_, ok := v.tenantSays()
	return ok
}

// tenantVerdict is for the mail system that we send through and that holds the
// recipient's domain as one of its own.
func (v *view) tenantVerdict() Verdict {
	who, _ := v.tenantSays()
	claim, _ := ourTenant(v)
	return Verdict{
		Kind: OwnMTA, Operator: who.name, Host: v.r.ReportingMTA.Value.Safe(), Confidence: Medium,
		Evidence: []Finding{
			{Key: "own_tenant", Sign: For, Strength: 2, Source: v.line(v.r.Diagnostic), At: v.b.Failed(), Claim: claim},
			{Key: "sender_spf", Sign: For, Strength: 1, Source: "dns", At: v.at(v.facts.SenderSPF.From), Claim: safe.Textf("SPF of %s names %s", safe.Domain(v.senderDomain), who.name)},
		},
		Missing: []Finding{v.hostMissing()},
		Decided: Decision{Kind: OwnMTA, Host: who.name, Confidence: Medium, Claim: "our own tenant's directory"},
	}
}

// unnamedVerdict is given when no host is named: a wording alone never says
// which host spoke. One exception: the notice was written by a host of the
// recipient's own MX, after it had taken the mail.
func (v *view) unnamedVerdict() Verdict {
	if v.reporter != "" && v.inMX(v.reporter) {
		v.host = v.reporter
		v.hostOp = v.runs(v.host, v.hostNames(v.facts.Reporter))
		verdict := v.hostVerdict()
		verdict.Evidence = append(verdict.Evidence, Finding{
			Key: "late_notice", Sign: Attention, Source: v.line(v.r.ReportingMTA), At: v.b.Failed(),
			Claim: "the mail was taken first and refused from inside: the edge list is wider than the mailbox store",
		})
		return verdict
	}
	if verdict, ok := v.voiceVerdict(); ok {
		return verdict
	}
	verdict := Verdict{Kind: UnknownRejector, Confidence: None}
	if v.r.Diagnostic.Known() {
		f := Finding{Key: "wording", Sign: Attention, Strength: 1, Source: v.line(v.r.Diagnostic), At: v.r.FailedAt.At}
		if v.reading.Says != "" {
			f.Claim = safe.Textf("the wording is %s's; it does not say which host spoke", v.reading.Says)
		} else {
			f.Claim = "the reply does not say which host spoke"
		}
		verdict.Evidence = append(verdict.Evidence, f)
	}
	if v.filter.known() {
		verdict.Evidence = append(verdict.Evidence, Finding{
			Key: "filter_in_front", Sign: Attention, Strength: 1, Source: "dns", At: v.mxTime(),
			Claim: safe.Textf("mail for %s goes to %s first, so it is likely the one; nothing proves it", v.domain, v.filter.name),
		})
	}
	verdict.Missing = append(verdict.Missing, v.hostMissing())
	verdict.Decided = Decision{Kind: UnknownRejector, Confidence: None, Claim: "cannot tell"}
	return verdict
}

// hostVerdict weighs what DNS and the catalogue show of the named host.
func (v *view) hostVerdict() Verdict {
	verdict := Verdict{Kind: UnknownRejector, Confidence: Low}
	named := safe.Of(v.host)
	if v.host == "" {
		named = safe.Of(v.addr.String())
	}
	verdict.Host, verdict.Operator = named, v.hostOp.name
	teller := v.platformOrSource()
	if teller == "" {
		teller = v.r.RemoteMTA.By.Safe()
	}
	if teller == "" {
		teller = "the bounce"
	}
	source, failed := v.line(v.r.RemoteMTA), v.r.FailedAt.At
	add := func(f Finding) { verdict.Evidence = append(verdict.Evidence, f) }
	told := v.r.RemoteMTA.Known() || v.r.RemoteAddress.Known()
	switch {
	case v.signed:
		add(Finding{Key: "named", Sign: For, Strength: 1, Source: v.line(v.r.Diagnostic), At: failed, Claim: safe.Textf("the reply is signed with the name %s", named)})
	case told:
		add(Finding{Key: "named", Sign: For, Strength: 1, Source: source, At: failed, Claim: safe.Textf("%s names %s", teller, named)})
	default:
		add(Finding{Key: "named", Sign: For, Strength: 1, Source: v.line(v.r.ReportingMTA), At: failed, Claim: safe.Textf("%s wrote the notice, and names no other host", named)})
	}

	if other := v.r.OtherRemote; other.Known() {
		add(Finding{Key: "other_named", Sign: Against, Strength: 1, Source: v.line(other), At: failed, Claim: safe.Textf("the words of the notice name %s instead", other.Value)})
	}

	member := v.mxMember()
	switch {
	case member.asking:
		add(Finding{Key: "in_mx", Sign: Asking, Source: "dns", Claim: "whether that host is an MX of the domain"})
	case member.host != "":
		add(Finding{Key: "in_mx", Sign: For, Strength: 3, Source: member.source, At: member.at, Claim: member.claim})
	case member.known:
		add(Finding{Key: "in_mx", Sign: Against, Strength: 2, Source: "dns", At: v.mxTime(), Claim: safe.Textf("it is no MX of %s now", v.domain)})
	case v.domain != "":
		verdict.Missing = append(verdict.Missing, Finding{Key: "mx", Sign: Missing, Claim: safe.Textf("the MX of %s: %s", v.domain, v.mxUnknownWhy())})
	}
	for _, f := range v.hostAddressFindings() {
		add(f)
	}
	if v.r.Stage == "rcpt" {
		add(Finding{Key: "stage", Sign: For, Strength: 1, Source: v.line(v.r.Command), At: failed, Claim: "refused at RCPT TO, before any content was sent"})
	}
	v.classifyHost(&verdict, member.host != "")
	if f, ok := v.borrowedWording(verdict.Kind); ok {
		add(f)
	}
	if told && !v.addr.IsValid() {
		verdict.Missing = append(verdict.Missing, Finding{
			Key: "remote_address", Sign: Missing, Claim: safe.Textf("the address %s connected to", v.connector()),
			Hint: "would rule out a host that only claims this name",
		})
	}
	verdict.Decided = v.decision(verdict)
	return verdict
}

// classifyHost says what kind of system the named host is: by its operator's
// role, else by what the wording tells of its tables.
func (v *view) classifyHost(verdict *Verdict, isMX bool) {
	sure := Medium
	if isMX {
		sure = High
	}
	add := func(key string, sign Sign, strength int, claim safe.Text, source Source) {
		verdict.Evidence = append(verdict.Evidence, Finding{Key: key, Sign: sign, Strength: strength, Claim: claim, Source: source})
	}
	switch role := v.hostOp.role(); {
	case role == operator.Gateway:
		verdict.Kind, verdict.Confidence = Gateway, sure
		add("operator", For, 2, safe.Textf("that name is %s's, a filter that passes mail on", v.hostOp.name), "here")
	case role == operator.Host:
		verdict.Kind, verdict.Confidence = MailboxHost, sure
		add("operator", For, 2, safe.Textf("that name is %s's, which holds mailboxes", v.hostOp.name), "here")
	case role == operator.GatewayHost && v.store.known() && v.store.name != v.hostOp.name:
		verdict.Kind, verdict.Confidence = Gateway, Medium
		add("operator", For, 1, safe.Textf("%s can filter or hold mailboxes; the mailboxes seem to be at %s", v.hostOp.name, v.store.name), "here")
	case role == operator.GatewayHost:
		verdict.Kind, verdict.Confidence = MailboxHost, Medium
		add("operator", For, 1, safe.Textf("%s holds mailboxes; it can also pass mail on to another server", v.hostOp.name), "here")
	case role == operator.Forwarder:
		verdict.Kind, verdict.Confidence = Gateway, sure
		add("operator", For, 2, safe.Textf("%s forwards mail to addresses elsewhere", v.hostOp.name), "here")
	case !isMX && !v.mxKnown() && under(v.host, v.domain):
		verdict.Kind, verdict.Confidence = MailboxHost, Low
		add("operator", For, 1, safe.Textf("that name lies in %s itself; it may be a filter of theirs", v.domain), "here")
	case v.domain == "" && v.r.RemoteMTA.Known() && v.r.Reason != reply.NoRelaying:
		verdict.Kind, verdict.Confidence = MailboxHost, Low
		add("remote_side", For, 1, "the bounce names it as the side that was spoken to, and no recipient to hold it against; it may be a filter, or a relay of ours", "here")
		verdict.Missing = append(verdict.Missing, Finding{Key: "recipient", Sign: Missing, Claim: "the recipient, whose MX would settle it", Hint: "the whole bounce, or the log of the sending server"})
	case !isMX:
		verdict.Kind, verdict.Confidence = UnknownRejector, None
		add("operator", Against, 1, "its operator is not known, and it is not in the MX set", "here")
		verdict.Missing = append(verdict.Missing, Finding{Key: "route", Sign: Missing,
			Claim: "why our side connected to a host outside the MX set",
			Hint:  "a transport map, another DNS view, an old MX or a forward: ask DNS on the sending server"})
	case strings.Contains(v.reading.Table, "relay"):
		verdict.Kind, verdict.Confidence = Gateway, Medium
		add("table", For, 2, safe.Textf("it names %s: it passes mail on to another server", the(v.reading.Table)), v.line(v.r.Diagnostic))
	case v.store.known() && !under(v.host, v.domain):
		verdict.Kind, verdict.Confidence = Gateway, Medium
		add("behind", For, 2, safe.Textf("the mailboxes seem to be at %s, so this host is in front of it", v.store.name), v.storeSource)
	case v.reading.Table != "" && v.namesMailboxes():
		verdict.Kind, verdict.Confidence = MailboxHost, Medium
		add("table", For, 1, safe.Textf("it names %s, and nothing shows a filter in front", the(v.reading.Table)), v.line(v.r.Diagnostic))
	default:
		verdict.Kind, verdict.Confidence = MailboxHost, Low
		add("operator", Against, 1, "its operator is not known; it may be a filter", "here")
	}
	if verdict.Confidence == High && (v.r.Genuine == bounce.Unproved && !v.r.RemoteMTA.Known() || v.facts.Host.HasClaimed == survey.No || v.r.OtherRemote.Known()) {
		verdict.Confidence = Medium
	}
}

// namesMailboxes holds for wordings about a table or store of mailboxes: whoever
// keeps one is where they are. A greylist, a policy or a probe tells nothing of it.
func (v *view) namesMailboxes() bool {
	return slices.Contains([]CauseKind{UserAbsent, AliasOrGroupMissing, MailboxFull, MailboxDisabled}, CauseKind(v.reading.Class))
}

// borrowedWording notes a reply that sounds like another system than the one
// that is said to have spoken: a server behind it may have said it first.
func (v *view) borrowedWording(kind RejectorKind) (Finding, bool) {
	says := v.reading.Says
	if kind != Gateway || says == "" || !v.hostOp.known() || strings.Contains(string(v.hostOp.name), says) {
		return Finding{}, false
	}
	return Finding{
		Key: "wording", Sign: Against, Strength: 1, Source: v.line(v.r.Diagnostic), At: v.r.FailedAt.At,
		Claim: safe.Textf("the wording is %s's; a server behind the filter may have said it first", says),
	}, true
}

// decision says who decided. Without a quoted inner reply or a known mode of
// the gateway it stays open between the gateway and the host behind it.
func (v *view) decision(verdict Verdict) Decision {
	switch {
	case verdict.Kind == MailboxHost && verdict.Confidence == Low:
		return Decision{Kind: UnknownRejector, Confidence: None, Claim: "that host, or one behind it"}
	case verdict.Kind == MailboxHost:
		return Decision{Kind: MailboxHost, Host: verdict.Host, Confidence: verdict.Confidence, Claim: "the mailbox host itself"}
	case verdict.Kind != Gateway:
		return Decision{Kind: UnknownRejector, Confidence: None, Claim: "cannot tell"}
	case v.r.Inner != nil:
		return Decision{Kind: MailboxHost, Host: v.r.Inner.Speaker.Value.Safe(), Confidence: Medium, Claim: "the host behind the filter: its reply is quoted"}
	case v.reading.Wrapped != "":
		return Decision{Kind: MailboxHost, Host: v.store.name, Confidence: Medium, Claim: "the host behind the filter: its reply is quoted"}
	case v.reading.Class == string(GatewayMapStale):
		return Decision{Kind: Gateway, Host: verdict.Host, Confidence: Medium, Claim: "the filter's own recipient list"}
	case v.reading.Class == string(NegativeCache):
		return Decision{Kind: Gateway, Host: verdict.Host, Confidence: Medium, Claim: "the filter, from its memory of an earlier answer"}
	}
	return Decision{Kind: UnknownRejector, Confidence: None, Claim: "the filter or the host behind it"}
}

// connector names who made the connection that was refused.
func (v *view) connector() safe.Text {
	if v.platform.known() {
		return v.platform.name
	}
	if v.reporter != "" {
		return safe.Of(v.reporter)
	}
	return "the sending server"
}

// isOwn reports whether a host or address is among those named as our own:
// host names, domains with everything under them, addresses and networks.
func (v *view) isOwn(host string, addr netip.Addr) bool {
	return slices.ContainsFunc(v.c.OwnMTAs, func(own string) bool {
		if p, err := netip.ParsePrefix(own); err == nil {
			return addr.IsValid() && p.Contains(addr)
		}
		if a, err := netip.ParseAddr(own); err == nil {
			return addr == a
		}
		return host != "" && under(host, strings.ToLower(strings.TrimSuffix(own, ".")))
	})
}

// under reports whether a name is a domain or lies under it.
func under(name, domain string) bool {
	return domain != "" && (name == domain || strings.HasSuffix(name, "."+domain))
}

// the puts an article before a table's name where it has none.
func the(table string) string {
	if strings.HasPrefix(table, "the ") || strings.HasPrefix(table, "a ") {
		return table
	}
	return "the " + table
}
