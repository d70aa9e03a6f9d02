//go:build unix

package casefile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestTwoProcesses(t *testing.T) {
	const each = 200
	dir := filepath.Join(t.TempDir(), "cases")
	ends := make(chan error, 2)
	for range 2 {
		cmd := child(t, "contend", dir, strconv.Itoa(each))
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() {
			err := cmd.Wait()
			if err != nil {
				err = errors.Join(err, errors.New(out.String()))
			}
			ends <- err
		}()
	}
	for range 2 {
		if err := <-ends; err != nil {
			t.Error(err)
		}
	}
	s := storeIn(t, dir)
	if l, err := s.Verify(sampleID); err != nil || l.Damage != nil || l.Events != 2*each {
		t.Errorf("%d events, damage %v, %v", l.Events, l.Damage, err)
	}
}

func TestHeldByAnotherProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cases")
	cmd := child(t, "hold", dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("%q %v", line, err)
	}
	s := storeIn(t, dir)
	j, _, err := s.Open(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	ro := j.ReadOnly()
	if ro == nil || ro.Reason != ReasonHeld || ro.Holder.PID != cmd.Process.Pid || ro.Holder.User != "child" || ro.Holder.Since.IsZero() {
		t.Fatalf("%+v", ro)
	}
	// The lock ends with its holder, however that ended; its file stays.
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the child was not killed")
	}
	if _, err := os.Stat(filepath.Join(dir, lockName(sampleID))); err != nil {
		t.Errorf("no stale lock file: %v", err)
	}
	j, _, err = s.Open(sampleID)
	if err != nil || j.ReadOnly() != nil {
		t.Fatalf("after kill -9: %v %v", j.ReadOnly(), err)
	}
	mustClose(t, j)
}

func TestKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cases")
	random := rand.New(rand.NewPCG(1, 2))
	last := uint64(0)
	for round := range 12 {
		cmd := child(t, "steady", dir, "20000")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		after := 1 + random.IntN(40)
		for n := 0; lines.Scan(); n++ {
			if n == after {
				if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
			seq, err := strconv.ParseUint(lines.Text(), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			last = seq
		}
		if err := cmd.Wait(); err == nil || stderr.Len() > 0 {
			t.Fatalf("round %d: %v %s", round, err, stderr.String())
		}
		s := storeIn(t, dir)
		got, l, err := s.Read(sampleID)
		if err != nil || uint64(len(got)) < last || l.Damage != nil && l.Damage.Kind != DamageTail {
			t.Fatalf("round %d: %d events, %d acknowledged, damage %v, %v", round, len(got), last, l.Damage, err)
		}
	}
	t.Logf("%d events acknowledged over 12 kills, none lost", last)
}

func TestFileSizeLimit(t *testing.T) {
	cmd := child(t, "fsize", filepath.Join(t.TempDir(), "cases"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	} else {
		t.Logf("%s", out)
	}
}

func TestNoPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("nothing is forbidden to root")
	}
	s := tempStore(t)
	written(t, s, sampleID, events(1, bodies()...))
	if err := os.Chmod(s.Dir(), 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(s.Dir(), 0o700) //nolint:errcheck // for the removal of the folder
	if _, err := s.Create("other"); !errors.Is(err, ErrReadOnlyStore) {
		t.Errorf("create: %v", err)
	}
	j, got, err := s.Open(sampleID)
	if err != nil || len(got) != len(bodies()) || j.ReadOnly() == nil || j.ReadOnly().Reason != ReasonNoWrite {
		t.Errorf("open: %v", err)
	}
	if _, err := OpenStore(filepath.Join(s.Dir(), "below"), Options{}); !errors.Is(err, ErrReadOnlyStore) {
		t.Errorf("folder below: %v", err)
	}
}

func TestNamedPipe(t *testing.T) {
	s := tempStore(t)
	if err := syscall.Mkfifo(s.Path(sampleID), 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	if _, _, err := s.Open(sampleID); !errors.Is(err, ErrUnsafe) {
		t.Errorf("open: %v", err)
	}
	if _, err := s.Create(sampleID); !errors.Is(err, ErrUnsafe) {
		t.Errorf("create: %v", err)
	}
}

// A reader beside a writer sees a growing case and never an error.
func TestReadWhileWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cases")
	cmd := child(t, "steady", dir, "2000")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	go io.Copy(io.Discard, out) //nolint:errcheck // only so that the child goes on
	s := storeIn(t, dir)
	seen := 0
	for range 20 {
		j, got, err := s.Open(sampleID)
		if err != nil || len(got) < seen || j.Loaded().Damage != nil || j.ReadOnly() == nil || !strings.Contains(j.ReadOnly().Error(), "child, process") {
			t.Fatalf("%d events after %d, %+v, %v, %v", len(got), seen, j.Loaded().Damage, j.ReadOnly(), err)
		}
		seen = len(got)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // it was killed
}
