package diagnose_test

import (
	"errors"
	"net/netip"
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
			b := mayRetry(t)
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

// probing gives a case in which a probe may go, and its plan.
func probing(t *testing.T) (*builder, diagnose.RetryPlan) {
	t.Helper()
	b := mayRetry(t)
	p, err := plan(t, b, diagnose.RetryProbe)
	if err != nil {
		t.Fatal(err)
	}
	return b, p
}

// TestPlanOfAnotherTime: a plan counts from when it was made until it is too
// old; a clock that was set back makes none older or newer.
func TestPlanOfAnotherTime(t *testing.T) {
	b, p := probing(t)
	for after, ok := range map[time.Duration]bool{0: true, diagnose.PlanLives: true, diagnose.PlanLives + 1: false, -1: false} {
		if err := diagnose.Admit(b.c, p.Intent(), p.Made.Add(after)); (err == nil) != ok || err != nil && !errors.Is(err, diagnose.ErrLocked) {
			t.Errorf("%s after it was made: %v", after, err)
		}
	}
}

// TestConversationOfAnother: an intent takes only the conversation that was
// consented to, with the result that it has.
func TestConversationOfAnother(t *testing.T) {
	b, p := probing(t)
	b.add(p.Intent())
	own := diagnose.Attempt{
		Way: p.Way, Host: p.Target.Host, Addr: p.Target.Addr, From: p.Target.From, To: p.To, Began: b.at, Ended: b.at, Stage: diagnose.StageRCPT,
		Reading: diagnose.ReadUnknownUser, Reply: &diagnose.SMTPReply{Code: 550, Enhanced: "5.1.1", Text: "text"},
	}
	result := diagnose.ResultOf(b.c, own)
	for name, change := range map[string]func(*diagnose.Attempt, *diagnose.RetryEnded){
		"its own":         nil,
		"another way":     func(a *diagnose.Attempt, _ *diagnose.RetryEnded) { a.Way = diagnose.RetryMessage },
		"another host":    func(a *diagnose.Attempt, _ *diagnose.RetryEnded) { a.Host = "mx.example.net" },
		"another address": func(a *diagnose.Attempt, _ *diagnose.RetryEnded) { a.Addr = netip.MustParseAddrPort("203.0.113.9:25") },
		"another port": func(a *diagnose.Attempt, _ *diagnose.RetryEnded) {
			a.Addr = netip.AddrPortFrom(a.Addr.Addr(), a.Addr.Port()+1)
		},
		"another sender":    func(a *diagnose.Attempt, _ *diagnose.RetryEnded) { a.From = "x@example.com" },
		"another recipient": func(a *diagnose.Attempt, _ *diagnose.RetryEnded) { a.To += "x" },
		"another result":    func(_ *diagnose.Attempt, e *diagnose.RetryEnded) { e.Result = diagnose.RetryDelivered },
		"a bounce":          func(_ *diagnose.Attempt, e *diagnose.RetryEnded) { e.Bounce = 1 },
	} {
		a := own
		end := diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: result, Attempt: &a}
		if change != nil {
			change(&a, &end)
		}
		if err := diagnose.Admit(b.c, end, b.at); (err == nil) != (change == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
