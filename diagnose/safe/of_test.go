package safe_test

import (
	"bufio"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"deadletter/diagnose/safe"
)

func TestOf(t *testing.T) {
	tests := []struct {
		name, in string
		want     safe.Text
		escapes  int
	}{
		{"plain", "550 5.1.1 user unknown", "550 5.1.1 user unknown", 0},
		{"empty", "", "", 0},
		{"accents", "Zoë Łukasz e\u0301 Ünal", "Zoë Łukasz e\u0301 Ünal", 0},
		{"East Asian", "山田 太郎 김철수 ﾀﾅｶ ｶﾞ", "山田 太郎 김철수 ﾀﾅｶ ｶﾞ", 0},
		{"decomposed Hangul", "\u1112\u1161\u11ab\u1100\u1173\u11af", "\u1112\u1161\u11ab\u1100\u1173\u11af", 0},
		{"Hindi, Tamil and Thai", "हिन्दी நன்றி น้ำ ক্ষ", "हिन्दी நன்றி น้ำ ক্ষ", 0},
		{"Hebrew and Arabic", "שָׁלוֹם مرحبا", "שָׁלוֹם مرحبا", 0},
		{"emoji", "sent 📬", "sent 📬", 0},
		{"replacement character", "a\ufffdb", "a\ufffdb", 0},
		{"C0", "\x00\t\r\n\x1b\x1f\x7f", "␀␉␍␊␛␟␡", 7},
		{"C1", "a\u009b31m", "a‹U+009B›31m", 1},
		{"C1 bytes", "\x9b31m", "‹9B›31m", 1},
		{"lead byte before ESC", "a\xe2\x1b[31mb", "a‹E2›␛[31mb", 2},
		{"surrogate", "\xed\xa0\x9b", "‹ED›‹A0›‹9B›", 3},
		{"bidi", "user@\u202emoc", "user@‹U+202E›moc", 1},
		{"tag", "ok\U000e0069", "ok‹U+E0069›", 1},
		{"last code point", "\U0010ffff", "‹U+10FFFF›", 1},
		{"no-break space", "a\u00a0b", "a‹U+00A0›b", 1},
		{"filler", "\u3164\uffa0\u2800", "‹U+3164›‹U+FFA0›‹U+2800›", 3},
		{"quote", "a‹b›", "a‹‹b›", 0},
		{"typed form", "‹U+202E›", "‹‹U+202E›", 0},
		{"quote before a form", "‹\u202e‹", "‹‹‹U+202E›‹‹", 1},
		{"typed picture", "␛[31m", "‹U+241B›[31m", 1},
		{"symbol for space", "␠␢", "‹U+2420›␢", 1},
		{"four marks", "a\u0301\u0301\u0301\u0301b", "a\u0301\u0301\u0301\u0301b", 0},
		{"fifth mark", "a\u0301\u0301\u0301\u0301\u0301\u0301b", "a\u0301\u0301\u0301\u0301‹U+0301›‹U+0301›b", 2},
		{"mark at the start", "\u0301a", "‹U+0301›a", 1},
		{"mark after a form", "a\x1b\u0301", "a␛‹U+0301›", 2},
		{"mark after ASCII prefix", "abc\u0301", "abc\u0301", 0},
		{"second leading Jamo", "\u1100\u1100\u1161", "\u1100‹U+1100›‹U+1161›", 2},
		{"flag", "\U0001f1e9\U0001f1ea", "‹U+1F1E9›‹U+1F1EA›", 2},
		{"long conjunct", strings.Repeat("\u0915\u094d", 6), safe.Text(strings.Repeat("\u0915\u094d", 4) + "\u0915‹U+094D›\u0915\u094d"), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := safe.Of(tt.in)
			if got != tt.want {
				t.Errorf("Of(%+q) = %s, want %s", tt.in, got, tt.want)
			}
			if n := safe.Escapes(got); n != tt.escapes {
				t.Errorf("Escapes(%s) = %d, want %d", got, n, tt.escapes)
			}
			check(t, tt.in)
		})
	}
}

// check holds what is true of every text: nothing in the result acts on a
// terminal or is unseen, the bytes can be had back, the forms are as many as
// the characters they stand for, and reading the result from a file keeps it.
func check(t interface {
	Helper()
	Errorf(string, ...any)
}, in string) {
	t.Helper()
	shown := safe.Of(in)
	if r, ok := unsafeRune(string(shown)); ok {
		t.Errorf("Of(%+q) leaves %U", in, r)
	}
	back, err := safe.Decode(shown)
	if err != nil || back != in {
		t.Errorf("Decode(%+q) = %+q, %v; want %+q", shown, back, err, in)
	}
	if got, want := shownCharacters(shown), utf8.RuneCountInString(in); got != want {
		t.Errorf("Of(%+q) = %s: %d characters shown for %d", in, shown, got, want)
	}
	var read safe.Text
	if err := read.UnmarshalText([]byte(shown)); err != nil || read != shown {
		t.Errorf("read back %+q, %v; want %+q", read, err, shown)
	}
}

// unsafeRune is a second opinion: it asks the tables of Unicode, not ours.
func unsafeRune(s string) (rune, bool) {
	for i, r := range s {
		switch {
		case r == ' ':
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			return r, true
		case !unicode.IsGraphic(r), unicode.Is(unicode.Zs, r),
			unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			return r, true
		case r >= 0xE0000 && r <= 0xE0FFF, r == 0x2800, r == 0xFFFC, r == 0x034F, r == 0x17B4, r == 0x17B5:
			return r, true
		}
	}
	return 0, false
}

// shownCharacters counts a form, and a doubled quote, as one character.
func shownCharacters(t safe.Text) int {
	n := 0
	for s := string(t); s != ""; n++ {
		_, size := utf8.DecodeRuneInString(s)
		switch {
		case strings.HasPrefix(s, "‹‹"):
			size = len("‹‹")
		case strings.HasPrefix(s, "‹"):
			size = strings.Index(s, "›") + len("›")
		}
		s = s[size:]
	}
	return n
}

// TestHiddenIsComplete walks through all of Unicode.
func TestHiddenIsComplete(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		in := "a" + string(r)
		shown := string(safe.Of(in))
		if bad, ok := unsafeRune(shown); ok {
			t.Fatalf("%U is shown as %U", r, bad)
		}
		if back, err := safe.Decode(safe.Of(in)); err != nil || back != in {
			t.Fatalf("%U decodes to %+q, %v", r, back, err)
		}
		if shown == in && strconv.IsPrint(r) {
			continue
		}
		if shown == in {
			t.Fatalf("%U is shown as it is, and is not printable", r)
		}
	}
}

// hostile reads Go-quoted strings, a tab and a remark a line.
func hostile(t testing.TB, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not there: the shared hostile strings are checked where the project's corpus lies beside it", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		quoted, _, _ := strings.Cut(lines.Text(), "\t")
		if quoted == "" || quoted[0] == '#' {
			continue
		}
		s, err := strconv.Unquote(quoted)
		if err != nil {
			// An ASCII apostrophe is escaped in some of them, as in a rune literal.
			if s, err = strconv.Unquote(strings.ReplaceAll(quoted, `\'`, `'`)); err != nil {
				t.Fatalf("%s: %v", quoted, err)
			}
		}
		all = append(all, s)
	}
	return all
}

func TestHostileStrings(t *testing.T) {
	for name, path := range map[string]string{"own": "testdata/hostile.txt", "shared": "../../../shared/corpus/hostile_strings.txt"} {
		t.Run(name, func(t *testing.T) {
			all := hostile(t, path)
			if len(all) < 40 {
				t.Fatalf("only %d strings in %s", len(all), path)
			}
			for _, s := range all {
				check(t, s)
				check(t, "250 ok "+s+" and more")
			}
		})
	}
}

func TestPropertiesOfOf(t *testing.T) {
	piece := rapid.OneOf(
		rapid.String(),
		rapid.StringOfN(rapid.RuneFrom([]rune("a ‹›U+02E␛\x1b\u0301\u0e33\uff9e\u094d\u0915\u1100\u1161\u11a8가\u202e\ufeff\U0001f1e9")), 0, 12, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }),
	)
	rapid.Check(t, func(rt *rapid.T) {
		a, b := piece.Draw(rt, "a"), piece.Draw(rt, "b")
		check(rt, a+b)
		if back, err := safe.Decode(safe.Of(a) + safe.Of(b)); err != nil || back != a+b {
			rt.Errorf("joined forms decode to %+q, %v; want %+q", back, err, a+b)
		}
		if a != b && safe.Of(a) == safe.Of(b) {
			rt.Errorf("%+q and %+q look the same: %s", a, b, safe.Of(a))
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	for _, in := range []safe.Text{
		"‹", "a‹", "‹E2", "‹e2›", "‹E›", "‹E2F›", "‹41›", "‹U+›", "‹U+41›", "‹U+0041›", "‹U+0202E›",
		"‹U+202e›", "‹U+D800›", "‹U+110000›", "‹U+1234567›", "‹12 more lines›", "a\x1b", "\u202e", "\xe2", "␠", "\x7f",
	} {
		if got, err := safe.Decode(in); !errors.Is(err, safe.ErrNotAForm) {
			t.Errorf("Decode(%+q) = %q, %v; want ErrNotAForm", in, got, err)
		}
		if n := safe.Escapes(in); n > 1 {
			t.Errorf("Escapes(%+q) = %d", in, n)
		}
	}
}

func TestPlainTextCostsNothing(t *testing.T) {
	for _, s := range []string{"550 5.1.1 user unknown", "Zoë 山田 " + strings.Repeat("é", 100)} {
		if n := testing.AllocsPerRun(100, func() { _ = safe.Of(s) }); n != 0 {
			t.Errorf("Of(%q) allocates %v times", s, n)
		}
	}
}

func TestClip(t *testing.T) {
	tests := []struct {
		in   string
		max  int
		want safe.Text
		rest int
	}{
		{"abc", 3, "abc", 0},
		{"abcd", 3, "abc", 1},
		{"abcd", 0, "", 4},
		{"abcd", -1, "", 4},
		{"", 0, "", 0},
		{"aé", 2, "a", 2},
		{"aé", 3, "aé", 0},
		{"a山b", 2, "a", 4},
		{"a山b", 3, "a", 4},
		{"a山b", 4, "a山", 1},
		{"📬", 3, "", 4},
		{"a\x80\x80\x80\x80", 3, "a‹80›‹80›", 2},
		{"ab\xe5\x1b", 3, "ab‹E5›", 1},
		{"a\x1bb", 2, "a␛", 1},
	}
	for _, tt := range tests {
		if got, rest := safe.Clip(tt.in, tt.max); got != tt.want || rest != tt.rest {
			t.Errorf("Clip(%+q, %d) = %s, %d; want %s, %d", tt.in, tt.max, got, rest, tt.want, tt.rest)
		}
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", safe.Field) + "yz"
	tests := []struct {
		in   string
		max  int
		want []safe.Text
	}{
		{"", 9, nil},
		{"one", 9, []safe.Text{"one"}},
		{"one\n", 9, []safe.Text{"one"}},
		{"\n", 9, []safe.Text{""}},
		{"one\ntwo\r\nthree\rfour\n\rfive", 9, []safe.Text{"one", "two", "three", "four", "", "five"}},
		{"a\x1bb\nc\x85d\u2028e", 9, []safe.Text{"a␛b", "c‹85›d‹U+2028›e"}},
		{"1\n2\n3\n4", 4, []safe.Text{"1", "2", "3", "4"}},
		{"1\n2\n3\n4\n", 4, []safe.Text{"1", "2", "3", "4"}},
		{"1\n2\n3\n4", 3, []safe.Text{"1", "2", "‹2 more lines›"}},
		{"1\n2", 1, []safe.Text{"‹2 more lines›"}},
		{"1", 0, nil},
		{"‹2 more lines›", 3, []safe.Text{"‹‹2 more lines›"}},
		{long, 1, []safe.Text{safe.Of(long[:safe.Field]) + "‹2 more bytes›"}},
	}
	for _, tt := range tests {
		got := safe.Lines(tt.in, tt.max)
		if len(got) != len(tt.want) {
			t.Errorf("Lines(%.40q, %d) = %.60q, want %.60q", tt.in, tt.max, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("Lines(%.40q, %d)[%d] = %.60q, want %.60q", tt.in, tt.max, i, got[i], tt.want[i])
			}
		}
	}
}

func FuzzOf(f *testing.F) {
	for _, s := range hostile(f, "testdata/hostile.txt") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		check(t, s)
		for _, line := range safe.Lines(s, 8) {
			if r, ok := unsafeRune(string(line)); ok {
				t.Errorf("a line of %+q holds %U", s, r)
			}
		}
		if shown, rest := safe.Clip(s, 16); rest < 0 || rest > len(s) || safe.Of(s[:len(s)-rest]) != shown {
			t.Errorf("Clip(%+q, 16) = %s, %d", s, shown, rest)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"‹E2›", "‹U+202E›", "‹‹U+202E›", "␛", "‹", "‹U+110000›", "‹80›\u0301", "‹2 more lines›"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		back, err := safe.Decode(safe.Text(s))
		if err != nil {
			if !errors.Is(err, safe.ErrNotAForm) || back != "" {
				t.Errorf("Decode(%+q) = %+q, %v", s, back, err)
			}
		} else if again, err := safe.Decode(safe.Of(back)); err != nil || again != back {
			t.Errorf("%+q: second decoding gives %+q, %v; want %+q", s, again, err, back)
		}
		var read, twice safe.Text
		if err := read.UnmarshalText([]byte(s)); err != nil {
			t.Fatal(err)
		}
		if r, ok := unsafeRune(string(read)); ok {
			t.Errorf("%+q read from a file leaves %U", s, r)
		}
		if err := twice.UnmarshalText([]byte(read)); err != nil || twice != read {
			t.Errorf("%+q read twice gives %+q and %+q, %v", s, read, twice, err)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	texts := map[string]string{
		"ascii":   "550 5.1.1 <robin.hale@contoso.example>: Recipient address rejected: User unknown in virtual mailbox table",
		"accents": "Zoë Ünal 山田 太郎: boîte aux lettres pleine, réessayez plus tard, 550 5.2.2",
		"hostile": "550 \x1b]52;c;bHM=\x07 user\u202emoc.elpmaxe \x9b31m \u009b2J a\u0301\u0301\u0301\u0301\u0301\u0301 ‹U+202E›",
	}
	for name, s := range texts {
		b.Run("Of/"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				_ = safe.Of(s)
			}
		})
		b.Run("QuoteToGraphic/"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				_ = strconv.QuoteToGraphic(s)
			}
		})
	}
}
