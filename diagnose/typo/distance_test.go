package typo

import (
	"math/rand/v2"
	"testing"
)

// The quick look at the bytes of two names never passes over two that are near.
func TestTooFarPassesOverNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	near := 0
	for range 20_000 {
		a, b := make([]byte, 3+rng.IntN(4)), make([]byte, 3+rng.IntN(4))
		for _, s := range [][]byte{a, b} {
			for i := range s {
				s[i] = "abc012p-."[rng.IntN(9)]
			}
		}
		if _, edits := distance(string(a), string(b), most); edits > 0 {
			near++
			if tooFar(signs(string(a)), signs(string(b))) {
				t.Fatalf("%s and %s are %d apart", a, b, edits)
			}
		}
	}
	if near < 100 {
		t.Errorf("only %d near", near)
	}
}
