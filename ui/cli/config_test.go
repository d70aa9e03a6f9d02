package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfigFile: what the file names changes the verdict, beside the flags; a
// mistake in it is said with its line, and stops only what uses it.
func TestConfigFile(t *testing.T) {
	p := newPlace(t)
	path := filepath.Join(p.home, ".config", "deadletter", "config.toml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "XDG_CONFIG_HOME="+filepath.Join(p.home, ".config"))
	bounce := filepath.Join(p.home, "bounce.txt")
	write(t, bounce, "host mx9.filter.contoso.example[198.51.100.77] said: 550 5.1.1 <robin@contoso.example>: Recipient address rejected: User unknown (in reply to RCPT TO command)\n")
	rejector := func(args ...string) string {
		t.Helper()
		got := p.run(append([]string{"report", "--offline", bounce}, args...)...)
		return got.stdout
	}
	if out := rejector(); strings.Contains(out, "Contoso Mail Filter") || strings.Contains(out, "our own side refused") {
		t.Fatalf("without a file: %s", out)
	}
	write(t, path, "[[operator]]\nname = \"Contoso Mail Filter\"\nrole = \"gateway\"\nmx = [\"filter.contoso.example\"]\n")
	if out := rejector(); !strings.Contains(out, "Contoso Mail Filter") {
		t.Errorf("the operator of the file is not named:\n%s", out)
	}
	write(t, path, "own_mta = [\"filter.contoso.example\"]\n")
	if out := rejector(); !strings.Contains(out, "our own side refused") {
		t.Errorf("the own MTA of the file is not taken for ours:\n%s", out)
	}
	if out := p.run("config", "--own-mta", "192.0.2.1"); out.code != 0 || !strings.Contains(out.stdout, "192.0.2.1, filter.contoso.example") {
		t.Errorf("config says %+v", out)
	}
	write(t, path, "\nown_mtas = []\n")
	p.run("report", "--offline", bounce).want(t, 2)
	if out := p.run("report", "--offline", bounce); !strings.Contains(out.stderr, `line 2: there is no key "own_mtas"`) {
		t.Errorf("a mistyped key: %s", out.stderr)
	}
	p.run("version").want(t, 0)
	example := p.run("config", "--example")
	example.want(t, 0)
	other := write(t, filepath.Join(p.home, "other.toml"), example.stdout)
	p.run("report", "--offline", "--config", other, bounce).want(t, 0)
	if out := p.run("report", "--offline", "--config", other+".gone", bounce); out.code != 2 || !strings.Contains(out.stderr, "there is no such file") {
		t.Errorf("a file that is not there: %+v", out)
	}
}
