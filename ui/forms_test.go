package ui

import (
	"errors"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

func (b *bench) recorded() diagnose.Body {
	b.t.Helper()
	if len(b.session.proposed) != 1 {
		b.t.Fatalf("%d events were proposed: %+v\n%s", len(b.session.proposed), b.session.proposed, b.screenText())
	}
	return b.session.proposed[0]
}

func TestAnswerIsRecorded(t *testing.T) {
	b := sample(t).keys("y")
	b.mustShow("Record an answer: Gateway sync", "once it is complete")
	b.keys("enter").mustShow("name the person who says it")
	b.text("Ravi Sen").keys("tab", "right", "tab").text("by mail").keys("enter")
	got, _ := b.recorded().(diagnose.AnswerRecorded)
	want := diagnose.AnswerRecorded{Question: diagnose.AskGatewaySync, Value: diagnose.Yes, Who: "Ravi Sen", Role: diagnose.GatewayAdmin, How: "by mail", When: b.now}
	if got != want {
		t.Errorf("recorded %+v, want %+v", got, want)
	}
	if b.m.scope() != inCase {
		t.Error("the dialog stays open")
	}
	b.mustShow("recorded; u takes it back")
}

// TestFilledInGivesWay: letters and a paste replace what was filled in; a key
// that moves or deletes keeps it for a change, and leaving the field keeps it.
func TestFilledInGivesWay(t *testing.T) {
	for _, x := range []struct {
		name string
		do   func(b *bench)
		want string
	}{
		{"enter", func(*bench) {}, "2026-11-23 10:51"},
		{"letters", func(b *bench) { b.text("09:52") }, "2026-11-23 09:52"},
		{"a paste", func(b *bench) { b.paste("09:5").text("2") }, "2026-11-23 09:52"},
		{"a paste of nothing", func(b *bench) { b.paste("\x1b") }, "2026-11-23 10:51"},
		{"an unmarked paste", func(b *bench) {
			b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("09:")})
			b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("52")})
		}, "2026-11-23 09:52"},
		{"backspace", func(b *bench) { b.keys("backspace").text("0") }, "2026-11-23 10:50"},
		{"left", func(b *bench) { b.keys("left", "delete").text("0") }, "2026-11-23 10:50"},
		{"end", func(b *bench) { b.keys("end", "backspace").text("0") }, "2026-11-23 10:50"},
		{"home", func(b *bench) { b.keys("home", "delete").text("2") }, "2026-11-23 10:51"},
		{"away and back", func(b *bench) { b.keys("tab", "shift+tab").text("09:52") }, "2026-11-23 09:52"},
		{"touched, away and back", func(b *bench) { b.keys("backspace", "tab", "shift+tab").text("0") }, "2026-11-23 10:50"},
	} {
		b := sample(t).keys("y").text("Ravi Sen").keys("tab", "tab", "tab")
		b.mustShow("┃ 2026-11-23 10:51█", "typing replaces it")
		x.do(b)
		b.keys("enter")
		got, _ := b.recorded().(diagnose.AnswerRecorded)
		if b.m.stamp(got.When) != x.want {
			t.Errorf("%s: %s, want %s", x.name, b.m.stamp(got.When), x.want)
		}
	}
	f := sampleFlow()
	coloured := newBench(t, &f, true).size(120, 40).keys("y").text("Ravi Sen").keys("tab", "tab", "tab")
	if frame := coloured.m.View(); !contains(frame, "\x1b[2m2026-11-23 10:51\x1b[0m") || contains(frame, "\x1b[2mRavi Sen") {
		t.Errorf("what is filled in is not quiet, or what was typed is: %q", frame)
	}
	if coloured.keys("end"); contains(coloured.m.View(), "\x1b[2m2026-11-23 10:51\x1b[0m") {
		t.Error("what is kept is quiet")
	}
	b := sample(t).keys("y").text("Ravi Sen")
	if contains(b.screenText(), "typing replaces it") {
		t.Error("what was typed is said to be replaced")
	}
}

// TestLastPersonIsFilledIn: often one person answers several questions.
func TestLastPersonIsFilledIn(t *testing.T) {
	answered := func() *bench {
		b := sample(t)
		k := b.session.kase.Apply(diagnose.Event{Seq: b.session.kase.LastSeq() + 1, At: b.now, By: "mara", Body: diagnose.AnswerRecorded{
			Question: diagnose.AskExactAddress, Value: diagnose.Yes, Who: "Dana Ito", Role: diagnose.RecipientAdmin, When: b.now}})
		b.session.change(func(s *fakeSession) { s.kase = k })
		b.send(changedMsg{session: b.session, snap: snap(b.session)})
		return b.keys("y")
	}
	for typed, want := range map[string]safe.Untrusted{"": "Dana Ito", "Ravi Sen": "Ravi Sen"} {
		b := answered()
		b.mustShow("┃ Dana Ito█", "typing replaces it")
		b.text(typed).keys("enter")
		if got, _ := b.recorded().(diagnose.AnswerRecorded); got.Who != want {
			t.Errorf("typed %q: %q", typed, got.Who)
		}
	}
}

// TestRefusedAnswerComesBack: what could not be recorded is not typed twice.
func TestRefusedAnswerComesBack(t *testing.T) {
	b := sample(t)
	b.session.refuse = errors.New("not recorded: the disk is full")
	b.keys("y").text("Ravi Sen").keys("enter")
	b.mustShow("Record an answer: Gateway sync", "Ravi Sen", "not recorded: the disk is full")
	b.session.refuse = nil
	b.keys("enter").mustShow("recorded; u takes it back")
	if got, _ := b.recorded().(diagnose.AnswerRecorded); got.Who != "Ravi Sen" || b.m.scope() != inCase {
		t.Errorf("recorded %+v in scope %s", got, b.m.scope())
	}
}

func TestEscKeepsThingsAsTheyAre(t *testing.T) {
	b := sample(t).keys("n").text("Ravi Sen").keys("esc")
	if len(b.session.proposed) != 0 || b.m.scope() != inCase {
		t.Error("esc recorded something, or left the dialog open")
	}
}

func TestOtherAnswerNeedsANote(t *testing.T) {
	b := sample(t).keys("o", "tab").text("Ravi Sen").keys("enter")
	b.mustShow("write into the note what was answered")
	b.keys("tab", "tab", "tab", "tab").text("only on Mondays").keys("enter")
	if got, _ := b.recorded().(diagnose.AnswerRecorded); got.Note != "only on Mondays" || got.Value != diagnose.Other {
		t.Errorf("recorded %+v", got)
	}
}

func TestTimeOfAnAnswer(t *testing.T) {
	tests := []struct {
		typed string
		want  time.Time
		wrong string
	}{
		{"09:52", at(9, 52, 0), ""},
		{"2026-11-20 16:02", time.Date(2026, 11, 20, 16, 2, 0, 0, zone), ""},
		{"yesterday", time.Time{}, "a time is written"},
		{"11:30", time.Time{}, "lies in the future"},
		{"", time.Time{}, "say when it was said"},
	}
	for _, x := range tests {
		b := sample(t).keys("y").text("Ravi Sen").keys("tab", "tab", "tab", "ctrl+u").text(x.typed).keys("enter")
		if x.wrong != "" {
			b.mustShow(x.wrong)
			if len(b.session.proposed) != 0 {
				t.Errorf("%q was recorded", x.typed)
			}
			continue
		}
		if got, _ := b.recorded().(diagnose.AnswerRecorded); !got.When.Equal(x.want) {
			t.Errorf("%q is %v, want %v", x.typed, got.When, x.want)
		}
	}
}

func TestRefusedEventIsASentence(t *testing.T) {
	b := sample(t)
	b.session.refuse = errors.New("locked: a yes to question 3 is missing")
	b.keys("y").text("Ravi Sen").keys("enter").mustShow("not done: locked: a yes to question 3 is missing")
}

func TestAskedPerson(t *testing.T) {
	b := sample(t).keys("w").text("Ravi Sen").keys("enter")
	got, _ := b.recorded().(diagnose.AskedPerson)
	if got.Who != "Ravi Sen" || len(got.Questions) != 4 {
		t.Errorf("recorded %+v", got)
	}
}

func TestListsAreRecorded(t *testing.T) {
	b := sample(t).keys("5", "s").text("SendGrid").keys("enter")
	b.mustShow("say of at least one list what it holds")
	b.keys("tab").text("listed").mustShow("left and right choose here")
	b.keys("right", "right", "tab", "right").keys("enter")
	got, _ := b.recorded().(diagnose.SuppressionRecorded)
	if got.Platform != "SendGrid" || got.Who != "mara" || len(got.Entries) != 2 ||
		got.Entries[0].Listed != diagnose.IsListed || got.Entries[1].Listed != diagnose.NotListed {
		t.Errorf("recorded %+v", got)
	}
}

func TestFormsThatNeedAReason(t *testing.T) {
	f := sampleFlow()
	f.Offers = append(f.Offers, diagnose.Offer{Kind: diagnose.OfferOverride, Step: diagnose.StepCapture})
	tests := []struct {
		key  string
		want diagnose.Body
	}{
		{"X", diagnose.CaseClosed{Outcome: diagnose.Closed, Reason: "a reason"}},
		{"N", diagnose.SuppressionSkipped{Reason: "a reason"}},
		{"O", diagnose.Overridden{Guard: diagnose.GuardProof, Reason: "a reason"}},
		{"C", diagnose.CacheCleared{Who: "a reason"}},
	}
	for _, x := range tests {
		b := newBench(t, &f, false).size(120, 40).keys(x.key, "enter")
		if len(b.session.proposed) != 0 {
			t.Errorf("%s was recorded without a reason", x.key)
		}
		b.text("a reason").keys("enter")
		if b.recorded() != x.want {
			t.Errorf("recorded %+v, want %+v", b.recorded(), x.want)
		}
	}
}

func TestRemovalAndResult(t *testing.T) {
	f := sampleFlow()
	f.Blocks = nil
	f.Steps[4].GoTo = ""
	f.Offers = []diagnose.Offer{{Kind: diagnose.OfferRemoval, Step: diagnose.StepSuppression, Seq: 9}, {Kind: diagnose.OfferResult, Step: diagnose.StepRetry, Seq: 44}}
	b := newBench(t, &f, false).size(120, 40).keys("5", "enter").text("SendGrid").keys("tab", "tab").text("removed").keys("enter")
	if b.recorded() != diagnose.Body(diagnose.RemovalRecorded{Platform: "SendGrid", List: diagnose.ListBounces}) {
		t.Errorf("recorded %+v", b.recorded())
	}
	b = newBench(t, &f, false).size(120, 40).keys("6", "enter", "enter", "right", "right", "enter")
	if b.recorded() != diagnose.Body(diagnose.RetryEnded{Intent: 44, Result: diagnose.RetryDelivered}) {
		t.Errorf("recorded %+v", b.recorded())
	}
}

// TestLettersInTurn: tab shows what else can be sent from here; each letter
// keeps its own changes, and copying records the one that is shown.
func TestLettersInTurn(t *testing.T) {
	b := sample(t).keys("3", "e", "tab")
	b.mustShow("Letter 2 of 2 to whoever runs SpamHero for contoso.example", "asks 3", "SpamHero, which filters mail")
	b.keys("i").text("Hello. ").keys("esc").mustShow("Hello. SpamHero, which", "changed")
	b.keys("tab").mustShow("Letter 1 of 2 to the filter's administrator", "Your filter contoso-example")
	if contains(b.m.View(), "changed") {
		t.Error("a change of one letter counts for the other")
	}
	b.keys("tab").mustShow("Hello. SpamHero, which", "changed")
	b.keys("enter")
	got, _ := b.recorded().(diagnose.QuestionsCopied)
	if got.Step != diagnose.StepRecipient || !contains(got.Text, "\n\nHello. SpamHero, which filters") {
		t.Errorf("recorded %+v", got)
	}
	b.keys("e").mustShow("Letter 1 of 2")
	b.keys("tab", "d").mustShow("SpamHero, which filters mail")
	if contains(b.m.View(), "Hello") {
		t.Error("the change was not dropped")
	}
	// Where there is one letter, there is no other to show.
	b = sample(t).keys("5", "e", "tab")
	if contains(b.m.View(), " of 2") {
		t.Error("a second letter where there is one")
	}
}

func TestLetterIsChangedCopiedAndSaved(t *testing.T) {
	b := sample(t).keys("2", "e")
	b.mustShow("Letter 1 of 2 to the filter's administrator", "postmaster@contoso.example", "asks 3 4 5", "not copied yet")
	b.keys("i").text("Hello. ").keys("esc")
	b.keys("t", "ctrl+u").text("ravi@contoso.example").keys("enter")
	b.mustShow("Hello. Your filter", "ravi@contoso.example", "changed")
	b.keys("s").mustShow("letter saved in letters/20261123-contoso.example-k7qd.eml")
	b.keys("enter")
	if len(b.clip.texts) != 1 || b.m.scope() != inCase || b.m.kase().entry != 2 {
		t.Fatal("the letter was not copied, or the panel not shown")
	}
	got, _ := b.recorded().(diagnose.QuestionsCopied)
	if got.Text != b.clip.texts[0] || got.Text[:8] != "Subject:" || !contains(got.Text, "\n\nHello. Your filter") {
		t.Errorf("recorded %q", got.Text)
	}
	// The change is kept for the step, and can be dropped.
	b.keys("e").mustShow("Hello. Your filter")
	b.keys("d", "esc", "c")
	if contains(b.clip.texts[1], "Hello") {
		t.Error("the change was not dropped")
	}
}

func contains(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if s[i:i+len(part)] == part {
			return true
		}
	}
	return false
}

func TestMailtoLink(t *testing.T) {
	got := mailto(diagnose.Draft{To: "a+b@contoso.example", Subject: "Mail & more", Body: "one\ntwo + 100%"})
	want := "mailto:a%2Bb@contoso.example?subject=Mail%20%26%20more&body=one%0D%0Atwo%20%2B%20100%25"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestEdit(t *testing.T) {
	tests := []struct {
		name, begin string
		keys        []string
		want        string
	}{
		{"insert in the middle", "ac", []string{"left", "b"}, "abc"},
		{"home and delete", "abc", []string{"home", "delete"}, "bc"},
		{"word", "one two", []string{"ctrl+w"}, "one "},
		{"to the begin", "one two", []string{"left", "ctrl+u"}, "o"},
		{"to the end", "one two", []string{"home", "ctrl+k"}, ""},
		{"backspace at the begin", "a", []string{"home", "backspace"}, "a"},
		{"right at the end", "a", []string{"right", "right", "b"}, "ab"},
	}
	for _, x := range tests {
		e := newEdit(x.begin, 100)
		for _, k := range x.keys {
			e.key(press(k))
		}
		if e.String() != x.want {
			t.Errorf("%s: %q, want %q", x.name, e.String(), x.want)
		}
	}
	lines := edit{lines: true, most: 100}
	lines.insert([]rune("one\r\ntwo\rthree\x1b"))
	for _, k := range []string{"up", "up", "end", "enter", "x", "down", "y"} {
		lines.key(press(k))
	}
	if got, want := lines.String(), "one\nx\ntywo\nthree"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	short := newEdit("abcdef", 3)
	if short.String() != "abc" {
		t.Errorf("%q is longer than its bound", short.String())
	}
}

func TestClock(t *testing.T) {
	c := clock{at(10, 51, 0), zone}
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 9, 41, 3, 0, zone) }
	tests := []struct {
		t      time.Time
		width  int
		person bool
		want   safe.Text
	}{
		{day(2026, 11, 23), 8, false, "09:41:03"}, {day(2026, 11, 23), 8, true, "09:41"}, {day(2026, 11, 23), 5, false, "09:41"},
		{day(2026, 11, 20), 8, false, "Fri 20"}, {day(2026, 11, 20), 5, false, "3 d"}, {day(2026, 10, 2), 8, false, "2 Oct"},
		{day(2024, 10, 2), 8, false, "Oct 2024"}, {day(2020, 1, 1), 5, false, "2020"}, {time.Time{}, 8, false, ""}, {day(2026, 11, 23), 0, false, ""},
	}
	for _, x := range tests {
		if got := c.at(x.t, x.width, x.person); got != x.want || cells(got) > max(x.width, 8) {
			t.Errorf("%v in %d: %q, want %q", x.t, x.width, got, x.want)
		}
	}
	for d, want := range map[time.Duration]safe.Text{
		0: "just now", 52 * time.Minute: "52 min", 66 * time.Minute: "1 h 6 min", 51 * time.Hour: "2 d 3 h", -29 * time.Minute: "in 29 min",
	} {
		if got := c.since(c.now.Add(-d)); got != want {
			t.Errorf("%v ago: %q, want %q", d, got, want)
		}
	}
}
