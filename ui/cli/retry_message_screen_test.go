package cli_test

import (
	"encoding/base64"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"deadletter/diagnose"
)

// TestMessageOnScreen: after a probe that was accepted the permit is left, for
// the one message; the notification of it is the result. The relay's password
// is in no frame and not in the case.
func TestMessageOnScreen(t *testing.T) {
	r := newRetryable(t, nil)
	r.relayed(t, `{ file = "`+write(t, filepath.Join(t.TempDir(), "key"), canary+"\n")+`" }`)
	var frames []string
	keep := func(frame string) { frames = append(frames, frame) }
	s := r.panel(120, 40)
	s.keys("T")
	keep(s.wait("log in as mara; key: file", "▌ one message", "type address"))
	s.keys("Right")
	s.wait("type probe", "▌ RCPT only")
	s.keys("Tab")
	s.types("probe")
	s.keys("Enter")
	keep(s.wait("1 permit left", "✓ accepted: 250", "The recipient is accepted now"))

	s.keys("T")
	s.wait("▌ one message", "type address")
	s.keys("Right")
	keep(s.wait("▌ RCPT only", "the last attempt was", "the next from", "this way cannot be taken now"))
	s.keys("Enter")
	s.keys("Left")
	s.wait("▌ one message", "type address")
	s.keys("Tab")
	s.text(demoRecipient)
	s.wait("that came all at once")
	s.paste(demoRecipient)
	s.wait("pasted text does not count here")
	s.types(demoRecipient[:20])
	s.keys("Enter")
	s.wait("type " + demoRecipient + " to go on")
	if conns, _, messages := r.host.heard(); conns != 1 || len(messages) != 0 {
		t.Fatalf("%d connections, %d messages before anybody agreed", conns, len(messages))
	}
	said, answer := r.holds("MAIL")
	s.types(demoRecipient[20:])
	s.keys("Enter")
	said()
	keep(s.wait("sending the one message", "→ AUTH PLAIN [secret]", "← 235 2.7.0 welcome", "→ MAIL FROM:<bounces+"))
	answer()
	keep(s.wait("The message was taken and queued", "✓ accepted: 250 2.0.0 queued as 7F3A", "the permit is spent"))
	conns, lines, messages := r.host.heard()
	login := base64.StdEncoding.EncodeToString([]byte("\x00mara\x00" + canary))
	if conns != 2 || len(messages) != 1 || !strings.Contains(lines, login) {
		t.Fatalf("%d connections, %d messages:\n%s", conns, len(messages), lines)
	}

	list := r.retries()
	if last := list[len(list)-1]; len(list) != 2 || last.Way != diagnose.RetryMessage || last.Ended == nil || last.Ended.Result != diagnose.RetryAccepted {
		t.Fatalf("%+v", list)
	}
	s.keys("a")
	s.wait("Add to the case of")
	s.paste(notification(list[1], demoRecipient))
	keep(s.wait("delivery status notification", "enter add to the case"))
	s.keys("Enter")
	s.waitFor("the panels again", func(flat string) bool { return !strings.Contains(flat, "Add to the case") })
	s.keys("6")
	keep(s.wait("✗ same: 550 5.1.1", "Back to the administrator"))
	s.keys("q")
	s.wait("left with 0")
	journal := read(t, filepath.Join(r.cases(), retryCase+".journal"))
	for _, text := range append(frames, s.shows(), journal) {
		for _, form := range []string{canary, canary[7:20], base64.StdEncoding.EncodeToString([]byte(canary))[:20], login} {
			if strings.Contains(words(text), form) {
				t.Errorf("the password shows:\n%s", text)
			}
		}
	}
}

// boxed gives the rows inside the dialog of a frame, without its borders.
func boxed(frame string) []string {
	var rows []string
	from, to := -1, 0
	for line := range strings.Lines(frame) {
		if at := strings.Index(line, "╭─ ! "); at >= 0 {
			from, to = utf8.RuneCountInString(line[:at]), utf8.RuneCountInString(line[:strings.Index(line, "╮")])
			continue
		}
		if from < 0 || strings.Contains(line, "╰") {
			from = -1
			continue
		}
		if cells := []rune(line); len(cells) > to {
			rows = append(rows, strings.TrimRight(string(cells[from+3:to]), " "))
		}
	}
	return rows
}

// told gives the words that the dialog shows in place of the plan, in all of
// its scrolling: pgdn is pressed until the end.
func (s *screen) told() []string {
	s.t.Helper()
	var all []string
	for last := ""; ; {
		var part []string
		var more string
		s.waitFor("other words", func(string) bool {
			part, more = nil, ""
			for _, row := range boxed(s.shows()) {
				if strings.HasPrefix(row, "▼") || strings.HasPrefix(row, "way ") {
					more = row
					break
				}
				part = append(part, row)
			}
			return more != "" && more != last
		})
		// The words overlap by what the two screens have in common.
		k := min(len(all), len(part))
		for k > 0 && !slices.Equal(all[len(all)-k:], part[:k]) {
			k--
		}
		all, last = append(all, part[k:]...), more
		if !strings.Contains(more, " more line") {
			return strings.Split(strings.Trim(strings.Join(all, "\n"), "\n"), "\n")
		}
		s.keys("PageDown")
	}
}

// TestToldIsSaid: what the dialog says would be said is what the server then
// gets, line for line and byte for byte.
func TestToldIsSaid(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}} {
		r := newRetryable(t, nil)
		r.relayed(t, `{ file = "`+write(t, filepath.Join(r.home, "key"), canary+"\n")+`" }`)
		s := r.panel(size[0], size[1])
		s.keys("T")
		s.wait("▌ one message")
		s.keys("F2")
		s.wait("RCPT TO:<")
		told := s.told()
		beside := slices.IndexFunc(told, func(line string) bool { return strings.HasPrefix(line, "Beside that: ") })
		if beside < 1 || !strings.Contains(strings.Join(told[beside:], " "), "ENVID") {
			t.Fatalf("at %v it does not tell what goes by the server:\n%s", size, strings.Join(told, "\n"))
		}
		told = told[:beside-1] // and the blank line before
		s.keys("F2")
		s.wait("F2 word")
		r.untouched()
		s.keys("Tab")
		s.types(demoRecipient)
		s.keys("Enter")
		s.wait("The message was taken and queued")
		_, lines, _ := r.host.heard()
		var said []string
		for line := range strings.SplitSeq(lines, "\n") {
			switch verb, _, _ := strings.Cut(line, " "); verb {
			case "AUTH":
				continue // a line of the plan says it, without the key
			case "MAIL", "RCPT": // their parameters go by what the server offers
				line, _, _ = strings.Cut(line, "> ")
				line = strings.TrimSuffix(line, ">") + ">"
			}
			said = append(said, line)
		}
		if size[0] < 120 { // lines may be wrapped
			told, said = strings.Fields(strings.Join(told, " ")), strings.Fields(strings.Join(said, " "))
		}
		if !slices.Equal(told, said) {
			t.Errorf("at %v it was told\n%s\nand it was said\n%s", size, strings.Join(told, "\n"), strings.Join(said, "\n"))
		}
	}
}
