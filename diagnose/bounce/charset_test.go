package bounce

import (
	"strings"
	"testing"

	"golang.org/x/net/html/charset"
)

// encodeFor writes text in a charset.
func encodeFor(label, s string) string {
	enc, _ := charset.Lookup(label)
	out, err := enc.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}

// TestCharsetsOfNotices holds that text of the charsets that real mail uses is read,
// and that text of any other is kept as bytes and said to be.
func TestCharsetsOfNotices(t *testing.T) {
	for label, word := range map[string]string{"utf-8": "zo\u00eb", "iso-8859-1": "zo\u00eb", "windows-1251": "\u043e\u0442", "koi8-r": "\u043e\u0442", "cp932": "\u5b9b\u5148", "euc-jp": "\u5b9b\u5148", "iso-2022-jp": "\u5b9b\u5148",
		"GB18030": "\u6536\u4ef6", "gbk": "\u6536\u4ef6", "big5": "\u6536\u4ef6", "ks_c_5601-1987": "\ubc18\uc1a1", "windows-874": "\u0e44\u0e21\u0e48"} {
		name := label
		if name == "cp932" {
			name = "shift_jis"
		}
		for _, kind := range []string{"text/plain", "text/html"} {
			raw := "From: MAILER-DAEMON@contoso.example\nTo: robin@fabrikam.example\nSubject: Returned mail\nContent-Type: " + kind + "; charset=" + label + "\n\n<ann@contoso.example>: 550 " + encodeFor(name, word) + "\n"
			res := Read([]byte(raw), Options{})
			if got := recipients(res); got != "ann@contoso.example" || !strings.Contains(string(res.Reports[0].Diagnostic.Value), word) || len(res.Findings) > 0 {
				t.Errorf("%s %s: %q %q %v", label, kind, got, string(res.Reports[0].Diagnostic.Value), res.Findings)
			}
		}
	}
	res := Read([]byte("From: MAILER-DAEMON@contoso.example\nTo: robin@fabrikam.example\nSubject: Returned mail\nContent-Type: text/plain; charset=x-user-defined\n\n<ann@contoso.example>: 550 \xe4\xb8\n"), Options{})
	if recipients(res) != "ann@contoso.example" || len(res.Findings) != 1 || res.Findings[0].Kind != Damaged || !strings.Contains(string(res.Reports[0].Diagnostic.Value), "\xe4\xb8") {
		t.Errorf("unknown charset: %q %v", recipients(res), res.Findings)
	}
}

// TestAddressesAmongLetters holds where an address begins and ends in scripts
// that set no blanks between words.
func TestAddressesAmongLetters(t *testing.T) {
	for in, want := range map[string]string{
		"\u6536\u4ef6\u4ebaann@contoso.example\u4e0d\u5b58\u5728":                     "ann@contoso.example",
		"\u6536\u4ef6\u4eba\uff08ann@contoso.example\uff09\u4e0d":                     "ann@contoso.example",
		"\u5b9b\u5148\uff1a\u7528\u6237@\u4f8b\u5b50.example":                         "\u7528\u6237@\u4f8b\u5b50.example",
		"an j\u00f8rgen@contoso.example.":                                             "j\u00f8rgen@contoso.example",
		"\u00ab\u0438\u0432\u0430\u043d@\u043f\u043e\u0447\u0442\u0430.example\u00bb": "\u0438\u0432\u0430\u043d@\u043f\u043e\u0447\u0442\u0430.example",
		"<\"ann b\"@contoso.example>":                                                 "\"ann b\"@contoso.example",
		"\xff\xfe@contoso.example":                                                    "",
	} {
		got := ""
		if start, end, ok := nextAddress(in, 0); ok {
			got = in[start:end]
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
