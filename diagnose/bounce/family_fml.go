package bounce

import "strings"

// fmlSubjects are what the subject of a refusal by fml says, in lower case; the
// articles of a list carry X-MLServer too.
var fmlSubjects = []string{"not member", "reject", "loop alert", "loop back warning", "unix from loop", "security alert", "fml system error", "fml status", "ignored", "spam mail", "too big", "too large"}

// isFml knows a mail that fml, a mailing-list server, sent instead of passing
// an article on (X-MLServer and subject, fml 4.0 libsmtp.pl and fml.pl).
func (m *mail) isFml() bool {
	return prefixFold(strings.TrimLeft(m.head.value("X-MLServer"), " \t"), "fml") && m.headSays("Subject", fmlSubjects...)
}

// readFml gives the list that the first sentence names: it is what the sender
// wrote to.
func (m *mail) readFml() []draft {
	for _, t := range m.human {
		for i, l := range t.lines {
			s := l.s[:min(len(l.s), 1024)]
			open := strings.IndexByte(s, '<')
			if open < 0 {
				continue
			}
			start, end, ok := nextAddress(s, open)
			if !ok || start != open+1 {
				continue
			}
			said := strings.TrimSpace(s)
			dr := draft{says: "fml"}
			dr.r.Recipient = m.d.shown(s[start:end], t.part, t.offset(i, start))
			dr.r.Diagnostic = m.d.shown(said, t.part, t.offset(i, indent(s)))
			dr.r.Stage = StageLocal
			return []draft{dr}
		}
	}
	return nil
}
