package suppression_test

import (
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/suppression/platformtest"
)

func TestResend(t *testing.T) {
	entry := func(address, origin string) string {
		return `{"object":"suppression","id":"e169","email":"` + address + `","origin":"` + origin + `","source_id":null,"created_at":"2026-11-20 09:12:45.5+00"}`
	}
	readings(t, "resend", []reading{
		{"not listed", 404, `{"statusCode":404,"name":"not_found","message":"Suppression not found"}`, diagnose.NotListed, "", diagnose.ListBounces, "", ""},
		{"no such endpoint", 404, `{"statusCode":404,"name":"not_found","message":"The requested endpoint does not exist"}`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"refused for the agent", 403, `{"statusCode":1010}`, diagnose.CannotTell, diagnose.ProblemForbidden, "", "", ""},
		{"the address of another", 200, entry(other, "bounce"), diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"a list", 200, `{"object":"list","data":[` + entry(person, "bounce") + `]}`, diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"a bounce", 200, entry(person, "bounce"), diagnose.IsListed, "", diagnose.ListBounces, diagnose.CanRemove, "bounce"},
		{"a complaint", 200, entry(person, "complaint"), diagnose.IsListed, "", diagnose.ListComplaints, diagnose.CannotRemove, ""},
		{"by us", 200, entry(person, "manual"), diagnose.IsListed, "", diagnose.ListManual, diagnose.ByHandOnly, ""},
		{"something new", 200, entry(person, "weather"), diagnose.IsListed, "", diagnose.ListOther, diagnose.CannotRemove, ""},
	})
	removals(t, "resend", []removal{
		{"not deleted", 200, `{"object":"suppression","id":"e0001","deleted":false}`, diagnose.RemovalUnknown, ""},
		{"another entry", 200, `{"object":"suppression","id":"e0002","deleted":true}`, diagnose.RemovalUnknown, ""},
		{"gone already", 404, `{"message":"Suppression not found"}`, diagnose.RemovalAbsent, ""},
		{"no such endpoint", 404, `{"message":"The requested endpoint does not exist"}`, diagnose.RemovalRefused, ""},
	})
}

// TestResendNumber: the entry that was read is removed by its number, and a
// number that would mean something else is not sent.
func TestResendNumber(t *testing.T) {
	server, p := openedWith(t, "resend", nil)
	server.Put("suppressions", platformtest.Entry{Address: person, Created: created})
	e := bounced(t, lookUp(t, p, person))
	for _, id := range []string{"", "batch/remove", "..", person, "e0001?all=1", strings.Repeat("e", 65)} {
		bad := e
		bad.ID = safe.Untrusted(id)
		if r, err := p.Remove(t.Context(), bad); err != nil || r.Result != diagnose.RemovalUnsent || server.Changes() != 0 {
			t.Errorf("%q: %+v, %v", id, r, err)
		}
	}
	// The address has been listed anew: the old number is of nobody.
	server.Put("suppressions", platformtest.Entry{Address: person, Code: "complaint", Created: created})
	if r, err := p.Remove(t.Context(), e); err != nil || r.Result != diagnose.RemovalAbsent || !server.Has("suppressions", person) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestResendTimes(t *testing.T) {
	server, p := openedWith(t, "resend", nil)
	for text, want := range map[string]time.Time{
		"2026-11-20 09:12:45+00":        created,
		"2026-11-20 09:12:45.678901+00": created.Add(678901 * time.Microsecond),
		"2026-11-20 10:12:45.5+01":      created.Add(500 * time.Millisecond),
		"2026-11-20 14:42:45+05:30":     created,
		"2026-11-20T09:12:45.000Z":      created,
		"yesterday":                     {},
	} {
		server.Behave(func(platformtest.Request) platformtest.Behaviour {
			return platformtest.Behaviour{Body: `{"object":"suppression","id":"1","email":"person@example.com","origin":"bounce","created_at":"` + text + `"}`}
		})
		if e := bounced(t, lookUp(t, p, person)); !e.Created.Equal(want) {
			t.Errorf("%s: %s", text, e.Created)
		}
	}
}
