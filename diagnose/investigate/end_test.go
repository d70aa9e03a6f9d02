package investigate_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/investigate"
	"deadletter/dnsx/dnstest"
)

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
