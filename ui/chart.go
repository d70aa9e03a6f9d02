package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// chartScreen shows the flowchart of the case: the way taken, the exits, and
// why an exit is not taken.
type chartScreen struct{ scroll int }

// door is an exit of a step as the chart draws it.
type door struct {
	name  safe.Text // what would have to hold: "temporary"
	to    safe.Text // where it leads: "wait"
	ends  bool      // the case ends there
	taken func(f diagnose.Flow) bool
}

func branch(b ...diagnose.Branch) func(diagnose.Flow) bool {
	return func(f diagnose.Flow) bool {
		for _, x := range b {
			if f.Branch == x {
				return true
			}
		}
		return false
	}
}

func outcome(o ...diagnose.Outcome) func(diagnose.Flow) bool {
	return func(f diagnose.Flow) bool {
		for _, x := range o {
			if f.Outcome == x {
				return true
			}
		}
		return false
	}
}

func rejector(k diagnose.RejectorKind) func(diagnose.Flow) bool {
	return func(f diagnose.Flow) bool { return f.Rejector.Kind == k }
}

// doors lists the exits of a step, and what the way on is called.
func doors(s diagnose.Step) (exits []door, on safe.Text) {
	switch s {
	case diagnose.StepCapture:
		return []door{
			{"policy or authentication", "sender authentication", false, branch(diagnose.BranchPolicy)},
			{"temporary", "wait", false, branch(diagnose.BranchWait)},
			{"mailbox full or disabled", "straight to 3", false, branch(diagnose.BranchMailbox)},
			{"not a bounce", "say what it is", true, branch(diagnose.BranchNone)},
			{"null MX, no such domain", "domain takes no mail", true, outcome(diagnose.NoMail)},
			{"never sent by us", "forged", true, outcome(diagnose.Forged)},
		}, "a permanent bounce"
	case diagnose.StepRejector:
		return []door{
			{"our own MTA", "sender routing", false, rejector(diagnose.OwnMTA)},
			{"sending platform", "straight to 5", false, rejector(diagnose.SendingPlatform)},
			{"cannot tell", "collect more, 1", false, func(f diagnose.Flow) bool { return f.Rejector.Confidence == diagnose.None }},
		}, "filter or mailbox host"
	case diagnose.StepRecipient:
		return []door{
			{"no such person", "recipient gone", true, outcome(diagnose.Absent)},
			{"5 and more", "domain paused", true, func(f diagnose.Flow) bool { return f.Outcome == diagnose.Paused || f.Cluster.Pause }},
		}, "exists, and the filter knows it"
	case diagnose.StepMX:
		return []door{{"MX broken", "DNS operator", false, func(f diagnose.Flow) bool {
			for _, s := range f.Step(diagnose.StepMX).Sections {
				for _, x := range s.Findings {
					if x.Blocking {
						return true
					}
				}
			}
			return false
		}}}, "nothing blocks"
	case diagnose.StepSuppression:
		return []door{{"complaint", "entry stays", true, func(diagnose.Flow) bool { return false }}}, "entry removed, or not applicable"
	case diagnose.StepRetry:
		return []door{
			{"delivered", "resolved", true, outcome(diagnose.Resolved)},
			{"same bounce", "stopped, with admin", true, outcome(diagnose.Stopped)},
			{"temporary", "wait", false, outcome(diagnose.OnHold)},
			{"a different bounce", "starts over with it, 1", false, func(diagnose.Flow) bool { return false }},
		}, ""
	}
	return nil, ""
}

// closedBecause says why an exit of a step is not taken, from what the chart
// says of the step and no more.
func closedBecause(f diagnose.Flow, s diagnose.Step, p diagnose.Panel) safe.Text {
	if p.State != diagnose.Answered && p.State != diagnose.Skipped {
		return "not decided yet"
	}
	switch s {
	case diagnose.StepCapture:
		words := map[diagnose.Branch]safe.Text{
			diagnose.BranchRecipient: "about the recipient",
			diagnose.BranchMailbox:   "about the mailbox",
			diagnose.BranchRoute:     "about a host or route",
			diagnose.BranchPolicy:    "about the sender",
			diagnose.BranchWait:      "it is temporary",
			diagnose.BranchNone:      "it is not a bounce",
			diagnose.BranchUnclear:   "the wording is unclear",
		}
		return words[f.Branch]
	case diagnose.StepRejector:
		return p.Reading
	}
	if p.State == diagnose.Skipped {
		return p.Why
	}
	return p.Reading
}

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
	for i, p := range f.Steps {
		number := i + 1
		exits, on := doors(p.Step)
		glyph, gr, _ := g.state(p.State)
		way, wr := g.open, quiet
		if p.State == diagnose.Answered {
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
		why := closedBecause(f, p.Step, p)
		for _, d := range exits {
			side = append(side, m.door(d, f, why, w-left-1))
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

// door draws one exit: its condition, where it leads, and whether it is taken.
func (m *Model) door(d door, f diagnose.Flow, why safe.Text, w int) row {
	g := m.g
	taken := d.taken(f)
	r, lead := quiet, g.dots
	if taken {
		r, lead = accent, g.heavy
	}
	var l row
	l.fill(r, lead, 2)
	l.add(plain, " ")
	l.add(strongIf(taken), d.name)
	l.add(plain, " ")
	l.fill(r, lead, max(1, 30-l.width))
	l.add(r, g.arrow)
	l.add(plain, " ")
	if d.ends {
		l.add(r, g.ends)
		l.add(plain, " ")
	}
	l.add(strongIf(taken), d.to)
	tail := row{}
	switch {
	case taken:
		tail.add(accent, "taken")
	case why != "":
		tail.add(quiet, safe.Textf("closed: %s", why))
		if why == "not decided yet" {
			tail = line(quiet, why)
		}
	}
	if l.width+2+tail.width <= w {
		l.to(min(max(l.width+2, 55), w-tail.width))
		l.append(tail)
	}
	return l
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
