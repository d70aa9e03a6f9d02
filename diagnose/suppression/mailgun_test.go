package suppression_test

import (
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/suppression/platformtest"
)

func TestMailgun(t *testing.T) {
	readings(t, "mailgun", []reading{
		{"not listed", 404, `{"message":"Address not found in bounces table"}`, diagnose.NotListed, "", diagnose.ListBounces, "", ""},
		{"another domain", 404, `{"message":"Domain not found: mg.example.net"}`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"the sentence of another list", 404, `{"message":"No spam complaints found for this address"}`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"no JSON", 404, `Not Found`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"empty JSON", 404, `{}`, diagnose.CannotTell, diagnose.ProblemNotFound, "", "", ""},
		{"the sentence with another status", 200, `{"message":"Address not found in bounces table"}`, diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"the address of another", 200, `{"address":"other@example.com","code":"550","error":"no","created_at":"Fri, 20 Nov 2026 09:12:45 UTC"}`, diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"a page of the list", 200, `{"items":[{"address":"person@example.com"}],"paging":{}}`, diagnose.CannotTell, diagnose.ProblemMalformed, "", "", ""},
		{"a code of text", 200, `{"address":"Person@example.com","code":"550","error":"no","created_at":"Fri, 20 Nov 2026 09:12:45 UTC"}`, diagnose.IsListed, "", diagnose.ListBounces, diagnose.CanRemove, "550"},
		{"a code of digits", 200, `{"address":"person@example.com","code":605,"created_at":"nonsense"}`, diagnose.IsListed, "", diagnose.ListBounces, diagnose.CanRemove, "605"},
		{"without a code", 200, `{"address":"person@example.com","code":null}`, diagnose.IsListed, "", diagnose.ListBounces, diagnose.CanRemove, ""},
	})
	removals(t, "mailgun", []removal{
		{"gone already", 404, `{"message":"Address not found in bounces table"}`, diagnose.RemovalAbsent, "Address not found"},
		{"another domain", 404, `{"message":"Domain not found: mg.example.net"}`, diagnose.RemovalRefused, "Domain not found"},
		{"another address", 200, `{"message":"Bounced address has been removed","address":"other@example.com"}`, diagnose.RemovalUnknown, ""},
		{"no JSON", 200, `ok`, diagnose.RemovalUnknown, ""},
	})
}

// TestMailgunDomain: a domain that the account does not have is no empty list.
func TestMailgunDomain(t *testing.T) {
	_, p := openedWith(t, "mailgun", map[string]string{"domain": "mg.example.net"})
	for _, e := range lookUp(t, p, person).Entries {
		if e.Listed != diagnose.CannotTell || e.Problem != diagnose.ProblemNotFound || e.Scope != "mg.example.net" {
			t.Errorf("%+v", e)
		}
	}
}

// TestMailgunLists: an unsubscribe and a complaint are told apart, and stay.
func TestMailgunLists(t *testing.T) {
	server, p := openedWith(t, "mailgun", nil)
	server.Put("unsubscribes", platformtest.Entry{Address: person, Code: "news", Created: created})
	server.Put("complaints", platformtest.Entry{Address: person, Created: created})
	for i, want := range []struct {
		list   diagnose.ListKind
		listed diagnose.Listed
		reason string
	}{{diagnose.ListBounces, diagnose.NotListed, ""}, {diagnose.ListUnsubscribes, diagnose.IsListed, "news"}, {diagnose.ListComplaints, diagnose.IsListed, ""}} {
		e := lookUp(t, p, person).Entries[i]
		if e.List != want.list || e.Listed != want.listed || string(e.Reason) != want.reason || e.Removable == diagnose.CanRemove {
			t.Errorf("%+v", e)
		}
		if e.Listed == diagnose.IsListed && !e.Created.Equal(created.Truncate(time.Second)) {
			t.Errorf("%s", e.Created)
		}
	}
}
