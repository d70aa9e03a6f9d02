package ui

import (
	"slices"

	"deadletter/diagnose"
)

// goTo shows another panel of the case.
func (c *openCase) goTo(entry int) {
	if entry == c.entry {
		return
	}
	c.entry, c.scroll = entry, 0
	c.firstTask()
}

// firstTask puts the cursor on the first question that is not answered.
func (c *openCase) firstTask() {
	c.task = 0
	for i, t := range c.tasks() {
		if t.State != diagnose.Answered {
			c.task = i
			return
		}
	}
}

// step goes to a neighbour in the order of the rail.
func (c *openCase) step(by int) {
	list := c.entries()
	at := slices.Index(list, c.entry)
	if to := at + by; at >= 0 && to >= 0 && to < len(list) {
		c.goTo(list[to])
	}
}

func (m *Model) jump(key string) {
	c := m.kase()
	if c == nil || len(key) != 1 {
		return
	}
	if n := int(key[0] - '0'); n >= 1 && n <= len(c.snap.flow.Steps) {
		c.goTo(n)
	}
}

// vertical moves in the pane that has the keys.
func (m *Model) vertical(by int) {
	c := m.kase()
	switch {
	case m.focus == railPane:
		c.step(by)
	case m.focus == sidePane:
		m.raw.at = min(max(m.raw.at+by, 0), max(0, m.sideLines()-1))
	case len(c.tasks()) > 0:
		c.task = min(max(c.task+by, 0), len(c.tasks())-1)
	default:
		c.scroll = min(max(c.scroll+by, 0), m.mostScroll(c))
	}
}

func (m *Model) page(by int) {
	c := m.kase()
	step := by * max(1, m.frame.panel.h-4)
	switch {
	case m.focus == sidePane:
		m.raw.at = min(max(m.raw.at+step, 0), max(0, m.sideLines()-1))
	case len(c.tasks()) > 0:
		c.task = min(max(c.task+2*by, 0), len(c.tasks())-1)
	default:
		c.scroll = min(max(c.scroll+step, 0), m.mostScroll(c))
	}
}

func (m *Model) edge(end bool) {
	c := m.kase()
	switch {
	case m.focus == railPane:
		if list := c.entries(); len(list) > 0 {
			if end {
				c.goTo(list[len(list)-1])
			} else {
				c.goTo(list[0])
			}
		}
	case m.focus == sidePane:
		m.raw.at = 0
		if end {
			m.raw.at = max(0, m.sideLines()-1)
		}
	default:
		c.scroll, c.task = 0, 0
		if end {
			c.scroll, c.task = m.mostScroll(c), max(0, len(c.tasks())-1)
		}
	}
}

// mostScroll gives how far the panel can be scrolled.
func (m *Model) mostScroll(c *openCase) int {
	// Scrolled panels are laid out with next pinned to the foot.
	v := m.panelView(c, 1)
	if !m.panelView(c, 0).cut {
		return 0
	}
	return v.most
}

func (m *Model) nextPane() {
	panes := []pane{panelPane, railPane}
	if m.frame.shape == wide {
		panes = append(panes, sidePane)
	}
	at := slices.Index(panes, m.focus)
	m.focus = panes[(at+1)%len(panes)]
}
