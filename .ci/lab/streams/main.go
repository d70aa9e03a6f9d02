// Command streams writes inputs of any size for load runs: an mbox of bounces
// or a mail server's log, always the same for the same seed, with text that
// packs about as well as real mail does.
//
//	go run ./streams -kind mbox -bytes 2147483648 > big.mbox
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"
)

func main() {
	kind := flag.String("kind", "mbox", "mbox or log")
	size := flag.Int64("bytes", 1<<30, "how many bytes at least")
	seed := flag.Uint64("seed", 1, "of the random text")
	flag.Parse()
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	if err := Write(out, *kind, *size, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "streams:", err)
		os.Exit(1)
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "streams:", err)
		os.Exit(1)
	}
}

// Write writes whole messages, or log lines, until there are size bytes.
func Write(w io.Writer, kind string, size int64, seed uint64) error {
	g := &generator{rnd: rand.New(rand.NewPCG(seed, 2)), at: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}
	next := g.message
	switch kind {
	case "mbox":
	case "log":
		next = g.delivery
	default:
		return fmt.Errorf("there is no kind %q", kind)
	}
	for written := int64(0); written < size; {
		g.n++
		g.at = g.at.Add(40 * time.Millisecond)
		n, err := w.Write(next(g.buf[:0]))
		if err != nil {
			return err
		}
		written += int64(n)
	}
	return nil
}

type generator struct {
	rnd *rand.Rand
	at  time.Time
	n   int
	buf []byte
}

// refusals are replies in the forms that large receivers give.
var refusals = []struct{ code, enhanced, text string }{
	{"550", "5.1.1", "<%s>: Recipient address rejected: User unknown in virtual mailbox table"},
	{"550", "5.1.1", "The email account that you tried to reach does not exist (%s)"},
	{"552", "5.2.2", "<%s>: mailbox is full"},
	{"550", "5.7.1", "message refused by policy for %s"},
	{"451", "4.7.1", "<%s>: greylisted, try again later"},
	{"554", "5.4.14", "hop count exceeded for %s"},
}

func (g *generator) word() string {
	var b [9]byte
	n := 3 + g.rnd.IntN(7)
	for i := range n {
		b[i] = byte('a' + g.rnd.IntN(26))
	}
	return string(b[:n])
}

// message is a delivery status notification of 3 to 20 KB.
func (g *generator) message(b []byte) []byte {
	to := fmt.Sprintf("%s.%s@%s.example", g.word(), g.word(), g.word())
	r := refusals[g.rnd.IntN(len(refusals))]
	text := fmt.Sprintf(r.text, to)
	action := "failed"
	if r.code[0] == '4' {
		action = "delayed"
	}
	date := g.at.Format(time.RFC1123Z)
	id := fmt.Sprintf("%X", g.rnd.Uint64()>>16)
	b = fmt.Appendf(b, `From MAILER-DAEMON %s
Return-Path: <>
Received: by relay.fabrikam.example (Postfix) id %s; %s
Date: %s
From: MAILER-DAEMON@relay.fabrikam.example (Mail Delivery System)
To: news@fabrikam.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="%s/relay"
Message-Id: <%s@relay.fabrikam.example>

--%s/relay
Content-Type: text/plain; charset=us-ascii

Your message could not be brought to one recipient. What the other side
said stands below, the message behind it.

<%s>: host mx.%s[192.0.2.%d] said: %s %s %s (in reply to RCPT TO command)

--%s/relay
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.fabrikam.example
X-Postfix-Queue-ID: %s
Arrival-Date: %s

Final-Recipient: rfc822; %s
Action: %s
Status: %s
Remote-MTA: dns; mx.example
Diagnostic-Code: smtp; %s %s %s

--%s/relay
Content-Type: message/rfc822

Return-Path: <news@fabrikam.example>
Received: from app.fabrikam.example (app.fabrikam.example [192.0.2.40])
	by relay.fabrikam.example (Postfix) with ESMTP id %s; %s
From: news@fabrikam.example
To: %s
Subject: news %d
Message-ID: <%s.%d@fabrikam.example>
Date: %s

`, g.at.Format(time.ANSIC), id, date, date, id, id, id, to, "example", g.rnd.IntN(256), r.code, r.enhanced, text, id, id, date, to, action, r.enhanced,
		r.code, r.enhanced, text, id, id, date, to, g.n, g.word(), g.n, date)
	for lines := 20 + g.rnd.IntN(200); lines > 0; lines-- {
		for range 11 {
			b = append(append(b, g.word()...), ' ')
		}
		b = append(b, '\n')
	}
	b = fmt.Appendf(b, "\n--%s/relay--\n\n", id)
	g.buf = b
	return b
}

// delivery is what a log holds of one message; one in eight is refused.
func (g *generator) delivery(b []byte) []byte {
	at, id := g.at.Format("2006-01-02T15:04:05.000000Z07:00"), fmt.Sprintf("%X", g.rnd.Uint64()>>20)
	to := fmt.Sprintf("%s@%s.example", g.word(), g.word())
	line := func(program, format string, args ...any) {
		b = fmt.Appendf(b, "%s relay postfix/%s[%d]: ", at, program, 1000+g.rnd.IntN(30000))
		b = append(fmt.Appendf(b, format, args...), '\n')
	}
	line("smtpd", "connect from app.fabrikam.example[192.0.2.40]")
	line("smtpd", "%s: client=app.fabrikam.example[192.0.2.40]", id)
	line("cleanup", "%s: message-id=<%s.%d@fabrikam.example>", id, g.word(), g.n)
	line("qmgr", "%s: from=<news@fabrikam.example>, size=%d, nrcpt=1 (queue active)", id, 2000+g.rnd.IntN(90000))
	relay := fmt.Sprintf("mx.%s.example[192.0.2.%d]:25", g.word(), g.rnd.IntN(256))
	switch g.rnd.IntN(8) {
	case 0:
		line("smtp", "%s: to=<%s>, relay=%s, delay=0.9, delays=0.1/0/0.5/0.3, dsn=5.1.1, status=bounced (host %s said: 550 5.1.1 <%s>: User unknown (in reply to RCPT TO command))", id, to, relay, relay[:len(relay)-3], to)
		line("bounce", "%s: sender non-delivery notification: %X", id, g.rnd.Uint64()>>20)
	default:
		line("smtp", "%s: to=<%s>, relay=%s, delay=0.9, delays=0.1/0/0.5/0.3, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as %X)", id, to, relay, g.rnd.Uint64()>>20)
	}
	line("qmgr", "%s: removed", id)
	line("smtpd", "disconnect from app.fabrikam.example[192.0.2.40] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5")
	g.buf = b
	return b
}
