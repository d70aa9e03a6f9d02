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

// TestOwnLetters: the texts are written out to begin from, a changed one is
// used, and a mistake in one is said before any bounce is read.
func TestOwnLetters(t *testing.T) {
	p := newPlace(t)
	bounce := write(t, filepath.Join(p.home, "bounce.txt"), "host mx1.contoso.example[198.51.100.77] said: 550 5.1.1 <robin@contoso.example>: Recipient address rejected: User unknown (in reply to RCPT TO command)\n")
	folder := filepath.Join(p.home, "conf", "letters")
	out := p.run("config", "--letters", folder)
	out.want(t, 0)
	if !strings.Contains(out.stdout, "recipient.txt: written") {
		t.Errorf("config --letters says %s", out.stdout)
	}
	config := write(t, filepath.Join(p.home, "conf", "config.toml"), "letters = \"letters\"\n")
	report := func() ended {
		t.Helper()
		return p.run("report", "--offline", "--format", "eml", "--config", config, bounce)
	}
	before := report()
	if !strings.Contains(before.stdout, "1. Is exactly robin@contoso.example accepted") {
		t.Fatalf("the texts as written out: %+v", before)
	}
	write(t, filepath.Join(folder, "recipient.txt"), "Subject: Bounce of {{.Short}}\n\nDear postmaster,\n{{.Questions}}\n\n{{.Evidence}}\n")
	if out := report(); !strings.Contains(out.stdout, "Subject: Bounce of robin@contoso.example") || !strings.Contains(out.stdout, "Dear postmaster,\r\n1. Is exactly") {
		t.Errorf("the text of the folder is not used: %+v", out)
	}
	again := p.run("config", "--letters", folder)
	again.want(t, 0)
	if !strings.Contains(again.stdout, "recipient.txt: there already, left as it is") || !strings.Contains(read(t, filepath.Join(folder, "recipient.txt")), "Dear postmaster") {
		t.Errorf("a changed text was written over: %s", again.stdout)
	}
	if out := p.run("config", "--config", config); !strings.Contains(out.stdout, "letters     "+folder) {
		t.Errorf("config says %s", out.stdout)
	}
	write(t, filepath.Join(folder, "recipient.txt"), "Subject: Bounce\n\nDear {{.Postmaster}},\n")
	if out := report(); out.code != 2 || !strings.Contains(out.stderr, "recipient.txt:3:7: there is no field .Postmaster") {
		t.Errorf("a mistake in a text: %+v", out)
	}
	p.run("config", "--letters", bounce).want(t, 4)
	p.run("config", "--letters", folder, "--example").want(t, 2)
}

// TestChosenLetter: report writes the letter that is asked for, where it fits.
func TestChosenLetter(t *testing.T) {
	p, bounce := newPlace(t), filepath.Join(root, "testdata", "demo", "bounce.eml")
	zones := "zone:" + filepath.Join(root, "testdata", "demo", "zones.txt")
	out := p.run("report", "--resolver", zones, "--letter", "gateway", bounce)
	if !strings.Contains(out.stdout, "Subject: Recipient list of your filter") || !strings.Contains(out.stdout, "To: <postmaster@contoso.example>") {
		t.Errorf("%+v", out)
	}
	if out := p.run("report", "--resolver", zones, bounce); !strings.Contains(out.stdout, "letter   gateway, to whoever runs SpamHero for contoso.example") {
		t.Errorf("the text does not name the letters:\n%s", out.stdout)
	}
	if out := p.run("report", "--resolver", zones, "--letter", "own", bounce); out.code == 0 || !strings.Contains(out.stderr, "this case has no letter own; it has recipient, gateway") {
		t.Errorf("%+v", out)
	}
	if out := p.run("report", "--letter", "nope", bounce); out.code != 2 || !strings.Contains(out.stderr, `there is no letter "nope"`) {
		t.Errorf("%+v", out)
	}
	p.run("report", "--letter", "own", "--format", "json", bounce).want(t, 2)
}
