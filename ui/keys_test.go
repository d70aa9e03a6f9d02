package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

func sample(t testing.TB) *bench {
	f := sampleFlow()
	return newBench(t, &f, false).size(120, 40)
}

// screenText is the frame without colours.
func (b *bench) screenText() string { return ansi.Strip(b.m.View()) }

func (b *bench) mustShow(words ...string) *bench {
	b.t.Helper()
	for _, w := range words {
		if !strings.Contains(b.screenText(), w) {
			b.t.Errorf("the screen does not say %q:\n%s", w, b.screenText())
		}
	}
	return b
}

func TestGlyphsAreOneCell(t *testing.T) {
	for name, g := range map[string]glyphs{"utf-8": unicodeGlyphs, "ascii": asciiGlyphs} {
		for _, x := range g.cells() {
			if cells(x) != 1 {
				t.Errorf("%s: %q is %d cells wide", name, x, cells(x))
			}
			if name == "ascii" && (len(x) != 1 || x[0] >= 0x7f) {
				t.Errorf("%q is not ASCII", x)
			}
		}
	}
}

// TestSingleCharacters holds what the quick measure takes for granted.
func TestSingleCharacters(t *testing.T) {
	for r := rune(0); r < 0x3000; r++ {
		if oneCell(r) && ansi.StringWidth("a"+string(r)+"a") != 3 {
			t.Errorf("%U is not one cell", r)
		}
	}
}

func TestASCIIFrameIsASCII(t *testing.T) {
	b := sample(t)
	b.m.g = asciiGlyphs
	for _, s := range []string{"1", "2", "3", "4", "5", "6", "f", "?"} {
		b.keys(s)
		for _, r := range b.m.View() {
			if r > 0x7e {
				t.Fatalf("on %s the frame holds %q", s, r)
			}
		}
	}
}

// TestKeyRouting says what a key does where.
func TestKeyRouting(t *testing.T) {
	tests := []struct {
		name  string
		keys  []string
		scope scope
		entry int
	}{
		{"jump", []string{"2"}, inCase, 2},
		{"step after", []string{"1", "l"}, inCase, 2},
		{"step before", []string{"5", "left"}, inCase, 4},
		{"before the first", []string{"1", "h"}, inCase, 1},
		{"rail", []string{"1", "tab", "down", "down"}, inCase, 3},
		{"letter", []string{"2", "e"}, inLetter, 2},
		{"letter has no meaning where there is none", []string{"1", "e"}, inCase, 1},
		{"letter plain", []string{"2", "e", "v"}, inPlain, 2},
		{"plain back", []string{"2", "e", "v", "esc"}, inLetter, 2},
		{"edit takes letters", []string{"2", "e", "i", "q", "?", ":"}, inEdit, 2},
		{"edit ends", []string{"2", "e", "i", "esc"}, inLetter, 2},
		{"address", []string{"2", "e", "t", "q"}, inTo, 2},
		{"raw", []string{"r"}, inRaw, 3},
		{"raw search takes letters", []string{"r", "/", "q", "n", "?"}, inSearch, 3},
		{"raw back", []string{"r", "esc"}, inCase, 3},
		{"flow", []string{"f"}, inChart, 3},
		{"flow moves", []string{"f", "up", "enter"}, inCase, 2},
		{"help", []string{"?"}, inHelp, 3},
		{"help closes", []string{"?", "esc"}, inCase, 3},
		{"palette takes letters", []string{":", "q"}, inPalette, 3},
		{"palette runs", []string{":", "f", "l", "o", "w", "enter"}, inChart, 3},
		{"answer", []string{"y"}, inDialog, 3},
		{"dialog takes letters", []string{"y", "q", "1", "?"}, inDialog, 3},
		{"dialog help", []string{"y", "f1"}, inHelp, 3},
		{"dialog help back", []string{"y", "f1", "esc"}, inDialog, 3},
		{"dialog esc", []string{"y", "esc"}, inCase, 3},
		{"add", []string{"a"}, inPaste, 3},
		{"add takes letters", []string{"a", "q"}, inPaste, 3},
		{"add back", []string{"a", "esc"}, inCase, 3},
		{"paste", []string{"p"}, inPaste, 3},
		{"home", []string{"H"}, inHome, 3},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			b := sample(t)
			b.desk.lines = sampleLines()
			b.keys(x.keys...)
			if got := b.m.scope(); got != x.scope {
				t.Errorf("the keys are in %q, want %q", got, x.scope)
			}
			if got := b.m.kase().entry; got != x.entry {
				t.Errorf("panel %d, want %d", got, x.entry)
			}
			if b.quit {
				t.Error("the screen was left")
			}
		})
	}
}

// TestTypingScopesTakeLetters holds that no plain letter is a command where
// text is typed.
func TestTypingScopesTakeLetters(t *testing.T) {
	m := sample(t).m
	for _, a := range m.actions {
		for _, s := range a.in {
			if !s.typing() {
				continue
			}
			for _, k := range a.keys {
				if len(k) == 1 {
					t.Errorf("%q is a command in %q, where letters are text", k, s)
				}
			}
		}
	}
}

// TestOneMeaningPerKey holds that a key means one thing in a scope, or that at
// most one of its meanings works at a time.
func TestOneMeaningPerKey(t *testing.T) {
	for _, s := range screens {
		b := s.open(t, false).size(120, 40)
		seen := map[string]safe.Text{}
		for _, a := range b.m.within(b.m.scope()) {
			if ok, _ := a.works(b.m); !ok {
				continue
			}
			for _, k := range a.keys {
				if other, twice := seen[k]; twice {
					t.Errorf("%s: %q means %q and %q", s.name, k, other, a.does)
				}
				seen[k] = a.does
			}
		}
	}
}

// TestHelpShowsTheKeys holds that help lists exactly what works, on every screen.
func TestHelpShowsTheKeys(t *testing.T) {
	for _, s := range screens {
		b := s.open(t, false).size(120, 40)
		if s.name == "help" {
			b.keys("esc")
		}
		of := b.m.scope()
		var got, want []string
		for _, r := range b.m.helpRows(of, 1000) {
			text := ""
			for _, x := range r.spans {
				text += string(x.text)
			}
			if strings.Contains(text, "Locked now") || strings.Contains(text, "Signs") {
				break
			}
			if f := strings.TrimSpace(text); f != "" && !strings.HasPrefix(f, "Letters are text") {
				got = append(got, strings.Join(strings.Fields(f), " "))
			}
		}
		for _, a := range b.m.within(of) {
			if ok, _ := a.works(b.m); ok {
				want = append(want, strings.Join(strings.Fields(string(a.show+" "+a.does)), " "))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: help says\n%s\nwant\n%s", s.name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestKeyBarShowsWhatWorks holds that every key of the bar works now, and that
// the keys nobody can do without stay on a narrow screen.
func TestKeyBarShowsWhatWorks(t *testing.T) {
	for _, s := range screens {
		b := s.open(t, false)
		for _, size := range sizes[:5] {
			b.m.frame = layout(size[0], size[1])
			bar := b.m.keyBar(size[0])
			for _, x := range bar.spans {
				if x.role != keycap || x.text == b.m.g.upDown {
					continue
				}
				if !slices.ContainsFunc(b.m.within(b.m.scope()), func(a action) bool { ok, _ := a.works(b.m); return ok && a.show == x.text }) {
					t.Errorf("%s at %d: %q is shown and does not work", s.name, size[0], x.text)
				}
			}
			text := ""
			for _, x := range bar.spans {
				text += string(x.text)
			}
			if !strings.Contains(text, "help") && !strings.Contains(text, "esc") {
				t.Errorf("%s at %d: the way out is not shown: %q", s.name, size[0], text)
			}
		}
	}
}

func TestLockedKeySaysWhatUnlocksIt(t *testing.T) {
	b := sample(t).keys("5", "D")
	b.mustShow("locked; what unlocks it: a yes to question 3")
	if b.m.scope() != inCase || len(b.session.proposed) != 0 {
		t.Error("a locked key did something")
	}
	b.keys("T").mustShow("2 conditions are not met")
}

func TestEnterCopiesRecordsAndMoves(t *testing.T) {
	b := sample(t).keys("2", "enter")
	if len(b.clip.texts) != 1 || !strings.HasPrefix(b.clip.texts[0], "Subject: Mail to robin.hale@contoso.example") {
		t.Fatalf("copied %q", b.clip.texts)
	}
	want := diagnose.QuestionsCopied{Step: diagnose.StepRejector, Text: b.clip.texts[0], Way: "tmux", Version: "1.0.0"}
	if len(b.session.proposed) != 1 || b.session.proposed[0] != diagnose.Body(want) {
		t.Fatalf("recorded %+v", b.session.proposed)
	}
	if b.m.kase().entry != 3 {
		t.Errorf("panel %d, want 3", b.m.kase().entry)
	}
	b.mustShow("copied to the tmux buffer")
	if b.m.waiting != 0 {
		t.Errorf("%d requests left", b.m.waiting)
	}
}

func TestCopyOnlyStays(t *testing.T) {
	b := sample(t).keys("2", "c")
	if b.m.kase().entry != 2 || len(b.clip.texts) != 1 || len(b.session.proposed) != 1 {
		t.Errorf("panel %d, %d copies, %d records", b.m.kase().entry, len(b.clip.texts), len(b.session.proposed))
	}
}

func TestCopyThatFailsClaimsNothing(t *testing.T) {
	b := sample(t)
	b.clip.err = errors.New("no way to the clipboard")
	b.keys("2", "enter")
	if b.m.kase().entry != 2 || len(b.session.proposed) != 0 {
		t.Error("a failed copy was recorded, or moved on")
	}
	b.mustShow("nothing was copied: no way to the clipboard")
}

func TestCopyThatIsNotRecordedSaysSo(t *testing.T) {
	b := sample(t)
	b.session.refuse = errors.New("the disk is full")
	b.keys("2", "enter").mustShow("copied, but not recorded: the disk is full")
}

func TestEnterOnPanelWithoutQuestionsGoesOn(t *testing.T) {
	b := sample(t).keys("1", "enter")
	if b.m.kase().entry != 2 {
		t.Errorf("panel %d, want 2", b.m.kase().entry)
	}
	if b.keys("5", "enter").m.kase().entry != 3 {
		t.Errorf("panel %d, want 3: where the panel leads", b.m.kase().entry)
	}
	if len(b.clip.texts) != 0 {
		t.Error("something was copied")
	}
}

func TestReadOnlyCase(t *testing.T) {
	b := sample(t)
	b.session.change(func(s *fakeSession) { s.status.ReadOnly = "Jonas holds this case" })
	b.send(changedMsg{b.session, snap(b.session)})
	b.mustShow("read only: Jonas holds this case")
	b.keys("y")
	if b.m.scope() != inCase {
		t.Error("a form opened on a case that cannot be changed")
	}
	b.mustShow("Jonas holds this case")
	b.keys("2", "enter")
	if len(b.clip.texts) != 1 || len(b.session.proposed) != 0 {
		t.Error("copying must work, and recording must not")
	}
}

func TestUndoAndRedo(t *testing.T) {
	b := sample(t).keys("u")
	if len(b.session.proposed) != 1 || b.session.proposed[0] != diagnose.Body(diagnose.Undone{Seq: 41}) {
		t.Fatalf("recorded %+v", b.session.proposed)
	}
	b.session.change(func(s *fakeSession) { s.flow.Offers = []diagnose.Offer{{Kind: diagnose.OfferRedo, Seq: 42}} })
	b.send(changedMsg{b.session, snap(b.session)})
	b.keys("u")
	if len(b.session.proposed) != 1 {
		t.Error("undo worked without an offer")
	}
	b.keys("U")
	if len(b.session.proposed) != 2 || b.session.proposed[1] != diagnose.Body(diagnose.Undone{Seq: 42}) {
		t.Errorf("recorded %+v", b.session.proposed)
	}
}

func TestStopAndRefresh(t *testing.T) {
	b := sample(t)
	b.keys("R")
	if b.session.rounds != 1 {
		t.Error("DNS was not asked again")
	}
	b.session.change(func(s *fakeSession) { s.status.Running = true })
	b.send(changedMsg{b.session, snap(b.session)})
	b.keys("R").mustShow("x stops it")
	b.keys("x")
	if b.session.stopped != 1 || b.session.rounds != 1 {
		t.Error("x does not stop, or R asks twice")
	}
}

func TestKeysThatArriveTogether(t *testing.T) {
	b := sample(t).keys("1")
	b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("ll")})
	if b.m.kase().entry != 3 {
		t.Errorf("panel %d, want 3", b.m.kase().entry)
	}
	b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("yes, it is fine")})
	if b.m.scope() != inCase || len(b.session.proposed) != 0 {
		t.Error("a paste without marks was taken for keys")
	}
}

func TestTinyScreenTakesNoKeys(t *testing.T) {
	b := sample(t).keys("y").text("Dana").size(30, 8).keys("enter")
	if len(b.session.proposed) != 0 {
		t.Error("a dialog nobody can see was sent")
	}
	b.mustShow("needs 40x10")
	if b.keys("ctrl+c"); !b.quit {
		t.Error("ctrl+c does not leave")
	}
}

func TestQuitWaitsForWhatIsUnderWay(t *testing.T) {
	b := sample(t)
	b.m.waiting = 1
	b.keys("q")
	if b.quit {
		t.Fatal("left before the request was done")
	}
	b.send(doneMsg{session: b.session, says: "recorded"})
	if !b.quit || b.m.ctx.Err() == nil {
		t.Error("the screen was not left after the request was done")
	}
}

func TestSuspendIsForTheOwnTerminal(t *testing.T) {
	b := sample(t)
	if _, ok := b.m.find(inCase, "ctrl+z"); ok {
		t.Error("ctrl+z works in a served screen")
	}
	b.m.opts.Local = true
	if _, ok := b.m.find(inCase, "ctrl+z"); !ok {
		t.Error("ctrl+z does not work on the own terminal")
	}
}
