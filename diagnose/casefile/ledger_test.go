//go:build unix

package casefile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// ledgerAt gives the ledger of a folder, by a clock that a test moves.
func ledgerAt(t *testing.T, dir string, now *time.Time) Ledger {
	t.Helper()
	s, err := OpenStore(dir, Options{Clock: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Ledger()
}

// TestLedgerCounts: three attempts a day to a domain, one message a day to an
// address, over restarts, and whatever the clock does.
func TestLedgerCounts(t *testing.T) {
	const probe, message = diagnose.RetryProbe, diagnose.RetryMessage
	type step struct {
		way    diagnose.RetryWay // "" lets time pass
		to     safe.Untrusted
		after  time.Duration
		locked bool
		unsent bool // the message stayed here
	}
	ann, ANN, ben, other := safe.Untrusted("ann@example.com"), safe.Untrusted("Ann@EXAMPLE.com"), safe.Untrusted("ben@example.com"), safe.Untrusted("ann@example.org")
	for name, steps := range map[string][]step{
		"three a day":         {{way: probe, to: ann}, {way: probe, to: ben}, {way: message, to: ann}, {after: time.Hour}, {way: probe, to: ann, locked: true}, {way: message, to: ben, locked: true}, {way: probe, to: other}},
		"the day passes":      {{way: probe, to: ann}, {after: time.Hour}, {way: probe, to: ann}, {way: probe, to: ben}, {after: 23*time.Hour - 1}, {way: probe, to: ann, locked: true}, {after: 1}, {way: probe, to: ann}, {way: probe, to: ann, locked: true}},
		"one message":         {{way: message, to: ann}, {way: message, to: ANN, locked: true}, {way: message, to: ben}, {after: 24 * time.Hour}, {way: message, to: ann}},
		"a message that left": {{way: message, to: ann, unsent: true}, {way: message, to: ann, locked: true}, {after: diagnose.RepeatAfter}, {way: message, to: ann}, {after: time.Hour}, {way: message, to: ann, locked: true}},
		"a quarter of an hour": {
			{way: probe, to: ann}, {way: probe, to: ANN, locked: true}, {after: diagnose.RepeatAfter - 1}, {way: probe, to: ann, locked: true}, {way: probe, to: ben}, {after: 1}, {way: probe, to: ann},
		},
		"a probe after a message": {{way: message, to: ann}, {way: probe, to: ann, locked: true}, {after: diagnose.RepeatAfter}, {way: probe, to: ann}},
		"clock set back":          {{way: message, to: ann}, {after: -72 * time.Hour}, {way: message, to: ann, locked: true}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, now := filepath.Join(t.TempDir(), "cases"), time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
			for i, x := range steps {
				if x.way == "" {
					now = now.Add(x.after)
					continue
				}
				l := ledgerAt(t, dir, &now) // a restart
				room := l.Room(x.way, x.to)
				place, err := l.Take(x.way, x.to)
				if errors.Is(room, diagnose.ErrLocked) != x.locked || errors.Is(err, diagnose.ErrLocked) != x.locked || !x.locked && err != nil {
					t.Fatalf("step %d: room %v, taken %v", i, room, err)
				}
				if x.unsent {
					if err := l.Unsent(place); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// TestLedgerOnDisk: no address stands in the file, a purge leaves it, a torn
// end is cut, and whatever else was changed stops the counting.
func TestLedgerOnDisk(t *testing.T) {
	dir, now := filepath.Join(t.TempDir(), "cases"), time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	l := ledgerAt(t, dir, &now)
	written(t, l.store, sampleID, events(1, bodies()...))
	for range 2 {
		if _, err := l.Take(diagnose.RetryProbe, "robin.hale@example.com"); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	if err := l.store.Purge(sampleID); err != nil {
		t.Fatal(err)
	}
	if list, err := l.store.List(); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	path := l.path()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(bytes.ToLower(whole), []byte("robin")) {
		t.Error("the address stands in the ledger")
	}
	if info, err := os.Stat(path); err != nil || checkModes && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := last; cut < len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if place, err := l.Take(diagnose.RetryProbe, "robin.hale@example.com"); err != nil || place != 2 {
			t.Fatalf("cut at %d: place %d, %v", cut, place, err)
		}
	}
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 1
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Take(diagnose.RetryProbe, "robin.hale@example.com"); !errors.Is(err, ErrRead) && i != len(whole)-1 {
			t.Fatalf("changed at %d: %v", i, err)
		}
	}
}

// childLedger takes places until there are none, and says how many it got.
func childLedger(args []string) error {
	s, err := childStore(args[0])
	if err != nil {
		return err
	}
	for got := 0; ; {
		to := fmt.Sprintf("ann+%d.%d@example.com", os.Getpid(), got) // one address has to wait
		_, err := s.Ledger().Take(diagnose.RetryProbe, safe.Untrusted(to))
		switch {
		case err == nil:
			got++
		case errors.Is(err, diagnose.ErrLocked):
			fmt.Print(strings.Repeat("x", got))
			return s.Close()
		case !errors.Is(err, ErrHeld):
			return err
		}
	}
}

// TestLedgerTwoProcesses: whatever processes ask at once, three get a place.
func TestLedgerTwoProcesses(t *testing.T) {
	for range 5 {
		dir := filepath.Join(t.TempDir(), "cases")
		type end struct {
			got []byte
			err error
		}
		ends := make(chan end, 4)
		for range cap(ends) {
			cmd := child(t, "ledger", dir)
			go func() {
				out, err := cmd.CombinedOutput()
				if err != nil {
					err = fmt.Errorf("%w: %s", err, out)
				}
				ends <- end{out, err}
			}()
		}
		total := 0
		for range cap(ends) {
			e := <-ends
			if e.err != nil {
				t.Fatal(e.err)
			}
			total += len(e.got)
		}
		if total != AttemptsADay {
			t.Fatalf("%d places were taken", total)
		}
	}
}
