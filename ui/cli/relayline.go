package cli

import (
	"deadletter/diagnose/attempt"
	"deadletter/diagnose/safe"
	"deadletter/ui/relay"
)

// relayLines says of each relay for the test message whether it can be used, as
// far as can be told without contacting it or reading its key.
func relayLines(env Environment, g *globals, line func(string, safe.Text)) {
	label := "relay"
	for _, r := range relay.All(g.config, g.accounts, env.Getenv) {
		security := map[attempt.Security]safe.Text{
			attempt.NoTLS: "without TLS, on this machine alone", attempt.StartTLS: "STARTTLS required", attempt.ImplicitTLS: "TLS from the beginning", attempt.ByPort: "TLS required",
		}[r.Security]
		text := safe.Textf("%s: %s, port %d, %s", r.Name, r.Host, int(r.Port), security)
		if r.LogsIn() {
			text = safe.Textf("%s; as %s, key: %s", text, r.User, keyText(r.Key))
		}
		line(label, text)
		for _, m := range r.Missing {
			line("", m)
		}
		label = ""
	}
	if label != "" {
		line(label, "none for a test message; [relay] in the config file names it")
	}
	name := safe.Of(g.config.EHLO)
	if name == "" {
		name = "the name of this machine, where it resolves forward and back"
	}
	line("ehlo", name)
}
