package operator

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
)

//go:embed operators.tsv
var operatorsTSV string

//go:embed profiles.tsv
var profilesTSV string

var (
	operatorColumns = []string{"pattern", "match", "operator", "evidence", "confidence", "source"}
	profileColumns  = []string{"operator", "role", "consumer", "validation", "console", "console_hint",
		"negative", "negative_how", "clear_hint", "source"}
)

// readTable reads tab-separated rows without quoting: # begins a comment line,
// the first other line names the columns, which must be those wanted.
func readTable(name, tsv string, columns []string) ([][]string, error) {
	var rows [][]string
	header := false
	for n, line := range strings.Split(tsv, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		switch {
		case !header && !slices.Equal(cells, columns):
			return nil, fmt.Errorf("%w: %s line %d: columns are %q", ErrRow, name, n+1, cells)
		case len(cells) != len(columns):
			return nil, fmt.Errorf("%w: %s line %d: %d cells, want %d", ErrRow, name, n+1, len(cells), len(columns))
		}
		if header {
			rows = append(rows, cells)
		}
		header = true
	}
	return rows, nil
}

// loadRows reads the embedded operators with their profiles.
func loadRows() ([]Row, error) {
	profiles, err := parseProfiles(profilesTSV)
	if err != nil {
		return nil, err
	}
	cells, err := readTable("operators.tsv", operatorsTSV, operatorColumns)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, 0, len(cells))
	for _, c := range cells {
		op, ok := profiles[c[2]]
		if !ok {
			return nil, fmt.Errorf("%w: no profile of %q", ErrRow, c[2])
		}
		op.Evidence, op.Confidence, op.Source = EvidenceKind(c[3]), c[4], c[5]
		rows = append(rows, Row{c[0], Match(c[1]), op})
	}
	return rows, nil
}

func parseProfiles(tsv string) (map[string]Operator, error) {
	cells, err := readTable("profiles.tsv", tsv, profileColumns)
	if err != nil {
		return nil, err
	}
	profiles := make(map[string]Operator, len(cells))
	for _, c := range cells {
		op := Operator{Name: c[0], Role: Role(c[1]), Consumer: c[2] == "yes", EdgeValidation: c[3], Console: c[4],
			ConsoleHint: c[5] == "yes", NegativeHow: c[7], ClearHint: c[8] == "yes", ConsoleSource: c[9]}
		if c[6] != "" {
			if op.Negative, err = time.ParseDuration(c[6]); err != nil {
				return nil, fmt.Errorf("%w: %s: %w", ErrRow, c[0], err)
			}
		}
		if _, twice := profiles[op.Name]; twice {
			return nil, fmt.Errorf("%w: two profiles of %q", ErrRow, op.Name)
		}
		profiles[op.Name] = op
	}
	if err := addConsoles(consolesTSV, profiles); err != nil {
		return nil, err
	}
	return profiles, nil
}
