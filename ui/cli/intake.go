package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"deadletter/diagnose"
	"deadletter/diagnose/bounce"
	"deadletter/diagnose/safe"
)

// Bounds of an intake. A file larger than a reader takes is read to one byte
// more, so that the reader sees that it was cut.
const (
	maxInputBytes = 25 << 20
	maxInputFiles = 100_000
)

// input is one file of an intake.
type input struct {
	path string // as given; joined to the folder's path for files in a folder; "-" for standard input
	raw  []byte
	err  error
}

// inputs gives the files behind the paths in order, each read when it is its
// turn. Folders are walked by name.
func inputs(paths []string, stdin io.Reader) func(yield func(input) bool) {
	return func(yield func(input) bool) {
		count := 0
		for _, path := range paths {
			if path == "-" {
				raw, err := readBounded(stdin)
				if !yield(input{path, raw, err}) {
					return
				}
				continue
			}
			info, err := os.Stat(path)
			if err != nil || !info.IsDir() {
				if !yield(readInput(path)) {
					return
				}
				continue
			}
			stopped := false
			walk := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
				switch {
				case err != nil:
					if !yield(input{path: p, err: readError(p, err)}) {
						stopped = true
						return fs.SkipAll
					}
					return nil
				case d.IsDir() || !d.Type().IsRegular():
					return nil
				case count >= maxInputFiles:
					yield(input{path: p, err: fmt.Errorf("more than %d files; the rest is left out", maxInputFiles)})
					stopped = true
					return fs.SkipAll
				}
				count++
				if !yield(readInput(p)) {
					stopped = true
					return fs.SkipAll
				}
				return nil
			})
			if stopped {
				return
			}
			if walk != nil && !yield(input{path: path, err: readError(path, walk)}) {
				return
			}
		}
	}
}

func readInput(path string) input {
	f, err := os.Open(path)
	if err != nil {
		return input{path: path, err: readError(path, err)}
	}
	defer f.Close()
	raw, err := readBounded(f)
	if err != nil {
		err = readError(path, err)
	}
	return input{path, raw, err}
}

func readBounded(r io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, maxInputBytes+1))
}

// readError says what is so and what to do.
func readError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such file", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: you may not read this file", path)
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("%s: this is a folder", path)
	}
	return fmt.Errorf("%s cannot be read: %w", path, err)
}

// ours says what a bounce is checked against to show that it answers mail of
// ours. An entry of --own-mta may be a host, a domain or an address.
func ours(own []string) bounce.Ours { return bounce.Ours{Domains: own, Hosts: own} }

// group is what becomes one case: the failures of one recipient in the order read.
type group struct {
	recipient safe.Untrusted
	bounces   []capturedBounce
}

type capturedBounce struct {
	source string
	raw    []byte
	report bounce.Report
}

// gather sorts reports into cases by recipient. Reports without a recipient
// join the only case there is, else stand alone.
func gather(list []capturedBounce) []group {
	var groups []group
	index := map[string]int{}
	for _, b := range list {
		key := diagnose.RecipientKey(b.report.Recipient.Value)
		if i, ok := index[key]; ok && key != "" {
			groups[i].bounces = append(groups[i].bounces, b)
			continue
		}
		index[key] = len(groups)
		groups = append(groups, group{recipient: b.report.Recipient.Value, bounces: []capturedBounce{b}})
	}
	return joinNameless(groups)
}

// joinNameless adds bounces without a recipient to the only case that has one.
func joinNameless(groups []group) []group {
	named := slices.IndexFunc(groups, func(g group) bool { return g.recipient != "" })
	for i, g := range groups {
		if i != named && g.recipient != "" {
			return groups
		}
	}
	if named < 0 || len(groups) == 1 {
		return groups
	}
	one := groups[named]
	for i, g := range groups {
		if i != named {
			one.bounces = append(one.bounces, g.bounces...)
		}
	}
	return []group{one}
}
