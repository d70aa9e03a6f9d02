package mailauth

import (
	"slices"
	"strings"

	"deadletter/dnsx"
)

// targets gives the hosts of the records of a type, each once, by name: the
// same whatever order a server gave them in.
func targets(a dnsx.Answer, t dnsx.Type) (out []string) {
	if a.Outcome != dnsx.NoError {
		return nil
	}
	for _, r := range a.Records {
		if r.Type == t && r.Host != "." {
			out = append(out, dnsx.CanonicalName(r.Host))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// unusual reports whether a name is one for DNS, and has characters that mean
// something else in presentation form, such as the @ of the macro s.
func unusual(name string) bool {
	return !validName(name) && validName(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`\"();@$ `, r) || r > '~' || r < ' ' {
			return 'x'
		}
		return r
	}, name))
}

// validName reports whether a name can be looked up as SPF and DKIM need it:
// labels of 1 to 63 printable characters with no meaning in presentation form.
func validName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			if c := label[i]; c <= ' ' || c > '~' || strings.IndexByte(`\"();@$`, c) >= 0 {
				return false
			}
		}
	}
	return strings.Contains(name, ".")
}
