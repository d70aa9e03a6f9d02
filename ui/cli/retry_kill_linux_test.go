package cli_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"deadletter/diagnose"
)

// TestRetryKilledWhole kills the program, as people run it, at one call after
// the other of each kind. Whenever that is, at most one conversation began, none
// without an intent on disk; and what is unknown afterwards is said, its permit
// is spent, and nothing dials again.
func TestRetryKilledWhole(t *testing.T) {
	strace := killing(t)
	found := map[string]int{}
	for _, call := range []string{"fsync", "connect", "write", "close", "openat", "flock"} {
		for n := 1; n < 80; n++ {
			at := fmt.Sprintf("%s at %d", call, n)
			r := newRetryable(t, nil, "GOMAXPROCS=1")
			log := filepath.Join(r.home, "calls")
			args := append([]string{"-f", "-qq", "-o", log, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n), "--",
				program, "retry", "--way", "probe", retryCase}, r.flags()...)
			m := r.mute(strace, args...)
			m.agree("probe")
			<-m.exited
			killed := strings.Contains(read(t, log), "killed by SIGKILL")
			found[r.afterKill(at)]++
			if !killed {
				break
			}
		}
	}
	t.Logf("after the restart: %v", found)
	for _, want := range []string{"not begun", "unknown", "ended"} {
		if found[want] == 0 {
			t.Errorf("no kill led to %q: %v", want, found)
		}
	}
}

// TestRetryKilledInTheConversation kills the program while the server has each
// of its lines at hand.
func TestRetryKilledInTheConversation(t *testing.T) {
	for _, verb := range []string{"EHLO", "MAIL", "RCPT"} {
		t.Run(verb, func(t *testing.T) {
			r := newRetryable(t, nil)
			running := make(chan *mute, 1)
			r.host.each(func(line string) {
				if strings.HasPrefix(line, verb) {
					m := <-running
					_ = m.cmd.Process.Kill()
					<-m.exited
				}
			})
			m := r.at("retry", "--way", "probe", retryCase)
			running <- m
			m.agree("probe")
			<-m.exited
			if got := r.afterKill(verb); got != "unknown" {
				t.Errorf("after the restart: %s", got)
			}
		})
	}
}

// afterKill says how the attempt stands, and that nothing dials again.
func (r *retryable) afterKill(at string) string {
	r.t.Helper()
	conns, _, _ := r.host.heard()
	if conns > 1 {
		r.t.Errorf("%s: %d connections", at, conns)
	}
	list := r.retries()
	switch {
	case len(list) == 0 && conns != 0:
		r.t.Errorf("%s: the host was dialled without an intent on disk", at)
		fallthrough
	case len(list) == 0:
		return "not begun"
	case list[0].Ended != nil:
		if list[0].Ended.Result != diagnose.RetryAccepted {
			r.t.Errorf("%s: it says %s", at, list[0].Ended.Result)
		}
		return "ended"
	}
	got := r.args("retry", "--way", "probe", retryCase)
	if got.code != 1 || !strings.Contains(got.stderr, "the permit is spent") {
		r.t.Errorf("%s: the restart says %+v", at, got)
	}
	if got := r.args("retry", retryCase); got.code != 1 || !strings.Contains(got.stdout, "what came of the test is not recorded") {
		r.t.Errorf("%s: the overview says %+v", at, got)
	}
	if again, _, _ := r.host.heard(); again != conns {
		r.t.Errorf("%s: the restart dialled", at)
	}
	return "unknown"
}
