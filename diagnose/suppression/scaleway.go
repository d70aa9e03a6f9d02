package suppression

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// scaleway keeps one blocklist a sending domain. It is asked by address, answers
// an empty array for none, and deletes by the number of the entry. Entries end
// by themselves (scaleway-sdk-go api/tem/v1alpha1).
var scaleway = Spec{
	Key: "scaleway", Name: "Scaleway", Base: "https://api.scaleway.com",
	Lists: []List{
		{diagnose.ListBounces, "mailbox_not_found", "mail to the address is dropped unsent until the entry ends", diagnose.CanRemove},
		{diagnose.ListBounces, "mailbox_full", "mail to the address is dropped unsent until the entry ends", diagnose.CanRemove},
		{diagnose.ListManual, "custom", "somebody of our own account put it there", diagnose.ByHandOnly},
	},
	Settings: []Setting{
		{Name: "domain_id", Means: "the number of the sending domain, as its page in the console has it", Example: "3f2c8b1e-6f0a-4c55-9a1d-0b7f0f7a9e21", Required: true},
		{Name: "region", Env: "SCW_DEFAULT_REGION", Means: "the region of the sending domain; fr-par where none is given", Example: "fr-par"},
	},
	Read:   Credential{Env: []string{"SCW_SECRET_KEY"}, Scope: "TransactionalEmailReadOnly"},
	Remove: Credential{Env: []string{"SCW_DELETE_SECRET_KEY"}, Scope: "TransactionalEmailFullAccess"},
	Unseen: []safe.Text{"blocklists of other sending domains"},
	Source: "scaleway.com/en/developers/api/transactional-email",
	open:   func(p *api) client { return scalewayClient{p} },
}

type scalewayClient struct{ *api }

func (c scalewayClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	a, err := c.call(ctx, c.to(http.MethodGet, url.Values{"domain_id": {c.account.Settings["domain_id"]}, "email": {address}}))
	if err != nil {
		return every(scaleway.Lists, func(e diagnose.ListEntry) diagnose.ListEntry { return untold(e, err) })
	}
	var said struct {
		Blocklists *[]struct {
			ID      string         `json:"id"`
			Email   string         `json:"email"`
			Type    string         `json:"type"`
			Reason  safe.Untrusted `json:"reason"`
			Custom  bool           `json:"custom"`
			Created string         `json:"created_at"`
			Ends    string         `json:"ends_at"`
		} `json:"blocklists"`
	}
	if a.status != http.StatusOK || !a.decode(&said) || said.Blocklists == nil {
		return every(scaleway.Lists, func(e diagnose.ListEntry) diagnose.ListEntry { return c.strange(e, a) })
	}
	var found []diagnose.ListEntry
	for _, x := range *said.Blocklists {
		if x.ID == "" || !SameAddress(x.Email, address) {
			return every(scaleway.Lists, func(e diagnose.ListEntry) diagnose.ListEntry { return c.strange(e, a) })
		}
		name := x.Type
		if x.Custom {
			name = "custom"
		}
		e := kind(scaleway.Lists, name)
		e.Listed, e.Address, e.ID = diagnose.IsListed, safe.Untrusted(x.Email), safe.Untrusted(x.ID)
		e.Code, e.Reason = safe.Untrusted(x.Type), x.Reason
		e.Created, e.Expires = stamp(x.Created, time.RFC3339), stamp(x.Ends, time.RFC3339)
		found = append(found, e)
	}
	return spread(scaleway.Lists, found)
}

func (c scalewayClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	return pick(c.lookUp(ctx, string(e.Address)), e)
}

func (c scalewayClient) request(diagnose.ListEntry) string {
	return "DELETE /transactional-email/v1alpha1/regions/" + c.region() + "/blocklists/…"
}

// remove deletes the entry by its number, which must not be empty.
func (c scalewayClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	a, err := c.call(ctx, c.to(http.MethodDelete, nil, string(e.ID)))
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		switch a.status {
		case http.StatusOK, http.StatusNoContent:
			return diagnose.RemovalDone
		case http.StatusNotFound:
			return diagnose.RemovalAbsent
		}
		return rejected(a.status)
	})
}

func (c scalewayClient) region() string {
	if r := c.account.Settings["region"]; r != "" {
		return r
	}
	return "fr-par"
}

func (c scalewayClient) to(method string, query url.Values, more ...string) request {
	path := append([]string{"transactional-email", "v1alpha1", "regions", c.region(), "blocklists"}, more...)
	return request{method: method, path: path, query: query, reads: method == http.MethodGet, sign: func(r *http.Request, _ []byte) error {
		r.Header.Set("X-Auth-Token", c.key(method))
		return nil
	}}
}
