package attempt_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/attempt"
	"deadletter/diagnose/safe"
)

// TestProbeSaysNoMore than it has to: one connection, one MAIL, one RCPT, QUIT.
func TestProbeSaysNoMore(t *testing.T) {
	h := serve(t, answers(map[string]string{
		"EHLO": "250-mx.example.com\n250-SIZE 1000\n250-VRFY\n250-AUTH PLAIN\n250-PIPELINING\n250-DSN\n250 ENHANCEDSTATUSCODES",
		"RCPT": "550-5.1.1 <person@example.com>:\n550 5.1.1 user unknown",
	}, nil))
	p, opt := probe(h)
	at := time.Date(2026, 11, 23, 14, 10, 0, 0, time.UTC)
	opt.Clock = func() time.Time { at = at.Add(time.Second); return at }
	a := p.Run(t.Context(), opt)
	said, n := h.heard()
	want := "EHLO out.sender.example|MAIL FROM:<postmaster@sender.example>|RCPT TO:<person@example.com>|QUIT"
	if got := strings.Join(said, "|"); got != want || n != 1 {
		t.Errorf("%d connections, it said %q", n, got)
	}
	if a.Reading != diagnose.ReadUnknownUser || a.Stage != diagnose.StageRCPT || a.Reply == nil || a.Reply.Enhanced != "5.1.1" || a.Sent ||
		a.Reply.Text != "5.1.1 <person@example.com>:\n5.1.1 user unknown" || a.Err != "" {
		t.Errorf("%+v", a)
	}
	if n := len(a.Lines); n != 16 || !a.Lines[n-1].At.Before(a.Ended) || !a.Began.Before(a.Lines[0].At) {
		t.Errorf("%d lines are kept:\n%s", n, transcript(a))
	}
}

// TestSTARTTLS: TLS is taken where it is offered, EHLO is said again, what was
// offered before counts no more, and a certificate of another name is noted.
func TestSTARTTLS(t *testing.T) {
	cert, roots := certificate(t, "mx.example.com")
	for _, host := range []string{"mx.example.com", "other.example.com"} {
		hellos := 0
		h := serve(t, func(p *peer) {
			p.say("220 mx.example.com")
			for {
				line, ok := p.hear()
				if !ok {
					return
				}
				switch word, _, _ := strings.Cut(line, " "); word {
				case "EHLO":
					if hellos++; hellos == 1 {
						p.say("250-mx\n250-SMTPUTF8\n250 STARTTLS")
					} else {
						p.say("250 mx")
					}
				case "STARTTLS":
					p.say("220 go")
					if !p.secure(cert) {
						return
					}
				case "QUIT":
					p.say("221 bye")
					return
				default:
					p.say("250 ok")
				}
			}
		})
		p, opt := probe(h)
		opt.Roots, p.Host = roots, host
		a := p.Run(t.Context(), opt)
		said, _ := h.heard()
		if got := commands(said); got != "EHLO STARTTLS EHLO MAIL RCPT QUIT" || a.Reading != diagnose.ReadAccepted {
			t.Errorf("%s, %s: %s", got, a.Reading, a.Err)
		}
		if a.TLS == nil || a.TLS.Verified != (host == "mx.example.com") || (a.TLS.Why == "") != a.TLS.Verified || len(a.TLS.Chain) != 1 || len(a.TLS.Names) != 1 || len(a.TLS.SHA256) != 64 {
			t.Errorf("%+v", a.TLS)
		}
		for _, line := range a.Lines {
			if strings.HasPrefix(string(line.Text), "MAIL") && !line.TLS {
				t.Error("MAIL is not marked as said within TLS")
			}
		}
		// SMTPUTF8 was offered before TLS alone.
		hellos = 0
		p.To = "grüße@example.com"
		if a := p.Run(t.Context(), opt); a.Reading != diagnose.ReadNoUTF8 {
			t.Errorf("an offer from before TLS counted: %s", a.Reading)
		}
	}
}

func TestSMTPUTF8(t *testing.T) {
	for offer, want := range map[string]string{"250-mx\n250 SMTPUTF8": "EHLO MAIL RCPT QUIT", "250 mx": "EHLO QUIT"} {
		h := serve(t, answers(map[string]string{"EHLO": offer}, nil))
		p, opt := probe(h)
		p.To = "grüße@example.com"
		a := p.Run(t.Context(), opt)
		said, _ := h.heard()
		if got := commands(said); got != want || (a.Reading == diagnose.ReadNoUTF8) != (want == "EHLO QUIT") {
			t.Errorf("%q: it said %q, %s", offer, said, a.Reading)
		}
		if want != "EHLO QUIT" && said[1] != "MAIL FROM:<postmaster@sender.example> SMTPUTF8" {
			t.Errorf("it said %q", said[1])
		}
	}
}

// TestNullSender is said by choice alone.
func TestNullSender(t *testing.T) {
	h := serve(t, answers(nil, nil))
	p, opt := probe(h)
	p.From, p.NullSender = "", true
	p.Run(t.Context(), opt)
	if said, _ := h.heard(); len(said) != 4 || said[1] != "MAIL FROM:<>" {
		t.Errorf("it said %q", said)
	}
}

// TestNotDialled: what must not be said or reached opens no connection.
func TestNotDialled(t *testing.T) {
	good := attempt.Probe{Host: "mx.example.com", Addr: netip.MustParseAddrPort("93.184.216.34:25"), EHLO: "out.sender.example", From: "postmaster@sender.example", To: "person@example.com"}
	if err := good.Check(attempt.Options{}); err != nil {
		t.Fatal(err)
	}
	change := func(f func(*attempt.Probe)) attempt.Probe { p := good; f(&p); return p }
	type refusal struct {
		p    attempt.Probe
		want error
	}
	var cases []refusal
	for _, to := range []safe.Untrusted{
		"", "person", "@example.com", "person@", "per son@example.com", "person@example.com\r\nDATA", "person@example.com\n", "per\x00son@example.com", "person@example.com>", "<person@example.com",
		"person@exam\tple.com", "person\x7f@example.com", "per\xffson@example.com", "per\u0085son@example.com", "per\u2028son@example.com", "per\u202eson@example.com", "per\u00a0son@example.com",
		"@relay.example,@other.example:person@example.com", "a@b@example.com", "person@example..com", "person@-x.example",
		safe.Untrusted(strings.Repeat("a", 65) + "@example.com"), safe.Untrusted("a@" + strings.Repeat("abcdefg.", 32) + "com"), "person@[127.0.0.1", "person@[::1]",
	} {
		cases = append(cases, refusal{change(func(p *attempt.Probe) { p.To = to }), attempt.ErrAddress}, refusal{change(func(p *attempt.Probe) { p.From = to }), attempt.ErrAddress})
	}
	cases = append(cases, refusal{change(func(p *attempt.Probe) { p.NullSender = true }), attempt.ErrAddress})
	for _, name := range []string{
		"", "localhost", "LOCALHOST", "out", "localhost.localdomain", "printer.local", "a.localhost", "x.invalid", "out.sender.example.", "192.0.2.1", "[192.0.2.1", "[2001:db8::1]", "[IPv6:192.0.2.1]",
		"[127.0.0.1]", "[0.0.0.0]", "[IPv6:::1]", "[IPv6:fe80::1%eth0]", "out.sender.example\r\nQUIT", "out .sender.example", "-out.sender.example", "öut.sender.example",
	} {
		cases = append(cases, refusal{change(func(p *attempt.Probe) { p.EHLO = name }), attempt.ErrName})
	}
	for _, at := range []string{
		"127.0.0.1:25", "0.0.0.0:25", "10.0.0.1:25", "172.16.0.1:25", "192.168.1.1:25", "100.64.0.1:25", "169.254.169.254:25", "192.0.0.8:25", "192.0.2.1:25", "198.51.100.1:25", "203.0.113.1:25", "198.18.0.1:25",
		"224.0.0.1:25", "255.255.255.255:25", "[::1]:25", "[::]:25", "[fe80::1]:25", "[fc00::1]:25", "[fd00:ec2::254]:25", "[fec0::1]:25", "[ff02::1]:25", "[2001:db8::1]:25", "[::ffff:127.0.0.1]:25", "[::ffff:10.0.0.1]:25",
		"[64:ff9b::7f00:1]:25", "[64:ff9b::a00:1]:25", "[2002:7f00:1::]:25", "[2002:a9fe:a9fe::]:25", "93.184.216.34:26", "93.184.216.34:587", "93.184.216.34:0",
	} {
		cases = append(cases, refusal{change(func(p *attempt.Probe) { p.Addr = netip.MustParseAddrPort(at) }), attempt.ErrTarget})
	}
	cases = append(cases, refusal{change(func(p *attempt.Probe) { p.Addr = netip.AddrPort{} }), attempt.ErrTarget}, refusal{change(func(p *attempt.Probe) { p.Host = "" }), attempt.ErrTarget},
		refusal{change(func(p *attempt.Probe) { p.Host = "mx.example.com\r\nx" }), attempt.ErrTarget})
	for _, c := range cases {
		opt := attempt.Options{Dial: func(context.Context, string, string, attempt.Control) (net.Conn, error) {
			t.Errorf("%+v was dialled", c.p)
			return nil, errors.New("no")
		}, Lab: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:2525")}}
		a := c.p.Run(t.Context(), opt)
		if err := c.p.Check(opt); !errors.Is(err, c.want) || a.Reading != diagnose.ReadNotTried || a.Stage != diagnose.StageNone || len(a.Lines) != 0 || a.Err == "" {
			t.Errorf("%+v: %v, %s at %s", c.p, err, a.Reading, a.Stage)
		}
	}
	for _, name := range []string{"out.sender.example", "[192.0.2.1]", "[IPv6:2001:db8::1]", "Out.Sender.Example"} {
		if err := attempt.CheckEHLO(name); err != nil {
			t.Error(err)
		}
	}
	for _, address := range []string{"a..b@example.com", "o'brien+tag@example.com", "a=b@example.com", `"a@b"@example.com`, "person@[192.0.2.1]", "person@[IPv6:2001:db8::1]", "a@b"} {
		if utf8, err := attempt.CheckAddress(address); err != nil || utf8 {
			t.Error(address, utf8, err)
		}
	}
}

// TestPinned: the address is looked at as the connection is made, whatever a
// dialler or a name made of it.
func TestPinned(t *testing.T) {
	for _, at := range []string{"127.0.0.1:25", "10.0.0.1:25", "93.184.216.34:26", "93.184.216.35:25", "[::1]:25", "nonsense"} {
		p := attempt.Probe{Host: "mx.example.com", Addr: netip.MustParseAddrPort("93.184.216.34:25"), EHLO: "out.sender.example", From: "a@sender.example", To: "person@example.com"}
		a := p.Run(t.Context(), attempt.Options{Dial: func(_ context.Context, network, _ string, control attempt.Control) (net.Conn, error) {
			err := control(network, at, syscall.RawConn(nil))
			if err == nil {
				t.Errorf("%s was let through", at)
				err = errors.New("let through")
			}
			return nil, &net.OpError{Op: "dial", Err: err}
		}})
		if a.Reading != diagnose.ReadNotTried || a.Stage != diagnose.StageNone {
			t.Errorf("%s: %s at %s", at, a.Reading, a.Stage)
		}
	}
}

// TestUnreached: no connection is no refusal.
func TestUnreached(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := netip.MustParseAddrPort(l.Addr().String())
	_ = l.Close()
	p, opt := probe(&host{addr: closed})
	if a := p.Run(t.Context(), opt); a.Reading != diagnose.ReadHostDown || a.Stage != diagnose.StageConnect {
		t.Errorf("%s at %s", a.Reading, a.Stage)
	}
	opt.Times = attempt.Times{Connect: 20 * time.Millisecond}
	opt.Dial = func(ctx context.Context, _, _ string, _ attempt.Control) (net.Conn, error) {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
	}
	if a := p.Run(t.Context(), opt); a.Reading != diagnose.ReadNoConnection {
		t.Errorf("%s", a.Reading)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := p.Run(ctx, opt); a.Reading != diagnose.ReadStopped {
		t.Errorf("%s", a.Reading)
	}
}
