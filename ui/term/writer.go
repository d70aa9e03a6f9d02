package term

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"sync"
)

// File is a terminal as Bubble Tea wants it: with a descriptor it can ask for
// the size. An *os.File is one.
type File interface {
	io.ReadWriteCloser
	Fd() uintptr
}

// Writer is the only way to a terminal. Each Write arrives whole, so that a
// clipboard sequence never lands inside a frame; and it remembers which modes
// are switched on, so that Reset can switch off exactly those.
// It is safe for concurrent use.
type Writer struct {
	file File

	mu    sync.Mutex
	modes map[int]bool // DEC private modes that are not as a shell expects them
}

// NewWriter takes over the writing to a terminal. Give the result to
// tea.WithOutput.
func NewWriter(file File) *Writer {
	return &Writer{file: file, modes: map[int]bool{}}
}

// Write writes p whole before anything else is written.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(p)
}

func (w *Writer) write(p []byte) (int, error) {
	w.note(p)
	n, err := w.file.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

// Read reads from the terminal.
func (w *Writer) Read(p []byte) (int, error) { return w.file.Read(p) }

// Close leaves the terminal open: it belongs to whoever started the program.
func (w *Writer) Close() error { return nil }

// Fd is the descriptor of the terminal.
func (w *Writer) Fd() uintptr { return w.file.Fd() }

const cursorShown = 25

// note keeps the modes that a frame sets (CSI ? n ; n h) and resets (l).
func (w *Writer) note(p []byte) {
	prefix := []byte("\x1b[?")
	for {
		_, rest, found := bytes.Cut(p, prefix)
		if !found {
			return
		}
		end := bytes.IndexFunc(rest, func(r rune) bool { return r != ';' && (r < '0' || r > '9') })
		if end < 0 {
			return
		}
		if final := rest[end]; final == 'h' || final == 'l' {
			for field := range bytes.SplitSeq(rest[:end], []byte(";")) {
				if mode, err := strconv.Atoi(string(field)); err == nil {
					w.set(mode, final == 'h')
				}
			}
		}
		p = rest[end:]
	}
}

func (w *Writer) set(mode int, on bool) {
	if on == (mode == cursorShown) {
		delete(w.modes, mode)
		return
	}
	w.modes[mode] = true
}

// Reset puts the terminal's modes back as a shell expects them: only those
// that were changed through this Writer and are still changed, and nothing at
// all where there are none. It may be called more than once.
func (w *Writer) Reset() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.modes) == 0 {
		return nil
	}
	modes := make([]int, 0, len(w.modes))
	for mode := range w.modes {
		modes = append(modes, mode)
	}
	slices.Sort(modes) // the cursor first, the screen late: the order does not matter to terminals, only to tests
	out := []byte("\x1b[0m")
	for _, mode := range modes {
		final := byte('l')
		if mode == cursorShown {
			final = 'h'
		}
		out = append(strconv.AppendInt(append(out, "\x1b[?"...), int64(mode), 10), final)
	}
	_, err := w.write(out)
	return err
}
