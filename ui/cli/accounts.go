package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"deadletter/diagnose/safe"
	"deadletter/diagnose/suppression"
	"deadletter/ui/accounts"
)

func platformsCommand(env Environment, g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "platforms [NAME]",
		Short: "list the sending platforms, what each needs, and where its key would come from",
		Long: `Platforms lists the accounts at sending platforms: those of the config file, and
one for every platform that can be asked. It says where the key of each would
come from and which permission is enough. It reads no key and asks nobody. With
a name it says all that is known of one platform.`,
		Example: "  deadletter suppression platforms\n  deadletter suppression platforms mailgun",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return platformKeys(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			list := g.accounts.All()
			if len(args) == 1 {
				return onePlatform(env, g.accounts, args[0], asJSON)
			}
			if asJSON {
				return accountsJSON(env, list)
			}
			listAccounts(env, list)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON Lines, an object an account")
	return cmd
}

func platformKeys() []string {
	var keys []string
	for _, s := range suppression.Specs() {
		keys = append(keys, s.Key)
	}
	return keys
}

// listAccounts writes a row an account, and below them what only a person can ask.
func listAccounts(env Environment, list []accounts.Account) {
	width := terminalWidth(env.Stdout)
	rows := [][]safe.Text{{"account", "key", "permission", "settings", "lists"}}
	for _, x := range list {
		rows = append(rows, []safe.Text{safe.Of(x.ID), keyText(x.Read), x.Read.Scope, settingNames(x.Spec), listNames(x.Spec)})
	}
	if width > 0 && width < 110 {
		for i := range rows {
			rows[i] = rows[i][:3] // the others stand with each platform
		}
	}
	writeColumns(env.Stdout, width, rows[0], rows[1:])
	var hand []string
	for _, s := range suppression.Specs() {
		if s.ByHand() {
			hand = append(hand, s.Key)
		}
	}
	fmt.Fprintln(env.Stdout)
	writeColumns(env.Stdout, width, []safe.Text{"by hand", safe.Of(strings.Join(hand, ", "))}, nil)
	fmt.Fprintln(env.Stdout, "deadletter suppression platforms NAME says more of one")
}

func keyText(k accounts.Key) safe.Text {
	switch k.State {
	case accounts.Found:
		return safe.Textf("found: %s", k.Where)
	case accounts.Missing:
		return safe.Textf("not set: %s", k.Where)
	case accounts.Unread:
		return safe.Textf("%s, asked when needed", k.Where)
	}
	return safe.Textf("cannot be used: %s", k.Problem)
}

func settingNames(s suppression.Spec) safe.Text {
	var names []string
	for _, x := range s.Settings {
		if x.Required {
			names = append(names, x.Name)
		}
	}
	return safe.Of(cmp.Or(strings.Join(names, ", "), "-"))
}

func listNames(s suppression.Spec) safe.Text {
	var names []string
	for _, l := range s.Lists {
		names = append(names, string(l.Name))
	}
	return safe.Of(strings.Join(names, ", "))
}

// onePlatform says all that is known of a platform, and of its accounts.
func onePlatform(env Environment, a accounts.Accounts, name string, asJSON bool) error {
	var list []accounts.Account
	for _, x := range a.All() {
		if x.Spec.Key == name || x.ID == name {
			list = append(list, x)
		}
	}
	spec, ok := suppression.SpecOf(name)
	if len(list) > 0 {
		spec, ok = list[0].Spec, true
	}
	if !ok {
		return fail(exitUsage, strings.Join(platformKeys(), ", "), "there is no platform %q", name)
	}
	if asJSON {
		return accountsJSON(env, list)
	}
	width := terminalWidth(env.Stdout)
	line := func(label, text safe.Text) {
		if text != "" {
			writeColumns(env.Stdout, width, []safe.Text{safe.Textf("%-11s", label), text}, nil)
		}
	}
	line("platform", safe.Textf("%s (%s)", spec.Name, spec.Key))
	for _, l := range spec.Lists {
		line("list", safe.Textf("%s (%s): %s", l.Name, string(l.Kind), l.Means))
	}
	for _, s := range spec.Settings {
		text := safe.Textf("%s: %s, such as %s", s.Name, s.Means, s.Example)
		if s.Env != "" {
			text = safe.Textf("%s; or %s in the environment", text, s.Env)
		}
		if s.Required {
			text += "; it is needed"
		}
		line("setting", text)
	}
	for _, x := range list {
		line("account", safe.Textf("%s, at %s", x.ID, cmp.Or(x.Host, "a host that its settings tell")))
		line("look-up", safe.Textf("%s; permission: %s", keyText(x.Read), x.Read.Scope))
		line("removal", safe.Textf("%s; permission: %s", keyText(x.Remove), x.Remove.Scope))
		for _, m := range x.Missing {
			line("missing", m)
		}
	}
	for _, u := range spec.Unseen {
		line("unseen", u)
	}
	line("by hand", spec.Manual.Open)
	line("look for", spec.Manual.Look)
	line("removal", spec.Manual.Remove)
	line("ask", spec.Manual.Ask)
	line("stays", spec.Manual.Stays)
	line("source", safe.Of(spec.Source))
	return nil
}

// accountLines says of each account in use whether it can be asked; nobody is.
func accountLines(a accounts.Accounts, line func(string, safe.Text)) {
	label := "account"
	for _, x := range a.All() {
		if !x.There() {
			continue
		}
		text := safe.Textf("%s: %s; removal: %s", x.ID, keyText(x.Read), keyText(x.Remove))
		if x.Remove.Where == "the key for looking up" {
			text = safe.Textf("%s: %s; removal: the same", x.ID, keyText(x.Read))
		}
		if x.Host != "" {
			text = safe.Textf("%s; asks %s", text, x.Host)
		}
		line(label, text)
		for _, m := range x.Missing {
			line("", m)
		}
		label = ""
	}
	if label != "" {
		line(label, "none at a sending platform; deadletter suppression platforms lists what each needs")
	}
}

// The object of one account. Its keys are a contract.
type (
	accountObject struct {
		Account  safe.Untrusted   `json:"account"`
		Platform safe.Untrusted   `json:"platform"`
		Name     safe.Untrusted   `json:"name"`
		Host     safe.Untrusted   `json:"host"`
		Lists    []listObject     `json:"lists"`
		LookUp   keyObject        `json:"look_up"`
		Removal  keyObject        `json:"removal"`
		Missing  []safe.Untrusted `json:"missing"`
	}
	listObject struct {
		List safe.Untrusted `json:"list"`
		Name safe.Untrusted `json:"name"`
	}
	keyObject struct {
		Key        safe.Untrusted `json:"key"` // where it would come from
		State      safe.Untrusted `json:"state"`
		Problem    safe.Untrusted `json:"problem"`
		Permission safe.Untrusted `json:"permission"`
	}
)

func accountsJSON(env Environment, list []accounts.Account) error {
	for _, x := range list {
		o := accountObject{Account: safe.Untrusted(x.ID), Platform: safe.Untrusted(x.Spec.Key), Name: safe.Untrusted(x.Spec.Name), Host: safe.Untrusted(x.Host),
			Lists: []listObject{}, LookUp: asKeyObject(x.Read), Removal: asKeyObject(x.Remove), Missing: []safe.Untrusted{}}
		for _, l := range x.Spec.Lists {
			o.Lists = append(o.Lists, listObject{safe.Untrusted(l.Kind), safe.Untrusted(l.Name)})
		}
		for _, m := range x.Missing {
			o.Missing = append(o.Missing, safe.Untrusted(m))
		}
		if err := writeJSON(env, o); err != nil {
			return err
		}
	}
	return nil
}

func asKeyObject(k accounts.Key) keyObject {
	return keyObject{safe.Untrusted(k.Where), safe.Untrusted(k.State), safe.Untrusted(k.Problem), safe.Untrusted(k.Scope)}
}

// writeJSON writes one object on a line.
func writeJSON(env Environment, v any) error {
	enc := json.NewEncoder(env.Stdout)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fail(exitUnreadable, "", "cannot write: %w", err)
	}
	return nil
}
