package suppression_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/platformtest"
)

// held gives what a look-up says is listed.
func held(r diagnose.SuppressionRecorded) []diagnose.ListEntry {
	var out []diagnose.ListEntry
	for _, e := range r.Entries {
		if e.Listed == diagnose.IsListed {
			out = append(out, e)
		}
	}
	return out
}

// TestKinds: the platform's own word decides what an entry is, and a word that
// is not known makes nothing removable.
func TestKinds(t *testing.T) {
	type kind struct {
		code string
		list diagnose.ListKind
		may  diagnose.Removable
	}
	const no, yes, hand = diagnose.CannotRemove, diagnose.CanRemove, diagnose.ByHandOnly
	for key, kinds := range map[string][]kind{
		"mandrill": {{"hard-bounce", diagnose.ListBounces, yes}, {"soft-bounce", diagnose.ListBounces, yes}, {"spam", diagnose.ListComplaints, no},
			{"unsub", diagnose.ListUnsubscribes, no}, {"custom", diagnose.ListManual, hand}, {"invalid-sender", diagnose.ListOther, no}},
		"smtp2go": {{"bounce", diagnose.ListBounces, yes}, {"spam", diagnose.ListComplaints, no}, {"unsubscribe", diagnose.ListUnsubscribes, no},
			{"manual", diagnose.ListManual, hand}, {"compliance", diagnose.ListCompliance, no}, {"new", diagnose.ListOther, no}},
		"scaleway": {{"mailbox_not_found", diagnose.ListBounces, yes}, {"mailbox_full", diagnose.ListBounces, yes}, {"custom", diagnose.ListManual, hand}, {"unknown_type", diagnose.ListOther, no}},
		"oci": {{"HARDBOUNCE", diagnose.ListBounces, yes}, {"SOFTBOUNCE", diagnose.ListBounces, yes}, {"COMPLAINT", diagnose.ListComplaints, no},
			{"UNSUBSCRIBE", diagnose.ListUnsubscribes, no}, {"MANUAL", diagnose.ListManual, hand}, {"UNKNOWN", diagnose.ListOther, no}},
		"brevo": {{"hardBounce", diagnose.ListBounces, yes}, {"contactFlaggedAsSpam", diagnose.ListComplaints, no}, {"unsubscribedViaMA", diagnose.ListUnsubscribes, no},
			{"unsubscribedViaEmail", diagnose.ListUnsubscribes, no}, {"unsubscribedViaApi", diagnose.ListUnsubscribes, no}, {"adminBlocked", diagnose.ListManual, hand}, {"new", diagnose.ListOther, no}},
		"campaignmonitor": {{"Bounced", diagnose.ListBounces, yes}, {"Unsubscribed", diagnose.ListUnsubscribes, no}, {"Spam complaint", diagnose.ListComplaints, no},
			{"Marked as spam", diagnose.ListComplaints, no}, {"Not bounced", diagnose.ListOther, no}},
	} {
		for _, k := range kinds {
			server, p, _ := opened(t, key)
			server.Put(server.Bounces(), platformtest.Entry{Address: person, Reason: "x", Code: k.code, Created: created})
			got := held(lookUp(t, p, person))
			if len(got) != 1 || got[0].List != k.list || got[0].Removable != k.may || string(got[0].Code) != k.code {
				t.Errorf("%s %s: %+v", key, k.code, got)
				continue
			}
			if again, err := p.Read(t.Context(), got[0]); err != nil || again != got[0] {
				t.Errorf("%s %s: read again %+v, %v", key, k.code, again, err)
			}
			server.Take(server.Bounces(), person)
			if gone, err := p.Read(t.Context(), got[0]); err != nil || gone.Listed != diagnose.NotListed {
				t.Errorf("%s %s: gone %+v, %v", key, k.code, gone, err)
			}
		}
	}
}

func TestMandrill(t *testing.T) {
	server, p, _ := opened(t, "mandrill")
	server.Put("rejects", platformtest.Entry{Address: person, Code: "expired", Created: created})
	if got := held(lookUp(t, p, person)); len(got) != 0 {
		t.Errorf("an entry that ended is listed: %+v", got)
	}
	server.Put("rejects", platformtest.Entry{Address: person, Reason: "550 5.1.1 no", Created: created})
	e := bounced(t, lookUp(t, p, person))
	if !strings.Contains(string(e.Note), "costs reputation") || !strings.Contains(string(e.Note), "read as UTC") || !e.Expires.Equal(created.AddDate(0, 0, 7)) {
		t.Errorf("%+v", e)
	}
	for _, r := range server.Requests() {
		if u, err := url.Parse(r.Path); err != nil || u.RawQuery != "" || strings.Contains(r.Path, platformtest.Secret) || !strings.Contains(r.Body, `"include_expired":false`) {
			t.Errorf("%s %s %s", r.Method, r.Path, r.Body)
		}
	}
	for body, want := range map[string]diagnose.Problem{
		`{"status":"error","code":-1,"name":"Invalid_Key","message":"Invalid API key"}`:             diagnose.ProblemUnauthorized,
		`{"status":"error","code":12,"name":"Unknown_Subaccount","message":"No subaccount exists"}`: diagnose.ProblemSetting,
		`{"status":"error","code":-99,"name":"GeneralError","message":"An unexpected error"}`:       diagnose.ProblemUnavailable,
	} {
		server.Behave(func(platformtest.Request) platformtest.Behaviour {
			return platformtest.Behaviour{Status: 500, Body: body}
		})
		if got := lookUp(t, p, person).Entries[0]; got.Listed != diagnose.CannotTell || got.Problem != want {
			t.Errorf("%s: %+v", body, got)
		}
		r, err := p.Remove(t.Context(), e)
		refused := want != diagnose.ProblemUnavailable
		if err != nil || refused != (r.Result == diagnose.RemovalRefused) || !refused && r.Result != diagnose.RemovalUnknown {
			t.Errorf("%s: %+v, %v", body, r, err)
		}
	}
}

func TestSMTP2GO(t *testing.T) {
	server, p, _ := opened(t, "smtp2go")
	old := time.Date(2019, 3, 1, 8, 0, 0, 0, time.UTC)
	server.Put("suppressions", platformtest.Entry{Address: person, Reason: "550 5.1.1 no", Created: old})
	if e := bounced(t, lookUp(t, p, person)); !e.Created.Equal(old) {
		t.Errorf("an entry older than the usual window: %+v", e)
	}
	server.Take("suppressions", person)
	server.Put("suppressions", platformtest.Entry{Address: "example.com", Reason: "no mail there", Code: "manual", Created: old})
	got := held(lookUp(t, p, person))
	if len(got) != 1 || got[0].List != diagnose.ListOther || got[0].Name != "whole domain" || got[0].Removable != diagnose.ByHandOnly || string(got[0].Address) != "example.com" {
		t.Fatalf("the entry of the domain: %+v", got)
	}
	if _, err := p.Remove(t.Context(), got[0]); err == nil || server.Changes() != 0 {
		t.Errorf("the entry of the domain is removed: %v", err)
	}
	server.Behave(func(platformtest.Request) platformtest.Behaviour {
		return platformtest.Behaviour{Status: 200, Body: `{"data":{"continue_token":"more","results":[]}}`}
	})
	if e := lookUp(t, p, person).Entries[0]; e.Listed != diagnose.CannotTell || e.Problem != diagnose.ProblemTooMany {
		t.Errorf("%+v", e)
	}
	server.Behave(func(platformtest.Request) platformtest.Behaviour {
		return platformtest.Behaviour{Status: 400, Body: `{"data":{"error":"You do not have permission","error_code":"E_ApiResponseCodes.ENDPOINT_PERMISSION_DENIED"}}`}
	})
	if e := lookUp(t, p, person).Entries[0]; e.Listed != diagnose.CannotTell || e.Problem != diagnose.ProblemForbidden {
		t.Errorf("%+v", e)
	}
	server.Behave(nil)
	bounce := diagnose.ListEntry{List: diagnose.ListBounces, Name: "bounce", Address: person, Listed: diagnose.IsListed, Removable: diagnose.CanRemove}
	if r, err := p.Remove(t.Context(), bounce); err != nil || r.Result != diagnose.RemovalAbsent {
		t.Errorf("removed:false: %+v, %v", r, err)
	}
	server.Put("suppressions", platformtest.Entry{Address: person, Code: "spam", Created: old})
	if r, err := p.Remove(t.Context(), bounce); err != nil || r.Result != diagnose.RemovalAbsent || !server.Has("suppressions", person) {
		t.Errorf("a complaint took the bounce's place: %+v, %v", r, err)
	}
}

func TestElasticEmail(t *testing.T) {
	server, p, _ := opened(t, "elasticemail")
	server.Put("bounces", platformtest.Entry{Address: person, Reason: "550 5.1.1 no", Created: created})
	server.Put("complaints", platformtest.Entry{Address: person, Created: created})
	if e := bounced(t, lookUp(t, p, person)); e.Removable != diagnose.CannotRemove {
		t.Errorf("a bounce beside a complaint: %+v", e)
	}
	server.Behave(func(r platformtest.Request) platformtest.Behaviour {
		if strings.Contains(r.Path, "complaints") {
			return platformtest.Behaviour{Status: 403, Body: `{}`}
		}
		return platformtest.Behaviour{}
	})
	if e := bounced(t, lookUp(t, p, person)); e.Removable == diagnose.CanRemove {
		t.Errorf("a bounce beside what could not be read: %+v", e)
	}
	server.Behave(nil)
	server.Take("bounces", person)
	server.Take("complaints", person)
	server.Put("hidden", platformtest.Entry{Address: person, Created: created})
	for _, e := range lookUp(t, p, person).Entries {
		if e.Listed != diagnose.CannotTell {
			t.Errorf("an entry that no list shows: %+v", e)
		}
	}
}

func TestScaleway(t *testing.T) {
	server, p, _ := opened(t, "scaleway")
	server.Put("blocklists", platformtest.Entry{Address: person, Created: created})
	e := bounced(t, lookUp(t, p, person))
	if !e.Expires.Equal(created.AddDate(0, 1, 0)) || e.ID == "" {
		t.Errorf("%+v", e)
	}
	e.ID = ""
	if r, err := p.Remove(t.Context(), e); err != nil || r.Result != diagnose.RemovalUnsent || server.Changes() != 0 {
		t.Errorf("an entry without a number: %+v, %v", r, err)
	}
}

func TestOCI(t *testing.T) {
	server, p, _ := opened(t, "oci")
	server.Put("suppressions", platformtest.Entry{Address: person, Reason: "550 5.1.1 no", Created: created})
	e := bounced(t, lookUp(t, p, person))
	if string(e.Reason) != "550 5.1.1 no (mx1.example.com)" || e.MessageID != "<m1@example.com>" || e.Scope != "eu-frankfurt-1" {
		t.Errorf("%+v", e)
	}
	server.Behave(func(r platformtest.Request) platformtest.Behaviour {
		if strings.Contains(r.Path, "/suppressions/") {
			return platformtest.Behaviour{Status: 404, Body: `{"code":"NotAuthorizedOrNotFound","message":"no"}`}
		}
		return platformtest.Behaviour{}
	})
	if e := bounced(t, lookUp(t, p, person)); !strings.Contains(string(e.Note), "could not be read") {
		t.Errorf("%+v", e)
	}
	if r, err := p.Remove(t.Context(), e); err != nil || r.Result != diagnose.RemovalRefused {
		t.Errorf("a 404 that may mean no permission: %+v, %v", r, err)
	}
	spec, _ := suppression.SpecOf("oci")
	for _, key := range []string{"no key at all", "-----BEGIN RSA PRIVATE KEY-----\nbm90IGEga2V5\n-----END RSA PRIVATE KEY-----"} {
		before := len(server.Requests())
		bad, err := suppression.Open(suppression.Account{Key: "oci", Base: server.URL, Settings: settings(spec), Read: secret.New(key)}, suppression.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := lookUp(t, bad, person).Entries[0]
		if got.Problem != diagnose.ProblemSetting || strings.Contains(string(got.Note), "bm90") || len(server.Requests()) != before {
			t.Errorf("%+v", got)
		}
	}
}

func TestBrevo(t *testing.T) {
	row := func(code, sender string) string {
		return `{"email":"person@example.com","senderEmail":"` + sender + `","reason":{"code":"` + code + `","message":"m"},"blockedAt":"2026-11-20T09:12:45Z"}`
	}
	for _, c := range []struct {
		name, rows string
		want       diagnose.Removable
	}{
		{"bounces for two senders", row("hardBounce", "a@example.org") + "," + row("hardBounce", "b@example.org"), diagnose.CanRemove},
		{"an unsubscribe beside it", row("hardBounce", "a@example.org") + "," + row("unsubscribedViaEmail", "b@example.org"), diagnose.CannotRemove},
		{"an unknown reason before it", row("new", "a@example.org") + "," + row("hardBounce", "b@example.org"), diagnose.CannotRemove},
	} {
		server, p, _ := opened(t, "brevo")
		server.Behave(func(platformtest.Request) platformtest.Behaviour {
			return platformtest.Behaviour{Status: 200, Body: `{"count":2,"contacts":[` + c.rows + `]}`}
		})
		if e := bounced(t, lookUp(t, p, person)); e.Removable != c.want {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
	// Not read to the end: another kind may stand on a page behind.
	server, p := long(t, "brevo", 300, 2)
	server.Put("blockedContacts", platformtest.Entry{Address: "n0001@example.com", ID: "e0002", Created: created})
	got := lookUp(t, p, "n0001@example.com")
	if e := bounced(t, got); e.Removable != diagnose.ByHandOnly {
		t.Errorf("%+v", e)
	}
	for _, e := range got.Entries[1:] {
		if e.Listed != diagnose.CannotTell || e.Problem != diagnose.ProblemTooMany {
			t.Errorf("%+v", e)
		}
	}
}

func TestMailerSend(t *testing.T) {
	for _, c := range []struct {
		pattern, code string
		want          diagnose.Listed
	}{
		{person, "exact", diagnose.IsListed},
		{"other@example.com", "exact", diagnose.NotListed},
		{"*@example.com", "pattern", diagnose.CannotTell},
		{"per*@example.*", "pattern", diagnose.CannotTell},
		{"*@example.org", "pattern", diagnose.NotListed},
		{"*sales*@example.com", "pattern", diagnose.NotListed},
		{"example.com", "pattern", diagnose.CannotTell},
		{"^p.+@example", "pattern", diagnose.CannotTell},
	} {
		server, p, _ := opened(t, "mailersend")
		server.Put("blocklist", platformtest.Entry{Address: c.pattern, Code: c.code, Created: created})
		for _, e := range lookUp(t, p, person).Entries {
			if e.List == diagnose.ListManual && (e.Listed != c.want || e.Listed == diagnose.IsListed && e.Removable != diagnose.ByHandOnly) {
				t.Errorf("%s: %+v", c.pattern, e)
			}
			if e.List != diagnose.ListManual && e.Listed != diagnose.NotListed {
				t.Errorf("%s: %+v", c.pattern, e)
			}
		}
	}
	server, p, _ := opened(t, "mailersend")
	for _, id := range []safe.Untrusted{"", "all"} {
		e := diagnose.ListEntry{List: diagnose.ListBounces, Name: "hard-bounces", Address: person, ID: id, Listed: diagnose.IsListed, Removable: diagnose.CanRemove}
		if r, err := p.Remove(t.Context(), e); err != nil || r.Result != diagnose.RemovalUnsent || len(server.Requests()) != 0 {
			t.Errorf("%q: %+v, %v", id, r, err)
		}
	}
}

func TestZeptoMail(t *testing.T) {
	for reason, want := range map[string]diagnose.ListKind{
		"550 5.1.1 no such user": diagnose.ListBounces, "smtp; 5.1.1 no": diagnose.ListBounces, "552-5.2.2 full": diagnose.ListBounces,
		"asked to leave": diagnose.ListOther, "customer 550000": diagnose.ListOther, "": diagnose.ListOther, "450 4.2.1 later": diagnose.ListOther,
	} {
		server, p, _ := opened(t, "zeptomail")
		server.Put("email", platformtest.Entry{Address: person, Reason: reason, Code: "suppress", Created: created})
		got := held(lookUp(t, p, person))
		if len(got) != 1 || got[0].List != want || (got[0].Removable == diagnose.CanRemove) != (want == diagnose.ListBounces) {
			t.Errorf("%q: %+v", reason, got)
		}
	}
}
