package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"deadletter/diagnose"
	"deadletter/diagnose/casefile"
	"deadletter/diagnose/report"
	"deadletter/diagnose/safe"
)

// noCases is said where the folder of the cases is empty or not made yet.
const noCases = "no cases yet; deadletter bounce.eml opens one"

func casesCommand(env Environment, g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "cases",
		Short:   "list the cases on this machine, the latest first",
		Example: "  deadletter cases\n  deadletter open \"$(deadletter cases | head -1 | cut -d' ' -f1)\"",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := openStore(env, true)
			if errors.Is(err, casefile.ErrNotFound) {
				fmt.Fprintln(env.Stderr, noCases)
				return nil
			}
			if err != nil {
				return storeError(err)
			}
			defer store.Close()
			lines, err := caseLines(store, env.Now(), g.local)
			if err != nil {
				return storeError(err)
			}
			for _, l := range lines {
				if l.Problem != "" {
					fmt.Fprintf(env.Stdout, "%s  %s\n", safe.Of(l.ID), l.Problem)
					continue
				}
				fmt.Fprintf(env.Stdout, "%s  %s  %s  %s  %s\n", safe.Of(l.ID), l.Recipient, l.Reply, safe.Of(string(l.Outcome)), safe.Of(string(l.Step)))
			}
			if len(lines) == 0 {
				fmt.Fprintln(env.Stderr, noCases)
			}
			return nil
		},
	}
}

func openCommand(env Environment, g *globals) *cobra.Command {
	return &cobra.Command{
		Use:               "open CASE",
		Short:             "open a case again where it was left",
		Example:           "  deadletter open 20261123-example.com-k7q2",
		Args:              oneArgument("CASE"),
		ValidArgsFunction: completeCases(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			return resumeWorkbench(cmd.Context(), env, g, args[0])
		},
	}
}

func exportCommand(env Environment, g *globals) *cobra.Command {
	var format, output string
	var full bool
	cmd := &cobra.Command{
		Use:   "export [--format md|json] [--full] [--output FILE] CASE",
		Short: "write a case for a ticket or a colleague",
		Long: `Export writes a case as Markdown or JSON. Personal data is redacted: local parts
keep a letter and a mark that is the same for the same person, subjects and the
bounce itself are left out. --full leaves everything in, and says so in the text.`,
		Example:           "  deadletter export 20261123-example.com-k7q2 > case.md\n  deadletter export --format json --full --output case.json 20261123-example.com-k7q2",
		Args:              oneArgument("CASE"),
		ValidArgsFunction: completeCases(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			return export(env, g.local, args[0], format, output, full)
		},
	}
	cmd.Flags().StringVar(&format, "format", "md", "md or json")
	cmd.Flags().StringVar(&output, "output", "", "write to this file instead of standard output")
	cmd.Flags().BoolVar(&full, "full", false, "leave personal data in")
	return cmd
}

func purgeCommand(env Environment) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:               "purge CASE",
		Short:             "delete a case for good; a tombstone with id and time stays",
		Example:           "  deadletter purge 20261123-example.com-k7q2",
		Args:              oneArgument("CASE"),
		ValidArgsFunction: completeCases(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := openStore(env, false)
			if err != nil {
				return storeError(err)
			}
			defer store.Close()
			if _, _, err := store.Read(args[0]); errors.Is(err, casefile.ErrNotFound) || errors.Is(err, casefile.ErrBadID) {
				return storeError(err)
			}
			if !yes {
				fmt.Fprintf(env.Stderr, "type the id to delete %s for good: ", safe.Of(args[0]))
				var typed string
				if _, err := fmt.Fscanln(env.Stdin, &typed); err != nil || typed != args[0] {
					return fail(exitUsage, "", "kept: the id was not typed")
				}
			}
			if err := store.Purge(args[0]); err != nil {
				return storeError(err)
			}
			fmt.Fprintf(env.Stdout, "purged %s\n", safe.Of(args[0]))
			return nil
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func completeCases(env Environment) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		store, err := openStore(env, true)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer store.Close()
		entries, _ := store.List()
		var ids []string
		for _, e := range entries {
			ids = append(ids, e.ID)
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}

// storeError gives a failure of the case folder its exit code. A case that is
// not there is a mistake in the call.
func storeError(err error) error {
	switch {
	case errors.Is(err, casefile.ErrNotFound), errors.Is(err, casefile.ErrBadID):
		return fail(exitUsage, "deadletter cases lists them", "%w", err)
	}
	return fail(exitUnreadable, "", "%w", err)
}

func export(env Environment, local diagnose.Local, id, format, output string, full bool) error {
	store, err := openStore(env, true)
	if err != nil {
		return storeError(err)
	}
	defer store.Close()
	events, loaded, err := store.Read(id)
	if err != nil {
		return storeError(err)
	}
	if loaded.Damage != nil {
		fmt.Fprintf(env.Stderr, "deadletter: the case file is damaged: %s; what could be read is exported\n", loaded.Damage.Why)
	}
	c := diagnose.Fold(events).With(local)
	in := report.Input{Case: c, Flow: diagnose.Next(c, env.Now()), DNS: report.SummariseDNS(c), Version: Version(), Location: time.UTC, Made: env.Now()}
	if !full {
		if in, err = redacted(in); err != nil {
			return err
		}
	}
	text, err := exported(in, format, full)
	if err != nil {
		return err
	}
	if output == "" {
		_, err = env.Stdout.Write(text)
	} else {
		err = writePrivate(output, text)
	}
	if err != nil {
		return fail(exitUnreadable, "free some space or name another file with --output", "the export was not written: %w", err)
	}
	return nil
}

// writePrivate replaces a file whole: a reader sees the old or the new text,
// never half of it.
// What is no regular file, a device or a pipe, is written to as it is.
func writePrivate(path string, text []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, text, 0o600)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".deadletter-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Sync()
	}
	if closing := tmp.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// redacted takes the persons out. The key is made for this export alone, so
// that marks of two exports cannot be compared.
func redacted(in report.Input) (report.Input, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return in, fmt.Errorf("make the redaction key: %w", err)
	}
	return report.Redact(in, key)
}

func exported(in report.Input, format string, full bool) ([]byte, error) {
	write, ok := map[string]func(io.Writer, report.Input) error{"md": report.Markdown, "json": report.CaseJSON}[format]
	if !ok {
		return nil, fail(exitUsage, "md or json", "there is no format %q", format)
	}
	in.Full = full
	var b bytes.Buffer
	if err := write(&b, in); err != nil {
		return nil, fail(exitUnreadable, "", "the case cannot be written down: %w", err)
	}
	return b.Bytes(), nil
}

// letterEML writes a draft as a mail that a mail program opens for sending.
func letterEML(d diagnose.Draft, made time.Time) ([]byte, error) {
	var b bytes.Buffer
	if err := report.DraftEML(&b, d, "", made); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
