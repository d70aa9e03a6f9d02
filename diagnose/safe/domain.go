package safe

import (
	"strings"
	"unicode"

	"deadletter/dnsx/idn"
)

// What Domain says of a name. The text of a name cannot hold these, since its
// own opening quotes are doubled.
const (
	mixedScripts = " ‹mixed scripts›"
	unreadable   = " ‹no readable form›"
	notAName     = " ‹not a domain name›"
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
	if len(name) > idn.MaxBytes {
		shown, rest := Clip(name, idn.MaxBytes)
		return shown + remark(rest, "bytes")
	}
	plain := strings.IndexFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) < 0
	if plain && !idn.HasALabel(name) {
		return Of(name)
	}
	ascii, err := idn.ASCII(name)
	if err != nil {
		return Of(name) + notAName
	}
	final := ""
	if strings.HasSuffix(name, ".") {
		final = "."
	}
	shown := Of(ascii + final)
	if plain {
		shown = Of(name) // as it was written, capitals too
	}
	letters, ok := idn.Letters(ascii)
	switch {
	case !ok, Escapes(Of(letters)) > 0:
		return shown + unreadable
	case letters == ascii:
		return shown
	}
	for label := range strings.SplitSeq(letters, ".") {
		if !idn.OneScript(label) {
			return shown + mixedScripts
		}
	}
	return shown + " (" + Of(letters+final) + ")"
}
