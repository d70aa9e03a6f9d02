package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/letters"
)

// maxEntries is how many names of the letters' folder are looked at.
const maxEntries = 1 << 10

// LetterFolder gives the folder of the installation's own letters, from the
// config file's folder on; empty where it has none.
func (c Config) LetterFolder() string {
	if c.Letters == "" || filepath.IsAbs(c.Letters) {
		return c.Letters
	}
	return filepath.Join(filepath.Dir(c.Path), c.Letters)
}

// LetterTexts gives the embedded letters with those of the folder in their
// place, tried with a sample case; nil where there is no folder. Errors name
// file and line. Files that do not end in .txt are left alone.
func (c Config) LetterTexts() (*letters.Set, error) {
	folder := c.LetterFolder()
	if folder == "" {
		return nil, nil
	}
	own, err := readLetters(folder)
	if err != nil {
		return nil, fmt.Errorf("letters in %s: %w", folder, err)
	}
	set, err := letters.New(own)
	if err == nil {
		err = diagnose.TryLetters(set)
	}
	if err != nil {
		return nil, fmt.Errorf("letters in %s: %w", folder, err)
	}
	return set, nil
}

func readLetters(folder string) (map[string]string, error) {
	dir, err := os.Open(folder)
	if err != nil {
		return nil, plainError(err)
	}
	defer dir.Close()
	entries, err := dir.ReadDir(maxEntries)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, plainError(err)
	}
	if len(entries) == maxEntries {
		return nil, fmt.Errorf("more than %d files: name a folder of its own", maxEntries-1)
	}
	names, own := letters.Names(), map[string]string{}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".txt") || strings.HasPrefix(name, ".") {
			continue
		}
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("there is no letter %q; there are %s", name, strings.Join(names, ", "))
		}
		if own[name], err = readLetter(filepath.Join(folder, name)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, plainError(err))
		}
	}
	return own, nil
}

// readLetter reads a file, and nothing that could keep it waiting.
func readLetter(path string) (string, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: path, Err: errors.New("it is no file")}
	}
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, letters.MaxFile+1)) // one byte more is refused by who parses it
	return string(raw), err
}
