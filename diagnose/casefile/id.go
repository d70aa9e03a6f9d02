package casefile

import (
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"time"
)

// Bounds of a case id, in bytes.
const (
	maxDomainInID = 60
	maxID         = 128
)

// idAlphabet is base 32 in lower case (RFC 4648 section 6), so that ids stay
// apart on file systems that do not tell case.
var idAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewID gives a case id: the date, the recipient's domain and four random
// characters, "20261123-example.com-k7q2". The domain is untrusted: what is not
// a letter, digit, dot or hyphen of ASCII becomes "_", dots never stand in a
// row, and 60 bytes are kept; an empty domain becomes "unknown". Fails only
// where random does.
func NewID(now time.Time, domain string, random io.Reader) (string, error) {
	var b [3]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("casefile: no randomness for a case id: %w", err)
	}
	return now.Format("20060102") + "-" + fileDomain(domain) + "-" + idAlphabet.EncodeToString(b[:])[:4], nil
}

// fileDomain makes a domain fit for a file name.
func fileDomain(domain string) string {
	var out strings.Builder
	for _, r := range strings.ToLower(domain) {
		if out.Len() == maxDomainInID {
			break
		}
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-':
			out.WriteRune(r)
		case r == '.':
			if s := out.String(); s != "" && !strings.HasSuffix(s, ".") {
				out.WriteByte('.')
			}
		default:
			out.WriteByte('_')
		}
	}
	if name := strings.TrimRight(out.String(), "."); name != "" {
		return name
	}
	return "unknown"
}

// ValidID reports whether a case id can be a file name in the case folder and
// nowhere else: 1 to 128 bytes of lower case letters, digits, "-", "_" and
// single dots, beginning with a letter or digit.
func ValidID(id string) bool {
	if id == "" || len(id) > maxID || strings.Contains(id, "..") || strings.HasSuffix(id, ".") {
		return false
	}
	for i := 0; i < len(id); i++ {
		c := id[i]
		alnum := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || c != '-' && c != '_' && c != '.') {
			return false
		}
	}
	return true
}

// checkID gives the error for an id that is none.
func checkID(id string) error {
	if ValidID(id) {
		return nil
	}
	return &Error{Kind: ErrBadID, Path: clip(id), Hint: "an id looks like 20261123-example.com-k7q2; `deadletter cases` lists them"}
}

// clip bounds an untrusted word for an error line.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}

// The names of a case's files.
func journalName(id string) string   { return id + ".journal" }
func lockName(id string) string      { return id + ".lock" }
func tombstoneName(id string) string { return id + ".purged" }

// damagedStamp is the time in the name of a damaged copy, UTC.
const damagedStamp = "20060102T150405Z"

// damagedName gives the name of the n-th copy set aside in the same second, from 0.
func damagedName(id string, at time.Time, n int) string {
	name := id + ".damaged-" + at.UTC().Format(damagedStamp)
	if n > 0 {
		name += fmt.Sprintf("-%d", n)
	}
	return name
}

// isDamagedName reports whether name is a copy set aside for this id, and not
// a file of a case whose id begins alike.
func isDamagedName(id, name string) bool {
	rest, ok := strings.CutPrefix(name, id+".damaged-")
	if !ok || len(rest) < len(damagedStamp) {
		return false
	}
	stamp, n := rest[:len(damagedStamp)], rest[len(damagedStamp):]
	if _, err := time.Parse(damagedStamp, stamp); err != nil {
		return false
	}
	if n == "" {
		return true
	}
	digits, ok := strings.CutPrefix(n, "-")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
