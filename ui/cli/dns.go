package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/diagnose/typo"
	"deadletter/dnsx"
	"deadletter/dnsx/dnstest"
	"deadletter/dnsx/idn"
	"deadletter/dnsx/survey"
)

func dnsCommand(env Environment, g *globals) *cobra.Command {
	var asJSON bool
	var seen []string
	cmd := &cobra.Command{
		Use:   "dns DOMAIN [--json] [--seen FILE]",
		Short: "every DNS fact that the panels use",
		Long: fmt.Sprintf(`Dns asks for everything that a case about the domain would ask, many questions
at a time and %d at most, and writes each answer as it comes: what was asked, of
whom, the outcome, the records with their TTL. Then what it amounts to: where
mail goes, what each name server says, until when an old answer can live, and
what was found. With --json it writes one object when all is answered.

DOMAIN may be an address, somebody@example.com, or a URL: its domain is taken.
Ctrl-c ends the asking, and what is known by then is written.

With --seen it compares what it found with what dig, host, nslookup or a like
tool printed on another machine: --seen FILE, or --seen HOST=FILE to name it.

It exits with 0, with 1 where the MX is not known or not all was asked, with 2
for a name that cannot be a mail domain, with 3 where no resolver answered.`, survey.MaxOfDomain),
		Example: `  deadletter dns example.com
  deadletter dns somebody@example.com --resolver 9.9.9.9 --resolver 1.1.1.1
  deadletter dns example.com --resolver zone:example.zone
  deadletter dns example.com --seen mail1.sender.example=dig.txt
  deadletter dns example.com --json | jq '.mx.hosts[].host, .findings[].claim'
  deadletter dns example.com --json | jq '.questions[] | select(.outcome != "noerror")'`,
		Args: oneArgument("DOMAIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return surveyDomain(cmd.Context(), env, g, args[0], asJSON, seen)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write one JSON object")
	cmd.Flags().StringArrayVar(&seen, "seen", nil, "FILE or HOST=FILE: what a DNS tool printed on another machine (repeatable)")
	return cmd
}

func surveyDomain(ctx context.Context, env Environment, g *globals, domain string, asJSON bool, seen []string) error {
	name, err := idn.ASCII(mailDomain(domain))
	if err != nil {
		return fail(exitUsage, "a name such as example.com or bücher.example", "%q cannot be a mail domain: %w", domain, err)
	}
	if !dnsx.IsHostname(name) {
		return fail(exitUsage, "a name such as example.com or bücher.example", "%q cannot be a mail domain", domain)
	}
	subject := survey.Subject{Recipient: name, Most: survey.MaxOfDomain}
	for _, c := range typo.Candidates(name, nil) {
		subject.Candidates = append(subject.Candidates, survey.Candidate{Domain: c.Domain, Far: c.Far()})
	}
	views, err := namedViews(seen, env)
	if err != nil {
		return err
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
		fmt.Fprintf(out, "asking %s about %s\n\n", safe.Of(resolver.Name()), safe.Domain(name))
		out.Flush()
	}
	bar := newAskingLine(env, subject.Recipient)
	err = survey.Asking{Resolver: resolver}.Run(ctx,
		func() []dnsx.Question { return survey.Wanted(subject, answers) },
		func(a dnsx.Answer) {
			answers.Add(a)
			bar.show(subject, answers)
			if !asJSON {
				writeAnswer(out, a)
				out.Flush() // each answer as it comes; a broken pipe shows at the end
			}
		})
	bar.clear()
	elapsed := env.Now().Sub(began)
	report := survey.NewReport(subject, answers, elapsed)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		report.Cut = "it took longer than " + investigateWithin.String()
	case err != nil:
		report.Cut = "it was interrupted"
	}
	found := diagnose.CompareSeen(subject, answers, []string{resolver.Name()}, views, env.Now())
	if asJSON {
		text, err := withViews(report, found)
		if err != nil {
			return err
		}
		out.Write(text)
	} else {
		writeSurvey(out, report)
		for _, f := range found {
			fmt.Fprintln(out, f.Claim)
			if f.Hint != "" {
				fmt.Fprintf(out, "  %s\n", f.Hint)
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fail(exitUnreadable, "", "cannot write the result: %w", err)
	}
	if report.Cut != "" && len(answers) > 0 {
		return fail(exitUndetermined, "", "not all was asked: %s", report.Cut)
	}
	return surveyExit(subject, answers, g.offline)
}

// mailDomain takes the domain out of what people have at hand: an address, with
// or without its brackets, or a URL. What is neither stays as it is.
func mailDomain(text string) string {
	text = strings.TrimSpace(text)
	text = strings.TrimSuffix(strings.TrimPrefix(text, "<"), ">")
	if scheme, rest, ok := strings.Cut(text, ":"); ok && strings.EqualFold(scheme, "mailto") {
		text, _, _ = strings.Cut(rest, "?")
	}
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		return dnsx.CanonicalName(u.Hostname())
	}
	return dnsx.CanonicalName(text[strings.LastIndex(text, "@")+1:])
}

// surveyExit gives the code of a survey: no network when nothing answered,
// undetermined when the MX did not.
func surveyExit(subject survey.Subject, answers survey.Answers, offline bool) error {
	reached := false
	for _, a := range answers {
		reached = reached || a.Outcome.Answered() || a.Outcome == dnsx.ServFail || a.Outcome == dnsx.Bogus
	}
	switch {
	case !reached && offline:
		return quietExit(exitUndetermined)
	case !reached:
		return fail(exitNoNetwork, "check the resolver with deadletter doctor, or name one with --resolver", "no resolver answered")
	case survey.Read(subject, answers).MX.State == survey.MXUnknown:
		return quietExit(exitUndetermined)
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
	for _, link := range a.Chain {
		fmt.Fprintf(w, "       %s -> %s  ttl %d\n", safe.Of(link.Name), safe.Of(link.Host), link.TTL)
	}
	for _, r := range a.Records {
		fmt.Fprintf(w, "       %s  ttl %d\n", safe.Of(survey.Data(r)), r.TTL)
	}
	if a.Outcome.Absent() && a.NegativeTTL > 0 {
		says, _, _ := strings.Cut(survey.Say(a.Outcome, ""), " (") // the outcome's own word stands above
		fmt.Fprintf(w, "       %s; may be kept until %s\n", safe.Of(says), a.At.Add(time.Duration(a.NegativeTTL)*time.Second).UTC().Format(time.TimeOnly+" UTC"))
	}
	if !a.Outcome.Answered() {
		fmt.Fprintf(w, "       %s\n", safe.Of(survey.Say(a.Outcome, "it")))
	}
	if a.Err != "" {
		fmt.Fprintf(w, "       %s\n", safe.Of(a.Err))
	}
	for _, e := range a.Extended {
		fmt.Fprintf(w, "       the server says (extended error %d): %s\n", e.Code, safe.Of(e.Text))
	}
}
