package bounce

import (
	"net/netip"
	"slices"
	"strings"

	"deadletter/diagnose/safe"
)

// genuine says how far it is shown that the bounce answers mail of ours.
// Nothing that a bounce says of itself proves it; only what names our own
// hosts or domains can, and only where it is known what is ours.
func (m *mail) genuine(dr *draft) {
	r := &dr.r
	because := func(t safe.Text) { r.GenuineReasons = append(r.GenuineReasons, t) }
	r.Genuine = Unproved
	ours := m.d.opts.Ours
	if host, ok := ours.relayed(r.Through); ok {
		r.Genuine = Proved
		because(safe.Textf("the returned mail went through our host %s, by its Received fields", host))
		return
	}
	if r.ReportingMTA.Known() && ours.host(string(r.ReportingMTA.Value)) {
		if m.cameFromOurs(ours) {
			r.Genuine = Proved
			because(safe.Textf("our own host %s wrote it", r.ReportingMTA.Value))
			return
		}
		because(safe.Textf("it claims to be written by our host %s, but its own Received fields do not show that host", r.ReportingMTA.Value))
		return
	}
	if domain := domainOf(string(r.Sender.Value)); len(ours.Domains) > 0 && domain != "" && !ours.domain(domain) {
		because(safe.Textf("the sender's domain %s is none of ours: backscatter possible", domain))
		return
	}
	switch {
	case r.Format != FormatDSN:
		because("a notice in free text can be written by anyone")
	case !m.head.has("Return-Path"):
		because("the bounce has no Return-Path field that shows the null sender")
	case !m.nullSender():
		because("the bounce did not come from the null sender")
	case len(m.orig.h) == 0:
		because("nothing of the mail that failed was returned")
	case !m.matches(r):
		because("the returned header names neither this recipient nor the reader of the bounce")
	default:
		r.Genuine = Plausible
		because("a well-formed notification from the null sender whose returned header fits the recipient")
		if len(ours.Domains) == 0 && len(ours.Hosts) == 0 {
			because("which hosts and domains are ours is not known, so nothing more can be checked")
		} else {
			because("none of our hosts stands in its returned Received fields")
		}
	}
}

// relayed finds a host of ours in the Received fields of the returned mail.
func (o Ours) relayed(through []Field) (string, bool) {
	if len(o.Hosts) == 0 {
		return "", false
	}
	for _, f := range through {
		for _, w := range receivedHosts(string(f.Value)) {
			if o.named(w) {
				return w, true
			}
		}
	}
	return "", false
}

// receivedHosts gives the hosts and addresses of the from and by clauses.
func receivedHosts(s string) []string {
	s = s[:min(len(s), 1024)]
	if i := strings.LastIndexByte(s, ';'); i >= 0 {
		s = s[:i]
	}
	if i := strings.Index(s, " for <"); i >= 0 {
		s = s[:i]
	}
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t()[]<>;,=", r) })
}

func (o Ours) named(w string) bool {
	w = strings.TrimSuffix(strings.ToLower(w), ".")
	addr, err := netip.ParseAddr(strings.TrimPrefix(w, "ipv6:"))
	return slices.ContainsFunc(o.Hosts, func(h string) bool {
		if err == nil {
			own, err := netip.ParseAddr(h)
			return err == nil && own.Unmap() == addr.Unmap()
		}
		return strings.EqualFold(strings.TrimSuffix(h, "."), w)
	})
}

// host reports whether a host is ours: named so, or within a domain of ours.
func (o Ours) host(name string) bool {
	return o.named(name) || o.domain(strings.ToLower(name))
}

func (o Ours) domain(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	return slices.ContainsFunc(o.Domains, func(d string) bool {
		d = strings.TrimSuffix(strings.ToLower(d), ".")
		return d != "" && (name == d || strings.HasSuffix(name, "."+d))
	})
}

// cameFromOurs checks the bounce's own path: no Received field at all (it
// never left the host), or one that shows a host of ours.
func (m *mail) cameFromOurs(ours Ours) bool {
	fields := m.head.all("Received")
	for _, f := range fields {
		if slices.ContainsFunc(receivedHosts(unfold(f.value)), ours.host) {
			return true
		}
	}
	return len(fields) == 0
}

// matches reports whether the returned header speaks of this recipient, or is
// of mail from the one whom the bounce was sent to.
func (m *mail) matches(r *Report) bool {
	for _, recipient := range [...]Field{r.Recipient, r.OriginalRecipient} {
		if !recipient.Known() {
			continue
		}
		low := strings.ToLower(string(recipient.Value))
		for _, name := range [...]string{"To", "Cc", "X-Original-To", "Delivered-To", "Received", "X-Failed-Recipients"} {
			for _, f := range m.orig.h.all(name) {
				if holds(cut(f.value, 2<<10), low) {
					return true
				}
			}
		}
	}
	to := m.headAddress("To")
	return to.Known() && strings.EqualFold(string(to.Value), string(r.Sender.Value)) && r.Sender.By != "To of the notice"
}
