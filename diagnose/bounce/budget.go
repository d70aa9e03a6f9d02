package bounce

import "deadletter/diagnose/safe"

// The bounds of one input. What lies beyond a bound is left out and a finding
// of kind limit says so; everything before it is still read.
const (
	maxInput       = 25 << 20  // bytes of one input
	maxHeader      = 256 << 10 // bytes of header fields kept of one entity
	maxHeaders     = 1 << 20   // bytes of header fields kept of all entities
	maxFields      = 2000      // header fields kept of one entity
	maxLine        = 64 << 10  // bytes kept of one line
	maxDepth       = 20        // entities within entities
	maxParts       = 500       // MIME parts
	maxBoundary    = 200       // bytes of a boundary; RFC 2046 section 5.1.1 allows 70
	maxPartText    = 512 << 10 // bytes of text read of one part
	maxDecoded     = 4 << 20   // bytes of text read of all parts
	maxReports     = 1000      // recipients of one notification or notice
	maxBeside      = 4000      // times that the text beside a notification names one of its recipients
	maxLogReports  = 10000     // recipients of one log
	maxRecipients  = 10000     // recipients of one table
	maxColumns     = 500       // columns of a table that are looked at
	maxRecord      = 256 << 10 // bytes of one row of a table
	maxUnclosed    = 100       // rows of a table with a quote that is not closed
	maxShared      = 1 << 10   // bytes of a status that several recipients of one row share
	maxDiagnostic  = 64 << 10  // bytes kept of one reply
	maxReplyLines  = 100       // lines of one reply
	maxReplyLine   = 1 << 10   // bytes of one line of a pasted reply that are looked at for its code
	maxSignatures  = 3         // DKIM signatures kept of the returned mail
	maxSignature   = 4 << 10   // bytes read of one
	maxThrough     = 20        // Received fields kept of the returned mail
	maxForwards    = 3         // bounces within forwarded mail
	maxFindings    = 50        // findings kept of one input
	maxSubject     = 4 << 10   // bytes kept of a subject, identifier or address
	maxHTMLEntries = 1 << 16   // lines made of one HTML part
	maxTag         = 320       // bytes kept of one HTML tag
)

// budget counts what one input has used of the bounds, and keeps which were hit.
type budget struct {
	parts       int
	headerBytes int
	decoded     int
	hit         map[safe.Text]bool
	findings    []Finding
}

// limit records once that a bound was hit.
func (b *budget) limit(claim safe.Text, line int) { b.noteOnce(LimitReached, claim, line) }

// damaged records once that something could not be decoded.
func (b *budget) damaged(claim safe.Text, line int) { b.noteOnce(Damaged, claim, line) }

// noteOnce records a claim once, with the line where it was first so.
func (b *budget) noteOnce(kind FindingKind, claim safe.Text, line int) {
	if b.first(claim) {
		b.note(Finding{Kind: kind, Claim: claim, Line: line})
	}
}

// limit is the budget's, for what may be hit millions of times: only the first
// time asks which line the offset is in.
func (d *doc) limit(claim safe.Text, off int) {
	if d.b.first(claim) {
		d.b.note(Finding{Kind: LimitReached, Claim: claim, Line: d.src.line(off)})
	}
}

// damaged is the budget's, for what may be hit millions of times.
func (d *doc) damaged(claim safe.Text, off int) {
	if d.b.first(claim) {
		d.b.note(Finding{Kind: Damaged, Claim: claim, Line: d.src.line(off)})
	}
}

// first reports whether a claim is new and has room, and remembers it.
func (b *budget) first(claim safe.Text) bool {
	if b.hit[claim] || len(b.findings) >= maxFindings {
		return false
	}
	if b.hit == nil {
		b.hit = map[safe.Text]bool{}
	}
	b.hit[claim] = true
	return true
}

func (b *budget) note(f Finding) {
	if len(b.findings) < maxFindings {
		b.findings = append(b.findings, f)
	}
}
