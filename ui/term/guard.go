package term

import (
	"errors"
	"sync"

	"golang.org/x/term"
)

// Guard remembers how the terminal is set now, and gives what puts it back:
// the line discipline of in and of w, and the modes that were set through w.
// Bubble Tea does the same at an orderly end; this is for all the others, so
// defer it around the program, and call it before the words of a panic are
// printed. It may be called more than once and does its work once.
// A descriptor that is no terminal is left alone.
func Guard(in File, w *Writer) (restore func() error) {
	type setting struct {
		fd    int
		state *term.State
	}
	var saved []setting
	for _, fd := range []uintptr{in.Fd(), w.Fd()} {
		if state, err := term.GetState(int(fd)); err == nil {
			saved = append(saved, setting{int(fd), state})
		}
	}
	return sync.OnceValue(func() error {
		err := w.Reset()
		for _, s := range saved {
			err = errors.Join(err, term.Restore(s.fd, s.state))
		}
		return err
	})
}
