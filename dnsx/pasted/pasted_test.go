package pasted_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"deadletter/dnsx"
	"deadletter/dnsx/pasted"
	"deadletter/dnsx/survey"
)

var update = flag.Bool("update", false, "write what is read into testdata")

// noon is when everything is pasted; the samples are of the same day.
var noon = time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC)

const divide = "==== read ====\n"

// TestRead reads what the tools print. The samples are what they really
// printed, with addresses and names for documentation; those of Windows have
// its documented form.
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, want, _ := strings.Cut(string(data), divide)
			got := words(pasted.Read([]byte(text), noon))
			crlf := words(pasted.Read([]byte(strings.ReplaceAll(text, "\n", "\r\n")), noon))
			if crlf != got {
				t.Errorf("with CRLF another reading:\n%s", cmp.Diff(got, crlf))
			}
			if *update {
				if err := os.WriteFile(file, []byte(text+divide+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-file +read)\n%s", diff)
			}
		})
	}
}

func words(r pasted.Reading) string {
	var b strings.Builder
	fmt.Fprintf(&b, "recognised %t, %d lines read, %d not", r.Recognised(), r.Read, r.Unread)
	if r.Host != "" {
		fmt.Fprintf(&b, ", on %s", r.Host)
	}
	b.WriteByte('\n')
	for _, s := range r.Seen {
		a := s.Answer
		fmt.Fprintf(&b, "%s: %s, from %q, by %q, %s (%s)", a.Question, a.Outcome, a.From, s.Tool, a.At.Format("15:04:05 MST"), s.Dated)
		for _, say := range []struct {
			word string
			is   bool
		}{{"whole", s.Whole}, {"ttl", s.HasTTL}, {"chosen", s.Chosen}, {"hosts", s.Hosts}, {"aa", a.Authoritative}} {
			if say.is {
				b.WriteString(", " + say.word)
			}
		}
		b.WriteByte('\n')
		for _, rec := range a.Chain {
			fmt.Fprintf(&b, "  by %s CNAME %s ttl %d\n", rec.Name, rec.Host, rec.TTL)
		}
		for _, rec := range a.Records {
			fmt.Fprintf(&b, "  %s %s %s ttl %d\n", rec.Name, rec.Type, survey.Data(rec), rec.TTL)
		}
		for _, e := range a.Extended {
			fmt.Fprintf(&b, "  ede %d %s\n", e.Code, e.Text)
		}
		if a.NegativeTTL > 0 {
			fmt.Fprintf(&b, "  absence kept %d s\n", a.NegativeTTL)
		}
		if a.Err != "" {
			fmt.Fprintf(&b, "  because %s\n", a.Err)
		}
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "line %d: %s: %s\n", f.Line, f.Key, f.What)
	}
	return b.String()
}

// TestBounds reads texts beyond every bound.
func TestBounds(t *testing.T) {
	record := "contoso.example. 60 IN MX 10 mx.contoso.example.\n"
	message := ";; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 1\n;; flags: qr; QUERY: 1, ANSWER: 0\n;; QUESTION SECTION:\n;contoso.example. IN MX\n"
	for name, text := range map[string]string{
		"too_long": strings.Repeat(message, 4000), "too_many": strings.Repeat(record, 1000),
		"too_long by a line": ";; QUESTION SECTION:\n" + strings.Repeat("x", 1<<20) + "\n",
	} {
		r := pasted.Read([]byte(text), noon)
		key, _, _ := strings.Cut(name, " ")
		found := false
		for _, f := range r.Findings {
			found = found || f.Key == key
		}
		if !found || len(r.Seen) > 64 || len(r.Findings) > 33 {
			t.Errorf("%s: %d answers, findings %v", name, len(r.Seen), r.Findings)
		}
	}
}

// TestNoAbsenceWithoutProof cuts every sample after every line: none of the
// pieces may say that something is absent where the whole does not.
func TestNoAbsenceWithoutProof(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text, _, _ := bytes.Cut(data, []byte(divide))
		proved := map[string]bool{}
		for _, s := range pasted.Read(text, noon).Seen {
			if s.Answer.Outcome.Absent() {
				proved[s.Answer.Question.String()] = true
			}
		}
		for i := range text {
			if text[i] != '\n' {
				continue
			}
			for _, s := range pasted.Read(text[:i], noon).Seen {
				if s.Answer.Outcome.Absent() && !proved[s.Answer.Question.String()] {
					t.Errorf("%s cut at byte %d: %s %s", file, i, s.Answer.Question, s.Answer.Outcome)
				}
			}
		}
	}
}

// FuzzRead: no text panics, goes beyond a bound, or gives an answer that
// contradicts itself.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			text, _, _ := bytes.Cut(data, []byte(divide))
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := pasted.Read(text, noon)
		if len(r.Seen) > 64 || len(r.Findings) > 33 {
			t.Fatalf("%d answers, %d findings", len(r.Seen), len(r.Findings))
		}
		for _, s := range r.Seen {
			a := s.Answer
			if a.Outcome == dnsx.NoError && len(a.Records) == 0 || a.Outcome.Absent() && len(a.Records) > 0 || a.Question.Name == "" || a.Outcome == "" || a.At.IsZero() || len(a.Records) > 256 {
				t.Fatalf("%+v", s)
			}
		}
	})
}

// BenchmarkRead reads a text of the largest size. The time a byte is that of a
// text a tenth as long.
func BenchmarkRead(b *testing.B) {
	data, err := os.ReadFile("testdata/dig.txt")
	if err != nil {
		b.Fatal(err)
	}
	one, _, _ := bytes.Cut(data, []byte(divide))
	for _, size := range []int{pasted.MaxText / 10, pasted.MaxText} {
		text := bytes.Repeat(one, size/len(one))
		b.Run(fmt.Sprint(len(text)/1000, "kB"), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				pasted.Read(text, noon)
			}
		})
	}
}
