package bounce

import "golang.org/x/net/html/charset"

// encodeFor writes text in a charset.
func encodeFor(label, s string) string {
	enc, _ := charset.Lookup(label)
	out, err := enc.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}
