package suppression

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// mailersend keeps four lists a sending domain, read page by page; a page
// without a link to the next is the last. The blocklist holds patterns beside
// addresses (mailersend/mailersend-go, suppressions.go).
var mailersend = Spec{
	Key: "mailersend", Name: "MailerSend", Base: "https://api.mailersend.com/v1",
	Lists: []List{
		{diagnose.ListBounces, "hard-bounces", "mail to the address is dropped unsent", diagnose.CanRemove},
		{diagnose.ListComplaints, "spam-complaints", "the recipient reported our mail; it is dropped unsent", diagnose.CannotRemove},
		{diagnose.ListUnsubscribes, "unsubscribes", "the recipient wants no mail of ours", diagnose.CannotRemove},
		{diagnose.ListManual, "blocklist", "somebody of our own account put the address or a pattern there", diagnose.ByHandOnly},
	},
	Settings: []Setting{
		{Name: "domain_id", Env: "MAILERSEND_DOMAIN_ID", Means: "the number of the sending domain, as its page in the console has it", Example: "83gwk2j7zqz1nxyd", Required: true},
	},
	Read:   Credential{Env: []string{"MAILERSEND_API_KEY"}, Scope: "a token that reads suppressions"},
	Remove: Credential{Env: []string{"MAILERSEND_DELETE_KEY"}, Scope: "a token with full access to suppressions"},
	Unseen: []safe.Text{"lists of other sending domains"},
	Source: "developers.mailersend.com/api/v1/recipients",
	open:   func(p *api) client { return mailersendClient{p} },
}

type mailersendClient struct{ *api }

const mailersendPage = 100

func (c mailersendClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	return atOnce(mailersend.Lists, func(l List) diagnose.ListEntry { return c.ask(ctx, l, address) })
}

func (c mailersendClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	for _, l := range mailersend.Lists {
		if string(l.Name) == string(e.Name) {
			return c.ask(ctx, l, string(e.Address))
		}
	}
	return untold(e, errNoList)
}

func (c mailersendClient) ask(ctx context.Context, l List, address string) diagnose.ListEntry {
	var patterns []string // of the blocklist, that may cover the address
	rows, err := c.find(ctx, paged{name: l.Name, address: address, fetch: func(ctx context.Context, n, _ int) (page, error) {
		p, seen, err := c.page(ctx, l, n)
		for _, s := range seen {
			if covers(s, address) && !slices.Contains(patterns, s) {
				patterns = append(patterns, s)
			}
		}
		return p, err
	}})
	switch {
	case err != nil:
		return untold(l.entry(), err)
	case len(rows) > 0:
		return rows[0].entry
	case len(patterns) > 0:
		return untold(l.entry(), &failure{problem: diagnose.ProblemMalformed, text: c.say("a pattern on the list may cover the address: " + patterns[0])})
	}
	return absent(l.entry())
}

func (c mailersendClient) page(ctx context.Context, l List, n int) (page, []string, error) {
	query := url.Values{"domain_id": {c.account.Settings["domain_id"]}, "page": {strconv.Itoa(n + 1)}, "limit": {strconv.Itoa(mailersendPage)}}
	a, err := c.call(ctx, request{method: http.MethodGet, path: []string{"suppressions", string(l.Name)}, query: query, reads: true, sign: c.sign(http.MethodGet)})
	if err != nil {
		return page{}, nil, err
	}
	var said struct {
		Data *[]struct {
			ID        string         `json:"id"`
			Type      string         `json:"type"`
			Pattern   string         `json:"pattern"`
			Reason    safe.Untrusted `json:"reason"`
			Readable  safe.Untrusted `json:"readable_reason"`
			Created   string         `json:"created_at"`
			Recipient struct {
				Email string `json:"email"`
			} `json:"recipient"`
		} `json:"data"`
		Links *struct {
			Next json.RawMessage `json:"next"`
		} `json:"links"`
	}
	if a.status != http.StatusOK || !a.decode(&said) || said.Data == nil || said.Links == nil {
		return page{}, nil, c.odd(a)
	}
	next := strings.Trim(string(said.Links.Next), `"`)
	out := page{total: -1, last: next == "" || next == "null" || len(*said.Data) == 0}
	var patterns []string
	for _, x := range *said.Data {
		email := x.Recipient.Email
		if email == "" && x.Pattern != "" {
			if email = x.Pattern; x.Type != "exact" {
				patterns = append(patterns, x.Pattern)
			}
		}
		if x.ID == "" || email == "" {
			return page{}, nil, c.odd(a)
		}
		e := l.entry()
		e.Listed, e.Address, e.ID = diagnose.IsListed, safe.Untrusted(email), safe.Untrusted(x.ID)
		if e.Reason = x.Reason; x.Readable != "" {
			e.Code, e.Reason = x.Reason, x.Readable
		}
		e.Created = stamp(x.Created, time.RFC3339)
		out.rows = append(out.rows, row{mark: x.ID, address: email, entry: e})
	}
	return out, patterns, nil
}

// covers reports whether a pattern may stand for the address. A * stands for
// anything; what other marks mean is not documented, so such a pattern may.
func covers(pattern, address string) bool {
	if strings.ContainsAny(pattern, `?[](){}^$|\+%/`) {
		return true
	}
	pattern, address = strings.ToLower(pattern), strings.ToLower(address)
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return strings.HasSuffix(address, pattern) // an address, or a bare domain
	}
	rest, ok := strings.CutPrefix(address, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

func (c mailersendClient) request(e diagnose.ListEntry) string {
	return "DELETE /v1/suppressions/" + string(e.Name)
}

// remove deletes the entry by its number. Without one the request would name
// nothing, or with "all" the whole list; neither is sent.
func (c mailersendClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	if e.ID == "" || e.ID == "all" {
		return Removal{Result: diagnose.RemovalUnsent, Note: "the entry has no number"}
	}
	a, err := c.call(ctx, request{method: http.MethodDelete, path: []string{"suppressions", string(e.Name)}, sign: c.sign(http.MethodDelete),
		body: map[string]any{"domain_id": c.account.Settings["domain_id"], "ids": []string{string(e.ID)}}})
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		switch a.status {
		case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
			return diagnose.RemovalDone
		case http.StatusNotFound:
			return diagnose.RemovalAbsent
		}
		return rejected(a.status)
	})
}

func (c mailersendClient) sign(method string) func(*http.Request, []byte) error {
	return func(r *http.Request, _ []byte) error {
		r.Header.Set("Authorization", "Bearer "+c.key(method))
		return nil
	}
}
