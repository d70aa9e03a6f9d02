package casefile

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
)

func TestRoundTripOfEveryBody(t *testing.T) {
	s := tempStore(t)
	list := events(1, bodies()...)
	types := map[string]bool{}
	for _, e := range list {
		types[e.Body.Type()] = true
	}
	if len(types) != 22 {
		t.Fatalf("%d types in the sample, want all 22", len(types))
	}
	data := written(t, s, sampleID, list)
	if lines := bytes.Count(data, []byte{'\n'}); lines != len(list)+1 {
		t.Errorf("%d lines for %d events and a header", lines, len(list))
	}
	j, got, err := s.Open(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, j)
	if asJSON(t, got) != asJSON(t, list) {
		t.Errorf("events changed:\n%s\n%s", asJSON(t, got), asJSON(t, list))
	}
	l := j.Loaded()
	if l.Damage != nil || l.ReadOnly != nil || l.Events != len(list) || l.Header.ID != sampleID || l.Header.Program != "1.0" {
		t.Errorf("loaded %+v", l)
	}
	if string(got[1].Body.(diagnose.BounceCaptured).Report.Diagnostic.Value) != "550 5.1.1 \xff\x1b[31m" {
		t.Error("a byte of the reply changed")
	}
}

func TestAppendGoesOnAfterOpen(t *testing.T) {
	s := tempStore(t)
	written(t, s, sampleID, events(1, bodies()[:3]...))
	for seq := uint64(4); seq < 8; seq++ {
		j, got, err := s.Open(sampleID)
		if err != nil || uint64(len(got)) != seq-1 || j.LastSeq() != seq-1 {
			t.Fatalf("open before %d: %d events, last %d, %v", seq, len(got), j.LastSeq(), err)
		}
		if err := j.Append(decided(seq)); err != nil {
			t.Fatal(err)
		}
		mustClose(t, j)
	}
	l, err := s.Verify(sampleID)
	if err != nil || l.Damage != nil || l.Events != 7 {
		t.Errorf("verify: %+v %v", l, err)
	}
}

func TestAppendRefusals(t *testing.T) {
	s := tempStore(t)
	j, err := s.Create(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	big := events(1, diagnose.BounceCaptured{Raw: make([]byte, 31<<20)})
	for _, c := range []struct {
		name string
		give []diagnose.Event
		want error
	}{
		{"gap", []diagnose.Event{decided(2)}, ErrSequence},
		{"gap inside", []diagnose.Event{decided(1), decided(3)}, ErrSequence},
		{"no body", []diagnose.Event{{Seq: 1}}, ErrEncode},
		{"no body after a good one", []diagnose.Event{decided(1), {Seq: 2}}, diagnose.ErrNoBody},
		{"too large", big, ErrTooLarge},
	} {
		if err := j.Append(c.give...); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := j.Append(decided(1)); err != nil {
		t.Errorf("after refusals: %v", err)
	}
	if err := j.Append(); err != nil {
		t.Errorf("nothing to append: %v", err)
	}
	mustClose(t, j)
	mustClose(t, j)
	if err := j.Append(decided(2)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := j.Flush(); !errors.Is(err, ErrClosed) {
		t.Errorf("Flush after Close: %v", err)
	}
	if _, err := s.Create(sampleID); !errors.Is(err, ErrExists) {
		t.Errorf("Create again: %v", err)
	}
	if _, got, err := s.Open(sampleID); err != nil || len(got) != 1 {
		t.Errorf("%d events, %v", len(got), err)
	}
}

func TestLargestBounceFits(t *testing.T) {
	if racing {
		t.Skip("the largest bounce is left to the run without -race")
	}
	s := tempStore(t)
	raw := bytes.Repeat([]byte("0123456789abcde\n"), 25<<20/16)
	written(t, s, sampleID, events(1, bodies()[0], diagnose.BounceCaptured{Source: "-", Raw: raw}))
	got, _, err := s.Read(sampleID)
	if err != nil || len(got) != 2 || !bytes.Equal(got[1].Body.(diagnose.BounceCaptured).Raw, raw) {
		t.Fatalf("%d events, %v", len(got), err)
	}
}

func TestSyncPolicy(t *testing.T) {
	clock := &clockAt{morning}
	d := newModelDisk()
	s := newStore(d, Options{Clock: clock.time, PID: 1, Host: "host-a"})
	j, err := s.Create(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	syncs := func() int { return d.files[journalName(sampleID)].syncs }
	base, seq := syncs(), uint64(0)
	add := func(e func(uint64) diagnose.Event) {
		seq++
		if err := j.Append(e(seq)); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, want int) {
		t.Helper()
		if got := syncs() - base; got != want {
			t.Errorf("%s: %d syncs, want %d", what, got, want)
		}
	}
	for range maxPending - 1 {
		add(dnsEvent)
	}
	check("63 answers", 0)
	add(dnsEvent)
	check("64 answers", 1)
	add(dnsEvent)
	check("one more", 1)
	clock.now = clock.now.Add(maxWait)
	add(dnsEvent)
	check("a second later", 2)
	add(decided)
	check("a decision", 3)
	if err := j.Flush(); err != nil {
		t.Fatal(err)
	}
	check("flush with nothing pending", 3)
	add(dnsEvent)
	if err := j.Flush(); err != nil {
		t.Fatal(err)
	}
	check("flush", 4)
	add(dnsEvent)
	mustClose(t, j)
	check("close", 5)
}

func TestLaterEventsMakeReadOnly(t *testing.T) {
	s := tempStore(t)
	list := events(1, bodies()[0], diagnose.Unknown{Tag: "moon_phase", Version: 3, Data: []byte(`{"full":true}`)})
	written(t, s, sampleID, list)
	j, got, err := s.Open(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, j)
	if u, ok := got[1].Body.(diagnose.Unknown); !ok || u.Tag != "moon_phase" || u.Version != 3 || string(u.Data) != `{"full":true}` {
		t.Errorf("unknown event: %+v", got[1].Body)
	}
	ro := j.ReadOnly()
	if ro == nil || ro.Reason != ReasonLater || len(j.Loaded().Unknown) != 1 {
		t.Fatalf("read-only: %+v", ro)
	}
	if err := j.Append(decided(3)); !errors.Is(err, ErrReadOnly) {
		t.Errorf("append: %v", err)
	}
	again, _, err := s.Open(sampleID)
	if err != nil || again.ReadOnly().Reason != ReasonLater {
		t.Errorf("the lock was kept: %v %v", again.ReadOnly(), err)
	}
}

func TestSecondOpenIsReadOnly(t *testing.T) {
	s := tempStore(t)
	first, err := s.Create(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Append(decided(1), dnsEvent(2)); err != nil {
		t.Fatal(err)
	}
	second, got, err := s.Open(sampleID)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d events, %v", len(got), err)
	}
	ro := second.ReadOnly()
	if ro == nil || ro.Reason != ReasonHeld || ro.Holder.PID != os.Getpid() || ro.Holder.Host != "host-a" || ro.Holder.User != "ann" || !ro.Holder.Since.Equal(morning) {
		t.Fatalf("read-only: %+v", ro)
	}
	err = second.Append(decided(3))
	if !errors.Is(err, ErrHeld) || !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "ann, process ") {
		t.Errorf("append: %v", err)
	}
	if second.Head() != first.Head() {
		t.Error("heads differ")
	}
	if err := s.Purge(sampleID); !errors.Is(err, ErrHeld) {
		t.Errorf("purge: %v", err)
	}
	if _, err := s.Create(sampleID); !errors.Is(err, ErrHeld) {
		t.Errorf("create: %v", err)
	}
	mustClose(t, second)
	mustClose(t, first)
	third, _, err := s.Open(sampleID)
	if err != nil || third.ReadOnly() != nil {
		t.Fatalf("after close: %v %v", third.ReadOnly(), err)
	}
	mustClose(t, third)
}

func TestHolderText(t *testing.T) {
	for _, c := range []struct {
		in   string
		want string
	}{
		{"", "another program"},
		{"pid -4\npid x\nsince never\n", "another program"},
		{"pid 7\n", "process 7"},
		{"pid 7\nhost h\x1b[31m\nuser bob\n", "bob, process 7 on h␛[31m"},
		{"user " + strings.Repeat("x", 300) + "\npid 7\n", "process 7"},
	} {
		if got := string(parseHolder([]byte(c.in)).Text()); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
	h := Holder{PID: 7, Host: "host-a", User: "ann\nroot", Since: morning}
	if got := parseHolder(h.encode()); got.User != "" || got.PID != 7 || !got.Since.Equal(morning) {
		t.Errorf("%+v", got)
	}
}

func TestReadDoesNotWrite(t *testing.T) {
	s := tempStore(t)
	data := written(t, s, sampleID, events(1, bodies()...))
	if err := os.WriteFile(s.Path(sampleID), data[:len(data)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadDir(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	reader, err := OpenStore(s.Dir(), Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	_, l, err := reader.Read(sampleID)
	if err != nil || l.Damage == nil || l.Damage.Kind != DamageTail || l.Damage.Path != "" {
		t.Errorf("%+v %v", l.Damage, err)
	}
	j, _, err := reader.Open(sampleID)
	if err != nil || j.ReadOnly().Reason != ReasonAsked {
		t.Errorf("open: %v", err)
	}
	if _, err := reader.Create("other"); !errors.Is(err, ErrReadOnlyStore) {
		t.Errorf("create: %v", err)
	}
	if err := reader.Purge(sampleID); !errors.Is(err, ErrReadOnlyStore) {
		t.Errorf("purge: %v", err)
	}
	after, err := os.ReadDir(s.Dir())
	if err != nil || len(after) != len(before) {
		t.Errorf("%d files, were %d, %v", len(after), len(before), err)
	}
	if now, _ := os.ReadFile(s.Path(sampleID)); !bytes.Equal(now, data[:len(data)-3]) {
		t.Error("the journal changed")
	}
}

// A reader stops at the end that the journal had when it began to read.
func TestReadOfAGrowingJournal(t *testing.T) {
	data, list := small(t)
	d, s := onModel(data)
	d.files[journalName(sampleID)].grows = true
	got, l, err := s.Read(sampleID)
	if err != nil || l.Damage != nil || len(got) != len(list) {
		t.Errorf("%d events, %+v, %v", len(got), l.Damage, err)
	}
}

func TestClockBackwards(t *testing.T) {
	clock := &clockAt{morning}
	s := newStore(newModelDisk(), Options{Clock: clock.time, PID: 1, Host: "host-a"})
	j, err := s.Create(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(-time.Hour)
	for seq := uint64(1); seq <= 2*maxPending; seq++ {
		if err := j.Append(dnsEvent(seq)); err != nil {
			t.Fatal(err)
		}
	}
	if j.pending >= maxPending {
		t.Errorf("%d pending", j.pending)
	}
	mustClose(t, j)
}
