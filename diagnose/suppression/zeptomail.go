package suppression

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// zeptomail lists suppressed addresses page by page. An entry has an action and
// a description and no kind: it is taken for a bounce only where the description
// quotes a refusal. What the vendor's page does not show of the answer is read
// by the names that its other requests have; anything else cannot tell
// (zoho.com/zeptomail/help/api/get-suppression-list.html).
var zeptomail = Spec{
	Key: "zeptomail", Name: "ZeptoMail", Base: "https://api.zeptomail.com/v1.1",
	Lists: []List{
		{diagnose.ListBounces, "bounced", "mail to the address is dropped unsent", diagnose.CanRemove},
		{diagnose.ListOther, "suppressed", "mail to the address is dropped unsent", diagnose.ByHandOnly},
	},
	Read:   Credential{Env: []string{"ZEPTOMAIL_TOKEN"}, Scope: "Zeptomail.Suppressions.READ"},
	Remove: Credential{Env: []string{"ZEPTOMAIL_DELETE_TOKEN"}, Scope: "Zeptomail.Suppressions.DELETE"},
	Unseen: []safe.Text{"suppressed domains"},
	Source: "zoho.com/zeptomail/help/api/get-suppression-list.html",
	open:   func(p *api) client { return zeptomailClient{p} },
}

type zeptomailClient struct{ *api }

const zeptomailPage = 100

func (c zeptomailClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	rows, err := c.find(ctx, paged{name: "suppression list", address: address, fetch: c.page})
	return mixed(zeptomail.Lists, rows, err)
}

// page reads until a page is empty: whether fewer than were asked for are the
// last is not documented.
func (c zeptomailClient) page(ctx context.Context, _, from int) (page, error) {
	a, err := c.call(ctx, c.to(http.MethodGet, url.Values{"limit": {strconv.Itoa(zeptomailPage)}, "offset": {strconv.Itoa(from)}}, nil))
	if err != nil {
		return page{}, err
	}
	var said struct {
		Data *[]struct {
			Value       string         `json:"value"`
			Email       string         `json:"email"`
			Address     string         `json:"email_address"`
			Action      string         `json:"action"`
			Description safe.Untrusted `json:"description"`
			Added       string         `json:"added_time"`
			Created     string         `json:"created_time"`
		} `json:"data"`
	}
	if a.status != http.StatusOK || !a.decode(&said) || said.Data == nil {
		return page{}, c.odd(a)
	}
	out := page{total: -1, last: len(*said.Data) == 0}
	for _, x := range *said.Data {
		address := first(x.Value, x.Email, x.Address)
		if address == "" {
			return page{}, c.odd(a)
		}
		e := zeptomail.Lists[1].entry()
		if refusal(string(x.Description)) {
			e = zeptomail.Lists[0].entry()
		}
		e.Listed, e.Address, e.Code, e.Reason = diagnose.IsListed, safe.Untrusted(address), safe.Untrusted(x.Action), x.Description
		e.Created = stamp(first(x.Added, x.Created), time.RFC3339, "02 Jan 2006 03:04 PM", "02 Jan 2006, 03:04 PM")
		if x.Action == "suppress_tracking" {
			e.Removable, e.Note = diagnose.ByHandOnly, "the action is suppress_tracking: it may be that mail is sent and only not tracked"
		}
		out.rows = append(out.rows, row{mark: address, address: address, entry: e})
	}
	return out, nil
}

// refusal reports whether a text quotes a permanent refusal: a reply code and an
// enhanced code (RFC 5321 section 4.2, RFC 3463).
func refusal(text string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' || r == ';' || r == ':' || r == ',' }) {
		if len(word) == 3 && word[0] == '5' && word[1] >= '0' && word[1] <= '5' && word[2] >= '0' && word[2] <= '9' || strings.HasPrefix(word, "5.") && strings.Count(word, ".") == 2 {
			return true
		}
	}
	return false
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (c zeptomailClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	return pick(c.lookUp(ctx, string(e.Address)), e)
}

func (c zeptomailClient) request(diagnose.ListEntry) string {
	return "DELETE /v1.1/suppressions/email"
}

// remove names the one address in the body: 204, or the error DND_102 where it
// was not there.
func (c zeptomailClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	a, err := c.call(ctx, c.to(http.MethodDelete, nil, map[string]any{"values": []string{string(e.Address)}}))
	return c.removed(a, err, func(a answer) diagnose.RemovalResult {
		var said struct {
			Error struct {
				Code string `json:"code"`
			} `json:"error"`
		}
		switch {
		case a.status == http.StatusNoContent:
			return diagnose.RemovalDone
		case a.decode(&said) && said.Error.Code == "DND_102":
			return diagnose.RemovalAbsent
		}
		return rejected(a.status)
	})
}

func (c zeptomailClient) to(method string, query url.Values, body any) request {
	return request{method: method, path: []string{"suppressions", "email"}, query: query, body: body, reads: method == http.MethodGet, sign: func(r *http.Request, _ []byte) error {
		r.Header.Set("Authorization", "Zoho-oauthtoken "+c.key(method))
		return nil
	}}
}
