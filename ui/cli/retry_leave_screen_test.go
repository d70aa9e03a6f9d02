package cli_test

import (
	"cmp"
	"path/filepath"
	"strings"
	"testing"

	"deadletter/diagnose"
)

// agreed has the probe made, from panel 6 on, where no relay is named.
func (s *screen) agreed() {
	s.t.Helper()
	s.keys("T")
	s.wait("▌ RCPT only", "type probe")
	s.keys("Tab")
	s.types("probe")
	s.keys("Enter")
}

// TestRetryLeft: the screen goes, the attempt does not; what came
// of it is in the case.
func TestRetryLeft(t *testing.T) {
	r := newRetryable(t, nil)
	asked, answer := r.holds("RCPT")
	s := r.panel(120, 40)
	s.agreed()
	asked()
	s.keys("C-c")
	s.wait("leaving as soon as it is known what came of it")
	s.keys("C-c")
	s.wait("an attempt is under way: leaving as soon as it is known what came of it")
	if frame := s.shows(); strings.Contains(frame, "left with") || r.retries()[0].Ended != nil {
		t.Fatalf("the program is gone before it knows what came of the attempt:\n%s", frame)
	}
	answer()
	s.wait("left with 0")
	if list := r.retries(); len(list) != 1 || list[0].Ended == nil || list[0].Ended.Result != diagnose.RetryAccepted {
		t.Errorf("the case does not hold what came of it: %+v", list)
	}
	if conns, _, _ := r.host.heard(); conns != 1 {
		t.Errorf("%d connections", conns)
	}
}

// TestRetryHidden: esc hides the dialog, not the attempt; the panel shows the
// last of the conversation, and then what came of it.
func TestRetryHidden(t *testing.T) {
	r := newRetryable(t, nil)
	asked, answer := r.holds("RCPT")
	s := r.panel(80, 24)
	s.agreed()
	asked()
	s.wait("→ RCPT TO:<"+demoRecipient+">", "esc hide this; it goes on")
	s.keys("Escape")
	s.fits(s.waitFor("the panel alone", func(flat string) bool {
		return !strings.Contains(flat, "╭─ ! ") && strings.Contains(flat, "asking contoso-example.p10.spamhero.com") && strings.Contains(flat, "→ RCPT TO:<"+demoRecipient+">")
	}))
	s.keys("T")
	s.wait("locked; what unlocks it")
	s.keys("Enter")
	s.wait("╭─ ! asking contoso-example.p10.spamhero.com", "esc hide this; it goes on")
	answer()
	s.wait("The recipient is accepted now", "permit left")
	if conns, _, _ := r.host.heard(); conns != 1 || r.retries()[0].Ended == nil {
		t.Errorf("%d connections, %+v", conns, r.retries())
	}
}

// TestRetryKilled: after a kill at any stage of an attempt it is unknown what
// came of it, the permit is spent and one place of the ledger taken, and
// nothing dials again.
func TestRetryKilled(t *testing.T) {
	for way, stages := range map[diagnose.RetryWay][]string{
		diagnose.RetryProbe:   {"", "EHLO", "MAIL", "RCPT"},
		diagnose.RetryMessage: {"", "MAIL", "DATA", "."},
	} {
		for _, stage := range stages {
			t.Run(string(way)+" at "+cmp.Or(stage, "greeting"), func(t *testing.T) {
				r := newRetryable(t, nil)
				if way == diagnose.RetryMessage {
					r.relayed(t, `{ file = "`+write(t, filepath.Join(r.home, "key"), canary+"\n")+`" }`)
				}
				asked, answer := r.holds(stage)
				s := r.panel(120, 40)
				if way == diagnose.RetryProbe {
					s.agreed()
				} else {
					s.keys("T")
					s.wait("▌ one message", "type address")
					s.keys("Tab")
					s.types(demoRecipient)
					s.keys("Enter")
				}
				asked()
				s.kill()
				answer()
				s = r.begun(120, 40)
				s.answered()
				s.keys("6")
				s.wait("permit spent", "An unknown outcome counts as an attempt", "Record what came of it")
				s.keys("T")
				s.wait("locked; what unlocks it: a new confirmation")
				s.keys("W")
				s.wait("result", "esc")
				if conns, _, _ := r.host.heard(); conns != 1 || len(r.retries()) != 1 || r.retries()[0].Ended != nil || r.retries()[0].Way != way || r.places() != 1 {
					t.Errorf("%d connections, %d places, %+v", conns, r.places(), r.retries())
				}
			})
		}
	}
}
