//go:build unix

package cli_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"deadletter/diagnose"
)

// TestFileOnScreen: the path of a file, as a terminal gives one that is dropped
// on it, is read with enter: the notification of an attempt is its result. What
// cannot be read is said, and the text stays.
func TestFileOnScreen(t *testing.T) {
	r := newRetryable(t, nil)
	r.relayed(t, `{ file = "`+write(t, filepath.Join(t.TempDir(), "key"), canary+"\n")+`" }`)
	m := r.at("retry", "--way", "message", retryCase)
	m.until("> ")
	m.types(demoRecipient)
	m.press("\r")
	if code := m.end(); code != 0 {
		t.Fatalf("exit code %d: %s", code, m.bytes())
	}
	name := "the \x1b[2J\u202enotice's.eml"
	write(t, filepath.Join(r.home, name), notification(r.retries()[0], demoRecipient))
	write(t, filepath.Join(r.home, "other.txt"), "550 5.1.1 <kim.noor@adatum.example>: Recipient address rejected: User unknown\n")
	if err := syscall.Mkfifo(filepath.Join(r.home, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := r.open(120, 40, "", append([]string{"open", retryCase}, r.flags()...)...)
	s.answered()
	s.keys("6", "a")
	s.wait("Add to the case of")
	for path, says := range map[string]string{
		"~/gone": "not added: there is no such file", "'" + r.home + "'": "not added: this is a folder",
		r.home + "/pipe ": "not added: this is a pipe or a device, not a file", "file://" + r.home + "/other.txt": "not added: it is about another recipient",
	} {
		s.paste(path)
		s.wait("This names a file: enter reads it.", "enter read the file", "Nothing has left this machine")
		s.keys("Enter")
		s.fits(s.wait(says, "This names a file: enter reads it."))
		s.keys("C-u")
		s.waitFor("an empty text", func(flat string) bool { return !strings.Contains(flat, "This names a file") })
	}
	s.paste("file://" + r.home + "/the%20%1B[2J%E2%80%AEnotice's.eml")
	frame := s.wait("This names a file: enter reads it.", "notice's.eml")
	if strings.ContainsFunc(frame, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }) {
		t.Errorf("%q", frame)
	}
	s.keys("Enter")
	s.fits(s.wait("added to this case", "after: the one retry", "✗ same: 550 5.1.1", "Back to the administrator"))
	s.keys("q")
	s.wait("left with 0")
	if latest, _ := diagnose.Fold(r.events()).Latest(); latest.Source != filepath.Join(r.home, name) {
		t.Errorf("its source is %q", latest.Source)
	}
}
