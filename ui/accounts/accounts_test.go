package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"deadletter/diagnose"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/platformtest"
	"deadletter/ui/accounts"
	"deadletter/ui/config"
	"deadletter/ui/credential"
)

const (
	canary  = platformtest.Secret
	another = "canary-for-removing-77e1"
)

// env gives an environment of these pairs.
func env(pairs ...string) func(string) string {
	return func(name string) string {
		for _, p := range pairs {
			if k, v, _ := strings.Cut(p, "="); k == name {
				return v
			}
		}
		return ""
	}
}

func parse(t *testing.T, text string) config.Config {
	t.Helper()
	c, err := config.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		env  []string
		id   string
		host string
		read accounts.Key
		more accounts.Key
		want []string // sentences of what is missing
	}{
		"nothing set": {id: "sendgrid", host: "api.sendgrid.com",
			read: accounts.Key{Where: "SENDGRID_API_KEY", State: accounts.Missing}, more: accounts.Key{Where: "the key for looking up", State: accounts.Missing},
			want: []string{"The key is missing: set SENDGRID_API_KEY, or name its place"}},
		"the vendor's names": {id: "sendgrid", env: []string{"SENDGRID_API_KEY=k1", "SENDGRID_DELETE_KEY=k2"}, host: "api.sendgrid.com",
			read: accounts.Key{Where: "SENDGRID_API_KEY", State: accounts.Found}, more: accounts.Key{Where: "SENDGRID_DELETE_KEY", State: accounts.Found}},
		"another account's key for removing": {id: "sendgrid", file: "[[platform]]\nname=\"sendgrid\"\nkey={env=\"MINE\"}\n", env: []string{"MINE=k1", "SENDGRID_DELETE_KEY=k2"}, host: "api.sendgrid.com",
			read: accounts.Key{Where: "MINE", State: accounts.Found}, more: accounts.Key{Where: "the key for looking up", State: accounts.Found}},
		"a variable of the file that is not set": {id: "sendgrid", file: "[[platform]]\nname=\"sendgrid\"\nkey={env=\"MINE\"}\n", env: []string{"SENDGRID_API_KEY=k1"}, host: "api.sendgrid.com",
			read: accounts.Key{Where: "MINE", State: accounts.Missing}, more: accounts.Key{Where: "the key for looking up", State: accounts.Missing},
			want: []string{"The key is missing: set MINE."}},
		"a setting from the environment": {id: "mailgun", env: []string{"MAILGUN_API_KEY=k1", "MG_DOMAIN=mg.example.com"}, host: "api.mailgun.net",
			read: accounts.Key{Where: "MAILGUN_API_KEY", State: accounts.Found}, more: accounts.Key{Where: "the key for looking up", State: accounts.Found}},
		"a setting missing": {id: "mailgun/shop", file: "[[platform]]\nname=\"mailgun\"\naccount=\"shop\"\nkey={keyring=\"mg\"}\n",
			read: accounts.Key{Where: "keyring mg", State: accounts.Unread}, more: accounts.Key{Where: "the key for looking up", State: accounts.Unread},
			want: []string{"The setting domain is missing"}},
		"a region of another kind": {id: "mailgun", file: "[[platform]]\nname=\"mailgun\"\nsettings={domain=\"mg.example.com\", region=\"moon\"}\n", env: []string{"MG_API_KEY=k"},
			read: accounts.Key{Where: "MG_API_KEY", State: accounts.Found}, more: accounts.Key{Where: "the key for looking up", State: accounts.Found},
			want: []string{"region of Mailgun is eu or us"}},
		"plain http": {id: "sendgrid", file: "[[platform]]\nname=\"sendgrid\"\nbase=\"http://api.example\"\n", env: []string{"SENDGRID_API_KEY=k"},
			read: accounts.Key{Where: "SENDGRID_API_KEY", State: accounts.Found}, more: accounts.Key{Where: "the key for looking up", State: accounts.Found},
			want: []string{"only https is used"}},
		"half a key of parts": {id: "ses", env: []string{"AWS_ACCESS_KEY_ID=a", "AWS_REGION=eu-west-1"}, host: "email.eu-west-1.amazonaws.com",
			read: accounts.Key{Where: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", State: accounts.Missing}, more: accounts.Key{Where: "the key for looking up", State: accounts.Missing},
			want: []string{"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"}},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := accounts.New(parse(t, c.file), env(c.env...))
			if err != nil {
				t.Fatal(err)
			}
			x, err := a.Get(c.id)
			if err != nil {
				t.Fatal(err)
			}
			if x.Host != c.host || x.Read.Where != c.read.Where || x.Read.State != c.read.State || x.Remove.Where != c.more.Where || x.Remove.State != c.more.State {
				t.Errorf("host %q, %+v, %+v", x.Host, x.Read, x.Remove)
			}
			if len(x.Missing) != len(c.want) || x.Ready() != (len(c.want) == 0) {
				t.Fatalf("missing: %q", x.Missing)
			}
			for i, m := range x.Missing {
				if !strings.Contains(string(m), c.want[i]) {
					t.Errorf("%s", m)
				}
			}
			if x.Read.Scope == "" || x.Remove.Scope == "" {
				t.Errorf("no permission is named: %+v, %+v", x.Read, x.Remove)
			}
		})
	}
}

// TestKeysOnlyWhenNeeded: looking up takes the one key, removing both; listing
// takes none.
func TestKeysOnlyWhenNeeded(t *testing.T) {
	server := platformtest.New("sendgrid")
	t.Cleanup(server.Close)
	dir := t.TempDir()
	taken := func(name, key string) string {
		return fmt.Sprintf(`command = ["sh", "-c", "echo x >> %s; echo %s"]`, filepath.Join(dir, name), key)
	}
	c := parse(t, fmt.Sprintf("[[platform]]\nname=\"sendgrid\"\nbase=%q\nkey={%s}\nremove_key={%s}\n", server.URL, taken("read", canary), taken("remove", another)))
	times := func(name string) int {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return strings.Count(string(b), "x")
	}
	a, err := accounts.New(c, env())
	if err != nil || times("read")+times("remove") != 0 {
		t.Fatalf("%v, %d", err, times("read"))
	}
	p, err := a.Open(t.Context(), "sendgrid", suppression.Options{})
	if err != nil || times("read") != 1 || times("remove") != 0 {
		t.Fatalf("%v, %d and %d", err, times("read"), times("remove"))
	}
	found, err := p.LookUp(t.Context(), "person@example.com", nil)
	if err != nil || len(found.Entries) != 6 || found.Entries[0].Problem != "" {
		t.Fatalf("%+v, %v", found, err)
	}
	if _, err := a.OpenToRemove(t.Context(), "sendgrid", suppression.Options{}); err != nil || times("read") != 2 || times("remove") != 1 {
		t.Fatalf("%v, %d and %d", err, times("read"), times("remove"))
	}
	for _, text := range []string{fmt.Sprintf("%+v", a), fmt.Sprintf("%#v", p), fmt.Sprintf("%+v", p), fmt.Sprintf("%+v", a.All())} {
		if strings.Contains(strings.ReplaceAll(text, "echo "+canary, ""), canary) {
			t.Errorf("it shows a key: %s", text)
		}
	}
}

// TestKeyring: a key of the system's keyring is used, and shows nowhere.
func TestKeyring(t *testing.T) {
	keyring.MockInit()
	if err := keyring.Set(credential.Service, "sendgrid", canary); err != nil {
		t.Fatal(err)
	}
	server := platformtest.New("sendgrid")
	t.Cleanup(server.Close)
	server.Behave(func(r platformtest.Request) platformtest.Behaviour {
		if strings.Contains(r.Path, "blocks") {
			return platformtest.Behaviour{Status: 403, Body: `{"errors":[{"message":"` + canary + ` may not"}]}`}
		}
		return platformtest.Behaviour{}
	})
	a, err := accounts.New(parse(t, fmt.Sprintf("[[platform]]\nname=\"sendgrid\"\nbase=%q\nkey={keyring=\"sendgrid\"}\n", server.URL)), env())
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.OpenToRemove(t.Context(), "sendgrid", suppression.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := p.LookUp(t.Context(), "person@example.com", nil)
	if err != nil || found.Entries[0].Listed != diagnose.NotListed {
		t.Fatalf("%+v, %v", found, err)
	}
	for _, text := range []string{fmt.Sprintf("%+v", found), fmt.Sprintf("%#v", found), fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", p)} {
		if strings.Contains(text, canary) {
			t.Errorf("it shows a key: %s", text)
		}
	}
}

// TestNoErrorHoldsAKey: whatever is wrong with a key or the platform's answer.
func TestNoErrorHoldsAKey(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := keyring.Set(credential.Service, "bad", canary+"\x01"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key string
		env []string
		err error
	}{
		"an open file":       {key: `file = "` + file("open", canary, 0o644) + `"`, err: accounts.ErrLacks},
		"a file of bytes":    {key: `file = "` + file("bytes", canary+"\x01", 0o600) + `"`, err: credential.ErrBad},
		"a command of none":  {key: `command = ["sh", "-c", "echo $KEY; exit 3"]`},
		"a command, bytes":   {key: `command = ["sh", "-c", "printf 'canary-\\001x'"]`, err: credential.ErrBad},
		"a keyring of bytes": {key: `keyring = "bad"`, err: credential.ErrBad},
		"no keyring":         {key: `keyring = "gone"`},
		"a variable":         {key: `env = "MINE"`, env: []string{"MINE=" + canary + "\x01"}, err: accounts.ErrLacks},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := accounts.New(parse(t, "[[platform]]\nname=\"sendgrid\"\nkey={"+c.key+"}\n"), env(c.env...))
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.Open(t.Context(), "sendgrid", suppression.Options{})
			if err == nil || c.err != nil && !errors.Is(err, c.err) || strings.Contains(err.Error(), "canary-") {
				t.Errorf("%v", err)
			}
			if strings.Contains(fmt.Sprintf("%+v", a.All()), canary) {
				t.Errorf("%+v", a.All())
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a, err := accounts.New(parse(t, "[[platform]]\nname=\"sendgrid\"\nkey={command=[\"sleep\", \"60\"]}\n"), env())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Open(ctx, "sendgrid", suppression.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestAccountsOfTheFile(t *testing.T) {
	for text, want := range map[string]string{
		"[[platform]]\nname=\"sandgrid\"\n":                                   `platform "sandgrid": there is no platform of that name; there are sendgrid, mailgun`,
		"[[platform]]\nname=\"mailjet\"\n":                                    `platform "mailjet": it offers programs no look-up; there are sendgrid`,
		"[[platform]]\nname=\"sendgrid\"\nsettings={domain=\"x\"}\n":          `there is no setting "domain"; there are region, subuser`,
		"[[platform]]\nname=\"mailgun\"\naccount=\"a\"\nsettings={dom=\"x\"}": `platform mailgun/a: there is no setting "dom"`,
	} {
		if _, err := accounts.New(parse(t, text), env()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v", text, err)
		}
	}
	a, err := accounts.New(parse(t, "[[platform]]\nname=\"sendgrid\"\naccount=\"a\"\n[[platform]]\nname=\"sendgrid\"\naccount=\"b\"\nsettings={region=\"eu\"}\n"), env())
	if err != nil {
		t.Fatal(err)
	}
	if at := a.At("sendgrid"); len(at) != 2 || at[0].ID != "sendgrid/a" || at[1].Host != "api.eu.sendgrid.com" {
		t.Errorf("%+v", at)
	}
	if x, err := a.Labelled("sendgrid", "b, region eu"); err != nil || x.ID != "sendgrid/b" {
		t.Errorf("%+v, %v", x, err)
	}
	if _, err := a.Labelled("sendgrid", "b"); !errors.Is(err, accounts.ErrUnknown) {
		t.Errorf("%v", err)
	}
	if _, err := a.Get("nope"); !errors.Is(err, accounts.ErrUnknown) || !strings.Contains(err.Error(), "sendgrid/a") {
		t.Errorf("%v", err)
	}
	if _, err := a.Open(t.Context(), "sendgrid/a", suppression.Options{}); !errors.Is(err, accounts.ErrLacks) {
		t.Errorf("%v", err)
	}
}
