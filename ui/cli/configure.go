package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"deadletter/diagnose"
	"deadletter/diagnose/letters"
	"deadletter/diagnose/safe"
	"deadletter/ui/accounts"
	"deadletter/ui/config"
)

// withoutConfig are the commands that a broken config file must not stop: they
// use nothing of it.
var withoutConfig = map[string]bool{"demo": true, "version": true, "man": true, "help": true, "completion": true, "purge": true, clipboardHelper: true}

// configure reads the config file and joins it with the flags: a flag comes
// before the file, own MTAs add up.
func (g *globals) configure(env Environment, cmd *cobra.Command) error {
	for c := cmd; c != nil; c = c.Parent() {
		if withoutConfig[c.Name()] {
			return nil
		}
	}
	for _, flag := range []string{"example", "letters"} {
		if f := cmd.Flags().Lookup(flag); f != nil && f.Changed {
			return nil
		}
	}
	c, err := config.Load(g.configAt)
	if err != nil {
		return fail(exitUsage, "deadletter config --example prints a file with every key", "%w", err)
	}
	catalogue, err := c.Catalogue()
	if err != nil {
		return fail(exitUsage, "", "%w", err)
	}
	texts, err := c.LetterTexts()
	if err != nil {
		return fail(exitUsage, "deadletter config --letters FOLDER writes the texts that are part of the program", "%w", err)
	}
	if g.accounts, err = accounts.New(c, env.Getenv); err != nil {
		return fail(exitUsage, "deadletter suppression platforms lists what each needs", "%w %s: %w", config.ErrInvalid, c.Path, err)
	}
	g.config, g.local = c, diagnose.Local{Operators: catalogue, Letters: texts}
	g.ownMTAs = append(g.ownMTAs, c.OwnMTAs...)
	given := cmd.Flags().Changed
	if len(c.Resolvers) > 0 && !given("resolver") {
		g.resolvers = c.Resolvers
	}
	if c.Clipboard != "" && !given("clipboard") {
		g.clipboard = c.Clipboard
	}
	if c.Color != "" && !given("color") {
		g.color = c.Color
	}
	return nil
}

func configCommand(env Environment, g *globals) *cobra.Command {
	var example bool
	var folder string
	cmd := &cobra.Command{
		Use:   "config",
		Short: "say which config file is read, and what holds after it and the flags",
		Long: `Config says where the config file is, and what holds after it and the flags
are read. The file names what the program cannot know: the mail servers that
are yours, who runs hosts that it does not know. It need not be there.`,
		Example: "  deadletter config\n  deadletter config --example > ~/.config/deadletter/config.toml\n  deadletter config --letters ~/.config/deadletter/letters",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if folder != "" {
				return writeLetters(env, folder)
			}
			if example {
				_, err := fmt.Fprint(env.Stdout, config.Example)
				return err
			}
			return g.show(env)
		},
	}
	cmd.Flags().BoolVar(&example, "example", false, "print a file with every key")
	cmd.Flags().StringVar(&folder, "letters", "", "write the texts of the letters into this folder, to begin from")
	cmd.MarkFlagsMutuallyExclusive("example", "letters")
	return cmd
}

// writeLetters writes the embedded texts into a folder, which it makes where
// need be. A file that is there stays as it is.
func writeLetters(env Environment, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fail(exitUnreadable, "", "the folder cannot be made: %w", err)
	}
	for _, name := range letters.Names() {
		path, did := filepath.Join(folder, name), safe.Text("written")
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		switch {
		case errors.Is(err, fs.ErrExist):
			did = "there already, left as it is"
		case err != nil:
			return fail(exitUnreadable, "", "a text cannot be written: %w", err)
		default:
			_, err = f.WriteString(letters.Embedded(name))
			if err := errors.Join(err, f.Close()); err != nil {
				return fail(exitUnreadable, "", "a text cannot be written: %w", err)
			}
		}
		fmt.Fprintf(env.Stdout, "%s: %s\n", safe.Of(path), did)
	}
	return nil
}

func (g *globals) show(env Environment) error {
	line := func(label string, text safe.Text) { fmt.Fprintf(env.Stdout, "%-11s %s\n", label, text) }
	path := safe.Of(g.config.Path)
	if path == "" {
		path = safe.Textf("%s (not there)", config.DefaultPath())
	}
	line("file", path)
	line("own mta", orNone(g.ownMTAs))
	resolvers := orNone(g.resolvers)
	if len(g.resolvers) == 0 {
		resolvers = "the system's"
	}
	line("resolver", resolvers)
	clipboard := safe.Of(g.clipboard)
	if clipboard == "" {
		clipboard = "the best there is"
	}
	line("clipboard", clipboard)
	line("color", safe.Of(g.color))
	folder := safe.Of(g.config.LetterFolder())
	if folder == "" {
		folder = "those of the program"
	}
	line("letters", folder)
	for _, o := range g.config.Operators {
		line("operator", safe.Textf("%s (%s): %s", o.Name, o.Role, strings.Join(append(append([]string{}, o.MX...), o.PTR...), ", ")))
	}
	accountLines(g.accounts, line)
	relayLines(env, g, line)
	return nil
}

func orNone(list []string) safe.Text {
	if len(list) == 0 {
		return "none"
	}
	return safe.Of(strings.Join(list, ", "))
}
