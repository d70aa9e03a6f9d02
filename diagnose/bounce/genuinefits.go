package bounce

import (
	"slices"
	"strings"
	"time"

	"deadletter/diagnose/safe"
)

// dates compares the bounce's time with the mail's.
func (m *mail) dates(r *Report, e *evidence) {
	sent, back := r.Arrived.At, r.FailedAt.At
	if sent.IsZero() || back.IsZero() {
		return
	}
	switch d := back.Sub(sent); {
	case d < -time.Hour:
		e.contra("the bounce is older than the mail that it returns")
	case d > maxReturnDays*24*time.Hour:
		e.capped = true
		e.pro("the bounce came more than seven days after the mail")
	}
}

// authentication reads the Authentication-Results of our own servers alone
// (RFC 8601 section 5), above the first Received field that is not ours.
func (m *mail) authentication(r *Report, ours Ours, e *evidence) {
	if len(ours.AuthServers) == 0 {
		return
	}
	for _, f := range m.head {
		if strings.EqualFold(f.name, "Received") && !ours.host(readHop(f.value).by) {
			return
		}
		if !strings.EqualFold(f.name, "Authentication-Results") {
			continue
		}
		server, results, _ := strings.Cut(strings.ToLower(unfold(f.value)), ";")
		if !slices.ContainsFunc(ours.AuthServers, func(own string) bool { return strings.EqualFold(own, firstWord(server)) }) {
			continue
		}
		for _, method := range strings.Split(cut(results, 4<<10), ";") {
			words := strings.Fields(method)
			if len(words) == 0 {
				continue
			}
			switch words[0] {
			case "dmarc=fail", "spf=fail", "dkim=fail":
				e.contra(safe.Textf("our own server %s says %s of it", firstWord(server), words[0]))
			case "dmarc=pass", "spf=pass", "dkim=pass":
				for _, w := range words[1:] {
					_, v, ok := strings.Cut(w, "=")
					v = v[strings.LastIndexByte(v, '@')+1:]
					if ok && r.ReportingMTA.Known() && isHost(v) && organisation(v) == organisation(string(r.ReportingMTA.Value)) {
						e.authenticated = true
						e.pro(safe.Textf("our own server %s authenticated it: %s of %s", firstWord(server), words[0], v))
						break
					}
				}
			}
		}
	}
}

// recipientFits asks whether the returned header was sent to whom the bounce
// reports. A forward or a list may lie between; then nothing is proved by it.
func (m *mail) recipientFits(dr *draft, ours Ours, e *evidence) {
	r := &dr.r
	if !r.Recipient.Known() || len(m.orig.h) == 0 || m.namesRecipient(r) {
		return
	}
	sent := m.returnedRecipients()
	if len(sent) == 0 {
		return
	}
	e.capped = true
	for addr := range sent {
		if d := domainOf(addr); d != "" && (d == domainOf(string(r.Recipient.Value)) || ours.domain(d)) {
			return // an alias at the same place, or a list of ours
		}
	}
	dr.find(Contradiction, safe.Textf("the returned mail was sent to others than %s", r.Recipient.Value))
	if !e.proof {
		e.contra(safe.Textf("the returned mail was sent to others than %s", r.Recipient.Value))
	}
}

// reporterFits notes where the host that claims to report has no part in the
// way that the bounce came.
func (m *mail) reporterFits(dr *draft) {
	host := string(dr.r.ReportingMTA.Value)
	if !isHost(host) {
		return
	}
	fields := m.head.all("Received")
	of := organisation(host)
	for _, f := range fields {
		if holds(cut(f.value, 2<<10), of) {
			return
		}
	}
	reader := organisation(domainOf(string(m.headAddress("To").Value))) // a platform may send under its customer's name
	seen := false
	for i, f := range fields {
		h := readHop(f.value)
		if h.helo != "" && organisation(h.helo) == reader || h.name != "" && organisation(h.name) == reader || i > maxThrough {
			return
		}
		seen = seen || isHost(h.helo) || isHost(h.name)
	}
	if seen {
		dr.find(Contradiction, safe.Textf("the reporting host %s stands in none of the bounce's own Received fields", host))
	}
}

// namesRecipient reports whether the returned header names this recipient.
func (m *mail) namesRecipient(r *Report) bool {
	var named []string
	for _, x := range [...]Field{r.Recipient, r.OriginalRecipient} {
		if x.Known() {
			named = append(named, strings.ToLower(string(x.Value)))
		}
	}
	for _, name := range []string{"To", "Cc", "X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "Received", "X-Failed-Recipients"} {
		for i, f := range m.orig.h.all(name) {
			if i > maxThrough {
				break
			}
			for _, low := range named {
				if holds(cut(f.value, 16<<10), low) {
					return true
				}
			}
		}
	}
	return false
}

// matches reports whether the returned header speaks of this recipient, or is
// of mail from the one whom the bounce was sent to.
func (m *mail) matches(r *Report) bool {
	if m.namesRecipient(r) {
		return true
	}
	to := m.headAddress("To")
	return to.Known() && strings.EqualFold(string(to.Value), string(r.Sender.Value)) && r.Sender.By != "To of the notice"
}
