package cli_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/casefile"
	"deadletter/diagnose/suppression/platformtest"
)

// TestRemovalKilledWhole kills the program, as people run it, at one call after
// the other of each kind. Whenever that is, at most one request went out, none
// without an intent on disk; and what is unknown afterwards is said first by
// show, and settled by its reading.
func TestRemovalKilledWhole(t *testing.T) {
	strace := killing(t)
	found := map[string]int{}
	for _, call := range []string{"fsync", "connect", "write", "close", "read", "epoll_ctl"} {
		for n := 1; n < 60; n++ {
			at := fmt.Sprintf("%s at %d", call, n)
			p, id, server := suppressed(t, withKey, "GOMAXPROCS=1")
			p.looked(id)
			log := filepath.Join(p.home, "calls")
			m := p.mute(strace, "-f", "-qq", "-o", log, "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n), "--",
				program, "suppression", "remove", "--confirm", "--resolver", demoZone(), id)
			m.agree(demoRecipient)
			<-m.exited
			killed := strings.Contains(read(t, log), "killed by SIGKILL")
			found[afterKill(t, at, p, id, server)]++
			server.Close()
			if !killed {
				break
			}
		}
	}
	t.Logf("after the restart: %v", found)
	for _, want := range []string{"not begun", "ended"} { // what lies between is hit by TestRemovalKilledAtTheRequest
		if found[want] == 0 {
			t.Errorf("no kill led to %q: %v", want, found)
		}
	}
}

// TestRemovalKilledAtTheRequest kills the program while a request of the
// removal is under way, in turn.
func TestRemovalKilledAtTheRequest(t *testing.T) {
	for name, c := range map[string]struct {
		at     int  // which request of the removal: read, remove, read
		effect bool // the platform still carries it out
		want   string
	}{
		"before the request":     {1, false, "unknown, there"},
		"lost on the way":        {2, false, "unknown, there"},
		"before its answer":      {2, true, "unknown, gone"},
		"before it is read back": {3, true, "unknown, gone"},
	} {
		t.Run(name, func(t *testing.T) {
			p, id, server := suppressed(t, withKey)
			p.looked(id)
			running := make(chan *mute, 1)
			n := 0 // the requests of a removal come one after the other
			server.Behave(func(platformtest.Request) platformtest.Behaviour {
				if n++; n != c.at {
					return platformtest.Behaviour{}
				}
				m := <-running
				_ = m.cmd.Process.Kill()
				<-m.exited
				return platformtest.Behaviour{Drop: !c.effect, DropAfter: c.effect}
			})
			m := p.mute(program, "suppression", "remove", "--confirm", "--resolver", demoZone(), id)
			running <- m
			m.agree(demoRecipient)
			<-m.exited
			until(t, "what the platform does of it", func() bool { return server.Has("bounces", demoRecipient) != c.effect })
			server.Behave(nil)
			if got := afterKill(t, name, p, id, server); got != c.want {
				t.Errorf("after the restart: %s", got)
			}
		})
	}
}

// afterKill says how the removal stands, and settles it.
func afterKill(t *testing.T, at string, p *place, id string, server *platformtest.Server) string {
	t.Helper()
	sent, gone := server.Changes(), !server.Has("bounces", demoRecipient)
	if sent > 1 {
		t.Errorf("%s: %d requests went out", at, sent)
	}
	store, err := casefile.OpenStore(p.cases(), casefile.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := store.Read(id)
	store.Close()
	if err != nil {
		t.Errorf("%s: %v", at, err)
		return "broken"
	}
	acts := diagnose.Fold(events).Acts
	switch {
	case len(acts) == 0 && sent != 0:
		t.Errorf("%s: a request went out without an intent on disk", at)
		fallthrough
	case len(acts) == 0:
		return "not begun"
	case acts[0].Ended != nil:
		if (acts[0].Ended.Result == diagnose.RemovalDone) != gone {
			t.Errorf("%s: it says %s, gone is %v", at, acts[0].Ended.Result, gone)
		}
		return "ended"
	}
	again := p.run("suppression", "remove", "--confirm", "--resolver", demoZone(), id)
	if again.code != 1 || !strings.Contains(again.stderr, "unknown: a removal at SendGrid") {
		t.Errorf("%s: the restart says %+v", at, again)
	}
	out, want := p.looked(id), "The removal is still unknown" // a list may show it for some minutes more
	if gone {
		want = "settled: the entry is gone"
	}
	if !strings.HasPrefix(out, "unknown: ") || !strings.Contains(out, want) {
		t.Errorf("%s: reading says\n%s", at, out)
	}
	if server.Changes() != sent {
		t.Errorf("%s: settling sent a request", at)
	}
	if gone {
		return "unknown, gone"
	}
	return "unknown, there"
}

// killing gives a strace that can kill a program at a call, or skips.
func killing(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs the program some hundred times; it is left out under -short")
	}
	strace := need(t, "strace", "no call can be made to kill")
	if out, err := exec.Command(strace, "-o", "/dev/null", "-e", "trace=write", "true").CombinedOutput(); err != nil {
		t.Skipf("strace cannot trace here: %v: %s", err, out)
	}
	return strace
}
