package suppression

import (
	"context"
	"net/http"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// smtp2go is asked by POST /suppression/view, which shows about 30 days unless
// it is told a beginning. An address that is not there gives an empty array. An
// entry can be of a whole domain: it holds mail to the address back, but is no
// entry of the address and never removed from here, so the domain is asked for
// by itself (developers.smtp2go.com/reference/view-suppressions).
var smtp2go = Spec{
	Key: "smtp2go", Name: "SMTP2GO", Base: "https://api.smtp2go.com/v3",
	Lists: []List{
		{diagnose.ListBounces, "bounce", "mail to the address is rejected unsent", diagnose.CanRemove},
		{diagnose.ListComplaints, "spam", "the recipient reported our mail; it is rejected unsent", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "unsubscribe", "the recipient wants no mail of ours", diagnose.CannotRemove},
		{diagnose.ListManual, "manual", "somebody of our own account put it there", diagnose.ByHandOnly},
		{diagnose.ListCompliance, "compliance", "the platform put it there", diagnose.CannotRemove},
		{diagnose.ListOther, smtp2goDomain, "mail to every address of the domain is rejected unsent", diagnose.ByHandOnly},
	},
	Read:   Credential{Env: []string{"SMTP2GO_API_KEY"}, Scope: "a key limited to /suppression/view"},
	Remove: Credential{Env: []string{"SMTP2GO_DELETE_KEY"}, Scope: "a key limited to /suppression/remove"},
	Unseen: []safe.Text{"suppressions of subaccounts"},
	Source: "developers.smtp2go.com/reference/view-suppressions",
	open:   func(p *api) client { return smtp2goClient{p} },
}

const (
	smtp2goDomain = "whole domain"
	smtp2goTime   = "2006-01-02 15:04:05"
)

type smtp2goClient struct{ *api }

func (c smtp2goClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	ofAddress, ofDomain := smtp2go.Lists[:len(smtp2go.Lists)-1], smtp2go.Lists[len(smtp2go.Lists)-1:]
	_, domain, _ := cutLast(address, '@')
	out := c.ask(ctx, ofAddress, address, domain)
	whole := c.ask(ctx, ofDomain, domain, domain)
	if n := len(out) - 1; out[n].Name == smtp2goDomain { // the first answer held it already
		return append(out[:n], whole...)
	}
	return append(out, whole...)
}

// ask looks what is suppressed for, an address or its domain, up.
func (c smtp2goClient) ask(ctx context.Context, lists []List, what, domain string) []diagnose.ListEntry {
	a, err := c.call(ctx, request{method: http.MethodPost, path: []string{"suppression", "view"}, reads: true, sign: c.sign(c.account.Read.Reveal()), body: map[string]any{
		"email_address": what, "start_date": "2000-01-01T00:00:00Z", "end_date": c.clock().UTC().Add(24 * time.Hour).Format(time.RFC3339),
	}})
	if err != nil {
		return every(lists, func(e diagnose.ListEntry) diagnose.ListEntry { return untold(e, err) })
	}
	var said struct {
		Data struct {
			Results *[]struct {
				Address   string         `json:"email_address"`
				Reason    string         `json:"reason"`
				Text      safe.Untrusted `json:"block_description"`
				Complaint safe.Untrusted `json:"complaint"`
				Timestamp string         `json:"timestamp"`
			} `json:"results"`
			More *string `json:"continue_token"`
			Code string  `json:"error_code"`
		} `json:"data"`
	}
	read := a.decode(&said)
	if read && strings.HasSuffix(said.Data.Code, "PERMISSION_DENIED") { // comes as 400
		err := &failure{problem: diagnose.ProblemForbidden, status: a.status, text: c.say(a.message())}
		return every(lists, func(e diagnose.ListEntry) diagnose.ListEntry { return untold(e, err) })
	}
	if a.status != http.StatusOK || !read || said.Data.Results == nil {
		return every(lists, func(e diagnose.ListEntry) diagnose.ListEntry { return c.strange(e, a) })
	}
	var found []diagnose.ListEntry
	for _, x := range *said.Data.Results {
		e := kind(lists, strings.ToLower(x.Reason))
		switch {
		case strings.EqualFold(strings.TrimPrefix(x.Address, "@"), domain):
			e = smtp2go.Lists[len(smtp2go.Lists)-1].entry()
			e.Note = "the entry is of the whole domain, not of this address; " + noZone
		case SameAddress(x.Address, what):
			e.Note = noZone
		default:
			return every(lists, func(e diagnose.ListEntry) diagnose.ListEntry { return c.strange(e, a) })
		}
		e.Listed, e.Address = diagnose.IsListed, safe.Untrusted(x.Address)
		e.Code, e.Reason = safe.Untrusted(x.Reason), x.Text
		if e.Reason == "" {
			e.Reason = x.Complaint
		}
		e.Created = stamp(x.Timestamp, smtp2goTime, "2006-01-02 15:04:05.999999Z07:00", time.RFC3339)
		found = append(found, e)
	}
	if said.Data.More != nil && *said.Data.More != "" && len(found) == 0 {
		err := &failure{problem: diagnose.ProblemTooMany, text: "the platform has more pages of what it found"}
		return every(lists, func(e diagnose.ListEntry) diagnose.ListEntry { return untold(e, err) })
	}
	return spread(lists, found)
}

// read asks again for the address of an entry; that of a domain has none.
func (c smtp2goClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	return pick(c.lookUp(ctx, string(e.Address)), e)
}

func (c smtp2goClient) request(diagnose.ListEntry) string { return "POST /v3/suppression/remove" }

// remove names the one reason, so that a complaint of the same address stays.
// The answer says for each entry whether it was removed.
func (c smtp2goClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	a, err := c.call(ctx, request{method: http.MethodPost, path: []string{"suppression", "remove"}, sign: c.sign(c.key(http.MethodDelete)),
		body: map[string]any{"email_address": string(e.Address), "reasons": []string{"bounce"}}})
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		var said struct {
			Data struct {
				Suppressions *[]struct {
					Address string `json:"email_address"`
					Removed bool   `json:"removed"`
				} `json:"suppressions"`
			} `json:"data"`
		}
		if a.status >= 300 {
			return rejected(a.status)
		}
		if !a.decode(&said) || said.Data.Suppressions == nil {
			return diagnose.RemovalUnknown
		}
		for _, x := range *said.Data.Suppressions {
			switch {
			case !SameAddress(x.Address, string(e.Address)):
				return diagnose.RemovalUnknown
			case x.Removed:
				return diagnose.RemovalDone
			}
		}
		return diagnose.RemovalAbsent
	})
}

func (c smtp2goClient) sign(key string) func(*http.Request, []byte) error {
	return func(r *http.Request, _ []byte) error {
		r.Header.Set("X-Smtp2go-Api-Key", key)
		return nil
	}
}
