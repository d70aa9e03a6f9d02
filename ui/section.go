package ui

import (
	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// section lays out one labelled group. Tasks met on the way are added to the
// list, so that their rows can be chosen.
func (p painter) section(s diagnose.Section, c columns, tasks *[]diagnose.Task) []bodyRow {
	switch {
	case len(s.Findings) > 0:
		return p.findings(s.Label, s.Findings, c)
	case len(s.Fields) > 0:
		return p.fields(s.Label, s.Fields, c)
	case s.Table != nil:
		return p.table(s.Label, *s.Table, c)
	case s.Span != nil:
		return p.span(s.Label, *s.Span, c)
	case len(s.Tasks) > 0:
		var rows []bodyRow
		if s.Label != "" {
			rows = append(rows, bodyRow{row: line(quiet, s.Label)})
		}
		for i, t := range s.Tasks {
			*tasks = append(*tasks, t)
			if i > 0 {
				rows = append(rows, bodyRow{})
			}
			for _, r := range p.task(t, s.Tasks, c) {
				r.task = len(*tasks)
				rows = append(rows, r)
			}
		}
		return rows
	}
	return nil
}

// findings are claims: the sign, the claim, and in the same columns on every
// panel the source and the time.
func (p painter) findings(label safe.Text, list []diagnose.Finding, c columns) []bodyRow {
	var rows []bodyRow
	indent := 0 // without a sign in the group its text hangs at the gutter
	for _, f := range list {
		if f.Sign != diagnose.NoSign {
			indent = signWidth
		}
	}
	for _, f := range list {
		glyph, r := p.g.sign(f.Sign)
		w := c.claim + signWidth - indent
		if f.Source == "" && f.At.IsZero() && f.Sign != diagnose.Asking {
			w = c.text - c.gutter - indent // the columns are free: nothing stands there
		}
		for i, l := range wrap(f.Claim, w) {
			var out row
			if len(rows) == 0 {
				out.add(quiet, label)
			}
			out.to(c.gutter)
			if i == 0 {
				out.add(r, glyph)
			}
			out.to(c.gutter + indent)
			out.add(plain, l)
			if i == 0 {
				p.origin(&out, f.Source, f.At, f.Sign, c)
			}
			rows = append(rows, bodyRow{row: out})
		}
		if f.Hint == "" {
			continue
		}
		for _, l := range wrap(f.Hint, c.text-c.gutter-indent) {
			var out row
			out.to(c.gutter + indent)
			out.add(quiet, l)
			rows = append(rows, bodyRow{row: out, hint: true})
		}
	}
	return rows
}

// fields are labelled values. A group that has a label of its own gets a line
// for it, since every value already has one in the gutter.
func (p painter) fields(label safe.Text, list []diagnose.FieldLine, c columns) []bodyRow {
	var rows []bodyRow
	if label != "" {
		rows = append(rows, bodyRow{row: line(quiet, label)})
	}
	for _, f := range list {
		glyph, gr := p.g.sign(f.Sign)
		r := plain
		if f.Strong {
			r = strong
		}
		w := signWidth + c.claim
		if f.Source == "" && f.At.IsZero() {
			w = c.text - c.gutter
		}
		indent := 0
		if glyph != "" {
			indent = signWidth
		}
		for i, l := range wrap(f.Value, w-indent) {
			var out row
			if i == 0 {
				out.add(quiet, p.g.cut(f.Label, c.gutter-1))
			}
			out.to(c.gutter)
			if i == 0 {
				out.add(gr, glyph)
			}
			out.to(c.gutter + indent)
			out.add(r, l)
			if i == 0 {
				p.origin(&out, f.Source, f.At, f.Sign, c)
			}
			rows = append(rows, bodyRow{row: out})
		}
	}
	return rows
}
