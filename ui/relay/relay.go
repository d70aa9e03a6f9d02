// Package relay knows through which server of ours the one test message of a
// case goes: the SMTP service of the platform that the refused mail went
// through, or the relay of the config file. It says what is there and what is
// missing without reading a key and without contacting anybody.
package relay

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"

	"deadletter/diagnose/attempt"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/suppression"
	"deadletter/ui/accounts"
	"deadletter/ui/config"
	"deadletter/ui/credential"
)

// Errors of this package.
var (
	ErrNone  = errors.New("no relay is named for the test message")
	ErrLacks = errors.New("the relay cannot be used yet")
)

// Relay is one server that takes mail of ours. It holds no key.
type Relay struct {
	Name     safe.Text // "our relay", "SendGrid, account sendgrid"
	Platform string    // whose SMTP service it is, by its key; "" for one of our own
	Host     string    // whose name its certificate has to show
	Address  netip.Addr
	Port     uint16
	Security attempt.Security
	User     safe.Text // as it is shown
	Key      accounts.Key
	From     safe.Untrusted // envelope sender where the bounce tells none
	EHLO     string         // that it wants; "" for the usual one
	Missing  []safe.Text    // what it still needs, a sentence each

	user   string
	same   bool // the key is the user too
	token  bool // the key is a bearer token
	login  bool
	source credential.Source
	getenv func(string) string
}

// Of gives the relay for mail that went through a platform, by the platform's
// key; "" for none. The platform's own SMTP service comes first where the
// config file has a key for sending: the test has to take the way of the mail
// that bounced. The error wraps ErrNone, and its text says what could be set.
func Of(c config.Config, a accounts.Accounts, platform string, getenv func(string) string) (Relay, error) {
	s, known := serviceOf(platform)
	var there []string
	for _, p := range c.Platforms {
		if p.Name != platform || platform == "" {
			continue
		}
		there = append(there, p.ID())
		if known && p.SendKey.Named() {
			return ofService(c, a, s, p, getenv)
		}
	}
	switch {
	case c.Relay.Named():
		return ofConfig(c, getenv), nil
	case known && len(there) > 0:
		return Relay{}, fmt.Errorf("%w: set send_key, a key for sending, below [[platform]] of %s; the one for suppression lists is not used for it", ErrNone, strings.Join(there, ", "))
	case known:
		return Relay{}, fmt.Errorf("%w: set send_key below [[platform]] name = %q, or [relay]", ErrNone, platform)
	}
	return Relay{}, fmt.Errorf("%w: set [relay] in the config file", ErrNone)
}

// All gives every relay that the config file names, for people to look at.
func All(c config.Config, a accounts.Accounts, getenv func(string) string) []Relay {
	var out []Relay
	for _, p := range c.Platforms {
		if s, known := serviceOf(p.Name); known && p.SendKey.Named() {
			if r, err := ofService(c, a, s, p, getenv); err == nil {
				out = append(out, r)
			}
		}
	}
	if c.Relay.Named() {
		out = append(out, ofConfig(c, getenv))
	}
	return out
}

func ofConfig(c config.Config, getenv func(string) string) Relay {
	x := c.Relay
	r := Relay{
		Name: "our relay", Host: x.Host, Port: x.PortOf(), Security: x.Way(), User: safe.Of(x.User), From: safe.Untrusted(x.From), EHLO: x.EHLO,
		user: x.User, token: x.Mechanism == "xoauth2", login: x.User != "", source: x.Key.Source(filepath.Dir(c.Path)), getenv: getenv,
	}
	r.Address, _ = netip.ParseAddr(x.Address) // looked at when the file was read
	if r.login {
		r.look()
	}
	return r
}

func ofService(c config.Config, a accounts.Accounts, s service, p config.Platform, getenv func(string) string) (Relay, error) {
	x, err := a.Get(p.ID())
	if err != nil {
		return Relay{}, err
	}
	spec, _ := suppression.SpecOf(s.key)
	r := Relay{
		Name: safe.Textf("%s, account %s", spec.Name, p.ID()), Platform: s.key, Port: servicePort, Security: attempt.StartTLS,
		user: s.user, same: s.same, login: true, source: p.SendKey.Source(filepath.Dir(c.Path)), getenv: getenv,
		Host: s.at(map[string]string{"region": x.Setting("region")}),
	}
	if p.SendUser != "" {
		r.user, r.same = p.SendUser, false
	}
	r.User = safe.Of(r.user)
	switch {
	case r.same:
		r.User = "the key"
	case r.user == "":
		r.Missing = append(r.Missing, safe.Textf("The login of its SMTP service is missing: set send_user below [[platform]] of %s (%s).", p.ID(), s.scope))
	}
	if r.Host == "" {
		r.Missing = append(r.Missing, safe.Textf("The setting region is missing below [[platform]] of %s.", p.ID()))
	}
	r.Key.Scope = safe.Of(s.scope)
	r.look()
	return r, nil
}

// look says where the key is without reading it.
func (r *Relay) look() {
	where, sure, err := r.source.Look(r.getenv)
	r.Key.Where, r.Key.State = safe.Of(where), accounts.Found
	switch {
	case errors.Is(err, credential.ErrNone):
		r.Key.State = accounts.Missing
		r.Missing = append(r.Missing, safe.Textf("The key for sending is missing: set %s.", where))
	case err != nil:
		r.Key.State, r.Key.Problem = accounts.Unusable, safe.Of(err.Error())
		r.Missing = append(r.Missing, safe.Textf("The key for sending cannot be used: %s.", err))
	case !sure:
		r.Key.State = accounts.Unread
	}
}

// Ready reports whether the relay can be used, as far as can be told without
// reading its key.
func (r Relay) Ready() bool { return len(r.Missing) == 0 }

// LogsIn reports whether a key is sent to it.
func (r Relay) LogsIn() bool { return r.login }

// Login reads the key. Nothing is sent, and no error holds any of it. The error
// wraps ErrLacks where something is missing.
func (r Relay) Login(ctx context.Context) (attempt.Login, error) {
	switch {
	case !r.Ready():
		return attempt.Login{}, fmt.Errorf("%w: %s", ErrLacks, r.Missing[0])
	case !r.login:
		return attempt.Login{}, nil
	}
	key, _, err := r.source.Load(ctx, r.getenv)
	if err != nil {
		return attempt.Login{}, fmt.Errorf("the key of %s: %w", r.Name, err)
	}
	l := attempt.Login{User: r.user, Password: key}
	if r.same {
		l.User = key.Reveal()
	}
	if r.token {
		l.Password, l.Token = l.Token, key
	}
	return l, nil
}
