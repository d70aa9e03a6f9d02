package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"deadletter/ui/credential"
)

// Platform is an account at a sending platform, in the file's words. Keys
// never stand in the file: it says where they are.
type Platform struct {
	Name      string            `toml:"name"`       // "sendgrid"; deadletter suppression platforms lists them
	Account   string            `toml:"account"`    // a name of its own, where one platform has several accounts
	Base      string            `toml:"base"`       // base address in place of the platform's own
	Settings  map[string]string `toml:"settings"`   // region, domain, stream: what the platform must be told
	Key       Key               `toml:"key"`        // for looking up
	RemoveKey Key               `toml:"remove_key"` // for removing; without it the other one is used
	SendUser  string            `toml:"send_user"`  // login at its SMTP service, where the platform gives each customer one
	SendKey   Key               `toml:"send_key"`   // for sending over SMTP; never one of the others by itself
}

// Key says where a key is: one of its fields.
type Key struct {
	File    string   `toml:"file"`    // readable by nobody else; relative to the config file
	Command []string `toml:"command"` // program and arguments; its first line of output is the key
	Keyring string   `toml:"keyring"` // account in the system's keyring, below "deadletter"
	Env     string   `toml:"env"`     // variable, in place of the vendor's own names
}

// ID tells one account from another: "sendgrid", or "sendgrid/shop".
func (p Platform) ID() string {
	if p.Account == "" {
		return p.Name
	}
	return p.Name + "/" + p.Account
}

// Source gives where the key is, with files found from the config file's folder.
func (k Key) Source(folder string) credential.Source {
	s := credential.Source{File: k.File, Command: k.Command, Keyring: k.Keyring}
	if k.Env != "" {
		s.Env = []string{k.Env}
	}
	if s.File != "" && !filepath.IsAbs(s.File) {
		s.File = filepath.Join(folder, s.File)
	}
	return s
}

// Named reports whether the file says where the key is.
func (k Key) Named() bool {
	return k.File != "" || len(k.Command) > 0 || k.Keyring != "" || k.Env != ""
}

func (k Key) check() error {
	n := 0
	for _, named := range []bool{k.File != "", len(k.Command) > 0, k.Keyring != "", k.Env != ""} {
		if named {
			n++
		}
	}
	switch {
	case n > 1:
		return errors.New("name one place: file, command, keyring or env")
	case len(k.Command) > 0 && k.Command[0] == "":
		return errors.New("the command is empty")
	}
	return nil
}

// checkPlatforms looks at what can be told without knowing the platforms.
func (c Config) checkPlatforms() error {
	seen := map[string]bool{}
	for i, p := range c.Platforms {
		switch {
		case strings.TrimSpace(p.Name) == "":
			return fmt.Errorf("platform %d: it has no name", i+1)
		case strings.Contains(p.Name, "/") || strings.ContainsFunc(p.Account, func(r rune) bool { return r == '/' || unicode.IsSpace(r) || !unicode.IsGraphic(r) }):
			return fmt.Errorf("platform %d: a name has no slash, an account neither slash nor blank", i+1)
		case seen[p.ID()]:
			return fmt.Errorf("platform %s is there twice; give each an account of its own", p.ID())
		}
		seen[p.ID()] = true
		if err := p.Key.check(); err != nil {
			return fmt.Errorf("platform %s: key: %w", p.ID(), err)
		}
		if err := p.RemoveKey.check(); err != nil {
			return fmt.Errorf("platform %s: remove_key: %w", p.ID(), err)
		}
		if err := p.SendKey.check(); err != nil {
			return fmt.Errorf("platform %s: send_key: %w", p.ID(), err)
		}
	}
	return nil
}
