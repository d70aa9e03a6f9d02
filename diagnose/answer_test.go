package diagnose_test

import (
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
)

// TestWhoseWordCounts: the recipient's, a colleague's and an old word settle
// nothing and say why; "works" is no confirmation; neither takes back what an
// administrator said.
func TestWhoseWordCounts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		value   diagnose.AnswerValue
		role    diagnose.Role
		said    time.Duration // after the bounce
		confirm bool
		doubt   string
	}{
		{"administrator", diagnose.Yes, diagnose.RecipientAdmin, time.Minute, true, ""},
		{"alias", diagnose.YesAlias, diagnose.RecipientAdmin, time.Minute, true, ""},
		{"a trace", diagnose.Yes, diagnose.Evidence, time.Minute, true, ""},
		{"recipient", diagnose.Yes, diagnose.TheRecipient, time.Minute, false, "recipient's own word"},
		{"colleague", diagnose.Yes, diagnose.Colleague, time.Minute, false, "colleague's word"},
		{"filter's administrator on the mailbox", diagnose.Yes, diagnose.GatewayAdmin, time.Minute, false, "not theirs"},
		{"our own team on another's domain", diagnose.Yes, diagnose.OwnTeam, time.Minute, false, "our own team"},
		{"before the bounce", diagnose.Yes, diagnose.RecipientAdmin, -time.Minute, false, "before the bounce"},
		{"works", diagnose.Works, diagnose.RecipientAdmin, time.Minute, false, "no confirmation"},
		{"no", diagnose.No, diagnose.RecipientAdmin, time.Minute, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := begin(t, "gateway-in-front")
			b.add(diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: tt.value, Role: tt.role, Who: "X", When: failedAt.Add(tt.said)})
			task := addressTask(diagnose.Next(b.c, b.at))
			if task.Confirms != tt.confirm || !strings.Contains(string(task.Doubt), tt.doubt) || tt.doubt == "" && task.Doubt != "" {
				t.Errorf("confirms %t, doubt %q", task.Confirms, task.Doubt)
			}
		})
	}
	b := begin(t, "gateway-in-front")
	b.says(diagnose.AskExactAddress, diagnose.No, diagnose.RecipientAdmin)
	b.says(diagnose.AskExactAddress, diagnose.Yes, diagnose.TheRecipient)
	b.says(diagnose.AskExactAddress, diagnose.Works, diagnose.RecipientAdmin)
	if f := diagnose.Next(b.c, b.at); f.Outcome != diagnose.Absent {
		t.Errorf("the administrator said there is no such address; the case stands %q", f.Outcome)
	}
}

func addressTask(f diagnose.Flow) diagnose.Task {
	for _, s := range f.Step(diagnose.StepRecipient).Sections {
		for _, task := range s.Tasks {
			if task.ID == diagnose.AskExactAddress {
				return task
			}
		}
	}
	return diagnose.Task{}
}

// TestFutureBounce: a bounce dated into the future does not lock a case for ever.
func TestFutureBounce(t *testing.T) {
	b := newBuilder(settingNamed(t, "gateway-in-front"))
	b.set.report.FailedAt.At = failedAt.AddDate(70, 0, 0)
	b.open()
	b.capture()
	b.round(diagnose.RoundOpen)
	b.survey(t.Context(), 0)
	b.at = b.at.Add(time.Hour)
	ready(b)
	b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
	if k, locked := lock(diagnose.Next(b.c, b.at), diagnose.GuardRetry); locked {
		t.Errorf("locked: %+v", k)
	}
}

// TestArrived: an accepted test is resolved when somebody has seen it, and
// there the recipient's word counts.
func TestArrived(t *testing.T) {
	b := begin(t, "gateway-in-front")
	ready(b)
	b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"}, diagnose.RetryIntended{Way: diagnose.RetryByHand, Plan: "p"})
	b.add(diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: diagnose.RetryAccepted})
	if f := diagnose.Next(b.c, b.at); f.Outcome == diagnose.Resolved {
		t.Error("accepted is not delivered")
	}
	b.at = b.at.Add(5 * time.Minute)
	b.says(diagnose.AskArrived, diagnose.Yes, diagnose.TheRecipient)
	if f := diagnose.Next(b.c, b.at); f.Outcome != diagnose.Resolved {
		t.Errorf("seen in the mailbox, and the case stands %q", f.Outcome)
	}
}
