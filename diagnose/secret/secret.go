// Package secret holds keys and passwords so that they cannot be shown by
// accident, and takes them out of text that others wrote.
package secret

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Secret is a key or password. Every way to print, log or encode it gives a
// stand-in; [Secret.Reveal] alone gives the value. The zero Secret is empty.
type Secret struct{ value *string }

// New wraps a value. Blanks and line ends around it, as files and commands
// leave them, are dropped.
func New(value string) Secret {
	value = strings.TrimSpace(value)
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

// Reveal gives the value, for the one request or session that needs it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty reports whether there is no value.
func (s Secret) Empty() bool { return s.value == nil }

// String gives the stand-in: "[secret …3f]" with the last two characters of a
// value long enough not to be guessed from them, so that two keys can be told
// apart.
func (s Secret) String() string {
	v := s.Reveal()
	switch {
	case v == "":
		return "[no secret]"
	case len(v) < 16 || !plain(v[len(v)-2:]):
		return "[secret]"
	}
	return "[secret …" + v[len(v)-2:] + "]"
}

func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= utf8.RuneSelf })
}

// GoString gives the stand-in for %#v.
func (s Secret) GoString() string { return s.String() }

// Format gives the stand-in for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText gives the stand-in, in JSON too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue gives the stand-in.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Redactor takes secrets out of text by value, in the forms in which protocols
// repeat them.
type Redactor struct{ forms []string }

// minRedacted is how long a value must be to be looked for: a shorter one
// would tear up ordinary words.
const minRedacted = 4

// NewRedactor gives a redactor of these secrets.
func NewRedactor(secrets ...Secret) *Redactor {
	r := &Redactor{}
	for _, s := range secrets {
		v := s.Reveal()
		if len(v) < minRedacted {
			continue
		}
		for _, part := range append([]string{v}, longLines(v)...) {
			for _, form := range forms(part) {
				if len(form) >= minRedacted && !slices.Contains(r.forms, form) {
					r.forms = append(r.forms, form)
				}
			}
		}
	}
	// The longest first: a form may hold another.
	slices.SortFunc(r.forms, func(a, b string) int { return len(b) - len(a) })
	return r
}

// longLines gives the lines of a key that has several, such as one in PEM: it
// can come back folded in another way, or a part of it.
func longLines(v string) []string {
	if !strings.Contains(v, "\n") {
		return nil
	}
	return slices.DeleteFunc(strings.Fields(v), func(line string) bool { return len(line) < 16 })
}

// forms gives how a value can come back: as it is, URL-coded, in hex, quoted
// for JSON or Go, and in base64 at each of the three places that a byte can
// have in a group, alone or inside a longer text.
func forms(v string) []string {
	quoted := fmt.Sprintf("%q", v)
	out := []string{v, url.QueryEscape(v), url.PathEscape(v), hex.EncodeToString([]byte(v)), strings.ToUpper(hex.EncodeToString([]byte(v))), quoted[1 : len(quoted)-1]}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for shift := range 3 {
			text := enc.EncodeToString(append(make([]byte, shift), v...))
			// What depends on the neighbours is left out at both ends.
			from, cut := []int{0, 2, 3}[shift], []int{0, 3, 2}[(shift+len(v))%3]
			if from+cut < len(text) {
				out = append(out, text[from:len(text)-cut])
			}
		}
	}
	return out
}

// Redact gives the text with "[secret]" in place of every form of a secret.
func (r *Redactor) Redact(text string) string {
	if r == nil {
		return text
	}
	for _, form := range r.forms {
		text = strings.ReplaceAll(text, form, "[secret]")
	}
	return text
}
