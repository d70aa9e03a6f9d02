//go:build unix

package cli

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deadletter/diagnose"
	"deadletter/ui"
)

// fileDesk is a desk that asks nobody, with a mail in a folder of its own.
func fileDesk(t *testing.T) (d *desk, dir, mail string) {
	t.Helper()
	env, _, _ := inProcess("")
	dir = t.TempDir()
	env.Getenv = func(name string) string { return map[string]string{"HOME": dir}[name] }
	o, err := newOpener(env, &globals{offline: true}, false)
	if err != nil {
		t.Fatal(err)
	}
	d = &desk{opener: o, env: env}
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	})
	raw, err := os.ReadFile(filepath.Join("..", "..", "testdata", "demo", "bounce.eml"))
	if err != nil {
		t.Fatal(err)
	}
	mail = filepath.Join(dir, "the \x1b[2J\u202e bounce.eml")
	if err := os.WriteFile(mail, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return d, dir, mail
}

// reads gives what the screen would read for a text.
func reads(t *testing.T, d *desk, text string) ui.Given {
	t.Helper()
	r := d.Read([]byte(text))
	if r.File == "" || r.Recognised || r.Headline != "This names a file: enter reads it." {
		t.Fatalf("%q is read as %+v", text, r)
	}
	return ui.Given{File: r.File}
}

// TestDeskReadsFiles as the command line does: by content, packed or not, named
// in the case by their path.
func TestDeskReadsFiles(t *testing.T) {
	d, dir, mail := fileDesk(t)
	packed := filepath.Join(dir, "all.zip")
	f, err := os.Create(packed)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	w, err := z.Create("inner.eml")
	if err == nil {
		var raw []byte
		if raw, err = os.ReadFile(mail); err == nil {
			_, err = w.Write(raw)
		}
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	for text, source := range map[string]string{
		"'" + mail + "'":                    mail,
		"~/" + filepath.Base(mail):          mail,
		"file://" + packed + "\n":           packed + "/inner.eml",
		strings.ToUpper("file://") + packed: packed + "/inner.eml",
	} {
		sessions, unread, err := d.Open(t.Context(), reads(t, d, text), false)
		if err != nil || unread != "" || len(sessions) != 1 {
			t.Fatalf("%q: %d cases, %s, %v", text, len(sessions), unread, err)
		}
		b, ok := sessions[0].Case().Latest()
		if !ok || b.Source != source {
			t.Errorf("%q is named %q, not %q", text, b.Source, source)
		}
		before := len(sessions[0].Case().Bounces())
		if unread, err := d.Add(t.Context(), sessions[0], reads(t, d, text)); err != nil || unread != "" || len(sessions[0].Case().Bounces()) != before+1 {
			t.Errorf("%q is not added: %s, %v", text, unread, err)
		}
	}
}

// TestDeskReadsNoOther: what is no file on a disk, or has no bounce in it, is
// said as the command line says it, at once.
func TestDeskReadsNoOther(t *testing.T) {
	d, dir, mail := fileDesk(t)
	put := func(name, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	put("empty", "", 0o600)
	put("prose", "Dear all,\n\nthe office is closed.\n", 0o600)
	put("locked", "550 5.1.1 no such user", 0)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("pipe", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	sessions, _, err := d.Open(t.Context(), ui.Given{File: mail}, true)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"missing": "there is no such file", ".": "this is a folder", "pipe": "this is a pipe or a device", "link": "this is a pipe or a device",
		"prose/x": "it cannot be read", "empty": "there is nothing in it", "prose": "bounce", "locked": "you may not read this file",
	} {
		if name == "locked" && os.Geteuid() == 0 {
			continue // root may
		}
		path := filepath.Join(dir, name)
		_, _, err := d.Open(t.Context(), reads(t, d, path), false)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if _, added := d.Add(t.Context(), sessions[0], reads(t, d, path)); added == nil || added.Error() != err.Error() {
			t.Errorf("%s, added: %v, opened: %v", name, added, err)
		}
	}
	for _, device := range []string{"/dev/null", "/dev/zero"} {
		if _, _, err := d.Open(t.Context(), ui.Given{File: device}, false); err == nil || err.Error() != errNoFile.Error() {
			t.Errorf("%s: %v", device, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := d.Open(ctx, ui.Given{File: mail}, false); err == nil || err.Error() != "stopped" {
		t.Errorf("after a stop: %v", err)
	}
	if n := len(sessions[0].Case().Bounces()); n != 1 {
		t.Error("something was added")
	}
}

// TestFileOfAnother: its bounces are not added to a case of another recipient,
// and what of a file was not read is said.
func TestFileOfAnother(t *testing.T) {
	d, dir, mail := fileDesk(t)
	sessions, _, err := d.Open(t.Context(), ui.Given{File: mail}, true)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other.log")
	if err := os.WriteFile(other, []byte("550 5.1.1 <kim.noor@adatum.example>: Recipient address rejected: User unknown\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Add(t.Context(), sessions[0], reads(t, d, other)); err == nil || !strings.Contains(err.Error(), "another recipient") {
		t.Errorf("%v", err)
	}
}

// endsAt is a context that is done once it was asked so often.
type endsAt struct {
	context.Context
	asked, at int
}

func (e *endsAt) Err() error {
	if e.asked++; e.asked > e.at {
		return context.Canceled
	}
	return nil
}

// TestFileWithoutPiecesStops: a reading ends even where much goes by without
// a bounce.
func TestFileWithoutPiecesStops(t *testing.T) {
	d, dir, _ := fileDesk(t)
	path := filepath.Join(dir, "mail.log")
	line := "Nov 23 09:12:44 mx postfix/smtp[912]: 4F8C61A02D: to=<kim@adatum.example>, relay=mx.adatum.example[192.0.2.7]:25, delay=1, status=sent (250 2.0.0 ok)\n"
	if err := os.WriteFile(path, []byte(strings.Repeat(line, 30_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := &endsAt{t.Context(), 0, 5}
	begin := time.Now()
	_, _, err := d.Open(ctx, ui.Given{File: path}, false)
	if err == nil || err.Error() != "stopped" || ctx.asked > 12 {
		t.Errorf("%v, asked %d times, %s", err, ctx.asked, time.Since(begin))
	}
}

// TestReadingNamesNoFile: a log line that begins with a path is a log line.
func TestReadingNamesNoFile(t *testing.T) {
	d, _, _ := fileDesk(t)
	for _, text := range []string{
		"/var/log/mail.log:Nov 23 09:12:44 mx postfix/smtp[912]: 4F8C61A02D: to=<kim@adatum.example>, relay=mx.adatum.example[192.0.2.7]:25, delay=1, dsn=5.1.1, status=bounced (host mx.adatum.example[192.0.2.7] said: 550 5.1.1 <kim@adatum.example> User unknown (in reply to RCPT TO command))",
		"550 5.1.1 <kim@adatum.example> User unknown",
	} {
		if r := d.Read([]byte(text)); !r.Recognised || r.File != "" {
			t.Errorf("%q is read as %+v", text, r)
		}
	}
	if r := d.Read([]byte("/srv/mail/the bounce.eml")); r.File != "/srv/mail/the bounce.eml" || r.Recognised || len(r.Fields) != 1 || r.Fields[0] != (diagnose.FieldLine{Label: "file", Value: "/srv/mail/the bounce.eml"}) {
		t.Errorf("%+v", r)
	}
}
