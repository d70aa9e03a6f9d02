package bounce

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

func FuzzRead(f *testing.F) {
	entries, _ := os.ReadDir(samples)
	for _, e := range entries {
		if raw, err := os.ReadFile(filepath.Join(samples, e.Name())); err == nil && !e.IsDir() {
			f.Add(raw)
		}
	}
	f.Add([]byte("550 5.1.1 <a@b.example>: no"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		res := Read(raw, Options{Now: testNow, Ours: Ours{Domains: []string{"fabrikam.example"}, Hosts: []string{"192.0.2.25"}}})
		if (len(res.Reports) == 0) == (res.Problem == nil) {
			t.Fatalf("%d reports and problem %v", len(res.Reports), res.Problem)
		}
		for _, r := range res.Reports {
			for _, fd := range []Field{r.Recipient, r.Sender, r.ReplyCode, r.EnhancedCode, r.Diagnostic, r.RemoteMTA, r.MessageID, r.FailedAt.Field, r.Source} {
				if fd.Offset < 0 || fd.Offset > len(raw) || fd.Line < 0 {
					t.Fatalf("field %+v stands outside the input", fd)
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
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"Mon, 23 Nov 2026 09:12:44 +0100 (CET)", "2026-11-23T09:12:44Z", "Mon Nov 23 09:12:44 2026", "23-Nov-26 9:12 PM"} {
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
	for _, s := range []string{"550-5.1.1 a 550 5.1.1 b", "host mx[192.0.2.1] said: 550 no (in reply to RCPT TO command)", "5.1.0 - x '550 5.1.1 y'"} {
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
		innerReply(s, c)
		mailbox(s)
		hostAndAddress(s)
	})
}
