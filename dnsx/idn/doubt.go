package idn

import (
	"strings"
	"unicode"
)

// Doubt is something about a name that may deceive who reads it.
type Doubt string

// The doubts.
const (
	MixedScripts  Doubt = "mixed_scripts"  // a label mixes scripts that no language uses together
	ForeignDigits Doubt = "foreign_digits" // digits that are not 0 to 9
	Unseen        Doubt = "unseen"         // characters that print as nothing
	Unreadable    Doubt = "unreadable"     // an A-label that does not decode, or not faithfully
)

const zwnj, zwj = '\u200c', '\u200d'

// Doubts gives what may deceive in a name as it was written, in letters or
// A-labels. A name in plain ASCII gives none.
func Doubts(name string) []Doubt {
	if len(name) > MaxBytes || isASCII(name) && !HasALabel(name) {
		return nil
	}
	var out []Doubt
	unseen := strings.IndexFunc(name, ignorable) >= 0
	ascii, err := ASCII(name)
	letters, ok := "", false
	if err == nil {
		letters, ok = Letters(ascii)
	}
	if ok {
		for label := range strings.SplitSeq(letters, ".") {
			if !OneScript(label) {
				out = append(out, MixedScripts)
				break
			}
		}
		if strings.IndexFunc(letters, foreignDigit) >= 0 {
			out = append(out, ForeignDigits)
		}
		unseen = unseen || strings.IndexFunc(letters, ignorable) >= 0
	}
	if unseen {
		out = append(out, Unseen)
	}
	if err == nil && !ok {
		out = append(out, Unreadable)
	}
	return out
}

func ignorable(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func foreignDigit(r rune) bool { return r > unicode.MaxASCII && unicode.Is(unicode.Nd, r) }

// Reads gives the ASCII name that a name in letters looks like, where each of
// its letters has the shape of an ASCII one; false for any other, and for a
// name in plain ASCII. It is a small part of the skeleton of Unicode Technical
// Standard 39 section 4: single letters of Cyrillic, Greek, Armenian and Latin
// itself.
func Reads(letters string) (string, bool) {
	if isASCII(letters) || len(letters) > MaxBytes {
		return "", false
	}
	var out strings.Builder
	for _, r := range letters {
		if r > unicode.MaxASCII {
			plain, ok := shapes[r]
			if !ok {
				return "", false
			}
			r = plain
		}
		out.WriteRune(r)
	}
	return out.String(), true
}

// shapes are letters that most fonts draw like an ASCII letter (confusables of
// UTS 39), in lower case as IDNA leaves them.
var shapes = map[rune]rune{
	// Cyrillic
	'\u0430': 'a', '\u0435': 'e', '\u043e': 'o', '\u0440': 'p', '\u0441': 'c', '\u0443': 'y', '\u0445': 'x', '\u0455': 's', '\u0456': 'i', '\u0457': 'i',
	'\u0458': 'j', '\u04bb': 'h', '\u0501': 'd', '\u051b': 'q', '\u051d': 'w', '\u0475': 'v', '\u04cf': 'l', '\u0442': 't', '\u043a': 'k', '\u043c': 'm',
	'\u0433': 'r', '\u0461': 'w', '\u0261': 'g', '\u043f': 'n', '\u044c': 'b', '\u0493': 'f',
	// Greek
	'\u03bf': 'o', '\u03b1': 'a', '\u03b9': 'i', '\u03bd': 'v', '\u03c1': 'p', '\u03c5': 'u', '\u03ba': 'k', '\u03c7': 'x', '\u03c9': 'w', '\u03b7': 'n',
	'\u03c4': 't', '\u03b5': 'e', '\u03f2': 'c', '\u03f3': 'j', '\u03b3': 'y',
	// Armenian
	'\u0585': 'o', '\u057d': 'u', '\u0570': 'h', '\u0578': 'n', '\u0581': 'g', '\u0566': 'q', '\u0561': 'w',
	// Latin beyond ASCII
	'\u0131': 'i', '\u0251': 'a', '\u1d00': 'a', '\u0142': 'l', '\u026a': 'i', '\u0269': 'i', '\u01c0': 'l', '\u0237': 'j', '\u0111': 'd', '\u0127': 'h',
	'\u0268': 'i', '\u00f8': 'o', '\u1ecd': 'o', '\u1ea1': 'a', '\u1eb9': 'e', '\u1ecb': 'i', '\u1e43': 'm', '\u1e37': 'l', '\u0117': 'e', '\u0227': 'a',
	'\u00e0': 'a', '\u00e1': 'a', '\u00e2': 'a', '\u00e3': 'a', '\u00e4': 'a', '\u00e5': 'a', '\u0101': 'a', '\u0105': 'a', '\u00e7': 'c', '\u0107': 'c',
	'\u00e8': 'e', '\u00e9': 'e', '\u00ea': 'e', '\u00eb': 'e', '\u0113': 'e', '\u0119': 'e', '\u00ec': 'i', '\u00ed': 'i', '\u00ee': 'i', '\u00ef': 'i',
	'\u012b': 'i', '\u0121': 'g', '\u011f': 'g', '\u00f1': 'n', '\u0144': 'n', '\u00f2': 'o', '\u00f3': 'o', '\u00f4': 'o', '\u00f5': 'o', '\u00f6': 'o',
	'\u014d': 'o', '\u015f': 's', '\u0161': 's', '\u015b': 's', '\u0163': 't', '\u00f9': 'u', '\u00fa': 'u', '\u00fb': 'u', '\u00fc': 'u', '\u016b': 'u',
	'\u00fd': 'y', '\u00ff': 'y', '\u017e': 'z', '\u017a': 'z', '\u017c': 'z', '\u013a': 'l', '\u013c': 'l', '\u0137': 'k',
}

// writtenTogether are the scripts that one language uses side by side (UTS 39
// section 5.1).
var writtenTogether = [][]string{
	{"Han", "Hiragana", "Katakana"}, // Japanese
	{"Han", "Hangul"},               // Korean
	{"Han", "Bopomofo"},             // Chinese with its phonetic letters
}

// OneScript reports whether all letters of a label are of one script, or of
// scripts that one language uses together. Digits, hyphens and marks that
// belong to many scripts do not count.
func OneScript(label string) bool {
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
	if r <= unicode.MaxASCII {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return "Latin"
		}
		return "Common"
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "Unknown"
}
