package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	mcobra "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"
)

// Version names this build: the module version of a release, else the commit
// it was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	var revision, dirty string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	if revision == "" {
		return "devel"
	}
	return "devel-" + revision + dirty
}

func versionCommand(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "say which version this is",
		Example: "  deadletter version",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			_, err := fmt.Fprintln(env.Stdout, "deadletter "+Version())
			return err
		},
	}
}

// unwrapped joins the lines of each paragraph.
func unwrapped(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.ReplaceAll(p, "\n", " ")
	}
	return strings.Join(paragraphs, "\n\n")
}

func manCommand(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:     "man",
		Short:   "write the manual page",
		Example: "  deadletter man | man -l -",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, c := range append(cmd.Root().Commands(), cmd.Root()) {
				c.Long = unwrapped(c.Long) // the page breaks lines itself
			}
			page, err := mcobra.NewManPage(1, cmd.Root())
			if err != nil {
				return fmt.Errorf("make the manual page: %w", err)
			}
			page = page.WithSection("Exit codes", strings.Join([]string{
				"0 diagnosed", "1 undetermined", "2 usage", "3 network needed and not there", "4 input unreadable or no bounce",
			}, "\n")).WithSection("Files", "$XDG_DATA_HOME/deadletter/cases/ID.journal: one case a file, mode 0600.").
				WithSection("Resolvers", strings.Join([]string{
					"9.9.9.9, 127.0.0.1:5300, [::1]:53: by UDP and TCP.",
					"tls://9.9.9.9#dns.quad9.net, tls://dns.quad9.net:853: DNS over TLS (RFC 7858).",
					"https://dns.quad9.net/dns-query#9.9.9.9: DNS over HTTPS (RFC 8484).",
					"zone:FILE: answers from zone text, without network.",
					"Behind # stands the name that the certificate must hold, or the address to go to. Without an address the system is asked for it once.",
					"Certificates are always checked, redirects are not followed, proxies are not used.",
					"What DNSSEC proved is believed of a resolver on this host or an encrypted one; doctor says so of each.",
				}, "\n")).
				WithSection("Privacy", "Nothing leaves this machine by itself but DNS questions to the resolver that the first screen names. A look-up and a removal at a sending platform, a probe and a test message say where the address goes, and somebody at the terminal agrees to each. Keys of platforms and of the relay come from a file of mode 0600, a command, the keyring or the environment; they are kept nowhere. --offline opens no socket.")
			_, err = fmt.Fprintln(env.Stdout, page.Build(roff.NewDocument()))
			return err
		},
	}
}
