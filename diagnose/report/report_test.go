package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/dnsx"
)

func TestSummariseDNS(t *testing.T) {
	got := SummariseDNS(diagnose.Fold(sampleEvents()))
	if got.Asked != 3 || got.Elapsed != 1240*time.Millisecond || got.Outcomes[dnsx.NoError] != 2 || got.Outcomes[dnsx.NXDomain] != 1 {
		t.Errorf("got %+v", got)
	}
	if got := SummariseDNS(diagnose.Fold(nil)); got.Asked != 0 || got.Elapsed != 0 {
		t.Errorf("without a round: %+v", got)
	}
	if got := SummariseDNS(nil); got.Asked != 0 {
		t.Errorf("without a case: %+v", got)
	}
}

func TestExitCode(t *testing.T) {
	flow := func(branch diagnose.Branch, outcome diagnose.Outcome, rejector diagnose.RejectorKind, cause diagnose.CauseKind) diagnose.Flow {
		return diagnose.Flow{Branch: branch, Outcome: outcome, Rejector: diagnose.Verdict{Kind: rejector}, Causes: []diagnose.Cause{{Kind: cause}}}
	}
	known := flow(diagnose.BranchRecipient, diagnose.Open, diagnose.Gateway, diagnose.UserAbsent)
	unknown := flow(diagnose.BranchRecipient, diagnose.Open, diagnose.UnknownRejector, diagnose.UserAbsent)
	tests := []struct {
		name  string
		flows []diagnose.Flow
		want  int
	}{
		{"none", nil, 1},
		{"cause and rejector", []diagnose.Flow{known}, 0},
		{"nobody to ask", []diagnose.Flow{unknown}, 1},
		{"no cause", []diagnose.Flow{flow(diagnose.BranchRecipient, diagnose.Open, diagnose.Gateway, diagnose.Undetermined)}, 1},
		{"no causes at all", []diagnose.Flow{{}}, 1},
		{"policy needs no rejector", []diagnose.Flow{flow(diagnose.BranchPolicy, diagnose.HandedAuth, diagnose.UnknownRejector, diagnose.PolicyOrAuth)}, 0},
		{"null MX needs no rejector", []diagnose.Flow{flow(diagnose.BranchRecipient, diagnose.NoMail, diagnose.UnknownRejector, diagnose.Typo)}, 0},
		{"not a bounce", []diagnose.Flow{flow(diagnose.BranchNone, diagnose.Closed, diagnose.UnknownRejector, diagnose.NotABounceCause)}, 0},
		{"the worst counts", []diagnose.Flow{known, unknown, known}, 1},
	}
	for _, tt := range tests {
		if got := ExitCode(tt.flows); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestLetter says which draft goes out.
func TestLetter(t *testing.T) {
	draft := func(subject string) *diagnose.Draft { return &diagnose.Draft{Body: subject} }
	flow := func(change func(*diagnose.Flow)) diagnose.Flow {
		f := diagnose.Flow{Outcome: diagnose.Open, Rejector: diagnose.Verdict{Kind: diagnose.Gateway}}
		for _, s := range diagnose.Steps() {
			f.Steps = append(f.Steps, diagnose.Panel{Step: s, State: diagnose.Active})
		}
		f.Steps[1].Copy, f.Steps[2].Copy = draft("rejector"), draft("recipient")
		change(&f)
		return f
	}
	tests := []struct {
		want   string
		change func(*diagnose.Flow)
	}{
		{"recipient", func(*diagnose.Flow) {}},
		{"rejector", func(f *diagnose.Flow) { f.Rejector.Kind = diagnose.OwnMTA }},
		{"rejector", func(f *diagnose.Flow) { f.Rejector.Kind = diagnose.SendingPlatform }},
		{"rejector", func(f *diagnose.Flow) { f.Steps[2].State = diagnose.Skipped }},
		{"", func(f *diagnose.Flow) { f.Steps[2].Copy = nil }}, // a consumer mailbox
		{"", func(f *diagnose.Flow) { f.Outcome = diagnose.Absent }},
		{"side", func(f *diagnose.Flow) { f.Side = &diagnose.Panel{Copy: draft("side")} }},
		{"retry", func(f *diagnose.Flow) { f.Outcome, f.Steps[5].Copy = diagnose.Stopped, draft("retry") }},
		{"recipient", func(f *diagnose.Flow) { f.Steps[5].State, f.Steps[5].Copy = diagnose.Skipped, draft("retry") }},
		{"mx", func(f *diagnose.Flow) {
			f.Steps[1].Copy, f.Steps[2].State, f.Steps[3].Copy = nil, diagnose.Skipped, draft("mx")
		}},
		{"", func(f *diagnose.Flow) { f.Steps = nil }},
	}
	for i, tt := range tests {
		got, ok := Letter(flow(tt.change))
		if got.Body != tt.want || ok != (tt.want != "") {
			t.Errorf("%d: %q, %t, want %q", i, got.Body, ok, tt.want)
		}
	}
}

func TestQuestions(t *testing.T) {
	f := sample().Flow
	if d, ok := Questions(f, diagnose.StepRejector); !ok || !strings.HasPrefix(d.Body, "Your filter") {
		t.Error("the step that asks has no draft")
	}
	if _, ok := Questions(f, diagnose.StepMX); ok {
		t.Error("a step that asks nobody has a draft")
	}
	f.Steps[1].State = diagnose.Skipped
	if _, ok := Questions(f, diagnose.StepRejector); ok {
		t.Error("a step that is gone around has a draft")
	}
	f.At, f.Side = diagnose.StepCapture, &diagnose.Panel{Copy: &diagnose.Draft{Body: "side"}}
	if d, ok := Questions(f, diagnose.StepCapture); !ok || d.Body != "side" {
		t.Error("the step that left the way has not the draft of the side branch")
	}
	if _, ok := Questions(diagnose.Flow{}, "no step"); ok {
		t.Error("no step has a draft")
	}
}

func TestNumbered(t *testing.T) {
	got := numbered("Please answer:\n1. First question\n   goes on\n2. Second\n\nTime: 09:12\n3.5 is no question\n10. Tenth")
	want := []string{"First question goes on", "Second", "Tenth"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q", got)
	}
}

// TestOfTheFlowchart runs the flowchart over a case and writes everything.
func TestOfTheFlowchart(t *testing.T) {
	in := sample()
	in.Case = diagnose.Fold(sampleEvents()[:6])
	in.Flow = diagnose.Next(in.Case, made)
	for name, out := range outputs(t, in) {
		if !bytes.Contains(out, []byte("contoso.example")) {
			t.Errorf("%s does not name the domain", name)
		}
	}
	if got := ExitCode([]diagnose.Flow{in.Flow}); got != ExitDiagnosed {
		t.Errorf("exit code %d: %+v %+v", got, in.Flow.Rejector, in.Flow.Causes)
	}
}

func TestEmptyInput(t *testing.T) {
	var in Input
	render(t, func(b *bytes.Buffer) error { return JSON(b, in) })
	render(t, func(b *bytes.Buffer) error { return Text(b, in) })
	render(t, func(b *bytes.Buffer) error { return Markdown(b, in) })
	if err := CaseJSON(new(bytes.Buffer), in); !errors.Is(err, ErrNoCase) {
		t.Errorf("case without a case: %v", err)
	}
	if err := EML(new(bytes.Buffer), in, ""); !errors.Is(err, ErrNoLetter) {
		t.Errorf("letter without a letter: %v", err)
	}
	in.Flow = diagnose.Next(diagnose.Fold(nil), made)
	render(t, func(b *bytes.Buffer) error { return Text(b, in) })
	if _, err := Redact(in, key); err != nil {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

func TestWriteErrorsAreGiven(t *testing.T) {
	in := sample()
	for name, err := range map[string]error{
		"json": JSON(failing{}, in), "text": Text(failing{}, in), "markdown": Markdown(failing{}, in), "mail": EML(failing{}, in, ""), "case": CaseJSON(failing{}, in),
	} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTextIsNarrow measures every line that has a blank to be broken at.
func TestTextIsNarrow(t *testing.T) {
	for line := range strings.SplitSeq(string(render(t, func(b *bytes.Buffer) error { return Text(b, sample()) })), "\n") {
		n := 0
		for _, r := range line {
			n += cellsOf(r)
		}
		if n > columns {
			t.Errorf("%d cells: %s", n, line)
		}
	}
	for _, in := range []Input{filledInput(strings.Repeat("日", 300)), filledInput(strings.Repeat("wo rd ", 90))} {
		for line := range strings.SplitSeq(string(render(t, func(b *bytes.Buffer) error { return Text(b, in) })), "\n") {
			n := 0
			for _, r := range line {
				n += cellsOf(r)
			}
			if n > columns && !strings.Contains(line, "日日") && !strings.HasPrefix(line, "wo rd") { // letters are shown line by line as they are
				t.Errorf("%d cells: %s", n, line)
			}
		}
	}
}
