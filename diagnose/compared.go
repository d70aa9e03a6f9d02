package diagnose

import (
	"net/netip"
	"slices"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/survey"
)

// compared is one message of a comparison, read as the case's own is.
type compared struct {
	*view            // of this message alone: reply, host and domains, without DNS
	of      *view    // of the case
	arrived bool     // a server took it, or it is in the mailbox
	about   Branch   // what the refusal is about by its wording, put off or not
	path    []string // the hosts that took it, the first first

	operator safe.Text // who runs the host
	at       time.Time // when it was refused, or arrived
	timed    bool      // the message itself says so, and no later than it was captured
}

func (v *view) compared(b Bounce) *compared {
	c := &compared{view: &view{c: v.c, now: v.now, b: b, has: true, r: b.Report}, of: v, arrived: arrived(b.Report)}
	c.readBounce()
	if c.about = c.branch(); c.about == BranchWait {
		c.about = branchOf(c.r.Reason)
	}
	if c.r.Recipient.Value == "" {
		c.local, c.domain = "", "" // elsewhere the case's own stands in for it
	}
	for _, f := range slices.Backward(c.r.Through) {
		if h := hostName(safe.Untrusted(bounce.ReadHop(f.Value).By)); h != "" {
			c.path = append(c.path, h)
		}
	}
	said := c.r.FailedAt.At
	if c.r.NotABounce == bounce.NotOrdinary && !c.r.Arrived.At.IsZero() {
		said = c.r.Arrived.At
	}
	c.at, c.timed = said, !said.IsZero() && (b.Captured.IsZero() || !said.After(b.Captured))
	if !c.timed {
		c.at = b.Captured
	}
	return c
}

// findHost says who refused a message, or took it for the receiving side, and
// who runs that host.
func (c *compared) findHost(other *compared) {
	if c.arrived && c.host == "" {
		c.host = c.takenBy(other)
	}
	if c.arrived && c.host == "" && c.r.NotABounce == bounce.NotDelivered && c.r.Format != bounce.FormatEvent {
		c.host = c.reporter // the host that made the delivery reports it (RFC 3464 section 2.2.2)
	}
	names := c.of.namesOf(c.host, c.addr)
	if c.arrived {
		names = append(names, c.host) // a host on the way has the name that its address has, more often than that of an MX
	}
	c.operator = c.of.runs(c.host, names).name
}

// takenBy gives the host that took a message for the receiving side. Of the
// hosts on its way that is the one that refused the other message; else the
// first MX of the domain; else the first that the domain's filter or mailbox
// operator runs and that had it from somebody else's host, as the sender may
// use that operator too; else the first of the domain's own; else the last, which held the mailbox.
func (c *compared) takenBy(other *compared) string {
	if len(c.path) == 0 || c.r.NotABounce != bounce.NotOrdinary {
		return "" // the Received fields of a notification end at the sender's side
	}
	if !other.arrived && slices.Contains(c.path, other.host) {
		return other.host
	}
	if i := slices.IndexFunc(c.path, c.of.inMX); i >= 0 {
		return c.path[i]
	}
	if host := c.handedOver(); host != "" {
		return host
	}
	if i := slices.IndexFunc(c.path, func(h string) bool { return under(h, c.of.domain) }); i >= 0 {
		return c.path[i]
	}
	return c.path[len(c.path)-1]
}

// handedOver gives the first host on the way that an operator of the domain
// runs and that took the mail from a host of somebody else; empty for none.
func (c *compared) handedOver() string {
	domains := []party{c.of.filter, c.of.store}
	for _, e := range c.of.mxEntries() {
		domains = append(domains, c.of.runs(e.Host, nil))
	}
	plays := func(p party) bool {
		return p.known() && slices.ContainsFunc(domains, func(o party) bool { return o.name == p.name })
	}
	for _, f := range slices.Backward(c.r.Through) {
		hop := bounce.ReadHop(f.Value)
		by, from := hostName(safe.Untrusted(hop.By)), hostName(safe.Untrusted(hop.From))
		took := c.of.runs(by, []string{by})
		if from != "" && plays(took) && c.of.runs(from, []string{from}).name != took.name {
			return by
		}
	}
	return ""
}

// namesOf gives the names that DNS has for the address of a host, as far as it
// was asked about the case.
func (v *view) namesOf(host string, addr netip.Addr) []string {
	var out []string
	take := func(name string, list ...survey.AddrFact) {
		for _, a := range list {
			if host != "" && name == host || addr.IsValid() && a.Addr == addr {
				out = append(out, a.Names...)
			}
		}
	}
	h := v.facts.Host
	if h.Claimed.IsValid() && h.Claimed == addr {
		out = append(out, h.PTR.Names...)
	}
	take(h.Host, h.Addrs...)
	for _, mx := range slices.Concat(v.facts.MX.Hosts, v.facts.NewHosts) {
		take(mx.Host, mx.Addrs...)
	}
	return out
}

// taken holds where no more is told than that a server took it: by an event of
// a platform, or by the notification of a host that handed it on (RFC 3464
// section 2.3.3). Whether it is in the mailbox nobody has said.
func (c *compared) taken() bool {
	return c.arrived && c.r.NotABounce == bounce.NotDelivered &&
		(c.r.Format == bounce.FormatEvent || c.r.Action == bounce.Relayed || c.host != c.reporter)
}

// unsent holds where no server of the receiving side was asked: the platform or
// our own server kept the mail.
func (c *compared) unsent() bool {
	return !c.arrived && (c.reading.NoAttempt || c.r.Reason == reply.Suppressed || c.r.List != "" || c.of.isOwn(c.host, c.addr))
}

// late holds where the address had been taken before the refusal.
func (c *compared) late() bool {
	return c.r.Stage == bounce.StageData || c.r.Stage == bounce.StageContent
}

func (c *compared) side() Side {
	if !c.timed {
		return Side{Name: safe.Textf("%s, time not known", c.outcome()), Seq: c.b.Seq}
	}
	return Side{Name: safe.Textf("%s %s", c.outcome(), utc(c.at)), Seq: c.b.Seq}
}

func (c *compared) outcome() safe.Text {
	switch {
	case c.taken():
		return "taken by a server"
	case c.arrived:
		return "arrived"
	case c.unsent() && c.host == "":
		return "not sent"
	case c.r.Permanence == bounce.Transient, c.r.Action == bounce.Delayed:
		return "put off"
	}
	return "refused"
}

func (c *compared) said() safe.Text {
	if c.r.Diagnostic.Known() {
		return c.r.Diagnostic.Value.Safe()
	}
	return joinNonEmpty(" ", c.r.ReplyCode.Value.Safe(), c.r.EnhancedCode.Value.Safe())
}

// stage words the point of the conversation at which a message was refused.
func (c *compared) stage() safe.Text {
	if c.arrived {
		return ""
	}
	return map[bounce.Stage]safe.Text{
		bounce.StageConnect: "connect", bounce.StageEHLO: "EHLO", bounce.StageStartTLS: "STARTTLS", bounce.StageAuth: "AUTH",
		bounce.StageMail: "MAIL FROM", bounce.StageRcpt: "RCPT TO", bounce.StageData: "DATA", bounce.StageContent: "after the content",
		bounce.StageLocal: "no connection",
	}[c.r.Stage]
}

func (c *compared) from() safe.Text { return c.r.Sender.Value.Safe() }
func (c *compared) to() safe.Text   { return asciiAddress(c.r.Recipient.Value) }
func (c *compared) name() safe.Text { return safe.Of(c.host) }
func (c *compared) tells() safe.Text {
	return c.r.ReportingMTA.Value.Safe()
}

func (c *compared) address() safe.Text {
	if c.addr.IsValid() {
		return safe.Of(c.addr.String())
	}
	return c.r.RemoteAddress.Value.Safe()
}

func (c *compared) when() safe.Text {
	switch {
	case c.timed:
		return bothTimes(c.at)
	case c.at.IsZero():
		return ""
	}
	return safe.Textf("not known; here since %s", utc(c.at))
}

// route names the hosts that a message went through, the first first, up to
// the one that refused it. Of a long way the middle is left out.
func (c *compared) route() safe.Text {
	hosts := slices.Clone(c.path)
	if c.r.NotABounce != bounce.NotOrdinary {
		hosts = append(hosts, c.reporter, c.host)
	}
	seen := map[string]bool{"": true}
	hosts = slices.DeleteFunc(hosts, func(h string) bool {
		before := seen[h]
		seen[h] = true
		return before
	})
	const most = 6
	var text safe.Text
	for i, h := range hosts {
		switch over := len(hosts) - most; {
		case over <= 0 || i == 0 || i > over:
			text = joinNonEmpty(" > ", text, safe.Of(h))
		case i == 1:
			text += safe.Textf(" > %d more", over)
		}
	}
	return text
}
