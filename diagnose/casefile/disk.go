package casefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// folder is what the store needs of the case folder. [diskFolder] gives the
// real one; tests give one that fails at a chosen step or loses its power.
// Names are names in the folder, never paths.
type folder interface {
	open(name string, flag int) (file, error) // regular files only
	lstat(name string) (fs.FileInfo, error)
	list() ([]string, error)
	remove(name string) error
	sync() error // makes created and removed names last
	lock(name string, holder []byte) (lock, error)
	path(name string) string
	close() error
}

// file is what the store needs of an open file. Writes go to its end.
type file interface {
	io.ReadWriteCloser
	io.Seeker // for reading
	Truncate(size int64) error
	Sync() error
	Chmod(mode fs.FileMode) error
	Stat() (fs.FileInfo, error)
}

// lock is a lock that is held. It ends with the process at the latest.
type lock interface {
	// release gives the lock back and removes its file.
	release() error
}

var (
	errNotRegular = errors.New("it is not an ordinary file")
	errMoved      = errors.New("the file was replaced while it was opened")
	errLocked     = errors.New("locked by another program")
	errNoLock     = errors.New("files cannot be locked here")
)

// diskFolder is the case folder on disk. Names cannot lead out of it.
type diskFolder struct {
	root *os.Root
	dir  string
}

func (d diskFolder) path(name string) string                { return filepath.Join(d.dir, name) }
func (d diskFolder) close() error                           { return d.root.Close() }
func (d diskFolder) lstat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }
func (d diskFolder) remove(name string) error               { return d.root.Remove(name) }

// open opens a regular file, never through a link. A file that changes its
// identity in between is refused.
func (d diskFolder) open(name string, flag int) (file, error) {
	before, err := d.root.Lstat(name)
	switch {
	case err == nil && !before.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil && flag&os.O_CREATE == 0:
		return nil, err
	}
	f, err := d.root.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, err
	}
	if err := sameFile(d, name, f.Stat); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// sameFile checks that an open file is the one that the name stands for.
func sameFile(d diskFolder, name string, stat func() (fs.FileInfo, error)) error {
	have, err := stat()
	if err != nil {
		return err
	}
	named, err := d.root.Lstat(name)
	if err != nil {
		return err
	}
	if !named.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	if !os.SameFile(have, named) {
		return &fs.PathError{Op: "open", Path: name, Err: errMoved}
	}
	return nil
}

func (d diskFolder) list() (names []string, err error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Readdirnames(-1)
}

// sync makes the folder's names last. Windows has no such call and needs none.
func (d diskFolder) sync() (err error) {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Sync()
}

// diskLock is a lock on a file of its own beside the journal.
type diskLock struct {
	d    diskFolder
	name string
	held *flock.Flock
}

// lock takes the lock without waiting. The lock belongs to the open file, so
// it is free again when its holder dies. The holder removes the file when it
// is done; whoever locked the removed file meanwhile sees that the name stands
// for another one, and tries again.
func (d diskFolder) lock(name string, holder []byte) (lock, error) {
	const most = 100
	for range most {
		if info, err := d.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
			return nil, &fs.PathError{Op: "lock", Path: name, Err: errNotRegular}
		}
		l := flock.New(d.path(name), flock.SetPermissions(0o600))
		got, err := l.TryLock()
		switch {
		case errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || cannotWrite(err) || diskFull(err):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errNoLock, err)
		case !got:
			return nil, errors.Join(errLocked, l.Close())
		}
		err = sameFile(d, name, l.Stat)
		if err == nil {
			d.inscribe(name, holder)
			return diskLock{d, name, l}, nil
		}
		if cerr := l.Close(); cerr != nil {
			return nil, errors.Join(err, cerr)
		}
		if !errors.Is(err, errMoved) && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, errLocked
}

// inscribe writes who holds the lock into its file. That is a courtesy to
// others: the lock holds without it, so a failure is no failure.
func (d diskFolder) inscribe(name string, holder []byte) {
	f, err := d.root.OpenFile(name, os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	if f.Truncate(0) == nil {
		_, _ = f.Write(holder)
	}
	_ = f.Close()
}

// release removes the file while the lock is still held, so that nobody's lock
// is removed but ours. Where an open file cannot be removed, it stays, empty of use.
func (l diskLock) release() error {
	err := l.d.remove(l.name)
	if errors.Is(err, fs.ErrNotExist) || runtime.GOOS == "windows" {
		err = nil
	}
	return errors.Join(err, l.held.Close())
}
