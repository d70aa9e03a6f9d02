// Package casetest reads the case files of testdata/cases for tests: a bounce,
// the zones that answer for it, whose hosts are ours, what people answered, and
// what the program is to say of it.
package casetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/dnsx/dnstest"
)

// Day is the day on which the bounces of the case files fall, and on which
// their answers were given.
var Day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// Setting is what a case file gives to a session.
type Setting struct {
	Name     string
	Bounce   []byte
	Also     [][]byte // messages added to the case after it: sections also, also-2, ...
	Zones    *dnstest.Zones
	Own      []string // hosts, domains and networks of the sender
	Siblings int      // recipients of the domain that failed alike; 0 for none
	Answers  []diagnose.AnswerRecorded
	Lab      []string             // where an attempt may go, "198.51.100.10:25"
	Retry    string               // what is tried: section retry, read by whoever runs it
	Seen     []diagnose.DNSPasted // DNS of other machines: sections seen, seen-2, ...
}

// Files lists the case files below the root of the module.
func Files(root string) ([]string, error) {
	return filepath.Glob(filepath.Join(root, "testdata/cases/*.txtar"))
}

// Name gives what a case file is called in tests: its name without what says
// which kind of case it is, "like-" for a row of what looks like an unknown
// user, "worked-" for one that is told whole.
func Name(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), ".txtar")
	for _, kind := range []string{"like-", "worked-"} {
		name = strings.TrimPrefix(name, kind)
	}
	return name
}

// Read gives the setting of a case file. Its zones are files of testdata/zones
// below root, and what the case itself adds.
func Read(root, name string, a Archive) (Setting, error) {
	s := Setting{Name: name}
	text, _ := a.Section("bounce")
	s.Bounce = []byte(text)
	for _, section := range a.names {
		if strings.HasPrefix(section, "also") {
			s.Also = append(s.Also, []byte(a.text[section]))
		}
		if strings.HasPrefix(section, "seen") {
			seen, err := parseSeen(a.text[section])
			if err != nil {
				return s, err
			}
			s.Seen = append(s.Seen, seen)
		}
	}
	var zone strings.Builder
	settings, _ := a.Section("settings")
	for line := range strings.Lines(settings) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch value = strings.TrimSpace(value); key {
		case "zones":
			for _, z := range strings.Fields(value) {
				part, err := os.ReadFile(filepath.Join(root, "testdata/zones", z+".zone"))
				if err != nil {
					return s, err
				}
				zone.Write(part)
			}
		case "own":
			s.Own = strings.Fields(value)
		case "lab":
			s.Lab = strings.Fields(value)
		case "siblings":
			if _, err := fmt.Sscan(value, &s.Siblings); err != nil {
				return s, err
			}
		case "":
		default:
			return s, fmt.Errorf("no such setting: %q", key)
		}
	}
	part, _ := a.Section("zone")
	zone.WriteString(part)
	var err error
	if s.Zones, err = dnstest.ParseZones(strings.NewReader(zone.String()), name); err != nil {
		return s, err
	}
	s.Retry, _ = a.Section("retry")
	said, _ := a.Section("answers")
	for line := range strings.Lines(said) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		answer, err := parseAnswer(line)
		if err != nil {
			return s, err
		}
		s.Answers = append(s.Answers, answer)
	}
	return s, nil
}

// parseAnswer reads "09:25 exact_address yes recipient_admin Dana Ito": when on
// Day in UTC, which question, what, by what right, who.
func parseAnswer(line string) (diagnose.AnswerRecorded, error) {
	f := strings.Fields(line)
	if len(f) < 5 {
		return diagnose.AnswerRecorded{}, fmt.Errorf("answer %q: want a time, a question, a value, a role and a name", line)
	}
	at, err := time.Parse("15:04", f[0])
	if err != nil {
		return diagnose.AnswerRecorded{}, err
	}
	return diagnose.AnswerRecorded{
		When:     Day.Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute),
		Question: diagnose.QuestionID(f[1]), Value: diagnose.AnswerValue(f[2]), Role: diagnose.Role(f[3]),
		Who: safe.Untrusted(strings.Join(f[4:], " ")),
	}, nil
}

// parseSeen reads "09:20 mail1.sender.example Casey Doe" and, below it, what a
// tool printed there: when on Day in UTC it was pasted, where it was taken, who
// says so.
func parseSeen(text string) (diagnose.DNSPasted, error) {
	head, output, _ := strings.Cut(text, "\n")
	f := strings.Fields(head)
	if len(f) < 3 {
		return diagnose.DNSPasted{}, fmt.Errorf("view %q: want a time, a host and a name", head)
	}
	at, err := time.Parse("15:04", f[0])
	if err != nil {
		return diagnose.DNSPasted{}, err
	}
	when := Day.Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
	return diagnose.Pasted(safe.Untrusted(f[1]), safe.Untrusted(strings.Join(f[2:], " ")), when, []byte(output)), nil
}

// Archive is a text archive: a comment, then sections that begin with
// "-- name --" lines.
type Archive struct {
	Comment string
	names   []string
	text    map[string]string
}

// Parse splits a text archive.
func Parse(s string) Archive {
	a := Archive{text: map[string]string{}}
	name := ""
	for line := range strings.Lines(s) {
		trimmed := strings.TrimRight(line, "\r\n")
		if rest, ok := strings.CutPrefix(trimmed, "-- "); ok && strings.HasSuffix(rest, " --") && !strings.Contains(strings.TrimSuffix(rest, " --"), " ") {
			name = strings.TrimSuffix(rest, " --")
			a.names = append(a.names, name)
			a.text[name] = ""
			continue
		}
		if name == "" {
			a.Comment += line
			continue
		}
		a.text[name] += line
	}
	return a
}

// Section gives the text of a section; false where there is none.
func (a Archive) Section(name string) (string, bool) {
	s, ok := a.text[name]
	return s, ok
}

// Set replaces the text of a section, or adds it at the end.
func (a *Archive) Set(name, text string) {
	if _, ok := a.text[name]; !ok {
		a.names = append(a.names, name)
	}
	a.text[name] = text
}

// String writes the archive as Parse reads it.
func (a Archive) String() string {
	var b strings.Builder
	b.WriteString(a.Comment)
	for _, name := range a.names {
		fmt.Fprintf(&b, "-- %s --\n%s", name, a.text[name])
	}
	return b.String()
}
