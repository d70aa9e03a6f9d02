package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"deadletter/diagnose/safe"
	"deadletter/dnsx/survey"
)

// writeSurvey words what the answers amount to: the exchanges, the name
// servers beside the resolver, what was found, and what it took.
func writeSurvey(w io.Writer, r survey.Report) {
	fmt.Fprintf(w, "\nmail    %s\n", safe.Of(whereTo(r)))
	for _, h := range r.MX.Hosts {
		var addrs []string
		for _, a := range h.Addrs {
			addrs = append(addrs, a.Addr.String())
		}
		where := strings.Join(addrs, " ")
		switch {
		case h.Unresolvable:
			where = "no address"
		case h.Asking:
			where = "not asked to the end"
		case len(addrs) == 0 && h.A.Failed():
			where = "address not known: " + survey.Say(h.A.Outcome, "the resolver")
		case len(addrs) == 0:
			where = "address not known"
		}
		fmt.Fprintf(w, "        %5d  %s  ttl %d  %s\n", h.Preference, safe.Domain(h.Host), h.TTL, safe.Of(where))
		if len(h.Chain) > 0 {
			fmt.Fprintf(w, "               %s\n", safe.Of(survey.Aliases(h.Chain)))
		}
	}
	label := "servers"
	for _, v := range r.MX.Servers {
		fmt.Fprintf(w, "%-7s %s  %s\n", label, safe.Domain(v.Server), safe.Of(serverSays(v)))
		label = ""
	}
	if c := r.MX.Compare; !c.OldUntil.IsZero() {
		left := "it is over"
		if d := c.OldUntil.Sub(c.OldSince); d > 0 {
			left = d.String() + " from the asking"
		}
		fmt.Fprintf(w, "old     the resolver's answer can live until %s, %s\n", c.OldUntil.UTC().Format("2006-01-02 15:04:05 UTC"), left)
	}
	label = "found"
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%-7s %s\n", label, safe.Of(f.Claim))
		label = ""
	}
	if len(r.Findings) == 0 {
		fmt.Fprintf(w, "found   nothing that stands out\n")
	}
	trips := "round trips"
	if r.Rounds == 1 {
		trips = "round trip"
	}
	fmt.Fprintf(w, "\n%d questions of %d at most in %d %s, %d ms\n", r.Asked, survey.MaxOfDomain, r.Rounds, trips, int64(r.ElapsedMS))
	if r.Cut != "" {
		fmt.Fprintf(w, "not all was asked: %s; %d questions were open\n", safe.Of(r.Cut), r.Unasked)
	}
}

// whereTo says what the MX amounts to. The text is untrusted.
func whereTo(r survey.Report) string {
	d := r.Domain
	switch r.MX.State {
	case survey.MXListed:
		if len(r.MX.Hosts) == 1 {
			return d + " names 1 host"
		}
		return fmt.Sprintf("%s names %d hosts", d, len(r.MX.Hosts)+r.MX.More)
	case survey.MXNull:
		return d + " takes none: null MX"
	case survey.MXImplicit:
		return d + " has no MX: its own address takes it"
	case survey.MXNone:
		return "nothing takes mail for " + d
	case survey.MXAsking:
		return "not known for " + d + ": not asked to the end"
	}
	if r.MX.Outcome == "" {
		return "not known for " + d
	}
	return "not known for " + d + ": " + survey.Say(r.MX.Outcome, "the resolver")
}

// serverSays words what one name server says. The text is untrusted.
func serverSays(v survey.ServerView) string {
	var out []string
	if v.Addr.IsValid() {
		out = append(out, v.Addr.String())
	}
	switch {
	case v.Counts && len(v.Entries) == 0:
		out = append(out, "no MX")
	case v.Counts:
		out = append(out, fmt.Sprintf("%d MX, ttl %d", len(v.Entries), v.TTL))
	case v.Lame:
		out = append(out, "answers without authority (lame)")
	case v.NotContacted:
		out = append(out, "a private or special address: not asked")
	case v.Unresolvable:
		out = append(out, "no address")
	case v.MX.Failed():
		out = append(out, survey.Say(v.MX.Outcome, "it"))
	default:
		out = append(out, "not asked")
	}
	if v.Differs {
		out = append(out, "another set than the resolver's")
	}
	if v.HasSerial {
		serial := fmt.Sprintf("serial %d", v.Serial)
		if v.SerialDate != "" {
			serial += " (by its digits " + v.SerialDate + ")"
		}
		out = append(out, serial)
	}
	return strings.Join(out, "  ")
}

// askingLine says on a terminal how far the asking is, where the answers
// themselves go elsewhere.
type askingLine struct {
	progress
	domain string
	mx     string
}

func newAskingLine(env Environment, domain string) *askingLine {
	return &askingLine{progress: *newProgress(env, &meter{}), domain: domain}
}

// show draws the line. It says the first facts as soon as they are known.
func (l *askingLine) show(s survey.Subject, a survey.Answers) {
	if !l.on || l.now().Sub(l.began) < progressAfter && len(a) > 1 && !l.shown && l.mx != "" {
		return
	}
	g := survey.NewGraph(s, a)
	if l.mx == "" {
		f := survey.Read(s, a)
		switch f.MX.State {
		case survey.MXAsking:
		case survey.MXListed:
			var hosts []string
			for _, h := range f.MX.Hosts {
				hosts = append(hosts, h.Host)
			}
			l.mx = ", MX " + strings.Join(slices.Compact(hosts), " ")
		default:
			l.mx = ", MX " + string(f.MX.State)
		}
	}
	line := safe.Of(fmt.Sprintf("%s: %d of %d answered%s", l.domain, len(a), len(g.Questions()), l.mx))
	text := []rune(string(line))
	fmt.Fprintf(l.w, "\r\x1b[K%s", string(text[:min(len(text), 78)]))
	l.shown = true
}
