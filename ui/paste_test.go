package ui

import (
	"errors"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
)

func TestPasteIsKeptAsBytes(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.paste("From: a\r\rline two\r\nline three\ttab \x1b[2J")
	if got, want := string(b.m.paste.raw), "From: a\n\nline two\nline three\ttab \x1b[2J"; got != want {
		t.Errorf("kept %q, want %q", got, want)
	}
	onlyOwn(t, b.m.View())
}

func TestLineEndsOfAPaste(t *testing.T) {
	for _, x := range []struct{ name, text, want string }{
		{"a mail with LF", "From: a\rTo: b\r\rbody\r", "From: a\nTo: b\n\nbody\n"},
		{"a mail with CRLF", "From: a\r\rTo: b\r\r\r\rbody\r\r", "From: a\nTo: b\n\nbody\n"},
		{"a mail with CRLF, without an end", "From: a\r\r\r\rbody", "From: a\n\nbody"},
		{"two empty lines with CRLF", "a\r\rb\r\r\r\r\r\rc", "a\nb\n\n\nc"},
		{"every second line empty", "a\r\rb\r\rc\r\r", "a\n\nb\n\nc\n\n"},
		{"a run that is odd", "a\r\rb\r\r\r\rc\rd", "a\n\nb\n\n\n\nc\nd"},
		{"an odd run at the end", "a\r\r\r\rb\r\r\r", "a\n\n\n\nb\n\n\n"},
		{"an LF", "a\r\r\r\rb\nc", "a\n\n\n\nb\nc"},
		{"CRLF as it is", "a\r\nb\r\n\r\nc", "a\nb\n\nc"},
		{"one line end", "a\r", "a\n"},
		{"nothing", "", ""},
	} {
		if got := string(lineEnds([]byte(x.text))); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}

func TestTypedLettersAreText(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40).text("q? 550 :1")
	if got := string(b.m.paste.raw); got != "q? 550 :1" {
		t.Errorf("kept %q", got)
	}
	b.keys("backspace", "backspace")
	if got := string(b.m.paste.raw); got != "q? 550 " {
		t.Errorf("kept %q", got)
	}
	b.keys("ctrl+u")
	if len(b.m.paste.raw) != 0 {
		t.Error("ctrl+u does not clear")
	}
}

func TestPasteNeverOpens(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40).paste("550 5.1.1 no such user\r")
	if len(b.desk.opened) != 0 {
		t.Fatal("a line end in a paste opened a case")
	}
	b.mustShow("One SMTP reply", "enter asks DNS about contoso.example, through 9.9.9.9")
}

// TestUnmarkedPaste gives a paste as keys, as a terminal without bracketed
// paste does: the enters in it are line ends.
func TestUnmarkedPaste(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("550 5.1.1 no")})
	b.keys("enter")
	pending := b.m.paste.pending
	b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("such user")})
	b.send(enterMsg{rev: pending})
	if got := string(b.m.paste.raw); got != "550 5.1.1 no\nsuch user" || len(b.desk.opened) != 0 {
		t.Errorf("kept %q, opened %d", got, len(b.desk.opened))
	}
}

func TestEnterOpens(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.desk.opens = []Session{newSession(sampleFlow())}
	b.paste("550 5.1.1 no such user")
	b.keys("ctrl+g").mustShow("nothing will: offline")
	b.settledEnter()
	if len(b.desk.opened) != 1 || b.desk.opened[0] != "550 5.1.1 no such user" || !b.desk.offline[0] {
		t.Fatalf("opened %q offline %v", b.desk.opened, b.desk.offline)
	}
	if b.m.scope() != inCase || len(b.m.paste.raw) != 0 {
		t.Error("the case is not shown, or the text was kept")
	}
	b.mustShow("3 Confirm recipient")
}

func TestEnterOnUnknownTextIsALineEnd(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40).text("hello").settledEnter()
	if got := string(b.m.paste.raw); got != "hello\n" || len(b.desk.opened) != 0 {
		t.Errorf("kept %q, opened %d", got, len(b.desk.opened))
	}
	b.mustShow("Nothing here is a bounce")
}

func TestPasteHasABound(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.m.paste.insert(b.m, make([]byte, pasteMost-5))
	b.paste("0123456789")
	if len(b.m.paste.raw) != pasteMost {
		t.Errorf("%d bytes are kept, want %d", len(b.m.paste.raw), pasteMost)
	}
	b.mustShow("Only the first 26.2 MB were taken")
}

// TestReadingIsOfTheText holds that a reading of an older text is not shown,
// and that one text is read at a time.
func TestReadingIsOfTheText(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	_, first := b.m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("5")})
	for _, r := range "50 5.1.1" {
		b.m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	b.run(first)
	if b.desk.read != 2 {
		t.Errorf("the text was read %d times, want 2: the first letter, and all of it", b.desk.read)
	}
	if !b.m.paste.ready() {
		t.Error("the last text was not read")
	}
}

// TestBackspaceLeavesAReadingAlone changes the end of a text while a command
// reads it.
func TestBackspaceLeavesAReadingAlone(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	var seen string
	b.desk.reading = func(raw []byte) Reading { seen = string(raw); return Reading{} }
	_, cmd := b.m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("abc"), Paste: true})
	b.m.Update(press("backspace"))
	b.m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("X")})
	cmd()
	if seen != "abc" || string(b.m.paste.raw) != "abX" {
		t.Errorf("read %q, kept %q", seen, b.m.paste.raw)
	}
}

func TestAddToACase(t *testing.T) {
	b := sample(t).keys("a")
	b.mustShow("Add to the case of robin.hale@contoso.example")
	b.paste("Nov 23 09:12:44 relay=mx").settledEnter()
	if len(b.desk.added) != 1 || b.m.scope() != inCase {
		t.Fatalf("added %q", b.desk.added)
	}
	b.mustShow("added to this case")
}

// TestFileIsReadByItsName: what names a file is read with enter, and until then
// only said to be one.
func TestFileIsReadByItsName(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40).paste("/srv/mail/550.eml")
	b.mustShow("This names a file: enter reads it.", "enter read the file", "file           /srv/mail/550.eml")
	if len(b.desk.files) != 0 {
		t.Fatal("the file was read without enter")
	}
	b.desk.err = errors.New("there is no such file")
	b.settledEnter().mustShow("no case was opened: there is no such file", "┃ /srv/mail/550.eml", "enter read the file")
	b.desk.err, b.desk.opens, b.desk.unread = nil, []Session{newSession(sampleFlow())}, "not everything was read: a.zip/b: it is damaged"
	b.keys("ctrl+g").settledEnter()
	if len(b.desk.files) != 2 || b.desk.files[1] != "/srv/mail/550.eml" || b.desk.opened[1] != "" || !b.desk.offline[1] {
		t.Fatalf("read %q, opened %q, offline %v", b.desk.files, b.desk.opened, b.desk.offline)
	}
	if b.m.scope() != inCase || len(b.m.paste.raw) != 0 {
		t.Error("the case is not shown, or the text was kept")
	}
	b.mustShow("not everything was read: a.zip/b: it is damaged")
	if b.desk.ctx.Err() == nil {
		t.Error("its context is left open")
	}
}

func TestFileIsAdded(t *testing.T) {
	b := sample(t).keys("a").paste("/srv/mail/550.eml")
	b.mustShow("This names a file: enter reads it.", "enter read the file", "Add to the case of")
	b.desk.err = errors.New("it is about another recipient; p opens it as a case of its own")
	b.settledEnter().mustShow("not added: it is about another recipient", "┃ /srv/mail/550.eml")
	b.desk.err = nil
	b.settledEnter().mustShow("added to this case")
	if len(b.desk.files) != 2 || b.m.scope() != inCase {
		t.Errorf("read %q", b.desk.files)
	}
}

// TestReadingAFileStops: esc and leaving end it, and the text stays.
func TestReadingAFileStops(t *testing.T) {
	for _, key := range []string{"esc", "ctrl+c"} {
		b := sample(t).keys("a").paste("/srv/mail/all.mbox")
		b.held = map[string]bool{".add.": true}
		b.settledEnter().mustShow("Reading the file.", "esc stop reading")
		b.text("x").keys("ctrl+u", key)
		b.desk.err = errors.New("stopped")
		b.release()
		if !b.desk.stopped {
			t.Errorf("%s does not stop it", key)
		}
		if string(b.m.paste.raw) != "/srv/mail/all.mbox" || b.m.scope() != inPaste {
			t.Errorf("after %s the text is %q", key, b.m.paste.raw)
		}
		if b.mustShow("not added: stopped"); b.quit != (key == "ctrl+c") {
			t.Errorf("after %s: left %v", key, b.quit)
		}
		b.keys("ctrl+u")
	}
}

func TestPasteOnOtherScreens(t *testing.T) {
	for _, keys := range [][]string{{}, {"2", "e"}, {"r"}, {"f"}, {"?"}, {"2", "e", "v"}} {
		b := sample(t).keys(keys...)
		before := b.m.scope()
		b.paste("y\rq\r:quit\r")
		if b.m.scope() != before || b.quit || len(b.session.proposed) != 0 || len(b.clip.texts) != 0 {
			t.Errorf("after %v a paste did something", keys)
		}
	}
}

func TestPasteNeverFillsConsent(t *testing.T) {
	f := sampleFlow()
	f.Blocks = nil
	f.Offers = append(f.Offers, diagnose.Offer{Kind: diagnose.OfferRetry, Step: diagnose.StepRetry, Seq: 17})
	b := newBench(t, &f, false).size(120, 40).keys("6", "enter")
	if b.m.scope() != inDialog {
		t.Fatal("no consent is asked")
	}
	b.paste("send\r").keys("enter")
	if len(b.session.proposed) != 0 || b.m.scope() != inDialog {
		t.Fatal("a paste filled the consent")
	}
	b.mustShow("type send to go on")
	// A terminal that does not mark pastes gives a short word in one piece.
	b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("send")})
	b.keys("enter")
	if len(b.session.proposed) != 0 || b.m.scope() != inDialog {
		t.Fatal("the whole word at once filled the consent")
	}
	b.text("sen").keys("enter")
	if len(b.session.proposed) != 0 {
		t.Fatal("a part of the word was enough")
	}
	b.text("d").keys("enter")
	if len(b.session.proposed) != 1 {
		t.Fatalf("recorded %+v", b.session.proposed)
	}
	got, ok := b.session.proposed[0].(diagnose.RetryIntended)
	if !ok || got.Permit != 17 || got.Way != diagnose.RetryByHand || len(got.Plan) != 64 {
		t.Errorf("recorded %+v", b.session.proposed[0])
	}
}

// TestNoResultOfWhatRuns: while an attempt is under way nobody records what
// came of it.
func TestNoResultOfWhatRuns(t *testing.T) {
	f := sampleFlow()
	f.Offers = append(f.Offers, diagnose.Offer{Kind: diagnose.OfferResult, Step: diagnose.StepRetry, Seq: 17})
	b := newBench(t, &f, false).size(120, 40)
	c := b.m.kase()
	c.work = &work{kase: c, title: "sending the one message"}
	if b.keys("6", "W"); b.m.scope() == inDialog {
		t.Fatal("a result is asked for before there is one")
	}
	b.mustShow("sending the one message; it goes on to its end")
	c.work = nil
	c.snap.kase = c.snap.kase.Apply(diagnose.Event{Seq: 17, At: b.now, By: "mara", Body: diagnose.RetryIntended{Way: diagnose.RetryByHand, Permit: 16, Plan: "plan"}})
	seq := c.snap.kase.Retries[0].Seq
	f.Offers[len(f.Offers)-1].Seq, c.snap.flow = seq, f
	if b.keys("W"); b.m.scope() != inDialog {
		t.Error("no result is asked for afterwards")
	}
	b.mustShow("attempt", "by hand, 10:51:00")
}

func TestLargePasteShowsItsBegin(t *testing.T) {
	b := newBench(t, nil, false).size(120, 40)
	b.paste("first line\r" + strings.Repeat("x\r", 200000))
	b.mustShow("first line", "200002 lines in all")
}
