package cli_test

import (
	"strings"
	"testing"
)

// TestProbeByHand goes the whole way: the plan alone contacts nobody, a word at
// the terminal asks one host, and what it said is in the case.
func TestProbeByHand(t *testing.T) {
	r := newRetryable(t, map[string]string{"RCPT": "550 5.1.1 <robin.hale@contoso.example> user unknown"})
	plan := r.args("retry", "--way", "probe", "--show", retryCase).want(t, 0)
	t.Log(plan.stdout + plan.stderr)
	m := r.at("retry", "--way", "probe", retryCase)
	m.until("> ")
	m.types("probe")
	m.press("\r")
	code := m.end()
	t.Logf("%d: %s", code, m.bytes())
	_, lines, _ := r.host.heard()
	if !strings.Contains(lines, "RCPT TO:<"+demoRecipient+">") {
		t.Errorf("%s", lines)
	}
}
