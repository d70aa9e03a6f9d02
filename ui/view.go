package ui

import (
	"strings"

	"deadletter/diagnose/safe"
)

// cacheKey says what a laid out panel depends on.
type cacheKey struct {
	kase  *openCase
	rev   int
	entry int
	frame frame
	// minute is the time that relative times are worded for.
	minute int64
}

// View draws the screen: exactly as many rows and cells as the terminal has.
func (m *Model) View() string {
	w, h := m.frame.w, m.frame.h
	if w <= 0 || h <= 0 {
		return ""
	}
	rows := m.rows()
	var b strings.Builder
	b.Grow((w + 40) * h)
	for y := range h {
		if y > 0 {
			b.WriteByte('\n')
		}
		var l row
		if y < len(rows) {
			l = rows[y]
		}
		m.theme.write(&b, l, w, m.g)
	}
	return b.String()
}

// rows lays the whole screen out.
func (m *Model) rows() []row {
	f := m.frame
	if f.shape == tiny {
		var rows []row
		for _, l := range wrap(safe.Textf("needs %dx%d, has %dx%d", minWidth, minHeight, f.w, f.h), f.w) {
			rows = append(rows, line(plain, l))
		}
		return rows
	}
	if m.screen == inPlain && len(m.over) == 0 {
		rows := m.plainRows(f.w, f.h-1)
		for len(rows) < f.h-1 {
			rows = append(rows, row{})
		}
		return append(rows, m.keyBar(f.w))
	}
	var front *form
	top := m.scope()
	if n := len(m.over); n > 0 {
		front, _ = m.over[n-1].(*form)
	}
	var rows []row
	switch {
	case m.screen == inCase && (len(m.over) == 0 || front != nil) && m.kase() != nil:
		rows = m.caseRows(m.kase())
	default:
		rows = m.fullRows(top)
	}
	if front != nil {
		last := len(rows) - 1
		rows = append(m.dialog(front, rows[:last], f.w, f.h-1), rows[last])
	}
	return rows
}

// fullRows lays out a screen that has no rail: header, rule, body, rule, keys.
func (m *Model) fullRows(top scope) []row {
	f := m.frame
	rows := []row{m.header(f.w), m.rule(f.w, true)}
	h := m.fullHeight()
	if !f.low {
		rows = append(rows, row{})
	}
	rows = append(rows, clamp(m.fullBody(top, f.w, h), h)...)
	if !f.low {
		rows = append(rows, m.rule(f.w, false))
	}
	rows = m.withMessage(rows)
	return append(rows, m.keyBar(f.w))
}

// fullHeight gives the rows of the body of such a screen. Under 20 rows it goes
// on where the rows for next are.
func (m *Model) fullHeight() int {
	if m.frame.low {
		return m.frame.h - 3
	}
	return m.frame.h - 5
}

// fullBody lays out what is between the rules.
func (m *Model) fullBody(top scope, w, h int) []row {
	if n := len(m.over); n > 0 {
		switch o := m.over[n-1].(type) {
		case *help:
			return m.helpView(o, w, h)
		case *palette:
			return m.paletteView(o, w, h)
		}
	}
	switch m.screen {
	case inPaste:
		return m.pasteView(w, h)
	case inRaw:
		return m.rawView(w, h)
	case inLetter, inPlain:
		pad := f2pad(m.frame)
		rows := m.letterRows(min(w-2*pad, textWidth), h)
		for i, r := range rows {
			var out row
			out.to(pad)
			out.append(r)
			rows[i] = out
		}
		return rows
	case inChart:
		return m.chartView(w, h)
	case inCompare:
		return m.compareView(w, h)
	case inCases:
		return m.listView(w, h)
	case inHome:
		return m.homeView(w, h)
	}
	return nil
}

func f2pad(f frame) int {
	if f.shape >= railed {
		return 4
	}
	return 1
}

// clamp gives exactly h rows.
func clamp(rows []row, h int) []row {
	rows = append([]row(nil), rows...)
	for len(rows) < h {
		rows = append(rows, row{})
	}
	return rows[:max(h, 0)]
}

// footed puts a sentence at the foot of h rows, if there is room for it.
func (m *Model) footed(rows []row, foot safe.Text, indent, w, h int) []row {
	lines := wrap(foot, w)
	room := h - len(lines)
	if !m.frame.low {
		room -= 2
	}
	if room < 3 {
		return clamp(rows, h)
	}
	if len(rows) > room {
		cut := len(rows) - room + 1
		rows = append([]row(nil), rows[:room-1]...)
		var l row
		l.to(indent)
		l.add(quiet, m.g.more)
		l.add(quiet, " "+moreLines(cut))
		rows = append(rows, l)
	}
	rows = clamp(rows, h)
	at := h - len(lines)
	if !m.frame.low {
		at--
	}
	for i, t := range lines {
		var l row
		l.to(indent)
		l.add(quiet, t)
		rows[at+i] = l
	}
	return rows
}

// caseRows lays out the case screen.
func (m *Model) caseRows(c *openCase) []row {
	f := m.frame
	rows := []row{m.header(f.w)}
	if f.shape < railed {
		rows = append(rows, m.stepsRow(c, f.w), m.rule(f.w, true))
	} else {
		rows = append(rows, m.caseRule(f))
	}
	height := f.panel.h + f.next.h
	v := m.panelView(c, c.scroll)
	panel := make([]row, 0, height)
	chosen := 0
	if t := c.tasks(); len(t) > 0 {
		chosen = min(max(c.task, 0), len(t)-1) + 1
	}
	for _, r := range v.rows {
		var out row
		if r.task > 0 && r.task == chosen && m.focus == panelPane && r.width > 0 {
			out.add(accent, m.g.bar)
		}
		out.to(f.pad)
		out.append(r.row)
		panel = append(panel, out)
	}
	panel = clamp(panel, height)
	if f.shape < railed {
		if !f.low {
			rows = append(rows, row{})
		}
		rows = append(rows, panel...)
	} else {
		rows = append(rows, m.beside(c, panel, f)...)
	}
	if !f.low {
		rows = append(rows, m.caseFoot(f))
	}
	rows = m.withMessage(rows)
	return append(rows, m.keyBar(f.w))
}

// beside joins rail, panel and side pane row by row, with the blank row on top.
func (m *Model) beside(c *openCase, panel []row, f frame) []row {
	rail := m.railRows(c, f.rail.h)
	var side []row
	if f.side.w > 0 {
		side = m.sideRows(c, f.side.w, f.side.h)
	}
	rows := make([]row, 0, f.panel.h+1)
	for y := -1; y < f.panel.h; y++ {
		var l row
		if y >= 0 && y < len(rail) {
			l.append(rail[y].fit(railWidth, m.g))
		}
		l.to(railWidth)
		l.add(quiet, m.g.down)
		if y >= 0 {
			l.append(panel[y].fit(f.panel.w, m.g))
		}
		if f.side.w > 0 {
			l.to(f.joint2.x)
			l.add(quiet, m.g.down)
			if y >= 0 && y < len(side) {
				l.append(side[y].fit(f.side.w, m.g))
			}
		}
		rows = append(rows, l)
	}
	return rows
}

// laid gives the panel shown, laid out for the present width; the last one is kept.
func (m *Model) laid(c *openCase) body {
	key := cacheKey{c, c.rev, c.entry, m.frame, m.now.Unix() / 60}
	if m.cachedBy == key {
		return m.cached
	}
	number, p := c.panel()
	if w := c.work; c.awaited(p) {
		p.Next = w.meanwhile()
	}
	paint := painter{m.frame, m.g, clock{m.now, m.opts.Location}}
	b := paint.panel(number, p, m.notes(c))
	if c.work != nil {
		b.notes = append(b.notes, paint.workRows(c.work, m.frame.text)...)
	}
	if m.frame.shape < railed {
		b.title = row{} // the steps line has it
	}
	m.cached, m.cachedBy = b, key
	return b
}

// notes are sentences about the case itself, above the panel.
func (m *Model) notes(c *openCase) []safe.Text {
	var out []safe.Text
	if c.snap.status.ReadOnly != "" {
		out = append(out, safe.Textf("read only: %s", strings.TrimPrefix(string(c.snap.status.ReadOnly), "the case is read-only: ")))
	}
	if c.snap.status.Problem != "" {
		out = append(out, c.snap.status.Problem)
	}
	return append(out, c.snap.flow.Notices...)
}

// panelView cuts the panel to the height there is.
func (m *Model) panelView(c *openCase, scroll int) view {
	keep := 0
	if t := c.tasks(); len(t) > 0 {
		keep = min(max(c.task, 0), len(t)-1) + 1
	}
	f := m.frame
	return m.laid(c).arrange(f.panel.h+f.next.h, f.low, scroll, keep, m.g)
}

// withMessage puts the status line over the foot of the rows: over the rule, or
// the blank row above next, and upward when it is long.
func (m *Model) withMessage(rows []row) []row {
	if m.message.text == "" || len(rows) < 6 {
		return rows
	}
	f := m.frame
	lines := wrap(m.message.text, f.w-4)
	if len(lines) > 4 {
		lines = lines[:4]
		lines[3] = m.g.cut(lines[3]+m.g.ellipsis, f.w-4)
	}
	last := len(rows) - 1
	if f.low && m.screen == inCase && len(m.over) == 0 {
		// The panel pins next to its foot: find the blank row above it.
		if c := m.kase(); c != nil {
			last -= min(len(m.laid(c).next), max(1, (f.panel.h+f.next.h)/4))
		}
	}
	glyph, r := m.g.active, accent
	if m.message.bad {
		glyph, r = m.g.note, bad
	}
	for i, t := range lines {
		at := last - len(lines) + 1 + i
		if at < 2 {
			continue
		}
		l := line(plain, " ")
		if i == 0 {
			l.add(r, glyph)
		}
		l.to(3)
		l.add(plain, t)
		rows[at] = l
	}
	return rows
}
