package bounce

import (
	"strings"
	"unsafe"

	"deadletter/diagnose/safe"
)

// LineKind says what one line of a log has to tell about a message.
type LineKind uint8

// The kinds of log lines.
const (
	LineOther    LineKind = iota // nothing about one message
	LineMemory                   // sender, message ID, client or recipients of a queue ID, needed by its later lines
	LineDelivery                 // what became of a recipient: delivered, put off, refused
	LineEnd                      // the queue is done with the ID, which may be used again
)

// LineOf tells of one line of a log, without its line end, what it has to tell,
// and by which ID it belongs to the others of its message: Postfix's,
// sendmail's and Exim's queue ID, the first eight digits of OpenSMTPD's
// envelope, Haraka's transaction, qmail's delivery or message. The ID is a part
// of line; it is empty where a line stands alone, as one of a client that was
// refused. A log may be cut between any two lines: the part behind the cut is
// read as the whole would be where the [LineMemory] lines of its IDs are put
// before it. It costs one look at the line and allocates nothing.
func LineOf(line []byte) (queueID []byte, kind LineKind) {
	// The string lives no longer than the call, and nobody writes to line meanwhile.
	l := splitLog(unsafe.String(unsafe.SliceData(line), min(len(line), maxLine)))
	_, id, kind := l.kind()
	if kind == LineOther || id.s == "" {
		return nil, kind
	}
	return line[id.at : id.at+len(id.s)], kind
}

// program is one that writes a log.
type program uint8

const (
	noProgram program = iota
	postfix
	exim
	sendmail
	opensmtpd
	haraka
	qmail
	programs // how many
)

// logPrograms holds, per program, how its lines are told.
var logPrograms = [programs]struct {
	format Format
	name   safe.Untrusted
	kind   func(msg piece) (id piece, kind LineKind)
}{
	postfix:   {FormatPostfixLog, "Postfix", postfixKind},
	exim:      {FormatEximLog, "Exim", eximKind},
	sendmail:  {FormatSendmailLog, "sendmail", sendmailKind},
	opensmtpd: {FormatOpenSMTPDLog, "OpenSMTPD", opensmtpdKind},
	haraka:    {FormatHarakaLog, "Haraka", harakaKind},
	qmail:     {FormatQmailLog, "qmail", qmailKind},
}

// programTags are the names, or their beginnings, under which the programs log.
var programTags = [...]struct {
	tag string
	of  program
}{
	{"postfix", postfix}, {"exim", exim}, {"sendmail", sendmail}, {"sm-", sendmail}, {"smtpd", opensmtpd}, {"opensmtpd", opensmtpd},
	{"haraka", haraka}, {"qmail", qmail},
}

// programOfTag gives the program that logs under a name of syslog.
func programOfTag(tag string) program {
	for i := range programTags {
		if t := &programTags[i]; len(tag) >= len(t.tag) && prefixFold(tag, t.tag) {
			return t.of
		}
	}
	return noProgram
}

// minTelling is how long the shortest message is that tells something.
const minTelling = len("reject: ")

// programSet is a set of programs.
type programSet uint8

func (s programSet) has(of program) bool { return s&(1<<of) != 0 }

// begins holds, by its first byte, which programs may have written a message
// that tells something. A queue ID, a session and most words begin with a letter
// or a digit; Exim and qmail may have put a time, a zone or a pid before them.
var begins = func() (t [256]programSet) {
	for i := range t {
		c := byte(i)
		t[i] = 1<<exim | 1<<qmail
		if letter(c) || digit(c) {
			t[i] |= 1<<postfix | 1<<sendmail
		}
		if _, ok := unhex(c); ok {
			t[i] |= 1 << opensmtpd
		}
	}
	t['l'] |= 1 << haraka // level=
	t['['] |= 1 << haraka
	return t
}()

// kind tells which program wrote the line and what the line tells. Where the
// name in the line is none of theirs, its message decides: every instance may
// log under a name of its own, and the journal may show the unit instead.
func (l *logLine) kind() (program, piece, LineKind) {
	if len(l.msg.s) < minTelling {
		return noProgram, piece{}, LineOther
	}
	if of := programOfTag(l.tag.s); of != noProgram {
		if id, kind := logPrograms[of].kind(l.msg); kind != LineOther {
			return of, id, kind
		}
		if of != opensmtpd { // "smtpd" is a name that others use as well
			return of, piece{}, LineOther
		}
	}
	for of := postfix; of < programs; of++ {
		if !begins[l.msg.s[0]].has(of) {
			continue
		}
		if id, kind := logPrograms[of].kind(l.msg); kind != LineOther {
			return of, id, kind
		}
	}
	return noProgram, piece{}, LineOther
}

// queueID takes "4B9A21F0A3: " off: letters and digits, one digit at least.
func queueID(msg piece) (id, rest piece, ok bool) {
	digits := false
	for i := 0; i < len(msg.s) && i < 40; i++ {
		switch c := msg.s[i]; {
		case digit(c):
			digits = true
		case letter(c):
		case c == ':' && digits && i >= 5 && i+1 < len(msg.s) && msg.s[i+1] == ' ':
			return msg.to(i), msg.from(i + 2), true
		default:
			return piece{}, msg, false
		}
	}
	return piece{}, msg, false
}

// isLogFormat reports whether a format is one of a log.
func isLogFormat(f Format) bool {
	switch f {
	case FormatPostfixLog, FormatEximLog, FormatSendmailLog, FormatOpenSMTPDLog, FormatHarakaLog, FormatQmailLog:
		return true
	}
	return false
}

// hasAny reports whether s begins with one of the words.
func hasAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}
