package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// meaning is what enter does on a panel.
type meaning uint8

const (
	nothingToDo meaning = iota
	copyAndGo
	goOn
	removeHere  // by the program
	removeEntry // recorded by hand
	lookUpThere
	retryOnce
	recordResult
	recordLists
	closeCase
	goFromRail
	showWork // in the dialog that was hidden
)

// enterMeans says what enter does now: what next says.
func (m *Model) enterMeans() meaning {
	c := m.kase()
	if c == nil {
		return nothingToDo
	}
	if m.focus == railPane {
		return goFromRail
	}
	_, p := c.panel()
	if p.Copy != nil && !p.GoOn && p.State != diagnose.Skipped {
		return copyAndGo
	}
	if c.awaited(p) {
		if c.work.shown != nil {
			return showWork
		}
		return nothingToDo
	}
	if c.readOnly() == "" {
		if is := m.platformMeans(c, p); is != nothingToDo {
			return is
		}
		for _, o := range []struct {
			kind diagnose.OfferKind
			step diagnose.Step
			is   meaning
		}{
			{diagnose.OfferResult, diagnose.StepRetry, recordResult},
			{diagnose.OfferRetry, diagnose.StepRetry, retryOnce},
			{diagnose.OfferRemoval, diagnose.StepSuppression, removeEntry},
		} {
			if _, ok := c.offer(o.kind, p.Step); ok && p.Step == o.step {
				return o.is
			}
		}
		if _, ok := c.offer(diagnose.OfferLookUp, p.Step); ok && p.Step == diagnose.StepSuppression && (p.State == diagnose.Active || p.State == diagnose.Pending) {
			return recordLists
		}
		resolved := c.snap.flow.Outcome == diagnose.Resolved && p.Step == diagnose.StepRetry
		absent := c.snap.flow.Outcome == diagnose.Absent && p.Step == diagnose.StepRecipient
		if _, ok := c.offer(diagnose.OfferClose, ""); ok && (resolved || absent) {
			return closeCase
		}
	}
	if c.following(p) != nowhere {
		return goOn
	}
	return nothingToDo
}

// platformMeans says what enter asks a sending platform for on panel 5.
func (m *Model) platformMeans(c *openCase, p diagnose.Panel) meaning {
	if p.Step != diagnose.StepSuppression || m.opts.Platforms == nil || m.opts.Platforms.Refuses(c.session) != "" {
		return nothingToDo
	}
	if k := c.snap.kase; k != nil && k.Closing != nil {
		return nothingToDo
	}
	if _, ok := c.offer(diagnose.OfferRemove, p.Step); ok {
		return removeHere
	}
	if _, ok := c.offer(diagnose.OfferSettle, p.Step); ok {
		return lookUpThere
	}
	if _, ok := c.offer(diagnose.OfferRemoval, p.Step); ok {
		return nothingToDo // removed there by hand, and recorded
	}
	_, ok := c.offer(diagnose.OfferLookUp, p.Step)
	if ok && (p.State == diagnose.Active || p.State == diagnose.Pending) && len(m.accountsFor(c)) > 0 {
		return lookUpThere
	}
	return nothingToDo
}

// following gives the entry that comes after a panel, past what is skipped.
func (c *openCase) following(p diagnose.Panel) int {
	if n := p.GoTo.Number(); n > 0 {
		return n
	}
	list := c.entries()
	for _, e := range list[slices.Index(list, c.entry)+1:] {
		if e == 0 || c.snap.flow.Steps[e-1].State != diagnose.Skipped {
			return e
		}
	}
	return nowhere
}

// nowhere is the entry of no panel.
const nowhere = -1

// entryName is how an entry is called: its number, or A for the side branch.
func entryName(entry int) safe.Text {
	if entry == 0 {
		return "A"
	}
	return safe.Textf("%d", entry)
}

func enterWords(m *Model) (long, short safe.Text) {
	c := m.kase()
	if c == nil {
		return "", ""
	}
	_, p := c.panel()
	switch m.enterMeans() {
	case copyAndGo:
		if n := p.GoTo.Number(); n > 0 {
			return safe.Textf("copy questions, go to %d", n), safe.Textf("copy, go to %d", n)
		}
		return "copy questions", "copy"
	case goOn:
		t := safe.Textf("go to %s", entryName(c.following(p)))
		return t, t
	case removeHere:
		return "remove the entry", "remove"
	case lookUpThere:
		return "look it up there", "look up"
	case removeEntry:
		return "record the removal", "removal"
	case retryOnce:
		return "retry once", "retry"
	case recordResult:
		return "record what came of it", "result"
	case recordLists:
		return "record the look-up", "look-up"
	case closeCase:
		return "close the case", "close"
	case goFromRail:
		return "to the panel", "panel"
	case showWork:
		return "show it again", "show"
	}
	return "", ""
}

// enter does what next says.
func (m *Model) enter() tea.Cmd {
	c := m.kase()
	_, p := c.panel()
	switch m.enterMeans() {
	case copyAndGo:
		return m.copyHere(true)
	case goOn:
		c.goTo(c.following(p))
	case removeHere:
		return m.openRemove()
	case lookUpThere:
		return m.openLookUp()
	case removeEntry:
		return m.openRemoval()
	case retryOnce:
		return m.openRetry()
	case recordResult:
		return m.openResult()
	case recordLists:
		return m.openLists()
	case closeCase:
		return m.openClose()
	case goFromRail:
		m.focus = panelPane
	case showWork:
		m.openOverlay(c.work.shown)
	}
	return nil
}

// copyHere copies the draft of the panel shown, and then goes on or stays.
func (m *Model) copyHere(move bool) tea.Cmd {
	c := m.kase()
	d, ok := c.draft()
	if !ok {
		return nil
	}
	_, p := c.panel()
	return m.copyDraft(c, d, p.Step, move, p.GoTo)
}

// copied tells which way the text went, and goes on where that was asked.
func (m *Model) copied(msg copiedMsg) {
	m.waiting--
	if msg.err != nil {
		m.failed("nothing was copied", msg.err)
		return
	}
	m.say(msg.receipt.Says)
	if msg.record != nil {
		m.failed("copied, but not recorded", msg.record)
	}
	if !msg.move {
		return
	}
	if m.screen == inLetter {
		m.screen = inCase
	}
	for _, c := range m.cases {
		if n := msg.goTo.Number(); c.session == msg.session && n > 0 {
			c.goTo(n)
		}
	}
}
