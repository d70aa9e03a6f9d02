package diagnose_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deadletter/diagnose"
)

// TestOnePermitOneMessage: whoever tries at every turn whatever can be planned,
// and whatever comes of it, never hands two messages over on one word, never
// makes a third attempt on one, and gets nothing more after an outcome that
// nobody knows.
func TestOnePermitOneMessage(t *testing.T) {
	made := map[diagnose.RetryWay]int{}
	seconds := 0
	rapid.Check(t, func(t *rapid.T) {
		b := newBuilder(settingAny(t, "gateway-in-front"))
		b.open()
		b.capture()
		b.round(diagnose.RoundOpen)
		b.survey(context.Background(), 0)
		b.confirm(t)
		b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
		var word uint64      // Seq of the last confirmation that was made
		var onWord, sent int // attempts since, and messages that went or may have
		lost := false
		word = b.c.LastSeq()
		for range rapid.IntRange(4, 14).Draw(t, "turns") {
			switch rapid.IntRange(0, 7).Draw(t, "turn") {
			case 0:
				b.at = b.at.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
			case 1:
				b.at = b.at.Add(2 * time.Minute)
				b.confirm(t)
				word, onWord, sent, lost = b.c.LastSeq(), 0, 0, false
			case 2: // an old word once more: no new one
				if n := len(b.c.Answers); n > 0 {
					b.add(b.c.Answers[rapid.IntRange(0, n-1).Draw(t, "again")].AnswerRecorded)
				}
			case 3:
				u := diagnose.Undone{Seq: uint64(rapid.IntRange(int(word), int(b.c.LastSeq())).Draw(t, "undone"))}
				if diagnose.Admit(b.c, u, b.at) == nil {
					b.add(u)
				}
			default:
				b.at = b.at.Add(time.Second)
				b.round(diagnose.RoundRetry)
				b.survey(context.Background(), 0)
				way, target := diagnose.RetryMessage, diagnose.RetryTarget{Host: "relay.fabrikam.example", Addr: labRelay, EHLO: "out1.fabrikam.example", Token: "k3v9q2m7x4b8"}
				if hosts := diagnose.RetryHosts(b.c, b.at); len(hosts) > 0 && rapid.Bool().Draw(t, "probe") {
					way, target = diagnose.RetryProbe, hosts[0]
					target.EHLO = "out1.fabrikam.example"
				}
				plan, err := diagnose.PlanRetry(b.c, way, target, b.at)
				if err != nil {
					if !errors.Is(err, diagnose.ErrLocked) && !errors.Is(err, diagnose.ErrInvalid) {
						t.Fatal(err)
					}
					continue
				}
				if err := diagnose.Admit(b.c, plan.Intent(), b.at); err != nil {
					t.Fatalf("what was planned is not admitted: %v", err)
				}
				made[way]++
				if onWord++; onWord > 1 {
					seconds++
				}
				if onWord > 2 || sent > 0 || lost {
					t.Fatalf("attempt %d on one word, %d messages before, an outcome lost: %t", onWord, sent, lost)
				}
				b.add(plan.Intent())
				if err := diagnose.Admit(b.c, plan.Intent(), b.at); !errors.Is(err, diagnose.ErrLocked) {
					t.Fatalf("the same plan twice: %v", err)
				}
				a := genAttempt(t, b.at)
				a.Way, a.Host, a.Addr, a.From, a.To = way, plan.Target.Host, plan.Target.Addr, plan.Target.From, plan.To
				if way == diagnose.RetryProbe && a.Stage == diagnose.StageMessage {
					a.Stage, a.Sent = diagnose.StageRCPT, false
				}
				end := diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: diagnose.ResultOf(b.c, a), Attempt: &a}
				if a.Stage == diagnose.StageNone && a.Reading == diagnose.ReadNotTried {
					onWord-- // nothing was dialled
				}
				if rapid.IntRange(0, 3).Draw(t, "crash") == 0 {
					lost = true
					continue
				}
				if err := diagnose.Admit(b.c, end, b.at); err != nil {
					t.Fatal(err)
				}
				b.add(end)
				if a.Sent && (a.Reply == nil || a.Reply.Code/100 != 4) {
					sent++
				}
			}
		}
	})
	if made[diagnose.RetryProbe] == 0 || made[diagnose.RetryMessage] == 0 { // second attempts are rare here; TestPermit holds them one by one
		t.Errorf("the logs never came to it: %v, %d second attempts", made, seconds)
	}
	t.Logf("made: %v, %d second attempts", made, seconds)
}

func settingAny(t *rapid.T, name string) setting {
	list, err := loadSettings()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("there is no case %q", name)
	return setting{}
}

// TestUnknownUnlocksNothing: whatever a person says of an attempt without a
// conversation on record, its permit stays spent.
func TestUnknownUnlocksNothing(t *testing.T) {
	for _, way := range []diagnose.RetryWay{diagnose.RetryProbe, diagnose.RetryMessage, diagnose.RetryByHand} {
		for _, result := range results {
			b := begin(t, "gateway-in-front")
			ready(b)
			b.add(diagnose.SuppressionSkipped{Reason: "our own server sends"})
			b.add(diagnose.RetryIntended{Way: way, Permit: b.c.LastSeq() - 2, Plan: "p", Host: "mx.example.com", Addr: labRelay})
			end := diagnose.RetryEnded{Intent: b.c.LastSeq(), Result: result}
			if err := diagnose.Admit(b.c, end, b.at); (err == nil) == (result == "") {
				t.Errorf("%s %q: %v", way, result, err)
			}
			b.add(end)
			if f := diagnose.Next(b.c, b.at.Add(48*time.Hour)); offers(f, diagnose.OfferRetry) {
				t.Errorf("%s, recorded as %q: another retry is offered", way, result)
			}
		}
	}
}
