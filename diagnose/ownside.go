package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/operator"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// ownSide says by which sign our own MTA refused, or nothing.
func (v *view) ownSide() safe.Text {
	switch {
	case v.refusedAtOurs() != "":
		return v.refusedAtOurs()
	case v.reading.Class == string(OwnMTARouting) && !v.remoteIsForeign() && !v.r.RefusedHere:
		return "the wording is about our own routing"
	case v.host != "" && v.isOwn(v.host, v.addr):
		return safe.Textf("%s is one of our own hosts", v.host)
	case v.addr.IsValid() && v.isOwn("", v.addr):
		return safe.Textf("%s is one of our own addresses", v.addr)
	case v.localSocket() && !v.storeIsTheirs():
		return "the refusing side is a local socket, not a host"
	case v.addr.IsValid() && (v.addr.IsLoopback() || v.addr.IsPrivate()) && !v.labMX(v.addr) && !v.reporterIsTheirs():
		return safe.Textf("%s is a private address: the refusal did not leave our network", v.addr)
	case v.gaveUpForm():
		return safe.Textf("%s gave it up for the form of the address, no other host refused it; %s", v.reporter, v.reporterOurs())
	case v.host != "" || v.addr.IsValid() || v.r.RefusedHere:
		return ""
	case v.client() != "" && v.reading.Table != "greylist":
		return safe.Textf("%s tells what the server said that it hands mail to: ours, or one that it asks", v.client())
	case v.mxAllOwn():
		return safe.Textf("every MX of %s is one of our own hosts", v.domain)
	case v.wordsFromElsewhere():
		return safe.Textf("the words are %s's, and no MX of %s writes such: the mail did not get there", safe.Of(v.reading.Says), v.domain)
	case v.domain != "" && v.isOwn(v.domain, netip.Addr{}):
		return safe.Textf("%s is one of our own domains, and no other host is named", v.domain)
	case v.saysUnknown() && v.domain != "" && v.domain == v.senderDomain && v.r.Genuine != bounce.Unproved:
		return safe.Textf("the mail went from %s to itself, and no other host is named", v.domain)
	case v.reporterOurs() == "":
		return ""
	case v.r.Stage == "local":
		return safe.Textf("%s reports a local failure and names no remote host; %s", v.reporter, v.reporterOurs())
	case v.lookedUpAlone():
		return safe.Textf("%s gave it up by DNS alone, no other host was asked; %s", v.reporter, v.reporterOurs())
	}
	return ""
}

// gaveUpForm holds when a host of ours gave the mail up for the form of the
// address: the next server could not have carried it (RFC 6531 section 3.2), and
// refused nothing.
func (v *view) gaveUpForm() bool {
	return v.reading.Class == string(AddressSyntax) && !v.r.ReplyCode.Known() && v.reporterOurs() != ""
}

// localSocket reports whether the refusing side was reached through a path of
// the file system: a mailbox store on the same machine.
func (v *view) localSocket() bool {
	return strings.ContainsRune(string(v.r.RemoteMTA.Value), '/') || strings.ContainsRune(string(v.r.RemoteAddress.Value), '/')
}

// storeIsTheirs reports whether the machine with the socket is the one that
// takes the domain's mail: an MX of it or, where that is not known, a host
// of the domain itself.
func (v *view) storeIsTheirs() bool {
	if v.mxKnown() {
		return v.inMX(v.host)
	}
	return under(v.host, v.domain)
}

// client names the mail program that tells what its submission server said
// (RFC 6409), or nothing.
func (v *view) client() safe.Text {
	if op, ok := operator.Voice(string(v.r.Source.Value)); ok && op.Role == operator.Submission {
		return safe.Of(op.Name)
	}
	return ""
}

// wordsFromElsewhere holds for the words of a server program that anybody may
// run, on a domain whose MX hosts all write words of their own alone: no
// server of the domain has said them. A server that is known to be remote may.
func (v *view) wordsFromElsewhere() bool {
	says := v.reading.Says
	if says == "" || v.reading.CodeOnly || v.reading.Wrapped != "" || v.reporterIsTheirs() || v.saysRemote() {
		return false
	}
	if _, known := operator.Voice(says); known || !v.saysUnknown() && v.r.Reason != reply.NoRelaying && v.r.Reason != reply.HostUnknown {
		return false
	}
	hosts := v.mxEntries()
	return v.mxKnown() && len(hosts) > 0 && !slices.ContainsFunc(hosts, func(e mxEntry) bool { return !operator.OwnWords(v.runs(e.Host, nil).op.Name) })
}

// lookedUpAlone reports whether the mail was given up after DNS was asked, and
// no server.
func (v *view) lookedUpAlone() bool {
	return !v.r.ReplyCode.Known() && (v.r.Reason == reply.NotAccept || v.r.Reason == reply.HostUnknown)
}

// reporterOurs says by what the host that wrote the bounce is known for ours,
// or nothing: it was named so, the sender's own SPF record names its address, or
// it lies in the sender's domain.
func (v *view) reporterOurs() safe.Text {
	switch {
	case v.reporter == "":
		return ""
	case v.isOwn(v.reporter, netip.Addr{}):
		return "it is named as our own"
	case v.senderDomain == "" || v.senderDomain == v.domain || v.inMX(v.reporter):
		return ""
	}
	for _, a := range v.facts.Reporter.Addrs {
		if v.facts.SenderSPF.Names(a.Addr) {
			return safe.Textf("SPF of %s names its address %s", v.senderDomain, a.Addr)
		}
	}
	if under(v.reporter, v.senderDomain) {
		return safe.Textf("it lies in the sender's domain %s", v.senderDomain)
	}
	return ""
}

// mxAllOwn reports whether every MX of the domain is one of our own hosts: then
// our own side refused, whichever of them it was.
func (v *view) mxAllOwn() bool {
	hosts := v.mxEntries()
	return len(hosts) > 0 && !slices.ContainsFunc(hosts, func(e mxEntry) bool { return !v.isOwn(e.Host, netip.Addr{}) })
}

// remoteIsForeign reports whether a host is named that is not ours. A host that
// was only looked up has not spoken.
func (v *view) remoteIsForeign() bool {
	return v.host != "" && !v.isOwn(v.host, v.addr) && v.host != v.reporter && !v.onlyLookedUp()
}

// onlyLookedUp reports whether the named host is one that DNS was asked for.
func (v *view) onlyLookedUp() bool {
	return v.reading.NoAttempt && !v.r.RemoteAddress.Known() && !v.r.ReplyCode.Known() && v.r.Reason == reply.HostUnknown
}

// reporterIsTheirs reports whether the host that wrote the bounce belongs to
// the recipient's side: its local refusals are not ours.
func (v *view) reporterIsTheirs() bool {
	return v.reporter != "" && !v.isOwn(v.reporter, netip.Addr{}) && (v.inMX(v.reporter) || under(v.reporter, v.domain))
}

func (v *view) ownVerdict() Verdict {
	host := v.host
	if host == "" || v.gaveUpForm() {
		host = v.reporter
	}
	verdict := Verdict{Kind: OwnMTA, Host: safe.Of(host), Operator: "our own side", Confidence: High}
	verdict.Evidence = append(verdict.Evidence, Finding{
		Key: "own_side", Sign: For, Strength: 3, Claim: v.ownSide(), Source: v.line(v.r.Diagnostic), At: v.b.Failed(),
	})
	if v.reading.Table != "" {
		verdict.Evidence = append(verdict.Evidence, Finding{
			Key: "own_table", Sign: For, Strength: 1, Source: v.line(v.r.Diagnostic), At: v.b.Failed(),
			Claim: safe.Textf("the wording names %s, and that is looked up where it was said", the(v.reading.Table)),
		})
	}
	if host != "" && v.inMX(host) {
		verdict.Confidence = Medium
		verdict.Evidence = append(verdict.Evidence, Finding{
			Key: "own_is_mx", Sign: Against, Strength: 2, Source: "dns", At: v.mxTime(),
			Claim: safe.Textf("%s is an MX of %s", host, v.domain),
		})
	}
	if v.host == "" && v.reporter != "" && !v.isOwn(v.reporter, netip.Addr{}) {
		verdict.Confidence = Medium
	}
	if len(v.c.OwnMTAs) == 0 {
		verdict.Confidence = Medium
		verdict.Missing = append(verdict.Missing, Finding{Key: "own_mtas", Sign: Missing, Claim: "which hosts are our own", Hint: "name them with --own-mta"})
	}
	verdict.Decided = Decision{Kind: OwnMTA, Host: safe.Of(host), Confidence: verdict.Confidence, Claim: "our own tables or routing"}
	return verdict
}
