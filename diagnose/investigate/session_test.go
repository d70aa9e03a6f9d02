package investigate_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"deadletter/diagnose"
	"deadletter/diagnose/casetest"
	"deadletter/diagnose/investigate"
	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childVar); role != "" {
		os.Exit(beChild(role, os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

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
	files, err := casetest.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if casetest.Name(file) != name {
			continue
		}
		in, err := readSetting(name, casetest.Parse(readFile(t, file)))
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	t.Fatalf("there is no case %q", name)
	return setting{}
}

// clock is a time that a test moves.
type clock struct{ at atomic.Int64 }

func newClock(t time.Time) *clock {
	c := &clock{}
	c.at.Store(t.UnixNano())
	return c
}

func (c *clock) now() time.Time { return time.Unix(0, c.at.Load()).UTC() }

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
