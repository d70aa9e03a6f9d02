package suppression_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/platformtest"
)

const (
	person = "person@example.com"
	other  = "other@example.com"
)

var created = time.Date(2026, 11, 20, 9, 12, 45, 0, time.UTC)

// settings are what the platforms need to be told beside a key.
func settings(spec suppression.Spec) map[string]string {
	out := map[string]string{}
	for _, s := range spec.Settings {
		if s.Required {
			out[s.Name] = s.Example
		}
	}
	return out
}

// opened gives a platform on loopback and the way to ask it. Waiting takes no
// time, and is counted.
func opened(t *testing.T, key string) (*platformtest.Server, *suppression.Platform, *atomic.Int64) {
	t.Helper()
	return openedFor(t, key, 10*time.Second)
}

// openedFor is opened with the time that one request may take.
func openedFor(t *testing.T, key string, timeout time.Duration) (*platformtest.Server, *suppression.Platform, *atomic.Int64) {
	t.Helper()
	server := platformtest.New(key)
	t.Cleanup(server.Close)
	var slept atomic.Int64
	return server, asked(t, server, 10*time.Second, &slept), &slept
}

// asked gives the way to ask a server that waits so long for an answer.
func asked(t *testing.T, server *platformtest.Server, timeout time.Duration, slept *atomic.Int64) *suppression.Platform {
	t.Helper()
	key := server.Key
	spec, ok := suppression.SpecOf(key)
	if !ok {
		t.Fatalf("no spec of %s", key)
	}
	p, err := suppression.Open(suppression.Account{
		Key: key, Base: server.URL, Settings: settings(spec), Read: secret.New(platformtest.SecretOf(key)), Remove: secret.New(platformtest.SecretOf(key)),
	}, suppression.Options{
		Timeout: timeout, Transport: &http.Transport{},
		Clock: func() time.Time { return created.Add(time.Hour) },
		Sleep: func(_ context.Context, d time.Duration) error { slept.Add(int64(d)); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// all runs a test for every platform that can be asked; each has a server.
func all(t *testing.T, test func(t *testing.T, key string)) {
	for _, spec := range suppression.Specs() {
		if spec.ByHand() {
			continue
		}
		t.Run(spec.Key, func(t *testing.T) {
			t.Parallel()
			if !slices.Contains(platformtest.Keys(), spec.Key) {
				t.Fatalf("there is no test server of %s", spec.Key)
			}
			test(t, spec.Key)
		})
	}
}

func lookUp(t *testing.T, p *suppression.Platform, address string) diagnose.SuppressionRecorded {
	t.Helper()
	got, err := p.LookUp(t.Context(), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// bounced gives the entry of the list of bounces.
func bounced(t *testing.T, r diagnose.SuppressionRecorded) diagnose.ListEntry {
	t.Helper()
	for _, e := range r.Entries {
		if e.List == diagnose.ListBounces && e.Listed == diagnose.IsListed {
			return e
		}
	}
	t.Fatalf("no bounce is listed: %+v", r.Entries)
	return diagnose.ListEntry{}
}

// TestCycle reads, removes and reads again: the entry of this address goes, and
// no other.
func TestCycle(t *testing.T) {
	all(t, func(t *testing.T, key string) {
		server, p, _ := opened(t, key)
		for _, e := range lookUp(t, p, person).Entries {
			if e.Listed != diagnose.NotListed || e.Problem != "" {
				t.Errorf("on an empty list: %+v", e)
			}
		}
		server.Put(server.Bounces(), platformtest.Entry{Address: person, Reason: "550 5.1.1 user unknown", Created: created})
		server.Put(server.Bounces(), platformtest.Entry{Address: other, Reason: "550 5.1.1 user unknown", Created: created})
		server.Put(server.Bounces(), platformtest.Entry{Address: person + ".example", Reason: "another", Created: created})
		e := bounced(t, lookUp(t, p, person))
		if string(e.Address) != person || e.Removable != diagnose.CanRemove && e.Removable != diagnose.CannotRemove {
			t.Errorf("%+v", e)
		}
		if !e.Created.IsZero() && !e.Created.Equal(created) {
			t.Errorf("created %s, want %s", e.Created, created)
		}
		if upper := bounced(t, lookUp(t, p, strings.ToUpper(person))); !suppression.SameAddress(string(upper.Address), person) {
			t.Errorf("%+v", upper)
		}
		again, err := p.Read(t.Context(), e)
		if err != nil || again != e {
			t.Errorf("read again it is\n%+v, was\n%+v, %v", again, e, err)
		}
		if server.Changes() != 0 {
			t.Fatalf("looking up changed something: %+v", server.Requests())
		}
		if e.Removable != diagnose.CanRemove {
			return
		}
		if request := p.Request(e); request == "" || strings.Contains(string(request), person) || !strings.Contains(string(request), p.Host()) {
			t.Errorf("the plan says %q", request)
		}
		r, err := p.Remove(t.Context(), e)
		if err != nil || r.Result != diagnose.RemovalDone || server.Changes() != 1 {
			t.Fatalf("%+v, %v, %d requests that change", r, err, server.Changes())
		}
		if server.Has(server.Bounces(), person) || !server.Has(server.Bounces(), other) || server.Count(server.Bounces()) != 2 {
			t.Errorf("the list holds %d", server.Count(server.Bounces()))
		}
		if now, err := p.Read(t.Context(), e); err != nil || now.Listed != diagnose.NotListed {
			t.Errorf("read after it: %+v, %v", now, err)
		}
		if r, err := p.Remove(t.Context(), e); err != nil || r.Result == diagnose.RemovalUnknown || server.Count(server.Bounces()) != 2 {
			t.Errorf("a second time: %+v, %v", r, err)
		}
	})
}

// TestFailures: whatever goes wrong, no list says "not listed", and a removal
// is sent once.
func TestFailures(t *testing.T) {
	elsewhere := platformtest.New("sendgrid")
	t.Cleanup(elsewhere.Close)
	cases := []struct {
		name    string
		do      platformtest.Behaviour
		problem diagnose.Problem
		removal diagnose.RemovalResult
	}{
		{"401", platformtest.Behaviour{Status: 401, Body: `{"message":"bad key ` + platformtest.Secret + `"}`}, diagnose.ProblemUnauthorized, diagnose.RemovalRefused},
		{"403", platformtest.Behaviour{Status: 403, Body: `{"message":"no permission"}`}, diagnose.ProblemForbidden, diagnose.RemovalRefused},
		{"429", platformtest.Behaviour{Status: 429, RetryAfter: "2", Body: `{}`}, diagnose.ProblemRateLimited, diagnose.RemovalRefused},
		{"429 for long", platformtest.Behaviour{Status: 429, RetryAfter: "3600", Body: `{}`}, diagnose.ProblemRateLimited, diagnose.RemovalRefused},
		{"500", platformtest.Behaviour{Status: 500, Body: "<html>" + platformtest.Secret}, diagnose.ProblemUnavailable, diagnose.RemovalUnknown},
		{"503", platformtest.Behaviour{Status: 503, RetryAfter: "1"}, diagnose.ProblemUnavailable, diagnose.RemovalUnknown},
		{"dropped", platformtest.Behaviour{Drop: true}, diagnose.ProblemUnavailable, diagnose.RemovalUnknown},
		{"slow body", platformtest.Behaviour{Slow: 20 * time.Millisecond}, diagnose.ProblemTimeout, diagnose.RemovalUnknown},
		{"huge body", platformtest.Behaviour{Huge: true}, diagnose.ProblemTooLarge, diagnose.RemovalUnknown},
		{"no JSON", platformtest.Behaviour{Status: 200, Body: "<html>ok</html>"}, diagnose.ProblemMalformed, ""},
		{"other JSON", platformtest.Behaviour{Status: 200, Body: `{"hello":"world"}`}, "", ""},
		{"null", platformtest.Behaviour{Status: 200, Body: `null`}, diagnose.ProblemMalformed, ""},
		{"deep JSON", platformtest.Behaviour{Status: 200, Body: strings.Repeat("[", 5000) + strings.Repeat("]", 5000)}, diagnose.ProblemMalformed, ""},
		{"JSON and more", platformtest.Behaviour{Status: 200, Body: `[] []`}, diagnose.ProblemMalformed, ""},
		{"404 of a proxy", platformtest.Behaviour{Status: 404, Body: "<html>404 page not found"}, diagnose.ProblemNotFound, ""},
		{"another host", platformtest.Behaviour{Redirect: elsewhere.URL + "/v3/suppression/bounces/" + person}, diagnose.ProblemRedirected, diagnose.RemovalUnknown},
	}
	all(t, func(t *testing.T, key string) {
		for _, c := range cases {
			timeout := 10 * time.Second
			if c.do.Slow > 0 {
				timeout = time.Second
			}
			server, p, slept := openedFor(t, key, timeout)
			server.Put(server.Bounces(), platformtest.Entry{Address: person, Reason: "550 5.1.1 user unknown", Created: created})
			e := bounced(t, lookUp(t, p, person))
			if c.do.Slow > 0 {
				p = asked(t, server, 100*time.Millisecond, slept)
			}
			key := platformtest.SecretOf(key)
			c.do.Body = strings.ReplaceAll(c.do.Body, platformtest.Secret, key)
			server.Behave(func(platformtest.Request) platformtest.Behaviour { return c.do })
			for _, got := range lookUp(t, p, person).Entries {
				if got.Listed != diagnose.CannotTell || got.Problem == "" || c.problem != "" && got.Problem != c.problem {
					t.Errorf("%s: %s says %s, %s: %s", c.name, got.Name, got.Listed, got.Problem, got.Note)
				}
				if text := fmt.Sprintf("%+v", got); strings.Contains(text, key[len(key)/2:][:12]) {
					t.Errorf("%s: the key is in %s", c.name, text)
				}
			}
			if slept.Load() > int64(6*time.Minute) {
				t.Errorf("%s: waited %s", c.name, time.Duration(slept.Load()))
			}
			if e.Removable != diagnose.CanRemove {
				continue
			}
			before := server.Changes()
			r, err := p.Remove(t.Context(), e)
			if err != nil || c.removal != "" && r.Result != c.removal || r.Result == diagnose.RemovalDone && c.do.Status != 200 {
				t.Errorf("%s: removal %+v, %v", c.name, r, err)
			}
			if n := server.Changes() - before; n != 1 {
				t.Errorf("%s: the removal was sent %d times", c.name, n)
			}
			if strings.Contains(string(r.Note), key[len(key)/2:][:12]) {
				t.Errorf("%s: the key is in %q", c.name, r.Note)
			}
		}
	})
	if n := len(elsewhere.Requests()); n != 0 {
		t.Errorf("%d requests followed a redirect", n)
	}
}

// TestNoAnswerIsUnknown: a removal that had its effect and no answer is neither
// done nor failed.
func TestNoAnswerIsUnknown(t *testing.T) {
	all(t, func(t *testing.T, key string) {
		server, p, _ := opened(t, key)
		server.Put(server.Bounces(), platformtest.Entry{Address: person, Reason: "550 5.1.1 user unknown", Created: created})
		e := bounced(t, lookUp(t, p, person))
		if e.Removable != diagnose.CanRemove {
			t.Skip("nothing is removed there by programs")
		}
		server.Behave(func(r platformtest.Request) platformtest.Behaviour {
			return platformtest.Behaviour{DropAfter: platformtest.Changing(r)}
		})
		r, err := p.Remove(t.Context(), e)
		if err != nil || r.Result != diagnose.RemovalUnknown || server.Changes() != 1 {
			t.Errorf("%+v, %v, sent %d times", r, err, server.Changes())
		}
		if now, err := p.Read(t.Context(), e); err != nil || now.Listed != diagnose.NotListed {
			t.Errorf("read after it: %+v, %v", now, err)
		}
	})
}

// TestOneAddress: nothing is sent for what could mean more than one address.
func TestOneAddress(t *testing.T) {
	bad := []string{
		"", " ", "all", "example.com", "@example.com", "person@", "*@example.com", "person@*", "%@example.com", "person@example.com,other@example.com",
		"person@example.com;other@example.com", "person@example.com other@example.com", "person@example.com\n", "person\x00@example.com", "<person@example.com>",
		"../person@example.com", "person@example", "person@.example.com", "person@example..com", strings.Repeat("a", 250) + "@example.com", "a@b@example.com", "\u202eperson@example.com",
	}
	all(t, func(t *testing.T, key string) {
		server, p, _ := opened(t, key)
		for _, address := range bad {
			server.Behave(nil)
			if address == "../person@example.com" {
				// A legal local part that would change the path: each list says so, or it is sent escaped.
				got, err := p.LookUp(t.Context(), address, nil)
				for _, e := range got.Entries {
					if e.Listed == diagnose.IsListed {
						t.Errorf("%q, %v: %+v", address, err, e)
					}
				}
				continue
			}
			before := len(server.Requests())
			if _, err := p.LookUp(t.Context(), address, nil); !errors.Is(err, suppression.ErrAddress) {
				t.Errorf("%q is looked up: %v", address, err)
			}
			e := diagnose.ListEntry{List: diagnose.ListBounces, Name: "bounces", Listed: diagnose.IsListed, Removable: diagnose.CanRemove}
			if _, err := p.Remove(t.Context(), e); !errors.Is(err, suppression.ErrAddress) {
				t.Errorf("an entry without address is removed: %v", err)
			}
			if n := len(server.Requests()) - before; n != 0 {
				t.Errorf("%q: %d requests were sent", address, n)
			}
		}
	})
}

// TestStays: entries that are the recipient's or the platform's word are never
// removed, whatever their entry claims.
func TestStays(t *testing.T) {
	all(t, func(t *testing.T, key string) {
		server, p, _ := opened(t, key)
		for _, kind := range []diagnose.ListKind{diagnose.ListComplaints, diagnose.ListUnsubscribes, diagnose.ListCompliance, diagnose.ListManual, diagnose.ListOther, ""} {
			e := diagnose.ListEntry{List: kind, Name: "bounces", Address: person, Listed: diagnose.IsListed, Removable: diagnose.CanRemove, ID: "1"}
			if r, err := p.Remove(t.Context(), e); !errors.Is(err, suppression.ErrEntry) || r.Result != diagnose.RemovalUnsent {
				t.Errorf("%q: %+v, %v", kind, r, err)
			}
		}
		for _, e := range []diagnose.ListEntry{
			{List: diagnose.ListBounces, Address: person, Listed: diagnose.NotListed, Removable: diagnose.CanRemove},
			{List: diagnose.ListBounces, Address: person, Listed: diagnose.IsListed, Removable: diagnose.CannotRemove},
			{List: diagnose.ListBounces, Address: person, Listed: diagnose.IsListed},
		} {
			if _, err := p.Remove(t.Context(), e); !errors.Is(err, suppression.ErrEntry) {
				t.Errorf("%+v: %v", e, err)
			}
		}
		if n := len(server.Requests()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

// TestCancel: a look-up that is broken off tells nothing.
func TestCancel(t *testing.T) {
	all(t, func(t *testing.T, key string) {
		server, p, _ := opened(t, key)
		ctx, cancel := context.WithCancel(t.Context())
		never := make(chan struct{})
		server.Behave(func(platformtest.Request) platformtest.Behaviour {
			cancel()
			return platformtest.Behaviour{Wait: never}
		})
		if got, err := p.LookUp(ctx, person, nil); !errors.Is(err, context.Canceled) || len(got.Entries) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// TestKeyIsHidden in what a look-up gives and in every error.
func TestKeyIsHidden(t *testing.T) {
	all(t, func(t *testing.T, key string) {
		_, p, _ := opened(t, key)
		got := lookUp(t, p, person)
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		for _, shown := range []string{string(text), fmt.Sprintf("%+v %#v", got, got), fmt.Sprintf("%+v", p.Spec())} {
			if strings.Contains(shown, platformtest.Secret) {
				t.Errorf("the key is in %s", shown)
			}
		}
	})
}

// TestOpen: what is missing or dangerous is said before anything is sent.
func TestOpen(t *testing.T) {
	key := secret.New(platformtest.Secret)
	for _, c := range []struct {
		account suppression.Account
		want    error
	}{
		{suppression.Account{Key: "nobody", Read: key}, suppression.ErrUnknown},
		{suppression.Account{Key: "sendgrid"}, suppression.ErrNoKey},
		{suppression.Account{Key: "sendgrid", Read: key, Base: "http://api.example.com"}, suppression.ErrBase},
		{suppression.Account{Key: "sendgrid", Read: key, Base: "http://127.0.0.1.example.com"}, suppression.ErrBase},
		{suppression.Account{Key: "sendgrid", Read: key, Base: "https://user@api.example.com"}, suppression.ErrBase},
		{suppression.Account{Key: "sendgrid", Read: key, Base: "ftp://api.example.com"}, suppression.ErrBase},
		{suppression.Account{Key: "sendgrid", Read: key, Base: "https://"}, suppression.ErrBase},
		{suppression.Account{Key: "sendgrid", Read: key, Base: "https://api.example.com?x=1"}, suppression.ErrBase},
		{suppression.Account{Key: "sendgrid", Read: key}, nil},
		{suppression.Account{Key: "sendgrid", Read: key, Base: "http://[::1]:8080/prefix"}, nil},
	} {
		if _, err := suppression.Open(c.account, suppression.Options{}); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s %s: %v, want %v", c.account.Key, c.account.Base, err, c.want)
		}
	}
}
