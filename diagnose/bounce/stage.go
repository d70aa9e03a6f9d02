package bounce

import "strings"

// leads stand right before the command that a reply answers, in lower case.
var leads = [...]string{"in reply to ", "after ", "while sending ", "rejected command '", "did not like our ", "while performing the ", "smtp:", "for ", " failed on "}

// phrase is how a mail program says at which point of the conversation a
// reply came without naming the command.
type phrase struct {
	says  string
	stage Stage
}

var phrases = [...]phrase{
	{"while receiving the initial server greeting", StageConnect}, {"refused to talk to me", StageConnect}, {"but greeting failed", StageConnect}, {"[connect]", StageConnect},
	{"my name was rejected", StageEHLO}, {"does not like sender", StageMail}, {"sender was rejected", StageMail}, {"[mail_from]", StageMail},
	{"does not like recipient", StageRcpt}, {"[rcpt_to]", StageRcpt}, {"failed after i sent the message", StageContent},
	{"refused to accept your message (data)", StageContent}, {"local delivery failed", StageLocal},
	{"failed to add recipient", StageRcpt}, {"failed to set sender", StageMail}, // Roundcube, PHPMailer
}

// commandStage gives the stage of an SMTP command word.
func commandStage(command string) Stage {
	c := strings.ToUpper(strings.TrimSpace(command))
	switch {
	case strings.HasPrefix(c, "END OF DATA"), c == ".", strings.HasPrefix(c, "TEXT"), strings.HasPrefix(c, "BDAT"), strings.HasPrefix(c, "MESSAGE BODY"), strings.HasPrefix(c, "EOM"), strings.HasPrefix(c, "SENDING DATA BLOCK"), strings.HasPrefix(c, "FINAL "):
		return StageContent
	case strings.HasPrefix(c, "RCPT"):
		return StageRcpt
	case strings.HasPrefix(c, "MAIL"):
		return StageMail
	case strings.HasPrefix(c, "DATA"):
		return StageData
	case strings.HasPrefix(c, "EHLO"), strings.HasPrefix(c, "HELO"), strings.HasPrefix(c, "LHLO"):
		return StageEHLO
	case strings.HasPrefix(c, "STARTTLS"):
		return StageStartTLS
	case strings.HasPrefix(c, "AUTH"):
		return StageAuth
	case strings.HasPrefix(c, "CONNECT"), strings.HasPrefix(c, "INITIAL CONNECTION"):
		return StageConnect
	}
	return StageUnknown
}

// readStage finds the phrase in a text that names the stage, and the command
// as it is written there.
func readStage(s string) (stage Stage, command string, at int) {
	s = s[:min(len(s), maxScan)]
	low := lowerASCII(s)
	var g grams
	g.add(low)
	for _, lead := range leads {
		for from := 0; g.may(lead); {
			i := strings.Index(low[from:], lead)
			if i < 0 {
				break
			}
			start := from + i
			at = start + len(lead)
			pipelined := strings.HasPrefix(low[at:], "pipelined ")
			if pipelined {
				at += len("pipelined ")
			}
			from = at
			if start > 0 && wordByte(low[start-1]) && lead[0] != ' ' {
				continue
			}
			stage = commandStage(s[at:min(len(s), at+24)])
			if pipelined && stage == StageContent {
				stage = StageUnknown // Exim names the last command it had sent: the reply may be to any before it
				continue
			}
			if stage == StageUnknown || (lead == "for " || lead == "smtp:") && !commandFollows(low[at:], lead) {
				continue
			}
			return stage, commandWords(s[at:], stage), at
		}
	}
	for _, p := range phrases {
		if !g.may(p.says) {
			continue
		}
		if i := strings.Index(low, p.says); i >= 0 {
			return p.stage, "", i
		}
	}
	return StageUnknown, "", 0
}

// commandHeading takes the command from below a heading that announces it, as
// m-FILTER writes its notices: "-------SMTP command", and "DATA" on the next line.
func (m *mail) commandHeading(dr *draft) {
	if dr.r.Stage != StageUnknown {
		return
	}
	if !m.headedDone {
		m.headedDone = true
		m.headed, m.headedBy = m.findHeading()
	}
	dr.r.Stage = m.headed
	if m.headed != StageUnknown && !dr.r.Command.Known() {
		dr.r.Command = m.headedBy
	}
}

func (m *mail) findHeading() (Stage, Field) {
	for _, t := range m.human {
		for i := 0; i+1 < len(t.lines); i++ {
			if !strings.HasPrefix(t.lines[i].s, "---") || !strings.EqualFold(strings.Trim(t.lines[i].s, "- \t:"), "smtp command") {
				continue
			}
			body := strings.TrimSpace(t.lines[i+1].s)
			if stage := commandStage(body[:min(len(body), 24)]); stage != StageUnknown {
				return stage, m.d.shown(commandWords(body, stage), t.part, t.offset(i+1, indent(t.lines[i+1].s)))
			}
		}
	}
	return StageUnknown, Field{}
}

// commandFollows reports whether the word behind a weak lead is a command: "for
// RCPT command", "SMTP:RCPT host".
func commandFollows(low, lead string) bool {
	if lead == "smtp:" {
		return true
	}
	w, rest, _ := strings.Cut(low, " ")
	return len(w) <= 8 && (strings.HasPrefix(rest, "command") || strings.HasPrefix(rest, "to command") || strings.HasPrefix(rest, "from command"))
}

// commandWords gives the command that a text begins with: "RCPT TO", "end of DATA".
func commandWords(s string, stage Stage) string {
	if commandStage(s) != stage && stage != StageContent {
		return ""
	}
	up := strings.ToUpper(s[:min(len(s), 20)])
	for _, c := range []string{"END OF DATA", "RCPT TO", "MAIL FROM", "INITIAL CONNECTION", "MESSAGE BODY", "RCPT", "MAIL", "DATA", "EHLO", "HELO", "LHLO", "STARTTLS", "AUTH", "BDAT", "TEXT"} {
		if strings.HasPrefix(up, c) {
			return s[:len(c)]
		}
	}
	return ""
}

// saying is who is said to have said a reply.
type saying struct {
	host, addr     string
	hostAt, addrAt int
	replyAt        int // where the reply itself begins
}

// readSaying finds the host and address that stand before a reply: "host
// mx.example.com[192.0.2.1] said: 550 ...", "mx.example.com (192.0.2.1)
// responded: ...". Addresses within the reply are not looked at: they are
// the speaker's words, most often about us.
func readSaying(s string) saying {
	s = s[:min(len(s), maxScan)]
	c := readCodes(s)
	end := c.replyAt
	if end < 0 {
		end = c.enhancedAt
	}
	if i := strings.Index(s, " said: "); i >= 0 && (end < 0 || i < end) {
		end = i + len(" said: ")
	}
	if end < 0 {
		low := lowerASCII(s)
		for _, lead := range []string{"connect to ", "connection with ", "conversation with ", "connected to ", "host ", "timed out with ", "talking to ", "server at ", "of server "} {
			if i := strings.Index(low, lead); i >= 0 && (i == 0 || !wordByte(low[i-1])) {
				sub := readHosts(s[i+len(lead) : min(len(s), i+len(lead)+300)])
				if sub.host == "" && sub.addr == "" {
					continue
				}
				sub.hostAt += i + len(lead)
				sub.addrAt += i + len(lead)
				sub.replyAt = 0
				return sub
			}
		}
		return saying{}
	}
	out := readHosts(s[:end])
	out.replyAt = end
	return out
}

// readHosts finds the last "host[address]" or "host (address)" of a text, else
// its last address, else a host after the word host or at.
func readHosts(s string) saying {
	var out saying
	for i := 0; i < len(s); i++ {
		if s[i] != '[' && s[i] != '(' && s[i] != '<' {
			continue
		}
		j := strings.IndexAny(s[i+1:min(len(s), i+80)], "])>, ")
		if j < 0 {
			continue
		}
		a := ipOf(s[i+1 : i+1+j])
		if a == "" {
			if h := s[i+1 : i+1+j]; s[i] == '[' && strings.HasPrefix(h, "/") || s[i] == '[' && strings.HasPrefix(h, "private/") {
				a = h // a local socket, as Postfix writes it
			} else {
				continue
			}
		}
		out.addr, out.addrAt = a, i+1
		before := strings.TrimRight(s[:i], " \t")
		k := strings.LastIndexAny(before, " \t\"'(<>;,=[") + 1
		if h := strings.Trim(before[k:], ".:'"); isHost(h) {
			out.host, out.hostAt = h, k
		}
	}
	if out.host != "" || out.addr != "" {
		return out
	}
	low := lowerASCII(s)
	for _, lead := range [...]string{"host ", "host: ", "host '", "server ", "from ", "by ", "with ", "to ", "relay=", "at "} {
		for from := 0; ; {
			i := strings.Index(low[from:], lead)
			if i < 0 {
				break
			}
			i += from
			from = i + len(lead)
			if i > 0 && wordByte(low[i-1]) {
				continue
			}
			k := from
			word := s[k:]
			if e := strings.IndexAny(word, " \t\"'()<>;,[]"); e >= 0 {
				word = word[:e]
			}
			if a := ipOf(strings.TrimRight(word, ".:")); a != "" {
				out.addr, out.addrAt = a, k
				return out
			}
			if h := strings.TrimRight(word, ".:"); isHost(h) {
				out.host, out.hostAt = h, k
				return out
			}
		}
	}
	if w, _, _ := strings.Cut(s, " "); ipOf(w) != "" { // qmail: "192.0.2.1 does not like recipient."
		out.addr = ipOf(w)
	} else if isHost(strings.TrimRight(w, ":")) {
		out.host = strings.TrimRight(w, ":")
	}
	return out
}
