package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"deadletter/diagnose"
	"deadletter/diagnose/suppression"
	"deadletter/ui/accounts"
)

func completeAccounts(g *globals) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var ids []string
		for _, x := range g.accounts.All() {
			ids = append(ids, x.ID)
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}

// choose gives the account to ask: the one that a flag names, the one of a
// removal that is unknown, or the only one at the platform that the mail went
// through. It never guesses.
func choose(all accounts.Accounts, c *diagnose.Case, env Environment, id string) (accounts.Account, error) {
	x, err := chosen(all, c, env, id)
	if err == nil && !x.Ready() {
		err = fail(exitUsage, "deadletter suppression platforms "+x.ID+" says more", "%w: %s", accounts.ErrLacks, x.Missing[0])
	}
	return x, err
}

func chosen(all accounts.Accounts, c *diagnose.Case, env Environment, id string) (accounts.Account, error) {
	const hint = "name one with --account; deadletter suppression platforms lists them"
	if id != "" {
		x, err := all.Get(id)
		if err != nil {
			return x, fail(exitUsage, "", "%w", err)
		}
		return x, nil
	}
	if act, open := diagnose.Unsettled(c, env.Now()); open {
		x, err := all.Labelled(act.Key, act.Account)
		if err != nil {
			return x, fail(exitUsage, hint, "%w", err)
		}
		return x, nil
	}
	key, name, _ := diagnose.PathPlatform(c, env.Now())
	spec, ok := suppression.SpecOf(key)
	at := all.At(key)
	switch {
	case key == "":
		return accounts.Account{}, fail(exitUsage, hint, "nothing tells through which platform the mail went")
	case !ok:
		return accounts.Account{}, fail(exitUsage, hint, "the mail went through %s, which this program cannot ask", name)
	case spec.ByHand():
		return accounts.Account{}, fail(exitUsage, string(spec.Manual.Open)+": "+string(spec.Manual.Look), "the mail went through %s, which offers programs no look-up", name)
	case len(at) == 0:
		return all.Get(key)
	case len(at) > 1:
		var ids []string
		for _, x := range at {
			ids = append(ids, x.ID)
		}
		return accounts.Account{}, fail(exitUsage, hint, "there are several accounts at %s: %s", name, strings.Join(ids, ", "))
	}
	return at[0], nil
}

func lookUpError(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fail(exitUndetermined, "", "the look-up was broken off; nothing is recorded")
	case errors.Is(err, diagnose.ErrLocked):
		return fail(exitUsage, "the workbench shows what locks it", "%w", err)
	}
	return fail(exitUnreadable, "", "%w", err)
}
