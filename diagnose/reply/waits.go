package reply

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"
)

//go:embed waits.tsv
var waitsTSV string

// noFigure stands for a time that nobody documents, or that is an
// administrator's setting.
const noFigure = "-"

// wait is how long one system remembers a refusal.
type wait struct {
	system   string // as Reading.Says and the operator catalogue name it
	names    []string
	negative time.Duration
	source   string
}

var loadWaits = sync.OnceValue(func() []wait {
	waits, err := parseWaits(waitsTSV)
	if err != nil {
		panic(err) // part of the program, held by a test
	}
	return waits
})

// parseWaits reads waits.tsv: system, other names, negative, what, source.
func parseWaits(tsv string) ([]wait, error) {
	var waits []wait
	for n, line := range strings.Split(tsv, "\n") {
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "system\t") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 5 {
			return nil, fmt.Errorf("waits.tsv line %d: %d cells, want 5", n+1, len(cells))
		}
		var d time.Duration
		if cells[2] != noFigure {
			var err error
			if d, err = time.ParseDuration(cells[2]); err != nil || d <= 0 {
				return nil, fmt.Errorf("waits.tsv line %d: negative %q", n+1, cells[2])
			}
		}
		w := wait{system: cells[0], negative: d, source: cells[4]}
		for _, name := range append([]string{cells[0]}, split(cells[1], "||")...) {
			w.names = append(w.names, lowerASCII(name))
		}
		waits = append(waits, w)
	}
	return waits, nil
}

// NegativeTTL gives how long a system may answer from its memory after it
// refused a recipient, and where that is documented; 0 and "" where not known,
// 0 and a source where the source gives no figure.
// The system is a name as in Reading.Says ("Postfix") or in the operator
// catalogue ("Barracuda Email Gateway Defense"); case does not matter. A retry
// before that time proves nothing.
func NegativeTTL(system string) (ttl time.Duration, source string) {
	system = lowerASCII(strings.TrimSpace(system))
	for _, w := range loadWaits() {
		for _, n := range w.names {
			if n == system {
				return w.negative, w.source
			}
		}
	}
	return 0, ""
}
