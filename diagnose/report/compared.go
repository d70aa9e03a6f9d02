package report

import (
	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// compared gives the pair of messages that tells most, if there is one, and
// says of the others that they are there.
func (in Input) compared() (c diagnose.Comparison, more safe.Text, ok bool) {
	if len(in.Flow.Compared) == 0 {
		return c, "", false
	}
	c = in.Flow.Compared[0]
	switch n := c.Others - 1; {
	case n == 1:
		more = "1 more message of the case can be compared: deadletter open, ="
	case n > 1:
		more = safe.Textf("%d more messages of the case can be compared: deadletter open, =", n)
	}
	return c, more, true
}

// compared sets both messages under each other, row by row.
func (t *texter) compared() {
	c, more, ok := t.in.compared()
	if !ok {
		return
	}
	t.blank()
	t.line("Compared")
	t.para(indent+"A  ", indent+"   ", c.Left.Name)
	t.para(indent+"B  ", indent+"   ", c.Right.Name)
	const gutter safe.Text = "             "
	for _, r := range c.Rows {
		sign := safe.Text("  ")
		if r.Changed {
			sign = signOr(diagnose.Differs)
		}
		head := padded(indent+sign+prefix(r.Label, 10), cells(indent+gutter))
		for _, side := range []struct{ name, value safe.Text }{{"A  ", r.Left}, {"B  ", r.Right}} {
			if side.value != "" {
				t.para(head+side.name, indent+gutter+"   ", side.value)
				head = indent + gutter
			}
		}
	}
	for _, m := range c.Means {
		t.para(indent+"means  ", indent+"       ", m)
	}
	if more != "" {
		t.para(indent, indent, more)
	}
}

// padded fills a text with blanks to a width in cells.
func padded(t safe.Text, w int) safe.Text {
	for cells(t) < w {
		t += " "
	}
	return t
}

// compared sets both messages side by side.
func (m *marker) compared() {
	c, more, ok := m.in.compared()
	if !ok {
		return
	}
	m.heading(2, "Compared")
	rows := make([][]safe.Text, 0, len(c.Rows))
	for _, r := range c.Rows {
		label := r.Label
		if r.Changed {
			label = join(" ", signWord(diagnose.Differs), label)
		}
		rows = append(rows, []safe.Text{label, r.Left, r.Right})
	}
	m.grid([]safe.Text{"", c.Left.Name, c.Right.Name}, rows)
	for _, t := range c.Means {
		m.item(0, "means:", t)
	}
	if more != "" {
		m.item(0, "", more)
	}
}

type (
	comparedObject struct {
		Left  word          `json:"left"`
		Right word          `json:"right"`
		Rows  []comparedRow `json:"rows"`
		Means []word        `json:"means"`
	}
	comparedRow struct {
		Label   word `json:"label"`
		Left    word `json:"left"`
		Right   word `json:"right"`
		Changed bool `json:"changed"`
	}
)

// comparedJSON gives the pair that tells most; nil where there is one message.
func comparedJSON(in Input) *comparedObject {
	c, _, ok := in.compared()
	if !ok {
		return nil
	}
	o := &comparedObject{Left: raw(c.Left.Name), Right: raw(c.Right.Name), Rows: []comparedRow{}, Means: []word{}}
	for _, r := range c.Rows {
		o.Rows = append(o.Rows, comparedRow{raw(r.Label), raw(r.Left), raw(r.Right), r.Changed})
	}
	for _, m := range c.Means {
		o.Means = append(o.Means, raw(m))
	}
	return o
}
