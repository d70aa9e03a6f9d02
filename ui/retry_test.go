package ui

import (
	"context"
	"errors"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"deadletter/diagnose"
)

// front gives the dialog in front.
func (b *bench) front() *form {
	b.t.Helper()
	if len(b.m.over) == 0 {
		b.t.Fatalf("no dialog is open:\n%s", b.screenText())
	}
	f, ok := b.m.over[len(b.m.over)-1].(*form)
	if !ok {
		b.t.Fatalf("no form is in front:\n%s", b.screenText())
	}
	return f
}

// hides fails on text that the screen shows.
func (b *bench) hides(texts ...string) *bench {
	b.t.Helper()
	all := b.screenText()
	for _, x := range texts {
		if strings.Contains(all, x) {
			b.t.Errorf("%q is shown:\n%s", x, all)
		}
	}
	return b
}

// TestRetryAsksDNSFirst: T asks, and shows what an attempt would be; nothing goes
// before somebody agrees.
func TestRetryAsksDNSFirst(t *testing.T) {
	b, r := atRetry(t, "ready", false)
	r.pages = [][2]int{{3, 31}, {31, 31}}
	b.mustShow("enter retry once").keys("enter")
	b.mustShow("One plain message, 622 bytes", "smtp.sendgrid.net", "EHLO out1.fabrikam.example", "until 10:52:30", "None: what is sent is sent", "SENDGRID_API_KEY", "the MX is the same as before", "▌ one message")
	b.keys("enter").mustShow("type robin.hale@contoso.example to go on")
	if r.asked != 1 || len(r.tried) != 0 || len(b.session.proposed) != 0 {
		t.Errorf("asked %d times, tried %d", r.asked, len(r.tried))
	}
	b.keys("esc")
	if b.m.scope() != inCase || len(r.tried) != 0 {
		t.Error("esc does not leave it")
	}
}

// TestRetryChoices: each way has the consent of its own, the host goes with the
// probe alone, and a choice empties what was typed for another.
func TestRetryChoices(t *testing.T) {
	b, r := atRetry(t, "ready", false)
	b.keys("T", "right").mustShow("RCPT only", "▌ RCPT only", "type probe", "192.0.2.10:25")
	b.keys("tab", "right").mustShow("2 of 2", "192.0.2.20:25").hides("192.0.2.10:25")
	b.keys("tab").text("pro")
	if got := b.front().value("consent"); got != "pro" {
		t.Fatalf("typed %q", got)
	}
	b.keys("shift+tab", "left").mustShow("1 of 2", "192.0.2.10:25")
	if got := b.front().value("consent"); got != "" {
		t.Errorf("%q typed for another host still stands", got)
	}
	b.keys("tab").text("probe").keys("tab", "left").mustShow("one message through SendGrid", "type address").hides("host   ")
	if got := b.front().value("consent"); got != "" {
		t.Errorf("%q typed for another way still stands", got)
	}
	b.keys("left").mustShow("by hand", "type send", "Nothing from here").hides("smtp.sendgrid.net", "F2")
	b.keys("up").mustShow("▌ RCPT only").keys("up").mustShow("▌ one message").keys("up").mustShow("▌ one message", "type address")
	if b.front().at == 0 {
		t.Error("up does not leave the list at its first value")
	}
	b.keys("tab", "down", "down").mustShow("▌ by hand").keys("down")
	if b.front().at == 0 {
		t.Error("down does not leave the list at its last value")
	}
	b.keys("tab")
	b.keys("left", "tab", "left").mustShow("192.0.2.20:25").keys("tab").text("probe").keys("enter")
	if len(r.tried) != 1 || r.tried[0].Target.Host != string(secondHost) || r.asked != 1 {
		t.Errorf("tried %+v", r.tried)
	}
}

// TestRetryLettersChooseNothing: letters, blanks, pastes and bursts in a choice
// change neither it nor the consent.
func TestRetryLettersChooseNothing(t *testing.T) {
	b, r := atRetry(t, "ready", false)
	b.keys("T")
	for _, k := range []string{"p", "2", " ", "l"} {
		b.keys(k).mustShow("left and right choose here", "▌ one message")
	}
	b.paste("probe").mustShow("type it", "▌ one message")
	for _, name := range []string{"right", "enter", "esc", "f2", "tab"} { // letters that come together are no key
		b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)})
		b.mustShow("left and right choose here", "▌ one message", "leaves ")
	}
	b.keys("tab")
	for _, name := range []string{"home", "enter", "esc"} {
		b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)})
	}
	if got := b.front().value("consent"); got != "homeenteresc" {
		t.Errorf("typed %q", got)
	}
	b.keys("ctrl+u", "tab")
	if f := b.front(); f.value("way") != string(diagnose.RetryMessage) || f.value("consent") != "" || len(r.tried) != 0 {
		t.Errorf("%q, %q", f.value("way"), f.value("consent"))
	}
}

// TestRetryConsent: only the whole address, typed by hand, lets the message go.
func TestRetryConsent(t *testing.T) {
	b, r := atRetry(t, "ready", false)
	b.keys("T", "tab")
	b.paste(retryTo).mustShow("type it").keys("enter")
	b.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(retryTo)}) // a terminal that does not mark pastes
	b.mustShow("all at once").keys("enter")
	for _, typed := range []string{retryTo[:len(retryTo)-1], strings.ToUpper(retryTo), retryTo + "x", " " + retryTo, "probe", "send"} {
		b.keys("ctrl+u").text(typed).keys("enter")
	}
	if len(r.tried) != 0 {
		t.Fatalf("tried %d times without the address", len(r.tried))
	}
	r.end = diagnose.RetryEnded{Result: diagnose.RetryAccepted}
	b.keys("ctrl+u").text(retryTo).mustShow("enter send the one message").keys("enter")
	if len(r.tried) != 1 || r.tried[0].Way != diagnose.RetryMessage {
		t.Errorf("tried %+v", r.tried)
	}
}

// TestRetryLacks: a way that lacks something says what, and enter is barred on it.
func TestRetryLacks(t *testing.T) {
	b, r := atRetry(t, "ready", false)
	r.ways = lackingWays()
	b.keys("T").mustShow("RCPT only") // the first that lacks nothing
	b.keys("left").mustShow("no relay is set up", "deadletter config --example", "the last attempt was 6 min ago", "cannot be taken now").hides("enter ", "F2", "type address")
	b.keys("enter").text(retryTo).keys("enter")
	if len(r.tried) != 0 || b.m.scope() != inDialog {
		t.Error("it was tried all the same")
	}
	b.keys("left").mustShow("by hand", "type send").keys("tab").text("send").keys("enter")
	if got, ok := b.recorded().(diagnose.RetryIntended); !ok || got.Way != diagnose.RetryByHand || got.Permit != 17 {
		t.Errorf("recorded %+v", b.recorded())
	}
}

// TestRetryPlanGetsOld: two minutes after it was made a plan no longer counts,
// whatever was typed; by hand goes on.
func TestRetryPlanGetsOld(t *testing.T) {
	b, r := atRetry(t, "ready", false)
	b.keys("T", "tab").text(retryTo)
	b.now = at(10, 52, 30)
	b.send(nowMsg{})
	b.mustShow("enter send the one message").hides("older than two minutes")
	b.now = at(10, 52, 31)
	b.send(nowMsg{})
	b.mustShow("older than two minutes", "T asks DNS again", "esc not now").hides("enter ")
	b.keys("enter", "enter")
	if len(r.tried) != 0 || b.m.kase().work != nil || b.m.scope() != inDialog {
		t.Error("a plan that is too old was carried out")
	}
	b.keys("tab", "left").mustShow("by hand", "type send").hides("older than")
	b.keys("left").mustShow("older than two minutes")
}

// TestRetryByHandAlone: without a program that makes attempts, and where it
// refuses, the permit can still be spent by hand, and the reason is said.
func TestRetryByHandAlone(t *testing.T) {
	b, r := atRetry(t, "ready", false)
	b.m.opts.Retrier = nil
	b.keys("T").mustShow("Nothing from here", "type send").hides("from here  ", "1 of")
	b.keys("esc")
	r.refuses = "offline: neither DNS nor a mail host is asked for this case"
	b.m.opts.Retrier = r
	b.keys("T").mustShow("offline: neither DNS", "type send")
	b.text("sen").keys("enter").mustShow("type send to go on")
	b.text("d").keys("enter").mustShow("permit spent")
	if got, ok := b.recorded().(diagnose.RetryIntended); !ok || got.Plan != diagnose.ByHand(retryTo, 17).Hash() || r.asked != 0 {
		t.Errorf("recorded %+v, asked %d times", b.recorded(), r.asked)
	}
}

// TestRetryWaysFail: what DNS or the person ends leads to no dialog.
func TestRetryWaysFail(t *testing.T) {
	tests := map[string]struct {
		err  error
		want string
	}{
		"cancelled": {context.Canceled, "stopped; nothing was sent"},
		"other":     {errors.New("DNS took longer than 1m0s"), "no retry: DNS took longer than 1m0s"},
	}
	for name, x := range tests {
		t.Run(name, func(t *testing.T) {
			b, r := atRetry(t, "ready", false)
			r.err = x.err
			b.keys("T").mustShow(x.want)
			if b.m.scope() != inCase || b.m.kase().work != nil {
				t.Error("a dialog is open, or work goes on")
			}
			r.err = nil
			b.keys("T").mustShow("type address")
		})
	}
	b, r := atRetry(t, "ready", false)
	b.held = map[string]bool{".carryOut.": true}
	b.keys("T").mustShow("asking DNS just before the retry", "esc stop").keys("T").mustShow("asking DNS just before the retry; esc stops it")
	b.keys("esc").release()
	b.mustShow("stopped; nothing was sent")
	if b.m.scope() != inCase || r.asked != 1 {
		t.Errorf("asked %d times", r.asked)
	}
}

// TestRetryLocksMeanwhile: a lock that closes while DNS is asked is told, and no
// way is shown.
func TestRetryLocksMeanwhile(t *testing.T) {
	b, _ := atRetry(t, "ready", false)
	b.held = map[string]bool{".carryOut.": true}
	b.keys("T")
	b.session.change(func(s *fakeSession) { s.flow = retryStanding("same") })
	b.release()
	b.mustShow("locked; what unlocks it: a new confirmation on step 3")
	if b.m.scope() != inCase {
		t.Error("a dialog is open")
	}
	b.keys("T").mustShow("a new confirmation on step 3")
}

// TestRetryElsewhereMeanwhile: the ways open in front of nobody who has gone on
// to something else.
func TestRetryElsewhereMeanwhile(t *testing.T) {
	for _, way := range [][]string{{"r"}, {"f"}, {"?"}} {
		b, _ := atRetry(t, "ready", false)
		b.held = map[string]bool{".carryOut.": true}
		b.keys("T").keys(way...)
		b.release()
		b.mustShow("T asks again")
		if b.m.scope() == inDialog {
			t.Errorf("after %q the dialog came in between", way)
		}
	}
}

// TestRetryWords: F2 shows what would be said, byte for byte, and back.
func TestRetryWords(t *testing.T) {
	b, _ := atRetry(t, "ready", false)
	b.keys("T", "f2").mustShow("MAIL FROM:<billing@fabrikam.example>", "Message-ID: <dl.dl-7f3a.k3v9q2m7x4b8@fabrikam.example>", "Auto-Submitted: auto-generated", "QUIT", "F2 the plan").hides("leaves ")
	b.keys("right").mustShow("RCPT TO:<"+retryTo+">").hides("DATA", "Subject:")
	b.keys("f2").mustShow("leaves ", "F2 word for word")
	b.keys("f2", "left", "left").mustShow("by hand", "Nothing from here").hides("F2", "EHLO out1")
}

// TestRetryKeysAreListed: help and palette list T and F2 where they work alone.
func TestRetryKeysAreListed(t *testing.T) {
	b, _ := atRetry(t, "ready", false)
	b.keys("?").mustShow("ask DNS just before, then show the ways").hides("word for word").keys("esc")
	b.keys(":").text("retry").mustShow("retry once", "ask DNS just before").keys("esc")
	b.keys("T", "f1").mustShow("word for word, and back to the plan").keys("esc", "left", "f1").hides("word for word").keys("esc", "esc")
	b, _ = atRetry(t, "same", false)
	b.keys("?").mustShow("Locked now").keys("G")
	locked := false
	for _, r := range b.m.helpRows(inCase, 1000) {
		text := ""
		for _, x := range r.spans {
			text += string(x.text)
		}
		locked = locked || strings.Contains(text, "Locked now")
		if strings.HasPrefix(strings.TrimSpace(text), "T ") && (!locked || !strings.Contains(text, "a new confirmation on step 3")) {
			t.Errorf("help says %q", text)
		}
	}
	b.keys("esc")
	f := sampleFlow() // nothing of the retry is offered, and a lock is told
	b = newBench(t, &f, false).size(120, 40).keys("2", "T")
	b.mustShow("2 conditions are not met")
}
