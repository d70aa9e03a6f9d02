package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

func chartActions() []action {
	in := []scope{inChart}
	step := func(by int) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd { m.kase().step(by); return nil }
	}
	return []action{
		{
			keys: []string{"enter"}, show: "enter", in: in, rank: 1, does: "open the panel of the step under the cursor",
			words: func(m *Model) (safe.Text, safe.Text) {
				number, _ := m.kase().panel()
				return safe.Textf("open %s", number), "open"
			},
			run: func(m *Model) tea.Cmd { m.screen = inCase; return nil },
		},
		{keys: []string{"j", "down", "l", "right"}, show: "j down", in: in, long: "step after", does: "the step after", move: true, run: step(1)},
		{keys: []string{"k", "up", "h", "left"}, show: "k up", in: in, long: "step before", does: "the step before", move: true, run: step(-1)},
		{keys: []string{"c"}, show: "c", in: in, long: "copy as text", short: "copy", rank: 5, does: "copy the chart as text", run: func(m *Model) tea.Cmd { return m.copyText(m.chartText()) }},
		{keys: []string{"f", "esc"}, show: "f", in: in, long: "back", rank: 3, does: "back to the panel", run: func(m *Model) tea.Cmd { m.screen = inCase; return nil }},
	}
}

func (m *Model) openChart() tea.Cmd {
	m.screen = inChart
	return nil
}

// chartText is the chart as plain lines.
func (m *Model) chartText() string {
	rows, _ := m.chartRows(100)
	out := ""
	for i, r := range rows {
		if i > 0 {
			out += "\n"
		}
		text := ""
		for _, s := range r.spans {
			text += string(s.text)
		}
		for len(text) > 0 && text[len(text)-1] == ' ' {
			text = text[:len(text)-1]
		}
		out += text
	}
	return out
}

// chartRows draws the chart from top to bottom: the steps on the left, their
// exits on the right of them, or under them where the screen is narrow. The
// way taken is heavy, what is open dotted. It also gives the row of the step
// under the cursor.
func (m *Model) chartRows(w int) (rows []row, chosen int) {
	c := m.kase()
	f := c.snap.flow
	g := m.g
	beside := w >= 90
	left := 36
	if !beside {
		left = 4
	}
	passed := true // every step so far lies behind
	for i, p := range f.Steps {
		number := i + 1
		passed = passed && (p.State == diagnose.Answered || p.State == diagnose.Skipped)
		on := p.Onward
		glyph, gr, _ := g.state(p.State)
		way, wr := g.open, quiet
		if passed {
			way, wr = g.quote, accent
		}
		var steps []row
		var head row
		at := c.entry == number
		if at {
			chosen = len(rows)
			head.add(accent, g.bar)
		}
		head.to(2)
		head.add(gr, glyph)
		head.add(plain, " ")
		head.add(strongIf(at), safe.Textf("%d %s", number, p.Title))
		if p.Step == f.At {
			head.add(quiet, "  here")
		}
		var under row
		if at {
			under.add(accent, g.bar)
		}
		under.to(2)
		if i < len(f.Steps)-1 {
			under.add(wr, way)
		}
		under.to(6)
		under.add(quiet, g.cut(p.Reading, max(1, min(w, 36)-8)))
		steps = append(steps, head, under)

		var side []row
		for _, x := range p.Exits {
			side = append(side, m.exit(x, closedBecause(x, p), w-left-1))
		}
		last := i == len(f.Steps)-1
		if beside {
			for len(steps) < len(side) {
				var l row
				l.to(2)
				if !last {
					l.add(wr, way)
				}
				steps = append(steps, l)
			}
			for j := range side {
				steps[j] = steps[j].take(left - 1)
				steps[j].to(left)
				steps[j].append(side[j])
			}
			rows = append(rows, steps...)
		} else {
			rows = append(rows, steps...)
			for _, d := range side {
				var l row
				l.to(2)
				if !last {
					l.add(wr, way)
				}
				l.to(6)
				l.append(d)
				rows = append(rows, l)
			}
		}
		if f.Side != nil && number == c.sideAfter() {
			if c.entry == 0 {
				chosen = len(rows)
			}
			rows = append(rows, m.sideBranchRows(c, wr, way)...)
		}
		if !last {
			var l row
			l.to(2)
			l.add(wr, way)
			l.to(4)
			l.add(quiet, on)
			rows = append(rows, l)
			if !m.frame.low {
				var l row
				l.to(2)
				l.add(wr, way)
				rows = append(rows, l)
			}
		}
	}
	return rows, chosen
}

func (m *Model) sideBranchRows(c *openCase, wr role, way safe.Text) []row {
	p := *c.snap.flow.Side
	glyph, gr, _ := m.g.state(p.State)
	var head, under row
	if c.entry == 0 {
		head.add(accent, m.g.bar)
		under.add(accent, m.g.bar)
	}
	head.to(2)
	head.add(wr, way)
	head.to(6)
	head.fill(accent, m.g.heavy, 2)
	head.add(accent, m.g.arrow)
	head.add(plain, " ")
	head.add(gr, glyph)
	head.add(strong, safe.Textf(" A %s", p.Title))
	under.to(2)
	under.add(wr, way)
	under.to(12)
	under.add(quiet, p.Reading)
	return []row{head, under}
}

// chartView lays out the chart.
func (m *Model) chartView(w, h int) []row {
	rows, chosen := m.chartRows(w)
	if len(rows) <= h {
		return rows
	}
	shown := window(rows, chosen, max(1, h-1))
	var l row
	l.to(2)
	l.add(quiet, m.g.more)
	l.add(quiet, safe.Textf(" %s, move to see them", moreLines(len(rows)-len(shown))))
	return append(append([]row(nil), shown...), l)
}
