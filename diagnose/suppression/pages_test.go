package suppression_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/platformtest"
)

// pagedKeys are the platforms that can only be read page by page, with how many
// entries a page holds.
var pagedKeys = map[string]int{"brevo": 100, "mailersend": 100, "zeptomail": 100, "campaignmonitor": 1000}

// long gives a platform whose list holds so many entries of others.
func long(t *testing.T, key string, entries, maxPages int) (*platformtest.Server, *suppression.Platform) {
	t.Helper()
	server := platformtest.New(key)
	t.Cleanup(server.Close)
	for i := range entries {
		server.Put(server.Bounces(), platformtest.Entry{Address: fmt.Sprintf("n%04d@example.com", i), Reason: "550 5.1.1 no", Created: created})
	}
	spec, _ := suppression.SpecOf(key)
	p, err := suppression.Open(suppression.Account{Key: key, Base: server.URL, Settings: settings(spec), Read: secret.New(platformtest.SecretOf(key))},
		suppression.Options{Timeout: 5 * time.Second, Transport: &http.Transport{}, MaxPages: maxPages, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if err != nil {
		t.Fatal(err)
	}
	return server, p
}

// listOfBounces gives the entry of the list that matters.
func listOfBounces(r diagnose.SuppressionRecorded) diagnose.ListEntry {
	for _, e := range r.Entries {
		if e.List == diagnose.ListBounces {
			return e
		}
	}
	return diagnose.ListEntry{}
}

func TestPages(t *testing.T) {
	for key, size := range pagedKeys {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			// Of no entry of the address, all pages are read, and told of.
			_, p := long(t, key, 2*size+size/2, 0)
			var last suppression.Progress
			steps := 0
			got, err := p.LookUp(t.Context(), person, func(now suppression.Progress) {
				if string(now.List) != "" && now.Entries >= last.Entries {
					last = now
				}
				steps++
			})
			if e := listOfBounces(got); err != nil || e.Listed != diagnose.NotListed {
				t.Errorf("%+v, %v", e, err)
			}
			if last.Entries != 2*size+size/2 || last.Pages < 3 || steps < 3 {
				t.Errorf("told of %+v in %d steps", last, steps)
			}

			// One that stands on the second page is found.
			server, p := long(t, key, size+size/2, 0)
			server.Put(server.Bounces(), platformtest.Entry{Address: person, Reason: "550 5.1.1 no", Created: created})
			if e := listOfBounces(lookUp(t, p, person)); e.Listed != diagnose.IsListed || e.Removable != diagnose.CanRemove {
				t.Errorf("%+v", e)
			}

			// More pages than are read: it says so.
			_, p = long(t, key, 3*size, 2)
			if e := listOfBounces(lookUp(t, p, person)); e.Listed != diagnose.CannotTell || e.Problem != diagnose.ProblemTooMany || !strings.Contains(string(e.Note), fmt.Sprintf("%d entries read, more are there", 2*size)) {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestPagesEndEarly: an entry that is found ends the reading where it is the
// only one that there can be.
func TestPagesEndEarly(t *testing.T) {
	for _, key := range []string{"mailersend", "zeptomail", "campaignmonitor"} {
		server, p := long(t, key, 2500, 0)
		if e := listOfBounces(lookUp(t, p, "n0001@example.com")); e.Listed != diagnose.IsListed {
			t.Errorf("%s: %+v", key, e)
		}
		n := 0
		for _, r := range server.Requests() {
			if strings.Contains(r.Path, server.Bounces()) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s: %d pages were read", key, n)
		}
	}
}

// TestPagesMove: an entry before the place of reading goes away just when the
// next page is asked for, and the next page begins one too far. The address is
// the entry that falls between: it must not be said to be absent.
func TestPagesMove(t *testing.T) {
	for key, size := range pagedKeys {
		for _, refill := range []bool{false, true} { // somebody else comes in at the end, so that the total stays
			server, p := long(t, key, size, 0)
			server.Put(server.Bounces(), platformtest.Entry{Address: person, Reason: "550 5.1.1 no", Created: created})
			for i := range size {
				server.Put(server.Bounces(), platformtest.Entry{Address: fmt.Sprintf("o%04d@example.com", i), Created: created})
			}
			var asked atomic.Int64
			server.Behave(func(r platformtest.Request) platformtest.Behaviour {
				if strings.Contains(r.Path, server.Bounces()) && asked.Add(1) == 2 {
					server.Take(server.Bounces(), "n0000@example.com")
					if refill {
						server.Put(server.Bounces(), platformtest.Entry{Address: "late@example.com", Created: created})
					}
				}
				return platformtest.Behaviour{}
			})
			if e := listOfBounces(lookUp(t, p, person)); e.Listed == diagnose.NotListed {
				t.Errorf("%s, refill %t: %+v", key, refill, e)
			}
		}
	}
}

// TestPagesRepeat: a server that gives the same page for ever does not keep us,
// and proves nothing.
func TestPagesRepeat(t *testing.T) {
	bodies := map[string]string{
		"brevo":           `{"count":900,"contacts":[{"email":"a@example.com","senderEmail":"b@example.com","reason":{"code":"hardBounce","message":"x"},"blockedAt":"2026-11-20T09:12:45Z"}]}`,
		"mailersend":      `{"data":[{"id":"1","recipient":{"email":"a@example.com"}}],"links":{"next":"https://api.example.com/?page=2"}}`,
		"zeptomail":       `{"data":[{"value":"a@example.com"}]}`,
		"campaignmonitor": `{"Results":[{"EmailAddress":"a@example.com","SuppressionReason":"Bounced"}],"TotalNumberOfRecords":9000,"NumberOfPages":9}`,
		"elasticemail":    `[{"Email":"a@example.com"}]`,
	}
	for key, body := range bodies {
		server, p := long(t, key, 0, 0)
		server.Behave(func(platformtest.Request) platformtest.Behaviour {
			return platformtest.Behaviour{Status: 200, Body: body}
		})
		for _, e := range lookUp(t, p, person).Entries {
			if e.Listed != diagnose.CannotTell || e.Problem != diagnose.ProblemChanged {
				t.Errorf("%s: %+v", key, e)
			}
		}
		if n := len(server.Requests()); n > 12 {
			t.Errorf("%s: %d requests", key, n)
		}
	}
}
