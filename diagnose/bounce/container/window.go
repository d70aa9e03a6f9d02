package container

import (
	"bytes"
	"errors"
	"io"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// window is the part of a stream that is looked at. It grows to what one piece
// needs and counts offset and line of what was taken.
type window struct {
	r        io.Reader
	buf      []byte
	from, to int   // buf[from:to] was read and not taken
	offset   int   // of buf[from] in the stream
	line     int   // of buf[from], from 1
	cr       bool  // every CR ends a line: an old mail store
	err      error // why nothing more comes; io.EOF at the end
}

const (
	firstWindow = 256 << 10
	handOver    = 1 << 20 // a longer piece takes the window's memory with it
)

func newWindow(r io.Reader) *window { return &window{r: r, line: 1} }

// expect makes the window as large as a short stream is.
func (w *window) expect(size int64) {
	if size < firstWindow {
		w.buf = make([]byte, size+512) // read to its end at once
	}
}

// ahead is what was read and not taken.
func (w *window) ahead() []byte { return w.buf[w.from:w.to] }

// fill reads until n bytes are ahead; false when the stream has fewer.
func (w *window) fill(n int) bool {
	for w.to-w.from < n && w.more() {
	}
	return w.to-w.from >= n
}

// more reads something; false at the end of the stream.
func (w *window) more() bool {
	if w.err != nil {
		return false
	}
	if w.to == len(w.buf) {
		w.room()
	}
	for tries := 0; tries < 100; tries++ {
		n, err := w.r.Read(w.buf[w.to:])
		w.to += n
		w.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// room makes space at the end. The steps are few, for each leaves garbage.
func (w *window) room() {
	held := w.to - w.from
	if size := len(w.buf); held > size/2 || size == 0 {
		for _, step := range [...]int{firstWindow, handOver, 4 * handOver, maxJSON + handOver, maxMessage + handOver, maxHeld + handOver} {
			if size < step {
				size = step
				break
			}
		}
		next := make([]byte, size)
		copy(next, w.buf[w.from:w.to])
		w.buf = next
	} else {
		copy(w.buf, w.buf[w.from:w.to])
	}
	w.from, w.to = 0, held
}

// take takes the next n bytes as a piece.
func (w *window) take(name string, n int) Piece {
	p := Piece{Name: name}
	if w.offset > 0 || w.line > 1 {
		p.Origin = bounce.Origin{{Offset: w.offset, Line: w.line}}
	}
	if n > handOver || w.err != nil && n == w.to-w.from && 2*n > len(w.buf) {
		p.Raw = w.buf[w.from : w.from+n : w.from+n]
		if n == w.to-w.from {
			w.count(p.Raw)
			w.buf, w.from, w.to = nil, 0, 0
			return p
		}
		rest := w.buf[w.from+n : w.to]
		w.count(p.Raw)
		w.buf = append(make([]byte, 0, max(firstWindow, len(rest))), rest...)
		w.buf = w.buf[:cap(w.buf)]
		w.from, w.to = 0, len(rest)
		return p
	}
	p.Raw = append(make([]byte, 0, n), w.buf[w.from:w.from+n]...)
	w.skip(n)
	return p
}

// skip passes over the next n bytes.
func (w *window) skip(n int) {
	w.count(w.buf[w.from : w.from+n])
	w.from += n
}

func (w *window) count(b []byte) {
	w.offset += len(b)
	w.line += bytes.Count(b, []byte{'\n'})
	if w.cr {
		w.line += bytes.Count(b, []byte{'\r'}) - bytes.Count(b, []byte("\r\n"))
	}
}

// lineEnd gives where the first line ahead ends, behind its line end; reads up
// to bound bytes for it. ok is false when there is no line end within them.
func (w *window) lineEnd(bound int) (end int, ok bool) {
	for seen := 0; ; {
		b := w.ahead()
		if i := bytes.IndexByte(b[min(seen, len(b)):], w.newline()); i >= 0 {
			if end = seen + i + 1; w.cr && end < len(b) && b[end] == '\n' {
				end++
			}
			return end, true
		}
		if seen = len(b); seen >= bound || !w.more() {
			return min(len(w.ahead()), bound), w.err != nil && len(w.ahead()) <= bound
		}
	}
}

func (w *window) newline() byte {
	if w.cr {
		return '\r'
	}
	return '\n'
}

// damage says, where the stream ended otherwise than at its end, what was wrong
// with the archive around it.
func (w *window) damage() (bounce.Finding, bool) {
	var over *bound
	switch {
	case w.err == nil || w.err == io.EOF || w.cause() != nil:
		return bounce.Finding{}, false
	case errors.As(w.err, &over):
		return bounce.Finding{Kind: bounce.LimitReached, Claim: over.says}, true
	}
	return bounce.Finding{Kind: bounce.Damaged, Claim: damaged(w.err)}, true
}

// cause is the error of the input itself that ended the stream.
func (w *window) cause() error {
	var source *sourceError
	if errors.As(w.err, &source) {
		return source.err
	}
	return nil
}

// bound is a bound that was hit while unpacking.
type bound struct{ says safe.Text }

func (b *bound) Error() string { return string(b.says) }
