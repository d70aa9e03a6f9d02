package survey_test

import (
	"slices"
	"strings"
	"testing"

	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
	"deadletter/dnsx/survey"
)

func TestParseSPF(t *testing.T) {
	for _, c := range []struct {
		text     string
		includes string
		redirect string
		macros   int
		invalid  int
	}{
		{"v=spf1 include:a.example include:b.example -all", "a.example b.example", "", 0, 0},
		{"V=SPF1  INCLUDE:A.Example.  ?include:b.example include:a.example ~all", "a.example b.example", "", 0, 0},
		{"v=spf1 redirect=_spf.example.com", "", "_spf.example.com", 0, 0},
		{"v=spf1 redirect=_spf.example.com -all", "", "", 0, 0},
		{"v=spf1 redirect=a.example redirect=b.example", "", "a.example", 0, 0},
		{"v=spf1 include:%{ir}.example redirect=%{d}.example", "", "", 2, 0},
		{"v=spf1 include: include:192.0.2.1 include:-a.example include:a..example", "", "", 0, 4},
		{`v=spf1 include:\097.example`, "a.example", "", 0, 0},
		{`v=spf1 include:\a.example\`, "", "", 0, 1},
		{"v=spf1", "", "", 0, 0},
		{"v=spf10 include:a.example", "", "", 0, 0},
		{"include:a.example", "", "", 0, 0},
		{"", "", "", 0, 0},
	} {
		got := survey.ParseSPF(c.text)
		if strings.Join(got.Includes, " ") != c.includes || got.Redirect != c.redirect || got.Macros != c.macros || got.Invalid != c.invalid {
			t.Errorf("%q: %+v", c.text, got)
		}
	}
}

func FuzzParseSPF(f *testing.F) {
	for _, s := range []string{"v=spf1 include:a.example -all", `v=spf1 include:\255\."`, "v=spf1 redirect=%{d}", "v=spf1 \x00\xff +include:", "V=SPF1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := survey.ParseSPF(s)
		for _, name := range append(slices.Clone(got.Includes), got.Redirect) {
			if name != "" && !dnsx.IsHostname(name) {
				t.Fatalf("%q leads to %q", s, name)
			}
		}
		if !mailauth.IsSPF(s) && len(got.Includes)+len(got.Redirect)+got.Macros+got.Invalid > 0 {
			t.Fatalf("%q is no SPF record: %+v", s, got)
		}
	})
}
