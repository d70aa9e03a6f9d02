package bounce

// Segment says where a stretch of the bytes given to [Read] stands in the input
// that they were taken from. It reaches to the next segment.
type Segment struct {
	At     int // where it begins in the bytes given to Read
	Offset int // byte offset of that place in the input
	Line   int // line of that place in the input, from 1
}

// Origin says where bytes that were taken out of a larger input stand in it: a
// message of an mbox, lines of a log. Segments are in order of At, the first
// with 0. The zero Origin means that the bytes are the input.
type Origin []Segment

// move makes offsets and lines of a result those of the input.
func (o Origin) move(res *Result, src *source) {
	if len(o) == 0 || len(o) == 1 && o[0] == (Segment{Line: 1}) {
		return
	}
	for i := range res.Reports {
		r := &res.Reports[i]
		for _, f := range r.fields() {
			if !f.Known() {
				continue
			}
			s := o.holding(func(s Segment) bool { return s.At <= f.Offset })
			if f.Line > 0 {
				f.Line += s.Line - src.line(s.At)
			}
			f.Offset += s.Offset - s.At
		}
		o.moveFindings(r.Findings, src)
	}
	o.moveFindings(res.Findings, src)
}

// moveFindings moves findings, which have a line alone.
func (o Origin) moveFindings(list []Finding, src *source) {
	for i := range list {
		f := &list[i]
		if f.Line == 0 {
			continue
		}
		s := o.holding(func(s Segment) bool { return src.line(s.At) <= f.Line })
		f.Line += s.Line - src.line(s.At)
	}
}

// holding gives the last segment that begins not after what is looked for.
func (o Origin) holding(begun func(Segment) bool) Segment {
	low, high := 0, len(o)
	for high-low > 1 {
		if mid := (low + high) / 2; begun(o[mid]) {
			low = mid
		} else {
			high = mid
		}
	}
	return o[low]
}

// BeginsMail reports whether the first bytes of an input are the header of a
// mail, after blank lines or an mbox separator.
func BeginsMail(head []byte) bool {
	d := &doc{src: newSource(string(head)), b: &budget{}}
	return d.mailStart() >= 0
}
