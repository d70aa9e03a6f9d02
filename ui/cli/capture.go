package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

func captureCommand(env Environment, g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "capture [--json] PATH...",
		Short: "only read bounces: what each says, recipient by recipient",
		Long: `Capture reads bounces and says what they tell: recipient, reply, host, time,
reason. It asks nothing and keeps nothing. With --json it writes one JSON
object per reported recipient, one a line, in the order of the input.`,
		Example: "  deadletter capture bounce.eml\n  deadletter capture --json Maildir/cur/\n  grep status=bounced mail.log | deadletter capture -",
		Args:    somePaths,
		RunE: func(cmd *cobra.Command, args []string) error {
			return capture(env, g.ownMTAs, args, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON Lines")
	return cmd
}

// capture reads every input. What cannot be read, or is no bounce, is said on
// standard error; the exit code is that of the worst.
func capture(env Environment, own, paths []string, asJSON bool) error {
	out := bufio.NewWriter(env.Stdout)
	defer out.Flush()
	code := exitDiagnosed
	for in := range inputs(paths, env.Stdin) {
		if in.err != nil {
			fmt.Fprintln(env.Stderr, "deadletter: "+string(safe.Of(in.err.Error())))
			code = exitUnreadable
			continue
		}
		result := bounce.Read(in.raw, bounce.Options{Name: in.path, Now: env.Now(), Ours: ours(own)})
		if result.Problem != nil {
			fmt.Fprintf(env.Stderr, "deadletter: %s: %s\n", safe.Of(in.path), result.Says)
			code = exitUnreadable
			continue
		}
		if err := writeCapture(out, in.path, result, asJSON); err != nil {
			return fail(exitUnreadable, "", "cannot write the result: %w", err)
		}
		if !anyFailure(result) && code == exitDiagnosed {
			code = exitUnreadable
		}
		if err := out.Flush(); err != nil {
			return fail(exitUnreadable, "", "cannot write the result: %w", err)
		}
	}
	if code != exitDiagnosed {
		return quietExit(code)
	}
	return nil
}

func anyFailure(result bounce.Result) bool {
	for _, r := range result.Reports {
		if r.Failure() {
			return true
		}
	}
	return false
}

func writeCapture(w io.Writer, path string, result bounce.Result, asJSON bool) error {
	if asJSON {
		for _, record := range bounce.Records(path, result) {
			line, err := record.MarshalJSON()
			if err != nil {
				return err
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return nil
	}
	for _, r := range result.Reports {
		if _, err := io.WriteString(w, string(captureText(path, result, r))); err != nil {
			return err
		}
	}
	return nil
}

// captureText words one report for people. Line breaks are ours alone.
func captureText(path string, result bounce.Result, r bounce.Report) string {
	text := fmt.Sprintf("%s: %s\n", safe.Of(path), result.Recognised)
	add := func(label string, value safe.Text) {
		if value = safe.Of(strings.TrimSpace(string(value))); value != "" {
			text += fmt.Sprintf("  %-11s %s\n", label, value)
		}
	}
	if !r.Failure() {
		add("not a bounce", safe.Textf("%s: %s", safe.Of(string(r.NotABounce)), r.Why))
	}
	add("recipient", r.Recipient.Value.Safe())
	add("reply", safe.Textf("%s %s", r.ReplyCode.Value, r.EnhancedCode.Value))
	add("reason", safe.Textf("%s, %s", safe.Of(string(r.Reason)), safe.Of(string(r.Permanence))))
	add("said by", safe.Textf("%s %s", r.RemoteMTA.Value, r.RemoteAddress.Value))
	add("told by", r.ReportingMTA.Value.Safe())
	if !r.FailedAt.At.IsZero() {
		add("time", safe.Of(r.FailedAt.At.Format("2006-01-02 15:04:05 -0700")))
	}
	add("wording", r.Diagnostic.Value.Safe())
	for _, m := range r.Missing {
		add("missing", safe.Textf("%s: %s", m.What, m.Where))
	}
	for _, f := range r.Findings {
		add("noticed", f.Claim)
	}
	return text
}
