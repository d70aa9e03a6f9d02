// Package mailauth reads what DNS says about whether a mail is allowed: SPF
// (RFC 7208), DMARC (RFC 9989), DKIM keys (RFC 6376), MTA-STS (RFC 8461),
// TLS reporting (RFC 8460), BIMI, DANE (RFC 7672), and blocklists (RFC 5782).
//
// Everything here is pure: answers go in, readings come out. A reading that
// lacks an answer says so ([Asking]) and names the question; one whose answer
// failed says that it cannot tell, never that something is absent. Strings in
// readings come from DNS and are untrusted.
package mailauth

import (
	"strings"

	"deadletter/dnsx"
)

// Lookup gives the answer to a question, or false while there is none. It must
// give the same for the same question during one call of this package.
type Lookup func(dnsx.Question) (dnsx.Answer, bool)

// ask gives a question for the resolver, with the name in canonical form.
func ask(t dnsx.Type, name string) dnsx.Question {
	return dnsx.Question{Name: dnsx.CanonicalName(name), Type: t}
}

// State says how far a reading is known.
type State string

// The states. A failed look-up gives Unknown, never Absent.
const (
	Asking  State = "asking"  // an answer is missing
	Present State = "present" // there is one record that can be read
	Several State = "several" // more than one record where one must be
	Broken  State = "broken"  // a record that cannot be read
	Absent  State = "absent"  // DNS says that there is none
	Unknown State = "unknown" // the look-up failed, or gave more records than are kept
)

// texts gives the TXT strings of an answer as they are on the wire, in the
// order received.
func texts(a dnsx.Answer) (out []string) {
	if a.Outcome != dnsx.NoError {
		return nil
	}
	for _, r := range a.Records {
		if r.Type == dnsx.TypeTXT {
			out = append(out, Plain(r.Text))
		}
	}
	return out
}

// uncertain reports whether an answer that gave found records of the wanted
// kind cannot say that there are no more: it held more records than are kept.
// With two of a kind more would change nothing.
func uncertain(a dnsx.Answer, found int) bool { return found < 2 && a.Has(dnsx.NoteCapped) }

// Plain undoes the escapes of presentation form (RFC 1035 section 5.1): the
// bytes as they are on the wire.
func Plain(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' || i+1 == len(text) {
			b.WriteByte(c)
			continue
		}
		if n, ok := decimal(text[i+1:]); ok {
			b.WriteByte(n)
			i += 3
			continue
		}
		i++
		b.WriteByte(text[i])
	}
	return b.String()
}

// decimal reads the three digits of an escape.
func decimal(s string) (byte, bool) {
	if len(s) < 3 {
		return 0, false
	}
	n := 0
	for i := range 3 {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return byte(n), n <= 255
}

// lower gives ASCII letters in lower case and leaves all other bytes.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}
