package bounce

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

const plainHead = "From: MAILER-DAEMON@b.example\nTo: a@fabrikam.example\nSubject: failure notice\n"

// TestLenientMIME holds the damage that real bounces come with: each input is
// the same notification, and must give the same recipient and code.
func TestLenientMIME(t *testing.T) {
	status := "Reporting-MTA: dns; mx.b.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1\n  no such user\n"
	part := "Content-Type: message/delivery-status\n\n" + status
	multi := plainHead + "MIME-Version: 1.0\nContent-Type: multipart/report; boundary=\"x\"\n\n"
	cases := map[string]string{
		"well formed":                multi + "--x\n" + part + "\n--x--\n",
		"crlf":                       strings.ReplaceAll(multi+"--x\n"+part+"\n--x--\n", "\n", "\r\n"),
		"cr only":                    strings.ReplaceAll(multi+"--x\n"+part+"\n--x--\n", "\n", "\r"),
		"doubled cr":                 strings.ReplaceAll(multi+"--x\n"+part+"\n--x--\n", "\n", "\r\r\n"),
		"mbox separator":             "From MAILER-DAEMON Mon Nov 23 09:00:00 2026\n" + multi + "--x\n" + part + "--x--\n",
		"blank lines first":          "\n \n" + multi + "--x\n" + part + "--x--\n",
		"byte order mark":            "\ufeff" + multi + "--x\n" + part + "--x--\n",
		"no last boundary":           multi + "--x\n" + part,
		"no boundary parameter":      plainHead + "Content-Type: multipart/report\n\n--y\n" + part + "--y--\n",
		"wrong boundary parameter":   plainHead + "Content-Type: multipart/report; boundary=z\n\n--y\n" + part + "--y--\n",
		"typed text/plain":           multi + "--x\nContent-Type: text/plain\n\n" + status + "--x--\n",
		"typed nothing":              multi + "--x\n\n" + status + "--x--\n",
		"no semicolon":               plainHead + "Content-Type: multipart/report\n boundary=x\n\n--x\n" + part + "--x--\n",
		"global":                     multi + "--x\nContent-Type: message/global-delivery-status\n\n" + status + "--x--\n",
		"base64":                     multi + "--x\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n" + wrapped64(status) + "\n--x--\n",
		"base64 with junk":           multi + "--x\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n!\x00" + strings.ReplaceAll(wrapped64(status), "\n", " *\n") + "\n--x--\n",
		"quoted-printable":           multi + "--x\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: quoted-printable\n\n" + strings.ReplaceAll(status, "Final", "Fi=\nn=61l") + "--x--\n",
		"whole mail is the status":   plainHead + part,
		"blank lines between fields": multi + "--x\n" + strings.ReplaceAll(part, "\nAction", "\n\nAction") + "--x--\n",
		"all in one block":           multi + "--x\n" + strings.ReplaceAll(part, "mx.b.example\n\n", "mx.b.example\n") + "--x--\n",
		"nested":                     multi + "--x\nContent-Type: multipart/mixed; boundary=y\n\n--y\n" + part + "--y--\n--x--\n",
		"pasted block":               status,
		"pasted with marks":          "> " + strings.ReplaceAll(strings.TrimSpace(status), "\n", "\n> "),
	}
	for name, in := range cases {
		res := Read([]byte(in), Options{})
		if len(res.Reports) != 1 || res.Reports[0].Recipient.Value != "a@b.example" || res.Reports[0].ReplyCode.Value != "550" || res.Reports[0].EnhancedCode.Value != "5.1.1" {
			t.Errorf("%s: %+v", name, res.Reports)
		}
	}
}

func wrapped64(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var b strings.Builder
	for i := 0; i < len(s); i += 3 {
		var g [3]byte
		n := copy(g[:], s[i:])
		v := uint(g[0])<<16 | uint(g[1])<<8 | uint(g[2])
		for k := range 4 {
			if k > n {
				b.WriteByte('=')
			} else {
				b.WriteByte(alphabet[v>>(18-6*k)&63])
			}
		}
		if i%57 == 54 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestSeveralRecipientsInOneBlock(t *testing.T) {
	in := plainHead + "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.b.example\nOriginal-Recipient: rfc822; x@b.example\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n" +
		"Final-Recipient: rfc822; b@b.example\nAction: delayed\nStatus: 4.2.2\n"
	res := Read([]byte(in), Options{})
	if len(res.Reports) != 2 {
		t.Fatalf("%d reports", len(res.Reports))
	}
	a, b := res.Reports[0], res.Reports[1]
	if a.Recipient.Value != "a@b.example" || a.OriginalRecipient.Value != "x@b.example" || a.Permanence != Permanent || b.Recipient.Value != "b@b.example" || b.Permanence != Transient || b.ReportingMTA.Value != "mx.b.example" {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func TestCharsets(t *testing.T) {
	notice := func(charset, body string) string {
		return plainHead + "Content-Type: text/plain; charset=" + charset + "\n\n<a@b.example>:\n" + body + "\n"
	}
	cases := []struct{ charset, body, want string }{
		{"utf-8", "Benutzer unbekannt \u00fc", "Benutzer unbekannt \u00fc"},
		{"windows-1252", "Benutzer unbekannt \xfc", "Benutzer unbekannt \u00fc"},
		{"iso-2022-jp", "\x1b$B%f!<%6!<\x1b(B", "\u30e6\u30fc\u30b6\u30fc"},
		{"Shift_JIS", "\x83\x86", "\u30e6"},
		{"utf-7", "\xfc unbekannt", "\xfc unbekannt"},
		{"ibm037", "\xfc unbekannt", "\xfc unbekannt"},
	}
	for _, c := range cases {
		res := Read([]byte(notice(c.charset, c.body)), Options{})
		if len(res.Reports) != 1 || string(res.Reports[0].Diagnostic.Value) != c.want {
			t.Errorf("%s: %+v", c.charset, res.Reports)
		}
	}
}

func TestEncodedWords(t *testing.T) {
	for in, want := range map[string]string{
		"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=":          "Gr\u00fc\u00dfe",
		"=?iso-8859-1?B?/A==?= x":              "\u00fc x",
		"=?x-unknown?Q?a=FC?=":                 "a\xfc",
		"=?utf-8?Q?a=1B]52;c;x=07=0D=0AB: c?=": "a\x1b]52;c;x\a\r\nB: c",
		"plain":                                "plain",
		"=?utf-8?Q?one?=\r\n =?utf-8?Q?_two?=": "one two",
		"=?utf-16?Q?=00a?=":                    "\x00a",
		"=?broken":                             "=?broken",
	} {
		if got := words(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestBounds holds that no input costs more than its length: each is read
// within 2 seconds and 100 MiB, hitting a bound is a
// finding, and what stands before it is read.
func TestBounds(t *testing.T) {
	if testing.Short() {
		t.Skip("large inputs")
	}
	repeat := strings.Repeat
	head := "From: mailer-daemon@b.example\nSubject: failure notice\n"
	cases := map[string]func() string{
		"10,000 nested multiparts": func() string {
			var s strings.Builder
			s.WriteString(head)
			for i := range 10000 {
				fmt.Fprintf(&s, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
			}
			return s.String()
		},
		"nested messages": func() string { return head + repeat("Content-Type: message/rfc822\n\n", 20000) },
		"200,000 parts": func() string {
			return head + "Content-Type: multipart/mixed; boundary=b\n\n" + repeat("--b\n\nx\n", 200000)
		},
		"2,000,000 fields": func() string {
			return head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + repeat("X-A: b\n", 2000000)
		},
		"a fold of 12 MB":    func() string { return head + repeat(" b\n", 4000000) },
		"a line of 30 MiB":   func() string { return head + "\n" + repeat("a", 30<<20) },
		"a subject of 25 MB": func() string { return head[:len(head)-1] + repeat("a", 25<<20) },
		"blank lines":        func() string { return head + "\n" + repeat("\n", 25<<20) },
		"bare CRs":           func() string { return strings.ReplaceAll(head, "\n", "\r") + "\r" + repeat("\r", 25<<20) },
		"quote marks":        func() string { return repeat("> ", 12<<20) },
		"@ signs":            func() string { return head + "\nto: " + repeat(repeat("a@", 1000)+"\n", 10000) },
		"500,000 addresses": func() string {
			var s strings.Builder
			s.WriteString(head + "\n")
			for i := range 500000 {
				fmt.Fprintf(&s, "<a%d@b.example>:\nx\n", i)
			}
			return s.String()
		},
		"recipients and notices": func() string {
			var s, n strings.Builder
			for i := range 15000 {
				fmt.Fprintf(&n, "<a%d@b.example>: host h[192.0.2.1] said: 550 no\n\n", i)
				fmt.Fprintf(&s, "Final-Recipient: rfc822;a%d@b.example\nAction: failed\nStatus: 5.1.1\n\n", i)
			}
			return head + "Content-Type: multipart/report; boundary=b\n\n--b\n\n" + n.String() + "--b\nContent-Type: message/delivery-status\n\n" + s.String()
		},
		"base64 on one line": func() string { return head + "Content-Transfer-Encoding: base64\n\n" + repeat("QUJD", 6000000) },
		"soft line breaks": func() string {
			return head + "Content-Transfer-Encoding: quoted-printable\n\n" + repeat("=0A=\n", 5000000)
		},
		"unclosed tags": func() string { return head + "Content-Type: text/html\n\n" + repeat("<p><", 6000000) },
		"open comments": func() string { return head + "Content-Type: text/html\n\n" + repeat("<!--", 6000000) },
		"near boundaries": func() string {
			return head + "Content-Type: multipart/mixed; boundary=" + repeat("-", 190) + "x\n\n" + repeat(repeat("-", 198)+"\n", 120000)
		},
		"forwarded headers": func() string {
			return "From: a@b.example\nTo: c@d.example\nSubject: Fwd: x\n\n" + repeat("> From: postmaster@b.example\n> Subject: Undelivered Mail\n> To: c@d.example\n>\n> <a@b.example>:\n", 100000)
		},
		"half a forwarded header": func() string {
			return "From: a@b.example\nTo: c@d.example\nSubject: Fwd: x\n\n" + repeat("From: a\nx\n", 1000000)
		},
		"attached files": func() string {
			return head + "Content-Type: multipart/mixed; boundary=b\n\n" + repeat("--b\nContent-Type: text/plain; name=a.eml\n\n"+head+"Subject: Fwd: x\n\n"+repeat("From: a\nDate: b\nTo: c\n\n", 400)+"\n", 2000)
		},
		"tags with addresses": func() string { return head + "Content-Type: text/html\n\n" + repeat("<a@b.example>", 2000000) },
		"labels": func() string {
			return head + "Return-Path: <>\n\n" + repeat("Recipient:\nFrom:\na@b.example\n", 800000)
		},
		"Received lines": func() string { return head + "\n" + repeat("Received: from x\n", 200000) },
	}
	for name, build := range cases {
		t.Run(name, func(t *testing.T) {
			raw := []byte(build())
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := spent()
			res := Read(raw, Options{})
			took := spent() - start
			runtime.ReadMemStats(&after)
			if took > 2*time.Second*slowdown {
				t.Errorf("%d bytes took %s", len(raw), took)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20*slowdown {
				t.Errorf("%d bytes of input, %d allocated", len(raw), used)
			}
			limits := 0
			for _, f := range res.Findings {
				if f.Kind == LimitReached {
					limits++
				}
			}
			if limits == 0 && len(raw) > 1<<20 {
				t.Errorf("no finding says that a bound was hit: %+v", res.Findings)
			}
			if len(res.Reports) > 0 && res.Reports[0].Recipient.Known() && !strings.Contains(string(raw[:min(len(raw), 4<<20)]), string(res.Reports[0].Recipient.Value)) {
				t.Errorf("the recipient is not of the input: %q", string(res.Reports[0].Recipient.Value))
			}
		})
	}
}

func TestLimitKeepsTheRest(t *testing.T) {
	in := "From: mailer-daemon@b.example\nX-Long: " + strings.Repeat("x", 300<<10) + "\nSubject: failure notice\n\n<a@b.example>:\n550 5.1.1 no such user\n"
	res := Read([]byte(in), Options{})
	if len(res.Findings) != 1 || res.Findings[0].Kind != LimitReached || res.Findings[0].Line != 2 {
		t.Errorf("findings %+v", res.Findings)
	}
	if len(res.Reports) != 1 || res.Reports[0].EnhancedCode.Value != "5.1.1" {
		t.Errorf("reports %+v", res.Reports)
	}
}
