//go:build unix

package clip_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"deadletter/ui/clip"
	"deadletter/ui/term"
)

// patient is the time that a program gets which is expected to answer, on a
// machine that is busy with other tests.
const patient = 20 * time.Second

// eventually asks again until it is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); !so(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestRealTmux copies into a tmux of its own and reads its buffer back.
func TestRealTmux(t *testing.T) {
	program, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("tmux is not there")
	}
	// A short name: the path of a socket has little room.
	socket := fmt.Sprintf("deadletter-clip-%d", os.Getpid())
	tmux := func(args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		out, err := exec.CommandContext(ctx, program, append([]string{"-L", socket, "-f", "/dev/null"}, args...)...).CombinedOutput()
		return strings.TrimSuffix(string(out), "\n"), err
	}
	if out, err := tmux("new-session", "-d", "-x", "80", "-y", "24", "cat"); err != nil {
		t.Skipf("no tmux server can be started: %v, %s", err, out)
	}
	place, err := tmux("display-message", "-p", "#{socket_path},#{pid},0")
	if err != nil {
		_, killErr := tmux("kill-server")
		t.Fatal(err, killErr)
	}
	socketPath, _, _ := strings.Cut(place, ",")
	t.Cleanup(func() {
		_ = exec.Command(program, "-S", socketPath, "kill-server").Run()
		_ = os.Remove(socketPath) // the server may leave it behind
	})
	t.Setenv("TMUX", place)
	c, err := clip.New(clip.Options{Env: os.Getenv, Dir: t.TempDir(), Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	const text = "Does robin.hale@contoso.example exist?\n\n- which system refused it? ‹U+202E›\n- $(id) `id` 'quoted'"
	got, err := c.Copy(t.Context(), text+"\n")
	if err != nil {
		t.Fatal(err)
	}
	if got.Way != clip.Tmux || got.Says != saysTmux {
		t.Errorf("got %+v", got)
	}
	eventually(t, "the buffer of tmux", func() bool { out, err := tmux("show-buffer"); return err == nil && out == text })
}

// TestSequenceThroughATerminal: frames are drawn while texts are sent; each
// sequence arrives whole and decodes to its text.
func TestSequenceThroughATerminal(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	defer master.Close()
	received := make(chan []byte, 1)
	go func() { all, _ := io.ReadAll(master); received <- all }() // ends with EIO when tty is closed
	w := term.NewWriter(tty)
	c, err := clip.New(clip.Options{Env: func(n string) string { return env{"TERM": "xterm", "SSH_TTY": "x"}[n] }, Terminal: w})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var drawing sync.WaitGroup
	drawing.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = io.WriteString(w, "\x1b[H"+strings.Repeat("|frame|\r\n", 24))
			}
		}
	})
	var texts []string
	for i := range 20 {
		text := fmt.Sprintf("text %d: 山田 %s", i, strings.Repeat("question ", 400))
		texts = append(texts, text)
		if got, err := c.Copy(t.Context(), text); err != nil || got.Way != clip.OSC52 {
			t.Fatal(got, err)
		}
	}
	close(stop)
	drawing.Wait()
	tty.Close()
	var all []byte
	select {
	case all = <-received:
	case <-time.After(10 * time.Second):
		t.Fatal("the terminal did not hang up")
	}
	found := regexp.MustCompile("\x1b\\]52;c;([A-Za-z0-9+/=]*)\x07").FindAllSubmatch(all, -1)
	if len(found) != len(texts) {
		t.Fatalf("%d sequences of %d arrived", len(found), len(texts))
	}
	for i, f := range found {
		if text, err := base64.StdEncoding.DecodeString(string(f[1])); err != nil || string(text) != texts[i] {
			t.Errorf("sequence %d decodes to %.40q, %v", i, text, err)
		}
	}
	if rest := bytes.ReplaceAll(all, []byte("|frame|"), nil); bytes.Contains(rest, []byte("|")) {
		t.Error("a frame was cut")
	}
}

// script puts a program of that name in a folder of its own, first in PATH.
func script(t *testing.T, name, body string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return dir
}

func desktop(t *testing.T, more clip.Options) *clip.Clipboard {
	t.Helper()
	if runtime.GOOS == "darwin" {
		t.Skip("macOS has a tool of its own")
	}
	more.Env = func(n string) string { return env{"TERM": "dumb", "DISPLAY": ":99"}[n] }
	c, err := clip.New(more)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestThroughAtotto runs the helper, which gives the text to atotto, which
// runs the tool.
func TestThroughAtotto(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, helper := range map[string][]string{"helper": {self, helpCommand}, "tool alone": nil} {
		t.Run(name, func(t *testing.T) {
			dir := script(t, "xclip", `d=$(dirname "$0"); cat > "$d/text"; echo "$@" > "$d/args"; ps -o args= -p $PPID > "$d/parent" 2>/dev/null; exit 0`)
			t.Setenv("WAYLAND_DISPLAY", "")
			got, err := desktop(t, clip.Options{Helper: helper, Timeout: patient}).Copy(t.Context(), "first\nsecond\n")
			if err != nil || got.Way != clip.Native || got.Says != "copied to clipboard (xclip)" {
				t.Fatalf("got %+v, %v", got, err)
			}
			text, err := os.ReadFile(filepath.Join(dir, "text"))
			if err != nil || string(text) != "first\nsecond" {
				t.Errorf("the tool got %q, %v", text, err)
			}
			if args, err := os.ReadFile(filepath.Join(dir, "args")); err != nil || string(args) != "-in -selection clipboard\n" {
				t.Errorf("with %q, %v", args, err)
			}
			parent, err := os.ReadFile(filepath.Join(dir, "parent"))
			if err == nil && len(parent) > 0 && strings.Contains(string(parent), helpCommand) != (helper != nil) {
				t.Errorf("it was run by %s", parent)
			}
		})
	}
}

// TestHangingTool: it is ended in time, with all that it started, and the next
// way takes the text.
func TestHangingTool(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, helper := range map[string][]string{"helper": {self, helpCommand}, "tool alone": nil} {
		t.Run(name, func(t *testing.T) {
			dir := script(t, "xclip", `d=$(dirname "$0"); sleep 600 & echo $! > "$d/pid.new"; mv "$d/pid.new" "$d/pid"; wait`)
			t.Setenv("WAYLAND_DISPLAY", "")
			// A busy machine may not even start the tool in the time: then with more.
			for timeout := 500 * time.Millisecond; timeout < patient; timeout *= 2 {
				hang(t, timeout, helper)
				if pid, err := os.ReadFile(filepath.Join(dir, "pid")); err == nil {
					child, err := strconv.Atoi(strings.TrimSpace(string(pid)))
					if err != nil {
						t.Fatal(err)
					}
					eventually(t, "what the tool started to be gone", func() bool { return gone(child) })
					return
				}
			}
			t.Error("the tool did not start")
		})
	}
}

// hang copies with a tool that never ends.
func hang(t *testing.T, timeout time.Duration, helper []string) {
	t.Helper()
	keep := t.TempDir()
	c := desktop(t, clip.Options{Helper: helper, Timeout: timeout, Dir: keep})
	before := time.Now()
	got, err := c.Copy(t.Context(), "text")
	took := time.Since(before)
	want := fmt.Sprintf("no clipboard took it (native: xclip gave no answer in %v: context deadline exceeded); the text is in %s",
		timeout, filepath.Join(keep, clip.FileName))
	if err != nil || got.Way != clip.File || string(got.Says) != want {
		t.Errorf("got %+v, %v; want %q", got, err, want)
	}
	if took < timeout || took > timeout+5*time.Second {
		t.Errorf("with %v it took %v", timeout, took)
	}
	t.Logf("with %v it ended after %v", timeout, took.Round(time.Millisecond))
}

// gone reports whether a process has ended, though nobody may have collected
// its exit status yet.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && bytes.Contains(stat, []byte(") Z "))
}

// TestStoppedWhileAToolHangs: the person no longer waits.
func TestStoppedWhileAToolHangs(t *testing.T) {
	dir := script(t, "xclip", `: > "$(dirname "$0")/started"; exec sleep 600`)
	c := desktop(t, clip.Options{Timeout: patient})
	ctx, cancel := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for ; ctx.Err() == nil; <-tick.C {
			if _, err := os.Stat(filepath.Join(dir, "started")); err == nil {
				cancel()
			}
		}
	}()
	defer func() { cancel(); <-watched }()
	if got, err := c.Copy(ctx, "text"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestHelpIsBounded(t *testing.T) {
	if err := clip.Help(io.LimitReader(endless{}, clip.MaxHelp+2)); err == nil {
		t.Error("a text beyond the bound was taken")
	}
	bad := errors.New("bad")
	if err := clip.Help(failing{bad}); !errors.Is(err, bad) {
		t.Errorf("got %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
