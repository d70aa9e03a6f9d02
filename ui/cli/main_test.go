package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// program is the built binary that the tests of this package run. It is built
// without the race detector, as users build it: its times are measured.
var program string

// root is the folder of the module, seen from this package.
const root = "../.."

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "deadletter")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "deadletter")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// bound is how long anything may take that a test waits for.
const bound = 20 * time.Second

// place is a user's surroundings: an empty home, and an environment that says
// what the test says and nothing of the machine that runs it.
type place struct {
	t    testing.TB
	home string
	env  []string
}

// newPlace makes surroundings. Later settings win over earlier ones.
func newPlace(t testing.TB, settings ...string) *place {
	t.Helper()
	home := t.TempDir()
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_DATA_HOME=" + filepath.Join(home, "data"),
		"TERM=xterm-256color", "LC_ALL=C.UTF-8", "TZ=UTC", "USER=mara",
	}
	if runtime.GOOS == "windows" {
		env = append(env, "SystemRoot="+os.Getenv("SystemRoot"), "LOCALAPPDATA="+filepath.Join(home, "data"))
	}
	return &place{t: t, home: home, env: append(env, settings...)}
}

// cases is the folder that holds the journals.
func (p *place) cases() string { return filepath.Join(p.home, "data", "deadletter", "cases") }

// ended is what a command left behind.
type ended struct {
	code           int
	stdout, stderr string
}

// run runs the program to its end with nothing on standard input.
func (p *place) run(args ...string) ended { p.t.Helper(); return p.feed("", args...) }

// feed is run with a text on standard input.
func (p *place) feed(stdin string, args ...string) ended {
	p.t.Helper()
	return p.command(stdin, program, args...)
}

func (p *place) command(stdin, name string, args ...string) ended {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = p.env
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatalf("%s %q: %v", name, args, err)
	}
	if ctx.Err() != nil {
		p.t.Fatalf("%s %q did not end\n%s%s", name, args, out.String(), errs.String())
	}
	return ended{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// want fails the test when a command did not end with a code.
func (e ended) want(t testing.TB, code int) ended {
	t.Helper()
	if e.code != code {
		t.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", e.code, code, e.stdout, e.stderr)
	}
	return e
}

// until polls until a condition holds.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	end := time.Now().Add(bound)
	next := time.NewTicker(4 * time.Millisecond)
	defer next.Stop()
	for !holds() {
		if time.Now().After(end) {
			t.Fatalf("after %s still not: %s", bound, what)
		}
		<-next.C
	}
}

// need skips the test where a tool of the machine is absent.
func need(t testing.TB, tool, why string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Skipf("%s is not installed here: %s", tool, why)
	}
	return path
}

// bounces gives the path of one of the module's own samples.
func bounces(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "testdata", "bounces", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// sample gives the path of a file in the testdata folder of this package.
func sample(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
