package parse

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"deadletter/diagnose/bounce"

	"github.com/jhillyerd/enmime/v2"
)

// readers are what takes a message apart. Read does so and tells who refused
// what; the others stop at header fields and parts.
var readers = []struct {
	name string
	read func([]byte)
}{
	{"read", func(raw []byte) { bounce.Read(raw, bounce.Options{Now: now}) }},
	{"record", func(raw []byte) {
		for _, r := range bounce.Records("x", bounce.Read(raw, bounce.Options{Now: now})) {
			_, _ = r.MarshalJSON()
		}
	}},
	{"standard", standard},
	{"enmime", func(raw []byte) { _, _ = enmime.ReadParts(bytes.NewReader(raw)) }},
}

// BenchmarkLabelled reads the labelled set, BenchmarkSamples the samples of the
// repository: messages a second, on one thread and on all.
func BenchmarkLabelled(b *testing.B) { compare(b, messages(b, labelled, "")) }

// BenchmarkFolder reads the messages of the folder that DEADLETTER_MESSAGES names.
func BenchmarkFolder(b *testing.B) {
	folder := os.Getenv("DEADLETTER_MESSAGES")
	if folder == "" {
		b.Skip("DEADLETTER_MESSAGES names no folder")
	}
	compare(b, messages(b, folder, ""))
}

func BenchmarkSamples(b *testing.B) { compare(b, messages(b, samples, ".eml")) }

// BenchmarkLarge reads notifications that return a mail of 1 MiB, and
// BenchmarkLong a notice of 128 KiB that is text from its first line on.
func BenchmarkLarge(b *testing.B) {
	compare(b, []message{
		{"attachment", large("Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n", strings.Repeat("QUJD", 19))},
		{"text", large("Content-Type: text/plain\r\n", strings.Repeat("a line of words ", 5))},
	})
}

func BenchmarkLong(b *testing.B) {
	const head = "From: MAILER-DAEMON@mx.example.com\nTo: sender@example.org\nSubject: failure notice\n\n<one@example.net>:\n550 5.1.1 User unknown\n\n"
	compare(b, []message{{"notice", []byte(head + strings.Repeat("The quick brown fox jumps over the lazy dog and runs away from it at once.\n", 128<<10/75))}})
}

func compare(b *testing.B, all []message) {
	size := 0
	for _, m := range all {
		size += len(m.raw)
	}
	for _, r := range readers {
		b.Run(r.name+"/one", func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			began := processor()
			for b.Loop() {
				for _, m := range all {
					r.read(m.raw)
				}
			}
			rates(b, len(all), processor()-began)
		})
		b.Run(r.name+"/all", func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			began := processor()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					for _, m := range all {
						r.read(m.raw)
					}
				}
			})
			rates(b, len(all), processor()-began)
		})
	}
}

// rates reports messages a second, and a second of processor time: the latter
// stays on a machine that does other things too.
func rates(b *testing.B, n int, used time.Duration) {
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(n*b.N)/used.Seconds(), "messages/cpu-s")
	b.ReportMetric(0, "ns/op")
}

// processor gives the processor time that the process has used.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// standard takes a message apart with the standard library.
func standard(raw []byte) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return
	}
	parts(msg.Header.Get("Content-Type"), msg.Body)
}

func parts(contentType string, body io.Reader) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		_, _ = io.Copy(io.Discard, body)
		return
	}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err != nil {
			return
		}
		parts(p.Header.Get("Content-Type"), p)
	}
}

// large is a notification that returns a mail with a part of 1 MiB.
func large(head, line string) []byte {
	c := compose{lineEnd: "\r\n", returned: head + "\r\n" + strings.Repeat(line+"\r\n", 1<<20/(len(line)+2))}
	return c.message()
}

// TestConcurrentReads holds that reads share nothing.
func TestConcurrentReads(t *testing.T) {
	all := messages(t, samples, ".eml")
	var wait sync.WaitGroup
	var reports atomic.Int64
	const readers = 4
	for range readers {
		wait.Go(func() {
			for _, m := range all {
				reports.Add(int64(len(bounce.Read(m.raw, bounce.Options{Now: now}).Reports)))
			}
		})
	}
	wait.Wait()
	one := 0
	for _, m := range all {
		one += len(bounce.Read(m.raw, bounce.Options{Now: now}).Reports)
	}
	if int(reports.Load()) != readers*one || one == 0 {
		t.Errorf("%d reports of %d reads at once, %d of one", reports.Load(), readers, one)
	}
}
