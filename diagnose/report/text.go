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
	t.compared()
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
