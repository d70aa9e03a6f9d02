package diagnose

import (
	"net/netip"
	"slices"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// RetryDNSLives is how long DNS counts as asked just before an attempt.
const RetryDNSLives = 10 * time.Minute

// mailPort is where mail hosts take mail from each other (RFC 5321 section 4.5.4.2).
const mailPort = 25

// preflight lists what must hold just before an attempt that the program
// makes, beside what opens the lock.
func (v *view) preflight(way RetryWay, t RetryTarget) []condition {
	out := []condition{v.mxAskedNow(), v.mxAsSeen(), v.notTooSoon(way)}
	if way == RetryMessage {
		if proved := v.provedForMessage(); proved.Sign != Holds {
			out = append(out, proved) // where it holds, the lock's own condition says so
		}
		return append(out, v.firstHand(), v.relayFits(t))
	}
	return append(out, v.firstHand(), v.hostFits(t))
}

// mxAskedNow holds when DNS was asked for this attempt: in a round of that
// reason, a short time ago, to its end, after the last attempt.
func (v *view) mxAskedNow() condition {
	const key = "mx_now"
	last, tried := v.lastRetry()
	switch {
	case v.round.Reason != RoundRetry || tried && v.round.At.Before(last.At):
		return fails(key, StepMX, "DNS was not asked just before", "it is asked again for every attempt")
	case v.round.Stopped || v.asking():
		return fails(key, StepMX, "DNS has not answered everything yet", "")
	case v.now.Sub(v.round.At) > RetryDNSLives:
		return fails(key, StepMX, safe.Textf("DNS was asked more than %s ago", duration(RetryDNSLives)), "it has to be asked again")
	}
	return holds(key, "DNS was asked just before", "dns", v.mxTime())
}

// mxAsSeen holds when the MX is the one that the round before showed: who
// consents has seen where the mail goes. A change has to be looked at first;
// asked once more, it is what was seen.
func (v *view) mxAsSeen() condition {
	const key = "mx_same"
	now, ok := v.answers[v.facts.MX.From]
	before, was := v.c.knownBefore(v.round.N, v.facts.MX.From)
	switch {
	case !ok || !now.Outcome.Answered():
		return fails(key, StepMX, "step 4: the MX is not known yet", v.mxUnknownWhy())
	case !was:
		return fails(key, StepMX, "the MX was never seen before", "look at step 4, then ask again")
	case !slices.Equal(entriesOf(now), entriesOf(before)):
		return fails(key, StepMX, safe.Textf("the MX has changed since %s", v.clock(before.At)), "look at step 4 again, then ask once more")
	}
	if _, since, changed := v.mxBefore(); changed {
		return holds(key, safe.Textf("the MX is another than at %s, and was seen on step 4", v.clock(since)), "dns", v.mxTime())
	}
	return holds(key, "the MX is the same as before", "dns", v.mxTime())
}

// provedForMessage holds unless the bounce is unproved: a reason that somebody
// types lets a probe ask, and no message go.
func (v *view) provedForMessage() condition {
	const key = "proved"
	if _, shown := v.platformShows(); shown || v.r.Genuine == bounce.Proved || v.r.Genuine == bounce.Plausible {
		return holds(key, "the bounce answers mail of ours", "bounce", time.Time{})
	}
	return fails(key, StepCapture, "an unproved bounce lets no message go", "add the whole bounce mail or the log line; a probe can go on your word")
}

// firstHand holds when the address that failed is the one that we wrote to:
// what a forward made of it is not ours to test.
func (v *view) firstHand() condition {
	const key = "first_hand"
	if hop := v.firstHop(); hop != "" {
		return fails(key, StepRejector, safe.Textf("we wrote to an address at %s, which passes mail on", hop), "the test has to take the same way: send it by hand to that address")
	}
	return holds(key, "the recipient is the one that we wrote to, byte for byte", "bounce", time.Time{})
}

// hostFits holds when a probe goes to an MX host of the domain as DNS has it
// now, at an address of that host, which is a public one.
func (v *view) hostFits(t RetryTarget) condition {
	const key = "host"
	if !slices.ContainsFunc(v.probeHosts(), func(h RetryTarget) bool { return h.Host == t.Host && h.Addr.Addr() == t.Addr.Addr() }) {
		return fails(key, StepMX, safe.Textf("%s at %s is no MX host of the domain that is contacted", t.Host, t.Addr.Addr()), "choose one of the MX, at a public address of its own")
	}
	if t.Addr.Port() != mailPort && !v.lab(t.Addr) {
		return fails(key, StepRetry, safe.Textf("port %d is not where mail is taken", t.Addr.Port()), "")
	}
	return holds(key, safe.Textf("%s is an MX host of the domain, %s an address of it", t.Host, t.Addr.Addr()), "dns", v.mxTime())
}

// relayFits holds when a message goes to a relay that is named. It may stand in
// our own network; where DNS is text alone, nothing is contacted but the lab.
func (v *view) relayFits(t RetryTarget) condition {
	const key = "host"
	switch {
	case t.Host == "" || !t.Addr.IsValid() || t.Addr.Port() == 0:
		return fails(key, StepRetry, "no relay is named", "name it in the config file")
	case v.round.NoNetwork && !v.lab(t.Addr):
		return fails(key, StepRetry, "DNS comes from zone text: nothing is contacted", "")
	}
	return holds(key, safe.Textf("the message goes through %s", t.relay()), "you", time.Time{})
}

func (t RetryTarget) relay() safe.Text {
	if t.Via != "" {
		return safe.Textf("%s (%s)", t.Via, t.Host)
	}
	return safe.Of(t.Host)
}

// lab reports whether a target is one that was permitted for a test.
func (v *view) lab(at netip.AddrPort) bool {
	return slices.Contains(v.c.Lab, netip.AddrPortFrom(at.Addr().Unmap(), at.Port()).String())
}

// labMX reports whether an address is one of an MX host that was permitted for
// a test: it stands for one outside.
func (v *view) labMX(addr netip.Addr) bool {
	return slices.ContainsFunc(v.probeHosts(), func(t RetryTarget) bool { return t.Addr.Addr() == addr.Unmap() && v.lab(t.Addr) })
}

// RetryHosts lists the MX hosts that can be probed, each at each of its public
// addresses, the one to take by itself first: the host that refused if it is
// still an MX, at the address that refused, then by preference.
func RetryHosts(c *Case, now time.Time) []RetryTarget { return newView(c, now).probeHosts() }

func (v *view) probeHosts() []RetryTarget {
	var out []RetryTarget
	for _, h := range v.facts.MX.Hosts {
		if h.IsAddressLiteral || h.IsInvalid || v.facts.MX.State != survey.MXListed && v.facts.MX.State != survey.MXImplicit {
			continue
		}
		for _, a := range h.Addrs {
			if at, ok := v.reach(a.Addr); ok {
				out = append(out, RetryTarget{Host: h.Host, Addr: at})
			}
		}
	}
	refused := v.earlier().Report
	host, addr := hostName(refused.RemoteMTA.Value), address(refused.RemoteAddress.Value)
	rank := func(t RetryTarget) int {
		switch {
		case t.Host != host && t.Addr.Addr() != addr:
			return 2
		case t.Addr.Addr() != addr:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b RetryTarget) int { return rank(a) - rank(b) })
	return out
}

// reach gives where an address that DNS names is contacted: at the port for
// mail where it is public, else only where the lab was given.
func (v *view) reach(addr netip.Addr) (netip.AddrPort, bool) {
	addr = addr.Unmap()
	for _, s := range v.c.Lab {
		if at, err := netip.ParseAddrPort(s); err == nil && at.Addr() == addr {
			return at, true
		}
	}
	return netip.AddrPortFrom(addr, mailPort), !dnsx.Special(addr) && !v.round.NoNetwork
}
