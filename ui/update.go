package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// Update takes a message. It does no I/O: what reads, asks or writes goes into
// the command that it gives back.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.now = m.opts.Clock()
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.frame = layout(msg.Width, msg.Height)
		if m.frame.shape < railed || m.focus == sidePane && m.frame.shape != wide {
			m.focus = panelPane
		}
	case tea.KeyMsg:
		cmd = m.key(msg)
	case tickMsg:
		cmd = m.tick()
	case changedMsg:
		cmd = m.changed(msg)
	case casesMsg:
		m.casesRead(msg)
	case openedMsg:
		cmd = m.opened(msg)
	case addedMsg:
		m.added(msg)
	case readingMsg:
		cmd = m.paste.took(m, msg)
	case enterMsg:
		cmd = m.enterMeant(msg)
	case strayMsg:
		cmd = m.strayRead(msg)
	case docsMsg:
		m.docsRead(msg)
	case foundMsg:
		m.found(msg)
	case copiedMsg:
		m.copied(msg)
	case workMsg:
		cmd = m.heard(msg.work)
	case workedMsg:
		cmd = m.worked(msg)
	case nowMsg:
	case doneMsg:
		m.waiting--
		// What was done is looked at before it is said: a key pressed at once
		// must find it.
		for _, c := range m.cases {
			if c.session == msg.session {
				c.snap = snap(c.session)
				c.rev++
			}
		}
		switch {
		case msg.err == nil:
			m.say(msg.says)
		case msg.form != nil && len(m.over) == 0 && m.screen == inCase && m.kase() == msg.form.kase:
			msg.form.wrong = safe.Textf("%v", msg.err)
			m.over = append(m.over, msg.form)
			m.failed("not done", msg.err)
		default:
			m.failed("not done", msg.err)
		}
	}
	if m.leaving && m.waiting <= 0 {
		m.cancel()
		return m, tea.Quit
	}
	m.look()
	return m, tea.Batch(cmd, m.retitle())
}

// look tells every session what is in view of it: what shows there is asked
// first.
func (m *Model) look() {
	for i, c := range m.cases {
		inView := diagnose.Step("")
		if m.screen == inCase && i == m.at {
			_, p := c.shown()
			inView = p.Step
			if c.entry == 0 {
				inView = "side"
			}
		}
		if c.seen != inView {
			c.seen = inView
			c.session.Look(inView)
		}
	}
}

// key routes a key: what has the keys takes its own actions first; in a text
// field what is left is text.
func (m *Model) key(k tea.KeyMsg) tea.Cmd {
	if k.Paste {
		return m.pasted(k.Runes)
	}
	s := m.scope()
	if !s.typing() && k.Type == tea.KeyRunes && len(k.Runes) > 1 {
		return m.several(k)
	}
	m.message = message{}
	if c := m.kase(); c != nil {
		c.touched = true
	}
	if s == inCase && len(k.Runes) == 1 && k.Runes[0] >= '1' && k.Runes[0] <= '6' {
		m.jump(string(k.Runes))
		return nil
	}
	// Several letters that came together are text: they may spell a key's name.
	if len(k.Runes) <= 1 {
		if a, ok := m.find(s, k.String()); ok {
			return m.do(a)
		}
	}
	if s.typing() {
		return m.typed(s, k)
	}
	return nil
}

// pasteHint says where a paste belongs.
func (m *Model) pasteHint() safe.Text {
	if m.screen == inHome || m.screen == inCases {
		return "pasted text is not taken here; p opens a new case from it"
	}
	return "pasted text is not taken here; p opens a new case from it, a adds it to this one"
}

// several takes keys that arrived together. A few were typed fast; more are a
// paste on a terminal that does not mark pastes, and mean nothing.
func (m *Model) several(k tea.KeyMsg) tea.Cmd {
	const fast = 4
	if len(k.Runes) > fast {
		m.say(m.pasteHint())
		return nil
	}
	var cmds []tea.Cmd
	for _, r := range k.Runes {
		cmds = append(cmds, m.key(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: k.Alt}))
	}
	return tea.Batch(cmds...)
}

// typed gives a key to the text field that has the keys.
func (m *Model) typed(s scope, k tea.KeyMsg) tea.Cmd {
	switch s {
	case inPaste:
		return m.paste.typed(m, k)
	case inSearch:
		m.raw.word.key(k)
	case inEdit:
		if m.letter.text.key(k) {
			m.letter.changed = true
		}
	case inTo:
		m.letter.to.key(k)
	case inDialog, inPalette:
		if o, ok := m.over[len(m.over)-1].(typist); ok {
			o.typed(m, k)
		}
	}
	return nil
}

// typist is an overlay with a text field.
type typist interface {
	typed(m *Model, k tea.KeyMsg)
	pasted(m *Model, in []rune)
}

// pasted takes pasted text. It goes where text goes, and never means a key.
func (m *Model) pasted(in []rune) tea.Cmd {
	switch s := m.scope(); s {
	case inPaste:
		return m.paste.insert(m, []byte(string(in)))
	case inHome:
		m.openPaste()
		return m.paste.insert(m, []byte(string(in)))
	case inSearch:
		m.raw.word.insert(in)
	case inEdit:
		m.letter.text.insert(in)
		m.letter.changed = true
	case inTo:
		m.letter.to.insert(in)
	case inDialog, inPalette:
		if o, ok := m.over[len(m.over)-1].(typist); ok {
			o.pasted(m, in)
		}
	case inTiny, inHelp:
	default:
		m.say(m.pasteHint())
		return m.readStray([]byte(string(in)))
	}
	return nil
}

// changed takes a new state of a session in.
func (m *Model) changed(msg changedMsg) tea.Cmd {
	for _, c := range m.cases {
		if c.session != msg.session {
			continue
		}
		c.snap = msg.snap
		c.rev++
		if !c.touched || c.entry == 0 && c.snap.flow.Side == nil {
			c.entry = c.begins()
			c.firstTask()
		}
		cmds := []tea.Cmd{m.listen(c)}
		if c.snap.kase != nil && len(c.snap.kase.Bounces()) != c.docsOf {
			cmds = append(cmds, m.readDocs(c))
		}
		return tea.Batch(cmds...)
	}
	return nil
}

// opened shows the cases that were opened.
func (m *Model) opened(msg openedMsg) tea.Cmd {
	m.waiting--
	m.paste.opened()
	if msg.err != nil {
		m.failed("no case was opened", msg.err)
		return nil
	}
	if len(msg.sessions) == 0 {
		m.fail("no case was opened: no recipient was found in the text")
		return nil
	}
	var cmds []tea.Cmd
	first := -1
	for _, s := range msg.sessions {
		before := len(m.cases)
		i := m.addCase(s)
		if first < 0 {
			first = i
		}
		if len(m.cases) > before {
			cmds = append(cmds, m.listen(m.cases[i]), m.readDocs(m.cases[i]))
		}
	}
	m.paste.clear()
	m.showCase(first)
	says := safe.Text("") // "opening" is over
	if len(msg.sessions) > 1 {
		says = safe.Textf("%d recipients, a case for each: b lists them", len(msg.sessions))
	}
	m.say(andThen(says, msg.unread))
	return tea.Batch(cmds...)
}

// andThen puts two remarks together.
func andThen(a, b safe.Text) safe.Text {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// added goes back to the case that a text was added to.
func (m *Model) added(msg addedMsg) {
	m.waiting--
	m.paste.opened()
	if msg.err != nil {
		m.failed("not added", msg.err)
		return
	}
	m.paste.clear()
	for i, c := range m.cases {
		if c.session == msg.session {
			m.showCase(i)
		}
	}
	m.say(andThen("added to this case", msg.unread))
}

// quit leaves the screen, after what is under way was written.
func (m *Model) quit() tea.Cmd {
	if m.leaving || m.waiting <= 0 {
		m.cancel()
		return tea.Quit
	}
	m.leaving = true
	if m.paste.stop != nil {
		m.paste.stop()
	}
	if w, ok := m.unstoppable(); ok {
		m.say(safe.Textf("%s: leaving as soon as it is known what came of it", w.title))
		return nil
	}
	m.say("leaving as soon as the last entry is saved; ctrl+c leaves at once")
	return nil
}

// closeOverlay takes the front overlay away.
func (m *Model) closeOverlay() {
	if n := len(m.over); n > 0 {
		m.over = m.over[:n-1]
	}
}

// openOverlay puts an overlay in front.
func (m *Model) openOverlay(o overlay) { m.over = append(m.over, o) }

// answerWith opens the form for an answer to the chosen question.
func answerWith(v diagnose.AnswerValue) func(m *Model) tea.Cmd {
	return func(m *Model) tea.Cmd { return m.openAnswer(v) }
}
