package bounce

import (
	"strings"
	"time"
)

// logLine is one line of a Postfix log.
type logLine struct {
	at      time.Time
	written string // the time as it stands
	host    string
	hostAt  int // column
	message string
	msgAt   int
	noYear  bool
}

// splitLog takes a log line apart: RFC 3164 and RFC 5424 prefixes, ISO times,
// with or without a priority; or no prefix at all.
func splitLog(s string, now time.Time) logLine {
	var l logLine
	head, prog := 0, strings.Index(s, "postfix")
	if prog < 0 {
		l.message, l.msgAt = s, 0
		return l
	}
	if strings.HasPrefix(s, "<") {
		if i := strings.IndexByte(s, '>'); i > 0 && i < 6 {
			head = i + 1
			if strings.HasPrefix(s[head:], "1 ") {
				head += 2
			}
		}
	}
	rest := s[head:]
	n := 0
	if at, length, ok := parseSyslogDate(rest, now); ok {
		l.at, l.noYear, n = at, true, length
	} else if i := strings.IndexByte(rest, ' '); i > 18 {
		if at, ok := parseDate(rest[:i]); ok {
			l.at, n = at, i
		} else if i+9 < len(rest) && i == 10 {
			if at, ok := parseDate(rest[:19]); ok {
				l.at, n = at, 19
			}
		}
	}
	l.written = rest[:n]
	if after := strings.TrimLeft(rest[n:], " "); n > 0 && head+n < prog {
		host, _, _ := strings.Cut(after, " ")
		if col := len(s) - len(after); col < prog && host != "" {
			l.host, l.hostAt = host, col
		}
	}
	tail := s[prog:]
	switch i := strings.Index(tail, "]: "); {
	case i >= 0 && i < 80:
		l.msgAt = prog + i + 3
	case strings.Contains(tail[:min(len(tail), 120)], " - - "):
		l.msgAt = prog + strings.Index(tail, " - - ") + 5
	case strings.Contains(tail[:min(len(tail), 80)], ": "):
		l.msgAt = prog + strings.Index(tail, ": ") + 2
	default:
		l.msgAt = len(s)
	}
	l.message = s[l.msgAt:]
	return l
}

// attribute finds name=<value> or name=value, at the beginning of s or behind
// a blank, with the offset of the name; -1 for none.
func attribute(s, name string) (string, int) {
	for from := 0; ; {
		i := strings.Index(s[from:], name)
		if i < 0 {
			return "", -1
		}
		i += from
		from = i + len(name)
		if i > 0 && s[i-1] != ' ' && s[i-1] != ',' && s[i-1] != ';' {
			continue
		}
		v := s[from:]
		if strings.HasPrefix(v, "<") {
			if j := strings.IndexByte(v, '>'); j > 0 {
				return v[1:j], i
			}
			return v[1:], i
		}
		if j := strings.IndexAny(v, ", "); j >= 0 {
			v = v[:j]
		}
		return v, i
	}
}
