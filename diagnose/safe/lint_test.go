package safe_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const safePath = "deadletter/diagnose/safe"

// TestBorderHolds reads every file of the program that is no test and fails
// where text could pass from outside to the screen without Of.
func TestBorderHolds(t *testing.T) {
	packages, exports := listPackages(t)
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	})
	checked := 0
	for _, p := range packages {
		if p.ImportPath == safePath {
			continue
		}
		if p.Error != nil || len(p.DepsErrors) > 0 {
			t.Logf("%s does not build and is left out", p.ImportPath)
			continue
		}
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		found, err := crossings(fset, p.ImportPath, files, imports)
		if err != nil {
			t.Errorf("%s cannot be checked: %v", p.ImportPath, err)
		}
		for _, f := range found {
			t.Error(f)
		}
		checked++
	}
	if checked == 0 {
		t.Error("no package was checked")
	}
}

// TestBorderIsGuarded shows the check what it must find, and what it must not.
func TestBorderIsGuarded(t *testing.T) {
	tests := []struct {
		path, body string
		want       int
	}{
		{"deadletter/ui", `var _ = safe.Text("constant")`, 0},
		{"deadletter/ui", `const c = "constant"; var _ = safe.Text(c + "!")`, 0},
		{"deadletter/ui", `func f(t safe.Text) safe.Text { return safe.Text(t) + " more" }`, 0},
		{"deadletter/ui", `func f(s string) safe.Text { return safe.Of(s) }`, 0},
		{"deadletter/ui", `func f(s string) safe.Text { return safe.Textf("%s", s) }`, 0},
		{"deadletter/ui", `func f(t safe.Text) string { return string(t) }`, 0},
		{"deadletter/ui", `func f(s string) safe.Text { return safe.Text(s) }`, 1},
		{"deadletter/ui", `func f(s string) safe.Text { return (safe.Text)(s + "!") }`, 1},
		{"deadletter/ui", `func f(b []byte) safe.Text { return safe.Text(b) }`, 1},
		{"deadletter/ui", `func f(r rune) safe.Text { return safe.Text(r) }`, 1},
		{"deadletter/ui", `func f(u safe.Untrusted) safe.Text { return safe.Text(u) }`, 1},
		{"deadletter/ui", `type Source = safe.Text; func f(s string) Source { return Source(s) }`, 1},
		{"deadletter/ui", `type claim safe.Text; func f(c claim) safe.Text { return safe.Text(c) }`, 1},
		{"deadletter/ui", `func f[T ~string](s string) T { return T(s) }; var _ = f[safe.Text]("x")`, 1},
		{"deadletter/ui", `func f(s string) safe.Text { return safe.Textf(s) }`, 1},
		{"deadletter/ui", `func f(u safe.Untrusted) string { return string(u) }`, 1},
		{"deadletter/ui/clip", `func f(u safe.Untrusted) []byte { return []byte(u) }`, 1},
		{"deadletter/diagnose/bounce", `func f(u safe.Untrusted) string { return string(u) }`, 0},
		{"deadletter/diagnose/bounce", `func f(s string) safe.Untrusted { return safe.Untrusted(s) }`, 0},
	}
	_, exports := listPackages(t)
	for _, tt := range tests {
		fset := token.NewFileSet()
		imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
		f, err := parser.ParseFile(fset, "x.go", "package x; import \""+safePath+"\"; "+tt.body, 0)
		if err != nil {
			t.Fatal(err)
		}
		found, err := crossings(fset, tt.path, []*ast.File{f}, imports)
		if err != nil {
			t.Errorf("%s: %v", tt.body, err)
		}
		if len(found) != tt.want {
			t.Errorf("in %s, %s: found %q, want %d", tt.path, tt.body, found, tt.want)
		}
	}
}

// crossings lists, for one package, the conversions of something other than a
// constant to Text, the formats of Textf that are no constants, and below ui
// the conversions of an Untrusted to anything a screen takes.
func crossings(fset *token.FileSet, path string, files []*ast.File, imports types.Importer) ([]string, error) {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Instances: map[*ast.Ident]types.Instance{}}
	var problems []error
	config := types.Config{Importer: imports, Error: func(err error) { problems = append(problems, err) }}
	_, _ = config.Check(path, fset, files, info) // every error went to problems

	screen := path == "deadletter/ui" || strings.HasPrefix(path, "deadletter/ui/")
	var found []string
	report := func(n ast.Node, format string, args ...any) {
		found = append(found, fset.Position(n.Pos()).String()+": "+fmt.Sprintf(format, args...))
	}
	for id, instance := range info.Instances {
		for i := range instance.TypeArgs.Len() {
			if isSafe(instance.TypeArgs.At(i), "Text") && convertsToString(info.Uses[id]) {
				report(id, "a generic function over strings is used with safe.Text, which it may convert to")
			}
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			to, from := info.Types[call.Fun], info.Types[call.Args[0]]
			switch {
			case to.IsType() && isSafe(to.Type, "Text") && from.Value == nil && !isSafe(from.Type, "Text"):
				report(call, "a variable becomes safe.Text without safe.Of")
			case screen && to.IsType() && !isSafe(to.Type, "Untrusted") && isSafe(from.Type, "Untrusted"):
				report(call, "an Untrusted is converted where screens are made: use Safe")
			case isTextf(info, call.Fun) && from.Value == nil:
				report(call, "the format of safe.Textf is no constant")
			}
			return true
		})
	}
	return found, errors.Join(problems...)
}

func isSafe(t types.Type, name string) bool {
	if t == nil {
		return false
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == safePath
}

// convertsToString reports whether a generic function is one of this program
// with a type parameter that strings can be converted to.
func convertsToString(o types.Object) bool {
	f, ok := o.(*types.Func)
	if !ok || f.Pkg() == nil || !strings.HasPrefix(f.Pkg().Path(), "deadletter") {
		return false
	}
	params := f.Signature().TypeParams()
	for i := range params.Len() {
		if types.ConvertibleTo(types.Typ[types.String], params.At(i)) {
			return true
		}
	}
	return false
}

func isTextf(info *types.Info, fun ast.Expr) bool {
	selector, ok := ast.Unparen(fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	o := info.Uses[selector.Sel]
	return o != nil && o.Pkg() != nil && o.Pkg().Path() == safePath && o.Name() == "Textf"
}

type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	Module                  *struct{ Main bool }
	Error                   *struct{ Err string }
	DepsErrors              []struct{ Err string }
}

// listPackages gives the packages of this module, and the export data of
// those and all that they import.
func listPackages(t *testing.T) (own []listed, exports map[string]string) {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("the go tool is not there: the border is checked where the program is built")
	}
	list := exec.Command(goTool, "list", "-e", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Module,Error,DepsErrors", "./...")
	list.Dir = filepath.Join("..", "..")
	list.Stderr = io.Discard
	out, err := list.Output()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	exports = map[string]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if p.Module != nil && p.Module.Main && len(p.GoFiles) > 0 {
			own = append(own, p)
		}
	}
	return own, exports
}
