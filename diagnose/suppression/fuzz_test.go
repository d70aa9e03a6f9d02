package suppression_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
	"deadletter/diagnose/suppression/platformtest"
)

// always answers every request alike.
type always struct {
	status int
	body   string
}

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"X-Amzn-Errortype": {"NotFoundException"}}, Body: io.NopCloser(strings.NewReader(a.body)),
	}, nil
}

// FuzzAnswers: whatever a platform answers, an entry that is listed is of the
// very address, one that can be removed is a bounce, and no failure says that
// the address is not listed.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		``, `null`, `[]`, `{}`, `{"message":"Address not found in bounces table"}`, `{"errors":[{"message":"Recipient could not be found"}]}`, `{"message":"Suppression not found"}`,
		`[{"created":1.7e9,"email":"person@example.com","reason":"550 <a@example.com>","status":"5.1.1"}]`, `{"recipient_email":"person@example.com"}`,
		`{"address":"person@example.com","code":550,"error":"no","created_at":"Fri, 20 Nov 2026 09:12:45 UTC"}`,
		`{"SuppressedDestination":{"EmailAddress":"person@example.com","Reason":"BOUNCE","LastUpdateTime":1.7e9}}`,
		`{"Suppressions":[{"EmailAddress":"person@example.com","SuppressionReason":"HardBounce","Origin":"Recipient","CreatedAt":"2026-11-20T04:12:45-05:00"}]}`,
		`{"results":[{"recipient":"person@example.com","type":"transactional","source":"Bounce Rule","created":"2026-11-20T09:12:45+00:00"}]}`,
		`{"id":"e1","email":"person@example.com","origin":"bounce","created_at":"2026-11-20 09:12:45.5+00"}`,
	} {
		for _, status := range []int{200, 404, 500} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		for _, spec := range suppression.Specs() {
			if spec.ByHand() {
				continue
			}
			p, err := suppression.Open(suppression.Account{Key: spec.Key, Settings: settings(spec), Read: secret.New(platformtest.SecretOf(spec.Key))},
				suppression.Options{Transport: always{status, body}, Sleep: func(context.Context, time.Duration) error { return nil }})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range lookUp(t, p, person).Entries {
				switch e.Listed {
				case diagnose.IsListed:
					if !suppression.SameAddress(string(e.Address), person) || status >= 300 {
						t.Errorf("%s: %d %q: %+v", spec.Key, status, body, e)
					}
				case diagnose.NotListed:
					if status != 200 && status != 404 || e.Removable != "" {
						t.Errorf("%s: %d %q: %+v", spec.Key, status, body, e)
					}
				case diagnose.CannotTell:
					if e.Problem == "" || e.Removable != "" {
						t.Errorf("%s: %d %q: %+v", spec.Key, status, body, e)
					}
				default:
					t.Errorf("%s: %+v", spec.Key, e)
				}
				if e.Removable == diagnose.CanRemove && e.List != diagnose.ListBounces && e.List != diagnose.ListBlocks && e.List != diagnose.ListInvalid {
					t.Errorf("%s: %d %q: %+v", spec.Key, status, body, e)
				}
			}
		}
	})
}
