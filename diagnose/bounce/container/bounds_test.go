package container

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose/bounce"
)

func sampleBytes(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(samples, "container", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func gzipped(raw []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(raw)
	z.Close()
	return b.Bytes()
}

func zipped(members ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, _ := z.Create(members[i])
		io.WriteString(w, members[i+1])
	}
	z.Close()
	return b.Bytes()
}

// said joins what pieces say is wrong.
func said(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.Err != nil {
			fmt.Fprintf(&b, "%q: %s\n", p.Name, p.Err)
		}
		for _, f := range p.Findings {
			fmt.Fprintf(&b, "%q: %s: %s\n", p.Name, f.Kind, f.Claim)
		}
	}
	return b.String()
}

func TestRefused(t *testing.T) {
	bounced := "550 5.1.1 <a@b.example> gone\n"
	encrypted := zipped("secret.eml", bounced)
	for _, magic := range []string{"PK\x03\x04", "PK\x01\x02"} {
		encrypted[bytes.Index(encrypted, []byte(magic))+map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8}[magic]] |= 1
	}
	strange := zipped("odd.eml", bounced)
	strange[bytes.Index(strange, []byte("PK\x01\x02"))+10] = 97
	deep := []byte(bounced)
	for range maxNesting + 1 {
		deep = zipped("x", string(deep))
	}
	many := zipped("a", bounced)
	end := bytes.LastIndex(many, []byte("PK\x05\x06"))
	copy(many[end+12:], []byte{0, 0, 0, 9})
	three := sampleBytes(t, "three.mbox.gz")
	for name, c := range map[string]struct {
		raw    []byte
		want   string
		pieces int // that can be read
	}{
		"encrypted":       {encrypted, "encrypted", 0},
		"strange method":  {strange, "packed in a way", 0},
		"too deep":        {deep, "more than three deep", 0},
		"directory lies":  {many, "more than 100000 members", 0},
		"zstd":            {[]byte("\x28\xb5\x2f\xfd...."), "zstd -d", 0},
		"xz":              {[]byte("\xfd7zXZ\x00.."), "xz -d", 0},
		"only a header":   {three[:10], "ends early", 0},
		"cut":             {three[:len(three)-60], "ends early", 3},
		"bytes behind":    {append(bytes.Clone(three), "more than a header has"...), "behind the packed data", 3},
		"wrong checksum":  {append(bytes.Clone(three[:len(three)-8]), 1, 2, 3, 4, 5, 6, 7, 8), "checksum", 3},
		"no zip":          {[]byte("PK\x03\x04 and nothing"), "damaged", 0},
		"cut zip":         {zipped("a", bounced)[:60], "damaged", 0},
		"same name twice": {zipped("a", bounced, "a", bounced), "", 2},
		"empty zip":       {zipped(), "nothing in this zip", 0},
	} {
		readable := 0
		pieces := collect("in", c.raw, false)
		names := map[string]bool{}
		for _, p := range pieces {
			if p.Err == nil {
				readable++
				names[p.Name] = true
			}
		}
		if got := said(pieces); !strings.Contains(got, c.want) || c.want == "" && got != "" || readable != c.pieces {
			t.Errorf("%s: %d pieces, says %q", name, readable, got)
		}
		if name == "same name twice" && len(names) != 2 {
			t.Errorf("%s: %v", name, names)
		}
	}
}

// TestZipInStream: from a pipe a zip is held in memory, up to a bound.
func TestZipInStream(t *testing.T) {
	small := zipped("a.txt", "550 5.1.1 <a@b.example> gone\n")
	if got := collect("-", small, true); len(got) != 1 || got[0].Err != nil || got[0].Name != "-/a.txt" {
		t.Errorf("%d pieces: %s", len(got), said(got))
	}
	src := io.MultiReader(bytes.NewReader(small[:30]), io.LimitReader(zeros{}, maxHeld+1))
	for p := range Open("-", src) {
		if p.Err == nil || !strings.Contains(p.Err.Error(), "save it") {
			t.Errorf("%v", p.Err)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestBombs: what unpacks to far more than mail does is given up early.
func TestBombs(t *testing.T) {
	lines := gzipped(bytes.Repeat([]byte("nothing\n"), 16<<20))
	zip2 := zipped("1.gz", string(lines), "2.gz", string(lines), "3.gz", string(lines))
	for name, raw := range map[string][]byte{"gzip": lines, "zip": zip2} {
		began := time.Now()
		unpacked := 0
		var pieces []Piece
		for p := range Open(name, bytes.NewReader(raw)) {
			unpacked += len(p.Raw)
			p.Raw = nil
			pieces = append(pieces, p)
		}
		if unpacked > freeRatio+maxMessage || !strings.Contains(said(pieces), "100 times") {
			t.Errorf("%s: %d MiB given, in %s: %.300s", name, unpacked>>20, time.Since(began), said(pieces))
		}
	}
}

// TestLongMessage: of a message that is too long as much is given as is read,
// and the one behind it.
func TestLongMessage(t *testing.T) {
	head := "From a@b.example Mon Nov 23 09:00:00 2026\nFrom: a@b.example\nSubject: one\n\n"
	raw := []byte(head + strings.Repeat("a line\n", 30<<20/7) + "\n" + head)
	pieces := collect("x.mbox", raw, false)
	if len(pieces) != 2 || len(pieces[0].Raw) != maxMessage+1 || string(pieces[1].Raw) != head {
		t.Fatalf("%d pieces", len(pieces))
	}
	if o := pieces[1].Origin[0]; o.Offset != len(raw)-len(head) || o.Line != 1+bytes.Count(raw[:o.Offset], []byte{'\n'}) {
		t.Errorf("the second stands at %+v", o)
	}
	if res := pieces[0].Read(bounce.Options{}); len(res.Findings) == 0 || res.Findings[0].Kind != bounce.LimitReached {
		t.Errorf("findings %+v", res.Findings)
	}
}

// TestBatches: rows are never parted, every batch of a table has its header,
// and every byte is given once.
func TestBatches(t *testing.T) {
	var ndjson, table, tracking, text bytes.Buffer
	table.WriteString("email,reason,\"status\ncode\"\n")
	tracking.WriteString("#Software: x\n#Fields: date-time,event-id,recipient\n")
	for i := range 40_000 {
		fmt.Fprintf(&ndjson, `{"event":"bounce","email":"r%d@b.example"}`+"\n", i)
		fmt.Fprintf(&table, "r%d@b.example,\"550 5.1.1 no\nsuch \"\"user\"\"\",5.1.1\n", i)
		fmt.Fprintf(&tracking, "2026-11-23T09:00:00Z,FAIL,r%d@b.example\n", i)
		fmt.Fprintf(&text, "line %d of a text\n", i)
	}
	for _, c := range []struct {
		name   string
		raw    []byte
		header string
		begins string
	}{
		{"events.json", ndjson.Bytes(), "", `{"event"`},
		{"list.csv", table.Bytes(), "email,reason,\"status\ncode\"\n", "r"},
		{"tracking.log", tracking.Bytes(), "#Software: x\n#Fields: date-time,event-id,recipient\n", "2026-"},
		{"text", text.Bytes(), "", "line "},
	} {
		all := []byte(c.header)
		pieces := collect(c.name, c.raw, true)
		if len(pieces) < 5 {
			t.Errorf("%s: %d pieces", c.name, len(pieces))
		}
		for _, p := range pieces {
			rows, ok := bytes.CutPrefix(p.Raw, []byte(c.header))
			if !ok || !bytes.HasPrefix(rows, []byte(c.begins)) || !bytes.HasSuffix(rows, []byte("\n")) {
				t.Fatalf("%s: a batch begins %q and ends %q", c.name, p.Raw[:80], p.Raw[len(p.Raw)-20:])
			}
			if n := len(p.Origin); n > 0 {
				last := p.Origin[n-1]
				if !bytes.HasPrefix(c.raw[last.Offset:], rows) || last.Line != 1+bytes.Count(c.raw[:last.Offset], []byte{'\n'}) {
					t.Fatalf("%s: rows do not stand at %+v", c.name, last)
				}
			}
			all = append(all, rows...)
		}
		if !bytes.Equal(all, c.raw) {
			t.Errorf("%s: %d bytes given of %d", c.name, len(all), len(c.raw))
		}
	}
}

// TestWideText: text in UTF-16 is given as it is, however long.
func TestWideText(t *testing.T) {
	raw := []byte{0xff, 0xfe}
	for range 40_000 {
		raw = append(raw, "5\x005\x000\x00 \x00n\x00o\x00\n\x00"...)
	}
	if got := collect("x", raw, true); len(got) != 1 || len(got[0].Raw) != len(raw) {
		t.Errorf("%d pieces", len(got))
	}
}

// TestBrokenSource: an error of the input itself is said once, behind what was
// read before it.
func TestBrokenSource(t *testing.T) {
	mbox := sampleBytes(t, "three.mbox")
	for _, raw := range [][]byte{mbox[:len(mbox)-900], gzipped(mbox)[:900], nil} {
		src := io.MultiReader(bytes.NewReader(raw), broken{})
		var errs int
		for p := range Open("x", src) {
			if p.Err != nil {
				errs++
				if !strings.Contains(p.Err.Error(), "disk on fire") {
					t.Errorf("says %q", p.Err)
				}
			}
		}
		if errs != 1 {
			t.Errorf("%d bytes: %d errors", len(raw), errs)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

// TestEnoughIsEnough: who takes no more is given no more.
func TestEnoughIsEnough(t *testing.T) {
	for _, name := range []string{"three.mbox", "nested.zip", "maildir.tar.bz2", "week.zip"} {
		for want := 1; want <= 2; want++ {
			n := 0
			for range Open(name, bytes.NewReader(sampleBytes(t, name))) {
				if n++; n == want {
					break
				}
			}
		}
	}
	for range Open("log", bytes.NewReader(longLog(5000))) {
		break
	}
}

// TestMutants cuts and flips archives.
func TestMutants(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 7))
	var tarred bytes.Buffer
	w := tar.NewWriter(&tarred)
	w.WriteHeader(&tar.Header{Name: "a", Mode: 0o600, Size: 5})
	io.WriteString(w, "550 n")
	w.Close()
	all := [][]byte{tarred.Bytes()}
	for _, name := range []string{"three.mbox.gz", "week.zip", "nested.zip", "maildir.tar.bz2", "lengths.mbox"} {
		all = append(all, sampleBytes(t, name))
	}
	for _, raw := range all {
		for range 150 {
			b := bytes.Clone(raw)
			for range 1 + rnd.IntN(4) {
				b[rnd.IntN(len(b))] ^= byte(1 << rnd.IntN(8))
			}
			if rnd.IntN(2) == 0 {
				b = b[:rnd.IntN(len(b))]
			}
			openAll(t, b)
		}
	}
}

// openAll holds what holds of any input.
func openAll(t *testing.T, raw []byte) {
	t.Helper()
	n := 0
	for p := range Open("x", bytes.NewReader(raw)) {
		n++
		if p.Err != nil {
			if len(p.Raw) > 0 {
				t.Fatal("a piece has bytes and an error")
			}
			continue
		}
		for i, s := range p.Origin {
			if s.At < 0 || s.At > len(p.Raw) || s.Offset < 0 || s.Line < 1 || i == 0 && s.At != 0 || i > 0 && s.At <= p.Origin[i-1].At {
				t.Fatalf("segment %d of %v", i, p.Origin)
			}
		}
		if len(p.Raw) < 1<<16 {
			p.Read(bounce.Options{Now: testNow})
		}
	}
	if n == 0 && len(raw) == 0 {
		t.Fatal("an empty input gave nothing")
	}
}

func FuzzOpen(f *testing.F) {
	entries, _ := os.ReadDir(filepath.Join(samples, "container"))
	for _, e := range entries {
		f.Add(sampleBytes(f, e.Name()))
	}
	f.Add([]byte("From \n"))
	f.Add([]byte("\n\rFrom a Mon Nov 23 09:00:00 2026\n"))
	f.Fuzz(openAll)
}

func BenchmarkMbox(b *testing.B) {
	one := sampleBytes(b, "three.mbox")
	raw := bytes.Repeat(one, 32<<20/len(one))
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		for range Open("x", bytes.NewReader(raw)) {
		}
	}
}

func BenchmarkLog(b *testing.B) {
	raw := longLog(20_000)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		for range Open("x", bytes.NewReader(raw)) {
		}
	}
}
