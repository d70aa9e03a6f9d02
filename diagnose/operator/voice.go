package operator

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
)

//go:embed voices.tsv
var voicesTSV string

var voiceColumns = []string{"says", "role", "operator", "alone", "runs", "note"}

// Roles that only a voice has.
const (
	Store      Role = "store"      // a mailbox store that anybody may run
	Submission Role = "submission" // a mail program that repeats what the server it submits to said
)

// Speaker is a system that is known by its words.
type Speaker struct {
	Operator
	Alone bool     // all its replies are in words of its own
	Runs  []string // other operators whose systems write the same words
}

var voices = sync.OnceValue(func() map[string]Speaker {
	out, err := parseVoices(voicesTSV)
	if err != nil {
		panic(err) // the embedded rows are part of the program, held by a test
	}
	return out
})

func parseVoices(tsv string) (map[string]Speaker, error) {
	profiles, err := parseProfiles(profilesTSV)
	if err != nil {
		return nil, err
	}
	cells, err := readTable("voices.tsv", tsv, voiceColumns)
	if err != nil {
		return nil, err
	}
	roles := []Role{Gateway, Host, GatewayHost, Forwarder, Store, Submission}
	out := make(map[string]Speaker, len(cells))
	for _, c := range cells {
		says, role, name := c[0], Role(c[1]), c[2]
		op, known := profiles[name]
		switch {
		case !slices.Contains(roles, role):
			return nil, fmt.Errorf("%w: %s speaks as %q", ErrRow, says, role)
		case name != "" && !known:
			return nil, fmt.Errorf("%w: no profile of %q", ErrRow, name)
		case out[says].Role != "":
			return nil, fmt.Errorf("%w: two voices of %q", ErrRow, says)
		}
		if name == "" {
			op.Name = says
		}
		op.Role = role
		speaker := Speaker{Operator: op, Alone: c[3] == "yes", Runs: list(c[4], ",")}
		for _, run := range speaker.Runs {
			if _, known := profiles[run]; !known {
				return nil, fmt.Errorf("%w: no profile of %q", ErrRow, run)
			}
		}
		out[says] = speaker
	}
	return out, nil
}

// Voice gives who spoke by the name that the reply rules give the wording,
// reply.Reading.Says; false for programs that run in any place.
func Voice(says string) (Speaker, bool) {
	op, ok := voices()[says]
	return op, ok
}

// OwnWords reports whether all replies of an operator's mail hosts are in words
// of its own, so that those of another program were not spoken there.
func OwnWords(operator string) bool {
	for _, s := range voices() {
		if s.Alone && s.Name == operator {
			return true
		}
	}
	return false
}
