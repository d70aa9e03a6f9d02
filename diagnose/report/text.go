package report

import (
	"io"
	"maps"
	"slices"
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// Text writes the case as plain text for a terminal or a ticket: at most 72
// cells a line, no colour, times in the place of the input.
func Text(w io.Writer, in Input) error {
	t := texter{in: in}
	t.header()
	t.rejector()
	t.causes()
	for _, p := range in.Flow.Steps {
		t.panel(p)
	}
	if in.Flow.Side != nil {
		t.panel(*in.Flow.Side)
	}
	t.standing()
	t.letter()
	_, err := io.WriteString(w, t.b.String())
	return err
}

type texter struct {
	page
	in Input
}

const indent = safe.Text("    ")

func (t *texter) header() {
	f := t.in.Flow
	t.para("", "", join("  ", join(" ", "deadletter", safe.Of(t.in.Version)), safe.Of(t.in.id())))
	if notice := t.in.notice(); notice != "" {
		t.para("", "", notice)
	}
	t.blank()
	t.para("", "  ", f.Header.Recipient)
	t.para("", "  ", f.Header.Reply)
	t.para("outcome  ", "         ", safe.Textf("%s, branch %s", f.Outcome, f.Branch))
	if c := f.Cluster; c.Name != "" {
		t.para("count    ", "         ", safe.Textf("%d at %s, %s: %s", c.Recipients, c.Domain, c.Name, c.Advice))
	}
	t.para("dns      ", "         ", dnsLine(t.in.DNS))
	if !t.in.Made.IsZero() {
		t.para("made     ", "         ", local(t.in.Made, t.in.Location))
	}
	for _, n := range f.Notices {
		t.para("! ", "  ", n)
	}
}

// dnsLine gives "33 asked in 1240 ms: 30 noerror, 3 nodata".
func dnsLine(d DNSSummary) safe.Text {
	if d.Asked == 0 {
		return "nothing asked"
	}
	line := safe.Textf("%d asked in %d ms", d.Asked, d.Elapsed.Milliseconds())
	sep := safe.Text(": ")
	for _, o := range slices.Sorted(maps.Keys(d.Outcomes)) {
		line += sep + safe.Textf("%d %s", d.Outcomes[o], o)
		sep = ", "
	}
	return line
}

func (t *texter) rejector() {
	v := t.in.Flow.Rejector
	t.blank()
	t.line("Who refused")
	t.para(indent, indent, spoke(v))
	if decided := decidedBy(v.Decided); decided != "" {
		t.para(indent, indent, decided)
	}
	t.findings(v.Evidence)
	t.findings(v.Missing)
}

// spoke gives the verdict on who said no as one line.
func spoke(v diagnose.Verdict) safe.Text {
	line := safe.Textf("spoke: %s", kindText(v.Kind))
	if where := join(", ", v.Host, v.Operator); where != "" {
		line += " (" + where + ")"
	}
	return line + "; " + sure(v.Confidence)
}

func decidedBy(d diagnose.Decision) safe.Text {
	if d.Kind == "" && d.Claim == "" {
		return ""
	}
	what := d.Claim
	if what == "" {
		what = kindText(d.Kind)
	}
	line := "decided: " + what
	if d.Host != "" {
		line += " (" + d.Host + ")"
	}
	return line + "; " + sure(d.Confidence)
}

func sure(c diagnose.Confidence) safe.Text {
	if c == diagnose.None || c == "" {
		return "cannot tell"
	}
	return safe.Textf("sure: %s", c)
}

func kindText(k diagnose.RejectorKind) safe.Text {
	switch k {
	case diagnose.OwnMTA:
		return "our own mail server"
	case diagnose.SendingPlatform:
		return "the sending platform"
	case diagnose.Gateway:
		return "the filter in front"
	case diagnose.MailboxHost:
		return "the mailbox host"
	}
	return "not known"
}

func (t *texter) causes() {
	t.blank()
	t.line("Causes, best first")
	for _, c := range t.in.Flow.Causes {
		t.para(safe.Textf("%3d ", c.Rank), indent, safe.Textf("%s (%s, score %d)", c.Name, c.Kind, c.Score))
		t.findings(c.For)
		t.findings(c.Against)
		if c.Settles != "" {
			t.para(indent+"settles  ", indent+"         ", c.Settles)
		}
		if c.Fix != "" {
			t.para(indent+"mends    ", indent+"         ", c.Fix)
		}
	}
}

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
	if p.Raw != nil {
		t.quote(*p.Raw)
	}
}

func (t *texter) section(p diagnose.Panel, s diagnose.Section) {
	shown := unsaid(t.in.Flow, p, s.Findings)
	if len(shown)+len(s.Fields)+len(s.Tasks) == 0 && s.Table == nil {
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
	for _, task := range s.Tasks {
		t.task(task)
	}
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

// table writes rows in columns where they fit, else each row as a claim.
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
	if total > columns {
		for _, r := range table.Rows {
			f := rowFinding(table.Head, r)
			t.para(indent+"  "+signOr(f.Sign), indent+"    ", f.Claim)
		}
		return
	}
	for _, r := range rows {
		line := indent
		for i, c := range r {
			if i < len(table.Right) && table.Right[i] {
				line += pad("", widths[i]-cells(c)) + c
			} else {
				line += pad(c, widths[i])
			}
			line += "  "
		}
		t.line(line)
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

// standing says for whom the case waits and what is locked.
func (t *texter) standing() {
	f := t.in.Flow
	if len(f.Waits)+len(f.Blocks) == 0 {
		return
	}
	t.blank()
	for _, w := range f.Waits {
		t.para("waits    ", "         ", t.sourced(join(": ", w.Who, w.What), diagnose.Finding{At: w.Since}))
	}
	for _, b := range f.Blocks {
		t.para("locked   ", "         ", lockLine(b))
	}
}

func lockLine(b diagnose.Block) safe.Text {
	line := safe.Of(string(b.Guard))
	if b.Unlocks != "" {
		line += ", unlocks: " + b.Unlocks
	}
	if until := utc(b.Until); until != "" {
		line += ", until " + until
	}
	return join(". ", line, b.Why)
}

// letter writes the draft between two rules, its own lines as they are.
func (t *texter) letter() {
	d, ok := Letter(t.in.Flow)
	if !ok {
		return
	}
	t.blank()
	t.line("Letter")
	t.line(rule)
	if to := join("  ", d.To, bracket(d.ToNote)); to != "" {
		t.para("To: ", "    ", to)
	}
	t.para("Subject: ", "  ", d.Subject)
	t.b.WriteByte('\n')
	for _, l := range bodyLines(d.Body) {
		t.line(l)
	}
	t.line(rule)
}

func bracket(t safe.Text) safe.Text {
	if t == "" {
		return ""
	}
	return "(" + t + ")"
}

// bodyLines gives the lines of a draft in their visible form. A letter that
// was edited by hand may hold tabs; they become blanks.
func bodyLines(body string) []safe.Text {
	var out []safe.Text
	for l := range strings.SplitSeq(strings.TrimRight(strings.ReplaceAll(body, "\r\n", "\n"), "\n"), "\n") {
		out = append(out, safe.Of(strings.ReplaceAll(l, "\t", "        ")))
	}
	return out
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
