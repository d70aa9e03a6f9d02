package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"deadletter/diagnose/bounce"
	"deadletter/ui"
)

// sizesFor gives the sizes at which the string of that number is shown: all,
// but every third under the race detector, which makes frames slow.
func sizesFor(n int) [][2]int {
	all := [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 15}, {40, 10}, {20, 5}}
	if !raceDetector {
		return all
	}
	return [][2]int{all[n%3], all[n%3+3]}
}

// deaf runs a screen's commands without a terminal. Those that wait for
// something are left waiting.
type deaf struct{ m *ui.Model }

func (d deaf) send(msg tea.Msg) {
	_, cmd := d.m.Update(msg)
	d.run(cmd)
}

func (d deaf) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	done := make(chan tea.Msg, 1)
	go func() { done <- cmd() }()
	select {
	case msg := <-done:
		switch msg := msg.(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				d.run(c)
			}
		default:
			if !strings.HasPrefix(fmt.Sprintf("%T", msg), "tea.") {
				d.send(msg)
			}
		}
	case <-time.After(3 * time.Millisecond):
	}
}

func (d deaf) keys(keys string) {
	for _, r := range keys {
		switch r {
		case '\r':
			d.send(tea.KeyMsg{Type: tea.KeyEnter})
		case '\x1b':
			d.send(tea.KeyMsg{Type: tea.KeyEsc})
		default:
			d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
	}
}

// noClip takes text and keeps nothing.
type noClip struct{}

func (noClip) Copy(context.Context, string) (ui.Receipt, error) {
	return ui.Receipt{Way: "file", Says: "copied"}, nil
}

// TestHostileScreens shows every hostile string on every screen at every size.
func TestHostileScreens(t *testing.T) {
	dir := t.TempDir()
	frames := 0
	for i, s := range hostile(t) {
		zone := filepath.Join(dir, fmt.Sprint(i, ".zone"))
		if err := os.WriteFile(zone, []byte(hostileZone(s)), 0o600); err != nil {
			t.Fatal(err)
		}
		env, _, _ := inProcess("")
		o, err := newOpener(env, &globals{resolvers: []string{"zone:" + zone}}, false)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		d := &desk{opener: o, env: env}
		raw := hostileMail(s)
		if result := bounce.Read(raw, bounce.Options{Name: s, Now: env.Now()}); result.Problem != nil {
			t.Fatalf("%q: the mail is not read: %v", s, result.Problem)
		}
		sessions, err := d.openGroups(context.Background(), gather(readBytes(s, raw, d.options()).list), false)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		for _, session := range d.sessions {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			if err := session.Idle(ctx); err != nil {
				t.Fatalf("%q: %v", s, err)
			}
			cancel()
		}
		for _, colour := range []bool{false, true} {
			m := ui.New(ui.Options{Desk: d, Clipboard: noClip{}, Sessions: sessions, Clock: env.Now, Location: time.UTC, Color: colour, Version: "1"})
			see := deaf{m}
			see.send(tea.WindowSizeMsg{Width: 120, Height: 40})
			see.run(m.Init())
			for _, screen := range []string{"1", "2", "3", "4", "5", "6", "2e", "\x1br", "\x1b3y", "\x1bf", "\x1bb"} {
				see.keys(screen)
				for _, size := range sizesFor(i) {
					see.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
					frames++
					frame := m.View()
					if bad := foul(frame, colour); bad != "" {
						t.Fatalf("screen %q at %dx%d shows %s of %q:\n%q", screen, size[0], size[1], bad, s, frame)
					}
					for _, row := range strings.Split(frame, "\n") {
						if n := ansi.StringWidth(row); n != size[0] {
							t.Fatalf("screen %q at %dx%d has a row of %d cells for %q: %q", screen, size[0], size[1], n, s, row)
						}
					}
				}
			}
			// The paste screen shows the text as it is typed in.
			p := ui.New(ui.Options{Desk: d, Clipboard: noClip{}, Clock: env.Now, Location: time.UTC, Color: colour, Version: "1"})
			paste := deaf{p}
			paste.run(p.Init())
			paste.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("550 5.1.1 <a@example.com> " + s), Paste: true})
			for _, size := range sizesFor(i) {
				paste.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
				frames++
				if bad := foul(p.View(), colour); bad != "" {
					t.Fatalf("the paste screen at %dx%d shows %s of %q", size[0], size[1], bad, s)
				}
			}
			paste.keys("\x03")
		}
		if err := d.close(); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	t.Logf("%d frames", frames)
}
