package investigate_test

import (
	"bytes"
	"fmt"
	"strings"

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
	}
	line("at", "%s", f.At)
	line("rejector", "%s | %s | %s | %s", f.Rejector.Kind, f.Rejector.Confidence, f.Rejector.Host, f.Rejector.Operator)
	for _, e := range f.Rejector.Evidence {
		line("  "+string(e.Sign), "%s [%s]", e.Claim, e.Source)
	}
	for _, e := range f.Rejector.Missing {
		line("  missing", "%s", e.Claim)
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
		if p.Step == diagnose.StepMX {
			for _, s := range p.Sections {
				for _, e := range s.Findings {
					line("  "+string(e.Sign), "%s", e.Claim)
				}
			}
		}
	}
	for _, k := range f.Blocks {
		line("locked", "%s | %s", k.Guard, k.Unlocks)
	}
	return b.String()
}

// archive is a text archive: a comment, then sections that begin with
// "-- name --" lines.
type archive struct {
	comment string
	names   []string
	text    map[string]string
}

func parseArchive(s string) archive {
	a := archive{text: map[string]string{}}
	name := ""
	for line := range strings.Lines(s) {
		trimmed := strings.TrimRight(line, "\r\n")
		if rest, ok := strings.CutPrefix(trimmed, "-- "); ok && strings.HasSuffix(rest, " --") && !strings.Contains(strings.TrimSuffix(rest, " --"), " ") {
			name = strings.TrimSuffix(rest, " --")
			a.names = append(a.names, name)
			a.text[name] = ""
			continue
		}
		if name == "" {
			a.comment += line
			continue
		}
		a.text[name] += line
	}
	return a
}

func (a archive) section(name string) (string, bool) {
	s, ok := a.text[name]
	return s, ok
}

func (a *archive) set(name, text string) { a.text[name] = text }

func (a archive) String() string {
	var b strings.Builder
	b.WriteString(a.comment)
	for _, name := range a.names {
		fmt.Fprintf(&b, "-- %s --\n%s", name, a.text[name])
	}
	return b.String()
}
