package ui

import (
	"strings"
	"testing"

	"deadletter/diagnose"
)

// comparing is the sample case with two pairs to compare.
func comparing(t testing.TB) *bench {
	f := sampleFlow()
	f.Compared = sampleCompared()
	return newBench(t, &f, false).size(120, 40)
}

func TestCompareKeys(t *testing.T) {
	b := comparing(t).keys("=")
	if b.m.scope() != inCompare {
		t.Fatalf("the keys are in %q", b.m.scope())
	}
	b.mustShow("pair 1 of 2", "≠ host", "db3eur04ft036.mail.protection.outlook.com", "record as evidence")
	b.keys("tab")
	b.mustShow("pair 2 of 2", "that points to the")
	if strings.Contains(b.screenText(), "record as evidence") {
		t.Error("a pair without evidence offers to record it")
	}
	b.keys("y")
	if b.m.scope() != inCompare {
		t.Error("y did something on a pair without evidence")
	}
	b.keys("tab")
	b.mustShow("pair 1 of 2")
	b.keys("shift+tab")
	b.mustShow("pair 2 of 2")
	b.keys("?")
	b.mustShow("Keys here: compared")
	b.keys("esc", "=")
	if b.m.scope() != inCase {
		t.Errorf("= leads back to %q", b.m.scope())
	}
	if b.keys("=", "esc"); b.m.scope() != inCase {
		t.Errorf("esc leads back to %q", b.m.scope())
	}
}

func TestCompareSaysWhyNot(t *testing.T) {
	b := sample(t).keys("=")
	if b.m.scope() != inCase {
		t.Fatalf("the keys are in %q", b.m.scope())
	}
	b.mustShow("one bounce so far; a adds another")
	b.keys(":").text("compare")
	b.mustShow("one bounce so far")
}

func TestCompareOnePair(t *testing.T) {
	f := sampleFlow()
	f.Compared = sampleCompared()[:1]
	b := newBench(t, &f, false).size(120, 40).keys("=", "tab")
	b.mustShow("there is one pair so far; a adds another bounce")
}

// TestCompareFollowsTheCase takes the second message away while it is shown.
func TestCompareFollowsTheCase(t *testing.T) {
	b := comparing(t).keys("=", "tab")
	b.session.change(func(s *fakeSession) { s.flow.Compared = s.flow.Compared[:1] })
	b.send(changedMsg{b.session, snap(b.session)})
	b.mustShow("Compared", "arrived 2026-11-23 09:31:02 UTC")
	b.session.change(func(s *fakeSession) { s.flow.Compared = nil })
	b.send(changedMsg{b.session, snap(b.session)})
	b.keys("tab", "shift+tab", "j", "G", "c", "y")
	b.mustShow("one bounce so far")
}

func TestCompareScrolls(t *testing.T) {
	b := comparing(t).size(60, 15).keys("=")
	b.mustShow("▼")
	b.keys("G")
	b.mustShow("nothing is recorded by itself")
	if strings.Contains(b.screenText(), "▼") {
		t.Errorf("more lines below the last:\n%s", b.screenText())
	}
	b.keys("j", "j", "j")
	b.mustShow("nothing is recorded by itself")
	b.keys("g")
	b.mustShow("refused 2026-11-23 08:12:44 UTC")
}

func TestCompareCopies(t *testing.T) {
	b := comparing(t).keys("=", "c")
	if len(b.clip.texts) != 1 {
		t.Fatalf("%d texts were copied", len(b.clip.texts))
	}
	want := []string{
		"A: refused 2026-11-23 08:12:44 UTC\nB: arrived 2026-11-23 09:31:02 UTC\n", "host differs\n  A: contoso-example.p10.spamhero.com\n  B: db3eur04ft036",
		"\nto: robin.hale@contoso.example\n", "told by\n  A: o1.mail.fabrikam.example\n  B: not known\n", "\nmeans: newer than the bounce",
	}
	for _, w := range want {
		if !strings.Contains(b.clip.texts[0], w) {
			t.Errorf("the text does not hold %q:\n%s", w, b.clip.texts[0])
		}
	}
	if len(b.session.proposed) > 0 {
		t.Errorf("copying recorded %v", b.session.proposed)
	}
}

// TestEvidenceIsRecordedByAPerson: y fills the form in; nothing is recorded
// before the form is.
func TestEvidenceIsRecordedByAPerson(t *testing.T) {
	b := comparing(t).keys("=", "y")
	if b.m.scope() != inDialog || b.m.kase().entry != 3 || len(b.session.proposed) > 0 {
		t.Fatalf("scope %q, panel %d, recorded %v", b.m.scope(), b.m.kase().entry, b.session.proposed)
	}
	b.mustShow("a trace, or headers of delivered mail", "header of mail that arrived", "2026-11-23 10:31")
	b.keys("enter")
	if len(b.session.proposed) != 1 {
		t.Fatalf("recorded %v", b.session.proposed)
	}
	got := b.session.proposed[0].(diagnose.AnswerRecorded)
	want := diagnose.AnswerRecorded{Question: diagnose.AskExactAddress, Value: diagnose.Yes, Who: "mara", Role: diagnose.Evidence, How: "header of mail that arrived", When: at(10, 31, 2)}
	if !got.When.Equal(want.When) {
		t.Errorf("said %s, want %s", got.When, want.When)
	}
	if got.When = want.When; got != want {
		t.Errorf("recorded %+v, want %+v", got, want)
	}
}
