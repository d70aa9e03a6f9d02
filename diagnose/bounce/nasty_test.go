package bounce

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// nasty are inputs made to cost time: what a parser follows, waits for or
// looks back at, over and over. Each fills n bytes.
var nasty = []struct {
	name string
	make func(n int) string
}{
	{"blanks", fill(" ")},
	{"tabs and line ends", fill("\t\r\n")},
	{"line ends", fill("\n")},
	{"bare CR", fill("a\r")},
	{"digits", fill("5")},
	{"codes", fill("550 5.1.1 ")},
	{"continued codes", fill("550-5.1.1 ")},
	{"codes, one a line", fill("550 5.1.1 a@b.example\n")},
	{"open codes, one a line", fill("550-5.1.1 a\n")},
	{"colons", fill(":")},
	{"names", fill("a:\n")},
	{"less", fill("<")},
	{"less and greater", fill("<>")},
	{"at", fill("@")},
	{"addresses", fill("a@b.example ")},
	{"addresses in brackets, one a line", fill("<a@b.example>:\n")},
	{"half addresses", fill("<a@")},
	{"addresses, all different", numbered("<a%d@b.example>: 550 no\n")},
	{"quotes", fill("\"")},
	{"quote marks", fill("> ")},
	{"quote marks, one more a line", deeper("> ")},
	{"quoted replies in replies", fill("host a said: 550 '")},
	{"replies in replies", fill("550 5.1.1 said: ")},
	{"brackets", fill("(")},
	{"hosts and addresses", fill("mx.example.com[192.0.2.1] ")},
	{"host after host", fill("host ")},
	{"from lines", fill("From ")},
	{"separators of mail", fill("From a@b.example Mon Nov 23 09:12:44 2026\n\n")},
	{"dashes", fill("-")},
	{"rules", fill("----------\n")},
	{"announcements", fill("--- Original message ---\n")},
	{"status fields", fill("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n")},
	{"status fields without blank lines", fill("Final-Recipient: rfc822; a@b.example\nStatus: 5.1.1\n")},
	{"actions only", fill("Action: failed\nStatus: 5.1.1\n\n")},
	{"a reply of many lines", fill("Diagnostic-Code: smtp; 550 a\n\tb\n")},
	{"JSON, open", fill("[")},
	{"JSON, nested", fill(`{"a":[`)},
	{"JSON, a string without end", after(`{"event":"`, fill("\\u0041"))},
	{"JSON objects without ends", fill(`{"event":"bounce",`)},
	{"JSON lines", fill("{\"event\":\"bounce\",\"email\":\"a@b.example\"}\n")},
	{"CSV, quotes", fill("\"\",")},
	{"CSV, an open quote", after("email,reason\n\"", fill("a,\n"))},
	{"CSV, wide", fill("a,")},
	{"semicolons", fill(";")},
	{"equals", fill("=")},
	{"a log line without an end", after("Nov 23 09:12:44 mx postfix/smtp[1]: A1: to=<", fill("a, relay="))},
	{"log lines of one queue", fill("Nov 23 09:12:44 mx postfix/smtp[1]: A1: to=<a@b.example>, relay=c[192.0.2.1]:25, dsn=5.1.1, status=bounced (host c[192.0.2.1] said: 550 5.1.1 no)\n")},
	{"log lines, from only", fill("Nov 23 09:12:44 mx postfix/qmgr[1]: A1: from=<a@b.example>, size=1\n")},
	{"log lines, rejects", fill("Nov 23 09:12:44 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.1]: 550 5.1.1 <a@b.example>: no; from=<> to=<a@b.example>\n")},
	{"log lines of Exim", fill("2026-11-23 09:12:44 1AbCdE-000001-00 ** a@b.example R=r T=t H=mx [192.0.2.1]: SMTP error after RCPT TO: 550 no\n")},

	{"mail: header fields", after(mailHead, fill("X-A: b\n"))},
	{"mail: one folded field", after(mailHead+"X-A: b\n", fill("\tc\n"))},
	{"mail: one long field", after(mailHead+"X-A: ", fill("b "))},
	{"mail: Received", after(mailHead, fill("Received: from a (b [192.0.2.1])\n\tby c; Mon, 23 Nov 2026 09:12:44 +0100\n"))},
	{"mail: Message-ID", after(mailHead, fill("Message-ID: <a@b.example>\n"))},
	{"mail: encoded words", after(mailHead+"Subject: ", fill("=?utf-8?q?a?= "))},
	{"mail: encoded words without ends", after(mailHead+"Subject: ", fill("=?utf-8?q?"))},
	{"mail: encoded words, folded", after(mailHead+"Subject: a\n", fill(" =?utf-8?b?YQ==?=\n"))},
	{"mail: comments in a date", after(mailHead+"Date: ", fill("("))},
	{"mail: parameters", after(mailHead+"Content-Type: text/plain", fill("; a=\"b\\\""))},
	{"mail: a list of failed", after(mailHead+"X-Failed-Recipients: a@b.example", fill(",\n c@d.example"))},
	{"mail: blanks before the body", after(mailHead, fill("\n \n"))},
	{"mail: boundaries that nearly match", after(multipartHead("report", "b"), fill("--ba\n--b c\n"))},
	{"mail: parts", after(multipartHead("report", "b"), fill("--b\n\na\n"))},
	{"mail: parts with status", after(multipartHead("report", "b"), fill("--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\n\n"))},
	{"mail: parts in parts", after(multipartHead("mixed", "b"), fill("--b\nContent-Type: multipart/mixed; boundary=b\n\n"))},
	{"mail: messages in messages", after(multipartHead("mixed", "b")+"--b\n", fill("Content-Type: message/rfc822\n\n"))},
	{"mail: forwards in forwards", after(mailHead+"\n", fill("> From: a@b.example\n> To: c@d.example\n> Subject: e\n>\n> 550 5.1.1 no\n"))},
	{"mail: no known boundary", after(mailHead+"Content-Type: multipart/mixed\n\n", fill("--b\nContent-\n"))},
	{"mail: HTML tags", after(htmlHead, fill("<p><b a='>'><!-- -- >"))},
	{"mail: HTML, open comment", after(htmlHead, fill("<!--"))},
	{"mail: HTML, open tag", after(htmlHead+"<a ", fill("b='c' "))},
	{"mail: HTML entities", after(htmlHead, fill("&amp;&#x41;&"))},
	{"mail: HTML rows", after(htmlHead, fill("<tr><td>a@b.example<td>550 5.1.1 no"))},
	{"mail: base64 junk", after(mailHead+"Content-Transfer-Encoding: base64\n\n", fill("QUJD!=\n"))},
	{"mail: base64 on one line", after(mailHead+"Content-Transfer-Encoding: base64\n\n", fill("QUJD"))},
	{"mail: base64 of line ends", after(mailHead+"Content-Transfer-Encoding: base64\n\n", fill("CgoK\n"))},
	{"mail: quoted-printable soft ends", after(mailHead+"Content-Transfer-Encoding: quoted-printable\n\n", fill("a=\n"))},
	{"mail: quoted-printable escapes", after(mailHead+"Content-Transfer-Encoding: quoted-printable\n\n", fill("=0A=3D"))},
	{"mail: ISO-2022-JP", after(mailHead+"Content-Type: text/plain; charset=iso-2022-jp\n\n", fill("\x1b$B$\"\x1b(B\n"))},
	{"mail: an unknown charset", after(mailHead+"Content-Type: text/plain; charset=x-none\n\n", fill("\xff\n"))},
	{"mail: a transcript", after(mailHead+"\n   ----- Transcript of session follows -----\n", fill(">>> RCPT To:<a@b.example>\n<<< 550 5.1.1 no\n"))},
	{"mail: a transcript of one reply", after(mailHead+"\n   ----- Transcript of session follows -----\n", fill("<<< 550-5.1.1 no\n"))},
	{"mail: recipients of a notice", after(mailHead+"\nThis is the mail system at host a.\n\n", fill("<a@b.example>: host c[192.0.2.1] said: 550 5.1.1 no\n    (in reply to RCPT TO command)\n\n"))},
	{"mail: one recipient, much said", after(mailHead+"\nThis is the mail system at host a.\n\n<a@b.example>: ", fill("host c[192.0.2.1] said: "))},
	{"mail: labels of Exchange", after(mailHead+"\n", fill("Generating server: a.example.com\n\na@b.example\n#550 5.1.1 no##\n\n"))},
	{"mail: sentences of Google", after(mailHead+"\n", fill("The response from the remote server was:\n\n"))},
	{"mail: a sentence of Google, broken", after(mailHead+"\n", fill("The response from the\n"))},
	{"mail: failures in the subject", after(mailHead+"Subject: ", fill("failure notice "))},
	{"mail: many failed, all named", after(mailHead+"X-Failed-Recipients: ", func(n int) string {
		return numbered(" a%d@b.example,\n")(n/8) + "\n" + numbered("  a%d@b.example\n    550 5.1.1 no\n")(n)
	})},
	{"mail: many reported, all named", after(multipartHead("report", "b")+"--b\n\n", func(n int) string {
		return numbered("<a%d@b.example>: 550 no\n")(n/2) + "--b\nContent-Type: message/delivery-status\n\n" + numbered("Final-Recipient: rfc822; a%d@b.example\nAction: failed\n\n")(n/2)
	})},
	{"status block: recipients", after("Reporting-MTA: dns; a\n\n", fill("Final-Recipient: rfc822; a@b.example\nAction: failed\n\n"))},
	{"status block: one diagnostic", after("Final-Recipient: rfc822; a@b.example\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550-5.1.1 a", fill(" 550-5.1.1 b"))},
	{"status block: one folded diagnostic", after("Final-Recipient: rfc822; a@b.example\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 a\n", fill(" b\n"))},
}

const (
	mailHead = "From: MAILER-DAEMON@mx.example.com\nTo: a@b.example\nReturn-Path: <>\n"
	htmlHead = mailHead + "Content-Type: text/html\n\n"
)

func multipartHead(kind, boundary string) string {
	return fmt.Sprintf("%sMIME-Version: 1.0\nContent-Type: multipart/%s; boundary=\"%s\"\n\n", mailHead, kind, boundary)
}

// fill repeats a piece.
func fill(piece string) func(int) string {
	return func(n int) string { return strings.Repeat(piece, n/len(piece)) }
}

// numbered repeats a piece with a number in it.
func numbered(piece string) func(int) string {
	return func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, piece, i)
		}
		return b.String()
	}
}

// after puts a beginning before what is filled.
func after(head string, rest func(int) string) func(int) string {
	return func(n int) string { return head + rest(n) }
}

// deeper begins every line with one more of the marks, up to a hundred.
func deeper(mark string) func(int) string {
	return func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i = (i + 1) % 100 {
			b.WriteString(strings.Repeat(mark, i) + "a@b.example\n")
		}
		return b.String()
	}
}

// TestNastyInputs reads what is made to cost time, at two sizes: four times
// the input may take four times as long, with room for what the machine does
// besides. What a megabyte takes is held against a fixed piece of work of the
// same run.
func TestNastyInputs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	small := 1 << 20
	if slowdown > 1 {
		small = 1 << 17
	}
	took := func(raw []byte, do func([]byte)) time.Duration {
		best := time.Hour
		for range 2 {
			before := spent()
			do(raw)
			best = min(best, spent()-before)
		}
		return best
	}
	read := func(raw []byte) { Records("x", Read(raw, Options{Now: testNow})) }
	text := bytes.Repeat([]byte("Lowering Every Letter of a Text is the Piece of Work.\n"), small/53)
	unit := took(text, func(raw []byte) { _ = strings.ToLower(string(raw)) })
	for _, in := range nasty {
		one, four := []byte(in.make(small)), []byte(in.make(4*small))
		var a, b time.Duration
		problem := ""
		for range 3 { // another program may have had the machine
			a, b = took(one, read), took(four, read)
			switch {
			case b > 10*a && b > 20*time.Millisecond*slowdown:
				problem = fmt.Sprintf("four times the input takes %v instead of %v", b, a)
			case slowdown == 1 && a > 100*unit:
				problem = fmt.Sprintf("a megabyte takes %v, %.0f times what lowering it takes", a, float64(a)/float64(unit))
			default:
				problem = ""
			}
			if problem == "" {
				break
			}
		}
		t.Logf("%-40s %6.0f and %6.0f MB/s, %5.1f times lowering it", in.name, rate(one, a), rate(four, b), float64(a)/float64(unit))
		if problem != "" {
			t.Errorf("%s: %s", in.name, problem)
		}
	}
}

func rate(raw []byte, d time.Duration) float64 { return float64(len(raw)) / 1e6 / d.Seconds() }

// vast are single messages at the sizes that must be read in two seconds and
// in less than 100 MB.
var vast = []struct {
	name string
	raw  func() string
}{
	{"parts in parts, 10,000 deep", func() string {
		return numberedTimes(10_000, "Content-Type: multipart/mixed; boundary=b%[1]d\n\n--b%[1]d\n")
	}},
	{"messages in messages, 10,000 deep", func() string {
		return mailHead + strings.Repeat("Content-Type: message/rfc822\n\n", 10_000)
	}},
	{"200,000 parts", func() string { return multipartHead("report", "b") + strings.Repeat("--b\n\na\n", 200_000) }},
	{"2,000,000 header fields of a part", func() string {
		return multipartHead("mixed", "b") + "--b\n" + strings.Repeat("X-A: b\n", 2_000_000) + "\na\n--b--\n"
	}},
	{"2,000,000 header fields of a returned mail", func() string {
		return multipartHead("report", "b") + "--b\nContent-Type: message/rfc822\n\n" + strings.Repeat("X-A: b\n", 2_000_000) + "\na\n--b--\n"
	}},
	{"a header line of 30 MiB", func() string { return mailHead + "Subject: " + strings.Repeat("a ", 15<<20) + "\n\na\n" }},
	{"a body line of 30 MiB", func() string { return mailHead + "\n" + strings.Repeat("a ", 15<<20) }},
	{"a pasted line of 30 MiB", func() string { return "550 5.1.1 " + strings.Repeat("a ", 15<<20) }},
	{"a mail of 100 MiB", func() string {
		return multipartHead("report", "b") + "--b\n\na\n\n--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat("QUJDQUJDQUJD\n", (100<<20)/13)
	}},
	{"a text of 100 MiB", func() string { return mailHead + "\n" + strings.Repeat("a word a line\n", (100<<20)/14) }},
	{"a notice of 100 MiB", func() string {
		return mailHead + "\nThis is the mail system at host a.\n\n" + strings.Repeat("<a@b.example>: 550 5.1.1 no\n\n", (100<<20)/29)
	}},
}

func numberedTimes(n int, piece string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, piece, i)
	}
	return b.String()
}

// TestVastInputs reads vast messages in bounded time, with bounded memory
// besides the input, and says which bound was hit.
func TestVastInputs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const room = 75 << 20 // what is left of 100 MB when the part of the input that is read has its place
	for _, in := range vast {
		raw := []byte(in.raw())
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := spent()
		res := Read(raw, Options{Now: testNow})
		took := spent() - start
		runtime.ReadMemStats(&after)
		all := after.TotalAlloc - before.TotalAlloc
		t.Logf("%-45s %8v %4d MB allocated in all", in.name, took.Round(time.Millisecond), all>>20)
		if took > 2*time.Second*slowdown {
			t.Errorf("%s takes %v", in.name, took)
		}
		if all > room {
			t.Errorf("%s takes %d MB", in.name, all>>20)
		}
		limit := false
		for _, f := range res.Findings {
			limit = limit || f.Kind == LimitReached
		}
		if !limit {
			t.Errorf("%s: no finding names the bound", in.name)
		}
	}
}
