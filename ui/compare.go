package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// compareScreen shows two messages of a case side by side.
type compareScreen struct {
	pair int // index among the case's comparisons
	at   int // row at the top, from 0
}

func compareActions() []action {
	in := []scope{inCompare}
	back := func(m *Model) tea.Cmd { m.screen = inCase; return nil }
	move := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd { m.compareMove(by); return nil }
	}
	page := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd { m.compareMove(by * max(1, m.frame.h-8)); return nil }
	}
	next := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			n := len(m.comparisons())
			m.compare = compareScreen{pair: ((m.compare.pair+by)%n + n) % n}
			return nil
		}
	}
	several := func(m *Model) (bool, safe.Text) {
		return len(m.comparisons()) > 1, "there is one pair so far; a adds another bounce"
	}
	return []action{
		{
			keys: []string{"y"}, show: "y", in: in, long: "record as evidence", short: "record", rank: 1,
			does: "record the one that arrived as an answer to question 1, with the role evidence; the form asks first",
			can:  both(canWrite, confirms), run: (*Model).openEvidence,
		},
		{keys: []string{"esc", "="}, show: "esc", in: in, long: "back", rank: 2, does: "back to the panel", run: back},
		{keys: []string{"tab", "]"}, show: "tab", in: in, long: "next pair", rank: 3, does: "the next pair of messages of this case", can: several, run: next(1)},
		{keys: []string{"shift+tab", "["}, show: "shift+tab", in: in, long: "pair before", does: "the pair before", move: true, can: several, run: next(-1)},
		{
			keys: []string{"c"}, show: "c", in: in, long: "copy as text", short: "copy", rank: 4, does: "copy the comparison as text",
			can: hasComparison, run: func(m *Model) tea.Cmd { return m.copyText(m.compareText()) },
		},
		{keys: []string{"j", "down"}, show: "j down", in: in, long: "down", does: "a line further", move: true, run: move(1)},
		{keys: []string{"k", "up"}, show: "k up", in: in, long: "up", does: "a line back", move: true, run: move(-1)},
		{keys: []string{"pgdown", " ", "ctrl+f"}, show: "pgdn", in: in, long: "page down", does: "a page further", move: true, run: page(1)},
		{keys: []string{"pgup", "ctrl+b"}, show: "pgup", in: in, long: "page up", does: "a page back", move: true, run: page(-1)},
		{keys: []string{"g", "home"}, show: "g", in: in, long: "top", does: "to the first line", move: true, run: func(m *Model) tea.Cmd { m.compare.at = 0; return nil }},
		{keys: []string{"G", "end"}, show: "G", in: in, long: "bottom", does: "to the last line", move: true, run: move(1 << 30)},
	}
}

// hasComparison holds where the case has a second message to set beside the first.
func hasComparison(m *Model) (bool, safe.Text) {
	c := m.kase()
	switch {
	case c == nil:
		return false, ""
	case len(c.snap.flow.Compared) > 0:
		return true, ""
	case c.snap.kase != nil && len(c.snap.kase.Bounces()) > 1:
		return false, "nothing to compare with: the others tell of no delivery; a adds a bounce, or the header of mail that arrived"
	}
	return false, "one bounce so far; a adds another"
}

// confirms holds where the pair shown holds evidence that the step can record.
func confirms(m *Model) (bool, safe.Text) {
	p, ok := m.comparison()
	if !ok || len(p.Confirms) == 0 {
		return false, ""
	}
	_, task := m.kase().taskOf(p.Confirms[0])
	return task, ""
}

func (m *Model) comparisons() []diagnose.Comparison {
	if c := m.kase(); c != nil {
		return c.snap.flow.Compared
	}
	return nil
}

// comparison gives the pair shown. The case may have changed since it was chosen.
func (m *Model) comparison() (diagnose.Comparison, bool) {
	list := m.comparisons()
	if len(list) == 0 {
		return diagnose.Comparison{}, false
	}
	return list[min(m.compare.pair, len(list)-1)], true
}

func (m *Model) openCompare() tea.Cmd {
	m.compare = compareScreen{}
	m.screen = inCompare
	return nil
}

// openEvidence goes to the question that the message that arrived answers, and
// opens the form for it. Nothing is recorded before the form is.
func (m *Model) openEvidence() tea.Cmd {
	p, ok := m.comparison()
	if !ok || len(p.Confirms) == 0 {
		return nil
	}
	c := m.kase()
	at, ok := c.taskOf(p.Confirms[0])
	if !ok {
		return nil
	}
	m.screen = inCase
	c.goTo(diagnose.StepRecipient.Number())
	c.task = at
	return m.openAnswerAs(diagnose.Yes, said{who: m.opts.Actor, role: diagnose.Evidence, how: "header of mail that arrived", at: p.Arrived})
}

// taskOf gives the place of a question among those of step 3.
func (c *openCase) taskOf(id diagnose.QuestionID) (int, bool) {
	n := 0
	for _, s := range c.snap.flow.Step(diagnose.StepRecipient).Sections {
		for _, t := range s.Tasks {
			if t.ID == id {
				return n, true
			}
			n++
		}
	}
	return 0, false
}

func (m *Model) compareMove(by int) {
	f := m.frame
	rows := m.compareRows(f.w)
	most := max(0, len(rows)-m.compareRoom(f.w, m.fullHeight()))
	m.compare.at = min(max(m.compare.at+by, 0), most)
}
