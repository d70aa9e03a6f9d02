package cli_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deadletter/diagnose"
)

// panel opens the case on panel 6, with DNS asked.
func (r *retryable) panel(w, h int, args ...string) *screen {
	r.t.Helper()
	s := r.begun(w, h, args...)
	s.answered()
	s.keys("6")
	s.wait("Everything that should be mended is")
	return s
}

// begun opens the case.
func (r *retryable) begun(w, h int, args ...string) *screen {
	r.t.Helper()
	return r.open(w, h, "", append(append([]string{"open", r.id}, r.flags()...), args...)...)
}

// untouched fails the test when anybody was dialled or an attempt is on record.
func (r *retryable) untouched() {
	r.t.Helper()
	if conns, lines, _ := r.host.heard(); conns != 0 || len(r.retries()) != 0 {
		r.t.Fatalf("%d connections, %d attempts:\n%s", conns, len(r.retries()), lines)
	}
}

// holds keeps back the answers to lines that begin so. asked waits until the
// first one came.
func (r *retryable) holds(verb string) (asked, answer func()) {
	came, let := make(chan struct{}), make(chan struct{})
	first, last := sync.OnceFunc(func() { close(came) }), sync.OnceFunc(func() { close(let) })
	r.t.Cleanup(last)
	r.host.each(func(line string) {
		if strings.HasPrefix(line, verb) {
			first()
			<-let
		}
	})
	asked = func() {
		r.t.Helper()
		select {
		case <-came:
		case <-time.After(bound):
			r.t.Fatalf("after %s the host still did not hear %s", bound, verb)
		}
	}
	return asked, last
}

// TestProbeOnScreen goes the whole way of a probe: nothing counts but the word
// as it is typed, the conversation shows as it goes, and the answer stands
// beside the bounce.
func TestProbeOnScreen(t *testing.T) {
	r := newRetryable(t, map[string]string{"RCPT": "550 5.1.1 <robin.hale@contoso.example> user unknown"})
	asked, answer := r.holds("RCPT")
	s := r.panel(120, 40)
	s.keys("T")
	s.fits(s.wait("RCPT only, no mail", "▌ RCPT only", "contoso-example.p10.spamhero.com, address "+r.host.addr, "the MX is the same as before", "None: what is sent is sent.", "type probe"))
	s.keys("Enter")
	s.wait("type probe to go on")
	s.paste("probe")
	s.wait("pasted text does not count here")
	s.keys("Enter")
	s.wait("type probe to go on")
	s.text("probe") // a terminal that does not mark pastes
	s.wait("that came all at once")
	s.keys("Enter")
	s.wait("type probe to go on")
	s.types("prob")
	s.keys("Enter")
	s.wait("type probe to go on", "┃ prob")
	r.untouched()
	s.types("e")
	s.wait("┃ probe", "enter ask that one host")
	s.keys("Enter")
	asked()
	s.fits(s.wait("asking contoso-example.p10.spamhero.com", "→ EHLO workbench.fabrikam.example", "← 250-mx.contoso.example", "→ RCPT TO:<"+demoRecipient+">", "esc hide this; it goes on"))
	if list := r.retries(); len(list) != 1 || list[0].Ended != nil {
		t.Errorf("while the host is asked the case holds %+v", list)
	}
	answer()
	s.fits(s.wait("before: the bounce", "after: the one retry", "the permit is spent", "same: 550 5.1.1", "there is no such mailbox"))
	s.keys("T")
	s.wait("locked; what unlocks it: a new confirmation")
	conns, lines, _ := r.host.heard()
	if conns != 1 || strings.Count(lines, "RCPT") != 1 || strings.Contains(lines, "DATA") || !strings.HasSuffix(lines, "QUIT") {
		t.Errorf("%d connections:\n%s", conns, lines)
	}
	s.keys("q")
	s.wait("left with 0")
	var kinds []string
	for _, e := range r.events() {
		switch e.Body.(type) {
		case diagnose.RetryIntended:
			kinds = append(kinds, "intended")
		case diagnose.RetryEnded:
			kinds = append(kinds, "ended")
		}
	}
	if list := r.retries(); !slices.Equal(kinds, []string{"intended", "ended"}) || list[0].Ended.Result != diagnose.RetrySame {
		t.Errorf("the case holds %q: %+v", kinds, list)
	}
}
