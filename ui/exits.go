package ui

import (
	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// closedBecause says why an exit is not taken: what the chart says of it, else
// how its step stands.
func closedBecause(x diagnose.Exit, p diagnose.Panel) safe.Text {
	switch {
	case x.Closed != "":
		return x.Closed
	case p.State != diagnose.Answered && p.State != diagnose.Skipped:
		return "not decided yet"
	}
	return safe.Textf("closed: %s", p.Reading)
}

// exit draws one exit: its condition, where it leads, and whether it is taken.
func (m *Model) exit(d diagnose.Exit, why safe.Text, w int) row {
	g, taken := m.g, d.Taken
	r, lead := quiet, g.dots
	if taken {
		r, lead = accent, g.heavy
	}
	var l row
	l.fill(r, lead, 2)
	l.add(plain, " ")
	l.add(strongIf(taken), d.Name)
	l.add(plain, " ")
	l.fill(r, lead, max(1, 30-l.width))
	l.add(r, g.arrow)
	l.add(plain, " ")
	if d.Ends {
		l.add(r, g.ends)
		l.add(plain, " ")
	}
	l.add(strongIf(taken), d.Leads)
	tail := row{}
	switch {
	case taken:
		tail.add(accent, "taken")
	case why != "":
		tail.add(quiet, why)
	}
	if l.width+2+tail.width <= w {
		l.to(min(max(l.width+2, 55), w-tail.width))
		l.append(tail)
	}
	return l
}
