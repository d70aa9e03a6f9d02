package cli_test

import (
	"strings"
	"testing"
)

// TestRetryHeld: while another program has the case open, its retry is neither
// made nor recorded from a second screen, and that says who has it.
func TestRetryHeld(t *testing.T) {
	r := newRetryable(t, nil)
	first := r.panel(120, 40)
	s := r.begun(120, 40)
	s.wait("read only", "has it open")
	s.keys("6")
	s.wait("Everything that should be mended is")
	const why = "▶ the case is read-only: mara, process "
	refused := func() {
		t.Helper()
		for _, key := range []string{"T", "W"} {
			s.keys("1", "6")
			s.waitFor("the panel without a word below", func(flat string) bool {
				return strings.Contains(flat, "Everything that should be mended is") && !strings.Contains(flat, why)
			})
			s.keys("Enter", key) // a dialog would take the key
			s.waitFor("why nothing is made", func(flat string) bool { return strings.Contains(flat, why) && !strings.Contains(flat, "esc not now") })
		}
	}
	refused()
	r.untouched()

	asked, answer := r.holds("RCPT")
	first.agreed()
	asked()
	refused()
	answer()
	first.wait("The recipient is accepted now")
	if conns, _, _ := r.host.heard(); conns != 1 || len(r.retries()) != 1 {
		t.Errorf("%d connections, %+v", conns, r.retries())
	}
}

// TestTwoCasesOneRecipient: an attempt counts over all cases of one
// installation. One that was agreed to on a second screen before the first was
// made is not made any more, and a new one says when it may be.
func TestTwoCasesOneRecipient(t *testing.T) {
	const tooSoon = "an attempt to reach this address was made less than 15 minutes ago;"
	r := newRetryable(t, nil)
	other := r.second()
	other.args("retry", other.id).want(t, 0)
	first, s := r.panel(120, 40), other.panel(120, 40)
	s.keys("T")
	s.wait("▌ RCPT only", "type probe")
	first.agreed()
	first.wait("The recipient is accepted now")

	s.keys("Tab")
	s.types("probe")
	s.keys("Enter")
	s.wait("nothing was sent", tooSoon)
	s.keys("T")
	s.wait("▌ by hand", "type send")
	s.keys("Left")
	s.wait("▌ RCPT only", "missing", tooSoon, " UTC", "this way cannot be taken now")
	s.keys("Enter")
	s.wait("this way cannot be taken now")
	if conns, _, _ := r.host.heard(); conns != 1 || len(other.retries()) != 0 {
		t.Errorf("%d connections, %+v", conns, other.retries())
	}
}
