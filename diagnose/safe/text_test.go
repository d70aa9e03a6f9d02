package safe_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"deadletter/diagnose/safe"
)

func TestUntrustedNeverPrintsRaw(t *testing.T) {
	u := safe.Untrusted("a\x1b]0;x\x07\u202e\xe2")
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%d", "%10.3s"} {
		if r, ok := unsafeRune(fmt.Sprintf(verb, u)); ok {
			t.Errorf("%s prints %U", verb, r)
		}
	}
	if r, ok := unsafeRune(fmt.Sprint([]safe.Untrusted{u}, struct{ U safe.Untrusted }{u}, fmt.Errorf("no: %v", u))); ok {
		t.Errorf("inside other values it prints %U", r)
	}
}

func TestUntrustedKeepsItsBytesInJSON(t *testing.T) {
	for _, s := range append(hostile(t, "testdata/hostile.txt"), "", "plain", "<&>") {
		data, err := json.Marshal(safe.Untrusted(s))
		if err != nil {
			t.Fatal(err)
		}
		if r, ok := unsafeRune(string(data)); ok {
			t.Errorf("the JSON of %+q holds %U", s, r)
		}
		var back safe.Untrusted
		if err := json.Unmarshal(data, &back); err != nil || string(back) != s {
			t.Errorf("%+q comes back as %+q, %v", s, string(back), err)
		}
	}
	var u safe.Untrusted
	for _, bad := range []string{`{"base64":"*"}`, `7`, `[]`} {
		if err := json.Unmarshal([]byte(bad), &u); err == nil {
			t.Errorf("%s is read as %+q", bad, string(u))
		}
	}
}

type shouting struct{}

func (shouting) String() string { return "s\x1b" }

type wire string
type count int

func TestTextf(t *testing.T) {
	var missing *time.Time
	tests := []struct {
		got, want safe.Text
	}{
		{safe.Textf("%s asked %d times", "mx\x1b", 3), "mx␛ asked 3 times"},
		{safe.Textf("%v", errors.New("bad \u202e")), "bad ‹U+202E›"},
		{safe.Textf("%v", shouting{}), "s␛"},
		{safe.Textf("%v", wire("w\x07")), "w␇"},
		{safe.Textf("%d", count(4)), "4"},
		{safe.Textf("%s", []byte("b\x00")), "b␀"},
		{safe.Textf("%s", safe.Untrusted("u\x7f")), "u␡"},
		{safe.Textf("%s", safe.Of("‹\x1b")), "‹‹␛"},
		{safe.Textf("%s", "‹U+202E›"), "‹‹U+202E›"},
		{safe.Textf("%c%c", 0x1b, rune(0x202e)), "␛‹U+202E›"},
		{safe.Textf("%v", missing), "<nil>"},
		{safe.Textf("%v", nil), "<nil>"},
		{safe.Textf("%v", []string{"a\x1b"}), "[a␛]"},
		{safe.Textf("%v", map[string]string{"k\x1b": "v\x07"}), "map[k␛:v␇]"},
		{safe.Textf("%t %.1f", true, 1.25), "true 1.2"},
		{safe.Textf("%v", 90*time.Second), "1m30s"},
		{safe.Textf("a\nb"), "a␊b"},
		{safe.Textf("%s%s", "a\u0301\u0301\u0301", safe.Text("\u0301\u0301")), "a\u0301\u0301\u0301\u0301‹U+0301›"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %+q, want %+q", tt.got, tt.want)
		}
	}
}

func TestTextFromAFile(t *testing.T) {
	tests := []struct {
		in   string
		want safe.Text
	}{
		{`"plain"`, "plain"},
		{`"a\u001b[31m"`, "a␛[31m"},
		{`"\u202emoc \u009b"`, "‹U+202E›moc ‹U+009B›"},
		{`"␛ ‹U+202E› ‹‹ ‹2 more lines›"`, "␛ ‹U+202E› ‹‹ ‹2 more lines›"},
		{`"one\ntwo"`, "one␊two"},
		{"\"\xe2\"", "\ufffd"},
		{`null`, "as it was"},
	}
	for _, tt := range tests {
		got := safe.Text("as it was")
		if err := json.Unmarshal([]byte(tt.in), &got); err != nil || got != tt.want {
			t.Errorf("%s is read as %+q, %v; want %+q", tt.in, got, err, tt.want)
		}
	}
	var keyed map[safe.Text]safe.Text
	if err := json.Unmarshal([]byte(`{"k\u001b":"v\u0007"}`), &keyed); err != nil || keyed["k␛"] != "v␇" {
		t.Errorf("as a key: %+q, %v", keyed, err)
	}
	var text safe.Text
	if err := json.Unmarshal([]byte(`7`), &text); err == nil {
		t.Errorf("7 is read as %q", text)
	}
}

func TestAppendJSON(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", `""`},
		{`a"b\c/d<é山📬‹`, `"a\"b\\c/d<é山📬‹"`},
		{"\x00\n\t\x1b\x7f", `"\u0000\u000a\u0009\u001b\u007f"`},
		{"\u009b\u202e\u2028\ufeff\u00a0", `"\u009b\u202e\u2028\ufeff\u00a0"`},
		{"\U000e0069\U0010ffff", `"\udb40\udc69\udbff\udfff"`},
		{"a\xe2b\ufffd", `"a\ufffdb` + "\ufffd" + `"`},
		{"a\u0301\u0301\u0301\u0301\u0301", `"a` + "\u0301\u0301\u0301\u0301" + `\u0301"`},
	}
	for _, tt := range tests {
		if got := string(safe.AppendJSON(nil, tt.in)); got != tt.want {
			t.Errorf("AppendJSON(%+q) = %s, want %s", tt.in, got, tt.want)
		}
	}
	if got := string(safe.AppendJSON([]byte(`{"a":`), "b")); got != `{"a":"b"` {
		t.Errorf("appended: %s", got)
	}
}

func FuzzAppendJSON(f *testing.F) {
	for _, s := range hostile(f, "testdata/hostile.txt") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		data := safe.AppendJSON(nil, s)
		if r, ok := unsafeRune(string(data)); ok {
			t.Errorf("the JSON of %+q holds %U", s, r)
		}
		var back string
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if want := strings.Join(strings.Split(s, ""), ""); utf8.ValidString(s) && back != want {
			t.Errorf("%+q comes back as %+q", s, back)
		}
	})
}

func TestDomain(t *testing.T) {
	tests := []struct {
		in   string
		want safe.Text
	}{
		{"mx1.example.net", "mx1.example.net"},
		{"_dmarc.Example.COM.", "_dmarc.Example.COM."},
		{"[192.0.2.1]", "[192.0.2.1]"},
		{"", ""},
		{"xn--bcher-kva.example", "xn--bcher-kva.example (bücher.example)"},
		{"XN--BCHER-KVA.example", "XN--BCHER-KVA.example (bücher.example)"},
		{"bücher.example", "xn--bcher-kva.example (bücher.example)"},
		{"BÜCHER.example.", "xn--bcher-kva.example. (bücher.example.)"},
		{"_x.bücher.example", "_x.xn--bcher-kva.example (_x.bücher.example)"},
		{"例え.example", "xn--r8jz45g.example (例え.example)"},
		{"한국漢.example", "xn--hexv24kibza.example (한국漢.example)"},
		// one Cyrillic letter among Latin ones
		{"p\u0430ypal.example", "xn--pypal-4ve.example ‹mixed scripts›"},
		{"xn--pypal-4ve.example", "xn--pypal-4ve.example ‹mixed scripts›"},
		// all Cyrillic: shown, next to the name that cannot be taken for another
		{"\u0440\u0430\u0443.example", "xn--80a5ak.example (\u0440\u0430\u0443.example)"},
		{"xn--example-.com", "xn--example-.com ‹no readable form›"},
		{"xn--.example", "xn--.example ‹no readable form›"},
		{"xn--99999999999.example", "xn--99999999999.example ‹no readable form›"},
		{"xn--" + strings.Repeat("a", 60) + ".example", safe.Of("xn--"+strings.Repeat("a", 60)) + ".example ‹no readable form›"},
		{"\u2713ok.example", "\u2713ok.example ‹not a domain name›"},
		{"xn--ok-pgy.example", "xn--ok-pgy.example ‹no readable form›"},
		{"moc\u202e.example", "moc‹U+202E›.example ‹not a domain name›"},
		{"a\x1bb.example", "a␛b.example"},
		{"a‹mixed scripts›.example", "a‹‹mixed scripts›.example ‹not a domain name›"},
		{"b\xfccher.example", "b‹FC›cher.example ‹not a domain name›"},
		{strings.Repeat("a", 1024) + "bc", safe.Of(strings.Repeat("a", 1024)) + "‹2 more bytes›"},
	}
	for _, tt := range tests {
		if got := safe.Domain(tt.in); got != tt.want {
			t.Errorf("Domain(%+q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func FuzzDomain(f *testing.F) {
	for _, s := range []string{"example.com", "xn--bcher-kva.example", "bücher.example", "xn--.", "..", "\u3002", "p\u0430ypal"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if r, ok := unsafeRune(string(safe.Domain(s))); ok {
			t.Errorf("Domain(%+q) leaves %U", s, r)
		}
	})
}
