package suppression

import (
	"context"
	"net/http"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// resend has one list with one entry an address, asked at
// /suppressions/ADDRESS and removed by the number of the entry that was read.
// It refuses requests without a User-Agent. Its times are those of a database,
// or RFC 3339 (resend/resend-openapi, resend.json).
var resend = Spec{
	Key: "resend", Name: "Resend", Base: "https://api.resend.com",
	Lists: []List{
		{diagnose.ListBounces, "suppressions", "mail to the address is dropped unsent", diagnose.CanRemove},
	},
	Read:   Credential{Env: []string{"RESEND_API_KEY"}, Scope: "full_access; the only other one sends"},
	Unseen: []safe.Text{"other teams of the account"},
	Source: "resend.com/docs/api-reference/suppressions",
	open:   func(p *api) client { return resendClient{p} },
}

type resendClient struct{ *api }

func (c resendClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	return []diagnose.ListEntry{c.ask(ctx, address)}
}

func (c resendClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	return c.ask(ctx, string(e.Address))
}

func (c resendClient) ask(ctx context.Context, address string) diagnose.ListEntry {
	e := resend.Lists[0].entry()
	a, err := c.call(ctx, c.to(http.MethodGet, address))
	if err != nil {
		return untold(e, err)
	}
	if c.notHeld(a) {
		return absent(e)
	}
	var found struct {
		ID      safe.Untrusted `json:"id"`
		Email   string         `json:"email"`
		Origin  safe.Untrusted `json:"origin"`
		Source  safe.Untrusted `json:"source_id"`
		Created string         `json:"created_at"`
	}
	if a.status != http.StatusOK || !a.decode(&found) || !SameAddress(found.Email, address) {
		return c.strange(e, a)
	}
	kind := diagnose.ListOther
	switch found.Origin {
	case "bounce":
		kind = diagnose.ListBounces
	case "complaint":
		kind = diagnose.ListComplaints
	case "manual":
		kind = diagnose.ListManual
	}
	e = as(e, kind)
	e.Address, e.ID, e.Code, e.MessageID = safe.Untrusted(found.Email), found.ID, found.Origin, found.Source
	e.Created = stamp(found.Created, time.RFC3339Nano, "2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999-07:00")
	return e
}

// notHeld reports whether an answer is the platform's own word for an address
// or number that has no entry.
func (c resendClient) notHeld(a answer) bool {
	var said struct {
		Message string `json:"message"`
	}
	return a.status == http.StatusNotFound && a.decode(&said) && strings.EqualFold(strings.TrimRight(said.Message, "."), "Suppression not found")
}

func (c resendClient) request(e diagnose.ListEntry) string {
	return "DELETE /suppressions/" + string(e.ID)
}

// remove deletes one entry by its number: 200 with the number and deleted. The
// address would do as well, and could by then be of an entry that nobody read.
func (c resendClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	if !entryNumber(e.ID) {
		return Removal{Result: diagnose.RemovalUnsent, Note: "the entry has no number"}
	}
	a, err := c.call(ctx, c.to(http.MethodDelete, string(e.ID)))
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		var done struct {
			ID      string `json:"id"`
			Deleted bool   `json:"deleted"`
		}
		switch {
		case c.notHeld(a):
			return diagnose.RemovalAbsent
		case a.status != http.StatusOK:
			return rejected(a.status)
		case a.decode(&done) && done.Deleted && done.ID == string(e.ID):
			return diagnose.RemovalDone
		}
		return diagnose.RemovalUnknown
	})
}

// entryNumber reports whether a platform's mark of an entry can be a part of a
// path that means this entry: letters, digits and hyphens.
func entryNumber(id safe.Untrusted) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(string(id), func(r rune) bool {
		return notLabel(r) && (r < 'A' || r > 'Z')
	})
}

func (c resendClient) to(method, which string) request {
	return request{method: method, path: []string{"suppressions", which}, reads: method == http.MethodGet, sign: func(r *http.Request, _ []byte) error {
		r.Header.Set("Authorization", "Bearer "+c.key(method))
		return nil
	}}
}
