package parse

import (
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"strings"
	"testing"

	"deadletter/diagnose/bounce"
)

// compose writes a notification that every parser must read alike.
type compose struct {
	lineEnd    string
	words      string // the text for people
	charset    string
	encoding   string // of the text for people: "", base64 or quoted-printable
	recipients []string
	reply      string
	fold       bool // of the reply
	wrapped    int  // multiparts around the parts
	subject    string
	id         string
	returned   string // below the header of the returned mail
}

// message gives the notification (RFC 3464, RFC 6522).
func (c compose) message() []byte {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(fmt.Sprintf(format, args...) + c.lineEnd) }
	line("Return-Path: <>")
	line("From: MAILER-DAEMON@mx.example.com")
	line("To: sender@example.org")
	line("Subject: Undelivered Mail Returned to Sender")
	line("Date: Mon, 23 Nov 2026 09:12:44 +0100")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/report; report-type=delivery-status;\n boundary=\"level-0\"")
	line("")
	for i := range c.wrapped {
		line("--level-%d", i)
		line("Content-Type: multipart/mixed; boundary=\"level-%d\"", i+1)
		line("")
	}
	line("--level-%d", c.wrapped)
	line("Content-Type: text/plain; charset=%s", or(c.charset, "us-ascii"))
	line("Content-Transfer-Encoding: %s", or(c.encoding, "8bit"))
	line("")
	line("%s", c.encoded(or(c.words, "This is the mail system at host mx.example.com.")))
	line("--level-%d", c.wrapped)
	line("Content-Type: message/delivery-status")
	line("")
	line("Reporting-MTA: dns; mx.example.com")
	for _, r := range append(c.recipients, "last@example.net") {
		line("")
		line("Final-Recipient: rfc822; %s", r)
		line("Action: failed")
		line("Status: 5.1.1")
		reply := or(c.reply, "550 5.1.1 User unknown")
		if c.fold {
			reply = strings.ReplaceAll(reply, " ", c.lineEnd+"    ")
		}
		line("Diagnostic-Code: smtp; %s", reply)
	}
	line("")
	line("--level-%d", c.wrapped)
	line("Content-Type: message/rfc822")
	line("")
	line("From: sender@example.org")
	line("To: last@example.net")
	line("Subject: %s", or(c.subject, "hello"))
	line("Message-ID: <%s@example.org>", or(c.id, "one"))
	if c.returned == "" {
		line("")
		line("hello")
	} else {
		line("Content-Type: multipart/mixed; boundary=\"inner\"")
		line("")
		line("--inner")
		line("%s", c.returned)
		line("--inner--")
	}
	for i := c.wrapped; i >= 0; i-- {
		line("--level-%d--", i)
	}
	return []byte(b.String())
}

func (c compose) encoded(s string) string {
	switch c.encoding {
	case "base64":
		s = base64.StdEncoding.EncodeToString([]byte(s))
		var b strings.Builder
		for len(s) > 76 {
			b.WriteString(s[:76] + c.lineEnd)
			s = s[76:]
		}
		return b.String() + s
	case "quoted-printable":
		var b strings.Builder
		w := quotedprintable.NewWriter(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Close()
		return b.String()
	}
	return s
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// only keeps the characters that a value may have: letters, digits and some.
func only(s, also string, most int) string {
	s = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune(also, r) {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), most)]
}

// FuzzComposed holds that what was written into a well-formed notification is
// read out of it again, and stands where enmime finds it.
func FuzzComposed(f *testing.F) {
	f.Add("hello there", "a.b+c", "User unknown here", "subject", "id.1", uint8(0))
	f.Add("<x@example.com>: 550 5.1.1 no", "a-b", "mailbox full 452 4.2.2", "re: a b", "x", uint8(0b11101101))
	f.Add("host mx.example.net[192.0.2.1] said: 550 no", "a=b", "550", "", "", uint8(0b00010110))
	f.Fuzz(func(t *testing.T, words, local, reply, subject, id string, how uint8) {
		c := compose{lineEnd: "\n", fold: how&2 != 0, wrapped: int(how >> 6)}
		if how&1 != 0 {
			c.lineEnd = "\r\n"
		}
		c.encoding = []string{"", "base64", "quoted-printable", ""}[how>>2&3]
		c.words = only(words, " .,:;<>@()[]'", 2000)
		if local = only(local, ".+-=_", 40); local != "" {
			c.recipients = []string{local + "@example.com"}
		}
		c.reply = "550 5.1.1 " + strings.Join(strings.Fields(only(reply, " ", 200)), " ") + " end"
		c.reply = strings.Join(strings.Fields(c.reply), " ")
		c.subject = strings.TrimSpace(only(subject, " .:", 60))
		c.id = only(id, ".", 40)
		raw := c.message()
		res := bounce.Read(raw, bounce.Options{Now: now})
		want := append(c.recipients, "last@example.net")
		if len(res.Reports) != len(want) {
			t.Fatalf("%d reports instead of %d of\n%s", len(res.Reports), len(want), raw)
		}
		for i, r := range res.Reports {
			if string(r.Recipient.Value) != want[i] {
				t.Errorf("recipient %q instead of %q", string(r.Recipient.Value), want[i])
			}
			if string(r.MessageID.Value) != or(c.id, "one")+"@example.org" {
				t.Errorf("message ID %q instead of %q", string(r.MessageID.Value), c.id)
			}
			if have := string(r.Diagnostic.Value); oneLine(have) != c.reply && !strings.Contains(c.reply, "550 550") {
				t.Errorf("reply %q instead of %q", have, c.reply)
			}
		}
		differs, sure := check(raw)
		if !sure {
			t.Skip("the other parser is not sure")
		}
		for _, d := range differs {
			t.Errorf("%s in\n%s", d, raw)
		}
	})
}
