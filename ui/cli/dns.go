package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"deadletter/diagnose/safe"
	"deadletter/diagnose/typo"
	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/idn"
	"deadletter/dnsx/survey"
)

func dnsCommand(env Environment, g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "dns DOMAIN [--json]",
		Short: "every DNS fact that the panels use",
		Long: `Dns asks for everything that a case about the domain would ask, many questions
at a time, and writes each answer as it comes: what was asked, of whom, the
outcome, the records with their TTL. Then what was found. With --json it writes
one object when all is answered.`,
		Example: "  deadletter dns example.com\n  deadletter dns example.com --json --resolver 9.9.9.9 | jq .mx",
		Args:    oneArgument("DOMAIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return surveyDomain(cmd.Context(), env, g, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write one JSON object")
	return cmd
}

func surveyDomain(ctx context.Context, env Environment, g *globals, domain string, asJSON bool) error {
	name, err := idn.ASCII(domain)
	if err != nil {
		return fail(exitUsage, "a name such as example.com or bücher.example", "%q cannot be a mail domain: %w", domain, err)
	}
	if !dnsx.IsHostname(name) {
		return fail(exitUsage, "a name such as example.com or bücher.example", "%q cannot be a mail domain", domain)
	}
	subject := survey.Subject{Recipient: name}
	for _, c := range typo.Candidates(name, nil) {
		subject.Candidates = append(subject.Candidates, survey.Candidate{Domain: c.Domain, Far: c.Far()})
	}
	lab, err := labTargets(g.lab)
	if err != nil {
		return err
	}
	for _, target := range lab {
		subject.Lab = append(subject.Lab, target.Addr())
	}
	resolver, err := newResolver(g, env.Now)
	if err != nil {
		return err
	}
	defer closeResolver(resolver)
	_, subject.NoNetwork = resolver.(*dnstest.Resolver)
	ctx, cancel := context.WithTimeout(ctx, investigateWithin)
	defer cancel()
	out := bufio.NewWriter(env.Stdout)
	answers := survey.Answers{}
	began := env.Now()
	if !asJSON {
		fmt.Fprintf(out, "asking %s\n", safe.Of(resolver.Name()))
		if idn.HasALabel(name) {
			fmt.Fprintf(out, "about %s\n", safe.Domain(name))
		}
		fmt.Fprintln(out)
	}
	err = survey.Asking{Resolver: resolver}.Run(ctx,
		func() []dnsx.Question { return survey.Wanted(subject, answers) },
		func(a dnsx.Answer) {
			answers.Add(a)
			if !asJSON {
				writeAnswer(out, a)
				out.Flush() // each answer as it comes; a broken pipe shows at the end
			}
		})
	if err != nil {
		return fail(exitNoNetwork, "a resolver that answers: --resolver ADDR", "the survey was cut off: %w", err)
	}
	elapsed := env.Now().Sub(began)
	report := survey.NewReport(subject, answers, elapsed)
	if asJSON {
		text, err := report.JSON()
		if err != nil {
			return err
		}
		out.Write(text)
	} else {
		fmt.Fprintln(out)
		for _, f := range report.Findings {
			fmt.Fprintf(out, "%s\n", safe.Of(f.Claim))
		}
		trips := "round trips"
		if report.Rounds == 1 {
			trips = "round trip"
		}
		fmt.Fprintf(out, "\n%d questions in %d %s, %d ms\n", report.Asked, report.Rounds, trips, elapsed/time.Millisecond)
	}
	if err := out.Flush(); err != nil {
		return fail(exitUnreadable, "", "cannot write the result: %w", err)
	}
	return surveyExit(answers, g.offline)
}

// surveyExit gives the code of a survey: no network when nothing answered,
// undetermined when the MX did not.
func surveyExit(answers survey.Answers, offline bool) error {
	reached := false
	for _, a := range answers {
		reached = reached || a.Outcome.Answered() || a.Outcome == dnsx.ServFail || a.Outcome == dnsx.Bogus
	}
	switch {
	case !reached && offline:
		return quietExit(exitUndetermined)
	case !reached:
		return fail(exitNoNetwork, "check the resolver with deadletter doctor, or name one with --resolver", "no resolver answered")
	}
	return nil
}

// writeAnswer words one answer: outcomes by their own words, so that a time-out
// never reads as an absence.
func writeAnswer(w io.Writer, a dnsx.Answer) {
	server := a.From
	if a.Question.Server.IsValid() {
		server = a.Question.Server.String() + " (authoritative)"
	}
	fmt.Fprintf(w, "%-6s %s  %s  %s  %d ms\n", safe.Of(string(a.Question.Type)), safe.Of(a.Question.Name), safe.Of(string(a.Outcome)), safe.Of(server), a.Took.Milliseconds())
	for _, r := range a.Records {
		fmt.Fprintf(w, "       %s  ttl %d\n", safe.Of(survey.Data(r)), r.TTL)
	}
	if a.Err != "" {
		fmt.Fprintf(w, "       %s\n", safe.Of(a.Err))
	}
	for _, e := range a.Extended {
		fmt.Fprintf(w, "       the server says (extended error %d): %s\n", e.Code, safe.Of(e.Text))
	}
}
