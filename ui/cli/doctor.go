package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"deadletter/diagnose/casefile"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/survey"
	"deadletter/dnsx/wire"
	"deadletter/ui/clip"
	"deadletter/ui/term"
)

// clipboardHelper is the hidden command that package clip starts, so that a
// clipboard tool which never returns can be ended.
const clipboardHelper = "clipboard-helper"

func doctorCommand(env Environment, g *globals) *cobra.Command {
	var test bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "say what the terminal, the clipboard, the resolver, the case folder, the accounts and the relay can do, and why",
		Long: `Doctor looks at what the workbench will use: the terminal as the environment
tells of it, the way a copy would go and why, the resolvers, the case folder, the
accounts at sending platforms, the relay of the test message. It asks each
resolver one question, about the root, unless --offline is given, and says how it
is asked and whether its word on DNSSEC is trusted. It asks no platform and no
relay, and runs no key command. With --copy it
sends a test line the way a copy would go.`,
		Example: "  deadletter doctor\n  deadletter doctor --copy --clipboard osc52",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return doctor(cmd.Context(), env, g, test)
		},
	}
	cmd.Flags().BoolVar(&test, "copy", false, "copy a test line")
	return cmd
}

func helperCommand() *cobra.Command {
	return &cobra.Command{
		Use: clipboardHelper, Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return clip.Help(cmd.InOrStdin()) },
	}
}

func doctor(ctx context.Context, env Environment, g *globals, test bool) error {
	wish, err := term.ParseColor(g.color)
	if err != nil {
		return fail(exitUsage, "", "--color: %w", err)
	}
	line := func(label string, text safe.Text) { fmt.Fprintf(env.Stdout, "%-11s %s\n", label, text) }
	line("version", safe.Of(Version()))

	file, _ := env.Stdout.(*os.File)
	tty := file != nil && xterm.IsTerminal(int(file.Fd()))
	caps := term.Detect(env.Getenv, tty, wish)
	line("terminal", safe.Textf("TERM=%s, %s", env.Getenv("TERM"), terminalText(tty, caps)))

	var out io.Writer
	if tty {
		out = term.NewWriter(file)
	}
	board, err := newClipboard(env, g, out)
	if err != nil {
		return fail(exitUsage, "", "--clipboard: %w", err)
	}
	e := board.Explain()
	line("clipboard", safe.Textf("%s is tried first", e.Chosen))
	for _, r := range e.Rungs {
		state := safe.Text("no ")
		if r.Usable {
			state = "yes"
		}
		line("", safe.Textf("%s %s: %s", state, r.Name, r.Why))
	}
	if test {
		receipt, err := board.Copy(ctx, "deadletter clipboard test "+env.Now().UTC().Format(time.RFC3339))
		if err != nil {
			line("", safe.Textf("test: %s", err))
		} else {
			line("", safe.Textf("test: %s", receipt.Says))
		}
	}
	code := resolverHealth(ctx, env, g, line)
	if store, err := openStore(env, true); errors.Is(err, casefile.ErrNotFound) {
		dir, _ := casefile.Dir()
		line("cases", safe.Textf("none yet; they will be kept in %s", dir))
	} else if err != nil {
		line("cases", safe.Textf("%s", err))
	} else {
		defer store.Close()
		list, err := store.List()
		if err != nil {
			line("cases", safe.Textf("%s cannot be listed: %s", store.Dir(), err))
		} else {
			line("cases", safe.Textf("%d in %s", len(list), store.Dir()))
		}
	}
	accountLines(g.accounts, line)
	relayLines(env, g, line)
	if code != exitDiagnosed {
		return quietExit(code)
	}
	return nil
}

func terminalText(tty bool, c term.Capabilities) safe.Text {
	text := safe.Text("no terminal: output goes to a file or pipe")
	if tty {
		text = safe.Textf("colour: %s", c.Profile.Name())
	}
	if !c.UTF8 {
		text += ", no UTF-8 in the locale: ASCII glyphs"
	}
	for _, f := range []struct {
		on   bool
		name safe.Text
	}{{c.Tmux, "in tmux"}, {c.Screen, "in screen"}, {c.SSH, "over SSH"}, {c.Display, "with a display"}, {c.Dumb, "cannot move its cursor"}} {
		if f.on {
			text += ", " + f.name
		}
	}
	return text
}

// resolverHealth asks each resolver for the root's name servers, which every
// resolver knows.
func resolverHealth(ctx context.Context, env Environment, g *globals, line func(string, safe.Text)) int {
	resolver, err := newResolver(g, env.Now)
	if err != nil {
		line("resolver", safe.Of(err.Error()))
		return exitNoNetwork
	}
	defer closeResolver(resolver)
	if g.offline {
		line("resolver", "offline: nothing is asked")
		return exitDiagnosed
	}
	each := []dnsx.Resolver{resolver}
	if within, ok := resolver.(*survey.Polite); ok {
		resolver = within.Resolver // a few questions to each need no limit
	}
	client, asks := resolver.(*wire.Client)
	if asks {
		each = nil
		for _, c := range client.Each() {
			each = append(each, c)
		}
	}
	label, reached := "resolver", false
	for i, r := range each {
		a := r.Resolve(ctx, dnsx.Question{Name: ".", Type: dnsx.TypeNS})
		text := safe.Textf("%s: %s in %d ms", r.Name(), safe.Of(string(a.Outcome)), a.Took.Milliseconds())
		if a.Err != "" {
			text = safe.Textf("%s (%s)", text, a.Err)
		}
		line(label, text)
		label = ""
		if asks {
			line("", transportText(client.Servers()[i], a))
		}
		reached = reached || a.Outcome != dnsx.Timeout && a.Outcome != dnsx.Offline && a.Outcome != dnsx.Refused
	}
	if !reached {
		line("", "no answer: name another with --resolver ADDR, or work with --offline")
		return exitNoNetwork
	}
	return exitDiagnosed
}

// transportText says how a resolver is asked, and whether its word on DNSSEC
// counts.
func transportText(s wire.Server, a dnsx.Answer) safe.Text {
	text := map[wire.Transport]safe.Text{
		wire.Plain: "by UDP and TCP", wire.TLS: "over TLS", wire.HTTPS: "over HTTPS",
	}[s.Transport]
	if s.LookedUp() {
		text += ", at the address that the system gives for the name"
	}
	trusted, why := s.Trust()
	switch {
	case trusted && a.Authenticated:
		text += "; DNSSEC: it validates, and its word is trusted"
	case trusted && !a.Outcome.Answered():
		text += "; DNSSEC: its word would be trusted"
	case trusted:
		text += "; DNSSEC: its word is trusted, it did not validate this answer"
	default:
		text += "; DNSSEC: its word is not trusted"
	}
	return safe.Textf("%s: %s", text, why)
}
