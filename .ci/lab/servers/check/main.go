// Check sends the mail of cases.tsv through the servers of the lab, waits for the
// bounces, and compares what deadletter reads from each notification and each log
// with expected.tsv. It ends with 1 on a difference.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	var (
		dir    = flag.String("dir", "", "folder of the running servers, made by ./packages")
		here   = flag.String("tables", ".", "folder with cases.tsv and expected.tsv")
		binary = flag.String("deadletter", "", "the program to check")
		out    = flag.String("out", "", "folder to keep notifications and log lines in")
		update = flag.Bool("update", false, "write expected.tsv anew from what was read")
		again  = flag.Bool("again", false, "send nothing: read what the folder out holds from a run before")
		wait   = flag.Duration("wait", 60*time.Second, "how long to wait for the bounces")
	)
	flag.Parse()
	table := filepath.Join(*here, "expected.tsv")
	files, err := kept(*out)
	if !*again {
		files, err = bounces(*dir, *here, table, *out, *update, *wait)
	}
	if err == nil {
		err = check(*binary, table, files, *update)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bounces sends the mail and waits for what comes of it.
func bounces(dir, here, table, out string, update bool, wait time.Duration) ([]file, error) {
	mails, err := readCases(filepath.Join(here, "cases.tsv"))
	if err != nil {
		return nil, err
	}
	var want map[key]int // nil: whatever comes
	if !update {
		expected, err := readExpected(table)
		if err != nil {
			return nil, err
		}
		want = counts(expected)
	}
	for _, m := range mails {
		if err := m.send(); err != nil {
			return nil, fmt.Errorf("%s through %s: %w", m.name, m.server, err)
		}
	}
	sources, err := collect(dir, mails, want, wait)
	if err != nil {
		return nil, err
	}
	return keep(out, sources)
}

// check reads every file with the program and compares.
func check(binary, table string, files []file, update bool) error {
	got, err := capture(binary, files)
	if err != nil {
		return err
	}
	if update {
		return writeExpected(table, got)
	}
	expected, err := readExpected(table)
	if err != nil {
		return err
	}
	return compare(expected, got)
}
