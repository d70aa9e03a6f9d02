package suppression

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// mailgun has three lists a sending domain, asked at /v3/DOMAIN/LIST/ADDRESS.
// An address that a list does not hold is a 404 with the list's own sentence
// in JSON; any other 404 is a wrong domain, region or address of the API
// (mailgun/documentation, source/api-suppressions.rst).
var mailgun = Spec{
	Key: "mailgun", Name: "Mailgun", Base: "https://api.mailgun.net",
	Bases: map[string]string{"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"},
	Lists: []List{
		{diagnose.ListBounces, "bounces", "mail of this sending domain to the address is dropped unsent", diagnose.CanRemove},
		{diagnose.ListUnsubscribes, "unsubscribes", "the recipient wants no mail, or none with the tags named", diagnose.CannotRemove},
		{diagnose.ListComplaints, "complaints", "the recipient reported our mail; it is dropped unsent", diagnose.CannotRemove},
	},
	Settings: []Setting{
		{Name: "domain", Env: "MG_DOMAIN", Means: "the sending domain: each has lists of its own", Example: "mg.example.com", Required: true},
		{Name: "region", Means: "us, or eu for a domain that was made in the EU", Example: "eu"},
	},
	Read:   Credential{Env: []string{"MAILGUN_API_KEY", "MG_API_KEY"}, Scope: "an account key; a domain's sending key sends only"},
	Unseen: []safe.Text{"lists of other sending domains", "lists of the other region"},
	Source: "documentation.mailgun.com, Bounces, Unsubscribes and Complaints",
	open:   func(p *api) client { return mailgunClient{p} },
}

type mailgunClient struct{ *api }

// mailgunAbsent is what each list says of an address that it does not hold.
func mailgunAbsent(list safe.Untrusted) string {
	switch list {
	case "bounces":
		return "Address not found in bounces table"
	case "unsubscribes":
		return "Address not found in unsubscribers table"
	case "complaints":
		return "No spam complaints found for this address"
	}
	return ""
}

func (c mailgunClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	return atOnce(mailgun.Lists, func(l List) diagnose.ListEntry { return c.ask(ctx, l, address) })
}

func (c mailgunClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	for _, l := range mailgun.Lists {
		if string(l.Name) == string(e.Name) {
			return c.ask(ctx, l, string(e.Address))
		}
	}
	return untold(e, errNoList)
}

func (c mailgunClient) ask(ctx context.Context, l List, address string) diagnose.ListEntry {
	e := l.entry()
	e.Scope = safe.Untrusted(c.domain())
	a, err := c.call(ctx, c.to(http.MethodGet, string(l.Name), address))
	if err != nil {
		return untold(e, err)
	}
	if c.notHeld(a, e.Name) {
		return absent(e)
	}
	var found struct {
		Address string          `json:"address"`
		Code    json.RawMessage `json:"code"` // text or a number
		Error   safe.Untrusted  `json:"error"`
		Tags    []string        `json:"tags"`
		Created string          `json:"created_at"`
	}
	if a.status != http.StatusOK || !a.decode(&found) || !SameAddress(found.Address, address) {
		return c.strange(e, a)
	}
	e.Listed, e.Address, e.Reason = diagnose.IsListed, safe.Untrusted(found.Address), found.Error
	if code := strings.Trim(string(found.Code), `"`); code != "null" {
		e.Code = safe.Untrusted(code)
	}
	if len(found.Tags) > 0 {
		e.Reason = safe.Untrusted(strings.Join(found.Tags, ", "))
	}
	e.Created = stamp(found.Created, time.RFC1123, time.RFC1123Z, time.RFC3339Nano)
	return e
}

// notHeld reports whether an answer is the list's own word for an address that
// it does not hold.
func (c mailgunClient) notHeld(a answer, list safe.Untrusted) bool {
	var said struct {
		Message string `json:"message"`
	}
	want := mailgunAbsent(list)
	return a.status == http.StatusNotFound && want != "" && a.decode(&said) && strings.EqualFold(strings.TrimRight(said.Message, "."), want)
}

func (c mailgunClient) request(e diagnose.ListEntry) string {
	return "DELETE /v3/" + c.domain() + "/" + string(e.Name) + "/…"
}

// remove deletes one entry by its address: 200 with a sentence. The 404 of an
// entry that was just read is known to be passing; only a later read tells.
func (c mailgunClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	a, err := c.call(ctx, c.to(http.MethodDelete, string(e.Name), string(e.Address)))
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		var said struct {
			Message string `json:"message"`
			Address string `json:"address"`
		}
		switch {
		case a.status == http.StatusOK && a.decode(&said) && said.Message != "" && (said.Address == "" || SameAddress(said.Address, string(e.Address))):
			return diagnose.RemovalDone
		case c.notHeld(a, e.Name):
			return diagnose.RemovalAbsent
		}
		return rejected(a.status)
	})
}

func (c mailgunClient) domain() string { return strings.ToLower(c.account.Settings["domain"]) }

func (c mailgunClient) to(method, list, address string) request {
	return request{method: method, path: []string{"v3", c.domain(), list, address}, reads: method == http.MethodGet, sign: func(r *http.Request, _ []byte) error {
		r.SetBasicAuth("api", c.key(method))
		return nil
	}}
}
