package bounce

import (
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"deadletter/diagnose/reply"
)

// corpus is a public set of bounces with labels, kept beside the repository.
var corpus = filepath.Join("..", "..", "..", "shared", "corpus")

func corpusFiles(t testing.TB) map[string][]byte {
	t.Helper()
	root := filepath.Join(corpus, "set-of-emails", "maildir")
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		rel, _ := filepath.Rel(filepath.Dir(root), path)
		files[filepath.ToSlash(rel)] = raw
		return err
	})
	if err != nil {
		t.Skipf("the labelled set is not here: %v", err)
	}
	return files
}

// TestCorpus reads every message of the set and counts how many of its labels
// are met. The floors are what was reached: a reading may not get worse.
func TestCorpus(t *testing.T) {
	files := corpusFiles(t)
	table, err := os.ReadFile(filepath.Join(corpus, "expected.tsv"))
	if err != nil {
		t.Skipf("the labels are not here: %v", err)
	}
	results := map[string]Result{}
	for name, raw := range files {
		results[name] = Read(raw, Options{Name: name, Now: testNow})
	}
	invented := regexp.MustCompile(`^\d\.0\.9\d\d$`)
	type tally struct{ right, all int }
	score := map[string]*tally{"decoded": {}, "recipient": {}, "status": {}, "reply code": {}, "reason": {}, "branch": {}, "message id": {}}
	mark := func(what string, ok bool) {
		score[what].all++
		if ok {
			score[what].right++
		}
	}
	norm := func(s string) string { return strings.ToLower(strings.Trim(s, "<> ")) }
	lines := bufio.NewScanner(bytes.NewReader(table))
	lines.Buffer(nil, 1<<20)
	lines.Scan()
	for lines.Scan() {
		col := strings.Split(lines.Text(), "\t")
		res := results[col[0]]
		mark("decoded", len(res.Reports) > 0)
		var r Report
		if len(res.Reports) > 0 {
			r = res.Reports[0]
		}
		found := false
		for _, have := range res.Reports {
			if norm(string(have.Recipient.Value)) == norm(col[6]) {
				r, found = have, true
				break
			}
		}
		mark("recipient", found)
		if col[2] != "" && !invented.MatchString(col[2]) {
			mark("status", string(r.EnhancedCode.Value) == col[2])
		}
		if col[3] != "" {
			mark("reply code", string(r.ReplyCode.Value) == col[3])
		}
		if col[4] != "" {
			mark("reason", string(r.Reason) == col[4])
			mark("branch", reply.Branch(r.Reason) == reply.Branch(reply.Reason(col[4])))
		}
		if col[10] != "" {
			mark("message id", norm(string(r.MessageID.Value)) == norm(col[10]))
		}
	}
	for what, floor := range map[string]int{"decoded": 380, "recipient": 377, "status": 283, "reply code": 256, "reason": 366, "branch": 374, "message id": 325} {
		s := score[what]
		t.Logf("%-10s %d of %d", what, s.right, s.all)
		if s.right < floor {
			t.Errorf("%s: %d of %d, the floor is %d", what, s.right, s.all, floor)
		}
	}
}

func benchSet(b *testing.B, files map[string][]byte) {
	var all [][]byte
	size := 0
	for _, raw := range files {
		all = append(all, raw)
		size += len(raw)
	}
	run := func(name string, read func([]byte)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, raw := range all {
					read(raw)
				}
			}
			b.ReportMetric(float64(len(all)*b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
	run("read", func(raw []byte) { Read(raw, Options{Now: testNow}) })
	run("walk", func(raw []byte) {
		d := &doc{b: &budget{}, src: newSource(string(raw))}
		d.mail(d.walk(0))
	})
	run("standard", standard)
}

// standard takes a message apart as far as the standard library does it:
// header and the parts of a multipart, nothing of what they say.
func standard(raw []byte) {
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return
	}
	standardParts(msg.Header.Get("Content-Type"), msg.Body)
}

func standardParts(contentType string, body io.Reader) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		_, _ = io.Copy(io.Discard, body)
		return
	}
	for parts := multipart.NewReader(body, params["boundary"]); ; {
		p, err := parts.NextPart()
		if err != nil {
			return
		}
		standardParts(p.Header.Get("Content-Type"), p)
	}
}

func BenchmarkCorpus(b *testing.B) { benchSet(b, corpusFiles(b)) }

func BenchmarkSamples(b *testing.B) {
	files := map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(samples, "*", "*.eml"))
	if err != nil || len(paths) == 0 {
		b.Fatal("no samples")
	}
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			b.Fatal(err)
		}
		files[p] = raw
	}
	benchSet(b, files)
}

// TestTimeIsLinear compares reading an input with reading one ten times as long.
func TestTimeIsLinear(t *testing.T) {
	raw, _ := readSample(t, "log/postfix-bounced.log", Options{})
	cost := func(n int) time.Duration {
		in := bytes.Repeat(raw, n)
		best := time.Hour
		for range 5 {
			start := spent()
			Read(in, Options{Now: testNow})
			best = min(best, spent()-start)
		}
		return best
	}
	if small, large := cost(200), cost(2000); large > 30*small {
		t.Errorf("ten times the input takes %s instead of %s", large, small)
	}
}
