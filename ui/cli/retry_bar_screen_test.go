package cli_test

import "testing"

// TestNoRelayOnScreen: where no relay is named the probe stands chosen, and the
// message says what it lacks; enter does nothing there.
func TestNoRelayOnScreen(t *testing.T) {
	r := newRetryable(t, nil)
	s := r.panel(120, 40)
	s.keys("T")
	s.wait("▌ RCPT only", "type probe")
	s.keys("Left")
	s.wait("▌ one message", "no relay is named", "by hand records what you send yourself", "this way cannot be taken now")
	s.keys("Enter")
	s.keys("Right", "Right")
	s.wait("▌ by hand", "type send", "Nothing from here.")
	s.keys("Escape")
	s.wait("enter retry once")
	r.untouched()
}

// TestRetryOffline: without DNS nothing goes, and the panel says why.
func TestRetryOffline(t *testing.T) {
	r := newRetryable(t, nil)
	s := r.open(120, 40, "", "--offline", "open", retryCase)
	s.wait("offline, no dns")
	s.keys("6")
	s.wait("the MX could not be asked again")
	s.keys("T")
	s.wait("locked; what unlocks it: a sound MX")
	r.untouched()
}
