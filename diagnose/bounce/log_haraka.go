package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// harakaLine is a line of Haraka: "[LEVEL] [uuid] [source] text", or its
// logfmt, "level=LEVEL uuid=... source=... message="text"".
type harakaLine struct {
	uuid    piece // connection.transaction.delivery
	source  string
	text    piece
	escaped bool
}

// harakaLevels begin every line of Haraka.
var harakaLevels = [...]string{"DATA", "PROTOCOL", "DEBUG", "INFO", "NOTICE", "WARN", "ERROR", "CRIT", "ALERT", "EMERG"}

func isHarakaLevel(s string) bool {
	for _, w := range harakaLevels {
		if s == w {
			return true
		}
	}
	return false
}

// splitHaraka takes a line of Haraka apart.
func splitHaraka(msg piece) (h harakaLine, ok bool) {
	p := msg
	if strings.HasPrefix(p.s, "level=") {
		level, rest := p.from(len("level=")).word()
		if !isHarakaLevel(level.s) || !strings.HasPrefix(rest.s, "uuid=") {
			return h, false
		}
		h.uuid, rest = rest.from(len("uuid=")).word()
		if !strings.HasPrefix(rest.s, "source=") {
			return h, false
		}
		source, rest := rest.from(len("source=")).word()
		h.source, h.text = source.s, rest
		if strings.HasPrefix(rest.s, `message="`) {
			h.text, h.escaped = rest.from(len(`message="`)), true
			if i := quoteEnd(h.text.s); i >= 0 && i == len(strings.TrimRight(h.text.s, " "))-1 {
				h.text = h.text.to(i)
			}
		}
		return h, true
	}
	level, p, ok := bracketed(p)
	if !ok || !isHarakaLevel(level.s) {
		return h, false
	}
	if h.uuid, p, ok = bracketed(p); !ok {
		return h, false
	}
	source, p, ok := bracketed(p)
	if !ok {
		return h, false
	}
	h.source, h.text = source.s, p
	if h.uuid.s == "-" {
		if source, p, ok := bracketed(p); ok { // "[-] [core] [outbound] ..."
			h.source, h.text = source.s, p
		}
	}
	return h, true
}

// said gives a reply that a line quotes, as one line.
func (h *harakaLine) said(p piece) string {
	s := p.s
	if h.escaped {
		s = unescapeLog(s)
	}
	return cut(onceCoded(s), maxDiagnostic)
}

// bracketed takes "[word] " off.
func bracketed(p piece) (word, rest piece, ok bool) {
	if len(p.s) < 2 || p.s[0] != '[' {
		return piece{}, p, false
	}
	i := strings.IndexByte(p.s[:min(len(p.s), 120)], ']')
	if i < 0 {
		return piece{}, p, false
	}
	rest = p.from(i + 1)
	for len(rest.s) > 0 && rest.s[0] == ' ' {
		rest = rest.from(1)
	}
	return p.to(i).from(1), rest, true
}

// transaction gives the connection and the number of the transaction.
func (h *harakaLine) transaction() piece {
	i := strings.IndexByte(h.uuid.s, '.')
	if i < 30 {
		return piece{}
	}
	if j := strings.IndexByte(h.uuid.s[i+1:], '.'); j >= 0 {
		return h.uuid.to(i + 1 + j)
	}
	return h.uuid
}

// harakaKind tells the lines of Haraka (docs/Logging.md, docs/Outbound.md).
func harakaKind(msg piece) (id piece, kind LineKind) {
	h, ok := splitHaraka(msg)
	if !ok {
		return piece{}, LineOther
	}
	id = h.transaction()
	switch {
	case id.s == "":
	case h.source == "outbound":
		switch {
		case strings.HasPrefix(h.text.s, "recipient <"):
			if strings.Contains(h.text.s, "> rejected: ") || strings.Contains(h.text.s, "> deferred: ") {
				return id, LineDelivery
			}
		case hasAny(h.text.s, "bouncing mail: ", "Temp failing ", "delivered file="):
			return id, LineDelivery
		case hasAny(h.text.s, "Looking up A", "Attempting to deliver to: ", "Ongoing connection failed to "):
			return id, LineMemory
		}
	case h.source == "core":
		switch {
		case hasAny(h.text.s, "recipient <", "queue code="):
			if harakaDenied(h.text) {
				return id, LineDelivery
			}
			if h.text.s[0] == 'r' {
				return id, LineMemory
			}
		case hasAny(h.text.s, "sender <", "message mid="):
			return id, LineMemory
		}
	}
	return piece{}, LineOther
}

// harakaDenied reports whether a hook's answer refuses (Plugins.md: DENY,
// DENYSOFT, DENYDISCONNECT, DENYSOFTDISCONNECT).
func harakaDenied(text piece) bool {
	v, ok := attr(text, "code=")
	return ok && strings.HasPrefix(v.s, "DENY")
}

func (r *logReader) takeHaraka(l *logLine, id piece, kind LineKind) {
	h, ok := splitHaraka(l.msg)
	if !ok {
		return
	}
	text := h.text
	switch {
	case kind == LineMemory:
		r.harakaMemory(l, &h, id)
	case h.source == "core":
		r.harakaRefusal(l, id, text)
	case strings.HasPrefix(text.s, "recipient <"):
		to, said, _ := text.from(len("recipient <")).cut("> ")
		word, said, _ := said.cut(": ")
		dr := r.harakaDraft(l, &h, id, to)
		dr.r.Action = Failed
		if word.s == "deferred" {
			dr.r.Action = Delayed
		}
		dr.r.Stage = StageRcpt
		dr.r.Diagnostic = r.fieldOf(l, h.said(said), said)
		r.keep(haraka, dr, l, id)
	case strings.HasPrefix(text.s, "bouncing mail: "):
		r.harakaWhole(l, &h, id, text.from(len("bouncing mail: ")), Failed)
	case strings.HasPrefix(text.s, "Temp failing "):
		if _, said, ok := text.cut(" seconds: "); ok {
			r.harakaWhole(l, &h, id, said, Delayed)
		}
	default:
		r.harakaDelivered(l, &h, id, text)
	}
}

// harakaMemory keeps what is told of a transaction, and of a delivery the
// address that it goes to.
func (r *logReader) harakaMemory(l *logLine, h *harakaLine, id piece) {
	text := h.text
	if h.source == "outbound" {
		q := r.remember(l, h.uuid)
		switch {
		case strings.HasPrefix(text.s, "Attempting "):
			address, _ := text.from(len("Attempting to deliver to: ")).word()
			q.addr = tell(l, address)
		case strings.HasPrefix(text.s, "Ongoing "):
			q.trouble = tell(l, text)
		default:
			if _, host, ok := text.cut(" records for: "); ok {
				q.host = tell(l, host.trim())
			}
		}
		return
	}
	q := r.remember(l, id)
	switch {
	case strings.HasPrefix(text.s, "sender <"):
		if from, _, ok := text.from(len("sender <")).cut(">"); ok {
			q.from = tell(l, from)
		}
	case strings.HasPrefix(text.s, "recipient <"):
		if to, _, ok := text.from(len("recipient <")).cut(">"); ok && len(q.to) < maxQueuedFor {
			q.to = append(q.to, tell(l, to))
		}
	default:
		if v, ok := attr(text, "mid="); ok {
			q.messageID = tell(l, v)
		}
		if v, ok := attr(text, "size="); ok {
			q.size = tell(l, v)
		}
	}
}

// harakaRefusal reads "recipient <...> code=DENY msg="..." sender="..."" and
// "queue code=DENY msg="..."": the host that writes the log refused.
func (r *logReader) harakaRefusal(l *logLine, id, text piece) {
	code, _ := attr(text, "code=")
	dr := r.begin(haraka, l, id)
	rp := &dr.r
	rp.Diagnostic = r.field(l, quotedAttr(text, "msg="))
	rp.Stage = StageContent
	if strings.HasPrefix(text.s, "recipient <") {
		rp.Stage = StageRcpt
		if to, _, ok := text.from(len("recipient <")).cut(">"); ok {
			rp.Recipient = r.field(l, to)
		}
	}
	if v := quotedAttr(text, "sender="); v.s != "" {
		rp.Sender = r.field(l, v)
		rp.Sender.By = "log line"
	}
	rp.Action, dr.grade = Failed, '5'
	if strings.HasPrefix(code.s, "DENYSOFT") {
		rp.Action, dr.grade = Delayed, '4'
	}
	dr.refused()
	dr.find(Note, safe.Textf("the host that wrote the log refused (%s)", cut(code.s, 40)))
	r.keep(haraka, dr, l, id)
}

var harakaLogKeeps = keeps{
	"recipient":      "the lines of the same transaction: recipient <...>",
	"reply_code":     "the line recipient <...> rejected; the PROTOCOL level logs the whole conversation",
	"enhanced_code":  "the line recipient <...> rejected; some servers give none",
	"remote_host":    "the line Looking up A records for, or the delivery's host=",
	"remote_address": "the line Attempting to deliver to, at level INFO",
	"failed":         "the beginning of the log line, where log.ini has timestamps",
	"message_id":     "the line message mid=<...> of the same transaction",
	"sender":         "the line sender <...> of the same transaction",
}
