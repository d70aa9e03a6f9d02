package investigate_test

import (
	"bytes"
	"fmt"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
)

// said writes what the flowchart says of a case as lines that a person can
// check against the bounce.
func said(f diagnose.Flow, reports []bounce.Report) string {
	var b bytes.Buffer
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%s: "+format+"\n", append([]any{label}, args...)...)
	}
	line("header", "%s | %s", f.Header.Recipient, f.Header.Reply)
	for _, r := range reports {
		line("genuine", "%s", r.Genuine)
	}
	line("branch", "%s", f.Branch)
	line("outcome", "%s", f.Outcome)
	if f.Side != nil {
		line("side", "%s | %s", f.Side.Title, f.Side.Reading)
		scorecard(line, *f.Side)
	}
	line("at", "%s", f.At)
	line("rejector", "%s | %s | %s | %s", f.Rejector.Kind, f.Rejector.Confidence, f.Rejector.Host, f.Rejector.Operator)
	for _, e := range f.Rejector.Evidence {
		line("  "+string(e.Sign), "%s [%s]", e.Claim, e.Source)
	}
	for _, e := range f.Rejector.Missing {
		line("  missing", "%s", e.Claim)
	}
	if f.Side == nil {
		scorecard(line, f.Step(diagnose.StepRejector))
	}
	d := f.Rejector.Decided
	line("decided", "%s | %s | %s", d.Kind, d.Confidence, d.Claim)
	for i, c := range f.Causes {
		if i == 3 {
			break
		}
		line("cause", "%d %s | %d", c.Rank, c.Kind, c.Score)
		for _, e := range c.For {
			line("  for", "%+d %s", e.Strength, e.Claim)
		}
		for _, e := range c.Against {
			line("  against", "%+d %s", e.Strength, e.Claim)
		}
	}
	if f.Cluster.Recipients > 1 {
		line("cluster", "%d | %s | pause %t", f.Cluster.Recipients, f.Cluster.Name, f.Cluster.Pause)
	}
	for _, c := range f.Compared {
		line("compared", "%s | %s", c.Left.Name, c.Right.Name)
		for _, r := range c.Rows {
			sign := "  same"
			if r.Changed {
				sign = "  " + string(diagnose.Differs)
			}
			line(sign, "%s: %s | %s", r.Label, r.Left, r.Right)
		}
		for _, m := range c.Means {
			line("  means", "%s", m)
		}
		if len(c.Confirms) > 0 {
			line("  confirms", "%s %s", c.Confirms, c.Arrived.UTC().Format("15:04:05"))
		}
	}
	for _, p := range f.Steps {
		line("step", "%d %s | %s", p.Step.Number(), p.State, p.Reading)
		for _, v := range p.Verdict {
			line("  says", "%s", v)
		}
		for _, s := range p.Sections {
			if s.Label == "may be" {
				for _, e := range s.Findings {
					line("  may be", "%s | %s", e.Claim, e.Hint)
				}
				continue
			}
			if p.Step == diagnose.StepMX {
				for _, e := range s.Findings {
					line("  "+string(e.Sign), "%s", e.Claim)
				}
			}
		}
	}
	for _, k := range f.Blocks {
		line("locked", "%s | %s", k.Guard, k.Unlocks)
		for _, c := range k.Conditions {
			if (c.Key == "cache" || c.Key == "old_mx") && k.Guard == diagnose.GuardRetry && c.Sign == diagnose.Fails {
				line("retry not before", "%s", c.Claim)
			}
		}
	}
	return b.String()
}

// scorecard writes the lines of a scorecard, with the sentences around it.
func scorecard(line func(key, format string, args ...any), p diagnose.Panel) {
	for _, s := range p.Sections {
		if s.Label != "scorecard" {
			continue
		}
		line("  badge", "%s", p.Badge)
		line("  says", "%s", p.Verdict[len(p.Verdict)-1])
		for _, row := range s.Table.Rows {
			line("  score", "%s | %s %s | %s | %s", row[0].Text, row[1].Sign, row[1].Text, row[2].Text, row[3].Text)
		}
		line("  so", "%s", p.So)
		line("  next", "%s", p.Next)
	}
}

// asking gives the panels that ask somebody: that of the side branch, of the
// step that the case stands at, and of step 3 where it is on the way.
func asking(f diagnose.Flow) []diagnose.Panel {
	var out []diagnose.Panel
	if f.Side != nil {
		out = append(out, *f.Side)
	}
	out = append(out, f.Step(f.At))
	if p := f.Step(diagnose.StepRecipient); p.State != diagnose.Skipped {
		out = append(out, p)
	}
	return out
}

// letter gives the first letter that the case has for somebody.
func letter(f diagnose.Flow) string {
	for _, p := range asking(f) {
		if p.Copy != nil {
			return p.Copy.Text() + "\n"
		}
	}
	return "no letter\n"
}

// questions gives what is to be asked and where the answer is found, those
// that come first marked.
func questions(f diagnose.Flow) string {
	var b bytes.Buffer
	seen := map[diagnose.QuestionID]bool{}
	for _, p := range asking(f) {
		for _, s := range p.Sections {
			for _, t := range s.Tasks {
				if seen[t.ID] {
					continue
				}
				seen[t.ID] = true
				first := ""
				if t.First {
					first = " (first)"
				}
				fmt.Fprintf(&b, "%d%s %s\n  where: %s\n", t.Number, first, t.Question, t.Where)
				if t.Answer != "" {
					fmt.Fprintf(&b, "  answered: %s, by %s\n", t.Answer, t.Who)
				}
			}
		}
	}
	if b.Len() == 0 {
		return "no questions\n"
	}
	return b.String()
}
