package bounce

import (
	"cmp"
	"net/netip"
	"strings"

	"deadletter/diagnose/safe"
)

// Hop is what one Received field claims of a host on the way (RFC 5321 section
// 4.4). Each field is the word of the host that wrote it, and anybody before it
// can have made up those below.
type Hop struct {
	From string // the host that came: as its address is called in DNS, else as it called itself
	By   string // the host that took the mail
}

// ReadHop reads a Received field as [Report] keeps it in Through. What the
// field does not say is empty; nothing it says is checked.
func ReadHop(received safe.Untrusted) Hop {
	h := readHop(string(received))
	return Hop{From: cmp.Or(h.name, h.helo), By: h.by}
}

// forClause finds the address of the for clause of a Received field.
func forClause(s string) (start, end int, ok bool) {
	i := clause(s, "for")
	if i < 0 {
		return 0, 0, false
	}
	start, end, ok = nextAddress(s, i)
	if !ok || strings.ContainsAny(s[i:start], ";(,") {
		return 0, 0, false
	}
	return start, end, true
}

// hop is what one Received field says (RFC 5321 section 4.4): who came, as far
// as the receiving host saw it itself, and who received.
type hop struct {
	helo   string // the name that the client gave; anyone can say it
	name   string // the name that its address had in DNS, as the receiver looked it up
	addr   string // its address
	by     string // the host that wrote the field
	from   bool   // the field has a from clause of a host
	looked bool   // the receiver writes what DNS says of the address, even if nothing
}

// readHop reads the forms that Postfix, sendmail, Exim, qmail, Exchange and
// Google write.
func readHop(s string) hop {
	s = cut(unfold(s), 2<<10)
	if i := strings.LastIndexByte(s, ';'); i >= 0 {
		s = s[:i]
	}
	var h hop
	rest := s
	if prefixFold(s, "from ") {
		clause := s[len("from "):]
		rest = ""
		if i := byClause(clause); i >= 0 {
			clause, rest = clause[:i], clause[i+1:]
		}
		h.readFrom(clause)
	}
	if i := byClause(" " + rest); i >= 0 {
		h.by = hostWord((" " + rest)[i+len(" by "):])
	}
	return h
}

// byClause finds " by " outside parentheses.
func byClause(s string) int {
	i := clause(s, "by")
	if i < 0 {
		return -1
	}
	return i - len(" by ")
}

// clause finds where the value of a clause of a Received field begins: behind
// its word, which stands between blanks and outside parentheses; -1 for none.
func clause(s, word string) int {
	depth := 0
	for i := 0; i+len(word)+2 <= len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		case ' ', '\t', '\r', '\n':
			if after := i + 1 + len(word); depth == 0 && strings.EqualFold(s[i+1:after], word) && strings.IndexByte(" \t\r\n", s[after]) >= 0 {
				return after + 1
			}
		}
	}
	return -1
}

func hostWord(s string) string {
	w := firstWord(s)
	if i := strings.IndexAny(w, "([;"); i > 0 {
		w = w[:i]
	}
	return strings.ToLower(strings.Trim(w, "[]()."))
}

func (h *hop) readFrom(s string) {
	first := hostWord(s)
	h.from = strings.Contains(first, ".") || strings.Contains(first, ":") || strings.Contains(s, "[")
	h.addr = ipOf(first)
	h.helo = first
	forged := strings.Contains(strings.ToLower(s), "may be forged")
	for {
		i := strings.IndexByte(s, '(')
		if i < 0 {
			break
		}
		j := strings.IndexByte(s[i:], ')')
		if j < 0 {
			break
		}
		in := s[i+1 : i+j]
		s = s[i+j+1:]
		low := strings.ToLower(in)
		words := strings.Fields(low)
		if len(words) == 0 {
			continue
		}
		for _, w := range words {
			if a := ipOf(w); a != "" && h.addr == "" {
				h.addr = a
			}
		}
		switch {
		case strings.Contains(low, "helo=") || words[0] == "helo" || words[0] == "ehlo" || words[0][0] == '[':
			// Exim and qmail write the looked-up name first, and the given one here
			if isHost(first) {
				h.name = first
			}
			h.looked = true
			h.helo = first
			for _, w := range words {
				if v, ok := strings.CutPrefix(w, "helo="); ok {
					h.helo = v
				}
			}
			if (words[0] == "helo" || words[0] == "ehlo") && len(words) > 1 {
				h.helo = words[1]
			}
		case words[0] == "unknown" && len(words) > 1 && ipOf(words[1]) != "":
			h.looked = true
		case ipOf(words[0]) == "" && isHost(strings.TrimSuffix(words[0], ".")) && len(words) > 1 && h.name == "" && ipOf(words[1]) != "":
			h.name, h.looked = strings.TrimSuffix(words[0], "."), true
		}
	}
	h.from = h.from || h.addr != ""
	if forged {
		h.name = ""
	}
}

// inside reports whether the client's address is none of the public net.
func (h hop) inside() bool {
	a, err := netip.ParseAddr(h.addr)
	return err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast())
}

// organisation gives the part of a host name that one organisation has: its
// last two labels, three where the last two are short. It serves to compare,
// not to decide what is registered.
func organisation(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := strings.LastIndexByte(host, '.')
	if last < 0 {
		return host
	}
	second := strings.LastIndexByte(host[:last], '.')
	if second >= 0 && len(host)-last-1 == 2 && last-second-1 <= 3 {
		second = strings.LastIndexByte(host[:second], '.')
	}
	return host[second+1:]
}
