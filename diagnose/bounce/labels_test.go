package bounce

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// disputed is a label of the set that the message itself speaks against.
type disputed struct{ path, recipient, field, label, read, words, why string }

func mislabelled(t *testing.T) []disputed {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "testdata", "labels", "mislabelled.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var out []disputed
	for n, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "path\t") {
			continue
		}
		c := strings.Split(line, "\t")
		if len(c) != 7 || c[0] == "" || c[2] == "" || c[3] == "" || c[5] == "" || c[6] == "" {
			t.Fatalf("line %d: %d cells, or an empty one", n+1, len(c))
		}
		out = append(out, disputed{c[0], c[1], c[2], c[3], c[4], c[5], c[6]})
	}
	return out
}

// TestMislabelled checks every disputed label against the set: the label is
// still there, the words that speak against it stand in the message, and the
// reading is what the list says.
func TestMislabelled(t *testing.T) {
	files := corpusFiles(t)
	table, err := os.ReadFile(filepath.Join(corpus, "expected.tsv"))
	if err != nil {
		t.Skipf("the labels are not here: %v", err)
	}
	column := map[string]int{"recipient": 6, "reason": 4, "status": 2, "reply_code": 3}
	for _, d := range mislabelled(t) {
		raw, ok := files[d.path]
		if !ok {
			t.Errorf("%s is not in the set", d.path)
			continue
		}
		labelled := false
		for _, line := range strings.Split(string(table), "\n") {
			if c := strings.Split(line, "\t"); c[0] == d.path && len(c) > 6 && c[6] == d.recipient && c[column[d.field]] == d.label {
				labelled = true
			}
		}
		if !labelled {
			t.Errorf("%s: the set does not say that the %s is %q", d.path, d.field, d.label)
		}
		if !textHolds(raw, d.words) {
			t.Errorf("%s does not say %q", d.path, d.words)
		}
		// The reading of the row's recipient, or of the only one
		var r Report
		for i, have := range Read(raw, Options{Name: d.path, Now: testNow}).Reports {
			if i == 0 || strings.EqualFold(string(have.Recipient.Value), d.recipient) {
				r = have
			}
		}
		got := map[string]string{"recipient": string(r.Recipient.Value), "reason": string(r.Reason), "status": string(r.EnhancedCode.Value), "reply_code": string(r.ReplyCode.Value)}[d.field]
		if got != d.read {
			t.Errorf("%s: the %s is %q, the list says %q: %s", d.path, d.field, got, d.read, d.why)
		}
	}
}

// holds reports whether the words stand in a message, as they are or after
// decoding, whatever the line breaks.
func textHolds(raw []byte, words string) bool {
	d := &doc{b: &budget{}, src: newSource(string(raw))}
	m := d.mail(d.walk(0))
	all := string(raw)
	for _, t := range m.human {
		for _, l := range t.lines {
			all += "\n" + l.s
		}
	}
	return strings.Contains(oneSpaced(all), oneSpaced(words))
}
