package ui

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// fakeSession is a Session whose state the test sets.
type fakeSession struct {
	mu       sync.Mutex
	kase     *diagnose.Case
	flow     diagnose.Flow
	status   Status
	changed  chan struct{}
	proposed []diagnose.Body
	refuse   error
	rounds   int
	stopped  int
	looked   []diagnose.Step
}

func (s *fakeSession) Case() *diagnose.Case { s.mu.Lock(); defer s.mu.Unlock(); return s.kase }
func (s *fakeSession) Flow() diagnose.Flow  { s.mu.Lock(); defer s.mu.Unlock(); return s.flow }
func (s *fakeSession) Status() Status       { s.mu.Lock(); defer s.mu.Unlock(); return s.status }
func (s *fakeSession) Look(inView diagnose.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked = append(s.looked, inView)
}
func (s *fakeSession) Stop() { s.mu.Lock(); defer s.mu.Unlock(); s.stopped++ }

func (s *fakeSession) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *fakeSession) Propose(_ context.Context, b diagnose.Body) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return s.refuse
	}
	s.proposed = append(s.proposed, b)
	return nil
}

func (s *fakeSession) Refresh(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rounds++
	return s.refuse
}

// change sets the state as an investigation would, and tells the screen.
func (s *fakeSession) change(f func(s *fakeSession)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
	close(s.changed)
	s.changed = make(chan struct{})
}

type fakeDesk struct {
	mu      sync.Mutex
	reading func(raw []byte) Reading
	opens   []Session
	lines   []Line
	err     error
	opened  []string // texts that were opened
	offline []bool
	added   []string
	files   []string        // files that were read
	ctx     context.Context // of the last of them
	stopped bool            // the last was to be read when it was stopped already
	unread  safe.Text
	read    int
	demos   int
	resumed []string
}

func (d *fakeDesk) Read(raw []byte) Reading {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read++
	if d.reading == nil {
		return pasteReading(raw)
	}
	return d.reading(raw)
}

func (d *fakeDesk) Open(ctx context.Context, from Given, offline bool) ([]Session, safe.Text, error) {
	d.opened = append(d.opened, string(from.Text))
	d.offline = append(d.offline, offline)
	if from.File != "" {
		d.files, d.ctx, d.stopped = append(d.files, from.File), ctx, ctx.Err() != nil
	}
	return d.opens, d.unread, d.err
}

func (d *fakeDesk) Add(ctx context.Context, _ Session, from Given) (safe.Text, error) {
	d.added = append(d.added, string(from.Text))
	if from.File != "" {
		d.files, d.ctx, d.stopped = append(d.files, from.File), ctx, ctx.Err() != nil
	}
	return d.unread, d.err
}

func (d *fakeDesk) Demo(context.Context) ([]Session, error) { d.demos++; return d.opens, d.err }
func (d *fakeDesk) Cases(context.Context) ([]Line, error)   { return d.lines, d.err }
func (d *fakeDesk) Resolver() safe.Text                     { return "9.9.9.9" }

func (d *fakeDesk) Resume(_ context.Context, id string) (Session, error) {
	d.resumed = append(d.resumed, id)
	if len(d.opens) == 0 {
		return nil, errors.New("the journal cannot be read")
	}
	return d.opens[0], d.err
}

// pasteReading recognises a text that begins like an SMTP reply.
func pasteReading(raw []byte) Reading {
	if line := string(raw); strings.HasPrefix(line, "/") && !strings.Contains(line, "\n") {
		return Reading{File: line, Headline: "This names a file: enter reads it.", Fields: []diagnose.FieldLine{{Label: "file", Value: safe.Of(line)}}}
	}
	if !strings.Contains(string(raw), "550") {
		return Reading{Headline: "Nothing here is a bounce that can be read.", Enough: "Not yet."}
	}
	return Reading{
		Recognised: true,
		Headline:   "One SMTP reply: the receiving side does not know this address.",
		Fields: []diagnose.FieldLine{
			{Label: "recipient", Value: "robin.hale@contoso.example"},
			{Label: "reply", Value: "550 permanent, 5.1.1 bad mailbox address"},
			{Label: "wording", Value: "Postfix, virtual mailbox table"},
		},
		Missing: []diagnose.Finding{
			{Claim: "who refused it", Hint: "the whole bounce mail or the log line names the host"},
			{Claim: "when", Hint: "the same place"},
			{Claim: "message ID", Hint: "the header lines returned with the bounce mail"},
		},
		Reading:    "A recipient directory question. SPF, DKIM and DMARC played no part.",
		Enough:     "To begin, yes. Anything pasted after it is added to the case.",
		Recipients: 1,
		Domain:     "contoso.example",
	}
}

type fakeClip struct {
	texts   []string
	receipt Receipt
	err     error
}

func (c *fakeClip) Copy(_ context.Context, text string) (Receipt, error) {
	c.texts = append(c.texts, text)
	return c.receipt, c.err
}

// bench is a screen under test with what it stands on.
type bench struct {
	t       testing.TB
	m       *Model
	desk    *fakeDesk
	clip    *fakeClip
	session *fakeSession
	now     time.Time
	quit    bool
	held    map[string]bool // parts of names of commands that wait for release
	waits   []tea.Cmd
}

var zone = time.FixedZone("+0100", 3600)

func at(h, m, s int) time.Time { return time.Date(2026, 11, 23, h, m, s, 0, zone) }

// newBench makes a screen on a session that stands as the sample case does.
// Without a session it begins where nothing is open.
func newBench(t testing.TB, flow *diagnose.Flow, colour bool) *bench {
	t.Helper()
	b := &bench{t: t, desk: &fakeDesk{}, clip: &fakeClip{receipt: Receipt{Way: "tmux", Says: "copied to the tmux buffer; sent on to your terminal - prefix ] pastes here"}}, now: at(10, 51, 0)}
	o := Options{
		Desk: b.desk, Clipboard: b.clip, Clock: func() time.Time { return b.now }, Location: zone,
		Color: colour, Version: "1.0.0", Kept: "~/.local/share/deadletter/cases", Actor: "mara",
		SaveLetter: func(_ context.Context, id string, _ diagnose.Draft) (safe.Text, error) {
			return safe.Textf("letters/%s.eml", id), nil
		},
	}
	if flow != nil {
		b.session = newSession(*flow)
		o.Sessions = []Session{b.session}
	}
	b.m = New(o)
	b.run(b.m.Init())
	return b
}

func newSession(f diagnose.Flow) *fakeSession {
	return &fakeSession{
		flow: f, kase: sampleCase(), changed: make(chan struct{}),
		status: Status{ID: "20261123-contoso.example-k7qd", Asked: 33, Answered: 33, Resolver: "9.9.9.9", Saved: at(9, 41, 5), Path: "~/.local/share/deadletter/cases/20261123-contoso.example-k7qd.journal"},
	}
}

func (b *bench) size(w, h int) *bench {
	b.send(tea.WindowSizeMsg{Width: w, Height: h})
	return b
}

// send gives a message to the screen and runs what comes of it.
func (b *bench) send(msg tea.Msg) {
	_, cmd := b.m.Update(msg)
	b.run(cmd)
}

// run carries commands out, but for those that wait for the clock or for a
// change of a session.
func (b *bench) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	name := runtime.FuncForPC(reflect.ValueOf(cmd).Pointer()).Name()
	for part := range b.held {
		if strings.Contains(name, part) {
			b.waits = append(b.waits, cmd)
			return
		}
	}
	switch {
	case len(b.held) > 0 && strings.Contains(name, ".follow."):
		return
	case strings.Contains(name, ".listen."), strings.Contains(name, "bubbletea.Every"), strings.Contains(name, "bubbletea.Tick"):
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			b.run(c)
		}
	case tea.QuitMsg:
		b.quit = true
	default:
		if strings.Contains(reflect.TypeOf(msg).PkgPath(), "bubbletea") {
			return // for the runtime: window title, suspend
		}
		b.send(msg)
	}
}

// release carries out what was held, and holds nothing more.
func (b *bench) release() {
	waits := b.waits
	b.waits, b.held = nil, nil
	for _, cmd := range waits {
		b.run(cmd)
	}
}

// keys presses keys by name; a name of several letters that is no key is text.
func (b *bench) keys(names ...string) *bench {
	for _, n := range names {
		b.send(press(n))
	}
	return b
}

// text types letters one by one.
func (b *bench) text(s string) *bench {
	for _, r := range s {
		if r == ' ' {
			b.send(tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}})
			continue
		}
		b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	return b
}

func (b *bench) paste(s string) *bench {
	b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s), Paste: true})
	return b
}

var named = map[string]tea.KeyType{
	"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "up": tea.KeyUp, "down": tea.KeyDown,
	"left": tea.KeyLeft, "right": tea.KeyRight, "backspace": tea.KeyBackspace, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	"home": tea.KeyHome, "end": tea.KeyEnd, "f1": tea.KeyF1, "f2": tea.KeyF2, "ctrl+c": tea.KeyCtrlC, "ctrl+u": tea.KeyCtrlU, "ctrl+t": tea.KeyCtrlT,
	"ctrl+g": tea.KeyCtrlG, "ctrl+z": tea.KeyCtrlZ, "ctrl+j": tea.KeyCtrlJ, "ctrl+s": tea.KeyCtrlS, "ctrl+w": tea.KeyCtrlW,
	"ctrl+f": tea.KeyCtrlF, "ctrl+b": tea.KeyCtrlB, "ctrl+n": tea.KeyCtrlN, "ctrl+p": tea.KeyCtrlP, "delete": tea.KeyDelete, "ctrl+k": tea.KeyCtrlK,
}

func press(name string) tea.KeyMsg {
	if t, ok := named[name]; ok {
		return tea.KeyMsg{Type: t}
	}
	if name == " " {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// settledEnter presses enter on the paste screen and lets the moment pass that
// tells a typed enter from a pasted one.
func (b *bench) settledEnter() *bench {
	b.keys("enter")
	b.send(enterMsg{rev: b.m.paste.pending})
	return b
}
