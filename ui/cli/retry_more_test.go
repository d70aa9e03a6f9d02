package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
)

// asks makes a probe at a terminal and gives the exit code and what was shown.
func (r *retryable) asks(args ...string) (int, string) {
	r.t.Helper()
	m := r.at(append([]string{"retry", "--way", "probe", retryCase}, args...)...)
	m.until("> ")
	m.types("probe")
	m.press("\r")
	code := m.end()
	return code, string(m.until("goes on to its end"))
}

// TestPutOff: what is put off leaves the permit, the next is possible after a
// quarter of an hour, and a watch waits for that.
func TestPutOff(t *testing.T) {
	r := newRetryable(t, map[string]string{"RCPT": "451 4.7.1 Greylisted, try again later"})
	if code, out := r.asks(); code != 1 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	if got := r.args("retry", "--way", "probe", retryCase).want(t, 1); !strings.Contains(got.stderr, "the next from") {
		t.Errorf("%+v", got)
	}
	got := r.args("watch", "--json", "--until", "1s", retryCase).want(t, 1)
	var kinds []string
	for line := range strings.Lines(got.stdout) {
		var o struct {
			Event, What string
			Until       time.Time
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if o.What == "repeat" && time.Until(o.Until) < 14*time.Minute {
			t.Errorf("until %s", o.Until)
		}
		kinds = append(kinds, o.Event+" "+o.What)
	}
	if all := strings.Join(kinds, ", "); !strings.Contains(all, "waits repeat") || !strings.Contains(all, "limit repeat") {
		t.Errorf("it says %s", all)
	}
	if conns, _, _ := r.host.heard(); conns != 1 {
		t.Errorf("%d connections", conns)
	}
}

// TestWatchIsLeft: ctrl-c ends a watch, and the case is free all the while.
func TestWatchIsLeft(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no interrupt to send")
	}
	r := newRetryable(t, map[string]string{"RCPT": "451 4.7.1 Greylisted, try again later"})
	r.asks()
	m := r.at("watch", retryCase)
	m.until("waits: ")
	if got := r.args("retry", retryCase); strings.Contains(got.stderr, "read-only") {
		t.Errorf("the case is held: %+v", got)
	}
	m.press("\x03")
	m.until("the watch was left")
	if code := m.end(); code != 1 {
		t.Errorf("exit code %d: %s", code, m.bytes())
	}
}

// TestInterrupted: what was begun goes on to its end, and is recorded.
func TestInterrupted(t *testing.T) {
	r := newRetryable(t, nil)
	asked, answer := make(chan struct{}), make(chan struct{})
	r.host.each(func(line string) {
		if strings.HasPrefix(line, "RCPT") {
			close(asked)
			<-answer
		}
	})
	m := r.at("retry", "--way", "probe", retryCase)
	m.until("> ")
	m.types("probe")
	m.press("\r")
	<-asked
	m.press("\x03")
	m.until("It is under way")
	close(answer)
	if code := m.end(); code != 0 {
		t.Errorf("exit code %d: %s", code, m.bytes())
	}
	if last := r.retries()[0]; last.Ended == nil || last.Ended.Result != diagnose.RetryAccepted {
		t.Errorf("%+v", last)
	}
}

// TestMXMoved: an MX that changed since it was seen has to be looked at first.
func TestMXMoved(t *testing.T) {
	r := newRetryable(t, nil)
	path := strings.TrimPrefix(r.resolver, "zone:")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(retryZones, "MX  10 contoso-example.p10", "MX  5 contoso-example.p10")), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := r.args("retry", "--way", "probe", retryCase).want(t, 1); !strings.Contains(got.stderr, "the MX has changed since") {
		t.Errorf("%+v", got)
	}
	if got := r.args("retry", "--way", "probe", retryCase).want(t, 0); !strings.Contains(got.stdout, "Nothing was sent") {
		t.Errorf("seen once: %+v", got)
	}
}

// TestProbeAsJSON: the object alone is on standard output, with the whole conversation.
func TestProbeAsJSON(t *testing.T) {
	r := newRetryable(t, nil)
	out := r.args("retry", "--way", "probe", "--json", retryCase).want(t, 0)
	var o struct {
		Plan  *struct{ Intent diagnose.RetryIntended }
		Hosts []struct{ Host, Address string }
	}
	if err := json.Unmarshal([]byte(out.stdout), &o); err != nil || o.Plan == nil || o.Plan.Intent.Host != "contoso-example.p10.spamhero.com" || len(o.Hosts) != 1 || o.Hosts[0].Address != r.host.addr {
		t.Errorf("%v: %s", err, out.stdout)
	}
}

// TestUnmarkedNotification: what names no message of ours is the result of an
// attempt only at a person's word.
func TestUnmarkedNotification(t *testing.T) {
	r := newRetryable(t, nil)
	r.handed()
	last := r.retries()[0]
	last.From, last.MessageID, last.Envelope = "person@fabrikam.example", "<another@fabrikam.example>", "none"
	path := write(t, filepath.Join(r.home, "notification.eml"), notification(last, demoRecipient))
	m := r.mute(program, "retry", "--offline", "--result", path, retryCase)
	m.until("It names no message that was issued.")
	m.until("> ")
	m.types("yes")
	m.press("\r")
	m.until("next ")
	if code := m.end(); code != 0 {
		t.Errorf("exit code %d: %s", code, m.bytes())
	}
	if last := r.retries()[0]; last.Ended == nil || last.Ended.Bounce == 0 {
		t.Errorf("%+v", last)
	}
	other := write(t, filepath.Join(r.home, "other.eml"), notification(last, "person@example.com"))
	if got := r.run("retry", "--result", other, retryCase).want(t, 4); !strings.Contains(got.stderr, "another recipient") {
		t.Errorf("%+v", got)
	}
}

// TestRelayIsLookedAt: doctor and config say which relay there is and what it
// lacks. Neither contacts it nor reads its key.
func TestRelayIsLookedAt(t *testing.T) {
	r := newRetryable(t, nil)
	key := write(t, filepath.Join(r.home, "relay.key"), canary+"\n")
	_, port, _ := strings.Cut(r.host.addr, ":")
	relay := func(place string) {
		r.configure(t, "probe_from = \"<>\"\n[relay]\nhost = \"127.0.0.1\"\nport = "+port+"\nsecurity = \"plain\"\nuser = \"mara\"\nkey = { file = \""+filepath.ToSlash(place)+"\" }\n")
	}
	relay(key)
	for _, command := range []string{"doctor", "config"} {
		got := r.run(command, "--offline").want(t, 0)
		for _, want := range []string{"our relay: 127.0.0.1, port " + port, "without TLS, on this machine alone", "as mara, key: found: file", "the name of this machine"} {
			if !strings.Contains(got.stdout, want) {
				t.Errorf("%s does not say %q:\n%s", command, want, got.stdout)
			}
		}
	}
	relay(key + ".gone")
	if got := r.run("doctor", "--offline").want(t, 0); !strings.Contains(got.stdout, "The key for sending cannot be used") {
		t.Errorf("a key that is not there:\n%s", got.stdout)
	}
	if got := r.args("retry", "--way", "message", retryCase).want(t, 2); !strings.Contains(got.stderr, "the relay cannot be used yet") {
		t.Errorf("%+v", got)
	}
	if conns, _, _ := r.host.heard(); conns != 0 {
		t.Errorf("%d connections", conns)
	}
}

// TestNullSenderIsMarked: the null sender goes out by choice alone, and the plan says so.
func TestNullSenderIsMarked(t *testing.T) {
	r := newRetryable(t, nil)
	r.configure(t, "ehlo = \"workbench.fabrikam.example\"\nprobe_from = \"<>\"\n")
	if code, out := r.asks(); code != 0 || !strings.Contains(out, "the null sender; some hosts refuse it for that alone") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if _, lines, _ := r.host.heard(); !strings.Contains(lines, "MAIL FROM:<>") {
		t.Errorf("%s", lines)
	}
}
