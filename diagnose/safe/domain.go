package safe

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// domainBytes bounds what Domain reads as a name. A name in DNS has at most
// 255 octets (RFC 1035 section 2.3.4); its letters take up to four bytes each.
const domainBytes = 1024

// labelBytes is the longest label (RFC 1035 section 2.3.4).
const labelBytes = 63

// What Domain says of a name. The text of a name cannot hold these, since its
// own opening quotes are doubled.
const (
	mixedScripts = " ‹mixed scripts›"
	unreadable   = " ‹no readable form›"
	notAName     = " ‹not a domain name›"
)

// The rules of RFC 5891 with the mapping of Unicode Technical Standard 46.
// Underscores are let through: _dmarc.example is a name too.
var lookup = idna.New(
	idna.MapForLookup(),
	idna.BidiRule(),
	idna.Transitional(false),
	idna.StrictDomainName(false),
)

// Domain gives the visible form of a domain name: always as it stands in DNS
// (A-labels, RFC 5890 section 2.3.2.1), and next to it in letters when each of
// its labels keeps to one script.
//
//	xn--bcher-kva.example (bücher.example)
//	xn--pypal-4ve.example ‹mixed scripts›
//
// Any other text gets its visible form; where it has letters beyond ASCII it
// is said to be no domain name.
func Domain(name string) Text {
	if len(name) > domainBytes {
		shown, rest := Clip(name, domainBytes)
		return shown + remark(rest, "bytes")
	}
	ascii := name
	if !isASCII(name) {
		a, err := lookup.ToASCII(name)
		if err != nil || !utf8.ValidString(name) || !ofNameLetters(a) {
			return Of(name) + notAName
		}
		ascii = a
	} else if !hasPunycode(name) {
		return Of(name)
	}
	letters, ok := inLetters(strings.ToLower(ascii))
	switch {
	case !ok:
		return Of(ascii) + unreadable
	case letters == ascii:
		return Of(ascii)
	}
	for label := range strings.SplitSeq(letters, ".") {
		if !oneScript(label) {
			return Of(ascii) + mixedScripts
		}
	}
	return Of(ascii) + " (" + Of(letters) + ")"
}

// inLetters decodes the A-labels of a name in lower case. It fails where a
// label is none, or not the one that its letters would be encoded to.
func inLetters(ascii string) (string, bool) {
	for label := range strings.SplitSeq(ascii, ".") {
		if len(label) > labelBytes {
			return "", false // and punycode is quadratic
		}
	}
	letters, err := lookup.ToUnicode(ascii)
	if err != nil {
		return "", false
	}
	back, err := lookup.ToASCII(letters)
	if err != nil || back != ascii || hasPunycode(letters) || !ofNameLetters(letters) || Escapes(Of(letters)) > 0 {
		return "", false
	}
	return letters, true
}

// ofNameLetters reports whether a name holds letters, digits, hyphens and
// underscores alone, and the few marks that IDNA takes besides (RFC 5892
// sections 2.6 and 2.7). Pictures and punctuation could imitate our own signs.
func ofNameLetters(name string) bool {
	for _, r := range name {
		switch {
		case r == '-', r == '_', r == '.', r == 0xB7, r == 0x375, r == 0x5F3, r == 0x5F4, r == 0x30FB:
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.Is(unicode.Nd, r):
		default:
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}

func hasPunycode(name string) bool {
	const prefix = "xn--" // RFC 5890 section 2.3.2.5
	for label := range strings.SplitSeq(name, ".") {
		if len(label) >= len(prefix) && strings.EqualFold(label[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

// writtenTogether are the scripts that one language uses side by side
// (Unicode Technical Standard 39 section 5.1).
var writtenTogether = [][]string{
	{"Han", "Hiragana", "Katakana"}, // Japanese
	{"Han", "Hangul"},               // Korean
	{"Han", "Bopomofo"},             // Chinese with its phonetic letters
}

// oneScript reports whether all letters of a label are of one script, or of
// scripts that one language uses together. Digits, hyphens and marks that
// belong to many scripts do not count.
func oneScript(label string) bool {
	seen := map[string]bool{}
	for _, r := range label {
		if script := scriptOf(r); script != "Common" && script != "Inherited" {
			seen[script] = true
		}
	}
	if len(seen) <= 1 {
		return true
	}
	for _, together := range writtenTogether {
		n := 0
		for _, script := range together {
			if seen[script] {
				n++
			}
		}
		if n == len(seen) {
			return true
		}
	}
	return false
}

func scriptOf(r rune) string {
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "Unknown"
}
