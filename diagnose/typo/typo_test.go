package typo_test

import (
	"strings"
	"testing"

	"deadletter/diagnose/operator"
	"deadletter/diagnose/typo"
)

func TestCandidates(t *testing.T) {
	for _, tt := range []struct {
		domain, near string
		want         string
		slip         typo.Slip
	}{
		{"gmial.com", "", "gmail.com", typo.Letter},
		{"gmai.com", "", "gmail.com", typo.Letter},
		{"gmaill.com", "", "gmail.com", typo.Letter},
		{"gnail.com", "", "gmail.com", typo.Letter},
		{"xgmail.com", "", "gmail.com", typo.Letter},
		{"gmail.con", "", "gmail.com", typo.Ending},
		{"gmail.co", "", "gmail.com", typo.Ending},
		{"gmail.cmo", "", "gmail.com", typo.Ending},
		{"hotmail.ne", "", "hotmail.be", typo.Letter},
		{"gmx.ne", "", "gmx.net", typo.Ending},
		{"web.dee", "", "web.de", typo.Ending},
		{"hotmial.com", "", "hotmail.com", typo.Letter},
		{"outlok.com", "", "outlook.com", typo.Letter},
		{"yaho.com", "", "yahoo.com", typo.Letter},
		{"yahoo.couk", "", "yahoo.co.uk", typo.Ending},
		{"gmailcom", "", "", ""},
		{"g.mail.com", "", "gmail.com", typo.Dot},
		{"yahooco.uk", "", "yahoo.co.uk", typo.Dot},
		{"wwwgmail.com", "", "gmail.com", typo.Glued},
		{"grnail.com", "", "gmail.com", typo.Looks},
		{"gmai1.com", "", "gmail.com", typo.Looks},
		{"0utlook.com", "", "outlook.com", typo.Looks},
		{"xn--gmil-63d.com", "", "gmail.com", typo.Looks},
		{"gamil.con", "", "gmail.com", typo.Two},
		{"hotmial.cm", "", "hotmail.com", typo.Two},
		// what is known, below it, far from it, or too short to tell
		{"gmail.com", "", "", ""}, {"mail.com", "", "", ""}, {"ymail.com", "", "", ""}, {"outlook.de", "", "", ""}, {"mx.gmail.com", "", "", ""},
		{"contoso.example", "", "", ""}, {"com", "", "", ""}, {"", "", "", ""}, {"xx.com", "", "", ""}, {"sly.com", "", "", ""},
		// domains of the case
		{"fabirkam.example", "fabrikam.example", "fabrikam.example", typo.Letter},
		{"example.co", "example.com", "example.com", typo.Ending},
		{"fabrikam.exmaple", "fabrikam.example", "fabrikam.example", typo.Ending},
		{"mail.fabrikam.example", "fabrikam.example", "", ""},
		{"fabrikam.example", "fabrikam.example", "", ""},
	} {
		got := typo.Candidates(tt.domain, strings.Fields(tt.near))
		var domain string
		var slip typo.Slip
		if len(got) > 0 {
			domain, slip = got[0].Domain, got[0].Slip
		}
		if domain != tt.want || slip != tt.slip || len(got) > typo.Most {
			t.Errorf("%q beside %q: %+v, want %q by %q", tt.domain, tt.near, got, tt.want, tt.slip)
		}
	}
}

// TestKnownHaveNone: no well-known domain is taken for another.
func TestKnownHaveNone(t *testing.T) {
	for _, d := range operator.ConsumerDomains() {
		if got := typo.Candidates(d, nil); len(got) > 0 {
			t.Errorf("%s: %+v", d, got)
		}
	}
}

func FuzzCandidates(f *testing.F) {
	f.Add("gmial.com", "example.com")
	f.Add("xn--gmil-63d.com", "")
	f.Add(strings.Repeat("a", 300)+".com", "..")
	f.Fuzz(func(t *testing.T, domain, near string) {
		got := typo.Candidates(domain, []string{near})
		if len(got) > typo.Most {
			t.Fatalf("%d candidates", len(got))
		}
		for _, c := range got {
			if c.Domain == domain || c.Slip == "" {
				t.Fatalf("%q: %+v", domain, c)
			}
		}
	})
}

func BenchmarkCandidates(b *testing.B) {
	for _, d := range []string{"gmial.com", "contoso-example.example"} {
		b.Run(d, func(b *testing.B) {
			for b.Loop() {
				typo.Candidates(d, []string{"fabrikam.example"})
			}
		})
	}
}
