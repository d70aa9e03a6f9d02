package suppression

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// postmark has one list a message stream, with bounces, complaints and
// unsubscribes in it. It is asked with a filter at
// /message-streams/STREAM/suppressions/dump; an empty array is an address that
// the stream does not hold. A removal is a POST that answers 200 for what it
// did not do as well: the status of the entry counts (postmarkapp.com,
// Suppressions API).
var postmark = Spec{
	Key: "postmark", Name: "Postmark", Base: "https://api.postmarkapp.com",
	Lists: []List{
		{diagnose.ListBounces, "suppressions", "mail of this stream to the address is dropped unsent", diagnose.CanRemove},
	},
	Settings: []Setting{
		{Name: "streams", Means: "the message streams to look at, with commas between; outbound and broadcast where none is named", Example: "outbound,broadcast"},
	},
	Read:   Credential{Env: []string{"POSTMARK_SERVER_TOKEN"}, Scope: "the server's token; it has no smaller permissions"},
	Unseen: []safe.Text{"streams that were not named", "other servers of the account"},
	Source: "postmarkapp.com/developer/api/suppressions-api",
	open:   func(p *api) client { return postmarkClient{p} },
}

type postmarkClient struct{ *api }

type postmarkEntry struct {
	Address string         `json:"EmailAddress"`
	Reason  safe.Untrusted `json:"SuppressionReason"`
	Origin  safe.Untrusted `json:"Origin"`
	Created string         `json:"CreatedAt"`
}

// streams gives the streams that are looked at, 16 at most.
func (c postmarkClient) streams() []string {
	var out []string
	for s := range strings.SplitSeq(c.account.Settings["streams"], ",") {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) && len(out) < 16 {
			out = append(out, s)
		}
	}
	if out == nil {
		out = []string{"outbound", "broadcast"}
	}
	return out
}

func (c postmarkClient) lookUp(ctx context.Context, address string) []diagnose.ListEntry {
	streams := c.streams()
	return atOnce(streams, func(stream string) diagnose.ListEntry { return c.ask(ctx, stream, address) })
}

func (c postmarkClient) read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry {
	if !slices.Contains(c.streams(), string(e.Scope)) {
		return untold(e, errNoList)
	}
	return c.ask(ctx, string(e.Scope), string(e.Address))
}

func (c postmarkClient) ask(ctx context.Context, stream, address string) diagnose.ListEntry {
	e := postmark.Lists[0].entry()
	e.Scope = safe.Untrusted(stream)
	r := c.to(http.MethodGet, stream, "dump")
	r.query = url.Values{"EmailAddress": {address}}
	a, err := c.call(ctx, r)
	if err != nil {
		return untold(e, err)
	}
	var found struct {
		Entries *[]postmarkEntry `json:"Suppressions"`
	}
	if a.status != http.StatusOK || !a.decode(&found) || found.Entries == nil {
		return c.strange(e, a)
	}
	if len(*found.Entries) == 0 {
		return absent(e)
	}
	listed := e
	for _, f := range *found.Entries {
		if SameAddress(f.Address, address) {
			listed = graver(listed, f.of(e))
		}
	}
	if listed.Listed != diagnose.IsListed {
		return c.strange(e, a) // entries of others: the filter was not kept
	}
	return listed
}

// of gives the entry of a list. Who set it decides what a manual one is: a
// recipient who sets one unsubscribes.
func (f postmarkEntry) of(e diagnose.ListEntry) diagnose.ListEntry {
	kind := diagnose.ListOther
	switch f.Reason {
	case "HardBounce":
		kind = diagnose.ListBounces
	case "SpamComplaint":
		kind = diagnose.ListComplaints
	case "ManualSuppression":
		switch f.Origin {
		case "Recipient":
			kind = diagnose.ListUnsubscribes
		case "Customer":
			kind = diagnose.ListManual
		case "Admin":
			kind = diagnose.ListCompliance
		}
	}
	e = as(e, kind)
	e.Address, e.Code = safe.Untrusted(f.Address), f.Reason
	if f.Origin != "" {
		e.Code += ", " + f.Origin
	}
	e.Created = stamp(f.Created, time.RFC3339Nano)
	return e
}

func (c postmarkClient) request(e diagnose.ListEntry) string {
	return "POST /message-streams/" + string(e.Scope) + "/suppressions/delete"
}

func (c postmarkClient) remove(ctx context.Context, e diagnose.ListEntry) Removal {
	if !slices.Contains(c.streams(), string(e.Scope)) {
		return Removal{Result: diagnose.RemovalUnsent, Note: "no such stream is set"}
	}
	type one struct {
		Address string `json:"EmailAddress"`
	}
	r := c.to(http.MethodPost, string(e.Scope), "delete")
	r.body = struct{ Suppressions []one }{[]one{{string(e.Address)}}}
	a, err := c.call(ctx, r)
	said := ""
	out := c.removed(a, err, func(a answer) diagnose.RemovalResult {
		var done struct {
			Entries []struct {
				Address string `json:"EmailAddress"`
				Status  string `json:"Status"`
				Message string `json:"Message"`
			} `json:"Suppressions"`
		}
		if a.status != http.StatusOK {
			return rejected(a.status)
		}
		if !a.decode(&done) || len(done.Entries) != 1 || !SameAddress(done.Entries[0].Address, string(e.Address)) {
			return diagnose.RemovalUnknown
		}
		said = done.Entries[0].Message
		switch done.Entries[0].Status {
		case "Deleted":
			return diagnose.RemovalDone
		case "Failed":
			return diagnose.RemovalRefused
		}
		return diagnose.RemovalUnknown
	})
	if said != "" {
		out.Note = safe.Untrusted(c.say(said))
	}
	return out
}

func (c postmarkClient) to(method, stream, what string) request {
	return request{method: method, path: []string{"message-streams", stream, "suppressions", what}, reads: method == http.MethodGet, sign: func(r *http.Request, _ []byte) error {
		r.Header.Set("X-Postmark-Server-Token", c.key(method))
		return nil
	}}
}
