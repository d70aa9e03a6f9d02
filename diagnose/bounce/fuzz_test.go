package bounce

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// mutants is how many broken inputs TestMutants reads.
const mutants = 4000

// The kinds of input, each with a target of its own, so that its mutations stay
// near to what it is. Logs, events, tables and containers have theirs beside
// their readers.
func FuzzNotification(f *testing.F) { fuzzKind(f, "notification") }
func FuzzNotice(f *testing.F)       { fuzzKind(f, "notice") }
func FuzzForwarded(f *testing.F)    { fuzzKind(f, "forwarded") }
func FuzzStatusBlock(f *testing.F)  { fuzzKind(f, "status") }
func FuzzReplyPasted(f *testing.F)  { fuzzKind(f, "reply") }
func FuzzNoBounce(f *testing.F)     { fuzzKind(f, "not-a-bounce") }

// FuzzRead begins with every kind.
func FuzzRead(f *testing.F) { fuzzKind(f, "*") }

func fuzzKind(f *testing.F, kind string) {
	paths, err := filepath.Glob(filepath.Join(samples, kind, "*.*"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no samples of %s", kind)
	}
	for _, p := range paths {
		if raw, err := os.ReadFile(p); err == nil {
			f.Add(raw)
		}
	}
	f.Add([]byte("550 5.1.1 <a@b.example>: no"))
	f.Add([]byte("Hi. This is the qmail-send program at a.example.\n\n<a@b.example>:\n" + strings.Repeat("\xff", 200) + " Remote host said: 550 no\n"))
	f.Fuzz(readsWell)
}

// readsWell holds what is so of every input whatever it is: reports or a
// problem, fields within the input, verdicts set, a record that is JSON, and
// time that grows with the length alone.
func readsWell(t *testing.T, raw []byte) {
	before := spent()
	res := Read(raw, Options{Now: testNow, Ours: Ours{Domains: []string{"fabrikam.example"}, Hosts: []string{"192.0.2.25"}}})
	// Coverage and other workers cost some tenfold; what is quadratic costs more.
	if took, most := spent()-before, time.Second+time.Second*time.Duration(len(raw)>>20); took > most {
		t.Fatalf("%d bytes took %s", len(raw), took)
	}
	if (len(res.Reports) == 0) == (res.Problem == nil) {
		t.Fatalf("%d reports and problem %v", len(res.Reports), res.Problem)
	}
	for i := range res.Reports {
		r := &res.Reports[i]
		for _, fd := range r.fields() {
			if fd.Offset < 0 || fd.Offset > len(raw) || fd.Line < 0 {
				t.Fatalf("field %+v stands outside the input", *fd)
			}
		}
		if n := len(r.ReplyCode.Value); n != 0 && n != 3 {
			t.Fatalf("reply code %q", string(r.ReplyCode.Value))
		}
		if r.Reason == "" || r.Genuine == "" || r.Permanence == "" {
			t.Fatalf("unset verdict in %+v", r)
		}
	}
	for _, rec := range Records("x", res) {
		if line, err := rec.MarshalJSON(); err != nil || !utf8.Valid(line) {
			t.Fatalf("%v %q", err, line)
		}
	}
}

// TestMutants reads samples that were cut, flipped, spliced and repeated. The
// seed is fixed, so that a failure repeats.
func TestMutants(t *testing.T) {
	var all [][]byte
	paths, _ := filepath.Glob(filepath.Join(samples, "*", "*.*"))
	for _, p := range paths {
		if raw, err := os.ReadFile(p); err == nil && len(raw) > 0 {
			all = append(all, raw)
		}
	}
	if len(all) == 0 {
		t.Fatal("no samples")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range mutants {
		in := bytes.Clone(all[r.IntN(len(all))])
		for range 1 + r.IntN(6) {
			at := r.IntN(len(in) + 1)
			switch r.IntN(6) {
			case 0:
				in = in[:at]
			case 1:
				if at < len(in) {
					in[at] = byte(r.UintN(256))
				}
			case 2:
				other := all[r.IntN(len(all))]
				in = append(in[:at:at], other[r.IntN(len(other)):]...)
			case 3:
				in = append(in[:at:at], in[r.IntN(len(in)+1):]...)
			case 4:
				in = bytes.Replace(in, []byte("\n"), []byte{'\n', "\n\r\t- <>:@"[r.IntN(9)]}, r.IntN(9))
			case 5:
				in = append(in[:at:at], bytes.Repeat(in[at:min(len(in), at+r.IntN(40))], r.IntN(300))...)
			}
			if len(in) > 1<<18 {
				in = in[:1<<18]
			}
		}
		start := spent()
		res := Read(in, Options{Now: testNow})
		if took := spent() - start; took > time.Second*slowdown {
			t.Fatalf("%d bytes took %s: %.300q", len(in), took, in)
		}
		for _, rep := range res.Reports {
			for _, fd := range []Field{rep.Recipient, rep.Diagnostic, rep.ReplyCode, rep.RemoteMTA, rep.Subject} {
				if fd.Offset < 0 || fd.Offset > len(in) {
					t.Fatalf("%+v stands outside %q", fd, in)
				}
			}
		}
		Records("x", res)
		was := spelled(t, res)
		for i := range in {
			in[i] = '#'
		}
		if spelled(t, res) != was {
			t.Fatal("the result points into the input")
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"Mon, 23 Nov 2026 09:12:44 +0100 (CET)", "2026-11-23T09:12:44Z", "Mon Nov 23 09:12:44 2026", "23-Nov-26 9:12 PM", "1026-11-23T09:12:44Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if at, ok := parseDate(s); ok {
			if _, off := at.Zone(); at.Year() < 1969 || off < -16*3600 || off > 24*3600 {
				t.Fatalf("%q gives %v", s, at)
			}
		}
		parseSyslogDate(s, testNow)
	})
}

func FuzzReplyLine(f *testing.F) {
	for _, s := range []string{"550-5.1.1 a 550 5.1.1 b", "host mx[192.0.2.1] said: 550 no (in reply to RCPT TO command)", "5.1.0 - x '550 5.1.1 y'",
		"550 5.4.1 x [{LED=450 4.4.1 y};{MSG=};{FQDN=mx.example.com};{IP=192.0.2.7};{LRT=}]", "5.1.0 - x 550-'5.1.1 y' z", "550 f (a@example.com:550 5.1.1 y)", "554 <a@example.com>... 550 y",
		"550 x <421 4.4.2 y>", "550 x -> 552 5.2.2 y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := readCodes(s)
		if c.replyAt >= 0 && s[c.replyAt:c.replyAt+3] != c.reply || c.enhancedAt >= 0 && s[c.enhancedAt:c.enhancedAt+len(c.enhanced)] != c.enhanced {
			t.Fatalf("%q: %+v", s, c)
		}
		onceCoded(s)
		readSaying(s)
		readStage(s)
		if q := quotedReply(s, c); q.text != "" && (q.at <= 0 || !strings.HasPrefix(s[q.at:], q.raw)) {
			t.Fatalf("%q: %+v does not stand there", s, q)
		}
		lastAttempted(s)
		mailbox(s)
		hostAndAddress(s)
	})
}
