package main

import (
	"path/filepath"
	"testing"
)

// TestTables holds the tables readable where the servers cannot run.
func TestTables(t *testing.T) {
	mails, err := readCases(filepath.Join("..", "cases.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	expected, err := readExpected(filepath.Join("..", "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	sent := map[key]bool{}
	for _, m := range mails {
		sent[key{name: m.name, sender: m.server}] = true
	}
	told := map[key]bool{}
	for k := range expected {
		id := key{name: k.name, sender: k.sender}
		told[id] = true
		if !sent[id] {
			t.Errorf("%s is expected and never sent", k)
		}
		if _, ok := servers[k.server]; !ok {
			t.Errorf("%s: there is no such server", k)
		}
	}
	for id := range sent {
		if !told[id] {
			t.Errorf("nothing is expected of %s from %s", id.name, id.sender)
		}
	}
}

func TestLinesOf(t *testing.T) {
	log := `2026-11-23 14:00:00 1xVVEx-0005Ny-2y <= a.exim-out@sender.test H=(lab) [127.0.0.1] P=esmtp S=300 id=a.exim-out@sender.test
2026-11-23 14:00:01 1xVVEx-0005Ny-2y ** gone@x.test: Unrouteable address
2026-11-23 14:00:01 1xVVEy-0005Nz-00 <= <> R=1xVVEx-0005Ny-2y U=Debian-exim P=local S=1500
2026-11-23 14:00:01 1xVVEy-0005Nz-00 => a.exim-out <a.exim-out@sender.test> R=mailbox T=mailbox
2026-11-23 14:00:02 H=(lab) [127.0.0.1] F=<b.out@sender.test> rejected RCPT <gone@x.test>: Unrouteable address
2026-11-23 14:00:03 1xVVEz-0005O0-11 H=(lab) [127.0.0.1] F=<c.out@sender.test> rejected after DATA: no
`
	got := linesOf(log, "exim-mx")
	want := map[string]int{"a.exim-out@sender.test": 2, "b.out@sender.test": 1, "c.out@sender.test": 1}
	for from, n := range want {
		lines := 0
		for _, c := range got[from] {
			if c == '\n' {
				lines++
			}
		}
		if lines != n {
			t.Errorf("%s has %d lines, want %d:\n%s", from, lines, n, got[from])
		}
	}
	if len(got) != len(want) {
		t.Errorf("lines of %d senders, want %d", len(got), len(want))
	}
}
