package ui

import (
	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// task lays out one question: its state, number and name, then question, where
// to look, and the answer or the person waited for.
func (p painter) task(t diagnose.Task, all []diagnose.Task, c columns) []bodyRow {
	name := 0
	for _, other := range all {
		name = max(name, cells(other.Name))
	}
	const mark = 4 // glyph and number
	column := mark + min(name, 18) + gapWidth
	stacked := p.f.shape == narrow
	if stacked {
		column = mark
	}
	w := c.text - column

	glyph, gr, _ := p.g.state(t.State)
	if t.Doubt != "" {
		glyph, gr = p.g.note, attention
	}
	var head row
	head.add(gr, glyph)
	head.to(2)
	if t.Number > 0 {
		head.add(strong, safe.Textf("%d", t.Number))
	}
	head.to(mark)
	head.add(plain, p.g.cut(t.Name, c.text-mark))
	var under row
	if t.First && t.State != diagnose.Answered {
		under.to(mark)
		under.add(urge, "ask first")
	}

	lines := p.taskLines(t, w)
	var rows []bodyRow
	if stacked {
		if under.width > 0 {
			head.add(plain, "  ")
			head.add(urge, "ask first")
		}
		rows = append(rows, bodyRow{row: head})
		for _, l := range lines {
			var out row
			out.to(column)
			out.append(l.row)
			rows = append(rows, bodyRow{row: out, hint: l.hint})
		}
		return rows
	}
	if under.width > 0 && len(lines) < 2 {
		lines = append(lines, bodyRow{})
	}
	for i, l := range lines {
		var out row
		switch {
		case i == 0:
			out = head.take(column - 1)
		case i == 1:
			out = under
		}
		out.to(column)
		out.append(l.row)
		// The line beside "ask first" stays: the mark would go with it.
		rows = append(rows, bodyRow{row: out, hint: l.hint && (i != 1 || under.width == 0)})
	}
	return rows
}

// taskLines gives the right part of a task in w cells.
func (p painter) taskLines(t diagnose.Task, w int) []bodyRow {
	rows := paragraph(t.Question, w, plain)
	for _, r := range paragraph(t.Where, w, quiet) {
		r.hint = true
		rows = append(rows, r)
	}
	var when safe.Text
	var who []span
	switch {
	case t.Answer != "":
		when = p.clock.at(t.At, 8, true)
		who = []span{{t.Answer, strong}}
		if t.Who != "" {
			who = append(who, span{"   ", plain}, span{t.Who, plain})
		}
	case t.Who != "":
		when = p.clock.since(t.At)
		who = []span{{"waiting for ", strong}, {t.Who, strong}}
	}
	if len(who) > 0 {
		rows = append(rows, spread(who, when, w)...)
	}
	if t.Doubt != "" {
		rows = append(rows, paragraph(t.Doubt, w, plain)...)
	}
	return rows
}

// spread puts spans on one line with a text at its right end; where they do
// not fit, they are broken into several lines.
func spread(parts []span, end safe.Text, w int) []bodyRow {
	var l row
	for _, s := range parts {
		l.add(s.role, s.text)
	}
	if l.right(w, line(quiet, end)) {
		return []bodyRow{{row: l}}
	}
	var rows []bodyRow
	for _, s := range parts {
		if s.text == "   " {
			continue
		}
		if len(rows) > 0 {
			last := &rows[len(rows)-1]
			gap := safe.Text("   ")
			if words := last.spans[len(last.spans)-1].text; words[len(words)-1] == ' ' {
				gap = ""
			}
			if last.width+cells(gap)+cells(s.text) <= w {
				last.add(plain, gap)
				last.add(s.role, s.text)
				continue
			}
		}
		rows = append(rows, paragraph(s.text, w, s.role)...)
	}
	if end == "" {
		return rows
	}
	if last := &rows[len(rows)-1]; !last.right(w, line(quiet, end)) {
		var out row
		out.to(max(0, w-cells(end)))
		out.add(quiet, end)
		rows = append(rows, bodyRow{row: out})
	}
	return rows
}
