package diagnose_test

import (
	"os"
	"strings"
	"testing"
)

// TestVoicesAreHeard holds that every system of voices.tsv can be met: a rule
// about replies gives its wording, with the rule's source, or the bounce reader
// names the program.
func TestVoicesAreHeard(t *testing.T) {
	read := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	column := func(tsv, name string) map[string]bool {
		out, at := map[string]bool{}, -1
		for line := range strings.Lines(tsv) {
			c := strings.Split(strings.TrimRight(line, "\n"), "\t")
			switch {
			case strings.HasPrefix(line, "#"):
			case at < 0:
				for i, head := range c {
					if head == name {
						at = i
					}
				}
			default:
				out[c[at]] = true
			}
		}
		return out
	}
	heard, programs := column(read("reply/rules.tsv"), "says"), read("bounce/client.go")
	for says := range column(read("operator/voices.tsv"), "says") {
		if !heard[says] && !strings.Contains(programs, `"`+says+`"}`) {
			t.Errorf("%s is in voices.tsv, and nothing tells its words", says)
		}
	}
}
