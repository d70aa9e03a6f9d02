package ui

import (
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// bodyRow is one line of a panel with what the cutting needs to know of it.
type bodyRow struct {
	row
	hint bool // quiet line under a missing fact: goes early when room is short
	task int  // the task that the line belongs to, from 1; 0 for none
}

// body is a panel laid out for one width, whatever its height will be.
type body struct {
	title    row
	notes    []bodyRow
	verdict  []bodyRow
	sections [][]bodyRow
	so       []bodyRow
	next     []bodyRow
	raw      []bodyRow
	gutter   int
	tasks    []diagnose.Task
}

// painter lays panels out: it knows the measures, the glyphs and the time,
// and adds nothing of its own to what a panel says.
type painter struct {
	f     frame
	g     glyphs
	clock clock
}

// panel lays out a panel. The notes are sentences about the case itself and
// stand first. number is how the step is called: "2", or "A" for a side branch.
func (p painter) panel(number safe.Text, panel diagnose.Panel, notes []safe.Text) body {
	c := p.f.columns(gutterFor(panel))
	b := body{gutter: c.gutter, title: p.title(number, panel)}
	for _, n := range notes {
		b.notes = append(b.notes, p.marked(p.g.note, attention, n, c.text, plain)...)
	}
	for _, v := range panel.Verdict {
		b.verdict = append(b.verdict, paragraph(v, c.text, strong)...)
	}
	if panel.Why != "" {
		_, _, word := p.g.state(panel.State)
		b.verdict = append(b.verdict, paragraph(safe.Textf("%s: %s", word, panel.Why), c.text, plain)...)
	}
	for _, s := range panel.Sections {
		if rows := p.section(s, c, &b.tasks); len(rows) > 0 {
			b.sections = append(b.sections, rows)
		}
	}
	b.so = labelled("so", panel.So, c, plain)
	b.next = labelled("next", panel.Next, c, strongIf(p.f.low))
	if panel.Raw != nil {
		b.raw = p.quote(*panel.Raw, c)
	}
	return b
}

func strongIf(yes bool) role {
	if yes {
		return strong
	}
	return plain
}

// title is the first line: which step this is, and how it stands.
func (p painter) title(number safe.Text, panel diagnose.Panel) row {
	var l row
	l.add(strong, safe.Textf("%s %s", number, panel.Title))
	var tail row
	if p.f.shape >= railed {
		glyph, r, word := p.g.state(panel.State)
		tail.add(r, glyph)
		tail.add(plain, " "+word)
	}
	if panel.Badge != "" {
		if tail.width > 0 {
			tail.add(plain, "   ")
		}
		tail.append(p.badge(panel))
	}
	if !l.right(p.f.text, tail) {
		l = line(strong, p.g.cut(safe.Textf("%s %s", number, panel.Title), max(0, p.f.text-tail.width-2)))
		l.right(p.f.text, tail)
	}
	return l
}

// badge says how sure or how complete a step is. The glyph of its role stands
// before it where the words alone would not carry the role.
func (p painter) badge(panel diagnose.Panel) row {
	var l row
	switch panel.BadgeIs {
	case diagnose.Missing, diagnose.Attention, diagnose.Fails, diagnose.Asking, diagnose.Differs:
		glyph, r := p.g.sign(panel.BadgeIs)
		l.add(r, glyph)
		l.add(plain, " ")
	}
	head, tail := panel.Badge, safe.Text("")
	for i := range panel.Badge {
		if i > 1 && panel.Badge[i-2:i] == ": " {
			head, tail = panel.Badge[:i], panel.Badge[i:]
			break
		}
	}
	l.add(plain, head)
	l.add(strong, tail)
	return l
}

// gutterFor gives the width of the label column: 9, and more where labels of
// fields need it.
func gutterFor(panel diagnose.Panel) int {
	widest, fields := 0, false
	for _, s := range panel.Sections {
		widest = max(widest, cells(s.Label))
		for _, f := range s.Fields {
			fields = true
			widest = max(widest, cells(f.Label))
		}
	}
	switch {
	case widest > 11:
		return min(widest+1, 16)
	case fields || widest > 8:
		return 12
	}
	return 9
}

// paragraph is text over the whole width.
func paragraph(t safe.Text, w int, r role) []bodyRow {
	if t == "" {
		return nil
	}
	var rows []bodyRow
	for _, l := range wrap(t, w) {
		rows = append(rows, bodyRow{row: line(r, l)})
	}
	return rows
}

// marked is text that hangs behind a glyph.
func (p painter) marked(glyph safe.Text, gr role, t safe.Text, w int, r role) []bodyRow {
	var rows []bodyRow
	for i, l := range wrap(t, w-signWidth) {
		var out row
		if i == 0 {
			out.add(gr, glyph)
		}
		out.to(signWidth)
		out.add(r, l)
		rows = append(rows, bodyRow{row: out})
	}
	return rows
}

// labelled is text that hangs beside a label in the gutter.
func labelled(label, t safe.Text, c columns, r role) []bodyRow {
	if t == "" {
		return nil
	}
	var rows []bodyRow
	for i, l := range wrap(t, c.text-c.gutter) {
		var out row
		if i == 0 {
			out.add(quiet, label)
		}
		out.to(c.gutter)
		out.add(r, l)
		rows = append(rows, bodyRow{row: out})
	}
	return rows
}

// quote is words from outside behind a bar, with where they stand.
func (p painter) quote(q diagnose.Quote, c columns) []bodyRow {
	var rows []bodyRow
	for _, words := range q.Lines {
		for _, l := range wrap(words, c.claim) {
			var out row
			if len(rows) == 0 {
				out.add(quiet, "raw")
			}
			out.to(c.gutter)
			out.add(quiet, p.g.quote)
			out.to(c.gutter + signWidth)
			out.add(plain, l)
			if len(rows) == 0 {
				p.origin(&out, q.Source, q.At, diagnose.NoSign, c)
			}
			rows = append(rows, bodyRow{row: out})
		}
	}
	return rows
}

// origin puts source and time into their columns.
func (p painter) origin(l *row, source safe.Text, at time.Time, sign diagnose.Sign, c columns) {
	l.to(c.gutter + signWidth + c.claim + gapWidth)
	l.add(quiet, p.g.cut(source, c.source))
	when := p.clock.at(at, c.time, isPerson(source))
	if sign == diagnose.Asking {
		switch {
		case c.time >= 8:
			when = "asking"
		case c.time > 0:
			when = "wait"
		}
	}
	if when == "" || c.time == 0 {
		return
	}
	l.to(c.text - c.time)
	if isPerson(source) {
		l.to(c.text - cells(when))
	}
	l.add(quiet, when)
}
