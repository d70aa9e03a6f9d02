package diagnose_test

import (
	"errors"
	"testing"
	"time"

	"deadletter/diagnose"
)

// TestNothingWithoutABounce: a case without a bounce admits no locked action.
func TestNothingWithoutABounce(t *testing.T) {
	b := newBuilder(settingNamed(t, "auto-reply"))
	b.open()
	for range 2 {
		for _, body := range []diagnose.Body{diagnose.RetryIntended{Way: diagnose.RetryByHand}, diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces}} {
			if err := diagnose.Admit(b.c, body, b.at); !errors.Is(err, diagnose.ErrLocked) {
				t.Errorf("%s: %v", body.Type(), err)
			}
		}
		b.capture() // an automatic reply is no bounce either
	}
}

// TestOneRecipient: a case takes no bounce of another recipient, so that what
// was confirmed for one opens nothing for another.
func TestOneRecipient(t *testing.T) {
	b := begin(t, "gateway-in-front")
	other := settingNamed(t, "mailbox-host-alone")
	body := diagnose.BounceCaptured{Source: "a", Raw: other.raw, Report: other.report}
	if err := diagnose.Admit(b.c, body, b.at); !errors.Is(err, diagnose.ErrInvalid) {
		t.Errorf("admitted: %v", err)
	}
	body.Report.Recipient.Value = "Robin.Hale@CONTOSO.example."
	if err := diagnose.Admit(b.c, body, b.at); err != nil {
		t.Errorf("the same recipient in other letters: %v", err)
	}
}

// TestRefusedEvents: what makes no sense is not recorded, and says why.
func TestRefusedEvents(t *testing.T) {
	b := begin(t, "gateway-in-front")
	b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.RecipientAdmin)
	answered := b.c.LastSeq()
	b.add(diagnose.Undone{Seq: answered})
	good := diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: diagnose.Yes, Who: "X", Role: diagnose.Evidence, When: b.at}
	edit := func(f func(*diagnose.AnswerRecorded)) diagnose.Body { a := good; f(&a); return a }
	if err := diagnose.Admit(b.c, good, b.at); err != nil {
		t.Errorf("a sound answer: %v", err)
	}
	for name, body := range map[string]diagnose.Body{
		"nobody":              edit(func(a *diagnose.AnswerRecorded) { a.Who = "" }),
		"no role":             edit(func(a *diagnose.AnswerRecorded) { a.Role = "" }),
		"no answer":           edit(func(a *diagnose.AnswerRecorded) { a.Value = "" }),
		"no question":         edit(func(a *diagnose.AnswerRecorded) { a.Question = "" }),
		"no time":             edit(func(a *diagnose.AnswerRecorded) { a.When = time.Time{} }),
		"in the future":       edit(func(a *diagnose.AnswerRecorded) { a.When = b.at.Add(time.Hour) }),
		"no list":             diagnose.SuppressionRecorded{Platform: "SendGrid"},
		"no platform":         diagnose.SuppressionRecorded{Entries: holding(diagnose.ListBounces).Entries},
		"no reason":           diagnose.SuppressionSkipped{},
		"no reason either":    diagnose.Overridden{Guard: diagnose.GuardProof},
		"another guard":       diagnose.Overridden{Guard: diagnose.GuardRetry, Reason: "I want to"},
		"no outcome":          diagnose.CaseClosed{Reason: "x"},
		"open is no outcome":  diagnose.CaseClosed{Outcome: diagnose.Open, Reason: "x"},
		"closed for nothing":  diagnose.CaseClosed{Outcome: diagnose.Closed},
		"end of no retry":     diagnose.RetryEnded{Intent: 1, Result: diagnose.RetrySame},
		"undone twice":        diagnose.Undone{Seq: answered},
		"undo of nothing":     diagnose.Undone{Seq: 10_000},
		"undo of the opening": diagnose.Undone{Seq: 1},
		"unknown":             diagnose.Unknown{Tag: "x"},
		"nothing":             nil,
	} {
		if err := diagnose.Admit(b.c, body, b.at); !errors.Is(err, diagnose.ErrInvalid) || len(err.Error()) < 20 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
