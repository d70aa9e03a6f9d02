package term_test

import (
	"bytes"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	xterm "golang.org/x/term"

	"deadletter/ui/term"
	_ "deadletter/ui/term/quiet"
)

// terminal opens a pseudo terminal and collects all that is written to it.
// The function it gives hangs up and returns the bytes.
func terminal(t *testing.T) (tty *os.File, wrote func() []byte) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	collected := make(chan []byte, 1)
	go func() {
		all, _ := io.ReadAll(master) // ends with EIO on Linux when tty is closed
		collected <- all
	}()
	t.Cleanup(func() { tty.Close(); master.Close() })
	return tty, func() []byte {
		tty.Close()
		select {
		case all := <-collected:
			return all
		case <-time.After(10 * time.Second):
			t.Fatal("the terminal did not hang up")
			return nil
		}
	}
}

func TestGuardRestores(t *testing.T) {
	tty, wrote := terminal(t)
	before, err := xterm.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	w := term.NewWriter(tty)
	restore := term.Guard(tty, w)
	if _, err := xterm.MakeRaw(int(tty.Fd())); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "\x1b[?1049h\x1b[?25l\x1b[?2004h"); err != nil {
		t.Fatal(err)
	}
	func() { // what a screen that panics leaves behind
		defer func() { _ = recover() }()
		defer func() {
			if err := restore(); err != nil {
				t.Error(err)
			}
		}()
		panic("a screen")
	}()
	if err := restore(); err != nil {
		t.Errorf("a second time: %v", err)
	}
	after, err := xterm.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("the line discipline is not as it was:\n%s", diff)
	}
	if got, want := wrote(), "\x1b[0m\x1b[?25h\x1b[?1049l\x1b[?2004l"; strings.Count(string(got), want) != 1 {
		t.Errorf("the terminal got %q, want %q once", got, want)
	}
}

// TestGuardWithoutATerminal: pipes have nothing to restore.
func TestGuardWithoutATerminal(t *testing.T) {
	r, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer pipe.Close()
	if err := term.Guard(r, term.NewWriter(pipe))(); err != nil {
		t.Error(err)
	}
}

// shown is a screen that draws a new frame for every message and ends after so
// many, or when it has seen a size it was not promised.
type shown struct {
	w         *term.Writer
	left      int
	size      tea.WindowSizeMsg
	sequences *int
}

type again struct{}

func (s shown) Init() tea.Cmd { return nil }

func (s shown) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.size = msg
		return s, s.copy
	case again:
		if s.left--; s.left == 0 {
			return s, tea.Quit
		}
		return s, s.copy
	}
	return s, nil
}

func (s shown) copy() tea.Msg {
	*s.sequences++
	_, _ = io.WriteString(s.w, "\x1b]52;c;"+strings.Repeat("QUJD", 400)+"\x07")
	return again{}
}

func (s shown) View() string {
	return strings.Repeat(strings.Repeat(string(rune('a'+s.left%26)), 60)+"\n", 20)
}

// TestFramesAndSequences runs Bubble Tea on a Writer: it finds the size, and
// sequences that are written meanwhile arrive whole.
func TestFramesAndSequences(t *testing.T) {
	tty, wrote := terminal(t)
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	w := term.NewWriter(tty)
	restore := term.Guard(tty, w)
	const times = 60
	sent := 0
	p := tea.NewProgram(shown{w: w, left: times, sequences: &sent}, tea.WithInput(nil), tea.WithOutput(w), tea.WithAltScreen(), tea.WithFPS(120), tea.WithoutSignalHandler())
	watchdog := time.AfterFunc(20*time.Second, p.Kill)
	defer watchdog.Stop()
	end, err := p.Run()
	if err != nil {
		t.Fatal(err)
	}
	if size := end.(shown).size; size.Width != 80 || size.Height != 24 {
		t.Errorf("the screen was told %d x %d", size.Width, size.Height)
	}
	if err := restore(); err != nil {
		t.Error(err)
	}
	got := wrote()
	whole := regexp.MustCompile("\x1b\\]52;c;(QUJD){400}\x07")
	if n := len(whole.FindAll(got, -1)); n != sent || n != times {
		t.Errorf("%d of %d sequences arrived whole", n, sent)
	}
	if !bytes.Contains(got, []byte("\x1b[?1049l")) || bytes.Contains(got, []byte("\x1b[0m\x1b[?")) {
		t.Error("an orderly end must leave nothing to reset")
	}
}
