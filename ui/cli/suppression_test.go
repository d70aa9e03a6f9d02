package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deadletter/diagnose/suppression/platformtest"
)

// types sends a text as somebody types it: one character, and then its echo.
func (m *mute) types(text string) {
	m.t.Helper()
	for i, r := range text {
		before := len(m.bytes())
		m.press(string(r))
		until(m.t, "the echo of "+text[:i+1], func() bool { return len(m.bytes()) > before })
	}
}

func demoZone() string { return "zone:" + filepath.Join(root, "testdata", "demo", "zones.txt") }

const withKey = "SENDGRID_API_KEY=" + platformtest.Secret

// looked looks the recipient of a case up, as somebody at a terminal.
func (p *place) looked(id string) string {
	p.t.Helper()
	m := p.mute(program, "suppression", "show", id)
	m.until("> ")
	m.types("yes")
	m.press("\r")
	if code := m.end(); code != 0 {
		p.t.Fatalf("exit code %d: %s", code, m.bytes())
	}
	return string(m.until("group unsubscribes  "))
}

func TestShowAsksFirst(t *testing.T) {
	p, id, server := suppressed(t, withKey)
	m := p.mute(program, "suppression", "show", id)
	said := strings.Join(strings.Fields(string(m.until("> "))), " ") // lines break where the window ends
	host := strings.TrimPrefix(server.URL, "http://")
	for _, want := range []string{demoRecipient, host, "SendGrid", "account sendgrid", "spam_reports", "Type yes"} {
		if !strings.Contains(said, want) {
			t.Errorf("before anything is asked it does not say %q:\n%s", want, said)
		}
	}
	if n := len(server.Requests()); n != 0 {
		t.Fatalf("%d requests before anybody agreed", n)
	}
	m.types("yes")
	m.press("\r")
	m.until("not listed")
	if code := m.end(); code != 0 {
		t.Fatalf("exit code %d: %s", code, m.bytes())
	}
	if out := string(m.bytes()); !strings.Contains(out, "550 5.1.1 user unknown") || len(server.Requests()) != 6 {
		t.Errorf("%d requests:\n%s", len(server.Requests()), out)
	}
	if exported := p.run("export", "--full", "--format", "json", id).want(t, 0); !strings.Contains(exported.stdout, "sendgrid") {
		t.Errorf("the case does not hold the look-up:\n%s", exported.stdout)
	}
}

// TestShowWithoutConsent: neither a pipe, nor another word, nor the key that
// leaves, nor a paste is an agreement.
func TestShowWithoutConsent(t *testing.T) {
	p, id, server := suppressed(t, withKey)
	if got := p.feed("yes\n", "suppression", "show", id).want(t, 2); !strings.Contains(got.stderr, "somebody at a terminal has to agree") {
		t.Errorf("%+v", got)
	}
	for name, keys := range map[string][]string{
		"another word": {"n", "o", "\r"}, "nothing": {"\r"}, "it is left": {"y", "\x03"},
		"a paste": {"\x1b[200~yes\r\x1b[201~", "\r"}, "a paste in pieces": {"\x1b[20", "0~yes\r", "\x1b[201~", "\r"},
	} {
		t.Run(name, func(t *testing.T) {
			m := p.mute(program, "suppression", "show", id)
			m.until("> ")
			for _, k := range keys {
				m.press(k)
			}
			if code := m.end(); code != 2 {
				t.Errorf("exit code %d: %s", code, m.bytes())
			}
			m.until("it was not typed")
		})
	}
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestShowRefuses(t *testing.T) {
	p, id, server := suppressed(t, withKey)
	bare, bareID, _ := suppressed(t)
	two := write(t, filepath.Join(p.home, "two.txt"), "550 5.1.1 <a@example.com> User unknown\n\n550 5.1.1 <b@example.com> User unknown\n")
	for name, c := range map[string]struct {
		p    *place
		args []string
		code int
		want string
	}{
		"offline":                {p, []string{"show", "--offline", id}, 3, "--offline opens no socket"},
		"no such case":           {p, []string{"show", "20261123-example.com-aaaa"}, 2, "neither a case nor a file"},
		"no key":                 {bare, []string{"show", bareID}, 2, "set SENDGRID_API_KEY"},
		"another account":        {p, []string{"show", "--account", "mailgun", id}, 2, "The setting domain is missing"},
		"no such account":        {p, []string{"show", "--account", "nope", id}, 2, "there are sendgrid, mailgun"},
		"two recipients":         {p, []string{"show", two}, 2, "one is looked up at a time"},
		"two cases":              {p, []string{"show", id, id}, 2, "takes one"},
		"removal, offline":       {p, []string{"remove", "--offline", id}, 3, "--offline opens no socket"},
		"removal, no such case":  {p, []string{"remove", "20261123-example.com-aaaa"}, 2, "deadletter cases"},
		"removal without a look": {p, []string{"remove", "--resolver", demoZone(), id}, 1, "locked"},
		"a list of a flag":       {p, []string{"show", "--key", "x", id}, 2, "unknown flag"},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.p.run(append([]string{"suppression"}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.stderr, c.want) {
				t.Errorf("%+v", got)
			}
		})
	}
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestRemoveByHand goes the whole way: the plan alone sends nothing, the address
// in full removes the one entry, and nothing removes it again.
func TestRemoveByHand(t *testing.T) {
	p, id, server := suppressed(t, withKey)
	p.looked(id)
	asked := len(server.Requests())
	plan := p.run("suppression", "remove", "--resolver", demoZone(), id).want(t, 0)
	for _, want := range []string{demoRecipient, "DELETE 127.0.0.1", "the key for looking up", "suppression.delete", "because", "undo", "Nothing was sent", "remove --confirm " + id} {
		if !strings.Contains(plan.stdout, want) {
			t.Errorf("the plan does not hold %q:\n%s", want, plan.stdout)
		}
	}
	if p.feed(demoRecipient+"\n", "suppression", "remove", "--confirm", "--resolver", demoZone(), id).want(t, 2); len(server.Requests()) != asked {
		t.Fatalf("the plan or a pipe sent something: %+v", server.Requests()[asked:])
	}
	confirm := func(keys func(m *mute), code int) string {
		t.Helper()
		m := p.mute(program, "suppression", "remove", "--confirm", "--resolver", demoZone(), id)
		m.until("> ")
		keys(m)
		if got := m.end(); got != code {
			t.Fatalf("exit code %d: %s", got, m.bytes())
		}
		return string(m.bytes())
	}
	confirm(func(m *mute) {
		m.press("\x1b[200~" + demoRecipient + "\x1b[201~")
		m.until("A paste is not taken")
		m.press(demoRecipient) // a terminal that does not mark a paste
		m.until("came all at once")
		m.press("\r")
	}, 2)
	confirm(func(m *mute) { m.types(demoRecipient[:10]); m.press("\r") }, 2)
	if server.Changes() != 0 {
		t.Fatalf("%d changes without consent", server.Changes())
	}
	out := confirm(func(m *mute) {
		m.types("robim")
		m.press("\x7f\x1b[D")
		m.types("n" + demoRecipient[5:])
		m.press("\r")
	}, 0)
	if !strings.Contains(out, "done: the platform says that it removed the entry; read again, the list does not hold it") || server.Changes() != 1 || server.Has("bounces", demoRecipient) {
		t.Errorf("%d changes:\n%s", server.Changes(), out)
	}
	if got := p.run("suppression", "remove", "--confirm", "--resolver", demoZone(), id); got.code != 1 || server.Changes() != 1 {
		t.Errorf("a second time: %+v, %d changes", got, server.Changes())
	}
}

// TestRemovalWithoutAnswer: the connection ends after the request. It is
// unknown, is not repeated, and reading settles it.
func TestRemovalWithoutAnswer(t *testing.T) {
	p, id, server := suppressed(t, withKey)
	p.looked(id)
	server.Behave(func(r platformtest.Request) platformtest.Behaviour {
		if platformtest.Changing(r) {
			return platformtest.Behaviour{DropAfter: true}
		}
		if server.Changes() > 0 {
			return platformtest.Behaviour{Status: 503}
		}
		return platformtest.Behaviour{}
	})
	m := p.mute(program, "suppression", "remove", "--confirm", "--resolver", demoZone(), id)
	m.until("> ")
	m.types(demoRecipient)
	m.press("\r")
	if code := m.end(); code != 1 || !strings.Contains(string(m.bytes()), "unknown: the request was sent, and no clear answer came") {
		t.Fatalf("exit code %d: %s", code, m.bytes())
	}
	server.Behave(nil)
	if got := p.run("suppression", "remove", "--confirm", "--resolver", demoZone(), id); got.code != 1 || !strings.Contains(got.stderr, "unknown: a removal at SendGrid") {
		t.Errorf("%+v", got)
	}
	if out := p.looked(id); !strings.HasPrefix(out, "unknown: a removal at SendGrid was begun") || !strings.Contains(out, "settled: the entry is gone") {
		t.Errorf("%s", out)
	}
	if server.Changes() != 1 {
		t.Errorf("%d changes", server.Changes())
	}
}

func TestShowJSON(t *testing.T) {
	p, id, _ := suppressed(t, withKey)
	out := filepath.Join(p.home, "out.json")
	m := p.mute("sh", "-c", `exec "$0" suppression show --json "$1" > "$2"`, program, id, out)
	m.until("> ")
	m.types("yes")
	m.press("\r")
	if code := m.end(); code != 0 {
		t.Fatalf("exit code %d: %s", code, m.bytes())
	}
	var got struct {
		Case, Recipient, Platform, Account, Host string
		Recorded, Unknown                        bool
		Entries                                  []struct{ List, Name, Listed, Reason string }
	}
	if err := json.Unmarshal([]byte(read(t, out)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Case != id || got.Recipient != demoRecipient || got.Platform != "sendgrid" || got.Account != "sendgrid" || !got.Recorded || got.Unknown ||
		len(got.Entries) != 6 || got.Entries[0].Listed != "listed" || got.Entries[3].Listed != "not_listed" {
		t.Errorf("%+v", got)
	}
}

// TestShowFile: the one bounce of a file is looked up, and nothing is kept.
func TestShowFile(t *testing.T) {
	p, _, server := suppressed(t, withKey)
	before, err := os.ReadDir(p.cases())
	if err != nil {
		t.Fatal(err)
	}
	out := p.looked(filepath.Join(root, "testdata", "demo", "bounce.eml"))
	after, err := os.ReadDir(p.cases())
	if err != nil || len(after) != len(before) || !strings.Contains(out, "Nothing is kept") || len(server.Requests()) != 6 {
		t.Errorf("%v, %d files, %d requests:\n%s", err, len(after), len(server.Requests()), out)
	}
}

func TestReadExport(t *testing.T) {
	p, id, server := suppressed(t)
	list := write(t, filepath.Join(p.home, "bounces.csv"), "status,reason,email,created\n5.1.1,550 5.1.1 user unknown,"+demoRecipient+",1763800000\n5.1.1,550,another@example.com,1763800000\n")
	if got := p.run("suppression", "export", list, "--case", id); got.code > 1 || !strings.Contains(got.stdout, "user unknown") {
		t.Errorf("%+v", got)
	}
	if got := p.run("suppression", "export", list); got.code != 2 || !strings.Contains(got.stderr, "--case") {
		t.Errorf("%+v", got)
	}
	if got := p.run("suppression", "remove", "--resolver", demoZone(), id); got.code != 1 || server.Changes()+len(server.Requests()) != 0 {
		t.Errorf("a file unlocked a removal: %+v", got)
	}
	if calls := p.traced("suppression", "export", list, "--case", id); calls != "" {
		t.Errorf("sockets:\n%s", calls)
	}
}

// TestAccountsShown: doctor, config and platforms name places of keys and what
// is wrong with them, ask nobody, and know no key.
func TestAccountsShown(t *testing.T) {
	p, _, server := suppressed(t)
	open := write(t, filepath.Join(p.home, "open.key"), platformtest.Secret)
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	p.configure(t, "[[platform]]\nname = \"sendgrid\"\nbase = \""+server.URL+"\"\nkey = { file = \""+open+"\" }\n"+
		"[[platform]]\nname = \"mailgun\"\naccount = \"shop\"\nsettings = { domain = \"mg.example.com\" }\nkey = { command = [\"printf\", \""+platformtest.Secret+"\"] }\n")
	for _, args := range [][]string{{"doctor", "--offline"}, {"config"}, {"suppression", "platforms"}, {"suppression", "platforms", "sendgrid"}} {
		got := p.run(args...).want(t, 0)
		if !strings.Contains(got.stdout, "others can read it: its mode is 0644") || strings.Contains(got.stdout, platformtest.Secret) {
			t.Errorf("%q: %s", args, got.stdout)
		}
		if args[0] != "suppression" && !strings.Contains(got.stdout, "mailgun/shop: command printf, asked when needed; removal: the same; asks api.mailgun.net") {
			t.Errorf("%q: %s", args, got.stdout)
		}
	}
	jsonl := p.run("suppression", "platforms", "--json").want(t, 0)
	for line := range strings.Lines(jsonl.stdout) {
		if !json.Valid([]byte(line)) {
			t.Errorf("%s", line)
		}
	}
	if !strings.Contains(jsonl.stdout, `"account":"mailgun/shop"`) || len(server.Requests()) != 0 {
		t.Errorf("%s", jsonl.stdout)
	}
	p.configure(t, "[[platform]]\nname = \"sandgrid\"\n")
	if got := p.run("config"); got.code != 2 || !strings.Contains(got.stderr, `platform "sandgrid": there is no platform of that name; there are sendgrid, mailgun`) {
		t.Errorf("%+v", got)
	}
	p.configure(t, "[[platform]]\nname = \"mailgun\"\nsettings = { domian = \"x\" }\n")
	if got := p.run("config"); got.code != 2 || !strings.Contains(got.stderr, `there is no setting "domian"; there are domain, region`) {
		t.Errorf("%+v", got)
	}
}

// TestShowRude: a redirect is not followed, an answer that is none says so, and
// what a platform quotes is shown harmless.
func TestShowRude(t *testing.T) {
	p, id, server := suppressed(t, withKey)
	other := platformtest.New("sendgrid")
	t.Cleanup(other.Close)
	show := func() (string, int) {
		m := p.mute(program, "suppression", "show", id)
		m.agree("yes")
		code := m.end()
		return string(m.until("group unsubscribes  ")), code
	}
	server.Behave(func(platformtest.Request) platformtest.Behaviour { return platformtest.Behaviour{Redirect: other.URL} })
	if out, code := show(); code != 1 || strings.Count(out, "cannot tell") < 6 || !strings.Contains(out, "redirected") || len(other.Requests()) != 0 {
		t.Errorf("exit code %d, %d requests elsewhere:\n%s", code, len(other.Requests()), out)
	}
	server.Behave(nil)
	server.Put("bounces", platformtest.Entry{Address: demoRecipient, Reason: "550 \u202enwonknu resu"})
	if out, code := show(); code != 0 || !strings.Contains(out, "‹U+202E›") || strings.Contains(out, "\u202e") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	server.Close()
	if out, code := show(); code != 3 || !strings.Contains(out, "unavailable") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	p.configure(t, "[[platform]]\nname = \"sendgrid\"\nbase = \"http://192.0.2.7\"\n")
	if got := p.run("suppression", "show", id); got.code != 2 || !strings.Contains(got.stderr, "only https is used; http is for this machine alone") {
		t.Errorf("%+v", got)
	}
}
