package diagnose_test

import (
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

func captureAt(seq uint64, at time.Time, codes [2]string, failed time.Time) diagnose.Event {
	r := bounce.Report{Recipient: bounce.Field{Value: "a@example.com"}, Reason: "userunknown", Permanence: bounce.Permanent}
	r.ReplyCode.Value, r.EnhancedCode.Value = safe.Untrusted(codes[0]), safe.Untrusted(codes[1])
	r.FailedAt.At = failed
	return diagnose.Event{Seq: seq, At: at, Body: diagnose.BounceCaptured{Report: r}}
}

// TestAddedMailTellsThePastedReply: a reply pasted without a time gives way to
// the mail of the same failure that is added after it, unless somebody
// answered between the two.
func TestAddedMailTellsThePastedReply(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	morning, unknown := noon.Add(-3*time.Hour), [2]string{"550", "5.1.1"}
	answer := func(seq uint64, when time.Time) diagnose.Event {
		return diagnose.Event{Seq: seq, At: noon, Body: diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: diagnose.Yes, Who: "X", Role: diagnose.RecipientAdmin, When: when}}
	}
	for name, tt := range map[string]struct {
		log  []diagnose.Event
		want uint64
	}{
		"mail added to a reply":       {[]diagnose.Event{captureAt(1, noon, unknown, time.Time{}), captureAt(2, noon, unknown, morning)}, 2},
		"reply pasted after the mail": {[]diagnose.Event{captureAt(1, noon, unknown, morning), captureAt(2, noon, unknown, time.Time{})}, 2},
		"another refusal":             {[]diagnose.Event{captureAt(1, noon, unknown, time.Time{}), captureAt(2, noon, [2]string{"550", "5.7.1"}, morning)}, 1},
		"answered between":            {[]diagnose.Event{captureAt(1, noon, unknown, time.Time{}), captureAt(2, noon, unknown, morning), answer(3, morning.Add(time.Hour))}, 1},
		"answered after both":         {[]diagnose.Event{captureAt(1, noon, unknown, time.Time{}), captureAt(2, noon, unknown, morning), answer(3, noon.Add(time.Hour))}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			latest, ok := diagnose.Fold(tt.log).Latest()
			if !ok || latest.Seq != tt.want {
				t.Errorf("the case is about bounce %d, want %d", latest.Seq, tt.want)
			}
		})
	}
}

// TestOtherListsDoNotClear: a look-up that left the bounce list out clears nothing.
func TestOtherListsDoNotClear(t *testing.T) {
	lists := func(kind diagnose.ListKind) *diagnose.Case {
		b := begin(t, "gateway-in-front")
		b.add(diagnose.SuppressionRecorded{Platform: "SendGrid", Entries: []diagnose.ListEntry{{List: kind, Listed: diagnose.NotListed}}})
		return b.c
	}
	for kind, want := range map[diagnose.ListKind]diagnose.State{diagnose.ListComplaints: diagnose.Active, diagnose.ListBounces: diagnose.Answered} {
		if got := diagnose.Next(lists(kind), failedAt.Add(time.Hour)).Step(diagnose.StepSuppression).State; got != want {
			t.Errorf("only %s looked at: step 5 is %s, want %s", kind, got, want)
		}
	}
}

// TestOfflineShowsWhatWasKnown: a case opened again without a network shows
// what DNS said before, with its time, and opens no lock on it.
func TestOfflineShowsWhatWasKnown(t *testing.T) {
	b := begin(t, "gateway-in-front")
	asked := diagnose.Next(b.c, b.at).Step(diagnose.StepMX)
	round, ok := b.c.Round()
	if !ok || len(round.Answers) == 0 {
		t.Fatal("the case has no answers to begin with")
	}
	b.at = b.at.Add(time.Hour)
	b.add(diagnose.RoundStarted{N: round.N + 1, Reason: diagnose.RoundResume, Offline: true})
	for wants := diagnose.Wants(b.c, b.at); len(wants) > 0; wants = diagnose.Wants(b.c, b.at) {
		b.add(diagnose.DNSAnswered{Round: round.N + 1, Answer: dnsx.Answer{Question: wants[0], Outcome: dnsx.Offline, At: b.at}})
	}
	f := diagnose.Next(b.c, b.at)
	if now := f.Step(diagnose.StepMX); len(now.Verdict) != len(asked.Verdict)+1 || now.Verdict[0] != asked.Verdict[0] {
		t.Errorf("offline step 4 says %q, online it said %q", now.Verdict, asked.Verdict)
	}
	if f.Rejector.Kind != diagnose.Gateway {
		t.Errorf("offline the rejector is %s", f.Rejector.Kind)
	}
	for _, block := range f.Blocks {
		for _, c := range block.Conditions {
			if c.Key == "mx" && c.Sign == diagnose.Holds {
				t.Errorf("%s takes the MX of the earlier round for sound", block.Guard)
			}
		}
	}
}
