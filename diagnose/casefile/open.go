package casefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"deadletter/diagnose"
)

// Loaded is what was found in a journal beside its events.
type Loaded struct {
	ID       string
	Path     string
	Header   Header
	Records  int       // whole records, the header among them
	Events   int       // events that could be read
	Size     int64     // bytes that are in use
	Head     string    // hash of the last record, hex: whoever notes it can later tell that nothing before was changed
	Unknown  []string  // types of events that this version does not know, untrusted; each once, at most 20
	Damage   *Damage   // nil for none
	ReadOnly *ReadOnly // why nothing can be added; nil where it can
}

// Create begins the journal of a new case and locks it. When it returns, the
// empty journal is on the disk. It fails with ErrExists, ErrPurged, ErrHeld,
// ErrReadOnlyStore or ErrDiskFull, and leaves nothing behind then.
func (s *Store) Create(id string) (*Journal, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	if s.readOnly {
		return nil, &Error{Kind: ErrReadOnlyStore, Path: s.Path(id), Err: errors.New("the case folder was opened for reading")}
	}
	if err := s.checkPurged(id); err != nil {
		return nil, err
	}
	l, err := s.take(id)
	if err != nil {
		return nil, err
	}
	f, err := s.disk.open(journalName(id), os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL)
	if err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = &Error{Kind: ErrExists, Path: s.Path(id)}
		} else {
			err = storeError(s.Path(id), err)
		}
		return nil, also(err, l.release())
	}
	j := &Journal{store: s, id: id, f: f, lock: l, loaded: Loaded{ID: id, Path: s.Path(id)}}
	if err := j.begin(); err != nil {
		err = storeError(s.Path(id), err)
		return nil, also(err, f.Close(), s.disk.remove(journalName(id)), l.release())
	}
	return j, nil
}

// take locks a case for writing.
func (s *Store) take(id string) (lock, error) {
	who := s.who
	who.Since = s.clock()
	l, err := s.disk.lock(lockName(id), who.encode())
	if errors.Is(err, errLocked) {
		return nil, heldBy(s.holder(id))
	}
	if err != nil {
		return nil, storeError(s.disk.path(lockName(id)), err)
	}
	return l, nil
}

// Open opens a case, locks it for writing, and gives its events.
//
// A journal that cannot be written is opened all the same, for reading:
// [Journal.ReadOnly] says why, and Append gives that as its error. That is so
// while another program holds the case, where the folder is read-only, where a
// record other than the last is damaged, and where a later version wrote
// events. A damaged end is copied to ID.damaged-TIME and cut off; see
// [Journal.Loaded]. The error is for a case that cannot be read at all:
// ErrBadID, ErrNotFound, ErrPurged, ErrUnsafe, ErrTooLarge or ErrRead.
func (s *Store) Open(id string) (*Journal, []diagnose.Event, error) {
	if s.readOnly {
		return s.openReading(id, &ReadOnly{Reason: ReasonAsked, Detail: "it was opened for reading"})
	}
	if err := s.checkThere(id); err != nil {
		return nil, nil, err
	}
	l, err := s.take(id)
	var held *ReadOnly
	switch {
	case errors.As(err, &held):
		return s.openReading(id, held)
	case errors.Is(err, ErrUnsafe):
		return nil, nil, err
	case err != nil:
		return s.openReading(id, noWrite(err))
	}
	j := &Journal{store: s, id: id, lock: l}
	events, err := j.load()
	if err == nil {
		return j, events, nil
	}
	err = also(err, j.drop())
	if errors.Is(err, errUnwritable) {
		return s.openReading(id, noWrite(err))
	}
	return nil, nil, err
}

// Read gives the events of a case without a lock and without writing
// anything. While another program writes the case, its last record may be
// under way; that shows as a damaged tail.
func (s *Store) Read(id string) ([]diagnose.Event, Loaded, error) {
	j, events, err := s.openReading(id, &ReadOnly{Reason: ReasonAsked, Detail: "it was opened for reading"})
	if err != nil {
		return nil, Loaded{}, err
	}
	return events, j.loaded, nil
}

// Verify reads a whole journal and follows its chain without keeping the
// events. The journal is whole when Damage is nil. A journal that was cut at
// the end of a record, or written anew from there, is found by its Head only.
func (s *Store) Verify(id string) (Loaded, error) {
	if err := s.checkThere(id); err != nil {
		return Loaded{}, err
	}
	found, err := s.scanFile(id, nil)
	if err != nil {
		return Loaded{}, err
	}
	return s.report(id, found, found.reason()), nil
}

// openReading gives a journal that is not written, for the reason given or for
// a better one found in it.
func (s *Store) openReading(id string, why *ReadOnly) (*Journal, []diagnose.Event, error) {
	if err := s.checkThere(id); err != nil {
		return nil, nil, err
	}
	var events []diagnose.Event
	found, err := s.scanFile(id, keep(&events))
	if err != nil {
		return nil, nil, err
	}
	if why.Reason == ReasonHeld && found.damage != nil && found.damage.Kind == DamageTail {
		found.damage = nil // the holder is writing it
	}
	if better := found.reason(); better != nil && why.Reason != ReasonHeld {
		why = better
	}
	return &Journal{store: s, id: id, loaded: s.report(id, found, why)}, events, nil
}

// keep gives a taker that collects.
func keep(events *[]diagnose.Event) func(diagnose.Event) error {
	return func(e diagnose.Event) error {
		*events = append(*events, e)
		return nil
	}
}

// scanFile reads a journal that others may write, up to the end that it has
// now: a reader that is slower than the writer comes to an end too.
func (s *Store) scanFile(id string, take func(diagnose.Event) error) (found scanned, err error) {
	f, err := s.disk.open(journalName(id), os.O_RDONLY)
	if err != nil {
		return scanned{}, s.readError(id, err)
	}
	info, err := f.Stat()
	if err == nil {
		found, err = scan(io.LimitReader(f, info.Size()), id, take)
	}
	if err != nil {
		return scanned{}, also(s.readError(id, err), f.Close())
	}
	if err := f.Close(); err != nil {
		return scanned{}, s.readError(id, err)
	}
	return found, nil
}

// readError sorts an error that stopped the reading of a journal.
func (s *Store) readError(id string, err error) error {
	var known *Error
	switch {
	case errors.As(err, &known):
		known.Path = s.Path(id)
		return err
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Kind: ErrNotFound, Path: s.Path(id)}
	case errors.Is(err, errNotRegular), errors.Is(err, errMoved):
		return &Error{Kind: ErrUnsafe, Path: s.Path(id), Err: bare(err), Hint: "look at what lies there, then remove it"}
	}
	return &Error{Kind: ErrRead, Path: s.Path(id), Err: bare(err)}
}

// report puts what a scan found into words for the caller.
func (s *Store) report(id string, found scanned, why *ReadOnly) Loaded {
	return Loaded{ID: id, Path: s.Path(id), Header: found.header, Records: found.records, Events: found.events,
		Size: found.good, Head: found.head.String(), Unknown: found.unknown, Damage: found.damage, ReadOnly: why}
}

// checkThere gives the error for a case that is not there to be opened.
func (s *Store) checkThere(id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	if err := s.checkPurged(id); err != nil {
		return err
	}
	if _, err := s.disk.lstat(journalName(id)); err != nil {
		return s.readError(id, err)
	}
	return nil
}

// errUnwritable marks an error after which a journal can still be read.
var errUnwritable = errors.New("it can only be read")

// load opens the journal's file for writing, reads it, and mends its end.
func (j *Journal) load() ([]diagnose.Event, error) {
	s := j.store
	f, err := s.disk.open(journalName(j.id), os.O_RDWR|os.O_APPEND)
	if err != nil {
		if cannotWrite(err) {
			return nil, fmt.Errorf("%w: %w", bare(err), errUnwritable)
		}
		return nil, s.readError(j.id, err)
	}
	j.f = f
	var events []diagnose.Event
	found, err := scan(f, j.id, keep(&events))
	if err != nil {
		return nil, s.readError(j.id, err)
	}
	j.loaded = s.report(j.id, found, found.reason())
	if j.loaded.ReadOnly != nil {
		return events, j.drop()
	}
	j.size, j.head, j.last = found.good, found.head, found.last
	if d := j.loaded.Damage; d != nil {
		if d.Path, err = j.setAside(*d); err != nil {
			return nil, fmt.Errorf("%w: %w", bare(err), errUnwritable)
		}
	}
	if info, err := f.Stat(); err == nil && checkModes && info.Mode().Perm() != 0o600 {
		if err := f.Chmod(0o600); err != nil {
			return nil, fmt.Errorf("%w: %w", bare(err), errUnwritable)
		}
	}
	j.pending, j.synced = found.events, s.clock() // whoever wrote them may not have made them last
	return events, nil
}

// setAside copies a damaged end to a file of its own and cuts it off. The copy
// is on the disk before the journal loses a byte.
func (j *Journal) setAside(d Damage) (path string, err error) {
	if d.Bytes > 0 {
		name, copied, err := j.newDamaged()
		if err != nil {
			return "", err
		}
		err = j.copyEnd(copied, d.Offset)
		if err = errors.Join(err, copied.Close()); err != nil {
			return "", also(err, j.store.disk.remove(name))
		}
		if err := j.store.disk.sync(); err != nil {
			return "", err
		}
		path = j.store.disk.path(name)
		if err := j.f.Truncate(d.Offset); err != nil {
			return "", err
		}
		if err := j.f.Sync(); err != nil {
			return "", err
		}
	}
	if j.size == 0 { // the header itself was cut off
		if err := j.begin(); err != nil {
			return "", err
		}
	}
	return path, nil
}

// newDamaged makes the file for a copy; a name that is taken is never reused.
func (j *Journal) newDamaged() (name string, f file, err error) {
	const most = 100
	now := j.store.clock()
	for n := range most {
		name = damagedName(j.id, now, n)
		f, err = j.store.disk.open(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return name, f, err
}

// copyEnd copies the journal's bytes from offset to its end.
func (j *Journal) copyEnd(to file, offset int64) error {
	if _, err := j.f.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(to, io.LimitReader(j.f, maxJournal)); err != nil {
		return err
	}
	return to.Sync()
}

// also adds what went wrong while cleaning up to the error that made it
// necessary, which stays the first.
func also(err error, more ...error) error {
	if rest := errors.Join(more...); rest != nil {
		return fmt.Errorf("%w; cleaning up: %w", err, rest)
	}
	return err
}
