package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// strayMsg is the reading of a text that was pasted where none is taken.
type strayMsg struct {
	kase    *openCase
	raw     []byte
	reading Reading
}

// readStray has a text read that was pasted beside a field: what a DNS tool
// printed can only be meant for the case that is shown.
func (m *Model) readStray(raw []byte) tea.Cmd {
	c := m.kase()
	if ok, _ := canWrite(m); !ok || m.screen == inHome || m.screen == inCases || len(raw) > pasteMost {
		return nil
	}
	desk := m.opts.Desk
	return func() tea.Msg { return strayMsg{c, raw, desk.Read(raw)} }
}

// strayRead takes the text to the screen that adds to the case. Nothing is
// recorded before its form is filled in.
func (m *Model) strayRead(msg strayMsg) tea.Cmd {
	if !msg.reading.DNS || m.kase() != msg.kase || len(m.over) > 0 || m.screen == inPaste || m.screen == inHome || m.screen == inCases {
		return nil
	}
	m.say("")
	m.openAdd()
	m.paste.clear()
	return m.paste.insert(m, msg.raw)
}

// openSeen asks where the output of a DNS tool was taken, over the case that it
// is for. The text stays on the paste screen until it is recorded.
func (m *Model) openSeen(c *openCase, raw []byte, reading Reading) {
	for i := range m.cases {
		if m.cases[i] == c {
			m.showCase(i)
		}
	}
	const most = 4 // answers listed
	f := &form{
		title: "DNS as another machine sees it", do: "record", keep: "record nothing", kase: c,
		done: "recorded; panel 4 compares it, u takes it back",
		fields: []field{
			textOf("place", "taken on", string(c.wholeName(reading.Place)), "name the host on which it was run: the server that sent the mail"),
			textOf("who", "who says it", string(c.user()), "name the person who ran it"),
		},
		make: func(m *Model, f *form) ([]diagnose.Body, error) {
			body := diagnose.Pasted(safe.Untrusted(f.value("place")), safe.Untrusted(f.value("who")), m.now, raw)
			if err := diagnose.Admit(c.snap.kase, body, m.now); err != nil {
				return nil, err
			}
			m.paste.clear()
			return []diagnose.Body{body}, nil
		},
	}
	for i, l := range reading.Fields {
		if i == most {
			f.facts = append(f.facts, fact{value: safe.Textf("%d more", len(reading.Fields)-i)})
			break
		}
		f.facts = append(f.facts, fact{label: l.Label, value: l.Value, strong: l.Strong})
	}
	m.openOverlay(f.first())
}

// wholeName gives the name of the server that wrote the bounce for its first
// label: a prompt has that alone.
func (c *openCase) wholeName(host safe.Text) safe.Text {
	if c.snap.kase == nil || host == "" {
		return host
	}
	if b, ok := c.snap.kase.Latest(); ok {
		whole := b.Report.ReportingMTA.Value.Safe()
		if first, _, _ := strings.Cut(string(whole), "."); strings.EqualFold(first, string(host)) {
			return whole
		}
	}
	return host
}

// user gives who sits at the keys, as the case knows it.
func (c *openCase) user() safe.Text {
	if c.snap.kase == nil {
		return ""
	}
	for _, e := range c.snap.kase.Events() {
		if e.By != diagnose.Program {
			return e.By.Safe()
		}
	}
	return ""
}
