package cli_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// evils are what a terminal would obey or be led astray by. Each has a word of
// its own behind it, so that it is told from what the program writes itself.
var evils = []string{
	"\x1b[97;45m", "\x1b]52;c;Zm9yYmlkZGVu\x07", "\x1bc", "\x1b", "\x9b2J", "\x90q", "\u009b2J", "\u0090q", "\u202e", "\u2066", "\u200f", "\r", "\x07", "\x00", "\x08", "\x0e", "\u2028",
}

// marked gives a reply line with some of them, each with the word that tells
// whose it is.
func marked(who string, from, to int) string {
	var out strings.Builder
	for i, evil := range evils[from:to] {
		fmt.Fprintf(&out, "%s%s%d ", evil, who, from+i)
	}
	return strings.TrimSuffix(out.String(), " ")
}

// TestRepliesDoNotReachTheTerminal reads every byte that the program writes
// while a mail host says what a terminal would obey: nothing of it gets there,
// neither while they talk nor after.
func TestRepliesDoNotReachTheTerminal(t *testing.T) {
	half := len(evils) / 2
	r := newRetryable(t, map[string]string{
		"EHLO": "250-" + marked("Eh", 0, half) + "\r\n250 " + marked("Eh", half, len(evils)),
		"MAIL": "250-2.1.0 " + marked("Ma", 0, half) + "\r\n250 2.1.0 " + marked("Ma", half, len(evils)),
		"RCPT": "550-5.1.1 " + marked("Rc", 0, half) + "\r\n550 5.1.1 " + marked("Rc", half, len(evils)) + " user unknown",
	})
	asked, answer := r.holds("RCPT")
	m := r.at("open", r.id)
	m.until("34 of 34")
	m.press("6")
	m.until("Everything that should be mended is")
	m.press("T")
	m.until("type probe")
	m.press("\t")
	m.types("probe")
	m.press("\r")
	asked()
	m.until("RCPT TO:<" + demoRecipient)
	shown := func(who string, most int) {
		t.Helper()
		for i := range most {
			m.until(fmt.Sprintf("%s%d", who, i))
		}
	}
	shown("Eh", len(evils))
	shown("Ma", len(evils))
	answer()
	m.until("there is no such mailbox")
	shown("Rc", 6) // the rest lies below
	m.press("\x1b[6~")
	m.press("q")
	if code := m.end(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	all := m.until("\x1b[?1049l")
	for _, who := range []string{"Eh", "Ma", "Rc"} {
		for i, evil := range evils {
			if at := bytes.Index(all, fmt.Appendf(nil, "%s%s%d", evil, who, i)); at >= 0 {
				t.Errorf("%q of %s%d is at %d: %q", evil, who, i, at, all[max(0, at-40):min(len(all), at+40)])
			}
		}
	}
}
