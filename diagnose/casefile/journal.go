package casefile

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"deadletter/diagnose"
)

// What is written but not yet made to last is bounded by these.
const (
	maxPending = 64
	maxWait    = time.Second
	keepBuffer = 1 << 20 // bytes: a larger buffer is given back after use
)

// Journal is an open case. It is safe for concurrent use.
type Journal struct {
	store  *Store
	id     string
	loaded Loaded

	mu      sync.Mutex
	f       file
	lock    lock
	size    int64
	head    link
	last    uint64 // Seq of the last event
	pending int    // events that were written since the last sync
	synced  time.Time
	failed  error // final: nothing is written after it
	closed  bool
	buf     []byte
}

// ID gives the case id.
func (j *Journal) ID() string { return j.id }

// Path gives where the journal is.
func (j *Journal) Path() string { return j.loaded.Path }

// Loaded gives what was found when the journal was opened.
func (j *Journal) Loaded() Loaded { return j.loaded }

// ReadOnly says why nothing can be added; nil where it can.
func (j *Journal) ReadOnly() *ReadOnly { return j.loaded.ReadOnly }

// Head gives the hash of the last record, hex.
func (j *Journal) Head() string {
	if j.loaded.ReadOnly != nil {
		return j.loaded.Head
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.head.String()
}

// LastSeq gives the Seq of the last event in the journal; 0 for none.
func (j *Journal) LastSeq() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// begin writes the header of an empty journal and makes it last.
func (j *Journal) begin() error {
	h := Header{ID: j.id, Program: j.store.version, Created: j.store.clock()}
	line, head, err := headerRecord(h)
	if err != nil {
		return err
	}
	if _, err := j.f.Write(line); err != nil {
		return err
	}
	if err := j.f.Sync(); err != nil {
		return err
	}
	if err := j.store.disk.sync(); err != nil {
		return err
	}
	h.Format, h.Version = formatName, formatVer
	j.loaded.Header, j.loaded.Records, j.loaded.Size = h, 1, int64(len(line))
	j.size, j.head, j.synced = int64(len(line)), head, j.store.clock()
	return nil
}

// Append adds events, all of them or none. Their Seq must go on from the last
// one. It returns after the events are written, and where one of them is
// decided (see [diagnose.Decided]) after they are on the disk; the others are
// put there with the next decided one, after 64 of them, a second after the
// last time, or by Flush and Close.
//
// ErrDiskFull means that nothing was added and that the same events can be
// given again later. ErrBroken is final: the events may or may not be on the
// disk, and nothing is written any more. Other errors are refusals:
// [*ReadOnly], ErrSequence, ErrTooLarge, ErrEncode, ErrClosed.
func (j *Journal) Append(events ...diagnose.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable(); err != nil || len(events) == 0 {
		return err
	}
	lines, head, err := j.encode(events)
	if err != nil {
		return err
	}
	if j.size+int64(len(lines)) > maxJournal {
		return &Error{Kind: ErrTooLarge, Path: j.Path(), Hint: "a case can hold 1 GiB; close it and open a new one"}
	}
	if err := j.write(lines); err != nil {
		return err
	}
	j.size += int64(len(lines))
	j.head = head
	j.last += uint64(len(events))
	j.pending += len(events)
	if j.due(events) {
		return j.sync()
	}
	return nil
}

// Flush makes everything written last.
func (j *Journal) Flush() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.usable(); err != nil {
		return err
	}
	return j.sync()
}

// Close flushes, gives the lock back and closes the journal. After an error it
// is closed all the same. A second Close does nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	var err error
	if j.f != nil && j.failed == nil {
		err = j.sync()
	}
	if derr := j.drop(); derr != nil && err == nil {
		err = &Error{Kind: ErrBroken, Path: j.Path(), Err: derr}
	}
	return err
}

// drop gives the file and the lock back.
func (j *Journal) drop() error {
	var errs []error
	if j.f != nil {
		errs = append(errs, bare(j.f.Close()))
		j.f = nil
	}
	if j.lock != nil {
		errs = append(errs, bare(j.lock.release()))
		j.lock = nil
	}
	return errors.Join(errs...)
}

// usable gives why nothing can be written; nil where it can.
func (j *Journal) usable() error {
	switch {
	case j.loaded.ReadOnly != nil:
		return j.loaded.ReadOnly
	case j.failed != nil:
		return j.failed
	case j.closed:
		return &Error{Kind: ErrClosed, Path: j.Path()}
	}
	return nil
}

// encode gives the lines of the events and the hash of the last.
func (j *Journal) encode(events []diagnose.Event) (lines []byte, head link, err error) {
	lines, head = j.buf[:0], j.head
	for i, e := range events {
		if want := j.last + 1 + uint64(i); e.Seq != want {
			return nil, link{}, &Error{Kind: ErrSequence, Path: j.Path(), Err: fmt.Errorf("event %d where %d is due", e.Seq, want)}
		}
		payload, err := e.MarshalJSON()
		if err != nil {
			return nil, link{}, &Error{Kind: ErrEncode, Path: j.Path(), Err: err}
		}
		if lines, head, err = appendRecord(lines, head, payload); err != nil {
			return nil, link{}, err
		}
	}
	if cap(lines) <= keepBuffer {
		j.buf = lines[:0]
	}
	return lines, head, nil
}

// write adds bytes at the end. What a failed write left there is cut off
// again; where that fails too, or the disk itself does, the journal is broken.
func (j *Journal) write(lines []byte) error {
	_, err := j.f.Write(lines)
	if err == nil {
		return nil
	}
	terr := j.f.Truncate(j.size)
	if diskFull(err) && terr == nil {
		return &Error{Kind: ErrDiskFull, Path: j.Path(), Err: bare(err), Hint: hintSpace}
	}
	return j.fail(also(bare(err), terr))
}

// sync makes the file's content last. An error of it is final: the system has
// dropped what it could not write, and a later success would not speak of it.
func (j *Journal) sync() error {
	if j.pending == 0 {
		return nil
	}
	if err := j.f.Sync(); err != nil {
		return j.fail(bare(err))
	}
	j.pending, j.synced = 0, j.store.clock()
	return nil
}

// fail breaks the journal for good.
func (j *Journal) fail(err error) error {
	j.failed = &Error{Kind: ErrBroken, Path: j.Path(), Err: err, Hint: hintReopen}
	return j.failed
}

// due reports whether what is pending must be made to last now.
func (j *Journal) due(events []diagnose.Event) bool {
	for _, e := range events {
		if diagnose.Decided(e.Body) {
			return true
		}
	}
	return j.pending >= maxPending || j.store.clock().Sub(j.synced) >= maxWait
}
