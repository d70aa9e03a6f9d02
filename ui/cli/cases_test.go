package cli_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// keep opens a case in the workbench, records an answer and leaves: gives its id.
func (p *place) keep() string {
	p.t.Helper()
	s := p.open(100, 30, "", "--offline", bounces(p.t, "notification/gateway-sendgrid.eml"))
	s.wait("Confirm recipient", "enter copy")
	s.copied()
	s.answer("Dana Ito")
	s.keys("q")
	s.wait("left with 0")
	return p.only()
}

// TestCaseFolder takes one case through everything that is done with cases.
func TestCaseFolder(t *testing.T) {
	p := newPlace(t)
	id := p.keep()
	journal := filepath.Join(p.cases(), id+".journal")
	for path, want := range map[string]os.FileMode{journal: 0o600, p.cases(): 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
	t.Run("export is redacted", func(t *testing.T) {
		for _, format := range []string{"md", "json"} {
			out := p.run("export", "--format", format, id).want(t, 0).stdout
			if strings.Contains(out, "robin.hale") || strings.Contains(out, "Robin Hale") || strings.Contains(out, "Invoice 2026-1187") {
				t.Errorf("%s holds personal data:\n%s", format, out)
			}
			if !strings.Contains(out, "contoso-example.p10.spamhero.com") {
				t.Errorf("%s does not hold the evidence:\n%s", format, out)
			}
		}
	})
	t.Run("a full export says so", func(t *testing.T) {
		out := p.run("export", "--full", id).want(t, 0).stdout
		if !strings.Contains(out, "robin.hale@contoso.example") || !strings.Contains(out, "Dana Ito") {
			t.Errorf("it is not full:\n%s", out)
		}
		if head := out[:min(len(out), 400)]; !strings.Contains(head, "full: not redacted") {
			t.Errorf("its head does not say that it is not redacted:\n%s", head)
		}
	})
	t.Run("to a file", func(t *testing.T) {
		target := write(t, filepath.Join(t.TempDir(), "case.md"), "old\n")
		p.run("export", "--output", target, id).want(t, 0)
		if text := read(t, target); !strings.HasPrefix(text, "# ") {
			t.Errorf("the file holds %q", text)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(target), ".*")); len(left) != 0 {
			t.Errorf("left behind: %q", left)
		}
	})
	t.Run("to a full device", func(t *testing.T) {
		if _, err := os.Stat("/dev/full"); err != nil {
			t.Skip("there is no /dev/full here")
		}
		got := p.run("export", "--output", "/dev/full", id).want(t, 4)
		if !strings.Contains(got.stderr, "not written") {
			t.Errorf("it says %q", got.stderr)
		}
	})
	t.Run("purge asks", func(t *testing.T) {
		p.feed("no\n", "purge", id).want(t, 2)
		if _, err := os.Stat(journal); err != nil {
			t.Fatal(err)
		}
		p.feed(id+"\n", "purge", id).want(t, 0)
		files, err := os.ReadDir(p.cases())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if text := read(t, filepath.Join(p.cases(), f.Name())); strings.Contains(text, "robin.hale") || strings.Contains(text, "Dana") {
				t.Errorf("%s still holds the case", f.Name())
			}
		}
		if got := p.run("export", id).want(t, 4); !strings.Contains(got.stderr, "was purged") {
			t.Errorf("export says %q", got.stderr)
		}
		if out := p.run("cases").want(t, 0).stdout; strings.Contains(out, "robin.hale") {
			t.Errorf("it is still listed: %s", out)
		}
	})
}

// TestDamagedJournal cuts and spoils a journal: what can be read is shown.
func TestDamagedJournal(t *testing.T) {
	p := newPlace(t)
	id := p.keep()
	journal := filepath.Join(p.cases(), id+".journal")
	whole := read(t, journal)
	t.Run("cut", func(t *testing.T) {
		write(t, journal, whole[:len(whole)-7])
		s := p.open(100, 30, "", "--offline", "open", id)
		s.wait("robin.hale@contoso.example", "the end of the case file was damaged")
		s.keys("q")
		s.wait("left with 0")
		if set, _ := filepath.Glob(filepath.Join(p.cases(), id+".damaged-*")); len(set) == 0 {
			t.Error("the cut bytes were not set aside")
		}
	})
	t.Run("spoiled in the middle", func(t *testing.T) {
		middle := len(whole) / 2
		spoiled := whole[:middle] + "~~~~" + whole[middle+4:]
		write(t, journal, spoiled)
		if out := p.run("cases").want(t, 0).stdout; !strings.Contains(out, id) {
			t.Errorf("it is not listed: %q", out)
		}
		s := p.open(100, 30, "", "--offline", "open", id)
		if frame := s.wait("robin.hale@contoso.example", "read only", "can be exported"); strings.Contains(frame, "the end of the case file") {
			t.Errorf("the middle is taken for the end:\n%s", frame)
		}
		s.keys("q")
		s.wait("left with 0")
		if read(t, journal) != spoiled {
			t.Error("the damaged file was written to")
		}
		got := p.run("export", id).want(t, 0)
		if !strings.Contains(got.stderr, "damaged") {
			t.Errorf("export does not say that the file is damaged: %q", got.stderr)
		}
	})
}

// TestNoHome works where nothing can be kept: a file stands where the folder
// should be.
func TestNoHome(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the case folder is elsewhere here")
	}
	p := newPlace(t)
	write(t, filepath.Join(p.home, "data"), "a file\n")
	s := p.open(100, 30, "", "--offline", bounces(t, "notification/gateway-sendgrid.eml"))
	s.wait("Confirm recipient", "not saved", "not kept")
	s.keys("Enter")
	s.wait("copied to tmux buffer", "0 of 5 answered")
	s.answer("Dana Ito")
	s.keys("q")
	if frame := s.wait("left with 0"); strings.Contains(frame, "saved in") {
		t.Errorf("it says that it saved:\n%s", frame)
	}
	got := p.run("cases").want(t, 4)
	if !strings.Contains(got.stderr, "not a directory") {
		t.Errorf("cases says %q", got.stderr)
	}
	p.run("report", "--offline", bounces(t, "notification/gateway-sendgrid.eml")).want(t, 0)
}
