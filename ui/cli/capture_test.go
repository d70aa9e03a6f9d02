//go:build unix

package cli_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// captured gives file, index and recipient of every record.
func captured(t *testing.T, out string) []string {
	t.Helper()
	var got []string
	for line := range strings.Lines(out) {
		var r struct {
			File, Recipient string
			Index           int
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %d %s", filepath.Base(r.File), r.Index, r.Recipient))
	}
	return got
}

// TestCaptureOrder: however many are read at once, records stand in the order
// of the input, numbered through each file.
func TestCaptureOrder(t *testing.T) {
	p := newPlace(t)
	three := []byte(read(t, bounces(t, "container/three.mbox")))
	var paths, want []string
	for i := range 60 {
		path := filepath.Join(p.home, fmt.Sprintf("%02d.mbox", i))
		if err := os.WriteFile(path, three, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
		for n, to := range []string{"ada@contoso.example", "bela@tailspin.example", "cleo@contoso.example"} {
			want = append(want, fmt.Sprintf("%02d.mbox %d %s", i, n+1, to))
		}
	}
	for _, args := range [][]string{paths, {p.home}} {
		got := captured(t, p.run(append([]string{"capture", "--json"}, args...)...).want(t, 0).stdout)
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	}
}

// TestCaptureFolder: what cannot be read is named, and the rest is read.
func TestCaptureFolder(t *testing.T) {
	p := newPlace(t)
	dir := filepath.Join(p.home, "mail")
	for _, sub := range []string{"new", "cur"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "new", "1"), "550 5.1.1 <a@example.com> gone\n")
	write(t, filepath.Join(dir, "cur", "2"), "550 5.1.1 <b@example.com> gone\n")
	if err := os.Symlink("..", filepath.Join(dir, "new", "loop")); err != nil {
		t.Skip(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	got := p.run("capture", "--json", dir).want(t, 0)
	if list := captured(t, got.stdout); !slices.Equal(list, []string{"2 1 b@example.com", "1 1 a@example.com"}) {
		t.Errorf("%q", list)
	}
	if !strings.Contains(got.stderr, "passed over") || !strings.Contains(got.stderr, "loop") || !strings.Contains(got.stderr, "pipe") {
		t.Errorf("says %q", got.stderr)
	}
	got = p.run("capture", "--json", filepath.Join(dir, "new", "loop"), filepath.Join(dir, "gone")).want(t, 4)
	if list := captured(t, got.stdout); len(list) != 2 || !strings.Contains(got.stderr, "there is no such file") {
		t.Errorf("a link that is named: %q, says %q", list, got.stderr)
	}
	if os.Getuid() == 0 {
		return // may read everything
	}
	if err := os.Chmod(filepath.Join(dir, "cur"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(dir, "cur"), 0o700)
	got = p.run("capture", "--json", dir).want(t, 4)
	if list := captured(t, got.stdout); len(list) != 1 || !strings.Contains(got.stderr, "may not read") {
		t.Errorf("%q, says %q", list, got.stderr)
	}
}

// TestCaptureStream: the first records are out while the input goes on, a line
// on the terminal says how far it is, and a signal ends it.
func TestCaptureStream(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	defer master.Close()
	defer tty.Close()
	cmd := exec.Command(program, "capture", "--json", "-")
	cmd.Env = newPlace(t).env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dead := time.AfterFunc(bound, func() { cmd.Process.Kill() })
	defer dead.Stop()
	three := read(t, bounces(t, "container/three.mbox"))
	if _, err := in.Write([]byte(strings.Repeat(three, 3))); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, "ada@contoso.example") {
		t.Fatalf("the first line is %q, %v", line, err)
	}
	var said strings.Builder
	screen := bufio.NewReader(master)
	expect := func(words string) {
		for b := make([]byte, 4096); !strings.Contains(said.String(), words); {
			n, err := screen.Read(b)
			if said.Write(b[:n]); err != nil {
				t.Fatalf("no %q in %q: %v", words, said.String(), err)
			}
		}
	}
	expect(" reports, 0 MB")
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	expect("stopped: ")
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	if text := said.String(); !strings.Contains(text[:strings.Index(text, "stopped")], "\r\x1b[Kdeadletter") {
		t.Errorf("the progress line stays: %q", text)
	}
	if got := newPlace(t).feed(three, "capture", "-").want(t, 0); strings.Contains(got.stderr, "\x1b") {
		t.Errorf("progress without a terminal: %q", got.stderr)
	}
}

// TestReportOfSeveral: an archive, or a paste of two messages, gives a case of each recipient.
func TestReportOfSeveral(t *testing.T) {
	for name, cases := range map[string]int{"three.mbox": 3, "two-pasted.txt": 2, "week.zip": 4} {
		path := bounces(t, "container/"+name)
		if got := newPlace(t).run("report", "--offline", "--format", "json", path); strings.Count(got.stdout, "\n") != cases {
			t.Errorf("%s: %d cases\n%s", name, strings.Count(got.stdout, "\n"), got.stderr)
		}
		if name == "two-pasted.txt" {
			if got := newPlace(t).feed(read(t, path), "report", "--offline", "--format", "json", "-"); strings.Count(got.stdout, "\n") != cases {
				t.Errorf("pasted: %d cases", strings.Count(got.stdout, "\n"))
			}
		}
	}
	many := strings.Builder{}
	for i := range 130 {
		fmt.Fprintf(&many, "550 5.1.1 <r%d@example.com> gone\n", i)
	}
	got := newPlace(t).feed(many.String(), "report", "--offline", "--format", "json", "-")
	if n := strings.Count(got.stdout, "\n"); n != 100 || !strings.Contains(got.stderr, "more than 100 recipients") || got.code != 4 {
		t.Errorf("%d cases, code %d, says %q", n, got.code, got.stderr)
	}
}
