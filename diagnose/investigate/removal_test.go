package investigate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/report"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/platformtest"
)

// sendgrid gives a platform on loopback, and the way to ask it.
func sendgrid(t testing.TB) (*platformtest.Server, *suppression.Platform) {
	t.Helper()
	server := platformtest.New("sendgrid")
	t.Cleanup(server.Close)
	return server, asked(t, server)
}

// asked gives the way to ask a platform on loopback.
func asked(t testing.TB, server *platformtest.Server) *suppression.Platform {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	p, err := suppression.Open(suppression.Account{Key: "sendgrid", Base: server.URL, Read: secret.New(platformtest.Secret)},
		suppression.Options{Transport: transport, Timeout: 500 * time.Millisecond, Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// bounced puts the recipient on the platform's list.
func bounced(s *investigate.Session, server *platformtest.Server) {
	server.Put("bounces", platformtest.Entry{Address: string(s.Case().Recipient), Reason: "550 5.1.1 user unknown", Code: "5.1.1", Created: caseTime.Add(-time.Hour)})
}

func lookUp(t testing.TB, s *investigate.Session, p investigate.Platform) {
	t.Helper()
	if err := s.LookUp(t.Context(), p, nil); err != nil {
		t.Fatal(err)
	}
}

// entry gives what the last look-up says of the list of bounces.
func entry(t testing.TB, s *investigate.Session) diagnose.ListEntry {
	t.Helper()
	for _, l := range s.Case().Lists {
		for _, e := range l.Entries {
			if e.List == diagnose.ListBounces {
				return e
			}
		}
	}
	t.Fatal("no look-up at the list of bounces")
	return diagnose.ListEntry{}
}

// unlocked gives a case in which nothing speaks against the removal.
func unlocked(t testing.TB) (*investigate.Session, *memory, *clock, *platformtest.Server, *suppression.Platform) {
	t.Helper()
	s, journal, now := session(t, "gateway-in-front", nil)
	server, p := sendgrid(t)
	bounced(s, server)
	start(t, s)
	idle(t, s)
	confirm(t, s, caseTime)
	lookUp(t, s, p)
	return s, journal, now, server, p
}

func state(f diagnose.Flow) safe.Text {
	for _, p := range f.Steps {
		if p.Step == diagnose.StepSuppression {
			return p.Reading
		}
	}
	return ""
}

func blocked(f diagnose.Flow, g diagnose.Guard) bool {
	return slices.ContainsFunc(f.Blocks, func(b diagnose.Block) bool { return b.Guard == g })
}

func TestRemove(t *testing.T) {
	s, journal, _, server, p := unlocked(t)
	if server.Changes() != 0 || blocked(s.Flow(), diagnose.GuardRemoval) {
		t.Fatalf("%d changes, %+v", server.Changes(), s.Flow().Blocks)
	}
	plan, err := s.PlanRemoval("sendgrid", entry(t, s))
	if err != nil || len(plan.Because) < 4 {
		t.Fatalf("%+v, %v", plan, err)
	}
	end, err := s.Remove(t.Context(), p, plan)
	if err != nil || end.Result != diagnose.RemovalDone || end.Status != 204 || end.Now == nil || end.Now.Listed != diagnose.NotListed {
		t.Fatalf("%+v, %v", end, err)
	}
	if server.Changes() != 1 || server.Has("bounces", string(s.Case().Recipient)) {
		t.Errorf("%d changes", server.Changes())
	}
	var order []string
	for _, e := range journal.kept() {
		if strings.HasPrefix(e.Body.Type(), "removal") {
			order = append(order, e.Body.Type())
		}
	}
	if !slices.Equal(order, []string{"removal_intended", "removal_ended"}) {
		t.Errorf("the journal holds %q", order)
	}
	if _, err := s.Remove(t.Context(), p, plan); !errors.Is(err, diagnose.ErrLocked) && !errors.Is(err, diagnose.ErrInvalid) || server.Changes() != 1 {
		t.Errorf("a second time: %v, %d changes", err, server.Changes())
	}
	if blocked(s.Flow(), diagnose.GuardRetry) {
		t.Errorf("the retry is locked: %+v", s.Flow().Blocks)
	}
	if got := diagnose.Fold(journal.kept()); len(got.Acts) != 1 || got.Acts[0].Ended == nil {
		t.Errorf("%+v", got.Acts)
	}
}

// TestRemoveRefused: each reason keeps the request from being sent.
func TestRemoveRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, s *investigate.Session, now *clock, server *platformtest.Server, p *suppression.Platform, plan *diagnose.RemovalPlan)
		want  diagnose.RemovalResult // "" where the intent itself is refused
	}{
		"the plan is old": {spoil: func(_ *testing.T, _ *investigate.Session, now *clock, _ *platformtest.Server, _ *suppression.Platform, _ *diagnose.RemovalPlan) {
			now.forward(diagnose.PlanLives + time.Second)
		}},
		"the plan was altered": {spoil: func(_ *testing.T, _ *investigate.Session, _ *clock, _ *platformtest.Server, _ *suppression.Platform, plan *diagnose.RemovalPlan) {
			plan.Entry.Reason = "something else"
		}},
		"the confirmation was taken back": {spoil: func(t *testing.T, s *investigate.Session, _ *clock, _ *platformtest.Server, _ *suppression.Platform, _ *diagnose.RemovalPlan) {
			propose(t, s, diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: diagnose.No, Who: "Dana Ito", Role: diagnose.RecipientAdmin, When: caseTime})
		}},
		"a newer confirmation": {spoil: func(t *testing.T, s *investigate.Session, _ *clock, _ *platformtest.Server, _ *suppression.Platform, _ *diagnose.RemovalPlan) {
			propose(t, s, diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: diagnose.Yes, Who: "Sam Orr", Role: diagnose.RecipientAdmin, When: caseTime})
		}},
		"a complaint came": {spoil: func(t *testing.T, s *investigate.Session, _ *clock, server *platformtest.Server, p *suppression.Platform, _ *diagnose.RemovalPlan) {
			server.Put("spam_reports", platformtest.Entry{Address: string(s.Case().Recipient), Created: caseTime})
			lookUp(t, s, p)
		}},
		"complaints cannot be read": {spoil: func(t *testing.T, s *investigate.Session, _ *clock, server *platformtest.Server, p *suppression.Platform, _ *diagnose.RemovalPlan) {
			server.Behave(func(r platformtest.Request) platformtest.Behaviour {
				if strings.Contains(r.Path, "spam_reports") {
					return platformtest.Behaviour{Status: 403}
				}
				return platformtest.Behaviour{}
			})
			lookUp(t, s, p)
		}},
		"the entry changed": {want: diagnose.RemovalChanged, spoil: func(_ *testing.T, s *investigate.Session, _ *clock, server *platformtest.Server, _ *suppression.Platform, _ *diagnose.RemovalPlan) {
			server.Put("bounces", platformtest.Entry{Address: string(s.Case().Recipient), Reason: "550 5.7.1 blocked", Created: caseTime})
		}},
		"the entry is gone": {want: diagnose.RemovalChanged, spoil: func(t *testing.T, s *investigate.Session, _ *clock, server *platformtest.Server, _ *suppression.Platform, _ *diagnose.RemovalPlan) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, server.URL+"/v3/suppression/bounces/"+string(s.Case().Recipient), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+platformtest.Secret)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			http.DefaultClient.CloseIdleConnections()
		}},
		"the platform does not answer": {want: diagnose.RemovalUnsent, spoil: func(_ *testing.T, _ *investigate.Session, _ *clock, server *platformtest.Server, _ *suppression.Platform, _ *diagnose.RemovalPlan) {
			server.Behave(func(platformtest.Request) platformtest.Behaviour { return platformtest.Behaviour{Drop: true} })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, now, server, p := unlocked(t)
			plan, err := s.PlanRemoval("sendgrid", entry(t, s))
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(t, s, now, server, p, &plan)
			before := server.Changes()
			end, err := s.Remove(t.Context(), p, plan)
			switch {
			case server.Changes() != before:
				t.Errorf("a request was sent")
			case c.want == "" && (!errors.Is(err, diagnose.ErrLocked) && !errors.Is(err, diagnose.ErrInvalid) || len(s.Case().Acts) != 0):
				t.Errorf("%v, %+v", err, s.Case().Acts)
			case c.want != "" && (err != nil || end.Result != c.want):
				t.Errorf("%+v, %v", end, err)
			}
		})
	}
}

// TestRemovalUnknown: without a clear answer the removal stays unknown, locks
// removal and retry, and is settled by reading alone.
func TestRemovalUnknown(t *testing.T) {
	for name, behave := range map[string]platformtest.Behaviour{
		"it had its effect":   {DropAfter: true},
		"it had no effect":    {Drop: true},
		"the answer was slow": {Slow: time.Millisecond},
		"502":                 {Status: 502},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, now, server, p := unlocked(t)
			plan, err := s.PlanRemoval("sendgrid", entry(t, s))
			if err != nil {
				t.Fatal(err)
			}
			// From the removal on nothing answers, reading neither.
			var removing atomic.Bool
			server.Behave(func(r platformtest.Request) platformtest.Behaviour {
				if platformtest.Changing(r) {
					removing.Store(true)
					return behave
				}
				if removing.Load() {
					return platformtest.Behaviour{Status: 500}
				}
				return platformtest.Behaviour{}
			})
			end, err := s.Remove(t.Context(), p, plan)
			if err != nil || end.Result != diagnose.RemovalUnknown || server.Changes() != 1 {
				t.Fatalf("%+v, %v, %d changes", end, err, server.Changes())
			}
			f := s.Flow()
			if state(f) != "removal unknown" || !blocked(f, diagnose.GuardRemoval) || !blocked(f, diagnose.GuardRetry) {
				t.Errorf("%q, %+v", state(f), f.Blocks)
			}
			if _, err := s.PlanRemoval("sendgrid", entry(t, s)); err == nil {
				t.Error("it is planned again")
			}
			lookUp(t, s, p) // still nothing answers
			if state(s.Flow()) != "removal unknown" {
				t.Errorf("settled without having read: %q", state(s.Flow()))
			}
			server.Behave(nil)
			lookUp(t, s, p)
			gone := !server.Has("bounces", string(s.Case().Recipient))
			if f := s.Flow(); !gone && (state(f) != "removal unknown" || !blocked(f, diagnose.GuardRemoval)) {
				t.Errorf("a list that may not show it yet settled it: %q", state(f))
			}
			if _, err := s.PlanRemoval("sendgrid", entry(t, s)); err == nil {
				t.Error("it is planned again before a removal would show")
			}
			now.forward(diagnose.ShowsWithin)
			if f := s.Flow(); !gone && state(f) != "removal unknown" {
				t.Errorf("time alone settled it: %q", state(f))
			}
			lookUp(t, s, p)
			if f := s.Flow(); state(f) == "removal unknown" || gone == blocked(f, diagnose.GuardRetry) || server.Changes() != 1 {
				t.Errorf("gone %v: %q, %+v, %d changes", gone, state(f), f.Blocks, server.Changes())
			}
		})
	}
}

// TestOneOfTwoRemovals: of removals begun at the same time one is sent.
func TestOneOfTwoRemovals(t *testing.T) {
	s, _, _, server, p := unlocked(t)
	plan, err := s.PlanRemoval("sendgrid", entry(t, s))
	if err != nil {
		t.Fatal(err)
	}
	var taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Remove(t.Context(), p, plan); err == nil {
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 || server.Changes() != 1 || len(s.Case().Acts) != 1 {
		t.Errorf("%d taken, %d requests, %d intents", taken.Load(), server.Changes(), len(s.Case().Acts))
	}
}

// TestNothingSentUnrecorded: an intent that cannot be saved sends nothing.
func TestNothingSentUnrecorded(t *testing.T) {
	s, journal, _, server, p := unlocked(t)
	plan, err := s.PlanRemoval("sendgrid", entry(t, s))
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space")
	journal.fail(full)
	before := len(server.Requests())
	if _, err := s.Remove(t.Context(), p, plan); !errors.Is(err, full) || len(server.Requests()) != before {
		t.Errorf("%v, %d requests", err, len(server.Requests())-before)
	}
	journal.fail(nil)
}

// TestRemovalOutlivesItsScreen: whoever asked may be gone when the answer
// comes; the outcome is on record all the same.
func TestRemovalOutlivesItsScreen(t *testing.T) {
	s, _, _, server, p := unlocked(t)
	plan, err := s.PlanRemoval("sendgrid", entry(t, s))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	server.Behave(func(r platformtest.Request) platformtest.Behaviour {
		cancel()
		return platformtest.Behaviour{}
	})
	if end, err := s.Remove(ctx, p, plan); err != nil || end.Result != diagnose.RemovalDone {
		t.Errorf("%+v, %v", end, err)
	}
}

// TestOtherAccount: a plan is carried out by the account that it was made for.
func TestOtherAccount(t *testing.T) {
	s, _, _, server, _ := unlocked(t)
	plan, err := s.PlanRemoval("sendgrid", entry(t, s))
	if err != nil {
		t.Fatal(err)
	}
	other, err := suppression.Open(suppression.Account{Key: "sendgrid", Base: server.URL, Settings: map[string]string{"subuser": "shop-mail"}, Read: secret.New(platformtest.Secret)}, suppression.Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := len(server.Requests())
	if _, err := s.Remove(t.Context(), other, plan); !errors.Is(err, investigate.ErrOtherAccount) || len(server.Requests()) != before || len(s.Case().Acts) != 0 {
		t.Errorf("%v, %d requests, %+v", err, len(server.Requests())-before, s.Case().Acts)
	}
}

// TestKeyIsInNoRecord: a platform that gives the key back in every answer does
// not get it into the journal, a report, an export, an error or a dump.
func TestKeyIsInNoRecord(t *testing.T) {
	s, journal, now, server, p := unlocked(t)
	plan, err := s.PlanRemoval("sendgrid", entry(t, s))
	if err != nil {
		t.Fatal(err)
	}
	server.Behave(func(r platformtest.Request) platformtest.Behaviour {
		if platformtest.Changing(r) {
			return platformtest.Behaviour{Status: 401, Body: `{"errors":[{"message":"no such key: ` + platformtest.Secret + `"}]}`}
		}
		return platformtest.Behaviour{}
	})
	end, err := s.Remove(t.Context(), p, plan)
	if err != nil || end.Result != diagnose.RemovalRefused {
		t.Fatalf("%+v, %v", end, err)
	}
	server.Behave(func(platformtest.Request) platformtest.Behaviour {
		return platformtest.Behaviour{Status: 403, Body: `{"errors":[{"message":"` + platformtest.Secret + `"}]}`}
	})
	lookUp(t, s, p)
	var out strings.Builder
	for _, e := range journal.kept() {
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(data)
	}
	in := report.Input{Case: s.Case(), Flow: s.Flow(), Version: "test", Made: now.now()}
	for _, write := range []func(io.Writer, report.Input) error{report.JSON, report.CaseJSON, report.Markdown} {
		if err := write(&out, in); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprintf(&out, "%+v %#v %v %+v", p, p, end, plan)
	if strings.Contains(out.String(), platformtest.Secret) {
		t.Error("the key is in a record")
	}
	if !strings.Contains(out.String(), "no such key") || !strings.Contains(out.String(), "status 401") {
		t.Error("what the platform said is not on record")
	}
}
