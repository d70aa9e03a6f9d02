package operator

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
)

//go:embed consoles.tsv
var consolesTSV string

var consoleColumns = []string{"operator", "question", "open", "hint", "source"}

// consoleQuestions are the questions that a console can answer, by the ids
// that the flowchart gives them.
var consoleQuestions = []string{"exact_address", "accepted_domain", "gateway_sync", "route_target", "cache_clear"}

// programs are the mail servers whose own commands answer the questions, on
// whatever host they run. They are no operators and have no profile.
var programs = []string{"Postfix", "Exim"}

// parseConsoles reads what to open for which question, by operator or program.
func parseConsoles(tsv string) (map[string]map[string]Open, error) {
	cells, err := readTable("consoles.tsv", tsv, consoleColumns)
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]Open{}
	for _, c := range cells {
		_, twice := out[c[0]][c[1]]
		switch {
		case !slices.Contains(consoleQuestions, c[1]):
			return nil, fmt.Errorf("%w: console of %s: there is no question %q", ErrRow, c[0], c[1])
		case twice:
			return nil, fmt.Errorf("%w: two consoles of %s for %s", ErrRow, c[0], c[1])
		case c[2] == "" || c[4] == "" || c[3] != "" && c[3] != "yes":
			return nil, fmt.Errorf("%w: console of %s for %s: text, hint or source", ErrRow, c[0], c[1])
		}
		if out[c[0]] == nil {
			out[c[0]] = map[string]Open{}
		}
		out[c[0]][c[1]] = Open{c[2], c[3] == "yes", c[4]}
	}
	return out, nil
}

// addConsoles gives the profiles what to open.
func addConsoles(tsv string, profiles map[string]Operator) error {
	consoles, err := parseConsoles(tsv)
	if err != nil {
		return err
	}
	for name, opens := range consoles {
		op, ok := profiles[name]
		if !ok && !slices.Contains(programs, name) {
			return fmt.Errorf("%w: console of %q, which has no profile", ErrRow, name)
		}
		if ok {
			op.Opens = opens
			profiles[name] = op
		}
	}
	return nil
}

var embeddedConsoles = sync.OnceValue(func() map[string]map[string]Open {
	c, err := parseConsoles(consolesTSV)
	if err != nil {
		panic(err) // part of the program, held by a test
	}
	return c
})

// OnHost gives what to run for a question where a program, "Postfix" or "Exim",
// serves the domain on a host of its own.
func OnHost(program, question string) (Open, bool) {
	if !slices.Contains(programs, program) {
		return Open{}, false
	}
	o, ok := embeddedConsoles()[program][question]
	return o, ok
}
