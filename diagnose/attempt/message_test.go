package attempt_test

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/attempt"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/secret"
)

// TestMessageSays what was shown before, with what the server offers.
func TestMessageSays(t *testing.T) {
	h := serve(t, answers(map[string]string{"EHLO": "250-relay\n250-SIZE 10240000\n250-DSN\n250 SMTPUTF8", ".": "250 2.0.0 Ok: queued as 4XyZ"}, nil))
	m, opt := message(t, h)
	m.To = "a+b=c@example.com"
	m.Bytes = []byte("Subject: x\r\n\r\n.\r\n..two\r\nend.\r\n.last\r\n")
	a := m.Run(t.Context(), opt)
	said, n := h.heard()
	want := "EHLO out.sender.example|MAIL FROM:<billing@sender.example> SIZE=37 RET=HDRS ENVID=dl.dl-7f3a.k3v9q2m7x4b8|" +
		"RCPT TO:<a+b=c@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@example.com|DATA|Subject: x||..|...two|end.|..last|.|QUIT"
	if got := strings.Join(said, "|"); got != want || n != 1 {
		t.Errorf("%d connections, it said\n%s", n, got)
	}
	if a.Reading != diagnose.ReadQueued || !a.Sent || a.Reply.Text != "2.0.0 Ok: queued as 4XyZ" {
		t.Errorf("%+v", a)
	}
}

func TestMessageSaysNoMoreThanOffered(t *testing.T) {
	h := serve(t, answers(nil, nil))
	m, opt := message(t, h)
	m.Run(t.Context(), opt)
	said, _ := h.heard()
	if said[1] != "MAIL FROM:<billing@sender.example>" || said[2] != "RCPT TO:<person@example.com>" {
		t.Errorf("it said %q", said[:3])
	}
	if got := strings.Join(said[4:len(said)-2], "\r\n") + "\r\n"; got != string(m.Bytes) {
		t.Errorf("it sent\n%s", got)
	}
}

// TestNoQuitInAMessage: what breaks off within a message is not gone on with,
// since each line would be part of it.
func TestNoQuitInAMessage(t *testing.T) {
	h := serve(t, answers(map[string]string{"DATA": "354 go on\n250 2.0.0 queued already"}, nil))
	m, opt := message(t, h)
	opt.Times = brief
	a := m.Run(t.Context(), opt)
	if said, _ := h.heard(); commands(said) != "EHLO MAIL RCPT DATA" || a.Sent || a.Reading != diagnose.ReadProtocol {
		t.Errorf("it said %q; %s, sent %t", said, a.Reading, a.Sent)
	}
}

func TestMessageInUTF8(t *testing.T) {
	h := serve(t, answers(map[string]string{"EHLO": "250-relay\n250-DSN\n250 SMTPUTF8"}, nil))
	m, opt := message(t, h)
	text := testMessage("grüße@example.com")
	raw, err := text.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	m.To, m.Bytes = text.To, raw
	a := m.Run(t.Context(), opt)
	said, _ := h.heard()
	if a.Reading != diagnose.ReadQueued || !strings.Contains(said[1], " SMTPUTF8 ") || !strings.HasSuffix(said[2], `ORCPT=utf-8;gr\x{FC}\x{DF}e@example.com`) {
		t.Errorf("%s %s, it said %q", a.Reading, a.Err, said)
	}
}

// login is what the tests log in with.
var login = attempt.Login{User: "billing", Password: secret.New("correct horse, battery")}

// relay plays a submission service that offers AUTH within TLS, and answers it.
func relay(t *testing.T, mechanisms string, auth func(p *peer, line string) string) (attempt.Message, attempt.Options, *host) {
	cert, roots := certificate(t, "relay.sender.example")
	h := serve(t, func(p *peer) {
		p.say("220 relay.sender.example ESMTP")
		offer := "250-relay\n250 STARTTLS"
		for {
			line, ok := p.hear()
			if !ok {
				return
			}
			switch word, _, _ := strings.Cut(line, " "); word {
			case "EHLO":
				p.say(offer)
			case "STARTTLS":
				p.say("220 go")
				if !p.secure(cert) {
					return
				}
				offer = "250-relay\n250 AUTH " + mechanisms
			case "AUTH":
				p.say(auth(p, line))
			case "DATA":
				p.say("354 go on")
				for line != "." {
					if line, ok = p.hear(); !ok {
						return
					}
				}
				p.say("250 2.0.0 queued as Q1")
			case "QUIT":
				p.say("221 bye")
				return
			default:
				p.say("250 ok")
			}
		}
	})
	m, opt := message(t, h)
	m.Security, m.Login, opt.Roots = attempt.StartTLS, login, roots
	return m, opt, h
}

func coded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// TestLogin: the mechanism that gives away the least, and nothing of it in the
// transcript, even where the server repeats it.
func TestLogin(t *testing.T) {
	plain := coded("\x00billing\x00correct horse, battery")
	for _, s := range []struct {
		name, offered string
		login         attempt.Login
		auth          func(p *peer, line string) string
		want          diagnose.AttemptReading
	}{
		{"PLAIN", "LOGIN PLAIN CRAM-MD5", login, func(_ *peer, line string) string {
			if line != "AUTH PLAIN "+plain {
				return "535 5.7.8 you said " + line
			}
			return "235 2.7.0 hello correct horse, battery"
		}, diagnose.ReadQueued},
		{"LOGIN", "LOGIN", login, func(p *peer, _ string) string {
			p.say("334 " + coded("Username:"))
			user, _ := p.hear()
			p.say("334 " + coded("Password:"))
			if word, _ := p.hear(); user != coded("billing") || word != coded("correct horse, battery") {
				return "535 5.7.8 no"
			}
			return "235 2.7.0 ok"
		}, diagnose.ReadQueued},
		{"XOAUTH2 refused", "PLAIN XOAUTH2", attempt.Login{User: "billing", Token: secret.New("ya29.token-of-a-bearer")}, func(p *peer, line string) string {
			p.say("334-" + line[len("AUTH XOAUTH2 "):30] + "\n334 " + line[30:])
			if answer, _ := p.hear(); answer != "" {
				return "250 what"
			}
			return "535 5.7.8 " + line
		}, diagnose.ReadAuthFailed},
		{"refused, and repeated", "PLAIN", login, func(_ *peer, line string) string {
			return "535-5.7.8 " + line + "\n535-5.7.8 " + plain[:20] + "\n535-" + plain[20:] + "\n535-5.7.8 correct horse, battery\n535 no"
		}, diagnose.ReadAuthFailed},
		{"refused over lines", "PLAIN", login, func(_ *peer, line string) string {
			return "535-" + plain[:20] + "\n535 " + plain[20:]
		}, diagnose.ReadAuthFailed},
		{"put off", "PLAIN", login, func(*peer, string) string { return "454 4.7.0 later" }, diagnose.ReadTemporary},
		{"nothing in common", "GSSAPI CRAM-MD5", login, nil, diagnose.ReadAuthFailed},
		{"a token asked for without end", "XOAUTH2", attempt.Login{User: "billing", Token: secret.New("ya29.token-of-a-bearer")}, func(p *peer, _ string) string {
			for range 10 {
				p.say("334 " + coded("more"))
				if line, ok := p.hear(); !ok || line == "*" {
					return "501 5.7.0 cancelled"
				}
			}
			return "235 2.7.0 ok"
		}, diagnose.ReadAuthFailed},
		{"challenges without end", "LOGIN", login, func(p *peer, _ string) string {
			for range 10 {
				p.say("334 " + coded("more"))
				if line, ok := p.hear(); !ok || line == "*" {
					break
				}
			}
			return "501 5.7.0 cancelled"
		}, diagnose.ReadAuthFailed},
		{"SCRAM of a server that does not know the password", "PLAIN SCRAM-SHA-256", login, func(p *peer, line string) string {
			first, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(line, "AUTH SCRAM-SHA-256 "))
			_, nonce, _ := strings.Cut(string(first), ",r=")
			p.say("334 " + coded("r="+nonce+"theirs,s="+coded("salt")+",i=4096"))
			p.hear()
			p.say("334 " + coded("v="+coded("no signature of theirs, no, no, no")))
			if line, _ := p.hear(); line != "*" {
				return "235 2.7.0 come in"
			}
			return "501 5.7.0 cancelled"
		}, diagnose.ReadAuthFailed},
		{"SCRAM that is taken without a signature", "SCRAM-SHA-256", login, func(*peer, string) string { return "235 2.7.0 come in" }, diagnose.ReadAuthFailed},
	} {
		t.Run(s.name, func(t *testing.T) {
			m, opt, h := relay(t, s.offered, s.auth)
			m.Login = s.login
			a := m.Run(t.Context(), opt)
			if a.Reading != s.want {
				t.Errorf("%s at %s: %s\n%s", a.Reading, a.Stage, a.Err, transcript(a))
			}
			for _, line := range a.Lines {
				if text := string(line.Text); !line.Ours && strings.HasPrefix(text, "334") && text != "334 [secret]" && text != "334-[secret]" {
					t.Errorf("a challenge is kept: %q", text)
				}
			}
			said, _ := h.heard()
			if s.want != diagnose.ReadQueued && strings.Contains(commands(said), "MAIL") {
				t.Error("it went on without a login")
			}
			var all strings.Builder
			all.WriteString(transcript(a) + string(a.Err))
			if a.Reply != nil {
				all.WriteString(string(a.Reply.Text))
			}
			text := strings.NewReplacer("\n535-", "", "\n535 ", "", "\n334 ", "", "\n", "").Replace(all.String())
			for _, leak := range []string{"correct horse", "battery", "ya29", coded("correct horse, battery")[:12], plain[:12], plain[20:32], coded("user=billing\x01auth=Bearer ya29.token-of-a-bearer")[:24]} {
				if strings.Contains(text, leak) {
					t.Errorf("%q stands in\n%s", leak, all.String())
				}
			}
		})
	}
}

// TestNoSecretBeforeTLS: a relay that does not show who it is hears no secret.
func TestNoSecretBeforeTLS(t *testing.T) {
	t.Run("certificate of another", func(t *testing.T) {
		m, opt, h := relay(t, "PLAIN", func(*peer, string) string { return "235 ok" })
		m.Host = "other.sender.example"
		a := m.Run(t.Context(), opt)
		said, _ := h.heard()
		if a.Reading != diagnose.ReadTLSFailed || commands(said) != "EHLO STARTTLS QUIT" {
			t.Errorf("%s %s, it said %q", a.Reading, a.Err, said)
		}
	})
	t.Run("certificate of nobody", func(t *testing.T) {
		m, opt, h := relay(t, "PLAIN", func(*peer, string) string { return "235 ok" })
		opt.Roots = nil
		a := m.Run(t.Context(), opt)
		said, _ := h.heard()
		if a.Reading != diagnose.ReadTLSFailed || commands(said) != "EHLO STARTTLS QUIT" {
			t.Errorf("%s %s, it said %q", a.Reading, a.Err, said)
		}
	})
	t.Run("STARTTLS is not offered", func(t *testing.T) {
		h := serve(t, answers(map[string]string{"EHLO": "250-relay\n250 AUTH PLAIN"}, nil))
		m, opt := message(t, h)
		m.Login, m.Security = login, attempt.ByPort
		a := m.Run(t.Context(), opt)
		said, _ := h.heard()
		if a.Reading != diagnose.ReadTLSFailed || commands(said) != "EHLO QUIT" {
			t.Errorf("%s %s, it said %q", a.Reading, a.Err, said)
		}
	})
	t.Run("implicit TLS", func(t *testing.T) {
		cert, roots := certificate(t, "relay.sender.example")
		h := serve(t, func(p *peer) {
			if p.secure(cert) {
				answers(map[string]string{"EHLO": "250-relay\n250 AUTH=PLAIN", "AUTH": "235 ok"}, nil)(p)
			}
		})
		m, opt := message(t, h)
		m.Login, m.Security, opt.Roots = login, attempt.ImplicitTLS, roots
		a := m.Run(t.Context(), opt)
		if a.Reading != diagnose.ReadQueued || a.TLS == nil || !a.TLS.Verified || !a.Lines[0].TLS {
			t.Errorf("%s %s, %+v", a.Reading, a.Err, a.TLS)
		}
	})
}

// TestMessageIsNotSent: what is wrong is found before anything is dialled.
func TestMessageIsNotSent(t *testing.T) {
	good, opt := message(t, &host{addr: netip.MustParseAddrPort("127.0.0.1:587")})
	if err := good.Check(opt); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*attempt.Message)
		want   error
	}{
		"plain, elsewhere": {func(m *attempt.Message) { m.Addr = netip.MustParseAddrPort("10.0.0.1:587") }, attempt.ErrSecret},
		"metadata": {func(m *attempt.Message) {
			m.Addr, m.Security = netip.MustParseAddrPort("169.254.169.254:587"), attempt.StartTLS
		}, attempt.ErrTarget},
		"multicast": {func(m *attempt.Message) {
			m.Addr, m.Security = netip.MustParseAddrPort("224.0.0.1:587"), attempt.StartTLS
		}, attempt.ErrTarget},
		"no port":          {func(m *attempt.Message) { m.Addr = netip.MustParseAddrPort("127.0.0.1:0") }, attempt.ErrTarget},
		"no address":       {func(m *attempt.Message) { m.Addr, m.Security = netip.AddrPort{}, attempt.StartTLS }, attempt.ErrTarget},
		"another security": {func(m *attempt.Message) { m.Security = "maybe" }, attempt.ErrTarget},
		"no sender":        {func(m *attempt.Message) { m.From = "" }, attempt.ErrAddress},
		"a line end":       {func(m *attempt.Message) { m.To = "a@example.com\r\nRCPT TO:<b@example.com>" }, attempt.ErrAddress},
		"localhost":        {func(m *attempt.Message) { m.EHLO = "localhost" }, attempt.ErrName},
		"half a login":     {func(m *attempt.Message) { m.Login = attempt.Login{User: "x"} }, attempt.ErrSecret},
		"two logins": {func(m *attempt.Message) {
			m.Login = attempt.Login{User: "x", Password: secret.New("a"), Token: secret.New("b")}
		}, attempt.ErrSecret},
		"a line end in a login": {func(m *attempt.Message) { m.Login = attempt.Login{User: "x\r\nQUIT", Password: secret.New("a")} }, attempt.ErrSecret},
		"nothing":               {func(m *attempt.Message) { m.Bytes = nil }, attempt.ErrMessage},
		"a bare line feed":      {func(m *attempt.Message) { m.Bytes = []byte("a: b\n\r\n") }, attempt.ErrMessage},
		"a bare return":         {func(m *attempt.Message) { m.Bytes = []byte("a: b\r\r\n") }, attempt.ErrMessage},
		"no last line end":      {func(m *attempt.Message) { m.Bytes = []byte("a: b\r\n\r\nc") }, attempt.ErrMessage},
		"a long line":           {func(m *attempt.Message) { m.Bytes = []byte(strings.Repeat("a", 999) + "\r\n") }, attempt.ErrMessage},
		"eight bits":            {func(m *attempt.Message) { m.Bytes = []byte("a: \xff\r\n") }, attempt.ErrMessage},
		"too much":              {func(m *attempt.Message) { m.Bytes = []byte(strings.Repeat("a\r\n", 30<<10)) }, attempt.ErrMessage},
		"an envelope ID":        {func(m *attempt.Message) { m.Envelope = "a b" }, attempt.ErrMessage},
	} {
		m := good
		c.change(&m)
		opt.Lab = nil
		if err := m.Check(opt); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if a := m.Run(t.Context(), opt); a.Stage != diagnose.StageNone || a.Reading != diagnose.ReadNotTried || a.Sent {
			t.Errorf("%s: %s at %s", name, a.Reading, a.Stage)
		}
	}
}

// TestNotificationIsOurs: a notification about the message is proved to be by
// each token that it can bring back, and by none that it does not.
func TestNotificationIsOurs(t *testing.T) {
	m := testMessage("person@example.com")
	raw, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	notice := func(envelope, header string) string {
		return "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.com\r\nTo: billing@sender.example\r\nSubject: Undelivered Mail\r\nDate: Mon, 23 Nov 2026 12:00:09 +0000\r\n" +
			"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt failed.\r\n" +
			"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n" + envelope + "\r\nFinal-Recipient: rfc822; person@example.com\r\n" +
			"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + header + "\r\n\r\n--b--\r\n"
	}
	stranger := strings.Replace(header, m.Token, "somebodyelse", 1)
	for name, c := range map[string]struct {
		text   string
		issued []string
		want   bounce.Genuine
	}{
		"both":        {notice("Original-Envelope-Id: "+m.EnvelopeID()+"\r\n", header), m.Issued(), bounce.Proved},
		"envelope ID": {notice("Original-Envelope-Id: "+m.EnvelopeID()+"\r\n", stranger), m.Issued(), bounce.Proved},
		"message ID":  {notice("", header), m.Issued(), bounce.Proved},
		"neither":     {notice("", stranger), m.Issued(), bounce.Plausible},
		"not known":   {notice("Original-Envelope-Id: "+m.EnvelopeID()+"\r\n", header), nil, bounce.Plausible},
	} {
		r := bounce.Read([]byte(c.text), bounce.Options{Ours: bounce.Ours{Domains: []string{"sender.example"}, Issued: c.issued}})
		if len(r.Reports) != 1 {
			t.Fatalf("%s: %d reports", name, len(r.Reports))
		}
		if got := r.Reports[0]; got.Genuine != c.want {
			t.Errorf("%s: %s, %q", name, got.Genuine, got.GenuineReasons)
		}
	}
}
