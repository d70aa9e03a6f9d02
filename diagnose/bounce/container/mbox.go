package container

import (
	"bytes"
	"strconv"
	"strings"

	"deadletter/diagnose/bounce"
)

// maxLies is after how many wrong Content-Length fields none is believed.
const maxLies = 3

// lookAhead is how much behind a From line is looked at to tell a separator
// from a sentence.
const lookAhead = 2 << 10

// mbox divides a stream of messages at its From lines. The lines stay as they
// are, ">From " too: every byte of a message has its offset.
type mbox struct {
	w    *window
	led  bool // the stream begins with a From line, so others divide it
	lies int
}

// messages gives the messages of a stream one by one. led tells an mbox from a
// mail, or several mails pasted one behind the other.
func (in *input) messages(name string, w *window, led bool) {
	m := &mbox{w: w, led: led}
	for {
		end, next := m.next()
		p := w.take(name, min(end, maxMessage+1))
		if !next && end <= maxMessage {
			in.last(p, w)
			return
		}
		if !in.give(p) {
			return
		}
		if next {
			continue
		}
		if !led || !m.beyond() { // the rest of an overlong message
			in.broken(name, w)
			return
		}
	}
}

// next gives the length of the message ahead, and whether another follows. A
// message that is too long ends behind the bound, and none follows yet.
func (m *mbox) next() (end int, another bool) {
	w := m.w
	needle := []byte{w.newline(), 'F', 'r', 'o', 'm', ' '}
	for from := 0; ; {
		b := w.ahead()
		i := bytes.Index(b[min(from, len(b)):], needle)
		switch {
		case i >= 0:
			at := from + i + 1
			if at > maxMessage {
				return maxMessage + 1, false
			}
			if w.fill(at + lookAhead); m.divides(at) {
				if end, ok := m.counted(at); ok {
					if end == len(w.ahead()) {
						return end, false
					}
					return end, true
				}
				return at, true
			}
			from = at
		case len(b) > maxMessage:
			return maxMessage + 1, false
		default:
			from = max(from, len(b)-len(needle)+1)
			if !w.more() {
				return len(w.ahead()), false
			}
		}
	}
}

// beyond passes over the rest of a message that was too long; false when no
// other message follows.
func (m *mbox) beyond() bool {
	w := m.w
	needle := []byte{w.newline(), 'F', 'r', 'o', 'm', ' '}
	for {
		b := w.ahead()
		i := bytes.Index(b, needle)
		if i < 0 {
			w.skip(max(0, len(b)-lookAhead))
			if !w.more() {
				return false
			}
			continue
		}
		at := i + 1
		if w.fill(at + lookAhead); m.divides(at) {
			w.skip(at)
			return true
		}
		w.skip(max(1, at-8)) // a blank line before the next From line stays ahead
	}
}

// divides reports whether the From line at a place ahead begins a message: it
// stands behind a blank line, and reads as an envelope with a header behind it.
func (m *mbox) divides(at int) bool {
	b := m.w.ahead()
	before, ok := m.cutEnd(b[:at])
	if !ok {
		return false
	}
	if before, ok = m.cutEnd(before); !ok || m.inPart(before) {
		return false
	}
	sender, ok := m.envelope(b[at:])
	return ok && (m.led || nullSender(sender) || m.nullReturn(b[at:]))
}

// cutEnd takes a line end off.
func (m *mbox) cutEnd(b []byte) ([]byte, bool) {
	if m.w.cr {
		return bytes.CutSuffix(b, []byte{'\r'})
	}
	b, ok := bytes.CutSuffix(b, []byte{'\n'})
	return bytes.TrimSuffix(b, []byte{'\r'}), ok
}

// inPart reports whether text ends in the header of a MIME part that is a
// message: some programs return the mail with its From line.
func (m *mbox) inPart(b []byte) bool {
	b = b[max(0, len(b)-1024):]
	for fields := 0; fields < 12; fields++ {
		i := bytes.LastIndexByte(b, m.w.newline())
		line := bytes.TrimSpace(b[i+1:])
		if len(line) == 0 || i < 0 {
			return false
		}
		if bytes.HasPrefix(line, []byte("--")) {
			return fields > 0
		}
		if lower := bytes.ToLower(line); !bytes.HasPrefix(lower, []byte("content-")) && b[i+1] != ' ' && b[i+1] != '\t' {
			return false
		}
		b = bytes.TrimRight(b[:i], "\r")
	}
	return false
}

// envelope reads a From line, "From sender date": it has a date, and a header
// field or the end behind it; or it has no date and mail's header behind it.
func (m *mbox) envelope(b []byte) (sender string, ok bool) {
	b = b[:min(len(b), lookAhead)]
	line, rest := m.cutLine(b)
	fields := strings.Fields(string(line[min(len(line), len("From ")):min(len(line), 500)]))
	if len(fields) == 0 {
		return "", bounce.BeginsMail(rest)
	}
	sender = fields[0]
	if !dated(fields[1:]) {
		return sender, bounce.BeginsMail(rest) && fieldLike(m.first(rest))
	}
	next := m.first(rest)
	return sender, len(rest) == 0 || fieldLike(next) || bytes.HasPrefix(next, []byte(">From "))
}

func (m *mbox) cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte{m.w.newline()})
	return line, rest
}

func (m *mbox) first(b []byte) []byte {
	line, _ := m.cutLine(b)
	return line
}

// dated reports whether words hold a month, a time and a year.
func dated(words []string) bool {
	month, clock, year := false, false, false
	for _, s := range words[:min(len(words), 12)] {
		switch {
		case len(s) == 3 && strings.Contains("JanFebMarAprMayJunJulAugSepOctNovDec", s):
			month = true
		case len(s) >= 4 && len(s) <= 8 && s[len(s)-3] == ':' && digits(s[:1]) && digits(s[len(s)-2:]):
			clock = true
		case len(s) == 4 && digits(s) && (s[0] == '1' && s[1] == '9' || s[0] == '2'):
			year = true
		}
	}
	return month && clock && year
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// fieldLike reports whether a line begins as a header field does.
func fieldLike(line []byte) bool {
	i := bytes.IndexByte(line, ':')
	return i > 0 && !bytes.ContainsAny(line[:i], " \t<>@\"")
}

// nullSender tells the envelope of a notification.
func nullSender(s string) bool {
	s = strings.ToLower(strings.Trim(s, "<>"))
	local, _, _ := strings.Cut(s, "@")
	return s == "" || s == "-" || local == "mailer-daemon" || local == "postmaster"
}

// nullReturn reports whether a header behind a From line is a notification's.
func (m *mbox) nullReturn(b []byte) bool {
	b = b[:min(len(b), lookAhead)]
	for len(b) > 0 {
		var line []byte
		line, b = m.cutLine(b)
		if line = bytes.TrimSpace(line); len(line) == 0 {
			return false
		}
		if value, ok := cutField(line, "return-path"); ok && nullSender(value) {
			return true
		}
		if value, ok := cutField(line, "from"); ok && strings.Contains(strings.ToLower(value), "mailer-daemon@") {
			return true
		}
	}
	return false
}

func cutField(line []byte, name string) (string, bool) {
	if len(line) <= len(name) || line[len(name)] != ':' || !strings.EqualFold(string(line[:len(name)]), name) {
		return "", false
	}
	return strings.TrimSpace(string(line[len(name)+1:])), true
}

// counted gives where the message ahead ends by its Content-Length (mboxcl2
// escapes no From lines), where that lies beyond the From line at a place, and
// another From line or the end of the stream stands there.
func (m *mbox) counted(at int) (end int, ok bool) {
	if !m.led || m.lies >= maxLies {
		return 0, false
	}
	b := m.w.ahead()[:at]
	header := bytes.Index(b, []byte{m.w.newline(), m.w.newline()})
	body := header + 2
	if i := bytes.Index(b, []byte("\n\r\n")); i >= 0 && (header < 0 || i < header) {
		header, body = i, i+3
	}
	if header < 0 {
		return 0, false
	}
	length := -1
	for head := b[:header]; len(head) > 0; {
		var line []byte
		line, head = m.cutLine(head)
		if value, is := cutField(bytes.TrimSpace(line), "content-length"); is {
			if n, err := strconv.Atoi(value); err == nil {
				length = n
			}
			break
		}
	}
	if length < 0 || length > maxMessage-body || body+length <= at {
		return 0, false
	}
	end = body + length
	m.w.fill(end + lookAhead)
	b = m.w.ahead()
	if end <= len(b) {
		for range 2 {
			if end < len(b) && b[end] == '\r' && !m.w.cr {
				end++
			}
			if end < len(b) && b[end] == m.w.newline() {
				end++
			}
		}
		if end == len(b) && m.w.err != nil || bytes.HasPrefix(b[end:], []byte("From ")) {
			return end, true
		}
	}
	m.lies++
	return 0, false
}

// mboxBegins reports whether the first line that is not blank is a From line.
func (w *window) mboxBegins() bool {
	b := w.ahead()
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n")
	if !bytes.HasPrefix(b, []byte("From ")) {
		return false
	}
	_, ok := (&mbox{w: w}).envelope(b)
	return ok
}
