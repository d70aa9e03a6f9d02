package report

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/idn"
)

// What EML refuses.
var (
	// ErrNoLetter is given when the case has nobody to write to.
	ErrNoLetter = errors.New("report: no letter: there is nobody to ask")
	// ErrAddress is given for an address that cannot stand in a header: not
	// one mailbox, or with a control character in it.
	ErrAddress = errors.New("report: not a mail address")
)

const (
	maxAddress = 254  // octets, RFC 5321 section 4.5.3.1.3 less the brackets
	maxLocal   = 64   // octets, section 4.5.3.1.1
	maxSubject = 1000 // cells
	lineOctets = 998  // RFC 5322 section 2.1.1
	foldAt     = 76   // where header lines are folded
)

// EML writes a letter of a case, the one named in the input or else the one
// that [Letter] gives, as [DraftEML] does.
func EML(w io.Writer, in Input, from safe.Untrusted) error {
	d, ok := in.letter()
	if !ok && in.Letter != "" {
		return fmt.Errorf("%w: this case has no letter %s; it has %s", ErrNoLetter, safe.Of(in.Letter), letterNames(in.Flow))
	}
	if !ok {
		return ErrNoLetter
	}
	made := in.Made.UTC()
	if in.Location != nil {
		made = in.Made.In(in.Location)
	}
	return DraftEML(w, d, from, made)
}

func letterNames(f diagnose.Flow) safe.Text {
	var out safe.Text
	for _, d := range Letters(f) {
		out = join(", ", out, safe.Of(d.Letter))
	}
	if out == "" {
		return "none"
	}
	return out
}

// DraftEML writes a draft as a mail (RFC 5322) that a mail program opens for
// sending (X-Unsent), dated made unless that is zero. Without from there
// is no From field: the mail program fills it in. A draft without an address
// has no To field. Header lines hold no line end or control character of any
// value: an address with one is refused with [ErrAddress], a subject shows it
// in its visible form.
func DraftEML(w io.Writer, d diagnose.Draft, from safe.Untrusted, made time.Time) error {
	var b bytes.Buffer
	b.WriteString("X-Unsent: 1\r\n")
	if from != "" {
		address, err := mailbox(string(from))
		if err != nil {
			return fmt.Errorf("from %s: %w", from, err)
		}
		b.WriteString("From: <" + address + ">\r\n")
	}
	if d.To != "" {
		address, err := mailbox(string(d.To))
		if err != nil {
			return fmt.Errorf("to %s: %w", d.To, err)
		}
		b.WriteString("To: <" + address + ">\r\n")
	}
	b.WriteString(field("Subject", string(prefix(d.Subject, maxSubject))))
	if y := made.Year(); !made.IsZero() && y >= 1900 && y <= 9999 {
		b.WriteString("Date: " + made.Format("Mon, 02 Jan 2006 15:04:05 -0700") + "\r\n")
	}
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n")
	if err := body(&b, d.Body); err != nil {
		return fmt.Errorf("report: write the letter: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// body writes the encoding, the blank line and the text. Lines are CRLF; text
// with lines beyond the bound of RFC 5322 is quoted-printable, else 8bit.
func body(b *bytes.Buffer, text string) error {
	var lines bytes.Buffer
	long := false
	for _, l := range bodyLines(text) {
		long = long || len(l) > lineOctets
		lines.WriteString(string(l) + "\r\n")
	}
	if !long {
		b.WriteString("Content-Transfer-Encoding: 8bit\r\n\r\n")
		b.Write(lines.Bytes())
		return nil
	}
	b.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
	q := quotedprintable.NewWriter(b)
	if _, err := q.Write(lines.Bytes()); err != nil {
		return err
	}
	return q.Close()
}

// field writes one header field of free text, folded. Text beyond printable
// ASCII, text that looks encoded already and words too long for a line are
// written as encoded words (RFC 2047).
func field(name, value string) string {
	if encodeWorthy(value) {
		return name + ":" + encodedWords(value) + "\r\n"
	}
	line := name + ":"
	used := len(line)
	for word := range strings.FieldsSeq(value) {
		if used+1+len(word) > foldAt && used > len(name)+1 {
			line += "\r\n"
			used = 0
		}
		line += " " + word
		used += 1 + len(word)
	}
	return line + "\r\n"
}

func encodeWorthy(s string) bool {
	if strings.Contains(s, "=?") {
		return true
	}
	run := 0
	for _, r := range s {
		if r < ' ' || r > '~' {
			return true
		}
		if run++; r == ' ' {
			run = 0
		}
		if run > 200 {
			return true
		}
	}
	return false
}

// encodedWords writes text as encoded words of whole characters, each on a
// line of its own and at most 75 octets long (RFC 2047 section 2).
func encodedWords(s string) string {
	const most = 45 // octets, 60 in base64
	var out strings.Builder
	chunk := make([]byte, 0, most)
	flush := func() {
		if len(chunk) == 0 {
			return
		}
		if out.Len() > 0 {
			out.WriteString("\r\n")
		}
		out.WriteString(" =?utf-8?B?" + base64.StdEncoding.EncodeToString(chunk) + "?=")
		chunk = chunk[:0]
	}
	for _, r := range s {
		if len(chunk)+utf8.RuneLen(r) > most {
			flush()
		}
		chunk = utf8.AppendRune(chunk, r)
	}
	flush()
	return out.String()
}

// mailbox checks one address and gives it as it may stand in a header: the
// local part byte for byte where it is a dot-atom, quoted where it is not
// (RFC 5322 section 3.4.1), the domain as A-labels. A local part beyond ASCII
// stays as it is (RFC 6532).
func mailbox(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || len(address) > maxAddress || at > maxLocal || !utf8.ValidString(address) {
		return "", ErrAddress
	}
	for _, r := range address {
		if after := "a" + string(r); string(safe.Of(after)) != after { // controls, and what cannot be seen
			return "", ErrAddress
		}
	}
	local, err := localPart(address[:at])
	if err != nil {
		return "", err
	}
	domain, err := domainPart(address[at+1:])
	if err != nil {
		return "", err
	}
	return local + "@" + domain, nil
}

func localPart(local string) (string, error) {
	if len(local) >= 2 && local[0] == '"' && local[len(local)-1] == '"' {
		inner := local[1 : len(local)-1]
		if inner == "" {
			return "", ErrAddress // no mail program takes it
		}
		for i := 0; i < len(inner); i++ {
			switch inner[i] {
			case '"':
				return "", ErrAddress
			case '\\':
				if i++; i == len(inner) {
					return "", ErrAddress
				}
			}
		}
		return local, nil
	}
	atoms := true
	for atom := range strings.SplitSeq(local, ".") {
		atoms = atoms && atom != "" && strings.IndexFunc(atom, notAtom) < 0
	}
	if atoms {
		return local, nil
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local) + `"`, nil
}

// notAtom reports whether a character cannot stand in an atom (RFC 5322
// section 3.2.3, with RFC 6532 section 3.2).
func notAtom(r rune) bool {
	return r <= ' ' || r == 0x7f || r < utf8.RuneSelf && strings.ContainsRune(`()<>[]:;@\,."`, r)
}

func domainPart(domain string) (string, error) {
	if literal, ok := strings.CutPrefix(domain, "["); ok {
		literal, ok = strings.CutSuffix(literal, "]")
		addr, err := netip.ParseAddr(strings.TrimPrefix(literal, "IPv6:"))
		if !ok || err != nil || addr.Zone() != "" {
			return "", ErrAddress
		}
		return domain, nil
	}
	ascii, err := idn.ASCII(domain)
	if err != nil || !dnsx.IsHostname(ascii) || strings.Contains(ascii, "_") { // RFC 5321 section 4.1.2
		return "", ErrAddress
	}
	return ascii, nil
}
