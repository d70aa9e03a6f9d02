package bounce

import "strings"

// isAggregate knows a report on the mail of a domain: a TLS report by its type
// (RFC 8460 section 5.3), a DMARC aggregate report by its subject and the name
// of its file (RFC 9990, before it RFC 7489 section 7.2.1).
func (m *mail) isAggregate() bool {
	if m.msg == nil {
		return false
	}
	if strings.EqualFold(m.msg.params.get("report-type"), "tlsrpt") || m.head.has("TLS-Report-Domain") {
		return true
	}
	subject := strings.ToLower(words(m.head.value("Subject")))
	return strings.Contains(subject, "report domain:") && (strings.Contains(subject, "submitter:") || strings.Contains(subject, "report-id:")) ||
		aggregateFile(m.msg)
}

// aggregateFile finds a part named "receiver!domain!begin!end.xml.gz".
func aggregateFile(e *entity) bool {
	name := e.params.get("name")
	if name == "" {
		_, p := mediaType(e.header.value("Content-Disposition"))
		name = p.get("filename")
	}
	name = strings.ToLower(name)
	if strings.Count(name, "!") >= 3 && (strings.Contains(name, ".xml") || strings.HasSuffix(name, ".zip") || strings.Contains(name, ".json")) {
		return true
	}
	for _, p := range e.parts {
		if !p.embedded && aggregateFile(p) {
			return true
		}
	}
	return false
}

func (m *mail) readAggregate() []draft {
	dr := draft{kind: NotReport, why: "it is a report on the mail of a domain: it counts mails, and tells of no single one"}
	dr.r.Recipient = m.headAddress("To")
	dr.r.Sender = m.headAddress("From")
	dr.r.Subject = m.headField("Subject")
	return []draft{dr}
}
