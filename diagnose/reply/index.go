package reply

import "encoding/binary"

// gram is the length in bytes of the pieces that the index looks at, and the
// least length of a literal.
const gram = 4

// maxHits bounds how often one literal is noted in one reply, so that a text
// of repeated phrases costs no more than another.
const maxHits = 4

// maxRules is how many rules an index can tell apart.
const maxRules = 1 << 10

// gramIndex finds which literals occur in a text in one pass over it: each
// literal is filed under those four bytes of it in a row that the fewest
// literals have, so that few are compared where the four stand.
type gramIndex struct {
	filter [1 << 10]uint64 // a bit per hashed gram: most positions of a text end here
	bucket map[uint32][]entry
}

type entry struct {
	rule    uint16
	at      uint16 // where in the literal its four bytes stand
	literal string
}

// hit is a literal of a rule found in a text.
type hit struct {
	rule     uint16
	pos, end int32
}

func newGramIndex(rules []rule) gramIndex {
	x := gramIndex{bucket: map[uint32][]entry{}}
	literals := map[uint32]int{} // how many have a gram
	for _, r := range rules {
		for _, l := range r.literals {
			for at := range len(l) - gram + 1 {
				literals[gramAt(l, at)]++
			}
		}
	}
	for i, r := range rules {
		for _, l := range r.literals {
			rarest := 0
			for at := range len(l) - gram + 1 {
				if literals[gramAt(l, at)] < literals[gramAt(l, rarest)] {
					rarest = at
				}
			}
			g := gramAt(l, rarest)
			x.bucket[g] = append(x.bucket[g], entry{uint16(i), uint16(rarest), l})
			h := hashGram(g)
			x.filter[h>>6] |= 1 << (h & 63)
		}
	}
	return x
}

// gramAt gives the four bytes of a literal from a place on.
func gramAt(l string, at int) uint32 { return binary.LittleEndian.Uint32([]byte(l[at : at+gram])) }

// hashGram spreads a gram over 16 bits (Fibonacci hashing).
func hashGram(g uint32) uint32 { return g * 2654435761 >> 16 }

// find appends the hits of low, which must be lower case, to hits.
func (x *gramIndex) find(low string, hits []hit) []hit {
	var seen [maxRules]uint8
	var g uint32
	for i := 0; i < len(low); i++ {
		g = g>>8 | uint32(low[i])<<24
		if i < gram-1 {
			continue
		}
		h := hashGram(g)
		if x.filter[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		bucket := x.bucket[g]
		for k := range bucket {
			e := &bucket[k]
			at := i - gram + 1 - int(e.at)
			end := at + len(e.literal)
			if at < 0 || end > len(low) || low[at:end] != e.literal || seen[e.rule] >= maxHits {
				continue
			}
			seen[e.rule]++
			hits = append(hits, hit{e.rule, int32(at), int32(end)})
		}
	}
	return hits
}
