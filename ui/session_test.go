package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"go.uber.org/goleak"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// TestChangesArriveByThemselves changes a session many times at once: the
// screen reads it once, and then waits for the next change.
func TestChangesArriveByThemselves(t *testing.T) {
	b := sample(t)
	c := b.m.kase()
	cmd := b.m.listen(c)
	for i := range 33 {
		b.session.change(func(s *fakeSession) {
			s.status.Answered = i + 1
			s.flow.Steps[0].Reading = "typo likely"
		})
	}
	msg, ok := cmd().(changedMsg)
	if !ok || msg.snap.status.Answered != 33 {
		t.Fatalf("read %+v", msg.snap.status)
	}
	if next := b.m.changed(msg); next == nil {
		t.Error("the screen does not wait for the next change")
	}
	b.mustShow("typo likely")
}

// TestAskingRowsKeepTheirPlace holds that an answer that arrives moves nothing.
func TestAskingRowsKeepTheirPlace(t *testing.T) {
	b := sample(t).keys("1")
	before := strings.Split(b.screenText(), "\n")
	b.session.change(func(s *fakeSession) {
		f := sampleFlow()
		x := &f.Steps[0].Sections[2].Findings[2]
		x.Sign, x.At = diagnose.For, at(9, 41, 4)
		s.flow = f
	})
	b.send(changedMsg{b.session, snap(b.session)})
	after := strings.Split(b.screenText(), "\n")
	differ := 0
	for i := range before {
		if before[i] != after[i] {
			differ++
			if !strings.Contains(before[i], "asking") || !strings.Contains(after[i], "09:41:04") {
				t.Errorf("row %d: %q became %q", i, before[i], after[i])
			}
		}
	}
	if differ != 1 {
		t.Errorf("%d rows changed, want 1", differ)
	}
}

func TestWaitingEndsWithTheScreen(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	f := sampleFlow()
	session := newSession(f)
	m := New(Options{Desk: &fakeDesk{}, Clipboard: &fakeClip{}, Sessions: []Session{session}, Clock: func() time.Time { return at(10, 0, 0) }, Location: zone})
	done := make(chan tea.Msg)
	go func() { done <- m.listen(m.kase())() }()
	m.quit()
	if msg := <-done; msg != nil {
		t.Errorf("after the end: %v", msg)
	}
}

func TestHomeOpensACase(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.mustShow("Paste a bounce") // nothing is kept yet
	b.m.screen, b.m.home.loading = inHome, true
	b.desk.opens = []Session{newSession(sampleFlow())}
	b.send(casesMsg{lines: sampleLines()})
	b.mustShow("5 cases", "Your move  1", "Cannot be read  1", "the journal ends in the middle")
	b.keys("down", "enter")
	if len(b.desk.resumed) != 1 || b.desk.resumed[0] != "b" || b.m.scope() != inCase {
		t.Errorf("resumed %q", b.desk.resumed)
	}
	b.desk.lines = sampleLines()
	b.keys("H", "G", "enter").mustShow("the journal ends in the middle of an entry")
	if len(b.desk.resumed) != 1 {
		t.Error("a case that cannot be read was opened")
	}
}

func TestCasesCannotBeListed(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.m.screen = inHome
	b.send(casesMsg{err: errors.New("permission denied")})
	b.mustShow("the cases cannot be listed: permission denied", "Paste a bounce")
}

func TestPasteOnHomeGoesToThePasteScreen(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.send(casesMsg{lines: sampleLines()})
	b.m.screen = inHome
	b.paste("550 5.1.1 no such user")
	if b.m.scope() != inPaste || len(b.desk.opened) != 0 || string(b.m.paste.raw) != "550 5.1.1 no such user" {
		t.Error("the pasted text was lost, or opened a case")
	}
}

func TestSeveralRecipients(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	one, two := sampleFlow(), sampleFlow()
	one.Header.Recipient, two.Header.Recipient = "a@woodgrove.example", "b@woodgrove.example"
	for _, f := range []*diagnose.Flow{&one, &two} {
		f.Cluster = diagnose.Cluster{Domain: "woodgrove.example", Recipients: 6, Name: "domain pattern", Advice: "pause sends to that domain until routing is confirmed", Pause: true}
	}
	b.desk.opens = []Session{newSession(one), newSession(two)}
	b.paste("550 5.1.1").settledEnter()
	b.mustShow("2 recipients, a case for each: b lists them")
	b.keys("b").mustShow("woodgrove.example", "6 domain pattern", "a@woodgrove.example", "pause sends")
	b.keys("down", "enter").mustShow("b@woodgrove.example")
}

func TestOpenThatFails(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.desk.err = errors.New("the disk is full")
	b.paste("550 5.1.1").settledEnter()
	b.mustShow("no case was opened: the disk is full")
	if string(b.m.paste.raw) != "550 5.1.1" || b.m.scope() != inPaste {
		t.Error("the text was lost")
	}
	b.desk.err = nil
	b.settledEnter().mustShow("no recipient was found")
}

func TestDemo(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.desk.opens = []Session{newSession(sampleFlow())}
	b.keys("ctrl+t")
	if b.desk.demos != 1 || b.m.scope() != inCase {
		t.Error("the worked example was not opened")
	}
}

func TestSearchInTheBounce(t *testing.T) {
	b := sample(t).keys("2", "r", "g", "/").text("SPAMhero").keys("enter")
	if b.m.raw.hit != 12 {
		t.Errorf("found line %d, want 12", b.m.raw.hit)
	}
	b.keys("esc", "r", "g", "/").text("mail.fabrikam").keys("enter")
	if b.m.raw.hit != 1 {
		t.Errorf("found line %d, want 1", b.m.raw.hit)
	}
	for _, x := range []struct {
		key  string
		want int
	}{{"n", 2}, {"n", 8}, {"n", 1}, {"N", 8}} {
		if b.keys(x.key); b.m.raw.hit != x.want {
			t.Errorf("%s: line %d, want %d", x.key, b.m.raw.hit, x.want)
		}
	}
	b.keys("/").text("nowhere").keys("enter").mustShow("is not in this bounce")
}

func TestLinesOfABounce(t *testing.T) {
	got := splitLines([]byte("a\r\nb\rc\n\nd"))
	if len(got) != 5 || string(got[1]) != "b" || string(got[3]) != "" || string(got[4]) != "d" {
		t.Errorf("%q", got)
	}
}

func TestSavedSaysHowToResume(t *testing.T) {
	b := sample(t)
	lines := b.m.Saved()
	if len(lines) != 2 || !strings.Contains(string(lines[1]), "deadletter open 20261123-contoso.example-k7qd") {
		t.Errorf("%q", lines)
	}
}

func TestSideBranch(t *testing.T) {
	f := sampleFlow()
	f.Branch = diagnose.BranchPolicy
	f.Steps[0].Exits[1].Taken = true
	f.Side = &diagnose.Panel{Title: "Sender authentication", State: diagnose.Active, Reading: "1 to fix", Verdict: []safe.Text{"DMARC says reject."}}
	for i := 1; i < 6; i++ {
		f.Steps[i].State = diagnose.Skipped
	}
	b := newBench(t, &f, false).size(120, 40).keys("1", "enter")
	if b.m.kase().entry != 0 {
		t.Errorf("panel %d, want the side branch: the rest is skipped", b.m.kase().entry)
	}
	b.mustShow("A Sender authentication", "DMARC says reject.")
	b.size(80, 24).mustShow("[▶A]")
	b.keys("f").mustShow("taken")
	b.keys("c")
	if len(b.clip.texts) != 1 || !strings.Contains(b.clip.texts[0], "sender authentication") || len(b.session.proposed) != 0 {
		t.Error("the chart was not copied as text, or was recorded")
	}
}

func TestScrollingKeepsNext(t *testing.T) {
	b := sample(t).size(60, 15).keys("2")
	for range 30 {
		b.keys("j")
		b.mustShow("next    Send the five questions")
		frameOf(t, b.m, 60, 15)
	}
	b.mustShow("address rejected") // the last line of the bounce
	if strings.Contains(b.screenText(), "more line") {
		t.Errorf("scrolled to the end, there is more:\n%s", b.screenText())
	}
	b.keys("g").mustShow("The filter in front")
}

func TestProposalsOutliveTheScreen(t *testing.T) {
	s := &ctxSession{fakeSession: newSession(sampleFlow())}
	m := New(Options{Desk: &fakeDesk{}, Clipboard: &fakeClip{}, Sessions: []Session{s}, Location: zone})
	cmd := m.propose(m.kase(), "done", diagnose.Undone{Seq: 1})
	m.cancel()
	if cmd().(doneMsg).err != nil || s.cancelled {
		t.Error("an event that was asked for was given up")
	}
}

type ctxSession struct {
	*fakeSession
	cancelled bool
}

func (s *ctxSession) Propose(ctx context.Context, b diagnose.Body) error {
	s.cancelled = ctx.Err() != nil
	return s.fakeSession.Propose(ctx, b)
}

func BenchmarkView(b *testing.B) {
	for _, size := range [][2]int{{80, 24}, {200, 60}} {
		for _, name := range []string{"2-rejector", "3-recipient", "letter", "flow", "answer"} {
			for _, s := range screens {
				if s.name != name {
					continue
				}
				b.Run(name+"-"+map[int]string{80: "80x24", 200: "200x60"}[size[0]], func(b *testing.B) {
					m := s.open(b, true).m
					m.frame = layout(size[0], size[1])
					b.ReportAllocs()
					for b.Loop() {
						m.View()
					}
				})
			}
		}
	}
}

// TestInViewIsTold holds that the session hears which step is in view, once
// each time that it changes, and that none is when another screen is shown.
func TestInViewIsTold(t *testing.T) {
	b := sample(t)
	b.desk.lines = sampleLines()
	b.keys("4", "4", "l", "H")
	b.session.mu.Lock()
	defer b.session.mu.Unlock()
	want := []diagnose.Step{diagnose.StepMX, diagnose.StepSuppression, ""}
	if got := b.session.looked; len(got) < 3 || !slices.Equal(got[len(got)-3:], want) {
		t.Errorf("told %q, want %q at the end", got, want)
	}
}
