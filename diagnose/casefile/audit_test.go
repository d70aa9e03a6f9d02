package casefile

import (
	"bytes"
	"slices"
	"testing"

	"deadletter/diagnose"
)

// TestAuditOfARemoval: a look-up, a consent and an outcome that were edited with
// a checksum made right, taken out, put in or moved are seen, and the journal is
// not written again. Only what nothing follows yet could be taken off unseen.
func TestAuditOfARemoval(t *testing.T) {
	var list []diagnose.Body
	for _, b := range bodies() {
		switch v := b.(type) {
		case diagnose.CaseOpened, diagnose.RemovalIntended, diagnose.RemovalEnded, diagnose.CacheCleared, diagnose.Undone:
			list = append(list, b)
		case diagnose.SuppressionRecorded:
			if v.Via == diagnose.ViaAPI {
				list = append(list, b)
			}
		}
	}
	data := written(t, tempStore(t), sampleID, events(1, list...))
	lines := bytes.SplitAfter(bytes.TrimSuffix(data, []byte{'\n'}), []byte{'\n'})
	lines[len(lines)-1] = append(slices.Clone(lines[len(lines)-1]), '\n')
	if l, err := loadedFrom(t, data); err != nil || l != nil {
		t.Fatalf("the journal itself: %+v, %v", l, err)
	}
	seen := func(what string, i int, changed [][]byte) {
		t.Helper()
		bad, err := loadedFrom(t, bytes.Join(changed, nil))
		if err != nil || bad == nil {
			t.Errorf("%s at %d is not seen: %v", what, i, err)
		}
	}
	for i := 1; i < len(lines)-1; i++ {
		edited := slices.Clone(lines)
		edited[i] = rewritten(t, lines[i], func(payload []byte) []byte {
			return bytes.Replace(payload, []byte(`"by":"Ann"`), []byte(`"by":"Bob"`), 1)
		})
		seen("another name", i, edited)
		seen("a record taken out", i, slices.Delete(slices.Clone(lines), i, i+1))
		seen("a record put in", i, slices.Insert(slices.Clone(lines), i+1, rewritten(t, lines[i], func(p []byte) []byte { return p })))
		moved := slices.Clone(lines)
		moved[i], moved[i+1] = moved[i+1], moved[i]
		seen("two records moved", i, moved)
	}
	last := len(lines) - 1
	flipped := slices.Clone(lines)
	flipped[last] = bytes.Replace(lines[last], []byte("Ann"), []byte("Bob"), 1)
	seen("another name without its checksum", last, flipped)
}

// rewritten gives a line with another payload, its checksum made right.
func rewritten(t *testing.T, line []byte, change func([]byte) []byte) []byte {
	t.Helper()
	var prev link
	for i := range prev {
		hi, _ := hexDigit(line[18+2*i])
		lo, _ := hexDigit(line[18+2*i+1])
		prev[i] = hi<<4 | lo
	}
	out, _, err := appendRecord(nil, prev, change(slices.Clone(line[prefixSize:len(line)-1])))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// loadedFrom opens a journal of these bytes and gives what is wrong with it.
func loadedFrom(t *testing.T, data []byte) (*Damage, error) {
	t.Helper()
	_, s := onModel(data)
	j, _, err := s.Open(sampleID)
	if err != nil {
		return nil, err
	}
	defer mustClose(t, j)
	return j.Loaded().Damage, nil
}
