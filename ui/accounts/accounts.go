// Package accounts knows the accounts at sending platforms that this
// installation can ask: those of the config file, and those whose key is in the
// environment under the vendor's own name. It says of each what is there and
// what is missing without reading a key, and opens one account when a person
// wants it asked.
package accounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"deadletter/diagnose/safe"
	"deadletter/diagnose/secret"
	"deadletter/diagnose/suppression"
	"deadletter/ui/config"
	"deadletter/ui/credential"
)

// Errors of this package.
var (
	ErrUnknown = errors.New("no such account")
	ErrLacks   = errors.New("the account cannot be asked yet")
)

// Accounts are the accounts of one installation. They hold no key.
type Accounts struct {
	list   []Account
	getenv func(string) string
}

// Account is one account at a platform.
type Account struct {
	ID         string // "sendgrid", "mailgun/shop"
	Spec       suppression.Spec
	Host       string      // that it would ask; "" while a setting is missing
	Configured bool        // it stands in the config file
	Read       Key         // for looking up
	Remove     Key         // for removing
	Missing    []safe.Text // what a look-up still needs, a sentence each; none: it can be asked

	ask    suppression.Account // without keys
	read   config.Key
	remove config.Key
	folder string // of the config file
}

// Key says where a key comes from. The key itself is not in it.
type Key struct {
	Where   safe.Text // "SENDGRID_API_KEY", "file /home/mara/key", "the key for looking up"
	State   State
	Problem safe.Text // why it cannot be used
	Scope   safe.Text // the permission that it needs, in the vendor's words
}

// State says whether a key is there.
type State string

// The states. A command and a keyring are asked when the key is needed, and
// not before.
const (
	Found    State = "found"
	Missing  State = "missing"
	Unread   State = "asked when needed"
	Unusable State = "cannot be used"
)

// New gives the accounts that a config file and the environment name: one for
// every platform that can be asked, and those of the file. A platform or a
// setting that is not known is an error that names the known ones.
func New(c config.Config, getenv func(string) string) (Accounts, error) {
	a := Accounts{getenv: getenv}
	named := map[string]bool{}
	for _, p := range c.Platforms {
		spec, err := check(p)
		if err != nil {
			return Accounts{}, err
		}
		named[p.ID()] = true
		a.list = append(a.list, a.account(spec, p, filepath.Dir(c.Path), true))
	}
	for _, spec := range suppression.Specs() {
		if !spec.ByHand() && !named[spec.Key] {
			a.list = append(a.list, a.account(spec, config.Platform{Name: spec.Key}, "", false))
		}
	}
	order := map[string]int{}
	for i, spec := range suppression.Specs() {
		order[spec.Key] = i
	}
	slices.SortStableFunc(a.list, func(x, y Account) int {
		return cmp.Or(cmp.Compare(order[x.Spec.Key], order[y.Spec.Key]), cmp.Compare(x.ID, y.ID))
	})
	return a, nil
}

// check holds an account of the file against what is known of its platform.
func check(p config.Platform) (suppression.Spec, error) {
	spec, ok := suppression.SpecOf(p.Name)
	if !ok || spec.ByHand() {
		var known []string
		for _, s := range suppression.Specs() {
			if !s.ByHand() {
				known = append(known, s.Key)
			}
		}
		why := "there is no platform of that name"
		if ok {
			why = "it offers programs no look-up"
		}
		return spec, fmt.Errorf("platform %q: %s; there are %s", p.Name, why, strings.Join(known, ", "))
	}
	var settings []string
	for _, s := range spec.Settings {
		settings = append(settings, s.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Settings)) {
		if !slices.Contains(settings, name) {
			return spec, fmt.Errorf("platform %s: there is no setting %q; there are %s", p.ID(), name, cmp.Or(strings.Join(settings, ", "), "none"))
		}
	}
	return spec, nil
}

// account puts together what the file and the environment say of one account.
func (a Accounts) account(spec suppression.Spec, p config.Platform, folder string, configured bool) Account {
	out := Account{
		ID: p.ID(), Spec: spec, Configured: configured, read: p.Key, remove: p.RemoveKey, folder: folder,
		ask: suppression.Account{Key: spec.Key, Name: p.Account, Base: p.Base, Settings: map[string]string{}},
	}
	for _, s := range spec.Settings {
		v := p.Settings[s.Name]
		if v == "" && s.Env != "" {
			v = a.getenv(s.Env)
		}
		if v != "" {
			out.ask.Settings[s.Name] = v
		} else if s.Required {
			out.Missing = append(out.Missing, out.lacksSetting(s))
		}
	}
	if len(out.Missing) == 0 {
		host, err := out.ask.Host()
		if err != nil {
			out.Missing = append(out.Missing, safe.Of(err.Error()))
		}
		out.Host = host
	}
	out.Read = a.look(out.read, spec.Read, folder)
	switch out.Read.State {
	case Missing:
		out.Missing = append(out.Missing, out.lacksKey())
	case Unusable:
		out.Missing = append(out.Missing, safe.Textf("The key cannot be used: %s.", out.Read.Problem))
	}
	out.Remove = out.removal(a)
	return out
}

// removal says where the key for removing comes from: the place that the file
// names, else the vendor's own variable where the file names no key at all,
// else the key for looking up.
func (x Account) removal(a Accounts) Key {
	if x.remove.Named() || x.vendorRemoves(a.getenv) {
		return a.look(x.remove, x.Spec.Remove, x.folder)
	}
	k := x.Read
	k.Where, k.Scope = "the key for looking up", cmp.Or(x.Spec.Remove.Scope, x.Spec.Read.Scope)
	return k
}

// vendorRemoves reports whether a key for removing is in the environment under
// the vendor's name, and is this account's: the file names no other key.
func (x Account) vendorRemoves(getenv func(string) string) bool {
	return !x.read.Named() && !x.Spec.Remove.FromEnv(getenv).Empty()
}

// look says where a key comes from without reading it.
func (a Accounts) look(k config.Key, c suppression.Credential, folder string) Key {
	out := Key{Scope: c.Scope, State: Found}
	if !k.Named() && c.Parts != nil {
		out.Where = safe.Of(c.Names())
		if c.FromEnv(a.getenv).Empty() {
			out.State = Missing
		}
		return out
	}
	where, sure, err := source(k, c, folder).Look(a.getenv)
	out.Where = safe.Of(where)
	switch {
	case errors.Is(err, credential.ErrNone):
		out.State = Missing
	case err != nil:
		out.State, out.Problem = Unusable, safe.Of(err.Error())
	case !sure:
		out.State = Unread
	}
	return out
}

// source gives the place of a key: what the file names, else the vendor's own
// variables.
func source(k config.Key, c suppression.Credential, folder string) credential.Source {
	if k.Named() {
		return k.Source(folder)
	}
	return credential.Source{Env: c.Env}
}

func (x Account) lacksSetting(s suppression.Setting) safe.Text {
	text := safe.Textf("The setting %s is missing (%s): %s = %q below settings in [[platform]]", s.Name, s.Means, s.Name, s.Example)
	if s.Env != "" {
		text = safe.Textf("%s, or %s in the environment", text, s.Env)
	}
	return text + "."
}

func (x Account) lacksKey() safe.Text {
	if x.read.Named() {
		return safe.Textf("The key is missing: set %s.", x.Read.Where)
	}
	return safe.Textf("The key is missing: set %s, or name its place in the config file, key = { file = \"%s.key\" } below [[platform]] name = \"%s\".",
		x.Spec.Read.Names(), x.Spec.Key, x.Spec.Key)
}

// All gives every account, platform by platform.
func (a Accounts) All() []Account { return slices.Clone(a.list) }

// Get gives the account with an ID. The error wraps ErrUnknown and names those
// that there are.
func (a Accounts) Get(id string) (Account, error) {
	var ids []string
	for _, x := range a.list {
		if x.ID == id {
			return x, nil
		}
		ids = append(ids, x.ID)
	}
	return Account{}, fmt.Errorf("%w %q; there are %s", ErrUnknown, id, strings.Join(ids, ", "))
}

// At gives the accounts at a platform that are more than its name: in the
// config file, or with a key.
func (a Accounts) At(key string) []Account {
	var out []Account
	for _, x := range a.list {
		if x.Spec.Key == key && x.There() {
			out = append(out, x)
		}
	}
	return out
}

// There reports whether anything in the file or the environment tells of the
// account.
func (x Account) There() bool { return x.Configured || x.Read.State != Missing }

// Ready reports whether the account can be asked, as far as can be told
// without reading its key.
func (x Account) Ready() bool { return len(x.Missing) == 0 }

// Label tells the account from others, as look-ups record it.
func (x Account) Label() safe.Untrusted { return x.ask.Label() }

// Setting gives what the file or the environment says of one setting.
func (x Account) Setting(name string) string { return x.ask.Settings[name] }

// Labelled gives the account of which a look-up was recorded, by its platform
// and label: an entry that was seen at one account is removed at no other. The
// error wraps ErrUnknown.
func (a Accounts) Labelled(key string, label safe.Untrusted) (Account, error) {
	for _, x := range a.list {
		if x.Spec.Key == key && x.Label() == label {
			return x, nil
		}
	}
	return Account{}, fmt.Errorf("%w: %s (%s) was looked at, and no account of this installation is that one now", ErrUnknown, key, label)
}

// Open gives an account ready to be asked, with its key for looking up alone.
// A removal with it would fail at most platforms. Nothing is sent. No error
// holds any of a key.
func (a Accounts) Open(ctx context.Context, id string, opt suppression.Options) (*suppression.Platform, error) {
	return a.open(ctx, id, opt, false)
}

// OpenToRemove is Open with the key for removing too.
func (a Accounts) OpenToRemove(ctx context.Context, id string, opt suppression.Options) (*suppression.Platform, error) {
	return a.open(ctx, id, opt, true)
}

func (a Accounts) open(ctx context.Context, id string, opt suppression.Options, remove bool) (*suppression.Platform, error) {
	x, err := a.Get(id)
	if err != nil {
		return nil, err
	}
	if !x.Ready() {
		return nil, fmt.Errorf("%w: %s: %s", ErrLacks, id, x.Missing[0])
	}
	ask := x.ask
	if ask.Read, err = a.load(ctx, x.read, x.Spec.Read, x.folder); err != nil {
		return nil, fmt.Errorf("the key of %s: %w", id, err)
	}
	if remove && (x.remove.Named() || x.vendorRemoves(a.getenv)) {
		if ask.Remove, err = a.load(ctx, x.remove, x.Spec.Remove, x.folder); err != nil {
			return nil, fmt.Errorf("the key of %s for removing: %w", id, err)
		}
	}
	return suppression.Open(ask, opt)
}

// load reads a key where look says that it is.
func (a Accounts) load(ctx context.Context, k config.Key, c suppression.Credential, folder string) (secret.Secret, error) {
	if !k.Named() && c.Parts != nil {
		s := c.FromEnv(a.getenv)
		if s.Empty() {
			return s, fmt.Errorf("%w: set %s", credential.ErrNone, c.Names())
		}
		return s, nil
	}
	s, _, err := source(k, c, folder).Load(ctx, a.getenv)
	if errors.Is(err, credential.ErrNone) {
		err = fmt.Errorf("%w: set %s", err, strings.Join(source(k, c, folder).Env, " or "))
	}
	return s, err
}
