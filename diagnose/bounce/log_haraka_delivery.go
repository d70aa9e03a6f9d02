package bounce

import (
	"strings"
)

// harakaDraft begins a draft of an outbound line.
func (r *logReader) harakaDraft(l *logLine, h *harakaLine, id, to piece) draft {
	dr := r.begin(haraka, l, id)
	dr.r.Recipient = r.field(l, to)
	q := r.queue.get(h.uuid.s)
	if q != nil && isHost(q.host.s) {
		dr.r.RemoteMTA = r.remarkField(q.host)
	}
	if q != nil && q.addr.s != "" {
		if a := ipOf(q.addr.s); a != "" {
			dr.r.RemoteAddress = r.d.shown(a, "", q.addr.off)
		} else if host, _, _ := strings.Cut(q.addr.s, ":"); isHost(host) {
			dr.r.RemoteMTA = r.d.shown(host, "", q.addr.off)
		}
		if i := strings.LastIndexByte(q.addr.s, ':'); i >= 0 {
			r.port(&dr, q.addr.s[i:])
		}
	}
	return dr
}

// harakaWhole reads what is said of a whole delivery: of those recipients that
// the text names, else of those that the transaction had, where they are of
// one domain, since every domain is a delivery of its own.
func (r *logReader) harakaWhole(l *logLine, h *harakaLine, id, said piece, action Action) {
	expired := strings.HasPrefix(said.s, "Too many failures (")
	if expired {
		said = piece{strings.TrimSuffix(said.s, ")"), said.at}.from(len("Too many failures ("))
	}
	named := strings.HasPrefix(said.s, "Some recipients ")
	var to []remark
	if named {
		for p := said; len(to) < maxQueuedFor; {
			_, after, ok := p.cut("<")
			if !ok {
				break
			}
			a, rest, ok := after.cut(">")
			if !ok {
				break
			}
			to, p = append(to, tell(l, a)), rest
		}
	} else if q := r.queue.get(id.s); q != nil && oneDomain(q.to) {
		to = q.to
	}
	if len(to) == 0 {
		to = []remark{{}}
	}
	text := said
	if after, ok := strings.CutPrefix(said.s, "Upstream error: "); ok {
		text = said.from(len(said.s) - len(after))
	}
	for _, one := range to {
		i, known := r.at[recipientKey{id.s, one.s}]
		if known && named && (r.drafts[i].r.Action == action || r.drafts[i].r.Action == Failed) {
			continue // its own line told more
		}
		if known && !named && r.drafts[i].r.Action == Failed {
			continue
		}
		dr := r.harakaDraft(l, h, id, piece{})
		dr.r.Recipient = r.remarkField(one)
		dr.r.Action = action
		dr.grade = '5'
		if action == Delayed {
			dr.grade = '4'
		}
		dr.r.Diagnostic = r.fieldOf(l, h.said(text), text)
		if q := r.queue.get(h.uuid.s); q != nil && q.trouble.s != "" && strings.HasPrefix(text.s, "Tried all MXs") {
			dr.r.Diagnostic = r.remarkField(q.trouble)
			dr.context, dr.contextAt = q.trouble.s, dr.r.Diagnostic
			dr.r.Stage = harakaStage(q.trouble.s)
		}
		if expired {
			dr.giveUp("the queue gave up; the reply is that of the last attempt")
		}
		if one.s == "" {
			dr.find(Note, "the line names no recipient, and the lines of the transaction do not tell which one it was")
		}
		r.keep(haraka, dr, l, id)
	}
}

// harakaStage reads "socket timeout waiting on rcpt".
func harakaStage(s string) Stage {
	_, w, ok := strings.Cut(s, " waiting on ")
	switch {
	case !ok:
		return StageConnect
	case strings.HasPrefix(w, "dot"):
		return StageContent
	}
	return commandStage(w)
}

func oneDomain(to []remark) bool {
	for _, t := range to {
		if !strings.EqualFold(domainOf(t.s), domainOf(to[0].s)) {
			return false
		}
	}
	return len(to) > 0
}

// harakaDelivered reads "delivered file=... domain=... host=... ip=...
// response="..." rcpts=1/0/0": delivered, put off and refused recipients.
func (r *logReader) harakaDelivered(l *logLine, h *harakaLine, id, text piece) {
	r.wrote[haraka] = true
	rcpts, _ := attr(text, "rcpts=")
	domain, _ := attr(text, "domain=")
	if !strings.HasSuffix(rcpts.s, "/0/0") || domain.s == "" {
		return // some were not: their own lines tell which
	}
	to := []remark{{}}
	if q := r.queue.get(id.s); q != nil && len(q.to) > 0 {
		to = q.to
	}
	for _, one := range to {
		if one.s != "" && !strings.EqualFold(domainOf(one.s), domain.s) || r.idle(haraka, id, piece{one.s, 0}) {
			continue
		}
		dr := r.harakaDraft(l, h, id, piece{})
		dr.r.Recipient = r.remarkField(one)
		if v, ok := attr(text, "host="); ok && isHost(v.s) {
			dr.r.RemoteMTA = r.field(l, v)
		}
		if v, ok := attr(text, "ip="); ok && ipOf(v.s) != "" {
			dr.r.RemoteAddress = r.field(l, v)
		}
		dr.r.Diagnostic = r.field(l, quotedAttr(text, "response="))
		dr.r.Action = Delivered
		dr.why = "the log says that the mail was delivered"
		r.keep(haraka, dr, l, id)
	}
}
