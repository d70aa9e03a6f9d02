package ui

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// Options are what the screen is given. Desk and Clipboard are needed.
type Options struct {
	Desk      Desk
	Clipboard Clipboard
	Sessions  []Session          // cases that are open from the start
	Clock     func() time.Time   // nil for the system's
	Location  *time.Location     // zone of the times on screen; nil for local
	Renderer  *lipgloss.Renderer // whose colour profile counts; nil for the sixteen colours
	Color     bool
	ASCII     bool // glyphs for poor fonts
	Local     bool // the terminal is this machine's own: ctrl+z suspends
	Offline   bool // DNS is not asked unless the person at the keys switches it on
	Version   string
	Notice    safe.Text // shown on the first screen
	Kept      safe.Text // where cases are kept: "~/.local/share/deadletter/cases"
	Width     int       // columns of the terminal as the screen begins; 80 where that is not known
	Height    int       // rows likewise; 24
	Actor     string    // who sits at the keys; fills the name of who looked something up
	Platforms Platforms // asks sending platforms; nil where none can be asked
	Retrier   Retrier   // makes the attempts of retries; nil where a retry is by hand only

	// SaveLetter writes a letter beside the case and says where; nil when there
	// is nowhere to write. It is called from commands only.
	SaveLetter func(ctx context.Context, id string, d diagnose.Draft) (safe.Text, error)
}

// scope is what has the keys: a screen, or a text field or dialog on it.
type scope string

const (
	inPaste   scope = "paste"    // text is pasted or typed
	inHome    scope = "home"     // the cases on disk
	inCase    scope = "case"     // the six panels
	inRaw     scope = "raw"      // the bounce as it came
	inSearch  scope = "search"   // the search word of the raw view
	inLetter  scope = "letter"   // a letter before it is copied
	inEdit    scope = "edit"     // the letter's text is being changed
	inTo      scope = "address"  // the letter's address is being changed
	inPlain   scope = "plain"    // the letter without anything around it
	inChart   scope = "flow"     // the flowchart
	inCompare scope = "compared" // two messages side by side
	inCases   scope = "cases"    // the open cases
	inDialog  scope = "dialog"   // a form or a consent
	inPalette scope = "commands"
	inHelp    scope = "help"
	inTiny    scope = "tiny" // the screen is too small to show anything
)

// typing reports whether letters are text in a scope.
func (s scope) typing() bool {
	switch s {
	case inPaste, inSearch, inEdit, inTo, inDialog, inPalette:
		return true
	}
	return false
}

// pane is the part of the case screen that has the keys.
type pane uint8

const (
	panelPane pane = iota
	railPane
	sidePane
)

// Model is the screen. It is one tea.Model; everything beneath is plain
// structs. It holds what is looked at, never what is known.
type Model struct {
	opts    Options
	theme   theme
	g       glyphs
	actions []action
	ctx     context.Context // ends when the screen is left
	cancel  context.CancelFunc
	frame   frame
	now     time.Time

	screen scope
	back   scope // where esc leads from the raw view, the letter and the lists
	over   []overlay

	cases   []*openCase
	at      int // index of the case shown
	focus   pane
	paste   pasteScreen
	home    homeScreen
	raw     rawScreen
	letter  letterScreen
	compare compareScreen
	list    listScreen
	message message
	waiting int  // requests under way that change something
	leaving bool // quit as soon as they are done
	title   string

	cached   body
	cachedBy cacheKey
}

// overlay is a dialog, the palette or the help, in front of the screen.
type overlay interface{ scope() scope }

// message is what the status line says until the next key.
type message struct {
	text safe.Text
	bad  bool
}

// New makes the screen. Nothing is asked or opened before Init.
func New(o Options) *Model {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	m := &Model{opts: o, theme: newTheme(o.Renderer, o.Color), g: unicodeGlyphs, now: o.Clock(), screen: inHome, back: inHome}
	if o.ASCII {
		m.g = asciiGlyphs
	}
	m.actions = actionTable()
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.paste.offline = o.Offline
	m.message.text = o.Notice
	m.frame = layout(80, 24)
	if o.Width > 0 && o.Height > 0 {
		m.frame = layout(o.Width, o.Height) // the first frame fits, before Bubble Tea tells the size
	}
	for _, s := range o.Sessions {
		m.addCase(s)
	}
	if len(m.cases) > 0 {
		m.showCase(0)
	} else {
		m.home.loading = true
	}
	return m
}

// addCase takes a session in and gives its index. A session that is open
// already is not added again.
func (m *Model) addCase(s Session) int {
	for i, c := range m.cases {
		if c.session == s {
			return i
		}
	}
	c := &openCase{session: s, snap: snap(s), rev: 1, edited: map[letterKey]diagnose.Draft{}}
	c.entry = c.begins()
	c.firstTask()
	m.cases = append(m.cases, c)
	return len(m.cases) - 1
}

// kase gives the case shown, nil for none.
func (m *Model) kase() *openCase {
	if m.at < 0 || m.at >= len(m.cases) {
		return nil
	}
	return m.cases[m.at]
}

func (m *Model) showCase(i int) {
	m.at, m.screen, m.focus = i, inCase, panelPane
	m.back = inCase
}

// Init starts to listen to the open sessions, and reads the list of cases
// when none is open.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.tick(), m.retitle()}
	for _, c := range m.cases {
		cmds = append(cmds, m.listen(c), m.readDocs(c))
	}
	if len(m.cases) == 0 {
		cmds = append(cmds, m.readCases())
	}
	return tea.Batch(cmds...)
}

// Saved says for each open case where it is kept and how to come back to it:
// the lines to print after the screen was left.
func (m *Model) Saved() []safe.Text {
	var lines []safe.Text
	for _, c := range m.cases {
		s := c.snap.status
		if s.Path == "" {
			continue
		}
		lines = append(lines, safe.Textf("%s saved in %s", c.snap.flow.Header.Recipient, s.Path),
			safe.Textf("  resume: deadletter open %s", s.ID))
	}
	return lines
}

// Busy counts the requests under way and the DNS questions without an answer.
// Tests wait for zero.
func (m *Model) Busy() int {
	n := m.waiting
	for _, c := range m.cases {
		if c.snap.status.Running {
			n += max(1, c.snap.status.Asked-c.snap.status.Answered)
		}
		if c.work != nil {
			n++
		}
	}
	return n
}

// scope says what has the keys now.
func (m *Model) scope() scope {
	if m.frame.shape == tiny {
		return inTiny
	}
	if n := len(m.over); n > 0 {
		return m.over[n-1].scope()
	}
	switch {
	case m.screen == inRaw && m.raw.typing:
		return inSearch
	case m.screen == inLetter && m.letter.editing:
		return inEdit
	case m.screen == inLetter && m.letter.addressing:
		return inTo
	}
	return m.screen
}
