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

// elasticemail has an entry by address that does not say which list it is of,
// and no documented answer for an address without one. So each list is searched
// for the address instead; an empty array is its answer for none. The entry by
// address is then asked for alone where no list holds it: it must not be there
// (ElasticEmail/elasticemail-go, api/openapi.yaml).
var elasticemail = Spec{
	Key: "elasticemail", Name: "Elastic Email", Base: "https://api.elasticemail.com/v4",
	Lists: []List{
		{diagnose.ListComplaints, "complaints", "the recipient reported our mail; it is dropped unsent", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "unsubscribes", "the recipient wants no mail of ours", diagnose.CannotRemove},
		{diagnose.ListBounces, "bounces", "mail to the address is dropped unsent", diagnose.CanRemove},
	},
	Read:   Credential{Env: []string{"ELASTICEMAIL_API_KEY"}, Scope: "ViewContacts, ViewSuppressions"},
	Remove: Credential{Env: []string{"ELASTICEMAIL_DELETE_KEY"}, Scope: "ModifySuppressions"},
	Source: "ElasticEmail/elasticemail-go api/openapi.yaml",
	open:   func(p *api) client { return elasticemailClient{p} },
}

type elasticemailClient struct{ *api }

type elasticemailEntry struct {
	Email   string         `json:"Email"`
	Message safe.Untrusted `json:"FriendlyErrorMessage"`
	Code    *int           `json:"ErrorCode"`
	Updated string         `json:"DateUpdated"`
}

// elasticemailPage is how many entries are asked for at once. A search finds
// parts of addresses too.
const elasticemailPage = 100

func (c elasticemailClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	out := atOnce(elasticemail.Lists, func(l List) diagnose.ListEntry { return c.search(ctx, l, address) })
	held := false
	for _, e := range out {
		held = held || e.Listed == diagnose.IsListed
	}
	// One request removes the address from whatever list it is on. It is no
	// removal of a bounce where another list is unknown or holds it too.
	for i, e := range out {
		if e.List != diagnose.ListBounces || e.Listed != diagnose.IsListed {
			continue
		}
		for _, other := range out {
			switch {
			case other.List == diagnose.ListBounces:
			case other.Listed == diagnose.IsListed:
				out[i].Removable, out[i].Note = diagnose.CannotRemove, "another list holds the address too, and one request clears both"
			case other.Listed == diagnose.CannotTell && out[i].Removable == diagnose.CanRemove:
				out[i].Removable, out[i].Note = "", "the other lists could not be read, and one request clears all"
			}
		}
	}
	if held {
		return out
	}
	doubt := c.byAddress(ctx, address)
	for i, e := range out {
		if doubt != nil && e.Listed == diagnose.NotListed {
			out[i] = untold(elasticemail.Lists[i].entry(), doubt)
		}
	}
	return out
}

// search looks through the pages of what a list holds for the address.
func (c elasticemailClient) search(ctx context.Context, l List, address string) diagnose.ListEntry {
	rows, err := c.find(ctx, paged{name: l.Name, address: address, fetch: func(ctx context.Context, _, from int) (page, error) {
		a, err := c.call(ctx, c.to(http.MethodGet, url.Values{"search": {address}, "limit": {strconv.Itoa(elasticemailPage)}, "offset": {strconv.Itoa(from)}}, string(l.Name)))
		if err != nil {
			return page{}, err
		}
		var all []elasticemailEntry
		if a.status != http.StatusOK || !a.decode(&all) || all == nil {
			return page{}, c.odd(a)
		}
		out := page{total: -1, last: len(all) == 0}
		for _, x := range all {
			if x.Email == "" {
				return page{}, c.odd(a)
			}
			out.rows = append(out.rows, row{mark: x.Email, address: x.Email, entry: x.entry(l)})
		}
		return out, nil
	}})
	switch {
	case err != nil:
		return untold(l.entry(), err)
	case len(rows) == 0:
		return absent(l.entry())
	}
	return rows[0].entry
}

func (x elasticemailEntry) entry(l List) diagnose.ListEntry {
	e := l.entry()
	e.Listed, e.Address, e.Reason = diagnose.IsListed, safe.Untrusted(x.Email), x.Message
	if x.Code != nil && *x.Code != 0 {
		e.Code = safe.Untrusted(strconv.Itoa(*x.Code))
	}
	e.Created = stamp(x.Updated, time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05")
	return e
}

// byAddress asks for the entry of the address that no list holds. Whatever 4xx
// the platform has for none says nothing; an entry does, and a failure.
func (c elasticemailClient) byAddress(ctx context.Context, address string) error {
	a, err := c.call(ctx, c.to(http.MethodGet, nil, address))
	if err != nil {
		return err
	}
	if a.status >= 400 {
		return nil
	}
	return &failure{problem: diagnose.ProblemMalformed, status: a.status, text: "the platform has an entry of the address, and none of its lists shows it"}
}

func (c elasticemailClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	return pick(c.lookUp(ctx, string(e.Address)), e)
}

func (c elasticemailClient) request(diagnose.ListEntry) string {
	return "DELETE /v4/suppressions/…"
}

// remove deletes the entry by its address: 200. Nothing else is documented.
func (c elasticemailClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	a, err := c.call(ctx, c.to(http.MethodDelete, nil, string(e.Address)))
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		if a.status == http.StatusOK {
			return diagnose.RemovalDone
		}
		return rejected(a.status)
	})
}

func (c elasticemailClient) to(method string, query url.Values, last string) request {
	return request{method: method, path: []string{"suppressions", last}, query: query, reads: method == http.MethodGet, sign: func(r *http.Request, _ []byte) error {
		r.Header.Set("X-ElasticEmail-ApiKey", c.key(method))
		return nil
	}}
}

// odd is the failure of an answer that is none that the platform documents.
func (p *api) odd(a answer) error {
	e := p.strange(diagnose.ListEntry{}, a)
	return &failure{problem: e.Problem, status: a.status, text: string(e.Note)}
}
