package bounce

import (
	"strings"
	"time"
)

// logLine is one line of a log: what syslog, a journal, a container or the
// program itself wrote before the message, and the message.
type logLine struct {
	text   string
	off    int     // of the line in the raw input
	joints []joint // where a line that was wrapped goes on
	time   piece   // as written
	host   piece
	tag    piece // the program as syslog names it, without pid: "postfix/smtp"
	pid    piece
	msg    piece
	rfc    bool // RFC 5424
}

// joint is a place where a wrapped line was joined.
type joint struct {
	col, off int
}

// offset gives the raw offset of a column.
func (l *logLine) offset(col int) int {
	for i := len(l.joints) - 1; i >= 0; i-- {
		if j := l.joints[i]; col >= j.col {
			return j.off + col - j.col
		}
	}
	return l.off + col
}

// maxPrefix bounds how far into a line its prefix reaches.
const maxPrefix = 512

// splitLog takes a log line apart. It knows the prefixes of RFC 3164 and RFC
// 5424, of rsyslog, of journalctl (short, precise, iso, full, unix, with-unit),
// of the containers' "stdout F" and "name | ", the times that programs write
// themselves, and no prefix at all; each also behind quote marks or indented.
// It allocates nothing.
func splitLog(s string) logLine {
	l := logLine{text: s}
	p := unmarked(piece{s, 0})
	for range 6 {
		rest, ok := l.peel(p)
		if !ok {
			break
		}
		p = rest
	}
	switch {
	case l.rfc:
		p = l.structured(p)
	case l.bare(p):
		p = l.structured(p)
	default:
		p = l.tagged(p)
	}
	if strings.HasPrefix(p.s, "[ID ") { // Solaris
		if i := strings.Index(p.s[:min(len(p.s), 60)], "] "); i > 0 {
			p = p.from(i + 2)
		}
	}
	l.msg = p
	return l
}

// unmarked skips indentation and the marks of quoted lines.
func unmarked(p piece) piece {
	for i := 0; i < len(p.s) && i < 40; i++ {
		switch c := p.s[i]; {
		case c == ' ' || c == '\t' || c == '>':
		case c == '|' && i+1 < len(p.s) && p.s[i+1] == ' ':
		case c == 0xef && strings.HasPrefix(p.s[i:], "\ufeff"):
			i += 2
		default:
			return p.from(i)
		}
	}
	return p
}

// peel takes one part of the prefix off: a priority, a time, a container's name.
func (l *logLine) peel(p piece) (piece, bool) {
	if len(p.s) < 3 {
		return p, false
	}
	switch c := p.s[0]; {
	case c == '<':
		i := strings.IndexByte(p.s[:min(len(p.s), 20)], '>')
		if i < 2 || strings.IndexByte(p.s[:i], '@') >= 0 {
			return p, false
		}
		rest := p.from(i + 1)
		if digit(p.s[1]) { // priority; "1 " is the version of RFC 5424
			if strings.HasPrefix(rest.s, "1 ") && (timeLen(rest.s[2:]) > 0 || strings.HasPrefix(rest.s[2:], "- ")) {
				l.rfc = true
				rest = rest.from(2)
				if rest.s[0] == '-' {
					rest = rest.from(2)
				}
			}
			return rest, true
		}
		if l.time.s != "" && strings.HasPrefix(rest.s, " ") { // BSD syslogd -v: <mail.info>
			return rest.from(1), true
		}
		return p, false
	case c == '[':
		if strings.HasPrefix(p.s, "[pod/") {
			if i := strings.Index(p.s[:min(len(p.s), maxPrefix)], "] "); i > 0 {
				return p.from(i + 2), true
			}
		}
		return p, false
	}
	if n := timeLen(p.s); n > 0 {
		if l.time.s == "" || yearless(l.time.s) && !yearless(p.s[:n]) {
			l.time = p.to(n)
		}
		rest := p.from(n)
		for len(rest.s) > 0 && (rest.s[0] == ' ' || rest.s[0] == '\t') {
			rest = rest.from(1)
		}
		if len(rest.s) > 9 && rest.s[0] == 's' && (rest.s[:7] == "stdout " || rest.s[:7] == "stderr ") && rest.s[8] == ' ' && (rest.s[7] == 'F' || rest.s[7] == 'P') {
			rest = rest.from(9)
		}
		return rest, true
	}
	if l.time.s == "" && letter(p.s[0]) { // docker compose: "mail-1  | "
		head := p.s[:min(len(p.s), 80)]
		if i := strings.Index(head, " | "); i > 0 && strings.IndexByte(strings.TrimRight(head[:i], " "), ' ') < 0 {
			return p.from(i + 3), true
		}
	}
	return p, false
}

// bare reports whether RFC 5424 fields without priority and version follow.
func (l *logLine) bare(p piece) bool {
	if l.time.s == "" || yearless(l.time.s) {
		return false
	}
	_, rest := p.word()
	app, rest := rest.word()
	pid, rest := rest.word()
	_, rest = rest.word()
	return isTag(app.s) && pid.s != "" && (pid.s == "-" || allDigits(pid.s)) && (strings.HasPrefix(rest.s, "- ") || strings.HasPrefix(rest.s, "["))
}

// structured reads HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG (RFC 5424 section 6).
func (l *logLine) structured(p piece) piece {
	l.rfc = true
	var msgID piece
	l.host, p = p.word()
	l.tag, p = p.word()
	l.pid, p = p.word()
	msgID, p = p.word()
	_ = msgID
	for _, f := range []*piece{&l.host, &l.tag, &l.pid} {
		if f.s == "-" {
			f.s = ""
		}
	}
	switch {
	case strings.HasPrefix(p.s, "- "):
		p = p.from(2)
	case p.s == "-":
		p = p.from(1)
	case strings.HasPrefix(p.s, "["):
		p = skipData(p)
	}
	if strings.HasPrefix(p.s, "\ufeff") {
		p = p.from(len("\ufeff"))
	}
	if l.tag.s == "" { // rsyslog may leave the tag in the message
		return l.tagged(p)
	}
	return p
}

// skipData skips structured data; within its quotes a backslash escapes.
func skipData(p piece) piece {
	quoted := false
	for i := 0; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ']' && !quoted:
			if rest := p.from(i + 1); !strings.HasPrefix(rest.s, "[") {
				if strings.HasPrefix(rest.s, " ") {
					rest = rest.from(1)
				}
				return rest
			}
		}
	}
	return p.from(len(p.s))
}

// tagged reads "host program[pid]: message" or "program[pid]: message". A word
// without a pid and of no program that is known may as well be a queue ID.
func (l *logLine) tagged(p piece) piece {
	first, rest := p.word()
	if tag, pid, ok := splitTag(first); ok && (pid.s != "" || programOfTag(tag.s) != noProgram) {
		l.tag, l.pid = tag, pid
		return rest
	}
	if len(first.s) > 255 || !namesHost(first.s) || eximIDLen(first.s) > 0 {
		return p
	}
	second, rest := rest.word()
	if tag, pid, ok := splitTag(second); ok && (l.time.s != "" || pid.s != "" || programOfTag(tag.s) != noProgram) {
		l.host, l.tag, l.pid = first, tag, pid
		return rest
	}
	return p
}

// splitTag takes "program[pid]:" apart.
func splitTag(w piece) (tag, pid piece, ok bool) {
	if len(w.s) < 2 || len(w.s) > 100 || w.s[len(w.s)-1] != ':' {
		return
	}
	w = w.to(len(w.s) - 1)
	if i := strings.IndexByte(w.s, '['); i > 0 && w.s[len(w.s)-1] == ']' {
		pid = piece{w.s[i+1 : len(w.s)-1], w.at + i + 1}
		w = w.to(i)
		if !allDigits(pid.s) {
			return
		}
	}
	return w, pid, isTag(w.s)
}

func isTag(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !letter(c) && !digit(c) && strings.IndexByte("/._-@+()", c) < 0 {
			return false
		}
	}
	return s != "" && letter(s[0])
}

func namesHost(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !letter(c) && !digit(c) && strings.IndexByte("._-:[]", c) < 0 {
			return false
		}
	}
	return s != "" && s[0] != '['
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !digit(s[i]) {
			return false
		}
	}
	return s != ""
}

// headed reports whether a line begins as a log line does, so that it does not
// go on with the line before.
func (l *logLine) headed() bool { return l.time.s != "" || l.tag.s != "" || l.rfc }

// when gives the time of the line, and what it does not say of it.
func (l *logLine) when(now time.Time) (at time.Time, lacks string) { return logTime(l.time.s, now) }
