package suppression

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// brevo lists its blocked contacts page by page, at most 100 at once, the oldest
// first here so that new ones come last. There is a row for each sender that the
// contact is blocked for, and one removal clears them all: so the list is read
// through, and a bounce beside anything else stays
// (getbrevo/brevo-go, api/swagger.yaml).
var brevo = Spec{
	Key: "brevo", Name: "Brevo", Base: "https://api.brevo.com/v3",
	Lists: []List{
		{diagnose.ListBounces, "hardBounce", "mail to the address is dropped unsent", diagnose.CanRemove},
		{diagnose.ListComplaints, "contactFlaggedAsSpam", "the recipient reported our mail; it is dropped unsent", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "unsubscribedViaMA", "the recipient wants no mail of ours", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "unsubscribedViaEmail", "the recipient wants no mail of ours", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "unsubscribedViaApi", "the recipient wants no mail of ours", diagnose.CannotRemove},
		{diagnose.ListManual, "adminBlocked", "somebody of our own account put it there", diagnose.ByHandOnly},
	},
	Read:   Credential{Env: []string{"BREVO_API_KEY"}, Scope: "any API key: there are no scopes"},
	Source: "developers.brevo.com/reference/get-transac-blocked-contacts",
	open:   func(p *api) client { return brevoClient{p} },
}

type brevoClient struct{ *api }

const brevoPage = 100

func (c brevoClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	rows, err := c.find(ctx, paged{name: "blocked contacts", address: address, through: true, fetch: c.page})
	return mixed(brevo.Lists, rows, err)
}

func (c brevoClient) page(ctx context.Context, _, from int) (page, error) {
	a, err := c.call(ctx, c.to(http.MethodGet, url.Values{"limit": {strconv.Itoa(brevoPage)}, "offset": {strconv.Itoa(from)}, "sort": {"asc"}}))
	if err != nil {
		return page{}, err
	}
	var said struct {
		Count    *int `json:"count"`
		Contacts []struct {
			Email  string `json:"email"`
			Sender string `json:"senderEmail"`
			Reason struct {
				Code    string         `json:"code"`
				Message safe.Untrusted `json:"message"`
			} `json:"reason"`
			Blocked string `json:"blockedAt"`
		} `json:"contacts"`
	}
	// Of an empty list the platform leaves the contacts out.
	if a.status != http.StatusOK || !a.decode(&said) || said.Count == nil {
		return page{}, c.odd(a)
	}
	out := page{total: *said.Count, last: from+len(said.Contacts) >= *said.Count || len(said.Contacts) == 0}
	for _, x := range said.Contacts {
		if x.Email == "" {
			return page{}, c.odd(a)
		}
		e := kind(brevo.Lists, x.Reason.Code)
		e.Listed, e.Address, e.Scope = diagnose.IsListed, safe.Untrusted(x.Email), safe.Untrusted(x.Sender)
		e.Code, e.Reason, e.Created = safe.Untrusted(x.Reason.Code), x.Reason.Message, stamp(x.Blocked, time.RFC3339)
		out.rows = append(out.rows, row{mark: x.Email + "\x00" + x.Sender + "\x00" + x.Reason.Code + "\x00" + x.Blocked, address: x.Email, entry: e})
	}
	return out, nil
}

func (c brevoClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	return pick(c.lookUp(ctx, string(e.Address)), e)
}

func (c brevoClient) request(diagnose.ListEntry) string { return "DELETE /v3/smtp/blockedContacts/…" }

// remove unblocks one contact by its address: 204, or 404 where it was not there.
func (c brevoClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	a, err := c.call(ctx, c.to(http.MethodDelete, nil, string(e.Address)))
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		switch a.status {
		case http.StatusNoContent:
			return diagnose.RemovalDone
		case http.StatusNotFound:
			return diagnose.RemovalAbsent
		}
		return rejected(a.status)
	})
}

func (c brevoClient) to(method string, query url.Values, more ...string) request {
	return request{method: method, path: append([]string{"smtp", "blockedContacts"}, more...), query: query, reads: method == http.MethodGet, sign: func(r *http.Request, _ []byte) error {
		r.Header.Set("Api-Key", c.key(method))
		return nil
	}}
}

// mixed files the rows of a list that keeps all kinds in one and removes by
// address: what is removed is all that stands of the address. A bounce can be
// removed only where it is known to stand alone.
func mixed(lists []List, rows []row, err error) []diagnose.ListEntry {
	var found []diagnose.ListEntry
	stays := false
	for _, r := range rows {
		found = append(found, r.entry)
		stays = stays || r.entry.Removable != diagnose.CanRemove
	}
	for i := range found {
		switch e := &found[i]; {
		case e.Removable != diagnose.CanRemove:
		case stays:
			e.Removable, e.Note = diagnose.CannotRemove, "an entry of another kind stands beside it, and one request clears both"
		case err != nil:
			e.Removable, e.Note = diagnose.ByHandOnly, "the list was not read to its end: an entry of another kind may stand beside it, and one request clears both"
		}
	}
	out := spread(lists, found)
	for i, e := range out {
		if err != nil && e.Listed == diagnose.NotListed {
			out[i] = untold(e, err)
		}
	}
	return out
}
