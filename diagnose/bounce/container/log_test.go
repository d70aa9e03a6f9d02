package container

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deadletter/diagnose/bounce"
)

// longLog makes a log whose messages are interleaved: what was told of each
// stands up to many thousand lines above what became of it.
func longLog(messages int) []byte {
	var b strings.Builder
	line := func(program, format string, args ...any) {
		fmt.Fprintf(&b, "2026-11-23T09:00:00+00:00 relay postfix/%s[7]: %s\n", program, fmt.Sprintf(format, args...))
	}
	const apart = 700
	for i := range messages + 3*apart {
		if i < messages {
			line("smtpd", "4A%05X: client=app.fabrikam.example[192.0.2.40]", i)
			line("cleanup", "4A%05X: message-id=<m%d@fabrikam.example>", i, i)
			line("qmgr", "4A%05X: from=<s%d@fabrikam.example>, size=900, nrcpt=1 (queue active)", i, i)
			b.WriteString("2026-11-23T09:00:00+00:00 relay dovecot: imap-login: Login: user=<ada>\n")
		}
		for round := range 3 {
			n := i - round*apart
			if n < 0 || n >= messages {
				continue
			}
			to := fmt.Sprintf("to=<r%d@b.example>, relay=mx.b.example[192.0.2.7]:25, delay=1", n)
			switch {
			case n%5 == 0 && round == 2:
				line("smtp", "4A%05X: %s, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.7] said: 550 5.1.1 no r%d (in reply to RCPT TO command))", n, to, n)
				line("qmgr", "4A%05X: removed", n)
			case n%5 <= 1:
				line("smtp", "4A%05X: %s, dsn=4.2.2, status=deferred (host mx.b.example[192.0.2.7] said: 452 4.2.2 full, attempt %d (in reply to RCPT TO command))", n, to, round)
			case round == 0:
				line("smtp", "4A%05X: %s, dsn=2.0.0, status=sent (250 2.0.0 Ok)", n, to)
				line("qmgr", "4A%05X: removed", n)
			}
		}
		if i%50 == 0 {
			line("smtpd", "NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 554 5.7.1 <x%d@b.example>: Relay access denied; from=<y@c.example> to=<x%d@b.example> proto=ESMTP helo=<c.example>", i, i)
		}
	}
	return []byte(b.String())
}

// TestLongLog: a long log in batches tells what it tells as a whole, with the
// same places.
func TestLongLog(t *testing.T) {
	raw := longLog(6000)
	whole := bounce.Read(raw, bounce.Options{Now: testNow})
	pieces := collect("mail.log", raw, false)
	if len(pieces) < 5 {
		t.Fatalf("%d batches of %d bytes", len(pieces), len(raw))
	}
	var batched []bounce.Report
	for _, p := range pieces {
		if len(p.Raw) > 2*maxBatch {
			t.Errorf("a batch of %d bytes", len(p.Raw))
		}
		batched = append(batched, p.Read(bounce.Options{Now: testNow}).Reports...)
	}
	tell := func(list []bounce.Report) []string {
		slices.SortStableFunc(list, func(a, b bounce.Report) int { return cmp.Compare(a.Recipient.Offset, b.Recipient.Offset) })
		var out []string
		for _, r := range list {
			out = append(out, fmt.Sprintf("%d:%d %s %s at %d from %s at %d:%d id %s %s", r.Recipient.Line, r.Recipient.Offset, string(r.Recipient.Value), string(r.Diagnostic.Value), r.Diagnostic.Offset,
				string(r.Sender.Value), r.Sender.Line, r.Sender.Offset, string(r.MessageID.Value), r.Action))
		}
		return out
	}
	got, want := tell(batched), tell(whole.Reports)
	if len(want) < 2000 || !slices.Equal(got, want) {
		t.Errorf("%d reports, as a whole %d", len(got), len(want))
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("report %d\n got %s\nwant %s", i, got[i], want[i])
			}
		}
	}
}

// TestLogOfDeliveries: a log in which nothing failed tells of deliveries, and
// of no more than that takes to see it.
func TestLogOfDeliveries(t *testing.T) {
	var b bytes.Buffer
	for i := range 8000 {
		fmt.Fprintf(&b, "Nov 23 09:00:00 relay postfix/smtp[7]: 4B%05X: to=<r@b.example>, relay=mx.b.example[192.0.2.7]:25, dsn=2.0.0, status=sent (250 2.0.0 Ok)\nNov 23 09:00:00 relay postfix/qmgr[7]: 4B%05X: removed\n", i, i)
	}
	pieces := collect("mail.log", b.Bytes(), true)
	if len(pieces) != 1 {
		t.Fatalf("%d pieces", len(pieces))
	}
	res := pieces[0].Read(bounce.Options{Now: testNow})
	if len(res.Reports) != maxPlain || res.Reports[0].NotABounce != bounce.NotDelivered {
		t.Errorf("%d reports, problem %v", len(res.Reports), res.Problem)
	}
}

// TestLogMemory: what is remembered stays within its bounds, and what is
// forgotten was given before.
func TestLogMemory(t *testing.T) {
	in := &input{yield: func(Piece) bool { return true }}
	r := &logReader{in: in, ids: map[string]*queued{}}
	given := 0
	in.yield = func(p Piece) bool { given += bytes.Count(p.Raw, []byte("status=deferred")); return true }
	const lines = 3 * maxIDs
	pad := strings.Repeat("x", 100)
	for i := range lines {
		r.take(fmt.Appendf(nil, "Nov 23 09:00:00 relay postfix/smtp[7]: 4C%06X: to=<r@b.example>, relay=none, dsn=4.4.1, status=deferred (connect to mx: %s)\n", i, pad), i*200, i)
		if len(r.ids) > maxIDs || r.bytes > maxRemembered+4096 || len(r.order) > 2*maxIDs+1000 {
			t.Fatalf("line %d: %d IDs, %d bytes, %d in order", i, len(r.ids), r.bytes, len(r.order))
		}
	}
	for _, q := range r.order {
		r.release(q)
	}
	in.give(r.piece())
	if given != lines || r.bytes != 0 || len(r.ids) != 0 {
		t.Errorf("%d of %d lines were given; %d bytes, %d IDs left", given, lines, r.bytes, len(r.ids))
	}
}

// TestLogOfOneMessage: a queue ID with very many lines is given in parts.
func TestLogOfOneMessage(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("Nov 23 09:00:00 relay postfix/qmgr[7]: 4D1A0B: from=<list@fabrikam.example>, size=900, nrcpt=9000 (queue active)\n")
	for i := range 9000 {
		fmt.Fprintf(&b, "Nov 23 09:00:00 relay postfix/smtp[7]: 4D1A0B: to=<r%d@b.example>, relay=mx.b.example[192.0.2.7]:25, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.7] said: 550 5.1.1 no (in reply to RCPT TO command))\n", i)
	}
	n := 0
	for _, p := range collect("mail.log", b.Bytes(), false) {
		for _, r := range p.Read(bounce.Options{Now: testNow}).Reports {
			n++
			if r.Sender.Value != "list@fabrikam.example" || r.Sender.Line != 1 {
				t.Fatalf("report %d: sender %q on line %d", n, string(r.Sender.Value), r.Sender.Line)
			}
		}
	}
	if n != 9000 {
		t.Errorf("%d reports", n)
	}
}
