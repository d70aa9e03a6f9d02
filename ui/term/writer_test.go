package term_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"deadletter/ui/term"
)

// slowFile takes a write in pieces, as a terminal may, and would show two
// writes that run into each other.
type slowFile struct {
	mu  sync.Mutex
	got bytes.Buffer
	err error
}

func (f *slowFile) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	for i := range p {
		f.mu.Lock()
		f.got.WriteByte(p[i])
		f.mu.Unlock()
		runtime.Gosched()
	}
	return len(p), nil
}
func (f *slowFile) Read([]byte) (int, error) { return 0, io.EOF }
func (f *slowFile) Close() error             { return errors.New("closed") }
func (f *slowFile) Fd() uintptr              { return 42 }

func TestWritesStayWhole(t *testing.T) {
	file := &slowFile{}
	w := term.NewWriter(file)
	var all sync.WaitGroup
	const writers, each = 8, 50
	for i := range writers {
		all.Go(func() {
			for range each {
				if n, err := io.WriteString(w, fmt.Sprintf("<%s>", strings.Repeat(string(rune('a'+i)), 60))); n != 62 || err != nil {
					t.Error(n, err)
				}
			}
		})
	}
	all.Wait()
	frames := strings.Split(strings.TrimSuffix(file.got.String(), ">"), ">")
	if len(frames) != writers*each {
		t.Fatalf("%d frames of %d", len(frames), writers*each)
	}
	for _, f := range frames {
		if f != "<"+strings.Repeat(f[1:2], 60) {
			t.Fatalf("a frame was cut: %q", f)
		}
	}
	if w.Fd() != 42 {
		t.Errorf("Fd %d", w.Fd())
	}
	if err := w.Close(); err != nil {
		t.Errorf("the terminal was closed: %v", err)
	}
	if _, err := w.Read(nil); !errors.Is(err, io.EOF) {
		t.Errorf("Read: %v", err)
	}
}

func TestReset(t *testing.T) {
	tests := []struct {
		name  string
		wrote []string
		want  string
	}{
		{"nothing was set", []string{"hello", "\x1b[31mred\x1b[0m"}, ""},
		{"set and left alone", []string{"\x1b[?1049h\x1b[?25l", "\x1b[?2004h", "\x1b[?1002h\x1b[?1006h"},
			"\x1b[0m\x1b[?25h\x1b[?1002l\x1b[?1006l\x1b[?1049l\x1b[?2004l"},
		{"left in order", []string{"\x1b[?1049h\x1b[?25l", "\x1b[?1049l\x1b[?25h"}, ""},
		{"several at once", []string{"\x1b[?1002;1006h"}, "\x1b[0m\x1b[?1002l\x1b[?1006l"},
		{"only the cursor", []string{"\x1b[?25h\x1b[?25l"}, "\x1b[0m\x1b[?25h"},
		{"no modes", []string{"\x1b[?", "\x1b[?h", "\x1b[?6n", "\x1b[?99999999999999999999h", "\x1b[?x\x1b[?25"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := &slowFile{}
			w := term.NewWriter(file)
			for _, s := range tt.wrote {
				if _, err := io.WriteString(w, s); err != nil {
					t.Fatal(err)
				}
			}
			file.got.Reset()
			for range 2 { // the second time there is nothing left to do
				if err := w.Reset(); err != nil {
					t.Fatal(err)
				}
			}
			if got := file.got.String(); got != tt.want {
				t.Errorf("Reset wrote %q, want %q", got, tt.want)
			}
		})
	}
	gone := errors.New("gone")
	file := &slowFile{}
	w := term.NewWriter(file)
	_, _ = io.WriteString(w, "\x1b[?25l")
	file.err = gone
	if err := w.Reset(); !errors.Is(err, gone) {
		t.Errorf("Reset on a terminal that is gone: %v", err)
	}
}
