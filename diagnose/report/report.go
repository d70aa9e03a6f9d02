// Package report writes a case down for others: JSON Lines for scripts, plain
// text for a terminal or ticket, Markdown for a ticket system, and the letter
// as a mail draft.
//
// Everything is computed from an [Input], a case with what the flowchart says
// of it; nothing is asked, read or kept. Text and Markdown show what came from
// outside only in its visible form, JSON holds it raw with every character
// that a terminal obeys as an escape. [Redact] gives an input without the
// persons in it.
package report

import (
	"slices"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
	"deadletter/dnsx"
)

// Input is what a report is made from.
type Input struct {
	Case     *diagnose.Case
	Flow     diagnose.Flow
	DNS      DNSSummary
	Version  string         // of the program
	Location *time.Location // for the times in Text; nil for UTC
	Made     time.Time      // when the report is made
	Letter   string         // which letter EML writes, by its text's name; empty for the one wanted now

	// Full marks an export that was asked for unredacted: the report says so
	// at its head. Reports that are no export leave it false.
	Full bool

	redacted bool // by Redact
}

// DNSSummary counts what was asked of DNS.
type DNSSummary struct {
	Asked    int           // questions with an answer of any kind
	Elapsed  time.Duration // from the first question to the last answer
	Outcomes map[dnsx.Outcome]int
}

// SummariseDNS counts the answers of the current round. Without a round
// everything is zero.
func SummariseDNS(c *diagnose.Case) DNSSummary {
	sum := DNSSummary{Outcomes: map[dnsx.Outcome]int{}}
	if c == nil {
		return sum
	}
	round, ok := c.Round()
	if !ok {
		return sum
	}
	var first, last time.Time
	for _, a := range round.Answers {
		sum.Asked++
		sum.Outcomes[a.Outcome]++
		if a.At.IsZero() {
			continue
		}
		if asked := a.At.Add(-max(a.Took, 0)); first.IsZero() || asked.Before(first) {
			first = asked
		}
		if a.At.After(last) {
			last = a.At
		}
	}
	if !first.IsZero() {
		sum.Elapsed = last.Sub(first)
	}
	return sum
}

// The exit codes that a finished investigation can have. The others of the
// program, 2 usage, 3 network needed and not there, 4 input unreadable or no
// bounce, are for who calls.
const (
	ExitDiagnosed    = 0
	ExitUndetermined = 1
)

// ExitCode gives the worst exit code of several cases. A case is diagnosed
// when a cause is named and, as long as it is open and about the recipient,
// also who refused: without that nobody can be asked. No case at all is
// undetermined.
func ExitCode(flows []diagnose.Flow) int {
	if len(flows) == 0 {
		return ExitUndetermined
	}
	for _, f := range flows {
		if !diagnosed(f) {
			return ExitUndetermined
		}
	}
	return ExitDiagnosed
}

func diagnosed(f diagnose.Flow) bool {
	if len(f.Causes) == 0 || f.Causes[0].Kind == diagnose.Undetermined || f.Causes[0].Kind == "" {
		return false
	}
	aboutRecipient := f.Branch == diagnose.BranchRecipient || f.Branch == diagnose.BranchUnclear
	unknown := f.Rejector.Kind == diagnose.UnknownRejector || f.Rejector.Kind == ""
	return f.Outcome != diagnose.Open || !aboutRecipient || !unknown
}

// Questions gives the draft that belongs to a step: what its panel copies, or
// for the step that left the way, what the side branch copies. False where the
// step asks nobody.
func Questions(f diagnose.Flow, s diagnose.Step) (diagnose.Draft, bool) {
	if d, ok := stepDraft(f, s); ok {
		return d, true
	}
	if f.Side != nil && f.Side.Copy != nil && s == f.At {
		return *f.Side.Copy, true
	}
	return diagnose.Draft{}, false
}

// Letter gives the one draft that the case wants sent now. What came of a
// retry goes before all else, then the side branch, then our own mail team or
// the platform where one of them refused, else the recipient's administrator.
// False where there is nobody to write to, or nothing left to ask.
func Letter(f diagnose.Flow) (diagnose.Draft, bool) {
	if d, ok := stepDraft(f, diagnose.StepRetry); ok {
		return d, true
	}
	if f.Side != nil && f.Side.Copy != nil {
		return *f.Side.Copy, true
	}
	switch f.Outcome {
	case diagnose.Resolved, diagnose.Absent, diagnose.NoMail, diagnose.Forged, diagnose.Closed:
		return diagnose.Draft{}, false
	}
	if k := f.Rejector.Kind; k == diagnose.OwnMTA || k == diagnose.SendingPlatform {
		if d, ok := stepDraft(f, diagnose.StepRejector); ok {
			return d, true
		}
	}
	// A consumer mailbox has no administrator: the step is on the way and
	// copies nothing, so nothing goes out from the steps around it either.
	if f.Step(diagnose.StepRecipient).State != diagnose.Skipped {
		return stepDraft(f, diagnose.StepRecipient)
	}
	if d, ok := stepDraft(f, diagnose.StepRejector); ok {
		return d, true
	}
	return stepDraft(f, diagnose.StepMX)
}

// Letters gives every draft that fits where the case stands: first the one
// that [Letter] gives, then the others in the order of the steps, each text once.
func Letters(f diagnose.Flow) []diagnose.Draft {
	var out []diagnose.Draft
	add := func(d diagnose.Draft) {
		if !slices.ContainsFunc(out, func(have diagnose.Draft) bool { return have.Letter == d.Letter && have.Body == d.Body }) {
			out = append(out, d)
		}
	}
	if d, ok := Letter(f); ok {
		add(d)
	}
	panels := f.Steps
	if f.Side != nil {
		panels = append([]diagnose.Panel{*f.Side}, panels...)
	}
	for _, p := range panels {
		if p.Copy == nil || p.State == diagnose.Skipped {
			continue
		}
		add(*p.Copy)
		for _, d := range p.Also {
			add(d)
		}
	}
	return out
}

func stepDraft(f diagnose.Flow, s diagnose.Step) (diagnose.Draft, bool) {
	p := f.Step(s)
	if p.Copy == nil || p.State == diagnose.Skipped {
		return diagnose.Draft{}, false
	}
	return *p.Copy, true
}

// id gives the case's own name; empty in a headless report.
func (in Input) id() string {
	if in.Case == nil {
		return ""
	}
	return in.Case.ID
}

// letter gives the draft that was asked for by name; without a name the one
// that the case wants sent now.
func (in Input) letter() (diagnose.Draft, bool) {
	if in.Letter == "" {
		return Letter(in.Flow)
	}
	list := Letters(in.Flow)
	i := slices.IndexFunc(list, func(d diagnose.Draft) bool { return d.Letter == in.Letter })
	if i < 0 {
		return diagnose.Draft{}, false
	}
	return list[i], true
}

// recipient is the envelope recipient as it came.
func (in Input) recipient() safe.Untrusted {
	if in.Case == nil {
		return ""
	}
	return in.Case.Recipient
}

// notice says how much an export holds, or nothing for a report.
func (in Input) notice() safe.Text {
	switch {
	case in.redacted:
		return "redacted: persons are shown by a first letter, a length and a tag"
	case in.Full:
		return "full: not redacted, holds addresses and the raw bounce"
	}
	return ""
}
