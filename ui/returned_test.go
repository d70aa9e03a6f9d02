package ui

import (
	"testing"

	"deadletter/diagnose"
)

// TestReturned: a bounce that may be what came of the retry is taken for it at a
// typed word, and not by a paste.
func TestReturned(t *testing.T) {
	f := sampleFlow()
	f.Offers = append(f.Offers, diagnose.Offer{Kind: diagnose.OfferReturned, Step: diagnose.StepRetry, Seq: 41})
	b := newBench(t, &f, false)
	intent := b.session.kase.LastSeq() + 1
	kase := b.session.kase.Apply(diagnose.Event{Seq: intent, At: b.now, By: "mara", Body: diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: 17, Plan: "plan"}})
	b.session.change(func(s *fakeSession) { s.kase = kase })
	b.send(changedMsg{session: b.session, snap: snap(b.session)})
	b.size(120, 40).keys("6")
	b.mustShow("W says whether it is")
	b.keys("W")
	if b.m.scope() != inDialog {
		t.Fatal("nothing is asked")
	}
	b.paste("yes\r").keys("enter")
	if len(b.session.proposed) != 0 {
		t.Fatal("a paste was enough")
	}
	b.text("yes").keys("enter")
	if len(b.session.proposed) != 1 {
		t.Fatalf("recorded %+v", b.session.proposed)
	}
	got, ok := b.session.proposed[0].(diagnose.RetryEnded)
	if !ok || got.Intent != intent || got.Bounce != 41 || got.Result != diagnose.RetryUnknown {
		t.Errorf("recorded %+v", b.session.proposed[0])
	}
}
