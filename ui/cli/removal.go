package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/ui/accounts"
)

func removeCommand(env Environment, g *globals) *cobra.Command {
	var confirm bool
	var list string
	cmd := &cobra.Command{
		Use:   "remove [--confirm] CASE",
		Short: "plan the removal of one entry; with --confirm, remove it",
		Long: `Remove shows the plan to remove the one entry that keeps mail from the recipient
of a case, and why that is right: the same guards hold as on the screen. That is
all it does. With --confirm somebody at a terminal types the address in full;
then the intent goes to disk, the entry is read again, one request is sent if it
is still the same, and the list is read once more. The request is never repeated.
DNS is asked anew first, since the cause has to be mended now.`,
		Example:           "  deadletter suppression remove 20261123-example.com-k7q2\n  deadletter suppression remove --confirm 20261123-example.com-k7q2",
		Args:              oneArgument("CASE"),
		ValidArgsFunction: completeCases(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			return remove(cmd.Context(), env, g, args[0], list, confirm)
		},
	}
	cmd.Flags().BoolVar(&confirm, "confirm", false, "ask for the address, and remove the entry")
	cmd.Flags().StringVar(&list, "list", "", "the entry of this list, where the address stands on several")
	return cmd
}

func remove(ctx context.Context, env Environment, g *globals, id, list string, confirm bool) (err error) {
	if g.offline {
		return fail(exitNoNetwork, "", "a removal needs the network, and --offline opens no socket")
	}
	o, err := newOpener(env, g, true)
	if err != nil {
		return err
	}
	if o.store == nil {
		return storeError(o.noStore)
	}
	s, err := o.resume(ctx, id)
	if err != nil {
		return errors.Join(storeError(err), o.store.Close())
	}
	defer func() { err = closing(err, func() error { return errors.Join(s.Close(), o.store.Close()) }) }()
	if s.readOnly != "" {
		return fail(exitUnreadable, "close it there first", "the case is open read-only: %s", s.readOnly)
	}
	wait, cancel := context.WithTimeout(ctx, investigateWithin)
	defer cancel()
	if err := s.Idle(wait); err != nil {
		return fail(exitNoNetwork, "a resolver that answers: --resolver ADDR", "DNS took longer than %s", investigateWithin)
	}
	plan, err := planOf(env, s, list)
	if err != nil {
		return err
	}
	x, err := g.accounts.Labelled(plan.Key, plan.Account)
	if err != nil {
		return fail(exitUsage, "look the address up again: deadletter suppression show "+id, "%w", err)
	}
	if !x.Ready() {
		return fail(exitUsage, "", "%w: %s", accounts.ErrLacks, x.Missing[0])
	}
	// What the request would be is told with the key for looking up alone.
	platform, err := g.accounts.Open(ctx, x.ID, asking(env))
	if err != nil {
		return fail(exitUsage, "deadletter suppression platforms "+x.ID+" says what it needs", "%w", err)
	}
	showPlan(env, s, x, plan, platform.Request(plan.Entry), confirm)
	if !confirm {
		fmt.Fprintf(env.Stdout, "\nNothing was sent. To remove it: deadletter suppression remove --confirm %s\n", safe.Of(id))
		return nil
	}
	address := s.Case().Recipient
	if err := consent(ctx, env, safe.Textf("Type %s in full to remove the entry.", address), address); err != nil {
		return err
	}
	if platform, err = g.accounts.OpenToRemove(ctx, x.ID, asking(env)); err != nil {
		return fail(exitUsage, "deadletter suppression platforms "+x.ID+" says what it needs", "%w", err)
	}
	end, err := s.Remove(ctx, platform, plan)
	if err != nil && end.Result == "" {
		return fail(exitUndetermined, "", "nothing was sent: %w", err)
	}
	writeColumns(env.Stdout, terminalWidth(env.Stdout), []safe.Text{end.Says()}, nil)
	if err != nil {
		return fail(exitUndetermined, "deadletter suppression show "+id+" reads the list", "%w", err)
	}
	if !end.Clear() {
		fmt.Fprintf(env.Stderr, "hint: deadletter suppression show %s reads the list; the removal is not repeated\n", safe.Of(id))
		return quietExit(exitUndetermined)
	}
	return nil
}

// planOf gives the plan for the one entry of the last look-ups that can go. The
// error says what stands against it.
func planOf(env Environment, s *caseSession, list string) (diagnose.RemovalPlan, error) {
	if act, open := diagnose.Unsettled(s.Case(), env.Now()); open {
		return diagnose.RemovalPlan{}, fail(exitUndetermined, "deadletter suppression show "+s.id+" reads the list, and settles it",
			"unknown: a removal at %s was begun at %s, and nothing tells what came of it; it is not repeated", act.Platform, act.At.Local().Format("2006-01-02 15:04:05"))
	}
	var plans []diagnose.RemovalPlan
	var names []string
	var against error
	for _, p := range s.Case().Lists {
		for _, e := range p.Entries {
			if p.Via != diagnose.ViaAPI || e.Listed != diagnose.IsListed || list != "" && safe.Untrusted(list) != e.Name && list != string(e.List) {
				continue
			}
			plan, err := s.PlanRemoval(p.Key, e)
			if err == nil && plan.Account != p.Account {
				err = fmt.Errorf("%w: several accounts hold this very entry; remove it by hand", diagnose.ErrInvalid)
			}
			if err != nil {
				against = cmp.Or(against, err)
				continue
			}
			plans, names = append(plans, plan), append(names, string(listName(e)))
		}
	}
	switch {
	case len(plans) == 1:
		return plans[0], nil
	case len(plans) > 1:
		return diagnose.RemovalPlan{}, fail(exitUsage, "name one with --list", "the address stands on several lists: %s", strings.Join(names, ", "))
	}
	if err := locked(s, diagnose.GuardRemoval, "removal"); err != nil {
		return diagnose.RemovalPlan{}, err
	}
	if against == nil {
		return diagnose.RemovalPlan{}, fail(exitUndetermined, "deadletter suppression show "+s.id, "no look-up by the program shows an entry that can be removed")
	}
	return diagnose.RemovalPlan{}, fail(exitUndetermined, "", "%w", against)
}

// locked says why something cannot be done, and what would change that; nil
// where no lock is closed.
func locked(s *caseSession, guard diagnose.Guard, what string) error {
	for _, b := range s.Flow().Blocks {
		if b.Guard != guard {
			continue
		}
		text := string(b.Why)
		for _, f := range b.Conditions {
			if f.Sign != diagnose.Holds {
				text += "\n- " + string(f.Claim)
				if f.Hint != "" {
					text += " (" + string(f.Hint) + ")"
				}
			}
		}
		return fail(exitUndetermined, string(b.Unlocks), "the %s is locked. %s", what, text)
	}
	return nil
}

func showPlan(env Environment, s *caseSession, x accounts.Account, plan diagnose.RemovalPlan, request safe.Text, confirm bool) {
	width := terminalWidth(env.Stdout)
	line := func(label, text safe.Text) {
		if text != "" {
			writeColumns(env.Stdout, width, []safe.Text{safe.Textf("%-11s", label), text}, nil)
		}
	}
	e := plan.Entry
	fmt.Fprintln(env.Stdout, "Remove one suppression entry")
	line("address", s.Case().Recipient.Safe())
	line("at", standsAt(x, plan))
	line("entry", sinceWhy(e))
	line("request", request)
	line("key", removalKey(x))
	for _, p := range s.Case().Lists {
		if p.Key == plan.Key {
			line("looked up", safe.Of(p.At.Local().Format("2006-01-02 15:04:05")))
		}
	}
	label := safe.Text("because")
	for _, f := range plan.Because {
		text := f.Claim
		if f.Source != "" {
			text = safe.Textf("%s (%s)", text, f.Source)
		}
		line(label, text)
		label = ""
	}
	line("after this", plan.After())
	line("not mended", "It sends nothing, and mends nothing at the recipient: a new bounce brings the entry back.")
	line("undo", "none from here")
	if confirm {
		line("valid", safe.Textf("for %d minutes", int(diagnose.PlanLives/time.Minute)))
	}
}

// standsAt says where the entry of a plan stands.
func standsAt(x accounts.Account, plan diagnose.RemovalPlan) safe.Text {
	return safe.Textf("%s, account %s, list %s", plan.Platform, x.ID, listName(plan.Entry))
}

// sinceWhy says since when an entry stands, and why.
func sinceWhy(e diagnose.ListEntry) safe.Text {
	return safe.Textf("since %s; %s", since(e), why(e))
}

// removalKey says where the key for removing comes from.
func removalKey(x accounts.Account) safe.Text {
	return safe.Textf("%s; permission %s; used once, not kept", x.Remove.Where, x.Remove.Scope)
}
