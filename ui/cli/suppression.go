package cli

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/casefile"
	"deadletter/diagnose/investigate"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/suppression"
	console "deadletter/diagnose/suppression/export"
)

func suppressionCommand(env Environment, g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "suppression",
		Short: "look one address up at a sending platform, and remove one entry when that is right",
		Long: `Suppression asks the sending platform that a case went through whether its
lists hold the recipient, and removes one entry when the case proves that the
cause is mended. It takes one case at a time: no list, no pattern. Keys come from
the config file's places or the environment, never from a flag.`,
		Example: "  deadletter suppression platforms\n  deadletter suppression show 20261123-example.com-k7q2\n  deadletter suppression remove 20261123-example.com-k7q2",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return cmd.Help() },
	}
	cmd.AddCommand(platformsCommand(env, g), lookUpCommand(env, g), removeCommand(env, g), readExportCommand(env))
	return cmd
}

// ask is what the outside gives to whoever asks a platform.
func asking(env Environment) suppression.Options {
	return suppression.Options{Clock: env.Now, Agent: "deadletter/" + Version()}
}

func lookUpCommand(env Environment, g *globals) *cobra.Command {
	var account string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show CASE|PATH",
		Short: "ask the sending platform whether its lists hold the recipient",
		Long: `Show looks the recipient of a case, or of the one bounce in a file, up on every
list of the sending platform. The address leaves this machine: it says where to,
and somebody at a terminal has to agree. What the lists hold is recorded in the
case; of a file nothing is kept. A removal of which nobody knows what came of it
is settled by this reading, and by nothing else.`,
		Example:           "  deadletter suppression show 20261123-example.com-k7q2\n  deadletter suppression show --account mailgun/shop bounce.eml\n  deadletter suppression show --json 20261123-example.com-k7q2 > lists.json",
		Args:              oneArgument("CASE or PATH"),
		ValidArgsFunction: completeCases(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			return lookUp(cmd.Context(), env, g, args[0], account, asJSON)
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "ask this account, as deadletter suppression platforms names it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	_ = cmd.RegisterFlagCompletionFunc("account", completeAccounts(g))
	return cmd
}

// subject opens a case by its id, or the one bounce in a file as a case that is
// not kept. Nobody is asked. done closes what was opened.
func subject(ctx context.Context, env Environment, g *globals, arg string) (s *investigate.Session, done func() error, err error) {
	s, done, err = openStill(ctx, env, g.local, arg)
	if err == nil || !errors.Is(err, casefile.ErrNotFound) && !errors.Is(err, casefile.ErrBadID) {
		return s, done, err
	}
	if _, statErr := os.Lstat(arg); statErr != nil && arg != "-" {
		return nil, nil, fail(exitUsage, "deadletter cases lists the cases", "there is neither a case nor a file %q", arg)
	}
	all := readPieces(intake(ctx, []string{arg}, env.Stdin, &meter{}), bounce.Options{Now: env.Now(), Ours: ours(g.ownMTAs)})
	groups := gather(all.list)
	switch {
	case len(groups) == 0:
		return nil, nil, fail(exitUnreadable, "give a bounce mail, an SMTP reply or a log line", "there is no bounce in %s", arg)
	case len(groups) > 1:
		return nil, nil, fail(exitUsage, "open a case for each: deadletter PATH", "%s tells of %d recipients; one is looked up at a time", arg, len(groups))
	}
	o := &opener{now: env.Now, user: userName(env.Getenv), ownMTAs: g.ownMTAs, lab: g.lab, local: g.local}
	s = investigate.Open(ctx, nil, investigate.Options{Clock: o.now, Actor: diagnose.Actor(o.user), Local: o.local})
	bodies := []diagnose.Body{diagnose.CaseOpened{Recipient: groups[0].recipient, Version: Version(), OwnMTAs: o.ownMTAs, Lab: o.lab}}
	for _, b := range groups[0].bounces {
		bodies = append(bodies, captured(b))
	}
	if err := s.Record(ctx, bodies...); err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, s.Close, nil
}

// openStill opens a case from disk as it stands: no DNS is asked.
func openStill(ctx context.Context, env Environment, local diagnose.Local, id string) (*investigate.Session, func() error, error) {
	store, err := openStore(env, false)
	if err != nil {
		return nil, nil, storeError(err)
	}
	journal, events, err := store.Open(id)
	if err != nil {
		return nil, nil, errors.Join(storeError(err), store.Close())
	}
	opts := investigate.Options{Clock: env.Now, Journal: journal, Actor: diagnose.Actor(userName(env.Getenv)), Local: local}
	s := investigate.Open(ctx, events, opts)
	done := func() error { return errors.Join(s.Close(), store.Close()) }
	if ro := journal.ReadOnly(); ro != nil {
		return nil, nil, errors.Join(fail(exitUnreadable, "close it there first", "%w: %w", investigate.ErrReadOnly, ro), done())
	}
	return s, done, nil
}

func lookUp(ctx context.Context, env Environment, g *globals, arg, id string, asJSON bool) (err error) {
	s, done, err := subject(ctx, env, g, arg)
	if err != nil {
		return err
	}
	defer func() { err = closing(err, done) }()
	if err := s.MayLookUp(); err != nil {
		return lookUpError(err)
	}
	say := func(text safe.Text) { writeColumns(env.Stderr, terminalWidth(env.Stderr), []safe.Text{text}, nil) }
	act, open := diagnose.Unsettled(s.Case(), env.Now())
	if open {
		say(safe.Textf("unknown: a removal at %s was begun at %s, and nothing tells what came of it. It is not repeated; reading the list settles it.",
			act.Platform, act.At.Local().Format("2006-01-02 15:04:05")))
	}
	x, err := choose(g.accounts, s.Case(), env, id)
	if err != nil {
		return err
	}
	if g.offline {
		return fail(exitNoNetwork, "deadletter suppression export FILE --case CASE reads a list that the console gave", "a look-up asks %s, and --offline opens no socket", x.Host)
	}
	if open && (x.Spec.Key != act.Key || x.Label() != act.Account) {
		say(safe.Textf("That removal was at another account; this look-up does not settle it."))
	}
	say(safe.Textf("%s leaves this machine. It goes to %s (%s), account %s, and is looked up on its lists: %s.", s.Case().Recipient, x.Host, x.Spec.Name, x.ID, listNames(x.Spec)))
	if err := consent(ctx, env, "Type yes to look it up.", "yes"); err != nil {
		return err
	}
	platform, err := g.accounts.Open(ctx, x.ID, asking(env))
	if err != nil {
		return fail(exitUsage, "deadletter suppression platforms "+x.ID+" says what it needs", "%w", err)
	}
	shown := newPaging(env)
	err = s.LookUp(ctx, platform, shown.show)
	shown.clear()
	if err != nil {
		return lookUpError(err)
	}
	found := s.Case().Lists[len(s.Case().Lists)-1].SuppressionRecorded
	if s.Path() == "" {
		say("Nothing is kept of it: open the bounce in the workbench to record it in a case.")
	}
	if open {
		if _, still := diagnose.Unsettled(s.Case(), env.Now()); still {
			say("The removal is still unknown: read the list again in some minutes.")
		} else {
			say(safe.Textf("The removal is settled: %s.", settled(found, act)))
		}
	}
	return tell(env, s, found, x.ID, x.Host, asJSON)
}

// closing joins what went wrong with the closing of a case.
func closing(err error, done func() error) error {
	if shut := done(); shut != nil && err == nil {
		return fail(exitUnreadable, "", "%w", shut)
	}
	return err
}

func readExportCommand(env Environment) *cobra.Command {
	var id string
	cmd := &cobra.Command{
		Use:     "export FILE --case CASE",
		Short:   "read a suppression list that a platform's console gave into a case, offline",
		Long:    "Export looks the recipient of a case up in a list that a platform's console gave\nas a file, and records what it says. It opens no socket. What a file says never\nunlocks a removal: it may be old, or not whole.",
		Example: "  deadletter suppression export bounces.csv --case 20261123-example.com-k7q2",
		Args:    oneArgument("FILE"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if id == "" {
				return fail(exitUsage, "deadletter cases lists them", "name the case with --case")
			}
			s, done, err := openStill(cmd.Context(), env, diagnose.Local{}, id)
			if err != nil {
				return err
			}
			defer func() { err = closing(err, done) }()
			f, err := os.Open(args[0])
			if err != nil {
				return fail(exitUnreadable, "", "%s: %w", args[0], readError(err))
			}
			defer f.Close()
			found, err := s.ReadExport(cmd.Context(), f)
			if errors.Is(err, console.ErrUnknown) {
				return fail(exitUnreadable, "a table with a row of column names, as the platform's console gives it", "%s: %w", args[0], err)
			}
			if err != nil {
				return lookUpError(err)
			}
			return tell(env, s, found, "", "", false)
		},
	}
	cmd.Flags().StringVar(&id, "case", "", "the case to record it in")
	_ = cmd.RegisterFlagCompletionFunc("case", completeCases(env))
	return cmd
}
