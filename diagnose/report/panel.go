package report

import (
	"slices"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// mark gives the sign of a state in ASCII, and its word.
func mark(s diagnose.State) (sign, word safe.Text) {
	switch s {
	case diagnose.Answered:
		return "[*]", "answered"
	case diagnose.Active:
		return "[>]", "your move"
	case diagnose.Waiting:
		return "[~]", "waiting"
	case diagnose.Skipped:
		return "[-]", "skipped"
	case diagnose.Blocked:
		return "[x]", "locked"
	}
	return "[.]", "not yet"
}

// badge gives what stands beside the title, unless the state says it already.
func badge(p diagnose.Panel) safe.Text {
	if _, state := mark(p.State); p.Badge == state {
		return ""
	}
	return p.Badge
}

func (t *texter) panel(p diagnose.Panel) {
	sign, state := mark(p.State)
	title := p.Title
	if n := p.Step.Number(); n > 0 {
		title = safe.Textf("%d %s", n, p.Title)
	}
	t.blank()
	t.para(sign+" ", indent, join(", ", title+": "+state, badge(p), p.Why))
	for _, v := range p.Verdict {
		t.para(indent, indent, v)
	}
	for _, s := range p.Sections {
		t.section(p, s)
	}
	if p.So != "" {
		t.para(indent+"so       ", indent+"         ", p.So)
	}
	if p.Next != "" {
		t.para(indent+"next     ", indent+"         ", p.Next)
	}
	for _, d := range also(p) {
		t.para(indent+"letter   ", indent+"         ", d)
	}
	if p.Raw != nil {
		t.quote(*p.Raw)
	}
}

// also names the letters of a panel where it has more than one. The rejector's
// are those of the recipient's panel again.
func also(p diagnose.Panel) []safe.Text {
	if p.Copy == nil || len(p.Also) == 0 || p.State == diagnose.Skipped || p.Step == diagnose.StepRejector {
		return nil
	}
	var out []safe.Text
	for _, d := range append([]diagnose.Draft{*p.Copy}, p.Also...) {
		out = append(out, safe.Textf("%s, to %s", d.Letter, d.For))
	}
	return out
}

func (t *texter) section(p diagnose.Panel, s diagnose.Section) {
	shown := unsaid(t.in.Flow, p, s.Findings)
	if len(shown)+len(s.Fields)+len(s.Tasks) == 0 && s.Table == nil && s.Span == nil {
		return
	}
	if s.Label != "" {
		t.para(indent, indent, s.Label)
	}
	t.findings(shown)
	for _, f := range s.Fields {
		line := signed(f.Sign) + f.Label + ": " + f.Value
		t.para(indent+"  ", indent+"    ", t.sourced(line, diagnose.Finding{Source: f.Source, At: f.At}))
	}
	if s.Table != nil {
		t.table(*s.Table)
	}
	if s.Span != nil {
		t.para(indent+"  ", indent+"    ", spanText(*s.Span, t.in.Location))
	}
	for _, task := range s.Tasks {
		t.task(task)
	}
}

// spanText says in words what the screen draws as a line.
func spanText(s diagnose.Span, zone *time.Location) safe.Text {
	return safe.Textf("%s %s, %s %s; at %s %s", s.Begins, local(s.From, zone), local(s.Until, zone), s.Ends, local(s.Now, zone), s.Left())
}

func (t *texter) findings(list []diagnose.Finding) {
	for _, f := range list {
		t.para(indent+"  "+signOr(f.Sign), indent+"    ", t.sourced(f.Claim, f))
		if f.Hint != "" {
			t.para(indent+"    ", indent+"    ", f.Hint)
		}
	}
}

// sourced puts source and time behind a claim.
func (t *texter) sourced(claim safe.Text, f diagnose.Finding) safe.Text {
	if from := join(", ", f.Source, local(f.At, t.in.Location)); from != "" {
		return claim + "  [" + from + "]"
	}
	return claim
}

func signed(s diagnose.Sign) safe.Text {
	if s == diagnose.NoSign {
		return ""
	}
	return signOr(s)
}

// signOr gives the sign of a finding in ASCII with a blank behind it.
func signOr(s diagnose.Sign) safe.Text {
	switch s {
	case diagnose.For:
		return "+ "
	case diagnose.Against:
		return "- "
	case diagnose.Missing:
		return "? "
	case diagnose.Attention:
		return "! "
	case diagnose.Asking:
		return "~ "
	case diagnose.Holds:
		return "y "
	case diagnose.Fails:
		return "n "
	case diagnose.Differs:
		return "/ "
	}
	return "  "
}

// wrapRoom is how narrow the widest column of a table may be made, in cells.
const wrapRoom = 28

// table writes rows in columns, the widest one wrapped where the line is too
// short; where even that is too wide, each row as a claim.
func (t *texter) table(table diagnose.Table) {
	rows := [][]safe.Text{table.Head}
	for _, r := range table.Rows {
		row := make([]safe.Text, len(r))
		for i, c := range r {
			row[i] = signed(c.Sign) + c.Text
		}
		rows = append(rows, row)
	}
	var widths []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], cells(c))
		}
	}
	total := cells(indent) + 2*len(widths)
	for _, w := range widths {
		total += w
	}
	wide := 0
	for i, w := range widths {
		if w > widths[wide] {
			wide = i
		}
	}
	if room := widths[wide] - (total - columns); total > columns && room >= wrapRoom {
		widths[wide], total = room, columns
	}
	if total > columns {
		head := make([]safe.Text, len(table.Head)) // numbers alone need a name
		for i := range head {
			if i < len(table.Right) && table.Right[i] {
				head[i] = table.Head[i]
			}
		}
		for _, r := range table.Rows {
			f := rowFinding(head, r)
			t.para(indent+"  "+signOr(f.Sign), indent+"    ", f.Claim)
		}
		return
	}
	for _, r := range rows {
		line := indent
		var more []safe.Text // of the widest cell
		for i, c := range r {
			if lines := wrapped(c, widths[i]); i == wide && len(lines) > 1 {
				c, more = lines[0], lines[1:]
			}
			if i < len(table.Right) && table.Right[i] {
				line += pad("", widths[i]-cells(c)) + c
			} else {
				line += pad(c, widths[i])
			}
			line += "  "
		}
		t.line(line)
		before := indent
		for _, w := range widths[:wide] {
			before += pad("", w+2)
		}
		for _, l := range more {
			t.line(before + l)
		}
	}
}

func (t *texter) task(task diagnose.Task) {
	sign, state := mark(task.State)
	name := task.Name
	if task.Number > 0 {
		name = safe.Textf("%d %s", task.Number, task.Name)
	}
	if task.First {
		name += " (ask first)"
	}
	t.para(indent+"  "+sign+" ", indent+"      ", name+": "+task.Question)
	if task.Answer != "" {
		t.para(indent+"      ", indent+"      ", t.sourced("answer: "+task.Answer, diagnose.Finding{Source: task.Who, At: task.At}))
	} else if task.State == diagnose.Waiting {
		t.para(indent+"      ", indent+"      ", t.sourced(state, diagnose.Finding{Source: task.Who, At: task.At}))
	}
	if task.Doubt != "" {
		t.para(indent+"      ! ", indent+"        ", task.Doubt)
	}
	if task.Where != "" {
		t.para(indent+"      where: ", indent+"      ", task.Where)
	}
}

// quote writes words from outside behind a bar, whole: a line that is too long
// goes on behind another bar.
func (t *texter) quote(q diagnose.Quote) {
	t.para(indent, indent, t.sourced("raw", diagnose.Finding{Source: q.Source, At: q.At}))
	for _, l := range q.Lines {
		t.verbatim(indent+"| ", l)
	}
}

// unsaid leaves out what the panel of the rejector repeats from the verdict
// and from the ranking of causes: both have their own place in a report.
func unsaid(f diagnose.Flow, p diagnose.Panel, list []diagnose.Finding) []diagnose.Finding {
	if p.Step != diagnose.StepRejector {
		return list
	}
	said := slices.Concat(f.Rejector.Evidence, f.Rejector.Missing)
	return slices.DeleteFunc(slices.Clone(list), func(x diagnose.Finding) bool {
		return strings.HasPrefix(x.Key, "cause_") || slices.ContainsFunc(said, func(y diagnose.Finding) bool { return x.Key == y.Key && x.Claim == y.Claim })
	})
}
