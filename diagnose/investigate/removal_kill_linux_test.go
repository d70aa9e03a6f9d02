package investigate_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/suppression/platformtest"
)

// TestRemovalKilled kills the program at every call of each kind that a removal
// makes, in turn. Whenever that is, at most one request went out; a restart
// either knows nothing of a removal, or its outcome, or says that it is
// unknown; and reading settles it without another request.
func TestRemovalKilled(t *testing.T) {
	strace := needStrace(t)
	ready, journal, _, _, _ := unlocked(t)
	events := journal.kept()
	recipient := string(ready.Case().Recipient)
	found := map[string]int{}
	for _, call := range []string{"write", "fsync", "connect", "read", "close", "openat", "getsockname", "epoll_ctl"} {
		for n := 1; n < 80; n++ {
			server := platformtest.New("sendgrid")
			server.Put("bounces", platformtest.Entry{Address: recipient, Reason: "550 5.1.1 user unknown", Code: "5.1.1", Created: caseTime.Add(-time.Hour)})
			dir := prepared(t, events)
			log := filepath.Join(filepath.Dir(dir), "log")
			run := child(t, "remove", dir, server.URL)
			killed := killedAt(t, strace, log, call, n, run)
			found[afterKill(t, fmt.Sprintf("%s at %d", call, n), dir, server, recipient)]++
			server.Close()
			if !killed {
				break
			}
		}
	}
	t.Logf("after the restart: %v", found)
	for _, want := range []string{"not begun", "unknown, there", "ended"} { // "unknown, gone" is a moment that TestRemovalKilledAtTheRequest picks
		if found[want] == 0 {
			t.Errorf("no kill led to %q: %v", want, found)
		}
	}
}

// needStrace gives the tracer, or skips the test.
func needStrace(t *testing.T) string {
	t.Helper()
	if testing.Short() || racing {
		t.Skip("it runs a child a call, which takes a while; it is left out under -short and -race")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed, so no call can be made to kill")
	}
	if out, err := exec.CommandContext(t.Context(), strace, "-o", "/dev/null", "-e", "trace=write", "true").CombinedOutput(); err != nil {
		t.Skipf("strace cannot trace here: %v: %s", err, out)
	}
	return strace
}

// killedAt runs a child that dies at its n-th call of a kind, and reports
// whether it came to that.
func killedAt(t *testing.T, strace, log, call string, n int, run *exec.Cmd) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), strace, append([]string{"-f", "-o", log, "-e", "trace=" + call,
		"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n), "--"}, run.Args...)...)
	cmd.Env = run.Env
	out, err := cmd.CombinedOutput()
	trace, rerr := os.ReadFile(log)
	if rerr != nil {
		t.Fatal(rerr)
	}
	killed := bytes.Contains(trace, []byte("killed by SIGKILL"))
	if !killed && err != nil {
		t.Fatalf("%s at %d: the child fails by itself: %v: %s", call, n, err, out)
	}
	return killed
}

// afterKill opens the case again and says how the removal stands.
func afterKill(t *testing.T, at, dir string, server *platformtest.Server, recipient string) string {
	t.Helper()
	sent := server.Changes()
	if sent > 1 {
		t.Errorf("%s: %d requests went out", at, sent)
	}
	s, done, err := reopened(t.Context(), dir, laterTime)
	if err != nil {
		t.Errorf("%s: %v", at, err)
		return "broken"
	}
	defer done()
	acts := s.Case().Acts
	gone := !server.Has("bounces", recipient)
	if len(acts) == 0 {
		if sent != 0 {
			t.Errorf("%s: a request went out without an intent on disk", at)
		}
		return "not begun"
	}
	if acts[0].Ended != nil {
		if (acts[0].Ended.Result == diagnose.RemovalDone) != gone {
			t.Errorf("%s: it says %s, gone is %v", at, acts[0].Ended.Result, gone)
		}
		return "ended"
	}
	if f := s.Flow(); state(f) != "removal unknown" || !blocked(f, diagnose.GuardRemoval) || !blocked(f, diagnose.GuardRetry) {
		t.Errorf("%s: an intent without outcome shows as %q", at, state(f))
	}
	lookUp(t, s, asked(t, server))
	if f := s.Flow(); state(f) == "removal unknown" || gone == blocked(f, diagnose.GuardRetry) {
		t.Errorf("%s: after reading it shows as %q, gone is %v, blocks %+v", at, state(f), gone, f.Blocks)
	}
	if server.Changes() != sent {
		t.Errorf("%s: settling sent a request", at)
	}
	if gone {
		return "unknown, gone"
	}
	return "unknown, there"
}
