package suppression_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/platformtest"
)

func TestSES(t *testing.T) {
	const entry = `{"SuppressedDestination":{"EmailAddress":"person@example.com","Reason":%q,"LastUpdateTime":1.6e9}}`
	readings(t, "ses", []reading{
		{"not listed", 404, `{"__type":"NotFoundException","message":"Email address does not exist on your suppression list."}`, diagnose.NotListed, "", diagnose.ListBounces, "", ""},
		{"with a name space", 404, `{"__type":"com.amazonaws.sesv2#NotFoundException"}`, diagnose.NotListed, "", "", "", ""},
		{"another 404", 404, `{"__type":"UnknownOperationException"}`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"no kind", 404, `{"message":"not found"}`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"no JSON", 404, `NotFoundException`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"bad request", 400, `{"__type":"BadRequestException","message":"bad"}`, diagnose.CannotTell, diagnose.ProblemRejected, "", "", ""},
		{"the exception with another status", 400, `{"__type":"NotFoundException"}`, diagnose.CannotTell, diagnose.ProblemRejected, "", "", ""},
		{"the address of another", 200, strings.Replace(fmt.Sprintf(entry, "BOUNCE"), "person@", "other@", 1), diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"empty", 200, `{}`, diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"a bounce", 200, fmt.Sprintf(entry, "BOUNCE"), diagnose.IsListed, "", diagnose.ListBounces, diagnose.CanRemove, "BOUNCE"},
		{"a complaint", 200, fmt.Sprintf(entry, "COMPLAINT"), diagnose.IsListed, "", diagnose.ListComplaints, diagnose.CannotRemove, "COMPLAINT"},
		{"something new", 200, fmt.Sprintf(entry, "NEWS"), diagnose.IsListed, "", diagnose.ListOther, diagnose.CannotRemove, "NEWS"},
	})
	removals(t, "ses", []removal{
		{"gone already", 404, `{"__type":"NotFoundException","message":"Email address person@example.com does not exist"}`, diagnose.RemovalAbsent, ""},
		{"another 404", 404, `{"message":"no"}`, diagnose.RemovalRefused, ""},
		{"a page", 200, `<html>ok</html>`, diagnose.RemovalUnknown, ""},
	})
}

// TestSESCapitals: an address with capitals that is not listed may be listed
// without them.
func TestSESCapitals(t *testing.T) {
	_, p := openedWith(t, "ses", nil)
	if e := lookUp(t, p, "Person@example.com").Entries[0]; e.Listed != diagnose.NotListed || !strings.Contains(string(e.Note), "capitals") {
		t.Errorf("%+v", e)
	}
	if e := lookUp(t, p, person).Entries[0]; e.Note != "" {
		t.Errorf("%+v", e)
	}
}

// TestSESReasons: an entry whose reason the account, or the configuration set,
// does not suppress for blocks nothing; that is asked, and said.
func TestSESReasons(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings map[string]string
		enabled  string
		status   int // of the question, 0 for honest
		note     string
	}{
		{"both", nil, "", 0, ""},
		{"bounces", nil, "BOUNCE", 0, ""},
		{"complaints alone", nil, "COMPLAINT", 0, "the account does not suppress for BOUNCE: this entry does not block its mail"},
		{"not allowed to ask", nil, "", 403, "for which reasons the account suppresses could not be read: 403"},
		{"a configuration set", map[string]string{"configuration_set": "transactional"}, "BOUNCE", 0, "the configuration set transactional does not suppress for BOUNCE: this entry does not block its mail"},
		{"one that there is none of", map[string]string{"configuration_set": "none"}, "", 0, "for which reasons the configuration set none suppresses could not be read: 404 no such operation"},
	} {
		server, p := openedWith(t, "ses", c.settings)
		server.Put("account", platformtest.Entry{Address: person, Created: created})
		if c.enabled != "" {
			server.Put("reasons", platformtest.Entry{Address: c.enabled})
		}
		server.Behave(func(r platformtest.Request) platformtest.Behaviour {
			if c.status != 0 && strings.HasSuffix(r.Path, "/account") {
				return platformtest.Behaviour{Status: c.status, Body: `{}`}
			}
			return platformtest.Behaviour{}
		})
		e := bounced(t, lookUp(t, p, person))
		if !strings.HasPrefix(string(e.Note), c.note) || c.note == "" && e.Note != "" || e.MessageID != "0100-m" {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
}

// TestSESTenant: a tenant's list is another than the account's, and a tenant
// that does not exist is no empty list.
func TestSESTenant(t *testing.T) {
	server, p := openedWith(t, "ses", map[string]string{"tenant": platformtest.SESTenant})
	server.Put("account", platformtest.Entry{Address: person, Created: created})
	server.Put("tenant/shop", platformtest.Entry{Address: person, Created: created})
	entries := lookUp(t, p, person).Entries
	if len(entries) != 2 || entries[1].Listed != diagnose.IsListed || entries[1].Scope != "eu-west-1, tenant shop" {
		t.Fatalf("%+v", entries)
	}
	if got := p.Request(entries[1]); !strings.HasSuffix(string(got), "?TenantName=shop") {
		t.Error(got)
	}
	if r, err := p.Remove(t.Context(), entries[1]); err != nil || r.Result != diagnose.RemovalDone || !server.Has("account", person) || server.Has("tenant/shop", person) {
		t.Errorf("%+v, %v", r, err)
	}
	if now, err := p.Read(t.Context(), entries[1]); err != nil || now.Listed != diagnose.NotListed || now.Scope != entries[1].Scope {
		t.Errorf("%+v, %v", now, err)
	}
	// The same entry at an account without a tenant would be the account's.
	server, p = openedWith(t, "ses", nil)
	server.Put("account", platformtest.Entry{Address: person, Created: created})
	if r, err := p.Remove(t.Context(), entries[1]); err != nil || r.Result != diagnose.RemovalUnsent || server.Changes() != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	_, p = openedWith(t, "ses", map[string]string{"tenant": "nobody"})
	if e := lookUp(t, p, person).Entries[1]; e.Listed != diagnose.CannotTell || e.Problem != diagnose.ProblemNotFound {
		t.Errorf("%+v", e)
	}
}

// TestSESSignature: a key, a session or a region that is not right is refused,
// and no part of the key is shown.
func TestSESSignature(t *testing.T) {
	server := platformtest.New("ses")
	t.Cleanup(server.Close)
	good := platformtest.SecretOf("ses")
	for _, c := range []struct {
		name, key, region string
		want              diagnose.Problem
	}{
		{"right", good, platformtest.SESRegion, ""},
		{"another region", good, "us-east-1", diagnose.ProblemForbidden},
		{"another secret", strings.Replace(good, platformtest.Secret, "another-secret-of-somebody", 1), platformtest.SESRegion, diagnose.ProblemForbidden},
		{"no session", strings.Replace(good, platformtest.SESSession, "", 1), platformtest.SESRegion, diagnose.ProblemForbidden},
	} {
		p, err := suppression.Open(suppression.Account{Key: "ses", Base: server.URL, Settings: map[string]string{"region": c.region}, Read: secret.New(c.key)},
			suppression.Options{Transport: &http.Transport{}})
		if err != nil {
			t.Fatal(err)
		}
		e := lookUp(t, p, person).Entries[0]
		if e.Problem != c.want {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
	server, p := openedWith(t, "ses", nil)
	server.Behave(func(r platformtest.Request) platformtest.Behaviour {
		return platformtest.Behaviour{Status: 400, Body: fmt.Sprintf(`{"message":"%s %s %s"}`, platformtest.Secret, platformtest.SESSession, platformtest.SESAccessKey)}
	})
	if text := fmt.Sprintf("%+v", lookUp(t, p, person)); strings.Contains(text, "canary") || strings.Contains(text, platformtest.SESAccessKey) {
		t.Error(text)
	}
}

// TestSigV4 holds the check of signatures to the first example of the vendor's
// own suite of tests, get-vanilla.
func TestSigV4(t *testing.T) {
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.amazonaws.com/", nil)
	r.Host = "example.amazonaws.com"
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	const scheme = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature="
	r.Header.Set("Authorization", scheme+"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
	if why := platformtest.SigV4Problem(r, "", "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"); why != "" {
		t.Error(why)
	}
	r.Host = "example.com"
	if platformtest.SigV4Problem(r, "", "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service") == "" {
		t.Error("the signature of another host is taken")
	}
}

// TestKeyOfParts: a key of several values comes from the environment or as the
// text that the vendor's own tool prints, and is never shown.
func TestKeyOfParts(t *testing.T) {
	spec, _ := suppression.SpecOf("ses")
	env := map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLECANARY", "AWS_SECRET_ACCESS_KEY": " " + platformtest.Secret + "\n"}
	key := spec.Read.FromEnv(func(name string) string { return env[name] })
	var got map[string]string
	if err := json.Unmarshal([]byte(key.Reveal()), &got); err != nil || len(got) != 2 || got["SecretAccessKey"] != platformtest.Secret {
		t.Errorf("%v, %v", got, err)
	}
	if text := fmt.Sprintf("%+v %#v %s", key, key, key); strings.Contains(text, "canary") {
		t.Error(text)
	}
	delete(env, "AWS_ACCESS_KEY_ID")
	if key := spec.Read.FromEnv(func(name string) string { return env[name] }); !key.Empty() {
		t.Error("half a key is a key")
	}
	if got := spec.Read.Names(); got != "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" {
		t.Error(got)
	}
	one := suppression.Credential{Env: []string{"A_KEY", "B_KEY"}}
	if key := one.FromEnv(func(name string) string { return map[string]string{"B_KEY": "value"}[name] }); key.Reveal() != "value" || one.Names() != "A_KEY or B_KEY" {
		t.Error(key, one.Names())
	}
	for _, bad := range []string{platformtest.Secret, `{}`, `[]`, `{"AccessKeyId":"A"}`, `{"AccessKeyId":7,"SecretAccessKey":"` + platformtest.Secret + `"}`} {
		_, err := suppression.Open(suppression.Account{Key: "ses", Settings: settings(spec), Read: secret.New(bad)}, suppression.Options{})
		if !errors.Is(err, suppression.ErrNoKey) || strings.Contains(err.Error(), platformtest.Secret) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
