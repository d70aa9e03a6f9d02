package ui

import (
	"strings"

	"deadletter/diagnose/safe"
)

// rule is the line under the header, or above the keys.
func (m *Model) rule(w int, focus bool) row {
	var l row
	if focus {
		l.fill(accent, m.g.heavy, w)
	} else {
		l.fill(quiet, m.g.light, w)
	}
	return l
}

// caseRule is heavy over the pane that has the keys.
func (m *Model) caseRule(f frame) row {
	var l row
	part := func(n int, focus bool) {
		if focus {
			l.fill(accent, m.g.heavy, n)
		} else {
			l.fill(quiet, m.g.light, n)
		}
	}
	joint := func(left, right bool) {
		switch {
		case right:
			l.add(accent, m.g.joinTop)
		case left:
			l.add(accent, m.g.joinRail)
		default:
			l.add(quiet, m.g.joinNone)
		}
	}
	part(railWidth, m.focus == railPane)
	joint(m.focus == railPane, m.focus == panelPane)
	part(f.panel.w, m.focus == panelPane)
	if f.side.w > 0 {
		joint(m.focus == panelPane, m.focus == sidePane)
		part(f.side.w, m.focus == sidePane)
	}
	return l
}

func (m *Model) caseFoot(f frame) row {
	if f.shape < railed {
		return m.rule(f.w, false)
	}
	var l row
	l.fill(quiet, m.g.light, railWidth)
	l.add(quiet, m.g.joinLow)
	l.fill(quiet, m.g.light, f.panel.w)
	if f.side.w > 0 {
		l.add(quiet, m.g.joinLow)
		l.fill(quiet, m.g.light, f.side.w)
	}
	return l
}

// header says which case this is, and what DNS has answered.
func (m *Model) header(w int) row {
	l := line(plain, " ")
	wideEnough := m.frame.w >= 100
	if wideEnough {
		l.add(quiet, "deadletter")
		l.add(plain, "   ")
	}
	c := m.kase()
	switch {
	case m.screen == inHome && len(m.over) == 0:
		count := safe.Textf("%d cases", len(m.home.lines))
		if len(m.home.lines) == 1 {
			count = "1 case"
		}
		l.add(strong, count)
		l.add(plain, m.homeCounts())
		l.right(w-1, line(quiet, safe.Of(m.now.In(m.opts.Location).Format("Mon 2 Jan 15:04"))))
		return l
	case c == nil || m.screen == inPaste && m.paste.target == nil || m.screen == inHome:
		l.add(plain, m.g.cut("why did it bounce, who said so, whom to ask what", w-l.width-1))
		l.right(w-1, line(quiet, "no case open"))
		return l
	case m.screen == inCases:
		l.add(strong, safe.Textf("%d open cases", len(m.cases)))
		return l
	}
	h := c.snap.flow.Header
	room := w - l.width - 1
	recipient := h.Recipient
	tail := m.dns(c.snap.status, c.snap.flow.NetworkFailed, true)
	if cells(recipient)+2+tail.width > room {
		tail = m.dns(c.snap.status, c.snap.flow.NetworkFailed, false)
	}
	short := m.frame.shape == narrow
	if short {
		tail = line(quiet, h.Short)
	}
	least := min(tail.width, 12)
	l.add(strong, m.g.cut(recipient, room-least-2))
	gap := safe.Text("   ")
	if !wideEnough {
		gap = "  "
	}
	if !short {
		for _, t := range []safe.Text{h.Reply, beforeComma(h.Reply), h.Short} {
			if t != "" && l.width+cells(gap)+cells(t)+2+tail.width < w {
				l.add(plain, gap)
				l.add(plain, t)
				break
			}
		}
	}
	l.right(w-1, tail)
	return l
}

func (m *Model) homeCounts() safe.Text {
	var n [groups]int
	for _, l := range m.home.lines {
		n[l.group()]++
	}
	return safe.Textf("   %d your move, %d waiting, %d ended", n[yourMove], n[waitsFor], n[ended])
}

func beforeComma(t safe.Text) safe.Text {
	if i := strings.LastIndexByte(string(t), ','); i > 0 {
		return t[:i]
	}
	return t
}

// shortResolver is the longest name of a resolver that the header of a screen
// without a rail has room for: an IPv4 address with a port.
const shortResolver = 21

// dns says how many questions were answered, and, where it is to be named, who
// is asked. Time-outs and refusals settle a question too: where nothing else
// came, it says so.
func (m *Model) dns(s Status, failed, named bool) row {
	var l row
	if s.Lab {
		l.add(attention, m.g.note)
		l.add(plain, " lab   ")
	}
	switch {
	case s.Offline:
		l.add(quiet, "offline, no dns")
	case failed && (!named || m.frame.shape < railed && m.frame.w < 100):
		l.add(attention, m.g.note)
		l.add(plain, " no dns")
	case failed:
		l.add(attention, m.g.note)
		l.add(plain, safe.Textf(" no answer from %s", s.Resolver))
	case m.frame.shape < railed && m.frame.w < 100 && (!named || cells(s.Resolver) > shortResolver):
		l.add(quiet, safe.Textf("dns %d/%d", s.Answered, s.Asked))
	case m.frame.shape < railed && m.frame.w < 100:
		l.add(quiet, safe.Textf("dns %d/%d %s %s", s.Answered, s.Asked, m.g.dot, s.Resolver))
	case !named:
		l.add(quiet, safe.Textf("dns %d of %d", s.Answered, s.Asked))
	default:
		l.add(quiet, safe.Textf("dns %d of %d %s %s", s.Answered, s.Asked, m.g.dot, s.Resolver))
	}
	return l
}

// keyBar shows the keys that work now, the most needed ones where there is no
// room for all, and at the right end what is saved.
func (m *Model) keyBar(w int) row {
	type item struct {
		key, long, short safe.Text
		rank             int
	}
	var items []item
	s := m.scope()
	for _, a := range m.within(s) {
		if a.rank == 0 || a.on != "" && a.on != m.inView() {
			continue
		}
		if ok, _ := a.works(m); !ok {
			continue
		}
		long, short := a.name(m)
		if len(items) > 0 && items[0].long == long {
			continue // enter means the same
		}
		items = append(items, item{a.show, long, short, a.rank})
	}
	if s == inCase {
		if c := m.kase(); c != nil && len(c.tasks()) == 0 {
			if v := m.panelView(c, c.scroll); v.cut {
				items = append(items, item{m.g.upDown, "more", "more", 3})
			}
		}
	}
	draw := func(list []item, long bool) row {
		l := line(plain, " ")
		for i, x := range list {
			if i > 0 {
				l.add(plain, "   ")
			}
			l.add(keycap, x.key)
			l.add(plain, " ")
			if long {
				l.add(plain, x.long)
			} else {
				l.add(plain, x.short)
			}
		}
		return l
	}
	saved := m.saved()
	most := func(rank int) []item {
		var out []item
		for _, x := range items {
			if x.rank <= rank {
				out = append(out, x)
			}
		}
		return out
	}
	// The less needed keys go first, then long words, then what is saved; enter,
	// help and commands stay.
	const never, least, last = 2, 6, 10
	type try struct {
		rank int
		long bool
		tail row
	}
	var tries []try
	if w >= 100 {
		for rank := last; rank >= least; rank-- {
			tries = append(tries, try{rank, true, saved})
		}
	}
	for rank := last; rank >= 4; rank-- {
		tries = append(tries, try{rank, false, saved})
	}
	for rank := 4; rank >= never-1; rank-- {
		tries = append(tries, try{rank, false, row{}})
	}
	var l row
	for _, t := range tries {
		l = draw(most(t.rank), t.long)
		if l.width+1 <= w && l.right(w-1, t.tail) {
			break
		}
	}
	return l
}

// saved says what is on disk, or what has not happened yet.
func (m *Model) saved() row {
	c := m.kase()
	switch {
	case m.leaving, m.waiting > 0:
		return line(quiet, "saving")
	case m.screen == inPaste:
		return line(quiet, "letters are text here")
	case m.screen == inHome:
		if m.opts.Kept == "" {
			return row{}
		}
		return line(quiet, safe.Textf("kept in %s", m.opts.Kept))
	case c == nil:
		return row{}
	case m.screen == inLetter && !m.wasCopied(c):
		return line(quiet, "not copied yet")
	case c.readOnly() != "":
		return line(quiet, "read only")
	case c.snap.status.Saved.IsZero():
		return line(quiet, "not kept")
	}
	width := 8
	if m.frame.w < 100 {
		width = 5
	}
	at := clock{m.now, m.opts.Location}.at(c.snap.status.Saved, width, false)
	return line(quiet, safe.Textf("saved %s", at))
}

// wasCopied reports whether the letter's step was copied before.
func (m *Model) wasCopied(c *openCase) bool {
	if c.snap.kase == nil {
		return false
	}
	for _, x := range c.snap.kase.Copies {
		if x.Step == m.letter.step {
			return true
		}
	}
	return false
}
