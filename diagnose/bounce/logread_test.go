package bounce

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bounced is a Postfix delivery line without its prefix.
func bounced(id, to, status string) string {
	return id + ": to=<" + to + ">, relay=mx1.contoso.example[198.51.100.11]:25, delay=1, dsn=" + status + "\n"
}

const (
	later = "4.2.1, status=deferred (host mx1.contoso.example[198.51.100.11] said: 450 4.2.1 later (in reply to RCPT TO command))"
	never = "5.1.1, status=bounced (host mx1.contoso.example[198.51.100.11] said: 550 5.1.1 User unknown (in reply to RCPT TO command))"
	taken = "2.0.0, status=sent (250 ok)"
)

// findings joins the findings of a report.
func findings(r *Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s: %s\n", f.Kind, f.Claim)
	}
	return b.String()
}

// TestLogHistory holds what several lines of one recipient amount to.
func TestLogHistory(t *testing.T) {
	const id, to = "4B9A21F0A3", "a@contoso.example"
	expired := id + ": from=<b@fabrikam.example>, status=expired, returned to sender\n"
	cases := []struct {
		name, in  string
		gist, say string // of the only report
	}{
		{"put off, then taken", bounced(id, to, later) + bounced(id, to, later) + bounced(id, to, taken), "delivered", "delivered in the end: 2 earlier attempts"},
		{"put off, then refused", bounced(id, to, later) + bounced(id, to, never), "failed", "an earlier attempt of the same queue ID"},
		{"put off until the queue gave up", bounced(id, to, later) + expired, "failed", "the queue gave up on line 2: expired, returned to sender"},
		{"the same ID again for another mail", bounced(id, to, later) + id + ": removed\n" + id + ": from=<c@fabrikam.example>, size=1, nrcpt=1 (queue active)\n" + bounced(id, "z@contoso.example", taken), "delayed", ""},
		{"refused, another recipient taken", bounced(id, to, never) + bounced(id, "z@contoso.example", taken), "failed", ""},
		{"Exim, put off until the time was up", "2026-11-23 09:12:44 1vNabc-000001-2x == a@contoso.example R=r T=t defer (-44) H=mx [198.51.100.11]: SMTP error from remote mail server after RCPT TO:<a@contoso.example>: 450 4.2.1 later\n" +
			"2026-11-23 10:12:44 1vNabc-000001-2x == a@contoso.example R=r T=t defer (-53): retry time not reached for any host\n2026-11-28 09:12:44 1vNabc-000001-2x ** a@contoso.example: retry timeout exceeded\n", "failed", "the queue gave up on line 3: retry timeout exceeded"},
	}
	for _, c := range cases {
		res := Read([]byte(c.in), Options{Now: testNow})
		if len(res.Reports) != 1 {
			t.Errorf("%s: %d reports", c.name, len(res.Reports))
			continue
		}
		r := &res.Reports[0]
		if string(r.Action) != c.gist || string(r.Recipient.Value) != to || !strings.Contains(findings(r), c.say) {
			t.Errorf("%s: %s\n%s", c.name, gist(r), findings(r))
		}
		if strings.Contains(c.say, "gave up") && (r.Reason != "expired" || r.ReplyCode.Value != "450" || r.Permanence != Transient) {
			t.Errorf("%s: %s", c.name, gist(r))
		}
		if c.name == "the same ID again for another mail" && r.Sender.Known() {
			t.Errorf("%s: the sender of the other mail is taken: %s", c.name, string(r.Sender.Value))
		}
	}
}

// TestLogJoins holds that sender, message ID and client come from the other
// lines of the queue ID, wherever they stand.
func TestLogJoins(t *testing.T) {
	for name, in := range map[string]string{
		"Postfix":  bounced("4B9A21F0A3", "a@contoso.example", never) + "4B9A21F0A3: from=<b@fabrikam.example>, size=1, nrcpt=1 (queue active)\n4B9A21F0A3: message-id=<m@fabrikam.example>\n4B9A21F0A3: client=x[192.0.2.1]\n",
		"Exim":     "2026-11-23 09:12:44 1vNabc-000001-2x <= b@fabrikam.example H=x [192.0.2.1] P=esmtp S=1 id=m@fabrikam.example\n2026-11-23 09:12:44 1vNabc-000001-2x ** a@contoso.example: Unrouteable address\n",
		"sendmail": "6AN8CiBC012: to=<a@contoso.example>, dsn=5.1.1, stat=User unknown\n6AN8CiBC012: from=<b@fabrikam.example>, size=1, class=0, nrcpts=1, msgid=<m@fabrikam.example>, relay=x [192.0.2.1]\n",
		"Haraka": "[NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1] [core] sender <b@fabrikam.example> code=CONT msg=\"\"\n[NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1] [core] message mid=<m@fabrikam.example> size=1\n" +
			"[NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1] [outbound] recipient <a@contoso.example> rejected: 550 no\n",
	} {
		res := Read([]byte(in), Options{Now: testNow})
		if len(res.Reports) != 1 || res.Reports[0].Sender.Value != "b@fabrikam.example" || res.Reports[0].MessageID.Value != "m@fabrikam.example" {
			t.Errorf("%s: %d reports, %+v", name, len(res.Reports), res)
		}
		if name != "Haraka" && !strings.Contains(findings(&res.Reports[0]), "the mail came in from x") {
			t.Errorf("%s: %s", name, findings(&res.Reports[0]))
		}
	}
}

// TestMixedLog holds that a file is read by every program that wrote it, in
// its order, each report with its own format.
func TestMixedLog(t *testing.T) {
	in := "Nov 23 09:12:44 mx CRON[1]: (root) CMD (true)\n" +
		"Nov 23 09:12:44 mx exim[2]: 2026-11-23 09:12:44 1vNabc-000001-2x ** e@contoso.example: Unrouteable address\n" +
		"Nov 23 09:12:44 mx sshd[3]: Invalid user 550 5.1.1 from 203.0.113.9 port 22\n" +
		"Nov 23 09:12:44 out1 postfix/smtp[4]: " + bounced("4B9A21F0A3", "p@contoso.example", never) +
		"Nov 23 09:12:45 old sendmail[5]: 6AN8CiBC012: to=<s@contoso.example>, dsn=5.1.1, stat=User unknown\n"
	res := Read([]byte(in), Options{Now: testNow})
	got := ""
	for i := range res.Reports {
		got += string(res.Reports[i].Format) + " " + string(res.Reports[i].Recipient.Value) + " " + string(res.Reports[i].ReportingMTA.Value) + "\n"
	}
	if want := "exim_log e@contoso.example mx\npostfix_log p@contoso.example out1\nsendmail_log s@contoso.example old\n"; got != want {
		t.Errorf("got %s", got)
	}
	if at := res.Reports[0].FailedAt; string(at.Value) != "2026-11-23 09:12:44" {
		t.Errorf("Exim's own time is passed over: %+v", at)
	}
}

// TestLogPrefixes holds that one line is read the same under every prefix.
func TestLogPrefixes(t *testing.T) {
	line := strings.TrimSuffix(bounced("4B9A21F0A3", "a@contoso.example", never), "\n")
	zone := time.FixedZone("", 3600)
	full := time.Date(2026, 11, 23, 9, 12, 44, 0, zone)
	own := time.Date(2026, 11, 23, 9, 12, 44, 0, time.UTC)
	for _, c := range []struct {
		prefix, host string
		at           time.Time
	}{
		{"", "", time.Time{}},
		{"postfix/smtp[1]: ", "", time.Time{}},
		{"out1 postfix/smtp[1]: ", "out1", time.Time{}},
		{"Nov 23 09:12:44 out1 postfix/smtp[1]: ", "out1", own},
		{"Nov 23 09:12:44.123456 out1 postfix/smtp[1]: ", "out1", own},
		{"Nov 23 2026 09:12:44 out1 postfix/smtp[1]: ", "out1", own},
		{"Nov 23 09:12:44 out1 postfix-out/smtp[1]: ", "out1", own},
		{"Nov 23 09:12:44 out1 relay7/smtp[1]: ", "out1", own},
		{"Nov 23 09:12:44 <mail.info> out1 postfix/smtp[1]: ", "out1", own},
		{"<22>Nov 23 09:12:44 out1 postfix/smtp[1]: ", "out1", own},
		{"2026-11-23T09:12:44+01:00 out1 postfix/smtp[1]: ", "out1", full},
		{"2026-11-23T09:12:44+0100 out1 postfix/smtp[1]: ", "out1", full},
		{"2026-11-23 09:12:44 out1 postfix/smtp[1]: ", "out1", own},
		{"Mon 2026-11-23 09:12:44 CET out1 postfix@-.service[1]: ", "out1", full},
		{"1795421564.000000 out1 postfix/smtp[1]: ", "out1", full},
		{"<22>1 2026-11-23T09:12:44+01:00 out1 postfix/smtp 1 - - ", "out1", full},
		{"<22>1 2026-11-23T09:12:44+01:00 out1 postfix/smtp 1 ID47 [a@1 b=\"]\"] \ufeff", "out1", full},
		{"<22>1 2026-11-23T09:12:44+01:00 out1 - - - - postfix/smtp[1]: ", "out1", full},
		{"2026-11-23T08:12:44.000000001Z stdout F Nov 23 09:12:44 out1 postfix/smtp[1]: ", "out1", full},
		{"mail-1  | Nov 23 09:12:44 out1 postfix/smtp[1]: ", "out1", own},
		{"[pod/mail-0/postfix] Nov 23 09:12:44 out1 postfix/smtp[1]: ", "out1", own},
		{"> > Nov 23 09:12:44 out1 postfix/smtp[1]: ", "out1", own},
		{"\t\tNov 23 09:12:44 out1 postfix/smtp[1]: ", "out1", own},
	} {
		for _, end := range []string{"\n", "\r\n", "\r"} {
			in := c.prefix + line + end
			if end == "\r" {
				in += "Nov 23 09:12:45 out1 CRON[1]: x\r"
			}
			res := Read([]byte(in), Options{Now: testNow})
			if len(res.Reports) != 1 || res.Format != FormatPostfixLog {
				t.Errorf("%q: %d reports of %s", c.prefix, len(res.Reports), res.Format)
				continue
			}
			r := &res.Reports[0]
			if gist(r) != "failed a@contoso.example() <> 550 5.1.1 mx1.contoso.example[198.51.100.11] rcpt userunknown permanent" || string(r.ReportingMTA.Value) != c.host || r.FailedAt.At.Truncate(time.Second).Sub(c.at) != 0 {
				t.Errorf("%q: %s of %s at %s", c.prefix, gist(r), string(r.ReportingMTA.Value), r.FailedAt.At)
			}
		}
	}
}

// TestWrappedLog holds that lines are joined that a mail program or a terminal
// wrapped, and that what stands around them is not.
func TestWrappedLog(t *testing.T) {
	whole := "Nov 23 09:12:44 out1 postfix/smtp[2049]: " + strings.TrimSuffix(bounced("4B9A21F0A3", "a@contoso.example", never), "\n")
	want := "failed a@contoso.example() <> 550 5.1.1 mx1.contoso.example[198.51.100.11] rcpt userunknown permanent"
	for _, wide := range []int{60, 72, 80, 100, 132} {
		for _, quote := range []string{"", "> ", "    "} {
			terminal := ""
			for s := whole; s != ""; {
				n := min(wide-len(quote), len(s))
				terminal += quote + s[:n] + "\n"
				s = s[n:]
			}
			mail, line := "", quote
			for word := range strings.SplitSeq(whole, " ") {
				if len(line)+len(word) > wide && len(line) > len(quote) {
					mail += strings.TrimSuffix(line, " ") + "\n"
					line = quote
				}
				line += word + " "
			}
			mail += strings.TrimSuffix(line, " ") + "\n"
			for how, in := range map[string]string{"terminal": terminal, "mail": "Hello,\n\nplease look:\n\n" + mail + "\nRegards\n"} {
				res := Read([]byte(in), Options{Now: testNow})
				if len(res.Reports) != 1 || gist(&res.Reports[0]) != want {
					t.Errorf("%s at %d, %q: %d reports\n%s", how, wide, quote, len(res.Reports), in)
					for i := range res.Reports {
						t.Log(gist(&res.Reports[i]))
					}
					continue
				}
				r := &res.Reports[0]
				for _, f := range []Field{r.QueueID, r.ReplyCode, r.EnhancedCode} {
					if f.Known() && !strings.HasPrefix(in[f.Offset:], string(f.Value[:1])) {
						t.Errorf("%s at %d: %q is not at %d", how, wide, string(f.Value), f.Offset)
					}
				}
			}
		}
	}
}

// TestQuietLog holds that no reply is read out of a log that tells of none.
func TestQuietLog(t *testing.T) {
	in := "Nov 23 09:12:44 mx postfix/smtpd[1]: connect from x[203.0.113.9]\nNov 23 09:12:44 mx postfix/smtpd[1]: warning: x[203.0.113.9]: SASL LOGIN authentication failed: 535 5.7.8 Error\nNov 23 09:12:44 mx postfix/smtpd[1]: NOQUEUE: reject_warning: RCPT from x[203.0.113.9]: 554 5.7.1 no; from=<a@b.example> to=<c@d.example>\n"
	if res := Read([]byte(in), Options{Now: testNow}); len(res.Reports) != 0 {
		t.Errorf("%+v", res.Reports[0])
	}
}

// TestLogInBatches holds that a log that is cut anywhere reads as the whole
// does where the remembered lines of its queue IDs are put before each part.
func TestLogInBatches(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(samples, "log", "*"))
	if err != nil || len(paths) == 0 {
		t.Fatal(err, len(paths))
	}
	for _, p := range paths {
		if strings.Contains(p, "qmail") || strings.Contains(p, "pasted") || strings.Contains(p, "sendmail-rejected") {
			continue // a delivery of qmail leads to its message by another line, a wrapped line is cut, sendmail names the sender after it refused
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		whole := Read(raw, Options{Now: testNow})
		if !isLogFormat(whole.Format) {
			continue // a table
		}
		for _, r := range whole.Reports {
			want[string(r.Recipient.Value)+string(r.Sender.Value)+string(r.MessageID.Value)] = true
		}
		memory := map[string][]byte{}
		got := map[string]bool{}
		for line := range bytes.Lines(raw) {
			id, kind := LineOf(bytes.TrimRight(line, "\r\n"))
			switch kind {
			case LineMemory:
				memory[string(id)] = append(memory[string(id)], line...)
			case LineDelivery:
				in := append(bytes.Clone(memory[string(id)]), line...)
				for _, r := range Read(in, Options{Now: testNow}).Reports {
					got[string(r.Recipient.Value)+string(r.Sender.Value)+string(r.MessageID.Value)] = true
				}
			case LineEnd:
				delete(memory, string(id))
			}
		}
		for w := range want {
			if !got[w] {
				t.Errorf("%s: %q is not read line by line: %v", p, w, got)
			}
		}
	}
}

// TestQueueBound holds that the memory of queue IDs is bounded, and that what
// is forgotten first was told to its reports.
func TestQueueBound(t *testing.T) {
	var in bytes.Buffer
	in.WriteString("0000A21F0A3: from=<first@fabrikam.example>, size=1, nrcpt=1 (queue active)\n" + bounced("0000A21F0A3", "a@contoso.example", never))
	for i := range maxQueued + 100 {
		fmt.Fprintf(&in, "%07dA: message-id=<m@x>\n", i)
	}
	res := Read(in.Bytes(), Options{Now: testNow})
	if len(res.Reports) != 1 || res.Reports[0].Sender.Value != "first@fabrikam.example" {
		t.Errorf("%d reports", len(res.Reports))
	}
	if len(res.Findings) != 1 || res.Findings[0].Kind != LimitReached {
		t.Errorf("%+v", res.Findings)
	}
}

func FuzzLog(f *testing.F) {
	paths, _ := filepath.Glob(filepath.Join(samples, "log", "*"))
	for _, p := range paths {
		if raw, err := os.ReadFile(p); err == nil {
			f.Add(raw)
		}
	}
	f.Add([]byte("> Nov 23 09:12:44 x\n[ID 1 m] 4B9A21F0A3: to=<\n<22>1 - - - - - [\"\n@400000005a497a0a00000000 delivery 1: failure: /_/\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for line := range bytes.Lines(raw) {
			line = bytes.TrimRight(line, "\r\n")
			if id, kind := LineOf(line); len(id) > len(line) || kind == LineOther && id != nil {
				t.Fatalf("%q gives %q %d", line, id, kind)
			}
			l := splitLog(string(line))
			if _, _, kind := l.kind(); (kind != LineOther || l.tag.s != "") && !mayTell(string(line)) {
				t.Fatalf("%q tells something and is passed over", line)
			}
			logTime(l.time.s, testNow)
		}
		m := &mail{d: &doc{src: newSource(string(raw)), opts: Options{Now: testNow}, b: &budget{}}}
		for _, r := range m.finish(FormatPostfixLog, m.readLog()) {
			for _, fd := range []Field{r.Recipient, r.OriginalRecipient, r.Sender, r.ReplyCode, r.EnhancedCode, r.Diagnostic, r.RemoteMTA, r.RemoteAddress, r.MessageID, r.QueueID, r.Command, r.FailedAt.Field, r.Source} {
				if fd.Offset < 0 || fd.Offset > len(raw) || fd.Line < 0 {
					t.Fatalf("field %+v stands outside the input", fd)
				}
			}
			if !isLogFormat(r.Format) || r.Reason == "" || r.Permanence == "" || r.Action == "" {
				t.Fatalf("unset verdict in %+v", r)
			}
		}
	})
}

// BenchmarkLog measures reading logs whose lines say nothing of a failure, and
// logs in which every line is a delivery that failed.
func BenchmarkLog(b *testing.B) {
	var quiet, delivered, failed bytes.Buffer
	for i := range 20000 {
		fmt.Fprintf(&quiet, "Nov 23 09:12:%02d mx postfix/smtpd[%d]: connect from out%d.fabrikam.example[192.0.2.25]\n", i%60, i, i)
		fmt.Fprintf(&quiet, "Nov 23 09:12:%02d mx CRON[%d]: (root) CMD (run-parts --report /etc/cron.hourly)\n", i%60, i)
		fmt.Fprintf(&quiet, "2026-11-23T09:12:%02d.123456+01:00 mx sshd[%d]: Connection closed by 203.0.113.9 port 41022 [preauth]\n", i%60, i)
		fmt.Fprintf(&delivered, "Nov 23 09:12:%02d mx postfix/smtp[77]: 4B9A%06X: to=<a%d@contoso.example>, relay=mx1.contoso.example[198.51.100.11]:25, delay=3.9, delays=0.1/0/2.2/1.6, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 77F)\n", i%60, i, i)
	}
	for i := range 9000 {
		fmt.Fprintf(&failed, "Nov 23 09:12:%02d mx postfix/smtp[77]: 4B9A%06X: to=<a%d@contoso.example>, relay=mx1.contoso.example[198.51.100.11]:25, delay=3.9, delays=0.1/0/2.2/1.6, dsn=5.1.1, status=bounced (host mx1.contoso.example[198.51.100.11] said: 550 5.1.1 <a%d@contoso.example>: Recipient address rejected: User unknown in virtual mailbox table (in reply to RCPT TO command))\n", i%60, i, i, i)
	}
	for _, c := range []struct {
		name string
		in   []byte
	}{{"quiet", quiet.Bytes()}, {"delivered", delivered.Bytes()}, {"failed", failed.Bytes()}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.in)))
			lines := float64(bytes.Count(c.in, []byte("\n")))
			for b.Loop() {
				Read(c.in, Options{Now: testNow})
			}
			b.ReportMetric(lines*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
	lines := strings.SplitAfter(delivered.String(), "\n")
	b.Run("lineof", func(b *testing.B) {
		b.SetBytes(int64(len(lines[0])))
		in := []byte(strings.TrimSuffix(lines[0], "\n"))
		for b.Loop() {
			LineOf(in)
		}
	})
}
