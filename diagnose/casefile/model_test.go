package casefile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
)

// modelDisk is a disk that can fail at a chosen step and lose its power. What
// was not synced is lost then, or half there: a file keeps its synced bytes
// and a chosen share of the rest, a name lasts only once its folder is synced.
type modelDisk struct {
	files    map[string]*modelFile
	names    map[string]*modelFile // names that last
	locked   map[string]bool
	steps    int   // steps done
	failAt   int   // the step that fails, from 1; 0 for none
	failWith error // its error
	off      bool  // no step succeeds any more
	dieAt    int   // the step at which the power goes, from 1; 0 for none
	lying    bool  // sync says it is done and does nothing: a wrong disk
}

type modelFile struct {
	data  []byte
	safe  []byte
	syncs int
	grows bool // somebody adds to it at every read
}

var errPower = errors.New("the power is off")

func newModelDisk() *modelDisk {
	return &modelDisk{files: map[string]*modelFile{}, names: map[string]*modelFile{}, locked: map[string]bool{}}
}

// step counts one call that changes the disk.
func (d *modelDisk) step() error {
	d.steps++
	if d.dieAt != 0 && d.steps >= d.dieAt {
		d.off = true
	}
	if d.off {
		return errPower
	}
	if d.failAt == d.steps {
		return d.failWith
	}
	return nil
}

// restart gives the disk after the power came back; share in 0..4 is how many
// quarters of the unsynced bytes are there.
func (d *modelDisk) restart(share int, namesLast bool) *modelDisk {
	next := newModelDisk()
	names := d.names
	if namesLast {
		names = d.files
	}
	for name, f := range names {
		data := slices.Clone(f.safe)
		if n := len(f.data) - len(f.safe); n > 0 {
			data = append(data, f.data[len(f.safe):len(f.safe)+n*share/4]...)
		}
		kept := &modelFile{data: data, safe: slices.Clone(data)}
		next.files[name], next.names[name] = kept, kept
	}
	return next
}

func (d *modelDisk) path(name string) string { return "/model/" + name }
func (d *modelDisk) close() error            { return nil }

func (d *modelDisk) lstat(name string) (fs.FileInfo, error) {
	f, ok := d.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return modelInfo{name, int64(len(f.data))}, nil
}

func (d *modelDisk) list() (names []string, err error) {
	for name := range d.files {
		names = append(names, name)
	}
	return names, nil
}

func (d *modelDisk) open(name string, flag int) (file, error) {
	f, ok := d.files[name]
	switch {
	case ok && flag&os.O_EXCL != 0:
		return nil, fs.ErrExist
	case !ok && flag&os.O_CREATE == 0:
		return nil, fs.ErrNotExist
	case !ok:
		if err := d.step(); err != nil {
			return nil, err
		}
		f = &modelFile{}
		d.files[name] = f
	}
	return &modelHandle{d: d, f: f, name: name}, nil
}

func (d *modelDisk) remove(name string) error {
	if err := d.step(); err != nil {
		return err
	}
	if _, ok := d.files[name]; !ok {
		return fs.ErrNotExist
	}
	delete(d.files, name)
	return nil
}

func (d *modelDisk) sync() error {
	if err := d.step(); err != nil {
		return err
	}
	if d.lying {
		return nil
	}
	d.names = map[string]*modelFile{}
	for name, f := range d.files {
		d.names[name] = f
	}
	return nil
}

func (d *modelDisk) lock(name string, _ []byte) (lock, error) {
	if d.locked[name] {
		return nil, errLocked
	}
	d.locked[name] = true
	return modelLock{d, name}, nil
}

type modelLock struct {
	d    *modelDisk
	name string
}

func (l modelLock) release() error {
	delete(l.d.locked, l.name)
	return nil
}

type modelHandle struct {
	d    *modelDisk
	f    *modelFile
	name string
	at   int64
}

func (h *modelHandle) Read(p []byte) (int, error) {
	if h.f.grows {
		h.f.data = append(h.f.data, make([]byte, len(p))...)
	}
	if h.at >= int64(len(h.f.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.f.data[h.at:])
	h.at += int64(n)
	return n, nil
}

// Write of a step that fails puts half of the bytes there.
func (h *modelHandle) Write(p []byte) (int, error) {
	if err := h.d.step(); err != nil {
		h.f.data = append(h.f.data, p[:len(p)/2]...)
		return len(p) / 2, err
	}
	h.f.data = append(h.f.data, p...)
	return len(p), nil
}

func (h *modelHandle) Truncate(size int64) error {
	if err := h.d.step(); err != nil {
		return err
	}
	h.f.data = h.f.data[:size]
	if int64(len(h.f.safe)) > size {
		h.f.safe = h.f.safe[:size]
	}
	return nil
}

func (h *modelHandle) Sync() error {
	if err := h.d.step(); err != nil {
		return err
	}
	h.f.syncs++
	if !h.d.lying {
		h.f.safe = slices.Clone(h.f.data)
	}
	return nil
}

func (h *modelHandle) Seek(offset int64, _ int) (int64, error) { h.at = offset; return offset, nil }
func (h *modelHandle) Chmod(fs.FileMode) error                 { return nil }
func (h *modelHandle) Close() error                            { return nil }
func (h *modelHandle) Stat() (fs.FileInfo, error)              { return h.d.lstat(h.name) }

type modelInfo struct {
	name string
	size int64
}

func (i modelInfo) Name() string       { return i.name }
func (i modelInfo) Size() int64        { return i.size }
func (i modelInfo) Mode() fs.FileMode  { return 0o600 }
func (i modelInfo) ModTime() time.Time { return morning }
func (i modelInfo) IsDir() bool        { return false }
func (i modelInfo) Sys() any           { return nil }
