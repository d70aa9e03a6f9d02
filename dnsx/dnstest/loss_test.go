package dnstest

import (
	"slices"
	"testing"

	"deadletter/dnsx"
)

// TestLossRepeats holds that a seed loses the same queries, whatever order
// they come in, another seed others, and about as many as are to be lost.
func TestLossRepeats(t *testing.T) {
	var queries []Query
	for i := range 1000 {
		queries = append(queries, Query{Name: string(rune('a'+i%26)) + ".example", Type: dnsx.TypeMX, Transport: "udp", Server: "127.0.0.1"})
	}
	lost := func(seed uint64, list []Query) map[Query]int {
		s := &Server{opt: ServerOptions{Seed: seed, Behaviour: Behaviour{Loss: 0.2}}, nth: map[Query]int{}}
		out := map[Query]int{}
		for _, q := range list {
			if _, l := s.enter(q); l {
				out[q]++
			}
		}
		return out
	}
	first := lost(1, queries)
	backwards := slices.Clone(queries)
	slices.Reverse(backwards)
	second, other := lost(1, backwards), lost(2, queries)
	n, same := 0, true
	for q, k := range first {
		n += k
		same = same && other[q] == k
		if second[q] != k {
			t.Errorf("%s lost %d and %d times", q.Name, k, second[q])
		}
	}
	if n < 150 || n > 250 {
		t.Errorf("%d of 1000 lost, 200 wanted", n)
	}
	if same {
		t.Error("another seed loses the same")
	}
}
