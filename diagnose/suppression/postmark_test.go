package suppression_test

import (
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/suppression/platformtest"
)

func TestPostmark(t *testing.T) {
	entry := func(address, reason, origin string) string {
		return `{"EmailAddress":"` + address + `","SuppressionReason":"` + reason + `","Origin":"` + origin + `","CreatedAt":"2026-11-20T04:12:45-05:00"}`
	}
	list := func(entries ...string) string { return `{"Suppressions":[` + strings.Join(entries, ",") + `]}` }
	readings(t, "postmark", []reading{
		{"not listed", 200, list(), diagnose.NotListed, "", diagnose.ListBounces, "", ""},
		{"no array", 200, `{}`, diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"null", 200, `{"Suppressions":null}`, diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"no such stream", 422, `{"ErrorCode":1226,"Message":"not found"}`, diagnose.CannotTell, diagnose.ProblemRejected, "", "", ""},
		{"a stream in a 404", 404, `{"Suppressions":[]}`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"entries of others", 200, list(entry(other, "HardBounce", "Recipient")), diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"a bounce among others", 200, list(entry(other, "SpamComplaint", "Recipient"), entry(person, "HardBounce", "Recipient")), diagnose.IsListed, "", diagnose.ListBounces, diagnose.CanRemove, "HardBounce, Recipient"},
		{"a complaint", 200, list(entry(person, "SpamComplaint", "Recipient")), diagnose.IsListed, "", diagnose.ListComplaints, diagnose.CannotRemove, ""},
		{"an unsubscribe", 200, list(entry(person, "ManualSuppression", "Recipient")), diagnose.IsListed, "", diagnose.ListUnsubscribes, diagnose.CannotRemove, ""},
		{"by us", 200, list(entry(person, "ManualSuppression", "Customer")), diagnose.IsListed, "", diagnose.ListManual, diagnose.ByHandOnly, ""},
		{"by the platform", 200, list(entry(person, "ManualSuppression", "Admin")), diagnose.IsListed, "", diagnose.ListCompliance, diagnose.CannotRemove, ""},
		{"by nobody", 200, list(entry(person, "ManualSuppression", "")), diagnose.IsListed, "", diagnose.ListOther, diagnose.CannotRemove, "ManualSuppression"},
		{"something new", 200, list(entry(person, "Weather", "Customer")), diagnose.IsListed, "", diagnose.ListOther, diagnose.CannotRemove, ""},
		{"a bounce and a complaint", 200, list(entry(person, "HardBounce", "Recipient"), entry(person, "SpamComplaint", "Recipient")), diagnose.IsListed, "", diagnose.ListComplaints, diagnose.CannotRemove, ""},
		{"a complaint and a bounce", 200, list(entry(person, "SpamComplaint", "Recipient"), entry(person, "HardBounce", "Recipient")), diagnose.IsListed, "", diagnose.ListComplaints, diagnose.CannotRemove, ""},
	})
	removals(t, "postmark", []removal{
		{"200 that failed", 200, `{"Suppressions":[{"EmailAddress":"person@example.com","Status":"Failed","Message":"You may not."}]}`, diagnose.RemovalRefused, "You may not."},
		{"a status that is new", 200, `{"Suppressions":[{"EmailAddress":"person@example.com","Status":"Pending","Message":null}]}`, diagnose.RemovalUnknown, ""},
		{"of another", 200, `{"Suppressions":[{"EmailAddress":"other@example.com","Status":"Deleted"}]}`, diagnose.RemovalUnknown, ""},
		{"of nobody", 200, `{"Suppressions":[]}`, diagnose.RemovalUnknown, ""},
		{"refused", 422, `{"ErrorCode":300,"Message":"Invalid"}`, diagnose.RemovalRefused, "Invalid"},
		{"without a message", 200, `{"Suppressions":[{"EmailAddress":"person@example.com","Status":"Deleted","Message":null}]}`, diagnose.RemovalDone, ""},
	})
}

// TestPostmarkStreams: each stream is asked and cleared by itself.
func TestPostmarkStreams(t *testing.T) {
	server, p := openedWith(t, "postmark", nil)
	server.Put("outbound", platformtest.Entry{Address: person, Created: created})
	server.Put("broadcast", platformtest.Entry{Address: person, Code: "ManualSuppression, Recipient", Created: created})
	entries := lookUp(t, p, person).Entries
	if len(entries) != 2 || entries[0].Scope != "outbound" || entries[1].Scope != "broadcast" || entries[1].List != diagnose.ListUnsubscribes {
		t.Fatalf("%+v", entries)
	}
	if r, err := p.Remove(t.Context(), entries[0]); err != nil || r.Result != diagnose.RemovalDone || server.Has("outbound", person) || !server.Has("broadcast", person) {
		t.Errorf("%+v, %v", r, err)
	}
	last := server.Requests()[len(server.Requests())-1]
	if last.Body != `{"Suppressions":[{"EmailAddress":"person@example.com"}]}` {
		t.Error(last.Body)
	}
	_, p = openedWith(t, "postmark", map[string]string{"streams": " news , outbound,, news"})
	entries = lookUp(t, p, person).Entries
	if len(entries) != 2 || entries[0].Listed != diagnose.CannotTell || entries[1].Listed != diagnose.NotListed {
		t.Errorf("%+v", entries)
	}
	e := diagnose.ListEntry{List: diagnose.ListBounces, Scope: "elsewhere", Address: person, Listed: diagnose.IsListed, Removable: diagnose.CanRemove}
	if r, err := p.Remove(t.Context(), e); err != nil || r.Result != diagnose.RemovalUnsent {
		t.Errorf("a stream that is not set: %+v, %v", r, err)
	}
}
