package bounce

import (
	"encoding/json"
	"io"
	"strings"
)

// The bounds of one JSON text.
const (
	maxJSONDepth    = 64      // values within values
	maxJSONMembers  = 4000    // members or elements kept of one value that is read whole
	maxJSONKey      = 256     // bytes of a key; a longer one is cut
	maxJSONBroken   = 1000    // broken values that are skipped
	maxJSONPrefix   = 4 << 10 // bytes of a line looked at for a value behind other text
	maxJSONKept     = 200000  // values kept at once
	maxJSONUnpacked = 12      // wrappings around an event; a text within a text counts twice
)

// node is one JSON value with where it stands in its text. A string's at is its
// first byte behind the quote.
type node struct {
	kind byte // '{' '[' '"' '0' (number) 't' 'f' 'n', or 0 for none
	key  string
	s    string // a string's value, a number as written
	at   int
	end  int
	kids []node
}

// get gives a member of an object; of a key that stands twice the first.
func (n *node) get(key string) *node {
	if n != nil && n.kind == '{' {
		for i := range n.kids {
			if n.kids[i].key == key {
				return &n.kids[i]
			}
		}
	}
	return nil
}

// path follows keys downwards, split at dots.
func (n *node) path(keys string) *node {
	for key := range strings.SplitSeq(keys, ".") {
		n = n.get(key)
	}
	return n
}

// str gives a string or a number as text; "" for all else.
func (n *node) str() string {
	if n == nil || n.kind != '"' && n.kind != '0' {
		return ""
	}
	return n.s
}

// word gives the first of the named members that holds text.
func (n *node) word(paths ...string) string {
	for _, p := range paths {
		if s := n.path(p).str(); s != "" {
			return s
		}
	}
	return ""
}

// has reports whether all the members are there.
func (n *node) has(keys ...string) bool {
	for _, k := range keys {
		if n.get(k) == nil {
			return false
		}
	}
	return true
}

func (n *node) isTrue(key string) bool {
	v := n.get(key)
	return v != nil && (v.kind == 't' || v.str() == "true" || v.str() == "1")
}

func (n *node) isFalse(key string) bool {
	v := n.get(key)
	return v != nil && (v.kind == 'f' || v.str() == "false" || v.str() == "0")
}

// each walks the elements of an array, or the value itself where it is none.
func (n *node) each(visit func(*node)) {
	switch {
	case n == nil || n.kind == 0 || n.kind == 'n':
	case n.kind == '[':
		for i := range n.kids {
			visit(&n.kids[i])
		}
	default:
		visit(n)
	}
}

// jsonReader reads the JSON values of a text one after the other: one value,
// an array element by element, one value a line, values behind a log prefix.
// What is broken is skipped up to the next line that begins a value.
type jsonReader struct {
	d       *doc
	t       *encoded
	s       string // the text, its control characters made blanks: those within strings, as wrapped text has them, would end the value
	broken  int
	retried int // bytes that were looked at again behind something broken
	kept    int
}

// read hands every value to visit. An array at the top is not a value itself:
// its elements are, so that a long one takes the memory of one element.
func (r *jsonReader) read(visit func(*node)) {
	for at := r.next(0); at >= 0; at = r.next(at) {
		end, resume, ok := r.values(at, visit)
		if ok {
			at = end
			continue
		}
		line := r.d.src.line(r.t.at(resume))
		if r.broken++; r.broken > maxJSONBroken {
			r.d.b.limit("what follows 1000 broken JSON values was not read", line)
			return
		}
		if end >= len(r.s) && r.broken == 1 {
			r.d.b.damaged("the JSON ends in the middle of a value; what is complete was read", line)
		} else {
			r.d.b.damaged("what is no valid JSON was skipped, the rest was read", line)
		}
		if r.retried += end - resume; r.retried > 2*len(r.s)+4096 {
			resume = end // looked at often enough: each byte costs a bounded number of times
		}
		at = r.lineAfter(resume)
	}
}

// lineAfter gives the begin of the next line. The blanks of s hide line ends,
// so the text itself is asked.
func (r *jsonReader) lineAfter(at int) int {
	i := strings.IndexAny(r.t.s[min(at, len(r.s)):], "\r\n")
	if i < 0 {
		return len(r.s)
	}
	return at + i + 1
}

// next finds where a value begins, at or after from: a brace or bracket behind
// which a member, an element or the end stands; -1 for none.
func (r *jsonReader) next(from int) int {
	for from < len(r.s) {
		i := strings.IndexAny(r.s[from:], "{[")
		if i < 0 {
			return -1
		}
		from += i
		rest := strings.TrimLeft(r.s[from+1:min(len(r.s), from+1+maxJSONPrefix)], " ")
		if rest != "" && (rest[0] == '"' && r.s[from] == '{' || rest[0] == '{' && r.s[from] == '[' || rest[0] == '[' && r.s[from] == '[') {
			return from
		}
		from++
	}
	return -1
}

// values reads the value at a position. It gives where it ends, and, when that
// is broken, where to look for the next one.
func (r *jsonReader) values(at int, visit func(*node)) (end, resume int, ok bool) {
	dec := json.NewDecoder(strings.NewReader(r.s[at:]))
	dec.UseNumber()
	p := &jsonParser{r: r, dec: dec, base: at}
	first := p.skip()
	tok, err := dec.Token()
	if err != nil {
		return at + int(dec.InputOffset()), at, false
	}
	if tok != json.Delim('[') {
		r.kept = 0
		n, err := p.value(tok, first, 0)
		if err != nil {
			if err == io.ErrUnexpectedEOF || err == io.EOF {
				visit(&n) // cut off: what is there still tells
			}
			return at + int(dec.InputOffset()), at, false
		}
		visit(&n)
		return at + int(dec.InputOffset()), at, true
	}
	for {
		resume = p.skip()
		if !dec.More() {
			break
		}
		r.kept = 0
		start := p.skip()
		tok, err := dec.Token()
		var n node
		if err == nil {
			n, err = p.value(tok, start, 1)
		}
		if err == nil || err == io.ErrUnexpectedEOF || err == io.EOF {
			visit(&n)
		}
		if err != nil {
			return max(at+int(dec.InputOffset()), start+1), resume, false
		}
	}
	_, err = dec.Token()
	return at + int(dec.InputOffset()), resume, err == nil
}

// jsonParser builds the tree of one value.
type jsonParser struct {
	r    *jsonReader
	dec  *json.Decoder
	base int
}

// skip gives where the next token begins: behind blanks, commas and colons.
func (p *jsonParser) skip() int {
	at := p.base + int(p.dec.InputOffset())
	for at < len(p.r.s) && strings.IndexByte(" ,:", p.r.s[at]) >= 0 {
		at++
	}
	return at
}

// errDeep ends the reading of a value that nests too deeply.
type errDeep struct{}

func (errDeep) Error() string { return "nested too deeply" }

// value builds the value that a token begins.
func (p *jsonParser) value(tok json.Token, at, depth int) (node, error) {
	n := node{at: at}
	p.r.kept++
	switch v := tok.(type) {
	case string:
		n.kind, n.s = '"', v
		n.at++
	case json.Number:
		n.kind, n.s = '0', cut(v.String(), 64)
	case bool:
		n.kind = 'f'
		if v {
			n.kind = 't'
		}
	case nil:
		n.kind = 'n'
	case json.Delim:
		if depth >= maxJSONDepth {
			p.r.d.b.limit("JSON nested deeper than 64 values was not read", p.r.d.src.line(p.r.t.at(at)))
			return n, errDeep{}
		}
		n.kind = byte(v)
		err := p.inside(&n, depth)
		n.end = p.base + int(p.dec.InputOffset())
		return n, err
	}
	n.end = p.base + int(p.dec.InputOffset())
	return n, nil
}

// inside reads the members of an object or the elements of an array.
func (p *jsonParser) inside(n *node, depth int) error {
	for p.dec.More() {
		key := ""
		if n.kind == '{' {
			tok, err := p.dec.Token()
			if err != nil {
				return err
			}
			key, _ = tok.(string)
		}
		at := p.skip()
		tok, err := p.dec.Token()
		if err != nil {
			return err
		}
		kid, err := p.value(tok, at, depth+1)
		kid.key = cut(key, maxJSONKey)
		switch {
		case len(n.kids) >= maxJSONMembers && n.kind == '{', p.r.kept > maxJSONKept:
			p.r.d.b.limit("members beyond 4000 of one JSON object, or values beyond 200000 of one, were not read", p.r.d.src.line(p.r.t.at(at)))
		default:
			n.kids = append(n.kids, kid)
		}
		if err != nil {
			return err
		}
	}
	_, err := p.dec.Token()
	return err
}

// blanked replaces control characters by blanks; offsets stay.
func blanked(s string) string {
	i := 0
	for i < len(s) && s[i] >= ' ' {
		i++
	}
	if i == len(s) {
		return s
	}
	b := []byte(s)
	for ; i < len(b); i++ {
		if b[i] < ' ' {
			b[i] = ' '
		}
	}
	return string(b)
}
