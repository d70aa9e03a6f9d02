// Package container opens what bounces come packed in: an mbox, a zip, a tar, a
// gzip or bzip2 stream, one in another, a log of any length. It gives pieces one
// after the other, each small enough for [bounce.Read], and keeps no more of
// the input than the piece at hand. What an input is, it sees by the content.
//
// Sources: RFC 4155 (mbox), the Dovecot and qmail manuals (mboxo, mboxrd,
// mboxcl), RFC 1952 (gzip), PKWARE's APPNOTE.TXT (zip), POSIX pax (tar).
package container

import (
	"errors"
	"io"
	"iter"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// The bounds of one input. What lies beyond one is left out, and a finding or a
// piece with an error says so; what came before is still given.
const (
	maxMessage  = 25 << 20  // bytes of a message, or of anything that cannot be divided
	maxJSON     = 8 << 20   // bytes of one JSON value, which is not divided; reading it takes several times its room
	maxWhole    = 512 << 10 // bytes of lines that are read as one; of a longer log the messages are read one by one
	maxBatch    = 128 << 10 // bytes of lines given at once
	maxNesting  = 3         // archives in archives
	maxMembers  = 100_000   // members of one archive
	maxIndex    = 8 << 20   // bytes of a zip's directory, which is read into memory
	maxHeld     = 32 << 20  // bytes of a zip that is not a file of its own and is held in memory
	maxUnpacked = 256 << 30 // bytes unpacked of one input
	freeRatio   = 8 << 20   // bytes unpacked before the ratio is looked at
	maxRatio    = 100       // bytes unpacked of one packed; logs reach 30, a bomb 1,000
	maxName     = 1 << 10   // bytes kept of the path of a member
)

// Piece is something to read: a message, or lines of a log.
type Piece struct {
	Name     string           // the input's name; of a member of an archive "/" and its path after it. Untrusted
	Raw      []byte           // the bytes; they belong to the receiver
	Origin   bounce.Origin    // where they stand in the unpacked bytes of that name
	Findings []bounce.Finding // what was noticed about the archive
	Err      error            // nothing can be read here: what is so, and what to do. Raw is empty
}

// Read reads a piece.
func (p Piece) Read(opts bounce.Options) bounce.Result {
	opts.Name, opts.Origin = p.Name, p.Origin
	res := bounce.Read(p.Raw, opts)
	if len(p.Findings) > 0 {
		res.Findings = append(p.Findings[:len(p.Findings):len(p.Findings)], res.Findings...)
	}
	return res
}

// sized is an input whose bytes can be read in any order: a file, or memory.
type sized interface {
	io.ReaderAt
	Size() int64
}

// Open gives the pieces of an input. There is at least one, if it is an empty
// one. A zip needs its bytes in any order: where src has ReadAt and Size of the
// whole input, as a bytes.Reader or an io.SectionReader, any zip is read; else
// one of at most 32 MiB. An error of src ends the input: what came before it is
// given, and the error in a piece of its own.
func Open(name string, src io.Reader) iter.Seq[Piece] {
	return func(yield func(Piece) bool) {
		in := &input{yield: yield}
		w := newWindow(sourceReader{src})
		if s, ok := src.(sized); ok {
			in.file = s
			w.expect(s.Size())
		}
		in.open(name, w, 0)
	}
}

// input is one input that is being opened, with what it has used of the bounds.
type input struct {
	yield    func(Piece) bool
	file     sized // the input itself, where its bytes can be read in any order
	packed   int64 // bytes that the outermost unpacking took; of a zip, which is read in any order, all of them
	packings int   // unpackings around what is read now
	unpacked int64
	done     bool // nothing more is wanted, or a bound of the whole input was hit
}

// give hands a piece out.
func (in *input) give(p Piece) bool {
	if in.done {
		return false
	}
	if !in.yield(p) {
		in.done = true
	}
	return !in.done
}

// fail hands out why something is not read.
func (in *input) fail(name string, says safe.Text) bool {
	return in.give(Piece{Name: name, Err: errors.New(string(says))})
}

// open gives the pieces of a stream by what it holds.
func (in *input) open(name string, w *window, nested int) {
	kind := w.recognise()
	if kind.archive() && nested >= maxNesting {
		in.fail(name, "archives are packed in each other more than three deep; unpack the outer ones first")
		return
	}
	switch kind {
	case kindGzip, kindBzip2:
		in.unpack(name, w, kind, nested)
	case kindZip:
		in.zip(name, w, nested)
	case kindTar:
		in.tar(name, w, nested)
	case kindForeign:
		in.fail(name, foreign(w.ahead()))
	case kindBinary:
		in.give(w.take(name, min(len(w.ahead()), headBytes)))
	case kindMbox:
		in.messages(name, w, true)
	case kindMail:
		in.messages(name, w, false)
	case kindJSON:
		in.json(name, w)
	case kindJSONLines:
		in.batches(name, w, &jsonLines{})
	case kindCSV:
		in.batches(name, w, &csvRows{})
	case kindLog:
		in.log(name, w)
	case kindText:
		in.batches(name, w, &plainLines{})
	default:
		in.whole(name, w)
	}
}

// whole gives what cannot be divided, up to one byte more than is read of it.
func (in *input) whole(name string, w *window) {
	w.fill(maxMessage + 1)
	p := w.take(name, min(len(w.ahead()), maxMessage+1))
	in.last(p, w)
}

// last gives the last piece of a stream, with what ended the stream.
func (in *input) last(p Piece, w *window) {
	if f, ok := w.damage(); ok && len(p.Raw) > 0 {
		p.Findings = append(p.Findings, f)
		in.give(p)
		return
	}
	if len(p.Raw) > 0 || w.err == nil || w.err == io.EOF {
		in.give(p)
	}
	in.broken(p.Name, w)
}

// broken says why a stream ended before its end.
func (in *input) broken(name string, w *window) {
	if f, ok := w.damage(); ok {
		in.fail(name, f.Claim)
	} else if err := w.cause(); err != nil {
		in.fail(name, safe.Textf("it cannot be read on: %s", err))
	}
}

// sourceReader marks the errors of the input itself.
type sourceReader struct{ r io.Reader }

func (s sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		err = &sourceError{err}
	}
	return n, err
}

// sourceError is an error of the input itself: a disk, a pipe.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }
