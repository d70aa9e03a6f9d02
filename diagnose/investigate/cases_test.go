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
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/dnstest"
)

var update = flag.Bool("update", false, "write what the program says into testdata/cases")

const (
	casesDir = "../../testdata/cases"
	zonesDir = "../../testdata/zones"
)

// caseTime is when every case is looked at: a quarter of an hour after the
// bounces in it.
var caseTime = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

// TestCases runs every case file: a bounce and zone text go in, what the
// flowchart then says is compared with the file. Read a change before -update
// makes it the truth.
func TestCases(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(casesDir, "*.txtar"))
	if err != nil || len(files) < 14 {
		t.Fatalf("%d case files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a := parseArchive(readFile(t, file))
			in, err := readCase(a)
			if err != nil {
				t.Fatal(err)
			}
			s, reports := in.open(t)
			got := map[string]string{"want": said(s.Flow(), reports)}
			if _, ok := a.section("letter"); ok {
				got["letter"] = "no letter\n"
				if d := s.Flow().Step(diagnose.StepRecipient).Copy; d != nil {
					got["letter"] = d.Text() + "\n"
				}
			}
			for name, text := range got {
				want, _ := a.section(name)
				if diff := cmp.Diff(want, text); diff != "" && !*update {
					t.Errorf("%s (-file +program):\n%s", name, diff)
				}
				a.set(name, text)
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
}

func readCase(a archive) (setting, error) {
	var s setting
	text, _ := a.section("bounce")
	s.bounce = []byte(text)
	for _, name := range a.names {
		if strings.HasPrefix(name, "also") {
			more, _ := a.section(name)
			s.also = append(s.also, []byte(more))
		}
	}
	var zone strings.Builder
	settings, _ := a.section("settings")
	for line := range strings.Lines(settings) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch value = strings.TrimSpace(value); key {
		case "zones":
			for _, name := range strings.Fields(value) {
				part, err := os.ReadFile(filepath.Join(zonesDir, name+".zone"))
				if err != nil {
					return s, err
				}
				zone.Write(part)
			}
		case "own":
			s.own = strings.Fields(value)
		case "siblings":
			if _, err := fmt.Sscan(value, &s.siblings); err != nil {
				return s, err
			}
		case "":
		default:
			return s, fmt.Errorf("no such setting: %q", key)
		}
	}
	part, _ := a.section("zone")
	zone.WriteString(part)
	zones, err := dnstest.ParseZones(strings.NewReader(zone.String()), "case")
	s.zones = zones
	return s, err
}

// open makes a session of the first report, as intake does, and asks DNS.
func (in setting) open(t testing.TB) (*investigate.Session, []bounce.Report) {
	t.Helper()
	clock := func() time.Time { return caseTime }
	resolver := dnstest.NewResolver(in.zones, dnstest.ResolverOptions{Name: "case", Clock: clock})
	s := investigate.Open(t.Context(), nil, investigate.Options{Resolver: resolver, Clock: clock, Actor: "casey", Zones: true})
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
		diagnose.CaseOpened{ID: "20261123-case-7f3a", Recipient: r.Recipient.Value, Version: "test", OwnMTAs: in.own},
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
