package bounce

import (
	"strings"
)

// known counts how many fields of mail a text begins with.
func known(t *text) int {
	n := 0
	for i, l := range t.lines {
		if strings.TrimSpace(l.s) == "" && n == 0 {
			continue
		}
		if i > 40 || strings.TrimSpace(l.s) == "" {
			break
		}
		if l.s[0] == ' ' || l.s[0] == '\t' {
			continue
		}
		name, _, ok := fieldName(l.s)
		if !ok {
			break
		}
		if mailHeader(name) {
			n++
		}
	}
	return n
}

// announcements are how notices begin the copy of the mail that they return,
// in lower case, without the dashes around them.
var announcements = []string{
	"this is a copy of", "original message", "below this line is a copy", "enclosed is a copy of", "the header of the original",
	"original message follows", "message headers follow", "below is a copy of the original", "included is a copy of",
	"unsent message", "returned message", "original mail", "message text follows", "message header follows",
	"original message header", "original message headers", "original headers", "message follows", "the original message follows",
	"the following is a copy of", "original mail as follows", "returned mail follows", "text of the original message",
	"header of the original message", "a copy of your message", "copy of the message", "weitergeleitete nachricht",
	"urspr\u00fcngliche nachricht", "message d'origine", "mensaje original", "messaggio originale",
}

// separator finds the line that announces the returned mail: the number of
// lines before it and the first line of the returned mail. Without one it
// looks for the header of a mail in the middle of the text.
func separator(t *text) (before, below int) {
	for i, l := range t.lines {
		s := strings.TrimSpace(l.s)
		if len(s) < 10 || len(s) > 120 {
			continue
		}
		if c := s[0]; c != '-' && c != '|' && c != '*' && c != '=' && c != '#' && !letter(c) && c < 0x80 {
			continue
		}
		if letter(s[0]) && letter(s[len(s)-1]) {
			continue
		}
		bare := strings.TrimRight(s, ".: \t")
		core := strings.Trim(s, "-|*=_#: .\t")
		if len(core) == len(bare) && len(bare) == len(s) {
			continue // neither ruled off nor ended by a sign: a sentence of the text
		}
		if announces(core) {
			return i, i + 1
		}
	}
	for i := range t.lines {
		if c := t.lines[i].s; len(c) > 12 && c[0]|0x20 == 'r' && receivedHere(t, i) {
			return i, i
		}
	}
	return len(t.lines), len(t.lines)
}

// announces reports whether the words of a line announce the returned mail.
func announces(core string) bool {
	if !ascii(core) {
		core = strings.ToLower(core)
	}
	for _, a := range announcements {
		if len(core) >= len(a) && core[0]|0x20 == a[0]|0x20 && foldsTo(core[:len(a)], a) {
			return true
		}
	}
	const follows = "message text follows"
	return len(core) >= len(follows) && foldsTo(core[len(core)-len(follows):], follows)
}

// receivedHere reports whether the header of a mail begins at a line: one of
// the fields that only transport writes, and others of mail near it.
func receivedHere(t *text, i int) bool {
	s := t.lines[i].s
	if len(s) < 12 || !prefixFold(s, "received: ") && !prefixFold(s, "return-path: ") && !prefixFold(s, "return-path:<") && !prefixFold(s, "received:from") {
		return false
	}
	return known(t.sub(i, i+60)) >= 3
}

func prefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
