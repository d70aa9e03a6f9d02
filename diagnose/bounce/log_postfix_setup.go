package bounce

import "strings"

// maxWarned bounds the domains whose warnings one log is read for.
const maxWarned = 1000

// postfixDoubly finds the domain in "warning: do not list domain example.com in
// BOTH mydestination and virtual_mailbox_domains" (Postfix trivial-rewrite,
// resolve.c): it stands in two address classes, of which the first one decides
// where its recipients are looked up (ADDRESS_CLASS_README).
func postfixDoubly(msg piece) (domain piece, ok bool) {
	const begins = "warning: do not list domain "
	if !strings.HasPrefix(msg.s, begins) {
		return piece{}, false
	}
	domain, after := msg.from(len(begins)).word()
	return domain, domain.s != "" && strings.HasPrefix(after.s, "in BOTH ")
}

// warn keeps what a program warned of in its own setup of a domain; the first
// warning counts.
func (r *logReader) warn(l *logLine, domain, warning piece) {
	if r.warned == nil {
		r.warned = map[string]Field{}
	}
	key := lowerASCII(domain.s)
	if _, known := r.warned[key]; !known && len(r.warned) < maxWarned {
		r.warned[key] = r.field(l, warning)
	}
}

// joinWarnings gives the failures what was warned of about the recipient's domain.
func (r *logReader) joinWarnings() {
	for _, a := range r.drafts {
		to := string(a.r.Recipient.Value)
		if i := strings.LastIndexByte(to, '@'); i >= 0 && len(r.warned) > 0 && a.r.Action != Delivered {
			a.r.SetupWarning = r.warned[lowerASCII(to[i+1:])]
		}
	}
}
