package suppression

import (
	"context"
	"net/http"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// sendgrid is asked list by list at /v3/suppression/LIST/ADDRESS, and for the
// two kinds of unsubscribes at /v3/asm/suppressions. A list answers an empty
// array, the global one an empty object, for an address that it does not hold
// (twilio/sendgrid-oai, spec/json/tsg_suppressions_v3.json).
var sendgrid = Spec{
	Key: "sendgrid", Name: "SendGrid", Base: "https://api.sendgrid.com",
	Bases: map[string]string{"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"},
	Lists: []List{
		{diagnose.ListBounces, "bounces", "mail to the address is dropped unsent", diagnose.CanRemove},
		{diagnose.ListBlocks, "blocks", "one message was refused; later mail is sent all the same", diagnose.CanRemove},
		{diagnose.ListInvalid, "invalid_emails", "mail to the address is dropped unsent", diagnose.CanRemove},
		{diagnose.ListComplaints, "spam_reports", "the recipient reported our mail; it is dropped unsent", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "global unsubscribes", "the recipient wants no mail of ours at all", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "group unsubscribes", "the recipient wants no mail of some groups", diagnose.CannotRemove},
	},
	Settings: []Setting{
		{Name: "region", Means: "global, or eu for a subuser of the EU", Example: "eu"},
		{Name: "subuser", Means: "look into the lists of this subuser, with the parent account's key", Example: "shop-mail"},
	},
	Read:   Credential{Env: []string{"SENDGRID_API_KEY"}, Scope: "suppression.read, asm.groups.read"},
	Remove: Credential{Env: []string{"SENDGRID_DELETE_KEY"}, Scope: "suppression.delete"},
	Unseen: []safe.Text{"lists of other subusers", "lists of the other region"},
	Source: "twilio.com/docs/sendgrid/api-reference, bounces-api and blocks-api",
	open:   func(p *api) client { return sendgridClient{p} },
}

type sendgridClient struct{ *api }

// sendgridEntry is an entry of bounces, blocks, invalid_emails or spam_reports.
type sendgridEntry struct {
	Created float64        `json:"created"`
	Email   string         `json:"email"`
	Reason  safe.Untrusted `json:"reason"`
	Status  safe.Untrusted `json:"status"`
}

func (c sendgridClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	return atOnce(sendgrid.Lists, func(l List) diagnose.ListEntry { return c.ask(ctx, l, address) })
}

func (c sendgridClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	for _, l := range sendgrid.Lists {
		if string(l.Name) == string(e.Name) {
			return c.ask(ctx, l, string(e.Address))
		}
	}
	return untold(e, errNoList)
}

func (c sendgridClient) ask(ctx context.Context, l List, address string) diagnose.ListEntry {
	e := l.entry()
	switch l.Name {
	case "global unsubscribes":
		return c.global(ctx, e, address)
	case "group unsubscribes":
		return c.groups(ctx, e, address)
	}
	a, err := c.call(ctx, c.to(http.MethodGet, "v3", "suppression", string(l.Name), address))
	if err != nil {
		return untold(e, err)
	}
	var found []sendgridEntry
	if a.status != http.StatusOK || !a.decode(&found) || found == nil {
		return c.strange(e, a)
	}
	for _, f := range found {
		if SameAddress(f.Email, address) {
			e.Listed, e.Address = diagnose.IsListed, safe.Untrusted(f.Email)
			e.Reason, e.Code, e.Created = f.Reason, f.Status, unix(f.Created)
			return e
		}
	}
	if len(found) > 0 {
		return c.strange(e, a) // entries of others: not the answer to what was asked
	}
	return absent(e)
}

func (c sendgridClient) global(ctx context.Context, e diagnose.ListEntry, address string) diagnose.ListEntry {
	a, err := c.call(ctx, c.to(http.MethodGet, "v3", "asm", "suppressions", "global", address))
	if err != nil {
		return untold(e, err)
	}
	var found map[string]any
	if a.status != http.StatusOK || !a.decode(&found) || found == nil {
		return c.strange(e, a)
	}
	email, _ := found["recipient_email"].(string)
	switch {
	case len(found) == 0:
		return absent(e)
	case !SameAddress(email, address):
		return c.strange(e, a)
	}
	e.Listed, e.Address = diagnose.IsListed, safe.Untrusted(email)
	return e
}

func (c sendgridClient) groups(ctx context.Context, e diagnose.ListEntry, address string) diagnose.ListEntry {
	a, err := c.call(ctx, c.to(http.MethodGet, "v3", "asm", "suppressions", address))
	if err != nil {
		return untold(e, err)
	}
	var found struct {
		Groups *[]struct {
			Name       safe.Untrusted `json:"name"`
			Suppressed bool           `json:"suppressed"`
		} `json:"suppressions"`
	}
	if a.status != http.StatusOK || !a.decode(&found) || found.Groups == nil {
		return c.strange(e, a)
	}
	for _, g := range *found.Groups {
		if !g.Suppressed {
			continue
		}
		if e.Listed == diagnose.IsListed {
			e.Reason += ", "
		}
		e.Listed, e.Address = diagnose.IsListed, safe.Untrusted(address)
		e.Reason += g.Name
	}
	if e.Listed != diagnose.IsListed {
		return absent(e)
	}
	return e
}

func (c sendgridClient) request(e diagnose.ListEntry) string {
	return "DELETE /v3/suppression/" + string(e.Name) + "/…"
}

// remove deletes one entry by its address: 204, or 404 where it was not there.
func (c sendgridClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	r := c.to(http.MethodDelete, "v3", "suppression", string(e.Name), string(e.Address))
	a, err := c.call(ctx, r)
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

func (c sendgridClient) to(method string, path ...string) request {
	return request{method: method, path: path, reads: method == http.MethodGet, sign: func(r *http.Request, _ []byte) error {
		r.Header.Set("Authorization", "Bearer "+c.key(method))
		if sub := c.account.Settings["subuser"]; sub != "" {
			r.Header.Set("On-Behalf-Of", sub)
		}
		return nil
	}}
}
