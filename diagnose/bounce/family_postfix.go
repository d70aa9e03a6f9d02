package bounce

import (
	"strings"
)

// isPostfix knows both openings that Postfix has used, and its paragraph form
// by itself, as people paste it.
func (m *mail) isPostfix() bool {
	if m.says("this is the postfix program at host", "this is the mail system at host", "the postfix program", "the mail system\n") {
		return true
	}
	return m.msg == nil && m.says("(in reply to ", "] said: ") && m.says("<") && m.anyStrong()
}

func (m *mail) anyStrong() bool {
	for _, mt := range m.mentions() {
		if mt.strong && mt.said() != "" {
			return true
		}
	}
	return false
}

// readPostfix reads "<address>: host name[address] said: reply (in reply to
// command)", one paragraph a recipient.
func (m *mail) readPostfix() []draft {
	var out []draft
	for _, mt := range m.mentions() {
		said := mt.said()
		s := mt.t.lines[mt.line].s
		if !mt.strong || said == "" || !strings.Contains(s, ">:") && !strings.Contains(s, "):") && !strings.Contains(strings.ToLower(s), "expanded from") {
			continue
		}
		dr := m.mentioned(mt, said)
		dr.says = "Postfix"
		out = append(out, dr)
	}
	if m.says("will be retried", "could not be delivered for", "still being delivered", "do not need to resend") || m.headSays("Subject", "delayed mail") {
		delay(out)
	}
	return m.merge(out)
}
