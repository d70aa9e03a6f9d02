// Command tickets scores the whole program on labelled failures: who refused,
// why, and whether its advice would have done harm.
//
//	go run ./tickets [-v] BINARY TICKETS.jsonl
//
// Each ticket is read twice by `BINARY report --format json`: once with the text alone
// (--offline -), once with what DNS held and which hosts were ours (--resolver zone:FILE
// --own-mta ...). A ticket is counted for the second table where its text or its facts
// let an expert decide; the first table counts all of them for wrong answers.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// ticket is one labelled failure.
type ticket struct {
	ID         string   `json:"id"`
	Text       string   `json:"bounce_text"`
	Cause      string   `json:"true_cause"`
	Acceptable []string `json:"also_acceptable"`
	Rejector   string   `json:"rejector"`
	Decidable  string   `json:"decidable"` // text, facts or no
	Facts      struct {
		Zone string   `json:"zone"`
		Own  []string `json:"own_mtas"`
	} `json:"facts"`
}

// answer is what is used of one case of the report.
type answer struct {
	Outcome  string `json:"outcome"`
	Rejector struct {
		Kind     string `json:"kind"`
		Evidence []struct {
			Sign string `json:"sign"`
		} `json:"evidence"`
	} `json:"rejector"`
	Causes []struct {
		Cause string `json:"cause"`
	} `json:"causes"`
	Cluster struct {
		Advice string `json:"advice"`
	} `json:"cluster"`
	Steps []struct {
		Step  string `json:"step"`
		State string `json:"state"`
		Next  string `json:"next"`
	} `json:"steps"`
	Letter struct {
		To   string `json:"to"`
		Body string `json:"body"`
	} `json:"letter"`
}

// tally counts one way of asking.
type tally struct {
	name                              string
	all, read, counted                int
	right, wrong, unknown, unnamed    int
	first, firstThree, bad, wrongElse int
}

func main() {
	verbose := flag.Bool("v", false, "print each ticket that is not right")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: tickets [-v] BINARY TICKETS.jsonl")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), flag.Arg(1), *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "tickets:", err)
		os.Exit(1)
	}
}

func run(binary, path string, verbose bool) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	tickets, err := load(path)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tickets")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, facts := range []bool{false, true} {
		sum := tally{name: "text alone"}
		if facts {
			sum.name = "with facts"
		}
		for _, t := range tickets {
			got, err := ask(binary, dir, t, facts)
			if err != nil {
				return fmt.Errorf("%s: %w", t.ID, err)
			}
			if note := sum.add(t, got, facts); note != "" && verbose {
				fmt.Printf("%s %s (decidable: %s): %s: %.90q\n", sum.name, t.ID, t.Decidable, note, t.Text)
			}
		}
		sum.print(facts)
	}
	return nil
}

func load(path string) ([]ticket, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []ticket
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var t ticket
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, lines.Err()
}

// ask gives the first case of the report; nil when the text was not read.
func ask(binary, dir string, t ticket, facts bool) (*answer, error) {
	args := []string{"report", "--format", "json"}
	if facts {
		zone := filepath.Join(dir, t.ID+".zone")
		if err := os.WriteFile(zone, []byte(t.Facts.Zone), 0o600); err != nil {
			return nil, err
		}
		args = append(args, "--resolver", "zone:"+zone)
		for _, own := range t.Facts.Own {
			args = append(args, "--own-mta", own)
		}
	} else {
		args = append(args, "--offline")
	}
	cmd := exec.Command(binary, append(args, "-")...)
	cmd.Stdin = strings.NewReader(t.Text)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	line, _, _ := bytes.Cut(out.Bytes(), []byte("\n"))
	if len(line) == 0 {
		if _, exited := err.(*exec.ExitError); err != nil && !exited {
			return nil, err
		}
		return nil, nil
	}
	got := &answer{}
	return got, json.Unmarshal(line, got)
}

func (s *tally) add(t ticket, got *answer, facts bool) string {
	s.all++
	decidable := t.Decidable == "text" || facts && t.Decidable == "facts"
	if decidable {
		s.counted++
	}
	if got == nil {
		return "not read"
	}
	s.read++
	var notes []string
	kind := got.Rejector.Kind
	switch {
	case kind == "unknown":
		if decidable {
			s.unknown++
			notes = append(notes, "rejector unknown, was "+t.Rejector)
		}
		if !slices.ContainsFunc(got.Rejector.Evidence, func(e struct {
			Sign string `json:"sign"`
		}) bool {
			return e.Sign == "missing"
		}) {
			s.unnamed++
			notes = append(notes, "unknown without saying what is missing")
		}
	case kind == t.Rejector:
		if decidable {
			s.right++
		}
	default:
		if decidable {
			s.wrong++
		} else {
			s.wrongElse++
		}
		notes = append(notes, "rejector "+kind+", was "+t.Rejector)
	}
	accept := append([]string{t.Cause}, t.Acceptable...)
	var names []string
	for _, c := range got.Causes {
		names = append(names, c.Cause)
	}
	place := slices.IndexFunc(names, func(c string) bool { return slices.Contains(accept, c) })
	if decidable {
		if place == 0 {
			s.first++
		} else {
			notes = append(notes, fmt.Sprintf("causes %v, was %v", names, accept))
		}
		if place >= 0 && place < 3 {
			s.firstThree++
		}
	}
	if why := harmful(t, got); why != "" {
		s.bad++
		notes = append(notes, "bad advice: "+why)
	}
	return strings.Join(notes, "; ")
}

// goodAddress are the causes of which the address itself is not at fault.
var goodAddress = []string{"own_mta_routing", "suppression_local", "negative_cache", "gateway_recipient_map_stale", "tenant_or_accepted_domain",
	"mx_changed_or_wrong_route", "route_target_wrong", "split_delivery_or_internal_relay", "policy_or_auth", "reputation_or_blocklist", "alias_or_group_missing"}

// harmful says why following the advice would have done harm: an address given
// up that was good, a removal or a retry before its time, or a letter to people
// who can do nothing.
func harmful(t ticket, got *answer) string {
	good := slices.Contains(goodAddress, t.Cause) && !slices.Contains(t.Acceptable, "user_absent")
	if good && strings.Contains(got.Outcome, "does_not_exist") {
		return "outcome " + got.Outcome
	}
	said := []string{got.Cluster.Advice}
	for _, s := range got.Steps {
		said = append(said, s.Next)
		if (s.Step == "retry" || s.Step == "suppression") && (s.State == "active" || s.State == "answered") && strings.Contains(strings.ToLower(s.Next), "remove it") {
			return s.Step + " offered before a confirmation: " + s.Next
		}
	}
	ours := got.Rejector.Kind == "own_mta" || got.Rejector.Kind == "sending_platform"
	for _, text := range said {
		low := strings.ToLower(text)
		if good && ours && (strings.Contains(low, "typo") || strings.Contains(low, "stale contact") || strings.Contains(low, "remove the address") || strings.Contains(low, "correct the address")) {
			return fmt.Sprintf("%q although %s refused", text, got.Rejector.Kind)
		}
		if good && (strings.Contains(low, "remove the address") || strings.Contains(low, "delete the address")) {
			return fmt.Sprintf("%q", text)
		}
	}
	if ours && strings.Contains(strings.ToLower(got.Letter.To), "postmaster@") {
		return "a letter to " + got.Letter.To + " although " + got.Rejector.Kind + " refused"
	}
	return ""
}

func (s *tally) print(facts bool) {
	share := func(n int) string {
		return fmt.Sprintf("%d of %d (%.0f%%)", n, s.counted, 100*float64(n)/float64(max(1, s.counted)))
	}
	fmt.Printf("%s: read %d of %d; decidable %d\n", s.name, s.read, s.all, s.counted)
	fmt.Printf("  rejector right %s, wrong %d (and %d where nothing decides), unknown %d, unknown without what is missing %d\n", share(s.right), s.wrong, s.wrongElse, s.unknown, s.unnamed)
	fmt.Printf("  cause first %s, among the first three %s\n", share(s.first), share(s.firstThree))
	fmt.Printf("  bad advice %d\n", s.bad)
}
