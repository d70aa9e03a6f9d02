package diagnose_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// TestBothFormsAreOne: a domain in letters and its A-label are one recipient,
// with the same questions to DNS and to people; what was received stays as it is.
func TestBothFormsAreOne(t *testing.T) {
	letters := settingNamed(t, "idn-recipient")
	alabel := letters
	alabel.raw = bytes.ReplaceAll(letters.raw, []byte("bücher.example"), []byte("xn--bcher-kva.example"))
	alabel.report = bounce.Read(alabel.raw, bounce.Options{Name: "alabel"}).Reports[0]
	var flows []diagnose.Flow
	var asked [][]string
	for _, set := range []setting{letters, alabel} {
		b := newBuilder(set)
		b.open()
		b.capture()
		b.round(diagnose.RoundOpen)
		b.survey(t.Context(), 0)
		flow := diagnose.Next(b.c, b.at)
		flows = append(flows, flow)
		round, _ := b.c.Round()
		var qs []string
		for _, a := range round.Answers {
			qs = append(qs, a.Question.String())
			if strings.ContainsFunc(a.Question.Name, func(r rune) bool { return r > 0x7e }) {
				t.Errorf("DNS is asked for %q", a.Question.Name)
			}
		}
		asked = append(asked, qs)
	}
	if diagnose.RecipientKey(letters.report.Recipient.Value) != diagnose.RecipientKey(alabel.report.Recipient.Value) {
		t.Errorf("%s and %s are two recipients", letters.report.Recipient.Value, alabel.report.Recipient.Value)
	}
	if !slices.Equal(asked[0], asked[1]) || len(asked[0]) == 0 {
		t.Errorf("asked %q and %q", asked[0], asked[1])
	}
	if flows[0].Header != flows[1].Header {
		t.Errorf("%+v and %+v", flows[0].Header, flows[1].Header)
	}
	if !strings.Contains(string(letters.report.Recipient.Value), "@bücher.example") {
		t.Errorf("the report has %q", letters.report.Recipient.Value)
	}
	for i := range flows {
		tasks := func(f diagnose.Flow) (out []safe.Text) {
			for _, s := range f.Steps[2].Sections {
				for _, q := range s.Tasks {
					out = append(out, q.Question)
				}
			}
			return out
		}
		if !slices.Equal(tasks(flows[i]), tasks(flows[0])) {
			t.Errorf("the questions are %q and %q", tasks(flows[0]), tasks(flows[i]))
		}
		for _, p := range append(flows[i].Steps, *flows[i].Side) {
			if p.Copy != nil && strings.Contains(strings.Split(p.Copy.Body, "\n> ")[0], "robin.hale@bücher") && i == 1 {
				t.Errorf("a letter has the letters:\n%s", p.Copy.Body)
			}
			if p.Copy != nil && strings.Contains(string(p.Copy.To), "ü") {
				t.Errorf("a letter goes to %s", p.Copy.To)
			}
		}
	}
}

func TestAddressForms(t *testing.T) {
	for in, want := range map[safe.Untrusted]struct {
		local  safe.Untrusted
		domain string
	}{
		"Robin@Contoso.Example":         {"Robin", "contoso.example"},
		"jörg@BÜCHER.example.":          {"jörg", "xn--bcher-kva.example"},
		`"a@b"@bücher。example`:          {`"a@b"`, "xn--bcher-kva.example"},
		"robin@b\u202ed.example":        {"robin", "b\u202ed.example"},
		"robin@xn--99999999999.example": {"robin", "xn--99999999999.example"},
		"robin":                         {"", ""},
	} {
		local, domain := diagnose.AddressDomain(in)
		if local != want.local || domain != want.domain {
			t.Errorf("%q: %q, %q, want %q, %q", in, local, domain, want.local, want.domain)
		}
	}
}

// TestNames: what the capture panel says of a domain.
func TestNames(t *testing.T) {
	for _, tt := range []struct{ setting, recipient, key, claim string }{
		{"typo-domain", "robin.hale@gmial.com", "near", "one letter away from gmail.com, which takes mail; gmial.com does not exist"},
		{"typo-no-mx", "robin.hale@gmial.com", "near", "which takes mail; gmial.com has no MX"},
		{"typo-takes-mail", "robin.hale@gnail.com", "near", "takes mail itself and may be meant"},
		{"idn-homograph", "robin.hale@gm\u0430il.com", "near", "looks like gmail.com"},
		{"idn-homograph", "robin.hale@gm\u0430il.com", "mixed_scripts", "mixes scripts"},
		{"idn-no-name", "robin.hale@bü✓cher.example", "name", "the label bü✓cher holds what a domain name cannot"},
		{"typo-domain", "robin.hale@xn--99999999.example", "unreadable", "stands for no letters"},
		{"typo-domain", "robin.hale@goo\u200bgle.example", "unseen", "not seen"},
		{"typo-domain", "robin.hale@\u0915\u0969.example", "foreign_digits", "digits of another script"},
	} {
		set := settingNamed(t, tt.setting)
		set.report.Recipient.Value = safe.Untrusted(tt.recipient)
		b := newBuilder(set)
		b.open()
		b.capture()
		b.round(diagnose.RoundOpen)
		b.survey(t.Context(), 0)
		found := false
		for _, s := range diagnose.Next(b.c, b.at).Steps[0].Sections {
			for _, f := range s.Findings {
				if f.Key == tt.key {
					found = true
					if !strings.Contains(string(f.Claim), tt.claim) {
						t.Errorf("%s: %s", tt.recipient, f.Claim)
					}
				}
			}
		}
		if !found {
			t.Errorf("%q: nothing is said by %s", tt.recipient, tt.key)
		}
	}
}
