package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"deadletter/diagnose/suppression/platformtest"
)

// types types a text in pieces that a person could type, and waits for each to
// stand before the cursor: pieces that come together count as a paste.
func (s *screen) types(text string) {
	s.t.Helper()
	const piece = 2 // a whole word at once is no typing
	for i := 0; i < len(text); i += piece {
		s.text(text[i:min(i+piece, len(text))])
		s.wait(text[max(0, i-6):min(i+piece, len(text))] + "█")
	}
}

// asked opens the case on panel 5.
func (p *place) suppressionPanel(w, h int, id string) *screen {
	p.t.Helper()
	s := p.open(w, h, "", "--resolver", demoZone(), "open", id)
	s.answered()
	s.keys("5")
	return s
}

// TestRemovalOnScreen goes the whole way on the screen: look up, plan, the
// address in full, one request, the list read again, and the record of it.
func TestRemovalOnScreen(t *testing.T) {
	p, id, server := suppressed(t, withKey)
	s := p.suppressionPanel(120, 40, id)
	var frames []string
	keep := func(frame string) string { frames = append(frames, frame); s.fits(frame); return frame }
	keep(s.wait("enter look up"))
	s.keys("Enter")
	keep(s.wait("Look one address up", "account sendgrid", strings.TrimPrefix(server.URL, "http://"), "leaves this machine", "SENDGRID_API_KEY", "suppression.read"))
	s.keys("Enter")
	s.wait("type yes to go on")
	s.paste("yes")
	s.keys("Enter")
	s.wait("type yes to go on")
	if n := len(server.Requests()); n != 0 {
		t.Fatalf("%d requests before anybody agreed", n)
	}
	s.types("yes")
	s.keys("Enter")
	keep(s.wait("SendGrid: on 1 of 6 lists", "removal unlocked", "550 5.1.1 user unknown"))
	s.keys("Enter")
	keep(s.wait("Remove one suppression entry", "DELETE 127.0.0.1", "the key for looking up", "type address"))
	s.paste(demoRecipient)
	s.wait("pasted text does not count")
	s.text(demoRecipient) // a terminal that does not mark pastes
	s.wait("that came all at once")
	s.keys("Enter")
	s.wait("to go on")
	s.types(demoRecipient[:10])
	s.keys("Enter")
	s.wait("to go on")
	if server.Changes() != 0 {
		t.Fatalf("%d changes without consent", server.Changes())
	}
	s.types(demoRecipient[10:])
	s.keys("Enter")
	keep(s.wait("done: the platform says that it removed the entry; read again, the list does not hold it", "no longer holds it"))
	if server.Changes() != 1 || server.Has("bounces", demoRecipient) {
		t.Errorf("%d changes", server.Changes())
	}
	s.keys("E")
	s.wait("locked; what unlocks it: a look-up")
	s.keys("q")
	s.wait("left with 0")
	exported := p.run("export", "--full", "--format", "json", id).want(t, 0).stdout
	for _, want := range []string{`"removal_intended"`, `"removal_ended"`, `"done"`} {
		if !strings.Contains(exported, want) {
			t.Errorf("the case does not hold %s", want)
		}
	}
	for _, f := range append(frames, s.shows(), exported) {
		if strings.Contains(f, platformtest.Secret) {
			t.Errorf("it shows a key:\n%s", f)
		}
		if dir := os.Getenv("FRAMES"); dir != "" {
			write(t, filepath.Join(dir, time.Now().Format("150405.000000000")), f)
		}
	}
}

// TestBlockedThenConfirmed begins with a bounce: what the look-up shows stays
// locked, with the reason, until the recipient's side has answered.
func TestBlockedThenConfirmed(t *testing.T) {
	p, _, server := suppressed(t, withKey)
	bounce, err := filepath.Abs(filepath.Join(root, "testdata", "demo", "bounce.eml"))
	if err != nil {
		t.Fatal(err)
	}
	s := p.open(120, 40, "", "--resolver", demoZone(), "--own-mta", "fabrikam.example", bounce)
	s.answered()
	s.keys("5", "L")
	s.wait("Look one address up")
	s.types("yes")
	s.keys("Enter")
	s.wait("on 1 of 6 lists", "removal locked")
	s.keys("E")
	s.wait("locked; what unlocks it:", "question 1")
	if server.Changes() != 0 || len(server.Requests()) != 6 {
		t.Fatalf("%d requests, %d changes", len(server.Requests()), server.Changes())
	}
	s.keys("3")
	for _, down := range []int{0, 2} {
		s.wait("Confirm recipient")
		for range down {
			s.keys("j")
		}
		s.keys("y")
		s.wait("Record an answer")
		s.types("Ravi Sen")
		s.keys("Enter")
		s.wait("recorded")
	}
	s.keys("C")
	s.wait("Remembered refusals were cleared")
	s.types("Ravi Sen")
	s.keys("Enter")
	s.wait("recorded; u takes it back")
	s.keys("5")
	s.wait("removal unlocked")
	s.keys("E")
	s.wait("Remove one suppression entry")
	s.types(demoRecipient)
	s.keys("Enter")
	s.wait("done: the platform says that it removed the entry")
	if server.Changes() != 1 || server.Has("bounces", demoRecipient) {
		t.Errorf("%d changes", server.Changes())
	}
}

// TestScreenClosedDuringRemoval: the screen goes, the removal does not; what
// came of it is in the case.
func TestScreenClosedDuringRemoval(t *testing.T) {
	p, id, server := suppressed(t, withKey)
	p.looked(id)
	s := p.suppressionPanel(120, 40, id)
	release := make(chan struct{})
	server.Behave(func(r platformtest.Request) platformtest.Behaviour {
		if platformtest.Changing(r) {
			return platformtest.Behaviour{Wait: release}
		}
		return platformtest.Behaviour{}
	})
	s.wait("enter remove")
	s.keys("Enter")
	s.wait("type address")
	s.types(demoRecipient)
	s.keys("Enter")
	s.wait("the intent is written to disk", "one request is sent; it is never repeated")
	s.keys("C-c")
	s.wait("leaving as soon as it is known what came of it")
	s.keys("C-c")
	s.wait("a removal is under way")
	if strings.Contains(s.shows(), "left with") {
		t.Fatal("the program is gone before it knows what came of the removal")
	}
	close(release)
	s.wait("left with 0")
	exported := p.run("export", "--full", "--format", "json", id).want(t, 0).stdout
	if !strings.Contains(exported, `"removal_ended"`) || !strings.Contains(exported, `"done"`) || server.Changes() != 1 {
		t.Errorf("%d changes, and the case does not hold what came of it", server.Changes())
	}
}

// TestUnknownSettledOnScreen: no clear answer comes; nothing repeats it, and
// reading the list settles it.
func TestUnknownSettledOnScreen(t *testing.T) {
	p, id, server := suppressed(t, withKey)
	p.looked(id)
	s := p.suppressionPanel(80, 24, id)
	server.Behave(func(r platformtest.Request) platformtest.Behaviour {
		switch {
		case platformtest.Changing(r):
			return platformtest.Behaviour{DropAfter: true}
		case server.Changes() > 0:
			return platformtest.Behaviour{Status: 503}
		}
		return platformtest.Behaviour{}
	})
	s.keys("E")
	s.wait("type address")
	s.types(demoRecipient)
	s.keys("Enter")
	s.wait("unknown: the request was sent", "L reads the list")
	server.Behave(nil)
	s.keys("E")
	s.wait("locked; what unlocks it: a look-up by the program")
	s.keys("Enter")
	s.wait("Read the list again")
	s.types("yes")
	s.keys("Enter")
	s.wait("on 0 of 6 lists", "not listed")
	if server.Changes() != 1 {
		t.Errorf("%d changes", server.Changes())
	}
}

// TestPlatformNotAsked: without a key the dialog says what is missing, offline
// it says so, and a list from a file is read either way.
func TestPlatformNotAsked(t *testing.T) {
	p, id, server := suppressed(t)
	s := p.suppressionPanel(120, 40, id)
	s.keys("Enter")
	s.wait("SENDGRID_API_KEY", "suppression.read", "enter record it by hand")
	s.keys("Enter")
	s.wait("Record a look-up at the sending platform", "┃ SendGrid")
	s.keys("Escape")
	s.wait("enter look up") // escape and a letter at once would be another key
	s.keys("q")
	s.wait("left with 0")
	p.env = append(p.env, withKey)
	s = p.open(120, 40, "", "--offline", "open", id)
	s.wait("offline, no dns")
	s.keys("5", "L")
	s.wait("offline: no platform is asked")
	list := write(t, filepath.Join(p.home, "bounces.csv"), "status,reason,email,created\n5.1.1,550 5.1.1 user unknown,"+demoRecipient+",1763800000\n")
	s.keys("I")
	s.wait("Read a list")
	s.text(list)
	s.keys("Enter")
	s.wait("u takes it back", "550 5.1.1 user unknown")
	s.keys("V")
	s.wait("Choose the sending platform")
	s.keys("Right", "Tab")
	s.text("the shop sends by it")
	s.keys("Enter")
	s.wait("chosen; u takes it back")
	s.keys("u")
	s.wait("taken back")
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestHostileEntries: what a platform says of an entry is shown safely, in the
// panel and in the plan.
func TestHostileEntries(t *testing.T) {
	for i, text := range []string{
		"550 \x1b]52;c;aGVsbG8=\x07\x1b[2J\x1b[31mred", "550 \u202eelbisivni\u202c \u200b\ufeff\u2066x", "550 " + strings.Repeat("\u0301\u0489a", 400), "550 \u009b31m\u0085\u2028next\r\nline\tend",
	} {
		p, id, server := suppressed(t, withKey)
		server.Put("bounces", platformtest.Entry{Address: demoRecipient, Reason: text, Code: "5.1.1\x1b[1m" + text, Created: time.Now().Add(-72 * time.Hour)})
		s := p.suppressionPanel(120, 40, id)
		s.keys("L")
		s.wait("type yes")
		s.types("yes")
		s.keys("Enter")
		s.wait(" of 6 lists") // the platform's text may be none that can be read
		for _, keys := range [][]string{{"5"}, {"E"}} {
			s.keys(keys...)
			for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 15}} {
				s.resize(size[0], size[1])
				frame := s.waitFor("a frame of the new size", func(string) bool {
					now := s.shows()
					return s.ruled(now) || strings.Contains(now, "type address")
				})
				if strings.ContainsFunc(frame, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }) {
					t.Errorf("%d at %v: %q", i, size, frame)
				}
				if strings.Contains(frame, platformtest.Secret) {
					t.Errorf("it shows a key:\n%s", frame)
				}
			}
		}
	}
}
