package diagnose_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"deadletter/diagnose/bounce"
	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
)

// failedAt is when the bounces of the case files say that mail was refused.
var failedAt = time.Date(2026, 11, 23, 9, 12, 44, 0, time.UTC)

// setting is one case file: its first report, the zones that answer for it, and
// whose hosts are the sender's.
type setting struct {
	name     string
	raw      []byte
	report   bounce.Report
	zones    *dnstest.Zones
	own      []string
	resolver dnsx.Resolver
}

// loadSettings reads every case file.
var loadSettings = sync.OnceValues(func() ([]setting, error) {
	files, err := filepath.Glob("../testdata/cases/*.txtar")
	if err != nil {
		return nil, err
	}
	var out []setting
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		s, err := readSetting(strings.TrimSuffix(filepath.Base(file), ".txtar"), string(data))
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
	s := setting{name: name}
	part := sections(text)
	var zone strings.Builder
	for line := range strings.Lines(part["settings"]) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch key {
		case "zones":
			for _, z := range strings.Fields(value) {
				data, err := os.ReadFile(filepath.Join("../testdata/zones", z+".zone"))
				if err != nil {
					return s, err
				}
				zone.Write(data)
			}
		case "own":
			s.own = strings.Fields(value)
		}
	}
	zone.WriteString(part["zone"])
	zones, err := dnstest.ParseZones(strings.NewReader(zone.String()), name)
	if err != nil {
		return s, err
	}
	s.raw, s.zones = []byte(part["bounce"]), zones
	s.resolver = dnstest.NewResolver(zones, dnstest.ResolverOptions{Clock: func() time.Time { return failedAt.Add(17 * time.Minute) }})
	res := bounce.Read(s.raw, bounce.Options{Now: failedAt.Add(time.Hour), Ours: bounce.Ours{Hosts: s.own, Domains: s.own}})
	if res.Problem != nil {
		return s, res.Problem
	}
	s.report = res.Reports[0]
	return s, nil
}

// sections splits a text archive at its "-- name --" lines.
func sections(text string) map[string]string {
	out, name := map[string]string{}, ""
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(rest, " --") && strings.Count(rest, " ") == 1 {
			name = strings.TrimSuffix(rest, " --")
			continue
		}
		out[name] += line
	}
	return out
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
