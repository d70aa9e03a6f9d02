package bounce

import (
	"slices"
	"strings"
)

// codes are the reply code (RFC 5321 section 4.2) and the enhanced code
// (RFC 3463) that a reply names, with where they stand in it. -1 for none.
type codes struct {
	reply, enhanced     string
	replyAt, enhancedAt int
}

// maxScan bounds how much of a reply is searched for its codes.
const maxScan = 8 << 10

// readCodes finds the codes of one reply by their digits and what stands
// around them: never within an address, a size, a time or a version. A code
// that opens the text counts before all others, a refusal before a success.
func readCodes(s string) codes {
	c := codes{replyAt: -1, enhancedAt: -1}
	s = s[:min(len(s), maxScan)]
	weak := codes{replyAt: -1}
	for i := 0; i < len(s); i++ {
		if s[i] < '2' || s[i] > '5' || i > 0 && wordByte(s[i-1]) {
			continue
		}
		if c.replyAt < 0 && isReplyCode(s, i) {
			if s[i] == '4' || s[i] == '5' {
				c.reply, c.replyAt = s[i:i+3], i
			} else if s[i] == '2' && weak.replyAt < 0 {
				weak.reply, weak.replyAt = s[i:i+3], i
			}
		}
	}
	if c.replyAt < 0 && weak.replyAt >= 0 {
		c.reply, c.replyAt = weak.reply, weak.replyAt
	}
	c.findEnhanced(s)
	return c
}

// findEnhanced takes the enhanced code right after the reply code, else the
// first of the same class, else, without a reply code, the first at all.
func (c *codes) findEnhanced(s string) {
	if c.replyAt >= 0 {
		rest := c.replyAt + 3
		for rest < len(s) && strings.IndexByte(" -:#(<[\"'", s[rest]) >= 0 {
			rest++
			if strings.HasPrefix(s[rest:], c.reply) && rest+3 < len(s) && !wordByte(s[rest+3]) {
				rest += 3 // said twice: "550 550 5.1.1"
			}
		}
		if n := enhancedLen(s, rest); n > 0 {
			c.enhanced, c.enhancedAt = s[rest:rest+n], rest
			return
		}
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '2' && s[i] != '4' && s[i] != '5' {
			continue
		}
		n := enhancedLen(s, i)
		if n == 0 || isVersion(s[:i]) || c.reply != "" && c.reply[0] != s[i] {
			continue
		}
		c.enhanced, c.enhancedAt = s[i:i+n], i
		return
	}
}

func wordByte(c byte) bool {
	return letter(c) || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '@' || c == '/' || c >= 0x80
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// isReplyCode reports whether a reply code stands at i.
func isReplyCode(s string, i int) bool {
	if i+3 > len(s) || !digit(s[i+1]) || !digit(s[i+2]) {
		return false
	}
	after := byte(' ')
	if i+3 < len(s) {
		after = s[i+3]
	}
	if wordByte(after) && !(after >= 0x80) || strings.IndexByte("%+*=&", after) >= 0 {
		return false
	}
	rest := s[min(i+4, len(s)):]
	enhanced := enhancedLen(s, i+4) > 0
	if after == '-' && !enhanced && (rest == "" || digit(rest[0])) {
		return false // a telephone number, a date, an identifier
	}
	before := strings.TrimRight(s[:i], " \t\"'(<[#")
	if before == "" || enhanced {
		return s[i+1] <= '5' || before == ""
	}
	if s[i+1] > '5' {
		return false
	}
	switch last := before[len(before)-1]; {
	case last == ':' && len(before) == i:
		// "said:550" is a reply, "mx.example.com:587" and "10:41:550" are not
		word := before[strings.LastIndexAny(before[:len(before)-1], " \t(\"'")+1 : len(before)-1]
		return !strings.ContainsAny(word, ".]0123456789")
	case last == ':', last == ';':
		return !isUnit(rest)
	}
	if i > 0 && s[i-1] == '#' {
		return true
	}
	word := strings.ToLower(before[strings.LastIndexAny(before, " \t(\"'<>:;,")+1:])
	return slices.Contains(replyWords, strings.TrimRight(word, ".,")) && !isUnit(rest)
}

// replyWords stand right before a reply code.
var replyWords = []string{"said", "error", "code", "reply", "replied", "response", "returned", "with", "status",
	"reason", "smtp", "got", "answered", "responded", "was", "server", "rejected", "smtp;"}

// isUnit reports whether the next word makes a quantity of the number before it.
func isUnit(rest string) bool {
	w, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(rest)), " ")
	switch strings.Trim(w, ".,;:)") {
	case "bytes", "byte", "kb", "mb", "kib", "mib", "octets", "seconds", "sec", "secs", "minutes", "min", "hours", "days",
		"messages", "recipients", "times", "attempts", "ms", "connections":
		return true
	}
	return false
}

// enhancedLen gives the length of the enhanced code at i; 0 for none.
func enhancedLen(s string, i int) int {
	if i < 0 || i+5 > len(s) || s[i] != '2' && s[i] != '4' && s[i] != '5' || s[i+1] != '.' {
		return 0
	}
	if i > 0 {
		p := s[i-1]
		if wordByte(p) || p == '-' && !(i > 1 && (digit(s[i-2]) || s[i-2] == ' ')) {
			return 0
		}
	}
	j := i + 2
	subject := j
	for j < len(s) && digit(s[j]) {
		j++
	}
	if j == subject || j-subject > 1 || s[subject] > '7' || j >= len(s) || s[j] != '.' {
		return 0
	}
	detail := j + 1
	for j = detail; j < len(s) && digit(s[j]); j++ {
	}
	if j == detail || j-detail > 3 {
		return 0
	}
	if j < len(s) && (letter(s[j]) || s[j] == '_' || s[j] == '/' || s[j] == '@' || s[j] == '.' && j+1 < len(s) && digit(s[j+1])) {
		return 0
	}
	return j - i
}

// isVersion reports whether the word before a dotted number makes it the
// version of a program.
func isVersion(before string) bool {
	before = strings.TrimRight(before, " \t(/")
	w := strings.ToLower(before[strings.LastIndexAny(before, " \t(/;,")+1:])
	switch w {
	case "version", "v", "ver", "release", "exim", "postfix", "sendmail", "domino", "build", "esmtp", "qmail", "haraka", "agent":
		return true
	}
	return false
}

// joinReply makes one line of the lines of a reply. A multi-line reply
// (RFC 5321 section 4.2.1) keeps its code once.
func joinReply(lines []string) string {
	if len(lines) == 1 {
		return onceCoded(cut(strings.TrimSpace(lines[0]), maxDiagnostic))
	}
	var b strings.Builder
	size := 0
	for _, l := range lines {
		size += len(l) + 1
	}
	b.Grow(min(size, maxDiagnostic))
	for i, l := range lines {
		if i == maxReplyLines || b.Len() > maxDiagnostic {
			break
		}
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(l)
	}
	return onceCoded(cut(b.String(), maxDiagnostic))
}

// onceCoded takes the repeated codes out of a multi-line reply that stands on
// one line: "550-5.1.1 a 550 5.1.1 b" becomes "550 5.1.1 a b".
func onceCoded(s string) string {
	at := firstContinued(s)
	if at < 0 {
		return s
	}
	code := s[at : at+3]
	rest := s[at+4:]
	enhanced := ""
	if n := enhancedLen(s, at+4); n > 0 {
		enhanced = s[at+4 : at+4+n]
		rest = s[at+4+n:]
	}
	var b strings.Builder
	b.WriteString(s[:at] + code)
	if enhanced != "" {
		b.WriteString(" " + enhanced)
	}
	last, skip := false, false
	for _, word := range strings.Fields(rest) {
		switch tail, more := strings.CutPrefix(word, code+"-"); {
		case skip && enhanced != "" && word == enhanced:
			skip = false
			continue
		case last: // the last line of the reply has begun
		case more:
			if word = strings.TrimPrefix(tail, enhanced); word == "" {
				skip = tail == ""
				continue
			}
		case word == code:
			last, skip = true, true
			continue
		}
		skip = false
		b.WriteString(" " + word)
	}
	return b.String()
}

// firstContinued finds the code of the first line of a multi-line reply; -1 for none.
func firstContinued(s string) int {
	n := min(len(s), maxScan)
	for dash := 3; dash+1 < n; dash++ {
		next := strings.IndexByte(s[dash:n-1], '-')
		if next < 0 {
			return -1
		}
		dash += next
		if i := dash - 3; s[i] >= '2' && s[i] <= '5' && digit(s[i+1]) && digit(s[i+2]) &&
			(i == 0 || !wordByte(s[i-1]) && s[i-1] != '-') && strings.Contains(s[i+4:], s[i:i+3]) && isReplyCode(s, i) {
			return i
		}
	}
	return -1
}
