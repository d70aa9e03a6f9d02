package attempt_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// TestRude: servers that are slow, endless, out of step or no servers of mail.
// Each attempt ends in time, with a reading that says nothing of the recipient.
func TestRude(t *testing.T) {
	cert, _ := certificate(t, "mx.example.com")
	hello := func(p *peer, ehlo string) bool {
		p.say("220 mx.example.com")
		_, ok := p.hear()
		p.say(ehlo)
		return ok
	}
	upTo := func(p *peer, word string) {
		p.say("220 mx.example.com")
		for {
			line, ok := p.hear()
			if !ok || strings.HasPrefix(line, word) {
				return
			}
			p.say("250 ok")
		}
	}
	drain := func(p *peer) {
		for {
			if _, ok := p.hear(); !ok {
				return
			}
		}
	}
	trickle := func(p *peer, text string) {
		for i := range text {
			if _, err := p.Write([]byte{text[i]}); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond) // is the server's rudeness
		}
	}
	for _, s := range []struct {
		name  string
		scene func(*peer)
		want  diagnose.AttemptReading
		stage diagnose.SMTPStage
	}{
		{"no greeting", drain, diagnose.ReadTarpit, diagnose.StageGreeting},
		{"a greeting of single bytes", func(p *peer) { trickle(p, "220 "+strings.Repeat("x", 200)) }, diagnose.ReadTarpit, diagnose.StageGreeting},
		{"lines without end, slowly", func(p *peer) { trickle(p, strings.Repeat("220-\r\n", 100)) }, diagnose.ReadTarpit, diagnose.StageGreeting},
		{"no answer to RCPT", func(p *peer) { upTo(p, "RCPT"); drain(p) }, diagnose.ReadTarpit, diagnose.StageRCPT},
		{"an answer to RCPT of single bytes", func(p *peer) { upTo(p, "RCPT"); trickle(p, "250 "+strings.Repeat("x", 200)) }, diagnose.ReadTarpit, diagnose.StageRCPT},
		{"an endless reply", func(p *peer) {
			upTo(p, "RCPT")
			for range 100_000 {
				if _, err := p.Write([]byte("250-and so on\r\n")); err != nil {
					return
				}
			}
		}, diagnose.ReadProtocol, diagnose.StageRCPT},
		{"a hundred lines and one", func(p *peer) { upTo(p, "RCPT"); p.say(strings.Repeat("250-x\n", 100) + "250 x"); drain(p) }, diagnose.ReadProtocol, diagnose.StageRCPT},
		{"a line of a megabyte", func(p *peer) {
			upTo(p, "RCPT")
			_, _ = p.Write([]byte("250 " + strings.Repeat("x", 1<<20)))
			drain(p)
		}, diagnose.ReadProtocol, diagnose.StageRCPT},
		{"more than 64 KiB in all", func(p *peer) {
			hello(p, strings.Repeat("250-"+strings.Repeat("x", 900)+"\n", 75)+"250 x")
			drain(p)
		}, diagnose.ReadProtocol, diagnose.StageEHLO},
		{"the code changes", func(p *peer) { upTo(p, "RCPT"); p.say("250-2.1.5 ok\n251 2.1.5 ok"); drain(p) }, diagnose.ReadProtocol, diagnose.StageRCPT},
		{"no final line", func(p *peer) { upTo(p, "RCPT"); p.say("250-2.1.5 ok") }, diagnose.ReadClosed, diagnose.StageRCPT},
		{"half a line", func(p *peer) { upTo(p, "RCPT"); _, _ = p.Write([]byte("250 2.1")) }, diagnose.ReadClosed, diagnose.StageRCPT},
		{"a second greeting", func(p *peer) { p.say("220 mx\n220 mx again"); drain(p) }, diagnose.ReadProtocol, diagnose.StageEHLO},
		{"answers before the question", func(p *peer) { hello(p, "250 mx\n250 sender\n250 recipient"); drain(p) }, diagnose.ReadProtocol, diagnose.StageMAIL},
		{"one answer too many, late", func(p *peer) {
			p.say("220 mx")
			p.hear()
			p.say("250 mx")
			p.hear()
			p.say("250 what nobody asked") // as an answer to MAIL
			p.hear()
			p.say("250 sender ok") // taken as the answer to RCPT
			p.hear()
			p.say("550 5.1.1 user unknown\n221 bye") // that of RCPT, then that of QUIT
		}, diagnose.ReadProtocol, diagnose.StageRCPT},
		{"STARTTLS with plain text behind it", func(p *peer) {
			hello(p, "250-mx\n250 STARTTLS")
			p.hear()
			p.say("220 go\n250-injected\n250 AUTH PLAIN")
			p.secure(cert)
		}, diagnose.ReadTLSInjected, diagnose.StageSTARTTLS},
		{"a handshake that hangs", func(p *peer) { hello(p, "250-mx\n250 STARTTLS"); p.hear(); p.say("220 go"); drain(p) }, diagnose.ReadTLSFailed, diagnose.StageSTARTTLS},
		{"plain text within TLS", func(p *peer) {
			hello(p, "250-mx\n250 STARTTLS")
			p.hear()
			p.say("220 go")
			plain := p.Conn
			if p.secure(cert) {
				p.hear()
				_, _ = plain.Write([]byte("250 mx\r\n250 mx\r\n"))
				drain(p)
			}
		}, diagnose.ReadTLSFailed, diagnose.StageEHLO},
		{"closed within TLS", func(p *peer) {
			hello(p, "250-mx\n250 STARTTLS")
			p.hear()
			p.say("220 go")
			if p.secure(cert) {
				p.hear()
			}
		}, diagnose.ReadClosed, diagnose.StageEHLO},
		{"not a byte of SMTP", func(p *peer) { _, _ = p.Write([]byte("\x00\x01\x02\xff\xfe\r\n")); drain(p) }, diagnose.ReadProtocol, diagnose.StageGreeting},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			h := serve(t, s.scene)
			p, opt := probe(h)
			opt.Times = brief
			began := time.Now()
			a := p.Run(t.Context(), opt)
			if d := time.Since(began); d > 5*time.Second { // 900 ms; room for a busy machine
				t.Errorf("it took %s", d)
			}
			if a.Reading != s.want || a.Stage != s.stage || a.Err == "" || a.Reply != nil {
				t.Errorf("%s at %s: %s, %v\n%s", a.Reading, a.Stage, a.Err, a.Reply, transcript(a))
			}
			var kept int
			for _, line := range a.Lines {
				kept += len(line.Text)
			}
			if kept > 66<<10 || len(a.Lines) > 400 {
				t.Errorf("%d lines, %d octets are kept", len(a.Lines), kept)
			}
			if _, n := h.heard(); n != 1 {
				t.Errorf("%d connections", n)
			}
			result := a.Meaning(unknownUser).Result
			if result != diagnose.RetryInconclusive {
				t.Errorf("result %q", result)
			}
		})
	}
}

// TestTotal: many steps that are each in time end at the end of everything.
func TestTotal(t *testing.T) {
	h := serve(t, func(p *peer) {
		p.say("220 mx")
		for {
			line, ok := p.hear()
			if !ok {
				return
			}
			time.Sleep(200 * time.Millisecond) // is the server's rudeness
			p.say("250 ok " + line[:4])
		}
	})
	p, opt := probe(h)
	opt.Times = brief
	opt.Times.Total, opt.Times.Quit = 400*time.Millisecond, 100*time.Millisecond
	if a := p.Run(t.Context(), opt); a.Reading != diagnose.ReadTarpit || a.Stage == diagnose.StageRCPT && a.Reply != nil {
		t.Errorf("%s at %s", a.Reading, a.Stage)
	}
}

// TestRawReplies: what a server says is kept as it is, and shown safe alone.
func TestRawReplies(t *testing.T) {
	nasty := "550 5.1.1 \x1b[31mred\x1b]52;c;AAAA\x07 \x00 \x9b31m gr\xfc\xdfe \u202egnp.exe"
	h := serve(t, answers(map[string]string{"RCPT": nasty}, nil))
	p, opt := probe(h)
	opt.Clock = func() time.Time { return noon.UTC() }
	a := p.Run(t.Context(), opt)
	var again diagnose.Attempt
	if text, err := json.Marshal(a); err != nil || json.Unmarshal(text, &again) != nil || !reflect.DeepEqual(a, again) {
		t.Errorf("%v: it comes back from JSON as %+v", err, again)
	}
	if a.Reading != diagnose.ReadUnknownUser || a.Reply == nil || string(a.Reply.Text) != nasty[4:] {
		t.Fatalf("%s, %+v", a.Reading, a.Reply)
	}
	shown := string(a.Reply.Text.Safe())
	if !utf8.ValidString(shown) {
		t.Errorf("%q is shown", shown)
	}
	for _, bad := range []string{"\x1b", "\x00", "\u009b", "\u202e", "\x07"} {
		if strings.Contains(shown, bad) {
			t.Errorf("%q is shown in %q", bad, shown)
		}
	}
	if !strings.Contains(transcript(a), nasty) {
		t.Error("the transcript does not hold the reply")
	}
}

// TestStopped: who stops an attempt has it ended at once, with QUIT.
func TestStopped(t *testing.T) {
	for _, at := range []string{"EHLO", "MAIL", "RCPT"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		h := serve(t, func(p *peer) {
			p.say("220 mx")
			for {
				line, ok := p.hear()
				switch {
				case !ok:
					return
				case strings.HasPrefix(line, at):
					cancel(errors.New("stopped by hand"))
				case line == "QUIT":
					p.say("221 bye")
					return
				default:
					p.say("250 ok")
				}
			}
		})
		p, opt := probe(h)
		began := time.Now()
		a := p.Run(ctx, opt) // with the times of life: nothing but ctx ends it soon
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("it took %s", d)
		}
		said, _ := h.heard()
		if a.Reading != diagnose.ReadStopped || string(a.Stage) != strings.ToLower(at) || !strings.HasSuffix(commands(said), "QUIT") || a.Err != "stopped by hand" {
			t.Errorf("%s at %s, %s; it said %q", a.Reading, a.Stage, a.Err, said)
		}
	}
}

// TestStoppedByAMuteServer: QUIT is said to it, and not waited for as long as else.
func TestStoppedByAMuteServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := serve(t, func(p *peer) {
		p.say("220 mx")
		for {
			if _, ok := p.hear(); !ok {
				return
			}
			cancel()
		}
	})
	p, opt := probe(h)
	began := time.Now()
	a := p.Run(ctx, opt)
	if d := time.Since(began); d > 4*time.Second { // 1 s; QUIT has 5 s else
		t.Errorf("it took %s", d)
	}
	if a.Reading != diagnose.ReadStopped {
		t.Errorf("%s", a.Reading)
	}
}

// TestQuitUnanswered: a server that does not answer QUIT changes nothing.
func TestQuitUnanswered(t *testing.T) {
	for _, quit := range []string{"DROP", "250 bye", "550 no"} {
		h := serve(t, answers(map[string]string{"QUIT": quit}, nil))
		p, opt := probe(h)
		opt.Times = brief
		if a := p.Run(t.Context(), opt); a.Reading != diagnose.ReadAccepted || a.Err != "" {
			t.Errorf("QUIT %s: %s, %s", quit, a.Reading, a.Err)
		}
	}
}

// TestLinesAreTold as they come, the same as are kept.
func TestLinesAreTold(t *testing.T) {
	h := serve(t, answers(nil, nil))
	p, opt := probe(h)
	var told []safe.Untrusted
	opt.Line = func(l diagnose.SMTPLine) { told = append(told, l.Text) }
	a := p.Run(t.Context(), opt)
	if len(told) != len(a.Lines) || len(told) != 9 {
		t.Errorf("%d told, %d kept", len(told), len(a.Lines))
	}
}
