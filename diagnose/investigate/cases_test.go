package investigate_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/casetest"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/dnstest"
)

var update = flag.Bool("update", false, "write what the program says into testdata/cases")

// root is where the module begins.
const root = "../.."

// caseTime is when every case is looked at: a quarter of an hour after the
// bounces in it.
var caseTime = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

// optional are the sections that a case file may hold beside what is wanted of
// every case: they are compared where they stand.
var optional = map[string]func(diagnose.Flow) string{"letter": letter, "questions": questions, "panel": retryPanel, "still": retryLetter}

// TestCases runs every case file: a bounce, zone text and answers go in, what
// the flowchart then says is compared with the file. Read a change before
// -update makes it the truth.
func TestCases(t *testing.T) {
	files, err := casetest.Files(root)
	if err != nil || len(files) < 14 {
		t.Fatalf("%d case files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := casetest.Parse(readFile(t, file))
			in, err := readSetting(name, a)
			if err != nil {
				t.Fatal(err)
			}
			s, reports := in.open(t)
			f := s.Flow()
			got := map[string]string{"want": said(f, reports)}
			for section, write := range optional {
				if _, ok := a.Section(section); ok {
					got[section] = write(f)
				}
			}
			for section, text := range got {
				want, _ := a.Section(section)
				if diff := cmp.Diff(want, text); diff != "" && !*update {
					t.Errorf("%s (-file +program):\n%s", section, diff)
				}
				a.Set(section, text)
			}
			if *update {
				if err := os.WriteFile(file, []byte(a.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// setting is what a case file gives to a session.
type setting struct {
	bounce   []byte
	also     [][]byte // what was added to the case after it
	zones    *dnstest.Zones
	own      []string
	siblings int
	answers  []diagnose.AnswerRecorded
	seen     []diagnose.DNSPasted
	lab      []string
	retry    string
	back     map[string][]byte // what came back of an attempt: section returned
}

func readSetting(name string, a casetest.Archive) (setting, error) {
	s, err := casetest.Read(root, name, a)
	back := map[string][]byte{}
	if text, ok := a.Section("returned"); ok {
		back["returned"] = []byte(text)
	}
	return setting{bounce: s.Bounce, also: s.Also, zones: s.Zones, own: s.Own, siblings: s.Siblings, answers: s.Answers, seen: s.Seen, lab: s.Lab, retry: s.Retry, back: back}, err
}

// open makes a session of the first report, as intake does, and asks DNS.
func (in setting) open(t testing.TB) (*investigate.Session, []bounce.Report) {
	t.Helper()
	clock := func() time.Time { return caseTime }
	resolver := dnstest.NewResolver(in.zones, dnstest.ResolverOptions{Name: "case", Clock: clock})
	opts := investigate.Options{Resolver: resolver, Clock: clock, Actor: "casey", Zones: true}
	if in.retry != "" {
		opts.Journal, opts.Ledger = &memory{}, ledger(t, newClock(caseTime))
	}
	s := investigate.Open(t.Context(), nil, opts)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	r := in.report(t)
	record(t, s, in.bodies(r)...)
	for _, raw := range in.also {
		record(t, s, captured(raw, setting{bounce: raw, own: in.own}.report(t)))
	}
	if err := s.Start(diagnose.RoundOpen); err != nil {
		t.Fatal(err)
	}
	idle(t, s)
	in.try(t, s)
	return s, []bounce.Report{r}
}

// report reads the bounce and gives its first recipient's fate.
func (in setting) report(t testing.TB) bounce.Report {
	t.Helper()
	ours := bounce.Ours{Hosts: in.own, Domains: in.own}
	result := bounce.Read(in.bounce, bounce.Options{Name: "case", Now: caseTime, Ours: ours})
	if result.Problem != nil {
		t.Fatalf("not read: %v, %s", result.Problem, result.Says)
	}
	return result.Reports[0]
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (in setting) bodies(r bounce.Report) []diagnose.Body {
	out := []diagnose.Body{
		diagnose.CaseOpened{ID: "20261123-case-7f3a", Recipient: r.Recipient.Value, Version: "test", OwnMTAs: in.own, Lab: in.lab},
		captured(in.bounce, r),
	}
	if in.siblings > 0 {
		_, domain := diagnose.AddressDomain(r.Recipient.Value)
		sib := diagnose.SiblingsSeen{Domain: domain, Failure: string(r.Reason), Distinct: in.siblings}
		for i := range min(in.siblings, 50) {
			sib.Sample = append(sib.Sample, safe.Untrusted(fmt.Sprintf("person%d@%s", i, domain)))
		}
		out = append(out, sib)
	}
	for _, a := range in.answers {
		out = append(out, a)
	}
	for _, d := range in.seen {
		out = append(out, d)
	}
	return out
}

func captured(raw []byte, r bounce.Report) diagnose.Body {
	sum := sha256.Sum256(raw)
	return diagnose.BounceCaptured{Source: "case", Raw: raw, SHA256: hex.EncodeToString(sum[:]), Report: r}
}

func record(t testing.TB, s *investigate.Session, bodies ...diagnose.Body) {
	t.Helper()
	for _, b := range bodies {
		if err := s.Record(t.Context(), b); err != nil {
			t.Fatalf("%s: %v", b.Type(), err)
		}
	}
}

func idle(t testing.TB, s *investigate.Session) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}
