package suppression

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// campaignmonitor lists the suppressed addresses of a client page by page, at
// most 1000 at once, with the number of all. One address has one row; its reason
// says what it is (createsend-python, client.py and its fixtures).
var campaignmonitor = Spec{
	Key: "campaignmonitor", Name: "Campaign Monitor", Base: "https://api.createsend.com/api/v3.3",
	Lists: []List{
		{diagnose.ListBounces, "Bounced", "mail to the address is dropped unsent", diagnose.CanRemove},
		{diagnose.ListComplaints, "Spam complaint", "the recipient reported our mail; it is dropped unsent", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "Unsubscribed", "the recipient wants no mail of ours", diagnose.CannotRemove},
	},
	Settings: []Setting{
		{Name: "client_id", Means: "the number of the client, from its settings in the console", Example: "4a397ccaaa55eb4e6aa1221e1e2d7122", Required: true},
	},
	Read:   Credential{Env: []string{"CAMPAIGN_MONITOR_API_KEY"}, Scope: "the client's API key: there are no scopes"},
	Unseen: []safe.Text{"suppression lists of other clients"},
	Source: "campaignmonitor.com/api/v3-3/clients, suppression list",
	open:   func(p *api) client { return campaignmonitorClient{p} },
}

type campaignmonitorClient struct{ *api }

const (
	campaignmonitorPage = 1000
	campaignmonitorTime = "2006-01-02 15:04:05"
)

func (c campaignmonitorClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	rows, err := c.find(ctx, paged{name: "suppression list", address: address, fetch: c.page})
	if len(rows) > 0 {
		err = nil // one address has one row
	}
	return mixed(campaignmonitor.Lists, rows, err)
}

func (c campaignmonitorClient) page(ctx context.Context, n, from int) (page, error) {
	a, err := c.call(ctx, c.to(http.MethodGet, "suppressionlist.json", url.Values{
		"page": {strconv.Itoa(n + 1)}, "pagesize": {strconv.Itoa(campaignmonitorPage)}, "orderfield": {"date"}, "orderdirection": {"asc"},
	}))
	if err != nil {
		return page{}, err
	}
	var said struct {
		Results *[]struct {
			Why     string `json:"SuppressionReason"`
			Address string `json:"EmailAddress"`
			Date    string
			State   string
		}
		Total *int `json:"TotalNumberOfRecords"`
		Pages *int `json:"NumberOfPages"`
	}
	if a.status != http.StatusOK || !a.decode(&said) || said.Results == nil || said.Total == nil || said.Pages == nil {
		return page{}, c.odd(a)
	}
	out := page{total: *said.Total, last: n+1 >= *said.Pages || len(*said.Results) == 0}
	for _, x := range *said.Results {
		if x.Address == "" {
			return page{}, c.odd(a)
		}
		e := kind(campaignmonitor.Lists, campaignmonitorKind(x.Why))
		e.Listed, e.Address, e.Code = diagnose.IsListed, safe.Untrusted(x.Address), safe.Untrusted(x.Why)
		e.Created, e.Note = stamp(x.Date, campaignmonitorTime), "the platform writes times without a zone, in that of the client; read as UTC"
		out.rows = append(out.rows, row{mark: x.Address, address: x.Address, entry: e})
	}
	return out, nil
}

// campaignmonitorKind gives the list of a reason. Only some are documented; what
// is none of these stays as it is.
func campaignmonitorKind(reason string) string {
	switch r := strings.ToLower(reason); {
	case r == "bounced", r == "hard bounced", r == "hard bounce":
		return "Bounced"
	case strings.Contains(r, "spam"), strings.Contains(r, "complain"):
		return "Spam complaint"
	case r == "unsubscribed":
		return "Unsubscribed"
	}
	return first(reason, "unnamed")
}

func (c campaignmonitorClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	return pick(c.lookUp(ctx, string(e.Address)), e)
}

func (c campaignmonitorClient) request(diagnose.ListEntry) string {
	return "PUT /api/v3.3/clients/" + c.account.Settings["client_id"] + "/unsuppress.json"
}

// remove takes one address off the list: 200.
func (c campaignmonitorClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	if e.Address == "" {
		return Removal{Result: diagnose.RemovalUnsent, Note: "the entry has no address"}
	}
	a, err := c.call(ctx, c.to(http.MethodPut, "unsuppress.json", url.Values{"email": {string(e.Address)}}))
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		if a.status == http.StatusOK {
			return diagnose.RemovalDone
		}
		return rejected(a.status)
	})
}

func (c campaignmonitorClient) to(method, what string, query url.Values) request {
	return request{method: method, path: []string{"clients", c.account.Settings["client_id"], what}, query: query, reads: method == http.MethodGet, sign: func(r *http.Request, _ []byte) error {
		r.SetBasicAuth(c.key(method), "x")
		return nil
	}}
}
