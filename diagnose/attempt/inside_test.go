package attempt

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/secret"
)

// TestSCRAM is the exchange of RFC 7677 section 3.
func TestSCRAM(t *testing.T) {
	e, err := beginSCRAM(Login{User: "user", Password: secret.New("pencil")}, "rOprNGfwEbeRWgbNEkqO")
	if err != nil || *e.first != "n,,n=user,r=rOprNGfwEbeRWgbNEkqO" {
		t.Fatalf("%q, %v", *e.first, err)
	}
	final, err := e.next([]byte("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
	if want := "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="; err != nil || string(final) != want {
		t.Errorf("%q, %v", final, err)
	}
	if e.done() == nil {
		t.Error("the server showed nothing yet")
	}
	if answer, err := e.next([]byte("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")); err != nil || len(answer) != 0 || e.done() != nil {
		t.Errorf("%q, %v, %v", answer, err, e.done())
	}
}

// TestSCRAMRefuses what a server may not ask.
func TestSCRAMRefuses(t *testing.T) {
	for _, challenge := range []string{
		"", "r=abc,s=W22Z,i=4096", "r=other,s=W22Z,i=4096", "r=abcd,s=,i=4096", "r=abcd,s=W22Z,i=1", "r=abcd,s=W22Z,i=4095", "r=abcd,s=W22Z,i=1000001", "r=abcd,s=W22Z,i=99999999999999999999",
		"m=x,r=abcd,s=W22Z,i=4096", "r=abcd,s=***,i=4096", "r=abcd,i=4096,s=W22Z",
	} {
		e, _ := beginSCRAM(Login{User: "a=b,c", Password: secret.New("pencil")}, "abc")
		if *e.first != "n,,n=a=3Db=2Cc,r=abc" {
			t.Fatal(*e.first)
		}
		if final, err := e.next([]byte(challenge)); err == nil {
			t.Errorf("%q is answered with %q", challenge, final)
		}
	}
}

func TestStuffed(t *testing.T) {
	for in, want := range map[string]string{".\r\n": "..\r\n", "a\r\n.\r\n": "a\r\n..\r\n", "a.\r\n": "a.\r\n", "..a\r\n.b\r\n": "...a\r\n..b\r\n"} {
		if got := string(stuffed([]byte(in))); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestXtext(t *testing.T) {
	for address, want := range map[string]string{
		"person@example.com": "rfc822;person@example.com", "a+b=c@example.com": "rfc822;a+2Bb+3Dc@example.com",
		"grüße@example.com": `utf-8;gr\x{FC}\x{DF}e@example.com`, "дом+1@example.com": `utf-8;\x{434}\x{43E}\x{43C}\x{2B}1@example.com`,
	} {
		if got := originalRecipient(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}

func TestEnhanced(t *testing.T) {
	for text, want := range map[string]string{
		"5.1.1 unknown": "5.1.1", " 5.1.1": "5.1.1", "\n5.1.1 x": "5.1.1", "#5.1.0 Address rejected.": "5.1.0", "no mailbox here (#5.1.1)": "5.1.1", "5.1.1: x": "5.1.1", "5.1.10 x": "5.1.10",
		"4.1.1 x": "", "2.1.5 x": "", "5.1 x": "", "5.1.1.1 x": "", "5..1 x": "", "5.1.1234 x": "", "5.a.1 x": "", "unknown 5.1.1": "", "(#5.1.1": "", "": "",
	} {
		if got := enhanced(550, text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// replyOf reads one reply from bytes.
func replyOf(t interface {
	Helper()
	Context() context.Context
}, raw []byte, secrets *secret.Redactor) (diagnose.SMTPReply, diagnose.Attempt, error) {
	t.Helper()
	a := diagnose.Attempt{}
	w := &wire{ctx: t.Context(), socket: deaf{}, in: bufio.NewReader(strings.NewReader(string(raw))), clock: time.Now, end: time.Now().Add(time.Hour), attempt: &a, secrets: secrets}
	r, err := w.reply(time.Hour)
	return r, a, err
}

// deaf is a connection whose times do not matter.
type deaf struct{ net.Conn }

func (deaf) SetDeadline(time.Time) error { return nil }
func (deaf) Read([]byte) (int, error)    { return 0, io.EOF }

// FuzzReply: whatever a server says is read within bounds, kept, and has a
// reading at every stage; what is no whole reply is an error.
func FuzzReply(f *testing.F) {
	for _, s := range []string{
		"250 ok\r\n", "250-a\r\n250 b\r\n", "550 5.1.1 x\r\n", "250\r\n", "250-a\r\n550 b\r\n", "25\r\n", "250\tx\r\n", "\r\n", "650 x\r\n", "250-\r\n", "250 ok", "550 (#5.1.1)\n", "421 x\r\n", "334 cGVuY2ls\r\n",
		"535-secret-\r\n535 word-42\r\n", strings.Repeat("250-x\r\n", 120), "250 " + strings.Repeat("x", 1100), "\x00\xff\x1b[31m\r\n", "530 5.7.0 Must issue a STARTTLS command first\r\n", "450 4.2.0 Greylisted\r\n",
	} {
		f.Add([]byte(s))
	}
	redactor := secret.NewRedactor(secret.New("secret-word-42"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, a, err := replyOf(t, raw, nil)
		if len(a.Lines) > maxLines+1 {
			t.Errorf("%d lines are kept", len(a.Lines))
		}
		for _, line := range a.Lines {
			if len(line.Text) > maxLine {
				t.Errorf("a line of %d octets is kept", len(line.Text))
			}
		}
		if err == nil && (r.Code < 200 || r.Code > 599) {
			t.Errorf("code %d", r.Code)
		}
		if r.Enhanced != "" && int(r.Enhanced[0]-'0') != r.Code/100 {
			t.Errorf("%d %s", r.Code, r.Enhanced)
		}
		if err == nil {
			for _, stage := range []diagnose.SMTPStage{diagnose.StageGreeting, diagnose.StageEHLO, diagnose.StageSTARTTLS, diagnose.StageAUTH, diagnose.StageMAIL, diagnose.StageRCPT, diagnose.StageDATA, diagnose.StageMessage} {
				reading := read(stage, r)
				if reading == "" || reading == diagnose.ReadUnknownUser && (r.Enhanced == "" || strings.HasPrefix(r.Enhanced, "5.7.") || r.Code/100 != 5) ||
					reading == diagnose.ReadAccepted && (stage != diagnose.StageRCPT || r.Code/100 != 2) {
					t.Errorf("%d %s at %s: %q", r.Code, r.Enhanced, stage, reading)
				}
			}
		}
		_, a, _ = replyOf(t, raw, redactor)
		var joined strings.Builder
		for _, line := range a.Lines {
			if strings.Contains(string(line.Text), "secret-word-42") {
				t.Errorf("%q is kept", line.Text)
			}
			_, _, rest, _ := parseLine(string(line.Text))
			joined.WriteString(rest)
		}
		if strings.Contains(joined.String(), "secret-word-42") {
			t.Errorf("%q is kept over lines", joined.String())
		}
	})
}

// FuzzSCRAM: a server's challenge never panics and never takes long.
func FuzzSCRAM(f *testing.F) {
	f.Add("r=abcd,s="+base64.StdEncoding.EncodeToString([]byte("salt"))+",i=4096", "v=x")
	f.Add("r=abcd,s=W22Z,i=999999999", "e=other-error")
	f.Fuzz(func(t *testing.T, challenge, end string) {
		if strings.Contains(challenge, ",i=") && len(challenge[strings.Index(challenge, ",i="):]) > len(",i=4096") {
			return // allowed, and slow by intent
		}
		e, _ := beginSCRAM(Login{User: "user", Password: secret.New("pencil")}, "abc")
		if _, err := e.next([]byte(challenge)); err != nil {
			return
		}
		if _, err := e.next([]byte(end)); err == nil && e.done() != nil {
			t.Error("taken without a signature")
		}
	})
}
