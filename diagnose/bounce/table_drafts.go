package bounce

import (
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// tally sorts the rows of a table: failures are kept, deliveries and other
// steps are counted. Of a table that tells of deliveries alone, these are kept.
type tally struct {
	d                *doc
	drafts, sent     []draft
	delivered, other int // deliveries, rows
	line             int // of the first row that was left out
}

// next goes to the next row; false after the last, and when no more failures are kept.
func (c *tally) next(r *rows) bool {
	if !r.next() {
		return false
	}
	if len(c.drafts) >= maxRecipients {
		c.d.b.limit("rows of a table after 10000 failures were not read", c.d.src.line(r.at))
		return false
	}
	return true
}

// passed counts a row of delivered mail that needs no draft; false where it does.
func (c *tally) passed(r *rows, a Action) bool {
	if a != Delivered && a != Relayed && a != Expanded || len(c.drafts) == 0 && len(c.sent) < maxRecipients {
		return false
	}
	c.delivered++
	if c.line == 0 {
		c.line = r.t.d.src.line(r.at)
	}
	return true
}

// keep files a draft; false when no more are kept.
func (c *tally) keep(dr draft) bool {
	dr.unproved = "a table carries nothing that could prove where it came from"
	switch dr.r.Action {
	case Delivered, Relayed, Expanded:
		c.delivered++
		c.leave(dr.r.Recipient.Line)
		if len(c.drafts) > 0 {
			return true
		}
		if len(c.sent) >= maxRecipients {
			c.d.b.limit("recipients beyond 10000 of one table were not read", dr.r.Recipient.Line)
			return false
		}
		c.sent = append(c.sent, dr)
		return true
	}
	if len(c.drafts) >= maxRecipients {
		c.d.b.limit("recipients beyond 10000 of one table were not read", dr.r.Recipient.Line)
		return false
	}
	c.sent = nil
	c.drafts = append(c.drafts, dr)
	return true
}

// skip counts a row that tells of no delivery, nor of its failure.
func (c *tally) skip(r *rows) {
	c.other++
	if c.line == 0 {
		c.leave(r.t.d.src.line(r.at))
	}
}

func (c *tally) leave(line int) {
	if c.line == 0 {
		c.line = line
	}
}

// done gives the drafts, and notes what was left out.
func (c *tally) done() []draft {
	if len(c.drafts) == 0 && len(c.sent) == 0 {
		return nil
	}
	if c.delivered > 0 && len(c.drafts) > 0 {
		c.d.b.note(Finding{Kind: Note, Claim: counted(c.delivered, "delivery was", "deliveries were"), Line: c.line})
	}
	if c.other > 0 {
		c.d.b.note(Finding{Kind: Note, Claim: safe.Textf("%s: another step, or no address", counted(c.other, "row was", "rows were")), Line: c.line})
	}
	if len(c.drafts) > 0 {
		return c.drafts
	}
	return c.sent
}

func counted(n int, one, more safe.Text) safe.Text {
	if n == 1 {
		return safe.Textf("1 %s left out", one)
	}
	return safe.Textf("%d %s left out", n, more)
}

// sender gives the address of the sender, and says so where its column is not
// of the envelope.
func (r *rows) sender() Field {
	i := r.t.find(senderColumns...)
	f := r.address(i)
	if f.Known() {
		switch r.t.names[i] {
		case "mailfrom", "envelopefrom", "envelopesender", "returnpath":
		default:
			f.By = "sender column, which may be the author and not the envelope"
		}
	}
	return f
}

// platform makes the Source of a row's report, which stands where the row does.
func (r *rows) platform(name string) Field {
	if name == "" {
		return Field{}
	}
	return Field{Value: safe.Untrusted(name), Offset: r.at, Line: r.t.d.src.line(r.at)}
}

// host reads a cell that names a host, an address, or both.
func (dr *draft) host(r *rows, names ...string) {
	s, i := r.by(names...)
	name, addr := hostAndAddress(s)
	if !dr.r.RemoteMTA.Known() && name != "" {
		dr.r.RemoteMTA = r.field(i, name)
	}
	if !dr.r.RemoteAddress.Known() && addr != "" {
		dr.r.RemoteAddress = r.field(i, addr)
		if !strings.Contains(s, addr) {
			dr.r.RemoteAddress.Offset = r.offset(i) // it was written in another form
		}
	}
}

// codeCells reads cells for the two codes alone. What is no code is left.
func (dr *draft) codeCells(r *rows, status, code []string) {
	if s, i := r.by(status...); s != "" {
		if n := enhancedLen(s, 0); n > 0 {
			dr.status = r.field(i, s[:n])
		}
	}
	if s, i := r.by(code...); s != "" {
		switch {
		case len(s) == 3 && (s[0] == '4' || s[0] == '5') && isReplyCode(s, 0):
			dr.r.ReplyCode = r.field(i, s)
		case enhancedLen(s, 0) == len(s) && !dr.status.Known():
			dr.status = r.field(i, s)
		}
	}
}

// isRefusal reports whether a text is a reply that refuses: it opens with, or
// names, a code of class 4 or 5, or the catalogue knows its words.
func isRefusal(s string) bool {
	if len(s) < 3 {
		return false
	}
	s = diagnostic(s)
	c := readCodes(s)
	if c.reply != "" {
		return c.reply[0] == '4' || c.reply[0] == '5'
	}
	if c.enhanced != "" {
		return c.enhanced[0] != '2'
	}
	if strings.IndexByte(s, ' ') < 0 {
		return false // a word is a name, not a reply
	}
	got := readReply(reply.Input{Text: s})
	return got.Rule != "" && got.Reason != reply.Undefined && got.Reason != reply.Delivered
}

// share reports whether at least four of five sampled rows that say anything
// in the columns satisfy ok, and at least one does.
func (t *table) share(ok func(row []string) (says, holds bool)) bool {
	all, good := 0, 0
	for _, row := range t.sample() {
		says, holds := ok(row)
		if says {
			all++
		}
		if holds {
			good++
		}
	}
	return good > 0 && good*5 >= all*4
}

// cell gives a sampled cell.
func cell(row []string, i int) string {
	if i < 0 || i >= len(row) {
		return ""
	}
	return row[i]
}
