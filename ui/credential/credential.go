// Package credential finds keys and passwords where an installation keeps
// them: in the environment, in a file that nobody else can read, from a
// command, or in the system's keyring. They never come from a flag: those can
// be seen by every process.
package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"deadletter/diagnose/secret"
)

// maxBytes is how long a key may be; a private key in PEM fits well.
const maxBytes = 64 << 10

// commandTime is how long a key command may take: somebody may have to touch a
// token.
const commandTime = 60 * time.Second

// Service is the name under which keys stand in the system's keyring.
const Service = "deadletter"

// Source says where one secret is. The first of its places that is named
// counts, in the order of the fields: what a person wrote into the config file
// goes before what happens to be in the environment.
type Source struct {
	File    string   // path; mode 0600 or stricter, and our own
	Command []string // program and arguments, no shell; the secret is its output
	Keyring string   // account in the keyring, below Service
	Env     []string // names of variables, the first that is set counts
}

// Errors of this package.
var (
	ErrNone = errors.New("no key was found")
	ErrOpen = errors.New("others can read it")
	ErrBad  = errors.New("not a key that can be used")
)

// Named reports whether a place is named other than the environment.
func (s Source) Named() bool { return s.File != "" || len(s.Command) > 0 || s.Keyring != "" }

// Load gives the secret and in words where it was found. The error wraps
// ErrNone where no place has one; no error holds any of the secret.
func (s Source) Load(ctx context.Context, getenv func(string) string) (secret.Secret, string, error) {
	switch {
	case s.File != "":
		v, err := readFile(s.File)
		return v, "file " + s.File, err
	case len(s.Command) > 0:
		v, err := run(ctx, s.Command)
		return v, "command " + s.Command[0], err
	case s.Keyring != "":
		v, err := fromKeyring(s.Keyring)
		return v, "keyring " + s.Keyring, err
	}
	for _, name := range s.Env {
		if v := getenv(name); v != "" {
			key, err := check(v)
			return key, name, err
		}
	}
	return secret.Secret{}, "", ErrNone
}

// Look says in words where Load would take the secret from, without reading
// it: a file is judged by its mode, a command is not run, a keyring not opened.
// sure says that the secret is there. The error is as of Load.
func (s Source) Look(getenv func(string) string) (where string, sure bool, err error) {
	switch {
	case s.File != "":
		f, err := openPrivate(s.File)
		if err == nil {
			err = f.Close()
		}
		return "file " + s.File, err == nil, err
	case len(s.Command) > 0:
		return "command " + s.Command[0], false, nil
	case s.Keyring != "":
		return "keyring " + s.Keyring, false, nil
	}
	for _, name := range s.Env {
		if v := getenv(name); v != "" {
			_, err := check(v)
			return name, err == nil, err
		}
	}
	return strings.Join(s.Env, " or "), false, ErrNone
}

// check takes the text of a key: not empty, not too long, no control character
// but the line ends of a PEM file, which no header could carry.
func check(text string) (secret.Secret, error) {
	v := secret.New(text)
	switch {
	case v.Empty():
		return v, fmt.Errorf("%w: it is empty", ErrBad)
	case len(text) > maxBytes:
		return secret.Secret{}, fmt.Errorf("%w: longer than %d bytes", ErrBad, maxBytes)
	case strings.ContainsFunc(v.Reveal(), func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }):
		return secret.Secret{}, fmt.Errorf("%w: it holds control characters", ErrBad)
	}
	return v, nil
}

// openPrivate opens a key file. It is opened once, and judged as opened, so
// that nobody can exchange it in between.
func openPrivate(path string) (*os.File, error) {
	// A pipe without a writer would hold up the opening of it for ever.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("key file %s: %w: not a regular file", path, ErrBad)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = fmt.Errorf("key file: %w", err)
	case !info.Mode().IsRegular():
		err = fmt.Errorf("key file %s: %w: not a regular file", path, ErrBad)
	default:
		if err = private(info); err != nil {
			err = fmt.Errorf("key file %s: %w", path, err)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func readFile(path string) (secret.Secret, error) {
	f, err := openPrivate(path)
	if err != nil {
		return secret.Secret{}, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return secret.Secret{}, fmt.Errorf("key file: %w", err)
	}
	v, err := check(string(raw))
	if err != nil {
		return secret.Secret{}, fmt.Errorf("key file %s: %w", path, err)
	}
	return v, nil
}

// run gives the first line of what a command prints, or all of it where it is
// a private key or the JSON object of a key of several parts. Nothing of its
// output is in the error.
func run(ctx context.Context, argv []string) (secret.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second
	out := &limited{}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return secret.Secret{}, fmt.Errorf("key command %s: %w", argv[0], err)
	}
	text := out.String()
	if !strings.HasPrefix(text, "-----BEGIN ") && !strings.HasPrefix(text, "{") {
		text, _, _ = strings.Cut(text, "\n")
	}
	v, err := check(text)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("key command %s: %w", argv[0], err)
	}
	return v, nil
}

// limited keeps the beginning of an output.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if room := maxBytes + 1 - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

func fromKeyring(account string) (secret.Secret, error) {
	text, err := keyring.Get(Service, account)
	if errors.Is(err, keyring.ErrNotFound) {
		return secret.Secret{}, fmt.Errorf("keyring: there is no %q below %q", account, Service)
	}
	if err != nil {
		return secret.Secret{}, fmt.Errorf("keyring: %w", err)
	}
	v, err := check(text)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("keyring %s: %w", account, err)
	}
	return v, nil
}
