package cli

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	xterm "golang.org/x/term"
)

// The progress line appears when reading takes longer than progressAfter.
const (
	progressAfter = 500 * time.Millisecond
	progressEvery = 200 * time.Millisecond
)

// meter counts what was read. The zero meter counts, and shows nothing.
type meter struct {
	files, bytes atomic.Int64
	total        int64 // bytes of all inputs, 0 when not known
}

// newMeter knows the total where every path is a file.
func newMeter(paths []string) *meter {
	m := &meter{}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			m.total = 0
			break
		}
		m.total += info.Size()
	}
	return m
}

func (m *meter) began() { m.files.Add(1) }

// reader counts a stream.
func (m *meter) reader(r io.Reader) io.Reader { return &meteredStream{r, m} }

// section counts a file whose bytes can be read in any order.
func (m *meter) section(f io.ReaderAt, size int64) io.Reader {
	return &meteredFile{io.NewSectionReader(f, 0, size), m}
}

type meteredStream struct {
	r io.Reader
	m *meter
}

func (s *meteredStream) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.m.bytes.Add(int64(n))
	return n, err
}

type meteredFile struct {
	*io.SectionReader
	m *meter
}

func (f *meteredFile) Read(p []byte) (int, error) {
	n, err := f.SectionReader.Read(p)
	f.m.bytes.Add(int64(n))
	return n, err
}

func (f *meteredFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.SectionReader.ReadAt(p, off)
	f.m.bytes.Add(int64(n))
	return n, err
}

// progress is a line on a terminal that says how far reading is. Whatever else
// is written goes through it, so that the line is out of the way.
type progress struct {
	w       io.Writer
	on      bool // w is a terminal, and the result goes elsewhere
	m       *meter
	now     func() time.Time
	began   time.Time
	shown   bool
	reports int
}

func newProgress(env Environment, m *meter) *progress {
	return &progress{w: env.Stderr, on: isTerminal(env.Stderr) && !isTerminal(env.Stdout) && env.Getenv("TERM") != "dumb", m: m, now: env.Now, began: env.Now()}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// show draws the line.
func (p *progress) show() {
	elapsed := p.now().Sub(p.began)
	if !p.on || elapsed < progressAfter {
		return
	}
	fmt.Fprint(p.w, "\r\x1b[K"+p.line(elapsed))
	p.shown = true
}

func (p *progress) line(elapsed time.Duration) string {
	const mb = 1e6
	read := p.m.bytes.Load()
	rate := float64(read) / elapsed.Seconds()
	line := fmt.Sprintf("%d files, %d reports, %.0f MB, %.0f MB/s", p.m.files.Load(), p.reports, float64(read)/mb, rate/mb)
	if total := p.m.total; total > read && rate > 0 {
		left := time.Duration(float64(total-read) / rate * float64(time.Second))
		line += fmt.Sprintf(", %d%%, %s left", read*100/total, left.Round(time.Second))
	}
	return line
}

// say writes a line about the input.
func (p *progress) say(line string) {
	p.clear()
	fmt.Fprintln(p.w, line)
}

// clear takes the line away.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
