package typo

import "math/bits"

// signs gives the set of the bytes of a name. Some share a place, which can
// only make two names look nearer than they are.
func signs(name string) (set uint64) {
	for i := range len(name) {
		set |= 1 << (name[i] & 63)
	}
	return set
}

// tooFar reports whether two names differ by more than two letters, by the
// sets of their bytes: a letter other changes at most two of them.
func tooFar(a, b uint64) bool { return bits.OnesCount64(a^b) > 4 }

// distance gives the cheapest way from one name to another by letters more,
// less or other, and neighbours exchanged (the restricted distance of Damerau),
// and how many steps it has; zero steps where it costs more than bound, or has
// more than two.
func distance(a, b string, bound int) (cost, edits int) {
	if a == b {
		return 0, 0
	}
	if gap := len(a) - len(b); gap > 2 || gap < -2 {
		return 0, 0
	}
	cost, edits = walk(a, b, 0, bound, 2)
	if edits < 0 {
		return 0, 0
	}
	return cost, edits
}

// walk tries every way of at most steps steps that costs at most bound. prev is
// the letter before. It branches at most three times a step, so that two steps
// look at few places whatever the names are.
func walk(a, b string, prev byte, bound, steps int) (cost, edits int) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		prev, a, b = a[0], a[1:], b[1:]
	}
	if a == "" && b == "" {
		return 0, 0
	}
	best, taken := bound+1, -1
	try := func(a, b string, price int) {
		if price > bound || steps == 0 {
			return
		}
		if c, n := walk(a, b, prev, bound-price, steps-1); n >= 0 && c+price < best {
			best, taken = c+price, n+1
		}
	}
	if len(a) > 0 { // a letter too many: a double, or a key beside the right one
		price := dear
		if a[0] == prev || len(b) > 0 && beside(a[0], b[0]) {
			price = cheap
		}
		try(a[1:], b, price)
	}
	if len(b) > 0 { // a letter less
		price := dear
		if b[0] == prev {
			price = cheap
		}
		try(a, b[1:], price)
	}
	if len(a) > 0 && len(b) > 0 {
		price := dear
		if beside(a[0], b[0]) {
			price = cheap
		}
		try(a[1:], b[1:], price)
		if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
			try(a[2:], b[2:], cheap)
		}
	}
	if taken < 0 {
		return 0, -1
	}
	return best, taken
}
