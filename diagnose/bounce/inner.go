package bounce

import (
	"strings"

	"deadletter/diagnose/safe"
)

// quoted is a reply that stands inside another.
type quoted struct {
	text    string // as one reply: "550 5.1.1 user unknown"
	raw     string // as it stands
	at      int    // where raw begins
	speaker string // host or address that is said to have said it
}

// quoters are what stands right before a quoted reply: gateways, content
// filters and callouts write it after a colon, an arrow, a quote mark or a word.
var quoters = []string{":", ";", "->", "=", "...", " returned", " with", " said", " error", " problem", " reply", " response", " replied", " answered", "("}

// quotedReply finds a reply that another reply quotes, after its own codes.
//
// The forms known: "said: 550 ..." (Postfix, Exim callouts), "responded with:
// "421 ..."" and "[{LED=550 ...};{FQDN=...};{IP=...}]" and "-> 550 ..."
// (Exchange Online), "returned '550 ...'" (Exchange), "(address:550 ...)"
// (Barracuda), "error 550-'5.1.1 ...'" (Cisco AsyncOS), "from MTA(...): 550
// ..." (amavis), "<address>... 550 ..." (sendmail), "smtp; 550 ..." (event
// streams that put a whole Diagnostic-Code inside their own).
func quotedReply(s string, own codes) quoted {
	s = s[:min(len(s), maxScan)]
	from := max(own.replyAt+3, 3)
	if own.replyAt < 0 || own.enhancedAt-own.replyAt <= len("550-[#") {
		from = max(from, own.enhancedAt+len(own.enhanced)) // else the code is the quoted reply's
	}
	for i := from; i+4 < len(s); i++ {
		if s[i] != '4' && s[i] != '5' || !digit(s[i+1]) || s[i+1] > '5' || !digit(s[i+2]) || s[i+3] != ' ' && s[i+3] != '-' {
			continue
		}
		if !quotes(s[:i]) || !saysMore(s[i+4:]) {
			continue
		}
		return takeQuoted(s, from, i)
	}
	for i := from; i+5 < len(s); i++ { // "returned '5.1.1 ...'": without a reply code
		if (s[i-1] == '\'' || s[i-1] == '"') && enhancedLen(s, i) > 0 && s[i-2] == ' ' {
			return takeQuoted(s, from, i)
		}
	}
	return quoted{}
}

// quotes reports whether what stands before a code makes it a quoted one, and
// not a time, a port or a further line of the same reply.
func quotes(before string) bool {
	if strings.HasSuffix(before, "<") {
		return true // "<421 4.4.2 Connection timed out>"
	}
	core := strings.TrimRight(before, " '\"<\u2018\u201c")
	if core == "" {
		return false
	}
	if len(before) > len(core) && strings.ContainsAny(before[len(core):], "'\"\u2018\u201c") {
		return true
	}
	if core[len(core)-1] == ':' && len(core) == len(before) && len(core) > 1 && (digit(core[len(core)-2]) || core[len(core)-2] == ']') {
		return false // "10:41:550", "[192.0.2.7]:550"
	}
	for _, q := range quoters {
		if strings.HasSuffix(core, q) {
			return true
		}
	}
	return false
}

// saysMore reports whether words or an enhanced code follow a code; a number
// of things ("5 554 messages") has none.
func saysMore(rest string) bool {
	rest = strings.TrimLeft(rest, " -'\"#<")
	return rest != "" && (letter(rest[0]) || rest[0] >= 0x80 || rest[0] == '[' || rest[0] == '(' || enhancedLen(rest, 0) > 0 || isCodeAgain(rest)) && !isUnit(rest)
}

// isCodeAgain reports whether a code is said twice: "550 550 5.1.1".
func isCodeAgain(s string) bool {
	return len(s) > 4 && (s[0] == '4' || s[0] == '5') && digit(s[1]) && digit(s[2]) && s[3] == ' '
}

// takeQuoted cuts the quoted reply that begins at i out of s.
func takeQuoted(s string, from, i int) quoted {
	rest := s[i:]
	end := len(rest)
	mark := byte(0)
	if i > 0 {
		mark = s[i-1]
	}
	cisco := strings.HasPrefix(rest[3:], "-'")
	switch {
	case strings.HasSuffix(s[:i], "LED="), strings.HasSuffix(s[:i], "MSG="):
		if e := strings.Index(rest, "}"); e > 0 {
			end = e
		}
	case mark == '\'' || mark == '"':
		if e := strings.LastIndexByte(rest, mark); e > 0 {
			end = e
		}
	case mark == '<':
		if e := strings.LastIndexByte(rest, '>'); e > 0 {
			end = e
		}
	case cisco:
		if e := strings.LastIndexByte(rest, '\''); e > 5 {
			end = e
		}
	case strings.HasSuffix(rest, ")") && strings.Count(rest, ")") > strings.Count(rest, "("):
		end-- // the bracket that holds it
	}
	if e := strings.LastIndex(rest[:end], " (in reply to "); e > 0 {
		end = e
	}
	q := quoted{raw: strings.TrimSpace(rest[:end]), at: i}
	q.text = q.raw
	if cisco {
		q.text = q.raw[:3] + " " + strings.TrimPrefix(q.raw[3:], "-'")
	}
	who := readHosts(s[from:i])
	if keys := ledKeys(s[i:]); keys.host != "" || keys.addr != "" {
		who = keys
	}
	if q.speaker = who.host; q.speaker == "" {
		q.speaker = who.addr
	}
	return q
}

// ledKeys reads FQDN and IP of the block in which Exchange Online writes the
// last error of a delivery (LED).
func ledKeys(s string) saying {
	var out saying
	if !strings.Contains(s, "};{") {
		return out
	}
	if v := between(s, "{FQDN=", "}"); isHost(v) {
		out.host = v
	}
	out.addr = ipOf(between(s, "{IP=", "}"))
	return out
}

// lastAttempted reads the host that Exchange Online names beside an error of
// the connection itself: "[LastAttemptedServerName=...] [LastAttemptedIP=...]",
// or FQDN and IP beside the last error.
func lastAttempted(s string) saying {
	s = s[:min(len(s), maxScan)]
	out := ledKeys(s)
	if v := between(s, "[LastAttemptedServerName=", "]"); isHost(v) {
		out.host = v
	}
	if v := between(s, "[LastAttemptedIP=", "]"); v != "" {
		if i := strings.LastIndexByte(v, ':'); i > 0 && ipOf(v) == "" {
			v = v[:i] // with the port
		}
		out.addr = ipOf(strings.Trim(v, "[]"))
	}
	return out
}

func between(s, open, shut string) string {
	_, rest, ok := strings.Cut(s, open)
	if !ok {
		return ""
	}
	v, _, ok := strings.Cut(rest, shut)
	if !ok {
		return ""
	}
	return strings.TrimSpace(v)
}

// quote keeps a quoted reply beside the reply that quotes it.
func (dr *draft) quote(d *doc, q quoted) {
	in := &Inner{Reply: d.within(dr.r.Diagnostic, q.raw)}
	in.Reply.Value = safe.Untrusted(strings.Clone(q.text))
	c := readCodes(q.text)
	if c.reply != "" {
		in.Code = d.within(in.Reply, c.reply)
	}
	if c.enhanced != "" {
		in.Enhanced = d.within(in.Reply, c.enhanced)
	}
	if q.speaker != "" {
		in.Speaker = d.within(dr.r.Diagnostic, q.speaker)
	}
	dr.r.Inner, dr.innerAt = in, q.at
}
