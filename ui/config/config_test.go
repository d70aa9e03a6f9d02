package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestExampleIsRead(t *testing.T) {
	c, err := Parse([]byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.OwnMTAs) != 2 || len(c.Operators) != 1 || len(c.Platforms) != 1 || c.Platforms[0].ID() != "mailgun/shop" {
		t.Fatalf("read %+v", c)
	}
	catalogue, err := c.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	op, ok := catalogue.Lookup("mx2.filter.contoso.example")
	if !ok || op.Name != "Contoso Mail Filter" || op.Role != "gateway" || op.Negative != 90*time.Minute {
		t.Errorf("the MX is run by %+v", op)
	}
	if op, ok := catalogue.Lookup("n1.nodes.contoso.example"); ok {
		t.Errorf("a reverse name counts as an MX of %s", op.Name)
	}
	if op, ok := catalogue.ByPTR("n1.nodes.contoso.example"); !ok || op.Name != "Contoso Mail Filter" {
		t.Errorf("the reverse name is %+v", op)
	}
	if _, ok := catalogue.Lookup("aspmx.l.google.com"); !ok {
		t.Error("the embedded operators are gone")
	}
}

func TestRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"own_mtas = []":                 `line 1: there is no key "own_mtas"`,
		"own_mta = [":                   "line 1",
		"own_mta = 3":                   "line 1",
		"own_mta = [\"a b\"]":           "is no host, domain, address or prefix",
		"[[operator]]\nrole = \"host\"": "it has no name",
		"[[operator]]\nname = \"X\"\nrole = \"filter\"":                                          "role is gateway, host",
		"[[operator]]\nname = \"X\"\nrole = \"host\"":                                            "name its hosts",
		"[[operator]]\nname = \"X\"\nrole = \"host\"\nmx = [\"com\"]":                            "at least two labels",
		"[[operator]]\nname = \"X\"\nrole = \"host\"\nmx = [\"a.example\"]\nremember = \"soon\"": "remember is a time",
		"[[platform]]\naccount = \"x\"":                                                          "it has no name",
		"[[platform]]\nname = \"sendgrid\"\n[[platform]]\nname = \"sendgrid\"":                   "sendgrid is there twice",
		"[[platform]]\nname = \"x\"\naccount = \"a b\"":                                          "neither slash nor blank",
		"[[platform]]\nname = \"x\"\nkey = { file = \"a\", env = \"B\" }":                        "name one place",
		"[[platform]]\nname = \"x\"\nremove_key = { command = [\"\"] }":                          "the command is empty",
		"[[platform]]\nname = \"x\"\nkey = \"SG.secret\"":                                        "line 3",
		"[[operator]]\nname = \"X\"\ncolour = 1":                                                 `there is no key "operator.colour"`,
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	if _, err := Load(path); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a file that was asked for and is not there: %v", err)
	}
	if err := os.WriteFile(path, []byte(Example), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(path); err != nil || c.Path != path {
		t.Errorf("read from %q: %v", c.Path, err)
	}
	if err := os.WriteFile(path, make([]byte, maxBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a file that is too large: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(Example))
	f.Fuzz(func(t *testing.T, raw []byte) { _, _ = Parse(raw) })
}
