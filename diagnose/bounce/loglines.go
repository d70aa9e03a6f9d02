package bounce

import "strings"

// maxWrapped is how long an input may be for its lines to be looked at as ones
// that a mail program or a terminal wrapped. A log file is not wrapped.
const (
	maxWrapped  = 64 << 10
	maxJoints   = 40  // lines that one line of a log was wrapped into
	maxWrapWide = 250 // bytes of the widest line of a text that is wrapped
)

// logLines gives the lines of the input as lines of a log, one after the other.
type logLines struct {
	d     *doc
	lines scanner
	wide  int  // the widest line, where the input may be wrapped; else 0
	hard  bool // lines are broken at the width of a terminal, in the middle of a word
	ahead *logLine
}

func (d *doc) logLines() *logLines {
	n := &logLines{d: d, lines: d.src.scan(0, len(d.src.raw))}
	if len(d.src.raw) > maxWrapped {
		return n
	}
	for lines := d.src.scan(0, len(d.src.raw)); ; {
		s, _, _, ok := lines.next()
		if !ok {
			break
		}
		n.wide = max(n.wide, len(s))
	}
	if n.wide > maxWrapWide || n.wide < 40 {
		n.wide = 0
		return n
	}
	n.hard = n.terminal()
	return n
}

// terminal reports whether the lines are broken as a terminal does: all of
// them at its width. One alone may be so by chance, but mail is wrapped
// before column 80.
func (n *logLines) terminal() bool {
	breaks, last, in := 0, 0, false
	for lines := n.d.src.scan(0, len(n.d.src.raw)); ; {
		s, _, _, ok := lines.next()
		if !ok {
			return breaks > 1 || breaks == 1 && n.wide >= 80
		}
		l := splitLog(s)
		switch _, _, kind := l.kind(); {
		case l.headed() || kind != LineOther:
			in = true
		case unmarked(piece{s, 0}).s == "":
			in = false
		case in && last != n.wide:
			return false
		case in:
			breaks++
		}
		last = len(s)
	}
}

// next gives a line, with those joined that it was wrapped into.
func (n *logLines) next() (logLine, bool) {
	l, ok := n.one()
	if !ok || n.wide == 0 || l.text == "" {
		return l, ok
	}
	if _, _, kind := l.kind(); !l.headed() && kind == LineOther {
		return l, true
	}
	last := l.text // the physical line that was read last
	marks := last[:unmarked(piece{last, 0}).at]
	for len(l.joints) < maxJoints {
		more, ok := n.one()
		if !ok {
			break
		}
		at := unmarked(piece{more.text, 0})
		if !n.goesOn(last, more, at) {
			n.ahead = &more
			break
		}
		glue := " "
		if n.hard {
			glue, at = "", piece{more.text, 0}
			if strings.HasPrefix(more.text, marks) {
				at = at.from(len(marks))
			}
		} else if strings.HasSuffix(last, " ") {
			glue = ""
		}
		l.joints = append(l.joints, joint{len(l.text) + len(glue), more.off + at.at})
		l.text += glue + at.s
		last = more.text
	}
	if len(l.joints) > 0 {
		off, joints := l.off, l.joints
		l = splitLog(l.text)
		l.off, l.joints = off, joints
	}
	return l, true
}

// goesOn reports whether a line goes on with the one before: it has no head of
// its own, and its first word would not have fitted there.
func (n *logLines) goesOn(last string, l logLine, at piece) bool {
	if at.s == "" || l.headed() || strings.Trim(at.s, "`~=-*_ ") == "" {
		return false
	}
	if _, _, kind := l.kind(); kind != LineOther {
		return false
	}
	if n.hard {
		return len(last) == n.wide
	}
	word, _ := at.word()
	return len(strings.TrimRight(last, " "))+1+len(word.s) > n.wide
}

// one gives the next line as it stands.
func (n *logLines) one() (logLine, bool) {
	if l := n.ahead; l != nil {
		n.ahead = nil
		return *l, true
	}
	s, off, _, ok := n.lines.next()
	if !ok {
		return logLine{}, false
	}
	if len(s) > maxLine {
		n.d.b.limit("a line longer than 64 KiB was cut", n.d.src.line(off))
		s = cut(s, maxLine)
	}
	if n.wide == 0 && !mayTell(s) {
		return logLine{text: s, off: off}, true
	}
	l := splitLog(s)
	l.off = off
	return l, true
}

// mayTell is a cheap look at a line that stands by itself: where it is false,
// the line neither has a program's name nor tells anything. A name or a queue
// ID ends in a colon, and only a clock has a digit behind that; arrows, brackets,
// keys and Exim's IDs have signs of their own; the rest are words.
func mayTell(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '=', '[', '<', '>', '*', '-':
			return true
		case ':':
			if i+1 == len(s) || !digit(s[i+1]) {
				return true
			}
		}
	}
	return len(s) >= minTelling && (strings.Contains(s, "msg ") || strings.Contains(s, "rejected "))
}
