// Package parse holds deadletter's reader of bounces against other programs
// that take mail apart: how fast, and whether they find the same.
package parse

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// now resolves log times that have no year.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// message is one input with the name of its file.
type message struct {
	name string
	raw  []byte
}

var (
	root     = filepath.Join("..", "..", "..")
	samples  = filepath.Join(root, "testdata", "bounces")
	labelled = filepath.Join(root, "..", "shared", "corpus", "set-of-emails", "maildir")
)

// messages reads every file below a folder whose name ends so.
func messages(t testing.TB, folder, ending string) []message {
	t.Helper()
	var out []message
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !bytes.HasSuffix([]byte(path), []byte(ending)) {
			return err
		}
		raw, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		out = append(out, message{filepath.ToSlash(name), raw})
		return err
	})
	if err != nil {
		t.Skipf("there are no messages to read: %v", err)
	}
	return out
}
