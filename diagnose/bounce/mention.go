package bounce

import "strings"

// mention is an address that a notice names as one that failed, with what the
// notice says about it.
type mention struct {
	addr     string
	from     string // the address that it was expanded or generated from
	t        *text
	line     int // of the address
	col      int
	rest     string // what follows the address on its line
	restCol  int
	body     int // first line below
	end      int // line after the last
	strong   bool
	bodyDone string
}

// namers are phrases right after which a notice names the recipient.
var namers = []string{"rcpt to:", "rcpt to ", "recipient address:", "recipient:", "delivery failed:", "could not be delivered to:",
	"unable to deliver message to:", "deliver message to", "final delivery userid:", "attempts:", "delivering your mail to",
	"undeliverable to", "permanent errors:", "temporary errors:", "mailbox is full:", "message to", "delivered to", "deliver to", "to: ", "mail to", "e-mail to", "email to",
	"the recipient", "user unknown:", "the account", "address:", "user", "unknown user:", "no such user:", "the address", "[smtp:", "addressed to", "sent to", "delivery to", "deliver to '",
	"empf\u00e4nger", "destinataire", "destinatario", "destinat\u00e1rio", "adresse", "geadresseerde", "adresat", "\u043f\u043e\u043b\u0443\u0447\u0430\u0442\u0435\u043b", "\u0430\u0434\u0440\u0435\u0441", "\u5b9b\u5148", "\u53d7\u4fe1\u8005", "\u6536\u4ef6\u4eba", "\u6536\u4ef6\u8005"}

// recipientLabels stand before the address of a recipient that failed, alone
// on its line with it, in lower case.
var recipientLabels = []string{"recipient address", "failed recipient", "failed recipients", "failed recipient(s)", "failed address", "failed addresses", "undeliverable address", "intended recipient",
	"final-recipient", "rcpt to", "invalid address", "bad address", "recipient", "failed to", "empf\u00e4nger", "empf\u00e4ngeradresse", "destinataire", "destinatario", "destinat\u00e1rio", "geadresseerde", "adresat",
	"\u043f\u043e\u043b\u0443\u0447\u0430\u0442\u0435\u043b\u044c", "\u0430\u0434\u0440\u0435\u0441\u0430\u0442", "\u5b9b\u5148", "\u53d7\u4fe1\u8005", "\u6536\u4ef6\u4eba", "\u6536\u4ef6\u8005"}

// mentions gives the addresses that the human text names, in order.
func (m *mail) mentions() []mention {
	if m.nameDone {
		return m.named
	}
	m.nameDone = true
	for _, t := range m.human {
		m.named = append(m.named, findMentions(t)...)
		if len(m.named) > maxReports {
			m.d.b.limit("recipients beyond 1000 were not read", 0)
			m.named = m.named[:maxReports]
			break
		}
	}
	return m.named
}

func findMentions(t *text) []mention {
	var out []mention
	for i := range t.lines {
		if len(out) > maxReports {
			break
		}
		mt, ok := mentionAt(t, i)
		if !ok || ofSender(t, i) || len(out) > 0 && continues(t, &out[len(out)-1], i) {
			continue
		}
		mt.t, mt.line, mt.body, mt.end = t, i, i+1, len(t.lines)
		out = append(out, mt)
	}
	// What is said of one address ends where the next begins; a sentence that
	// names an address again does not end it.
	strong, any := len(t.lines), len(t.lines)
	for i := len(out) - 1; i >= 0; i-- {
		if out[i].strong {
			out[i].end = strong
			strong = out[i].line
		} else {
			out[i].end = any
		}
		any = out[i].line
	}
	return out
}

// continues reports whether line i goes on with what is said of an address:
// it is indented deeper, and no blank line lies between.
func continues(t *text, of *mention, i int) bool {
	if i-of.line > 20 || indent(t.lines[i].s) <= indent(t.lines[of.line].s) {
		return false
	}
	for _, l := range t.lines[of.line:i] {
		if strings.TrimSpace(l.s) == "" {
			return false
		}
	}
	return true
}

func indent(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// ornament reports whether a line is a rule or a heading between rules.
func ornament(s string) bool {
	core := strings.Trim(s, "-=*_#|+ \t")
	return core == "" || len(s)-len(core) > 7 && strings.HasPrefix(s, "--") && strings.HasSuffix(s, "--") ||
		strings.HasPrefix(s, "-------") && len(core) < 40 && !strings.ContainsAny(core, "@0123456789")
}

// mentionAt reads the address that a line names as failed.
func mentionAt(t *text, i int) (mention, bool) {
	s := t.lines[i].s
	if len(s) < 3 || strings.IndexByte(s, '@') < 0 {
		return mention{}, false
	}
	s = s[:min(len(s), 2<<10)]
	trimmed := s
	if strings.IndexByte(" \t*\"'\xe2\xc2", s[0]) >= 0 {
		trimmed = strings.TrimLeft(s, " \t*\u2022\u00b7\u00a0\"'")
	}
	for _, mark := range []string{"- ", "-- "} {
		trimmed = strings.TrimPrefix(trimmed, mark)
	}
	col := len(s) - len(trimmed)
	// "554 <a@example.com>... 550 Host unknown"
	if len(trimmed) > 6 && digit(trimmed[0]) && digit(trimmed[1]) && digit(trimmed[2]) && (trimmed[3] == ' ' || trimmed[3] == '-') {
		if j := strings.Index(trimmed, "... "); j > 0 && j < 300 {
			a := strings.Trim(trimmed[4:j], "<> ")
			if isAddress(a) {
				return mention{addr: a, col: col + 4, rest: trimmed, restCol: col, strong: true}, true
			}
		}
		return mention{}, false
	}
	if trimmed != "" && trimmed[0] == '<' {
		j := strings.IndexByte(trimmed, '>')
		if j < 3 {
			return mention{}, false
		}
		a := mailbox(trimmed[:j+1])
		if !isAddress(a) {
			return mention{}, false
		}
		mt := mention{addr: a, col: col + 1, rest: trimmed[j+1:], restCol: col + j + 1, strong: true}
		mt.expanded()
		return mt, true
	}
	if mt, ok := bareMention(trimmed, col); ok {
		return mt, true
	}
	if mt, ok := labelMention(s); ok {
		return mt, true
	}
	return leadMention(s)
}

// bareMention reads a line that begins with an address.
func bareMention(s string, col int) (mention, bool) {
	j := strings.IndexAny(s, " \t,;<>()[]")
	word := s
	if j >= 0 {
		word = s[:j]
	}
	if !ascii(word) {
		start, end, ok := nextAddress(word, 0)
		if !ok || start > 0 {
			return mention{}, false
		}
		word = word[:end]
	}
	a := strings.TrimRight(word, ":.\"'")
	if i := strings.Index(a, "\":"); i > 0 {
		a = a[:i]
	}
	named := fromOctal(a)
	if !isAddress(named) || strings.Contains(a, "://") {
		return mention{}, false
	}
	mt := mention{addr: named, col: col, rest: s[len(a):], restCol: col + len(a)}
	// "old@example.com <robin@example.com>: ...": the word is a display name, the
	// mailbox stands in brackets (RFC 5322 section 3.4)
	if name, more, ok := strings.Cut(mt.rest, "<"); ok && strings.Trim(name, " \t") == "" {
		if inner, tail, ok := strings.Cut(more, ">"); ok && strings.HasPrefix(tail, ":") && isAddress(inner) {
			in := mention{addr: inner, col: mt.restCol + len(name) + 1, rest: tail, restCol: mt.restCol + len(name) + len(inner) + 2, strong: true}
			return in, true
		}
	}
	rest := strings.TrimSpace(strings.Trim(mt.rest, "\"'"))
	low := strings.ToLower(rest[:min(len(rest), 24)])
	switch {
	case rest == "" || rest[0] == ':' || rest == ".":
		mt.strong = true
	case rest[0] == '[' || rest[0] == '(' || strings.HasPrefix(rest, "- ") || strings.HasPrefix(rest, "\u2014") || strings.HasPrefix(rest, "\u2013") || strings.HasPrefix(rest, "...") || strings.HasPrefix(rest, "<mailto:") || strings.HasPrefix(rest, " ..."):
		mt.strong = true
	case strings.HasPrefix(low, "on ") || strings.HasPrefix(low, "invalid address") || strings.HasPrefix(low, "user ") ||
		strings.HasPrefix(low, "is undeliverable") || strings.HasPrefix(low, "delivery failed") || strings.HasPrefix(low, "<"):
		mt.strong = true
	default:
		return mention{}, false
	}
	mt.expanded()
	return mt, true
}

// labelMention reads a line that holds a label of a recipient and an address.
func labelMention(s string) (mention, bool) {
	label, rest, ok := labelOf(s)
	if !ok || rest == "" || len(rest) > 600 {
		return mention{}, false
	}
	for _, l := range recipientLabels {
		if label != l {
			continue
		}
		col := strings.LastIndex(s, rest)
		start, end, ok := nextAddress(rest, 0)
		if !ok || start > 24 {
			return mention{}, false
		}
		if start > 0 && rest[start-1] == '<' && end < len(rest) && rest[end] == '>' {
			return mention{addr: rest[start:end], col: col + start, rest: rest[end+1:], restCol: col + end + 1, strong: true}, true
		}
		return mention{addr: rest[start:end], col: col + start, rest: rest[end:], restCol: col + end, strong: true}, true
	}
	return mention{}, false
}

// fromOctal gives an address as it was before Exim wrote its bytes beyond ASCII as
// backslash and three octal digits (string_printing in Exim's src/string.c).
func fromOctal(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && '2' <= s[i+1] && s[i+1] <= '3' && octal(s[i+2]) && octal(s[i+3]) {
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

// leadMention reads a line with a phrase and an address after it.
func leadMention(s string) (mention, bool) {
	low := strings.ToLower(s)
	if len(low) != len(s) {
		low = lowerASCII(s)
	}
	if strings.Contains(low, "contact") || strings.Contains(low, "mail from:") {
		return mention{}, false
	}
	var g grams
	g.add(low)
	for _, lead := range namers {
		if !g.may(lead) {
			continue
		}
		j := strings.Index(low, lead)
		if j < 0 || j > 0 && wordByte(low[j-1]) || j > 0 && low[j-1] == '<' {
			continue
		}
		j += len(lead)
		if c := lead[len(lead)-1]; letter(c) && j < len(s) && s[j] != ' ' && s[j] != ':' {
			continue
		}
		start, end, ok := nextAddress(s, j)
		if !ok || start-j > 24 {
			continue
		}
		if start > 0 && s[start-1] == '<' && end < len(s) && s[end] == '>' {
			end++
		}
		return mention{addr: strings.TrimSuffix(s[start:end], ">"), col: start, rest: s[end:], restCol: end}, true
	}
	return mention{}, false
}

// expanded takes "(expanded from <x>)" off the rest.
func (mt *mention) expanded() {
	rest := strings.TrimLeft(mt.rest, " \t")
	if !strings.HasPrefix(rest, "(") {
		return
	}
	low := strings.ToLower(rest[:min(len(rest), 40)])
	if !strings.Contains(low, "expanded from") && !strings.Contains(low, "generated from") {
		return
	}
	if start, end, ok := nextAddress(rest, 0); ok {
		mt.from = rest[start:end]
	}
	if k := strings.IndexByte(rest, ')'); k >= 0 {
		mt.restCol += len(mt.rest) - len(rest) + k + 1
		mt.rest = rest[k+1:]
	}
}

// said joins what the notice says about the address: the rest of its line and
// the lines below, up to the first blank line after any words.
func (mt *mention) said() string {
	if mt.bodyDone != "" {
		return mt.bodyDone
	}
	lines := []string{strings.TrimLeft(strings.TrimSpace(mt.rest), ":,. \"'>")}
	empty := strings.Trim(lines[0], " \t:>[]()") == ""
	if empty {
		lines[0] = ""
	}
	for i := mt.body; i < mt.end && len(lines) < maxReplyLines; i++ {
		s := strings.TrimSpace(mt.t.lines[i].s)
		if s == "" {
			if last := lines[len(lines)-1]; empty && i-mt.body < 3 || strings.HasSuffix(last, ":") {
				continue
			}
			break
		}
		if ornament(s) {
			continue
		}
		if prefixFold(strings.TrimLeft(s, ". "), "while talking to ") {
			break // the transcript goes on with another conversation
		}
		empty = false
		lines = append(lines, s)
	}
	mt.bodyDone = joinReply(lines)
	return mt.bodyDone
}

// field makes a Field of the address.
func (mt *mention) field(d *doc) Field {
	return d.shown(mt.addr, mt.t.part, mt.t.offset(mt.line, mt.col))
}

// saidField makes a Field of a text that begins with what is said.
func (mt *mention) saidField(d *doc, value string) Field {
	rest := strings.TrimLeft(mt.rest, ":,. \t\"'>")
	if strings.Trim(rest, " \t:>[]()") != "" && value != "" {
		return d.shown(value, mt.t.part, mt.t.offset(mt.line, mt.restCol+len(mt.rest)-len(rest)))
	}
	for i := mt.body; i < mt.end; i++ {
		if s := mt.t.lines[i].s; strings.TrimSpace(s) != "" {
			return d.shown(value, mt.t.part, mt.t.offset(i, len(s)-len(strings.TrimLeft(s, " \t"))))
		}
	}
	return d.shown(value, mt.t.part, mt.t.offset(mt.line, mt.col))
}
