package report

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// letterInput is an input whose letter is the draft.
func letterInput(d diagnose.Draft) Input {
	return Input{Flow: diagnose.Flow{Outcome: diagnose.Open, Steps: []diagnose.Panel{{Step: diagnose.StepCapture}, {Step: diagnose.StepRejector}, {Step: diagnose.StepRecipient, Copy: &d}}}, Made: made}
}

func TestMailReadsBack(t *testing.T) {
	for _, tt := range []struct{ to, subject, body string }{
		{"postmaster@contoso.example", "Mail refused [DL-7F3A]", "Line one.\nLine two.\n"},
		{"postmaster@contoso.example", "Zustellung an Jörg 日本語の件名がとても長い場合には折り返しが必要になります", "Grüße\n"},
		{"postmaster@contoso.example", strings.Repeat("a subject of many words ", 20), "x"},
		{"postmaster@contoso.example", strings.Repeat("x", 900), strings.Repeat("y", 2000) + "\nend"},
		{"postmaster@contoso.example", "=?utf-8?B?YQ==?= is not decoded", "."},
		{"postmaster@bücher.example", "s", "\n\n-- \nwith empty lines\n"},
		{`"robin hale"@contoso.example`, "s", "b"},
		{"robin hale@contoso.example", "s", "b"},
		{"postmaster@[192.0.2.1]", "s", "b"},
		{"", "no address known", "b"},
	} {
		out := render(t, func(b *bytes.Buffer) error {
			return EML(b, letterInput(diagnose.Draft{To: safe.Of(tt.to), Subject: safe.Of(tt.subject), Body: tt.body}), "billing@sender.example")
		})
		m, err := mail.ReadMessage(bytes.NewReader(out))
		if err != nil {
			t.Fatalf("%.60q: %v\n%s", tt.subject, err, out)
		}
		head, _, _ := bytes.Cut(out, []byte("\r\n\r\n"))
		for line := range strings.SplitSeq(string(head), "\r\n") {
			if len(line) > 998 || strings.HasPrefix(line, " =?") && len(line) > 76 {
				t.Errorf("header line of %d octets", len(line))
			}
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || strings.Join(strings.Fields(subject), " ") != strings.Join(strings.Fields(tt.subject), " ") {
			t.Errorf("subject %.80q reads as %.80q, %v", tt.subject, subject, err)
		}
		if to, err := m.Header.AddressList("To"); tt.to != "" && (err != nil || len(to) != 1) {
			t.Errorf("to %q: %v, %v", tt.to, to, err)
		}
		if m.Header.Get("X-Unsent") != "1" || m.Header.Get("From") != "<billing@sender.example>" {
			t.Errorf("header %v", m.Header)
		}
		if _, err := m.Header.Date(); err != nil {
			t.Error(err)
		}
		body := io.Reader(m.Body)
		if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(body)
		}
		got, err := io.ReadAll(body)
		want := strings.ReplaceAll(strings.TrimRight(tt.body, "\n"), "\n", "\r\n") + "\r\n"
		if err != nil || string(got) != want {
			t.Errorf("body %.80q reads as %.80q, %v", want, got, err)
		}
		for line := range strings.SplitSeq(string(out), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
				t.Errorf("line of %d octets, or with a bare line end", len(line))
			}
		}
	}
}

// TestHeadersCannotBeAdded tries to add a field through every value.
func TestHeadersCannotBeAdded(t *testing.T) {
	for _, evil := range append(corpus(t), "a@example.com\r\nBcc: victim@example.net", "a@example.com\nBcc: x@example.net", "a@example.com\rX: y", "a\r\n\r\nbody@example.com",
		"a@example.com, b@example.net", "a@b@example.com>", "a@example.com> <b@example.net", "\"a\r\nBcc: x\"@example.com", "a@exam ple.com", "a@", "@example.com", "a", "a@[192.0.2.1]x", "a@[zone]", "a@[fe80::1%25eth0]",
		strings.Repeat("a", 65)+"@example.com", "a@"+strings.Repeat("b.", 200)+"example", "a@example.com\u0085Bcc: x", "a\u202e@example.com", "a@xn--.example", "a@b..", "a@b..example") {
		for _, to := range []safe.Text{safe.Of(evil), "postmaster@contoso.example"} {
			var b bytes.Buffer
			err := EML(&b, letterInput(diagnose.Draft{To: to, Subject: safe.Of(evil), Body: evil}), safe.Untrusted(evil))
			if err == nil {
				checkHeaders(t, evil, b.Bytes())
			} else if b.Len() != 0 || !errors.Is(err, ErrAddress) {
				t.Errorf("%.60q: %v after %d bytes", evil, err, b.Len())
			}
			b.Reset()
			if err := EML(&b, letterInput(diagnose.Draft{To: "postmaster@contoso.example", Subject: safe.Of(evil), Body: evil}), ""); err != nil {
				t.Errorf("subject and body %.60q: %v", evil, err)
			}
			checkHeaders(t, evil, b.Bytes())
		}
	}
}

func checkHeaders(t *testing.T, evil string, out []byte) {
	t.Helper()
	head, _, _ := strings.Cut(string(out), "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		if !strings.HasPrefix(line, " ") && !strings.Contains(" X-Unsent From To Subject Date MIME-Version Content-Type Content-Transfer-Encoding ", " "+name+" ") || strings.ContainsAny(line, "\r\n") {
			t.Errorf("%.60q made the header line %.80q", evil, line)
		}
	}
	if bad := obeyed(out, true); bad != "" {
		t.Errorf("%.60q: %s", evil, bad)
	}
}

func FuzzMailbox(f *testing.F) {
	for _, s := range []string{"a@example.com", `"a b"@example.com`, "ü@bücher.example", "a\r\n@x", "a@[192.0.2.1]", "0@00..", `""@b`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := mailbox(s)
		if err != nil {
			return
		}
		if strings.ContainsAny(got, "\r\n\x00<>") && !strings.HasPrefix(got, `"`) {
			t.Errorf("%q gives %q", s, got)
		}
		if strings.ContainsAny(got, "\r\n\x00") {
			t.Errorf("%q gives %q", s, got)
		}
		if a, err := mail.ParseAddress("<" + got + ">"); err != nil {
			t.Errorf("%q gives %q: %v", s, got, err)
		} else if !strings.Contains(a.Address, "@") {
			t.Errorf("%q gives %q", s, a.Address)
		}
	})
}
