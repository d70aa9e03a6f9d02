package bounce

import (
	"slices"
	"strings"
)

// isExim knows Exim by its header or its opening sentence; others that copy
// the sentence read alike.
func (m *mail) isExim() bool {
	return m.head.has("X-Failed-Recipients") ||
		m.says("created automatically by mail delivery software", "recipient addresses that were\nincorrectly constructed", "the message identifier is:")
}

// readExim reads an address on a line of its own and what is indented below
// it; with X-Failed-Recipients only those addresses count.
func (m *mail) readExim() []draft {
	failed := m.failedRecipients()
	var out []draft
	for _, mt := range m.mentions() {
		if len(failed) > 0 && mt.from == "" && !containsFold(failed, mt.addr) && !mt.strong {
			continue
		}
		below := strings.TrimSpace(mt.next())
		if strings.HasPrefix(below, "(") && strings.Contains(below, "generated from") {
			if start, end, ok := nextAddress(below, 0); ok {
				mt.from = below[start:end]
			}
			mt.body++
		}
		said := mt.said()
		if !mt.strong && readCodes(said).replyAt < 0 {
			continue
		}
		dr := m.mentioned(mt, said)
		dr.says = "Exim"
		out = append(out, dr)
	}
	out = m.merge(out)
	for _, f := range failed {
		if slices.ContainsFunc(out, func(dr draft) bool { return strings.EqualFold(string(dr.r.Recipient.Value), string(f.Value)) }) {
			continue
		}
		if len(failed) == 1 && len(out) == 1 {
			continue // the text names the address after forwarding
		}
		dr := draft{context: m.paragraph(), contextAt: m.firstWords()}
		dr.r.Recipient = f
		out = append(out, dr)
	}
	if m.says("has not yet been delivered", "delay reason") || m.headSays("Subject", "delayed") {
		delay(out)
	}
	return out
}

func (mt *mention) next() string {
	if mt.body < mt.end {
		return mt.t.lines[mt.body].s
	}
	return ""
}

func containsFold(fields []Field, addr string) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return strings.EqualFold(string(f.Value), addr) })
}
