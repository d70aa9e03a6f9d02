package investigate_test

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/investigate"
	"deadletter/dnsx"
	"deadletter/dnsx/survey"
)

// swapped gives another answer to some questions.
type swapped struct {
	dnsx.Resolver
	swap func(dnsx.Answer) dnsx.Answer
}

func (s swapped) Resolve(ctx context.Context, q dnsx.Question) dnsx.Answer {
	return s.swap(s.Resolver.Resolve(ctx, q))
}

var outcomes = []dnsx.Outcome{
	dnsx.NoError, dnsx.NoData, dnsx.NXDomain, dnsx.ServFail, dnsx.Bogus, dnsx.Refused,
	dnsx.OtherRcode, dnsx.Timeout, dnsx.Truncated, dnsx.Malformed, dnsx.Offline,
}

// panelText is all that a panel says.
func panelText(p diagnose.Panel) string {
	var b strings.Builder
	for _, v := range p.Verdict {
		b.WriteString(string(v) + "\n")
	}
	for _, s := range p.Sections {
		for _, f := range s.Findings {
			b.WriteString(string(f.Claim) + "\n" + string(f.Hint) + "\n")
		}
		if s.Table != nil {
			for _, r := range s.Table.Rows {
				for _, c := range r {
					b.WriteString(string(c.Text) + " ")
				}
				b.WriteByte('\n')
			}
		}
	}
	b.WriteString(string(p.Reading) + "\n" + string(p.So))
	return b.String()
}

// TestOutcomesStayApart gives each of the outcomes to the MX, to the addresses
// of an MX host, and to the name servers: on the panel and in JSON each has its
// own words, and none but the two that prove it says that something is absent.
func TestOutcomesStayApart(t *testing.T) {
	absent := []string{"no MX", "neither", "does not exist", "no such", "has no address", "takes no mail"}
	for name, hit := range map[string]func(dnsx.Question) bool{
		"MX": func(q dnsx.Question) bool {
			return q.Type == dnsx.TypeMX && !q.Server.IsValid() && q.Name == "contoso.example"
		},
		"A of the MX host": func(q dnsx.Question) bool {
			return (q.Type == dnsx.TypeA || q.Type == dnsx.TypeAAAA) && strings.HasPrefix(q.Name, "contoso-example.p10.")
		},
		"NS": func(q dnsx.Question) bool { return q.Type == dnsx.TypeNS && q.Name == "contoso.example" },
	} {
		texts := map[string]dnsx.Outcome{}
		for _, outcome := range outcomes {
			t.Run(name+"/"+string(outcome), func(t *testing.T) {
				s, _, _ := session(t, "gateway-in-front", func(o *investigate.Options) {
					o.Resolver = swapped{o.Resolver, func(a dnsx.Answer) dnsx.Answer {
						if hit(a.Question) && outcome != dnsx.NoError {
							a.Outcome, a.Records, a.Chain, a.Authority, a.NegativeTTL = outcome, nil, nil, nil, 0
						}
						return a
					}}
				})
				start(t, s)
				idle(t, s)
				text := panelText(s.Flow().Step(diagnose.StepMX))
				for _, word := range absent {
					if strings.Contains(text, word) && !outcome.Absent() {
						t.Errorf("says %q of %s:\n%s", word, outcome, text)
					}
				}
				if name == "MX" {
					if other, ok := texts[text]; ok {
						t.Errorf("says the same as of %s:\n%s", other, text)
					}
					texts[text] = outcome
				}
				round, _ := s.Case().Round()
				a := survey.Answers{}
				for _, answer := range round.Answers {
					a.Add(answer)
				}
				subject := survey.Subject{Recipient: "contoso.example", NoNetwork: true}
				data, err := survey.NewReport(subject, a, time.Second).JSON()
				if err != nil {
					t.Fatal(err)
				}
				var report survey.Report
				if err := json.Unmarshal(data, &report); err != nil {
					t.Fatal(err)
				}
				for _, q := range report.Questions {
					server, _ := netip.ParseAddr(q.Server)
					if hit(dnsx.Question{Name: q.Name, Type: q.Type, Server: server}) && q.Outcome != outcome && q.Outcome != dnsx.NoData {
						t.Errorf("%s %s is %s in JSON", q.Type, q.Name, q.Outcome)
					}
				}
				for _, f := range report.Findings {
					for _, word := range absent {
						if strings.Contains(f.Claim, word) && !outcome.Absent() {
							t.Errorf("finding of %s: %s", outcome, f.Claim)
						}
					}
				}
			})
		}
	}
}

// TestMXTurnsPrivate answers with a private address from the second round on:
// that is a finding which stops removal and retry, and the time of the public
// address stays known.
func TestMXTurnsPrivate(t *testing.T) {
	for _, private := range []string{"127.0.0.1", "10.0.0.8", "169.254.169.254"} {
		t.Run(private, func(t *testing.T) {
			turned := false
			s, _, now := session(t, "gateway-in-front", func(o *investigate.Options) {
				o.Resolver = swapped{o.Resolver, func(a dnsx.Answer) dnsx.Answer {
					if a.Question.Server.IsValid() && a.Question.Server == netip.MustParseAddr(private) {
						t.Errorf("%s was asked", private)
					}
					for i := range a.Records {
						if turned && a.Records[i].Type == dnsx.TypeA {
							a.Records[i].Addr = netip.MustParseAddr(private)
						}
					}
					return a
				}}
				o.Zones = false // private addresses are really not asked
			})
			start(t, s)
			idle(t, s)
			if text := panelText(s.Flow().Step(diagnose.StepMX)); strings.Contains(text, "turns") || strings.Contains(text, "never contacted") {
				t.Fatalf("private at once:\n%s", text)
			}
			turned = true
			now.forward(time.Hour)
			if err := s.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			idle(t, s)
			text := panelText(s.Flow().Step(diagnose.StepMX))
			for _, want := range []string{private, "it is never contacted", "turns from public to private", "no MX host can be reached"} {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			for _, b := range s.Flow().Blocks {
				if b.Guard == diagnose.GuardRetry {
					return
				}
			}
			t.Error("retry is not locked")
		})
	}
}
