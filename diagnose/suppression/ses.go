package suppression

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// ses has one list an account and region, and one a tenant, with one entry an
// address whose reason is BOUNCE or COMPLAINT. It is asked at
// /v2/email/suppression/addresses/ADDRESS; an address that is not on the list
// is a NotFoundException. Requests are signed with Signature Version 4
// (docs.aws.amazon.com, SES API v2 reference, GetSuppressedDestination).
var ses = Spec{
	Key: "ses", Name: "Amazon SES", Base: "https://email.{region}.amazonaws.com",
	Lists: []List{
		{diagnose.ListBounces, "account suppression list", "mail to the address is dropped unsent, where the account or the configuration set suppresses for that reason", diagnose.CanRemove},
	},
	Settings: []Setting{
		{Name: "region", Env: "AWS_REGION", Means: "the region that sends: each has a list of its own", Example: "eu-west-1", Required: true},
		{Name: "tenant", Means: "look at the list of this tenant too", Example: "shop"},
		{Name: "configuration_set", Means: "the configuration set of the mail, which can suppress for other reasons than the account", Example: "transactional"},
	},
	Read: Credential{
		Parts: []Part{
			{Name: "AccessKeyId", Env: "AWS_ACCESS_KEY_ID"},
			{Name: "SecretAccessKey", Env: "AWS_SECRET_ACCESS_KEY"},
			{Name: "SessionToken", Env: "AWS_SESSION_TOKEN", Optional: true},
		},
		Scope: "ses:GetSuppressedDestination, ses:GetAccount, ses:GetConfigurationSet",
	},
	Remove: Credential{Scope: "ses:DeleteSuppressedDestination"},
	Unseen: []safe.Text{"the global suppression list of SES", "lists of other regions", "lists of tenants that were not named"},
	Source: "docs.aws.amazon.com/ses, suppression list and API v2 reference",
	open:   func(p *api) client { return sesClient{p} },
}

const sesTenantList = "tenant suppression list"

type sesClient struct{ *api }

func (c sesClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	lists := ses.Lists
	if c.account.Settings["tenant"] != "" {
		lists = append(slices.Clip(lists), List{diagnose.ListBounces, sesTenantList, ses.Lists[0].Means, diagnose.CanRemove})
	}
	return atOnce(lists, func(l List) diagnose.ListEntry { return c.ask(ctx, l.entry(), address) })
}

func (c sesClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	again := ses.Lists[0].entry()
	again.Name = e.Name
	if e.Name != again.Name && c.tenant(e) == "" {
		return untold(again, errNoList)
	}
	return c.ask(ctx, again, string(e.Address))
}

// tenant gives whose list an entry is on, "" for the account's.
func (c sesClient) tenant(e diagnose.ListEntry) string {
	if e.Name == sesTenantList {
		return c.account.Settings["tenant"]
	}
	return ""
}

func (c sesClient) ask(ctx context.Context, e diagnose.ListEntry, address string) diagnose.ListEntry {
	e.Scope = safe.Untrusted(c.account.Settings["region"])
	if tenant := c.tenant(e); tenant != "" {
		e.Scope += safe.Untrusted(", tenant " + tenant)
	}
	a, err := c.call(ctx, c.to(http.MethodGet, c.tenant(e), "suppression", "addresses", address))
	if err != nil {
		return untold(e, err)
	}
	if c.notHeld(a, e, address) {
		e = absent(e)
		if address != strings.ToLower(address) {
			e = remark(e, "asked for with capitals, as written; whether the list tells them apart is not documented")
		}
		return e
	}
	var found struct {
		Entry struct {
			Address    string         `json:"EmailAddress"`
			Reason     safe.Untrusted `json:"Reason"`
			Updated    float64        `json:"LastUpdateTime"`
			Attributes struct {
				MessageID safe.Untrusted `json:"MessageId"`
			} `json:"Attributes"`
		} `json:"SuppressedDestination"`
	}
	if a.status != http.StatusOK || !a.decode(&found) || !SameAddress(found.Entry.Address, address) {
		return c.strange(e, a)
	}
	kind := diagnose.ListOther
	switch found.Entry.Reason {
	case "BOUNCE":
		kind = diagnose.ListBounces
	case "COMPLAINT":
		kind = diagnose.ListComplaints
	}
	e = as(e, kind)
	e.Address, e.Code, e.Created = safe.Untrusted(found.Entry.Address), found.Entry.Reason, unix(found.Entry.Updated)
	e.MessageID = found.Entry.Attributes.MessageID
	return c.enabled(ctx, e)
}

// notHeld reports whether an answer says that the address is not on the list.
// A tenant that does not exist is a NotFoundException too: of a tenant's list
// the sentence must name the address.
func (c sesClient) notHeld(a answer, e diagnose.ListEntry, address string) bool {
	if a.status != http.StatusNotFound {
		return false
	}
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if len(a.body) > 0 && !a.decode(&said) {
		return false
	}
	kind := a.header.Get("X-Amzn-ErrorType")
	if kind == "" {
		kind = said.Type
	}
	kind, _, _ = strings.Cut(kind, ":")
	kind = kind[strings.LastIndexByte(kind, '#')+1:]
	return kind == "NotFoundException" && (c.tenant(e) == "" || strings.Contains(strings.ToLower(said.Message), strings.ToLower(address)))
}

// enabled remarks on an entry whether the account, or the configuration set
// that was named, suppresses for its reason at all: an entry of another reason
// blocks nothing.
func (c sesClient) enabled(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	who, path := "the account", []string{"account"}
	if set := c.account.Settings["configuration_set"]; set != "" {
		who, path = "the configuration set "+set, []string{"configuration-sets", set}
	}
	a, err := c.call(ctx, c.to(http.MethodGet, "", path...))
	if err != nil {
		return remark(e, c.say("for which reasons "+who+" suppresses could not be read: "+err.Error()))
	}
	type options struct {
		Reasons *[]string `json:"SuppressedReasons"`
	}
	var found struct {
		Account options `json:"SuppressionAttributes"`
		Set     options `json:"SuppressionOptions"`
	}
	ok := a.status == http.StatusOK && a.decode(&found)
	reasons := found.Account.Reasons
	if c.account.Settings["configuration_set"] != "" {
		reasons = found.Set.Reasons
	}
	switch {
	case !ok || reasons == nil:
		return remark(e, c.say("for which reasons "+who+" suppresses could not be read: "+a.message()))
	case !slices.Contains(*reasons, string(e.Code)):
		return remark(e, c.say(who+" does not suppress for "+string(e.Code)+": this entry does not block its mail"))
	}
	return e
}

func (c sesClient) request(e diagnose.ListEntry) string {
	path := "DELETE /v2/email/suppression/addresses/…"
	if tenant := c.tenant(e); tenant != "" {
		path += "?TenantName=" + url.QueryEscape(tenant)
	}
	return path
}

// remove deletes one entry by its address: 200 without a body.
func (c sesClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	if e.Name == sesTenantList && c.tenant(e) == "" {
		return Removal{Result: diagnose.RemovalUnsent, Note: "no tenant is set"} // without it the account's entry would go
	}
	a, err := c.call(ctx, c.to(http.MethodDelete, c.tenant(e), "suppression", "addresses", string(e.Address)))
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		switch body := strings.TrimSpace(string(a.body)); {
		case a.status == http.StatusOK && (body == "" || body == "{}"):
			return diagnose.RemovalDone
		case c.notHeld(a, e, string(e.Address)):
			return diagnose.RemovalAbsent
		}
		return rejected(a.status)
	})
}

func (c sesClient) to(method, tenant string, path ...string) request {
	r := request{method: method, path: append([]string{"v2", "email"}, path...), reads: method == http.MethodGet}
	if tenant != "" {
		r.query = url.Values{"TenantName": {tenant}}
	}
	r.sign = func(req *http.Request, payload []byte) error {
		parts, err := ses.Read.split(c.secret(method))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(payload)
		return v4.NewSigner().SignHTTP(req.Context(), aws.Credentials{
			AccessKeyID: parts["AccessKeyId"].Reveal(), SecretAccessKey: parts["SecretAccessKey"].Reveal(), SessionToken: parts["SessionToken"].Reveal(),
		}, req, hex.EncodeToString(sum[:]), "ses", c.account.Settings["region"], c.clock())
	}
	return r
}
