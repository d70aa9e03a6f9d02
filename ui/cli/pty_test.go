package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"reflect"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	xterm "golang.org/x/term"
)

// mute is a terminal that shows and answers nothing: it keeps what it is sent.
type mute struct {
	t      testing.TB
	master *os.File
	tty    *os.File // held open, so that its modes can be read afterwards
	cmd    *exec.Cmd
	start  time.Time
	exited chan struct{}

	mu    sync.Mutex
	got   []byte
	first time.Time // of the first byte
}

// mute runs a command on such a terminal of 100 by 30 cells.
func (p *place) mute(name string, args ...string) *mute {
	p.t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		p.t.Skipf("no pseudo terminal here: %v", err)
	}
	m := &mute{t: p.t, master: master, tty: tty, exited: make(chan struct{})}
	p.t.Cleanup(func() {
		if m.cmd.Process != nil {
			_ = m.cmd.Process.Kill()
			<-m.exited
		}
		tty.Close()
		master.Close()
	})
	m.cmd = exec.Command(name, args...)
	m.cmd.Env = p.env
	m.cmd.Stdin, m.cmd.Stdout, m.cmd.Stderr = tty, tty, tty
	controlling(m.cmd)
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 30, Cols: 100}); err != nil {
		p.t.Fatal(err)
	}
	go m.keep()
	m.start = time.Now()
	if err := m.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		_ = m.cmd.Wait() // the exit state is read from ProcessState
		close(m.exited)
	}()
	return m
}

func (m *mute) keep() {
	b := make([]byte, 32<<10)
	for {
		n, err := m.master.Read(b)
		m.mu.Lock()
		if n > 0 && len(m.got) == 0 {
			m.first = time.Now()
		}
		m.got = append(m.got, b[:n]...)
		m.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (m *mute) bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.got)
}

// until polls until the terminal got a text, and gives all it got by then.
func (m *mute) until(text string) []byte {
	m.t.Helper()
	var all []byte
	end := time.Now().Add(bound)
	next := time.NewTicker(time.Millisecond)
	defer next.Stop()
	for {
		if all = m.bytes(); bytes.Contains(all, []byte(text)) {
			return all
		}
		if time.Now().After(end) {
			m.t.Fatalf("after %s the terminal did not get %q, but %q", bound, text, all)
		}
		<-next.C
	}
}

func (m *mute) press(keys string) {
	m.t.Helper()
	if _, err := m.master.WriteString(keys); err != nil {
		m.t.Fatal(err)
	}
}

// end waits for the program, and gives its exit code; -1 for a signal.
func (m *mute) end() int {
	m.t.Helper()
	select {
	case <-m.exited:
		return m.cmd.ProcessState.ExitCode()
	case <-time.After(bound):
		m.t.Fatalf("after %s the program has not ended; the terminal got %q", bound, m.bytes())
		return 0
	}
}

func (m *mute) modes() *xterm.State {
	m.t.Helper()
	state, err := xterm.GetState(int(m.tty.Fd()))
	if err != nil {
		m.t.Fatal(err)
	}
	return state
}

func sameModes(a, b *xterm.State) string {
	return cmp.Diff(a, b, cmp.Exporter(func(reflect.Type) bool { return true }))
}

func (m *mute) signal(s syscall.Signal) {
	m.t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		m.t.Fatal(err)
	}
}
