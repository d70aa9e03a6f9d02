package investigate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"deadletter/diagnose"
	"deadletter/diagnose/investigate"
	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a journal in memory that can be made to fail.
type memory struct {
	mu     sync.Mutex
	events []diagnose.Event
	broken error // given by Append while set
	closed int
}

func (m *memory) Append(events ...diagnose.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	for _, e := range events {
		if want := uint64(len(m.events)) + 1; e.Seq != want {
			return fmt.Errorf("event %d where %d is due", e.Seq, want)
		}
		m.events = append(m.events, e)
	}
	return nil
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed++
	return m.broken
}

func (m *memory) Path() string { return "memory" }

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

func (m *memory) kept() []diagnose.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

// held is a resolver that answers no question before it is let go, and counts
// what reached it.
type held struct {
	dnsx.Resolver
	gate    chan struct{}
	started atomic.Int32
}

func (h *held) Resolve(ctx context.Context, q dnsx.Question) dnsx.Answer {
	h.started.Add(1)
	select {
	case <-h.gate:
		return h.Resolver.Resolve(ctx, q)
	case <-ctx.Done():
		return dnsx.Answer{Question: q, Outcome: dnsx.Timeout, Err: ctx.Err().Error(), At: caseTime}
	}
}

func (h *held) letGo() { close(h.gate) }

func fileCase(t testing.TB, name string) setting {
	t.Helper()
	in, err := readCase(parseArchive(readFile(t, casesDir+"/"+name+".txtar")))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// clock is a time that a test moves.
type clock struct{ at atomic.Int64 }

func newClock(t time.Time) *clock {
	c := &clock{}
	c.at.Store(t.UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) forward(d time.Duration) { c.at.Add(int64(d)) }

// session opens one case file's case with a journal in memory.
func session(t testing.TB, name string, edit func(*investigate.Options)) (*investigate.Session, *memory, *clock) {
	t.Helper()
	in := fileCase(t, name)
	now, journal := newClock(caseTime), &memory{}
	opts := investigate.Options{
		Resolver: dnstest.NewResolver(in.zones, dnstest.ResolverOptions{Name: "case", Clock: now.now}),
		Clock:    now.now, Journal: journal, Actor: "casey", Zones: true,
	}
	if edit != nil {
		edit(&opts)
	}
	s := investigate.Open(t.Context(), nil, opts)
	t.Cleanup(func() { _ = s.Close() })
	if opts.ReadOnly == "" {
		record(t, s, in.bodies(in.report(t))...)
	}
	return s, journal, now
}

// until waits for a state that other goroutines bring about.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

// confirm records all that opens both locks but the suppression.
func confirm(t testing.TB, s *investigate.Session, at time.Time) {
	t.Helper()
	for _, q := range []diagnose.QuestionID{diagnose.AskExactAddress, diagnose.AskGatewaySync} {
		propose(t, s, diagnose.AnswerRecorded{Question: q, Value: diagnose.Yes, Who: "Dana Ito", Role: diagnose.RecipientAdmin, When: at})
	}
	propose(t, s, diagnose.CacheCleared{Who: "Dana Ito"})
}

func propose(t testing.TB, s *investigate.Session, body diagnose.Body) {
	t.Helper()
	if err := s.Propose(t.Context(), body); err != nil {
		t.Fatalf("%s: %v", body.Type(), err)
	}
}

func permit(f diagnose.Flow) uint64 {
	for _, o := range f.Offers {
		if o.Kind == diagnose.OfferRetry {
			return o.Seq
		}
	}
	return 0
}

// TestOneOfTwoRetries: of retries proposed at the same time exactly one is
// taken; the others see the spent permit.
func TestOneOfTwoRetries(t *testing.T) {
	s, journal, _ := session(t, "gateway-in-front", nil)
	start(t, s)
	idle(t, s)
	confirm(t, s, caseTime)
	propose(t, s, diagnose.SuppressionSkipped{Reason: "our own server sends"})
	seq := permit(s.Flow())
	if seq == 0 {
		t.Fatalf("no retry is offered: %+v", s.Flow().Blocks)
	}
	var taken, refused atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			switch err := s.Propose(t.Context(), diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: seq, Plan: fmt.Sprint(i)}); {
			case err == nil:
				taken.Add(1)
			case errors.Is(err, diagnose.ErrLocked) && strings.Contains(err.Error(), "new confirmation"):
				refused.Add(1)
			default:
				t.Errorf("refused by %v", err)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 1 || refused.Load() != 7 || len(s.Case().Retries) != 1 {
		t.Errorf("%d taken, %d refused, %d in the case", taken.Load(), refused.Load(), len(s.Case().Retries))
	}
	kept := 0
	for _, e := range journal.kept() {
		if _, ok := e.Body.(diagnose.RetryIntended); ok {
			kept++
		}
	}
	if kept != 1 {
		t.Errorf("%d retries in the journal", kept)
	}
}

func start(t testing.TB, s *investigate.Session) {
	t.Helper()
	if err := s.Start(diagnose.RoundOpen); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenJournal: while the case file cannot be written, decisions are
// refused and leave no trace, DNS still fills the panels, and the status names
// the problem until a write succeeds.
func TestBrokenJournal(t *testing.T) {
	s, journal, _ := session(t, "gateway-in-front", nil)
	full := errors.New("no space left")
	journal.fail(full)
	before := s.Case().LastSeq()
	err := s.Propose(t.Context(), diagnose.CacheCleared{Who: "Dana Ito"})
	if !errors.Is(err, investigate.ErrNotSaved) || !errors.Is(err, full) {
		t.Errorf("a decision that is not on disk: %v", err)
	}
	if s.Case().LastSeq() != before || len(s.Case().Cleared) != 0 || !errors.Is(s.Status().Problem, full) {
		t.Errorf("it left a trace, or no problem is named: %+v", s.Status())
	}
	start(t, s)
	idle(t, s)
	if f := s.Flow(); f.Rejector.Kind != diagnose.Gateway || f.Rejector.Confidence != diagnose.High {
		t.Errorf("DNS was of no use: %+v", f.Rejector)
	}
	if !errors.Is(s.Status().Problem, full) {
		t.Error("the problem is forgotten")
	}
	journal.fail(nil)
	propose(t, s, diagnose.CacheCleared{Who: "Dana Ito"})
	if p := s.Status().Problem; p != nil {
		t.Errorf("saved, and the problem is still %v", p)
	}
	// What is on disk gives the whole case again, without a gap.
	if got := diagnose.Fold(journal.kept()); len(got.Cleared) != 1 || got.LastSeq() != s.Case().LastSeq() || len(got.Rounds[0].Answers) != len(s.Case().Rounds[0].Answers) {
		t.Errorf("the journal gives %d events of %d", got.LastSeq(), s.Case().LastSeq())
	}
}

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
		if err := s.Start(diagnose.RoundOpen); err != nil {
			t.Fatal(err)
		}
		before := slow.started.Load()
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

// TestReadOnly: a case that may not be changed asks and records nothing, and
// says why.
func TestReadOnly(t *testing.T) {
	s, journal, _ := session(t, "gateway-in-front", func(o *investigate.Options) { o.ReadOnly = "another process writes it" })
	for what, err := range map[string]error{
		"propose": s.Propose(t.Context(), diagnose.CacheCleared{Who: "x"}),
		"record":  s.Record(t.Context(), diagnose.CaseOpened{ID: "x"}),
		"start":   s.Start(diagnose.RoundOpen),
		"refresh": s.Refresh(t.Context()),
	} {
		if !errors.Is(err, investigate.ErrReadOnly) || !strings.Contains(err.Error(), "another process") {
			t.Errorf("%s: %v", what, err)
		}
	}
	s.Stop()
	if len(journal.kept()) != 0 || s.Case().LastSeq() != 0 {
		t.Error("something was recorded")
	}
}

// TestLaterVersionIsReadOnly: nothing is added to a case of which a later
// version wrote a part, DNS rounds neither.
func TestLaterVersionIsReadOnly(t *testing.T) {
	journal := &memory{}
	in := fileCase(t, "gateway-in-front")
	s := investigate.Open(t.Context(), []diagnose.Event{{Seq: 1, At: caseTime, Body: diagnose.Unknown{Tag: "later_thing", Version: 7}}}, investigate.Options{
		Resolver: dnstest.NewResolver(in.zones, dnstest.ResolverOptions{}), Clock: newClock(caseTime).now, Journal: journal,
	})
	defer s.Close()
	if err := s.Start(diagnose.RoundResume); !errors.Is(err, diagnose.ErrReadOnly) {
		t.Errorf("start: %v", err)
	}
	if err := s.Propose(t.Context(), diagnose.CacheCleared{Who: "x"}); !errors.Is(err, diagnose.ErrReadOnly) {
		t.Errorf("propose: %v", err)
	}
	if len(journal.kept()) != 0 {
		t.Error("something was written")
	}
}

// TestClose: closing cancels what is in flight, is done once, and nothing is
// accepted after it.
func TestClose(t *testing.T) {
	var slow *held
	s, journal, _ := session(t, "gateway-in-front", func(o *investigate.Options) {
		slow = &held{Resolver: o.Resolver, gate: make(chan struct{})}
		o.Resolver = slow
	})
	start(t, s)
	until(t, "a question in flight", func() bool { return slow.started.Load() > 0 })
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if journal.closed != 1 {
		t.Errorf("the journal was closed %d times", journal.closed)
	}
	idle(t, s)
	for what, err := range map[string]error{
		"propose": s.Propose(t.Context(), diagnose.CacheCleared{Who: "x"}), "start": s.Start(diagnose.RoundRefresh),
	} {
		if !errors.Is(err, investigate.ErrClosed) {
			t.Errorf("%s after the end: %v", what, err)
		}
	}
	s.Stop()
	if s.Case() == nil || len(s.Flow().Steps) != 6 {
		t.Error("a closed session cannot be read")
	}
}

// TestCloseTellsOfTheJournal: an error that only closing shows is told.
func TestCloseTellsOfTheJournal(t *testing.T) {
	s, journal, _ := session(t, "gateway-in-front", nil)
	journal.fail(errors.New("input/output error"))
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "input/output error") {
		t.Errorf("closed with %v", err)
	}
}

// TestContextEndsSession: the session ends with its context; a request with a
// done context of its own changes nothing.
func TestContextEndsSession(t *testing.T) {
	in := fileCase(t, "gateway-in-front")
	ctx, cancel := context.WithCancel(t.Context())
	slow := &held{Resolver: dnstest.NewResolver(in.zones, dnstest.ResolverOptions{}), gate: make(chan struct{})}
	s := investigate.Open(ctx, nil, investigate.Options{Resolver: slow, Clock: newClock(caseTime).now, Actor: "casey"})
	record(t, s, in.bodies(in.report(t))...)
	start(t, s)
	until(t, "a question in flight", func() bool { return slow.started.Load() > 0 })
	gone, done := context.WithCancel(t.Context())
	done()
	if err := s.Propose(gone, diagnose.CacheCleared{Who: "x"}); !errors.Is(err, context.Canceled) || len(s.Case().Cleared) != 0 {
		t.Errorf("a request that was given up: %v", err)
	}
	if err := s.Idle(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with a done context: %v", err)
	}
	cancel()
	idle(t, s)
	if err := s.Propose(t.Context(), diagnose.CacheCleared{Who: "x"}); !errors.Is(err, investigate.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if err := s.Close(); err != nil || s.Path() != "" {
		t.Errorf("%v, path %q", err, s.Path())
	}
}

// TestWhoDidIt: what the person at the keys decided bears that name, what the
// program brings bears the program's; numbers have no gaps, times no clock of
// the machine.
func TestWhoDidIt(t *testing.T) {
	s, journal, _ := session(t, "gateway-in-front", nil)
	start(t, s)
	idle(t, s)
	propose(t, s, diagnose.CacheCleared{Who: "Dana Ito"})
	for i, e := range journal.kept() {
		want := diagnose.Program
		if _, ok := e.Body.(diagnose.CacheCleared); ok {
			want = "casey"
		}
		if e.By != want || e.Seq != uint64(i+1) || e.At != e.At.Round(0) || !e.At.Equal(caseTime) {
			t.Errorf("event %d: %d by %q at %s", i, e.Seq, e.By, e.At)
		}
	}
	if len(journal.kept()) != len(s.Case().Events()) {
		t.Errorf("%d in the journal, %d in the case", len(journal.kept()), len(s.Case().Events()))
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
