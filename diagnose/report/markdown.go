package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// Markdown writes the case for a ticket system: verdict, evidence, steps,
// letter, every DNS answer of the current round, and who decided what when.
// Times are UTC. Nothing that came from outside can make a link, a mention, a
// heading or markup of its own, or leave its quote.
func Markdown(w io.Writer, in Input) error {
	m := marker{in: in}
	m.header()
	m.rejector()
	m.causes()
	m.heading(2, "Steps")
	for _, p := range in.Flow.Steps {
		m.panel(p)
	}
	if in.Flow.Side != nil {
		m.panel(*in.Flow.Side)
	}
	m.compared()
	m.standing()
	m.letter()
	m.dns()
	m.audit()
	_, err := io.WriteString(w, m.b.String())
	return err
}

type marker struct {
	b  strings.Builder
	in Input
}

func (m *marker) heading(level int, t safe.Text) {
	if m.b.Len() > 0 && !strings.HasSuffix(m.b.String(), "\n\n") {
		m.b.WriteByte('\n')
	}
	fmt.Fprintf(&m.b, "%s %s\n\n", strings.Repeat("#", level), md(t))
}

func (m *marker) para(t safe.Text) {
	if t != "" {
		m.b.WriteString(md(t) + "\n\n")
	}
}

// item writes a line of a list; label is a word of ours, set bold.
func (m *marker) item(level int, label, t safe.Text) {
	m.b.WriteString(strings.Repeat("  ", level) + "- ")
	if label != "" {
		fmt.Fprintf(&m.b, "**%s** ", md(label))
	}
	m.b.WriteString(md(t) + "\n")
}

func (m *marker) header() {
	f := m.in.Flow
	m.heading(1, join(" ", "Bounce of", f.Header.Recipient))
	m.para(f.Header.Reply)
	if notice := m.in.notice(); notice != "" {
		m.item(0, "export", notice)
	}
	m.item(0, "case", join(", ", safe.Of(m.in.id()), utc(m.in.Made), join(" ", "deadletter", safe.Of(m.in.Version))))
	m.item(0, "outcome", safe.Textf("%s, branch %s", f.Outcome, f.Branch))
	if c := f.Cluster; c.Name != "" {
		m.item(0, "count", safe.Textf("%d at %s, %s: %s", c.Recipients, c.Domain, c.Name, c.Advice))
	}
	m.item(0, "dns", dnsLine(m.in.DNS))
	for _, n := range f.Notices {
		m.item(0, "note", n)
	}
}

func (m *marker) rejector() {
	v := m.in.Flow.Rejector
	m.heading(2, "Who refused")
	m.item(0, "", spoke(v))
	if decided := decidedBy(v.Decided); decided != "" {
		m.item(0, "", decided)
	}
	if len(v.Evidence)+len(v.Missing) > 0 {
		m.heading(3, "Evidence")
		m.findings(0, v.Evidence)
		m.findings(0, v.Missing)
	}
}

func (m *marker) causes() {
	m.heading(2, "Causes")
	for _, c := range m.in.Flow.Causes {
		fmt.Fprintf(&m.b, "%d. %s\n", max(c.Rank, 1), md(safe.Textf("%s (%s, score %d)", c.Name, c.Kind, c.Score)))
		m.findings(2, c.For)
		m.findings(2, c.Against)
		if c.Settles != "" {
			m.item(2, "settles", c.Settles)
		}
		if c.Fix != "" {
			m.item(2, "mends", c.Fix)
		}
	}
}

func (m *marker) findings(level int, list []diagnose.Finding) {
	for _, f := range list {
		claim := sourcedUTC(f.Claim, f.Source, f.At)
		if f.Hint != "" {
			claim = join(": ", claim, f.Hint)
		}
		m.item(level, signWord(f.Sign), claim)
	}
}

func sourcedUTC(claim safe.Text, source diagnose.Source, at time.Time) safe.Text {
	if from := join(", ", source, utc(at)); from != "" {
		return claim + " (" + from + ")"
	}
	return claim
}

// signWord gives the word for a sign; it stands before the claim.
func signWord(s diagnose.Sign) safe.Text {
	switch s {
	case diagnose.For, diagnose.Against, diagnose.Missing, diagnose.Asking, diagnose.Holds, diagnose.Differs:
		return safe.Of(string(s)) + ":"
	case diagnose.Attention:
		return "note:"
	case diagnose.Fails:
		return "does not hold:"
	}
	return ""
}

func (m *marker) panel(p diagnose.Panel) {
	_, state := mark(p.State)
	title := p.Title
	if n := p.Step.Number(); n > 0 {
		title = safe.Textf("%d %s", n, p.Title)
	}
	m.heading(3, title+": "+state)
	m.para(join(", ", badge(p), p.Why))
	verdict := safe.Text("")
	for _, v := range p.Verdict {
		verdict = join(" ", verdict, v)
	}
	m.para(verdict)
	for _, s := range p.Sections {
		m.section(p, s)
	}
	if p.So != "" {
		m.item(0, "so:", p.So)
	}
	if p.Next != "" {
		m.item(0, "next:", p.Next)
	}
	for _, d := range also(p) {
		m.item(0, "letter:", d)
	}
	if p.Raw != nil {
		m.b.WriteByte('\n')
		m.para(sourcedUTC("As it was said", p.Raw.Source, p.Raw.At) + ":")
		m.b.WriteString(fenced(p.Raw.Lines))
	}
}

func (m *marker) section(p diagnose.Panel, s diagnose.Section) {
	m.findings(0, unsaid(m.in.Flow, p, s.Findings))
	for _, f := range s.Fields {
		m.item(0, f.Label+":", sourcedUTC(join(" ", signWord(f.Sign), f.Value), f.Source, f.At))
	}
	if s.Table != nil {
		m.table(*s.Table)
	}
	if s.Span != nil {
		m.item(0, "time:", spanText(*s.Span, time.UTC))
	}
	for _, t := range s.Tasks {
		name := t.Name
		if t.Number > 0 {
			name = safe.Textf("%d %s", t.Number, t.Name)
		}
		if t.First {
			name += ", ask first"
		}
		m.item(0, name+":", t.Question)
		if t.Answer != "" {
			m.item(1, "answer:", sourcedUTC(t.Answer, t.Who, t.At))
		}
		if t.Doubt != "" {
			m.item(1, "note:", t.Doubt)
		}
		if t.Where != "" {
			m.item(1, "where:", t.Where)
		}
	}
}

func (m *marker) table(t diagnose.Table) {
	rows := make([][]safe.Text, 0, len(t.Rows))
	for _, r := range t.Rows {
		row := make([]safe.Text, len(r))
		for i, c := range r {
			row[i] = join(" ", signWord(c.Sign), c.Text)
		}
		rows = append(rows, row)
	}
	m.grid(t.Head, rows)
}

// grid writes a table; rows that are short are filled up, as long as the head.
func (m *marker) grid(head []safe.Text, rows [][]safe.Text) {
	if len(head) == 0 {
		return
	}
	if !strings.HasSuffix(m.b.String(), "\n\n") {
		m.b.WriteByte('\n')
	}
	line := func(cell func(i int) string) {
		for i := range head {
			m.b.WriteString("| " + cell(i) + " ")
		}
		m.b.WriteString("|\n")
	}
	line(func(i int) string { return mdCell(head[i]) })
	line(func(int) string { return "---" })
	for _, r := range rows {
		line(func(i int) string {
			if i < len(r) {
				return mdCell(r[i])
			}
			return " "
		})
	}
	m.b.WriteByte('\n')
}

func (m *marker) standing() {
	f := m.in.Flow
	if len(f.Waits)+len(f.Blocks) == 0 {
		return
	}
	m.heading(2, "Waiting and locked")
	for _, w := range f.Waits {
		m.item(0, "waits:", sourcedUTC(join(": ", w.Who, w.What), "", w.Since))
	}
	for _, b := range f.Blocks {
		m.item(0, "locked:", lockLine(b))
	}
}

func (m *marker) letter() {
	d, ok := Letter(m.in.Flow)
	if !ok {
		return
	}
	m.heading(2, "Letter")
	m.item(0, "to:", join(" ", d.To, bracket(d.ToNote)))
	m.item(0, "subject:", d.Subject)
	m.b.WriteByte('\n')
	m.b.WriteString(fenced(bodyLines(d.Body)))
}
