package bounce

import (
	"slices"
	"strings"

	"deadletter/diagnose/safe"
)

// written reports whether a person or a list sent the mail, not a mail system:
// a program for people wrote it, it went to many, or its subject is that of an
// answer or a forward. What such a mail quotes of a bounce is read as a
// forward, and only where it holds a whole one:
//
//   - a message within it, as a part or as an attached .eml file, that is a bounce;
//   - the header lines of a bounce that a mail program writes above what it
//     forwards, with the notice below them;
//   - the text of a notice of fixed wording, or a delivery-status block, that
//     names a recipient and what became of its mail; in mail to many only
//     below such header lines, since newsletters show examples.
//
// A reply that is only mentioned, a code, or talk about a bounce is none.
func (m *mail) written() bool {
	if !m.wroteDone {
		m.wroteDone = true
		m.wrote = m.msg != nil && !m.fromDaemon() && !m.nullSender() && m.msg.params.get("report-type") == "" &&
			(m.personal() || m.bulk() || m.isAnswer())
	}
	return m.wrote
}

// answerSubjects begin the subject of an answer, in lower case.
var answerSubjects = []string{"re:", "aw:", "sv:", "antw:", "odp:", "rif:", "ref:", "res:", "\u56de\u590d", "\u56de\u8986", "\u56de\u590d\uff1a", "\u8fd4\u4fe1:"}

func (m *mail) isAnswer() bool {
	subject := strings.ToLower(words(m.head.value("Subject")))
	if forwardSubject(subject) {
		return true
	}
	if !m.head.has("In-Reply-To", "References") {
		return false
	}
	return slices.ContainsFunc(answerSubjects, func(p string) bool { return strings.HasPrefix(subject, p) })
}

// forwarded reads a bounce that somebody sent on: as a message within, as an
// attached file, or quoted in the text; see written for the line that is drawn.
func (m *mail) forwarded(depth int) []Report {
	if depth >= maxForwards || m.fromDaemon() && !m.isAnswer() {
		return nil
	}
	for _, e := range m.inside {
		if out := m.d.mail(e).read(depth + 1); failed(out) {
			return second(out)
		}
	}
	for _, e := range m.attached {
		if out := m.d.readAttached(e, depth+1); failed(out) {
			return second(out)
		}
	}
	for _, t := range append(m.human[:len(m.human):len(m.human)], m.tail) {
		if t == nil {
			continue
		}
		if out := m.quotedBounce(t, depth); failed(out) {
			return second(out)
		}
	}
	return nil
}

// failed reports whether a reading is that of a bounce.
func failed(out []Report) bool { return len(out) > 0 && out[0].Failure() }

// quotedBounce reads what a text quotes: below header lines, behind quote
// marks, or as it stands.
func (m *mail) quotedBounce(t *text, depth int) []Report {
	plain, quoted := t.unquoted()
	if !quoted {
		if i := quoteStart(t); i >= 0 {
			plain, quoted = t.sub(i, len(t.lines)).unquoted()
		}
	}
	for from, n := 0, 0; n <= maxForwards; n++ {
		h, at, below := forwardedHeader(plain, from)
		if len(h) == 0 {
			break
		}
		inner := &mail{d: m.d, head: h, msg: &entity{part: t.part, header: h, kind: "text/plain"}}
		inner.addHuman(plain.sub(below, len(plain.lines)))
		if out := inner.readAs(inMail); failed(out) {
			return out
		}
		if out := inner.fixedForms(); failed(out) {
			return out
		}
		from = max(below, at+1)
	}
	if m.bulk() || !quoted && t != m.tail && !m.written() {
		return nil // newsletters and lists show examples
	}
	return m.d.textMail(plain).fixedForms()
}

// fixedForms reads the text of a mail with the families of fixed wording.
func (m *mail) fixedForms() []Report { return m.readAs(inQuote) }

// quoteStart finds the first quoted line of a text that begins with words of
// the one who forwards it.
func quoteStart(t *text) int {
	for i, l := range t.lines {
		if len(l.s) > 0 && l.s[0] == '>' {
			return i
		}
	}
	return -1
}

// forwardNames are the names of header fields as mail programs write them above
// what they forward, in lower case, and the fields that they stand for.
var forwardNames = map[string]string{
	"from": "From", "von": "From", "de": "From", "da": "From", "van": "From", "od": "From", "fra": "From", "fr\u00e5n": "From", "l\u00e4hett\u00e4j\u00e4": "From", "kimden": "From", "g\u00f6nderen": "From", "felad\u00f3": "From",
	"\u043e\u0442": "From", "\u043e\u0442 \u043a\u043e\u0433\u043e": "From", "\u5dee\u51fa\u4eba": "From", "\u53d1\u4ef6\u4eba": "From", "\u5bc4\u4ef6\u8005": "From", "\ubcf4\ub0b8 \uc0ac\ub78c": "From",
	"to": "To", "an": "To", "\u00e0": "To", "para": "To", "a": "To", "aan": "To", "naar": "To", "do": "To", "til": "To", "till": "To", "komu": "To", "\u043a\u043e\u043c\u0443": "To", "\u5b9b\u5148": "To", "\u6536\u4ef6\u4eba": "To", "\u6536\u4ef6\u8005": "To", "\ubc1b\ub294 \uc0ac\ub78c": "To",
	"subject": "Subject", "betreff": "Subject", "objet": "Subject", "asunto": "Subject", "oggetto": "Subject", "assunto": "Subject", "onderwerp": "Subject", "temat": "Subject", "emne": "Subject", "\u00e4mne": "Subject", "aihe": "Subject", "konu": "Subject", "p\u0159edm\u011bt": "Subject", "t\u00e1rgy": "Subject",
	"\u0442\u0435\u043c\u0430": "Subject", "\u4ef6\u540d": "Subject", "\u4e3b\u9898": "Subject", "\u4e3b\u65e8": "Subject", "\uc81c\ubaa9": "Subject",
	"date": "Date", "sent": "Date", "datum": "Date", "gesendet": "Date", "envoy\u00e9": "Date", "fecha": "Date", "enviado": "Date", "enviado el": "Date", "data": "Date", "inviato": "Date", "enviada em": "Date", "verzonden": "Date", "wys\u0142ano": "Date", "dato": "Date", "sendt": "Date", "skickat": "Date",
	"\u0434\u0430\u0442\u0430": "Date", "\u043e\u0442\u043f\u0440\u0430\u0432\u043b\u0435\u043d\u043e": "Date", "\u65e5\u4ed8": "Date", "\u65e5\u6642": "Date", "\u9001\u4fe1\u65e5\u6642": "Date", "\u53d1\u9001\u65f6\u95f4": "Date", "\u65e5\u671f": "Date",
	"cc": "Cc", "reply-to": "Reply-To", "message-id": "Message-ID", "return-path": "Return-Path", "auto-submitted": "Auto-Submitted", "x-failed-recipients": "X-Failed-Recipients", "content-type": "Content-Type", "mime-version": "MIME-Version", "received": "Received",
}

// forwardedHeader finds the next block of header lines at or after line from
// that a mail program writes above what it forwards: From with two more of
// Subject, Date and To. It gives the fields under their own names, the line of
// the first, and the line below the last.
func forwardedHeader(t *text, from int) (h header, at, below int) {
	for i := from; i < len(t.lines); i++ {
		if !mayLabel(t.lines[i].s) {
			continue
		}
		if h, below = headerBlock(t, i); len(h) > 0 {
			return h, i, below
		}
	}
	return nil, 0, 0
}

// mayLabel is a quick look whether a line can begin such a block.
func mayLabel(s string) bool {
	s = cut(s, 80)
	return strings.IndexByte(s, ':') > 0 || strings.Contains(s, "\uff1a")
}

func headerBlock(t *text, i int) (header, int) {
	var h header
	has := map[string]bool{}
	k, loose := i, 0
	for ; k < len(t.lines) && k-i < 60; k++ {
		s := t.lines[k].s
		if strings.TrimSpace(strings.Trim(s, "*")) == "" {
			if len(has) >= 3 && has["From"] {
				break
			}
			if loose++; loose > 2 || len(h) == 0 {
				break
			}
			continue
		}
		label, rest, ok := labelOf(s)
		name := ""
		if ok {
			name = forwardNames[label]
		}
		if name == "" {
			if len(h) == 0 {
				return nil, 0
			}
			last := &h[len(h)-1]
			if strings.TrimSpace(last.value) == "" {
				last.value, last.off = strings.TrimSpace(s), t.lines[k].off // a table: the value stands below its name
				continue
			}
			if len(has) >= 3 && has["From"] && !(s[0] == ' ' || s[0] == '\t') {
				if _, _, field := fieldName(s); !field {
					break
				}
			}
			if loose++; loose > 3 {
				break
			}
			continue
		}
		if has[name] && name != "Received" && name != "Cc" {
			break
		}
		if len(h) > 0 || name == "From" || name == "Subject" || name == "Date" || name == "To" || name == "Return-Path" || name == "Received" {
			has[name] = true
			off := t.lines[k].off
			if j := strings.LastIndex(s, rest); t.exact && j >= 0 {
				off += j
			}
			h = append(h, field{name: name, value: strings.Trim(rest, "* "), off: off})
		}
	}
	core := 0
	for _, n := range []string{"Subject", "Date", "To"} {
		if has[n] {
			core++
		}
	}
	if !has["From"] || core < 2 {
		return nil, 0
	}
	return h, k
}

// attachedMail reports whether a part is a mail that is attached as a file, or
// a message whose transfer encoding hides its structure.
func attachedMail(e *entity) bool {
	if strings.HasPrefix(e.kind, "multipart/") || e.kind == "message/delivery-status" {
		return false
	}
	if e.kind == "message/rfc822" || e.kind == "message/global" {
		return e.encoding == "base64" || e.encoding == "quoted-printable"
	}
	if strings.HasSuffix(strings.ToLower(e.params.get("name")), ".eml") {
		return true
	}
	_, p := mediaType(e.header.value("Content-Disposition"))
	return strings.HasSuffix(strings.ToLower(p.get("filename")), ".eml")
}

// readAttached reads a mail whose bytes are encoded within a part. Its fields
// point to the raw lines that hold them.
func (d *doc) readAttached(e *entity, depth int) []Report {
	if depth > maxForwards {
		return nil
	}
	t := d.textOf(e)
	var b strings.Builder
	starts := make([]int, len(t.lines))
	for i, l := range t.lines {
		starts[i] = b.Len()
		b.WriteString(l.s)
		b.WriteByte('\n')
	}
	inner := &doc{opts: d.opts, b: d.b, src: newSource(b.String())}
	start := inner.mailStart()
	if start < 0 {
		return nil
	}
	out := inner.mail(inner.walk(start)).read(depth)
	for i := range out {
		for _, f := range out[i].fields() {
			if !f.Known() {
				continue
			}
			k, _ := slices.BinarySearch(starts, f.Offset+1)
			k = max(0, min(k-1, len(t.lines)-1))
			f.Offset, f.Part = t.lines[k].off, e.part
			f.Line = d.src.line(f.Offset)
		}
	}
	return out
}

// second marks reports that came at second hand.
func second(out []Report) []Report {
	for i := range out {
		out[i].Genuine = Unproved
		out[i].GenuineReasons = []safe.Text{"the bounce was forwarded; its own transport header is not here"}
	}
	return out
}
