package bounce

import (
	"strings"
)

// isQmail knows qmail-send and the programs made after it.
func (m *mail) isQmail() bool {
	return m.says("this is the qmail-send program", "i'm afraid i wasn't able to deliver your message", "i wasn't able to deliver your message",
		"sorry, we were unable to deliver your message to the following address", "unable to deliver message to the following address(es)")
}

// readQmail reads "<address>:" and the paragraph below it; the reply stands
// behind "Remote host said:".
func (m *mail) readQmail() []draft {
	var out []draft
	for _, mt := range m.mentions() {
		if !mt.strong {
			continue
		}
		said := mt.said()
		all := said
		if i := indexFold(said, "remote host said:"); i >= 0 {
			said = strings.TrimSpace(said[i+len("remote host said:"):])
		}
		if i := strings.Index(said, " Giving up on "); i > 0 {
			said = said[:i]
		}
		if i := strings.Index(said, "I'm not going to try again"); i > 0 {
			said = strings.TrimRight(said[:i], " /")
		}
		dr := m.mentioned(mt, said)
		dr.context = all
		dr.r.Diagnostic = mt.replyField(m.d, said)
		out = append(out, dr)
	}
	return m.merge(out)
}
