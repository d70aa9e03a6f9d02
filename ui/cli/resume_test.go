package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var caseID = regexp.MustCompile(`\d{8}-contoso\.example-[a-z2-7]{4}`)

// only gives the id of the one case that is on disk.
func (p *place) only() string {
	p.t.Helper()
	out := p.run("cases").want(p.t, 0).stdout
	ids := caseID.FindAllString(out, -1)
	if len(ids) != 1 {
		p.t.Fatalf("%d cases, want one: %q", len(ids), out)
	}
	return ids[0]
}

// copied copies the questions and waits until that is on disk.
func (s *screen) copied() {
	s.t.Helper()
	s.keys("Enter")
	s.wait("copied to tmux buffer")
}

// answer records that a person says yes to the first question.
func (s *screen) answer(who string) {
	s.t.Helper()
	s.fillIn(who)
	s.wait("recorded; u takes it back", "1 of 5 answered")
}

// fillIn fills the form of an answer and sends it off.
func (s *screen) fillIn(who string) {
	s.t.Helper()
	s.keys("3")
	s.wait("Confirm recipient")
	s.keys("y")
	s.wait("who says it")
	s.text(who)
	s.wait("┃ " + who)
	s.keys("Enter")
}

// TestResume leaves a case at several moments, in order and by kill -9, and
// opens it again: whatever was decided by then is there.
func TestResume(t *testing.T) {
	leave := map[string]func(s *screen){
		"quit": func(s *screen) { s.keys("q"); s.wait("left with 0", "resume: deadletter open") },
		"kill": func(s *screen) { s.kill() },
	}
	moments := []struct {
		name  string
		reach func(s *screen)
		step3 []string // on panel 3 when the case is open again
	}{
		{"opened", func(s *screen) {}, []string{"Nobody has been asked yet", "5 questions ready"}},
		{"copied", func(s *screen) { s.copied() }, []string{"The questions were copied. No answer is recorded yet.", "0 of 5 answered"}},
		{"answered", func(s *screen) { s.copied(); s.answer("Dana Ito") }, []string{"Dana Ito says the address exists.", "1 of 5 answered", "yes, a mailbox"}},
		{"undone", func(s *screen) { s.copied(); s.answer("Dana Ito"); s.keys("u"); s.wait("taken back") }, []string{"0 of 5 answered"}},
	}
	for _, m := range moments {
		for how, out := range leave {
			t.Run(m.name+", "+how, func(t *testing.T) {
				p := newPlace(t)
				s := p.open(100, 30, "", "--offline", bounces(t, "notification/gateway-sendgrid.eml"))
				s.wait("Confirm recipient", "enter copy")
				m.reach(s)
				out(s)
				id := p.only()
				line := p.run("cases").want(t, 0).stdout
				if !strings.Contains(line, "robin.hale@contoso.example") || !strings.Contains(line, "open") {
					t.Errorf("the list says %q", line)
				}
				again := p.open(100, 30, "", "--offline", "open", id)
				again.wait("robin.hale@contoso.example", "saved")
				again.keys("3")
				frame := again.wait(m.step3...)
				if m.name == "undone" && strings.Contains(frame, "Dana Ito") {
					t.Errorf("what was undone is back:\n%s", frame)
				}
				again.keys("q")
				again.wait("left with 0")
			})
		}
	}
}

// TestKilledWhileAsking kills the program while DNS answers come in. The case
// opens again, asks anew and comes to its verdict.
func TestKilledWhileAsking(t *testing.T) {
	_, flags := lab(t)
	p := newPlace(t)
	s := p.open(120, 40, "", append(flags, bounces(t, "notification/gateway-sendgrid.eml"))...)
	s.wait("robin.hale@contoso.example")
	s.kill()
	again := p.open(120, 40, "", append(flags, "open", p.only())...)
	again.answered()
	again.rejected()
}

// TestSecondProcess opens a case that another process has open: it can be
// read, it says who holds it, and nothing is recorded from there.
func TestSecondProcess(t *testing.T) {
	p := newPlace(t)
	first := p.open(100, 30, "", "--offline", bounces(t, "notification/gateway-sendgrid.eml"))
	first.wait("Confirm recipient", "enter copy")
	first.copied()
	id := p.only()
	second := p.open(100, 30, "", "--offline", "open", id)
	second.wait("read only")
	second.keys("3")
	second.wait("The questions were copied.", "read only")
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	second.keys("y", "2") // in a form the 2 would be text
	frame := second.wait("refused this address", "read only")
	if strings.Contains(frame, "Record an answer") {
		t.Errorf("an answer can be recorded:\n%s", frame)
	}
	if !strings.Contains(frame, host) && !strings.Contains(frame, "process") {
		t.Errorf("it does not say who holds the case (host %s):\n%s", host, frame)
	}
	first.answer("Dana Ito")
	second.keys("q")
	second.wait("left with 0")
	first.keys("q")
	first.wait("left with 0")

	third := p.open(100, 30, "", "--offline", "open", id)
	third.wait("1 of 5 answered")
	third.keys("3")
	third.wait("Dana Ito says the address exists.")
	if strings.Contains(third.shows(), "read only") {
		t.Errorf("the case is still held:\n%s", third.shows())
	}
}

// TestHeldByTheDead: a process that was killed holds nothing.
func TestHeldByTheDead(t *testing.T) {
	p := newPlace(t)
	s := p.open(100, 30, "", "--offline", bounces(t, "notification/gateway-sendgrid.eml"))
	s.wait("Confirm recipient", "enter copy")
	s.kill()
	if files, _ := filepath.Glob(filepath.Join(p.cases(), "*")); len(files) == 0 {
		t.Fatal("nothing is on disk")
	}
	again := p.open(100, 30, "", "--offline", "open", p.only())
	again.wait("Confirm recipient", "enter copy")
	if strings.Contains(again.shows(), "read only") {
		t.Errorf("held by a process that is gone:\n%s", again.shows())
	}
	again.answer("Dana Ito")
}
