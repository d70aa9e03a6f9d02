package ui

import (
	"context"
	"slices"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// work is something that goes on outside for a case while the screen stays in
// use: a look-up, a removal. A case has one at a time.
type work struct {
	kase  *openCase
	title safe.Text  // "looking up at SendGrid"
	lines []workLine // how far it is, as last told
	shown *form      // the dialog that began it, and shows it; nil where none does
	stop  func()     // ends it; nil where it must come to its end

	mu    sync.Mutex
	next  []workLine
	heard []workLine    // of the conversation
	news  chan struct{} // holds one while next is newer than lines
	ended chan struct{}
}

// workLine is one line of how far a work is, or of a conversation.
type workLine struct {
	sign diagnose.Sign // Holds done, Asking under way, NoSign not begun
	text safe.Text
	said direction // of a conversation; then there is no sign
	at   time.Time // of a conversation
}

// direction says who said a line.
type direction uint8

const (
	byNobody direction = iota
	byUs
	byThem
)

// maxHeard is how many lines of a conversation the screen holds; the case holds
// what is kept of it.
const maxHeard = 200

// tell says how far the work is. Only the latest counts; it never waits.
func (w *work) tell(lines ...workLine) {
	w.mu.Lock()
	w.next = lines
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// hear adds a line of a conversation. It never waits.
func (w *work) hear(l diagnose.SMTPLine) {
	line := workLine{text: l.Text.Safe(), said: byThem, at: l.At}
	if l.Ours {
		line.said = byUs
	}
	w.mu.Lock()
	w.heard = append(w.heard[max(0, len(w.heard)-maxHeard+1):], line)
	next := slices.Clone(w.heard)
	w.mu.Unlock()
	w.tell(next...)
}

type (
	workMsg   struct{ work *work }
	workedMsg struct {
		work *work
		result
	}
	// nowMsg lets the screen look at the clock.
	nowMsg struct{}
)

// result is what a work ends with: an error, a sentence, or what to do next.
type result struct {
	says safe.Text
	bad  bool
	err  error
	then func(m *Model) tea.Cmd
}

// begin starts work for a case. One that may be stopped ends with the screen
// too; for one that must not, the screen waits before it is left.
func (m *Model) begin(c *openCase, title safe.Text, mayStop bool, do func(ctx context.Context, w *work) result) (*work, tea.Cmd) {
	w := &work{kase: c, title: title, news: make(chan struct{}, 1), ended: make(chan struct{})}
	ctx := context.Background()
	if mayStop {
		ctx, w.stop = context.WithCancel(m.ctx)
	} else {
		m.waiting++
	}
	c.work = w
	c.rev++
	return w, tea.Batch(m.carryOut(ctx, w, do), m.follow(w))
}

func (m *Model) carryOut(ctx context.Context, w *work, do func(ctx context.Context, w *work) result) tea.Cmd {
	return func() tea.Msg {
		defer close(w.ended)
		if w.stop != nil {
			defer w.stop()
		}
		return workedMsg{w, do(ctx, w)}
	}
}

// follow waits for the next word of a work.
func (m *Model) follow(w *work) tea.Cmd {
	return func() tea.Msg {
		select {
		case <-w.news:
			return workMsg{w}
		case <-w.ended:
			return nil
		}
	}
}

// heard takes in how far a work is.
func (m *Model) heard(w *work) tea.Cmd {
	w.mu.Lock()
	w.lines = slices.Clone(w.next)
	w.mu.Unlock()
	w.kase.rev++
	return m.follow(w)
}

// worked takes in what came of a work. A dialog that showed it is closed.
func (m *Model) worked(msg workedMsg) tea.Cmd {
	w, c := msg.work, msg.work.kase
	if w.stop == nil {
		m.waiting--
	}
	c.work = nil
	c.snap = snap(c.session)
	c.rev++
	m.over = slices.DeleteFunc(m.over, func(o overlay) bool { f, ok := o.(*form); return ok && f.work == w })
	says := msg.says
	if msg.err != nil {
		says = safe.Textf("not done: %v", msg.err)
	}
	if says != "" {
		if m.kase() != c || m.screen == inHome || m.screen == inCases || m.screen == inPaste {
			says = safe.Textf("%s: %s", c.snap.flow.Header.Recipient, says) // it is not the case in view
		}
		m.message = message{text: says, bad: msg.bad || msg.err != nil}
	}
	if msg.then == nil {
		return nil
	}
	return msg.then(m)
}

// idle holds where no work is under way for the case shown.
func idle(m *Model) (bool, safe.Text) {
	c := m.kase()
	switch {
	case c == nil:
		return false, ""
	case c.work != nil && c.work.stop != nil:
		return false, safe.Textf("%s; esc stops it", c.work.title)
	case c.work != nil:
		return false, safe.Textf("%s; it goes on to its end", c.work.title)
	}
	return true, ""
}

// awaited reports whether a panel is one that work is done for now: what comes
// of it is waited for there.
func (c *openCase) awaited(p diagnose.Panel) bool {
	return c.work != nil && (p.Step == diagnose.StepSuppression || p.Step == diagnose.StepRetry)
}

// meanwhile is what comes next on a panel while work is under way.
func (w *work) meanwhile() safe.Text {
	if w.stop != nil {
		return "Wait for what comes of it, or stop it with esc."
	}
	return "Wait for what comes of it: it goes on to its end."
}

// stoppable holds while work is under way that esc stops.
func stoppable(m *Model) (bool, safe.Text) {
	c := m.kase()
	return c != nil && c.work != nil && c.work.stop != nil, ""
}

func (m *Model) stopWork() tea.Cmd {
	if w := m.kase().work; w != nil && w.stop != nil {
		w.stop()
		m.say("stopping")
	}
	return nil
}

// unstoppable gives the work that the screen waits for before it is left.
func (m *Model) unstoppable() (*work, bool) {
	for _, c := range m.cases {
		if c.work != nil && c.work.stop == nil {
			return c.work, true
		}
	}
	return nil, false
}

// lookAgain looks at the clock when a time has passed.
func lookAgain(after time.Duration) tea.Cmd {
	return tea.Tick(after, func(time.Time) tea.Msg { return nowMsg{} })
}

// maxBehind is how many lines of a conversation stand above the panel while its
// dialog is hidden.
const maxBehind = 6

// workRows shows how far a work is, in w cells and at most half of the panel:
// its newest lines, and the panel below them.
func (p painter) workRows(x *work, w int) []bodyRow {
	rows := p.marked(p.g.waiting, attention, x.title, w, strong)
	const least = 2
	room := max(least, (p.f.panel.h+p.f.next.h)/2-len(rows))
	lines := make([][]bodyRow, 0, maxBehind+1)
	newest := 0
	for i, l := range x.lines[max(0, len(x.lines)-maxBehind):] {
		lines = append(lines, p.workLine(l, w))
		if l.said != byNobody || l.sign != diagnose.NoSign {
			newest = i
		}
	}
	if x.stop != nil {
		lines = append(lines, p.marked("", plain, "esc stops it", w, quiet))
	}
	for _, l := range around(lines, newest, room) {
		rows = append(rows, l[:min(len(l), room)]...)
	}
	return rows
}

// around gives the newest of some lines, what goes before it and then what
// comes after it, as long as whole lines fit the room.
func around(lines [][]bodyRow, newest, room int) [][]bodyRow {
	if len(lines) == 0 {
		return nil
	}
	from, end := newest, newest+1
	room -= len(lines[newest])
	for from > 0 && len(lines[from-1]) <= room {
		from--
		room -= len(lines[from])
	}
	for end < len(lines) && len(lines[end]) <= room {
		room -= len(lines[end])
		end++
	}
	return lines[from:end]
}

func (p painter) workLine(l workLine, w int) []bodyRow {
	glyph, gr := p.g.sign(l.sign)
	r := plain
	switch {
	case l.said == byUs:
		glyph, gr, r = p.g.sent, quiet, quiet
	case l.said == byThem:
		glyph, gr = p.g.heard, accent
	case l.sign == diagnose.Asking:
		glyph, gr = p.g.waiting, attention
	case l.sign == diagnose.NoSign:
		glyph, gr, r = p.g.pending, quiet, quiet
	}
	when := p.clock.at(l.at, 8, false)
	room := w - signWidth
	if when != "" && room >= 50 {
		room -= cells(when) + 2
	} else {
		when = ""
	}
	var rows []bodyRow
	for i, x := range p.marked(glyph, gr, l.text, room, r) {
		var out row
		out.to(signWidth)
		out.append(x.row)
		if i == 0 && when != "" {
			out.right(w, line(quiet, when))
		}
		rows = append(rows, bodyRow{row: out})
	}
	return rows
}
