// Package pasted reads what DNS tools print, so that the view of another
// machine can be pasted: dig, kdig, drill, delv, host, unbound-host, nslookup
// (of BIND and of Windows), Resolve-DnsName, resolvectl, getent, doggo, and bare
// lines of zone text, with the shell's prompt and other text around them.
//
// Only what is printed is believed: nothing printed is no answer, and not an
// absence. The text is untrusted; every string of the result is too.
package pasted

import (
	"bytes"
	"net/netip"
	"strings"
	"time"

	"deadletter/dnsx"
)

// The bounds of a reading. What is beyond one is a [Finding].
const (
	MaxText    = 256 << 10 // bytes of text
	maxLine    = 4096      // bytes of a line; a longer one is not read
	maxAnswers = 64
	maxRecords = 256 // of one answer
	maxOdd     = 32  // findings
)

// Tool is the program that printed an answer; "" where that is not seen.
type Tool string

// Dated says where the time of an answer is from.
type Dated string

// The ways to know the time.
const (
	ByTool     Dated = "tool"       // printed, with its zone
	ByToolHere Dated = "tool_local" // printed without a zone: taken for the zone of the time it was pasted
	ByPaste    Dated = "paste"      // not printed: when it was pasted
)

// Seen is one answer as a tool printed it.
type Seen struct {
	Answer dnsx.Answer `json:"answer"` // From is the server that the tool names, "" for none
	Tool   Tool        `json:"tool,omitempty"`
	Dated  Dated       `json:"dated"`
	Whole  bool        `json:"whole,omitempty"`   // nothing of the answer is missing, as far as the tool says
	HasTTL bool        `json:"has_ttl,omitempty"` // the TTLs were printed
	Chosen bool        `json:"chosen,omitempty"`  // the command names a server: not by itself the one that programs on that machine ask
	Hosts  bool        `json:"hosts,omitempty"`   // by the system's name service, which reads the hosts file too
}

// Finding is something in the text that gave no answer, or a bound that was hit.
type Finding struct {
	Line int    `json:"line"` // from 1
	Key  string `json:"key"`  // nothing_printed, no_question, referral, incomplete, unread, future, too_long, too_many
	What string `json:"what"` // a sentence; holds names of the text
}

// Reading is what a text holds.
type Reading struct {
	Seen     []Seen    `json:"seen"`
	Findings []Finding `json:"findings,omitempty"`
	Host     string    `json:"host,omitempty"` // the machine that the shell's prompt names; "" for none
	Read     int       `json:"read"`           // lines that mean something here
	Unread   int       `json:"unread,omitempty"`
}

// Recognised reports whether the text is, for the most part, the output of DNS
// tools.
func (r Reading) Recognised() bool {
	return r.Read > 0 && r.Read >= r.Unread && len(r.Seen)+len(r.Findings) > 0
}

func (r Reading) has(key string) bool {
	for _, f := range r.Findings {
		if f.Key == key {
			return true
		}
	}
	return false
}

// Read reads a text that was pasted at a time. It takes time linear in the
// length of the text and never fails: what it cannot read it leaves out, and
// says so.
func Read(text []byte, at time.Time) Reading {
	r := &reader{at: at}
	if len(text) > MaxText {
		text = text[:MaxText]
		if cut := bytes.LastIndexByte(text, '\n'); cut >= 0 {
			text = text[:cut]
		}
		r.odd("too_long", "only the first 256 KiB were read")
	}
	for line := range bytes.Lines(text) {
		r.line++
		s := strings.TrimRight(string(line[:min(len(line), maxLine+2)]), "\r\n")
		if len(s) > maxLine {
			r.odd("too_long", "a line longer than 4096 bytes was not read")
			r.out.Unread++
			r.close()
			continue
		}
		// What is kept is text: it is written as JSON and read again.
		r.read(strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\u00a0", " "))
	}
	r.finish()
	return r.out
}

// reader reads line by line. What belongs to one answer is in g until it is
// complete.
type reader struct {
	at   time.Time
	line int
	out  Reading
	cmd  command
	g    group
	wrap []string // lines of a record in parentheses
	win  []string // columns of a PowerShell or doggo table
}

// group is what is known of the answer that is being read.
type group struct {
	begun   bool
	header  bool // a header was printed: status and counts are known
	counted bool // the header's counts were read
	rcode   string
	flags   string
	answers int // as the header counts them
	section string
	asked   dnsx.Question
	records []dnsx.Record // answer section, or all there is
	ns      bool          // NS in the authority section
	soa     *dnsx.SOA
	soaTTL  uint32
	ede     []dnsx.ExtendedError
	from    string
	when    time.Time
	dated   Dated
	capped  bool
	noTTL   bool
	hosts   bool
	failed  dnsx.Outcome // what a sentence of the tool says
	why     string
	about   string // the name in that sentence
	name    string // nslookup: the name that the next address belongs to
	server  bool   // nslookup: the next address is the server's
	bad     bool   // a line in the answer section could not be read
	printed bool   // something stands between the command and its end
}

func (r *reader) odd(key, what string) {
	switch n := len(r.out.Findings); {
	case n < maxOdd:
		r.out.Findings = append(r.out.Findings, Finding{r.line, key, what})
	case n == maxOdd:
		r.out.Findings = append(r.out.Findings, Finding{r.line, "too_many", "more that could not be read is not listed"})
	}
}

// read takes one line.
func (r *reader) read(line string) {
	trimmed := strings.TrimSpace(line)
	if trimmed == "" {
		return
	}
	if r.wrap != nil {
		r.unwrap(trimmed)
		return
	}
	if c, ok := parseCommand(trimmed); ok {
		r.close()
		r.silent()
		r.cmd, r.win = c, nil
		if c.host != "" && r.out.Host == "" {
			r.out.Host = c.host
		}
		r.out.Read++
		return
	}
	taken := false
	switch {
	case trimmed[0] == ';':
		taken = r.comment(trimmed)
	case r.table(line, trimmed), r.sentence(line, trimmed), r.record(trimmed), r.short(trimmed):
		taken = true
	}
	if taken {
		r.out.Read++
		r.g.printed = true
		return
	}
	r.out.Unread++
	if r.g.begun && r.g.section == "answer" {
		r.g.bad = true
		r.odd("unread", "a line among the answers could not be read")
	}
}

// silent says that a command printed nothing.
func (r *reader) silent() {
	if r.cmd.tool != "" && !r.cmd.printed {
		what := "the command printed nothing that can be read here: cannot tell what the answer was"
		if r.cmd.short {
			what = "with +short nothing printed may be no record, no name or no answer: cannot tell; run it without +short"
		}
		r.odd("nothing_printed", what)
	}
}

func (r *reader) finish() {
	if r.wrap != nil {
		r.wrap, r.g.bad = nil, true
	}
	r.close()
	r.silent()
	if r.out.Seen == nil {
		r.out.Seen = []Seen{}
	}
}

// emit adds an answer.
func (r *reader) emit(s Seen) {
	// nslookup tells of each try that had no answer.
	if n := len(r.out.Seen); r.cmd.printed && n > 0 && s.Answer.Outcome == dnsx.Timeout && r.out.Seen[n-1].Answer.Outcome == dnsx.Timeout && r.out.Seen[n-1].Answer.Question == s.Answer.Question {
		return
	}
	r.cmd.printed = true
	if len(r.out.Seen) == maxAnswers {
		if !r.out.has("too_many") {
			r.odd("too_many", "more than 64 answers: the rest was left out")
		}
		return
	}
	s.Tool, s.Chosen = r.cmd.tool, r.cmd.server != ""
	if s.Tool == "getent" {
		s.Hosts = true
	}
	s.Hosts = s.Hosts || r.g.hosts
	s.HasTTL = s.HasTTL && !r.g.noTTL
	s.Answer.From = r.g.from
	if s.Answer.From == "" {
		s.Answer.From = r.cmd.server
	}
	s.Answer.Extended = r.g.ede
	s.Answer.At, s.Dated = r.at, ByPaste
	if !r.g.when.IsZero() {
		s.Answer.At, s.Dated = r.g.when, r.g.dated
	}
	if s.Answer.At.After(r.at.Add(time.Hour)) {
		r.odd("future", "the time that is printed lies in the future: the time it was pasted is taken")
		s.Answer.At, s.Dated = r.at, ByPaste
	}
	r.out.Seen = append(r.out.Seen, s)
}

// addr reads an address with or without a port: 192.0.2.53#53, 192.0.2.53@53,
// [2001:db8::53]:53. The zero address is given for anything else.
func addr(s string) netip.Addr {
	if i := strings.IndexAny(s, "#@("); i >= 0 {
		s = s[:i]
	}
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.WithZone("")
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().WithZone("")
	}
	return netip.Addr{}
}

// server gives what a tool names as server: its address, else the word.
func server(s string) string {
	if a := addr(s); a.IsValid() {
		return a.String()
	}
	if i := strings.IndexAny(s, "#("); i > 0 {
		s = s[:i]
	}
	return strings.TrimSuffix(s, ".")
}
