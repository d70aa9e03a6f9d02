package idn_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"deadletter/dnsx"
	"deadletter/dnsx/idn"
)

func TestBothWays(t *testing.T) {
	for _, tt := range []struct{ in, ascii, letters string }{
		{"Example.COM.", "example.com", "example.com"},
		{"bücher.example", "xn--bcher-kva.example", "bücher.example"},
		{"BÜCHER.example.", "xn--bcher-kva.example", "bücher.example"},
		{"bu\u0308cher.example", "xn--bcher-kva.example", "bücher.example"}, // decomposed
		{"XN--BCHER-KVA.example", "xn--bcher-kva.example", "bücher.example"},
		{"faß.example", "xn--fa-hia.example", "faß.example"}, // not ss: non-transitional
		{"例え。example", "xn--r8jz45g.example", "例え.example"},
		{"_x.bücher.example", "_x.xn--bcher-kva.example", "_x.bücher.example"},
		{"ｅxample.com", "example.com", "example.com"},
		{"r3---sn.bücher.example", "r3---sn.xn--bcher-kva.example", "r3---sn.bücher.example"},
		{"", "", ""}, {".", ".", "."}, {"[192.0.2.1]", "[192.0.2.1]", "[192.0.2.1]"},
		{"xn--99999999999.example", "xn--99999999999.example", "-"},
		{"xn--example-.com", "xn--example-.com", "-"},
		{"xn--.example", "xn--.example", "-"},
		{"xn--" + strings.Repeat("a", 60) + ".example", "xn--" + strings.Repeat("a", 60) + ".example", "-"},
	} {
		ascii, err := idn.ASCII(tt.in)
		if err != nil || ascii != tt.ascii {
			t.Errorf("ASCII(%+q) = %q, %v, want %q", tt.in, ascii, err, tt.ascii)
		}
		letters, ok := idn.Letters(ascii)
		if !ok {
			letters = "-"
		}
		if letters != tt.letters {
			t.Errorf("Letters(%q) = %+q, want %+q", ascii, letters, tt.letters)
		}
	}
}

// TestBadLabel: the error names the label that is at fault.
func TestBadLabel(t *testing.T) {
	for name, label := range map[string]string{
		"bücher.b\u202ed.example":          "b\u202ed",
		"b\xfccher.example":                "b\xfccher",
		"a.✓ok.example":                    "✓ok",
		"one\u2024dot.example":             "one\u2024dot",
		"\u200b.example":                   "\u200b",
		strings.Repeat("ü", 64) + ".x":     strings.Repeat("ü", 64),
		strings.Repeat("ü", 63) + ".x":     strings.Repeat("ü", 63),
		"\u05d01a\u05d0b.example":          "\u05d01a\u05d0b", // right to left with letters of the other way
		strings.Repeat("ü.", 600) + "test": "",
	} {
		ascii, err := idn.ASCII(name)
		var bad *idn.Error
		if !errors.As(err, &bad) || bad.Label != label || ascii != "" || bad.Why == "" {
			t.Errorf("ASCII(%+q) = %q, %v, want an error on %+q", name, ascii, err, label)
		}
	}
}

func TestDoubts(t *testing.T) {
	for name, want := range map[string][]idn.Doubt{
		"example.com": nil, "bücher.example": nil, "例え.example": nil, "한국漢.example": nil,
		"p\u0430ypal.example":        {idn.MixedScripts},
		"xn--pypal-4ve.example":      {idn.MixedScripts},
		"\u0915\u0969.example":       {idn.ForeignDigits},
		"goo\u200bgle.example":       {idn.Unseen},
		"goo\u00adgle.example":       {idn.Unseen},
		"xn--99999999.example":       {idn.Unreadable},
		"\u0440\u0430\u0443.example": nil,
	} {
		if got := idn.Doubts(name); !slices.Equal(got, want) {
			t.Errorf("Doubts(%+q) = %q, want %q", name, got, want)
		}
	}
	for letters, want := range map[string]string{
		"\u0430\u0440\u0440\u04cf\u0435.com": "apple.com", "gm\u0430il.com": "gmail.com", "gmàil.com": "gmail.com", "gmail.com": "", "例え.com": "",
	} {
		if got, _ := idn.Reads(letters); got != want {
			t.Errorf("Reads(%+q) = %q, want %q", letters, got, want)
		}
	}
}

func FuzzIDN(f *testing.F) {
	for _, s := range []string{"example.com", "xn--bcher-kva.example", "bücher.example", "xn--.", "..", "\u3002", "p\u0430ypal", "\u200b", "xn--a.\u05d0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		idn.Doubts(s)
		ascii, err := idn.ASCII(s)
		if err != nil {
			return
		}
		for i := 0; i < len(ascii); i++ {
			if ascii[i] > 0x7f {
				t.Fatalf("ASCII(%+q) = %+q", s, ascii)
			}
		}
		if again, err := idn.ASCII(ascii); err != nil || again != ascii && dnsx.IsHostname(ascii) {
			t.Fatalf("ASCII(%+q) = %q, %v", ascii, again, err)
		}
		letters, ok := idn.Letters(ascii)
		idn.Reads(letters)
		if !ok || !dnsx.IsHostname(ascii) {
			return
		}
		if back, err := idn.ASCII(letters); err != nil || back != ascii {
			t.Fatalf("%+q became %q, and that %+q, %v", ascii, letters, back, err)
		}
	})
}
