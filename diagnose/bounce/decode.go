package bounce

import (
	"encoding/base64"
	"strings"

	"deadletter/diagnose/safe"
)

// textOf gives the text of a part: transfer encoding and charset undone, HTML
// brought to plain lines, bounded. It is made once.
func (d *doc) textOf(e *entity) *text {
	if e.text == nil {
		e.text = d.decode(e)
	}
	return e.text
}

func (d *doc) decode(e *entity) *text {
	end := e.end
	var t *text
	if strings.HasPrefix(e.kind, "multipart/") && len(e.parts) > 0 {
		end = e.body // its text is in its parts
	}
	// Encoded text is up to four times (base64: a third) larger than what it holds.
	if room := min(3*maxPartText, end-e.body); e.body+room < end {
		d.b.limit("text beyond 512 KiB of one part was not read", d.src.line(e.body+room))
		end = e.body + room
	}
	switch e.encoding {
	case "base64":
		t = d.fromBase64(e, end)
	case "quoted-printable":
		t = d.fromQuotedPrintable(e, end)
	default:
		t = d.plain(e, end)
	}
	t.part = e.part
	label := e.params.get("charset")
	if label == "" && e.kind == "text/html" {
		label = metaCharset(t)
	}
	d.charset(t, label) // before the tags are read: some charsets hide < in their letters
	if e.kind == "text/html" {
		t = htmlText(t)
	}
	return t
}

// room takes one line out of the bounds for decoded text.
func (d *doc) room(t *text, used *int, n, off int) bool {
	switch {
	case *used+n > maxPartText:
		d.limit("text beyond 512 KiB of one part was not read", off)
	case d.b.decoded+n > maxDecoded:
		d.limit("text beyond 4 MiB in all was not read", off)
	default:
		*used += n + 1
		d.b.decoded += n + 1
		return true
	}
	return false
}

func (d *doc) clip(s string, off int) string {
	if len(s) > maxLine {
		d.limit("a line longer than 64 KiB was cut", off)
		return cut(s, maxLine)
	}
	return s
}

// linesIn gives how many lines a span of text has at most, so that room for
// them is made once.
func (s *source) linesIn(from, to int) int {
	n := strings.Count(s.raw[from:to], "\n")
	if s.cr {
		n += strings.Count(s.raw[from:to], "\r")
	}
	return n + 1
}

// plain gives the lines as they stand.
func (d *doc) plain(e *entity, end int) *text {
	t := &text{exact: true, lines: make([]line, 0, d.src.linesIn(e.body, end))}
	lines := d.src.scan(e.body, end)
	for used := 0; ; {
		s, off, _, ok := lines.next()
		if !ok {
			return t
		}
		s = d.clip(s, off)
		if !d.room(t, &used, len(s), off) {
			return t
		}
		t.lines = append(t.lines, line{s, off})
	}
}

// fromQuotedPrintable undoes quoted-printable (RFC 2045 section 6.7). What is
// no proper escape stays as it stands.
func (d *doc) fromQuotedPrintable(e *entity, end int) *text {
	t := &text{lines: make([]line, 0, d.src.linesIn(e.body, end))}
	lines := d.src.scan(e.body, end)
	var joined []byte
	first := -1
	for used := 0; ; {
		s, off, _, ok := lines.next()
		if !ok {
			break
		}
		if first < 0 {
			first = off
		}
		s = strings.TrimRight(d.clip(s, off), " \t")
		if len(joined) == 0 && strings.IndexByte(s, '=') < 0 {
			if !d.room(t, &used, len(s), off) {
				return t
			}
			t.lines = append(t.lines, line{s, first})
			first = -1
			continue
		}
		body, soft := strings.CutSuffix(s, "=")
		joined = unescape(joined, body)
		if soft && len(joined) < maxLine {
			continue
		}
		if !d.room(t, &used, len(joined), off) {
			return t
		}
		t.add(string(joined), first)
		joined, first = joined[:0], -1
	}
	if len(joined) > 0 {
		t.add(string(joined), first)
	}
	return t
}

// add appends decoded text, which may hold line ends of its own.
func (t *text) add(s string, off int) {
	for {
		one, rest, more := strings.Cut(s, "\n")
		t.lines = append(t.lines, line{strings.TrimRight(one, "\r"), off})
		if !more {
			return
		}
		s = rest
	}
}

func unescape(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] != '=' {
			plain := strings.IndexByte(s[i:], '=')
			if plain < 0 {
				return append(b, s[i:]...)
			}
			b = append(b, s[i:i+plain]...)
			i += plain
		}
		if i+2 < len(s) {
			hi, ok1 := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if ok1 && ok2 {
				b = append(b, hi<<4|lo)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return b
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// fromBase64 undoes base64 (RFC 2045 section 6.8): characters outside the
// alphabet are skipped, a cut end gives what is whole.
func (d *doc) fromBase64(e *entity, end int) *text {
	t := &text{}
	lines := d.src.scan(e.body, end)
	var group [4]byte
	n, used, start := 0, 0, -1
	var out, pending []byte
	emit := func(off int) bool {
		for len(out) > 0 {
			i := strings.IndexByte(string(out), '\n')
			if i < 0 {
				break
			}
			pending = append(pending, out[:i]...)
			out = out[i+1:]
			if !d.room(t, &used, len(pending), off) {
				return false
			}
			t.lines = append(t.lines, line{strings.TrimRight(d.clip(string(pending), off), "\r"), start})
			pending, start = pending[:0], off
		}
		pending = append(pending, out...)
		out = out[:0]
		return len(pending) <= maxPartText
	}
	for {
		s, off, _, ok := lines.next()
		if !ok {
			break
		}
		if start < 0 {
			start = off
		}
		if strings.HasPrefix(s, "--") {
			continue
		}
		for i := 0; i < len(s); i++ {
			c := s[i]
			if c == '=' {
				if n > 1 {
					out = flushGroup(out, group, n)
				}
				n = 0
				continue
			}
			if !isBase64(c) {
				continue
			}
			group[n] = c
			if n++; n == 4 {
				out = flushGroup(out, group, 4)
				n = 0
			}
		}
		if !emit(off) {
			return t
		}
	}
	if n > 1 {
		out = flushGroup(out, group, n)
		d.b.damaged("base64 text ends in the middle of a group", d.src.line(max(start, e.body)))
	}
	if emit(max(start, e.body)) && len(pending) > 0 {
		t.lines = append(t.lines, line{d.clip(string(pending), start), max(start, e.body)})
	}
	return t
}

func isBase64(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}

func flushGroup(out []byte, group [4]byte, n int) []byte {
	var b [3]byte
	k, _ := base64.RawStdEncoding.Decode(b[:], group[:n])
	return append(out, b[:k]...)
}

// keepAtOnce is for how many bytes of values room is made at a time.
const keepAtOnce = 1 << 10

// keep copies a value out of the input, so that a report does not hold all of it.
func (d *doc) keep(v string) safe.Untrusted {
	if d.kept.Cap()-d.kept.Len() < len(v) {
		if len(v) > keepAtOnce/2 {
			return safe.Untrusted(strings.Clone(v))
		}
		d.kept.Reset()
		d.kept.Grow(keepAtOnce)
	}
	at := d.kept.Len()
	d.kept.WriteString(v)
	return safe.Untrusted(d.kept.String()[at:])
}

// shown bounds a value and makes a field of it at a raw offset.
func (d *doc) shown(v, part string, off int) Field {
	v = strings.TrimSpace(v)
	if v == "" {
		return Field{}
	}
	return Field{Value: d.keep(v), Part: part, Offset: off, Line: d.src.line(off)}
}
