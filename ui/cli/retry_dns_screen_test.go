package cli_test

import (
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/dnsx/dnstest"
)

// TestMXChangesMeanwhile: where the MX changes while the case is open, the next
// look before an attempt refuses and sends to step 4; asked once more, the new
// host is what was seen, and is the one that is asked.
func TestMXChangesMeanwhile(t *testing.T) {
	r := newRetryable(t, nil)
	server, _ := r.live()
	s := r.panel(120, 40)
	moved, err := dnstest.ParseZones(strings.NewReader(strings.ReplaceAll(retryZones, "contoso-example.p10", "contoso-example.p30")), "moved")
	if err != nil {
		t.Fatal(err)
	}
	server.SetZones(moved)
	s.keys("T")
	s.wait("▌ by hand", "type send") // what the program could do lacks something
	s.keys("Left")
	s.wait("▌ RCPT only", "the MX has changed since", "look at step 4 again, then ask once more", "this way cannot be taken now")
	s.text("probe")
	s.keys("Enter")
	s.wait("this way cannot be taken now")
	r.untouched()
	s.keys("Escape")
	s.waitFor("the panel alone", func(flat string) bool { return !strings.Contains(flat, "esc not now") })
	s.keys("T")
	s.wait("▌ RCPT only", "contoso-example.p30.spamhero.com, address "+r.host.addr, "the MX is another than at", "type probe")
	r.untouched()
	s.keys("Tab")
	s.types("probe")
	s.keys("Enter")
	s.wait("The recipient is accepted now")
	list := r.retries()
	if conns, _, _ := r.host.heard(); conns != 1 || len(list) != 1 || list[0].Host != "contoso-example.p30.spamhero.com" {
		t.Errorf("%d connections, %+v", conns, list)
	}
}

// TestAskingStopped: while DNS is asked for an attempt, esc stops that, nothing
// is sent, and nothing but the round is in the case. The MX is not known then:
// the retry is locked until R has asked again.
func TestAskingStopped(t *testing.T) {
	r := newRetryable(t, nil)
	server, silent := r.live()
	s := r.panel(120, 40)
	before, asked := len(r.events()), len(server.Queries())
	silent.Store(true)
	s.keys("T")
	s.fits(s.wait("asking DNS just before the retry", "0 of ", "esc stops it"))
	until(t, "DNS is asked", func() bool { return len(server.Queries()) > asked })
	s.keys("Escape")
	s.wait("stopped; nothing was sent")
	var began, over int
	for _, e := range r.events()[before:] {
		switch b := e.Body.(type) {
		case diagnose.RoundStarted:
			if b.Reason == diagnose.RoundRetry {
				began++
			}
		case diagnose.RoundStopped:
			over++
		case diagnose.DNSAnswered:
		default:
			t.Errorf("the case holds %T", b)
		}
	}
	if began != 1 || over != 1 {
		t.Errorf("%d rounds for the attempt began, %d were stopped", began, over)
	}
	r.untouched()
	s.wait("asking was stopped; R asks again")
	s.keys("T")
	s.wait("locked; what unlocks it: a sound MX")
	silent.Store(false)
	s.keys("R")
	s.wait("Everything that should be mended is")
	s.keys("T")
	s.wait("▌ RCPT only", "contoso-example.p10.spamhero.com, address "+r.host.addr, "type probe")
	r.untouched()
}
