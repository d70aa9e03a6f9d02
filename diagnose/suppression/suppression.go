// Package suppression looks an address up on the suppression lists of sending
// platforms, and removes one entry where that was decided.
//
// There is one file a platform. A platform's file holds its [Spec], what is
// known of it without asking: its lists and what they mean, where its key is
// found and which permission it needs, what no look-up can show; and how it is
// asked. What a platform says is read into [diagnose.ListEntry]: listed, not
// listed in the very form that the platform documents, or cannot tell. No
// failure ever says "not listed".
//
// A removal is exactly one request for exactly one entry. The request is never
// repeated by itself: whether it had an effect is read, not assumed. Which
// removal is right is decided in package diagnose; nothing here decides.
package suppression

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/secret"
)

// Spec is what is known of a platform without asking it.
type Spec struct {
	Key      string // as the catalogue of platforms has it: "sendgrid"
	Name     string
	Base     string            // base URL; {region} stands for the setting
	Bases    map[string]string // where a setting "region" chooses the base: its values, in place of Base
	Lists    []List
	Settings []Setting   // what it must be told beside the key
	Read     Credential  // for looking up
	Remove   Credential  // for removing; nothing to find where the key for reading does both
	Unseen   []safe.Text // what no look-up can show
	Manual   Manual      // what a person does
	Source   string      // the vendor's page

	open func(*api) client // nil where there is no way but by hand
}

// List is one suppression list of a platform.
type List struct {
	Kind    diagnose.ListKind
	Name    safe.Text // the platform's own
	Means   safe.Text // what an entry there does to later mail
	Removes diagnose.Removable
}

// Setting is something that a platform needs to be told.
type Setting struct {
	Name     string // in the config file: "domain"
	Env      string // environment variable that gives it where the file does not; "" for none
	Means    safe.Text
	Example  string
	Required bool
}

// Account is how one account at a platform is reached.
type Account struct {
	Key      string            // of the platform
	Name     string            // of this account, where a platform has several; "" for none
	Base     string            // in place of the platform's base URL; "" for that
	Settings map[string]string // by Setting.Name
	Read     secret.Secret
	Remove   secret.Secret // empty: Read is used
}

// Options is what the outside gives. Zero values take what is named.
type Options struct {
	Transport http.RoundTripper                          // one that verifies certificates and follows the proxy of the environment
	Clock     func() time.Time                           // time.Now
	Sleep     func(context.Context, time.Duration) error // a timer
	Timeout   time.Duration                              // for one request with its body; 15 s
	Total     time.Duration                              // for a whole look-up; 2 min
	MaxPages  int                                        // of lists that can only be read page by page; 200
	Agent     string                                     // User-Agent; deadletter
}

// Progress is how far a look-up is that reads page by page.
type Progress struct {
	List    safe.Text
	Pages   int
	Entries int
}

// Platform is one account at one platform, ready to be asked. It is safe for
// concurrent use.
type Platform struct {
	spec    Spec
	account Account
	api     *api
	client  client
}

// client is what a platform's own file provides.
type client interface {
	// lookUp gives an entry for each list. Failures are entries that cannot tell.
	lookUp(ctx context.Context, address string) []diagnose.ListEntry
	// read gives the present state of one list for the address, as lookUp does.
	read(ctx context.Context, e diagnose.ListEntry) diagnose.ListEntry
	// request says what remove would send: the method and the path, with … in
	// place of the address.
	request(e diagnose.ListEntry) string
	// remove sends the one request that removes the entry.
	remove(ctx context.Context, e diagnose.ListEntry) Removal
}

// Removal is what a platform answered to a removal. Only a following read says
// whether the entry is gone.
type Removal struct {
	Result diagnose.RemovalResult
	Status int            // of HTTP; 0 where no answer came
	Body   string         // SHA-256 of the answer's body, hex
	Note   safe.Untrusted // what the platform said, redacted
}

// Errors of this package.
var (
	ErrUnknown = errors.New("not a platform that can be asked")
	ErrByHand  = errors.New("this platform offers no look-up to programs")
	ErrNoKey   = errors.New("no key")
	ErrSetting = errors.New("a setting is missing or cannot be used")
	ErrBase    = errors.New("not a base address that is used")
	ErrAddress = errors.New("not an address that is looked up")
	ErrEntry   = errors.New("not an entry that is removed")
)

// specs has one row a platform, in the order in which they are offered.
func specs() []Spec {
	out := []Spec{
		sendgrid,
		mailgun,
		ses,
		postmark,
		sparkpost,
		resend,
		mandrill,
		smtp2go,
		elasticemail,
		scaleway,
		oci,
		brevo,
		mailersend,
		zeptomail,
		campaignmonitor,
	}
	out = append(out, byHand...)
	for i, s := range out {
		out[i].Manual = manuals[s.Key]
	}
	return out
}

// Specs gives what is known of every platform.
func Specs() []Spec { return specs() }

// SpecOf gives what is known of the platform with a key such as "sendgrid".
func SpecOf(key string) (Spec, bool) {
	for _, s := range specs() {
		if s.Key == key {
			return s, true
		}
	}
	return Spec{}, false
}

// ByHand reports whether a platform can be looked at by a person alone.
func (s Spec) ByHand() bool { return s.open == nil }

// Open gives the platform of an account. Nothing is sent. The error wraps one
// of this package's.
func Open(a Account, opt Options) (*Platform, error) {
	spec, ok := SpecOf(a.Key)
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: %q", ErrUnknown, a.Key)
	case spec.ByHand():
		return nil, fmt.Errorf("%w: %s", ErrByHand, spec.Name)
	case a.Read.Empty():
		return nil, fmt.Errorf("%w for %s: set %s, or name a key file or a key command in the config file", ErrNoKey, spec.Name, spec.Read.Names())
	}
	base, err := reach(spec, a)
	if err != nil {
		return nil, err
	}
	keys, err := spec.keys(a)
	if err != nil {
		return nil, err
	}
	api := newAPI(base, a, keys, opt)
	return &Platform{spec: spec, account: a, api: api, client: spec.open(api)}, nil
}

// reach gives where the requests of an account go, once its settings are whole.
func reach(spec Spec, a Account) (*url.URL, error) {
	for _, s := range spec.Settings {
		switch v := a.Settings[s.Name]; {
		case v == "" && s.Required:
			return nil, fmt.Errorf("%w: %s of %s, such as %s", ErrSetting, s.Name, spec.Name, s.Example)
		case strings.ContainsFunc(v, unicode.IsControl):
			return nil, fmt.Errorf("%w: %s of %s holds a control character", ErrSetting, s.Name, spec.Name)
		}
	}
	return baseURL(spec, a)
}

// Host gives the host that requests for an account would go to. Its keys need
// not be there. The error is as of [Open].
func (a Account) Host() (string, error) {
	spec, ok := SpecOf(a.Key)
	switch {
	case !ok:
		return "", fmt.Errorf("%w: %q", ErrUnknown, a.Key)
	case spec.ByHand():
		return "", fmt.Errorf("%w: %s", ErrByHand, spec.Name)
	}
	base, err := reach(spec, a)
	if err != nil {
		return "", err
	}
	return base.Host, nil
}

// baseURL gives where requests go: https, or http to this machine alone.
func baseURL(spec Spec, a Account) (*url.URL, error) {
	text := a.Base
	if text == "" {
		text = spec.Base
		if region := a.Settings["region"]; region != "" && spec.Bases != nil {
			if text = spec.Bases[strings.ToLower(region)]; text == "" {
				return nil, fmt.Errorf("%w: region of %s is %s, not %q", ErrSetting, spec.Name, strings.Join(slices.Sorted(maps.Keys(spec.Bases)), " or "), region)
			}
		}
		for _, s := range spec.Settings {
			if v := a.Settings[s.Name]; strings.Contains(text, "{"+s.Name+"}") {
				if strings.ContainsFunc(v, notLabel) {
					return nil, fmt.Errorf("%w: %s of %s is a name such as %s, not %q", ErrSetting, s.Name, spec.Name, s.Example, v)
				}
				text = strings.ReplaceAll(text, "{"+s.Name+"}", v)
			}
		}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "", strings.ContainsAny(text, "{}"):
		return nil, fmt.Errorf("%w: %q of %s: give one such as %s", ErrBase, text, spec.Name, spec.Base)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("%w: %q of %s: only https is used; http is for this machine alone", ErrBase, text, spec.Name)
	}
	return u, nil
}

// notLabel is what a setting may not hold that becomes a part of a host name:
// it would send the key elsewhere.
func notLabel(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
}

// Spec gives what is known of the platform.
func (p *Platform) Spec() Spec { return p.spec }

// Account tells which account this is: the platform's key, and what it was told
// beside the key for asking, as [diagnose.SuppressionRecorded] has it.
func (p *Platform) Account() (key string, label safe.Untrusted) {
	return p.spec.Key, p.account.Label()
}

// Host gives the host that requests go to.
func (p *Platform) Host() string { return p.api.base.Host }

// LookUp asks every list for the address. Each list has its own answer; a list
// that could not be read says why in Problem and Note. progress may be nil; it
// is called from the calling goroutine's requests, one at a time. The error
// wraps ErrAddress, or is the context's: then nothing is told.
func (p *Platform) LookUp(ctx context.Context, address string, progress func(Progress)) (diagnose.SuppressionRecorded, error) {
	if err := CheckAddress(address); err != nil {
		return diagnose.SuppressionRecorded{}, err
	}
	inner, cancel := context.WithTimeout(withProgress(ctx, progress), p.api.total)
	defer cancel()
	out := diagnose.SuppressionRecorded{Platform: p.spec.Name, Via: diagnose.ViaAPI}
	out.Key, out.Account = p.Account()
	out.Entries = p.client.lookUp(inner, address)
	for i := range out.Entries {
		out.Entries[i] = p.spec.means(noteOther(out.Entries[i], address))
	}
	if err := ctx.Err(); err != nil {
		return diagnose.SuppressionRecorded{}, err
	}
	for _, u := range p.spec.Unseen {
		out.Unseen = append(out.Unseen, safe.Untrusted(u))
	}
	return out, nil
}

// means adds what a list does to later mail, where the address stands on it as
// what the list is for.
func (s Spec) means(e diagnose.ListEntry) diagnose.ListEntry {
	for _, l := range s.Lists {
		if e.Listed == diagnose.IsListed && safe.Untrusted(l.Name) == e.Name && l.Kind == e.List {
			e.Means = safe.Untrusted(l.Means)
		}
	}
	return e
}

// Label tells one account at a platform from another without its key, as
// look-ups record it: its name, then its settings.
func (a Account) Label() safe.Untrusted {
	spec, _ := SpecOf(a.Key)
	var parts []string
	if a.Name != "" {
		parts = append(parts, a.Name)
	}
	for _, s := range spec.Settings {
		if v := a.Settings[s.Name]; v != "" {
			parts = append(parts, s.Name+" "+v)
		}
	}
	return safe.Untrusted(strings.Join(parts, ", "))
}

// Read asks one list again for an entry that LookUp gave. The error is as of LookUp.
func (p *Platform) Read(ctx context.Context, e diagnose.ListEntry) (diagnose.ListEntry, error) {
	if err := CheckAddress(string(e.Address)); err != nil {
		return diagnose.ListEntry{}, err
	}
	inner, cancel := context.WithTimeout(ctx, p.api.total)
	defer cancel()
	now := p.spec.means(noteOther(p.client.read(inner, e), string(e.Address)))
	return now, ctx.Err()
}

// Request says what Remove would send, for the plan that a person consents to:
// method, host and path, with … in place of the address.
func (p *Platform) Request(e diagnose.ListEntry) safe.Text {
	method, path, _ := strings.Cut(p.client.request(e), " ")
	return safe.Textf("%s %s%s", method, p.api.base.Host, path)
}

// Remove sends the one request that removes the entry. It is never repeated.
// The error wraps ErrEntry or ErrAddress: then nothing was sent.
func (p *Platform) Remove(ctx context.Context, e diagnose.ListEntry) (Removal, error) {
	if err := CheckAddress(string(e.Address)); err != nil {
		return Removal{Result: diagnose.RemovalUnsent}, err
	}
	switch {
	case e.Listed != diagnose.IsListed:
		return Removal{Result: diagnose.RemovalUnsent}, fmt.Errorf("%w: it is not listed", ErrEntry)
	case e.Removable != diagnose.CanRemove:
		return Removal{Result: diagnose.RemovalUnsent}, fmt.Errorf("%w: the platform does not let it be removed by programs", ErrEntry)
	}
	switch e.List {
	case diagnose.ListBounces, diagnose.ListBlocks, diagnose.ListInvalid:
	default:
		return Removal{Result: diagnose.RemovalUnsent}, fmt.Errorf("%w: a list of %s is never cleared from here", ErrEntry, e.List)
	}
	return p.client.remove(ctx, e), nil
}
