package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// A log line of a refusal at the own door ("NOQUEUE: reject", "rejected RCPT",
// "ruleset=check_rcpt") was written by the very server that refused: whose
// server that is, is all that is left to find.

// refusedAtOurs says by which sign the server that wrote the log and refused is
// ours, or nothing.
func (v *view) refusedAtOurs() safe.Text {
	switch {
	case !v.r.RefusedHere:
		return ""
	case v.reporter != "" && v.isOwn(v.reporter, netip.Addr{}):
		return safe.Textf("%s refused it and wrote the log; it is one of our own hosts", v.reporter)
	case v.mxAllOwn():
		return safe.Textf("the server that wrote the log refused it, and every MX of %s is one of our own hosts", v.domain)
	case v.mxElsewhere():
		return safe.Textf("the server that wrote the log refused it, and mail for %s is not for that server: others are its MX", v.domain)
	}
	return ""
}

// mxElsewhere reports whether the MX set is known, belongs to known operators,
// and does not hold the server that wrote the log: somebody on the sending side
// asked that server to pass the mail on.
func (v *view) mxElsewhere() bool {
	hosts := v.mxEntries()
	return len(hosts) > 0 && v.mxKnown() && !v.logWriterInMX() &&
		!slices.ContainsFunc(hosts, func(e mxEntry) bool { return !v.runs(e.Host, nil).known() })
}

// logWriterInMX reports whether the server that wrote the log is an MX of the
// domain; syslog often has its first label alone.
func (v *view) logWriterInMX() bool {
	if v.reporter == "" {
		return false
	}
	return v.inMX(v.reporter) || !strings.Contains(v.reporter, ".") && slices.ContainsFunc(v.mxEntries(), func(e mxEntry) bool {
		first, _, _ := strings.Cut(e.Host, ".")
		return first == v.reporter
	})
}

// hereVerdict is for a refusal that the server's own log tells, where the server
// is not known for ours: it is the receiving side's, as far as it serves the domain.
func (v *view) hereVerdict() Verdict {
	verdict := Verdict{Kind: MailboxHost, Host: safe.Of(v.reporter), Confidence: Low}
	verdict.Evidence = []Finding{{
		Key: "own_log", Sign: For, Strength: 3, Source: v.line(v.r.Diagnostic), At: v.b.Failed(),
		Claim: "this is the log of the server that refused, not of one that was refused",
	}}
	if len(v.c.OwnMTAs) == 0 {
		verdict.Missing = append(verdict.Missing, Finding{Key: "own_mtas", Sign: Missing, Claim: "which hosts are our own", Hint: "name them with --own-mta: a server of ours is our own directory team's"})
	}
	if v.reporter == "" {
		verdict.Missing = append(verdict.Missing, Finding{Key: "log_host", Sign: Missing, Claim: "the host that wrote the log", Hint: "the beginning of the log line, before the program's name"})
	}
	inMX := v.logWriterInMX()
	if inMX {
		verdict.Confidence = Medium
		verdict.Evidence = append(verdict.Evidence, Finding{Key: "in_mx", Sign: For, Strength: 3, Source: "dns", At: v.mxTime(), Claim: safe.Textf("that host is an MX of %s", v.domain)})
	}
	table := func(strength int, claim safe.Text) {
		verdict.Evidence = append(verdict.Evidence, Finding{Key: "table", Sign: For, Strength: strength, Source: v.line(v.r.Diagnostic), At: v.b.Failed(), Claim: claim})
	}
	switch {
	case strings.Contains(v.reading.Table, "relay"):
		verdict.Kind, verdict.Confidence = Gateway, Medium
		table(2, safe.Textf("it names %s: it passes mail on to another server", the(v.reading.Table)))
	case v.r.Reason == reply.NoRelaying && !inMX:
		verdict.Kind, verdict.Confidence = UnknownRejector, None
		table(1, "it does not serve the domain: a server that was asked to relay, or an MX that is not set up for it")
		verdict.Missing = append(verdict.Missing, v.hostMissing())
	case v.reading.Table != "" && v.namesMailboxes():
		verdict.Confidence = Medium
		table(1, safe.Textf("it names %s, which is looked up where it was said", the(v.reading.Table)))
	}
	verdict.Decided = v.decision(verdict)
	return verdict
}

// ourDirectory holds where our own side refused a recipient of a domain that is
// ours: then our own directory was asked, and by the right server.
func (v *view) ourDirectory() bool {
	return v.verdict.Kind == OwnMTA && (v.host != "" && v.inMX(v.host) || v.r.RefusedHere && v.mxAllOwn())
}
