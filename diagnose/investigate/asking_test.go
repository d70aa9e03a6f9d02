package investigate_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/investigate"
	"deadletter/dnsx"
)

// TestStopLeavesNoEvent: what is in flight when the engineer stops is
// cancelled and leaves nothing; a refresh asks it again.
func TestStopLeavesNoEvent(t *testing.T) {
	var slow *held
	s, journal, _ := session(t, "gateway-in-front", func(o *investigate.Options) {
		slow = &held{Resolver: o.Resolver, gate: make(chan struct{})}
		o.Resolver = slow
	})
	start(t, s)
	until(t, "a question in flight", func() bool { return slow.started.Load() > 0 })
	if !s.Status().Running {
		t.Error("nothing is said to run")
	}
	s.Stop()
	idle(t, s)
	for _, e := range journal.kept() {
		if a, ok := e.Body.(diagnose.DNSAnswered); ok {
			t.Errorf("a cancelled question left %+v", a)
		}
	}
	round, _ := s.Case().Round()
	if !round.Stopped || len(s.Flow().Wants) != 0 {
		t.Errorf("stopped %t, %d wanted", round.Stopped, len(s.Flow().Wants))
	}
	if why := s.Flow().Step(diagnose.StepMX).Verdict; len(why) == 0 || !strings.Contains(string(why[0]), "stopped") {
		t.Errorf("step 4 says %q", why)
	}
	s.Stop() // once more does nothing
	last := s.Case().LastSeq()
	slow.letGo()
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	idle(t, s)
	if round, _ = s.Case().Round(); round.N != 2 || round.Reason != diagnose.RoundRefresh || len(round.Answers) == 0 {
		t.Errorf("round %d for %s with %d answers", round.N, round.Reason, len(round.Answers))
	}
	if s.Case().LastSeq() == last {
		t.Error("nothing was recorded")
	}
	if st := s.Status(); st.Running || st.Asked == 0 || st.Asked != st.Answered {
		t.Errorf("status %+v", st)
	}
}

// TestRefreshWhileAsking: a new round takes over from one that is under way.
func TestRefreshWhileAsking(t *testing.T) {
	var slow *held
	s, _, _ := session(t, "gateway-in-front", func(o *investigate.Options) {
		slow = &held{Resolver: o.Resolver, gate: make(chan struct{})}
		o.Resolver = slow
	})
	for range 3 {
		before := slow.started.Load() // the first questions may be under way when Start returns
		if err := s.Start(diagnose.RoundOpen); err != nil {
			t.Fatal(err)
		}
		until(t, "a question", func() bool { return slow.started.Load() > before })
	}
	slow.letGo()
	idle(t, s)
	round, _ := s.Case().Round()
	if round.N != 3 || len(round.Answers) == 0 || len(s.Flow().Wants) != 0 {
		t.Errorf("round %d with %d answers, %d wanted", round.N, len(round.Answers), len(s.Flow().Wants))
	}
	for _, r := range s.Case().Rounds[:2] {
		if len(r.Answers) != 0 {
			t.Errorf("the cancelled round %d has %d answers", r.N, len(r.Answers))
		}
	}
}

// TestSameAnswerIsShort: a question that is asked again and answered alike is
// journalled by question and time alone, and reads back as the whole answer.
func TestSameAnswerIsShort(t *testing.T) {
	s, journal, now := session(t, "gateway-in-front", nil)
	start(t, s)
	idle(t, s)
	now.forward(time.Hour)
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	idle(t, s)
	same := 0
	for _, e := range journal.kept() {
		a, ok := e.Body.(diagnose.DNSAnswered)
		if !ok || a.Round != 2 {
			continue
		}
		if !a.Same || len(a.Answer.Records) != 0 || a.Answer.Outcome != "" {
			t.Errorf("%s in full again: %+v", a.Answer.Question, a.Answer)
		}
		same++
	}
	rounds := s.Case().Rounds
	if same == 0 || same != len(rounds[1].Answers) || len(rounds[0].Answers) != same {
		t.Fatalf("%d the same, %d and %d answers", same, len(rounds[0].Answers), len(rounds[1].Answers))
	}
	for _, a := range rounds[1].Answers {
		if !a.At.Equal(now.now()) || a.Outcome == "" {
			t.Errorf("%s reads back as %q of %s", a.Question, a.Outcome, a.At)
		}
	}
	if d := s.Flow().Step(diagnose.StepMX).State; d != diagnose.Answered {
		t.Errorf("step 4 is %s", d)
	}
}

// TestChanged: whoever waits is told of every change, and then sees it.
func TestChanged(t *testing.T) {
	s, _, _ := session(t, "gateway-in-front", nil)
	changed, before := s.Changed(), s.Case()
	propose(t, s, diagnose.CacheCleared{Who: "Dana Ito"})
	select {
	case <-changed:
	default:
		t.Fatal("nobody was told")
	}
	if len(s.Case().Cleared) != 1 || len(before.Cleared) != 0 {
		t.Error("the new case does not show it, or the old one does")
	}
}

// TestFlowAgesByItself: when time alone opens a lock, a later look sees it
// open although nothing was recorded.
func TestFlowAgesByItself(t *testing.T) {
	s, _, now := session(t, "gateway-quotes-inner", nil)
	start(t, s)
	idle(t, s)
	for _, q := range []diagnose.QuestionID{diagnose.AskExactAddress, diagnose.AskGatewaySync} {
		propose(t, s, diagnose.AnswerRecorded{Question: q, Value: diagnose.Yes, Who: "Dana Ito", Role: diagnose.RecipientAdmin, When: caseTime})
	}
	propose(t, s, diagnose.SuppressionSkipped{Reason: "our own server sends"})
	f := s.Flow()
	if permit(f) != 0 || f.Wake.IsZero() {
		t.Fatalf("offered %d, wakes %s", permit(f), f.Wake)
	}
	now.forward(f.Wake.Sub(caseTime))
	if permit(s.Flow()) == 0 {
		t.Errorf("at %s the lock is still closed: %+v", now.now(), s.Flow().Blocks)
	}
}

// TestManyReaders: snapshots can be read while answers pour in.
func TestManyReaders(t *testing.T) {
	s, _, _ := session(t, "mx-changed", nil)
	start(t, s)
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				f, c := s.Flow(), s.Case()
				if len(f.Steps) != 6 || c.LastSeq() == 0 {
					t.Error("a half-made snapshot")
				}
				select {
				case <-s.Changed():
				case <-time.After(time.Millisecond):
				case <-ctx.Done():
				}
			}
		})
	}
	idle(t, s)
	propose(t, s, diagnose.CacheCleared{Who: "Dana Ito"})
	cancel()
	wg.Wait()
}

// TestResumeReplays: the journal's events give the same case and the same flow.
func TestResumeReplays(t *testing.T) {
	s, journal, now := session(t, "mx-changed", nil)
	start(t, s)
	idle(t, s)
	confirm(t, s, caseTime)
	want := said(s.Flow(), nil)
	again := investigate.Open(t.Context(), journal.kept(), investigate.Options{Resolver: dnsx.OfflineResolver{Clock: now.now}, Clock: now.now, ReadOnly: "to look at"})
	defer again.Close()
	if got := said(again.Flow(), nil); got != want {
		t.Errorf("replayed it says\n%s\nand said\n%s", got, want)
	}
}

// inTurn answers one question at a time, each when it is let go, and notes the order.
type inTurn struct {
	dnsx.Resolver
	next  chan struct{}
	mu    sync.Mutex
	order []dnsx.Question
}

func (r *inTurn) Resolve(ctx context.Context, q dnsx.Question) dnsx.Answer {
	r.mu.Lock()
	r.order = append(r.order, q)
	r.mu.Unlock()
	select {
	case <-r.next:
	case <-ctx.Done():
	}
	return r.Resolver.Resolve(ctx, q)
}

// TestInViewGoesFirst moves from one panel to another while questions wait:
// those of the panel in view overtake, and the same are asked in the end.
func TestInViewGoesFirst(t *testing.T) {
	ask := func(moves map[int]diagnose.Step) []dnsx.Question {
		r := &inTurn{next: make(chan struct{})}
		s, _, _ := session(t, "gateway-in-front", func(o *investigate.Options) {
			r.Resolver, o.Resolver, o.Parallel = o.Resolver, r, 1
		})
		s.Look(moves[0])
		start(t, s)
		for n := 1; s.Status().Running; n++ {
			until(t, "the next question", func() bool {
				r.mu.Lock()
				defer r.mu.Unlock()
				return len(r.order) >= n || !s.Status().Running
			})
			if to, ok := moves[n]; ok {
				s.Look(to)
			}
			select {
			case r.next <- struct{}{}:
			case <-time.After(10 * time.Second):
				t.Fatal("nobody waits")
			case <-ended(s):
			}
		}
		return r.order
	}
	at := func(list []dnsx.Question, kind dnsx.Type, name string) int {
		return slices.IndexFunc(list, func(q dnsx.Question) bool {
			return q.Type == kind && strings.HasPrefix(q.Name, name) && !q.Server.IsValid()
		})
	}
	plain := ask(nil)
	mx := ask(map[int]diagnose.Step{0: diagnose.StepMX})
	if len(plain) != len(mx) {
		t.Errorf("%d questions, with a panel in view %d", len(plain), len(mx))
	}
	if soa, dmarc := at(mx, dnsx.TypeSOA, ""), at(mx, dnsx.TypeTXT, "_dmarc."); soa < 0 || dmarc < soa {
		t.Errorf("with the MX in view SOA is question %d and DMARC %d", soa, dmarc)
	}
	const moved = 3
	auth := ask(map[int]diagnose.Step{0: diagnose.StepMX, moved: "side"})
	if dmarc := at(auth, dnsx.TypeTXT, "_dmarc."); dmarc < moved || dmarc > moved+6 {
		t.Errorf("DMARC is question %d, though its panel is in view from %d on", dmarc, moved)
	}
	if dmarc, soa := at(auth, dnsx.TypeTXT, "_dmarc."), at(auth, dnsx.TypeSOA, ""); soa < dmarc {
		t.Errorf("SOA is question %d, before DMARC, %d", soa, dmarc)
	}
}

// ended is closed when nothing runs any more.
func ended(s *investigate.Session) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Idle(context.Background())
	}()
	return done
}
