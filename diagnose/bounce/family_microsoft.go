package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// generating and receiving are the labels with which Exchange names the two
// servers, in the languages seen.
var (
	generating = []string{"generating server:", "server di generazione:", "generierender server:", "serveur de g\u00e9n\u00e9ration:", "servidor de generaci\u00f3n:",
		"bron server:", "genererende server:", "servidor gerador:", "\u751f\u6210\u5143\u30b5\u30fc\u30d0\u30fc:", "serveur \u00e9metteur:", "serveur g\u00e9n\u00e9rateur:"}
	receiving = []string{"receiving server:", "server di ricezione:", "empfangender server:", "serveur de r\u00e9ception:", "servidor de recepci\u00f3n:", "servidor receptor:", "ontvangende server:"}
)

// isMicrosoft knows Exchange and Microsoft 365 by the labels above, by the
// opening of their notices, and by the older Exchange's sentence.
func (m *mail) isMicrosoft() bool {
	return m.says(generating...) || m.says("delivery has failed to these recipients", "did not reach the following recipient", "following recipient(s) could not be reached",
		"following recipient(s) cannot be reached", "msexch:", "couldn't be delivered", "your message wasn't delivered", "remote server returned '") &&
		(m.fromDaemon() || m.msg == nil || m.headSays("From", "microsoftexchange"))
}

// readMicrosoft reads every recipient with the block of details that names it.
func (m *mail) readMicrosoft() []draft {
	var out []draft
	server := m.labelled(generating)
	remote := m.labelled(receiving)
	for _, mt := range m.mentions() {
		if !mt.strong && (m.says(generating...) || m.says("did not reach the following")) {
			continue
		}
		said := mt.said()
		for _, lead := range []string{"Remote Server returned ", "Remote server returned ", "Remote Server at "} {
			if i := strings.Index(said, lead); i >= 0 && !strings.HasPrefix(lead, "Remote Server at") {
				said = strings.Trim(said[i+len(lead):], "' <>")
			}
		}
		said = strings.Trim(said, "#< >")
		if strings.HasPrefix(said, "mailto:") {
			said = mt.belowOnly()
		}
		dr := m.mentioned(mt, said)
		dr.says = "Exchange"
		host, _ := hostAndAddress(string(server.Value))
		dr.r.ReportingMTA = server
		dr.r.ReportingMTA.Value = safe.Untrusted(host)
		if host == "" {
			dr.r.ReportingMTA = Field{}
		}
		if host, addr := hostAndAddress(string(remote.Value)); host != "" {
			dr.r.RemoteMTA, dr.r.RemoteAddress = m.d.within(remote, host), m.d.within(remote, addr)
			if addr == "" {
				dr.r.RemoteAddress = Field{}
			}
		}
		out = append(out, dr)
	}
	out = m.merge(out)
	if m.says("is delayed", "has been delayed", "hasn't been delivered yet", "not yet been delivered") {
		delay(out)
	}
	return out
}

// belowOnly joins the lines below the address.
func (mt *mention) belowOnly() string {
	rest := *mt
	rest.rest, rest.bodyDone = "", ""
	return strings.Trim(rest.said(), "#< >")
}

// labelled gives what follows the first of the labels that the text holds.
func (m *mail) labelled(labels []string) Field {
	for _, t := range m.human {
		for i, l := range t.lines {
			low := strings.ToLower(l.s)
			for _, label := range labels {
				if j := strings.Index(low, label); j >= 0 && j+len(label) <= len(l.s) {
					return m.d.shown(cut(l.s[j+len(label):], 1024), t.part, t.offset(i, j+len(label)))
				}
			}
		}
	}
	return Field{}
}

var microsoftKeeps = keeps{
	"remote_host":    "message trace of the sending tenant: the event's detail names the server",
	"remote_address": "message trace of the sending tenant: the event's detail names the server",
}
