package bounce

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose/reply"
)

var update = flag.Bool("update", false, "write the golden captures anew")

var (
	testNow = time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)
	samples = filepath.Join("..", "..", "testdata", "bounces")
)

func readSample(t testing.TB, name string, opts Options) ([]byte, Result) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(samples, name))
	if err != nil {
		t.Fatal(err)
	}
	if opts.Now.IsZero() {
		opts.Now = testNow
	}
	return raw, Read(raw, opts)
}

// sampleNames gives the samples as kind/file, in order.
func sampleNames(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(samples, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		rel, err := filepath.Rel(samples, p)
		if err != nil {
			t.Fatal(err)
		}
		// What is packed, the package that opens it reads.
		if rel = filepath.ToSlash(rel); !strings.HasPrefix(rel, "golden/") && !strings.HasPrefix(rel, "container/") {
			names = append(names, rel)
		}
	}
	return names
}

// TestGolden compares the capture records of every sample with the golden
// file beside it; -update writes them.
func TestGolden(t *testing.T) {
	for _, name := range sampleNames(t) {
		t.Run(name, func(t *testing.T) {
			_, res := readSample(t, name, Options{})
			var got bytes.Buffer
			for _, r := range Records(name, res) {
				line, err := r.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				got.Write(append(line, '\n'))
			}
			golden := filepath.Join(samples, "golden", filepath.FromSlash(name)+".jsonl")
			if *update {
				if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("capture differs\n got %s\nwant %s", got.Bytes(), want)
			}
		})
	}
}

// TestKeepsNothing: a result stays what it is when the bytes that it was read
// from are written over.
func TestKeepsNothing(t *testing.T) {
	raws := map[string][]byte{}
	for _, name := range sampleNames(t) {
		raw, err := os.ReadFile(filepath.Join(samples, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		raws[name] = raw
	}
	if root := filepath.Join(corpus, "set-of-emails", "maildir"); dirExists(root) {
		for name, raw := range corpusFiles(t) {
			raws[name] = raw
		}
	}
	for name, raw := range raws {
		res := Read(raw, Options{Now: testNow, Ours: Ours{Domains: []string{"fabrikam.example"}}})
		before := spelled(t, res)
		for i := range raw {
			raw[i] = '#'
		}
		if after := spelled(t, res); after != before {
			t.Errorf("%s: the result points into the input", name)
		}
	}
}

func spelled(t testing.TB, res Result) string {
	t.Helper()
	out, err := json.Marshal(res.Reports)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %+v %s", out, res.Findings, res.Recognised)
}

func dirExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// TestKindsHaveSamples: every kind of input has at least three samples.
func TestKindsHaveSamples(t *testing.T) {
	kinds := map[string]int{}
	for _, name := range sampleNames(t) {
		kind, _, _ := strings.Cut(name, "/")
		kinds[kind]++
	}
	for _, kind := range []string{"notification", "notice", "forwarded", "status", "reply", "log", "event", "suppression"} {
		if kinds[kind] < 3 {
			t.Errorf("%s: %d samples", kind, kinds[kind])
		}
	}
	if kinds["not-a-bounce"] < 20 {
		t.Errorf("not-a-bounce: %d samples", kinds["not-a-bounce"])
	}
}

// TestProvenance holds that every field of an exact part stands where it says.
func TestProvenance(t *testing.T) {
	for _, name := range []string{"notification/gateway-sendgrid.eml", "notification/postfix-dsn.eml", "notification/postfix-three-recipients.eml", "notice/exim-notice.eml", "notice/exim-notice-cr.eml",
		"notification/delayed-dsn.eml", "notice/qmail-notice.eml", "notice/sendmail-transcript.eml", "reply/reply-single.txt", "log/postfix-bounced.log", "log/postfix-noqueue.log",
		"log/postfix-expired.log", "log/postfix-rules.log", "log/exim-main.log", "log/exim-rejected.log", "log/exim-syslog.log", "log/sendmail-bounced.log", "log/sendmail-deferred.log", "log/sendmail-rejected.log",
		"log/opensmtpd-delivery.log", "log/opensmtpd-refused.log", "log/haraka-bracket.log", "log/haraka-deferred.log", "log/haraka-logfmt.log", "log/qmail-local.log",
		"log/exchange-tracking.log", "log/microsoft365-trace.csv", "log/microsoft365-detail.csv", "log/powermta-acct.csv", "log/sendgrid-activity.csv", "log/bounce-table.csv", "suppression/sendgrid-bounces.csv", "suppression/mailgun-bounces.csv",
		"suppression/ses-destinations.tsv", "suppression/postmark-suppressions.csv", "suppression/mandrill-denylist.csv", "suppression/unknown-platform.csv", "suppression/no-names.txt", "forwarded/quoted-notice.txt", "forwarded/forwarded.eml"} {
		raw, res := readSample(t, name, Options{})
		if len(res.Reports) == 0 {
			t.Errorf("%s: nothing read", name)
		}
		for _, r := range res.Reports {
			for what, f := range map[string]Field{"recipient": r.Recipient, "sender": r.Sender, "code": r.ReplyCode, "enhanced": r.EnhancedCode,
				"remote": r.RemoteMTA, "address": r.RemoteAddress, "message id": r.MessageID, "reporting": r.ReportingMTA, "queue id": r.QueueID, "command": r.Command} {
				if !f.Known() {
					continue
				}
				if !strings.HasPrefix(string(raw[f.Offset:]), string(f.Value)) {
					t.Errorf("%s: %s %q is not at offset %d: %q", name, what, string(f.Value), f.Offset, raw[f.Offset:min(len(raw), f.Offset+30)])
				}
				head := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(raw[:f.Offset]))
				if want := 1 + strings.Count(head, "\n"); f.Line != want {
					t.Errorf("%s: %s stands on line %d, said %d", name, what, want, f.Line)
				}
			}
			if d := r.Diagnostic; d.Known() && !strings.HasPrefix(string(raw[d.Offset:]), string(d.Value[:3])) {
				t.Errorf("%s: the reply %q is not at offset %d", name, string(d.Value), d.Offset)
			}
		}
	}
}

// TestDecodedProvenance holds that fields of encoded parts point to their line.
func TestDecodedProvenance(t *testing.T) {
	for name, want := range map[string]string{"notice/gmail-notice.eml": "550 5.1.1 <sam", "notice/gmail-notice-crlf.eml": "550 5.1.1 <sam", "notice/microsoft365-notice.eml": "Remote Server returned"} {
		raw, res := readSample(t, name, Options{})
		lines := strings.Split(string(raw), "\n")
		got := lines[res.Reports[0].Diagnostic.Line-1]
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: the reply is said to stand on line %d: %q", name, res.Reports[0].Diagnostic.Line, got)
		}
	}
}

func TestGateway(t *testing.T) {
	_, res := readSample(t, "notification/gateway-sendgrid.eml", Options{})
	r := res.Reports[0]
	if res.Format != FormatDSN || res.Recognised != "delivery status notification from sendgrid.net, written by SendGrid" {
		t.Errorf("recognised %q as %q", res.Recognised, res.Format)
	}
	if r.Source.Value != "SendGrid" || r.Stage != StageRcpt || r.Reason != reply.UserUnknown || r.Permanence != Permanent || r.Genuine != Plausible {
		t.Errorf("source %q stage %q reason %q permanence %q genuine %q", string(r.Source.Value), r.Stage, r.Reason, r.Permanence, r.Genuine)
	}
	if got := r.FailedAt.At.Format(time.RFC3339); got != "2026-11-23T09:12:44+01:00" {
		t.Errorf("failed at %s", got)
	}
	if r.RemoteMTA.By != "sendgrid.net" || r.Diagnostic.By != "sendgrid.net" || r.Recipient.Part != "2" || r.MessageID.Part != "3" {
		t.Errorf("claims: %+v %+v", r.RemoteMTA, r.Recipient)
	}
	if len(r.Through) != 1 || len(r.Missing) != 0 {
		t.Errorf("through %d, missing %v", len(r.Through), r.Missing)
	}
}

func TestGenuine(t *testing.T) {
	cases := []struct {
		name, file string
		ours       Ours
		want       Genuine
	}{
		{"nothing known of ours", "notification/gateway-sendgrid.eml", Ours{}, Plausible},
		{"relayed by our host", "notification/gateway-sendgrid.eml", Ours{Hosts: []string{"App1.fabrikam.example"}}, Proved},
		{"relayed by our address", "notification/gateway-sendgrid.eml", Ours{Hosts: []string{"192.0.2.40"}}, Proved},
		{"address that is only a prefix", "notification/gateway-sendgrid.eml", Ours{Hosts: []string{"192.0.2.4"}}, Unproved},
		{"our domain sent, no host known", "notification/gateway-sendgrid.eml", Ours{Domains: []string{"fabrikam.example"}}, Plausible},
		{"sender is not ours", "notification/gateway-sendgrid.eml", Ours{Domains: []string{"tailspin.example"}}, Unproved},
		{"our host wrote it, but no path is shown", "notification/postfix-three-recipients.eml", Ours{Hosts: []string{"relay.fabrikam.example"}}, Plausible},
		{"a host of our domain wrote it", "notification/postfix-dsn.eml", Ours{Domains: []string{"fabrikam.example"}}, Proved},
		{"a notice in free text", "notice/exim-notice.eml", Ours{}, Unproved},
		{"that names our host by its greeting", "notice/exim-notice.eml", Ours{Hosts: []string{"web1.proseware.example"}}, Unproved},
		{"that our host wrote", "notice/exim-notice.eml", Ours{Hosts: []string{"mail.proseware.example"}}, Proved},
		{"pasted", "reply/reply-single.txt", Ours{Hosts: []string{"contoso-example.p10.spamhero.com"}}, Unproved},
		{"forwarded", "forwarded/forwarded.eml", Ours{}, Unproved},
	}
	for _, c := range cases {
		_, res := readSample(t, c.file, Options{Ours: c.ours})
		if got := res.Reports[0]; got.Genuine != c.want || len(got.GenuineReasons) == 0 {
			t.Errorf("%s: %s, want %s: %v", c.name, got.Genuine, c.want, got.GenuineReasons)
		}
	}
}

func TestForgedReporter(t *testing.T) {
	raw, _ := readSample(t, "notification/postfix-three-recipients.eml", Options{})
	forged := append([]byte("Received: from elsewhere.example ([203.0.113.66]) by mx.third.example; Tue, 24 Nov 2026 12:41:04 +0000\n"), raw...)
	r := Read(forged, Options{Ours: Ours{Hosts: []string{"relay.fabrikam.example"}}}).Reports[0]
	if r.Genuine != Unproved {
		t.Errorf("a bounce that claims our host and came from elsewhere is %s", r.Genuine)
	}
}

func TestContradictions(t *testing.T) {
	for file, want := range map[string][]string{
		"notification/wrapped-reply.eml": {"Reporting-MTA stands 2 times", "2 message IDs"},
		"status/status-block.txt":        {"the action is failed, but the status 4.4.7", "different classes"},
		"notification/postfix-dsn.eml":   {"sent to friends@fabrikam.example"},
	} {
		_, res := readSample(t, file, Options{})
		var all strings.Builder
		for _, f := range res.Reports[0].Findings {
			all.WriteString(string(f.Claim) + "\n")
		}
		for _, w := range want {
			if !strings.Contains(all.String(), w) {
				t.Errorf("%s: no finding %q in %q", file, w, all.String())
			}
		}
	}
}

func TestInner(t *testing.T) {
	_, res := readSample(t, "notification/wrapped-reply.eml", Options{})
	in := res.Reports[0].Inner
	if in == nil || in.Code.Value != "550" || in.Enhanced.Value != "5.1.1" || !strings.HasPrefix(string(in.Reply.Value), "550 5.1.1 <ivy@") || in.Code.By != "store.graphic.example" {
		t.Errorf("inner reply %+v", in)
	}
}

func TestProblems(t *testing.T) {
	cases := []struct {
		name, in string
		want     error
	}{
		{"empty", "", ErrEmpty},
		{"blank", " \r\n\t\n", ErrEmpty},
		{"nul bytes", "\x00\x01\x02\x00\x00\x00\x00\x7f", ErrBinary},
		{"gzip", "\x1f\x8b\x08\x00more", ErrBinary},
		{"utf-16 without a mark", "F\x00r\x00o\x00m\x00", ErrBinary},
		{"utf-16 that holds nothing", "\xff\xfe", ErrEmpty},
		{"prose", "The meeting is at 550 Main Street, bring 5.1 speakers.", ErrNotABounce},
		{"address", "robin.hale@contoso.example", ErrNotABounce},
	}
	for _, c := range cases {
		res := Read([]byte(c.in), Options{})
		if !errors.Is(res.Problem, c.want) || res.Says == "" || len(res.Reports) != 0 {
			t.Errorf("%s: problem %v, says %q, %d reports", c.name, res.Problem, res.Says, len(res.Reports))
		}
	}
}

func TestNotABounce(t *testing.T) {
	head := "From: a@contoso.example\nTo: b@fabrikam.example\nDate: Mon, 23 Nov 2026 09:00:00 +0000\n"
	cases := []struct {
		name, in string
		want     Kind
	}{
		{"ordinary mail", head + "Subject: lunch\n\nOne o'clock?\n", NotOrdinary},
		{"ordinary mail about bounces", head + "Subject: our bounce rate\n\nIt was 5.1 percent; user unknown was most of it.\n", NotOrdinary},
		{"away", head + "Subject: Out of office: invoice\nAuto-Submitted: auto-replied\n\nBack on Monday.\n", NotVacation},
		{"challenge", head + "Subject: please confirm\nAuto-Submitted: auto-replied\n\nPlease reply to this message to confirm that you sent it.\n", NotChallenge},
		{"delivered", head + "Subject: Delivery report\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.contoso.example\n\nFinal-Recipient: rfc822; a@contoso.example\nAction: relayed\nStatus: 2.1.9\n", NotDelivered},
	}
	for _, c := range cases {
		res := Read([]byte(c.in), Options{})
		if len(res.Reports) != 1 || res.Reports[0].NotABounce != c.want || res.Reports[0].Why == "" || res.Reports[0].Failure() {
			t.Errorf("%s: %+v", c.name, res.Reports)
		}
	}
}

// TestPastedForms holds the shapes in which people paste one reply.
func TestPastedForms(t *testing.T) {
	cases := []struct{ in, code, enhanced, recipient, host, addr, command string }{
		{"550 5.1.1 <a@b.example>: User unknown", "550", "5.1.1", "a@b.example", "", "", ""},
		{"smtp; 550 5.1.1 user unknown", "550", "5.1.1", "", "", "", ""},
		{"smtp;550-5.1.1 The account 550 5.1.1 does not exist", "550", "5.1.1", "", "", "", ""},
		{"5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table", "", "5.1.1", "a@b.example", "", "", ""},
		{"User unknown in local recipient table", "", "", "", "", "", ""},
		{"<a@b.example>: host mx.b.example[192.0.2.7] said: 550 No such user (in reply to\n    RCPT TO command)", "550", "", "a@b.example", "mx.b.example", "192.0.2.7", "RCPT TO"},
		{"host mx.b.example[2001:db8::7]:25 refused to talk to me: 554 5.7.1 go away", "554", "5.7.1", "", "mx.b.example", "2001:db8::7", ""},
		{"550 5.7.1 Service unavailable, Client host [192.0.2.99] blocked", "550", "5.7.1", "", "", "", ""},
		{"SMTP error from remote mail server after RCPT TO:<a@b.example>: host mx.b.example [192.0.2.7]: 550 unknown user", "550", "", "a@b.example", "mx.b.example", "192.0.2.7", "RCPT TO"},
		{"> 550 5.1.1 <a@b.example>: User unknown\n> in virtual mailbox table", "550", "5.1.1", "a@b.example", "", "", ""},
		{"Diagnostic-Code: smtp; 550 5.1.1 no such user", "550", "5.1.1", "", "", "", ""},
		{"(host 'mx.b.example' rejected command 'RCPT TO:<a@b.example>' with code 550 (5.5.0) 'Mailbox not found.')", "550", "5.5.0", "a@b.example", "mx.b.example", "", "RCPT TO"},
	}
	for _, c := range cases {
		res := Read([]byte(c.in), Options{})
		if len(res.Reports) != 1 {
			t.Errorf("%q: %d reports, %v", c.in, len(res.Reports), res.Problem)
			continue
		}
		r := res.Reports[0]
		got := []string{string(r.ReplyCode.Value), string(r.EnhancedCode.Value), string(r.Recipient.Value), string(r.RemoteMTA.Value), string(r.RemoteAddress.Value), string(r.Command.Value)}
		want := []string{c.code, c.enhanced, c.recipient, c.host, c.addr, c.command}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q\n got %q\nwant %q", c.in, got, want)
				break
			}
		}
	}
}

func TestSeveralPastedReplies(t *testing.T) {
	res := Read([]byte("550-5.1.1 first\n550 5.1.1 <a@b.example> gone\n552 5.2.2 <c@b.example> full\n"), Options{})
	if len(res.Reports) != 2 || res.Reports[1].ReplyCode.Value != "552" || res.Reports[1].Index != 2 || res.Reports[0].Recipient.Value != "a@b.example" {
		t.Errorf("%+v", res.Reports)
	}
}

func TestDelayedIsNotFinal(t *testing.T) {
	_, res := readSample(t, "notification/delayed-dsn.eml", Options{})
	r := res.Reports[0]
	if r.Action != Delayed || r.Permanence != Transient || r.RetryUntil.At.IsZero() {
		t.Errorf("%s %s %v", r.Action, r.Permanence, r.RetryUntil.At)
	}
}
