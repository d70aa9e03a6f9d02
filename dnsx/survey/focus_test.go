package survey_test

import (
	"slices"
	"strings"
	"testing"

	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// TestServes holds which places a question serves: several share one, and what
// leads to an answer serves whom the answer serves.
func TestServes(t *testing.T) {
	s := survey.Subject{Recipient: "example.com", Sender: "sender.example", Lab: lab}
	_, a := ask(t, ordinary, s)
	g := survey.NewGraph(s, a)
	for _, c := range []struct {
		q    dnsx.Question
		most survey.Panels // it serves these, and perhaps others
		not  survey.Panels
	}{
		{question("MX", "example.com"), survey.ForCapture | survey.ForRejector | survey.ForRecipient | survey.ForMX | survey.ForRetry, survey.ForAuth},
		{question("TXT", "_dmarc.example.com"), survey.ForAuth, survey.ForMX},
		{question("TXT", "sender.example"), survey.ForAuth | survey.ForSuppression, survey.ForMX},
		{question("NS", "example.com"), survey.ForMX, survey.ForAuth},
		{question("A", "ns2.example.com"), survey.ForMX, survey.ForAuth},
		{question("A", "nobody.example"), 0, ^survey.Panels(0)},
	} {
		if got := g.Serves(c.q); got&c.most != c.most || got&c.not != 0 {
			t.Errorf("%s serves %07b", c.q, got)
		}
	}
	for _, q := range g.Questions() {
		if g.Serves(q) == 0 {
			t.Errorf("%s serves nothing", q)
		}
		for _, p := range g.Parents(q) {
			if missing := g.Serves(q) &^ g.Serves(p); missing != 0 {
				t.Errorf("%s leads to %s and does not serve %07b", p, q, missing)
			}
		}
	}
}

// TestWantedByIsOnlyAnOrder holds that a place changes the order and nothing else.
func TestWantedByIsOnlyAnOrder(t *testing.T) {
	s := survey.Subject{Recipient: "example.com", Sender: "sender.example", Host: "h.example.net"}
	g := survey.NewGraph(s, survey.Answers{})
	plain := g.Wanted()
	if !slices.Equal(g.WantedBy(0), plain) {
		t.Error("no place is not the plain order")
	}
	auth := g.WantedBy(survey.ForAuth)
	if g.Serves(auth[0])&survey.ForAuth == 0 || slices.Equal(auth, plain) {
		t.Errorf("first is %s", auth[0])
	}
	sort := func(list []dnsx.Question) []dnsx.Question {
		list = slices.Clone(list)
		slices.SortFunc(list, func(x, y dnsx.Question) int { return strings.Compare(x.String(), y.String()) })
		return list
	}
	if !slices.Equal(sort(auth), sort(plain)) {
		t.Errorf("%v\nis not\n%v", auth, plain)
	}
}
