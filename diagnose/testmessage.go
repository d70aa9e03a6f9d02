package diagnose

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// TestMessage is the one controlled message of a case, before it is sent: the
// same values give the same bytes, so that what was shown is what goes.
type TestMessage struct {
	From  safe.Untrusted // address in From; the envelope sender is told to the server apart
	To    safe.Untrusted // the recipient, byte for byte, and nobody else
	For   safe.Untrusted // the person that was asked, "" for nobody
	Mark  string         // of the case, as its letters have it: "DL-7F3A"
	Case  string         // its ID
	Token string         // issued for this message alone: 8 to 40 letters and digits
	Date  time.Time
}

// ErrTestMessage says that a test message cannot be written from its values.
var ErrTestMessage = errors.New("no test message can be written")

// maxPerson bounds how much of a name stands in the subject, in characters.
const maxPerson = 40

// Subject names the mark and the person.
func (m TestMessage) Subject() string {
	if who := m.person(); who != "" {
		return fmt.Sprintf("Delivery test %s for %s, please ignore", m.Mark, who)
	}
	return fmt.Sprintf("Delivery test %s, please ignore", m.Mark)
}

// person is the name with nothing in it that could end a header field.
func (m TestMessage) person() string {
	words := strings.FieldsFunc(strings.ToValidUTF8(string(m.For), ""), func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	name := []rune(strings.Join(words, " "))
	return strings.TrimSpace(string(name[:min(len(name), maxPerson)]))
}

// EnvelopeID is what a notification about the message repeats as
// Original-Envelope-Id (RFC 3461 section 4.4). It needs no encoding.
func (m TestMessage) EnvelopeID() string {
	return "dl." + strings.ToLower(m.Mark) + "." + strings.ToLower(m.Token)
}

// MessageID is the content of the Message-ID field (RFC 5322 section 3.6.4),
// with angle brackets.
func (m TestMessage) MessageID() string {
	_, domain := AddressDomain(m.From)
	return "<" + m.EnvelopeID() + "@" + domain + ">"
}

// Issued lists what a notification about this message repeats and nobody else
// knows: see bounce.Ours. The envelope sender is not among them, since other
// mail has it too.
func (m TestMessage) Issued() []string { return []string{m.EnvelopeID(), m.MessageID()} }

// Bytes gives the whole message: lines that end in CRLF, of at most 998 octets,
// ASCII but for addresses that need SMTPUTF8. The error wraps ErrTestMessage.
func (m TestMessage) Bytes() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	var text strings.Builder
	text.WriteString("This is a delivery test. Nothing has to be done with it.\r\n\r\n")
	text.WriteString("Mail to this address was refused before:\r\n" + string(m.To) + "\r\n")
	text.WriteString("This one message shows whether it arrives now. No more follow.\r\n\r\n")
	if who := m.person(); who != "" {
		text.WriteString("Asked for: " + who + "\r\n")
	}
	text.WriteString("Case: " + m.Case + ", " + m.Mark + "\r\n")
	body, encoding, charset := text.String(), "7bit", "us-ascii"
	if !ascii(body) {
		var out bytes.Buffer
		w := quotedprintable.NewWriter(&out)
		_, err := w.Write([]byte(body))
		if err = errors.Join(err, w.Close()); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTestMessage, err)
		}
		body, encoding, charset = out.String(), "quoted-printable", "utf-8"
	}
	var b bytes.Buffer
	for _, field := range [][2]string{
		{"From", "<" + string(m.From) + ">"},
		{"To", "<" + string(m.To) + ">"},
		{"Subject", folded(mime.QEncoding.Encode("utf-8", m.Subject()))},
		{"Date", m.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700")},
		{"Message-ID", m.MessageID()},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834 section 5: no automatic answers
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=" + charset},
		{"Content-Transfer-Encoding", encoding},
	} {
		b.WriteString(field[0] + ": " + field[1] + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return b.Bytes(), nil
}

// folded puts each encoded word on a line of its own (RFC 2047 section 2).
func folded(words string) string { return strings.ReplaceAll(words, "?= =?", "?=\r\n =?") }

func (m TestMessage) check() error {
	for _, address := range []safe.Untrusted{m.From, m.To} {
		local, domain := AddressDomain(address)
		if local == "" || domain == "" || len(address) > 254 || !utf8.ValidString(string(address)) ||
			strings.ContainsFunc(string(address), func(r rune) bool {
				return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '<' || r == '>'
			}) {
			return fmt.Errorf("%w: %q is no address that it can name", ErrTestMessage, address)
		}
	}
	_, domain := AddressDomain(m.From)
	switch {
	case !dnsx.IsHostname(dnsx.CanonicalName(domain)):
		return fmt.Errorf("%w: the sender's domain %q cannot stand in a message ID", ErrTestMessage, domain)
	case !wordy(m.Token, 8, 40):
		return fmt.Errorf("%w: the token is not of 8 to 40 letters and digits", ErrTestMessage)
	case !wordy(m.Mark, 1, 20), !wordy(m.Case, 1, 120):
		return fmt.Errorf("%w: the case's mark or ID does not fit a header field", ErrTestMessage)
	case m.Date.IsZero():
		return fmt.Errorf("%w: it has no date", ErrTestMessage)
	}
	return nil
}

// wordy reports whether a word is of letters, digits, dots and hyphens alone.
func wordy(word string, least, most int) bool {
	return len(word) >= least && len(word) <= most && !strings.ContainsFunc(word, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.'
	})
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
