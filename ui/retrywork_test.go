package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// TestRetryOnce: enter pressed twice makes one attempt, and nothing begins
// another while it goes on.
func TestRetryOnce(t *testing.T) {
	b, r := trying(t, false, 0)
	b.keys("enter", "enter").mustShow("the intent is written to disk", "esc hide")
	b.text("x").paste(retryTo).keys("tab", "f2", "enter").mustShow("the intent is written")
	b.keys("esc").mustShow("sending the one message", "it goes on to its end")
	b.keys("T").mustShow("sending the one message; it goes on to its end")
	if b.m.scope() != inCase {
		t.Errorf("T opened %s", b.m.scope())
	}
	b.keys("enter").mustShow("the intent is written to disk", "esc hide").keys("enter", "esc")
	if b.m.scope() != inCase || len(b.waits) != 1 {
		t.Fatalf("begun %d times", len(b.waits))
	}
	b.release()
	if len(r.tried) != 1 || r.asked != 1 {
		t.Errorf("tried %d times, asked %d", len(r.tried), r.asked)
	}
}

// TestRetryResult: it is told where somebody is then, whatever is shown, and
// panel 6 of its case has it.
func TestRetryResult(t *testing.T) {
	const verdict = "The same refusal again. Stop: change no sender settings, send nothing more."
	tests := map[string]struct {
		keys  []string
		scope scope
		entry int
	}{
		"in the dialog": {nil, inCase, 6},
		"hidden":        {[]string{"esc"}, inCase, 6},
		"another panel": {[]string{"esc", "2"}, inCase, 6},
		"raw":           {[]string{"esc", "r"}, inRaw, 6},
		"help":          {[]string{"esc", "?"}, inHelp, 6},
	}
	for name, x := range tests {
		t.Run(name, func(t *testing.T) {
			b, r := trying(t, false, 20)
			r.end = diagnose.RetryEnded{Result: diagnose.RetrySame}
			b.keys(x.keys...)
			b.session.flow = retryStanding("same")
			b.release()
			b.mustShow(verdict)
			if b.m.scope() != x.scope || b.m.kase().entry != x.entry || b.m.kase().work != nil || b.m.waiting != 0 {
				t.Errorf("%v, panel %d, %d waiting", b.m.scope(), b.m.kase().entry, b.m.waiting)
			}
		})
	}
}

// TestRetryBesideAnotherCase: the other case is worked on meanwhile, and the
// result names the case that it is of.
func TestRetryBesideAnotherCase(t *testing.T) {
	b, r := trying(t, false, 5)
	r.end = diagnose.RetryEnded{Result: diagnose.RetrySame}
	f := sampleFlow()
	f.Header.Recipient = "lena.voss@northwind.example"
	other := newSession(f)
	b.m.showCase(b.m.addCase(other))
	b.keys("esc", "3", "y")
	b.front()
	b.keys("ctrl+u").text("Mara Dee").keys("enter")
	if len(other.proposed) != 1 {
		t.Fatalf("the other case recorded %+v", other.proposed)
	}
	b.session.flow = retryStanding("same")
	b.keys("4").release()
	b.mustShow("robin.hale@contoso.example: The same refusal again", "lena.voss@northwind.example")
	if b.m.kase().session != Session(other) || b.m.kase().entry != 4 || len(r.tried) != 1 {
		t.Error("the screen left the case in view")
	}
	b.m.showCase(0)
	b.keys("6").mustShow("stopped", "before: the bounce")
}

// TestRetryThatFails says what is known: that nothing was sent, or that the
// permit is spent.
func TestRetryThatFails(t *testing.T) {
	tests := map[string]struct {
		end  diagnose.RetryEnded
		err  error
		want string
	}{
		"not sent":     {err: errors.New("the case has changed since the plan was made"), want: "nothing was sent: the case has changed"},
		"not recorded": {end: diagnose.RetryEnded{Result: diagnose.RetryAccepted}, err: errors.New("what came of the attempt is not recorded: the disk is full"), want: "the disk is full; the permit is spent, W records"},
	}
	for name, x := range tests {
		t.Run(name, func(t *testing.T) {
			b, r := atRetry(t, "ready", false)
			r.end, r.fails = x.end, x.err
			b.keys("T", "tab").text(retryTo).keys("enter").mustShow(x.want)
			if !b.m.message.bad || b.m.scope() != inCase || b.m.waiting != 0 {
				t.Errorf("%+v, %v", b.m.message, b.m.scope())
			}
		})
	}
}

// TestQuitWaitsForRetry: the screen is left when it is known what came of it.
func TestQuitWaitsForRetry(t *testing.T) {
	b, r := trying(t, false, 20)
	r.end = diagnose.RetryEnded{Result: diagnose.RetryAccepted}
	b.keys("ctrl+c").mustShow("leaving as soon as it is known what came of it")
	if b.quit || b.m.ctx.Err() != nil {
		t.Fatal("left at once")
	}
	b.release()
	if !b.quit || len(r.tried) != 1 {
		t.Errorf("left: %v, tried %d times", b.quit, len(r.tried))
	}
	b, _ = atRetry(t, "ready", false) // DNS alone holds nobody
	b.held = map[string]bool{".carryOut.": true}
	b.keys("T", "q")
	if !b.quit {
		t.Error("the screen waits for DNS")
	}
}

// TestNewestLineInSight: at every size, in the dialog and behind it, whatever
// came before.
func TestNewestLineInSight(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		b, _ := trying(t, false, 0)
		if hidden {
			b.keys("esc")
		}
		lines := conversation(43)
		for i := range lines {
			b.overhears(append(lines[i:i+1:i+1], diagnose.SMTPLine{Text: safe.Untrusted("250 line " + strings.Repeat("x", i%9)), At: at(10, 51, 9)}))
			for _, size := range sizes[:5] {
				b.size(size[0], size[1])
				if text := b.screenText(); !strings.Contains(text, "250 line "+strings.Repeat("x", i%9)) {
					t.Fatalf("hidden %v, at %v the line %d is out of sight:\n%s", hidden, size, i, text)
				}
			}
		}
	}
}

// TestLongConversation: a server that talks without end costs no memory, and no
// time that anybody would notice.
func TestLongConversation(t *testing.T) {
	b, _ := trying(t, false, 0)
	w := b.m.kase().work
	began := time.Now()
	for _, l := range conversation(100_000) {
		w.hear(l)
	}
	w.hear(diagnose.SMTPLine{Text: "250 the last", At: at(10, 52, 0)})
	b.send(workMsg{w})
	b.mustShow("250 the last", "earlier lines")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(w.heard) != maxHeard || cap(w.heard) > 4*maxHeard || len(w.lines) != maxHeard {
		t.Errorf("%d lines are held, room for %d", len(w.heard), cap(w.heard))
	}
}

// TestDialogStays: another way, a complaint or a line of the conversation does
// not move the box.
func TestDialogStays(t *testing.T) {
	b, _ := atRetry(t, "ready", false)
	b.keys("T")
	edges := func() (at [2]int) {
		for y, l := range strings.Split(b.screenText(), "\n") {
			if strings.Contains(l, "╭─ ! ") {
				at[0] = y
			}
			if strings.Contains(l, "╰──") {
				at[1] = y
			}
		}
		return at
	}
	b.size(120, 50)
	want := edges()
	for _, keys := range [][]string{{"right"}, {"right"}, {"x"}, {"left"}, {"left"}, {"enter"}, {"f2"}, {"f2"}} {
		if b.keys(keys...); edges() != want {
			t.Fatalf("after %q the box is at %v, not %v:\n%s", keys, edges(), want, b.screenText())
		}
	}
	b.text(retryTo)
	b.held = map[string]bool{".carryOut.": true}
	for b.keys("enter"); ; b.overhears(conversation(3)) {
		if edges() != want {
			t.Fatalf("the box is at %v, not %v:\n%s", edges(), want, b.screenText())
		}
		if len(b.m.kase().work.lines) > 12 {
			break
		}
	}
}

// TestRetryPagesThroughPlan: no line of a plan is out of reach on a small screen.
func TestRetryPagesThroughPlan(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {60, 15}, {40, 10}} {
		b, _ := atRetry(t, "ready", false)
		b.size(size[0], size[1]).keys("T", "right", "tab", "tab")
		f := b.front()
		want := f.told(b.m, min(94, size[0]-2)-6)
		seen := map[string]bool{}
		for range len(want) + 2 {
			text := b.screenText()
			for _, l := range want {
				var line strings.Builder
				for _, x := range l.spans {
					line.WriteString(string(x.text))
				}
				if s := line.String(); strings.Contains(text, s) {
					seen[s] = true
				}
			}
			if !strings.Contains(text, "type probe") || !strings.Contains(text, "esc not now") {
				t.Fatalf("at %v the consent or the foot is out of sight:\n%s", size, text)
			}
			b.keys("pgdown")
		}
		distinct := map[string]bool{}
		for _, l := range want {
			var line strings.Builder
			for _, x := range l.spans {
				line.WriteString(string(x.text))
			}
			distinct[line.String()] = true
		}
		for l := range distinct {
			if !seen[l] {
				t.Errorf("at %v nobody can read %q", size, l)
			}
		}
	}
}

// TestHostileRetry: whatever a relay, a config file, a server or an error says is
// shown safely.
func TestHostileRetry(t *testing.T) {
	list := append(hostile(), corpus(t)...)
	for i := 0; i < len(list); i += 5 {
		n := i
		next := func() safe.Text { n++; return safe.Of(list[n%len(list)]) }
		message, lacking := messageWay(), lackingWays()[0]
		message.Name, message.Login, message.Aside = next(), next(), next()
		for k := range message.Plan.Says {
			message.Plan.Says[k].Value = next()
		}
		message.Plan.Because = []diagnose.Finding{{Sign: diagnose.Holds, Claim: next(), Source: next()}}
		lacking.Way, lacking.Name, lacking.Lacks = diagnose.RetryProbe, next(), []Lack{{next(), next()}}
		for _, size := range [][2]int{{120, 40}, {60, 15}, {40, 10}} {
			b, r := atRetry(t, "ready", true)
			r.ways, r.fails = []RetryWay{message, lacking}, errors.New(list[i])
			b.size(size[0], size[1])
			show := func() { onlyOwn(t, strings.Join(frameOf(t, b.m, size[0], size[1]), "\n")) }
			b.keys("T")
			show()
			b.keys("f2")
			show()
			b.keys("right")
			show()
			b.keys("left", "tab").text(retryTo)
			b.held = map[string]bool{".carryOut.": true}
			b.keys("enter")
			b.overhears([]diagnose.SMTPLine{{Text: safe.Untrusted(list[i])}, {Ours: true, Text: safe.Untrusted(list[n%len(list)]), At: at(10, 51, 4)}})
			show()
			b.keys("esc")
			show()
			b.release()
			show()
			r.err = errors.New(list[i])
			b.keys("T")
			show()
		}
	}
}

// TestRetryGlyphsInASCII: with the glyphs for poor fonts nothing above them is
// drawn on any frame of the retry.
func TestRetryGlyphsInASCII(t *testing.T) {
	for _, s := range retryScreens() {
		b := s.open(t, false)
		b.m.g = asciiGlyphs
		for _, size := range sizes[:5] {
			b.m.frame = layout(size[0], size[1])
			b.m.cachedBy = cacheKey{}
			for _, l := range frameOf(t, b.m, size[0], size[1]) {
				for _, r := range l {
					if r > 0x7e {
						t.Fatalf("%s at %v draws %U: %q", s.name, size, r, l)
					}
				}
			}
		}
	}
}

// BenchmarkRetryView measures a frame with the dialog and a full conversation
// beside one of the panel alone.
func BenchmarkRetryView(b *testing.B) {
	for _, size := range [][2]int{{80, 24}, {200, 60}} {
		for name, open := range map[string]func() *bench{
			"panel":        func() *bench { x, _ := atRetry(b, "ready", true); return x },
			"conversation": func() *bench { x, _ := trying(b, true, maxHeard); return x },
		} {
			b.Run(name+"-"+map[int]string{80: "80x24", 200: "200x60"}[size[0]], func(b *testing.B) {
				m := open().m
				m.frame = layout(size[0], size[1])
				b.ReportAllocs()
				for b.Loop() {
					m.View()
				}
			})
		}
	}
}
