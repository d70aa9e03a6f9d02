package suppression

import (
	"encoding/json"
	"fmt"
	"strings"

	"deadletter/diagnose/safe"
	"deadletter/diagnose/secret"
)

// Credential is a key: where it is found and what it must permit. Most keys
// are one value. A key of several parts is one [secret.Secret] all the same:
// the text of a JSON object that holds the parts by name, as a vendor's own
// tool prints it, so that a key file and a key command need no other form.
type Credential struct {
	Env   []string  // the vendor's own names, the first found counts; nil for a key of parts
	Parts []Part    // of a key of several values; nil for one value
	Scope safe.Text // permission that is enough, in the vendor's words
}

// Part is one of the values that make a key of several.
type Part struct {
	Name     string // in the JSON object
	Env      string // the vendor's own name
	Optional bool
}

// Names gives the environment variables that make the key, for people:
// "A or B" of one value, "A and B" of several.
func (c Credential) Names() string {
	if c.Parts == nil {
		return strings.Join(c.Env, " or ")
	}
	var names []string
	for _, p := range c.Parts {
		if !p.Optional {
			names = append(names, p.Env)
		}
	}
	return strings.Join(names, " and ")
}

// FromEnv gives the key that the environment holds, empty where a value that
// it needs is not set. get is such as os.Getenv.
func (c Credential) FromEnv(get func(string) string) secret.Secret {
	if c.Parts == nil {
		for _, name := range c.Env {
			if s := secret.New(get(name)); !s.Empty() {
				return s
			}
		}
		return secret.Secret{}
	}
	parts := map[string]string{}
	for _, p := range c.Parts {
		s := secret.New(get(p.Env))
		if s.Empty() && !p.Optional {
			return secret.Secret{}
		}
		if !s.Empty() {
			parts[p.Name] = s.Reveal()
		}
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return secret.Secret{} // a map of strings always can be
	}
	return secret.New(string(text))
}

// split gives the parts of a key by name. Names that are not the platform's are
// left alone: tools print a version and an end beside them. The error wraps
// ErrNoKey and holds nothing of the key.
func (c Credential) split(key secret.Secret) (map[string]secret.Secret, error) {
	var all map[string]any
	if json.Unmarshal([]byte(key.Reveal()), &all) != nil {
		return nil, fmt.Errorf("%w: it is a JSON object of %s", ErrNoKey, c.partNames())
	}
	parts := map[string]secret.Secret{}
	for _, p := range c.Parts {
		text, _ := all[p.Name].(string)
		s := secret.New(text)
		if s.Empty() && !p.Optional {
			return nil, fmt.Errorf("%w: it lacks %s", ErrNoKey, p.Name)
		}
		parts[p.Name] = s
	}
	return parts, nil
}

func (c Credential) partNames() string {
	var names []string
	for _, p := range c.Parts {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// keys gives every value of an account that no text may show.
func (s Spec) keys(a Account) ([]secret.Secret, error) {
	out := []secret.Secret{a.Read, a.Remove}
	if s.Read.Parts == nil {
		return out, nil
	}
	for _, key := range []secret.Secret{a.Read, a.Remove} {
		if key.Empty() {
			continue
		}
		parts, err := s.Read.split(key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		for _, p := range s.Read.Parts {
			out = append(out, parts[p.Name])
		}
	}
	return out, nil
}
