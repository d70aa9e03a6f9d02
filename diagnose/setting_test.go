package diagnose_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/casetest"
	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
)

// failedAt is when the bounces of the case files say that mail was refused.
var failedAt = time.Date(2026, 11, 23, 9, 12, 44, 0, time.UTC)

// setting is one case file: its first report, the zones that answer for it,
// whose hosts are the sender's, and what people answered.
type setting struct {
	name     string
	raw      []byte
	report   bounce.Report
	zones    *dnstest.Zones
	own      []string
	answers  []diagnose.AnswerRecorded
	seen     []diagnose.DNSPasted
	resolver dnsx.Resolver
}

// loadSettings reads every case file.
var loadSettings = sync.OnceValues(func() ([]setting, error) {
	files, err := casetest.Files("..")
	if err != nil {
		return nil, err
	}
	var out []setting
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		s, err := readSetting(casetest.Name(file), string(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, os.ErrNotExist
	}
	return out, nil
})

func readSetting(name, text string) (setting, error) {
	in, err := casetest.Read("..", name, casetest.Parse(text))
	s := setting{name: name, raw: in.Bounce, zones: in.Zones, own: in.Own, answers: in.Answers, seen: in.Seen}
	if err != nil {
		return s, err
	}
	s.resolver = dnstest.NewResolver(s.zones, dnstest.ResolverOptions{Clock: func() time.Time { return failedAt.Add(17 * time.Minute) }})
	res := bounce.Read(s.raw, bounce.Options{Now: failedAt.Add(time.Hour), Ours: bounce.Ours{Hosts: s.own, Domains: s.own}})
	if res.Problem != nil {
		return s, res.Problem
	}
	s.report = res.Reports[0]
	return s, nil
}

func allSettings(t testing.TB) []setting {
	t.Helper()
	list, err := loadSettings()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func settingNamed(t testing.TB, name string) setting {
	t.Helper()
	for _, s := range allSettings(t) {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("there is no case %q", name)
	return setting{}
}
