package bounce

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestReadCodes(t *testing.T) {
	cases := []struct{ in, reply, enhanced string }{
		{"550 5.1.1 User unknown", "550", "5.1.1"},
		{"550-5.1.1 User unknown", "550", "5.1.1"},
		{"550 #5.1.0 Address rejected", "550", "5.1.0"},
		{"550 sorry, no mailbox here by that name. (#5.1.1)", "550", "5.1.1"},
		{"550 550 5.1.1 user unknown (state 14)", "550", "5.1.1"},
		{"host mx[192.0.2.1] said: 450 4.2.2 full", "450", "4.2.2"},
		{"host 127.0.0.1[127.0.0.1] said:550 no", "550", ""},
		{"552 sorry, quota of 550 bytes", "552", ""},
		{"connect to 250.5.5.1 port 587", "", ""},
		{"message of 550 bytes from 5.1.1.1", "", ""},
		{"call 550-555-1212", "", ""},
		{"mail from mx.example:587 at 10:41:550", "", ""},
		{"Exim 4.5.1 gave up", "", ""},
		{"version 5.1.1", "", ""},
		{"dated 5.12.2014", "", ""},
		{"rejected with code 554", "554", ""},
		{"5.7.606 Access denied", "", "5.7.606"},
		{"5.1.1", "", "5.1.1"},
		{"5.9.1 no such subject", "", ""},
		{"571 No PTR", "571", ""},
		{"250 ok, then error: 550 5.1.1 gone", "550", "5.1.1"},
		{"250 2.1.5 Ok", "250", "2.1.5"},
		{"", "", ""},
		{"5", "", ""},
	}
	for _, c := range cases {
		got := readCodes(c.in)
		if got.reply != c.reply || got.enhanced != c.enhanced {
			t.Errorf("%q: %q %q, want %q %q", c.in, got.reply, got.enhanced, c.reply, c.enhanced)
		}
		if got.replyAt >= 0 && !strings.HasPrefix(c.in[got.replyAt:], got.reply) {
			t.Errorf("%q: the code is not at %d", c.in, got.replyAt)
		}
	}
}

func TestOnceCoded(t *testing.T) {
	for in, want := range map[string]string{
		"550-5.1.1 one 550-5.1.1 two 550 5.1.1 three": "550 5.1.1 one two three",
		"550-one 550 two 550 three":                   "550 one two 550 three",
		"550 5.1.1 plain":                             "550 5.1.1 plain",
		"421-4.7.0 [a] 421-4.7.0 b 421 c":             "421 4.7.0 [a] b c",
		"550-alone":                                   "550-alone",
		"host said: 550-5.1.1 a 550 5.1.1 b":          "host said: 550 5.1.1 a b",
	} {
		if got := onceCoded(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	cases := []struct{ in, want string }{
		{"Mon, 23 Nov 2026 09:12:44 +0100", "2026-11-23T09:12:44+01:00"},
		{"23 Nov 2026 09:12:44 +0100", "2026-11-23T09:12:44+01:00"},
		{"Mon, 23 Nov 2026 09:12 +0100 (CET)", "2026-11-23T09:12:00+01:00"},
		{"Mon, 23 (twenty(third)) Nov 2026 09:12:44 -0730", "2026-11-23T09:12:44-07:30"},
		{"23 Nov 26 09:12:44 GMT", "2026-11-23T09:12:44Z"},
		{"23 Nov 99 09:12:44 EST", "1999-11-23T09:12:44-05:00"},
		{"Mon Nov 23 09:12:44 2026", "2026-11-23T09:12:44Z"},
		{"Mon Nov 23 09:12:44 PST 2026", "2026-11-23T09:12:44-08:00"},
		{"23-Nov-2026 09:12:44 +01:00", "2026-11-23T09:12:44+01:00"},
		{"2026-11-23T09:12:44Z", "2026-11-23T09:12:44Z"},
		{"2026-11-23T09:12:44.123456+01:00", "2026-11-23T09:12:44+01:00"},
		{"2026-11-23 09:12:44 -0500", "2026-11-23T09:12:44-05:00"},
		{"Thu, 029 Apr 2011 23:34:45 +0900 (JST)", "2011-04-29T23:34:45+09:00"},
		{"23 Nov 2026 11:12:44 PM +0000", "2026-11-23T23:12:44Z"},
		{"31 Feb 2026 09:12:44 +0000", ""},
		{"Mon, 23 Nov 2026", ""},
		{"23 Nov 2026 25:00:00 +0000", ""},
		{"99999999999999999999 Nov 2026 09:12:44", ""},
		{"", ""},
		{"yesterday", ""},
		{strings.Repeat("(", 1000), ""},
	}
	for _, c := range cases {
		got := ""
		if at, ok := parseDate(c.in); ok {
			got = at.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestSyslogDate(t *testing.T) {
	now := time.Date(2027, 1, 2, 8, 0, 0, 0, time.FixedZone("", 3600))
	for in, want := range map[string]string{
		"Jan  2 07:00:00": "2027-01-02T07:00:00+01:00",
		"Jan  3 07:00:00": "2027-01-03T07:00:00+01:00", // a clock that is ahead
		"Nov 23 09:12:44": "2026-11-23T09:12:44+01:00",
		"Feb 29 09:12:44": "2024-02-29T09:12:44+01:00",
	} {
		at, n, ok := parseSyslogDate(in, now)
		if !ok || n != 15 || at.Format(time.RFC3339) != want {
			t.Errorf("%q: %v, want %s", in, at, want)
		}
	}
	for _, in := range []string{"Foo 23 09:12:44", "Nov 32 09:12:44", "Nov 23 09:12", "Nov 23 99:12:44"} {
		if _, _, ok := parseSyslogDate(in, now); ok {
			t.Errorf("%q was taken for a time", in)
		}
	}
}

func TestMailbox(t *testing.T) {
	for in, want := range map[string]string{
		"rfc822; a@b.example":                        "a@b.example",
		"RFC822;<a@b.example>":                       "a@b.example",
		"rfc822;a+2Btag@b.example":                   "a+tag@b.example",
		"rfc822;a+AB@b.example":                      "a+AB@b.example",
		`utf-8; zo\x{EB}@b.example`:                  "zo\u00eb@b.example",
		"utf-8; \u7528\u6237@\u4f8b\u5b50.example":   "\u7528\u6237@\u4f8b\u5b50.example",
		"rfc822; =?utf-8?Q?zo=C3=AB?=@b.example":     "=?utf-8?Q?zo=C3=AB?=@b.example",
		`utf-8; z\x{110000}@b.example`:               `z\x{110000}@b.example`,
		`rfc822; "a b@c"@d.example`:                  `"a b@c"@d.example`,
		"rfc822; A..b.@docomo.example":               "A..b.@docomo.example",
		"rfc822; a@b.example (expanded from: <l@c>)": "a@b.example",
		"unknown; a@b.example":                       "a@b.example",
		"<@r1.example,@r2.example:a@b.example>":      "a@b.example",
		"MAILER-DAEMON":                              "MAILER-DAEMON",
		"":                                           "",
	} {
		if got := mailbox(in); in != "rfc822; a@b.example (expanded from: <l@c>)" && got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestReadSaying(t *testing.T) {
	cases := []struct{ in, host, addr string }{
		{"host mx.b.example[192.0.2.1] said: 550 no", "mx.b.example", "192.0.2.1"},
		{"host mx.b.example[192.0.2.1]:25 said: 550 no", "mx.b.example", "192.0.2.1"},
		{"mx.b.example (192.0.2.1) responded: 550 no", "mx.b.example", "192.0.2.1"},
		{"mx.b.example [192.0.2.1] did not like our RCPT TO: 550 no", "mx.b.example", "192.0.2.1"},
		{"connect to mx.b.example[2001:db8::1]:25: Connection refused", "mx.b.example", "2001:db8::1"},
		{"550 5.7.1 Client host [192.0.2.99] blocked by list.example", "", ""},
		{"192.0.2.7 does not like recipient. Remote host said: 550 no", "", "192.0.2.7"},
		{"host mail.b.example[/var/run/lmtp] said: 550 no", "mail.b.example", "/var/run/lmtp"},
		{"no host here", "", ""},
	}
	for _, c := range cases {
		if got := readSaying(c.in); got.host != c.host || got.addr != c.addr {
			t.Errorf("%q: %q %q, want %q %q", c.in, got.host, got.addr, c.host, c.addr)
		}
	}
}

func TestReadStage(t *testing.T) {
	for in, want := range map[string]Stage{
		"550 no (in reply to RCPT TO command)":                                       StageRcpt,
		"552 full (in reply to end of DATA command)":                                 StageContent,
		"SMTP error from remote mail server after pipelined MAIL FROM:<a>":           StageMail,
		"after initial connection: 554":                                              StageConnect,
		"lost connection with mx while sending message body":                         StageContent,
		"SMTP error from remote server for TEXT command, host: x":                    StageContent,
		"SMTP:RCPT host 192.0.2.8: 553":                                              StageRcpt,
		"user unknown, look for mail at the office":                                  StageUnknown,
		"conversation with mx timed out while receiving the initial server greeting": StageConnect,
		"after a while": StageUnknown,
	} {
		if got, _, _ := readStage(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestRecordJSON holds that a line of capture is valid JSON, reads back as the
// values it was made of, and holds nothing that acts on a terminal.
func TestRecordJSON(t *testing.T) {
	nasty := "a\x1b[31m\u009b31m\u202eb\u200b\ufeff\U000e0041\u2028\x7f\"\\\n\t\u3164\ufe0f\u00fc\u65e5 <&>"
	line, err := Record{File: nasty, Index: 3, Diagnostic: nasty, Missing: []string{nasty}, NotABounce: "vacation", Why: "x"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range string(line) {
		if !unicode.IsPrint(c) {
			t.Errorf("%U stands in the line", c)
		}
	}
	if !strings.Contains(string(line), "\u00fc\u65e5 <&>") {
		t.Errorf("readable characters were escaped: %s", line)
	}
	var back map[string]any
	if err := json.Unmarshal(line, &back); err != nil {
		t.Fatal(err)
	}
	if back["diagnostic"] != nasty || back["file"] != nasty || back["index"] != 3.0 || back["missing"].([]any)[0] != nasty {
		t.Errorf("read back as %q", back)
	}
	keys := "file index format recipient original_recipient sender reply_code enhanced_code diagnostic command stage action reporting_host remote_host remote_address message_id subject arrived failed reason permanence genuine source missing findings not_a_bounce why"
	at := 0
	for _, k := range strings.Fields(keys) {
		i := strings.Index(string(line)[at:], `"`+k+`":`)
		if i < 0 {
			t.Errorf("key %s is missing or out of order", k)
			continue
		}
		at += i
	}
	if len(back) != len(strings.Fields(keys)) {
		t.Errorf("%d keys", len(back))
	}
	if line, _ := (Record{}).MarshalJSON(); strings.Contains(string(line), "why") || !strings.Contains(string(line), `"missing":[],"findings":[]`) {
		t.Errorf("empty record %s", line)
	}
}
