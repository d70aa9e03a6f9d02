package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// ownHostile are strings of our own, beside those of the corpus.
var ownHostile = []string{
	"\x1b[31mred\x1b[0m", "\x1b]52;c;ZXZpbA==\x07", "\x1b]0;title\x07", "a\xe2\x1b[31mb", "\u009b31mC1", "\u009d52;c;QQ==\u009c",
	"\x1bP$qm\x1b\\", "bell\x07 back\b\b\b tab\t cr\r", "\u202egpj.exe", "\u2066iso\u2069", "zero\u200bwidth\u200d\ufeff", "soft\u00adhyphen",
	"tags\U000e0041\U000e0042", "\u2028line\u2029paragraph", "\u3164\u115f\u2800", "fake ‹U+202E›", "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
	"\xff\xfe\x80", "\x1b[2J\x1b[H", "\x00nul", "\x7fdel", "variation\ufe0f\ufe0e", "nbsp\u00a0\u2003", strings.Repeat("\x1b[1A", 300), strings.Repeat("long ", 3000),
}

// hostile gives every string: those of the shared corpus where it is there.
func hostile(t testing.TB) []string {
	t.Helper()
	list := append([]string(nil), ownHostile...)
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "corpus", "hostile_strings.txt"))
	if err != nil {
		t.Log("the corpus of hostile strings is not beside the module: our own are tried")
		return list
	}
	for line := range strings.Lines(string(text)) {
		quoted, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if s, err := strconv.Unquote(quoted); err == nil {
			list = append(list, s)
		}
	}
	return list
}

// hostileMail says a string in every place in which a mail is believed.
func hostileMail(s string) []byte {
	word := "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?="
	return []byte(strings.ReplaceAll(`Return-Path: <>
From: `+word+` <mailer-daemon@fabrikam.example>
To: billing@fabrikam.example
Subject: `+word+` `+s+`
Date: Mon, 23 Nov 2026 09:12:44 +0100
Message-ID: <`+s+`@fabrikam.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

`+s+`

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; `+s+`.fabrikam.example
Arrival-Date: Mon, 23 Nov 2026 09:12:41 +0100

Original-Recipient: rfc822; `+s+`@contoso.example
Final-Recipient: rfc822; robin.hale@contoso.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; contoso-example.p10.spamhero.com `+s+`
Diagnostic-Code: smtp; 550 5.1.1 <robin.hale@contoso.example>: `+s+` user unknown
 (in reply to RCPT TO command)

--b
Content-Type: text/rfc822-headers

Return-Path: <`+s+`@fabrikam.example>
Received: from `+s+` by o1.fabrikam.example; Mon, 23 Nov 2026 09:12:41 +0100
From: `+word+` <billing@fabrikam.example>
To: "`+s+`" <robin.hale@contoso.example>
Subject: `+word+`
Message-ID: <`+s+`@app.fabrikam.example>

--b--
`, "\n", "\r\n"))
}

// escaped writes bytes as zone text does (RFC 1035 section 5.1).
func escaped(s string, most int) string {
	var out strings.Builder
	for i := 0; i < len(s) && i < most; i++ {
		fmt.Fprintf(&out, `\%03d`, s[i])
	}
	return out.String()
}

// hostileZone says a string in every record that the panels show.
func hostileZone(s string) string {
	name, text := escaped("x"+s, 60), escaped(s, 250)
	return `$TTL 300
contoso.example. IN SOA ns1.contoso.example. ` + name + `.contoso.example. 1 7200 3600 1209600 900
contoso.example. IN NS ns1.contoso.example.
contoso.example. IN NS ` + name + `.contoso.example.
ns1.contoso.example. IN A 192.0.2.53
contoso.example. IN MX 10 contoso-example.p10.spamhero.com.
contoso.example. IN MX 20 ` + name + `.contoso.example.
` + name + `.contoso.example. IN A 192.0.2.11
contoso-example.p10.spamhero.com. IN A 192.0.2.10
10.2.0.192.in-addr.arpa. IN PTR ` + name + `.example.net.
11.2.0.192.in-addr.arpa. IN PTR ` + name + `.example.org.
autodiscover.contoso.example. IN CNAME ` + name + `.outlook.com.
contoso.example. IN TXT "` + text + `"
contoso.example. IN TXT "v=spf1 include:` + escaped(s, 60) + ` -all"
_dmarc.contoso.example. IN TXT "v=DMARC1; p=` + text + `"
;@ outcome servfail ns1.contoso.example AAAA 22 ` + strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, s) + "\n"
}

var ownSGR = regexp.MustCompile(`^\x1b\[(?:(?:0|1|2|22|7|27|39|3[1236])(?:;(?:1|2|7|3[1236]))*)?m$`)

// foul gives the first thing in a text that a terminal would obey, or that a
// reader could not see; empty for none. Line ends are ours, and so is colour
// where it is wanted.
func foul(text string, colour bool) string {
	var state byte
	for rest := text; len(rest) > 0; {
		seq, _, n, next := ansi.DecodeSequence(rest, state, nil)
		if n == 0 {
			return fmt.Sprintf("%q", rest[:1])
		}
		state, rest = next, rest[n:]
		switch {
		case seq == "\n" || colour && ownSGR.MatchString(seq):
		case strings.HasPrefix(seq, "\x1b"):
			return fmt.Sprintf("the sequence %q", seq)
		default:
			if bad := unseen(seq); bad != "" {
				return bad
			}
		}
	}
	return ""
}

// unseen gives the first character of a text that has no shape of its own.
func unseen(text string) string {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return fmt.Sprintf("the byte %#x", text[i])
		case r == '\n':
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector),
			unicode.Is(unicode.Zs, r) && r != ' ', r == 0x2800, r == 0xFFFC:
			return fmt.Sprintf("%U", r)
		}
		i += n
	}
	return ""
}

// TestFoul guards the guard.
func TestFoul(t *testing.T) {
	for _, s := range []string{"\x1b[2J", "\x1b]0;x\x07", "\u009b31m", "a\rb", "\t", "\u202e", "\xff", "\x1b[32;5m", "\x1b[8m", "\u00a0", "\U000e0041", "a\xe2\x1b[31mb"} {
		if foul(s, true) == "" {
			t.Errorf("%q passes", s)
		}
	}
	if bad := foul("plain \x1b[1mstrong\x1b[0m \x1b[36m▶\x1b[0m\n", true); bad != "" {
		t.Errorf("our own frame does not pass: %s", bad)
	}
	if foul("\x1b[1mstrong\x1b[0m", false) == "" {
		t.Error("colour passes where none is wanted")
	}
}

// inProcess gives surroundings for a command that runs within the test.
func inProcess(stdin string, args ...string) (Environment, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	return Environment{
		Args: args, Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
		Getenv: func(name string) string { return map[string]string{"USER": "mara"}[name] },
		Now:    func() time.Time { return time.Date(2026, 11, 23, 9, 41, 3, 0, time.UTC) },
	}, &out, &errs
}

// TestHostileCommands sends every hostile string through what scripts read.
func TestHostileCommands(t *testing.T) {
	dir := t.TempDir()
	for i, s := range hostile(t) {
		zone := filepath.Join(dir, fmt.Sprint(i, ".zone"))
		if err := os.WriteFile(zone, []byte(hostileZone(s)), 0o600); err != nil {
			t.Fatal(err)
		}
		mail := string(hostileMail(s))
		for _, args := range [][]string{
			{"capture", "--json", "-"}, {"capture", "-"}, {"capture", "--json", filepath.Join(dir, "gone"+strings.ReplaceAll(s, "\x00", ""))},
			{"report", "--resolver", "zone:" + zone, "-"}, {"report", "--format", "md", "--resolver", "zone:" + zone, "-"},
			{"report", "--format", "json", "--resolver", "zone:" + zone, "-"}, {"report", "--format", "eml", "--resolver", "zone:" + zone, "-"},
			{"dns", "contoso.example", "--resolver", "zone:" + zone}, {"dns", "contoso.example", "--json", "--resolver", "zone:" + zone},
			{"dns", s, "--offline"}, {"report", "--resolver", s, "-"}, {"report", "--format", s, "-"}, {"--nope=" + s},
		} {
			env, out, errs := inProcess(mail, args...)
			code := Run(context.Background(), env)
			if strings.Contains(strings.Join(args, " "), zone) && code == exitUnreadable && i < len(ownHostile) {
				t.Errorf("%q: the zone of %q cannot be read: %s", args, s, errs)
			}
			text := out.String()
			if strings.HasPrefix(text, "X-Unsent") {
				text = strings.ReplaceAll(text, "\r\n", "\n") // lines of a mail end so
			}
			if strings.HasPrefix(text, "{") {
				text = strings.ReplaceAll(text, "\ufffc", "") // a picture's place: a symbol, which JSON may hold
			}
			if bad := foul(text, false); bad != "" {
				t.Errorf("%q of %q writes %s", args, s, bad)
			}
			if bad := foul(errs.String(), false); bad != "" {
				t.Errorf("%q of %q says %s", args, s, bad)
			}
		}
	}
}
