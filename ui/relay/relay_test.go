package relay_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deadletter/diagnose/attempt"
	"deadletter/diagnose/suppression"
	"deadletter/ui/accounts"
	"deadletter/ui/config"
	"deadletter/ui/relay"
)

const canary = "canary-5d0c-key-for-sending"

// of gives the relay that a config file and an environment lead to.
func of(t *testing.T, text, platform string, env map[string]string) (relay.Relay, error) {
	t.Helper()
	c, err := config.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c.Path = filepath.Join(t.TempDir(), "config.toml")
	getenv := func(name string) string { return env[name] }
	a, err := accounts.New(c, getenv)
	if err != nil {
		t.Fatal(err)
	}
	return relay.Of(c, a, platform, getenv)
}

const own = "[relay]\nhost = \"out1.sender.example\"\n"

// TestTheWayOfTheMail: a platform's own service takes what went through the
// platform, once there is a key for sending; a key of its lists is never used.
func TestTheWayOfTheMail(t *testing.T) {
	env := map[string]string{"SEND": canary, "SENDGRID_API_KEY": "of the lists"}
	at := func(name, more string) string {
		return "[[platform]]\nname = \"" + name + "\"\nkey = { env = \"SENDGRID_API_KEY\" }\n" + more
	}
	const send = "send_key = { env = \"SEND\" }\n"
	for name, c := range map[string]struct {
		text, platform, host, user, err string
		missing                         string
	}{
		"a platform":                  {text: own[:0] + at("sendgrid", send), platform: "sendgrid", host: "smtp.sendgrid.net", user: "apikey"},
		"a platform before our relay": {text: at("sendgrid", send) + own, platform: "sendgrid", host: "smtp.sendgrid.net", user: "apikey"},
		"another platform":            {text: at("sendgrid", send) + own, platform: "mailgun", host: "out1.sender.example"},
		"no platform":                 {text: at("sendgrid", send) + own, platform: "", host: "out1.sender.example"},
		"a region":                    {text: at("sparkpost", send+"settings = { region = \"eu\" }"), platform: "sparkpost", host: "smtp.eu.sparkpostmail.com", user: "SMTP_Injection"},
		"a region in the name":        {text: at("ses", send+"send_user = \"AKIAEXAMPLE\"\nsettings = { region = \"eu-west-1\" }"), platform: "ses", host: "email-smtp.eu-west-1.amazonaws.com", user: "AKIAEXAMPLE"},
		"no region":                   {text: at("ses", send+"send_user = \"AKIAEXAMPLE\""), platform: "ses", user: "AKIAEXAMPLE", missing: "setting region"},
		"no login":                    {text: at("brevo", send), platform: "brevo", host: "smtp-relay.brevo.com", missing: "set send_user"},
		"the token as login":          {text: at("postmark", send), platform: "postmark", host: "smtp.postmarkapp.com", user: canary},
		"no key set":                  {text: at("sendgrid", "send_key = { env = \"NONE\" }"), platform: "sendgrid", host: "smtp.sendgrid.net", missing: "set NONE"},
		"the key of the lists alone":  {text: at("sendgrid", ""), platform: "sendgrid", err: "set send_key"},
		"a platform and no account":   {platform: "sendgrid", err: "set send_key below [[platform]] name = \"sendgrid\""},
		"nothing":                     {err: "set [relay]"},
		"a platform without one":      {text: at("mailersend", send), platform: "mailersend", err: "set [relay]"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := of(t, c.text, c.platform, env)
			if c.err != "" {
				if !errors.Is(err, relay.ErrNone) || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || r.Host != c.host {
				t.Fatalf("%q, %v", r.Host, err)
			}
			l, err := r.Login(t.Context())
			if c.missing != "" {
				if r.Ready() || !errors.Is(err, relay.ErrLacks) || !strings.Contains(fmt.Sprint(r.Missing), c.missing) {
					t.Errorf("%v, %q", err, r.Missing)
				}
				return
			}
			if err != nil || l.User != c.user || l.Password.Reveal() == "of the lists" || (c.user != "") != (l.Password.Reveal() == canary) {
				t.Errorf("%q, %v", l.User, err)
			}
			if text := fmt.Sprintf("%+v %v", r, r.User); strings.Contains(text, canary) {
				t.Errorf("the key shows: %s", text)
			}
			if c.platform != "" && r.Platform != "" && (r.Security != attempt.StartTLS || r.Port != 587) {
				t.Errorf("%s, port %d", r.Security, r.Port)
			}
		})
	}
}

func TestKeyPlaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "relay.key")
	if err := os.WriteFile(path, []byte(canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := own + "user = \"mara\"\nkey = { file = \"" + filepath.ToSlash(path) + "\" }\n"
	r, err := of(t, text, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := r.Login(t.Context()); err != nil || l.Password.Reveal() != canary || !l.Token.Empty() {
		t.Errorf("%v", err)
	}
	if r, err = of(t, text+"mechanism = \"xoauth2\"\n", "", nil); err != nil {
		t.Fatal(err)
	}
	if l, err := r.Login(t.Context()); err != nil || l.Token.Reveal() != canary || !l.Password.Empty() {
		t.Errorf("a token: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if r, err = of(t, text, "", nil); err != nil || r.Ready() || !strings.Contains(string(r.Missing[0]), "others can read it") {
		t.Errorf("%v, %q", err, r.Missing)
	}
	if r, err = of(t, own, "", nil); err != nil || r.LogsIn() || !r.Ready() {
		t.Errorf("without a login: %v, %q", err, r.Missing)
	}
}

// TestServicesAreKnown: every platform with an SMTP service is one of which
// accounts can be configured.
func TestServicesAreKnown(t *testing.T) {
	n := 0
	for _, spec := range suppression.Specs() {
		if _, err := of(t, "", spec.Key, nil); strings.Contains(err.Error(), "send_key") {
			n++
			if spec.ByHand() {
				t.Errorf("%s cannot stand in the config file", spec.Key)
			}
		}
	}
	if n != 8 {
		t.Errorf("%d services", n)
	}
}
