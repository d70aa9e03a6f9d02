// Package casefile keeps the events of a case on disk: one journal a case,
// appended to and never rewritten.
//
// A journal is text, one record a line, with a length, a checksum and the hash
// of the record before it, so that a torn end is found and set aside, and an
// edit or a removal shows (see record.go). What a person decided is on the
// disk before Append returns; DNS answers, which can be asked again, are
// written at once but made to last in batches.
//
// One process writes a case at a time; others read it and are told who writes.
// Nothing here is needed for the work itself: where cases cannot be saved the
// error says so, and the case goes on in memory.
package casefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/adrg/xdg"

	"deadletter/diagnose/safe"
)

// Dir gives the case folder of this user: deadletter/cases under
// $XDG_DATA_HOME, or where the system keeps such data. It reads the
// environment anew, makes nothing, and is not for concurrent use. Without a
// home the error is ErrNoHome.
func Dir() (string, error) {
	_, herr := os.UserHomeDir()
	if herr != nil && !filepath.IsAbs(os.Getenv("XDG_DATA_HOME")) {
		return "", &Error{Kind: ErrNoHome, Err: herr, Hint: hintElsewhere}
	}
	xdg.Reload()
	if !filepath.IsAbs(xdg.DataHome) {
		return "", &Error{Kind: ErrNoHome, Path: xdg.DataHome, Err: errors.New("the path is not absolute"), Hint: hintElsewhere}
	}
	return filepath.Join(xdg.DataHome, "deadletter", "cases"), nil
}

// Options says who opens the store. The zero value is this process.
type Options struct {
	Clock    func() time.Time // time.Now when nil
	PID      int              // shown to others while a case is open; this process when 0
	Host     string           // likewise; this host when empty
	User     string           // likewise; left out when empty
	Version  string           // of the program, kept in new journals
	ReadOnly bool             // the folder is not made, and nothing is written
}

// Store is a folder of cases. It is safe for concurrent use.
type Store struct {
	disk     folder
	dir      string
	clock    func() time.Time
	who      Holder
	version  string
	readOnly bool
}

// OpenStore opens the case folder, and makes it with mode 0700 where it is
// missing. A folder that others may write to, that belongs to another user or
// that is a link is refused with ErrUnsafe; one that cannot be made gives
// ErrReadOnlyStore.
func OpenStore(dir string, o Options) (*Store, error) {
	if !filepath.IsAbs(dir) {
		return nil, &Error{Kind: ErrUnsafe, Path: dir, Err: errors.New("the path is not absolute")}
	}
	dir = filepath.Clean(dir)
	if !o.ReadOnly {
		if err := makeFolder(dir); err != nil {
			return nil, err
		}
	}
	root, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	s := newStore(diskFolder{root, dir}, o)
	s.dir = dir
	return s, nil
}

// newStore makes a store over any folder.
func newStore(d folder, o Options) *Store {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.PID == 0 {
		o.PID = os.Getpid()
	}
	if o.Host == "" {
		o.Host, _ = os.Hostname() // a host without a name is left out
	}
	who := Holder{PID: o.PID, Host: safe.Untrusted(o.Host), User: safe.Untrusted(o.User)}
	return &Store{disk: d, clock: o.Clock, who: who, version: o.Version, readOnly: o.ReadOnly}
}

// Dir gives the folder's path.
func (s *Store) Dir() string { return s.dir }

// Path gives where the journal of a case is or would be.
func (s *Store) Path(id string) string { return s.disk.path(journalName(id)) }

// Close gives the folder back. Journals that are open stay open.
func (s *Store) Close() error { return s.disk.close() }

// makeFolder makes the folder and those above it that are missing, each of
// mode 0700 and each made to last.
func makeFolder(dir string) error {
	if _, err := os.Lstat(dir); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return folderError(dir, err)
	}
	above := filepath.Dir(dir)
	if above == dir {
		return &Error{Kind: ErrReadOnlyStore, Path: dir, Err: fs.ErrNotExist, Hint: hintElsewhere}
	}
	if info, err := os.Stat(above); errors.Is(err, fs.ErrNotExist) {
		if err := makeFolder(above); err != nil {
			return err
		}
	} else if err != nil {
		return folderError(above, err)
	} else if !info.IsDir() {
		return folderError(above, syscall.ENOTDIR)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return folderError(dir, err)
	}
	return syncFolder(above)
}

// syncFolder makes the names in a folder last. A folder that may not be read
// cannot be synced; what was made in it is there all the same.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return folderError(dir, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return folderError(dir, err)
	}
	return nil
}

// folderError says that the folder cannot be had.
func folderError(dir string, err error) error {
	return &Error{Kind: ErrReadOnlyStore, Path: dir, Err: bare(err), Hint: hintElsewhere}
}

// openFolder opens the folder and checks that it is safe to use.
func openFolder(dir string) (*os.Root, error) {
	named, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Kind: ErrNotFound, Path: dir, Err: bare(err)}
	}
	if err != nil {
		return nil, folderError(dir, err)
	}
	if !named.IsDir() {
		return nil, &Error{Kind: ErrUnsafe, Path: dir, Err: fmt.Errorf("it is a %s, not a folder", kind(named.Mode())), Hint: "remove it, or set XDG_DATA_HOME to another folder"}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, folderError(dir, err)
	}
	if err := checkFolder(root, dir, named); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

// checkFolder checks the folder that was opened, not the name again.
func checkFolder(root *os.Root, dir string, named fs.FileInfo) error {
	info, err := root.Stat(".")
	if err != nil {
		return folderError(dir, err)
	}
	switch {
	case !os.SameFile(info, named):
		return &Error{Kind: ErrUnsafe, Path: dir, Err: errMoved}
	case ownedByOther(info):
		return &Error{Kind: ErrUnsafe, Path: dir, Err: errors.New("it belongs to another user"), Hint: "set XDG_DATA_HOME to a folder of your own"}
	case checkModes && info.Mode().Perm()&0o022 != 0:
		return &Error{Kind: ErrUnsafe, Path: dir, Err: fmt.Errorf("others may write to it (mode %04o)", info.Mode().Perm()), Hint: hintMode}
	}
	return nil
}

// kind names what is in the way.
func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "link"
	case m.IsRegular():
		return "file"
	}
	return "special file"
}
