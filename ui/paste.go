package ui

import (
	"bytes"
	"context"
	"slices"
	"time"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose/safe"
)

// pasteMost is the largest text taken, in bytes: as large as the largest mail
// that is read.
const pasteMost = 25 << 20

// pasteScreen takes text until a case is opened from it. The text is kept as
// bytes, outside any text widget, however large it is.
type pasteScreen struct {
	raw     []byte
	shared  int // bytes of raw that a command may be reading: never written again
	target  *openCase
	offline bool
	cut     bool // the text was longer than pasteMost
	rev     int  // counts changes of the text
	asked   int  // rev that is being read, 0 for none
	known   int  // rev that reading belongs to
	reading Reading
	pending int // rev at which enter was pressed, 0 for none
	opening bool
	stop    func() // ends the reading of a file; nil while none is read
}

func pasteActions() []action {
	in := []scope{inPaste}
	return []action{
		{
			keys: []string{"enter"}, show: "enter", in: in, rank: 1, does: "open a case, once the text is recognised or names a file; before that a new line",
			words: func(m *Model) (safe.Text, safe.Text) {
				switch {
				case m.paste.ready() && m.paste.reading.File != "":
					return "read the file", "read"
				case m.paste.target != nil && m.paste.reading.DNS && m.paste.ready():
					return "say where it was taken", "where"
				case m.paste.target != nil:
					return "add to the case", "add"
				case !m.paste.ready():
					return "new line", "new line"
				}
				return "start", "start"
			},
			can: func(m *Model) (bool, safe.Text) { return !m.paste.opening && len(m.paste.raw) > 0, "" },
			run: func(m *Model) tea.Cmd { return m.paste.enter() },
		},
		{
			keys: []string{"ctrl+u"}, show: "ctrl+u", in: in, long: "clear", rank: 5, does: "clear the text",
			can: func(m *Model) (bool, safe.Text) { return !m.paste.opening && len(m.paste.raw) > 0, "" },
			run: func(m *Model) tea.Cmd { m.paste.clear(); return nil },
		},
		{
			keys: []string{"ctrl+t"}, show: "ctrl+t", in: in, long: "worked example", short: "example", rank: 4, does: "open the worked example; no network",
			can: func(m *Model) (bool, safe.Text) { return m.paste.target == nil && !m.paste.opening, "" },
			run: func(m *Model) tea.Cmd { m.paste.opening = true; return m.demo() },
		},
		{
			keys: []string{"ctrl+g"}, show: "ctrl+g", in: in, rank: 6, does: "switch DNS off or on for the case that is opened next",
			words: func(m *Model) (safe.Text, safe.Text) {
				if m.paste.offline {
					return "ask DNS", "ask DNS"
				}
				return "offline", "offline"
			},
			can: func(m *Model) (bool, safe.Text) { return m.paste.target == nil, "" },
			run: func(m *Model) tea.Cmd { m.paste.offline = !m.paste.offline; return nil },
		},
		{
			keys: []string{"esc"}, show: "esc", in: in, rank: 3, does: "back, and keep the text; stops the reading of a file",
			words: func(m *Model) (safe.Text, safe.Text) {
				if m.paste.stop != nil {
					return "stop reading", "stop"
				}
				return "back", "back"
			},
			can: func(m *Model) (bool, safe.Text) {
				return m.paste.stop != nil || len(m.cases) > 0 || len(m.home.lines) > 0, ""
			},
			run: func(m *Model) tea.Cmd {
				if m.paste.stop != nil {
					m.paste.stop()
					m.say("stopping")
					return nil
				}
				m.leavePaste()
				return nil
			},
		},
	}
}

func (m *Model) openPaste() tea.Cmd {
	if m.paste.target != nil {
		m.paste.clear()
	}
	m.paste.target = nil
	m.back, m.screen = m.screen, inPaste
	return nil
}

func (m *Model) openAdd() tea.Cmd {
	if m.paste.target != m.kase() {
		m.paste.clear()
	}
	m.paste.target = m.kase()
	m.back, m.screen = inCase, inPaste
	return nil
}

func (m *Model) leavePaste() {
	switch {
	case m.back == inCases && len(m.cases) > 0:
		m.screen = inCases
	case m.back == inCase && len(m.cases) > 0, len(m.home.lines) == 0:
		m.screen = inCase
	default:
		m.screen = inHome
	}
}

// clear empties the text. Commands that still read the old one keep it.
func (p *pasteScreen) clear() {
	p.raw, p.shared, p.cut, p.pending = nil, 0, false, 0
	p.rev++
	p.known, p.reading = p.rev, Reading{}
}

// ready reports whether the text, as it is now, is enough to open a case.
func (p *pasteScreen) ready() bool {
	return p.known == p.rev && (p.reading.File != "" || p.reading.Recognised && (!p.reading.DNS || p.target != nil))
}

// insert adds text at the end, with LF line ends, up to the bound.
func (p *pasteScreen) insert(m *Model, text []byte) tea.Cmd {
	if p.opening {
		return nil
	}
	text = lineEnds(text)
	if p.pending != 0 { // the enter before was part of a paste
		p.pending = 0
		text = append([]byte("\n"), text...)
	}
	room := pasteMost - len(p.raw)
	if len(text) > room {
		text = text[:max(room, 0)]
		p.cut = true
	}
	// A command may be reading what is there: growing never writes into it.
	p.raw = append(p.raw[:len(p.raw):len(p.raw)], text...)
	p.rev++
	return p.read(m)
}

// lineEnds makes every line end LF. Terminals turn LF into CR, so a text with
// CRLF comes with two CR for each line end. It is told by its empty lines: there
// are four or more in a row, as after the header of every mail, and nowhere an
// odd number.
func lineEnds(text []byte) []byte {
	end := "\r"
	if !bytes.Contains(text, []byte("\n")) && doubledCR(text) {
		end = "\r\r"
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(text, []byte(end), []byte("\n"))
}

// doubledCR reports whether every run of CR has an even length, and some run is
// of four or more.
func doubledCR(text []byte) bool {
	empty := false
	for run := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r != '\r' }) {
		if len(run)%2 != 0 {
			return false
		}
		empty = empty || len(run) >= 4
	}
	return empty
}

// read has the text read, one reading at a time: what changes meanwhile is
// read after it.
func (p *pasteScreen) read(m *Model) tea.Cmd {
	if p.asked != 0 || p.known == p.rev {
		return nil
	}
	p.asked, p.shared = p.rev, len(p.raw)
	rev, raw, desk := p.rev, p.raw[:len(p.raw):len(p.raw)], m.opts.Desk
	return func() tea.Msg { return readingMsg{rev, desk.Read(raw)} }
}

// took takes a reading; one of an older text is only a reason to read again.
func (p *pasteScreen) took(m *Model, msg readingMsg) tea.Cmd {
	p.asked = 0
	if msg.rev == p.rev {
		p.known, p.reading = msg.rev, msg.reading
	}
	return p.read(m)
}

// enter waits a moment: text that follows at once shows that it was pasted,
// and then enter was a line end.
func (p *pasteScreen) enter() tea.Cmd {
	p.pending = p.rev
	rev := p.rev
	return tea.Tick(burst, func(time.Time) tea.Msg { return enterMsg{rev} })
}

// enterMeant takes an enter that no text followed.
func (m *Model) enterMeant(msg enterMsg) tea.Cmd {
	p := &m.paste
	if p.pending == 0 || msg.rev != p.pending || p.opening || m.scope() != inPaste {
		return nil
	}
	p.pending = 0
	switch {
	case p.known != p.rev:
		m.say("still reading the text")
		return nil
	case p.reading.DNS && p.target == nil:
		m.say("this belongs to a case: open its bounce first, then paste this there")
		return nil
	case !p.reading.Recognised && p.reading.File == "" && p.target == nil:
		return p.insert(m, []byte("\n"))
	case p.reading.DNS:
		m.openSeen(p.target, p.raw, p.reading)
		return nil
	}
	p.opening = true
	ctx, from := m.ctx, Given{Text: p.raw}
	if p.reading.File != "" {
		from = Given{File: p.reading.File}
		ctx, p.stop = context.WithCancel(m.ctx)
	}
	if p.target != nil {
		return m.add(ctx, p.target.session, from)
	}
	if p.stop == nil {
		m.say("opening")
	}
	return m.open(ctx, from, p.offline)
}

// opened takes note that what was given is read, or could not be.
func (p *pasteScreen) opened() {
	p.opening = false
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

// typed takes a key as text.
func (p *pasteScreen) typed(m *Model, k tea.KeyMsg) tea.Cmd {
	switch k.Type {
	case tea.KeyRunes, tea.KeySpace:
		if k.Alt {
			return nil
		}
		return p.insert(m, []byte(string(k.Runes)))
	case tea.KeyTab:
		return p.insert(m, []byte("\t"))
	case tea.KeyCtrlJ:
		return p.insert(m, []byte("\n"))
	case tea.KeyBackspace:
		if len(p.raw) == 0 || p.opening {
			return nil
		}
		_, n := utf8.DecodeLastRune(p.raw)
		p.pending = 0
		p.raw = p.raw[:len(p.raw)-n]
		if len(p.raw) < p.shared { // a command may still be reading the tail
			p.raw, p.shared = slices.Clone(p.raw), 0
		}
		p.cut = false
		p.rev++
		return p.read(m)
	}
	return nil
}
