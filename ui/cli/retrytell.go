package cli

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// maxLive is how many lines of a conversation wait to be shown. A terminal that
// stands still must not hold the conversation up.
const maxLive = 4096

// transcript shows a conversation line by line as it goes.
type transcript struct {
	lines chan diagnose.SMTPLine
	done  chan struct{}
}

func newTranscript(w io.Writer) *transcript {
	t := &transcript{lines: make(chan diagnose.SMTPLine, maxLive), done: make(chan struct{})}
	go func() {
		defer close(t.done)
		for l := range t.lines {
			arrow := "<-"
			if l.Ours {
				arrow = "->"
			}
			lock := " "
			if l.TLS {
				lock = "s" // within TLS
			}
			fmt.Fprintf(w, "%s %s%s %s\n", l.At.Local().Format("15:04:05.000"), arrow, lock, l.Text.Safe())
		}
	}()
	return t
}

// line never waits; what does not fit is in the case all the same.
func (t *transcript) line(l diagnose.SMTPLine) {
	select {
	case t.lines <- l:
	default:
	}
}

// close waits until the lines are shown, though not for a terminal that stands still.
func (t *transcript) close() {
	close(t.lines)
	select {
	case <-t.done:
	case <-time.After(2 * time.Second):
	}
}

// labelled writes a word and what belongs to it.
func labelled(w io.Writer, label, text safe.Text) {
	if text != "" {
		writeColumns(w, terminalWidth(w), []safe.Text{safe.Textf("%-11s", label), text}, nil)
	}
}

// showRetryPlan says what would leave, for what, and what was checked.
func showRetryPlan(w io.Writer, s *caseSession, x readyAttempt) {
	title := safe.Text("One probe: a question to one mail host, no mail")
	if x.Message != nil {
		title = "One message to one recipient"
	}
	fmt.Fprintln(w, title)
	for _, f := range x.Says {
		labelled(w, f.Label, f.Value)
	}
	labelled(w, "log in", x.login())
	labelled(w, "but", x.aside)
	label := safe.Text("checked")
	for _, f := range x.Because {
		text := f.Claim
		if f.Source != "" {
			text = safe.Textf("%s (%s)", text, f.Source)
		}
		labelled(w, label, text)
		label = " "
	}
	labelled(w, "undo", "none: what is sent is sent")
	labelled(w, "valid", safe.Textf("for %d minutes", int(diagnose.PlanLives/time.Minute)))
	if len(x.runner.Options.Lab) > 0 {
		labelled(w, "lab", safe.Textf("%s may be contacted, for a test", strings.Join(s.Case().Lab, ", ")))
	}
}

// showPanel writes the panel of the retry: what holds, the ways, and both
// attempts side by side where one was made.
func showPanel(env Environment, s *caseSession, all bool) {
	w := env.Stdout
	panel := s.Flow().Step(diagnose.StepRetry)
	for _, v := range panel.Verdict {
		writeColumns(w, terminalWidth(w), []safe.Text{v}, nil)
	}
	for _, section := range panel.Sections {
		if !all && section.Table == nil {
			continue
		}
		label := section.Label
		for _, f := range section.Findings {
			text := f.Claim
			if f.Sign != diagnose.Holds && f.Hint != "" {
				text = safe.Textf("%s (%s)", text, f.Hint)
			}
			labelled(w, label, signed(f.Sign, text))
			label = " "
		}
		for _, f := range section.Fields {
			labelled(w, label, safe.Textf("%s: %s", f.Label, f.Value))
			label = " "
		}
		if t := section.Table; t != nil {
			var rows [][]safe.Text
			for _, row := range t.Rows {
				cells := make([]safe.Text, len(t.Head))
				for i, c := range row[:min(len(row), len(cells))] {
					cells[i] = signed(c.Sign, c.Text)
				}
				rows = append(rows, cells)
			}
			fmt.Fprintln(w)
			writeColumns(w, terminalWidth(w), t.Head, rows)
			fmt.Fprintln(w)
		}
	}
	labelled(w, "so", panel.So)
	labelled(w, "next", panel.Next)
}

// signed puts the sign of a line before it, as the text report does.
func signed(s diagnose.Sign, text safe.Text) safe.Text {
	switch s {
	case diagnose.Holds, diagnose.For:
		return "y " + text
	case diagnose.Fails, diagnose.Against:
		return "n " + text
	case diagnose.Missing:
		return "? " + text
	case diagnose.Attention:
		return "! " + text
	case diagnose.Differs:
		return "/ " + text
	case diagnose.Asking:
		return "~ " + text
	}
	return text
}

// tellRetry says what came of an attempt.
func tellRetry(env Environment, s *caseSession, f retryFlags) error {
	if f.asJSON {
		return writeJSON(env, retryObjectOf(env, s))
	}
	fmt.Fprintln(env.Stdout)
	showPanel(env, s, false)
	labelled(env.Stdout, "kept", safe.Of(s.Path()))
	return nil
}

// The object of a retry. Its keys are a contract.
type (
	retryObject struct {
		Case      string                  `json:"case"`
		Recipient safe.Untrusted          `json:"recipient"`
		Path      string                  `json:"path"`    // of the case, which holds the conversation
		State     diagnose.State          `json:"state"`   // of step 6
		Verdict   []safe.Text             `json:"verdict"` // what it means, in words
		Next      safe.Text               `json:"next"`
		Locked    []retryCondition        `json:"locked"`           // what keeps the lock closed
		Hosts     []retryHost             `json:"hosts"`            // that a probe could ask, the first by itself
		Plan      *retryPlanObject        `json:"plan,omitempty"`   // of what was not made
		Intent    *diagnose.RetryIntended `json:"intent,omitempty"` // of the last attempt
		Result    diagnose.RetryResult    `json:"result,omitempty"` // of the last attempt; unknown where none is recorded
		Reply     safe.Untrusted          `json:"reply,omitempty"`
		Attempt   *diagnose.Attempt       `json:"attempt,omitempty"`
	}
	retryCondition struct {
		Key   string    `json:"key"`
		Claim safe.Text `json:"claim"`
		Hint  safe.Text `json:"hint,omitempty"`
	}
	retryHost struct {
		Host    string         `json:"host"`
		Address netip.AddrPort `json:"address"`
	}
	retryPlanObject struct {
		Intent  diagnose.RetryIntended `json:"intent"`
		Says    []retrySays            `json:"says"`
		Checked []retryCondition       `json:"checked"`
	}
	retrySays struct {
		Label safe.Text `json:"label"`
		Value safe.Text `json:"value"`
	}
)

func retryObjectOf(env Environment, s *caseSession) retryObject {
	c, flow := s.Case(), s.Flow()
	panel := flow.Step(diagnose.StepRetry)
	o := retryObject{
		Case: c.ID, Recipient: c.Recipient, Path: s.Path(), State: panel.State, Next: panel.Next,
		Verdict: append([]safe.Text{}, panel.Verdict...), Locked: []retryCondition{}, Hosts: []retryHost{},
	}
	for _, b := range flow.Blocks {
		if b.Guard == diagnose.GuardRetry {
			for _, f := range b.Conditions {
				if f.Sign != diagnose.Holds {
					o.Locked = append(o.Locked, retryCondition{f.Key, f.Claim, f.Hint})
				}
			}
		}
	}
	for _, t := range diagnose.RetryHosts(c, env.Now()) {
		o.Hosts = append(o.Hosts, retryHost{t.Host, t.Addr})
	}
	if made := diagnose.RetryOutcomes(c, env.Now()); len(made) > 0 {
		last := made[len(made)-1]
		o.Intent, o.Result = &last.RetryIntended, last.Result
		if last.Ended != nil {
			o.Reply, o.Attempt = last.Ended.Reply, last.Ended.Attempt
		}
	}
	return o
}

func planObjectOf(p diagnose.RetryPlan) *retryPlanObject {
	o := &retryPlanObject{Intent: p.Intent(), Says: []retrySays{}, Checked: []retryCondition{}}
	for _, f := range p.Says {
		o.Says = append(o.Says, retrySays{f.Label, f.Value})
	}
	for _, f := range p.Because {
		o.Checked = append(o.Checked, retryCondition{f.Key, f.Claim, ""})
	}
	return o
}
