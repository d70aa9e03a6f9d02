package investigate_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/investigate"
	"deadletter/dnsx/dnstest"
)

// ticket is one labelled failure of a collection that is kept beside the
// project: what was said, what DNS held, and what it turned out to be.
type ticket struct {
	ID         string   `json:"id"`
	Text       string   `json:"bounce_text"`
	Cause      string   `json:"true_cause"`
	Acceptable []string `json:"also_acceptable"`
	Rejector   string   `json:"rejector"`
	Decidable  string   `json:"decidable"`
	Facts      struct {
		Zone string   `json:"zone"`
		Own  []string `json:"own_mtas"`
	} `json:"facts"`
}

// score counts how far the program came with the tickets.
type score struct {
	tickets, unread                       int
	rejectorRight, rejectorWrong, unknown int
	first, firstThree                     int
}

// TestScoreTickets logs how often the rejector and the cause are right, with
// the facts of DNS and our own hosts and without. A wrong rejector is a
// defect, so that number alone is bounded; "cannot tell" never counts as wrong.
func TestScoreTickets(t *testing.T) {
	data, err := os.ReadFile("../../../shared/corpus/tickets.jsonl")
	if err != nil {
		t.Skip("the collection of labelled tickets is not beside the project")
	}
	for _, facts := range []bool{true, false} {
		var sum score
		for line := range strings.Lines(string(data)) {
			var x ticket
			if err := json.Unmarshal([]byte(line), &x); err != nil {
				t.Fatal(err)
			}
			sum.add(t, x, facts)
		}
		t.Logf("facts %t: %+v", facts, sum)
		if sum.rejectorWrong > 2 {
			t.Errorf("facts %t: %d wrong rejectors", facts, sum.rejectorWrong)
		}
	}
}

func (s *score) add(t *testing.T, x ticket, facts bool) {
	s.tickets++
	zone := ""
	in := setting{}
	if facts {
		zone, in.own = x.Facts.Zone, x.Facts.Own
	}
	zones, err := dnstest.ParseZones(strings.NewReader(zone), x.ID)
	if err != nil {
		t.Fatalf("%s: %v", x.ID, err)
	}
	res := bounce.Read([]byte(x.Text), bounce.Options{Now: caseTime, Ours: bounce.Ours{Hosts: in.own, Domains: in.own}})
	if res.Problem != nil {
		s.unread++
		t.Logf("%s facts %t: not read: %.80q", x.ID, facts, x.Text)
		return
	}
	in.bounce = []byte(x.Text)
	now := newClock(caseTime)
	session := investigate.Open(t.Context(), nil, investigate.Options{
		Resolver: dnstest.NewResolver(zones, dnstest.ResolverOptions{Clock: now.now}), Clock: now.now, Zones: true,
	})
	defer session.Close()
	record(t, session, in.bodies(res.Reports[0])...)
	if facts {
		start(t, session)
		idle(t, session)
	}
	f := session.Flow()
	kind := string(f.Rejector.Kind)
	switch {
	case kind == x.Rejector:
		s.rejectorRight++
	case f.Rejector.Kind == diagnose.UnknownRejector:
		s.unknown++
	default:
		s.rejectorWrong++
	}
	accept := append([]string{x.Cause}, x.Acceptable...)
	place := slices.IndexFunc(f.Causes, func(c diagnose.Cause) bool { return slices.Contains(accept, string(c.Kind)) })
	if place == 0 {
		s.first++
	}
	if place >= 0 && place < 3 {
		s.firstThree++
	}
	if kind != x.Rejector || place != 0 {
		var causes []string
		for _, c := range f.Causes {
			causes = append(causes, string(c.Kind))
		}
		t.Logf("%s facts %t (decidable: %s): rejector %s, was %s; causes %v, was %v; %s: %.90q", x.ID, facts, x.Decidable, kind, x.Rejector, causes, accept, res.Reports[0].Reason, x.Text)
	}
}
