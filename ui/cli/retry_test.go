package cli_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"deadletter/diagnose"
)

// TestProbeByHand goes the whole way: the plan alone contacts nobody, a word at
// the terminal asks one host, and what it said is in the case.
func TestProbeByHand(t *testing.T) {
	r := newRetryable(t, map[string]string{"RCPT": "550 5.1.1 <robin.hale@contoso.example> user unknown"})
	plan := r.args("retry", "--way", "probe", "--show", retryCase).want(t, 0)
	for _, want := range []string{"contoso-example.p10.spamhero.com, address " + r.host.addr, "EHLO workbench.fabrikam.example", "MAIL FROM:<postmaster@em.fabrikam.example>",
		"RCPT TO:<" + demoRecipient + ">", "the MX is the same as before", "A yes is no proof of a mailbox", "Nothing was sent"} {
		if !strings.Contains(plan.stdout, want) {
			t.Errorf("the plan does not hold %q:\n%s", want, plan.stdout)
		}
	}
	if conns, _, _ := r.host.heard(); conns != 0 || len(r.retries()) != 0 {
		t.Fatalf("%d connections for a plan", conns)
	}
	m := r.at("retry", "--way", "probe", retryCase)
	m.until("> ")
	m.types("probe")
	m.press("\r")
	if code := m.end(); code != 0 {
		t.Fatalf("exit code %d: %s", code, m.bytes())
	}
	out := string(m.until("kept "))
	for _, want := range []string{"-> ", "RCPT TO:<" + demoRecipient + ">", "<-  550 5.1.1", "there is no such mailbox", "before: the bounce", "after: the one retry", "Back to the administrator"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if conns, lines, _ := r.host.heard(); conns != 1 || strings.Contains(lines, "DATA") || !strings.HasSuffix(lines, "QUIT") {
		t.Errorf("%d connections:\n%s", conns, lines)
	}
	if got := r.args("retry", "--way", "probe", retryCase).want(t, 1); !strings.Contains(got.stderr, "the permit is spent") {
		t.Errorf("again: %+v", got)
	}
	var o struct {
		Result  diagnose.RetryResult
		Attempt *diagnose.Attempt
		Locked  []struct{ Key string }
	}
	got := r.args("retry", "--json", retryCase).want(t, 1)
	if err := json.Unmarshal([]byte(got.stdout), &o); err != nil || o.Result != diagnose.RetrySame || o.Attempt == nil || len(o.Attempt.Lines) < 8 || len(o.Locked) == 0 {
		t.Errorf("%v: %s", err, got.stdout)
	}
}

// TestRetryWithoutConsent: neither a pipe, nor another word, nor a paste makes
// an attempt; no permit is spent.
func TestRetryWithoutConsent(t *testing.T) {
	r := newRetryable(t, nil)
	if got := r.feed("probe\n", append([]string{"retry", "--way", "probe", retryCase}, r.flags()...)...).want(t, 0); !strings.Contains(got.stdout, "Nothing was sent") {
		t.Errorf("%+v", got)
	}
	for name, keys := range map[string][]string{
		"another word": {"y", "e", "s", "\r"}, "nothing": {"\r"}, "left": {"pr", "\x03"}, "a paste": {"\x1b[200~probe\r\x1b[201~", "\r"},
		"a paste without marks": {"probe\r", "\r"},
	} {
		t.Run(name, func(t *testing.T) {
			m := r.at("retry", "--way", "probe", retryCase)
			m.until("> ")
			for _, k := range keys {
				m.press(k)
				if k == "probe\r" {
					m.until("That came all at once") // the next key is a piece of its own
				}
			}
			m.until("it was not typed")
			if code := m.end(); code != 2 {
				t.Errorf("exit code %d: %s", code, m.bytes())
			}
		})
	}
	if conns, _, _ := r.host.heard(); conns != 0 || len(r.retries()) != 0 {
		t.Errorf("%d connections, %d attempts", conns, len(r.retries()))
	}
}

func TestRetryRefuses(t *testing.T) {
	r := newRetryable(t, nil)
	outside := newRetryable(t, nil)
	outside.configure(t, "ehlo = \"workbench.fabrikam.example\"\n[relay]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"plain\"\n")
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"offline":            {[]string{"retry", "--offline", "--way", "probe", retryCase}, 3, "--offline opens no socket"},
		"no such way":        {[]string{"retry", "--way", "twice", retryCase}, 2, "there is no \"twice\""},
		"no such case":       {[]string{"retry", "20261123-example.com-aaaa"}, 2, "deadletter cases"},
		"two cases":          {[]string{"retry", retryCase, retryCase}, 2, "takes one"},
		"a host for nothing": {[]string{"retry", "--host", "mx.example", retryCase}, 2, "--host names whom a probe asks"},
		"no MX":              {[]string{"retry", "--way", "probe", "--host", "mx.example", retryCase}, 2, "is no MX host"},
		"a private MX":       {[]string{"retry", "--way", "probe", "--host", "contoso-example.p20.spamhero.com", retryCase}, 2, "is no MX host"},
		"no relay":           {[]string{"retry", "--way", "message", retryCase}, 2, "no relay is named"},
		"no attempt yet":     {[]string{"retry", "--result", r.resolver, retryCase}, 2, "no retry was made"},
		"a consent by flag":  {[]string{"retry", "--yes", retryCase}, 2, "unknown flag"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := r.args(c.args...); got.code != c.code || !strings.Contains(got.stderr, c.want) {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("no lab", func(t *testing.T) {
		if got := r.run("retry", "--way", "probe", "--resolver", r.resolver, retryCase); got.code == 0 || !strings.Contains(got.stderr, "special address") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("another port of this machine", func(t *testing.T) {
		if got := outside.args("retry", "--way", "message", retryCase); got.code != 1 || !strings.Contains(got.stderr, "DNS comes from zone text") {
			t.Errorf("%+v", got)
		}
	})
	if conns, _, _ := r.host.heard(); conns != 0 {
		t.Errorf("%d connections", conns)
	}
}

const canary = "canary-9f2e71-relay-password"

// relayed configures the server as our relay, with a login.
func (r *retryable) relayed(t testing.TB, key string) {
	t.Helper()
	_, port, _ := net.SplitHostPort(r.host.addr)
	r.configure(t, fmt.Sprintf("ehlo = \"workbench.fabrikam.example\"\n[relay]\nhost = \"127.0.0.1\"\nport = %s\nsecurity = \"plain\"\nuser = \"mara\"\nkey = %s\n", port, key))
}

// TestMessageByHand sends the one message; its password comes from each place,
// reaches the relay, and is in nothing that the program leaves or shows. The
// notification that comes back is the result.
func TestMessageByHand(t *testing.T) {
	for place, key := range map[string]string{"file": `{ file = "KEYFILE" }`, "command": `{ command = ["cat", "KEYFILE"] }`, "environment": `{ env = "RELAY_PASSWORD" }`} {
		t.Run(place, func(t *testing.T) {
			r := newRetryable(t, nil, "RELAY_PASSWORD="+canary)
			outside := write(t, filepath.Join(t.TempDir(), "key"), canary+"\n")
			r.relayed(t, strings.ReplaceAll(key, "KEYFILE", outside))
			var mu sync.Mutex
			var seen strings.Builder
			note := func(text string) { mu.Lock(); defer mu.Unlock(); seen.WriteString(text) }
			r.host.each(func(string) { note(cmdlines(t)) })
			shown := r.args("retry", "--way", "message", "--show", retryCase).want(t, 0)
			note(shown.stdout + shown.stderr)
			m := r.at("retry", "--way", "message", "--show", retryCase)
			m.until("> ")
			m.types(demoRecipient)
			m.press("\r")
			if code := m.end(); code != 0 {
				t.Fatalf("exit code %d: %s", code, m.bytes())
			}
			out := string(m.until("kept "))
			note(out)
			conns, lines, messages := r.host.heard()
			login := base64.StdEncoding.EncodeToString([]byte("\x00mara\x00" + canary))
			if conns != 1 || len(messages) != 1 || !strings.Contains(lines, login) {
				t.Fatalf("%d connections, %d messages:\n%s", conns, len(messages), lines)
			}
			for line := range strings.SplitSeq(messages[0], "\r\n") {
				if !strings.Contains(out, line) {
					t.Errorf("sent and not shown before: %q", line)
				}
			}
			last := r.retries()[0]
			if !strings.Contains(messages[0], last.MessageID) || last.Ended == nil || last.Ended.Result != diagnose.RetryAccepted {
				t.Fatalf("%+v", last)
			}
			if got := r.args("retry", "--way", "message", retryCase).want(t, 1); !strings.Contains(got.stderr, "spent") {
				t.Errorf("again: %+v", got)
			}
			bounce := notification(last, demoRecipient)
			path := write(t, filepath.Join(r.home, "notification.eml"), bounce)
			got := r.run("retry", "--offline", "--result", path, retryCase).want(t, 0)
			if !strings.Contains(got.stdout, "The same refusal again") && !strings.Contains(got.stdout, "same") {
				t.Errorf("the notification is not the result:\n%s%s", got.stdout, got.stderr)
			}
			var o struct{ Result diagnose.RetryResult }
			if err := json.Unmarshal([]byte(r.args("retry", "--json", retryCase).want(t, 1).stdout), &o); err != nil || o.Result != diagnose.RetrySame {
				t.Errorf("%v, %s", err, o.Result)
			}
			for _, args := range [][]string{{"export", "--full", retryCase}, {"export", "--full", "--format", "json", retryCase}, {"config"}, {"doctor", "--offline"}, {"cases"}} {
				e := r.run(args...)
				note(e.stdout + e.stderr)
			}
			if err := filepath.WalkDir(r.home, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					text, err := os.ReadFile(path)
					note(string(text))
					return err
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			for _, form := range []string{canary, canary[7:20], base64.StdEncoding.EncodeToString([]byte(canary))[:20], login} {
				if i := strings.Index(seen.String(), form); i >= 0 {
					t.Errorf("the password shows: …%s", seen.String()[max(0, i-200):min(seen.Len(), i+80)])
				}
			}
		})
	}
}

// notification is the bounce of an attempt, as a mail server writes it (RFC 3464).
func notification(r diagnose.Retry, to string) string {
	return strings.ReplaceAll(fmt.Sprintf(`From: MAILER-DAEMON@out1.fabrikam.example
To: %s
Subject: Undelivered Mail Returned to Sender
Date: %s
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; out1.fabrikam.example
Original-Envelope-Id: %s

Final-Recipient: rfc822; %s
Action: failed
Status: 5.1.1
Remote-MTA: dns; contoso-example.p10.spamhero.com
Diagnostic-Code: smtp; 550 5.1.1 <%s> user unknown

--b
Content-Type: text/rfc822-headers

From: <%s>
To: <%s>
Message-ID: %s

--b--
`, r.From, r.At.UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000"), r.Envelope, to, to, r.From, to, r.MessageID), "\n", "\r\n")
}

// TestOneAttemptOfTwo: of two programs that have the same consent at once, one
// makes the attempt.
func TestOneAttemptOfTwo(t *testing.T) {
	r := newRetryable(t, nil)
	first := r.at("retry", "--way", "probe", retryCase)
	first.until("> ")
	second := r.at("retry", "--way", "probe", retryCase)
	if code := second.end(); code != 4 || !strings.Contains(string(second.bytes()), "read-only") {
		t.Errorf("the second: %d: %s", code, second.bytes())
	}
	first.types("probe")
	first.press("\r")
	if code := first.end(); code != 0 {
		t.Fatalf("the first: %d: %s", code, first.bytes())
	}
	if conns, _, _ := r.host.heard(); conns != 1 {
		t.Errorf("%d connections", conns)
	}
}

// handed spends the permit by hand, and leaves before the result is recorded.
func (r *retryable) handed() {
	r.t.Helper()
	m := r.at("retry", "--way", "hand", retryCase)
	m.until("> ")
	m.types("send")
	m.press("\r")
	m.until("What came of it?")
	m.press("\x03")
	if code := m.end(); code != 2 {
		r.t.Errorf("exit code %d: %s", code, m.bytes())
	}
}

// TestRetryByHand: the permit is spent before the person sends; leaving then
// is no harm, and the result is recorded later, offline.
func TestRetryByHand(t *testing.T) {
	r := newRetryable(t, nil)
	r.handed()
	if list := r.retries(); len(list) != 1 || list[0].Ended != nil || list[0].Way != diagnose.RetryByHand {
		t.Fatalf("%+v", list)
	}
	if got := r.args("retry", "--way", "probe", retryCase).want(t, 1); !strings.Contains(got.stderr, "the permit is spent") {
		t.Errorf("%+v", got)
	}
	m := r.mute(program, "retry", "--offline", "--way", "hand", retryCase)
	m.until("> ")
	m.types("accepted")
	m.press("\r")
	m.until("nothing.\r\n> ")
	m.types("250 ok")
	m.press("\r")
	if code := m.end(); code != 0 || r.retries()[0].Ended.Result != diagnose.RetryAccepted {
		t.Errorf("exit code %d: %s", code, m.bytes())
	}
	if conns, _, _ := r.host.heard(); conns != 0 {
		t.Errorf("%d connections", conns)
	}
}
