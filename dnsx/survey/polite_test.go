package survey_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// TestPoliteOverAll asks from many sides at once: the bounds hold over all of
// them together, and the rate too.
func TestPoliteOverAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slow{delay: always20}
		p := survey.NewPolite(r, survey.Limits{Resolver: 10, Server: 3, ResolverRate: 100, ServerRate: 10})
		start := time.Now()
		var wg sync.WaitGroup
		ask := func(n int, server netip.Addr) {
			for _, q := range many(n, server) {
				wg.Go(func() { p.Resolve(t.Context(), q) })
			}
		}
		ask(60, netip.Addr{})
		ask(9, addr("192.0.2.53"))
		ask(3, addr("198.51.100.53"))
		wg.Wait()
		if r.busiest > 3 || r.most > 16 {
			t.Errorf("%d in flight at one server, %d in all", r.busiest, r.most)
		}
		// A burst, then ten a second: the ninth question to a server of three starts after 0.6 s.
		if d := time.Since(start); d < 500*time.Millisecond || d > 800*time.Millisecond {
			t.Errorf("took %s", d)
		}
	})
}

// TestPoliteLetsOneSurveyThrough holds that a whole survey waits for nothing.
func TestPoliteLetsOneSurveyThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := survey.NewPolite(&slow{delay: always20}, survey.Limits{})
		start := time.Now()
		var wg sync.WaitGroup
		for _, q := range append(many(survey.MaxOfDomain, netip.Addr{}), many(2, addr("192.0.2.53"))...) {
			wg.Go(func() { p.Resolve(t.Context(), q) })
		}
		wg.Wait()
		if d := time.Since(start); d != 20*time.Millisecond {
			t.Errorf("took %s", d)
		}
	})
}

func TestPoliteCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slow{delay: func(dnsx.Question) time.Duration { return time.Hour }}
		p := survey.NewPolite(r, survey.Limits{Resolver: 1})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for _, q := range many(5, netip.Addr{}) {
			wg.Go(func() {
				if a := p.Resolve(ctx, q); a.Outcome != dnsx.Timeout || a.Err == "" || a.Question != q {
					t.Errorf("%+v", a)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		if len(r.asked) != 1 {
			t.Errorf("%d were asked", len(r.asked))
		}
	})
}

type closing struct {
	dnsx.Resolver
	closed int
}

func (c *closing) Close() error { c.closed++; return nil }

// TestPoliteCloses holds that connections of the resolver behind end with it.
func TestPoliteCloses(t *testing.T) {
	c := &closing{Resolver: always{dnsx.NoData}}
	if err := survey.NewPolite(c, survey.Limits{}).Close(); err != nil || c.closed != 1 {
		t.Errorf("closed %d times, %v", c.closed, err)
	}
	if err := survey.NewPolite(always{dnsx.NoData}, survey.Limits{}).Close(); err != nil {
		t.Error(err)
	}
}
