package cli_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// queries are the sequences by which programs ask a terminal something: its
// colours, its kind, its cursor, its modes, its clipboard.
var queries = regexp.MustCompile("\x1b\\](?:4;\\d+|1[0-9]|52;\\w*);\\?|\x1b\\[[?>=]?[0-9;]*c|\x1b\\[\\??[56]n|\x1b\\[\\??[0-9;]*\\$p|\x1b\\[>[0-9;]*q|\x1bP\\$q|\x1bP\\+q|\x1b\\[\\?u|\x1b\\[1[0-9]t|\x1bZ|\x05")

// TestQuietStart: on a terminal that never answers nothing waits for one.
func TestQuietStart(t *testing.T) {
	t.Run("version", func(t *testing.T) {
		var took []time.Duration
		for range 9 {
			m := newPlace(t).mute(program, "version")
			if code := m.end(); code != 0 {
				t.Fatalf("exit code %d", code)
			}
			took = append(took, time.Since(m.start))
			if all := m.until("\n"); bytes.ContainsRune(all, 0x1b) || !bytes.HasPrefix(all, []byte("deadletter ")) {
				t.Fatalf("the terminal got %q", all)
			}
		}
		slices.Sort(took)
		t.Logf("version: median %d ms, slowest %d ms", took[4].Milliseconds(), took[8].Milliseconds())
		if took[4] > 200*time.Millisecond {
			t.Errorf("version takes %s, want under 200 ms", took[4])
		}
	})
	for name, args := range map[string][]string{
		"demo":         {"demo"},
		"paste screen": {"--offline"},
		"a case":       {"--offline", bounces(t, "notification/gateway-sendgrid.eml")},
	} {
		t.Run(name, func(t *testing.T) {
			m := newPlace(t).mute(program, args...)
			all := m.until("? ")
			m.mu.Lock()
			first := m.first.Sub(m.start)
			m.mu.Unlock()
			t.Logf("first byte after %d ms, first frame after %d ms", first.Milliseconds(), time.Since(m.start).Milliseconds())
			m.press("\x03")
			if code := m.end(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			all = append(all, m.bytes()[len(all):]...)
			if q := queries.Find(all); q != nil {
				t.Errorf("the terminal was asked %q", q)
			}
		})
	}
}

// TestQueriesAreKnown guards the guard: what libraries ask is recognised.
func TestQueriesAreKnown(t *testing.T) {
	for _, q := range []string{"\x1b]11;?\x07", "\x1b]10;?\x1b\\", "\x1b[c", "\x1b[>c", "\x1b[6n", "\x1b[?6n", "\x1b[?2026$p", "\x1b[>0q", "\x1b[?u", "\x1b]52;c;?\x07", "\x1b[18t"} {
		if !queries.MatchString(q) {
			t.Errorf("%q is taken for no query", q)
		}
	}
	for _, s := range []string{"\x1b[?1049h", "\x1b[?2004h", "\x1b[?25l", "\x1b[2J", "\x1b[1;1H", "\x1b[36m", "\x1b[K", "\x1b]2;deadletter\x07", "\x1b[?1004h", "\x1b]52;c;QQ==\x07"} {
		if queries.MatchString(s) {
			t.Errorf("%q is taken for a query", s)
		}
	}
}

// TestTerminalIsGivenBack ends the program in every way in which it has a say.
func TestTerminalIsGivenBack(t *testing.T) {
	ways := []struct {
		name string
		end  func(m *mute)
	}{
		{"q", func(m *mute) { m.press("q") }},
		{"ctrl+c", func(m *mute) { m.press("\x03") }},
		{"SIGTERM", func(m *mute) { m.signal(syscall.SIGTERM) }},
		{"SIGINT", func(m *mute) { m.signal(syscall.SIGINT) }},
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			p := newPlace(t)
			m := p.mute(program, "--offline", bounces(t, "notification/gateway-sendgrid.eml"))
			before := m.modes()
			m.until("Confirm recipient")
			until(t, "the terminal is raw", func() bool { return sameModes(before, m.modes()) != "" })
			w.end(m)
			m.end()
			if diff := sameModes(before, m.modes()); diff != "" {
				t.Errorf("the modes are not as they were:\n%s", diff)
			}
			all := string(m.until("resume: deadletter open"))
			for _, mode := range []string{"1049", "2004", "1004"} {
				if on, off := strings.LastIndex(all, "\x1b[?"+mode+"h"), strings.LastIndex(all, "\x1b[?"+mode+"l"); on >= 0 && off < on {
					t.Errorf("mode %s is still on", mode)
				}
			}
			if hide, show := strings.LastIndex(all, "\x1b[?25l"), strings.LastIndex(all, "\x1b[?25h"); show < hide {
				t.Error("the cursor is still hidden")
			}
			if out := p.run("cases").want(t, 0).stdout; !strings.Contains(out, "robin.hale@contoso.example") {
				t.Errorf("the case is not there: %q", out)
			}
		})
	}
}

// TestReplyIsNoKey: what a terminal answers unasked is not taken for keys.
func TestReplyIsNoKey(t *testing.T) {
	m := newPlace(t).mute(program, "--offline", bounces(t, "notification/gateway-sendgrid.eml"))
	m.until("Confirm recipient")
	m.press("\x1b[?62;22c\x1b[12;40R\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[I\x1b[O")
	m.press("2")
	all := m.until("Find rejector")
	if bytes.Contains(all, []byte("Record an answer")) {
		t.Errorf("a reply of the terminal worked as keys: %q", all)
	}
	m.press("\x03")
	if code := m.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
