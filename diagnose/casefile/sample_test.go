package casefile

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// morning is when the sample events happen.
var morning = time.Date(2026, 11, 23, 9, 41, 3, 0, time.UTC)

const sampleID = "20261123-example.com-k7q2"

// bodies has one body of every type.
func bodies() []diagnose.Body {
	answer := dnsx.Answer{
		Question: dnsx.Question{Name: "example.com", Type: dnsx.TypeMX},
		Outcome:  dnsx.NoError, Rcode: "NOERROR",
		Records: []dnsx.Record{{Name: "example.com", Type: dnsx.TypeMX, TTL: 599, Preference: 10, Host: "mx1.example.net"}},
		From:    "192.0.2.53:53", Transport: "udp", At: morning, Took: 12 * time.Millisecond, Tries: 1, Raw: []byte{0, 1, 2, '\n', 255},
	}
	entry := diagnose.ListEntry{List: diagnose.ListBounces, Name: "bounces", Scope: "stream \xff", Listed: diagnose.IsListed, Address: "dana@example.com", ID: "7", Code: "5.1.1",
		Reason: "550 \x1b[31m", Created: morning, Expires: morning, Removable: diagnose.CanRemove, MessageID: "m", Note: "n", Means: "dropped"}
	return []diagnose.Body{
		diagnose.CaseOpened{ID: sampleID, Recipient: "dana@example.com", Version: "1.0", OwnMTAs: []string{"mail.example.org"}, Lab: []string{"127.0.0.1:2525"}},
		diagnose.BounceCaptured{Source: "paste", Raw: []byte("550 5.1.1 no\r\n\x00\xff"), SHA256: "00", Report: bounce.Report{Reason: "userunknown", Diagnostic: bounce.Field{Value: "550 5.1.1 \xff\x1b[31m"}}},
		diagnose.SiblingsSeen{Domain: "example.com", Failure: "userunknown", Distinct: 2, Sample: []safe.Untrusted{"a@example.com", "b\xfe@example.com"}},
		diagnose.RoundStarted{N: 1, Reason: diagnose.RoundOpen, Resolvers: []string{"192.0.2.53"}, Offline: true},
		diagnose.DNSAnswered{Round: 1, Answer: answer},
		diagnose.DNSAnswered{Round: 1, Same: true, Answer: dnsx.Answer{Question: dnsx.Question{Name: "example.com", Type: dnsx.TypeA, Server: netip.MustParseAddr("2001:db8::53")}, At: morning}},
		diagnose.RoundStopped{N: 1},
		diagnose.AnswerRecorded{Question: "mailbox_exists", Value: "yes", Who: "Dana", Role: "recipient", How: "phone", When: morning, Note: "line\nbreak"},
		diagnose.AskedPerson{Questions: []diagnose.QuestionID{"mailbox_exists"}, Who: "Dana", How: "mail"},
		diagnose.QuestionsCopied{Step: diagnose.StepRecipient, Text: "Does it exist?\n", Way: "tmux", Version: "1.0"},
		diagnose.SuppressionRecorded{Platform: "other", Entries: []diagnose.ListEntry{{List: "bounces", Listed: "yes", Reason: "550", Created: morning}}, Who: "Ann"},
		diagnose.SuppressionRecorded{Platform: "SendGrid", Key: "sendgrid", Via: diagnose.ViaAPI, Account: "region eu", Asked: morning, Unseen: []safe.Untrusted{"other \xff regions"},
			Entries: []diagnose.ListEntry{entry}},
		diagnose.PlatformChosen{Key: "ses", Reason: "moved \xfe"},
		diagnose.RemovalIntended{Key: "sendgrid", Platform: "SendGrid", Account: "region eu", Entry: entry, Permit: 8, Planned: morning, Plan: "ab"},
		diagnose.RemovalEnded{Intent: 12, Result: diagnose.RemovalDone, Status: 204, Body: "e3b0", Note: "bye \xff", Now: &entry},
		diagnose.SuppressionSkipped{Reason: "no platform"},
		diagnose.RemovalRecorded{Platform: "other", List: "bounces"},
		diagnose.CacheCleared{Who: "Bob"},
		diagnose.Overridden{Guard: "genuine", Reason: "seen in our log"},
		diagnose.RetryIntended{Way: "probe", Permit: 8, Plan: "ab"},
		diagnose.RetryEnded{Intent: 16, Result: "accepted", Reply: "250 2.1.5 ok"},
		diagnose.CaseClosed{Outcome: diagnose.Resolved, Reason: "arrived"},
		diagnose.CaseReopened{Reason: "again"},
		diagnose.Undone{Seq: 19},
	}
}

// events numbers bodies from first on.
func events(first uint64, list ...diagnose.Body) []diagnose.Event {
	out := make([]diagnose.Event, len(list))
	for i, b := range list {
		out[i] = diagnose.Event{Seq: first + uint64(i), At: morning.Add(time.Duration(i) * time.Second), By: "Ann", Body: b}
	}
	return out
}

// decided gives a small event that a person decided.
func decided(seq uint64) diagnose.Event {
	return events(seq, diagnose.CacheCleared{Who: safe.Untrusted(fmt.Sprintf("person %d", seq))})[0]
}

// dnsEvent gives an event that can be asked again.
func dnsEvent(seq uint64) diagnose.Event { return events(seq, bodies()[4])[0] }

// asJSON makes events comparable: times and interface values by what is kept of them.
func asJSON(t testing.TB, list []diagnose.Event) string {
	t.Helper()
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// clockAt gives a clock that the test moves.
type clockAt struct{ now time.Time }

func (c *clockAt) time() time.Time { return c.now }

func fixed() time.Time { return morning }

// tempStore opens a store in a new folder.
func tempStore(t testing.TB) *Store {
	t.Helper()
	return storeIn(t, filepath.Join(t.TempDir(), "deadletter", "cases"))
}

func storeIn(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := OpenStore(dir, Options{Clock: fixed, Version: "1.0", User: "ann", Host: "host-a"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// written makes a closed journal with the events and gives its bytes.
func written(t testing.TB, s *Store, id string, list []diagnose.Event) []byte {
	t.Helper()
	j, err := s.Create(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(list...); err != nil {
		t.Fatal(err)
	}
	mustClose(t, j)
	data, err := os.ReadFile(s.Path(id))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustClose(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
