package bounce

import (
	"cmp"
	"strings"

	"deadletter/diagnose/reply"
	"deadletter/diagnose/safe"
)

// draft is a report while a family fills it.
type draft struct {
	r             Report
	format        Format // where one reading finds several; else the family's
	status        Field  // the Status field of a notification
	context       string // all that is said about the recipient, where it is more than the reply
	contextAt     Field  // where the context begins
	toldByProgram bool   // the context begins with the words of a delivery program
	postfixSender Field
	innerAt       int          // where the quoted reply begins in the Diagnostic
	assumed       bool         // nobody said the action
	says          string       // the system whose wording it is, where a family knows
	class         reply.Reason // what the source's own classification says, for a reply that says nothing
	unproved      safe.Text    // why nothing about the source can be proved, where its form alone says so
	program       Field        // the delivery program that failed: no SMTP reply, but a command on the reporting host
	kind          Kind         // set by families that read what is no failure
	why           safe.Text
	settled       reply.Reason // what the source says happened without any reply
	soft          bool         // the source calls it temporary
	keys          []string     // name one mail to one recipient among the events of one input
	grade         byte         // '4' or '5' where the log tells it without a code
	expired       bool         // the queue gave up on it, whatever the last reply was
}

// repeated notes fields that stand more than once.
func (dr *draft) repeated(h header, names ...string) {
	for _, name := range names {
		if all := h.all(name); len(all) > 1 {
			same := true
			for _, f := range all[1:] {
				same = same && unfold(f.value) == unfold(all[0].value)
			}
			if same {
				dr.find(Duplicate, safe.Textf("%s stands %d times", name, len(all)))
			} else {
				dr.find(Contradiction, safe.Textf("%s stands %d times with different values; the first is used", name, len(all)))
			}
		}
	}
}

func (dr *draft) find(kind FindingKind, claim safe.Text) {
	dr.r.Findings = append(dr.r.Findings, Finding{Kind: kind, Claim: claim})
}

// finish turns the drafts of a family into reports.
func (m *mail) finish(format Format, drafts []draft) []Report {
	out := make([]Report, 0, len(drafts))
	for i := range drafts {
		dr := &drafts[i]
		dr.r.Format = cmp.Or(dr.format, format)
		m.envelope(dr)
		m.returnedFields(dr)
		dr.conversation(m.d)
		m.commandHeading(dr)
		m.times(dr)
		m.writer(dr)
		dr.socket()
		dr.claims()
		dr.judge()
		m.verdict(dr)
		dr.contradictions()
		if dr.unproved != "" {
			dr.r.Genuine, dr.r.GenuineReasons = Unproved, []safe.Text{dr.unproved}
		} else if m.msg == nil {
			dr.r.Genuine, dr.r.GenuineReasons = Unproved, []safe.Text{"pasted text carries nothing that could prove where it came from"}
		} else {
			m.genuine(dr)
		}
		dr.r.Missing = missing(&dr.r)
		out = append(out, dr.r)
	}
	return out
}

// conversation reads codes, stage, command, hosts and the inner reply out of
// what is said.
func (dr *draft) conversation(d *doc) {
	r := &dr.r
	said := string(r.Diagnostic.Value)
	c := readCodes(said)
	from := r.Diagnostic
	if c.replyAt < 0 && c.enhancedAt < 0 && dr.context != "" {
		c, from = readCodes(dr.context), dr.contextAt
	}
	own := c
	if n := enhancedLen(said, 0); n > 0 && c.replyAt > n {
		own = codes{enhanced: said[:n], replyAt: -1} // "5.1.0 - ... '550 5.1.1 ...'": the wrapper has no reply code
	}
	if q := quotedReply(said, own); q.text != "" {
		dr.quote(d, q)
		// A wrapper without a reply code of its own quotes the one that counts; a
		// wrapper that only says that the time is up leaves the last reply to count
		if in := readCodes(q.text); c.replyAt < 0 || c.replyAt >= q.at || strings.HasSuffix(c.enhanced, ".4.7") && in.reply != "" {
			c = in
		}
	}
	if !r.ReplyCode.Known() && c.reply != "" {
		r.ReplyCode = d.within(from, c.reply)
	}
	if !r.EnhancedCode.Known() {
		switch {
		case c.enhanced != "" && !(strings.HasSuffix(c.enhanced, ".0.0") && moreExact(string(dr.status.Value), c.enhanced)):
			r.EnhancedCode = d.within(from, c.enhanced)
		case dr.status.Known():
			r.EnhancedCode = dr.status
		}
	}
	dr.stage(d, said)
	dr.hosts(d, said)
}

// moreExact reports whether a status is of the same class as a code that only
// says the class ("4.0.0", RFC 3463 section 3.1), and says more.
func moreExact(status, vague string) bool {
	return status != "" && status[0] == vague[0] && !strings.HasSuffix(status, ".0.0")
}

func (dr *draft) stage(d *doc, said string) {
	r := &dr.r
	if r.Stage != StageUnknown {
		return
	}
	stage, command, _ := readStage(said)
	from := r.Diagnostic
	if stage == StageUnknown && dr.context != "" && dr.context != said {
		stage, command, _ = readStage(dr.context)
		from = dr.contextAt
	}
	if stage == StageUnknown && strings.HasPrefix(said, "connect to ") {
		stage = StageConnect
	}
	r.Stage = stage
	if command != "" && !r.Command.Known() {
		r.Command = d.within(from, command)
	}
}

func (dr *draft) hosts(d *doc, said string) {
	r := &dr.r
	for i, s := range [...]string{said, dr.context} {
		from := r.Diagnostic
		if i == 1 {
			from = dr.contextAt
		}
		if s == "" || i == 1 && s == said {
			continue
		}
		who := readSaying(s)
		if i == 1 {
			dr.other(d, who.host)
		}
		if r.RemoteMTA.Known() && r.RemoteAddress.Known() {
			continue
		}
		if last := lastAttempted(s); last.host != "" || last.addr != "" {
			who = last
		}
		if who.host != "" && (!r.RemoteMTA.Known() || strings.EqualFold(string(r.RemoteMTA.Value), who.host)) {
			if !r.RemoteMTA.Known() {
				r.RemoteMTA = d.within(from, who.host)
			}
			if who.addr != "" && !r.RemoteAddress.Known() {
				r.RemoteAddress = d.within(from, who.addr)
			}
		} else if who.host == "" && who.addr != "" && !r.RemoteAddress.Known() {
			r.RemoteAddress = d.within(from, who.addr)
		}
	}
}

// other notes a host that the words of the notice name where the report for
// machines (RFC 3464 section 2.3.5) names another.
func (dr *draft) other(d *doc, host string) {
	r := &dr.r
	bare := func(s string) string { return strings.TrimSuffix(lowerASCII(s), ".") }
	if host == "" || !r.RemoteMTA.Known() || bare(host) == bare(string(r.RemoteMTA.Value)) || r.RemoteMTA.Part == dr.contextAt.Part {
		return
	}
	r.OtherRemote = d.within(dr.contextAt, host)
	dr.find(Contradiction, safe.Textf("the report names %s as the host that refused, the text %s", r.RemoteMTA.Value, r.OtherRemote.Value))
}

// socket notes that the refusing side is reached without a network.
func (dr *draft) socket() {
	if strings.Contains(string(dr.r.RemoteAddress.Value), "/") {
		dr.find(Note, "the side that refused is reached through a local socket: it belongs to the reporting host itself")
	}
}
