package survey_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// slow answers after a time, and counts what is in flight.
type slow struct {
	delay func(dnsx.Question) time.Duration

	mu        sync.Mutex
	inAir     int
	most      int
	perServer map[netip.Addr]int
	busiest   int
	asked     map[dnsx.Question]int
}

func (s *slow) Name() string { return "slow" }

func (s *slow) Resolve(ctx context.Context, q dnsx.Question) dnsx.Answer {
	s.mu.Lock()
	s.inAir++
	s.most = max(s.most, s.inAir)
	if s.perServer == nil {
		s.perServer, s.asked = map[netip.Addr]int{}, map[dnsx.Question]int{}
	}
	s.asked[q]++
	s.perServer[q.Server]++
	if q.Server.IsValid() {
		s.busiest = max(s.busiest, s.perServer[q.Server])
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.inAir--
		s.perServer[q.Server]--
		s.mu.Unlock()
	}()
	select {
	case <-time.After(s.delay(q)):
		return dnsx.Answer{Question: q, Outcome: dnsx.NoData, At: time.Now()}
	case <-ctx.Done():
		return dnsx.Answer{Question: q, Outcome: dnsx.Timeout, Err: ctx.Err().Error()}
	}
}

func many(n int, server netip.Addr) (out []dnsx.Question) {
	for i := range n {
		out = append(out, dnsx.Question{Name: label(i) + ".example.com", Type: dnsx.TypeA, Server: server})
	}
	return out
}

func always20(dnsx.Question) time.Duration { return 20 * time.Millisecond }

func TestRunIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slow{delay: always20}
		var stats survey.Stats
		got := 0
		wanted := append(many(40, netip.Addr{}), many(10, addr("192.0.2.53"))...)
		start := time.Now()
		err := survey.Asking{Resolver: r, Parallel: 8, PerServer: 3, Stats: &stats}.Run(t.Context(),
			func() []dnsx.Question { return wanted }, // wanted for ever: still started once
			func(dnsx.Answer) { got++ })
		if err != nil || got != 50 {
			t.Fatalf("%d answers, %v", got, err)
		}
		if r.most != 8 || r.busiest > 3 || stats.MaxInAir != 8 || stats.Asked != 50 || stats.Answered != 50 || stats.Rounds != 1 {
			t.Errorf("most %d, busiest server %d, %+v", r.most, r.busiest, stats)
		}
		for q, n := range r.asked {
			if n != 1 {
				t.Errorf("%s asked %d times", q, n)
			}
		}
		if d := time.Since(start); d > 200*time.Millisecond {
			t.Errorf("took %s", d)
		}
	})
}

func TestRunStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slow{delay: func(q dnsx.Question) time.Duration {
			if q.Name == "aaa.example.com" {
				return 5 * time.Second
			}
			return 20 * time.Millisecond
		}}
		start := time.Now()
		var at []time.Duration
		next := dnsx.Question{Name: "next.example.com", Type: dnsx.TypeA}
		wanted := many(3, netip.Addr{})
		var stats survey.Stats
		err := survey.Asking{Resolver: r, Stats: &stats}.Run(t.Context(),
			func() []dnsx.Question { return wanted },
			func(a dnsx.Answer) {
				at = append(at, time.Since(start))
				if a.Question.Name == "aab.example.com" {
					wanted = append(wanted, next)
				}
			})
		if err != nil || len(at) != 4 || at[0] != 20*time.Millisecond || at[2] != 40*time.Millisecond || at[3] != 5*time.Second {
			t.Errorf("answers at %v, %v", at, err)
		}
		if stats.Rounds != 2 {
			t.Errorf("%+v", stats)
		}
	})
}

func TestCancelLeavesNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r := &slow{delay: func(q dnsx.Question) time.Duration {
			if q.Name == "aaa.example.com" {
				return time.Millisecond
			}
			return time.Hour
		}}
		var got []dnsx.Answer
		var stats survey.Stats
		err := survey.Asking{Resolver: r, Parallel: 5, Stats: &stats}.Run(ctx,
			func() []dnsx.Question { return many(20, netip.Addr{}) },
			func(a dnsx.Answer) { got = append(got, a); cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if len(got) != 1 || got[0].Outcome != dnsx.NoData {
			t.Errorf("answers %+v", got)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.inAir != 0 || stats.Asked != 5 {
			t.Errorf("%d still in flight, %+v", r.inAir, stats)
		}
	})
}

// TestCancelDropsWhatIsReady cancels while a second answer waits to be handed over.
func TestCancelDropsWhatIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		got := 0
		err := survey.Asking{Resolver: always{dnsx.NoData}}.Run(ctx,
			func() []dnsx.Question { return many(5, netip.Addr{}) },
			func(dnsx.Answer) {
				got++
				synctest.Wait() // the other workers have handed over
				cancel()
			})
		if got != 1 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d answers, %v", got, err)
		}
	})
}

func TestDoneContextAsksNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := survey.Asking{Resolver: always{dnsx.NoData}}.Run(ctx,
		func() []dnsx.Question { t.Error("wanted was called"); return nil },
		func(dnsx.Answer) { t.Error("answered was called") })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestNothingWanted(t *testing.T) {
	if err := (survey.Asking{}).Run(t.Context(), func() []dnsx.Question { return nil }, nil); err != nil {
		t.Error(err)
	}
}

// TestRunLeavesNothingBehindAPanic holds that workers end even when a caller's
// function panics; goleak looks after the tests.
func TestRunLeavesNothingBehindAPanic(t *testing.T) {
	r := &slow{delay: func(q dnsx.Question) time.Duration {
		if q.Name == "aaa.example.com" {
			return time.Millisecond
		}
		return time.Hour
	}}
	func() {
		defer func() { _ = recover() }()
		_ = survey.Asking{Resolver: r}.Run(t.Context(), func() []dnsx.Question { return many(5, netip.Addr{}) },
			func(dnsx.Answer) { panic("stop") })
	}()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inAir != 0 {
		t.Errorf("%d still in flight", r.inAir)
	}
}
