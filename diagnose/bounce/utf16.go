package bounce

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// wide maps the text of a UTF-16 input back to its bytes: Exchange and
// Microsoft 365 export UTF-16 with a byte order mark (RFC 2781 section 3.2).
// The input is read as the UTF-8 it amounts to; offsets are brought back to the
// bytes that hold the character, lines are the same in both.
type wide struct {
	text  string // the input as UTF-8
	size  int    // bytes of the raw input
	marks []int  // raw offset of each block of markBytes of text, or of the first character in it
}

// decodeUTF16 gives the text of an input that begins with a UTF-16 byte order
// mark, nil for any other, and whether a unit or half a pair was broken. What
// is broken becomes U+FFFD.
func decodeUTF16(raw string) (w *wide, damaged bool) {
	lo, hi := 0, 1
	switch {
	case strings.HasPrefix(raw, "\xff\xfe"):
	case strings.HasPrefix(raw, "\xfe\xff"):
		lo, hi = 1, 0
	default:
		return nil, false
	}
	w = &wide{size: len(raw)}
	out := make([]byte, 0, len(raw)/2+len(raw)/8)
	i := 2
	for i+1 < len(raw) {
		for len(w.marks) <= len(out)/markBytes {
			w.marks = append(w.marks, i)
		}
		r, n := rune(raw[i+lo])|rune(raw[i+hi])<<8, 2
		if utf16.IsSurrogate(r) {
			second := rune(0)
			if i+3 < len(raw) {
				second = rune(raw[i+2+lo]) | rune(raw[i+2+hi])<<8
			}
			if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
				n = 4
			} else {
				damaged = true
			}
		}
		out = utf8.AppendRune(out, r)
		i += n
	}
	damaged = damaged || i < len(raw)
	w.text = string(out)
	return w, damaged
}

// raw gives the raw offset of an offset in the text.
func (w *wide) raw(off int) int {
	off = max(0, min(off, len(w.text)))
	block := off / markBytes
	if block >= len(w.marks) {
		return w.size
	}
	at := w.marks[block]
	from := block * markBytes
	for from < len(w.text) && !utf8.RuneStart(w.text[from]) {
		from++ // the mark is of the first character that begins in the block
	}
	for from < off {
		r, n := utf8.DecodeRuneInString(w.text[from:])
		at += 2
		if r > 0xffff {
			at += 2
		}
		from += n
	}
	return min(at, w.size)
}

// restore brings the offsets of a report back to the raw input.
func (w *wide) restore(r *Report) {
	for _, f := range r.fields() {
		if f.Known() {
			f.Offset = w.raw(f.Offset)
		}
	}
}

// fields gives every field of a report.
func (r *Report) fields() []*Field {
	out := []*Field{&r.Recipient, &r.OriginalRecipient, &r.Sender, &r.ReplyCode, &r.EnhancedCode, &r.Diagnostic, &r.Command,
		&r.ReportingMTA, &r.RemoteMTA, &r.RemoteAddress, &r.OtherRemote, &r.MessageID, &r.Subject, &r.EnvelopeID, &r.QueueID,
		&r.Arrived.Field, &r.FailedAt.Field, &r.RetryUntil.Field, &r.Source, &r.SendingAddress, &r.SetupWarning}
	if in := r.Inner; in != nil {
		out = append(out, &in.Speaker, &in.Reply, &in.Code, &in.Enhanced)
	}
	out = append(out, &r.From)
	for i := range r.Signatures {
		out = append(out, &r.Signatures[i])
	}
	for i := range r.Through {
		out = append(out, &r.Through[i])
	}
	return out
}
