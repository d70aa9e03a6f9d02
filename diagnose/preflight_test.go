package diagnose_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// lacking gives what an attempt of a way lacks now; none where it has a plan.
func lacking(t *testing.T, b *builder, way diagnose.RetryWay) []string {
	t.Helper()
	_, err := plan(t, b, way)
	var not *diagnose.NotReadyError
	if err != nil && !errors.As(err, &not) {
		t.Fatalf("%s: %v", way, err)
	}
	var out []string
	if not != nil {
		for _, f := range not.Lacks {
			out = append(out, string(f.Claim))
		}
	}
	return out
}

// TestDNSIsAskedForEach: the round before an attempt does for that one alone.
// What a probe left of its permit waits for a round of its own.
func TestDNSIsAskedForEach(t *testing.T) {
	b := mayRetry(t)
	b.at = b.at.Add(time.Second)
	p, err := plan(t, b, diagnose.RetryProbe)
	if err != nil {
		t.Fatal(err)
	}
	b.add(p.Intent())
	a := diagnose.Attempt{Way: p.Way, Host: p.Target.Host, Addr: p.Target.Addr, From: p.Target.From, To: p.To, Began: b.at, Ended: b.at, Stage: diagnose.StageRCPT,
		Reading: diagnose.ReadAccepted, Reply: &diagnose.SMTPReply{Code: 250, Enhanced: "2.1.5", Text: "fine"}}
	b.add(diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: diagnose.RetryAccepted, Attempt: &a})
	b.at = b.at.Add(time.Second)
	if got := lacking(t, b, diagnose.RetryMessage); !slices.Equal(got, []string{"DNS was not asked just before"}) {
		t.Errorf("with the round of the probe a message lacks %q", got)
	}
	b.round(diagnose.RoundRetry)
	b.survey(t.Context(), 0)
	if got := lacking(t, b, diagnose.RetryMessage); got != nil {
		t.Errorf("with a round of its own a message lacks %q", got)
	}
}

// TestForwardedIsNotTested: where the address that failed is what somebody else
// made of the one that we wrote to, no way of the program's is the way that the
// mail took.
func TestForwardedIsNotTested(t *testing.T) {
	for wrote, passed := range map[safe.Untrusted]bool{"": false, "sales@adatum.example": true} {
		s := settingNamed(t, "gateway-in-front")
		s.report.OriginalRecipient.Value = wrote
		s.report.ReportingMTA.Value = "mx.adatum.example"
		b := newBuilder(s)
		b.open()
		b.capture()
		b.round(diagnose.RoundOpen)
		b.survey(t.Context(), 0)
		ready(b)
		b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
		b.at = b.at.Add(time.Minute)
		b.round(diagnose.RoundRetry)
		b.survey(t.Context(), 0)
		for _, way := range []diagnose.RetryWay{diagnose.RetryProbe, diagnose.RetryMessage} {
			got := lacking(t, b, way)
			if passed != (len(got) == 1 && strings.HasPrefix(got[0], "we wrote to an address at adatum.example")) || !passed && got != nil {
				t.Errorf("%s of %q lacks %q", way, wrote, got)
			}
		}
	}
}
