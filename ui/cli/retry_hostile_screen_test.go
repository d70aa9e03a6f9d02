package cli_test

import (
	"strings"
	"testing"
	"unicode"
)

// TestHostileReplies: whatever a mail server says, the conversation is shown
// safely: in the dialog, behind it, and in what came of it.
func TestHostileReplies(t *testing.T) {
	for i, text := range []string{
		"\x1b]52;c;aGVsbG8=\x07\x1b[2J\x1b[31mred", "\u202eelbisivni\u202c \u200b\ufeff\u2066x", strings.Repeat("\u0301\u0489a", 200), "\u009b31m\u0085\u2028next\tend \xff\xfe\x9b2J",
		strings.Repeat("long ", 90),
	} {
		r := newRetryable(t, map[string]string{
			"":     "220 mx " + text,
			"EHLO": strings.Repeat("250-"+text+"\r\n", 30) + "250 end",
			"MAIL": "250 2.1.0 " + text,
			"RCPT": "550-5.1.1 " + text + "\r\n550 5.1.1 user unknown",
		})
		asked, answer := r.holds("RCPT")
		s := r.panel(120, 40)
		look := func(texts ...string) {
			t.Helper()
			for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 15}} {
				s.resize(size[0], size[1])
				frame := s.waitFor("a frame of the new size", func(flat string) bool {
					for _, text := range texts {
						if !strings.Contains(flat, text) {
							return false
						}
					}
					return s.ruled(s.shows()) || strings.Contains(flat, "─╯")
				})
				if strings.ContainsFunc(frame, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }) {
					t.Errorf("%d at %v: %q", i, size, frame)
				}
			}
			s.resize(120, 40)
		}
		s.keys("T")
		s.wait("▌ RCPT only", "type probe")
		s.keys("Tab")
		s.types("probe")
		s.keys("Enter")
		asked()
		look("RCPT TO:<", "hide this; it goes on")
		s.keys("Escape")
		s.waitFor("the panel alone", func(flat string) bool { return !strings.Contains(flat, "hide this; it goes on") })
		look("asking contoso-example")
		answer()
		look("there is no such mailbox")
	}
}
