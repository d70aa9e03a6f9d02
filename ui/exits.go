package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

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
			{"null MX, no such domain", "takes no mail", true, outcome(diagnose.NoMail)},
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
