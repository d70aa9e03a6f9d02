package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"deadletter/diagnose/bounce/container"
	"deadletter/diagnose/safe"
)

// walkChunk is how many names of one folder are held and sorted at once. A
// folder with more is walked by name within each such number of them.
const walkChunk = 50_000

// maxFolders bounds folders in folders.
const maxFolders = 100

// intake gives the pieces of everything behind the paths, in the order of the
// paths: files, folders by name, "-" for standard input. What cannot be read is
// a piece with an error, and the rest is read. A path may be a link; links in a
// folder are not followed, so that a walk neither leaves the folder nor ends up
// where it was. What is no file there, a pipe or a device, is passed over.
func intake(ctx context.Context, paths []string, stdin io.Reader, m *meter) iter.Seq[container.Piece] {
	return func(yield func(container.Piece) bool) {
		w := &walk{ctx: ctx, yield: yield, m: m}
		for _, path := range paths {
			if w.passed = nil; !w.path(path, stdin) || !w.say(path) {
				return
			}
		}
	}
}

// oneFile gives the pieces of a file on a disk.
func oneFile(ctx context.Context, path string) iter.Seq[container.Piece] {
	return func(yield func(container.Piece) bool) {
		w := &walk{ctx: ctx, yield: yield, m: &meter{}}
		f, err := openFile(path)
		if err != nil {
			w.fail(path, err)
			return
		}
		defer f.Close()
		w.stream(path, f)
	}
}

// errNoFile is a pipe, a socket or a device.
var errNoFile = errors.New("this is a pipe or a device, not a file")

// openFile opens a file on a disk that is named at the screen. A folder, a pipe
// or a device is refused: it may have no end, or do something when it is opened.
func openFile(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil {
		err = onDisk(info)
	}
	if err != nil {
		return nil, err
	}
	// It may be another by now: opening a pipe would wait for its writer.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = onDisk(info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func onDisk(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return syscall.EISDIR
	case !info.Mode().IsRegular():
		return errNoFile
	}
	return nil
}

// walk is a walk over files and folders.
type walk struct {
	ctx    context.Context
	yield  func(container.Piece) bool
	m      *meter
	passed []string // what was passed over under one path, the first few
	more   int      // and how many beside them
}

// path reads what is behind one path; false when nothing more is wanted.
func (w *walk) path(path string, stdin io.Reader) bool {
	if path == "-" {
		w.m.began()
		if f, ok := stdin.(*os.File); ok {
			return w.stream(path, f)
		}
		return w.read(path, w.m.reader(stdin))
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return w.fail(path, err)
	case info.IsDir():
		return w.folder(path, 0)
	}
	return w.file(path)
}

// folder reads what is in a folder.
func (w *walk) folder(path string, depth int) bool {
	if depth > maxFolders {
		return w.fail(path, errors.New("folders lie in each other more than 100 deep; what is in this one was not read"))
	}
	dir, err := os.Open(path)
	if err != nil {
		return w.fail(path, err)
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(walkChunk)
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
		for _, e := range entries {
			if w.ctx.Err() != nil {
				return false
			}
			p := filepath.Join(path, e.Name())
			switch {
			case e.IsDir():
				if !w.folder(p, depth+1) {
					return false
				}
			case e.Type().IsRegular():
				if !w.file(p) {
					return false
				}
			case len(w.passed) < 3:
				w.passed = append(w.passed, p)
			default:
				w.more++
			}
		}
		if err == io.EOF {
			return true
		}
		if err != nil {
			return w.fail(path, err)
		}
	}
}

// say names what was passed over under a path.
func (w *walk) say(path string) bool {
	if len(w.passed) == 0 {
		return true
	}
	more := ""
	if w.more > 0 {
		more = fmt.Sprintf(" and %d more", w.more)
	}
	list := strings.Join(w.passed, ", ")
	w.passed, w.more = nil, 0
	return w.yield(container.Piece{Name: path, Err: passedOver(fmt.Sprintf("links, pipes and devices in a folder are passed over: %s%s", list, more))})
}

// passedOver is a remark: nothing that was asked for is missing.
type passedOver string

func (p passedOver) Error() string { return string(p) }

// file reads a file. A pipe or device that is named itself is read as a stream.
func (w *walk) file(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return w.fail(path, err)
	}
	defer f.Close()
	w.m.began()
	return w.stream(path, f)
}

// stream reads an open file; one on a disk may be read in any order.
func (w *walk) stream(path string, f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return w.fail(path, err)
	}
	src := untilDone{w.ctx, f}
	if at, err := f.Seek(0, io.SeekCurrent); err != nil || at != 0 {
		return w.read(path, w.m.reader(src))
	}
	if !info.Mode().IsRegular() || info.Size() == 0 { // files of /proc have no size
		return w.read(path, w.m.reader(src))
	}
	return w.read(path, w.m.section(src, info.Size()))
}

// untilDone is a file that is read no further once its context is done: much of
// it may go by without a piece.
type untilDone struct {
	ctx context.Context
	f   *os.File
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.f.Read(p)
}

func (u untilDone) ReadAt(p []byte, off int64) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.f.ReadAt(p, off)
}

func (w *walk) read(path string, r io.Reader) bool {
	for p := range container.Open(path, r) {
		if w.ctx.Err() != nil || !w.yield(p) {
			return false
		}
	}
	return w.ctx.Err() == nil
}

func (w *walk) fail(path string, err error) bool {
	return w.yield(container.Piece{Name: path, Err: readError(err)})
}

// readError says what is so.
func readError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("you may not read this file")
	case errors.Is(err, syscall.EISDIR):
		return errors.New("this is a folder")
	case errors.Is(err, errNoFile):
		return errNoFile
	}
	return fmt.Errorf("it cannot be read: %w", err)
}

// complain words why a piece was not read, or what was noticed about the
// archive that it came from.
func complain(p container.Piece) (lines []string) {
	if p.Err != nil {
		lines = append(lines, fmt.Sprintf("deadletter: %s: %s", safe.Of(p.Name), safe.Of(p.Err.Error())))
	}
	for _, f := range p.Findings {
		lines = append(lines, fmt.Sprintf("deadletter: %s: %s", safe.Of(p.Name), f.Claim))
	}
	return lines
}
