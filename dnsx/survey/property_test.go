package survey_test

import (
	"context"
	"fmt"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"deadletter/dnsx"
	"deadletter/dnsx/mailauth"
	"deadletter/dnsx/survey"
)

// chaos answers every question at random, but always the same way: drawn
// names are few, so that hosts, includes and PTR names meet again and again.
type chaos struct {
	answers map[dnsx.Question]dnsx.Answer
	t       *rapid.T
}

var (
	outcomes = []dnsx.Outcome{
		dnsx.NoError, dnsx.NoError, dnsx.NoError, dnsx.NoData, dnsx.NXDomain, dnsx.ServFail, dnsx.Bogus, dnsx.Refused,
		dnsx.OtherRcode, dnsx.Timeout, dnsx.Truncated, dnsx.Malformed, dnsx.Offline, "",
	}
	names = []string{
		"example.com", "sub.example.com", "mx1.example.com", "mx2.example.com", "mx3.example.net", "mx4.example.net",
		"ns1.example.com", "ns2.example.net", "sender.example", "spf.example.net", "h.example", ".", "", "192.0.2.1", `a\032b`, "com",
	}
	spfs = []string{
		"v=spf1 include:%s include:%s -all", "v=spf1 mx a:%s exists:%%{i}.%s ptr -all", "v=spf1 exists:%%{p}.%s a include:%s mx ptr", "v=DMARC1; p=reject; rua=mailto:a@%s,mailto:b@%s",
		"v=spf1 redirect=%s include:%s", "v=spf1 %s %s", "%s%s", `v=spf1 include:%%{i}.%s include:\032%s`,
	}
)

func (c *chaos) resolve(q dnsx.Question) dnsx.Answer {
	if a, ok := c.answers[q]; ok {
		return a
	}
	t := c.t
	a := dnsx.Answer{Question: q, Outcome: rapid.SampledFrom(outcomes).Draw(t, "outcome"), At: noon, Authoritative: rapid.Bool().Draw(t, "aa")}
	if a.Outcome.Absent() {
		a.Zone = rapid.SampledFrom(names).Draw(t, "zone")
		a.NegativeTTL = 60
	}
	if rapid.Bool().Draw(t, "alias") {
		a.Chain = []dnsx.Record{{Name: q.Name, Type: dnsx.TypeCNAME, Host: rapid.SampledFrom(names).Draw(t, "target")}}
	}
	n := rapid.IntRange(0, 12).Draw(t, "records")
	for i := range n {
		r := dnsx.Record{Name: q.Name, Type: q.Type, TTL: 60, Preference: uint16(i % 3)}
		b := rapid.Byte().Draw(t, "addr")
		switch q.Type {
		case dnsx.TypeA:
			r.Addr = netip.AddrFrom4([4]byte{9, 9, 9, b % 32})
		case dnsx.TypeAAAA:
			r.Addr = netip.AddrFrom16([16]byte{0x26, 1, 15: b % 32})
		case dnsx.TypeTXT:
			r.Text = fmt.Sprintf(rapid.SampledFrom(spfs).Draw(t, "spf"), rapid.SampledFrom(names).Draw(t, "inc"), rapid.SampledFrom(names).Draw(t, "inc"))
		default:
			r.Host = rapid.SampledFrom(names).Draw(t, "host")
		}
		a.Records = append(a.Records, r)
	}
	c.answers[q] = a
	return a
}

func drawSubject(t *rapid.T) survey.Subject {
	name := rapid.SampledFrom(names)
	s := survey.Subject{Recipient: name.Draw(t, "recipient"), Sender: name.Draw(t, "sender"), Host: name.Draw(t, "named"), Reporter: name.Draw(t, "reporter")}
	if rapid.Bool().Draw(t, "with address") {
		s.HostAddr = netip.AddrFrom4([4]byte{9, 9, 9, rapid.Byte().Draw(t, "last") % 32})
	}
	if rapid.Bool().Draw(t, "authentication") {
		s.Sent = survey.Sent{
			Wanted: true, Local: "billing", HELO: name.Draw(t, "helo"), From: name.Draw(t, "from"), NullSender: rapid.Bool().Draw(t, "null"),
			Signatures: []mailauth.Signature{{Domain: name.Draw(t, "signer"), Selector: "s1"}},
		}
		if rapid.Bool().Draw(t, "sent from") {
			s.Sent.Addr = netip.AddrFrom4([4]byte{9, 9, 9, rapid.Byte().Draw(t, "sent last") % 32})
		}
	}
	s.Most = rapid.SampledFrom([]int{0, survey.MaxOfDomain, 20}).Draw(t, "most")
	return s
}

// TestAnyOrderEndsTheSame answers what is wanted in an order drawn at random,
// twice, and holds that nothing answered is wanted, that it ends within the
// bound, and that both orders ask the same and end in the same facts.
func TestAnyOrderEndsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSubject(t)
		world := &chaos{answers: map[dnsx.Question]dnsx.Answer{}, t: t}
		first := answered(t, world, s, "first")
		second := answered(t, world, s, "second")
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("one order asked %d questions, the other %d", len(first), len(second))
		}
		if x, y := survey.Read(s, first), survey.Read(s, second); !reflect.DeepEqual(x, y) {
			t.Fatalf("%+v\nis not\n%+v", x, y)
		}
		g := survey.NewGraph(s, first)
		for _, q := range g.Questions() {
			if l := g.Level(q); l < 1 || l > survey.MaxQuestions+survey.MaxAuthQuestions {
				t.Fatalf("%s has level %d", q, l)
			}
			for _, p := range g.Parents(q) {
				if g.Level(p) >= g.Level(q) {
					t.Fatalf("%s (%d) after %s (%d)", q, g.Level(q), p, g.Level(p))
				}
			}
		}
		if len(g.Questions()) != len(first) {
			t.Fatalf("%d questions in the graph, %d asked", len(g.Questions()), len(first))
		}
	})
}

func answered(t *rapid.T, world *chaos, s survey.Subject, order string) survey.Answers {
	a := survey.Answers{}
	flying := map[dnsx.Question]bool{}
	for {
		wanted := survey.Wanted(s, a)
		for _, q := range wanted {
			if _, ok := a[q]; ok {
				t.Fatalf("%s is wanted and has an answer", q)
			}
			flying[q] = true
		}
		most := survey.MaxQuestions
		if s.Most > 0 {
			most = s.Most
		}
		if s.Sent.Wanted {
			most += survey.MaxAuthQuestions
		}
		if len(flying) > most {
			t.Fatalf("%d questions started", len(flying))
		}
		if len(wanted) == 0 {
			if len(flying) != len(a) {
				t.Fatalf("%d of %d started questions are no longer wanted", len(flying)-len(a), len(flying))
			}
			return a
		}
		for _, q := range some(t, wanted, order) {
			a.Add(world.resolve(q))
		}
		survey.Read(s, a) // any part of the answers can be read
	}
}

// some draws which of the wanted questions are answered next, and in what
// order: mostly a few, so that answers of all sections arrive mixed.
func some(t *rapid.T, wanted []dnsx.Question, label string) []dnsx.Question {
	n := rapid.IntRange(1, min(len(wanted), 8)).Draw(t, label)
	return rapid.Permutation(wanted).Draw(t, label)[:n]
}

// TestCrowdInAnyOrder is the same with more than fits in a round.
func TestCrowdInAnyOrder(t *testing.T) {
	s := survey.Subject{Recipient: "example.com", Sender: "sender.example", Host: "h.example.net", Reporter: "r.example.net"}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "mx")
		orders := [2]survey.Answers{}
		for i := range orders {
			a, started := survey.Answers{}, map[dnsx.Question]bool{}
			for {
				wanted := survey.Wanted(s, a)
				for _, q := range wanted {
					started[q] = true
				}
				if len(started) > survey.MaxQuestions {
					t.Fatalf("%d questions started", len(started))
				}
				if len(wanted) == 0 {
					break
				}
				for _, q := range some(t, wanted, "next") {
					answer := crowd{}.Resolve(context.Background(), q)
					if q == question(dnsx.TypeMX, "example.com") {
						answer.Records = manyMX(n)
					}
					a.Add(answer)
				}
			}
			orders[i] = a
		}
		if !reflect.DeepEqual(orders[0], orders[1]) {
			t.Fatalf("one order asked %d questions, the other %d", len(orders[0]), len(orders[1]))
		}
		if x, y := survey.Read(s, orders[0]), survey.Read(s, orders[1]); !reflect.DeepEqual(x, y) {
			t.Fatal("facts differ")
		}
	})
}
