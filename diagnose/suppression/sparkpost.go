package suppression

import (
	"context"
	"net/http"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// sparkpost has one row an address and type of mail, transactional or not, and
// gives both at /api/v1/suppression-list/ADDRESS. An address that has none is a
// 404 with a sentence in JSON. The source of a row says whose word it is. A
// removal without a type takes both rows: it names one
// (developers.sparkpost.com, Suppression List).
var sparkpost = Spec{
	Key: "sparkpost", Name: "SparkPost", Base: "https://api.sparkpost.com",
	Bases: map[string]string{"us": "https://api.sparkpost.com", "eu": "https://api.eu.sparkpost.com"},
	Lists: []List{
		{diagnose.ListBounces, "transactional", "transactional mail to the address is dropped unsent", diagnose.CanRemove},
		{diagnose.ListBounces, "non_transactional", "mail that is not transactional is dropped unsent", diagnose.CanRemove},
	},
	Settings: []Setting{
		{Name: "region", Means: "us, or eu for an account of the EU: they share nothing", Example: "eu"},
		{Name: "subaccount", Means: "the number of the subaccount to look into", Example: "123"},
	},
	Read:   Credential{Env: []string{"SPARKPOST_API_KEY"}, Scope: "Suppression Lists: Read"},
	Remove: Credential{Env: []string{"SPARKPOST_DELETE_KEY"}, Scope: "Suppression Lists: Read/Write"},
	Unseen: []safe.Text{"the list that SparkPost keeps for all its customers", "lists of other subaccounts"},
	Source: "developers.sparkpost.com/api/suppression-list",
	open:   func(p *api) client { return sparkpostClient{p} },
}

type sparkpostClient struct{ *api }

type sparkpostRow struct {
	Recipient   string         `json:"recipient"`
	Type        string         `json:"type"`
	Source      string         `json:"source"`
	Description safe.Untrusted `json:"description"`
	Created     string         `json:"created"`
	Updated     string         `json:"updated"`
}

const sparkpostAbsent = "Recipient could not be found"

func (c sparkpostClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	a, err := c.call(ctx, c.to(http.MethodGet, address))
	var out []diagnose.ListEntry
	for _, l := range sparkpost.Lists {
		out = append(out, c.row(l, a, err, address))
	}
	return out
}

func (c sparkpostClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	for _, l := range sparkpost.Lists {
		if string(l.Name) == string(e.Name) {
			a, err := c.call(ctx, c.to(http.MethodGet, string(e.Address)))
			return c.row(l, a, err, string(e.Address))
		}
	}
	return untold(e, errNoList)
}

// row reads what an answer says of one type of mail.
func (c sparkpostClient) row(l List, a answer, err error, address string) diagnose.ListEntry {
	e := l.entry()
	if err != nil {
		return untold(e, err)
	}
	if c.notHeld(a) {
		return absent(e)
	}
	var found struct {
		Rows []sparkpostRow `json:"results"`
	}
	if a.status != http.StatusOK || !a.decode(&found) || len(found.Rows) == 0 {
		return c.strange(e, a)
	}
	listed := e
	for _, row := range found.Rows {
		known := row.Type == "transactional" || row.Type == "non_transactional"
		switch {
		case !known, !SameAddress(row.Recipient, address):
			return c.strange(e, a)
		case row.Type == string(l.Name):
			listed = graver(listed, row.of(e))
		}
	}
	if listed.Listed != diagnose.IsListed {
		return absent(e) // the other type has a row, and this one none
	}
	return listed
}

func (r sparkpostRow) of(e diagnose.ListEntry) diagnose.ListEntry {
	kind := diagnose.ListOther
	switch r.Source {
	case "Bounce Rule":
		kind = diagnose.ListBounces
	case "Spam Complaint", "FBL":
		kind = diagnose.ListComplaints
	case "List Unsubscribe", "Unsubscribe Link":
		kind = diagnose.ListUnsubscribes
	case "Compliance":
		kind = diagnose.ListCompliance
	case "Manually Added":
		kind = diagnose.ListManual
	}
	e = as(e, kind)
	e.Address, e.Code, e.Reason = safe.Untrusted(r.Recipient), safe.Untrusted(r.Source), r.Description
	e.Created = stamp(r.Created, time.RFC3339Nano, "2006-01-02T15:04:05-0700")
	return e
}

// notHeld reports whether an answer is the platform's own word for an address
// that has no row.
func (c sparkpostClient) notHeld(a answer) bool {
	var said struct {
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	return a.status == http.StatusNotFound && a.decode(&said) && len(said.Errors) == 1 && strings.EqualFold(strings.TrimRight(said.Errors[0].Message, "."), sparkpostAbsent)
}

func (c sparkpostClient) request(e diagnose.ListEntry) string {
	return "DELETE /api/v1/suppression-list/… (type " + string(e.Name) + ")"
}

// remove deletes the row of one type: 204, 404 where there is none, 403 where
// the platform itself put it there.
func (c sparkpostClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	if e.Name != "transactional" && e.Name != "non_transactional" {
		return Removal{Result: diagnose.RemovalUnsent, Note: "no such type of mail"} // without one both rows would go
	}
	r := c.to(http.MethodDelete, string(e.Address))
	r.body = map[string]string{"type": string(e.Name)}
	a, err := c.call(ctx, r)
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		switch {
		case a.status == http.StatusNoContent:
			return diagnose.RemovalDone
		case c.notHeld(a):
			return diagnose.RemovalAbsent
		}
		return rejected(a.status)
	})
}

func (c sparkpostClient) to(method, address string) request {
	return request{method: method, path: []string{"api", "v1", "suppression-list", address}, reads: method == http.MethodGet, sign: func(r *http.Request, _ []byte) error {
		r.Header.Set("Authorization", c.key(method)) // without Bearer
		if sub := c.account.Settings["subaccount"]; sub != "" {
			r.Header.Set("X-MSYS-SUBACCOUNT", sub)
		}
		return nil
	}}
}
