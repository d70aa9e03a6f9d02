package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/dnstest"
)

// clockwork is a clock whose sleeps take no time, and that can jump as that of a
// computer does which was shut.
type clockwork struct {
	at    time.Time
	slept []time.Duration
	then  func(n int) // called after each sleep
}

func (c *clockwork) now() time.Time { return c.at }

func (c *clockwork) sleep(ctx context.Context, d time.Duration) error {
	c.at = c.at.Add(d)
	if c.slept = append(c.slept, d); c.then != nil {
		c.then(len(c.slept))
	}
	return ctx.Err()
}

// shelf is a folder of cases made of events.
type shelf struct {
	t        *testing.T
	clock    *clockwork
	log      []diagnose.Event
	version  int
	asked    []time.Time
	answer   func() string // zone text for the next round
	readOnly safe.Text
	err      error
}

func (s *shelf) add(bodies ...diagnose.Body) {
	for _, b := range bodies {
		s.log = append(s.log, diagnose.Event{Seq: uint64(len(s.log) + 1), At: s.clock.at, By: "mara", Body: b})
	}
	s.version++
}

func (s *shelf) read(string) (*diagnose.Case, error) { return diagnose.Fold(s.log), s.err }
func (s *shelf) stamp(string) string                 { return fmt.Sprint(s.version) }

func (s *shelf) ask(ctx context.Context, _ string) (*diagnose.Case, safe.Text, error) {
	s.asked = append(s.asked, s.clock.at)
	c := s.round(s.answer())
	if s.readOnly == "" {
		s.log = c.Events()
		s.version++
	}
	return c, s.readOnly, ctx.Err()
}

// round asks everything about the case of a zone text.
func (s *shelf) round(text string) *diagnose.Case {
	s.t.Helper()
	zones, err := dnstest.ParseZones(strings.NewReader(text), "zones")
	if err != nil {
		s.t.Fatal(err)
	}
	session := investigate.Open(context.Background(), s.log, investigate.Options{Resolver: dnstest.NewResolver(zones, dnstest.ResolverOptions{Clock: s.clock.now}), Clock: s.clock.now, Zones: true})
	defer session.Close()
	if err := errors.Join(session.Start(diagnose.RoundRefresh), session.Idle(context.Background())); err != nil {
		s.t.Fatal(err)
	}
	return session.Case()
}

// first is round, recorded.
func (s *shelf) first(text string) {
	s.t.Helper()
	s.log = s.round(text).Events()
	s.version++
}

// views gives zone text in which the resolver and the name server name hosts.
func views(resolver, server string, ttl int, more ...string) string {
	return fmt.Sprintf(`$TTL 3600
contoso.example. IN SOA ns1.contoso.example. hostmaster.contoso.example. 2026112301 7200 3600 1209600 900
contoso.example. IN NS ns1.contoso.example.
ns1.contoso.example. IN A 198.51.100.53
contoso.example. IN MX 10 %s.
mx.old.contoso.example. IN A 192.0.2.10
mx.new.contoso.example. IN A 192.0.2.20
;@ view resolver
contoso.example. %d IN MX 10 %s.
%s
`, server, ttl, resolver, strings.Join(more, "\n"))
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	clock := &clockwork{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	s := &shelf{t: t, clock: clock}
	report := bounce.Read([]byte("550 5.1.1 <robin.hale@contoso.example>: Recipient address rejected: User unknown\n"), bounce.Options{Now: clock.at}).Reports[0]
	s.add(diagnose.CaseOpened{ID: "c", Recipient: "robin.hale@contoso.example"}, diagnose.BounceCaptured{Raw: []byte("x"), Report: report})
	return s
}

// watch runs a watch over a shelf and gives what it told.
func (s *shelf) watch(ctx context.Context, edit func(*watcher)) (told string, err error) {
	var b strings.Builder
	w := &watcher{now: s.clock.now, sleep: s.clock.sleep, jitter: func(time.Duration) time.Duration { return time.Second }, cases: s, tell: func(n news) error {
		fmt.Fprintf(&b, "%s %s %s", n.At.Format("15:04:05"), n.Event, n.What)
		if !n.Until.IsZero() {
			fmt.Fprintf(&b, " %s", n.Until.UTC().Format("15:04:05"))
		}
		b.WriteString("\n")
		return nil
	}}
	if edit != nil {
		edit(w)
	}
	err = w.run(ctx, []string{"c"})
	return b.String(), err
}

func code(err error) int {
	var exit *exitError
	if errors.As(err, &exit) {
		return exit.code
	}
	return 0
}

const (
	oldMX = "mx.old.contoso.example"
	newMX = "mx.new.contoso.example"
)

// TestWatchMX: it sleeps as long as the old answer lives, asks again then, and
// not before; an answer that does not come never says that the old one is gone.
func TestWatchMX(t *testing.T) {
	s := newShelf(t)
	s.first(views(oldMX, newMX, 1800))
	n := 0
	s.answer = func() string {
		n++
		switch n {
		case 1: // the resolver does not answer
			return views(newMX, newMX, 3600, ";@ outcome timeout contoso.example. MX")
		case 2: // the name servers do not
			return views(newMX, newMX, 1800, ";@ view 198.51.100.53", ";@ outcome timeout contoso.example. MX")
		case 3: // somewhere it is still the old one
			return views(oldMX, newMX, 600)
		}
		return views(newMX, newMX, 3600)
	}
	told, err := s.watch(t.Context(), nil)
	t.Logf("%s", told)
	if err != nil || len(s.asked) != 4 || !strings.HasSuffix(told, "there mx\n") || strings.Count(told, "unsure mx") != 2 {
		t.Errorf("%v, asked %v", err, s.asked)
	}
	if first := s.asked[0].Sub(s.log[0].At); first < 30*time.Minute || first > 31*time.Minute {
		t.Errorf("the first question came after %s", first)
	}
	for i := 1; i < len(s.asked); i++ {
		if s.asked[i].Sub(s.asked[i-1]) < watchAgain {
			t.Errorf("it asks at %v", s.asked)
		}
	}
	for _, d := range s.clock.slept {
		if d <= 0 || d > watchSlice {
			t.Errorf("it sleeps %s", d)
		}
	}
}

// TestWatchSleepingComputer: the instant passes while the computer sleeps; the
// next slice sees it by the wall clock.
func TestWatchSleepingComputer(t *testing.T) {
	s := newShelf(t)
	s.first(views(oldMX, newMX, 7200))
	s.answer = func() string { return views(newMX, newMX, 3600) }
	s.clock.then = func(n int) {
		if n == 3 {
			s.clock.at = s.clock.at.Add(8 * time.Hour)
		}
	}
	if told, err := s.watch(t.Context(), nil); err != nil || len(s.clock.slept) != 3 || len(s.asked) != 1 {
		t.Errorf("%v after %d sleeps: %s", err, len(s.clock.slept), told)
	}
}

// TestWatchWhileHeld: another program has the case open. What is asked is not
// recorded, and not asked again for that.
func TestWatchWhileHeld(t *testing.T) {
	s := newShelf(t)
	s.first(views(oldMX, newMX, 1800))
	events := len(s.log)
	s.readOnly, s.answer = "held by mara", func() string { return views(newMX, newMX, 3600) }
	told, err := s.watch(t.Context(), nil)
	if err != nil || len(s.asked) != 1 || len(s.log) != events || strings.Count(told, "asks") != 2 {
		t.Errorf("%v, asked %d times, %d events: %s", err, len(s.asked), len(s.log)-events, told)
	}
}

// TestWatchWhileWrittenTo: another program has the case open and writes to it
// all the time. DNS is asked no more often for that.
func TestWatchWhileWrittenTo(t *testing.T) {
	s := newShelf(t)
	s.first(views(oldMX, newMX, 60))
	s.readOnly, s.answer = "held by mara", func() string { return views(oldMX, newMX, 60) }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.clock.then = func(n int) {
		s.add(diagnose.AskedPerson{Who: safe.Untrusted(fmt.Sprintf("Dana %d", n))})
		if n == 80 {
			cancel()
		}
	}
	told, _ := s.watch(ctx, nil)
	if len(s.asked) < 3 {
		t.Fatalf("asked %d times: %s", len(s.asked), told)
	}
	for i, at := range s.asked[1:] {
		if gap := at.Sub(s.asked[i]); gap < watchAgain {
			t.Errorf("asked again after %s", gap)
		}
	}
}

// TestWatchEnds: a limit, a person who leaves, a person who answers in another
// window, nothing to wait for.
func TestWatchEnds(t *testing.T) {
	waiting := func() *shelf {
		s := newShelf(t)
		s.first(views(oldMX, newMX, 7200))
		s.answer = func() string { return views(oldMX, newMX, 7200) }
		return s
	}
	t.Run("limit", func(t *testing.T) {
		s := waiting()
		told, err := s.watch(t.Context(), func(w *watcher) { w.limit = s.clock.at.Add(time.Hour) })
		if code(err) != exitUndetermined || !strings.Contains(told, "limit mx") || s.clock.at.Sub(s.log[0].At) != time.Hour || len(s.asked) != 0 {
			t.Errorf("%v: %s", err, told)
		}
	})
	t.Run("left", func(t *testing.T) {
		s := waiting()
		ctx, cancel := context.WithCancel(t.Context())
		s.clock.then = func(int) { cancel() }
		if told, err := s.watch(ctx, nil); code(err) != exitUndetermined || !strings.Contains(err.Error(), "was left") {
			t.Errorf("%v: %s", err, told)
		}
	})
	t.Run("changed elsewhere", func(t *testing.T) {
		s := waiting()
		s.clock.then = func(n int) {
			if n == 2 {
				s.add(diagnose.CaseClosed{Outcome: diagnose.Stopped})
			}
		}
		if told, err := s.watch(t.Context(), nil); err != nil || len(s.clock.slept) != 2 || !strings.Contains(told, "there mx") {
			t.Errorf("%v: %s", err, told)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		s := newShelf(t)
		s.first(views(newMX, newMX, 3600))
		if told, err := s.watch(t.Context(), nil); err != nil || told != "09:00:00 nothing \n" {
			t.Errorf("%v: %q", err, told)
		}
	})
	t.Run("a person", func(t *testing.T) {
		s := newShelf(t)
		s.first(views(newMX, newMX, 3600))
		s.add(diagnose.QuestionsCopied{Step: diagnose.StepRecipient, Text: "x"})
		told, err := s.watch(t.Context(), nil)
		if code(err) != exitUndetermined || !strings.Contains(told, "person answer") {
			t.Errorf("%v: %q", err, told)
		}
	})
	t.Run("offline", func(t *testing.T) {
		if _, err := waiting().watch(t.Context(), func(w *watcher) { w.offline = true }); code(err) != exitNoNetwork {
			t.Errorf("%v", err)
		}
	})
	t.Run("unreadable", func(t *testing.T) {
		s := waiting()
		s.err = errors.New("no")
		if _, err := s.watch(t.Context(), nil); code(err) != exitUnreadable {
			t.Errorf("%v", err)
		}
	})
}

func TestLimitOf(t *testing.T) {
	now := time.Date(2026, 11, 23, 17, 30, 0, 0, time.Local)
	for text, want := range map[string]time.Time{
		"": {}, "90m": now.Add(90 * time.Minute), "18:00": now.Add(30 * time.Minute), "17:30": now.AddDate(0, 0, 1), "09:00": time.Date(2026, 11, 24, 9, 0, 0, 0, time.Local),
		"2026-11-24T09:00:00Z": time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC),
	} {
		if got, err := limitOf(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"soon", "-5m", "25:00"} {
		if _, err := limitOf(text, now); code(err) != exitUsage {
			t.Errorf("%q: %v", text, err)
		}
	}
}
