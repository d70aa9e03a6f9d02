package container

import (
	"bytes"

	"deadletter/diagnose/bounce"
)

// rows divides lines into what must not be parted, and says what each batch is
// read with.
type rows interface {
	// end gives the length of the last whole row of the bytes ahead; 0 for none.
	end(b []byte) int
	// longest is how long one row may be.
	longest() int
	// begin is given the bytes ahead before the first batch and gives how many
	// of them stand before every batch: a header.
	begin(b []byte) int
	// passed is given every batch.
	passed(b []byte, offset, line int) (head []byte, origin *bounce.Segment)
}

// batches gives lines, as many at once as one reading takes. A row that is too
// long is cut.
func (in *input) batches(name string, w *window, r rows) {
	header := w.take(name, r.begin(w.ahead()))
	head, at := header.Raw, bounce.Segment{Line: 1}
	if len(header.Origin) > 0 {
		at = header.Origin[0]
	}
	for {
		w.fill(maxBatch)
		b := w.ahead()
		n := r.end(b[:min(len(b), maxBatch)])
		long := false
		if n == 0 {
			end, whole := w.lineEnd(r.longest())
			n, long = end, !whole
		}
		if !long && n == len(w.ahead()) {
			w.more()
		}
		ended := w.err != nil && n == len(w.ahead())
		p := w.take(name, n)
		start := bounce.Segment{Line: 1}
		if len(p.Origin) > 0 {
			start = p.Origin[0]
		}
		if len(head) > 0 {
			p.Raw = append(append(make([]byte, 0, len(head)+len(p.Raw)), head...), p.Raw...)
			p.Origin = bounce.Origin{at, {At: len(head), Offset: start.Offset, Line: start.Line}}
		}
		if long {
			p.Findings = append(p.Findings, bounce.Finding{Kind: bounce.LimitReached, Claim: "a line that was too long to be read was cut", Line: w.line})
			for {
				end, whole := w.lineEnd(maxBatch)
				w.skip(end)
				if whole || end == 0 {
					break
				}
			}
			ended = w.err != nil && len(w.ahead()) == 0
		}
		if again, seg := r.passed(p.Raw[len(p.Raw)-n:], start.Offset, start.Line); again != nil {
			head, at = again, *seg
		}
		if ended {
			in.last(p, w)
			return
		}
		if !in.give(p) {
			return
		}
	}
}

// plainLines are lines of text or of a log.
type plainLines struct{}

func (plainLines) begin([]byte) int                                  { return 0 }
func (plainLines) longest() int                                      { return maxWhole }
func (plainLines) end(b []byte) int                                  { return lastLine(b) }
func (plainLines) passed([]byte, int, int) ([]byte, *bounce.Segment) { return nil, nil }

// lastLine gives where the last whole line ends; in old mail stores it is a CR
// that ends it.
func lastLine(b []byte) int {
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	return max(0, bytes.LastIndexByte(b[:max(0, len(b)-1)], '\r')+1)
}

// jsonLines are JSON values, one a line.
type jsonLines struct{ plainLines }

func (jsonLines) longest() int { return maxMessage }

// csvRows are records of RFC 4180, the first of them a header; a quoted cell
// may hold line ends. Lines that begin with # and name the fields stand before
// the header, or in its place (W3C extended log format, as Exchange writes it).
type csvRows struct {
	plainLines
	fields bool
}

const maxRecord = 64 << 10 // a longer record has a stray quote

func (r *csvRows) begin(b []byte) int {
	n := 0
	for n < len(b) && (b[n] == '#' || b[n] == '\r' || b[n] == '\n' || bytes.HasPrefix(b[n:], []byte("\ufeff#"))) {
		end := bytes.IndexByte(b[n:], '\n')
		if end < 0 {
			return 0
		}
		r.fields = r.fields || bytes.HasPrefix(b[n:], []byte("#Fields:"))
		n += end + 1
	}
	if r.fields {
		return n
	}
	return n + max(0, recordEnd(b[n:], false))
}

func (r *csvRows) end(b []byte) int {
	n := 0
	for n < len(b) {
		end := recordEnd(b[n:], false)
		if end == 0 && len(b)-n > maxRecord {
			end = recordEnd(b[n:], true)
		}
		if end == 0 {
			break
		}
		n += end
	}
	return n
}

// passed takes a new header that stands among the rows.
func (r *csvRows) passed(b []byte, offset, line int) ([]byte, *bounce.Segment) {
	if !r.fields {
		return nil, nil
	}
	i := bytes.LastIndex(b, []byte("\n#Fields:"))
	if i < 0 {
		return nil, nil
	}
	i++
	end := bytes.IndexByte(b[i:], '\n')
	if end < 0 {
		return nil, nil
	}
	return bytes.Clone(b[i : i+end+1]), &bounce.Segment{Offset: offset + i, Line: line + bytes.Count(b[:i], []byte{'\n'})}
}

// recordEnd gives the length of the first record with its line end; 0 when it
// does not end. With blind set, quotes mean nothing.
func recordEnd(b []byte, blind bool) int {
	quoted := false
	for n := 0; n < len(b); {
		end := bytes.IndexByte(b[n:], '\n')
		if end < 0 {
			return 0
		}
		if !blind && bytes.Count(b[n:n+end], []byte{'"'})%2 == 1 {
			quoted = !quoted
		}
		if n += end + 1; !quoted {
			return n
		}
		if n > maxRecord {
			return recordEnd(b, true)
		}
	}
	return 0
}
