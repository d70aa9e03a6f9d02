package safe

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// form is the way one character of the input is shown.
type form int

const (
	asIs    form = iota // shown as it is
	doubled             // the opening quote
	control             // C0 or DEL: its control picture
	badByte             // one byte that is not part of UTF-8
	number              // its number
)

// marksInARow is how many combining marks one letter may carry. Plain accents
// take one, Vietnamese two, pointed Hebrew three.
const marksInARow = 4

// writer walks through a text and says the form of each character. It keeps
// what the form depends on besides the character: the one shown before it and
// the marks since the last letter.
type writer struct {
	prev  rune // the last character that was shown as it is; 0 at the start and after a form
	marks int  // shown since the last letter
}

// next reads the character that s, which is not empty, begins with. For
// badByte r is the byte.
func (w *writer) next(s string) (r rune, size int, f form) {
	if c := s[0]; c < utf8.RuneSelf {
		if c >= ' ' && c != 0x7F {
			w.prev, w.marks = rune(c), 0
			return rune(c), 1, asIs
		}
		w.prev, w.marks = 0, 0
		return rune(c), 1, control
	}
	r, size = utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		w.prev, w.marks = 0, 0
		return rune(s[0]), 1, badByte
	case r == quoteOpen:
		w.prev, w.marks = r, 0
		return r, size, doubled
	case hidden(r) || w.overflows(r):
		w.prev, w.marks = 0, 0
		return r, size, number
	}
	w.prev = r
	return r, size, asIs
}

// overflows counts combining marks and reports whether r may not be shown
// where it stands, because it would be drawn on something that is not its own
// letter, or because terminals no longer agree on the width of the whole.
func (w *writer) overflows(r rune) bool {
	if r < 0x300 {
		w.marks = 0
		return false
	}
	if combines(r) {
		w.marks++
		// Without a letter before it a mark would land on our own text.
		return w.prev == 0 || w.marks > marksInARow
	}
	if !links(w.prev) {
		w.marks = 0
	}
	return misplacedJamo(w.prev, r)
}

// hidden reports whether r is never shown as it is, wherever it stands:
//   - general categories Cc, Cf, Co, Cn, Cs, Zl, Zp, and Zs except the space;
//   - Default_Ignorable_Code_Point (Unicode Standard Annex 44), as far as the
//     categories leave it: fillers, selectors and tags that print as nothing;
//   - characters with an empty picture: U+2800, U+FFFC, U+16FE4, U+1D159;
//   - the control pictures U+2400 to U+2421, which stand for controls here;
//   - flags and skin tones, and letters that pull the next character to them:
//     terminals do not agree on how many cells the two take.
func hidden(r rune) bool {
	switch {
	case r >= 0x3400 && r <= 0x9FFF, r >= 0xAC00 && r <= 0xD7A3:
		return false // ideographs, hexagrams and Hangul syllables, all assigned
	case !strconv.IsPrint(r):
		return true
	case r < 0x300:
		return false
	}
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, // ignorable
		0x2800, 0xFFFC, 0x16FE4, 0x1D159, // empty
		0x0D4E, 0x111C2, 0x111C3, 0x1193F, 0x11941, 0x11D46, 0x11F02: // prepended (UAX 29)
		return true
	}
	return r >= picture && r <= delPic ||
		r >= 0x180B && r <= 0x180F ||
		r >= 0xFE00 && r <= 0xFE0F ||
		r >= 0x11A84 && r <= 0x11A89 || // prepended (UAX 29)
		r >= 0x1F1E6 && r <= 0x1F1FF || // regional indicators: flags
		r >= 0x1F3FB && r <= 0x1F3FF || // skin tones
		r >= 0xE0000 && r <= 0xE0FFF
}

// combines reports whether r is drawn with the letter before it: the marks of
// Unicode, and four letters that terminals measure like marks (Thai and Lao
// AM, the halfwidth Katakana voiced sound marks).
func combines(r rune) bool {
	switch r {
	case 0x0E33, 0x0EB3, 0xFF9E, 0xFF9F:
		return true
	}
	return unicode.IsMark(r)
}

// links reports whether r joins the consonants on both of its sides into one
// conjunct (Indic_Conjunct_Break=Linker, UAX 44). The marks of a conjunct are
// counted together.
func links(r rune) bool {
	switch r {
	case 0x094D, 0x09CD, 0x0ACD, 0x0B4D, 0x0C4D, 0x0D4D, 0x1039, 0x17D2, 0x1A60,
		0x1B44, 0x1BAB, 0xA9C0, 0xAAF6, 0x10A3F, 0x11133, 0x1193E, 0x11A47, 0x11A99, 0x11F42:
		return true
	}
	return false
}

// misplacedJamo reports whether r, written after prev, is a letter of a
// decomposed Hangul syllable out of its place. A leading consonant, one vowel
// and one final are a syllable of two cells; any longer chain has a width of
// its own on every terminal (UAX 29 rules GB6 to GB8).
func misplacedJamo(prev, r rune) bool {
	switch {
	case vowelJamo(r):
		return !leadingJamo(prev)
	case finalJamo(r):
		return !vowelJamo(prev)
	case leadingJamo(r), r >= 0xAC00 && r <= 0xD7A3:
		return leadingJamo(prev)
	}
	return false
}

func leadingJamo(r rune) bool {
	return r >= 0x1100 && r <= 0x115F || r >= 0xA960 && r <= 0xA97C
}

func vowelJamo(r rune) bool {
	return r >= 0x1160 && r <= 0x11A7 || r >= 0xD7B0 && r <= 0xD7C6
}

func finalJamo(r rune) bool {
	return r >= 0x11A8 && r <= 0x11FF || r >= 0xD7CB && r <= 0xD7FB
}
