package diagnose_test

import (
	"errors"
	"testing"
	"time"

	"deadletter/diagnose"
)

// plannable says whether an attempt of a way could be planned now, with DNS
// asked anew.
func plannable(t *testing.T, b *builder, way diagnose.RetryWay) bool {
	t.Helper()
	b.at = b.at.Add(time.Second)
	b.round(diagnose.RoundRetry)
	b.survey(t.Context(), 0)
	_, err := plan(t, b, way)
	if err != nil && !errors.Is(err, diagnose.ErrLocked) {
		t.Fatalf("%s: %v", way, err)
	}
	return err == nil
}

func plan(t *testing.T, b *builder, way diagnose.RetryWay) (diagnose.RetryPlan, error) {
	t.Helper()
	target := diagnose.RetryTarget{Host: "relay.fabrikam.example", Addr: labRelay, EHLO: "out1.fabrikam.example", Token: "k3v9q2m7x4b8"}
	if way == diagnose.RetryProbe {
		hosts := diagnose.RetryHosts(b.c, b.at)
		if len(hosts) == 0 {
			t.Fatal("there is no host to ask")
		}
		target = hosts[0]
		target.EHLO = "out1.fabrikam.example"
	}
	return diagnose.PlanRetry(b.c, way, target, b.at)
}

// TestPermit holds the flowchart's rule of the permit one by one: what one
// attempt leaves for a second, at once and after a quarter of an hour, and
// after a new word of the administrator.
func TestPermit(t *testing.T) {
	reply := func(code int, enhanced string) *diagnose.SMTPReply {
		return &diagnose.SMTPReply{Code: code, Enhanced: enhanced, Text: "text"}
	}
	type left struct{ message, probe, probeLater bool }
	for name, c := range map[string]struct {
		way     diagnose.RetryWay
		attempt *diagnose.Attempt // nil: the program ended before an outcome
		want    left
	}{
		"probe, 250":             {diagnose.RetryProbe, &diagnose.Attempt{Stage: diagnose.StageRCPT, Reading: diagnose.ReadAccepted, Reply: reply(250, "2.1.5")}, left{true, false, true}},
		"probe, 4yz":             {diagnose.RetryProbe, &diagnose.Attempt{Stage: diagnose.StageRCPT, Reading: diagnose.ReadGreylisted, Reply: reply(450, "4.7.1")}, left{true, false, true}},
		"probe, no RCPT reached": {diagnose.RetryProbe, &diagnose.Attempt{Stage: diagnose.StageConnect, Reading: diagnose.ReadNoConnection}, left{true, false, true}},
		"probe, 550":             {diagnose.RetryProbe, &diagnose.Attempt{Stage: diagnose.StageRCPT, Reading: diagnose.ReadUnknownUser, Reply: reply(550, "5.1.1")}, left{}},
		"probe, unknown":         {diagnose.RetryProbe, nil, left{}},
		"message, queued":        {diagnose.RetryMessage, &diagnose.Attempt{Stage: diagnose.StageMessage, Sent: true, Reading: diagnose.ReadQueued, Reply: reply(250, "2.0.0")}, left{}},
		"message, unanswered":    {diagnose.RetryMessage, &diagnose.Attempt{Stage: diagnose.StageMessage, Sent: true, Reading: diagnose.ReadUnanswered}, left{}},
		"message, unknown":       {diagnose.RetryMessage, nil, left{}},
	} {
		t.Run(name, func(t *testing.T) {
			b := begin(t, "gateway-in-front")
			ready(b)
			b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
			b.at = b.at.Add(time.Minute)
			b.round(diagnose.RoundRetry)
			b.survey(t.Context(), 0)
			p, err := plan(t, b, c.way)
			if err != nil {
				t.Fatal(err)
			}
			b.add(p.Intent())
			if c.attempt != nil {
				a := *c.attempt
				a.Way, a.Host, a.Addr, a.From, a.To, a.Began, a.Ended = c.way, p.Target.Host, p.Target.Addr, p.Target.From, p.To, b.at, b.at
				end := diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: diagnose.ResultOf(b.c, a), Attempt: &a}
				if err := diagnose.Admit(b.c, end, b.at); err != nil {
					t.Fatal(err)
				}
				b.add(end)
			}
			b.at = b.at.Add(time.Minute)
			got := left{message: plannable(t, b, diagnose.RetryMessage), probe: plannable(t, b, diagnose.RetryProbe)}
			b.at = b.at.Add(20 * time.Minute)
			got.probeLater = plannable(t, b, diagnose.RetryProbe)
			if got != c.want {
				t.Errorf("left %+v, want %+v", got, c.want)
			}
			b.at = b.at.Add(24 * time.Hour)
			ready(b)
			if !plannable(t, b, diagnose.RetryMessage) {
				t.Error("a new word gives no new permit")
			}
		})
	}
}

// TestSameWordAgain: what was said before an attempt, or while it was made, is
// no new permit when it is recorded once more, not even where it was dated a
// little ahead or taken back in between.
func TestSameWordAgain(t *testing.T) {
	for name, c := range map[string]struct {
		ahead, gap time.Duration // of the answer; between it and the attempt
		undo       bool
		during     bool // recorded while the attempt was made
	}{
		"dated ahead":               {ahead: 50 * time.Second, gap: 10 * time.Second},
		"dated ahead, taken back":   {ahead: 50 * time.Second, gap: 10 * time.Second, undo: true},
		"typed, in the same minute": {gap: 10 * time.Second},
		"while it was made":         {ahead: 50 * time.Second, gap: 10 * time.Second, during: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := begin(t, "gateway-in-front")
			b.at = b.at.Truncate(time.Minute).Add(time.Minute)
			ready(b)
			b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
			word := diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: diagnose.Yes, Who: "Ravi Sen", Role: diagnose.RecipientAdmin, When: b.at.Add(c.ahead)}
			if !c.during {
				b.add(word)
			}
			said := b.c.LastSeq()
			b.at = b.at.Add(c.gap)
			b.round(diagnose.RoundRetry)
			b.survey(t.Context(), 0)
			p, err := plan(t, b, diagnose.RetryProbe)
			if err != nil {
				t.Fatal(err)
			}
			b.add(p.Intent())
			seq := b.c.LastSeq()
			b.at = b.at.Add(5 * time.Second)
			if c.during {
				b.add(word)
			}
			a := diagnose.Attempt{
				Way: p.Way, Host: p.Target.Host, Addr: p.Target.Addr, From: p.Target.From, To: p.To, Began: b.at, Ended: b.at, Stage: diagnose.StageRCPT,
				Reading: diagnose.ReadUnknownUser, Reply: &diagnose.SMTPReply{Code: 550, Enhanced: "5.1.1", Text: "text"},
			}
			b.add(diagnose.RetryEnded{Intent: seq, Result: diagnose.ResultOf(b.c, a), Attempt: &a})
			b.at = b.at.Add(10 * time.Second)
			if c.undo {
				b.add(diagnose.Undone{Seq: said})
			}
			b.add(word)
			b.at = b.at.Add(20 * time.Minute)
			if plannable(t, b, diagnose.RetryMessage) {
				t.Error("the same word gave a second permit")
			}
			word.When = b.at
			b.add(word)
			if !plannable(t, b, diagnose.RetryMessage) {
				t.Error("a new word gives none")
			}
		})
	}
}
