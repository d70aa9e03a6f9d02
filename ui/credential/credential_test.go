package credential_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"deadletter/ui/credential"
)

const canary = "SG.canary-0123456789"

func nothing(string) string { return "" }

func file(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	keyring.MockInit()
	if err := keyring.Set(credential.Service, "sendgrid", canary); err != nil {
		t.Fatal(err)
	}
	pem := "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file(t, canary, 0o644), link); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string { return map[string]string{"SECOND": canary, "EMPTY": " "}[name] }
	for name, c := range map[string]struct {
		source credential.Source
		want   string
		from   string
		err    error
	}{
		"file":              {source: credential.Source{File: file(t, canary+"\n", 0o600)}, want: canary, from: "file"},
		"file, read only":   {source: credential.Source{File: file(t, canary, 0o400)}, want: canary, from: "file"},
		"file, group":       {source: credential.Source{File: file(t, canary, 0o640)}, err: credential.ErrOpen},
		"file, world":       {source: credential.Source{File: file(t, canary, 0o644)}, err: credential.ErrOpen},
		"file, writable":    {source: credential.Source{File: file(t, canary, 0o602)}, err: credential.ErrOpen},
		"link to open file": {source: credential.Source{File: link}, err: credential.ErrOpen},
		"folder":            {source: credential.Source{File: t.TempDir()}, err: credential.ErrBad},
		"device":            {source: credential.Source{File: "/dev/zero"}, err: credential.ErrBad},
		"no file":           {source: credential.Source{File: "/nowhere/key"}, err: os.ErrNotExist},
		"empty file":        {source: credential.Source{File: file(t, "\n", 0o600)}, err: credential.ErrBad},
		"long file":         {source: credential.Source{File: file(t, strings.Repeat("x", 70000), 0o600)}, err: credential.ErrBad},
		"control":           {source: credential.Source{File: file(t, "a\x1bb", 0o600)}, err: credential.ErrBad},
		"PEM file":          {source: credential.Source{File: file(t, pem+"\n", 0o600)}, want: pem, from: "file"},
		"command":           {source: credential.Source{Command: []string{"printf", "%s\nuser: x\n", canary}}, want: canary, from: "command printf"},
		"command of parts":  {source: credential.Source{Command: []string{"printf", "%s", "{\n \"Key\": \"" + canary + "\"\n}\n"}}, want: "{\n \"Key\": \"" + canary + "\"\n}", from: "command printf"},
		"no shell":          {source: credential.Source{Command: []string{"printf", "%s", "$HOME;" + canary}}, want: "$HOME;" + canary, from: "command"},
		"command fails":     {source: credential.Source{Command: []string{"sh", "-c", "echo " + canary + "; echo " + canary + " >&2; exit 3"}}, err: errAny},
		"no command":        {source: credential.Source{Command: []string{"/nowhere/command"}}, err: errAny},
		"endless command":   {source: credential.Source{Command: []string{"head", "-c", "10000000", "/dev/zero"}}, err: credential.ErrBad},
		"keyring":           {source: credential.Source{Keyring: "sendgrid"}, want: canary, from: "keyring"},
		"not in keyring":    {source: credential.Source{Keyring: "mailgun"}, err: errAny},
		"environment":       {source: credential.Source{Env: []string{"FIRST", "SECOND"}}, want: canary, from: "SECOND"},
		"empty variable":    {source: credential.Source{Env: []string{"EMPTY"}}, err: credential.ErrBad},
		"nowhere":           {source: credential.Source{Env: []string{"FIRST"}}, err: credential.ErrNone},
		"file first":        {source: credential.Source{File: file(t, "another-key-12345", 0o600), Env: []string{"SECOND"}}, want: "another-key-12345", from: "file"},
		"bad file, no next": {source: credential.Source{File: file(t, canary, 0o666), Env: []string{"SECOND"}}, err: credential.ErrOpen},
	} {
		got, from, err := c.source.Load(t.Context(), env)
		switch {
		case c.err == errAny && err == nil, c.err != errAny && !errors.Is(err, c.err):
			t.Errorf("%s: %v, want %v", name, err, c.err)
		case got.Reveal() != c.want || c.err == nil && !strings.HasPrefix(from, c.from):
			t.Errorf("%s: %q from %q", name, got.Reveal(), from)
		case strings.Contains(fmt.Sprintf("%v %+v %v", err, got, from), "canary"):
			t.Errorf("%s: it shows the key: %v %+v %v", name, err, got, from)
		}
	}
}

var errAny = errors.New("any")

func TestCommandEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := (credential.Source{Command: []string{"sleep", "60"}}).Load(ctx, nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
