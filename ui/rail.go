package ui

import (
	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// railRows draws the steps beside the panel: three rows a step, two where the
// screen is not high enough, and at the foot for whom the case waits.
func (m *Model) railRows(c *openCase, h int) []row {
	f := c.snap.flow
	entries := c.entries()
	foot := m.railFoot(f)
	each := 3
	if len(entries)*3-1 > h {
		each = 2
	}
	var rows []row
	for i, e := range entries {
		number, p := safe.Textf("%d", e), diagnose.Panel{}
		if e == 0 {
			number, p = "A", *f.Side
		} else {
			p = f.Steps[e-1]
		}
		last := i == len(entries)-1
		here := e == c.entry
		glyph, gr, _ := m.g.state(p.State)
		way := m.g.open
		if p.State == diagnose.Answered {
			way = m.g.down
		}
		var head, under row
		if here {
			head.add(accent, m.g.bar)
			under.add(accent, m.g.bar)
		}
		head.to(2)
		head.add(gr, glyph)
		head.to(4)
		head.add(strongIf(here), m.g.cut(safe.Textf("%s %s", number, p.Title), railWidth-5))
		under.to(2)
		if !last {
			under.add(quiet, way)
		}
		under.to(6)
		under.add(quiet, m.g.cut(p.Reading, railWidth-7))
		rows = append(rows, head, under)
		if each == 3 && !last {
			var l row
			l.to(2)
			l.add(quiet, way)
			rows = append(rows, l)
		}
	}
	if len(rows)+1+len(foot) > h {
		return rows
	}
	for len(rows)+len(foot) < h-1 {
		rows = append(rows, row{})
	}
	return append(rows, foot...)
}

// railFoot says for whom the case waits, else how many addresses failed and
// what that means.
func (m *Model) railFoot(f diagnose.Flow) []row {
	const w = railWidth - 4
	var rows []row
	if len(f.Waits) > 0 {
		rows = append(rows, line(quiet, "  waits for"))
		for i, x := range f.Waits {
			if i == 4 {
				rows = append(rows, line(quiet, safe.Textf("  and %d more", len(f.Waits)-i)))
				break
			}
			l := line(plain, "  ")
			l.add(attention, m.g.waiting)
			l.add(plain, " ")
			if who := wrap(x.Who, w-1); cells(x.Who) > 12 {
				// A long name takes lines of its own.
				l.add(plain, who[0])
				for _, more := range who[1:min(len(who), 3)] {
					rows = append(rows, l)
					l = line(plain, "    "+more)
				}
				rows = append(rows, l)
				if x.What != "" {
					rows = append(rows, line(quiet, "    "+m.g.cut(x.What, w-1)))
				}
				continue
			}
			l.add(plain, x.Who)
			if x.What != "" {
				l.to(max(l.width+1, 15))
				l.add(quiet, m.g.cut(x.What, railWidth-1-l.width))
			}
			rows = append(rows, l)
		}
		return rows
	}
	k := f.Cluster
	if k.Recipients == 0 {
		return nil
	}
	addresses := safe.Textf("%d addresses", k.Recipients)
	if k.Recipients == 1 {
		addresses = "1 address"
	}
	bounces := safe.Textf("%d bounces", k.Bounces)
	if k.Bounces == 1 {
		bounces = "1 bounce"
	}
	head := line(plain, "  ")
	if k.Pause {
		head.add(attention, m.g.note)
		head.add(plain, " ")
	}
	head.add(plain, safe.Textf("%s, %s", addresses, bounces))
	rows = append(rows, head)
	lines := wrap(k.Advice, w)
	for i, l := range lines {
		if i == 5 {
			break
		}
		rows = append(rows, line(quiet, "  "+l))
	}
	return rows
}

// stepsRow draws the steps in one line, and at its right the title of the
// panel: what a screen without a rail has.
func (m *Model) stepsRow(c *openCase, w int) row {
	entries := c.entries()
	number, p := c.panel()
	tailAt := func(title safe.Text, badge bool) row {
		var t row
		t.add(strong, title)
		if badge && p.Badge != "" {
			gap := safe.Text("   ")
			if m.frame.shape == narrow {
				gap = "  "
			}
			t.add(plain, gap)
			t.append(painter{m.frame, m.g, clock{}}.badge(p))
		}
		return t
	}
	title := safe.Textf("%s %s", number, p.Title)
	draw := func(links bool) row {
		l := line(plain, " ")
		for i, e := range entries {
			number, p := safe.Textf("%d", e), diagnose.Panel{}
			if e == 0 {
				number, p = "A", *c.snap.flow.Side
			} else {
				p = c.snap.flow.Steps[e-1]
			}
			if i > 0 {
				link, pad := m.g.light, safe.Text(" ")
				if p.State == diagnose.Pending || p.State == diagnose.Blocked || p.State == diagnose.Skipped {
					link = m.g.dots
				}
				l.add(plain, pad)
				if links {
					l.add(quiet, link)
					l.add(plain, pad)
				}
			}
			glyph, gr, _ := m.g.state(p.State)
			if e == c.entry {
				l.add(accent, "[")
				l.add(gr, glyph)
				l.add(strong, number)
				l.add(accent, "]")
				continue
			}
			l.add(gr, glyph)
			l.add(plain, number)
		}
		return l
	}
	for _, try := range []struct{ links, badge bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		if try.links && m.frame.shape == narrow {
			continue
		}
		l := draw(try.links)
		if l.right(w-1, tailAt(title, try.badge)) {
			return l
		}
	}
	l := draw(false)
	l.add(plain, "  ")
	l.add(strong, m.g.cut(title, w-1-l.width))
	return l
}
