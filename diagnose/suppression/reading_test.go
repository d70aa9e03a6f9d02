package suppression_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/platformtest"
)

// openedWith is opened with settings beside those that the platform needs.
func openedWith(t *testing.T, key string, more map[string]string) (*platformtest.Server, *suppression.Platform) {
	t.Helper()
	server := platformtest.New(key)
	t.Cleanup(server.Close)
	spec, _ := suppression.SpecOf(key)
	all := settings(spec)
	for name, value := range more {
		all[name] = value
	}
	p, err := suppression.Open(suppression.Account{Key: key, Base: server.URL, Settings: all, Read: secret.New(platformtest.SecretOf(key))}, suppression.Options{
		Timeout: 2 * time.Second, Transport: &http.Transport{},
		Clock: func() time.Time { return created.Add(time.Hour) },
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, p
}

// reading is what one answer of a platform says of the first list that it has.
type reading struct {
	name    string
	status  int
	body    string
	listed  diagnose.Listed
	problem diagnose.Problem
	list    diagnose.ListKind
	removes diagnose.Removable
	code    string
}

// readings puts every answer to a platform's look-up.
func readings(t *testing.T, key string, cases []reading) {
	t.Helper()
	server, p := openedWith(t, key, nil)
	for _, c := range cases {
		server.Behave(func(platformtest.Request) platformtest.Behaviour {
			return platformtest.Behaviour{Status: c.status, Body: c.body}
		})
		e := lookUp(t, p, person).Entries[0]
		if e.Listed != c.listed || e.Problem != c.problem || c.list != "" && e.List != c.list || e.Removable != c.removes || c.code != "" && string(e.Code) != c.code {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
}

// removal is what one answer to a removal comes to.
type removal struct {
	name   string
	status int
	body   string
	want   diagnose.RemovalResult
	note   string // a part of it
}

// removals puts every answer to the removal of a bounce: sent once each.
func removals(t *testing.T, key string, cases []removal) {
	t.Helper()
	server, p := openedWith(t, key, nil)
	server.Put(server.Bounces(), platformtest.Entry{Address: person, ID: "e0001", Reason: "550 5.1.1 user unknown", Created: created})
	e := bounced(t, lookUp(t, p, person))
	for _, c := range cases {
		server.Behave(func(platformtest.Request) platformtest.Behaviour {
			return platformtest.Behaviour{Status: c.status, Body: c.body}
		})
		before := server.Changes()
		r, err := p.Remove(t.Context(), e)
		if err != nil || r.Result != c.want || r.Status != c.status || !strings.Contains(string(r.Note), c.note) || server.Changes() != before+1 {
			t.Errorf("%s: %+v, %v", c.name, r, err)
		}
	}
}

// TestTwoKeys: the key for removing removes and does nothing else; the key for
// reading reads.
func TestTwoKeys(t *testing.T) {
	all(t, func(t *testing.T, key string) {
		server := platformtest.New(key)
		t.Cleanup(server.Close)
		server.Put(server.Bounces(), platformtest.Entry{Address: person, Created: created})
		spec, _ := suppression.SpecOf(key)
		good := secret.New(platformtest.SecretOf(key))
		bad := secret.New(platformtest.WrongSecretOf(key))
		open := func(read, remove secret.Secret) *suppression.Platform {
			p, err := suppression.Open(suppression.Account{Key: key, Base: server.URL, Settings: settings(spec), Read: read, Remove: remove},
				suppression.Options{Transport: &http.Transport{}, Clock: func() time.Time { return created }})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		e := bounced(t, lookUp(t, open(good, bad), person))
		if got := lookUp(t, open(bad, good), person).Entries[0]; got.Listed != diagnose.CannotTell {
			t.Errorf("read with the key for removing: %+v", got)
		}
		if e.Removable != diagnose.CanRemove {
			return
		}
		if r, err := open(good, bad).Remove(t.Context(), e); err != nil || r.Result != diagnose.RemovalRefused || !server.Has(server.Bounces(), person) {
			t.Errorf("removed with the key for reading: %+v, %v", r, err)
		}
		if r, err := open(bad, good).Remove(t.Context(), e); err != nil || r.Result != diagnose.RemovalDone {
			t.Errorf("not removed with the key for it: %+v, %v", r, err)
		}
	})
}

// TestReasonOfAnother: an entry that quotes the bounce of somebody else says so.
func TestReasonOfAnother(t *testing.T) {
	for _, c := range []struct{ reason, note string }{
		{"550 5.1.1 <" + other + ">: user unknown", "the reason names " + other + " and not this address"},
		{"550 5.1.1 <" + strings.ToUpper(person) + ">: user unknown", ""},
		{"550 " + other + " and " + person + ".", ""},
		{"550 5.1.1 user unknown", ""},
		{"550 @ @@ a@ @b x@y <>" + strings.Repeat("@", 300), ""},
	} {
		server, p := openedWith(t, "sendgrid", nil)
		server.Put("bounces", platformtest.Entry{Address: person, Reason: c.reason, Created: created})
		e := bounced(t, lookUp(t, p, person))
		if string(e.Note) != c.note {
			t.Errorf("%q: %q", c.reason, e.Note)
		}
		if again, err := p.Read(t.Context(), e); err != nil || again != e {
			t.Errorf("read again: %+v, %v", again, err)
		}
	}
}

// TestBases: where requests go by the settings, and which settings would send
// them elsewhere.
func TestBases(t *testing.T) {
	for _, c := range []struct {
		key, region, host string
		err               error
	}{
		{"sendgrid", "", "api.sendgrid.com", nil},
		{"sendgrid", "eu", "api.eu.sendgrid.com", nil},
		{"mailgun", "", "api.mailgun.net", nil},
		{"mailgun", "EU", "api.eu.mailgun.net", nil},
		{"mailgun", "asia", "", suppression.ErrSetting},
		{"sparkpost", "eu", "api.eu.sparkpost.com", nil},
		{"ses", "eu-central-1", "email.eu-central-1.amazonaws.com", nil},
		{"ses", "", "", suppression.ErrSetting},
		{"ses", "x.example/", "", suppression.ErrSetting},
		{"ses", "x@y.example", "", suppression.ErrSetting},
		{"ses", "eu\r\n", "", suppression.ErrSetting},
		{"postmark", "", "api.postmarkapp.com", nil},
		{"resend", "", "api.resend.com", nil},
	} {
		spec, _ := suppression.SpecOf(c.key)
		all := settings(spec)
		all["region"] = c.region
		p, err := suppression.Open(suppression.Account{Key: c.key, Settings: all, Read: secret.New(platformtest.SecretOf(c.key))}, suppression.Options{})
		if !errors.Is(err, c.err) || err == nil && p.Host() != c.host {
			t.Errorf("%s in %q: %v", c.key, c.region, err)
		}
	}
}

// TestSettingIsOneLine: a setting that would become a second header is refused
// before anything is sent.
func TestSettingIsOneLine(t *testing.T) {
	_, err := suppression.Open(suppression.Account{Key: "sendgrid", Settings: map[string]string{"subuser": "shop\r\nX-Other: 1"}, Read: secret.New(platformtest.Secret)}, suppression.Options{})
	if !errors.Is(err, suppression.ErrSetting) {
		t.Error(err)
	}
}

// TestEscaping: an address is escaped to the last sign; a bare + would be a
// blank at some servers.
func TestEscaping(t *testing.T) {
	const tagged = "per+son.x&y=z@example.com"
	for _, key := range []string{"sendgrid", "mailgun", "ses", "sparkpost", "resend"} {
		server, p := openedWith(t, key, nil)
		server.Put(server.Bounces(), platformtest.Entry{Address: tagged, Created: created})
		if e := bounced(t, lookUp(t, p, tagged)); string(e.Address) != tagged {
			t.Errorf("%s: %+v", key, e)
		}
		if path := server.Requests()[0].Path; !strings.HasSuffix(path, "/per%2Bson.x%26y%3Dz%40example.com") {
			t.Errorf("%s: %s", key, path)
		}
	}
}
