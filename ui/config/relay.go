package config

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"deadletter/diagnose/attempt"
	"deadletter/dnsx"
)

// Relay is our own mail server, through which the one test message of a case
// goes where no sending platform was in the path. Its password never stands in
// the file: it says where that is.
type Relay struct {
	Host      string `toml:"host"`      // its name, which its certificate has to show; or an address
	Address   string `toml:"address"`   // where it is, for a name that the resolver does not know
	Port      int    `toml:"port"`      // 587 where none is given, 465 with security = "tls"
	Security  string `toml:"security"`  // starttls, tls, or plain for a relay on this machine; without it by the port
	User      string `toml:"user"`      // "" for a relay that knows us by our address
	Key       Key    `toml:"key"`       // of the password or token
	Mechanism string `toml:"mechanism"` // "xoauth2" where the key is a bearer token; else the best that both sides can
	From      string `toml:"from"`      // envelope sender where the bounce does not tell that of the mail that bounced
	EHLO      string `toml:"ehlo"`      // name that we give to it; without it as to others
}

// Named reports whether the file names a relay.
func (r Relay) Named() bool { return r.Host != "" }

func (r Relay) empty() bool {
	return r.Host == "" && r.Address == "" && r.Port == 0 && r.Security == "" && r.User == "" && !r.Key.Named() && r.Mechanism == "" && r.From == "" && r.EHLO == ""
}

// Way gives how the relay is spoken to, in the words of package attempt.
func (r Relay) Way() attempt.Security {
	switch r.Security {
	case "plain":
		return attempt.NoTLS
	case "tls":
		return attempt.ImplicitTLS
	case "starttls":
		return attempt.StartTLS
	}
	return attempt.ByPort
}

// PortOf gives the port, with the usual one in place of none (RFC 6409
// section 3.1, RFC 8314 section 3.3).
func (r Relay) PortOf() uint16 {
	switch {
	case r.Port != 0:
		return uint16(r.Port)
	case r.Security == "tls":
		return 465
	case r.Security == "plain":
		return 25
	}
	return 587
}

// Here reports whether a host is this machine by its name or address.
func Here(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || dnsx.CanonicalName(host) == "localhost"
}

// check looks at what can be told without asking anybody.
func (r Relay) check() error {
	if r.empty() {
		return nil
	}
	_, literal := netip.ParseAddr(r.Host)
	switch {
	case r.Host == "":
		return errors.New("name its host")
	case literal != nil && !dnsx.IsHostname(dnsx.CanonicalName(r.Host)):
		return fmt.Errorf("%q is no host", r.Host)
	case r.Port < 0 || r.Port > 65535:
		return fmt.Errorf("there is no port %d", r.Port)
	case !slices.Contains([]string{"", "starttls", "tls", "plain"}, r.Security):
		return fmt.Errorf("security is starttls, tls or plain, not %q", r.Security)
	case r.Mechanism != "" && r.Mechanism != "xoauth2":
		return fmt.Errorf("mechanism is xoauth2 or left out, not %q", r.Mechanism)
	case (r.User == "") != !r.Key.Named():
		return errors.New("a login is both a user and a key")
	case r.Mechanism != "" && r.User == "":
		return errors.New("a mechanism needs a user and a key")
	}
	where := r.Host
	if r.Address != "" {
		if _, err := netip.ParseAddr(r.Address); err != nil {
			return fmt.Errorf("address: %q is none", r.Address)
		}
		where = r.Address
	}
	if r.Security == "plain" && !Here(where) {
		return fmt.Errorf("plain is for a relay on this machine alone, and %s is another: take starttls or tls", where)
	}
	if r.From != "" {
		if _, err := attempt.CheckAddress(r.From); err != nil {
			return fmt.Errorf("from: %w", err)
		}
	}
	if r.EHLO != "" {
		if err := attempt.CheckEHLO(r.EHLO); err != nil {
			return fmt.Errorf("ehlo: %w", err)
		}
	}
	return r.Key.check()
}

// checkRetry looks at everything in the file that a retry uses.
func (c Config) checkRetry() error {
	if err := c.Relay.check(); err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	if c.EHLO != "" {
		if err := attempt.CheckEHLO(c.EHLO); err != nil {
			return fmt.Errorf("ehlo: %w", err)
		}
	}
	if c.ProbeFrom != "" && c.ProbeFrom != NullSender {
		if _, err := attempt.CheckAddress(c.ProbeFrom); err != nil {
			return fmt.Errorf("probe_from: %w", err)
		}
	}
	return nil
}

// NullSender is how the file and a flag name the null sender (RFC 5321 section 4.5.5).
const NullSender = "<>"
