//go:build linux

package cli_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The bounds that every hostile input has to keep on the built program.
const (
	bombTime = 2 * time.Second // of the processor: the machine may be busy
	bombRSS  = 100 << 10       // KiB
)

// mailHead begins a mail with a content type.
func mailHead(contentType string) string {
	return "From: MAILER-DAEMON@example.com\nTo: a@example.com\nSubject: Undelivered Mail\nDate: Mon, 23 Nov 2026 09:00:00 +0000\nMIME-Version: 1.0\nContent-Type: " + contentType + "\n\n"
}

// nested are multiparts in each other.
func nested(w io.Writer, depth int) {
	io.WriteString(w, mailHead(`multipart/mixed; boundary="b0"`))
	for i := range depth {
		n := strconv.Itoa(i)
		io.WriteString(w, "--b"+n+"\nContent-Type: multipart/mixed; boundary=\"b"+strconv.Itoa(i+1)+"\"\n\n")
	}
}

// repeated writes a text n times.
func repeated(w io.Writer, s string, n int) {
	block := strings.Repeat(s, max(1, 1<<16/len(s)))
	for per := len(block) / len(s); n > 0; n -= per {
		io.WriteString(w, block[:min(n, per)*len(s)])
	}
}

// packedText is a gzip stream of n times 64 MiB of a text, each a member of its own.
func packedText(w io.Writer, s string, n int) {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	repeated(z, s, 64<<20/len(s))
	z.Close()
	for range n {
		w.Write(b.Bytes())
	}
}

// zipOf packs the same bytes as several members.
func zipOf(w io.Writer, members int, raw []byte) {
	z := zip.NewWriter(w)
	for i := range members {
		f, _ := z.Create("part " + strconv.Itoa(i))
		f.Write(raw)
	}
	z.Close()
}

// TestBombs: whatever is given, the program ends soon and stays small.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("the inputs take a while to write")
	}
	bombs := []struct {
		name string
		make func(io.Writer)
	}{
		{"10000 multiparts in each other", func(w io.Writer) { nested(w, 10_000) }},
		{"200000 parts", func(w io.Writer) {
			io.WriteString(w, mailHead(`multipart/mixed; boundary="b"`))
			repeated(w, "--b\nContent-Type: text/plain\n\nx\n", 200_000)
		}},
		{"2000000 header fields of a part", func(w io.Writer) {
			io.WriteString(w, mailHead(`multipart/mixed; boundary="b"`)+"--b\n")
			repeated(w, "X: abcd\n", 2_000_000)
		}},
		{"a line of 30 MiB", func(w io.Writer) { repeated(w, "550 5.1.1 gone ", 2<<20) }},
		{"a header line of 30 MiB", func(w io.Writer) {
			io.WriteString(w, "From: a@example.com\nTo: b@example.com\nSubject: ")
			repeated(w, "550 5.1.1 gone ", 2<<20)
		}},
		{"a mail of 100 MiB", func(w io.Writer) {
			io.WriteString(w, mailHead("text/plain"))
			repeated(w, "550 5.1.1 <a@example.com> gone\n", 100<<20/31)
		}},
		{"100 MiB of CR", func(w io.Writer) { repeated(w, "\r", 100<<20) }},
		{"2 MiB of open quotes", func(w io.Writer) {
			io.WriteString(w, "a,b,c\n1,2,3\n")
			repeated(w, "1,\"2,3\nx\n", 2<<20/9)
		}},
		{"30 MiB of a table with stray quotes", func(w io.Writer) {
			io.WriteString(w, "a,b,c\n1,2,3\n")
			repeated(w, "1,\"2,3\nx\n", 30<<20/9)
		}},
		{"100 MiB of JSON in one line", func(w io.Writer) {
			io.WriteString(w, "[")
			repeated(w, `{"event":"bounce","email":"a@example.com"},`, 100<<20/43)
			io.WriteString(w, "{}]")
		}},
		{"100 MiB of From lines", func(w io.Writer) { repeated(w, "From a@b Mon Nov 23 09:00:00 2026\nX\n\n", 100<<20/37) }},
		{"10 GiB of zeros in a gzip", func(w io.Writer) { packedText(w, "\x00", 160) }},
		{"10 GiB of lines in a gzip", func(w io.Writer) { packedText(w, "550 5.1.1 <a@example.com> gone\n", 160) }},
		{"a zip of zips of zips of a gzip", func(w io.Writer) {
			var b bytes.Buffer
			packedText(&b, "550 5.1.1 gone\n", 1)
			for range 2 {
				inner := b.Bytes()
				b = bytes.Buffer{}
				zipOf(&b, 16, inner)
			}
			zipOf(w, 16, b.Bytes())
		}},
		{"a zip of 120000 members", func(w io.Writer) { zipOf(w, 120_000, nil) }},
	}
	for _, c := range bombs {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bomb")
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			w := bufio.NewWriterSize(f, 1<<16)
			c.make(w)
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			f.Close()
			for _, args := range [][]string{{"capture", "--json", path}, {"capture", "-"}} {
				cmd := exec.Command(program, args...)
				cmd.Env = newPlace(t).env
				in, err := os.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				read, write, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				go func() { io.Copy(write, in); write.Close(); in.Close() }()
				var said bytes.Buffer
				cmd.Stdin, cmd.Stderr = read, &said
				began := time.Now()
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				most := largest(cmd.Process.Pid)
				err = cmd.Wait()
				read.Close()
				peak := <-most
				busy := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
				t.Logf("%s: %s of the processor, %s, %d MiB", args[len(args)-1], busy, time.Since(began), peak>>10)
				if code := cmd.ProcessState.ExitCode(); code != 0 && code != 4 || strings.Contains(said.String(), "goroutine") {
					t.Errorf("exit code %d, %v: %.300s", code, err, said.String())
				}
				if busy > bombTime {
					t.Errorf("%s took %s of the processor", args, busy)
				}
				if peak > bombRSS {
					t.Errorf("%s took %d MiB", args, peak>>10)
				}
			}
		})
	}
}

// largest gives, once a process has ended, the most memory that it was seen to
// hold, in KiB. What the system counts for a child begins with the size of the
// process that started it, and a test with the race detector is large.
func largest(pid int) <-chan int64 {
	out := make(chan int64, 1)
	go func() {
		var most int64
		for {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, line, ok := strings.Cut(string(status), "VmHWM:")
			if err != nil || !ok {
				out <- most
				return
			}
			var now int64
			if _, err := fmt.Sscan(line, &now); err == nil {
				most = max(most, now)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}()
	return out
}
