package ui

import (
	"cmp"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose/safe"
)

// listScreen lists the open cases by domain.
type listScreen struct{ at int }

func listActions() []action {
	in := []scope{inCases}
	move := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			m.list.at = min(max(m.list.at+by, 0), max(0, len(m.cases)-1))
			return nil
		}
	}
	return []action{
		{keys: []string{"enter"}, show: "enter", in: in, long: "open", rank: 1, does: "open the case under the cursor", run: func(m *Model) tea.Cmd {
			if order := m.byDomain(); m.list.at < len(order) {
				m.showCase(order[m.list.at])
			}
			return nil
		}},
		{keys: []string{"j", "down"}, show: "j down", in: in, long: "down", does: "the next case", move: true, run: move(1)},
		{keys: []string{"k", "up"}, show: "k up", in: in, long: "up", does: "the case before", move: true, run: move(-1)},
		{keys: []string{"pgdown", " "}, show: "pgdn", in: in, long: "page down", does: "ten cases further", move: true, run: move(10)},
		{keys: []string{"pgup"}, show: "pgup", in: in, long: "page up", does: "ten cases back", move: true, run: move(-10)},
		{keys: []string{"esc", "b"}, show: "esc", in: in, long: "back", rank: 3, does: "back to the case", run: func(m *Model) tea.Cmd { m.screen = inCase; return nil }},
	}
}

func (m *Model) openList() tea.Cmd {
	m.screen = inCases
	m.list.at = max(0, slices.Index(m.byDomain(), m.at))
	return nil
}

func (c *openCase) domain() safe.Text { return c.snap.flow.Cluster.Domain }

// byDomain gives the cases in the order of the list: domains with the most
// failures first, then as they were opened.
func (m *Model) byDomain() []int {
	count := map[safe.Text]int{}
	first := map[safe.Text]int{}
	order := make([]int, len(m.cases))
	for i, c := range m.cases {
		order[i] = i
		d := c.domain()
		if _, seen := first[d]; !seen {
			first[d] = i
		}
		count[d] = max(count[d], c.snap.flow.Cluster.Recipients)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		da, db := m.cases[a].domain(), m.cases[b].domain()
		return cmp.Or(count[db]-count[da], first[da]-first[db])
	})
	return order
}

// listView lays out the open cases, and beside them, where there is room, the
// advice for the domain under the cursor.
func (m *Model) listView(w, h int) []row {
	order := m.byDomain()
	left := w
	if m.frame.shape >= railed {
		left = 50
	}
	var rows []row
	chosen := 0
	var last safe.Text
	pad := 2
	for i, n := range order {
		c := m.cases[n]
		f := c.snap.flow
		if d := c.domain(); i == 0 || d != last {
			last = d
			if i > 0 && !m.frame.low {
				rows = append(rows, row{})
			}
			var head row
			head.to(pad)
			if d == "" {
				d = "domain not known"
			}
			tail := line(plain, safe.Textf("%d %s", f.Cluster.Recipients, f.Cluster.Name))
			head.add(strong, m.g.cut(d, left-pad-tail.width-4))
			head.right(left-1, tail)
			rows = append(rows, head)
		}
		var l row
		if i == m.list.at {
			chosen = len(rows)
			l.add(accent, m.g.bar)
		}
		l.to(pad)
		glyph, gr, _ := m.g.state(f.Step(f.At).State)
		l.add(gr, glyph)
		l.add(plain, " ")
		tail := line(plain, f.Header.Short)
		tail.add(quiet, safe.Textf("  %d", f.At.Number()))
		l.add(strongIf(i == m.list.at), m.g.cut(f.Header.Recipient, left-l.width-tail.width-3))
		l.right(left-1, tail)
		rows = append(rows, l)
	}
	rows = window(rows, chosen, h)
	if left == w || m.list.at >= len(order) {
		return rows
	}
	advice := m.adviceRows(m.cases[order[m.list.at]], w-left-5)
	for i := 0; i < max(len(rows), len(advice)); i++ {
		if i >= len(rows) {
			rows = append(rows, row{})
		}
		out := rows[i].fit(left, m.g)
		out.add(quiet, m.g.down)
		out.add(plain, "  ")
		if i < len(advice) {
			out.append(advice[i])
		}
		rows[i] = out
	}
	return rows
}

// adviceRows says what the number of failures at a domain means.
func (m *Model) adviceRows(c *openCase, w int) []row {
	k := c.snap.flow.Cluster
	head := line(strong, m.g.cut(k.Domain, w-16))
	if k.Pause {
		tail := line(attention, m.g.note)
		tail.add(plain, " pause sends")
		head.right(w, tail)
	}
	rows := []row{head, {}}
	for _, l := range wrap(k.Advice, w) {
		rows = append(rows, line(plain, l))
	}
	rows = append(rows, row{}, line(quiet, "how many"))
	for _, x := range []struct{ count, name, says safe.Text }{
		{"  1", "single address", "typo, retired mailbox, old contact"},
		{"2-4", "small cluster", "confirm aliases and groups"},
		{" 5+", "domain pattern", "pause until routing is confirmed"},
	} {
		var l row
		l.to(2)
		l.add(plain, x.count)
		l.to(9)
		l.add(strongIf(x.name == k.Name), x.name)
		l.to(26)
		l.add(quiet, x.says)
		if x.name == k.Name {
			l.add(accent, safe.Textf("   %d", k.Recipients))
		}
		rows = append(rows, l)
	}
	rows = append(rows, row{})
	for _, w := range c.snap.flow.Waits {
		l := line(attention, m.g.waiting)
		l.add(plain, safe.Textf(" %s: %s", w.Who, w.What))
		rows = append(rows, l)
	}
	return rows
}
