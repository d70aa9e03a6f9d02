// Package idn reads internationalised domain names both ways: letters to the
// form that stands in DNS (A-labels, RFC 5890 section 2.3.2.1) and back, by
// IDNA2008 with the non-transitional mapping of Unicode Technical Standard 46.
// It also says what may deceive a reader of the letters ([Doubts]).
//
// All work is linear in a name of at most [MaxBytes]; a label is at most 63
// characters before anything quadratic is done with it.
package idn

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// MaxBytes bounds what is read as a name. A name in DNS has at most 255 octets
// (RFC 1035 section 2.3.4); its letters take up to four bytes each.
const MaxBytes = 1024

const (
	maxLabel = 63     // octets of a label (RFC 1035 section 2.3.4); letters are no fewer encoded
	prefix   = "xn--" // RFC 5890 section 2.3.2.5
)

// profile holds the rules of RFC 5891 with the mapping of UTS 46. Underscores
// are let through: _dmarc.example is a name too.
var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false))

// Error says which label of a name has no A-label, and why. Label is untrusted.
type Error struct {
	Label string // as it was written; "" where the name as a whole is at fault
	Why   string
}

func (e *Error) Error() string {
	if e.Label == "" {
		return "the name " + e.Why
	}
	return fmt.Sprintf("label %q %s", e.Label, e.Why)
}

// ASCII gives the name that DNS is asked for: lower case, without the final
// dot, letters beyond ASCII as A-labels. Labels that are ASCII already are not
// judged, an A-label that cannot be read included: DNS takes it as it stands.
// The error is an [*Error].
func ASCII(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name != "." {
		name = strings.TrimSuffix(dots.Replace(name), ".")
	}
	if isASCII(name) {
		return lowerASCII(name), nil
	}
	if len(name) > MaxBytes {
		return "", &Error{Why: "is too long"}
	}
	labels := strings.Split(name, ".")
	for i, label := range labels {
		a, err := labelToASCII(label)
		if err != nil {
			return "", err
		}
		labels[i] = a
	}
	return strings.Join(labels, "."), nil
}

// dots are the other characters that divide labels (RFC 3490 section 3.1, kept
// by UTS 46 section 4).
var dots = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".")

func labelToASCII(label string) (string, error) {
	switch {
	case isASCII(label):
		return lowerASCII(label), nil
	case !utf8.ValidString(label):
		return "", &Error{label, "is not UTF-8"}
	case utf8.RuneCountInString(label) > maxLabel:
		return "", &Error{label, "is too long"}
	}
	a, err := profile.ToASCII(label)
	switch {
	case err != nil:
		return "", &Error{label, "holds what a domain name cannot"}
	case a == "":
		return "", &Error{label, "holds nothing that is seen"}
	case strings.Contains(a, "."):
		return "", &Error{label, "holds a sign that reads as a dot"}
	case len(a) > maxLabel:
		return "", &Error{label, "is too long"}
	}
	if letters, err := profile.ToUnicode(a); err != nil || !NameLetters(letters) {
		return "", &Error{label, "holds what a domain name cannot"}
	}
	return a, nil
}

// Letters gives the letters of a name in lower case ASCII whose A-labels all
// decode, and encode to themselves again; false for any other. A name without
// A-labels is its own letters.
func Letters(ascii string) (string, bool) {
	if !isASCII(ascii) || len(ascii) > MaxBytes {
		return "", false
	}
	labels := strings.Split(ascii, ".")
	for i, label := range labels {
		if !strings.HasPrefix(label, prefix) {
			continue
		}
		if len(label) > maxLabel {
			return "", false // and punycode is quadratic
		}
		letters, err := profile.ToUnicode(label)
		if err != nil || isASCII(letters) || strings.Contains(letters, ".") || !NameLetters(letters) {
			return "", false
		}
		if back, err := profile.ToASCII(letters); err != nil || back != label {
			return "", false
		}
		labels[i] = letters
	}
	return strings.Join(labels, "."), true
}

// HasALabel reports whether a label of the name begins like an A-label.
func HasALabel(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if len(label) >= len(prefix) && strings.EqualFold(label[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

// NameLetters reports whether a name holds letters, digits, marks, hyphens,
// underscores and dots alone, and the few signs that IDNA takes besides (RFC
// 5892 sections 2.6 and 2.7). Pictures and punctuation could imitate signs of
// ours.
func NameLetters(name string) bool {
	for _, r := range name {
		switch {
		case r == '-', r == '_', r == '.', r == 0xB7, r == 0x375, r == 0x5F3, r == 0x5F4, r == 0x30FB, r == zwnj, r == zwj:
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

// lowerASCII leaves bytes that are no letters of ASCII as they are.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}
