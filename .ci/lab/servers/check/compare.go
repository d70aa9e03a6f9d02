package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sort"
	"strings"
	"time"
)

// reading is what is compared of a record, in the order of expected.tsv.
type reading struct {
	Recipient  string `json:"recipient"`
	Code       string `json:"reply_code"`
	Enhanced   string `json:"enhanced_code"`
	Reason     string `json:"reason"`
	Stage      string `json:"stage"`
	Remote     string `json:"remote_host"`
	Permanence string `json:"permanence"`
	Action     string `json:"action"`
	MessageID  string `json:"message_id"`
	NotABounce string `json:"not_a_bounce"`
}

var columns = []string{"recipient", "reply code", "enhanced code", "reason", "stage", "remote host", "permanence", "action", "message ID", "not a bounce"}

func (r *reading) cells() []*string {
	return []*string{&r.Recipient, &r.Code, &r.Enhanced, &r.Reason, &r.Stage, &r.Remote, &r.Permanence, &r.Action, &r.MessageID, &r.NotABounce}
}

// capture reads every file with the program.
func capture(binary string, files []file) (map[key][]reading, error) {
	out := map[key][]reading{}
	for _, f := range files {
		var stdout, stderr bytes.Buffer
		cmd := exec.Command(binary, "capture", "--json", f.path)
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		cmd.WaitDelay = time.Second
		err := cmd.Run()
		if _, exited := err.(*exec.ExitError); err != nil && !exited {
			return nil, err
		}
		dec := json.NewDecoder(&stdout)
		if _, ok := out[f.key]; !ok {
			out[f.key] = nil
		}
		for dec.More() {
			var r reading
			if err := dec.Decode(&r); err != nil {
				return nil, fmt.Errorf("%s: %w", f.path, err)
			}
			if !slices.Contains(out[f.key], r) {
				out[f.key] = append(out[f.key], r)
			}
		}
	}
	for _, rs := range out {
		sort.Slice(rs, func(i, j int) bool { return line(rs[i]) < line(rs[j]) })
	}
	return out, nil
}

func line(r reading) string {
	var cells []string
	for _, c := range r.cells() {
		cells = append(cells, cell(*c))
	}
	return strings.Join(cells, "\t")
}

// cell writes a value so that a table can hold it.
func cell(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}

const heading = "# What is right for each: case, server that sent, server that tells, kind of source, then\n# recipient, reply code, enhanced code, reason, stage, remote host, permanence, action, message ID, not a bounce.\n# a|b: the text settles it no further.\n"

// readExpected reads expected.tsv.
func readExpected(path string) (map[key][]reading, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	out := map[key][]reading{}
	for n, l := range strings.Split(string(raw), "\n") {
		if l == "" || l[0] == '#' {
			continue
		}
		cells := strings.Split(l, "\t")
		if len(cells) != 4+len(columns) {
			return nil, fmt.Errorf("%s, line %d: %d cells instead of %d", path, n+1, len(cells), 4+len(columns))
		}
		var r reading
		for i, c := range r.cells() {
			if *c = cells[4+i]; *c == "-" {
				*c = ""
			}
		}
		k := key{cells[0], cells[1], cells[2], cells[3]}
		out[k] = append(out[k], r)
	}
	for _, rs := range out {
		sort.Slice(rs, func(i, j int) bool { return line(rs[i]) < line(rs[j]) })
	}
	return out, nil
}

func writeExpected(path string, got map[key][]reading) error {
	var b strings.Builder
	b.WriteString(heading)
	for _, k := range sorted(got) {
		for _, r := range got[k] {
			fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\n", k.name, k.sender, k.server, k.kind, line(r))
		}
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

func sorted(m map[key][]reading) []key {
	var keys []key
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return strings.Compare(a.name+"\x00"+a.sender+"\x00"+a.server+"\x00"+a.kind, b.name+"\x00"+b.sender+"\x00"+b.server+"\x00"+b.kind)
	})
	return keys
}

// allowed reports whether a value is the expected one, or one of those that a
// careful reader may choose between: "userunknown|hostunknown".
func allowed(want, got string) bool {
	return slices.Contains(strings.Split(cell(want), "|"), cell(got))
}

// counts says how many recipients to wait for.
func counts(expected map[key][]reading) map[key]int {
	out := map[key]int{}
	for k, rs := range expected {
		out[k] = len(rs)
		if k.kind == logLines {
			out[k] = 1
		}
	}
	return out
}

// compare prints how many fields of each kind of source were read right, and each difference.
func compare(expected, got map[key][]reading) error {
	type tally struct{ right, of int }
	tallies := map[string][]tally{}
	var wrong []string
	differs := func(k key, format string, a ...any) {
		wrong = append(wrong, fmt.Sprintf("%s: %s", k, fmt.Sprintf(format, a...)))
	}
	for _, k := range sorted(expected) {
		server, _, isExim := strings.Cut(k.server, "-")
		who := "Postfix " + k.kind
		if isExim || server == "exim" {
			who = "Exim " + k.kind
		}
		if tallies[who] == nil {
			tallies[who] = make([]tally, len(columns)+1)
		}
		t := tallies[who]
		have := got[k]
		for i, want := range expected[k] {
			t[len(columns)].of++
			var r reading
			if i < len(have) {
				r = have[i]
			} else {
				differs(k, "nothing was read for %s", want.Recipient)
			}
			same := true
			w, g := want.cells(), r.cells()
			for c := range columns {
				t[c].of++
				if allowed(*w[c], *g[c]) {
					t[c].right++
					continue
				}
				same = false
				if i < len(have) {
					differs(k, "%s of %s is %q, expected %q", columns[c], want.Recipient, *g[c], *w[c])
				}
			}
			if same {
				t[len(columns)].right++
			}
		}
		for _, r := range have[min(len(have), len(expected[k])):] {
			differs(k, "unexpected %s", strings.ReplaceAll(line(r), "\t", " "))
		}
	}
	for _, k := range sorted(got) {
		if len(expected[k]) == 0 {
			differs(k, "unexpected source")
		}
	}
	names := append(slices.Clone(columns), "all of it")
	kinds := make([]string, 0, len(tallies))
	for k := range tallies {
		kinds = append(kinds, k)
	}
	sort.Strings(kinds)
	fmt.Printf("%-14s", "read right")
	for _, kind := range kinds {
		fmt.Printf("  %20s", kind)
	}
	fmt.Println()
	for c, name := range names {
		fmt.Printf("%-14s", name)
		for _, kind := range kinds {
			fmt.Printf("  %20s", fmt.Sprintf("%d/%d", tallies[kind][c].right, tallies[kind][c].of))
		}
		fmt.Println()
	}
	for _, w := range wrong {
		fmt.Println(w)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d differences", len(wrong))
	}
	return nil
}
