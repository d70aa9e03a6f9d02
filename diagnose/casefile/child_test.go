//go:build unix

package casefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"deadletter/diagnose"
)

// The test binary runs itself as a child where a second process is needed. The
// variable names what the child does.
const childVar = "DEADLETTER_CASEFILE_CHILD"

func init() {
	if os.Getenv(childVar) != "" {
		runtime.LockOSThread() // one thread does all file work, so that its calls can be counted
	}
}

func TestMain(m *testing.M) {
	role := os.Getenv(childVar)
	if role == "" {
		os.Exit(m.Run())
	}
	do, ok := children[role]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such child:", role)
		os.Exit(2)
	}
	if err := do(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	os.Exit(0)
}

var children = map[string]func(args []string) error{
	"steady":  childSteady,
	"contend": childContend,
	"hold":    childHold,
	"script":  childScript,
	"rewrite": childRewrite,
	"fsize":   childFileSize,
	"fill":    childFill,
	"ledger":  childLedger,
}

// child gives a command that runs this binary in a role.
func child(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), childVar+"="+role, "GOMAXPROCS=2")
	return cmd
}

func childStore(dir string) (*Store, error) {
	return OpenStore(dir, Options{User: "child"})
}

// openOrCreate opens the sample case for writing, and begins it where it is
// not there.
func openOrCreate(s *Store) (*Journal, error) {
	j, _, err := s.Open(sampleID)
	if errors.Is(err, ErrNotFound) {
		j, err = s.Create(sampleID)
	}
	if err != nil {
		return nil, err
	}
	if ro := j.ReadOnly(); ro != nil {
		return nil, ro
	}
	return j, nil
}

// childSteady adds decided events until it is killed, at most as many as the
// second argument says, and says which are acknowledged. Then it keeps the case
// until its input ends.
func childSteady(args []string) error {
	s, err := childStore(args[0])
	if err != nil {
		return err
	}
	most, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	j, err := openOrCreate(s)
	if err != nil {
		return err
	}
	for end := j.LastSeq() + most; j.LastSeq() < end; {
		seq := j.LastSeq() + 1
		batch := []diagnose.Event{dnsEvent(seq), decided(seq + 1)}
		if err := j.Append(batch...); err != nil {
			return err
		}
		fmt.Println(seq + 1)
	}
	return untilInputEnds(j)
}

func untilInputEnds(j *Journal) error {
	_, err := io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, j.Close())
}

// childContend adds one event at a time, and gives the case back each time.
func childContend(args []string) error {
	s, err := childStore(args[0])
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	deadline := time.Now().Add(time.Minute)
	for n > 0 {
		j, err := openOrCreate(s)
		if errors.Is(err, ErrHeld) || errors.Is(err, ErrExists) {
			if time.Now().After(deadline) {
				return errors.New("no turn within a minute")
			}
			runtime.Gosched()
			continue
		}
		if err != nil {
			return err
		}
		if err := j.Append(decided(j.LastSeq() + 1)); err != nil {
			return err
		}
		if err := j.Close(); err != nil {
			return err
		}
		n--
	}
	return nil
}

// childHold opens the case and keeps it until its input ends.
func childHold(args []string) error {
	s, err := childStore(args[0])
	if err != nil {
		return err
	}
	j, err := openOrCreate(s)
	if err != nil {
		return err
	}
	fmt.Println("held")
	return untilInputEnds(j)
}

// childScript does a fixed piece of work and notes in a file what was
// acknowledged, by a call that no fault is put into.
func childScript(args []string) error {
	ack, err := os.OpenFile(args[1], os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	s, err := childStore(args[0])
	if err != nil {
		return err
	}
	j, err := openOrCreate(s)
	if err != nil {
		return err
	}
	acked := func(seq int) error {
		_, err := ack.WriteAt(fmt.Appendf(nil, "%04d", seq), 0)
		return err
	}
	add := func(e diagnose.Event) error {
		if err := j.Append(e); err != nil {
			return err
		}
		if diagnose.Decided(e.Body) {
			return acked(int(e.Seq))
		}
		return nil
	}
	if err := errors.Join(add(decided(1)), add(dnsEvent(2)), add(decided(3)), add(dnsEvent(4))); err != nil {
		return errors.Join(err, j.Close())
	}
	if err := j.Close(); err != nil {
		return err
	}
	if err := acked(4); err != nil {
		return err
	}
	torn, err := os.OpenFile(s.Path(sampleID), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	if _, err := torn.WriteString("00000100 "); err != nil {
		return err
	}
	if err := torn.Close(); err != nil {
		return err
	}
	if j, err = openOrCreate(s); err != nil {
		return err
	}
	if err := errors.Join(add(decided(5)), add(dnsEvent(6))); err != nil {
		return errors.Join(err, j.Close())
	}
	if err := j.Close(); err != nil {
		return err
	}
	return acked(6)
}

// childRewrite is a wrong writer: it writes the whole journal anew each time.
func childRewrite(args []string) error {
	ack, err := os.OpenFile(args[1], os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	s, err := childStore(args[0])
	if err != nil {
		return err
	}
	data, head, err := headerRecord(Header{ID: sampleID, Created: morning})
	if err != nil {
		return err
	}
	for seq := uint64(1); seq <= 6; seq++ {
		payload, err := decided(seq).MarshalJSON()
		if err != nil {
			return err
		}
		if data, head, err = appendRecord(data, head, payload); err != nil {
			return err
		}
		if err := os.WriteFile(s.Path(sampleID), data, 0o600); err != nil {
			return err
		}
		if _, err := ack.WriteAt(fmt.Appendf(nil, "%04d", seq), 0); err != nil {
			return err
		}
	}
	return nil
}

// fillUp adds events until the disk takes no more, makes room, and goes on.
func fillUp(dir string, room func() error) error {
	s, err := childStore(dir)
	if err != nil {
		return err
	}
	j, err := openOrCreate(s)
	if err != nil {
		return err
	}
	seq := uint64(0)
	for err == nil {
		if err = j.Append(decided(seq + 1)); err == nil {
			seq++
		}
		if seq > 100000 {
			return errors.New("the disk never filled")
		}
	}
	if !errors.Is(err, ErrDiskFull) {
		return fmt.Errorf("full disk: %w", err)
	}
	if again := j.Append(decided(seq + 1)); !errors.Is(again, ErrDiskFull) {
		return fmt.Errorf("full disk, again: %w", again)
	}
	if got, l, err := s.Read(sampleID); err != nil || l.Damage != nil || uint64(len(got)) != seq {
		return fmt.Errorf("%d events, %d acknowledged, damage %v, %w", len(got), seq, l.Damage, err)
	}
	if room == nil {
		return j.Close()
	}
	if err := room(); err != nil {
		return err
	}
	if err := j.Append(decided(seq + 1)); err != nil {
		return fmt.Errorf("with room: %w", err)
	}
	if err := j.Close(); err != nil {
		return err
	}
	fmt.Println("events before the disk was full:", seq)
	l, err := s.Verify(sampleID)
	if err == nil && (l.Damage != nil || uint64(l.Events) != seq+1) {
		err = fmt.Errorf("at the end: %+v", l)
	}
	return err
}

// childFileSize lowers the limit on the size of a file, and raises it again.
func childFileSize(args []string) error {
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	low := old
	low.Cur = 8 << 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &low); err != nil {
		return err
	}
	return fillUp(args[0], func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old) })
}

// childFill works on a small file system; a filler file beside the cases makes
// room when it is removed.
func childFill(args []string) error {
	filler := filepath.Join(args[0], "filler")
	if err := os.WriteFile(filler, make([]byte, 32<<10), 0o600); err != nil {
		return err
	}
	return fillUp(filepath.Join(args[0], "cases"), func() error { return os.Remove(filler) })
}
