package ui

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// settle is how long a change is given to be followed by others before the
// screen reads the session: answers come in bursts.
const settle = 4 * time.Millisecond

// burst is how soon after an enter further text shows that the enter was part
// of a paste, on a terminal that does not mark pastes.
const burst = 40 * time.Millisecond

type (
	changedMsg struct {
		session Session
		snap    snapshot
	}
	tickMsg  struct{ at time.Time }
	casesMsg struct {
		lines []Line
		err   error
	}
	openedMsg struct {
		sessions []Session
		unread   safe.Text // what was not read
		err      error
	}
	addedMsg struct {
		session Session
		unread  safe.Text // what was not read
		err     error
	}
	readingMsg struct {
		rev     int
		reading Reading
	}
	enterMsg struct{ rev int }
	docsMsg  struct {
		session Session
		count   int
		docs    []document
	}
	foundMsg struct {
		rev  int
		line int
	}
	copiedMsg struct {
		session Session
		receipt Receipt
		err     error // of the clipboard: nothing was copied
		record  error // of the journal: copied, but not recorded
		move    bool
		goTo    diagnose.Step
	}
	doneMsg struct {
		session Session
		says    safe.Text // what was done, for the status line
		err     error
		form    *form // that asked for it; nil for none
	}
)

// listen waits for the next change of a session and reads it.
func (m *Model) listen(c *openCase) tea.Cmd {
	s, changed, ctx := c.session, c.snap.changed, m.ctx
	return func() tea.Msg {
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
		pause := time.NewTimer(settle)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-ctx.Done():
			return nil
		}
		return changedMsg{s, snap(s)}
	}
}

// tick makes relative times follow the clock.
func (m *Model) tick() tea.Cmd {
	return tea.Every(time.Minute, func(t time.Time) tea.Msg { return tickMsg{t} })
}

func (m *Model) readCases() tea.Cmd {
	ctx, desk := m.ctx, m.opts.Desk
	return func() tea.Msg {
		lines, err := desk.Cases(ctx)
		return casesMsg{lines, err}
	}
}

func (m *Model) resume(id string) tea.Cmd {
	ctx, desk := m.ctx, m.opts.Desk
	m.waiting++
	return func() tea.Msg {
		s, err := desk.Resume(ctx, id)
		if err != nil {
			return openedMsg{err: err}
		}
		return openedMsg{sessions: []Session{s}}
	}
}

func (m *Model) open(ctx context.Context, from Given, offline bool) tea.Cmd {
	desk := m.opts.Desk
	m.waiting++
	return func() tea.Msg {
		sessions, unread, err := desk.Open(ctx, from, offline)
		return openedMsg{sessions, unread, err}
	}
}

func (m *Model) demo() tea.Cmd {
	ctx, desk := m.ctx, m.opts.Desk
	m.waiting++
	return func() tea.Msg {
		sessions, err := desk.Demo(ctx)
		return openedMsg{sessions: sessions, err: err}
	}
}

func (m *Model) add(ctx context.Context, s Session, from Given) tea.Cmd {
	desk := m.opts.Desk
	m.waiting++
	return func() tea.Msg {
		unread, err := desk.Add(ctx, s, from)
		return addedMsg{s, unread, err}
	}
}

// proposeForm sends what a form holds. Should it not be recorded, the form
// comes back as it was filled in.
func (m *Model) proposeForm(f *form, bodies ...diagnose.Body) tea.Cmd {
	send := m.propose(f.kase, f.done, bodies...)
	return func() tea.Msg {
		msg := send()
		if done, ok := msg.(doneMsg); ok {
			done.form = f
			return done
		}
		return msg
	}
}

// propose asks the session for events, one after the other, and says done
// when all are on disk.
func (m *Model) propose(c *openCase, done safe.Text, bodies ...diagnose.Body) tea.Cmd {
	s := c.session
	m.waiting++
	return func() tea.Msg {
		for _, b := range bodies {
			// A request that was made is carried through, even if the screen is left.
			if err := s.Propose(context.Background(), b); err != nil {
				return doneMsg{session: s, err: err}
			}
		}
		return doneMsg{session: s, says: done}
	}
}

func (m *Model) refresh(c *openCase) tea.Cmd {
	s, ctx := c.session, m.ctx
	m.waiting++
	return func() tea.Msg { return doneMsg{session: s, says: "DNS is asked again", err: s.Refresh(ctx)} }
}

func (m *Model) stop(c *openCase) tea.Cmd {
	s := c.session
	m.waiting++
	return func() tea.Msg {
		s.Stop()
		return doneMsg{session: s, says: "stopped; R asks again"}
	}
}

// copyDraft takes a draft to the clipboard and records exactly that text.
func (m *Model) copyDraft(c *openCase, d diagnose.Draft, step diagnose.Step, move bool, goTo diagnose.Step) tea.Cmd {
	s, ctx, clip := c.session, m.ctx, m.opts.Clipboard
	version, record := m.opts.Version, c.readOnly() == ""
	m.waiting++
	return func() tea.Msg {
		text := d.Text()
		receipt, err := clip.Copy(ctx, text)
		out := copiedMsg{session: s, receipt: receipt, err: err, move: move, goTo: goTo}
		if err == nil && record {
			out.record = s.Propose(context.Background(), diagnose.QuestionsCopied{Step: step, Text: text, Way: receipt.Way, Version: version})
		}
		return out
	}
}

// copyText takes a text to the clipboard that is no letter: nothing is recorded.
func (m *Model) copyText(text string) tea.Cmd {
	ctx, clip := m.ctx, m.opts.Clipboard
	m.waiting++
	return func() tea.Msg {
		receipt, err := clip.Copy(ctx, text)
		return copiedMsg{receipt: receipt, err: err}
	}
}

func (m *Model) saveLetter(c *openCase, d diagnose.Draft) tea.Cmd {
	s, ctx, save, id := c.session, m.ctx, m.opts.SaveLetter, c.snap.status.ID
	m.waiting++
	return func() tea.Msg {
		where, err := save(ctx, id, d)
		return doneMsg{session: s, says: safe.Textf("letter saved in %s", where), err: err}
	}
}

// retitle names the case in the window title, by its id alone.
func (m *Model) retitle() tea.Cmd {
	title := "deadletter"
	if c := m.kase(); c != nil && m.screen != inHome && m.screen != inPaste {
		if id := plainID(c.snap.status.ID); id != "" {
			title += " " + id
		}
	}
	if title == m.title {
		return nil
	}
	m.title = title
	return tea.SetWindowTitle(title)
}

// plainID keeps of a case id what an id may hold.
func plainID(id string) string {
	var out []byte
	for i := 0; i < len(id) && len(out) < 120; i++ {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
			out = append(out, c)
		}
	}
	return string(out)
}
