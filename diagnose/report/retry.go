package report

import (
	"net/netip"

	"deadletter/diagnose"
	"deadletter/diagnose/safe"
)

// intended says what an attempt was to be, for the list of what was decided.
func intended(v diagnose.RetryIntended) safe.Text {
	what := safe.Textf("retry on the permit of event %d: %s", v.Permit, v.Way)
	if v.Host == "" {
		return what
	}
	from := v.From.Safe()
	if v.NullSender {
		from = "<>"
	}
	via := safe.Text("")
	if v.Via != "" {
		via = safe.Textf("through %s", v.Via)
	}
	size := safe.Text("")
	if v.Size > 0 {
		size = safe.Textf("%d bytes", v.Size)
	}
	return join(", ", what, safe.Textf("to %s at %s", v.Host, v.Addr), via, safe.Textf("EHLO %s", v.EHLO), safe.Textf("from %s", from),
		safe.Textf("recipient %s", v.To), size, safe.Textf("plan %s", v.Plan))
}

// retryEnded says what came of an attempt.
func retryEnded(v diagnose.RetryEnded) safe.Text {
	text := safe.Textf("the retry of event %d ended: %s", v.Intent, v.Result)
	if a := v.Attempt; a != nil {
		text = safe.Textf("%s (%s at %s)", text, a.Reading, a.Stage)
	}
	if v.Bounce > 0 {
		text = safe.Textf("%s, by the bounce of event %d", text, v.Bounce)
	}
	if v.Reply == "" && v.Attempt != nil {
		return join(": ", text, v.Attempt.Err.Safe())
	}
	return join(": ", text, v.Reply.Safe())
}

// network leaves of an address what tells its network, and its port.
func network(at netip.AddrPort) netip.AddrPort {
	bits := 48
	if at.Addr().Unmap().Is4() {
		bits = 24
	}
	p, err := at.Addr().Unmap().Prefix(bits)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(p.Addr(), at.Port())
}

// retryObject is one attempt in a report of JSON.
type retryObject struct {
	Intent  uint64 `json:"intent"` // number of the event
	Way     word   `json:"way"`
	At      word   `json:"at"`
	Host    word   `json:"host,omitempty"`
	Address word   `json:"address,omitempty"`
	EHLO    word   `json:"ehlo,omitempty"`
	From    word   `json:"from,omitempty"`
	To      word   `json:"to,omitempty"`
	Via     word   `json:"via,omitempty"`
	Size    int    `json:"size,omitempty"`
	Result  word   `json:"result"` // what it came to: its own end, a bounce that came back, or unknown
	Reading word   `json:"reading,omitempty"`
	Stage   word   `json:"stage,omitempty"`
	Reply   word   `json:"reply,omitempty"`
	Ended   word   `json:"ended,omitempty"`
	Leaves  bool   `json:"leaves_permit,omitempty"`
}

// retriesJSON lists the attempts of a case, the first one first.
func retriesJSON(in Input) []retryObject {
	if in.Case == nil {
		return nil
	}
	var out []retryObject
	for _, o := range diagnose.RetryOutcomes(in.Case, in.Made) {
		r := o.Retry
		x := retryObject{
			Intent: r.Seq, Way: word(r.Way), At: stamp(r.At), Host: word(r.Host), EHLO: word(r.EHLO), From: raw(r.From.Safe()), To: raw(r.To.Safe()),
			Via: raw(r.Via.Safe()), Size: r.Size, Result: word(o.Result), Leaves: o.Leaves,
		}
		if r.Addr.IsValid() {
			x.Address = word(r.Addr.String())
		}
		if r.Ended != nil {
			x.Reply, x.Ended = raw(r.Ended.Reply.Safe()), stamp(r.EndAt)
			if a := r.Ended.Attempt; a != nil {
				x.Reading, x.Stage = word(a.Reading), word(a.Stage)
			}
		}
		out = append(out, x)
	}
	return out
}
