package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deadletter/diagnose"
	"deadletter/diagnose/attempt"
	"deadletter/diagnose/safe"
)

// retryFlags are what a retry is told beside its case.
type retryFlags struct {
	way    string
	host   string
	show   bool
	result string
	asJSON bool
}

func retryCommand(env Environment, g *globals) *cobra.Command {
	var f retryFlags
	cmd := &cobra.Command{
		Use:   "retry [--way probe|message|hand] CASE",
		Short: "show whether one retry may go, and make it at a person's word",
		Long: `Retry asks DNS anew, shows what has to hold before a retry, and the ways that it
can take. That is all it does. With --way it shows the plan, and somebody at a
terminal has to agree; then the intent goes to disk and one attempt is made:

probe asks one MX host whether it takes the recipient now. No mail leaves; a yes
is no proof of a mailbox.

message hands one plain message to our own relay, or to the SMTP service of the
platform that the refused mail went through, as the config file names them.
It is agreed to with the whole address.

hand records what you sent yourself, and what came of it.

The conversation is shown as it goes, and kept in the case. One confirmation
gives one permit; nothing is repeated by itself. It takes one case: no list, no
pattern. An attempt that is answered about the recipient ends with 0, one that is
not, or a lock that is closed, with 1.`,
		Example: "  deadletter retry 20261123-example.com-k7q2\n  deadletter retry --way probe --host mx1.example.com 20261123-example.com-k7q2\n" +
			"  deadletter retry --way message --show 20261123-example.com-k7q2\n  deadletter retry --result bounce.eml 20261123-example.com-k7q2",
		Args:              oneArgument("CASE"),
		ValidArgsFunction: completeCases(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			return retry(cmd.Context(), env, g, args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.way, "way", "", "probe, message or hand")
	flags.StringVar(&f.host, "host", "", "probe this MX host (default: the one that refused, else the first)")
	flags.BoolVar(&f.show, "show", false, "print what would be said, the message byte for byte")
	flags.StringVar(&f.result, "result", "", "add this notification to the case as what came of the retry")
	flags.BoolVar(&f.asJSON, "json", false, "print one JSON object")
	cmd.MarkFlagsMutuallyExclusive("way", "result")
	_ = cmd.RegisterFlagCompletionFunc("way", cobra.FixedCompletions([]string{"probe", "message", "hand"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("host", cobra.NoFileCompletions)
	return cmd
}

// wayOf reads --way.
func wayOf(name string) (diagnose.RetryWay, error) {
	switch name {
	case "":
		return "", nil
	case "probe":
		return diagnose.RetryProbe, nil
	case "message":
		return diagnose.RetryMessage, nil
	case "hand":
		return diagnose.RetryByHand, nil
	}
	return "", fail(exitUsage, "probe, message or hand", "--way: there is no %q", name)
}

func retry(ctx context.Context, env Environment, g *globals, id string, f retryFlags) error {
	way, err := wayOf(f.way)
	switch {
	case err != nil:
		return err
	case f.host != "" && way != diagnose.RetryProbe:
		return fail(exitUsage, "add --way probe", "--host names whom a probe asks")
	case f.result != "":
		return retryResult(ctx, env, g, id, f)
	}
	if way == diagnose.RetryByHand {
		if done, err := recordByHand(ctx, env, g, id, f); done || err != nil {
			return err
		}
	}
	if g.offline {
		return fail(exitNoNetwork, "", "a retry asks DNS first, and --offline opens no socket")
	}
	return withRetry(ctx, env, g, id, func(o *opener, s *caseSession) error {
		switch way {
		case "":
			return retryOverview(env, s, f)
		case diagnose.RetryByHand:
			return retryByHand(ctx, env, s, f)
		}
		return retryOnce(ctx, env, g, o, s, way, f)
	})
}

// withRetry opens a case for a retry, with DNS asked just before.
func withRetry(ctx context.Context, env Environment, g *globals, id string, do func(*opener, *caseSession) error) (err error) {
	o, err := newOpener(env, g, true)
	if err != nil {
		return err
	}
	defer closeResolver(o.resolver)
	if o.store == nil {
		return storeError(o.noStore)
	}
	s, err := o.resumeFor(ctx, id, diagnose.RoundRetry)
	if err != nil {
		return errors.Join(storeError(err), o.store.Close())
	}
	defer func() { err = closing(err, func() error { return errors.Join(s.Close(), o.store.Close()) }) }()
	if s.readOnly != "" {
		return fail(exitUnreadable, "close it there first", "the case is open read-only: %s", s.readOnly)
	}
	for _, target := range g.lab {
		fmt.Fprintf(env.Stderr, "lab: %s may be contacted, for a test\n", safe.Of(target))
		if !slices.Contains(s.Case().Lab, target) {
			fmt.Fprintf(env.Stderr, "lab: the case was not opened with it, so no attempt goes there\n")
		}
	}
	wait, cancel := context.WithTimeout(ctx, investigateWithin)
	defer cancel()
	if err := s.Idle(wait); err != nil {
		if ctx.Err() != nil {
			return fail(exitUndetermined, "", "it was left; nothing was sent")
		}
		return fail(exitNoNetwork, "a resolver that answers: --resolver ADDR", "DNS took longer than %s", investigateWithin)
	}
	return do(o, s)
}

// retryOverview says how the retry stands and which ways there are. Nothing
// leaves but DNS questions.
func retryOverview(env Environment, s *caseSession, f retryFlags) error {
	lock := locked(s, diagnose.GuardRetry, "retry")
	if f.asJSON {
		o := retryObjectOf(env, s)
		if err := writeJSON(env, o); err != nil {
			return err
		}
	} else {
		showPanel(env, s, true)
		if lock == nil {
			fmt.Fprintf(env.Stdout, "\nNothing was sent. deadletter retry --way probe|message|hand %s shows the plan of one way.\n", safe.Of(s.id))
		}
	}
	return lock
}

// retryOnce plans one attempt, and makes it once a person agrees.
func retryOnce(ctx context.Context, env Environment, g *globals, o *opener, s *caseSession, way diagnose.RetryWay, f retryFlags) error {
	if err := locked(s, diagnose.GuardRetry, "retry"); err != nil {
		return err
	}
	p, err := newPlanner(env, g, o.resolver)
	if err != nil {
		return err
	}
	x, err := p.plan(ctx, s.Session, way, f.host)
	if err != nil {
		return err
	}
	out := env.Stdout
	if f.asJSON {
		out = env.Stderr
	}
	showRetryPlan(out, s, x)
	if f.show {
		fmt.Fprintln(out)
		for _, line := range x.Words() {
			fmt.Fprintln(out, line)
		}
		fmt.Fprintln(out)
		writeColumns(out, terminalWidth(out), []safe.Text{x.Beside()}, nil)
	}
	if !canAgree(env) {
		if f.asJSON {
			object := retryObjectOf(env, s)
			object.Plan = planObjectOf(x.RetryPlan)
			if err := writeJSON(env, object); err != nil {
				return err
			}
		}
		fmt.Fprintln(out, "\nNothing was sent: somebody at a terminal has to agree, and no flag agrees in your place.")
		return nil
	}
	question, word := safe.Text("Type probe to ask that one host."), safe.Untrusted("probe")
	if way == diagnose.RetryMessage {
		question, word = safe.Textf("Type %s in full to send the one message.", x.To), x.To
	}
	if err := consent(ctx, env, question, word); err != nil {
		return err
	}
	if err := x.unlock(ctx); err != nil {
		return fail(exitUsage, "deadletter doctor says where the key of the relay is", "nothing was sent: %w", err)
	}
	fmt.Fprintln(env.Stderr, "It goes on to its end now, even when it is interrupted.")
	live := newTranscript(env.Stderr)
	told := context.AfterFunc(ctx, func() {
		fmt.Fprintln(env.Stderr, "It is under way: it ends by itself within 5 minutes, and what came of it is recorded.")
	})
	end, err := s.Retry(ctx, x.runner, x.RetryPlan, live.line)
	told()
	live.close()
	if err != nil && end.Result == "" {
		return fail(exitUndetermined, "", "nothing was sent: %w", err)
	}
	if err := tellRetry(env, s, f); err != nil {
		return err
	}
	if err != nil {
		return fail(exitUndetermined, "the permit is spent; record what came of it with --way hand", "%w", err)
	}
	return answered(end.Result)
}

// answered gives the exit code of a result.
func answered(r diagnose.RetryResult) error {
	switch r {
	case diagnose.RetryAccepted, diagnose.RetryDelivered, diagnose.RetrySame, diagnose.RetryDifferent:
		return nil
	}
	return quietExit(exitUndetermined)
}

// planError gives what speaks against a plan its exit code.
func planError(err error) error {
	switch {
	case errors.Is(err, diagnose.ErrLocked):
		return fail(exitUndetermined, "", "no retry now: %w", err)
	case errors.Is(err, attempt.ErrName), errors.Is(err, attempt.ErrSecret):
		return fail(exitUsage, "the config file sets ehlo and [relay]; deadletter config --example shows them", "%w", err)
	}
	return fail(exitUsage, "", "no retry now: %w", err)
}

// canAgree reports whether a person sits at a terminal.
func canAgree(env Environment) bool { return isTerminal(env.Stdin) && isTerminal(env.Stderr) }

// hostList names hosts for a message.
func hostList(list []diagnose.RetryTarget) string {
	var names []string
	for _, t := range list {
		if name := fmt.Sprintf("%s (%s)", t.Host, t.Addr.Addr()); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names[:min(len(names), 6)], ", ")
}
