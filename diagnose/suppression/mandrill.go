package suppression

import (
	"context"
	"errors"
	"net/http"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// mandrill keeps one denylist; the reason of an entry says what it is. All
// requests are POST with the key in the body. An address that is not there
// gives an empty array. Errors come as HTTP 500 with a name of their own
// (mandrillapp.com/api/docs/rejects.JSON.html).
var mandrill = Spec{
	Key: "mandrill", Name: "Mandrill", Base: "https://mandrillapp.com/api/1.0",
	Lists: []List{
		{diagnose.ListBounces, "hard-bounce", "mail to the address is rejected unsent", diagnose.CanRemove},
		{diagnose.ListBounces, "soft-bounce", "mail to the address is rejected unsent for a while", diagnose.CanRemove},
		{diagnose.ListComplaints, "spam", "the recipient reported our mail; it is rejected unsent", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "unsub", "the recipient wants no mail of ours", diagnose.CannotRemove},
		{diagnose.ListManual, "custom", "somebody of our own account put it there", diagnose.ByHandOnly},
	},
	Settings: []Setting{
		{Name: "subaccount", Means: "look into the denylist of this subaccount", Example: "shop"},
	},
	Read:   Credential{Env: []string{"MANDRILL_API_KEY"}, Scope: "a key limited to rejects/list.json"},
	Remove: Credential{Env: []string{"MANDRILL_DELETE_KEY"}, Scope: "a key limited to rejects/delete.json"},
	Unseen: []safe.Text{"denylists of other subaccounts"},
	Source: "mandrillapp.com/api/docs/rejects.JSON.html",
	open:   func(p *api) client { return mandrillClient{p} },
}

type mandrillClient struct{ *api }

type mandrillEntry struct {
	Email   string         `json:"email"`
	Reason  string         `json:"reason"`
	Detail  safe.Untrusted `json:"detail"`
	Created string         `json:"created_at"`
	Expires string         `json:"expires_at"`
	Expired bool           `json:"expired"`
}

const mandrillTime = "2006-01-02 15:04:05"

func (c mandrillClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	a, err := c.call(ctx, request{method: http.MethodPost, path: []string{"rejects", "list.json"}, reads: true,
		body: c.body(c.account.Read.Reveal(), address, map[string]any{"include_expired": false})})
	if err != nil {
		return every(mandrill.Lists, func(e diagnose.ListEntry) diagnose.ListEntry { return untold(e, c.named(a, err)) })
	}
	var all []mandrillEntry
	if a.status != http.StatusOK || !a.decode(&all) || all == nil {
		return every(mandrill.Lists, func(e diagnose.ListEntry) diagnose.ListEntry { return c.strange(e, a) })
	}
	var found []diagnose.ListEntry
	for _, x := range all {
		if !SameAddress(x.Email, address) {
			return every(mandrill.Lists, func(e diagnose.ListEntry) diagnose.ListEntry { return c.strange(e, a) })
		}
		if x.Expired {
			continue
		}
		e := kind(mandrill.Lists, x.Reason)
		e.Listed, e.Address = diagnose.IsListed, safe.Untrusted(x.Email)
		e.Code, e.Reason = safe.Untrusted(x.Reason), x.Detail
		e.Created, e.Expires = stamp(x.Created, mandrillTime), stamp(x.Expires, mandrillTime)
		e.Scope = safe.Untrusted(c.account.Settings["subaccount"])
		e.Note = noZone
		if e.Removable == diagnose.CanRemove {
			e.Note = "each removal costs reputation at the platform; the entry ends by itself too; " + noZone
		}
		found = append(found, e)
	}
	return spread(mandrill.Lists, found)
}

// named reads the platform's own name of an error, which comes as HTTP 500.
func (c mandrillClient) named(a answer, err error) error {
	var f *failure
	if !errors.As(err, &f) || f.problem != diagnose.ProblemUnavailable {
		return err
	}
	problem, ok := mandrillProblems[mandrillName(a)]
	if !ok {
		return err
	}
	named := *f
	named.problem = problem
	return &named
}

var mandrillProblems = map[string]diagnose.Problem{
	"Invalid_Key": diagnose.ProblemUnauthorized, "ValidationError": diagnose.ProblemRejected, "Unknown_Subaccount": diagnose.ProblemSetting,
	"PaymentRequired": diagnose.ProblemForbidden,
}

func mandrillName(a answer) string {
	var m struct{ Status, Name string }
	if !a.decode(&m) || m.Status != "error" {
		return ""
	}
	return m.Name
}

func (c mandrillClient) body(key, address string, more map[string]any) map[string]any {
	body := map[string]any{"key": key, "email": address}
	for k, v := range more {
		body[k] = v
	}
	if sub := c.account.Settings["subaccount"]; sub != "" {
		body["subaccount"] = sub
	}
	return body
}

func (c mandrillClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	return pick(c.lookUp(ctx, string(e.Address)), e)
}

func (c mandrillClient) request(diagnose.ListEntry) string {
	return "POST /api/1.0/rejects/delete.json"
}

func (c mandrillClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	a, err := c.call(ctx, request{method: http.MethodPost, path: []string{"rejects", "delete.json"}, body: c.body(c.key(http.MethodDelete), string(e.Address), nil)})
	r := c.removed(a, err, func(a answer) diagnose.RemovalResult {
		var said struct {
			Email   string
			Deleted *bool
		}
		switch {
		case a.status >= 300:
			return rejected(a.status)
		case !a.decode(&said) || said.Deleted == nil || !SameAddress(said.Email, string(e.Address)):
			return diagnose.RemovalUnknown
		case *said.Deleted:
			return diagnose.RemovalDone
		}
		return diagnose.RemovalAbsent
	})
	if _, ok := mandrillProblems[mandrillName(a)]; ok && err != nil {
		r.Result = diagnose.RemovalRefused
	}
	return r
}
