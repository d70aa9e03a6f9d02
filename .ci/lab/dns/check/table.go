package main

import (
	"fmt"
	"os"
	"strings"
)

// zone is one row of zones.tsv.
type zone struct {
	name    string
	file    string
	servers []string // last number of 127.0.0.N
	signing string
	asks    string // the server that Unbound asks, or dead
	written string // the file that is served
}

// testCase is one row of cases.tsv.
type testCase struct {
	domain    string
	transport string
	expect    []string
}

func readZones(path string) ([]zone, error) {
	rows, err := rows(path, 5)
	var out []zone
	for _, r := range rows {
		out = append(out, zone{name: r[0], file: r[1], servers: strings.Fields(r[2]), signing: r[3], asks: r[4]})
	}
	return out, err
}

func readCases(path string) ([]testCase, error) {
	rows, err := rows(path, 3)
	var out []testCase
	for _, r := range rows {
		for _, transport := range strings.Fields(r[1]) {
			out = append(out, testCase{domain: r[0], transport: transport, expect: strings.Fields(r[2])})
		}
	}
	return out, err
}

// rows reads a table of n columns with tabs between; # begins a comment line.
func rows(path string, n int) ([][]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out [][]string
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != n {
			return nil, fmt.Errorf("%s:%d: %d columns, want %d", path, i+1, len(fields), n)
		}
		out = append(out, fields)
	}
	return out, nil
}
