package diagnose_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// goPackage is a package as the go command sees it.
type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Standard   bool
}

const module = "deadletter"

// packages lists every package of the module and everything below them.
var packages = sync.OnceValues(func() (map[string]goPackage, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Deps,Standard", module+"/...")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.New(err.Error() + ": " + errs.String())
	}
	all := map[string]goPackage{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all[p.ImportPath] = p
	}
})

// ours gives the packages of the module, and everything below them.
func ours(t *testing.T) (own []string, all map[string]goPackage) {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	for path := range all {
		if inside(path, module) {
			own = append(own, path)
		}
	}
	slices.Sort(own)
	if len(own) < 10 {
		t.Fatalf("only %d packages are seen: %q", len(own), own)
	}
	return own, all
}

// inside reports whether a package is another one or below it.
func inside(path, above string) bool { return path == above || strings.HasPrefix(path, above+"/") }

// named gives a package of the module, which must be there.
func named(t *testing.T, path string) goPackage {
	t.Helper()
	_, all := ours(t)
	p, ok := all[module+"/"+path]
	if !ok {
		t.Fatalf("there is no package %s", path)
	}
	return p
}

func charm(path string) bool {
	return inside(path, "github.com/charmbracelet") || inside(path, "github.com/muesli")
}

// TestCoreIsPure: what judges a case has no files, processes, network or terminal.
func TestCoreIsPure(t *testing.T) {
	for _, path := range []string{"diagnose", "diagnose/bounce", "diagnose/bounce/container", "diagnose/reply", "diagnose/operator", "diagnose/letters", "diagnose/typo", "diagnose/safe", "diagnose/report"} {
		p := named(t, path)
		for _, i := range p.Imports {
			if i == "os" || i == "os/exec" || i == "syscall" || i == "os/user" || i == "os/signal" {
				t.Errorf("%s imports %s", path, i)
			}
		}
		for _, d := range p.Deps {
			// net/netip and net/url are values alone.
			if d == "net" || inside(d, "net") && d != "net/netip" && d != "net/url" {
				t.Errorf("%s reaches %s", path, d)
			}
			if inside(d, "github.com/miekg") || charm(d) {
				t.Errorf("%s reaches %s", path, d)
			}
		}
	}
}

// TestDNSValues: questions and answers, and the graph of questions, know no wire.
func TestDNSValues(t *testing.T) {
	for _, path := range []string{"dnsx", "dnsx/idn", "dnsx/mailauth", "dnsx/survey", "dnsx/pasted"} {
		for _, d := range named(t, path).Deps {
			if inside(d, "github.com/miekg") || d == "net" || charm(d) {
				t.Errorf("%s reaches %s", path, d)
			}
		}
	}
	own, all := ours(t)
	for _, path := range own {
		if !inside(path, module+"/dnsx") {
			continue
		}
		for _, i := range all[path].Imports {
			if inside(i, module) && !inside(i, module+"/dnsx") {
				t.Errorf("%s imports %s: dnsx stands on nothing else of ours", path, i)
			}
		}
	}
}

// arrows says which packages of the module each one may import, itself and
// what is below it apart. What is not named may import nothing of ours.
var arrows = map[string][]string{
	"":                            {"ui/cli", "ui/term/quiet"},
	"diagnose":                    {"dnsx", "dnsx/idn", "dnsx/mailauth", "dnsx/survey", "dnsx/pasted", "diagnose/bounce", "diagnose/reply", "diagnose/operator", "diagnose/letters", "diagnose/typo", "diagnose/safe"},
	"diagnose/letters":            {"diagnose/safe"},
	"diagnose/bounce":             {"diagnose/reply", "diagnose/safe"},
	"diagnose/bounce/container":   {"diagnose/bounce", "diagnose/safe"},
	"diagnose/reply":              {"diagnose/safe"},
	"diagnose/operator":           {"diagnose/safe"},
	"diagnose/typo":               {"diagnose/operator", "dnsx/idn"},
	"diagnose/safe":               {"dnsx/idn"},
	"diagnose/report":             {"diagnose", "diagnose/bounce", "diagnose/reply", "diagnose/operator", "diagnose/safe", "dnsx", "dnsx/idn"},
	"diagnose/casefile":           {"diagnose", "diagnose/bounce", "diagnose/safe", "dnsx"},
	"diagnose/secret":             {},
	"diagnose/suppression":        {"diagnose", "diagnose/safe", "diagnose/secret"},
	"diagnose/suppression/export": {"diagnose", "diagnose/bounce", "diagnose/safe", "diagnose/suppression"},
	"diagnose/attempt":            {"diagnose", "diagnose/safe", "diagnose/reply", "diagnose/secret", "dnsx"},
	"diagnose/investigate":        {"diagnose", "diagnose/safe", "dnsx", "dnsx/survey", "diagnose/suppression", "diagnose/suppression/export", "diagnose/attempt", "diagnose/casefile"},
	"ui":                          {"diagnose", "diagnose/bounce", "diagnose/safe", "dnsx"},
	"ui/cli":                      {"diagnose", "dnsx", "ui"}, // and everything below them
}

func TestArrows(t *testing.T) {
	own, all := ours(t)
	for _, path := range own {
		short := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
		may, ok := arrows[short]
		if !ok {
			continue // held by TestDNSValues and TestNothingImportsTheScreen
		}
		for _, i := range all[path].Imports {
			target, mine := strings.CutPrefix(i, module+"/")
			if !mine || slices.Contains(may, target) {
				continue
			}
			if short == "ui/cli" && slices.ContainsFunc(may, func(above string) bool { return inside(target, above) }) {
				continue
			}
			t.Errorf("%s imports %s", path, target)
		}
	}
}

// TestNothingImportsTheScreen but the screen itself and main.
func TestNothingImportsTheScreen(t *testing.T) {
	own, all := ours(t)
	for _, path := range own {
		for _, i := range all[path].Imports {
			if inside(i, module+"/ui") && path != module && !inside(path, module+"/ui") {
				t.Errorf("%s imports %s", path, i)
			}
		}
	}
	for _, path := range own {
		if inside(path, module+"/diagnose") || inside(path, module+"/dnsx") {
			for _, d := range all[path].Deps {
				if charm(d) {
					t.Errorf("%s reaches %s", path, d)
				}
			}
		}
	}
}

// TestQuietIsReadyFirst: the package that answers for the terminal imports
// lipgloss alone, so that it is initialised before Bubble Tea is, and it
// stands in the program.
func TestQuietIsReadyFirst(t *testing.T) {
	quiet := named(t, "ui/term/quiet")
	if !slices.Equal(quiet.Imports, []string{"github.com/charmbracelet/lipgloss"}) {
		t.Errorf("it imports %q, want lipgloss alone", quiet.Imports)
	}
	_, all := ours(t)
	main := all[module]
	if !slices.Contains(main.Deps, quiet.ImportPath) || !slices.Contains(main.Deps, "github.com/charmbracelet/bubbletea") {
		t.Error("the program does not hold both")
	}
	if quiet.ImportPath >= "github.com/charmbracelet/bubbletea" {
		t.Errorf("%s comes after Bubble Tea in the order of paths", quiet.ImportPath)
	}
}

// TestFloor: versions below these have known holes.
func TestFloor(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Version}} {{.GoVersion}}", "all").Output()
	if err != nil {
		t.Fatal(err)
	}
	floor := map[string][]int{"golang.org/x/crypto": {0, 52, 0}}
	seen := false
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if f[0] == module {
			seen = true
			if low := compare(f[len(f)-1], []int{1, 26, 6}); low < 0 {
				t.Errorf("go %s, want 1.26.6 or later", f[len(f)-1])
			}
			continue
		}
		if want, ok := floor[f[0]]; ok && compare(strings.TrimPrefix(f[1], "v"), want) < 0 && used(t, f[0]) {
			t.Errorf("%s %s is below %v", f[0], f[1], want)
		}
		if strings.HasPrefix(f[0], "github.com/charmbracelet/wish") && (used(t, f[0]+"/scp") || used(t, f[0]+"/git")) {
			t.Errorf("%s: scp and git are never imported", f[0])
		}
	}
	if !seen {
		t.Errorf("the module is not called %s", module)
	}
}

// used reports whether a package of a module is in the program or its tests.
func used(t *testing.T, path string) bool {
	t.Helper()
	_, all := ours(t)
	for p := range all {
		if inside(p, path) {
			return true
		}
	}
	return false
}

// compare compares a version with a floor, number by number.
func compare(version string, floor []int) int {
	for i, part := range strings.SplitN(version, ".", len(floor)) {
		digits := strings.TrimRightFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		n, err := strconv.Atoi(strings.SplitN(digits, "-", 2)[0])
		if err != nil {
			return -1
		}
		if n != floor[i] {
			return n - floor[i]
		}
	}
	return 0
}
