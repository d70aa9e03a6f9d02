package reply

import (
	"strings"
)

// MaxText is how many bytes of a reply are read; the rest is ignored. RFC 5321
// section 4.5.3.1.5 allows 512 per line; notices with long prose need more.
const MaxText = 8 << 10

// facts are what the rules look at: one reply, cleaned.
type facts struct {
	code, enhanced string
	stage          string
	speaker        string // lower case
	clean          string // one line, single spaces, without continuation marks
	low            string // clean in lower case, byte for byte as long
	start, end     int    // the reply's own words in clean: without codes, relay's frame and closing dot
}

// newFacts cleans an input and fills in from the text what the input does not say.
func newFacts(in Input) facts {
	f := facts{code: in.Code, enhanced: in.Enhanced, stage: lowerASCII(in.Stage), speaker: speakerName(lowerASCII(in.Speaker))}
	f.clean = cleanText(in.Text)
	f.low = lowerASCII(f.clean)
	f.start, f.end = ownWords(f.low)
	code, enhanced := codesOf(f.low)
	if f.code == "" {
		f.code = code
	}
	if f.enhanced == "" {
		f.enhanced = enhanced
	}
	if f.stage == "" {
		f.stage = stageOf(f.low)
	}
	if f.speaker == "" {
		f.speaker = speakerOf(f.low)
	}
	return f
}

// cleanText gives the text as one line: control characters and runs of spaces
// become one space, the type prefix of a notification field ("smtp;") and the
// marks of continuation lines ("550-5.1.1") go, a typographic apostrophe
// becomes a plain one. The result holds at most MaxText bytes.
func cleanText(s string) string {
	if len(s) > MaxText {
		s = strings.ToValidUTF8(s[:MaxText], "")
	}
	if isClean(s) {
		return untyped(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	first := "" // the code whose continuation marks are dropped
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c <= ' ' || c == 0x7f:
			i++
			if b.Len() > 0 && b.String()[b.Len()-1] != ' ' {
				b.WriteByte(' ')
			}
			if first != "" && len(s) > i+4 && s[i+3] == '-' && s[i:i+3] == first {
				i += continuation(s[i:])
			}
		case c == 0xe2 && strings.HasPrefix(s[i:], "\u2019"):
			b.WriteByte('\'')
			i += len("\u2019")
		default:
			if first == "" && isCode(s[i:]) && (i == 0 || s[i-1] <= ' ' || s[i-1] == ';') {
				first = s[i : i+3]
			}
			b.WriteByte(c)
			i++
		}
	}
	return untyped(strings.TrimRight(b.String(), " "))
}

// isClean reports whether a text is certainly as cleanText would write it, but
// for a type prefix. Most replies are.
func isClean(s string) bool {
	last := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c == 0x7f || c == 0xe2 || last == ' ' && (c == ' ' || i+3 < len(s) && s[i+3] == '-' && digit(c)) {
			return false
		}
		last = c
	}
	return last != ' '
}

// untyped takes the type prefix of a notification field off.
func untyped(out string) string {
	if kind, rest, ok := strings.Cut(out, ";"); ok && (strings.EqualFold(kind, "smtp") || len(kind) < 16 && strings.HasPrefix(lowerASCII(kind), "x-")) {
		out = strings.TrimLeft(rest, " ")
	}
	return out
}

// continuation gives how many bytes at the start of s are the mark of a
// continuation line: "550-" or "550-5.1.1 ".
func continuation(s string) int {
	n := 4
	if e := enhancedAt(s[n:]); e != "" && len(s) > n+len(e) && s[n+len(e)] == ' ' {
		n += len(e) + 1
	}
	return n
}

// isCode reports whether s begins with a reply code that ends there.
func isCode(s string) bool {
	if len(s) < 3 || s[0] < '2' || s[0] > '6' || !digit(s[1]) || !digit(s[2]) {
		return false
	}
	return len(s) == 3 || s[3] == ' ' || s[3] == '-' || s[3] == ':'
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// enhancedAt gives the enhanced status code at the start of s, "" for none
// (RFC 3463 section 2: class, subject and detail of one to three digits).
func enhancedAt(s string) string {
	if len(s) < 5 || (s[0] != '2' && s[0] != '4' && s[0] != '5') || s[1] != '.' {
		return ""
	}
	i, dots := 1, 0
	for i < len(s) && s[i] == '.' && dots < 2 {
		j := i + 1
		for j < len(s) && digit(s[j]) {
			j++
		}
		if j == i+1 || j > i+4 {
			return ""
		}
		i, dots = j, dots+1
	}
	if dots < 2 || i < len(s) && s[i] == '.' && i+1 < len(s) && digit(s[i+1]) {
		return "" // too short, or part of an address
	}
	if i < len(s) && (s[i] == '-' || 'a' <= s[i] && s[i] <= 'z') {
		return ""
	}
	return s[:i]
}

// codesOf finds the first reply code and the first enhanced code of a text.
func codesOf(low string) (code, enhanced string) {
	for i := 0; i < len(low) && (code == "" || enhanced == ""); i++ {
		if !digit(low[i]) || i > 0 && !strings.ContainsRune(" (<#-'\":;[", rune(low[i-1])) {
			continue
		}
		if code == "" && isCode(low[i:]) && (i == 0 || low[i-1] != '-') {
			code = low[i : i+3]
		}
		if enhanced == "" {
			enhanced = enhancedAt(low[i:])
		}
	}
	return code, enhanced
}

// frames are words of a relay that come before the reply it quotes.
var frames = []string{" said: ", " responded with failure: ", " returned: ", " like our rcpt to:"}

// ownWords gives where in a text the reply's own words stand: after the frame
// of a relay that quotes it and the codes, before the relay's closing remark
// and a closing dot.
func ownWords(low string) (start, end int) {
	for _, f := range frames {
		if i := lastIndex(low, f); i >= 0 {
			start = max(start, i+len(f))
		}
	}
	end = len(low)
	if i := lastIndex(low, " (in reply to "); i > start {
		end = i
	}
	for start < end {
		switch rest := low[start:end]; {
		case isCode(rest) && len(rest) > 3:
			start += 4
		case rest[0] == '#' && len(rest) > 1 && digit(rest[1]), rest[0] == ' ', rest[0] == '-', rest[0] == ':':
			start++
		case enhancedAt(rest) != "":
			start += len(enhancedAt(rest))
		default:
			for end > start && strings.IndexByte(" .;\"'", low[end-1]) >= 0 {
				end--
			}
			return start, end
		}
	}
	return start, end
}

// lastIndex is strings.LastIndex for what is mostly not there: looking from the
// front is several times as fast.
func lastIndex(s, substr string) int {
	first := strings.Index(s, substr)
	if first < 0 {
		return -1
	}
	return first + strings.LastIndex(s[first:], substr)
}

// stageWords are words that name the stage of the conversation in the frame
// that a reporting program puts around a reply.
var stageWords = []struct{ words, stage string }{
	{"in reply to rcpt to", "rcpt"},
	{"in reply to mail from", "mail"},
	{"in reply to end of data", "content"},
	{"in reply to data command", "data"},
	{"after rcpt to:", "rcpt"},
	{"after mail from:", "mail"},
	{"after end of data", "content"},
	{"like our rcpt to", "rcpt"},
	{"does not like recipient", "rcpt"},
	{"does not like sender", "mail"},
	{"failed after i sent the message", "content"},
	{"my name was rejected", "ehlo"},
	{"after initial connection", "connect"},
	{"refused to talk to me", "connect"},
	{"after ehlo", "ehlo"},
	{"after helo", "ehlo"},
	{">>> rcpt to:", "rcpt"},
	{">>> mail from:", "mail"},
	{"[rcpt_to]", "rcpt"},
}

// stageOf finds the stage that a text names, "" for none.
func stageOf(low string) string {
	for _, w := range stageWords {
		if strings.Contains(low, w.words) {
			return w.stage
		}
	}
	return ""
}

// speakerOf finds the host in "host NAME[ADDRESS] said:", "" for none.
func speakerOf(low string) string {
	said := strings.Index(low, " said:")
	if said < 0 {
		return ""
	}
	host := strings.LastIndex(low[:said], "host ")
	if host < 0 {
		return ""
	}
	return speakerName(low[host+len("host ") : said])
}

// speakerName takes the name from "NAME [ADDRESS]" and drops a closing dot.
func speakerName(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, "[("); i > 0 {
		s = strings.TrimSpace(s[:i])
	}
	return strings.TrimSuffix(s, ".")
}

// spoke reports whether the speaker is one of the named systems: the name
// itself, or a host under it.
func spoke(speaker string, names []string) bool {
	for _, n := range names {
		if rest, ok := strings.CutSuffix(speaker, n); ok && (rest == "" || rest[len(rest)-1] == '.') {
			return true
		}
	}
	return false
}

// lowerASCII lowers A to Z and leaves every other byte, so that offsets stay.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			var b strings.Builder
			b.Grow(len(s))
			b.WriteString(s[:i])
			for ; i < len(s); i++ {
				c := s[i]
				if 'A' <= c && c <= 'Z' {
					c += 'a' - 'A'
				}
				b.WriteByte(c)
			}
			return b.String()
		}
	}
	return s
}
