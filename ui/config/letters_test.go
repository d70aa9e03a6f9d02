package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deadletter/diagnose/letters"
)

// TestLetterFolder: texts of the folder beside the config file replace those of
// the program; what is wrong with one is said with file and line.
func TestLetterFolder(t *testing.T) {
	dir := t.TempDir()
	c := Config{Path: filepath.Join(dir, "config.toml"), Letters: "letters"}
	folder := filepath.Join(dir, "letters")
	if c.LetterFolder() != folder || (Config{Letters: folder}).LetterFolder() != folder {
		t.Errorf("the folder is %s", c.LetterFolder())
	}
	if set, err := (Config{}).LetterTexts(); set != nil || err != nil {
		t.Errorf("without a folder: %v, %v", set, err)
	}
	wants := func(want string) {
		t.Helper()
		if _, err := c.LetterTexts(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	wants("there is no such file")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("own.txt~", "{{nonsense")
	put(".own.txt", "{{nonsense")
	put("notes.md", "{{nonsense")
	put("own.txt", "Subject: {{.Short}} at home\n\n{{.OurEvidence}}\n")
	set, err := c.LetterTexts()
	if err != nil {
		t.Fatal(err)
	}
	if subject, _ := set.Letter("own.txt", letters.Sample()); subject != "robin.hale@contoso.example at home" {
		t.Errorf("the subject is %q", subject)
	}
	put("own.txt", "Subject: x\n\n{{.Adress}}\n")
	wants("own.txt:3:2: there is no field .Adress")
	put("own.txt", "Subject: x\n\n"+strings.Repeat("a line\n", 30))
	wants("own.txt comes to 30 lines")
	put("own.txt", strings.Repeat("x", letters.MaxFile+9))
	wants("own.txt is larger than 65536 bytes")
	put("own.txt", "Subject: x\n\n{{if .Host}}")
	wants("own.txt:3: unexpected EOF")
	if err := os.Remove(filepath.Join(folder, "own.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "own.txt"), 0o700); err != nil {
		t.Fatal(err)
	}
	wants("own.txt: it is no file")
	if err := os.Remove(filepath.Join(folder, "own.txt")); err != nil {
		t.Fatal(err)
	}
	put("onw.txt", "")
	wants(`there is no letter "onw.txt"; there are arrived.txt`)
}

// TestAllOwnTexts: what the program writes out to begin from is taken back as
// it is.
func TestAllOwnTexts(t *testing.T) {
	dir := t.TempDir()
	for _, name := range letters.Names() {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(letters.Embedded(name), "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := (Config{Letters: dir}).LetterTexts(); err != nil {
		t.Error(err)
	}
}
