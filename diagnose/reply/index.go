package reply

import "encoding/binary"

// gram is the length in bytes of the pieces that the index looks at, and the
// least length of a literal.
const gram = 4

// maxHits bounds how often one literal is noted in one reply, so that a text
// of repeated phrases costs no more than another.
const maxHits = 4

// gramIndex finds which literals occur in a text in one pass over it: each
// literal is filed under its first four bytes.
type gramIndex struct {
	filter [1 << 10]uint64 // a bit per hashed gram: most positions of a text end here
	bucket map[uint32][]entry
}

type entry struct {
	rule    uint16
	literal string
}

// hit is a literal of a rule found in a text.
type hit struct {
	rule     uint16
	pos, end int32
}

func newGramIndex(rules []rule) gramIndex {
	x := gramIndex{bucket: map[uint32][]entry{}}
	for i, r := range rules {
		for _, l := range r.literals {
			g := binary.LittleEndian.Uint32([]byte(l[:gram]))
			x.bucket[g] = append(x.bucket[g], entry{uint16(i), l})
			h := hashGram(g)
			x.filter[h>>6] |= 1 << (h & 63)
		}
	}
	return x
}

// hashGram spreads a gram over 16 bits (Fibonacci hashing).
func hashGram(g uint32) uint32 { return g * 2654435761 >> 16 }

// find appends the hits of low, which must be lower case, to hits.
func (x *gramIndex) find(low string, hits []hit) []hit {
	var seen [1 << 9]uint8
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
		at := i - gram + 1
		for _, e := range x.bucket[g] {
			end := at + len(e.literal)
			if end > len(low) || low[at:end] != e.literal || seen[e.rule&0x1ff] >= maxHits {
				continue
			}
			seen[e.rule&0x1ff]++
			hits = append(hits, hit{e.rule, int32(at), int32(end)})
		}
	}
	return hits
}
