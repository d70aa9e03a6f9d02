package main

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"deadletter/dnsx"
)

// TestMain is also the servers, which run starts as a process of their own.
func TestMain(m *testing.M) {
	if os.Getenv(asServers) != "" {
		main()
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

// TestRun: everything is answered, nothing stays behind.
func TestRun(t *testing.T) {
	f, err := run(t.Context(), setting{domains: 20, atOnce: 4, delay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if f.outcomes[dnsx.NoError] == 0 || f.outcomes[dnsx.Timeout] != 0 || f.served.Queries < f.answers || f.answers < 20*20 {
		t.Errorf("%+v", f)
	}
	if f.goroutines[1] > f.goroutines[0] || f.files[1] > f.files[0] {
		t.Errorf("goroutines %v, open files %v", f.goroutines, f.files)
	}
	for _, word := range []string{"domains/s", "at one authoritative server", "largest memory"} {
		if !strings.Contains(f.String(), word) {
			t.Errorf("%q is missing in %s", word, f)
		}
	}
}

func TestZones(t *testing.T) {
	seen := map[string]string{}
	for line := range strings.Lines(zoneText(4000)) {
		if name, rest, ok := strings.Cut(line, " "); ok && strings.HasPrefix(rest, "PTR ") {
			if seen[name] != "" && seen[name] != rest {
				t.Fatalf("%s is %s and %s", name, seen[name], rest)
			}
			seen[name] = rest
		}
	}
}
