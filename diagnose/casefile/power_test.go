package casefile

import (
	"bytes"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"deadletter/diagnose"
)

// work creates a case, adds answers and decisions, closes, opens it again and
// adds more. It gives the highest Seq whose Append, a decided one, returned
// without error, and the first error.
func work(d *modelDisk) (acked uint64, first error) {
	s := newStore(d, Options{Clock: fixed, PID: 1, Host: "host-a"})
	j, err := s.Create(sampleID)
	if err != nil {
		return 0, err
	}
	add := func(e diagnose.Event) {
		err := j.Append(e)
		switch {
		case err != nil && first == nil:
			first = err
		case err == nil && diagnose.Decided(e.Body):
			acked = e.Seq
		}
	}
	add(decided(1))
	add(dnsEvent(2))
	add(dnsEvent(3))
	add(decided(4))
	add(dnsEvent(5))
	if err := j.Close(); err != nil && first == nil {
		first = err
	}
	if first != nil {
		return acked, first
	}
	acked = 5
	if j, _, err = s.Open(sampleID); err != nil {
		return acked, err
	}
	if ro := j.ReadOnly(); ro != nil {
		return acked, ro
	}
	add(decided(6))
	add(dnsEvent(7))
	if err := j.Close(); err != nil && first == nil {
		first = err
	}
	return acked, first
}

// survives opens the case on a disk and checks that every acknowledged event
// is there, that nothing is torn, and that the work can go on.
func survives(d *modelDisk, acked uint64) error {
	return survivesIn(newStore(d, Options{Clock: fixed, PID: 2, Host: "host-b"}), acked)
}

func survivesIn(s *Store, acked uint64) error {
	j, got, err := s.Open(sampleID)
	if errors.Is(err, ErrNotFound) && acked == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if uint64(len(got)) < acked {
		return fmt.Errorf("%d events, %d were acknowledged", len(got), acked)
	}
	for i, e := range got {
		if e.Seq != uint64(i)+1 {
			return fmt.Errorf("event %d at place %d", e.Seq, i+1)
		}
	}
	if dmg := j.Loaded().Damage; dmg != nil && dmg.Kind != DamageTail {
		return fmt.Errorf("damage: %s", dmg.Why)
	}
	if err := j.Append(decided(uint64(len(got)) + 1)); err != nil {
		return err
	}
	if err := j.Close(); err != nil {
		return err
	}
	l, err := s.Verify(sampleID)
	if err == nil && l.Damage != nil {
		err = fmt.Errorf("after mending: %s", l.Damage.Why)
	}
	return err
}

func TestPowerCut(t *testing.T) {
	cuts := 0
	for at := 1; ; at++ {
		probe := newModelDisk()
		probe.dieAt = at
		acked, _ := work(probe)
		for share := range 5 {
			for _, namesLast := range []bool{false, true} {
				if err := survives(probe.restart(share, namesLast), acked); err != nil {
					t.Errorf("power lost at step %d, %d/4 of the rest kept, names kept %v: %v", at, share, namesLast, err)
				}
				cuts++
			}
		}
		if !probe.off {
			t.Logf("%d steps, %d cuts", at-1, cuts)
			return
		}
	}
}

// The power goes while a torn end is set aside: the events are there, and the
// torn bytes are in the journal or in a copy.
func TestPowerCutWhileMending(t *testing.T) {
	data, list := small(t)
	torn := []byte("00000100 torn end")
	for at := 1; ; at++ {
		d, s := onModel(join(data, torn))
		d.dieAt = at
		j, _, err := s.Open(sampleID)
		done := err == nil && j.ReadOnly() == nil
		for share := range 5 {
			next := d.restart(share, share%2 == 0)
			if err := survives(next, uint64(len(list))); err != nil {
				t.Errorf("step %d, %d/4 kept: %v", at, share, err)
			}
			kept := false
			for _, f := range next.files {
				kept = kept || bytes.Contains(f.data, torn)
			}
			if !kept {
				t.Errorf("step %d, %d/4 kept: the torn bytes are lost", at, share)
			}
		}
		if done {
			if at < 5 {
				t.Errorf("only %d steps", at)
			}
			return
		}
	}
}

// The check above must be able to fail: a disk that only says it synced loses
// what was acknowledged.
func TestPowerCutFindsALyingDisk(t *testing.T) {
	d := newModelDisk()
	d.lying = true
	acked, err := work(d)
	if err != nil {
		t.Fatal(err)
	}
	if survives(d.restart(2, false), acked) == nil || survives(d.restart(2, true), acked) == nil {
		t.Error("the loss was not seen")
	}
}

// Each step of the work fails once, with each error, and the disk goes on.
func TestEachStepFails(t *testing.T) {
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC, syscall.EROFS, syscall.EFBIG, syscall.EDQUOT} {
		fired := 0
		for at := 1; ; at++ {
			d := newModelDisk()
			d.failAt, d.failWith = at, fault
			acked, err := work(d)
			if d.steps < at {
				break
			}
			fired++
			var known *Error
			var ro *ReadOnly
			if err != nil && !errors.As(err, &known) && !errors.As(err, &ro) {
				t.Errorf("%v at step %d: untyped error %v", fault, at, err)
			}
			if err := survives(d, acked); err != nil {
				t.Errorf("%v at step %d: %v", fault, at, err)
			}
			if err := survives(d.restart(0, false), acked); err != nil {
				t.Errorf("%v at step %d, then power cut: %v", fault, at, err)
			}
		}
		if fired < 10 {
			t.Errorf("%v fired at %d steps only", fault, fired)
		}
	}
}

func TestCreateLeavesNothing(t *testing.T) {
	for at := 1; ; at++ {
		d := newModelDisk()
		d.failAt, d.failWith = at, syscall.ENOSPC
		s := newStore(d, Options{Clock: fixed, PID: 1, Host: "host-a"})
		if _, err := s.Create(sampleID); err == nil {
			if at < 4 {
				t.Errorf("only %d steps", at)
			}
			return
		} else if !errors.Is(err, ErrDiskFull) {
			t.Errorf("step %d: %v", at, err)
		}
		if len(d.files) != 0 || len(d.locked) != 0 {
			t.Errorf("step %d leaves %v %v", at, d.files, d.locked)
		}
	}
}

func TestCreateLasts(t *testing.T) {
	d := newModelDisk()
	if _, err := newStore(d, Options{Clock: fixed, PID: 1, Host: "host-a"}).Create(sampleID); err != nil {
		t.Fatal(err)
	}
	next := newStore(d.restart(0, false), Options{Clock: fixed, PID: 2, Host: "host-a"})
	if j, _, err := next.Open(sampleID); err != nil || j.Loaded().Damage != nil {
		t.Errorf("after a power cut: %v", err)
	}
}

// What a killed program had written but not synced lasts once the case was
// opened and closed.
func TestOpenMakesOldEventsLast(t *testing.T) {
	d := newModelDisk()
	s := newStore(d, Options{Clock: fixed, PID: 1, Host: "host-a"})
	j, err := s.Create(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(dnsEvent(1)); err != nil {
		t.Fatal(err)
	}
	d.locked = map[string]bool{} // the program is gone
	j, _, err = s.Open(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, j)
	if err := survives(d.restart(0, false), 1); err != nil {
		t.Error(err)
	}
}

// The end of a journal that another program has open may be a write under way.
func TestTornEndOfAHeldCase(t *testing.T) {
	d := newModelDisk()
	s := newStore(d, Options{Clock: fixed, PID: 1, Host: "host-a"})
	j, err := s.Create(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(decided(1)); err != nil {
		t.Fatal(err)
	}
	f := d.files[journalName(sampleID)]
	f.data = append(f.data, "00000"...)
	second, got, err := s.Open(sampleID)
	if err != nil || len(got) != 1 || second.Loaded().Damage != nil || second.ReadOnly().Reason != ReasonHeld {
		t.Errorf("%d events, %+v, %v", len(got), second.Loaded(), err)
	}
	if !bytes.HasSuffix(f.data, []byte("00000")) {
		t.Error("the holder's journal was changed")
	}
}

func TestSyncErrorIsFinal(t *testing.T) {
	d := newModelDisk()
	s := newStore(d, Options{Clock: fixed, PID: 1, Host: "host-a"})
	j, err := s.Create(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	d.failAt, d.failWith = d.steps+2, syscall.EIO // the write goes, the sync does not
	first := j.Append(decided(1))
	if !errors.Is(first, ErrBroken) || !errors.Is(first, syscall.EIO) {
		t.Fatalf("append: %v", first)
	}
	steps := d.steps
	for _, err := range []error{j.Append(decided(1)), j.Append(decided(2)), j.Flush()} {
		if !errors.Is(err, ErrBroken) {
			t.Errorf("afterwards: %v", err)
		}
	}
	if d.steps != steps {
		t.Error("a broken journal was written")
	}
	mustClose(t, j)
}

func TestDiskFullPasses(t *testing.T) {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		d := newModelDisk()
		s := newStore(d, Options{Clock: fixed, PID: 1, Host: "host-a"})
		j, err := s.Create(sampleID)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Append(decided(1)); err != nil {
			t.Fatal(err)
		}
		size := len(d.files[journalName(sampleID)].data)
		d.failAt, d.failWith = d.steps+1, full
		if err := j.Append(decided(2), dnsEvent(3)); !errors.Is(err, ErrDiskFull) || !errors.Is(err, full) {
			t.Fatalf("append: %v", err)
		}
		if got := len(d.files[journalName(sampleID)].data); got != size {
			t.Errorf("%v: %d bytes, want %d", full, got, size)
		}
		if err := j.Append(decided(2), dnsEvent(3), decided(4)); err != nil {
			t.Errorf("%v: the same again: %v", full, err)
		}
		mustClose(t, j)
		if _, got, err := s.Open(sampleID); err != nil || len(got) != 4 {
			t.Errorf("%v: %d events, %v", full, len(got), err)
		}
	}
}

// Where the torn end cannot be cut off either, the journal is broken, and the
// next Open sets the end aside.
func TestDiskFullThatStays(t *testing.T) {
	d := newModelDisk()
	s := newStore(d, Options{Clock: fixed, PID: 1, Host: "host-a"})
	j, err := s.Create(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(decided(1)); err != nil {
		t.Fatal(err)
	}
	d.dieAt = d.steps + 1
	if err := j.Append(decided(2)); !errors.Is(err, ErrBroken) {
		t.Fatalf("append: %v", err)
	}
	mustClose(t, j)
	d.off, d.dieAt = false, 0
	again, got, err := s.Open(sampleID)
	if err != nil || len(got) != 1 || again.Loaded().Damage == nil {
		t.Fatalf("%d events, %v", len(got), err)
	}
	mustClose(t, again)
	if err := survives(d, 1); err != nil {
		t.Error(err)
	}
}
