package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"deadletter/diagnose/safe"
)

func TestTyping(t *testing.T) {
	for name, c := range map[string]struct {
		pieces []string
		line   string
		state  lineState
	}{
		"letters":                   {[]string{"y", "e", "s", "\r"}, "yes", lineDone},
		"a line feed":               {[]string{"yes\n"}, "yes", lineDone},
		"taken back":                {[]string{"yex", "\x7f", "s", "\r"}, "yes", lineDone},
		"nothing to take back":      {[]string{"\x7f", "\b", "y", "\r"}, "y", lineDone},
		"begun anew":                {[]string{"no", "\x15", "yes", "\r"}, "yes", lineDone},
		"arrows":                    {[]string{"y\x1b[De\x1bOHs\x1b[1;5C", "\r"}, "yes", lineDone},
		"a letter in two pieces":    {[]string{"\xc3", "\xbc", "\r"}, "ü", lineDone},
		"half a letter taken back":  {[]string{"\xc3", "\x7f", "u", "\r"}, "u", lineDone},
		"left":                      {[]string{"ye", "\x03"}, "ye", lineLeft},
		"ended":                     {[]string{"\x04"}, "", lineLeft},
		"a paste":                   {[]string{"\x1b[200~yes\x1b[201~", "\r"}, "", lineDone},
		"a paste with its end":      {[]string{"\x1b[200~yes\r\x1b[201~"}, "", lineOpen},
		"a paste in pieces":         {[]string{"\x1b", "[2", "00~y", "es\r\n\x03", "\x1b[20", "1~", "\r"}, "", lineDone},
		"a paste behind letters":    {[]string{"ye", "\x1b[200~s\x1b[201~", "\r"}, "", lineDone},
		"a paste that does not end": {[]string{"\x1b[200~yes", "\r", "yes\r"}, "", lineOpen},
		"all at once":               {[]string{"person@example.com", "\r"}, "", lineDone},
		"all at once with its end":  {[]string{"person@example.com\r"}, "", lineOpen},
		"all at once behind arrows": {[]string{"\x1b[Dperson@example.com\r"}, "", lineOpen},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			l, state := &typing{out: &out, most: maxAtOnce}, lineOpen
			for _, p := range c.pieces {
				if state == lineOpen {
					state = l.take([]byte(p))
				}
			}
			if state != c.state || string(l.line) != c.line {
				t.Errorf("%q, %d; shown %q", l.line, state, out.String())
			}
		})
	}
}

func TestTypeLineEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pending, w := io.Pipe()
	defer w.Close()
	if _, err := typeLine(ctx, pending, &typing{out: io.Discard, most: maxAtOnce}); !errors.Is(err, errKept) {
		t.Errorf("%v", err)
	}
	if _, err := typeLine(t.Context(), strings.NewReader("yes"), &typing{out: io.Discard, most: maxAtOnce}); !errors.Is(err, errKept) {
		t.Errorf("without an end: %v", err)
	}
}

// FuzzTyping: whatever comes, no more than the bound is kept, and nothing that
// a terminal obeys is shown but what is ours.
func FuzzTyping(f *testing.F) {
	for _, s := range []string{"yes\r", "\x1b[200~x\x1b[201~", "\xc3\x28\x7f", "\x1b]52;c;aGk=\x07", "\u202e\u009b31m"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		var out bytes.Buffer
		l := &typing{out: &out, most: maxAtOnce}
		size = max(size%9, 1)
		for len(in) > 0 {
			n := min(size, len(in))
			if l.take(in[:n]) != lineOpen {
				break
			}
			in = in[n:]
		}
		if len(l.line) > maxTyped {
			t.Errorf("%d bytes are kept", len(l.line))
		}
		text := strings.NewReplacer("\r\n", "", "\b \b", "").Replace(out.String())
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("it shows %q", text)
		}
	})
}

func TestColumns(t *testing.T) {
	head := []safe.Text{"list", "entry", "why"}
	rows := [][]safe.Text{{"bounces", "listed", "550 5.1.1 user unknown"}, {"blocks", "not listed", ""}, {"名前", "", "x"}}
	for name, c := range map[string]struct {
		width int
		want  string
	}{
		"no terminal": {0, "list     entry       why\nbounces  listed      550 5.1.1 user unknown\nblocks   not listed\n名前                 x\n"},
		"narrow":      {34, "list     entry       why\nbounces  listed      550 5.1.1\n                     user unknown\nblocks   not listed\n名前                 x\n"},
		"tiny":        {1, "list     entry   why\nbounces  listed  550\n                 5.1.1\n                 user\n                 unknown\nblocks   not\n         listed\n名前             x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			writeColumns(&b, c.width, head, rows)
			if b.String() != c.want {
				t.Errorf("%s", b.String())
			}
		})
	}
}
