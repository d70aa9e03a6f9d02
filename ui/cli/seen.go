package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
	"deadletter/dnsx/pasted"
	"deadletter/dnsx/survey"
	"deadletter/ui"
)

// readSeen says what a text holds of the output of DNS tools; DNS is not set
// where that is nothing.
func (d *desk) readSeen(raw []byte) ui.Reading {
	r := pasted.Read(raw, d.now())
	if len(r.Seen) == 0 && !r.Recognised() {
		return ui.Reading{}
	}
	out := ui.Reading{DNS: true, Recognised: r.Recognised() && len(r.Seen) > 0, Place: safe.Of(r.Host)}
	out.Headline = "What a DNS tool printed. Where was it taken?"
	tool := pasted.Tool("")
	for _, s := range r.Seen {
		if s.Tool != "" {
			tool = s.Tool
		}
		out.Fields = append(out.Fields, diagnose.FieldLine{Label: safe.Of(string(s.Answer.Question.Type)), Value: seenLine(s)})
	}
	if tool != "" {
		out.Headline = safe.Textf("%s output. Where was it taken?", string(tool))
	}
	if len(r.Seen) == 0 {
		out.Headline = "What a DNS tool printed, and no answer can be read in it."
	}
	for _, f := range r.Findings {
		out.Missing = append(out.Missing, diagnose.Finding{Sign: diagnose.Missing, Claim: safe.Textf("line %d: %s", f.Line, f.What)})
	}
	out.Enough = "It is added to the case that is open, once you say on which host it was run."
	return out
}

// seenLine words one answer: the name, what became of it, the data.
func seenLine(s pasted.Seen) safe.Text {
	line := safe.Textf("%s: %s", s.Answer.Question.Name, string(s.Answer.Outcome))
	for i, r := range s.Answer.Records {
		if i == 3 {
			return safe.Textf("%s and %d more", line, len(s.Answer.Records)-i)
		}
		line = safe.Textf("%s, %s", line, survey.Data(r))
	}
	return line
}

// readViews reads the files of --dns-seen HOST=FILE.
func readViews(list []string, env Environment) ([]diagnose.DNSPasted, error) {
	var out []diagnose.DNSPasted
	for _, s := range list {
		host, path, ok := strings.Cut(s, "=")
		if !ok || path == "" || !dnsx.IsHostname(dnsx.CanonicalName(host)) {
			return nil, fail(exitUsage, "--dns-seen mail1.sender.example=dig.txt", "--dns-seen %q is not HOST=FILE", s)
		}
		view, err := readView(host, path, env)
		if err != nil {
			return nil, err
		}
		out = append(out, view)
	}
	return out, nil
}

// readView reads what a DNS tool printed on a host. "-" is standard input.
func readView(host, path string, env Environment) (diagnose.DNSPasted, error) {
	in, when := env.Stdin, env.Now()
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return diagnose.DNSPasted{}, &exitError{code: exitUnreadable, err: fmt.Errorf("%s: %w", path, readError(err))}
		}
		defer f.Close()
		in = f
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.ModTime().Before(when) {
			when = info.ModTime() // when it was taken, as near as a file tells
		}
	}
	text, err := io.ReadAll(io.LimitReader(in, pasted.MaxText+1))
	if err != nil {
		return diagnose.DNSPasted{}, &exitError{code: exitUnreadable, err: fmt.Errorf("%s: %w", path, readError(err))}
	}
	view := diagnose.Pasted(safe.Untrusted(host), safe.Untrusted(userName(env.Getenv)), when, text)
	if len(view.Reading.Seen) == 0 {
		why := "no answer of a DNS tool is in it"
		if n := len(view.Reading.Findings); n > 0 {
			why = view.Reading.Findings[n-1].What
		}
		return view, fail(exitUnreadable, "the whole output: dig -t MX -q example.com", "%s: %s", path, safe.Of(why))
	}
	return view, nil
}

// about reports whether a view tells anything of a domain's mail.
func about(view diagnose.DNSPasted, domain string) bool {
	for _, s := range view.Reading.Seen {
		if s.Answer.Question.Name == domain {
			return true
		}
	}
	return false
}

// recordViews adds the views to a case that they tell something about.
func recordViews(ctx context.Context, s *caseSession, views []diagnose.DNSPasted, recipient safe.Untrusted) (used int, err error) {
	_, domain := diagnose.AddressDomain(recipient)
	var errs []error
	for _, view := range views {
		if !about(view, domain) {
			continue
		}
		used++
		errs = append(errs, s.Session.Record(ctx, view))
	}
	return used, errors.Join(errs...)
}

// namedViews reads the files of --seen: HOST=FILE, or a file alone, whose host is
// the one that the prompt in it names.
func namedViews(list []string, env Environment) ([]diagnose.DNSPasted, error) {
	var out []diagnose.DNSPasted
	for i, s := range list {
		host, path, ok := strings.Cut(s, "=")
		if !ok || !dnsx.IsHostname(dnsx.CanonicalName(host)) {
			host, path = "", s
		}
		view, err := readView(host, path, env)
		if err != nil {
			return nil, err
		}
		if view.Place == "" {
			view.Place = safe.Untrusted(view.Reading.Host)
		}
		if view.Place == "" {
			view.Place = safe.Untrusted(fmt.Sprintf("machine-%d", i+1))
		}
		out = append(out, view)
	}
	return out, nil
}

// seenClaim is one comparison for programs.
type seenClaim struct {
	Key   string `json:"key"`
	Sign  string `json:"sign"`
	Claim string `json:"claim"`
	Hint  string `json:"hint"`
}

// withViews writes the report with the comparison behind its own keys, where a
// view was given.
func withViews(r survey.Report, found []diagnose.Finding) ([]byte, error) {
	if len(found) == 0 {
		return r.JSON()
	}
	out := struct {
		survey.Report
		Seen []seenClaim `json:"seen"`
	}{Report: r}
	for _, f := range found {
		out.Seen = append(out.Seen, seenClaim{f.Key, string(f.Sign), string(f.Claim), string(f.Hint)})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("write the comparison: %w", err)
	}
	return survey.EscapeJSON(b.Bytes()), nil
}
