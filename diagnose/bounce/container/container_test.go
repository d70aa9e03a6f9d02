package container

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose/bounce"
)

var update = flag.Bool("update", false, "write the golden captures anew")

var (
	testNow = time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)
	samples = filepath.Join("..", "..", "..", "testdata", "bounces")
)

// collect gives all pieces of an input; as a stream that cannot be read in any
// order with piped set.
func collect(name string, raw []byte, piped bool) []Piece {
	var out []Piece
	var src interface {
		Read([]byte) (int, error)
	} = bytes.NewReader(raw)
	if piped {
		src = &pipe{bytes.NewBuffer(raw)}
	}
	for p := range Open(name, src) {
		out = append(out, p)
	}
	return out
}

// pipe gives few bytes at once, as pipes do.
type pipe struct{ b *bytes.Buffer }

func (p *pipe) Read(b []byte) (int, error) { return p.b.Read(b[:min(len(b), 700)]) }

// TestGolden compares the capture records of every sample with the golden file;
// a stream in small pieces gives the same.
func TestGolden(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(samples, "container"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(samples, "container", e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join(samples, "golden", "container", e.Name()+".jsonl")
			for _, piped := range []bool{false, true} {
				got := records(t, collect("container/"+e.Name(), raw, piped))
				if *update && !piped {
					if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("piped %v: capture differs\n got %s\nwant %s", piped, got, want)
				}
			}
		})
	}
}

func records(t testing.TB, pieces []Piece) []byte {
	t.Helper()
	var out bytes.Buffer
	var tally Tally
	for _, p := range pieces {
		if p.Err != nil {
			continue
		}
		res := p.Read(bounce.Options{Now: testNow})
		tally.Add(p, &res)
		for _, r := range bounce.Records(p.Name, res) {
			line, err := r.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			out.Write(append(line, '\n'))
		}
	}
	return out.Bytes()
}

// TestProvenance holds that every field stands in the unpacked bytes where it
// is said to stand, whatever the line ends.
func TestProvenance(t *testing.T) {
	for _, name := range []string{"three.mbox", "three-crlf.mbox", "three-cr.mbox", "lengths.mbox", "two-pasted.txt"} {
		raw, err := os.ReadFile(filepath.Join(samples, "container", name))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.NewReplacer("\r\n", "\n", "\r", "\n")
		pieces := collect(name, raw, false)
		if len(pieces) < 2 {
			t.Errorf("%s: %d pieces", name, len(pieces))
		}
		for _, p := range pieces {
			for _, r := range p.Read(bounce.Options{Now: testNow}).Reports {
				for _, f := range []bounce.Field{r.Recipient, r.ReplyCode, r.MessageID, r.ReportingMTA} {
					if !f.Known() {
						continue
					}
					if !bytes.HasPrefix(raw[f.Offset:], []byte(f.Value)) {
						t.Errorf("%s: %q is not at %d", name, string(f.Value), f.Offset)
					}
					if want := 1 + strings.Count(lines.Replace(string(raw[:f.Offset])), "\n"); f.Line != want {
						t.Errorf("%s: %q stands on line %d, said %d", name, string(f.Value), want, f.Line)
					}
				}
			}
		}
	}
}
