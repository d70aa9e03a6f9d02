package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/letters"
	"deadletter/diagnose/report"
)

// investigateWithin bounds one headless case.
const investigateWithin = 60 * time.Second

func reportCommand(env Environment, g *globals) *cobra.Command {
	format, letter := "text", ""
	var seen []string
	cmd := &cobra.Command{
		Use:   "report [--format text|md|json|eml] [--letter NAME] PATH...",
		Short: "the whole investigation, headless; writes no case",
		Long: `Report reads the bounces, asks DNS, and writes what the six steps say: as text,
as Markdown for a ticket, as JSON Lines (one object a case), or as the letter
to the administrator in .eml form. Where several letters fit, the text names
them, and --letter chooses one. It keeps nothing on disk.

DNS here need not be what the sending server sees. --dns-seen HOST=FILE sets
what dig, host, nslookup or a like tool printed on HOST beside it.`,
		Example: "  deadletter report bounce.eml\n  deadletter report --format json --resolver 9.9.9.9 monday/ > monday.jsonl\n  echo '550 5.1.1 <a@example.com> User unknown' | deadletter report --offline -",
		Args:    somePaths,
		RunE: func(cmd *cobra.Command, args []string) error {
			if letter != "" && !slices.Contains(letters.Letters(), letter) {
				return fail(exitUsage, strings.Join(letters.Letters(), ", "), "there is no letter %q", letter)
			}
			if letter != "" && !cmd.Flags().Changed("format") {
				format = "eml"
			}
			if letter != "" && format != "eml" {
				return fail(exitUsage, "--format eml", "a letter is written as eml alone, not as %s", format)
			}
			return headless(cmd.Context(), env, g, args, format, letter, seen)
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "text, md, json or eml")
	cmd.Flags().StringVar(&letter, "letter", "", "write this letter as .eml, where it fits: recipient, gateway, own, platform, dns and others")
	cmd.Flags().StringArrayVar(&seen, "dns-seen", nil, "HOST=FILE: what dig, host or nslookup printed on the server that sent (repeatable)")
	_ = cmd.RegisterFlagCompletionFunc("letter", cobra.FixedCompletions(letters.Letters(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "md", "json", "eml"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// writers are the formats of report.
var writers = map[string]func(io.Writer, report.Input) error{
	"text": report.Text, "md": report.Markdown, "json": report.JSON,
	"eml": func(w io.Writer, in report.Input) error { return report.EML(w, in, "") },
}

func headless(ctx context.Context, env Environment, g *globals, paths []string, format, letter string, seen []string) error {
	as, ok := writers[format]
	if !ok {
		return fail(exitUsage, "text, md, json or eml", "there is no format %q", format)
	}
	write := func(w io.Writer, in report.Input) error {
		in.Letter = letter
		return as(w, in)
	}
	views, err := readViews(seen, env)
	if err != nil {
		return err
	}
	o, err := newOpener(env, g, false)
	if err != nil {
		return err
	}
	defer closeResolver(o.resolver)
	list, unreadable := readAll(ctx, env, g.ownMTAs, paths, env.Stderr)
	groups := gather(list)
	if len(groups) == 0 {
		if unreadable {
			return quietExit(exitUnreadable)
		}
		return fail(exitUnreadable, "give a bounce mail, an SMTP reply or a log line", "there is no bounce in the input")
	}
	out := bufio.NewWriter(env.Stdout)
	code := exitDiagnosed
	if unreadable {
		code = exitUnreadable
	}
	siblings := siblingsOf(groups)
	used := 0
	for _, group := range groups {
		flow, n, err := o.reportOne(ctx, out, group, siblings, views, write)
		if err != nil {
			return err
		}
		used += n
		code = max(code, exitCode(flow))
		if flow.NetworkFailed {
			fmt.Fprintf(env.Stderr, "deadletter: %s: no resolver answered, so DNS is missing; name one with --resolver ADDR, or say --offline\n", flow.Header.Recipient)
		}
		if err := out.Flush(); err != nil {
			return fail(exitUnreadable, "", "cannot write the report: %w", err)
		}
	}
	if len(views) > 0 && used == 0 {
		fmt.Fprintln(env.Stderr, "deadletter: --dns-seen: nothing in it is about the domain of a recipient")
	}
	if code != exitDiagnosed {
		return quietExit(code)
	}
	return nil
}

// reportOne investigates one case and writes it; used is how many of the views
// tell something about it.
func (o *opener) reportOne(ctx context.Context, out io.Writer, g group, siblings []diagnose.SiblingsSeen, views []diagnose.DNSPasted, write func(io.Writer, report.Input) error) (flow diagnose.Flow, used int, err error) {
	ctx, cancel := context.WithTimeout(ctx, investigateWithin)
	defer cancel()
	s, err := o.begin(ctx, g, siblings)
	if err != nil {
		return flow, 0, err
	}
	defer s.Close()
	if used, err = recordViews(ctx, s, views, g.recipient); err != nil {
		return flow, used, err
	}
	if err := s.Idle(ctx); err != nil {
		return flow, used, fail(exitNoNetwork, "a resolver that answers: --resolver ADDR", "DNS took longer than %s", investigateWithin)
	}
	flow = s.Flow()
	err = write(out, report.Input{
		Case: s.Case(), Flow: flow, DNS: report.SummariseDNS(s.Case()), Version: Version(), Location: time.Local, Made: o.now(),
	})
	if err != nil {
		return flow, used, fail(exitUnreadable, "", "cannot write the report: %w", err)
	}
	return flow, used, nil
}

// exitCode gives a case's code. A network that was needed and was not there is
// told apart from evidence that is not enough.
func exitCode(f diagnose.Flow) int {
	if f.Branch == diagnose.BranchNone {
		return exitUnreadable
	}
	if f.NetworkFailed {
		return exitNoNetwork
	}
	return report.ExitCode([]diagnose.Flow{f})
}

// readAll reads every input into what can become cases, and says what could not
// be read.
func readAll(ctx context.Context, env Environment, own, paths []string, errs io.Writer) (list []capturedBounce, unreadable bool) {
	all := readPieces(intake(ctx, paths, env.Stdin, &meter{}), bounce.Options{Now: env.Now(), Ours: ours(own)})
	for _, line := range all.complain {
		fmt.Fprintln(errs, line)
	}
	return all.list, all.unread
}
