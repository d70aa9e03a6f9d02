package ui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

var update = flag.Bool("update", false, "write the golden frames anew")

var sizes = [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 15}, {40, 10}, {20, 5}}

// namedScreen is a screen with the way to it.
type namedScreen struct {
	name string
	open func(t testing.TB, colour bool) *bench
}

// screens lists every main screen.
var screens = slices.Concat([]namedScreen{
	{"paste-empty", func(t testing.TB, colour bool) *bench { return newBench(t, nil, colour) }},
	{"paste", func(t testing.TB, colour bool) *bench {
		b := newBench(t, nil, colour)
		return b.paste("550 5.1.1 <robin.hale@contoso.example>: Recipient address rejected: User unknown in virtual mailbox table")
	}},
	{"home", func(t testing.TB, colour bool) *bench {
		b := newBench(t, nil, colour)
		b.send(casesMsg{lines: sampleLines()})
		b.m.screen = inHome
		return b
	}},
	{"1-capture", onStep("1")},
	{"2-rejector", onStep("2")},
	{"3-recipient", onStep("3")},
	{"4-mx", onStep("4")},
	{"5-suppression", onStep("5")},
	{"6-retry", onStep("6")},
	{"letter", onStep("2", "e")},
	{"raw", onStep("2", "r")},
	{"answer", onStep("3", "y")},
	{"lists", onStep("5", "s")},
	{"help", onStep("3", "?")},
	{"palette", onStep("3", ":")},
	{"flow", onStep("3", "f")},
	{"message", onStep("2", "c")},
	{"compare", func(t testing.TB, colour bool) *bench {
		f := sampleFlow()
		f.Compared = sampleCompared()
		return newBench(t, &f, colour).size(120, 40).keys("=")
	}},
}, platformScreens(), retryScreens())

// onStep opens the sample case and presses keys.
func onStep(keys ...string) func(t testing.TB, colour bool) *bench {
	return func(t testing.TB, colour bool) *bench {
		f := sampleFlow()
		return newBench(t, &f, colour).size(120, 40).keys(keys...)
	}
}

// frameOf gives the screen's rows and checks that they fill w x h exactly.
func frameOf(t testing.TB, m *Model, w, h int) []string {
	t.Helper()
	view := m.View()
	rows := strings.Split(view, "\n")
	if len(rows) != h {
		t.Fatalf("%d rows, want %d", len(rows), h)
	}
	for y, r := range rows {
		if n := ansi.StringWidth(r); n != w {
			t.Fatalf("row %d is %d cells wide, want %d: %q", y, n, w, r)
		}
	}
	return rows
}

func TestFrames(t *testing.T) {
	for _, s := range screens {
		for _, colour := range []bool{false, true} {
			b := s.open(t, colour)
			for _, size := range sizes {
				w, h := size[0], size[1]
				name := fmt.Sprintf("%s-%dx%d", s.name, w, h)
				if colour {
					name += "-colour"
				}
				t.Run(name, func(t *testing.T) {
					b.m.frame = layout(w, h)
					rows := frameOf(t, b.m, w, h)
					if !colour {
						for i := range rows {
							rows[i] = strings.TrimRight(rows[i], " ")
						}
					}
					compare(t, filepath.Join("testdata", "golden", name+".txt"), strings.Join(rows, "\n")+"\n")
				})
			}
		}
	}
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("frame differs from %s; run with -update after looking\ngot:\n%s\nwant:\n%s", path, ansi.Strip(got), ansi.Strip(string(want)))
	}
}
