package container

import (
	"bytes"

	"deadletter/diagnose/bounce"
)

// beginsJSON reports whether bytes begin with a brace or bracket and one of the
// characters that go on from there.
func beginsJSON(b []byte, open byte, on string) bool {
	if len(b) == 0 || b[0] != open {
		return false
	}
	rest := bytes.TrimLeft(b[1:min(len(b), headBytes)], " \t\r\n")
	return len(rest) > 0 && bytes.IndexByte([]byte(on), rest[0]) >= 0
}

// json gives one JSON value, which is not divided, so what is read of it is bounded.
func (in *input) json(name string, w *window) {
	more := w.fill(maxJSON + 1)
	p := w.take(name, min(len(w.ahead()), maxJSON))
	if more {
		p.Findings = append(p.Findings, bounce.Finding{Kind: bounce.LimitReached, Claim: "of one JSON value only the first 8 MiB were read; written one event a line all of it can be"})
		in.give(p)
		return
	}
	in.last(p, w)
}
