// Package cli is the command line: the workbench, and for every screen a
// command without one. Names, flags, JSON keys and exit codes are a contract
// that scripts depend on.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/ui/accounts"
	"deadletter/ui/config"
)

// The exit codes. Of several cases the worst counts.
const (
	exitDiagnosed    = 0
	exitUndetermined = 1
	exitUsage        = 2
	exitNoNetwork    = 3
	exitUnreadable   = 4
)

// Environment is what the program takes from outside. Nothing else in it
// reads the clock, the environment or the standard streams.
type Environment struct {
	Args   []string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	Now    func() time.Time
	Demo   fs.FS // the worked example: bounce, zones, platform look-up
}

// Main runs the program and gives its exit code.
func Main(demo fs.FS) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, Environment{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Now: time.Now, Demo: demo,
	})
}

// exitError carries an exit code beside what went wrong. Hint says what to do.
type exitError struct {
	code int
	err  error
	hint string
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// quietExit ends with a code and says nothing: everything was said already.
func quietExit(code int) error { return &exitError{code: code} }

func fail(code int, hint, format string, args ...any) error {
	return &exitError{code: code, err: fmt.Errorf(format, args...), hint: hint}
}

// Run runs one command.
func Run(ctx context.Context, env Environment) int {
	root := newRoot(env)
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDiagnosed
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{code: exitUsage, err: err, hint: "deadletter --help lists commands and flags"}
	}
	if exit.err != nil {
		for _, line := range safe.Lines(exit.err.Error(), 20) {
			fmt.Fprintln(env.Stderr, "deadletter: "+string(line))
		}
		if exit.hint != "" {
			fmt.Fprintln(env.Stderr, "hint: "+string(safe.Of(exit.hint)))
		}
	}
	return exit.code
}

// globals are the flags that every command takes.
type globals struct {
	resolvers []string
	ownMTAs   []string
	lab       []string
	offline   bool
	color     string
	clipboard string
	configAt  string // --config
	config    config.Config
	accounts  accounts.Accounts
	local     diagnose.Local
}

func newRoot(env Environment) *cobra.Command {
	g := &globals{}
	root := &cobra.Command{
		Use:   "deadletter [PATH...]",
		Short: "find out why a message bounced, who said so, and what to ask whom",
		Long: `Deadletter walks a bounce through six steps: capture it, find who refused it,
confirm the recipient, check MX, inspect suppression, retry once. Each step
fills from live DNS and copies the right questions for the right administrator.

Without a command it opens the workbench: with the bounces in the files and
folders given, "-" for standard input, or with a screen to paste one into.`,
		Example: `  deadletter bounce.eml
  deadletter --resolver 9.9.9.9 --own-mta mail.sender.example monday/
  pbpaste | deadletter -
  deadletter report --format json bounce.eml
  deadletter demo`,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		// Letters swapped, added or left out: that many make a mistyped command.
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Version:                    Version(),
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := g.configure(env, cmd); err != nil {
				return err
			}
			switch g.color {
			case "auto", "always", "never":
				return nil
			}
			return fail(exitUsage, "auto, always or never", "--color: there is no %q", g.color)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && !looksLikePath(args[0]) {
				if near := root(cmd).SuggestionsFor(args[0]); len(near) > 0 {
					return fail(exitUsage, "", "there is no command %q; did you mean %s?", args[0], strings.Join(near, " or "))
				}
			}
			return openWorkbench(cmd.Context(), env, g, args)
		},
	}
	root.SetVersionTemplate("deadletter {{.Version}}\n")
	flags := root.PersistentFlags()
	flags.StringArrayVar(&g.resolvers, "resolver", nil, "who answers DNS: ADDR, ADDR:PORT, tls://ADDR[#NAME], https://HOST/dns-query[#ADDR], or zone:FILE for answers from zone text (repeatable; default: the system's)")
	flags.StringArrayVar(&g.ownMTAs, "own-mta", nil, "host, domain or address that is the sender's own (repeatable)")
	flags.BoolVar(&g.offline, "offline", false, "open no socket at all")
	flags.StringVar(&g.color, "color", "auto", "auto, always or never")
	flags.StringVar(&g.clipboard, "clipboard", "", "the way to copy: tmux, osc52, native or file (default: the best there is)")
	flags.StringVar(&g.configAt, "config", "", "read this config file instead of the usual one")
	flags.StringArrayVar(&g.lab, "lab-allow", nil, "for tests: permit this loopback target, 127.0.0.1:PORT (repeatable)")
	root.AddCommand(
		demoCommand(env, g), captureCommand(env, g), reportCommand(env, g), dnsCommand(env, g),
		casesCommand(env, g), openCommand(env, g), exportCommand(env, g), purgeCommand(env),
		suppressionCommand(env, g), retryCommand(env, g), watchCommand(env, g),
		configCommand(env, g), doctorCommand(env, g), versionCommand(env), manCommand(env), helperCommand(),
	)
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	root.CompletionOptions.HiddenDefaultCmd = false
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			c.Short = "write a completion script for a shell"
		case "help":
			c.Short = "help about a command"
		}
	}
	return root
}

// oneArgument takes exactly one argument, and says which where it is not there.
func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fail(exitUsage, fmt.Sprintf("deadletter %s --help shows examples", cmd.Name()), "%s takes one %s, not %d", cmd.Name(), what, len(args))
		}
		return nil
	}
}

// somePaths takes at least one path.
func somePaths(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fail(exitUsage, fmt.Sprintf("deadletter %s --help shows examples", cmd.Name()), "%s needs a PATH, or - for standard input", cmd.Name())
	}
	return nil
}

func root(cmd *cobra.Command) *cobra.Command { return cmd.Root() }

// looksLikePath tells a path from a mistyped command.
func looksLikePath(arg string) bool {
	if arg == "-" || strings.ContainsAny(arg, "./\\") {
		return true
	}
	_, err := os.Lstat(arg)
	return err == nil
}
