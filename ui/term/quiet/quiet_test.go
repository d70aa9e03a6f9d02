package quiet_test

import (
	"bytes"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/creack/pty"

	_ "deadletter/ui/term/quiet"
)

const startedBy = "DEADLETTER_TEST_STARTED"

// TestMain lets the test start its own binary, which holds Bubble Tea and this
// package as the program does.
func TestMain(m *testing.M) {
	if os.Getenv(startedBy) != "" {
		_, _ = os.Stdout.WriteString("ready")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestStartsAtOnceOnASilentTerminal(t *testing.T) {
	_ = tea.Quit // Bubble Tea is in this binary
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	started := exec.Command(self)
	started.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return name == "TERM" || name == "COLORFGBG" || name == "CI"
	}), "TERM=xterm-256color", startedBy+"=1")
	begin := time.Now()
	terminal, err := pty.Start(started)
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	defer terminal.Close()
	watchdog := time.AfterFunc(20*time.Second, func() { _ = started.Process.Kill() })
	defer watchdog.Stop()
	// A Linux pty ends with EIO when the last program has left it.
	wrote, err := io.ReadAll(terminal)
	if err != nil && !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	if err := started.Wait(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin)
	t.Logf("%v from start to exit", took.Round(time.Millisecond))
	if !bytes.Equal(wrote, []byte("ready")) {
		t.Errorf("the terminal got %q before the program began", wrote)
	}
	if took > 3*time.Second { // five with the question, some 20 ms without
		t.Errorf("the start took %v", took)
	}
}

func TestImportsLipglossAlone(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var imports []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			imports = append(imports, spec.Path.Value)
		}
	}
	if want := []string{`"github.com/charmbracelet/lipgloss"`}; !slices.Equal(imports, want) {
		t.Errorf("imports %v, want %v: with anything more the question is asked again", imports, want)
	}
}

func TestPathSortsBeforeBubbleTea(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join("..", "..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(mod), "\n")
	module, ok := strings.CutPrefix(strings.TrimSpace(first), "module ")
	if !ok {
		t.Fatalf("go.mod begins with %q", first)
	}
	if path, tea := module+"/ui/term/quiet", "github.com/charmbracelet/bubbletea"; path >= tea {
		t.Errorf("%s would be initialised after %s", path, tea)
	}
}
