package casefile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// Entry is one case in the folder.
type Entry struct {
	ID        string
	Path      string
	ModTime   time.Time // of the journal: when something was last added
	Size      int64     // bytes
	Opened    time.Time // zero where the beginning cannot be read
	Recipient safe.Untrusted
	Err       error // why the beginning could not be read; nil for none
}

// List gives the cases of the folder, the latest changed first. It reads only
// the beginning of each journal, up to the first recipient; what cannot be
// read is listed with its error. Files that are no journals are passed over.
func (s *Store) List() ([]Entry, error) {
	names, err := s.disk.list()
	if err != nil {
		return nil, &Error{Kind: ErrRead, Path: s.dir, Err: bare(err)}
	}
	var out []Entry
	for _, name := range names {
		id, ok := strings.CutSuffix(name, ".journal")
		if !ok || !ValidID(id) {
			continue
		}
		info, err := s.disk.lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // purged meanwhile
		}
		e := Entry{ID: id, Path: s.Path(id)}
		if err != nil {
			e.Err = s.readError(id, err)
		} else {
			e.ModTime, e.Size = info.ModTime(), info.Size()
			s.peek(&e)
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int {
		if c := b.ModTime.Compare(a.ModTime); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}

// peek reads a journal until the recipient is known, at most its first events.
func (s *Store) peek(e *Entry) {
	const most = 8
	seen := 0
	found, err := s.scanFile(e.ID, func(ev diagnose.Event) error {
		seen++
		switch b := ev.Body.(type) {
		case diagnose.CaseOpened:
			e.Opened, e.Recipient = ev.At, b.Recipient
		case diagnose.BounceCaptured:
			e.Recipient = b.Report.Recipient.Value
		}
		if e.Recipient != "" || seen == most {
			return errStop
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, errStop):
		e.Err = err
	case err == nil && found.damage != nil && found.events == 0:
		e.Err = &Error{Kind: ErrRead, Path: e.Path, Err: errors.New(string(found.damage.Why))}
	}
}

// Purge removes a case for good: its journal, its lock and every damaged copy.
// A tombstone with the id and the time stays, so that the id is not used
// again. A case that another program has open is refused with ErrHeld; one
// that was purged before, and whole, gives ErrPurged. A purge that was cut off
// can be repeated.
func (s *Store) Purge(id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	if s.readOnly {
		return &Error{Kind: ErrReadOnlyStore, Path: s.Path(id), Err: errors.New("the case folder was opened for reading")}
	}
	if files, err := s.filesOf(id); err != nil {
		return err
	} else if len(files) == 0 {
		if err := s.checkPurged(id); err != nil {
			return err
		}
		return &Error{Kind: ErrNotFound, Path: s.Path(id)}
	}
	l, err := s.take(id)
	if err != nil {
		return err
	}
	if err := s.purgeLocked(id); err != nil {
		return also(err, l.release())
	}
	if err := l.release(); err != nil {
		return purgeError(s.disk.path(lockName(id)), err)
	}
	return nil
}

// filesOf names the files of a case that hold its data.
func (s *Store) filesOf(id string) ([]string, error) {
	names, err := s.disk.list()
	if err != nil {
		return nil, &Error{Kind: ErrRead, Path: s.dir, Err: bare(err)}
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return name != journalName(id) && !isDamagedName(id, name)
	}), nil
}

// purgeLocked writes the tombstone and then removes, so that what is cut off
// in between is seen as purged.
func (s *Store) purgeLocked(id string) error {
	if err := s.bury(id); err != nil {
		return purgeError(s.disk.path(tombstoneName(id)), err)
	}
	files, err := s.filesOf(id)
	if err != nil {
		return err
	}
	for _, name := range files {
		if err := s.disk.remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return purgeError(s.disk.path(name), err)
		}
	}
	if err := s.disk.sync(); err != nil {
		return purgeError(s.dir, err)
	}
	return nil
}

// purgeError says that something is still there.
func purgeError(path string, err error) error {
	return &Error{Kind: ErrNotPurged, Path: path, Err: bare(err), Hint: "purge the case again, or remove the file by hand"}
}

// bury writes the tombstone. One of an earlier purge stays as it is.
func (s *Store) bury(id string) error {
	f, err := s.disk.open(tombstoneName(id), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		// A full disk must not keep anybody from deleting.
		if diskFull(err) {
			return nil
		}
		return err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s purged %s\n", id, s.clock().UTC().Format(time.RFC3339))
	_, err = f.Write(text.Bytes())
	if diskFull(err) {
		err = nil // the name alone says enough
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// checkPurged gives ErrPurged where a case has a tombstone.
func (s *Store) checkPurged(id string) error {
	info, err := s.disk.lstat(tombstoneName(id))
	if err != nil {
		return nil // a folder that cannot be read shows itself at the next step
	}
	return &Error{Kind: ErrPurged, Path: clip(id), Err: fmt.Errorf("on %s", info.ModTime().Format("2006-01-02"))}
}
