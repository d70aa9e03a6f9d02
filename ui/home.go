package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// homeScreen lists the cases that are kept on disk.
type homeScreen struct {
	lines   []Line
	loading bool
	at      int // index into shown
}

// group is how the list is divided.
type group uint8

const (
	yourMove group = iota
	waitsFor
	stillOpen
	ended
	unreadable
	groups
)

func (l Line) group() group {
	switch {
	case l.Problem != "":
		return unreadable
	case l.Outcome != diagnose.Open && l.Outcome != diagnose.OnHold && l.Outcome != "":
		return ended
	case l.State == diagnose.Active:
		return yourMove
	case l.State == diagnose.Waiting || l.Outcome == diagnose.OnHold:
		return waitsFor
	}
	return stillOpen
}

var groupNames = [groups]safe.Text{"Your move", "Waiting", "Open", "Ended", "Cannot be read"}

func homeActions() []action {
	in := []scope{inHome}
	some := func(m *Model) (bool, safe.Text) { return len(m.home.lines) > 0, "" }
	return []action{
		{keys: []string{"enter"}, show: "enter", in: in, long: "open", rank: 1, does: "open the case under the cursor", can: some, run: (*Model).openChosen},
		{keys: []string{"j", "down"}, show: "j down", in: in, long: "down", does: "the next case", move: true, can: some, run: func(m *Model) tea.Cmd { m.home.move(1); return nil }},
		{keys: []string{"k", "up"}, show: "k up", in: in, long: "up", does: "the case before", move: true, can: some, run: func(m *Model) tea.Cmd { m.home.move(-1); return nil }},
		{keys: []string{"pgdown", " "}, show: "pgdn", in: in, long: "page down", does: "ten cases further", move: true, can: some, run: func(m *Model) tea.Cmd { m.home.move(10); return nil }},
		{keys: []string{"pgup"}, show: "pgup", in: in, long: "page up", does: "ten cases back", move: true, can: some, run: func(m *Model) tea.Cmd { m.home.move(-10); return nil }},
		{keys: []string{"g", "home"}, show: "g", in: in, long: "top", does: "the first case", move: true, can: some, run: func(m *Model) tea.Cmd { m.home.at = 0; return nil }},
		{keys: []string{"G", "end"}, show: "G", in: in, long: "bottom", does: "the last case", move: true, can: some, run: func(m *Model) tea.Cmd { m.home.at = max(0, len(m.home.lines)-1); return nil }},
		{keys: []string{"R"}, show: "R", in: in, long: "read again", does: "read the list of cases again", run: func(m *Model) tea.Cmd { return m.readCases() }},
		{keys: []string{"t"}, show: "t", in: in, long: "worked example", short: "example", rank: 6, does: "open the worked example; no network", run: (*Model).demo},
		{
			keys: []string{"esc"}, show: "esc", in: in, long: "back", rank: 5, does: "back to the open case",
			can: func(m *Model) (bool, safe.Text) { return len(m.cases) > 0, "" },
			run: func(m *Model) tea.Cmd { m.showCase(m.at); return nil },
		},
	}
}

func (h *homeScreen) move(by int) { h.at = min(max(h.at+by, 0), max(0, len(h.lines)-1)) }

func (m *Model) openHome() tea.Cmd {
	m.screen = inHome
	return m.readCases()
}

// casesRead takes the list in; with nothing to show, the paste screen opens.
func (m *Model) casesRead(msg casesMsg) {
	m.home.loading = false
	if msg.err != nil {
		m.failed("the cases cannot be listed", msg.err)
	}
	m.home.lines = m.home.lines[:0]
	for g := yourMove; g < groups; g++ {
		for _, l := range msg.lines {
			if l.group() == g {
				m.home.lines = append(m.home.lines, l)
			}
		}
	}
	m.home.move(0)
	if len(m.home.lines) == 0 && m.screen == inHome && len(m.cases) == 0 {
		m.screen = inPaste
	}
}

func (m *Model) openChosen() tea.Cmd {
	l := m.home.lines[m.home.at]
	if l.Problem != "" {
		m.fail(l.Problem)
		return nil
	}
	for i, c := range m.cases {
		if c.snap.status.ID == l.ID {
			m.showCase(i)
			return nil
		}
	}
	m.say("opening")
	return m.resume(l.ID)
}

// homeView lays out the list of cases.
func (m *Model) homeView(w, h int) []row {
	h0 := &m.home
	if h0.loading {
		return []row{{}, line(quiet, "  reading the cases")}
	}
	pad := 2
	if m.frame.shape < railed {
		pad = 1
	}
	// recipient, reply, step, who and what, since
	cols := []int{34, 12, 22, 0, 11}
	switch {
	case m.frame.shape == narrow:
		cols = []int{0, 0, 0, 0, 11}
	case m.frame.shape == single:
		cols = []int{32, 0, 6, 0, 11}
	}
	used := pad + 2
	for _, c := range cols {
		used += c
	}
	flexible := 3
	if m.frame.shape == narrow {
		flexible = 0
	}
	cols[flexible] = max(0, w-used-1)
	put := func(l *row, at, i int, r role, t safe.Text) int {
		if cols[i] == 0 {
			return at
		}
		l.to(at)
		l.add(r, m.g.cut(t, cols[i]-2))
		return at + cols[i]
	}
	var rows []row
	selected := 0
	var head row
	at := pad + 2
	for i, t := range []safe.Text{"recipient", "reply", "step", "who, and for what"} {
		at = put(&head, at, i, quiet, t)
	}
	head.right(w-1, line(quiet, "since"))
	rows = append(rows, head)
	counts := [groups]int{}
	for _, l := range h0.lines {
		counts[l.group()]++
	}
	last := groups
	c := clock{m.now, m.opts.Location}
	for i, l := range h0.lines {
		if g := l.group(); g != last {
			last = g
			var title row
			title.to(pad)
			title.add(strong, groupNames[g])
			title.add(quiet, safe.Textf("  %d", counts[g]))
			if !m.frame.low {
				rows = append(rows, row{})
			}
			rows = append(rows, title)
		}
		if i == h0.at {
			selected = len(rows)
		}
		rows = append(rows, m.homeRow(l, i == h0.at, pad, cols, put, c, w))
	}
	return window(rows, selected, h)
}

func (m *Model) homeRow(l Line, chosen bool, pad int, cols []int, put func(*row, int, int, role, safe.Text) int, c clock, w int) row {
	var out row
	if chosen {
		out.add(accent, m.g.bar)
	}
	out.to(pad)
	glyph, gr, _ := m.g.state(l.State)
	if l.group() == waitsFor {
		glyph, gr, _ = m.g.state(diagnose.Waiting)
	}
	if l.group() == ended {
		glyph, gr = m.g.ends, quiet
	}
	if l.Problem != "" {
		glyph, gr = m.g.note, bad
	}
	out.add(gr, glyph)
	name := l.Recipient
	if name == "" {
		name = safe.Of(l.ID)
	}
	r := plain
	if chosen {
		r = strong
	}
	at := put(&out, pad+2, 0, r, name)
	at = put(&out, at, 1, plain, l.Reply)
	step, who := stepName(l.Step), l.Waits
	short := cols[2] > 0 && cols[2] < 10
	switch {
	case l.group() == ended && short:
		step, who = "", outcomeWord(l.Outcome)
	case l.group() == ended:
		step = outcomeWord(l.Outcome)
	case short && step != "":
		step = step[:1]
	}
	at = put(&out, at, 2, plain, step)
	if l.Problem != "" {
		who = l.Problem
	}
	put(&out, at, 3, plain, who)
	when := c.since(l.Since)
	if l.group() == ended {
		when = c.at(l.Since, 8, true)
	}
	out.right(w-1, line(quiet, when))
	return out
}

// window gives the h rows around a chosen one.
func window(rows []row, chosen, h int) []row {
	if len(rows) <= h {
		return rows
	}
	from := min(max(0, chosen-h/2), len(rows)-h)
	return rows[from : from+h]
}

// stepName names a step with its number: "3 Confirm recipient".
func stepName(s diagnose.Step) safe.Text {
	names := map[diagnose.Step]safe.Text{
		diagnose.StepCapture: "1 Capture bounce", diagnose.StepRejector: "2 Find rejector",
		diagnose.StepRecipient: "3 Confirm recipient", diagnose.StepMX: "4 Check MX",
		diagnose.StepSuppression: "5 Inspect suppression", diagnose.StepRetry: "6 Retry once",
	}
	return names[s]
}

// outcomeWord says how a case stands, for people.
func outcomeWord(o diagnose.Outcome) safe.Text {
	for _, c := range outcomeChoices() {
		if c.value == string(o) {
			return c.label
		}
	}
	switch o {
	case diagnose.Open, "":
		return "open"
	}
	return safe.Of(strings.ReplaceAll(string(o), "_", " "))
}
