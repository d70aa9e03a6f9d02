package suppression_test

import (
	"strings"
	"testing"

	"deadletter/diagnose"
	"deadletter/diagnose/suppression/platformtest"
)

func TestSparkPost(t *testing.T) {
	row := func(address, kind, source string) string {
		return `{"recipient":"` + address + `","type":"` + kind + `","source":"` + source + `","description":"550: no","created":"2026-11-20T09:12:45+00:00"}`
	}
	list := func(rows ...string) string { return `{"results":[` + strings.Join(rows, ",") + `],"links":[]}` }
	const tx = "transactional"
	readings(t, "sparkpost", []reading{
		{"not listed", 404, `{"errors":[{"message":"Recipient could not be found"}]}`, diagnose.NotListed, "", diagnose.ListBounces, "", ""},
		{"another 404", 404, `{"errors":[{"message":"Resource could not be found"}]}`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"a 404 without JSON", 404, `Recipient could not be found`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"no rows", 200, list(), diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"rows of others", 200, list(row(other, tx, "Bounce Rule")), diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"a row of the old form", 200, list(`{"recipient":"person@example.com","transactional":true,"source":"Bounce Rule"}`), diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"the other type alone", 200, list(row(person, "non_transactional", "List Unsubscribe")), diagnose.NotListed, "", diagnose.ListBounces, "", ""},
		{"a bounce", 200, list(row(person, tx, "Bounce Rule")), diagnose.IsListed, "", diagnose.ListBounces, diagnose.CanRemove, "Bounce Rule"},
		{"a complaint", 200, list(row(person, tx, "Spam Complaint")), diagnose.IsListed, "", diagnose.ListComplaints, diagnose.CannotRemove, ""},
		{"a list unsubscribe", 200, list(row(person, tx, "List Unsubscribe")), diagnose.IsListed, "", diagnose.ListUnsubscribes, diagnose.CannotRemove, ""},
		{"a link", 200, list(row(person, tx, "Unsubscribe Link")), diagnose.IsListed, "", diagnose.ListUnsubscribes, diagnose.CannotRemove, ""},
		{"compliance", 200, list(row(person, tx, "Compliance")), diagnose.IsListed, "", diagnose.ListCompliance, diagnose.CannotRemove, ""},
		{"by us", 200, list(row(person, tx, "Manually Added")), diagnose.IsListed, "", diagnose.ListManual, diagnose.ByHandOnly, ""},
		{"something new", 200, list(row(person, tx, "Weather")), diagnose.IsListed, "", diagnose.ListOther, diagnose.CannotRemove, ""},
		{"two rows of one type", 200, list(row(person, tx, "Bounce Rule"), row(person, tx, "Spam Complaint")), diagnose.IsListed, "", diagnose.ListComplaints, diagnose.CannotRemove, ""},
	})
	removals(t, "sparkpost", []removal{
		{"by the platform", 403, `{"errors":[{"message":"Recipient could not be removed - Compliance"}]}`, diagnose.RemovalRefused, "Compliance"},
		{"gone already", 404, `{"errors":[{"message":"Recipient could not be found"}]}`, diagnose.RemovalAbsent, ""},
		{"another 404", 404, `{"errors":[{"message":"Resource could not be found"}]}`, diagnose.RemovalRefused, ""},
		{"another success", 200, `{}`, diagnose.RemovalUnknown, ""},
	})
}

// TestSparkPostOneRow: a removal names the type of mail. Without it the row
// with the recipient's own word would go too.
func TestSparkPostOneRow(t *testing.T) {
	server, p := openedWith(t, "sparkpost", map[string]string{"subaccount": "123"})
	server.Put("transactional", platformtest.Entry{Address: person, Created: created})
	server.Put("non_transactional", platformtest.Entry{Address: person, Code: "List Unsubscribe", Created: created})
	entries := lookUp(t, p, person).Entries
	if len(entries) != 2 || entries[1].List != diagnose.ListUnsubscribes {
		t.Fatalf("%+v", entries)
	}
	if r, err := p.Remove(t.Context(), entries[0]); err != nil || r.Result != diagnose.RemovalDone || server.Has("transactional", person) || !server.Has("non_transactional", person) {
		t.Errorf("%+v, %v", r, err)
	}
	for _, r := range server.Requests() {
		if r.Header.Get("X-MSYS-SUBACCOUNT") != "123" {
			t.Errorf("%s %s without the subaccount", r.Method, r.Path)
		}
	}
	before := server.Changes()
	e := entries[0]
	e.Name = ""
	if r, err := p.Remove(t.Context(), e); err != nil || r.Result != diagnose.RemovalUnsent || server.Changes() != before {
		t.Errorf("%+v, %v", r, err)
	}
}
