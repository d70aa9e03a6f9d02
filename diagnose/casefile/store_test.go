package casefile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

func TestDir(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_DATA_HOME", filepath.Join(home, "data"))
	if dir, err := Dir(); err != nil || dir != filepath.Join(home, "data", "deadletter", "cases") {
		t.Errorf("%q %v", dir, err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("where data lies without XDG_DATA_HOME differs by system")
	}
	t.Setenv("HOME", home)
	for _, unusable := range []string{"", "relative/data"} {
		t.Setenv("XDG_DATA_HOME", unusable)
		if dir, err := Dir(); err != nil || dir != filepath.Join(home, ".local/share/deadletter/cases") {
			t.Errorf("XDG_DATA_HOME=%q: %q %v", unusable, dir, err)
		}
	}
	t.Setenv("HOME", "")
	if _, err := Dir(); !errors.Is(err, ErrNoHome) || !strings.Contains(err.Error(), "XDG_DATA_HOME") {
		t.Errorf("without a home: %v", err)
	}
}

func TestModes(t *testing.T) {
	if !checkModes {
		t.Skip("permission bits mean nothing here")
	}
	base := t.TempDir()
	dir := filepath.Join(base, "deadletter", "cases")
	s := storeIn(t, dir)
	j, err := s.Create(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	check := func(path string, want os.FileMode) {
		t.Helper()
		if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	check(dir, 0o700)
	check(filepath.Dir(dir), 0o700)
	check(s.Path(sampleID), 0o600)
	check(filepath.Join(dir, lockName(sampleID)), 0o600)
	mustClose(t, j)
	if err := os.Chmod(s.Path(sampleID), 0o644); err != nil {
		t.Fatal(err)
	}
	j, _, err = s.Open(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	check(s.Path(sampleID), 0o600)
	mustClose(t, j)
	if err := s.Purge(sampleID); err != nil {
		t.Fatal(err)
	}
	check(filepath.Join(dir, tombstoneName(sampleID)), 0o600)
}

func TestUnsafeFolders(t *testing.T) {
	if !checkModes {
		t.Skip("permission bits mean nothing here")
	}
	base := t.TempDir()
	real := filepath.Join(base, "real")
	for _, c := range []struct {
		name string
		make func(path string) error
		want error
	}{
		{"world-writable", func(p string) error { return errors.Join(os.Mkdir(p, 0o700), os.Chmod(p, 0o707)) }, ErrUnsafe},
		{"group-writable", func(p string) error { return errors.Join(os.Mkdir(p, 0o700), os.Chmod(p, 0o770)) }, ErrUnsafe},
		{"sticky and world-writable", func(p string) error {
			return errors.Join(os.Mkdir(p, 0o700), os.Chmod(p, 0o777|os.ModeSticky))
		}, ErrUnsafe},
		{"link", func(p string) error { return errors.Join(os.Mkdir(real, 0o700), os.Symlink(real, p)) }, ErrUnsafe},
		{"dangling link", func(p string) error { return os.Symlink(filepath.Join(base, "nowhere"), p) }, ErrUnsafe},
		{"file", func(p string) error { return os.WriteFile(p, nil, 0o600) }, ErrUnsafe},
		{"below a file", func(p string) error { return os.WriteFile(filepath.Dir(p), nil, 0o600) }, ErrReadOnlyStore},
	} {
		dir := filepath.Join(base, strings.ReplaceAll(c.name, " ", "-"))
		if c.want == ErrReadOnlyStore {
			dir = filepath.Join(dir, "cases")
		}
		if err := c.make(dir); err != nil {
			t.Fatal(err)
		}
		s, err := OpenStore(dir, Options{})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			s.Close()
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%s: %q", c.name, err)
		}
	}
	for _, dir := range []string{"", "cases", "../cases", "./cases"} {
		if _, err := OpenStore(dir, Options{}); !errors.Is(err, ErrUnsafe) {
			t.Errorf("%q: %v", dir, err)
		}
	}
	if _, err := OpenStore(filepath.Join(base, "missing"), Options{ReadOnly: true}); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing, read-only: %v", err)
	}
}

func TestFolderOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	dir := filepath.Join(t.TempDir(), "cases")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, 12345, 12345); err != nil {
		t.Skipf("chown: %v", err)
	}
	if _, err := OpenStore(dir, Options{}); !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "another user") {
		t.Error(err)
	}
}

func TestLinksInTheFolder(t *testing.T) {
	s := tempStore(t)
	outside := filepath.Join(t.TempDir(), "outside")
	data := written(t, s, sampleID, events(1, bodies()...))
	if err := os.WriteFile(outside, data, 0o600); err != nil {
		t.Fatal(err)
	}
	const id = "20261123-example.com-aaaa"
	inside := filepath.Base(s.Path(sampleID))
	for _, target := range []string{outside, inside, "nowhere", s.Dir()} {
		for _, name := range []string{journalName(id), lockName(id)} {
			link := filepath.Join(s.Dir(), name)
			if err := os.Symlink(target, link); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Create(id); !errors.Is(err, ErrUnsafe) {
				t.Errorf("create with %s -> %s: %v", name, target, err)
			}
			if name == journalName(id) {
				if _, _, err := s.Open(id); !errors.Is(err, ErrUnsafe) {
					t.Errorf("open with %s -> %s: %v", name, target, err)
				}
				if _, _, err := s.Read(id); !errors.Is(err, ErrUnsafe) {
					t.Errorf("read with %s -> %s: %v", name, target, err)
				}
			}
			if err := os.Remove(link); err != nil {
				t.Fatal(err)
			}
		}
	}
	if now, err := os.ReadFile(outside); err != nil || !bytes.Equal(now, data) {
		t.Error("the file outside changed")
	}
	if _, err := os.Stat(filepath.Join(s.Dir(), "nowhere")); err == nil {
		t.Error("a link was followed to make a file")
	}
	// A link to the lock of an existing case.
	if err := os.Symlink(outside, filepath.Join(s.Dir(), lockName(sampleID))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Open(sampleID); !errors.Is(err, ErrUnsafe) {
		t.Errorf("open with a link as lock: %v", err)
	}
}

// A file that was removed or replaced after it was opened is noticed: so a lock
// on a removed lock file is never taken for the lock.
func TestReplacedFileIsNoticed(t *testing.T) {
	s := tempStore(t)
	d := s.disk.(diskFolder)
	path := d.path("a")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := sameFile(d, "a", f.Stat); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := sameFile(d, "a", f.Stat); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("removed: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sameFile(d, "a", f.Stat); !errors.Is(err, errMoved) {
		t.Errorf("replaced: %v", err)
	}
}

func TestNewID(t *testing.T) {
	zero := func() *bytes.Reader { return bytes.NewReader([]byte{0, 0, 0}) }
	for _, c := range []struct{ domain, want string }{
		{"example.com", "20261123-example.com-aaaa"},
		{"EXAMPLE.com.", "20261123-example.com-aaaa"},
		{"", "20261123-unknown-aaaa"},
		{"...", "20261123-unknown-aaaa"},
		{"../../etc/passwd", "20261123-_._etc_passwd-aaaa"},
		{"a..b", "20261123-a.b-aaaa"},
		{"bücher.example", "20261123-b_cher.example-aaaa"},
		{"x\x00\x1b[31m\n.example", "20261123-x___31m_.example-aaaa"},
		{"[192.0.2.1]", "20261123-_192.0.2.1_-aaaa"},
		{strings.Repeat("a", 59) + ".example", "20261123-" + strings.Repeat("a", 59) + "-aaaa"},
		{strings.Repeat("é", 500), "20261123-" + strings.Repeat("_", 60) + "-aaaa"},
	} {
		got, err := NewID(morning, c.domain, zero())
		if err != nil || got != c.want {
			t.Errorf("%q: %q %v, want %q", c.domain, got, err, c.want)
		}
		if !ValidID(got) {
			t.Errorf("%q is no valid id", got)
		}
	}
	if _, err := NewID(morning, "example.com", iotest.ErrReader(errors.New("dry"))); err == nil {
		t.Error("no randomness was no error")
	}
	if got, err := NewID(morning, "example.com", bytes.NewReader([]byte{0xff, 0xff, 0xf0})); err != nil || !strings.HasSuffix(got, "-7777") {
		t.Errorf("%q %v", got, err)
	}
}

func FuzzNewID(f *testing.F) {
	f.Add("example.com")
	f.Add("../..")
	f.Fuzz(func(t *testing.T, domain string) {
		id, err := NewID(morning, domain, bytes.NewReader([]byte{1, 2, 3}))
		if err != nil || !ValidID(id) || len(id) > 8+1+60+1+4 || filepath.Base(id) != id {
			t.Fatalf("%q: %q %v", domain, id, err)
		}
	})
}

func TestBadIDs(t *testing.T) {
	s := tempStore(t)
	for _, id := range []string{"", ".", "..", "../x", "a/b", `a\b`, "a..b", "A", "-a", ".a", "a.", "a\x00", "a b", "é", strings.Repeat("a", 129), "a\n"} {
		if ValidID(id) {
			t.Errorf("%q is valid", id)
		}
		_, cerr := s.Create(id)
		_, _, oerr := s.Open(id)
		_, _, rerr := s.Read(id)
		_, verr := s.Verify(id)
		for _, err := range []error{cerr, oerr, rerr, verr, s.Purge(id)} {
			if !errors.Is(err, ErrBadID) || strings.ContainsAny(err.Error(), "\x00\n") {
				t.Errorf("%q: %q", id, err)
			}
		}
	}
	const missing = "20261123-example.com-zzzz"
	_, _, oerr := s.Open(missing)
	_, _, rerr := s.Read(missing)
	for _, err := range []error{oerr, rerr, s.Purge(missing)} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("missing: %v", err)
		}
	}
	if names, err := os.ReadDir(s.Dir()); err != nil || len(names) != 0 {
		t.Errorf("something was left: %v %v", names, err)
	}
}

func TestList(t *testing.T) {
	s := tempStore(t)
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Fatalf("%v %v", list, err)
	}
	ids := []string{"20261101-example.com-aaaa", "20261102-example.net-bbbb", "20261103-example.org-cccc", "20261104-unknown-dddd"}
	all := bodies()
	late := all[1].(diagnose.BounceCaptured)
	late.Report.Recipient.Value = "late@example.net"
	written(t, s, ids[0], events(1, all...))
	written(t, s, ids[1], events(1, diagnose.CaseOpened{ID: ids[1]}, late))
	written(t, s, ids[2], nil)
	if err := os.WriteFile(s.Path(ids[3]), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		at := morning.Add(time.Duration(i) * time.Hour)
		if err := os.Chtimes(s.Path(id), at, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []string{"notes.txt", "UPPER.journal", ".journal", "a.lock"} {
		if err := os.WriteFile(filepath.Join(s.Dir(), other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(s.Dir(), "folder.journal"), 0o700); err != nil {
		t.Fatal(err)
	}
	list, err := s.List()
	if err != nil || len(list) != 5 {
		t.Fatalf("%d entries, %v", len(list), err)
	}
	byID := map[string]Entry{}
	for _, e := range list {
		byID[e.ID] = e
	}
	for id, want := range map[string]safe.Untrusted{ids[0]: "dana@example.com", ids[1]: "late@example.net", ids[2]: ""} {
		if e := byID[id]; e.Err != nil || e.Recipient != want || e.Size == 0 || e.Path != s.Path(id) {
			t.Errorf("%s: %+v", id, e)
		}
	}
	if e := byID[ids[0]]; !e.Opened.Equal(morning) {
		t.Errorf("opened %v", e.Opened)
	}
	if byID[ids[3]].Err == nil || !errors.Is(byID["folder"].Err, ErrUnsafe) {
		t.Errorf("%+v %+v", byID[ids[3]], byID["folder"])
	}
	order := ""
	for _, e := range list {
		if e.ID != "folder" {
			order += e.ID[7:8]
		}
	}
	if order != "4321" {
		t.Errorf("order %s", order)
	}
}

func TestPurge(t *testing.T) {
	s := tempStore(t)
	const alike = sampleID + ".damaged-20261123t094103z-abcd"
	written(t, s, sampleID, events(1, bodies()...))
	written(t, s, alike, events(1, bodies()...))
	for _, name := range []string{".damaged-20261123T094103Z", ".damaged-20261123T094103Z-7"} {
		if err := os.WriteFile(filepath.Join(s.Dir(), sampleID+name), []byte("dana@example.com"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Purge(sampleID); err != nil {
		t.Fatal(err)
	}
	names, err := s.disk.list()
	if err != nil || len(names) != 2 {
		t.Errorf("left: %v %v", names, err)
	}
	text, err := os.ReadFile(filepath.Join(s.Dir(), tombstoneName(sampleID)))
	if err != nil || string(text) != sampleID+" purged 2026-11-23T09:41:03Z\n" {
		t.Errorf("%q %v", text, err)
	}
	if _, _, err := s.Read(alike); err != nil {
		t.Errorf("a case with a similar id: %v", err)
	}
	_, cerr := s.Create(sampleID)
	_, _, oerr := s.Open(sampleID)
	_, _, rerr := s.Read(sampleID)
	for _, err := range []error{cerr, oerr, rerr, s.Purge(sampleID)} {
		if !errors.Is(err, ErrPurged) {
			t.Errorf("after purge: %v", err)
		}
	}
	// A purge that was cut off after the tombstone.
	if err := os.WriteFile(s.Path(sampleID), []byte("dana@example.com"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(sampleID); err != nil {
		t.Errorf("again: %v", err)
	}
	if _, err := os.Stat(s.Path(sampleID)); !os.IsNotExist(err) {
		t.Error("the journal is still there")
	}
}

func TestPurgeFails(t *testing.T) {
	data, _ := small(t)
	for at := 1; at <= 5; at++ {
		d, s := onModel(data)
		d.failAt, d.failWith = at, os.ErrPermission
		err := s.Purge(sampleID)
		if d.steps < at {
			break
		}
		if !errors.Is(err, ErrNotPurged) {
			t.Errorf("step %d: %v", at, err)
		}
		d.failAt = 0
		if err := s.Purge(sampleID); err != nil && !errors.Is(err, ErrPurged) {
			t.Errorf("step %d, again: %v", at, err)
		}
		if _, ok := d.files[journalName(sampleID)]; ok {
			t.Errorf("step %d: the journal is still there", at)
		}
	}
}
