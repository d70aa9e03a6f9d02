package bounce

import (
	"strings"
)

// mail is what a family reads: a message taken apart, or pasted text without
// a header.
type mail struct {
	d        *doc
	msg      *entity // nil for pasted text
	head     header
	status   []*text   // delivery-status parts, whatever type they are given
	report   *text     // feedback report
	human    []*text   // what is written for people, without the returned mail
	html     []*entity // read only where there is no plain text
	whole    *text     // pasted text, all of it; nil for a mail
	tail     *text     // what follows the line that announces the returned mail
	orig     returned
	inside   []*entity  // messages within
	attached []*entity  // mails attached as files, or hidden by a transfer encoding
	receipt  *text      // disposition notification (RFC 8098)
	log      *logReader // the input read as a log; see logOf

	low      string // the human text in lower case, bounded; see lower
	lowDone  bool
	lowGrams grams
	heads    []loweredField // header fields in lower case, as far as asked for
	headRoom [6]loweredField
	named    []mention
	nameDone bool

	wrote     bool // see written
	wroteDone bool

	quoted     [2]Field // message ID and subject that the human text quotes
	quotedDone bool
	headed     Stage // the stage that a heading of the notice names, with its command
	headedBy   Field
	headedDone bool
}

// loweredField is what stands in a field of the header, in lower case.
type loweredField struct{ name, value string }

// returned is the header of the mail that failed, as far as it came back.
type returned struct {
	h    header
	part string
}

// mail takes a message apart by what its parts are for.
func (d *doc) mail(msg *entity) *mail {
	m := &mail{d: d, msg: msg, head: msg.header}
	m.collect(msg)
	for _, t := range m.status {
		// a boundary that does not match leaves the returned header in this part
		if i, below := separator(t); len(m.orig.h) == 0 && i < len(t.lines) {
			if h, _ := d.headerOf(t.sub(below, len(t.lines))); len(h) > 1 {
				m.orig = returned{h, t.part}
			}
		}
	}
	if len(m.human) == 0 {
		for _, e := range m.html {
			m.addHuman(d.textOf(e))
		}
	}
	return m
}

// textMail makes a mail of text without a header.
func (d *doc) textMail(t *text) *mail {
	m := &mail{d: d, whole: t}
	m.addHuman(t)
	return m
}

func (m *mail) collect(e *entity) {
	for _, p := range e.parts {
		if p.embedded {
			m.inside = append(m.inside, p)
			if len(m.orig.h) == 0 {
				m.orig = returned{p.header, p.part}
			}
			continue
		}
		m.collect(p)
	}
	if len(e.parts) > 0 {
		return
	}
	if attachedMail(e) {
		m.attached = append(m.attached, e)
	}
	switch {
	case e.kind == "message/disposition-notification":
		m.receipt = m.d.textOf(e)
	case strings.HasPrefix(e.kind, "message/") && strings.HasSuffix(e.kind, "delivery-status"):
		if t := m.d.textOf(e); hasStatusFields(t) || len(m.status) == 0 {
			m.status = append(m.status, t)
		}
	case e.kind == "message/feedback-report":
		m.report = m.d.textOf(e)
	case e.kind == "text/rfc822-headers" || e.kind == "text/rfc822-header" || strings.HasPrefix(e.kind, "message/"):
		if h, _ := m.d.headerOf(m.d.textOf(e)); len(m.orig.h) == 0 {
			m.orig = returned{h, e.part}
		}
	case e.part != "" && e.header.has("Message-ID") && e.header.has("From", "Received", "To"):
		if len(m.orig.h) == 0 {
			m.orig = returned{e.header, e.part} // the returned mail stands in the part without a header of its own
		}
	case e.kind == "text/html":
		m.html = append(m.html, e)
	case strings.HasPrefix(e.kind, "text/"), e.multipart(), !strings.Contains(e.kind, "/"):
		m.addHuman(m.d.textOf(e))
	}
}

// addHuman takes a text part: a delivery-status block under a wrong type, the
// header of the returned mail, or words for people with the returned mail
// below them.
func (m *mail) addHuman(t *text) {
	if hasStatusFields(t) {
		m.status = append(m.status, t)
	}
	if len(m.human) > 0 && len(m.orig.h) == 0 && known(t) >= 3 {
		h, _ := m.d.headerOf(t)
		m.orig = returned{h, t.part}
		return
	}
	i, below := separator(t)
	m.human = append(m.human, t.sub(0, i))
	if below >= len(t.lines) {
		return
	}
	tail := t.sub(below, len(t.lines))
	if m.tail == nil {
		m.tail = tail
	}
	if len(m.orig.h) == 0 {
		if h, _ := m.d.headerOf(tail); len(h) > 1 {
			m.orig = returned{h, t.part}
		}
	}
}

// lower gives the human text in lower case for recognition, at most 16 KiB.
func (m *mail) lower() string {
	if m.lowDone {
		return m.low
	}
	var b strings.Builder
	for _, t := range m.human {
		if b.Len() == 0 && len(t.lines) > 0 {
			first, last := t.lines[0].off, t.lines[len(t.lines)-1]
			b.Grow(max(64, min(18<<10, last.off-first+len(last.s)+len(t.lines))))
		}
		for _, l := range t.lines {
			if b.Len() > 16<<10 {
				break
			}
			if s := cut(l.s, 2<<10); ascii(s) {
				writeLower(&b, s)
			} else {
				b.WriteString(strings.ToLower(s))
			}
			b.WriteByte('\n')
		}
	}
	m.low, m.lowDone = b.String(), true
	m.lowGrams.add(m.low)
	return m.low
}

// says reports whether the human text holds one of the phrases (lower case).
func (m *mail) says(phrases ...string) bool {
	low := m.lower()
	for _, p := range phrases {
		if m.lowGrams.may(p) && strings.Contains(low, p) {
			return true
		}
	}
	return false
}

// headSays reports whether a header field holds one of the phrases (lower case).
func (m *mail) headSays(name string, phrases ...string) bool {
	if m.msg == nil {
		return false
	}
	v := m.headLower(name)
	if v == "" {
		return false
	}
	for _, p := range phrases {
		if strings.Contains(v, p) {
			return true
		}
	}
	return false
}

func (m *mail) headLower(name string) string {
	for _, f := range m.heads {
		if f.name == name {
			return f.value
		}
	}
	v := strings.ToLower(words(m.head.value(name)))
	if m.heads == nil {
		m.heads = m.headRoom[:0]
	}
	m.heads = append(m.heads, loweredField{name, v})
	return v
}

// fromDaemon reports whether the mail comes from where notices come from.
func (m *mail) fromDaemon() bool {
	if m.msg == nil {
		return false
	}
	if m.headSays("From", "mailer-daemon", "mailer_daemon", "postmaster", "post_master", "mail delivery", "mail.delivery", "mail deliver system",
		"mail administrator", "mail delivery subsystem", "ndr administrator", "mailerdaemon") {
		return true
	}
	if f, ok := m.head.get("From"); ok && strings.Trim(f.value, " \t<>") == "" {
		return true
	}
	return m.head.has("X-Failed-Recipients")
}

// nullSender reports whether the mail was sent from the null reverse path
// (RFC 5321 section 4.5.5).
func (m *mail) nullSender() bool {
	for _, f := range m.head.all("Return-Path") {
		if v := unfold(f.value); v == "<>" || v == "" {
			return true
		}
	}
	return false
}

// headField makes a Field of a header field of the bounce.
func (m *mail) headField(name string) Field {
	f, ok := m.head.get(name)
	if !ok {
		return Field{}
	}
	return m.d.bodyField(f, m.part(), words(f.value))
}

func (m *mail) part() string {
	if m.msg == nil {
		return ""
	}
	return m.msg.part
}

// bodyField makes a Field of a value that was read from a header field.
func (d *doc) bodyField(f field, part, value string) Field {
	lead := len(f.value) - len(strings.TrimLeft(f.value, " \t\r\n"))
	off := f.off + lead
	if value != "" && off < len(d.src.raw) {
		// the value may stand behind a type or a bracket
		window := d.src.raw[off:min(len(d.src.raw), off+len(f.value)+1)]
		i := strings.Index(window, cut(value, 128))
		if i < 0 {
			i = strings.Index(window, firstWord(value)) // folded or joined
		}
		off += max(i, 0)
	}
	return d.shown(cut(value, maxDiagnostic), part, off)
}
