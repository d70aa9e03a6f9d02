package bounce

import (
	"strings"
	"unicode/utf8"
)

// Most of what is looked for is ASCII, in texts that are compared without
// regard to case and thrown away. What is here does that without a copy.

// indexFold finds low, which is lower case ASCII, in s without regard to the
// case of ASCII letters; -1 where it does not stand.
func indexFold(s, low string) int {
	if low == "" {
		return 0
	}
	first, other := low[0], low[0]
	if 'a' <= first && first <= 'z' {
		other -= 'a' - 'A'
	}
	for i := 0; i+len(low) <= len(s); i++ {
		if c := s[i]; (c == first || c == other) && foldsTo(s[i:i+len(low)], low) {
			return i
		}
	}
	return -1
}

// foldsTo reports whether s is low, which is lower case ASCII and as long.
func foldsTo(s, low string) bool {
	for i := 0; i < len(low); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != low[i] {
			return false
		}
	}
	return true
}

// holds reports whether s holds low, which is lower case, in any case.
func holds(s, low string) bool {
	if ascii(low) {
		return indexFold(s, low) >= 0
	}
	return strings.Contains(strings.ToLower(s), low)
}

// lowerASCII lowers ASCII letters only, so that offsets stay.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			var b strings.Builder
			b.Grow(len(s))
			writeLower(&b, s)
			return b.String()
		}
	}
	return s
}

// writeLower writes s with its ASCII letters lowered.
func writeLower(b *strings.Builder, s string) {
	var piece [128]byte
	for len(s) > 0 {
		n := copy(piece[:], s)
		for i, c := range piece[:n] {
			if 'A' <= c && c <= 'Z' {
				piece[i] = c + 'a' - 'A'
			}
		}
		b.Write(piece[:n])
		s = s[n:]
	}
}

// ascii reports whether s holds ASCII only.
func ascii(s string) bool {
	for len(s) >= 8 {
		if (s[0]|s[1]|s[2]|s[3]|s[4]|s[5]|s[6]|s[7])&utf8.RuneSelf != 0 {
			return false
		}
		s = s[8:]
	}
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// grams says which runs of three bytes a text may have, one bit for each of
// 4096 hashes. Hundreds of phrases are looked for in a notice: of nearly all,
// three looks at this tell that they do not stand there.
type grams [64]uint64

func (g *grams) add(s string) {
	run := uint32(0)
	for i := 0; i < len(s); i++ {
		if run = run<<8&0xffffff | uint32(s[i]); i >= 2 {
			h := gramHash(run)
			g[h>>6] |= 1 << (h & 63)
		}
	}
}

// may reports whether a phrase may stand in the text.
func (g *grams) may(phrase string) bool {
	n := len(phrase)
	return n < 3 || g.has(phrase[:3]) && g.has(phrase[n-3:]) && g.has(phrase[n/2-1:])
}

func (g *grams) has(s string) bool {
	h := gramHash(uint32(s[0])<<16 | uint32(s[1])<<8 | uint32(s[2]))
	return g[h>>6]&(1<<(h&63)) != 0
}

// gramHash spreads three bytes over 12 bits (Fibonacci hashing).
func gramHash(run uint32) uint32 { return run * 2654435761 >> 20 }
