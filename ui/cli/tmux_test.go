package cli_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// screen is a terminal window of a private tmux server with one program in it.
// What the program says after it has left the alternate screen stays visible.
type screen struct {
	t      testing.TB
	dir    string // the server's socket, and the file with the process id
	env    []string
	width  int
	height int
}

// open runs the program in a window of that size. The line may redirect its
// standard input: shell text is appended to the command as it is.
func (p *place) open(width, height int, redirect string, args ...string) *screen {
	p.t.Helper()
	return p.openIn("", width, height, redirect, args...)
}

// openIn is open with the whole line run by another program, one that takes a
// command as its last arguments.
func (p *place) openIn(outer string, width, height int, redirect string, args ...string) *screen {
	p.t.Helper()
	need(p.t, "tmux", "no terminal to show the program on")
	dir, err := os.MkdirTemp("", "dl") // a socket's path must be short
	if err != nil {
		p.t.Fatal(err)
	}
	s := &screen{t: p.t, dir: dir, width: width, height: height, env: append(append([]string(nil), p.env...), "TMUX_TMPDIR="+dir)}
	p.t.Cleanup(func() {
		_ = s.call("kill-server").Run()
		os.RemoveAll(dir)
	})
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	script := fmt.Sprintf("#!/bin/sh\nsh -c 'echo $$ > %s/pid; exec \"$@\"' sh %s %s %s\necho \"left with $?\"\nexec cat\n",
		dir, program, strings.Join(quoted, " "), redirect)
	run := write(p.t, filepath.Join(dir, "run"), script)
	s.tmux("new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height), "exec "+outer+" sh "+run)
	return s
}

func (s *screen) call(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	cmd := exec.CommandContext(ctx, "tmux", append([]string{"-L", "lab", "-f", "/dev/null"}, args...)...)
	cmd.Env = s.env
	cmd.Cancel = func() error { defer cancel(); return cmd.Process.Kill() }
	s.t.Cleanup(cancel)
	return cmd
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := s.call(args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// shows gives what is on the screen now.
func (s *screen) shows() string { s.t.Helper(); return s.tmux("capture-pane", "-p") }

// styled gives what is on the screen now with its colours.
func (s *screen) styled() string { s.t.Helper(); return s.tmux("capture-pane", "-pe") }

// words gives the screen as one line: where text is wrapped does not matter.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// wait polls until every text is on the screen, and gives the screen. Texts
// are compared word by word, so that a line may end anywhere.
func (s *screen) wait(texts ...string) string {
	s.t.Helper()
	return s.waitFor(fmt.Sprintf("%q", texts), func(flat string) bool {
		for _, text := range texts {
			if !strings.Contains(flat, text) {
				return false
			}
		}
		return true
	})
}

// waitFor polls until the words on the screen are as wanted. tmux answers in
// milliseconds, and that is the pace.
func (s *screen) waitFor(what string, holds func(flat string) bool) string {
	s.t.Helper()
	end := time.Now().Add(bound)
	for {
		now := s.shows()
		if holds(words(now)) {
			return now
		}
		if time.Now().After(end) {
			s.t.Fatalf("after %s the screen does not show %s:\n%s", bound, what, now)
		}
	}
}

// keys presses keys by their tmux names.
func (s *screen) keys(names ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, names...)...)
}

// text types letters.
func (s *screen) text(text string) { s.t.Helper(); s.tmux("send-keys", "-l", text) }

// paste pastes as a terminal does, in brackets.
func (s *screen) paste(text string) {
	s.t.Helper()
	path := write(s.t, filepath.Join(s.dir, "paste"), text)
	s.tmux("load-buffer", "-b", "pasted", path)
	s.tmux("paste-buffer", "-p", "-d", "-b", "pasted")
}

// clipboard gives the newest tmux buffer.
func (s *screen) clipboard() string { s.t.Helper(); return s.tmux("show-buffer") }

func (s *screen) resize(width, height int) {
	s.t.Helper()
	s.tmux("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
	s.width, s.height = width, height
}

// process gives the id of the running program.
func (s *screen) process() int {
	s.t.Helper()
	var pid int
	until(s.t, "the program has started", func() bool {
		text, _ := os.ReadFile(filepath.Join(s.dir, "pid"))
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return pid > 0
	})
	return pid
}

// kill ends the program as a power cut would: it gets no say.
func (s *screen) kill() {
	s.t.Helper()
	p, err := os.FindProcess(s.process())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.wait("left with 137")
}

// ruled reports whether the rule under the header goes from edge to edge: tmux
// cuts blanks at the end of lines, so that is where a frame shows its width.
func (s *screen) ruled(frame string) bool {
	for l := range strings.Lines(frame) {
		l = strings.TrimSuffix(l, "\n")
		if ansi.StringWidth(l) == s.width && strings.Trim(l, "━─┮┭┴") == "" {
			return true
		}
	}
	return false
}

// fits fails the test when a frame is not exactly as wide as the screen, or
// higher. Below 40x10 there is no frame.
func (s *screen) fits(frame string) {
	s.t.Helper()
	lines := strings.Split(strings.TrimSuffix(frame, "\n"), "\n")
	if len(lines) > s.height {
		s.t.Errorf("%d lines on a screen of %d", len(lines), s.height)
	}
	for _, l := range lines {
		if n := ansi.StringWidth(l); n > s.width {
			s.t.Errorf("a line of %d cells on a screen of %d: %q", n, s.width, l)
		}
	}
	if s.width >= 40 && s.height >= 10 && !s.ruled(frame) {
		s.t.Errorf("no rule of %d cells:\n%s", s.width, frame)
	}
}
