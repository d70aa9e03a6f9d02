package investigate_test

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/casefile"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/dnstest"
)

var (
	labHost = netip.MustParseAddrPort("198.51.100.10:25") // the MX host of gateway-in-front
	relayAt = netip.MustParseAddrPort("127.0.0.1:2525")
	probe   = diagnose.RetryTarget{Host: "contoso-example.p10.spamhero.com", Addr: labHost, EHLO: "out1.fabrikam.example"}
	message = diagnose.RetryTarget{Host: "relay.fabrikam.example", Addr: relayAt, EHLO: "out1.fabrikam.example", Via: "our relay", Token: "k3v9q2m7x4b8"}
)

// scripted is a transport that plays what a test says, and counts.
type scripted struct {
	runs  atomic.Int32
	ended atomic.Bool // the context was done when the conversation was
	check error
	play  func(diagnose.RetryPlan, func(diagnose.SMTPLine)) diagnose.Attempt
}

func (s *scripted) Check(diagnose.RetryPlan) error { return s.check }

func (s *scripted) Run(ctx context.Context, p diagnose.RetryPlan, line func(diagnose.SMTPLine)) diagnose.Attempt {
	s.runs.Add(1)
	defer func() { s.ended.Store(ctx.Err() != nil) }()
	return s.play(p, line)
}

// met gives the conversation of a plan that met a reply.
func met(p diagnose.RetryPlan, at time.Time, stage diagnose.SMTPStage, reading diagnose.AttemptReading, code int, text string) diagnose.Attempt {
	a := diagnose.Attempt{
		Way: p.Way, Host: p.Target.Host, Addr: p.Target.Addr, EHLO: p.Target.EHLO, From: p.Target.From, To: p.To,
		Began: at, Ended: at, Stage: stage, Reading: reading, Sent: stage == diagnose.StageMessage,
	}
	if code > 0 {
		enhanced, _, _ := strings.Cut(text, " ")
		a.Reply = &diagnose.SMTPReply{Code: code, Text: safe.Untrusted(text)}
		if strings.Count(enhanced, ".") == 2 {
			a.Reply.Enhanced = enhanced
		}
		a.Lines = []diagnose.SMTPLine{{At: at, Text: safe.Untrusted(text)}}
	}
	return a
}

func answers(now *clock, stage diagnose.SMTPStage, reading diagnose.AttemptReading, code int, text string) *scripted {
	return &scripted{play: func(p diagnose.RetryPlan, line func(diagnose.SMTPLine)) diagnose.Attempt {
		a := met(p, now.now(), stage, reading, code, text)
		for _, l := range a.Lines {
			line(l)
		}
		return a
	}}
}

func queued(now *clock) *scripted {
	return answers(now, diagnose.StageMessage, diagnose.ReadQueued, 250, "2.0.0 queued as 4F2A")
}

func ledger(t testing.TB, now *clock) casefile.Ledger {
	t.Helper()
	store, err := casefile.OpenStore(filepath.Join(t.TempDir(), "cases"), casefile.Options{Clock: now.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store.Ledger()
}

// retriable gives a case in which nothing speaks against a retry, DNS asked
// just before.
func retriable(t testing.TB, name string) (*investigate.Session, *memory, *clock) {
	t.Helper()
	in := fileCase(t, name)
	in.lab = []string{labHost.String(), relayAt.String()}
	now, journal := newClock(caseTime), &memory{}
	s := investigate.Open(t.Context(), nil, investigate.Options{
		Resolver: dnstest.NewResolver(in.zones, dnstest.ResolverOptions{Name: "case", Clock: now.now}),
		Clock:    now.now, Journal: journal, Ledger: ledger(t, now), Actor: "casey", Zones: true,
	})
	t.Cleanup(func() { _ = s.Close() })
	record(t, s, in.bodies(in.report(t))...)
	start(t, s)
	idle(t, s)
	confirm(t, s, caseTime)
	propose(t, s, diagnose.SuppressionSkipped{Reason: "our own server sends"})
	now.forward(time.Minute)
	askedNow(t, s)
	return s, journal, now
}

func askedNow(t testing.TB, s *investigate.Session) {
	t.Helper()
	if err := s.Start(diagnose.RoundRetry); err != nil {
		t.Fatal(err)
	}
	idle(t, s)
}

func planned(t testing.TB, s *investigate.Session, way diagnose.RetryWay, target diagnose.RetryTarget) diagnose.RetryPlan {
	t.Helper()
	p, err := s.PlanRetry(way, target)
	if err != nil {
		t.Fatalf("%s: %v", way, err)
	}
	return p
}

func retried(t testing.TB, s *investigate.Session, tr investigate.Transport, way diagnose.RetryWay, target diagnose.RetryTarget) diagnose.RetryEnded {
	t.Helper()
	end, err := s.Retry(t.Context(), tr, planned(t, s, way, target), nil)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

func retryReading(f diagnose.Flow) string { return string(f.Step(diagnose.StepRetry).Reading) }

func TestRetry(t *testing.T) {
	s, journal, now := retriable(t, "gateway-in-front")
	plan := planned(t, s, diagnose.RetryMessage, message)
	if plan.To != "robin.hale@contoso.example" || plan.Target.From != "billing@fabrikam.example" || plan.Size < 300 || len(plan.Says) < 7 {
		t.Fatalf("%+v", plan)
	}
	tr := queued(now)
	var lines []diagnose.SMTPLine
	end, err := s.Retry(t.Context(), tr, plan, func(l diagnose.SMTPLine) { lines = append(lines, l) })
	if err != nil || end.Result != diagnose.RetryAccepted || end.Attempt == nil || len(lines) != 1 || tr.runs.Load() != 1 {
		t.Fatalf("%+v, %v, %d lines", end, err, len(lines))
	}
	var order []string
	for _, e := range journal.kept() {
		if strings.HasPrefix(e.Body.Type(), "retry") {
			order = append(order, e.Body.Type())
		}
	}
	if !slices.Equal(order, []string{"retry_intended", "retry_ended"}) {
		t.Errorf("the journal holds %q", order)
	}
	if got := retryReading(s.Flow()); got != "accepted, not seen" || !blocked(s.Flow(), diagnose.GuardRetry) {
		t.Errorf("%q, %+v", got, s.Flow().Blocks)
	}
	if _, err := s.Retry(t.Context(), tr, plan, nil); err == nil || tr.runs.Load() != 1 {
		t.Errorf("a second time: %v", err)
	}
	// A new confirmation gives a new permit, but the address has had its message today.
	now.forward(time.Hour)
	confirm(t, s, now.now())
	askedNow(t, s)
	if _, err := s.PlanRetry(diagnose.RetryMessage, message); !errors.Is(err, diagnose.ErrLocked) || !strings.Contains(err.Error(), "24 hours") {
		t.Errorf("a second message: %v", err)
	}
	planned(t, s, diagnose.RetryProbe, probe)
}

// TestRetryOutlivesItsScreen: whoever asked may be gone, and the session
// closed, when the answer comes; the outcome is on record all the same.
func TestRetryOutlivesItsScreen(t *testing.T) {
	s, journal, now := retriable(t, "gateway-in-front")
	plan := planned(t, s, diagnose.RetryMessage, message)
	ctx, cancel := context.WithCancel(t.Context())
	closed := make(chan error, 1)
	tr := queued(now)
	play := tr.play
	tr.play = func(p diagnose.RetryPlan, line func(diagnose.SMTPLine)) diagnose.Attempt {
		cancel()
		go func() { closed <- s.Close() }()
		until(t, "the session to close", func() bool {
			return errors.Is(s.Propose(t.Context(), diagnose.CacheCleared{Who: "x"}), investigate.ErrClosed)
		})
		return play(p, line)
	}
	if end, err := s.Retry(ctx, tr, plan, nil); err != nil || end.Result != diagnose.RetryAccepted {
		t.Errorf("%+v, %v", end, err)
	}
	if tr.ended.Load() {
		t.Error("the conversation was cut off")
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if got := diagnose.Fold(journal.kept()).Retries; len(got) != 1 || got[0].Ended == nil {
		t.Errorf("%+v", got)
	}
}

// TestNobodySpeaksBeforeTheServer: what a person records of an attempt that is
// still under way must not take the place of its conversation, and a bounce
// that is taken back meanwhile does not lose it.
func TestNobodySpeaksBeforeTheServer(t *testing.T) {
	s, journal, now := retriable(t, "gateway-in-front")
	plan := planned(t, s, diagnose.RetryProbe, probe)
	tr := answers(now, diagnose.StageRCPT, diagnose.ReadUnknownUser, 550, "5.1.1 no such user")
	play := tr.play
	tr.play = func(p diagnose.RetryPlan, line func(diagnose.SMTPLine)) diagnose.Attempt {
		said := diagnose.RetryEnded{Intent: s.Case().Retries[0].Seq, Result: diagnose.RetryDelivered}
		if err := s.Propose(t.Context(), said); !errors.Is(err, investigate.ErrUnderWay) {
			t.Errorf("recorded before the end: %v", err)
		}
		for _, e := range s.Case().Events() {
			if _, captured := e.Body.(diagnose.BounceCaptured); captured {
				propose(t, s, diagnose.Undone{Seq: e.Seq})
			}
		}
		return play(p, line)
	}
	if end, err := s.Retry(t.Context(), tr, plan, nil); err != nil {
		t.Fatalf("%+v, %v", end, err)
	}
	got := diagnose.Fold(journal.kept()).Retries
	if len(got) != 1 || got[0].Ended == nil || got[0].Ended.Attempt == nil || got[0].Ended.Attempt.Reading != diagnose.ReadUnknownUser {
		t.Errorf("%+v", got)
	}
}

// TestOneOfTwoAttempts: of attempts begun at the same time one is made.
func TestOneOfTwoAttempts(t *testing.T) {
	s, _, now := retriable(t, "gateway-in-front")
	plan := planned(t, s, diagnose.RetryMessage, message)
	tr := queued(now)
	var taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Retry(t.Context(), tr, plan, nil); err == nil {
				taken.Add(1)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 || tr.runs.Load() != 1 || len(s.Case().Retries) != 1 {
		t.Errorf("%d taken, %d made, %d intents", taken.Load(), tr.runs.Load(), len(s.Case().Retries))
	}
}

// TestNoAttemptUnrecorded: what cannot be saved, counted or checked is not made.
func TestNoAttemptUnrecorded(t *testing.T) {
	s, journal, now := retriable(t, "gateway-in-front")
	plan := planned(t, s, diagnose.RetryMessage, message)
	tr := queued(now)
	full := errors.New("no space")
	journal.fail(full)
	if _, err := s.Retry(t.Context(), tr, plan, nil); !errors.Is(err, full) || tr.runs.Load() != 0 {
		t.Errorf("not saved: %v", err)
	}
	journal.fail(nil)
	tr.check = errors.New("no such relay")
	if _, err := s.Retry(t.Context(), tr, plan, nil); !errors.Is(err, tr.check) || tr.runs.Load() != 0 || len(s.Case().Retries) != 0 {
		t.Errorf("not checked: %v", err)
	}
	for name, options := range map[string]investigate.Options{
		"no ledger": {Clock: now.now, Journal: &memory{}}, "no journal": {Clock: now.now, Ledger: ledger(t, now)},
	} {
		other := investigate.Open(t.Context(), journal.kept(), options)
		if _, err := other.Retry(t.Context(), tr, plan, nil); !errors.Is(err, investigate.ErrNoLedger) && !errors.Is(err, investigate.ErrNotKept) {
			t.Errorf("%s: %v", name, err)
		}
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	}
}

// taker is a ledger whose last place is gone between the plan and the act.
type taker struct{ investigate.Ledger }

func (taker) Take(diagnose.RetryWay, safe.Untrusted) (uint64, error) {
	return 0, errors.New("another program took the last place")
}

// TestPlaceTakenMeanwhile: without a place nothing is dialled, and the permit
// is left.
func TestPlaceTakenMeanwhile(t *testing.T) {
	s, journal, now := retriable(t, "gateway-in-front")
	events := journal.kept()
	copied := &memory{events: events}
	other := investigate.Open(t.Context(), events, investigate.Options{Clock: now.now, Journal: copied, Ledger: taker{ledger(t, now)}, Actor: "casey"})
	defer func() { _ = other.Close() }()
	tr := queued(now)
	end, err := other.Retry(t.Context(), tr, planned(t, s, diagnose.RetryMessage, message), nil)
	if err != nil || end.Attempt.Reading != diagnose.ReadNotTried || tr.runs.Load() != 0 {
		t.Fatalf("%+v, %v", end, err)
	}
	if blocked(other.Flow(), diagnose.GuardRetry) {
		t.Errorf("%+v", other.Flow().Blocks)
	}
}

// TestPermitRule goes through what one permit gives: each step is an attempt
// and what it met, or a time that passes.
func TestPermitRule(t *testing.T) {
	const rcpt = diagnose.StageRCPT
	yes := func(c *clock) *scripted { return answers(c, rcpt, diagnose.ReadAccepted, 250, "2.1.5 ok") }
	grey := func(c *clock) *scripted { return answers(c, rcpt, diagnose.ReadGreylisted, 451, "4.7.1 later") }
	no := func(c *clock) *scripted {
		return answers(c, rcpt, diagnose.ReadUnknownUser, 550, "5.1.1 user unknown")
	}
	down := func(c *clock) *scripted {
		return answers(c, diagnose.StageConnect, diagnose.ReadNoConnection, 0, "")
	}
	silent := func(c *clock) *scripted { return answers(c, rcpt, diagnose.ReadClosed, 0, "") }
	lost := func(c *clock) *scripted {
		return answers(c, diagnose.StageMessage, diagnose.ReadUnanswered, 0, "")
	}
	type step struct {
		way   diagnose.RetryWay // "" lets time pass
		play  func(*clock) *scripted
		after time.Duration
		no    bool // it is refused
	}
	P, M := diagnose.RetryProbe, diagnose.RetryMessage
	for name, steps := range map[string][]step{
		"yes, then the message":        {{way: P, play: yes}, {way: M, play: queued}, {way: M, no: true}, {way: P, no: true}},
		"yes, a repeat at once":        {{way: P, play: yes}, {way: P, no: true}},
		"greylisted, one repeat":       {{way: P, play: grey}, {after: 14 * time.Minute}, {way: P, no: true}, {after: 2 * time.Minute}, {way: P, play: yes}, {after: time.Hour}, {way: P, no: true}, {way: M, no: true}},
		"no connection, then message":  {{way: P, play: down}, {way: M, play: queued}, {way: M, no: true}},
		"refused":                      {{way: P, play: no}, {after: time.Hour}, {way: P, no: true}, {way: M, no: true}},
		"no answer to RCPT":            {{way: P, play: silent}, {after: time.Hour}, {way: P, no: true}, {way: M, no: true}},
		"message without an answer":    {{way: M, play: lost}, {after: 48 * time.Hour}, {way: M, no: true}, {way: P, no: true}},
		"message put off, one repeat":  {{way: M, play: grey}, {way: M, no: true}, {after: 16 * time.Minute}, {way: M, play: queued}, {way: M, no: true}},
		"message, then nothing":        {{way: M, play: queued}, {after: 48 * time.Hour}, {way: P, no: true}},
		"yes, then a message put off":  {{way: P, play: yes}, {way: M, play: grey}, {after: time.Hour}, {way: M, no: true}, {way: P, no: true}},
		"no connection, twice, enough": {{way: P, play: down}, {after: time.Hour}, {way: P, play: down}, {after: time.Hour}, {way: M, no: true}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, now := retriable(t, "gateway-in-front")
			for i, x := range steps {
				if x.way == "" {
					now.forward(x.after)
					continue
				}
				askedNow(t, s)
				target := probe
				if x.way == M {
					target = message
				}
				plan, err := s.PlanRetry(x.way, target)
				if x.no {
					if !errors.Is(err, diagnose.ErrLocked) {
						t.Fatalf("step %d, %s: %v", i, x.way, err)
					}
					continue
				}
				if err == nil {
					_, err = s.Retry(t.Context(), x.play(now), plan, nil)
				}
				if err != nil {
					t.Fatalf("step %d, %s: %v", i, x.way, err)
				}
			}
		})
	}
}

// TestPlanRefused: each reason keeps a plan from being made, or from being
// carried out.
func TestPlanRefused(t *testing.T) {
	type spoil func(t *testing.T, s *investigate.Session, now *clock, target *diagnose.RetryTarget)
	for name, c := range map[string]struct {
		way   diagnose.RetryWay
		spoil spoil
		says  string
	}{
		"DNS not asked just before": {diagnose.RetryProbe, func(_ *testing.T, s *investigate.Session, _ *clock, _ *diagnose.RetryTarget) {
			start(t, s)
			idle(t, s)
		}, "asked"},
		"DNS asked too long ago": {diagnose.RetryProbe, func(_ *testing.T, _ *investigate.Session, now *clock, _ *diagnose.RetryTarget) {
			now.forward(diagnose.RetryDNSLives + time.Second)
		}, "asked more than"},
		"another host": {diagnose.RetryProbe, func(_ *testing.T, _ *investigate.Session, _ *clock, x *diagnose.RetryTarget) {
			x.Host = "mx.attacker.example"
		}, "no MX host"},
		"another address": {diagnose.RetryProbe, func(_ *testing.T, _ *investigate.Session, _ *clock, x *diagnose.RetryTarget) {
			x.Addr = netip.MustParseAddrPort("192.0.2.99:25")
		}, "no MX host"},
		"another port": {diagnose.RetryProbe, func(_ *testing.T, _ *investigate.Session, _ *clock, x *diagnose.RetryTarget) {
			x.Addr = netip.AddrPortFrom(labHost.Addr(), 587)
		}, "port 587"},
		"no EHLO name": {diagnose.RetryProbe, func(_ *testing.T, _ *investigate.Session, _ *clock, x *diagnose.RetryTarget) { x.EHLO = "" }, "EHLO"},
		"another sender": {diagnose.RetryMessage, func(_ *testing.T, _ *investigate.Session, _ *clock, x *diagnose.RetryTarget) {
			x.From = "someone@fabrikam.example"
		}, "another envelope sender"},
		"null sender": {diagnose.RetryMessage, func(_ *testing.T, _ *investigate.Session, _ *clock, x *diagnose.RetryTarget) {
			x.NullSender = true
		}, "null sender"},
		"no token": {diagnose.RetryMessage, func(_ *testing.T, _ *investigate.Session, _ *clock, x *diagnose.RetryTarget) { x.Token = "" }, "token"},
		"relay outside the lab": {diagnose.RetryMessage, func(_ *testing.T, _ *investigate.Session, _ *clock, x *diagnose.RetryTarget) {
			x.Addr = netip.MustParseAddrPort("192.0.2.25:25")
		}, "zone text"},
		"by hand": {diagnose.RetryByHand, func(*testing.T, *investigate.Session, *clock, *diagnose.RetryTarget) {}, "makes no attempt"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, now := retriable(t, "gateway-in-front")
			target := probe
			if c.way == diagnose.RetryMessage {
				target = message
			}
			c.spoil(t, s, now, &target)
			if _, err := s.PlanRetry(c.way, target); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %v", err)
			}
		})
	}
	for name, alter := range map[string]func(*testing.T, *investigate.Session, *clock, *diagnose.RetryPlan){
		"the plan is old": func(_ *testing.T, _ *investigate.Session, now *clock, _ *diagnose.RetryPlan) {
			now.forward(diagnose.PlanLives + time.Second)
		},
		"another recipient": func(_ *testing.T, _ *investigate.Session, _ *clock, p *diagnose.RetryPlan) {
			p.To = "someone@contoso.example"
		},
		"another size": func(_ *testing.T, _ *investigate.Session, _ *clock, p *diagnose.RetryPlan) { p.Size++ },
		"a newer confirmation": func(t *testing.T, s *investigate.Session, now *clock, _ *diagnose.RetryPlan) {
			confirm(t, s, now.now())
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, now := retriable(t, "gateway-in-front")
			plan, tr := planned(t, s, diagnose.RetryMessage, message), queued(now)
			alter(t, s, now, &plan)
			if _, err := s.Retry(t.Context(), tr, plan, nil); !errors.Is(err, diagnose.ErrLocked) || tr.runs.Load() != 0 || len(s.Case().Retries) != 0 {
				t.Errorf("%v, %d made", err, tr.runs.Load())
			}
		})
	}
}

// TestUnprovedRetry: a typed reason lets a probe ask, and no message go.
func TestUnprovedRetry(t *testing.T) {
	s, _, _ := retriable(t, "reply-alone")
	if _, err := s.PlanRetry(diagnose.RetryProbe, probe); !errors.Is(err, diagnose.ErrLocked) {
		t.Errorf("a probe without a reason: %v", err)
	}
	propose(t, s, diagnose.Overridden{Guard: diagnose.GuardProof, Reason: "it stands in our log"})
	target := message
	target.From = "billing@fabrikam.example"
	if _, err := s.PlanRetry(diagnose.RetryMessage, target); !errors.Is(err, diagnose.ErrLocked) || !strings.Contains(err.Error(), "unproved") {
		t.Errorf("a message: %v", err)
	}
}
