package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
)

// TestRealServers goes the whole way with the program, as people run it: a probe
// of a real Postfix, then the one message through a real Exim that wants a login
// over TLS, and the notification that it sends back. The lab of mail servers
// says in LAB_SERVERS where they run.
func TestRealServers(t *testing.T) {
	dir := os.Getenv("LAB_SERVERS")
	if dir == "" {
		t.Skip("LAB_SERVERS names no folder of running mail servers; .ci/lab/servers/run does")
	}
	const to, from, mx, submit = "full@virtual.postfix.test", "retry@sender.test", "127.0.0.22:2525", "127.0.0.34:587"
	p := newPlace(t, "SSL_CERT_FILE="+filepath.Join(dir, "tls.pem"))
	p.env = append(p.env, "XDG_CONFIG_HOME="+filepath.Join(p.home, ".config"))
	key := write(t, filepath.Join(p.home, "relay.key"), "the key of the lab\n")
	p.configure(t, "ehlo = \"retry.sender.test\"\nprobe_from = \"retry@sender.test\"\n[relay]\nhost = \"submit.exim.test\"\nuser = \"lab\"\nkey = { file = \""+key+"\" }\n")
	zones := "zone:" + write(t, filepath.Join(p.home, "zones.txt"), labZones)
	before := diagnose.Retry{RetryIntended: diagnose.RetryIntended{From: from, MessageID: "<before@sender.test>", Envelope: "before"}, At: time.Now().Add(-5 * time.Hour)}
	p.makeCase(t, retryCase, to, bounce.Ours{Domains: []string{"sender.test"}, Issued: []string{before.MessageID}}, strings.NewReplacer("out1.fabrikam.example", "out1.sender.test", "contoso-example.p10.spamhero.com", "mx.postfix.test").Replace(notification(before, to)), mx, submit)
	flags := []string{"--resolver", zones, "--lab-allow", mx, "--lab-allow", submit, retryCase}
	p.run(append([]string{"retry"}, flags...)...).want(t, 0)
	if got := p.run(append([]string{"retry", "--way", "message"}, flags...)...).want(t, 0); !strings.Contains(words(got.stdout), "was sent by out1.sender.test: it proves that path only if the relay") {
		t.Errorf("it does not say that the relay may be another way: %+v", got)
	}
	agree := func(way, word, want string) {
		t.Helper()
		m := p.mute(program, append([]string{"retry", "--way", way}, flags...)...)
		m.agree(word)
		if code := m.end(); code != 0 {
			t.Fatalf("exit code %d: %s", code, m.bytes())
		}
		m.until(want)
	}
	agree("probe", "probe", "The recipient is accepted now")
	agree("message", to, "The message was taken and queued")
	retries := (&retryable{place: p, id: retryCase}).retries()
	token := strings.ToLower(retries[len(retries)-1].Token)
	var notice string
	until(t, "the notification", func() bool {
		list, _ := filepath.Glob(filepath.Join(dir, "root", "lab", "*", "mail", "sender", "new", "*"))
		for _, path := range list {
			if text, err := os.ReadFile(path); err == nil && strings.Contains(strings.ToLower(string(text)), token) {
				notice = path
			}
		}
		return notice != ""
	})
	got := p.run("retry", "--offline", "--result", notice, retryCase).want(t, 0)
	for _, want := range []string{"Another refusal than before", "after: the one retry", "input/output error"} { // the mailbox is full on purpose
		if !strings.Contains(got.stdout, want) {
			t.Errorf("it does not say %q: %+v", want, got)
		}
	}
	if text := read(t, filepath.Join(p.cases(), retryCase+".journal")); strings.Contains(text, "the key of the lab") {
		t.Error("the key is in the case")
	}
}
