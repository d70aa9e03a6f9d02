package casefile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// injection is one fault put into one system call of a child.
type injection struct {
	syscall string
	fault   string // in strace's words: signal=KILL, error=EIO
}

// faultRun is what came of one child with a fault in it.
type faultRun struct {
	fired  bool
	failed bool // the child ended with an error or was killed
	wrong  error
}

// withFault runs a child in a role with a fault at the n-th call, and checks
// what it left.
func withFault(t *testing.T, strace, role string, in injection, n int) faultRun {
	t.Helper()
	base := t.TempDir()
	dir, ack, log := filepath.Join(base, "cases"), filepath.Join(base, "ack"), filepath.Join(base, "log")
	run := child(t, role, dir, ack)
	args := append([]string{"-f", "-o", log, "-e", "trace=" + in.syscall,
		"-e", fmt.Sprintf("inject=%s:%s:when=%d", in.syscall, in.fault, n), "--"}, run.Args...)
	cmd := exec.CommandContext(t.Context(), strace, args...)
	cmd.Env = run.Env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	trace, rerr := os.ReadFile(log)
	if rerr != nil {
		t.Fatal(rerr)
	}
	r := faultRun{failed: err != nil}
	r.fired = bytes.Contains(trace, []byte("(INJECTED)")) || bytes.Contains(trace, []byte("killed by SIGKILL"))
	if strings.Contains(stderr.String(), "panic:") && strings.Contains(stderr.String(), "casefile.(") {
		r.wrong = fmt.Errorf("the child panicked: %s", stderr.String())
		return r
	}
	acked := uint64(0)
	if text, err := os.ReadFile(ack); err == nil && len(text) > 0 {
		if acked, err = strconv.ParseUint(string(text), 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if !r.failed && acked != 6 {
		r.wrong = fmt.Errorf("the child says it is done with %d acknowledged", acked)
		return r
	}
	s, err := OpenStore(dir, Options{})
	if err != nil {
		r.wrong = err
		return r
	}
	r.wrong = errors.Join(survivesIn(s, acked), s.Close())
	return r
}

// findStrace gives a strace that works here, or skips.
func findStrace(t *testing.T) string {
	t.Helper()
	if testing.Short() || racing {
		t.Skip("fault injection runs a child a fault, which takes a while; it is left out under -short and -race")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed, so no fault can be put into a system call")
	}
	if out, err := exec.Command(strace, "-o", "/dev/null", "-e", "trace=write", "-e", "inject=write:error=EIO:when=1000", "true").CombinedOutput(); err != nil {
		t.Skipf("strace cannot trace here: %v: %s", err, out)
	}
	return strace
}

// Each system call that writes fails or kills at each of its occurrences: no
// acknowledged event is lost, nothing is torn beyond the end, and no success
// is claimed that is none.
func TestFaultInjection(t *testing.T) {
	strace := findStrace(t)
	const most = 60
	runs, fired, died := 0, 0, 0
	for _, in := range []injection{
		{"write", "signal=KILL"}, {"write", "error=EIO"}, {"write", "error=ENOSPC"},
		{"fsync", "signal=KILL"}, {"fsync", "error=EIO"}, {"fsync", "error=ENOSPC"},
		{"ftruncate", "signal=KILL"}, {"ftruncate", "error=EIO"},
		{"unlinkat", "signal=KILL"}, {"unlinkat", "error=EIO"},
		{"flock", "signal=KILL"}, {"flock", "error=EIO"},
		{"mkdirat", "error=EROFS"}, {"openat", "signal=KILL"}, {"openat", "error=EROFS"},
	} {
		for n := 1; ; n++ {
			r := withFault(t, strace, "script", in, n)
			runs++
			if r.wrong != nil {
				t.Errorf("%s:%s at %d: %v", in.syscall, in.fault, n, r.wrong)
			}
			if !r.fired {
				break
			}
			fired++
			if r.failed {
				died++
			}
			if n == most {
				t.Errorf("%s:%s still fires at %d", in.syscall, in.fault, n)
				break
			}
		}
	}
	t.Logf("%d runs, %d faults fired, %d of them ended the child", runs, fired, died)
	if fired < 40 {
		t.Errorf("only %d faults fired", fired)
	}
}

// The same harness must find a wrong writer.
func TestFaultInjectionFindsAWrongWriter(t *testing.T) {
	strace := findStrace(t)
	found := 0
	for _, in := range []injection{{"write", "signal=KILL"}, {"write", "error=ENOSPC"}} {
		for n := 1; n < 20; n++ {
			r := withFault(t, strace, "rewrite", in, n)
			if !r.fired {
				break
			}
			if r.wrong != nil {
				found++
			}
		}
	}
	if found == 0 {
		t.Error("a writer that loses events was not found")
	}
	t.Logf("the wrong writer was found %d times", found)
}

// inMount runs a child in a mount namespace of its own with a small file
// system at a folder, or skips.
func inMount(t *testing.T, role, options string) {
	t.Helper()
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Skip("unshare is not installed, so no small file system can be made")
	}
	mnt := t.TempDir()
	mount := "mount -t tmpfs -o " + options + " none \"$1\""
	flags := []string{"-Urm", "sh", "-c"}
	if out, err := exec.Command(unshare, append(flags, mount, "sh", mnt)...).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here: %v: %s", err, out)
	}
	run := child(t, role, mnt)
	cmd := exec.CommandContext(t.Context(), unshare, append(flags, mount+` && exec "$0" "$1"`, run.Path, mnt)...)
	cmd.Env = run.Env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}

func TestRealFullDisk(t *testing.T) { inMount(t, "fill", "size=128k") }

func TestReadOnlyFileSystem(t *testing.T) { inMount(t, "rofs", "size=1m") }

func init() { children["rofs"] = childReadOnlyFS }

// childReadOnlyFS writes a case, makes the file system read-only and looks
// what can still be done.
func childReadOnlyFS(args []string) error {
	mnt := args[0]
	s, err := childStore(filepath.Join(mnt, "cases"))
	if err != nil {
		return err
	}
	j, err := s.Create(sampleID)
	if err != nil {
		return err
	}
	if err := errors.Join(j.Append(events(1, bodies()...)...), j.Close()); err != nil {
		return err
	}
	if err := syscall.Mount("none", mnt, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	if _, err := s.Create("other"); !errors.Is(err, ErrReadOnlyStore) || !errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("create: %w", err)
	} else {
		fmt.Println(err)
	}
	j, got, err := s.Open(sampleID)
	if err != nil || len(got) != len(bodies()) {
		return fmt.Errorf("open: %d events, %w", len(got), err)
	}
	if ro := j.ReadOnly(); ro == nil || ro.Reason != ReasonNoWrite {
		return fmt.Errorf("read-only: %v", ro)
	}
	err = j.Append(decided(j.LastSeq() + 1))
	if !errors.Is(err, ErrReadOnly) || !errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("append: %w", err)
	}
	fmt.Println(err)
	if err := s.Purge(sampleID); !errors.Is(err, ErrReadOnlyStore) {
		return fmt.Errorf("purge: %w", err)
	}
	if _, err := OpenStore(filepath.Join(mnt, "elsewhere", "cases"), Options{}); !errors.Is(err, ErrReadOnlyStore) {
		return fmt.Errorf("new folder: %w", err)
	}
	if list, err := s.List(); err != nil || len(list) != 1 {
		return fmt.Errorf("list: %v %w", list, err)
	}
	return j.Close()
}
